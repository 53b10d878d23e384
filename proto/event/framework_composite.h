/* The part of a framework that says how a composite is made: its units, the scale of each indicator,
 * the weights and means of each level, ranks, bands and uncertainty. Numbers only; what they do is
 * in consumers/evaluate. deploy/framework/README.md describes every key.
 *
 * A composite is a group (its root) with all that lies below: groups, and those indicators that have
 * `normalise`. A framework may have several.
 */
#ifndef SONGHUA_EVENT_FRAMEWORK_COMPOSITE_H
#define SONGHUA_EVENT_FRAMEWORK_COMPOSITE_H

#include "proto/base/diag.h"
#include "proto/event/framework_base.h"
#include "proto/event/region.h"

enum {
    FRAMEWORK_MAX_UNITS = 512,
    FRAMEWORK_MAX_COLUMNS = 1000,
    FRAMEWORK_MAX_COMPOSITES = 32,
    FRAMEWORK_MAX_BANDS = 32,
    FRAMEWORK_MAX_PEERS = 64,
    COMPOSITE_MAX_PERIODS = 64,
    COMPOSITE_MAX_CELLS =
        5 * 1000 * 1000, /* of one composite: see framework_composite_validate.c */
    COMPOSITE_MAX_DRAWS = 10000
};

/* Something that is measured and is not a region of GB/T 2260: a country, a zone, a university. Its code
 * stands where a region's does: in events, in the column region of figures, in lists of regions. Figures
 * may also name it by id or by either name. */
struct framework_unit {
    struct place place;
    uint64_t code;
    const char *id;
    struct name name;
};

/* Source  EVALUATION-METHODS.md 3.3. */
enum scale_method {
    SCALE_NONE,
    SCALE_MIN_MAX,
    SCALE_Z_SCORE,
    SCALE_GOALPOSTS,
    SCALE_TO_TARGET,
    SCALE_RANK,
    SCALE_PERCENTILE,
    SCALE_STANDARD,
    SCALE_LINEAR,
    SCALE_OF_MAX,
    SCALE_BORDA,
    SCALE_TO_REFERENCE
};

struct scale_rule {
    struct place place;
    enum scale_method method;
    struct optional_decimal low, high, target;
    struct optional_decimal from, to; /* 0 and 100 unless given; z-score: mean 0, deviation 1 */
    bool is_logarithmic, is_capped;
    uint32_t reference; /* a unit's code; REGION_NOT_GIVEN */
};

/* Source  EVALUATION-METHODS.md 3.1. `latest`, `linear` and `constant` go by the unit's own series,
 * `row_mean` by what else it reports in the same group, the others by the other units. */
enum fill_method {
    FILL_NONE,
    FILL_MEAN,
    FILL_MEDIAN,
    FILL_GROUP_MEAN,
    FILL_GROUP_MEDIAN,
    FILL_LATEST,
    FILL_LINEAR,
    FILL_CONSTANT,
    FILL_ROW_MEAN
};

struct fill_rule {
    enum fill_method method;
    uint64_t max_age; /* years; FILL_LATEST alone; 0: any age */
};

/* Source  EVALUATION-METHODS.md 3.2. */
enum transform_method {
    OUTLIERS_LEFT,
    OUTLIERS_LOGARITHM,
    OUTLIERS_LOGARITHM_PLUS_1,
    OUTLIERS_LOGARITHM_GII,
    OUTLIERS_SQUARE_ROOT,
    OUTLIERS_BOX_COX
};

struct outlier_rule {
    double skewness, kurtosis;       /* 2 and 3.5 unless given */
    uint64_t points;                 /* at most so many are winsorised; 5 unless given */
    enum transform_method transform; /* when that does not do; a logarithm unless given */
    double lambda;                   /* Box-Cox alone */
    double deviations;               /* what lies further from the mean is set back; 0: off */
};

/* How a composite takes an indicator. */
struct composite_column {
    bool has_scale, has_outlier;
    struct scale_rule scale;
    const char *divisor_id; /* the indicator it is divided by; "": none */
    size_t divisor;         /* its index, when there is one */
    struct optional_decimal factor;
    struct fill_rule fill;
    struct outlier_rule outlier;
    double judged_weight; /* from its group's pairwise comparisons; 0: there are none */
};

enum mean_method { MEAN_ARITHMETIC, MEAN_GEOMETRIC, MEAN_HARMONIC, MEAN_POWER };
enum weight_method { WEIGHTS_GIVEN, WEIGHTS_EQUAL, WEIGHTS_ENTROPY, WEIGHTS_CRITIC };

/* Two children of a group: how many times as important one is. */
struct comparison {
    struct place place;
    const char *more, *than;
    double times;
};

/* How a composite makes one value of a group's children. */
struct composite_level {
    enum mean_method mean;
    enum weight_method weights;
    struct share availability; /* of the children, for a value */
    struct share coverage;     /* of their weights */
    struct optional_decimal power, floor;
    struct fill_rule fill;          /* of units without a value, from the others */
    struct comparison *comparisons; /* the weights of the children by AHP */
    size_t comparison_count;
    double consistency; /* ratio of those; below 0.1, or the document is refused */
};

struct composite_band {
    struct optional_decimal from; /* of the value; the first has none */
    struct name name;
};

/* Units that stand for each other when a gap is filled. */
struct composite_peers {
    struct place place;
    const char *id;
    uint32_t *units;
    size_t unit_count;
};

struct composite_uncertainty {
    uint64_t seed;
    uint64_t draws;      /* 1,000 unless given */
    double weight_noise; /* 0.25 unless given */
    bool varies_scale, varies_mean, varies_missing;
    bool has_sensitivity; /* what the ranks hang on is worked out too */
};

struct framework_composite {
    struct place place;
    const char *id;
    struct name name;
    const char *root_id;
    const struct framework_group *root;
    uint32_t *units; /* unless given: the framework's own, else every region of its indicators */
    size_t unit_count;
    struct optional_period from, to; /* without `from` only the latest, without `to` up to that */
    struct share availability;       /* of a unit's indicators, for a score and a rank */
    int64_t rank_decimals;
    bool has_rank_decimals; /* else, and with -1, unrounded scores are ranked */
    struct composite_band *bands;
    size_t band_count;
    struct composite_peers *peers;
    size_t peers_count;
    struct composite_uncertainty uncertainty;
    bool has_uncertainty, has_topsis, has_copeland;
    bool has_entropy, has_critic, has_equal; /* the score with other weights, beside it */
};

const char *fill_method_name(enum fill_method method); /* the word used in the document */

struct framework;
struct framework_group;
struct indicator;

/* By id; NULL: there is none. */
const struct framework_composite *framework_composite(const struct framework *framework,
                                                      const char *id);
/* Whether the group is `root` or lies below it. */
bool group_is_within(const struct framework_group *group, const struct framework_group *root);
/* Whether the indicator is one of the composite's (a divisor alone is not). */
bool composite_has_indicator(const struct framework_composite *composite,
                             const struct indicator *indicator);

/* The framework's unit; NULL: none has the code. */
const struct framework_unit *framework_unit(const struct framework *framework, uint32_t code);

/* By code, id or name of a unit of the framework (may be NULL), else as region_parse().
 * Errors  ERR_NOT_FOUND. */
MUST_CHECK enum err framework_region_parse(const struct framework *framework, const char *text,
                                           uint32_t *out);

/* A unit's or region's name, zh and en; both "" when there is none. */
struct name framework_region_name(const struct framework *framework, uint32_t code);

#endif
