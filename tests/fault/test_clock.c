/* The wall clock jumps, far ahead and back before 1970, while broker, agent and services run: stored_ms never
 * decreases, nobody waits for the time that was left, nothing is lost. */
#include "broker/journal/journal.h"
#include "tests/support/pipeline.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const jumps_ms[] = {"-3600000", "315360000000", "-315360000000", "-1",
                                       "0",        "86400000",     "-99999999",     "0"};
enum { JUMPS = sizeof jumps_ms / sizeof *jumps_ms, EDITIONS = 3 };

static void set_clock(const char *path, const char *ms)
{
    char fresh[300];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "w");
    cr_assert_not_null(file);
    fputs(ms, file);
    cr_assert_eq(fclose(file), 0);
    cr_assert_eq(rename(fresh, path), 0);
}

static bool look_at_time(void *context, const struct record *record, const void *bytes, size_t size)
{
    uint64_t *last_ms = context;
    (void)bytes;
    (void)size;
    cr_assert_geq(record->stored_ms, *last_ms, "record %lu", (unsigned long)record->sequence);
    *last_ms = record->stored_ms;
    return true;
}

static void check_times(struct world *world)
{
    static const char *const streams[] = {"events", "scores", "alerts", NULL};
    struct journal *journal;
    const struct journal_options options = {.directory = world_path(world, "broker"),
                                            .streams = streams};
    cr_assert_eq(journal_open(&options, &journal), ERR_OK);
    for (size_t i = 0; i < 3; i++) {
        uint64_t next, last_ms = 0;
        cr_assert_eq(journal_read(journal, streams[i], 1, look_at_time, &last_ms, &next), ERR_OK);
        cr_assert_gt(next, 1);
    }
    journal_close(&journal);
}

Test(fault_clock, jumps_of_the_wall_clock_lose_nothing_and_turn_no_time_back, .timeout = 300)
{
    char clock[256];
    struct pipeline *pipeline = pipeline_new("256MiB");
    struct world *world = pipeline_world(pipeline);
    unsigned editions = 0;
    snprintf(clock, sizeof clock, "%s", world_path(world, "clock"));
    cr_assert_eq(world_stop_broker(world, false), 0);
    set_clock(clock, "0");
    setenv("FAULT_CLOCK", clock, 1);
    setenv("LD_PRELOAD", world_library(world, "libfaultclock.so"), 1);
    pipeline_start_broker(pipeline);
    for (enum pipeline_program i = 0; i < PIPELINE_PROGRAMS; i++)
        pipeline_start(pipeline, i);
    pipeline_publish_framework(pipeline);
    for (size_t i = 0; i < JUMPS; i++) {
        set_clock(clock, jumps_ms[i]);
        for (size_t j = 0; j < EDITIONS; j++)
            pipeline_submit(pipeline, ++editions);
        pipeline_await(pipeline);
    }
    pipeline_verify(pipeline);
    for (enum pipeline_program i = 0; i < PIPELINE_PROGRAMS; i++)
        pipeline_stop(pipeline, i, false);
    cr_assert_eq(world_stop_broker(world, false), 0);
    unsetenv("LD_PRELOAD");
    check_times(world);
    pipeline_free(&pipeline);
}
