#include "tests/fault/power/replay.h"

#include "tests/fault/power/disk.h"

#include <stdio.h>
#include <string.h>

enum {
    SINGLES_MAX = 128,
    MANY_SECTORS = 2048,
    RANDOM_MAX_OF_MANY = 8,
    ENTRIES_ALL_MAX = 5,
    ENOUGH = 100 /* images that are not sound: the rest of the life need not be looked at */
};

/* --- which items are there -------------------------------------------------------------------- */

enum rule { RULE_ALL, RULE_NONE, RULE_ONLY, RULE_ALL_BUT, RULE_RANDOM, RULE_ENTRIES };

struct subset {
    enum rule rule;
    size_t item;        /* of RULE_ONLY and RULE_ALL_BUT */
    uint64_t random;    /* seed of RULE_RANDOM */
    unsigned density;   /* of 256 */
    unsigned long bits; /* of RULE_ENTRIES: which entries; others by is_rest */
    size_t entries;
    bool is_rest;
};

static uint64_t mix(uint64_t value)
{
    value += 0x9e3779b97f4a7c15;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
    value = (value ^ value >> 27) * 0x94d049bb133111eb;
    return value ^ value >> 31;
}

static bool is_there(void *context, size_t item)
{
    const struct subset *subset = context;
    switch (subset->rule) {
    case RULE_ALL:
        return true;
    case RULE_NONE:
        return false;
    case RULE_ONLY:
        return item == subset->item;
    case RULE_ALL_BUT:
        return item != subset->item;
    case RULE_RANDOM:
        return mix(subset->random + item) % 256 < subset->density;
    case RULE_ENTRIES:
        return item < subset->entries ? subset->bits >> item & 1 : subset->is_rest;
    }
    return false;
}

static void describe(const struct subset *subset, char *out, size_t size)
{
    static const char *const names[] = {"all there",   "none there",      "one alone",
                                        "all but one", "a random subset", "some entries"};
    snprintf(out, size, "%s (item %zu, random %llx, density %u, entries %lx)", names[subset->rule],
             subset->item, (unsigned long long)subset->random, subset->density, subset->bits);
}

/* --- the run ---------------------------------------------------------------------------------- */

struct run {
    const struct replay_options *options;
    struct replay_result *result; /* NULL: only count */
    struct disk *disk;
    struct knowledge *knowledge;
    uint64_t counted;      /* images that must be looked at */
    uint64_t busy_cuts;    /* cuts that get random subsets */
    uint64_t random_each;  /* subsets of them */
    uint64_t random_count; /* made so far */
    bool is_good;
};

static void judge(struct run *run, const struct subset *subset, bool goes_on)
{
    char why[CHECK_WHY_BYTES] = "", how[120];
    struct replay_result *result = run->result;
    enum verdict verdict =
        run->options->check(run->knowledge, run->options->directory, goes_on, why);
    result->images++;
    result->lives_on += goes_on && !verdict;
    result->verdicts[verdict]++;
    if (!verdict || result->first[0])
        return;
    describe(subset, how, sizeof how);
    snprintf(result->first, sizeof result->first, "cut %llu, %s: %s",
             (unsigned long long)result->cuts, how, why);
}

static void look(struct run *run, struct subset subset, bool goes_on)
{
    run->counted++;
    if (!run->result || !run->is_good)
        return;
    run->is_good = disk_write_image(run->disk, run->options->directory, is_there, &subset);
    if (run->is_good)
        judge(run, &subset, goes_on);
    if (goes_on || !run->knowledge->has_did) /* before that, opening makes what is not there yet */
        disk_forget_image(run->disk);
}

static void look_at_singles(struct run *run, size_t items)
{
    size_t step = items / (items > MANY_SECTORS ? RANDOM_MAX_OF_MANY : SINGLES_MAX) + 1;
    for (size_t item = 0; item + 1 < items; item += step) {
        look(run, (struct subset){.rule = RULE_ONLY, .item = item}, false);
        look(run, (struct subset){.rule = RULE_ALL_BUT, .item = item}, false);
    }
}

static void look_at_entries(struct run *run, size_t entries)
{
    if (entries > ENTRIES_ALL_MAX)
        entries = ENTRIES_ALL_MAX;
    for (unsigned long bits = 0; bits < 1UL << entries; bits++)
        for (int is_rest = 0; is_rest < 2; is_rest++)
            look(run,
                 (struct subset){.rule = RULE_ENTRIES,
                                 .bits = bits,
                                 .entries = entries,
                                 .is_rest = is_rest != 0},
                 false);
}

static void look_at_random(struct run *run, size_t items)
{
    uint64_t count = run->random_each;
    run->busy_cuts++;
    if (items > MANY_SECTORS && count > RANDOM_MAX_OF_MANY)
        count = RANDOM_MAX_OF_MANY;
    if (items < 6 && count > 1UL << items)
        count = 1UL << items;
    for (uint64_t i = 0; i < count && run->result; i++) {
        uint64_t random = mix(run->options->seed * 1000003 + run->random_count++);
        look(run,
             (struct subset){.rule = RULE_RANDOM,
                             .random = random,
                             .density = 16 + (unsigned)(random >> 32) % 225},
             false);
    }
}

/* The cut comes before the entry that is next. */
static void cut(struct run *run, bool is_busy)
{
    struct pending pending = disk_pending(run->disk);
    size_t items = pending.entries + pending.sizes + pending.sectors;
    if (run->result)
        run->result->cuts++;
    disk_forget_image(run->disk);
    if (items)
        look(run, (struct subset){.rule = RULE_NONE}, false);
    if (items > 1) {
        look(run, (struct subset){.rule = RULE_ALL_BUT, .item = items - 1}, false);
        look(run, (struct subset){.rule = RULE_ONLY, .item = items - 1}, false);
    }
    if (is_busy && items > 1)
        look_at_singles(run, items);
    if (is_busy && pending.entries)
        look_at_entries(run, pending.entries);
    if (is_busy && items > 1)
        look_at_random(run, items);
    look(run, (struct subset){.rule = RULE_ALL}, is_busy);
}

/* A moment at which much is in doubt, or at which someone was just told something. */
static bool is_busy_before(const struct trace_entry *entry, uint32_t previous)
{
    return entry->kind == TRACE_SYNC || entry->kind == TRACE_SYNC_RANGE || previous == TRACE_NOTE;
}

static bool is_worth_a_cut(const struct trace_entry *entry, uint32_t previous)
{
    if (entry->kind == TRACE_NOTE) /* nothing happened to the disk since, but what was told */
        return false;
    return previous != 0 || entry->kind != TRACE_CREATE;
}

static void take_note(struct run *run, const struct trace_entry *entry, const void *bytes)
{
    struct note note;
    if (entry->kind != TRACE_NOTE || entry->size != sizeof note)
        return;
    memcpy(&note, bytes, sizeof note);
    knowledge_take(run->knowledge, &note);
}

static bool has_enough(const struct run *run)
{
    return run->result && run->result->images - run->result->verdicts[VERDICT_SOUND] > ENOUGH;
}

static void walk(struct run *run)
{
    const struct trace_entry *entry;
    const void *bytes;
    uint32_t previous = 0;
    while (run->is_good && !has_enough(run) && (entry = disk_peek(run->disk, &bytes))) {
        if (is_worth_a_cut(entry, previous))
            cut(run, is_busy_before(entry, previous));
        take_note(run, entry, bytes);
        previous = entry->kind;
        disk_step(run->disk);
    }
    if (run->is_good)
        cut(run, true); /* after all of it */
}

static bool pass(struct run *run)
{
    run->is_good = true;
    run->disk = disk_open(run->options->trace, run->options->root_inode);
    if (!run->disk)
        return false;
    run->knowledge = knowledge_new(run->options->seed);
    walk(run);
    knowledge_free(&run->knowledge);
    disk_close(&run->disk);
    return run->is_good;
}

bool replay_run(const struct replay_options *options, struct replay_result *out)
{
    struct run run = {.options = options};
    if (!pass(&run)) /* how many there are without random ones */
        return false;
    if (options->images > run.counted && run.busy_cuts)
        run.random_each = (options->images - run.counted) / run.busy_cuts + 1;
    run.result = out;
    run.random_count = 0;
    return pass(&run);
}
