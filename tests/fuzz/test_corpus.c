/* Every kept input of every fuzz target, through the target's own function: what was found once is not
 * found again. The targets are built without libFuzzer, each under its own name (see the Makefile). */
#include "proto/base/file.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

typedef int fuzz_target(const unsigned char *data, size_t size);
fuzz_target fuzz_batch, fuzz_certificate, fuzz_config, fuzz_csv, fuzz_event_batch, fuzz_framework,
    fuzz_group, fuzz_http, fuzz_record, fuzz_reply, fuzz_request;

static const struct {
    const char *name;
    fuzz_target *run;
} targets[] = {{"batch", fuzz_batch},
               {"certificate", fuzz_certificate},
               {"config", fuzz_config},
               {"csv", fuzz_csv},
               {"event_batch", fuzz_event_batch},
               {"framework", fuzz_framework},
               {"group", fuzz_group},
               {"http", fuzz_http},
               {"record", fuzz_record},
               {"reply", fuzz_reply},
               {"request", fuzz_request}};
enum { TARGETS = sizeof targets / sizeof *targets, INPUT_MAX_BYTES = 4 << 20 };

static void run_input(fuzz_target *run, const char *path)
{
    struct buffer input;
    buffer_init(&input, INPUT_MAX_BYTES);
    cr_assert_eq(file_read(path, &input), ERR_OK, "%s", path);
    cr_expect_eq(run((const unsigned char *)buffer_text(&input), input.size), 0, "%s", path);
    buffer_fini(&input);
}

Test(fuzz_corpus, every_kept_input_passes_through_its_target, .timeout = 120)
{
    for (size_t i = 0; i < TARGETS; i++) {
        char pattern[128];
        glob_t inputs;
        snprintf(pattern, sizeof pattern, "tests/fuzz/corpus/%s/*", targets[i].name);
        cr_assert_eq(glob(pattern, 0, NULL, &inputs), 0, "no inputs for %s", targets[i].name);
        for (size_t j = 0; j < inputs.gl_pathc; j++)
            run_input(targets[i].run, inputs.gl_pathv[j]);
        globfree(&inputs);
    }
}

Test(fuzz_corpus, every_target_is_in_the_table, .timeout = 10)
{
    glob_t files;
    cr_assert_eq(glob("tests/fuzz/fuzz_*.c", 0, NULL, &files), 0);
    cr_assert_eq(files.gl_pathc, TARGETS);
    for (size_t i = 0; i < TARGETS; i++) {
        char path[128];
        snprintf(path, sizeof path, "tests/fuzz/fuzz_%s.c", targets[i].name);
        cr_expect_str_eq(files.gl_pathv[i], path);
    }
    globfree(&files);
}
