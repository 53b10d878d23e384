/* What every program that reads the record has in common: its connection options and the one loop.
 *
 *     struct settings { struct reader_settings reader; … };
 *     static const struct option options[] = {READER_OPTIONS(struct settings), … {0}};
 *     err = reader_open(invocation, &settings->reader, &request, &reader);
 *     err = reader_run(reader, &handler);
 *     reader_close(&reader);
 *
 * The functions that take the invocation, and reader_run(), say on stderr what was wrong; their callers
 * only return.
 */
#ifndef SONGHUA_READER_READER_H
#define SONGHUA_READER_READER_H

#include "consumers/reader/entry.h"
#include "proto/cli/command.h"
#include "proto/cli/keys.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader_settings {
    const char *broker;      /* fetch endpoint */
    const char *server_cert; /* the broker's public certificate */
    const char *identity;    /* NAME.cert, with its secret beside it */
    uint64_t timeout_ms;
};

/* The rows of the option table; `type` holds a struct reader_settings named `reader`. */
/* clang-format off */
#define READER_OPTIONS(type)                                                                           \
    {"broker", 'b', OPTION_TEXT, offsetof(type, reader.broker), "ENDPOINT",                            \
     "fetch port of the broker", .initial = "tcp://127.0.0.1:7302"},                                   \
    KEY_OPTIONS(type, reader, "reader"),                                                               \
    {"timeout", 0, OPTION_DURATION, offsetof(type, reader.timeout_ms), "TIME",                         \
     "how long to wait for the broker's answer", .initial = "10s", .min = 1, .max = 86400000}
/* clang-format on */

#define READER_CONFIG_FILE "/etc/songhua/reader.yaml"

struct reader;

struct reader_request {
    const char *stream;
    uint64_t from;     /* first record; 0: not given, then since_ms counts */
    uint64_t since_ms; /* stored at or after; 0: from the beginning */
    uint64_t last;     /* only so many records at the end, as it is now; 0: all. Without since_ms */
    const uint32_t *regions;
    size_t region_count;
    const char *const *producers;
    size_t producer_count;
    bool is_following; /* wait for more at the end */
    bool is_packed;    /* payloads as they are stored, not decompressed */
};

/* Both are given the same context. ERR_STOPPED from either ends the run in good order, as its end. */
struct reader_handler {
    void *context;
    /* Each record, in order. */
    enum err (*take)(void *context, const struct subscriber_record *record);
    /* Everything that is stored has been taken; called each time before waiting for more, and not
     * called at all unless the reader follows. May be NULL. */
    enum err (*rest)(void *context);
};

/* Load keys, take over signals (SIGINT and SIGTERM end the run; SIGPIPE ends the process, as it ends
 * cat) and begin to connect. Errors  ERR_KEY, ERR_INSECURE, ERR_USAGE, ERR_NOMEM. */
MUST_CHECK enum err reader_open(const struct invocation *invocation,
                                const struct reader_settings *settings,
                                const struct reader_request *request, struct reader **out);
void reader_close(struct reader **reader); /* accepts a NULL reader */

/* Hand out records until the end that the stream had at the first reply, so that a stream which grows
 * while it is read has an end; or, when following, until stopped. Records that were pruned and records
 * that cannot be read are said on stderr.
 * Errors  ERR_UNREACHABLE (69: no answer within the timeout), ERR_STOPPED (130: a signal), ERR_GAP
 *         (records asked for by number are gone), ERR_DENIED, ERR_KEY, ERR_CORRUPT, what `take`
 *         and `rest` answered (not said again). */
MUST_CHECK enum err reader_run(struct reader *reader, const struct reader_handler *handler);

/* The record that a later run would begin with: behind the last one taken or passed over. */
uint64_t reader_next(const struct reader *reader);

/* The last record that a run without following will hand out; 0: not known before the first. */
uint64_t reader_end(const struct reader *reader);

/* Wait, but not past a signal. Errors  ERR_STOPPED. */
MUST_CHECK enum err reader_pause(uint64_t us);

/* Each region by code or name. A region that is not one is said on stderr with what may be meant.
 * `out` has room for OPTION_LIST_MAX. Errors  ERR_USAGE. */
MUST_CHECK enum err reader_parse_regions(const struct invocation *invocation,
                                         const struct option_list *list, uint32_t *out);

#endif
