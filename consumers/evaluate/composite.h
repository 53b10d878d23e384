/* The composite: a table of units by indicators becomes normalised values, one value for each node of a
 * tree of weights, ranks and bands. Pure; it knows nothing of documents, events or regions.
 *
 *     composite_new(&design, units, &composite)
 *     composite_set(composite, unit, indicator, value)      as often as figures come
 *     composite_refresh(composite)                          works out what those figures touch
 *     composite_value(composite, node, unit), ...
 *     composite_free(composite)
 *
 * Order of the steps: divide by the denominator, impute, treat outliers, normalise, weigh, aggregate,
 * screen, rank, band. A refresh redoes the columns that changed, the nodes above the values that came
 * out differently and the ranks of those nodes; a full run is a refresh with everything changed, so
 * both give the same bits.
 *
 * A unit with too few figures of its own (imputed ones do not count) has normalised values and lower
 * nodes, but no value, rank or band at the root. Missing is NaN; ranks 0, bands -1.
 * Source  EVALUATION.md section 3; EVALUATION-METHODS.md section 3.
 */
#ifndef SONGHUA_EVALUATE_COMPOSITE_H
#define SONGHUA_EVALUATE_COMPOSITE_H

#include "consumers/evaluate/aggregate.h"
#include "consumers/evaluate/impute.h"
#include "consumers/evaluate/normalise.h"
#include "consumers/evaluate/treat.h"
#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMPOSITE_NONE SIZE_MAX

struct composite_indicator {
    size_t parent; /* node; COMPOSITE_NONE: it is a denominator only */
    double weight; /* among its siblings, not negative; re-scaled there */
    /* Another indicator that this one is divided by, before anything is done to either; or
     * COMPOSITE_NONE. A denominator that is missing or zero makes the figure missing. */
    size_t denominator;
    double factor; /* the quotient is multiplied by it; 0 stands for 1 */
    enum imputation imputation;
    bool is_carried; /* gaps are filled from the unit's own series, before figures are set */
    struct treatment_rule treatment;
    struct normalisation_rule normalisation;
};

enum weighting { WEIGHT_GIVEN, WEIGHT_EQUAL, WEIGHT_ENTROPY, WEIGHT_CRITIC };

struct composite_node {
    size_t parent; /* a later node; COMPOSITE_NONE: the last one, the root */
    double weight;
    enum aggregation aggregation;
    double power;                 /* AGGREGATE_POWER alone */
    enum weighting weighting;     /* of its children; entropy, CRITIC: by their normalised values */
    struct fraction availability; /* fewer children with a value: missing. {0, 0}: one is enough */
    struct fraction coverage;     /* the same of their weights, as far as doubles tell */
    bool has_floor;
    double floor;               /* a child's value below it counts as this */
    enum imputation imputation; /* of units without a value; not along the row, not at the root */
};

/* Borrowed, and must outlive the composite. Children come in this order in every sum: indicators,
 * then nodes. */
struct composite_design {
    const struct composite_indicator *indicators;
    size_t indicator_count;
    const struct composite_node *nodes;
    size_t node_count;
    struct fraction availability; /* of a unit's figures, for the root; {0, 0}: no threshold */
    int rank_decimals;            /* -1: unrounded values are ranked */
    const double *cuts;           /* ascending; where a band begins */
    size_t cut_count;
    const uint32_t *groups; /* by unit, for imputation; NULL: none */
    bool drops_filled;      /* what fills a gap in a unit's own series is not taken */
};

struct composite;

/* Every figure is missing at first.
 * Errors  ERR_USAGE (no unit, no indicator, no root, a parent that is not later, a denominator that is
 *         not there or has one itself, a weight that is negative or not finite), ERR_NOMEM. */
MUST_CHECK enum err composite_new(const struct composite_design *design, size_t units,
                                  struct composite **out);
void composite_free(struct composite *composite);

/* A value that is not finite is missing. The numbers of unit and indicator must be right. */
void composite_set(struct composite *composite, size_t unit, size_t indicator, double value);
/* The same for a value that fills a gap in the unit's own series: it does not count as available. */
void composite_fill(struct composite *composite, size_t unit, size_t indicator, double value);
/* Every figure that `from` has, which is of as many units and indicators. */
void composite_take(struct composite *to, const struct composite *from);
void composite_refresh(struct composite *composite);

const struct composite_design *composite_design(const struct composite *composite);
size_t composite_units(const struct composite *composite);
/* As set, divided by its denominator; NaN: missing. */
double composite_figure(const struct composite *composite, size_t indicator, size_t unit);

/* As of the last refresh. */
double composite_normalised(const struct composite *composite, size_t indicator, size_t unit);
/* enum treatment's numbers added up. */
unsigned composite_treatment(const struct composite *composite, size_t indicator);
/* Of an indicator, or of a node, numbered as in composite_weight(). */
bool composite_is_imputed(const struct composite *composite, size_t child, size_t unit);
double composite_value(const struct composite *composite, size_t node, size_t unit);
uint32_t composite_rank(const struct composite *composite, size_t node, size_t unit);
int composite_band(const struct composite *composite, size_t node, size_t unit);
/* How many of the unit's indicators have a figure of its own (with its denominator), and of how many. */
size_t composite_available(const struct composite *composite, size_t unit);
size_t composite_wanted(const struct composite *composite);
/* The weight of a child in its node's sum, scaled to 1 among all siblings; nodes are numbered after
 * the indicators. */
double composite_weight(const struct composite *composite, size_t child);
/* How many columns and cells of nodes refreshes have worked out so far. */
uint64_t composite_work(const struct composite *composite);

#endif
