#include "proto/event/finding.h"

#include <string.h>
#include <strings.h>

struct entry {
    const char *code, *en, *zh, *remedy, *remedy_zh;
};

static const struct entry entries[FINDING_COUNT] = {[FINDING_NONE] = {"", "", "", "", ""},
#define X(name, code, en, zh, remedy, remedy_zh)                                                   \
    [FINDING_##name] = {code, en, zh, remedy, remedy_zh},
                                                    FINDING_TABLE(X)
#undef X
};

static const struct entry *entry_of(enum finding finding)
{
    return (unsigned)finding < FINDING_COUNT ? &entries[finding] : &entries[FINDING_NONE];
}

const char *finding_code(enum finding finding)
{
    return entry_of(finding)->code;
}

const char *finding_text(enum finding finding)
{
    return entry_of(finding)->en;
}

const char *finding_text_zh(enum finding finding)
{
    return entry_of(finding)->zh;
}

const char *finding_remedy(enum finding finding)
{
    return entry_of(finding)->remedy;
}

const char *finding_remedy_zh(enum finding finding)
{
    return entry_of(finding)->remedy_zh;
}

enum finding finding_from_code(const char *code)
{
    if (strncasecmp(code, "SH", 2) == 0)
        code += 2;
    if (*code == '-')
        code++;
    for (unsigned i = FINDING_NONE + 1; i < FINDING_COUNT; i++)
        if (strcmp(entries[i].code + 3, code) == 0)
            return (enum finding)i;
    return FINDING_NONE;
}
