/* A configuration file as every program meets it; texts, numbers, sizes, times, lists, and keys that are
 * another command's. */
#include "proto/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct settings {
    const char *broker;
    uint64_t number, bytes, wait_ms, since_ms;
    struct option_list regions;
    bool is_json;
};

static const struct option options[] = {
    {"broker", 'b', OPTION_TEXT, offsetof(struct settings, broker), "ENDPOINT", "", "tcp://x:1"},
    {"number", 0, OPTION_NUMBER, offsetof(struct settings, number), "N", "", "7", 1, 1000},
    {"journal-size", 0, OPTION_SIZE, offsetof(struct settings, bytes), "SIZE", "", "64KiB"},
    {"timeout", 0, OPTION_DURATION, offsetof(struct settings, wait_ms), "TIME", "", "5s"},
    {"since", 0, OPTION_TIME, offsetof(struct settings, since_ms), "TIME", ""},
    {"region", 'r', OPTION_LIST, offsetof(struct settings, regions), "CODE", ""},
    {"json", 0, OPTION_FLAG, offsetof(struct settings, is_json), NULL, ""},
    {0}};
static const struct option others[] = {
    {"other", 0, OPTION_LIST, offsetof(struct settings, regions), "X", ""}, {0}};
static const struct command commands[] = {
    {"run", "", NULL, NULL, options, sizeof(struct settings), ""},
    {"other", "", NULL, NULL, others, sizeof(struct settings), ""},
    {0}};
static const struct program program = {"fuzz", "", NULL, commands};

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char path[64], why[WHY_BYTES];
    struct settings settings = {0};
    struct options state = {0};
    int fd = memfd_create("fuzz.yaml", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
        options_init(&state, &program, options, &settings))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (!options_from_file(&state, path, why)) {
        /* What was taken can be used: texts end, numbers are within their limits. */
        if (settings.number < 1 || settings.number > 1000 ||
            settings.regions.count > OPTION_LIST_MAX || !settings.broker)
            abort();
        for (size_t i = 0; i < settings.regions.count; i++)
            (void)strlen(settings.regions.items[i]);
    }
    options_fini(&state);
    close(fd);
    return 0;
}
