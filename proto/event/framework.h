/* The framework: which indicators are watched where, their targets, baselines, weights, methods and
 * alert thresholds. It is data, written in YAML (deploy/framework/README.md describes every key).
 *
 *     err = framework_load(bytes, size, "jilin-2021.yaml", &diag, &framework);
 *     … framework_indicator(framework, "rd_intensity") …
 *     framework_free(framework);
 *
 * A loaded framework is never changed, and may be read by any thread. Everything in it lives until
 * framework_free(). Texts are UTF-8 and never NULL ("" when not given) unless said otherwise.
 */
#ifndef SONGHUA_EVENT_FRAMEWORK_H
#define SONGHUA_EVENT_FRAMEWORK_H

#include "proto/base/diag.h"
#include "proto/base/err.h"
#include "proto/event/framework_composite.h"
#include "proto/event/framework_items.h"
#include "proto/event/region.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FRAMEWORK_MAX_BYTES = 8 * 1024 * 1024,
    FRAMEWORK_MAX_INDICATORS = 10000,
    FRAMEWORK_MAX_GROUPS = 1000,
    FRAMEWORK_MAX_TARGETS = 32, /* of one indicator */
    FRAMEWORK_MAX_REGIONS = 512 /* in one list */
};

/* Kinds of items. Source  EVALUATION.md section 1. */
enum indicator_kind {
    KIND_SHARE,
    KIND_QUANTITY,
    KIND_COUNT,
    KIND_RANK,
    KIND_COVERAGE,
    KIND_MILESTONE,
    KIND_DUTY,
    KIND_ELIGIBILITY,
    KIND_QUALITATIVE /* a goal in words */
};

/* Judgement methods. Source  EVALUATION.md section 2; consumers/evaluate has one file for each. */
enum method {
    METHOD_NONE, /* monitored only */
    METHOD_CAGR_TARGET,
    METHOD_LINEAR_PATH,
    METHOD_CAGR_NO_TARGET,
    METHOD_SDSN_TREND,
    METHOD_SCHEDULE,
    METHOD_MILESTONE,
    METHOD_COVERAGE,
    METHOD_RECURRING,
    METHOD_RANK,
    METHOD_NON_DECREASING,
    METHOD_COUNT
};

/* How a figure is held against the target's value. Strict where the text is: 超过 is >. */
enum comparator {
    COMPARATOR_ABOVE,    /* > */
    COMPARATOR_AT_LEAST, /* >= */
    COMPARATOR_EQUAL,    /* = */
    COMPARATOR_AT_MOST,  /* <= */
    COMPARATOR_BELOW     /* < */
};

enum cadence { CADENCE_YEAR, CADENCE_QUARTER, CADENCE_MONTH, CADENCE_ONCE };

/* A node above the items: task, area, whole, to any depth. */
struct framework_group {
    struct place place;
    const char *id;
    struct name name;
    const char *parent_id; /* "": a root */
    const struct framework_group *parent;
    const char *clause, *quote;
    struct optional_decimal weight; /* among its siblings */
    struct composite_level level;   /* how a composite makes one value of what is below */
    double judged_weight;           /* from its parent's pairwise comparisons; 0: there are none */
};

/* One way of counting. Series of two definitions are never chained. */
struct definition {
    struct place place;
    const char *id;
    struct name name;
    bool is_cumulative; /* the figure runs from the start of the year */
    bool is_primary;    /* the one that is judged; otherwise figures without a definition are */
    bool has_cadence;   /* reported at another cadence than the indicator's own */
    enum cadence cadence;
};

/* The value growth is measured from. Without a value it is the one that the record holds for the
 * period as of the moment; without a period, the first that the record holds. */
struct baseline {
    struct place place;
    uint32_t region;
    struct optional_period period;
    struct optional_decimal value;
    const char *source;
};

struct target {
    struct place place;
    const char *id; /* unique within the indicator; "2025" */
    struct name name;
    bool is_quantified; /* false: 无量化目标, then there is no comparator and no value */
    bool has_comparator;
    enum comparator comparator;
    struct optional_decimal value;
    struct optional_period deadline;
    bool is_undated;    /* the text gives no date: there is no path, only meeting it is judged */
    enum method method; /* the indicator's unless given */
    bool has_method;
    const char *clause, *quote;  /* verbatim words of the policy */
    const char *author, *reason; /* whose number it is when it is not the policy's; else "" */
    struct optional_decimal weight;
    struct baseline baseline; /* for this target, instead of the indicator's */
    bool has_baseline;
    uint32_t *regions; /* judged in these; NULL and 0: in all of the indicator's */
    size_t region_count;
};

/* What an indicator's alerts are like. The ratios: see target_alert_cuts().
 * Source  EVALUATION-METHODS.md 6.3, 2.10 case 9. */
struct alert_rule {
    bool is_off;
    bool has_watch, has_lagging, has_severe, has_hysteresis;
    double watch, lagging, severe, hysteresis;
    bool fires_on_provisional; /* one provisional figure is enough for more than watch */
};

/* Ratios of a judgement: below these an alert fires, from `clear` on it ends. */
struct alert_cuts {
    double watch, lagging, severe, clear;
};

struct indicator {
    struct place place;
    size_t index; /* within the framework */
    const char *id;
    struct name name;
    const char *parent_id;
    const struct framework_group *parent; /* NULL: none */
    const char *clause, *quote;
    enum indicator_kind kind;
    const char *unit;
    int direction; /* 1: more is better, -1: less is */
    bool has_direction;
    enum method method;
    enum cadence cadence;
    uint64_t due_days; /* after the end of a period; when its figure is due */
    enum region_level level;
    uint32_t *regions; /* that report it, in order of the document */
    size_t region_count;
    struct optional_decimal weight;
    struct range plausible;              /* figures outside are refused */
    struct optional_decimal limit;       /* natural limit on the desired side (100 %) */
    struct optional_decimal small_value; /* counts for zero in growth rates; 0.001 unless given */
    const char *author, *reason; /* who put the item in when the policy does not ask for it */
    const char *note;
    const char **items; /* numbers in the policy's list of items (deploy/framework/items.csv) */
    size_t item_count;
    struct part *parts; /* of a milestone; none: the item is one whole, its part is "" */
    size_t part_count;
    struct stages stages;
    struct optional_date start;   /* when work on a milestone began */
    struct optional_period since; /* the first period that a duty is done for */
    uint64_t every;               /* a duty is done for each so many periods; 1 unless given */
    struct checks checks;
    struct definition *definitions;
    size_t definition_count;
    struct baseline *baselines;
    size_t baseline_count;
    struct target *targets;
    size_t target_count;
    struct alert_rule alert;
    struct composite_column column; /* how a composite takes it; not at all without `normalise` */
};

/* What a column takes of its indicator's figure for a period. */
enum take {
    TAKE_FIGURE,
    TAKE_COMPLETION, /* how far it has come from the baseline to the target: 1 is there */
    TAKE_PACE        /* that, over the share of the time that has passed */
};

/* The figures of an indicator once more as another part of a composite: on another scale, with another
 * weight, or as how far they have come. Nothing is reported or judged by its name. */
struct framework_column {
    struct place place;
    const char *of_id, *target_id;
    const struct indicator *of;
    const struct target *target; /* NULL: see column_target() */
    enum take take;
    struct indicator as; /* as an indicator of its own, with the other's unit and regions */
};

struct framework {
    const char *id;
    uint64_t version;
    struct name title;
    const char *source;
    const char *author, *reason; /* of this version */
    struct framework_group *groups;
    size_t group_count;
    struct indicator *indicators;
    size_t indicator_count;
    struct framework_column *columns;
    size_t column_count;
    struct figure_identity *identities;
    size_t identity_count;
    struct framework_unit *units; /* beyond GB/T 2260 */
    size_t unit_count;
    struct framework_composite *composites;
    size_t composite_count;
    struct framework_index *index; /* private */
};

/* Read and validate a document of at most FRAMEWORK_MAX_BYTES bytes. All findings go to `diag`,
 * which was made with the document's name. A document with any finding is refused whole.
 * Errors  ERR_FRAMEWORK (see diag), ERR_NOMEM. */
MUST_CHECK enum err framework_load(const void *bytes, size_t size, struct diag *diag,
                                   struct framework **out);
MUST_CHECK enum err framework_load_file(const char *path, struct diag *diag,
                                        struct framework **out);
void framework_free(struct framework *framework); /* accepts NULL */

/* What a valid framework may still have forgotten: missing deadlines and baselines, weights that do
 * not add up, targets behind the baseline, numbers without a source. Adds to `diag`; a framework may
 * be used with such findings. */
void framework_check(const struct framework *framework, struct diag *diag);

/* By id, as those below; NULL: there is none. */
const struct indicator *framework_indicator(const struct framework *framework, const char *id);

/* The id of the indicator that was probably meant by `id`; NULL when none is near. */
const char *framework_suggest(const struct framework *framework, const char *id);

/* What composites may take, in order: the indicators, then the columns. */
size_t framework_member_count(const struct framework *framework);
struct indicator *framework_member(const struct framework *framework, size_t number);

/* The target that a column measures by in a region: its own, else the first with a number that the
 * indicator has there; NULL: none. */
const struct target *column_target(const struct framework_column *column, uint32_t region);

/* By id; NULL: there is none. */
const struct target *indicator_target(const struct indicator *indicator, const char *id);
const struct part *indicator_part(const struct indicator *indicator, const char *id);
const struct definition *indicator_definition(const struct indicator *indicator, const char *id);
/* The definition that is judged; NULL: figures without one. */
const struct definition *indicator_primary_definition(const struct indicator *indicator);
/* The definition of the other source's figures, of an identity `same`. */
const struct definition *identity_other(const struct figure_identity *identity);
const struct baseline *indicator_baseline(const struct indicator *indicator,
                                          const struct target *target, uint32_t region);
bool indicator_has_region(const struct indicator *indicator, uint32_t region);
bool target_has_region(const struct indicator *indicator, const struct target *target,
                       uint32_t region);
enum method target_method(const struct indicator *indicator, const struct target *target);

/* Whether judgements by the method have a ratio; and the cuts of its classes: below them it is to accelerate,
 * lags, moves away. Source  EVALUATION.md section 2 step 3; EVALUATION-METHODS.md 2.4, 2.8. */
bool method_has_ratio(enum method method);
struct alert_cuts method_cuts(enum method method);

/* What the framework gives for alerts of the target (NULL: of the indicator alone), and where it gives
 * nothing the method's cuts and a hysteresis of 0.05. */
struct alert_cuts target_alert_cuts(const struct indicator *indicator, const struct target *target);

/* The cadence's kind of period; CADENCE_ONCE takes any and has FREQUENCY_YEAR. */
enum frequency cadence_frequency(enum cadence cadence);

/* "jilin-2021@1", as scores name it. */
enum { FRAMEWORK_LABEL_BYTES = 96 };
void framework_label(const struct framework *framework, char out[FRAMEWORK_LABEL_BYTES]);

/* The words used in the document: "cagr_target", ">", "share", "annual". */
const char *method_name(enum method method);
const char *comparator_name(enum comparator comparator);
const char *take_name(enum take take);

/* Whether `value` meets the target's value, exactly. */
bool comparator_is_met(enum comparator comparator, struct decimal value, struct decimal target);

#endif
