#include "proto/event/finding.h"

#include <stdio.h>
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

void finding_say(enum finding finding, const char *zh, const char *en, struct finding_words *out)
{
    snprintf(out->zh, sizeof out->zh, "%s：%s", finding_text_zh(finding),
             zh[0] != '\0' ? zh : finding_remedy_zh(finding));
    snprintf(out->en, sizeof out->en, "%s: %s", finding_text(finding),
             en[0] != '\0' ? en : finding_remedy(finding));
}

void finding_add(struct diag *diag, uint64_t line, uint64_t column, enum finding finding,
                 const char *field, const char *value, const char *zh, const char *en)
{
    struct finding_words words;
    finding_say(finding, zh, en, &words);
    diag_add(diag, line, column, finding_code(finding), field, value, words.zh, words.en);
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
