#include "proto/event/framework_schema.h"

#include <stddef.h>

const char *const identity_words[] = {"ratio", "sum", "part", "cumulative", "same", NULL};

static const struct schema_field part_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = offsetof(struct part, id), .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct part, name),
     .schema = &name_schema,
     .is_required = true},
    {.key = "due", .kind = SCHEMA_DUE, .offset = offsetof(struct part, due)},
    {.key = "weight", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct part, weight)},
    {.key = "clause", .kind = SCHEMA_TEXT, .offset = offsetof(struct part, clause)},
    {.key = "quote", .kind = SCHEMA_TEXT, .offset = offsetof(struct part, quote)},
    {.key = "author", .kind = SCHEMA_TEXT, .offset = offsetof(struct part, author)},
    {.key = "reason", .kind = SCHEMA_TEXT, .offset = offsetof(struct part, reason)},
    {0}};
const struct schema part_schema = {part_fields, sizeof(struct part), true, NULL};

static void stages_defaults(void *of)
{
    *(struct stages *)of = (struct stages){.planned = 0, .started = 0.5};
}

static const struct schema_field stages_fields[] = {{.key = "planned",
                                                     .kind = SCHEMA_REAL,
                                                     .offset = offsetof(struct stages, planned),
                                                     .min = 0,
                                                     .max = 1},
                                                    {.key = "started",
                                                     .kind = SCHEMA_REAL,
                                                     .offset = offsetof(struct stages, started),
                                                     .min = 0,
                                                     .max = 1},
                                                    {0}};
const struct schema stages_schema = {stages_fields, sizeof(struct stages), false, stages_defaults};

static void checks_defaults(void *of)
{
    *(struct checks *)of = (struct checks){.jump = 3.5, .revision = 0.1};
}

static const struct schema_field checks_fields[] = {
    {.key = "jump",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct checks, jump),
     .min = 0,
     .max = 1000},
    {.key = "revision",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct checks, revision),
     .min = 0,
     .max = 1000},
    {.key = "no_unit_slip", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_unit_slip)},
    {.key = "no_copy", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_copy)},
    {.key = "no_decrease", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_decrease)},
    {.key = "no_late", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_late)},
    {.key = "no_digits", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_digits)},
    {.key = "no_early", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_early)},
    {.key = "no_kind", .kind = SCHEMA_BOOL, .offset = offsetof(struct checks, no_kind)},
    {0}};
const struct schema checks_schema = {checks_fields, sizeof(struct checks), false, checks_defaults};

static void identity_defaults(void *of)
{
    struct figure_identity *identity = of;
    identity->region = (uint32_t)REGION_NOT_GIVEN;
    identity->factor = (struct optional_decimal){true, {1, 0}};
}

static const struct schema_field identity_fields[] = {
    {.key = "id",
     .kind = SCHEMA_ID,
     .offset = offsetof(struct figure_identity, id),
     .is_required = true},
    {.key = "kind",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct figure_identity, kind),
     .words = identity_words,
     .is_required = true},
    {.key = "of",
     .kind = SCHEMA_TEXT,
     .offset = offsetof(struct figure_identity, of_id),
     .is_required = true},
    {.key = "numerator",
     .kind = SCHEMA_TEXT,
     .offset = offsetof(struct figure_identity, numerator_id)},
    {.key = "denominator",
     .kind = SCHEMA_TEXT,
     .offset = offsetof(struct figure_identity, denominator_id)},
    {.key = "whole", .kind = SCHEMA_TEXT, .offset = offsetof(struct figure_identity, whole_id)},
    {.key = "with", .kind = SCHEMA_TEXT, .offset = offsetof(struct figure_identity, with_id)},
    {.key = "definition",
     .kind = SCHEMA_TEXT,
     .offset = offsetof(struct figure_identity, definition_id)},
    {.key = "factor", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct figure_identity, factor)},
    {.key = "region", .kind = SCHEMA_REGION, .offset = offsetof(struct figure_identity, region)},
    {.key = "regions",
     .kind = SCHEMA_REGIONS,
     .offset = offsetof(struct figure_identity, regions),
     .count_offset = offsetof(struct figure_identity, region_count),
     .max = FRAMEWORK_MAX_REGIONS},
    {.key = "tolerance",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct figure_identity, tolerance),
     .min = 0,
     .max = 10},
    {.key = "author", .kind = SCHEMA_TEXT, .offset = offsetof(struct figure_identity, author)},
    {.key = "reason", .kind = SCHEMA_TEXT, .offset = offsetof(struct figure_identity, reason)},
    {0}};
const struct schema identity_schema = {identity_fields, sizeof(struct figure_identity), true,
                                       identity_defaults};
