#include "proto/event/region.h"

#include "proto/base/text.h"
#include "proto/event/region_table.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MAX_CANDIDATES = 2, CHINESE_CHARACTER_BYTES = 3 };

const struct region *region_find(uint32_t code)
{
    size_t low = 0, high = region_table_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (region_table[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_there = low < region_table_count && region_table[low].code == code;
    return is_there ? &region_table[low] : NULL;
}

static bool read_code(const char *text, uint32_t *out)
{
    if (strlen(text) != 6 || strspn(text, "0123456789") != 6)
        return false;
    *out = 0;
    for (; *text != '\0'; text++)
        *out = *out * 10 + (uint32_t)(*text - '0');
    return true;
}

/* Whether `text` is the region's name without 市, 省, 自治州 …: 长春, 延边, 内蒙古. */
static bool is_short_name(const struct region *region, const char *text)
{
    static const char *const suffixes[] = {"省",           "市",           "县",
                                           "区",           "自治区",       "壮族自治区",
                                           "回族自治区",   "维吾尔自治区", "朝鲜族自治州",
                                           "朝鲜族自治县", "满族自治县",   "尔罗斯蒙古族自治县"};
    size_t size = strlen(text);
    if (size < 2 * CHINESE_CHARACTER_BYTES || strncmp(region->zh, text, size) != 0)
        return false;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(region->zh + size, suffixes[i]) == 0)
            return true;
    return false;
}

static bool is_full_name(const struct region *region, const char *text)
{
    return strcmp(region->zh, text) == 0 || strcasecmp(region->en, text) == 0;
}

static bool contains(const struct region *region, const char *text)
{
    return strlen(text) >= 2 * CHINESE_CHARACTER_BYTES && strstr(region->zh, text) != NULL;
}

static bool shares_beginning(const struct region *region, const char *text)
{
    return region->level != LEVEL_ZONE && strlen(text) >= 2 * CHINESE_CHARACTER_BYTES &&
           strncmp(region->zh, text, 2 * CHINESE_CHARACTER_BYTES) == 0;
}

static bool is_mistyped(const struct region *region, const char *text)
{
    return strlen(text) >= 4 && text_distance(region->en, text) <= 2;
}

typedef bool region_match(const struct region *region, const char *text);

/* How many regions in force match; the first MAX_CANDIDATES go to `found`, smaller regions first,
 * since people who leave out the suffix mean the city more often than the province. */
static size_t collect(region_match *matches, const char *text,
                      const struct region *found[MAX_CANDIDATES])
{
    size_t count = 0;
    for (size_t i = region_table_count; i-- > 0;) {
        const struct region *region = &region_table[i];
        if (region->successor != 0 || !matches(region, text))
            continue;
        if (count < MAX_CANDIDATES)
            found[count] = region;
        count++;
    }
    return count;
}

enum err region_parse(const char *text, uint32_t *out)
{
    const struct region *found[MAX_CANDIDATES];
    uint32_t code;
    if (read_code(text, &code)) {
        if (region_find(code) == NULL && (code < UNIT_FIRST_CODE || code > UNIT_LAST_CODE))
            return ERR_NOT_FOUND;
        *out = code;
        return ERR_OK;
    }
    if (collect(is_full_name, text, found) != 1 && collect(is_short_name, text, found) != 1)
        return ERR_NOT_FOUND;
    *out = found[0]->code;
    return ERR_OK;
}

static void propose(const struct region *const *found, size_t count, struct region_hint *out)
{
    if (count == 1) {
        snprintf(out->zh, sizeof out->zh, "是否指 %06u %s", found[0]->code, found[0]->zh);
        snprintf(out->en, sizeof out->en, "did you mean %06u %s", found[0]->code, found[0]->en);
        return;
    }
    snprintf(out->zh, sizeof out->zh, "是否指 %06u %s 或 %06u %s", found[0]->code, found[0]->zh,
             found[1]->code, found[1]->zh);
    snprintf(out->en, sizeof out->en, "did you mean %06u %s or %06u %s", found[0]->code,
             found[0]->en, found[1]->code, found[1]->en);
}

static bool explain_codeless(const char *text, struct region_hint *out)
{
    for (size_t i = 0; i < codeless_region_count; i++) {
        const struct codeless_region *area = &codeless_regions[i];
        if (strcmp(area->zh, text) != 0 && strcasecmp(area->en, text) != 0)
            continue;
        snprintf(out->zh, sizeof out->zh, "%s没有 GB/T 2260 代码，请填报其所在地区 %06u %s",
                 area->zh, area->within, region_find(area->within)->zh);
        snprintf(out->en, sizeof out->en, "%s has no GB/T 2260 code, report it for %06u %s",
                 area->en, area->within, region_find(area->within)->en);
        return true;
    }
    return false;
}

/* An unknown code: the prefecture or province that it would lie in. */
static bool propose_parent(const char *text, struct region_hint *out)
{
    uint32_t code;
    if (!read_code(text, &code))
        return false;
    const struct region *parent = region_find(code / 100 * 100);
    if (parent == NULL)
        parent = region_find(code / 10000 * 10000);
    if (parent == NULL || parent->code == REGION_NATION)
        return true;
    propose(&parent, 1, out);
    return true;
}

void region_suggest(const char *text, struct region_hint *out)
{
    static region_match *const ways[] = {is_short_name, contains, shares_beginning, is_mistyped};
    const struct region *found[MAX_CANDIDATES];
    *out = (struct region_hint){"", ""};
    if (explain_codeless(text, out) || propose_parent(text, out))
        return;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t count = collect(ways[i], text, found);
        if (count > 0) {
            propose(found, count < MAX_CANDIDATES ? count : MAX_CANDIDATES, out);
            return;
        }
    }
}

void region_format(uint32_t code, char out[REGION_CODE_BYTES])
{
    snprintf(out, REGION_CODE_BYTES, "%06u", code % 1000000U);
}
