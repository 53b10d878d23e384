#include "producers/agent/source.h"

#include <ctype.h>
#include <string.h>

static const struct source sources[] = {
    {"csv", " .csv .txt - ", source_csv_read},
};

enum { SOURCE_COUNT = sizeof sources / sizeof *sources, SUFFIX_BYTES = 16 };

/* " .csv " of "Report.CSV"; false when the name ends otherwise. */
static bool suffix_of(const char *path, char out[SUFFIX_BYTES])
{
    const char *name = strrchr(path, '/');
    const char *suffix = strrchr(name ? name : path, '.');
    if (!strcmp(path, "-"))
        suffix = path;
    size_t size = suffix ? strlen(suffix) : 0;
    if (!size || size + 3 > SUFFIX_BYTES)
        return false;
    out[0] = ' ';
    for (size_t i = 0; i < size; i++)
        out[1 + i] = (char)tolower((unsigned char)suffix[i]);
    memcpy(out + 1 + size, " ", 2);
    return true;
}

const struct source *source_for(const char *path)
{
    char suffix[SUFFIX_BYTES];
    if (!suffix_of(path, suffix))
        return NULL;
    for (size_t i = 0; i < SOURCE_COUNT; i++)
        if (strstr(sources[i].suffixes, suffix))
            return &sources[i];
    return NULL;
}

const char *source_names(void)
{
    return ".csv, .txt";
}

const char *source_topic(const struct source *source, const void *bytes, size_t size)
{
    bool is_milestones = source->read == source_csv_read && milestone_csv_is(bytes, size);
    return is_milestones ? "milestone" : "observation";
}
