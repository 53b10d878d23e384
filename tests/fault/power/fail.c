#include "tests/fault/power/lives.h"

#include "tests/fault/power/workload.h"
#include "tests/fault/preload/trace.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the life was told, as its record has it. */
static struct knowledge *learn(const struct place *place, uint64_t seed)
{
    char path[PATH_MAX];
    struct trace_entry entry;
    struct note note;
    struct knowledge *knowledge = knowledge_new(seed);
    place_path(place, "trace", path);
    FILE *file = fopen(path, "rb");
    if (!file)
        lives_die(path, "no record");
    while (fread(&entry, sizeof entry, 1, file) == 1) {
        bool is_note = entry.kind == TRACE_NOTE && entry.size == sizeof note;
        if (is_note && fread(&note, sizeof note, 1, file) == 1)
            knowledge_take(knowledge, &note);
        else if (!is_note)
            fseek(file, (long)entry.size, SEEK_CUR);
    }
    fclose(file);
    return knowledge;
}

struct tally {
    const char *how;
    unsigned went_on, ended;
};

/* The life ended by itself or was refused, and what it was told before is there afterwards. */
static bool is_right(const struct place *place, const struct kind *kind, uint64_t seed,
                     const char *fail, int status, struct tally *tally)
{
    char root[PATH_MAX], why[CHECK_WHY_BYTES] = "";
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    place_path(place, "root", root);
    if (code && code != WORKLOAD_REFUSED) {
        printf("%s %s: the life ended with %d\n", kind->name, fail, code);
        return false;
    }
    if (code)
        tally->ended++;
    else
        tally->went_on++;
    struct knowledge *knowledge = learn(place, seed);
    enum verdict verdict = kind->check(knowledge, root, true, why);
    knowledge_free(&knowledge);
    if (verdict)
        printf("%s %s: %s\n", kind->name, fail, why);
    return !verdict;
}

/* The n-th call fails, for each n until there are no more. */
static bool fail_one_way(const struct place *place, const struct kind *kind, uint64_t seed,
                         unsigned commits, const char *call, struct tally *tally)
{
    static const char *const names[] = {"root", "trace", "room", "failed"};
    bool is_good = true, is_met = true;
    for (unsigned nth = 1; is_good && is_met; nth++) {
        char fail[64], failed[PATH_MAX];
        snprintf(fail, sizeof fail, "%s:%u:%s", call, nth, tally->how);
        int status = life_run(place, kind, seed, commits, fail);
        place_path(place, "failed", failed);
        is_met = !access(failed, F_OK);
        is_good = is_met ? is_right(place, kind, seed, fail, status, tally) : !status;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            place_remove_one(place, names[i]);
    }
    return is_good;
}

int fail_each(const struct kind *kind, uint64_t seed, unsigned commits)
{
    static const char *const calls[] = {"write", "flush"};
    static const char *const hows[] = {"EIO", "ENOSPC", "short", "full"};
    struct place place = place_new();
    bool is_good = true;
    for (size_t i = 0; i < 2 && is_good; i++)
        for (size_t j = 0; j < (i ? 2 : 4) && is_good; j++) {
            struct tally tally = {.how = hows[j]};
            is_good = fail_one_way(&place, kind, seed, commits, calls[i], &tally);
            printf("fail %s: seed %llu, each %s in turn, %s: %u lives, %u ended, %u went on: %s\n",
                   kind->name, (unsigned long long)seed, calls[i], tally.how,
                   tally.ended + tally.went_on, tally.ended, tally.went_on,
                   is_good ? "P0 holds" : "see above");
        }
    place_remove(&place);
    return is_good ? 0 : 1;
}
