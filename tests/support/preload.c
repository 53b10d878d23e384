#include "tests/support/preload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unordered[] = "verify_asan_link_order=0";

bool preload_set(const char *library)
{
    char whole[PATH_MAX], options[1024];
    const char *standing = getenv("ASAN_OPTIONS");
    if (!realpath(library, whole))
        return false;
    if (!standing || !strstr(standing, unordered)) {
        snprintf(options, sizeof options, "%s:%s", standing ? standing : "", unordered);
        setenv("ASAN_OPTIONS", *options == ':' ? options + 1 : options, 1);
    }
    setenv("LD_PRELOAD", whole, 1);
    return true;
}

void preload_unset(void)
{
    unsetenv("LD_PRELOAD");
}
