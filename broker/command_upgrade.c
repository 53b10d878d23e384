/* songhua-broker upgrade: a journal of an older format becomes one of this program's. */
#include "broker/commands.h"
#include "broker/inspection.h"
#include "broker/journal/care.h"
#include "proto/cli/terminal.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

const struct option broker_upgrade_options[] = {
    {"state", 's', OPTION_TEXT, offsetof(struct care_settings, state), "DIR",
     "directory of the journal", .initial = "/var/lib/songhua/broker"},
    {0},
};

enum err broker_fail_format(const struct invocation *invocation, const char *folder,
                            uint64_t format, const char *remedy)
{
    uint64_t own = journal_format_written();
    return command_fail(invocation, ERR_VERSION,
                        "%s: format %" PRIu64 ", this program reads format %" PRIu64 "; %s", folder,
                        format, own,
                        format > own ? "use the newer songhua-broker that made it" : remedy);
}

enum err broker_fail_journal(const struct invocation *invocation, const char *folder, enum err err)
{
    uint64_t format;
    if (err != ERR_VERSION || journal_format(folder, &format))
        return command_fail(invocation, err, "%s", folder);
    return broker_fail_format(invocation, folder, format,
                              "songhua-broker upgrade --state DIR brings it up to date");
}

/* The file is as it was, or what its front had is in its tables now. */
static enum err fail(const struct invocation *invocation, const char *place, enum err err)
{
    const char *remedy = "";
    if (err == ERR_CORRUPT)
        remedy = ": nothing was changed; songhua-broker restore a backup";
    else if (err == ERR_FULL)
        remedy = ": nothing is lost; make room on its disk and upgrade again";
    return command_fail(invocation, err, "%s%s", place, remedy);
}

/* --- from format 1 ---------------------------------------------------------------------------- */

static bool note_progress(void *context, uint64_t done, uint64_t total)
{
    struct progress *progress = context;
    progress->total = total;
    progress_update(progress, done);
    return !stop_requested();
}

/* The new file is read whole before it takes the old one's place. */
static enum err convert(const struct invocation *invocation, const char *state)
{
    char folder[CARE_PATH_BYTES], line[INSPECTION_LINE_BYTES];
    struct inspection inspection;
    struct progress progress = progress_start("upgrading", 0);
    enum err err = journal_upgrade(state, note_progress, &progress, folder);
    progress_end(&progress);
    if (err)
        return fail(invocation, state, err);
    err = journal_examine(folder, false);
    if (!err)
        err = inspection_run(folder, false, &inspection);
    if (!err && !inspection.is_whole) {
        inspection_format(&inspection, line);
        err = command_fail(invocation, ERR_DIFFERENT, "%s: nothing was changed: %s", state, line);
    } else if (err) {
        err = command_fail(invocation, err, "%s: nothing was changed", folder);
    } else {
        err = journal_upgrade_use(state);
        if (err == ERR_EXISTS)
            err = command_fail(invocation, err,
                               "%s/journal.format-1.mdb: nothing was changed; move that file away",
                               state);
        else if (err)
            err = command_fail(invocation, err, "%s", state);
    }
    if (err) {
        journal_upgrade_drop(state);
        return err;
    }
    inspection_format(&inspection, line);
    puts(line);
    fprintf(stderr,
            "%s: the old file is kept as %s/journal.format-1.mdb; remove it in your own time\n",
            invocation->program, state);
    return ERR_OK;
}

/* --- from format 2 ---------------------------------------------------------------------------- */

static enum err raise(const struct invocation *invocation, const char *state, const char *folder)
{
    enum err err = journal_raise(state);
    if (err)
        return fail(invocation, folder, err);
    printf("格式 format %" PRIu64 "\n", journal_format_written());
    return ERR_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static enum err upgrade(const struct invocation *invocation, const char *state)
{
    char folder[CARE_PATH_BYTES];
    uint64_t format = 0, mine = journal_format_written();
    enum err err = journal_folder(state, folder);
    if (!err)
        err = journal_format(folder, &format);
    if (err)
        return command_fail(invocation, err, "%s", folder);
    if (format > mine)
        return command_fail(invocation, ERR_VERSION,
                            "%s: format %" PRIu64 " is newer than this program's %" PRIu64
                            "; use the newer songhua-broker that made it",
                            folder, format, mine);
    if (format == mine) {
        printf("格式 format %" PRIu64 "，无需升级 nothing to do\n", format);
        return ERR_OK;
    }
    return journal_reads_copy(format) ? raise(invocation, state, folder)
                                      : convert(invocation, state);
}

enum err broker_upgrade(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    int lock;
    enum err err = stop_init();
    if (!err)
        err = journal_lock(settings->state, &lock);
    if (err)
        return command_fail(invocation, err, "--state %s", settings->state);
    err = upgrade(invocation, settings->state);
    journal_unlock(lock);
    return err;
}
