#include "proto/event/framework_composite.h"

#include "proto/event/framework.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct framework_composite *framework_composite(const struct framework *framework,
                                                      const char *id)
{
    for (size_t i = 0; i < framework->composite_count; i++)
        if (strcmp(framework->composites[i].id, id) == 0)
            return &framework->composites[i];
    return NULL;
}

bool group_is_within(const struct framework_group *group, const struct framework_group *root)
{
    for (size_t steps = 0; group != NULL && group != root; steps++)
        group =
            steps < FRAMEWORK_MAX_GROUPS ? group->parent : NULL; /* a circle, if refused later */
    return group != NULL;
}

bool composite_has_indicator(const struct framework_composite *composite,
                             const struct indicator *indicator)
{
    return indicator->column.has_scale && group_is_within(indicator->parent, composite->root);
}

size_t framework_member_count(const struct framework *framework)
{
    return framework->indicator_count + framework->column_count;
}

struct indicator *framework_member(const struct framework *framework, size_t number)
{
    return number < framework->indicator_count
               ? &framework->indicators[number]
               : &framework->columns[number - framework->indicator_count].as;
}

const struct framework_unit *framework_unit(const struct framework *framework, uint32_t code)
{
    for (size_t i = 0; i < framework->unit_count; i++)
        if (framework->units[i].code == code)
            return &framework->units[i];
    return NULL;
}

static bool is_named(const struct framework_unit *unit, const char *text)
{
    return strcmp(unit->id, text) == 0 || strcmp(unit->name.zh, text) == 0 ||
           strcasecmp(unit->name.en, text) == 0;
}

enum err framework_region_parse(const struct framework *framework, const char *text, uint32_t *out)
{
    size_t count = framework != NULL ? framework->unit_count : 0;
    bool is_code = strlen(text) == 6 && strspn(text, "0123456789") == 6;
    uint32_t code = is_code ? (uint32_t)strtoul(text, NULL, 10) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct framework_unit *unit = &framework->units[i];
        if (is_code ? unit->code != code : !is_named(unit, text))
            continue;
        *out = (uint32_t)unit->code;
        return ERR_OK;
    }
    return region_parse(text, out);
}

struct name framework_region_name(const struct framework *framework, uint32_t code)
{
    const struct framework_unit *unit = framework != NULL ? framework_unit(framework, code) : NULL;
    const struct region *region = region_find(code);
    if (unit != NULL)
        return unit->name;
    return region != NULL ? (struct name){region->zh, region->en} : (struct name){"", ""};
}
