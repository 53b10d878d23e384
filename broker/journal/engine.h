/* What stands behind a journal: a table of functions, one table per kind of store.
 *
 * Every function does what journal.h says of its namesake. An engine's own struct begins with a
 * struct journal, so that a pointer to one is a pointer to the other.
 *
 * To add an engine: fill a table, name it below, add it to tests/contract/journal_contract.c.
 */
#ifndef SONGHUA_JOURNAL_ENGINE_H
#define SONGHUA_JOURNAL_ENGINE_H

#include "broker/journal/journal.h"

struct journal_engine {
    const char *name;
    enum err (*open)(const struct journal_options *options, struct journal **out);
    void (*close)(struct journal *journal);
    const unsigned char *(*id)(const struct journal *journal);
    enum err (*append)(struct journal *journal, const struct batch *batch, const void *frame,
                       size_t frame_size, uint64_t now_ms, struct journal_receipt *out);
    enum err (*save_position)(struct journal *journal, const char *stream, const char *consumer,
                              uint64_t expected, uint64_t position, uint64_t now_ms,
                              struct position *out);
    enum err (*keep)(struct journal *journal, bool *is_kept);
    enum err (*commit)(struct journal *journal);
    void (*abort)(struct journal *journal);
    enum err (*read)(struct journal *journal, const char *stream, uint64_t from,
                     journal_visit *visit, void *context, uint64_t *next);
    enum err (*seek)(struct journal *journal, const char *stream, uint64_t ms, uint64_t *out);
    enum err (*bounds)(struct journal *journal, const char *stream, struct stream_bounds *out);
    enum err (*producer)(struct journal *journal, const char *stream, const char *producer,
                         struct producer_state *out);
    enum err (*position)(struct journal *journal, const char *stream, const char *consumer,
                         struct position *out);
    enum err (*producers)(struct journal *journal, journal_visit_producer *visit, void *context);
    enum err (*positions)(struct journal *journal, journal_visit_position *visit, void *context);
    enum err (*trim)(struct journal *journal, const char *stream, uint64_t before,
                     uint64_t *removed);
    enum err (*weigh)(struct journal *journal, const char *stream, uint64_t from,
                      uint64_t max_records, uint64_t max_bytes, uint64_t *next, uint64_t *bytes);
    enum err (*prepare)(struct journal *journal, bool *is_done);
    enum err (*stats)(struct journal *journal, struct journal_stats *out);
};

struct journal {
    const struct journal_engine *engine;
};

extern const struct journal_engine journal_lmdb;

/* journal_open() with an engine of the caller's choice. */
MUST_CHECK enum err journal_open_with(const struct journal_engine *engine,
                                      const struct journal_options *options, struct journal **out);

#endif
