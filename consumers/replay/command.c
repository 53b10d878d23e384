#include "consumers/replay/commands.h"
#include "consumers/replay/replay.h"
#include "proto/cli/terminal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(struct replay_settings, field)

const struct option replay_options[] = {
    READER_OPTIONS(struct replay_settings),
    {"from", 0, OPTION_TEXT, AT(from), "SEQ", "first record, or event (SEQ.INDEX)"},
    {"since", 0, OPTION_TIME, AT(since_ms), "TIME", "stored at or after: 2024-06-30, 2024Q3, -7d"},
    {"until", 0, OPTION_TIME, AT(until_ms), "TIME", "stored before (not at)"},
    {"region", 'r', OPTION_LIST, AT(regions), "REGION", "code or name; may be given several times"},
    {"producer", 'p', OPTION_LIST, AT(producers), "NAME", "likewise"},
    {"indicator", 0, OPTION_LIST, AT(indicators), "ID", "likewise"},
    {"latest", 'l', OPTION_FLAG, AT(is_latest), NULL,
     "only the last event of each figure, target or alert, by region"},
    {"lines", 'n', OPTION_TEXT, AT(lines), "N", "only the last N events; all (--follow: 10)"},
    {"count", 0, OPTION_NUMBER, AT(count), "N", "stop after so many events"},
    {"rate", 0, OPTION_NUMBER, AT(rate), "N", "at most so many events a second", .max = 1000000},
    {"follow", 'f', OPTION_FLAG, AT(is_following), NULL, "go on with what comes"},
    {"cursor-file", 0, OPTION_TEXT, AT(cursor_file), "FILE",
     "begin where the file says, and keep there where to go on"},
    {"json", 0, OPTION_FLAG, AT(is_json), NULL, "one JSON object a line"},
    {"csv", 0, OPTION_FLAG, AT(is_csv), NULL, "comma-separated, with a header"},
    {"table", 0, OPTION_FLAG, AT(is_table), NULL, "a table for people (the default)"},
    {"utc", 0, OPTION_FLAG, AT(is_utc), NULL, "times in UTC instead of local time"},
    {0},
};
const size_t replay_settings_bytes = sizeof(struct replay_settings);

struct run {
    const struct invocation *invocation;
    const struct replay_settings *settings;
    const char *stream;
    uint32_t regions[OPTION_LIST_MAX];
    struct cursor start, saved;
    struct replay *replay;
    struct reader *reader;
    struct progress progress;
    bool has_progress; /* events do not go to the same terminal */
};

/* --- where to begin --------------------------------------------------------------------------- */

static enum err find_start(struct run *run)
{
    const struct replay_settings *settings = run->settings;
    if (settings->from)
        return cursor_parse(settings->from, &run->start)
                   ? command_fail(run->invocation, ERR_USAGE,
                                  "--from \"%s\" is not a record's number, or SEQ.INDEX",
                                  settings->from)
                   : ERR_OK;
    if (!settings->cursor_file)
        return ERR_OK;
    enum err err = cursor_load(settings->cursor_file, run->stream, &run->start);
    run->saved = run->start;
    if (err == ERR_NOT_FOUND)
        return ERR_OK;
    return err ? command_fail(run->invocation, err, "--cursor-file %s: not a place in %s",
                              settings->cursor_file, run->stream)
               : ERR_OK;
}

/* The last N events are in the last N records, when every event counts. */
static uint64_t last_records(const struct replay_settings *settings)
{
    uint64_t lines;
    bool is_selective = settings->regions.count || settings->producers.count ||
                        settings->indicators.count || settings->since_ms || settings->until_ms;
    return replay_wants_tail(settings, &lines) && !is_selective ? lines + 1 : 0;
}

static enum err open_run(struct run *run)
{
    const struct replay_settings *settings = run->settings;
    if (settings->until_ms && settings->since_ms >= settings->until_ms)
        return command_fail(run->invocation, ERR_USAGE,
                            "--until is not later than --since: nothing lies between them");
    enum err err = find_start(run);
    if (!err)
        err = reader_parse_regions(run->invocation, &settings->regions, run->regions);
    if (err)
        return err;
    const struct reader_request request = {.stream = run->stream,
                                           .from = run->start.sequence,
                                           .since_ms = settings->since_ms,
                                           .last = last_records(settings),
                                           .regions = run->regions,
                                           .region_count = settings->regions.count,
                                           .producers = settings->producers.items,
                                           .producer_count = settings->producers.count,
                                           .is_following = settings->is_following};
    err = reader_open(run->invocation, &settings->reader, &request, &run->reader);
    if (err)
        return err;
    err = replay_new(settings, run->stream, run->start, &run->replay);
    return err ? command_fail(run->invocation, err, "%s", run->stream) : ERR_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct cursor next_of(const struct run *run)
{
    struct cursor next = replay_next(run->replay);
    return next.sequence ? next : run->start;
}

/* Only what has left this process counts as shown. */
static enum err save_cursor(struct run *run, struct cursor next)
{
    const char *path = run->settings->cursor_file;
    bool is_same = next.sequence == run->saved.sequence && next.index == run->saved.index;
    if (!path || !next.sequence || is_same)
        return ERR_OK;
    enum err err = cursor_save(path, run->stream, next);
    if (err)
        return command_fail(run->invocation, err, "--cursor-file %s", path);
    run->saved = next;
    return ERR_OK;
}

static enum err say(const struct run *run, enum err err)
{
    return err && err != ERR_STOPPED ? command_fail(run->invocation, err, "%s", run->stream) : err;
}

static enum err take(void *context, const struct subscriber_record *record)
{
    struct run *run = context;
    if (run->has_progress) {
        run->progress.total = reader_end(run->reader);
        progress_update(&run->progress, record->sequence);
    }
    return say(run, replay_take(run->replay, record));
}

static enum err rest(void *context)
{
    struct run *run = context;
    enum err err = say(run, replay_rest(run->replay));
    return err ? err : save_cursor(run, next_of(run));
}

/* The rest of the stream may hold nothing that was asked for: then the place is behind it all. */
static struct cursor place_after(const struct run *run, bool is_whole)
{
    struct cursor next = next_of(run);
    uint64_t read_to = reader_next(run->reader);
    if (is_whole && read_to > next.sequence && (next.sequence || run->settings->cursor_file))
        next = (struct cursor){read_to, 0};
    return next;
}

static void say_place(const struct run *run, struct cursor next)
{
    char address[CURSOR_TEXT_BYTES];
    if (!next.sequence)
        next.sequence = 1;
    cursor_format(next, address);
    fprintf(stderr, "%s: 已停止 / stopped; to go on: %s %s --from %s\n", run->invocation->program,
            run->invocation->program, run->stream, address);
}

/* What was shown leaves the process before its place is kept. */
static enum err finish(struct run *run, enum err err)
{
    const struct replay_settings *settings = run->settings;
    bool is_over = !err || err == ERR_GAP, is_stopped = err == ERR_STOPPED;
    bool is_cut = settings->until_ms || settings->count;
    enum err shown = is_over ? replay_end(run->replay) : replay_flush(run->replay);
    struct cursor next = place_after(run, is_over && !is_cut);
    if (is_stopped)
        say_place(run, next);
    if (is_over && !shown && !replay_shown(run->replay) && !settings->is_json && !settings->is_csv)
        fprintf(stderr, "没有符合条件的记录 / nothing in %s matches\n", run->stream);
    enum err saved = (is_over || is_stopped) && !shown ? save_cursor(run, next) : ERR_OK;
    if (err)
        return err;
    return shown ? say(run, shown) : saved;
}

static enum err read_stream(struct run *run)
{
    const struct reader_handler handler = {.context = run, .take = take, .rest = rest};
    run->progress = progress_start(run->stream, 0);
    run->has_progress = !run->settings->is_following && !isatty(STDOUT_FILENO);
    enum err err = reader_run(run->reader, &handler);
    progress_end(&run->progress);
    return finish(run, err);
}

static enum err replay_stream(const struct invocation *invocation, const char *stream)
{
    const char *why;
    struct run run = {.invocation = invocation, .settings = invocation->settings, .stream = stream};
    enum err err = replay_check(run.settings, &why);
    if (err)
        return command_fail(invocation, err, "%s", why);
    err = open_run(&run);
    if (!err)
        err = read_stream(&run);
    replay_free(&run.replay);
    reader_close(&run.reader);
    return err;
}

enum err replay_events_command(const struct invocation *invocation)
{
    return replay_stream(invocation, "events");
}

enum err replay_scores_command(const struct invocation *invocation)
{
    return replay_stream(invocation, "scores");
}

enum err replay_alerts_command(const struct invocation *invocation)
{
    return replay_stream(invocation, "alerts");
}

enum err replay_audit_command(const struct invocation *invocation)
{
    return replay_stream(invocation, "audit");
}
