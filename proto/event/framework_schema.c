#include "proto/event/framework_schema.h"

#include <stddef.h>

const char *const method_words[] = {"none",       "cagr_target", "linear_path",    "cagr_no_target",
                                    "sdsn_trend", "schedule",    "milestone",      "coverage",
                                    "recurring",  "rank",        "non_decreasing", NULL};
const char *const comparator_words[] = {">", ">=", "=", "<=", "<", NULL};
const char *const kind_words[] = {"share",     "quantity", "count",       "rank",        "coverage",
                                  "milestone", "duty",     "eligibility", "qualitative", NULL};
const char *const cadence_words[] = {"annual", "quarterly", "monthly", "once", NULL};
static const char *const direction_words[] = {"up", "down", NULL};
static const char *const level_words[] = {"nation", "province", "prefecture",
                                          "county", "zone",     NULL};

static const struct schema_field name_fields[] = {
    {.key = "zh", .kind = SCHEMA_TEXT, .offset = offsetof(struct name, zh), .is_required = true},
    {.key = "en", .kind = SCHEMA_TEXT, .offset = offsetof(struct name, en), .is_required = true},
    {0}};
const struct schema name_schema = {name_fields, sizeof(struct name), false, NULL};

static const struct schema_field range_fields[] = {
    {.key = "min", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct range, min)},
    {.key = "max", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct range, max)},
    {0}};
static const struct schema range_schema = {range_fields, sizeof(struct range), false, NULL};

static const struct schema_field group_fields[] = {
    {.key = "id",
     .kind = SCHEMA_ID,
     .offset = offsetof(struct framework_group, id),
     .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct framework_group, name),
     .schema = &name_schema,
     .is_required = true},
    {.key = "parent", .kind = SCHEMA_TEXT, .offset = offsetof(struct framework_group, parent_id)},
    {.key = "clause", .kind = SCHEMA_TEXT, .offset = offsetof(struct framework_group, clause)},
    {.key = "quote", .kind = SCHEMA_TEXT, .offset = offsetof(struct framework_group, quote)},
    {.key = "weight", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct framework_group, weight)},
    {0}};
static const struct schema group_schema = {group_fields, sizeof(struct framework_group), true,
                                           NULL};

static const struct schema_field definition_fields[] = {
    {.key = "id",
     .kind = SCHEMA_ID,
     .offset = offsetof(struct definition, id),
     .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct definition, name),
     .schema = &name_schema,
     .is_required = true},
    {.key = "cumulative",
     .kind = SCHEMA_BOOL,
     .offset = offsetof(struct definition, is_cumulative)},
    {.key = "primary", .kind = SCHEMA_BOOL, .offset = offsetof(struct definition, is_primary)},
    {.key = "cadence",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct definition, cadence),
     .words = cadence_words,
     .set_offset = offsetof(struct definition, has_cadence)},
    {0}};
static const struct schema definition_schema = {definition_fields, sizeof(struct definition), true,
                                                NULL};

static void baseline_defaults(void *of)
{
    ((struct baseline *)of)->region = (uint32_t)REGION_NOT_GIVEN;
}

static const struct schema_field baseline_fields[] = {
    {.key = "region", .kind = SCHEMA_REGION, .offset = offsetof(struct baseline, region)},
    {.key = "period", .kind = SCHEMA_PERIOD, .offset = offsetof(struct baseline, period)},
    {.key = "value", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct baseline, value)},
    {.key = "source", .kind = SCHEMA_TEXT, .offset = offsetof(struct baseline, source)},
    {0}};
static const struct schema baseline_schema = {baseline_fields, sizeof(struct baseline), true,
                                              baseline_defaults};

static void target_defaults(void *of)
{
    ((struct target *)of)->is_quantified = true;
}

static const struct schema_field target_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = offsetof(struct target, id), .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct target, name),
     .schema = &name_schema},
    {.key = "quantified", .kind = SCHEMA_BOOL, .offset = offsetof(struct target, is_quantified)},
    {.key = "comparator",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct target, comparator),
     .words = comparator_words,
     .set_offset = offsetof(struct target, has_comparator)},
    {.key = "value", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct target, value)},
    {.key = "deadline", .kind = SCHEMA_PERIOD, .offset = offsetof(struct target, deadline)},
    {.key = "undated", .kind = SCHEMA_BOOL, .offset = offsetof(struct target, is_undated)},
    {.key = "method",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct target, method),
     .words = method_words,
     .set_offset = offsetof(struct target, has_method)},
    {.key = "clause", .kind = SCHEMA_TEXT, .offset = offsetof(struct target, clause)},
    {.key = "quote", .kind = SCHEMA_TEXT, .offset = offsetof(struct target, quote)},
    {.key = "author", .kind = SCHEMA_TEXT, .offset = offsetof(struct target, author)},
    {.key = "reason", .kind = SCHEMA_TEXT, .offset = offsetof(struct target, reason)},
    {.key = "weight", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct target, weight)},
    {.key = "baseline",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct target, baseline),
     .schema = &baseline_schema,
     .set_offset = offsetof(struct target, has_baseline)},
    {.key = "regions",
     .kind = SCHEMA_REGIONS,
     .offset = offsetof(struct target, regions),
     .count_offset = offsetof(struct target, region_count),
     .max = FRAMEWORK_MAX_REGIONS},
    {0}};
static const struct schema target_schema = {target_fields, sizeof(struct target), true,
                                            target_defaults};

static const struct schema_field alert_fields[] = {
    {.key = "off", .kind = SCHEMA_BOOL, .offset = offsetof(struct alert_rule, is_off)},
    {.key = "watch",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct alert_rule, watch),
     .min = -100,
     .max = 100},
    {.key = "lagging",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct alert_rule, lagging),
     .min = -100,
     .max = 100},
    {.key = "severe",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct alert_rule, severe),
     .min = -100,
     .max = 100},
    {.key = "hysteresis",
     .kind = SCHEMA_REAL,
     .offset = offsetof(struct alert_rule, hysteresis),
     .min = 0,
     .max = 1},
    {.key = "on_provisional",
     .kind = SCHEMA_BOOL,
     .offset = offsetof(struct alert_rule, fires_on_provisional)},
    {0}};
static const struct schema alert_schema = {alert_fields, sizeof(struct alert_rule), false, NULL};

/* Source  EVALUATION.md section 2 step 3; EVALUATION-METHODS.md 2.2 (0.001), 6.3 (0.05). */
static void indicator_defaults(void *of)
{
    struct indicator *indicator = of;
    indicator->alert = (struct alert_rule){.watch = 0.95,
                                           .lagging = 0.60,
                                           .severe = 0,
                                           .hysteresis = 0.05,
                                           .fires_on_provisional = true};
    indicator->small_value = (struct optional_decimal){true, {1, 3}};
    indicator->every = 1;
}

static const struct schema_field indicator_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = offsetof(struct indicator, id), .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct indicator, name),
     .schema = &name_schema,
     .is_required = true},
    {.key = "parent", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, parent_id)},
    {.key = "clause", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, clause)},
    {.key = "quote", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, quote)},
    {.key = "kind",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct indicator, kind),
     .words = kind_words,
     .is_required = true},
    {.key = "unit", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, unit)},
    {.key = "direction",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct indicator, direction),
     .words = direction_words,
     .set_offset = offsetof(struct indicator, has_direction)},
    {.key = "method",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct indicator, method),
     .words = method_words},
    {.key = "cadence",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct indicator, cadence),
     .words = cadence_words},
    {.key = "due_days",
     .kind = SCHEMA_UNSIGNED,
     .offset = offsetof(struct indicator, due_days),
     .min = 0,
     .max = 3660},
    {.key = "level",
     .kind = SCHEMA_WORD,
     .offset = offsetof(struct indicator, level),
     .words = level_words},
    {.key = "regions",
     .kind = SCHEMA_REGIONS,
     .offset = offsetof(struct indicator, regions),
     .is_required = true,
     .count_offset = offsetof(struct indicator, region_count),
     .max = FRAMEWORK_MAX_REGIONS},
    {.key = "weight", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct indicator, weight)},
    {.key = "plausible",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct indicator, plausible),
     .schema = &range_schema},
    {.key = "limit", .kind = SCHEMA_DECIMAL, .offset = offsetof(struct indicator, limit)},
    {.key = "small_value",
     .kind = SCHEMA_DECIMAL,
     .offset = offsetof(struct indicator, small_value)},
    {.key = "author", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, author)},
    {.key = "reason", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, reason)},
    {.key = "note", .kind = SCHEMA_TEXT, .offset = offsetof(struct indicator, note)},
    {.key = "item",
     .kind = SCHEMA_TEXTS,
     .offset = offsetof(struct indicator, items),
     .count_offset = offsetof(struct indicator, item_count),
     .max = FRAMEWORK_MAX_ITEMS},
    {.key = "parts",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct indicator, parts),
     .count_offset = offsetof(struct indicator, part_count),
     .schema = &part_schema,
     .max = FRAMEWORK_MAX_PARTS},
    {.key = "stages",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct indicator, stages),
     .schema = &stages_schema},
    {.key = "start", .kind = SCHEMA_DATE, .offset = offsetof(struct indicator, start)},
    {.key = "since", .kind = SCHEMA_PERIOD, .offset = offsetof(struct indicator, since)},
    {.key = "every",
     .kind = SCHEMA_UNSIGNED,
     .offset = offsetof(struct indicator, every),
     .min = 1,
     .max = 100},
    {.key = "checks",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct indicator, checks),
     .schema = &checks_schema},
    {.key = "definitions",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct indicator, definitions),
     .count_offset = offsetof(struct indicator, definition_count),
     .schema = &definition_schema,
     .max = FRAMEWORK_MAX_TARGETS},
    {.key = "baselines",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct indicator, baselines),
     .count_offset = offsetof(struct indicator, baseline_count),
     .schema = &baseline_schema,
     .max = FRAMEWORK_MAX_REGIONS},
    {.key = "targets",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct indicator, targets),
     .count_offset = offsetof(struct indicator, target_count),
     .schema = &target_schema,
     .max = FRAMEWORK_MAX_TARGETS},
    {.key = "alert",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct indicator, alert),
     .schema = &alert_schema},
    {0}};
static const struct schema indicator_schema = {indicator_fields, sizeof(struct indicator), true,
                                               indicator_defaults};

static const struct schema_field framework_fields[] = {
    {.key = "framework",
     .kind = SCHEMA_ID,
     .offset = offsetof(struct framework, id),
     .is_required = true},
    {.key = "version",
     .kind = SCHEMA_UNSIGNED,
     .offset = offsetof(struct framework, version),
     .is_required = true,
     .min = 1,
     .max = 4294967295.0},
    {.key = "title",
     .kind = SCHEMA_MAP,
     .offset = offsetof(struct framework, title),
     .schema = &name_schema,
     .is_required = true},
    {.key = "source",
     .kind = SCHEMA_TEXT,
     .offset = offsetof(struct framework, source),
     .is_required = true},
    {.key = "author", .kind = SCHEMA_TEXT, .offset = offsetof(struct framework, author)},
    {.key = "reason", .kind = SCHEMA_TEXT, .offset = offsetof(struct framework, reason)},
    {.key = "groups",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct framework, groups),
     .count_offset = offsetof(struct framework, group_count),
     .schema = &group_schema,
     .max = FRAMEWORK_MAX_GROUPS},
    {.key = "indicators",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct framework, indicators),
     .count_offset = offsetof(struct framework, indicator_count),
     .schema = &indicator_schema,
     .is_required = true,
     .max = FRAMEWORK_MAX_INDICATORS},
    {.key = "identities",
     .kind = SCHEMA_LIST,
     .offset = offsetof(struct framework, identities),
     .count_offset = offsetof(struct framework, identity_count),
     .schema = &identity_schema,
     .max = FRAMEWORK_MAX_IDENTITIES},
    {0}};
const struct schema framework_schema = {framework_fields, sizeof(struct framework), false, NULL};
