/* The commands of songhua-alerts, each in its own file, and what they share. */
#ifndef SONGHUA_ALERTS_COMMANDS_H
#define SONGHUA_ALERTS_COMMANDS_H

#include "consumers/reader/reader.h"

struct command alerts_list_command(void);
struct command alerts_show_command(void);
struct command alerts_follow_command(void);

struct alerts_settings {
    struct reader_settings reader;
    struct option_list regions;
    uint64_t count;
    bool is_all, is_data, is_json, is_utc;
};

/* clang-format off */
#define ALERTS_OPTIONS                                                                                 \
    READER_OPTIONS(struct alerts_settings),                                                            \
    {"json", 0, OPTION_FLAG, offsetof(struct alerts_settings, is_json), NULL, "one JSON object a line"}, \
    {"data", 0, OPTION_FLAG, offsetof(struct alerts_settings, is_data), NULL,                          \
     "alerts about data instead: late reports, refused frameworks"},                                   \
    {"utc", 0, OPTION_FLAG, offsetof(struct alerts_settings, is_utc), NULL,                            \
     "times in UTC instead of local time"}
#define ALERTS_REGION_OPTION                                                                           \
    {"region", 'r', OPTION_LIST, offsetof(struct alerts_settings, regions), "REGION",                  \
     "code or name; may be given several times"}
/* clang-format on */

/* Whether the alert is of the family that was asked for: targets, or with --data data. */
bool alerts_wants(const struct alerts_settings *settings, const struct entry *entry);

/* Read the stream alerts from its beginning, each event to `take`; when following, `rest` at the end and
 * again whenever there is no more; *last is the last record that was read or passed over. What fails is
 * said on stderr. */
struct alerts_handler {
    void *context;
    entry_visit *take;
    enum err (*rest)(void *context);
};
MUST_CHECK enum err alerts_read(const struct invocation *invocation,
                                const struct alerts_handler *handler, bool is_following,
                                uint64_t *last);

#endif
