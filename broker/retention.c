#include "broker/retention.h"

#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    STEP_RECORDS = 100,
    STEP_EVERY_US = 5 * 1000,
    LOOK_EVERY_US = 10 * 1000 * 1000,
    LOOK_WHEN_FULL_US = 1000 * 1000,
    DAY_MS = 24 * 3600 * 1000,
    HELD_WARN_DAYS = 7,
    WEIGH_RECORDS = 1000 /* in one read transaction */
};

/* --- rules ------------------------------------------------------------------------------------ */

static enum err parse_word(const char *word, struct retention_rule *rule)
{
    if (!strncmp(word, "age=", 4))
        return text_parse_duration(word + 4, &rule->age_ms) || !rule->age_ms ? ERR_CONFIG : ERR_OK;
    if (!strncmp(word, "size=", 5))
        return text_parse_size(word + 5, &rule->size_bytes) || !rule->size_bytes ? ERR_CONFIG
                                                                                 : ERR_OK;
    if (!strcmp(word, "read"))
        rule->is_read = true;
    else if (!strcmp(word, "past-unread"))
        rule->is_past_unread = true;
    else
        return ERR_CONFIG;
    return ERR_OK;
}

static enum err bad_rule(const char *text, const char *what, char why[RETENTION_WHY_BYTES])
{
    snprintf(why, RETENTION_WHY_BYTES,
             "\"%.60s\": %.60s; a rule is like: events age=3650d size=50GiB", text, what);
    return ERR_CONFIG;
}

enum err retention_add(struct retention_rules *rules, const char *text,
                       char why[RETENTION_WHY_BYTES])
{
    char words[256], *rest = words, *word;
    struct retention_rule rule = {0};
    if (snprintf(words, sizeof words, "%s", text) >= (int)sizeof words ||
        rules->count == JOURNAL_MAX_STREAMS)
        return bad_rule(text, "too long, or too many", why);
    word = strtok_r(rest, " ", &rest);
    if (!word || !batch_name_is_valid(word))
        return bad_rule(text, "begins with the name of a stream", why);
    strcpy(rule.stream, word);
    while ((word = strtok_r(rest, " ", &rest)))
        if (parse_word(word, &rule))
            return bad_rule(text, word, why);
    if (!rule.age_ms && !rule.size_bytes && !rule.is_read)
        return bad_rule(text, "says neither age=, size= nor read", why);
    for (size_t i = 0; i < rules->count; i++)
        if (!strcmp(rules->items[i].stream, rule.stream))
            return bad_rule(text, "there is a rule for that stream already", why);
    rules->items[rules->count++] = rule;
    return ERR_OK;
}

/* --- plans ------------------------------------------------------------------------------------ */

struct slowest {
    const char *stream;
    bool is_known;
    uint64_t position, saved_ms;
    char consumer[NAME_MAX_BYTES + 1];
};

static bool compare_position(void *context, const char *stream, const char *consumer,
                             const struct position *position)
{
    struct slowest *slowest = context;
    if (strcmp(stream, slowest->stream) != 0 ||
        (slowest->is_known && position->position >= slowest->position))
        return true;
    slowest->is_known = true;
    slowest->position = position->position;
    slowest->saved_ms = position->saved_ms;
    snprintf(slowest->consumer, sizeof slowest->consumer, "%s", consumer);
    return true;
}

/* What the records first … end-1 take, but no further than `enough` bytes; *next is where that was. */
static enum err weigh(struct journal *journal, const char *stream, uint64_t first, uint64_t end,
                      uint64_t enough, uint64_t *next, uint64_t *bytes)
{
    *bytes = 0;
    *next = first;
    while (*next < end && *bytes < enough) {
        uint64_t from = *next, part;
        uint64_t count = end - from < WEIGH_RECORDS ? end - from : WEIGH_RECORDS;
        enum err err = journal_weigh(journal, stream, from, count, enough - *bytes, next, &part);
        if (err)
            return err;
        *bytes += part;
        if (*next == from)
            break;
    }
    return ERR_OK;
}

/* The number below which the rule lets records go, whoever has read them. */
static enum err find_wanted(struct journal *journal, const struct retention_rule *rule,
                            const struct stream_bounds *bounds, uint64_t now_ms, uint64_t end,
                            uint64_t *wanted)
{
    uint64_t found, bytes;
    enum err err = ERR_OK;
    *wanted = bounds->first;
    if (rule->age_ms && now_ms > rule->age_ms) {
        err = journal_seek(journal, rule->stream, now_ms - rule->age_ms, &found);
        if (!err && found > *wanted)
            *wanted = found;
    }
    if (!err && rule->size_bytes && bounds->disk_bytes > rule->size_bytes) {
        err = weigh(journal, rule->stream, bounds->first, end,
                    bounds->disk_bytes - rule->size_bytes, &found, &bytes);
        if (!err && found > *wanted)
            *wanted = found;
    }
    return err;
}

static void hold_back(const struct retention_rule *rule, const struct slowest *slowest,
                      uint64_t *wanted, struct retention_plan *out)
{
    uint64_t limit = slowest->position + 1;
    if (!slowest->is_known || rule->is_past_unread || *wanted <= limit)
        return;
    limit = limit > out->first ? limit : out->first;
    out->held = *wanted - limit;
    out->held_at = slowest->position;
    out->held_saved_ms = slowest->saved_ms;
    memcpy(out->held_by, slowest->consumer, sizeof out->held_by);
    *wanted = limit;
}

enum err retention_plan(struct journal *journal, const struct retention_rule *rule, uint64_t now_ms,
                        uint64_t max_records, struct retention_plan *out)
{
    struct stream_bounds bounds;
    struct slowest slowest = {.stream = rule->stream};
    uint64_t wanted, next;
    enum err err = journal_bounds(journal, rule->stream, &bounds);
    if (!err)
        err = journal_positions(journal, compare_position, &slowest);
    if (err)
        return err;
    *out = (struct retention_plan){.first = bounds.first, .before = bounds.first};
    if (!bounds.first)
        return ERR_OK;
    uint64_t end =
        bounds.last - bounds.first < max_records ? bounds.last + 1 : bounds.first + max_records;
    err = find_wanted(journal, rule, &bounds, now_ms, end, &wanted);
    if (err)
        return err;
    if (rule->is_read && slowest.is_known && slowest.position + 1 > wanted)
        wanted = slowest.position <= bounds.last ? slowest.position + 1 : bounds.last + 1;
    hold_back(rule, &slowest, &wanted, out);
    out->before = wanted < end ? wanted : end;
    return weigh(journal, rule->stream, out->first, out->before, UINT64_MAX, &next, &out->bytes);
}

/* --- in the broker ---------------------------------------------------------------------------- */

uint32_t retention_wait_ms(const struct retention *retention)
{
    uint64_t now_us = clock_monotonic_us();
    if (!retention->rules.count)
        return UINT32_MAX;
    return retention->due_us > now_us ? (uint32_t)((retention->due_us - now_us) / 1000) + 1 : 0;
}

/* Remove what the plan names. Room for it may be missing for a moment: then later. */
static enum err prune(struct retention *retention, struct journal *journal,
                      struct counters *counters, const struct retention_rule *rule,
                      const struct retention_plan *plan, uint64_t *removed)
{
    *removed = 0;
    enum err err = journal_trim(journal, rule->stream, plan->before, removed);
    if (!err)
        err = journal_commit(journal);
    else
        journal_abort(journal);
    if (err) {
        *removed = 0;
        return err == ERR_IO ? err : ERR_OK;
    }
    count_add(&counters->pruned, *removed);
    count_add(&counters->pruned_bytes, plan->bytes);
    retention->pruned += *removed;
    return ERR_OK;
}

static void log_end(struct retention *retention)
{
    if (retention->pruned)
        log_info("retention.pruned", "records=%llu", (unsigned long long)retention->pruned);
    retention->pruned = 0;
}

/* How long ago the position that holds something back was saved; whoever kept it may be gone for good. */
static uint64_t held_ms(struct retention *retention, const struct retention_rule *rule,
                        const struct retention_plan *plan, uint64_t now_ms)
{
    uint64_t age_ms = plan->held && now_ms > plan->held_saved_ms ? now_ms - plan->held_saved_ms : 0;
    if (age_ms >= (uint64_t)HELD_WARN_DAYS * DAY_MS && now_ms >= retention->warn_again_ms) {
        retention->warn_again_ms = now_ms + DAY_MS;
        log_warn("retention.held",
                 "stream=%s consumer=%s position=%llu saved_days_ago=%llu; if it is gone for good: "
                 "songhua-broker positions --delete %s",
                 rule->stream, plan->held_by, (unsigned long long)plan->held_at,
                 (unsigned long long)(age_ms / DAY_MS), plan->held_by);
    }
    return age_ms;
}

/* A full journal does not wait for the next look. */
static bool is_due(const struct retention *retention, bool is_full)
{
    uint64_t now_us = clock_monotonic_us();
    return retention->rules.count &&
           (now_us >= retention->due_us ||
            (is_full && now_us - retention->looked_us >= LOOK_WHEN_FULL_US));
}

enum err retention_step(struct retention *retention, struct journal *journal,
                        struct counters *counters, uint64_t now_ms, bool is_full)
{
    struct retention_plan plan;
    uint64_t removed = 0, held = 0, oldest_ms = 0;
    if (!is_due(retention, is_full))
        return ERR_OK;
    retention->looked_us = clock_monotonic_us();
    for (size_t i = 0; i < retention->rules.count && !removed; i++) {
        const struct retention_rule *rule =
            &retention->rules.items[(retention->turn + i) % retention->rules.count];
        if (retention_plan(journal, rule, now_ms, STEP_RECORDS, &plan))
            continue; /* what cannot be read is not thrown away either */
        held += plan.held;
        uint64_t age_ms = held_ms(retention, rule, &plan, now_ms);
        oldest_ms = age_ms > oldest_ms ? age_ms : oldest_ms;
        enum err err = plan.before > plan.first
                           ? prune(retention, journal, counters, rule, &plan, &removed)
                           : ERR_OK;
        if (err)
            return err;
    }
    retention->turn = (retention->turn + 1) % retention->rules.count;
    atomic_store(&counters->retention_held, held);
    atomic_store(&counters->retention_held_ms, oldest_ms);
    if (!removed)
        log_end(retention);
    retention->due_us = clock_monotonic_us() + (removed ? STEP_EVERY_US : LOOK_EVERY_US);
    return ERR_OK;
}
