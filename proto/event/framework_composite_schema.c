#include "proto/event/framework_composite_schema.h"

#include "proto/event/framework.h"
#include "proto/event/framework_schema.h"

#include <stddef.h>

static const char *const scale_words[] = {
    "none",     "min_max", "z_score", "goalposts", "to_target",    "rank", "percentile",
    "standard", "linear",  "of_max",  "borda",     "to_reference", NULL};
static const char *const fill_words[] = {"none",         "mean",   "median", "group_mean",
                                         "group_median", "latest", "linear", "constant",
                                         "row_mean",     NULL};
static const char *const transform_words[] = {
    "none", "logarithm", "logarithm_plus_1", "logarithm_gii", "square_root", "box_cox", NULL};
const char *const composite_mean_words[] = {"arithmetic", "geometric", "harmonic", "power", NULL};
const char *const composite_weight_words[] = {"given", "equal", "entropy", "critic", NULL};

const char *fill_method_name(enum fill_method method)
{
    return (unsigned)method <= FILL_ROW_MEAN ? fill_words[method] : "";
}

#define AT(type, member) offsetof(struct type, member)

/* --- units -------------------------------------------------------------------------------------- */

static const struct schema_field unit_fields[] = {
    {.key = "code",
     .kind = SCHEMA_UNSIGNED,
     .offset = AT(framework_unit, code),
     .is_required = true,
     .min = UNIT_FIRST_CODE,
     .max = UNIT_LAST_CODE},
    {.key = "id", .kind = SCHEMA_ID, .offset = AT(framework_unit, id), .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = AT(framework_unit, name),
     .schema = &name_schema,
     .is_required = true},
    {0}};
const struct schema unit_schema = {unit_fields, sizeof(struct framework_unit), true, NULL};

/* --- groups ------------------------------------------------------------------------------------- */

static const struct schema_field comparison_fields[] = {
    {.key = "more", .kind = SCHEMA_TEXT, .offset = AT(comparison, more), .is_required = true},
    {.key = "than", .kind = SCHEMA_TEXT, .offset = AT(comparison, than), .is_required = true},
    {.key = "times",
     .kind = SCHEMA_REAL,
     .offset = AT(comparison, times),
     .is_required = true,
     .min = 1,
     .max = 9},
    {0}};
const struct schema comparison_schema = {comparison_fields, sizeof(struct comparison), true, NULL};

/* --- indicators --------------------------------------------------------------------------------- */

static void scale_defaults(void *of)
{
    ((struct scale_rule *)of)->reference = (uint32_t)REGION_NOT_GIVEN;
}

static const struct schema_field scale_fields[] = {
    {.key = "method",
     .kind = SCHEMA_WORD,
     .offset = AT(scale_rule, method),
     .words = scale_words,
     .is_required = true},
    {.key = "low", .kind = SCHEMA_DECIMAL, .offset = AT(scale_rule, low)},
    {.key = "high", .kind = SCHEMA_DECIMAL, .offset = AT(scale_rule, high)},
    {.key = "target", .kind = SCHEMA_DECIMAL, .offset = AT(scale_rule, target)},
    {.key = "from", .kind = SCHEMA_DECIMAL, .offset = AT(scale_rule, from)},
    {.key = "to", .kind = SCHEMA_DECIMAL, .offset = AT(scale_rule, to)},
    {.key = "log", .kind = SCHEMA_BOOL, .offset = AT(scale_rule, is_logarithmic)},
    {.key = "cap", .kind = SCHEMA_BOOL, .offset = AT(scale_rule, is_capped)},
    {.key = "reference", .kind = SCHEMA_REGION, .offset = AT(scale_rule, reference)},
    {0}};
const struct schema scale_schema = {scale_fields, sizeof(struct scale_rule), true, scale_defaults};

static const struct schema_field fill_fields[] = {{.key = "method",
                                                   .kind = SCHEMA_WORD,
                                                   .offset = AT(fill_rule, method),
                                                   .words = fill_words,
                                                   .is_required = true},
                                                  {.key = "max_age",
                                                   .kind = SCHEMA_UNSIGNED,
                                                   .offset = AT(fill_rule, max_age),
                                                   .min = 0,
                                                   .max = 100},
                                                  {0}};
const struct schema fill_schema = {fill_fields, sizeof(struct fill_rule), false, NULL};

/* Source  EVALUATION-METHODS.md 3.2. */
static void outlier_defaults(void *of)
{
    *(struct outlier_rule *)of = (struct outlier_rule){2, 3.5, 5, OUTLIERS_LOGARITHM, 0, 0};
}

static const struct schema_field outlier_fields[] = {{.key = "skewness",
                                                      .kind = SCHEMA_REAL,
                                                      .offset = AT(outlier_rule, skewness),
                                                      .min = 0,
                                                      .max = 100},
                                                     {.key = "kurtosis",
                                                      .kind = SCHEMA_REAL,
                                                      .offset = AT(outlier_rule, kurtosis),
                                                      .min = -100,
                                                      .max = 100},
                                                     {.key = "points",
                                                      .kind = SCHEMA_UNSIGNED,
                                                      .offset = AT(outlier_rule, points),
                                                      .min = 0,
                                                      .max = FRAMEWORK_MAX_UNITS},
                                                     {.key = "transform",
                                                      .kind = SCHEMA_WORD,
                                                      .offset = AT(outlier_rule, transform),
                                                      .words = transform_words},
                                                     {.key = "lambda",
                                                      .kind = SCHEMA_REAL,
                                                      .offset = AT(outlier_rule, lambda),
                                                      .min = -10,
                                                      .max = 10},
                                                     {.key = "deviations",
                                                      .kind = SCHEMA_REAL,
                                                      .offset = AT(outlier_rule, deviations),
                                                      .min = 0,
                                                      .max = 100},
                                                     {0}};
const struct schema outlier_schema = {outlier_fields, sizeof(struct outlier_rule), false,
                                      outlier_defaults};

/* --- composites --------------------------------------------------------------------------------- */

static const struct schema_field band_fields[] = {
    {.key = "from", .kind = SCHEMA_DECIMAL, .offset = AT(composite_band, from)},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = AT(composite_band, name),
     .schema = &name_schema,
     .is_required = true},
    {0}};
static const struct schema band_schema = {band_fields, sizeof(struct composite_band), false, NULL};

static const struct schema_field peers_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = AT(composite_peers, id), .is_required = true},
    {.key = "units",
     .kind = SCHEMA_REGIONS,
     .offset = AT(composite_peers, units),
     .is_required = true,
     .count_offset = AT(composite_peers, unit_count),
     .max = FRAMEWORK_MAX_UNITS},
    {0}};
static const struct schema peers_schema = {peers_fields, sizeof(struct composite_peers), true,
                                           NULL};

/* Source  EVALUATION.md section 3 "Uncertainty". */
static void uncertainty_defaults(void *of)
{
    struct composite_uncertainty *uncertainty = of;
    uncertainty->draws = 1000;
    uncertainty->weight_noise = 0.25;
}

static const struct schema_field uncertainty_fields[] = {
    {.key = "seed",
     .kind = SCHEMA_UNSIGNED,
     .offset = AT(composite_uncertainty, seed),
     .is_required = true,
     .min = 0,
     .max = 9007199254740992.0},
    {.key = "draws",
     .kind = SCHEMA_UNSIGNED,
     .offset = AT(composite_uncertainty, draws),
     .min = 1,
     .max = COMPOSITE_MAX_DRAWS},
    {.key = "weight_noise",
     .kind = SCHEMA_REAL,
     .offset = AT(composite_uncertainty, weight_noise),
     .min = 0,
     .max = 1},
    {.key = "scale", .kind = SCHEMA_BOOL, .offset = AT(composite_uncertainty, varies_scale)},
    {.key = "mean", .kind = SCHEMA_BOOL, .offset = AT(composite_uncertainty, varies_mean)},
    {.key = "missing", .kind = SCHEMA_BOOL, .offset = AT(composite_uncertainty, varies_missing)},
    {.key = "sensitivity",
     .kind = SCHEMA_BOOL,
     .offset = AT(composite_uncertainty, has_sensitivity)},
    {0}};
static const struct schema uncertainty_schema = {
    uncertainty_fields, sizeof(struct composite_uncertainty), false, uncertainty_defaults};

static const struct schema_field composite_fields[] = {
    {.key = "id", .kind = SCHEMA_ID, .offset = AT(framework_composite, id), .is_required = true},
    {.key = "name",
     .kind = SCHEMA_MAP,
     .offset = AT(framework_composite, name),
     .schema = &name_schema,
     .is_required = true},
    {.key = "root",
     .kind = SCHEMA_TEXT,
     .offset = AT(framework_composite, root_id),
     .is_required = true},
    {.key = "units",
     .kind = SCHEMA_REGIONS,
     .offset = AT(framework_composite, units),
     .count_offset = AT(framework_composite, unit_count),
     .max = FRAMEWORK_MAX_UNITS},
    {.key = "from", .kind = SCHEMA_PERIOD, .offset = AT(framework_composite, from)},
    {.key = "to", .kind = SCHEMA_PERIOD, .offset = AT(framework_composite, to)},
    {.key = "availability", .kind = SCHEMA_SHARE, .offset = AT(framework_composite, availability)},
    {.key = "rank_decimals",
     .kind = SCHEMA_INTEGER,
     .offset = AT(framework_composite, rank_decimals),
     .set_offset = AT(framework_composite, has_rank_decimals),
     .min = -1,
     .max = 12},
    {.key = "bands",
     .kind = SCHEMA_LIST,
     .offset = AT(framework_composite, bands),
     .count_offset = AT(framework_composite, band_count),
     .schema = &band_schema,
     .max = FRAMEWORK_MAX_BANDS},
    {.key = "peers",
     .kind = SCHEMA_LIST,
     .offset = AT(framework_composite, peers),
     .count_offset = AT(framework_composite, peers_count),
     .schema = &peers_schema,
     .max = FRAMEWORK_MAX_PEERS},
    {.key = "uncertainty",
     .kind = SCHEMA_MAP,
     .offset = AT(framework_composite, uncertainty),
     .set_offset = AT(framework_composite, has_uncertainty),
     .schema = &uncertainty_schema},
    {.key = "topsis", .kind = SCHEMA_BOOL, .offset = AT(framework_composite, has_topsis)},
    {.key = "copeland", .kind = SCHEMA_BOOL, .offset = AT(framework_composite, has_copeland)},
    {.key = "entropy", .kind = SCHEMA_BOOL, .offset = AT(framework_composite, has_entropy)},
    {.key = "critic", .kind = SCHEMA_BOOL, .offset = AT(framework_composite, has_critic)},
    {.key = "equal", .kind = SCHEMA_BOOL, .offset = AT(framework_composite, has_equal)},
    {0}};
const struct schema composite_schema = {composite_fields, sizeof(struct framework_composite), true,
                                        NULL};
