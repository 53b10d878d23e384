#include "tests/fault/power/damage.h"

#include "broker/journal/care.h"
#include "proto/base/bytes.h"
#include "tests/fault/power/workload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

enum { RECORDS_MAX = 4096, PAGE_BYTES = 4096, HEADERS_BYTES = 2 * PAGE_BYTES, STARTS_MAX = 3 };

/* Everything a journal tells. */
struct telling {
    uint64_t records[NOTE_STREAMS][RECORDS_MAX]; /* by number: a hash of the bytes; 0: none */
    uint64_t rest;                               /* of all else */
    bool is_altered;        /* a record was told that is none of the right ones */
    enum err open, reading; /* the first error of each */
};

/* --- telling ---------------------------------------------------------------------------------- */

struct listening {
    struct telling *telling;
    const struct telling *right; /* NULL: this is the right one */
    size_t stream;
};

static bool hear(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct listening *listening = context;
    uint64_t hash = XXH3_64bits(bytes, size);
    if (record->sequence >= RECORDS_MAX ||
        (listening->right &&
         hash != listening->right->records[listening->stream][record->sequence])) {
        listening->telling->is_altered = true;
        return true;
    }
    listening->telling->records[listening->stream][record->sequence] = hash;
    return true;
}

static void add(struct telling *telling, enum err err, const void *bytes, size_t size)
{
    if (err && !telling->reading)
        telling->reading = err;
    if (!err)
        telling->rest = XXH3_64bits_withSeed(bytes, size, telling->rest);
}

/* Past a damaged record the rest is read too. */
static void tell_records(struct journal *journal, struct listening *listening)
{
    uint64_t next = 1, from;
    const char *stream = workload_streams[listening->stream];
    do {
        from = next;
        enum err err = journal_read(journal, stream, from, hear, listening, &next);
        if (!err)
            return;
        add(listening->telling, err, NULL, 0);
        if (next <= from)
            next = from + 1;
    } while (next < RECORDS_MAX && from < RECORDS_MAX);
}

static bool tell_producer(void *context, const char *stream, const char *producer,
                          const struct producer_state *state)
{
    add(context, ERR_OK, stream, strlen(stream));
    add(context, ERR_OK, producer, strlen(producer));
    add(context, ERR_OK, state, sizeof *state);
    return true;
}

static bool tell_position(void *context, const char *stream, const char *consumer,
                          const struct position *position)
{
    add(context, ERR_OK, stream, strlen(stream));
    add(context, ERR_OK, consumer, strlen(consumer));
    add(context, ERR_OK, position, sizeof *position);
    return true;
}

static void tell_all(const char *directory, const struct telling *right, struct telling *out)
{
    struct journal *journal;
    const struct journal_options options = {
        .directory = directory, .max_bytes = JOURNAL_MIN_BYTES, .streams = workload_streams};
    memset(out, 0, sizeof *out);
    out->open = journal_open(&options, &journal);
    if (out->open)
        return;
    for (size_t i = 0; i < NOTE_STREAMS; i++) {
        struct listening listening = {out, right, i};
        struct stream_bounds bounds;
        enum err err = journal_bounds(journal, workload_streams[i], &bounds);
        add(out, err, &bounds, sizeof bounds);
        tell_records(journal, &listening);
    }
    add(out, journal_producers(journal, tell_producer, out), NULL, 0);
    add(out, journal_positions(journal, tell_position, out), NULL, 0);
    add(out, ERR_OK, journal_id(journal), JOURNAL_ID_BYTES);
    journal_close(&journal);
}

/* --- damage ----------------------------------------------------------------------------------- */

enum fate { FATE_HARMLESS, FATE_READING, FATE_OPENING, FATE_DEATH, FATE_ALTERED, FATES };

struct damage {
    uint64_t at;    /* of the flipped byte, or page of two that are swapped */
    uint64_t other; /* the other page; 0: a flip */
    unsigned char bit;
};

struct progress { /* shared with the process that looks */
    unsigned done;
    unsigned fates[FATES];
    unsigned short random[3];
    struct damage damage; /* of this moment */
};

struct run {
    char directory[PATH_MAX], file[PATH_MAX];
    unsigned short random[3];
    uint64_t used_end;
    struct telling right, found;
    struct progress *progress;
};

static uint64_t dice(struct run *run, uint64_t sides)
{
    return ((uint64_t)nrand48(run->random) << 31 | (uint64_t)nrand48(run->random)) % sides;
}

static void swap_pages(int fd, uint64_t one, uint64_t other)
{
    unsigned char first[PAGE_BYTES], second[PAGE_BYTES];
    if (pread(fd, first, PAGE_BYTES, (off_t)(one * PAGE_BYTES)) != PAGE_BYTES ||
        pread(fd, second, PAGE_BYTES, (off_t)(other * PAGE_BYTES)) != PAGE_BYTES ||
        pwrite(fd, second, PAGE_BYTES, (off_t)(one * PAGE_BYTES)) != PAGE_BYTES ||
        pwrite(fd, first, PAGE_BYTES, (off_t)(other * PAGE_BYTES)) != PAGE_BYTES)
        lives_die("the file", strerror(errno));
}

/* Done twice it is undone. */
static void do_damage(const struct run *run, const struct damage *damage)
{
    unsigned char byte;
    int fd = open(run->file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        lives_die(run->file, strerror(errno));
    if (damage->other)
        swap_pages(fd, damage->at, damage->other);
    else if (pread(fd, &byte, 1, (off_t)damage->at) == 1) {
        byte ^= (unsigned char)(1U << damage->bit);
        if (pwrite(fd, &byte, 1, (off_t)damage->at) != 1)
            lives_die(run->file, strerror(errno));
    }
    close(fd);
}

static enum fate look(struct run *run)
{
    tell_all(run->directory, &run->right, &run->found);
    if (run->found.is_altered)
        return FATE_ALTERED;
    if (run->found.open)
        return FATE_OPENING;
    if (run->found.reading)
        return FATE_READING;
    return run->found.rest == run->right.rest &&
                   !memcmp(run->found.records, run->right.records, sizeof run->right.records)
               ? FATE_HARMLESS
               : FATE_ALTERED;
}

/* No sanitizer's report of what is expected here. */
static void die_plainly(void)
{
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
}

/* LMDB may die of it while it reads: that tells nobody anything wrong, and must not go on at every start. */
static enum fate look_in_child(struct run *run)
{
    pid_t child = fork();
    if (!child) {
        die_plainly();
        _exit((int)look(run));
    }
    int status = life_wait(child);
    return WIFEXITED(status) && WEXITSTATUS(status) < FATES ? (enum fate)WEXITSTATUS(status)
                                                            : FATE_DEATH;
}

static struct damage choose(struct run *run, unsigned number, bool is_swap)
{
    uint64_t pages = run->used_end / PAGE_BYTES;
    struct damage damage = {.bit = (unsigned char)dice(run, 8)};
    if (is_swap) {
        damage.other = 1 + dice(run, pages - 1);
        damage.at = (damage.other + 1 + dice(run, pages - 1)) % pages;
        if (damage.at == damage.other)
            damage.at = 0;
    } else {
        /* LMDB's two headers have no check of their own: more often there. */
        damage.at = dice(run, number % 4 ? run->used_end : HEADERS_BYTES);
    }
    return damage;
}

/* One after the other in this process, which one of them may end. */
static _Noreturn void look_at_many(struct run *run, unsigned count, bool is_swap)
{
    struct progress *progress = run->progress;
    die_plainly();
    while (progress->done < count && !progress->fates[FATE_ALTERED]) {
        memcpy(run->random, progress->random, sizeof run->random);
        progress->damage = choose(run, progress->done, is_swap);
        memcpy(progress->random, run->random, sizeof run->random);
        do_damage(run, &progress->damage);
        progress->fates[look(run)]++;
        do_damage(run, &progress->damage);
        progress->done++;
    }
    _exit(0);
}

/* The reader died: the damage is still in the file. */
static void look_at_death(struct run *run)
{
    struct progress *progress = run->progress;
    enum fate fate = FATE_DEATH;
    for (int start = 2; start <= STARTS_MAX && fate == FATE_DEATH; start++)
        fate = look_in_child(run);
    progress->fates[fate == FATE_OPENING ? FATE_DEATH : FATE_ALTERED]++;
    if (fate == FATE_OPENING)
        do_damage(run, &progress->damage);
    progress->done++;
}

static void damage_many(struct run *run, unsigned count, bool is_swap)
{
    run->progress->done = 0;
    memset(run->progress->fates, 0, sizeof run->progress->fates);
    while (run->progress->done < count && !run->progress->fates[FATE_ALTERED]) {
        pid_t child = fork();
        if (!child)
            look_at_many(run, count, is_swap);
        if (life_wait(child))
            look_at_death(run);
    }
}

/* Of any length: the file was as large as its map from the start. */
static void cut_many(struct run *run, unsigned count)
{
    struct progress *progress = run->progress;
    struct stat info;
    unsigned char *bytes = malloc(run->used_end);
    int fd = open(run->file, O_RDWR | O_CLOEXEC);
    progress->done = 0;
    memset(progress->fates, 0, sizeof progress->fates);
    if (!bytes || fd < 0 || fstat(fd, &info) ||
        pread(fd, bytes, run->used_end, 0) != (ssize_t)run->used_end)
        lives_die(run->file, strerror(errno));
    for (; progress->done < count && !progress->fates[FATE_ALTERED]; progress->done++) {
        uint64_t size = dice(run, progress->done % 2 ? (uint64_t)info.st_size : run->used_end);
        if (ftruncate(fd, (off_t)size))
            lives_die(run->file, strerror(errno));
        enum fate fate = look_in_child(run);
        progress->fates[fate == FATE_OPENING ? FATE_OPENING : FATE_ALTERED]++;
        if (ftruncate(fd, info.st_size) ||
            pwrite(fd, bytes, run->used_end, 0) != (ssize_t)run->used_end)
            lives_die(run->file, strerror(errno));
    }
    close(fd);
    free(bytes);
}

/* ---------------------------------------------------------------------------------------------- */

/* Of LMDB's part; the front and what was set aside are left out. */
static uint64_t find_used_end(const char *directory)
{
    char folder[CARE_PATH_BYTES];
    struct journal_sizes sizes;
    enum err err = journal_folder(directory, folder);
    if (!err)
        err = journal_measure(folder, &sizes);
    if (err)
        lives_die(directory, err_name(err));
    return sizes.used_bytes;
}

static bool say(const struct run *run, const char *what, uint64_t seed)
{
    const struct progress *progress = run->progress;
    bool is_good = !progress->fates[FATE_ALTERED];
    printf(
        "damage: seed %llu, %u %s in %llu KiB: %u refused at open, %u found by reading, %u found "
        "after the reader died, %u in nothing used, %u served altered\n",
        (unsigned long long)seed, progress->done, what, (unsigned long long)run->used_end / 1024,
        progress->fates[FATE_OPENING], progress->fates[FATE_READING], progress->fates[FATE_DEATH],
        progress->fates[FATE_HARMLESS], progress->fates[FATE_ALTERED]);
    if (!is_good)
        printf("first: at %llu, %llu, bit %u\n", (unsigned long long)progress->damage.at,
               (unsigned long long)progress->damage.other, progress->damage.bit);
    return is_good;
}

static bool damage_all(struct run *run, uint64_t seed, unsigned count)
{
    damage_many(run, count, false);
    bool is_good = say(run, "flipped bits", seed);
    if (is_good) {
        damage_many(run, count / 10, true);
        is_good = say(run, "pairs of pages swapped", seed);
    }
    if (is_good) {
        cut_many(run, count / 10);
        is_good = say(run, "lengths cut to", seed);
    }
    return is_good;
}

int damage_each(const struct kind *kind, uint64_t seed, unsigned count)
{
    enum { COMMITS = 120 };
    struct place place = place_new();
    struct run *run = calloc(1, sizeof *run);
    if (!run || life_run(&place, kind, seed, COMMITS, NULL))
        lives_die("the life before the damage", "failed");
    run->progress = mmap(NULL, sizeof *run->progress, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run->progress == MAP_FAILED)
        lives_die("memory", strerror(errno));
    place_path(&place, "root/state", run->directory);
    place_path(&place, "root/state/journal/data.mdb", run->file);
    run->random[0] = run->progress->random[0] = (unsigned short)seed;
    tell_all(run->directory, NULL, &run->right);
    if (run->right.open || run->right.reading)
        lives_die("the journal before the damage", err_name(run->right.open));
    run->used_end = find_used_end(run->directory);
    bool is_good = damage_all(run, seed, count);
    free(run);
    place_remove(&place);
    return is_good ? 0 : 1;
}
