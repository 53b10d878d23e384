/* The commands of songhua-broker: their settings, and one file for each kind. */
#ifndef SONGHUA_BROKER_COMMANDS_H
#define SONGHUA_BROKER_COMMANDS_H

#include "proto/cli/command.h"
#include "proto/cli/keys.h"

/* run.c */
struct run_settings {
    const char *state, *access, *identity;
    const char *publish, *fetch, *live, *http;
    const char *endpoints_file;
    uint64_t journal_bytes, io_threads;
    uint64_t memory_bytes;
    uint64_t events_per_second, bytes_per_second, stored_bytes, max_producers;
    struct option_list retention;
};
extern const struct option broker_run_options[];
MUST_CHECK enum err broker_run(const struct invocation *invocation);

/* ask.c: questions to a running broker */
struct ask_settings {
    const char *broker, *server_cert, *identity;
    uint64_t timeout_ms;
    bool is_json;
};
/* clang-format off */
#define ASK_OPTIONS(type, member)                                                                      \
    {"broker", 'b', OPTION_TEXT, offsetof(type, member.broker), "ENDPOINT",                            \
     "fetch port of the broker", .initial = "tcp://127.0.0.1:7302"},                                   \
    KEY_OPTIONS(type, member, "operator"),                                                             \
    {"timeout", 0, OPTION_DURATION, offsetof(type, member.timeout_ms), "TIME",                         \
     "how long to wait for an answer", .initial = "5s"},                                               \
    {"json", 0, OPTION_FLAG, offsetof(type, member.is_json), NULL, "one JSON object a line"}
/* clang-format on */
extern const struct option broker_ask_options[];
MUST_CHECK enum err broker_streams(const struct invocation *invocation);
MUST_CHECK enum err broker_status(const struct invocation *invocation);
MUST_CHECK enum err broker_producers(const struct invocation *invocation);

/* positions.c */
struct positions_settings {
    struct ask_settings ask;
    uint64_t until_ms;
    bool is_delete;
};
extern const struct option broker_positions_options[];
MUST_CHECK enum err broker_positions(const struct invocation *invocation);

/* authorize.c: work on the access directory */
struct authorize_settings {
    const char *access;
    struct option_list streams, producers;
    uint64_t events_per_second, bytes_per_second, stored_bytes, max_producers;
};
extern const struct option broker_authorize_options[];
extern const struct option broker_revoke_options[];
MUST_CHECK enum err broker_limit(const struct invocation *invocation);
MUST_CHECK enum err broker_authorize(const struct invocation *invocation);
MUST_CHECK enum err broker_revoke(const struct invocation *invocation);

/* command_upgrade.c: the file is of another format; `remedy` is what helps when that is an older one */
enum err broker_fail_format(const struct invocation *invocation, const char *folder,
                            uint64_t format, const char *remedy);
/* A journal in its place cannot be opened; of another format: which command helps. */
enum err broker_fail_journal(const struct invocation *invocation, const char *folder, enum err err);

/* command_backup.c, command_check.c: care of the journal, from outside the broker */
struct care_settings {
    const char *state;
    uint64_t rate, journal_bytes;
    bool is_verify, is_dry, is_json;
};
extern const struct option broker_backup_options[], broker_restore_options[];
extern const struct option broker_check_options[], broker_compact_options[];
MUST_CHECK enum err broker_backup(const struct invocation *invocation);
MUST_CHECK enum err broker_restore(const struct invocation *invocation);
MUST_CHECK enum err broker_check(const struct invocation *invocation);
MUST_CHECK enum err broker_compact(const struct invocation *invocation);
/* command_upgrade.c */
extern const struct option broker_upgrade_options[];
MUST_CHECK enum err broker_upgrade(const struct invocation *invocation);

/* command_retention.c */
struct retention_settings {
    const char *state;
    struct option_list rules;
    bool is_dry, is_json;
};
extern const struct option broker_retention_options[];
MUST_CHECK enum err broker_retention(const struct invocation *invocation);
/* The rules of --retention. Errors  ERR_CONFIG, said. */
struct retention_rules;
MUST_CHECK enum err broker_retention_rules(const struct invocation *invocation,
                                           const struct option_list *list,
                                           struct retention_rules *out);

#endif
