/* songhua-broker backup and restore. */
#include "broker/backup.h"
#include "broker/commands.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/cli/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT(field) offsetof(struct care_settings, field)

const struct option broker_backup_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory of the journal",
     .initial = "/var/lib/songhua/broker"},
    {"rate", 0, OPTION_SIZE, AT(rate), "SIZE", "copy at most so many bytes a second; 0: no limit",
     .initial = "0"},
    {"verify", 0, OPTION_FLAG, AT(is_verify), NULL, "check a backup that was made before"},
    {0},
};
const struct option broker_restore_options[] = {
    {"state", 's', OPTION_TEXT, AT(state), "DIR", "directory that the journal is put into",
     .initial = "/var/lib/songhua/broker"},
    {"journal-size", 0, OPTION_SIZE, AT(journal_bytes), "SIZE",
     "room for the journal; default: as much as it had", .initial = "0"},
    {"dry-run", 'n', OPTION_FLAG, AT(is_dry), NULL, "only verify, and say what would be done"},
    {0},
};

struct copying {
    struct progress progress;
    uint64_t rate, started_us;
};

/* Slow down to the rate asked for; a signal ends the wait and the copy. */
static bool copying(void *context, uint64_t done, uint64_t total)
{
    struct copying *copying = context;
    copying->progress.total = total;
    progress_update(&copying->progress, done);
    while (copying->rate && !stop_requested()) {
        uint64_t due_us = (uint64_t)((double)done / (double)copying->rate * 1e6);
        uint64_t passed_us = clock_monotonic_us() - copying->started_us;
        if (passed_us + 1000 >= due_us)
            break;
        struct pollfd stop = {.fd = stop_fd(), .events = POLLIN};
        uint64_t left_ms = (due_us - passed_us) / 1000;
        poll(&stop, 1, left_ms < 1000 ? (int)left_ms : 1000);
    }
    return !stop_requested();
}

static struct copying copying_start(const char *label, uint64_t rate)
{
    return (struct copying){
        .progress = progress_start(label, 0), .rate = rate, .started_us = clock_monotonic_us()};
}

/* --- verifying -------------------------------------------------------------------------------- */

/* Digest, structure, every record; *backup is what stands in backup.txt. */
static enum err verify(const struct invocation *invocation, const char *folder,
                       struct backup *backup, char line[INSPECTION_LINE_BYTES])
{
    struct journal_copied copied;
    struct inspection inspection;
    enum err err = backup_read(folder, backup);
    if (err)
        return command_fail(invocation, err, "%s/backup.txt", folder);
    if (!journal_reads_copy(backup->format))
        return broker_fail_format(invocation, folder, backup->format,
                                  "restore it with the songhua-broker that made it, then: "
                                  "songhua-broker upgrade --state DIR");
    struct copying state = copying_start("reading", 0);
    err = journal_measure_copy(folder, copying, &state, &copied);
    progress_end(&state.progress);
    if (err)
        return command_fail(invocation, err, "%s/data.mdb", folder);
    if (copied.bytes != backup->copied.bytes ||
        memcmp(copied.digest, backup->copied.digest, DIGEST_BYTES) != 0)
        return command_fail(invocation, ERR_DIFFERENT,
                            "%s/data.mdb: 与 backup.txt 不符 / not the bytes that were backed up",
                            folder);
    err = inspection_run(folder, true, &inspection);
    if (err)
        return command_fail(invocation, err, "%s", folder);
    inspection_format(&inspection, line);
    return inspection.is_whole ? ERR_OK
                               : command_fail(invocation, ERR_DIFFERENT, "%s: %s", folder, line);
}

/* --- backup ----------------------------------------------------------------------------------- */

static void remove_backup(const char *folder)
{
    static const char *const names[] = {"data.mdb", "lock.mdb", "backup.txt"};
    char path[CARE_PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (snprintf(path, sizeof path, "%s/%s", folder, names[i]) < (int)sizeof path)
            unlink(path);
    rmdir(folder);
}

static enum err copy_journal(const struct invocation *invocation, const char *to,
                             struct backup *backup)
{
    const struct care_settings *settings = invocation->settings;
    char folder[CARE_PATH_BYTES];
    enum err err = journal_folder(settings->state, folder);
    if (!err)
        err = journal_catch_up(settings->state);
    struct copying state = copying_start("copying", settings->rate);
    if (!err)
        err = journal_copy(folder, to, copying, &state, &backup->copied);
    progress_end(&state.progress);
    return err ? broker_fail_journal(invocation, folder, err) : ERR_OK;
}

/* Copy, look at what was copied, and only then say in backup.txt that it is one. */
static enum err fill(const struct invocation *invocation, const char *folder, struct backup *backup)
{
    struct inspection inspection;
    enum err err = copy_journal(invocation, folder, backup);
    if (err)
        return err;
    err = inspection_run(folder, true, &inspection);
    if (err)
        return command_fail(invocation, err, "%s", folder);
    inspection_format(&inspection, backup->verdict);
    if (!inspection.is_whole)
        return command_fail(invocation, ERR_DIFFERENT, "%s: %s", folder, backup->verdict);
    backup->format = journal_format_written();
    err = backup_write(folder, backup);
    if (!err)
        err = verify(invocation, folder, backup, backup->verdict);
    return err;
}

static enum err publish(const char *from, const char *to)
{
    char parent[CARE_PATH_BYTES];
    if (rename(from, to))
        return err_from_errno(errno);
    snprintf(parent, sizeof parent, "%s", to);
    for (size_t size = strlen(parent); size > 1 && parent[size - 1] == '/'; size--)
        parent[size - 1] = '\0';
    char *slash = strrchr(parent, '/');
    if (slash == parent)
        slash[1] = '\0';
    else if (slash)
        *slash = '\0';
    return file_sync_directory(slash ? parent : ".");
}

static enum err backup(const struct invocation *invocation, const char *to)
{
    char folder[CARE_PATH_BYTES];
    struct backup backup = {0};
    if (snprintf(folder, sizeof folder, "%s.new", to) >= (int)sizeof folder)
        return command_fail(invocation, ERR_LIMIT, "%s", to);
    if (file_exists(to))
        return command_fail(invocation, ERR_EXISTS, "%s", to);
    remove_backup(folder); /* of one that was cut short */
    if (mkdir(folder, 0700))
        return command_fail(invocation, err_from_errno(errno),
                            errno == ENOENT ? "%s: the directory to make it in" : "%s", to);
    enum err err = fill(invocation, folder, &backup);
    if (!err) {
        err = publish(folder, to);
        if (err)
            err = command_fail(invocation, err, "%s", to);
    }
    if (err)
        remove_backup(folder);
    else
        puts(backup.verdict);
    return err;
}

enum err broker_backup(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    char line[INSPECTION_LINE_BYTES];
    struct backup found;
    if (invocation->operand_count != 1)
        return command_fail(invocation, ERR_USAGE, "name one directory, which is %s",
                            settings->is_verify ? "a backup" : "made");
    enum err err = stop_init();
    if (err)
        return command_fail(invocation, err, "signals");
    if (!settings->is_verify)
        return backup(invocation, invocation->operands[0]);
    err = verify(invocation, invocation->operands[0], &found, line);
    if (!err)
        puts(line);
    return err;
}

/* --- restore ---------------------------------------------------------------------------------- */

/* A journal that is there is never written over. */
static enum err check_place(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    char folder[CARE_PATH_BYTES];
    enum err err = journal_folder(settings->state, folder);
    if (!err && file_exists(folder))
        err = ERR_EXISTS;
    return err ? command_fail(invocation, err,
                              "%s: 已有数据，不会覆盖 / there is a journal; it is not written over",
                              settings->state)
               : ERR_OK;
}

static enum err put_back(const struct invocation *invocation, const char *from,
                         const struct backup *backup)
{
    const struct care_settings *settings = invocation->settings;
    int lock = -1;
    struct copying state = copying_start("restoring", 0);
    enum err err = file_make_directory(settings->state);
    if (!err)
        err = journal_lock(settings->state, &lock);
    if (!err)
        err = journal_restore(from, settings->state, settings->journal_bytes, &backup->copied,
                              copying, &state);
    progress_end(&state.progress);
    journal_unlock(lock);
    return err ? command_fail(invocation, err, "%s", settings->state) : ERR_OK;
}

enum err broker_restore(const struct invocation *invocation)
{
    const struct care_settings *settings = invocation->settings;
    char line[INSPECTION_LINE_BYTES];
    struct backup backup;
    if (invocation->operand_count != 1)
        return command_fail(invocation, ERR_USAGE, "name one backup");
    enum err err = stop_init();
    if (err)
        return command_fail(invocation, err, "signals");
    err = check_place(invocation);
    if (!err)
        err = verify(invocation, invocation->operands[0], &backup, line);
    if (!err && !settings->is_dry)
        err = put_back(invocation, invocation->operands[0], &backup);
    if (err)
        return err;
    puts(line);
    fprintf(
        stderr,
        "%s: %s %s\n  此后确认过的数据不在其中；上报端会发现并停下 / what was acknowledged after the "
        "backup is not in it: agents will notice, say ROLLBACK and wait for songhua-agent resend\n",
        invocation->program, settings->is_dry ? "would restore into" : "restored into",
        settings->state);
    return ERR_OK;
}
