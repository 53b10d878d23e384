#include "broker/inspection.h"

#include "broker/journal/care.h"
#include "proto/base/text.h"
#include "proto/cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct inspecting {
    struct journal *journal;
    struct chains *chains;
    struct progress progress;
    const char *stream;
    uint64_t last;  /* of the stream, when it was begun */
    uint64_t done;  /* records */
    size_t matched; /* producers whose row says what their chain says */
    enum err err;
    struct inspection *out;
};

/* --- records ---------------------------------------------------------------------------------- */

static bool visit(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct inspecting *inspecting = context;
    struct chain_link link;
    if (record->sequence > inspecting->last)
        return false;
    chain_inspect(bytes, size, NULL, &link);
    inspecting->err = chains_take(inspecting->chains, &link);
    progress_update(&inspecting->progress, ++inspecting->done);
    return !inspecting->err && record->sequence < inspecting->last;
}

static enum err damaged(struct inspecting *inspecting, const char *format, ...) PRINTF_LIKE(2, 3);
static enum err damaged(struct inspecting *inspecting, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(inspecting->out->why, sizeof inspecting->out->why, format, arguments);
    va_end(arguments);
    return ERR_CORRUPT;
}

/* In steps, so that no read transaction lasts: a broker may be writing. */
static enum err read_records(struct inspecting *inspecting, uint64_t first)
{
    uint64_t next = first;
    while (next <= inspecting->last) {
        uint64_t from = next;
        enum err err =
            journal_read(inspecting->journal, inspecting->stream, from, visit, inspecting, &next);
        if (err == ERR_CORRUPT)
            return damaged(inspecting,
                           "%s record %" PRIu64 ": its bytes are damaged, or it is missing",
                           inspecting->stream, next);
        if (err)
            return err;
        if (inspecting->err == ERR_NOMEM)
            return ERR_NOMEM;
        if (inspecting->err)
            return damaged(inspecting, "%s", chains_why(inspecting->chains));
        if (next == from)
            return damaged(inspecting, "%s record %" PRIu64 ": it is missing", inspecting->stream,
                           next);
    }
    return ERR_OK;
}

/* --- producers -------------------------------------------------------------------------------- */

/* Of a producer whose records were all pruned the row stands alone. What was stored since we looked at the
 * stream is not compared. */
static bool match(void *context, const char *stream, const char *producer,
                  const struct producer_state *state)
{
    struct inspecting *inspecting = context;
    struct chain_place place;
    if (strcmp(stream, inspecting->stream) != 0)
        return true;
    bool has_chain = chains_head(inspecting->chains, producer, &place);
    inspecting->matched += has_chain;
    if (!has_chain || state->record > inspecting->last)
        return true;
    bool is_same = place.epoch == state->epoch && place.sequence == state->sequence &&
                   place.record == state->record &&
                   !memcmp(place.digest, state->digest, DIGEST_BYTES);
    if (!is_same)
        inspecting->err =
            damaged(inspecting, "%s producer %s: its row is not that of record %" PRIu64, stream,
                    producer, place.record);
    return is_same;
}

/* --- streams ---------------------------------------------------------------------------------- */

static enum err inspect_stream(struct inspecting *inspecting, const char *stream)
{
    struct stream_bounds bounds;
    enum err err = journal_bounds(inspecting->journal, stream, &bounds);
    if (err == ERR_CORRUPT)
        return damaged(inspecting, "%s: its totals or its first record are damaged", stream);
    if (err)
        return err;
    inspecting->stream = stream;
    inspecting->last = bounds.last;
    chains_begin(inspecting->chains, stream);
    err = bounds.first ? read_records(inspecting, bounds.first) : ERR_OK;
    if (!err)
        err = journal_producers(inspecting->journal, match, inspecting);
    if (err == ERR_CORRUPT && !*inspecting->out->why)
        return damaged(inspecting, "producers: a row is damaged");
    return err ? err : inspecting->err;
}

static uint64_t count_records(struct journal *journal, const char *const *names, size_t count)
{
    uint64_t records = 0;
    for (size_t i = 0; i < count; i++) {
        struct stream_bounds bounds;
        if (!journal_bounds(journal, names[i], &bounds) && bounds.first)
            records += bounds.last - bounds.first + 1;
    }
    return records;
}

static enum err inspect_streams(struct inspecting *inspecting)
{
    const char *names[JOURNAL_MAX_STREAMS];
    size_t count = journal_stream_names(inspecting->journal, names);
    enum err err = chains_new(&inspecting->chains);
    inspecting->progress =
        progress_start("checking", count_records(inspecting->journal, names, count));
    for (size_t i = 0; i < count && !err; i++)
        err = inspect_stream(inspecting, names[i]);
    progress_end(&inspecting->progress);
    if (!inspecting->chains)
        return err;
    chains_report(inspecting->chains, &inspecting->out->report);
    if (!err && inspecting->matched != inspecting->out->report.producers)
        err = damaged(inspecting, "producers: %zu of %zu chains have no row",
                      inspecting->out->report.producers - inspecting->matched,
                      inspecting->out->report.producers);
    return err;
}

/* --- the child -------------------------------------------------------------------------------- */

static enum err inspect(const char *folder, bool is_copy, struct inspection *out)
{
    struct inspecting inspecting = {.out = out};
    enum err err = journal_look(folder, is_copy, &inspecting.journal);
    if (err == ERR_CORRUPT)
        snprintf(out->why, sizeof out->why, "the file's structure");
    if (err)
        return err;
    text_from_bytes(journal_id(inspecting.journal), JOURNAL_ID_BYTES, out->broker_id);
    return inspect_streams(&inspecting);
}

/* What it says is a verdict, and ends with the process: nothing is closed or freed. */
static _Noreturn void run_child(int to, const char *folder, bool is_copy)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    const struct rlimit none = {0, 0};
    struct inspection inspection = {0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    enum err err = inspect(folder, is_copy, &inspection);
    inspection.is_whole = !err;
    bool is_told = write(to, &inspection, sizeof inspection) == (ssize_t)sizeof inspection;
    _exit(is_told ? (int)err : (int)ERR_INTERNAL);
}

static enum err hear(int from, pid_t child, struct inspection *out)
{
    int status;
    size_t got = 0;
    ssize_t now;
    while (got < sizeof *out && (now = read(from, (char *)out + got, sizeof *out - got)) != 0)
        if (now > 0)
            got += (size_t)now;
        else if (errno != EINTR)
            break;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_INTERNAL;
    if (!WIFEXITED(status) || got < sizeof *out) {
        *out = (struct inspection){0};
        snprintf(out->why, sizeof out->why,
                 "the file's structure: reading it ends the process (signal %d)",
                 WIFSIGNALED(status) ? WTERMSIG(status) : 0);
        return ERR_CORRUPT;
    }
    return WEXITSTATUS(status) < ERR_COUNT ? (enum err)WEXITSTATUS(status) : ERR_INTERNAL;
}

static enum err run_in_child(const char *folder, bool is_copy, struct inspection *out)
{
    int ends[2];
    if (pipe(ends))
        return ERR_NOMEM;
    fflush(stdout);
    pid_t child = fork();
    if (!child)
        run_child(ends[1], folder, is_copy);
    close(ends[1]);
    enum err err = child < 0 ? ERR_NOMEM : hear(ends[0], child, out);
    close(ends[0]);
    return err;
}

enum err inspection_run(const char *folder, bool is_copy, struct inspection *out)
{
    struct inspection inspection = {0};
    enum err err = is_copy ? journal_examine(folder, true) : ERR_OK;
    if (err == ERR_CORRUPT) {
        struct inspection found = {0}; /* the records may say where */
        if (run_in_child(folder, is_copy, &found) != ERR_CORRUPT || !*found.why)
            snprintf(found.why, sizeof found.why, "the file's structure");
        found.is_whole = false;
        *out = found;
        return ERR_OK;
    }
    if (!err)
        err = run_in_child(folder, is_copy, &inspection);
    if (err && err != ERR_CORRUPT)
        return err;
    *out = inspection;
    return ERR_OK;
}

/* --- the line --------------------------------------------------------------------------------- */

void inspection_format(const struct inspection *inspection, char out[INSPECTION_LINE_BYTES])
{
    const struct chains_report *report = &inspection->report;
    char first[TEXT_TIME_BYTES] = "-", last[TEXT_TIME_BYTES] = "-";
    char heads[2 * DIGEST_BYTES + 1], ranges[CHAINS_RANGES_BYTES];
    if (!inspection->is_whole) {
        snprintf(out, INSPECTION_LINE_BYTES, "损坏 damaged: %s", inspection->why);
        return;
    }
    if (report->records) {
        text_format_time(report->first_ms, true, first);
        text_format_time(report->last_ms, true, last);
    }
    chains_format_ranges(report, ranges);
    text_from_bytes(report->heads, DIGEST_BYTES, heads);
    snprintf(out, INSPECTION_LINE_BYTES,
             "完整 whole: %" PRIu64 " events in %" PRIu64
             " records (%s), %s to %s, %zu chains, heads %s, broker %s",
             report->events, report->records, ranges, first, last, report->producers, heads,
             inspection->broker_id);
}
