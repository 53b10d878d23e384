/* songhua-broker check and compact. */
#include "broker/commands.h"
#include "broker/inspection.h"
#include "broker/journal/care.h"
#include "proto/base/json.h"
#include "proto/base/text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define AT(field) offsetof(struct care_settings, field)

const struct option broker_check_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory of the journal",
     .initial = "/var/lib/songhua/broker"},
    {"json", 0, OPTION_FLAG, AT(is_json), NULL, "one JSON object"},
    {0},
};
const struct option broker_compact_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory of the journal",
     .initial = "/var/lib/songhua/broker"},
    {"journal-size", 0, OPTION_SIZE, AT(journal_bytes), "SIZE",
     "room for the journal from now on, which may be less than it has; default: the same",
     .initial = "0"},
    {0},
};

/* --- check ------------------------------------------------------------------------------------ */

/* The structure can only be looked at while nobody writes; with a broker at work, its records can. What a
 * broker that was killed has left in the journal's front is stored, as its next start would. To a disk that
 * has become read-only nobody writes, and nothing can be stored: then it must have been. */
static enum err look(const char *state, const char *folder, struct inspection *out)
{
    int lock = -1;
    enum err err = journal_lock(state, &lock);
    if (err == ERR_LOCKED)
        return inspection_run(folder, false, out);
    bool is_read_only = err == ERR_PERMISSION;
    if (err && !is_read_only)
        return err;
    err = journal_examine(folder, false);
    if (!err)
        err = is_read_only ? journal_catch_up(state) : journal_settle(state);
    journal_unlock(lock);
    if (err && err != ERR_CORRUPT)
        return err;
    bool is_sound = !err;
    err = inspection_run(folder, false, out);
    if (!err && !is_sound && out->is_whole) {
        out->is_whole = false;
        snprintf(out->why, sizeof out->why, "the file's structure");
    }
    return err;
}

static enum err print_json(const struct inspection *inspection)
{
    const struct chains_report *report = &inspection->report;
    char heads[2 * DIGEST_BYTES + 1];
    struct buffer text;
    text_from_bytes(report->heads, DIGEST_BYTES, heads);
    buffer_init(&text, 16384);
    struct json json = json_start(&text);
    json_open(&json, NULL, '{');
    json_text(&json, "verdict", inspection->is_whole ? "ok" : "corrupt");
    json_text(&json, "damage", inspection->is_whole ? NULL : inspection->why);
    json_u64(&json, "events", report->events);
    json_u64(&json, "records", report->records);
    json_open(&json, "streams", '[');
    for (size_t i = 0; i < report->range_count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "stream", report->ranges[i].stream);
        json_u64(&json, "first", report->ranges[i].first);
        json_u64(&json, "last", report->ranges[i].last);
        json_u64(&json, "events", report->ranges[i].events);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_u64(&json, "producers", report->producers);
    json_text(&json, "heads", inspection->is_whole ? heads : NULL);
    json_text(&json, "broker_id", inspection->broker_id);
    json_close(&json, '}');
    enum err err = json_print(&json, stdout);
    buffer_fini(&text);
    return err;
}

enum err broker_check(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    char folder[CARE_PATH_BYTES], line[INSPECTION_LINE_BYTES];
    struct inspection inspection;
    enum err err = journal_folder(settings->state, folder);
    if (!err)
        err = look(settings->state, folder, &inspection);
    if (err)
        return broker_fail_journal(invocation, folder, err);
    inspection_format(&inspection, line);
    if (settings->is_json)
        err = print_json(&inspection);
    else
        puts(line);
    if (err || inspection.is_whole)
        return err;
    return command_fail(invocation, ERR_DIFFERENT,
                        "%s: %s; nothing damaged is served. Stop the broker, move the folder away, "
                        "and songhua-broker restore a backup",
                        folder, inspection.why);
}

/* --- compact ---------------------------------------------------------------------------------- */

/* The heads of all chains say whether two journals hold the same. */
static enum err compare(const struct inspection *before, const struct inspection *after)
{
    bool is_same = before->is_whole && after->is_whole &&
                   before->report.records == after->report.records &&
                   before->report.events == after->report.events &&
                   !strcmp(before->broker_id, after->broker_id) &&
                   !memcmp(before->report.heads, after->report.heads, DIGEST_BYTES);
    return is_same ? ERR_OK : ERR_DIFFERENT;
}

static enum err compact(const struct invocation *invocation, const char *folder)
{
    const struct care_settings *settings = invocation->settings;
    char compacted[CARE_PATH_BYTES], line[INSPECTION_LINE_BYTES];
    struct journal_sizes was, is;
    struct inspection before, after;
    enum err err = journal_examine(folder, false);
    if (!err)
        err = journal_settle(settings->state);
    if (!err)
        err = inspection_run(folder, false, &before);
    if (!err)
        err = journal_measure(folder, &was);
    if (!err)
        err = journal_compact(settings->state, settings->journal_bytes, compacted);
    if (err)
        return err;
    err = journal_examine(compacted, false);
    if (!err)
        err = inspection_run(compacted, false, &after);
    if (!err)
        err = compare(&before, &after);
    if (!err)
        err = journal_measure(compacted, &is);
    if (!err)
        err = journal_compact_use(settings->state);
    if (err) {
        journal_compact_drop(settings->state);
        return err;
    }
    inspection_format(&after, line);
    puts(line);
    printf("使用 used %" PRIu64 " → %" PRIu64 " 字节 bytes，文件 file %" PRIu64 " → %" PRIu64 "\n",
           was.used_bytes, is.used_bytes, was.file_bytes, is.file_bytes);
    return ERR_OK;
}

enum err broker_compact(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    char folder[CARE_PATH_BYTES];
    int lock;
    enum err err = journal_folder(settings->state, folder);
    if (!err)
        err = journal_lock(settings->state, &lock);
    if (err == ERR_LOCKED)
        return command_fail(invocation, err, "%s: 先停止服务器 / stop the broker first",
                            settings->state);
    if (err)
        return broker_fail_journal(invocation, folder, err);
    err = compact(invocation, folder);
    journal_unlock(lock);
    return err ? broker_fail_journal(invocation, folder, err) : ERR_OK;
}
