/* Doubts about figures: found by rules, said beside the judgement, altering nothing.
 *
 *   kind         a figure                                          measure       limit, from the framework's `checks`
 *   unit_slip    is 10, 100, 10^4 or 10^8 times the median of the  that power    7 (the logarithm within 0.15)
 *                four nearest, or a fraction of it so; they lie
 *                within five times each other
 *   jump         changed since the one before by far more than     robust z      `jump` (3.5)
 *                changes usually do
 *   range        lies outside the indicator's `plausible`          how far       0
 *   kind         is none of its kind: a share beyond 0 or 100 %,   how far       0
 *                a count, rank or coverage that is not whole or
 *                too small (proto/event/kind_check.h); or a
 *                quantity below zero, three others or more being
 *                all above it
 *   decrease     runs from the start of the year and fell          the fall      0
 *   copy         has the digits of another period's, recorded      digits        4 significant ones
 *                earlier
 *   late         was first recorded after its day                  days          0
 *   early        was recorded before its period had ended, and     days          0
 *                is no estimate
 *   revision     differs from the one it replaces by more than     a share       `revision` (0.1), and three times
 *                is usual                                                        the median of the other revisions
 *   digits       stands last in a series whose last digits are     chi-square    21.666 (9 degrees, 1 %)
 *                not spread evenly; a hundred figures or more
 *   ratio, sum, part, difference, sources: an identity of the      the distance  half the last digit reported,
 *                framework does not hold                                         and `tolerance` of the figure
 *
 * `expected` is what the figure is held against: the median, the value that a usual change leads to, the
 * figure before, the bound, the nearest figure of its kind, the other period's, the one replaced, what the
 * identity gives; of late, early and digits, 0.
 *
 * A figure that `range` doubts is not held against its kind as well, and where `plausible` has a bound the kind
 * has none: growth told as a share, or a share of more than the whole, is said there. The sign is no matter of a
 * quantity whose `plausible` has a `min`, nor of one told in %, ‰ or 百分点, which is a rate; a balance
 * without such a `min` is doubted at its first figure below zero, until there is another.
 *
 * Where there is no answer there is no doubt: fewer than three other figures (unit_slip, sign), fewer than five
 * other changes, or changes that are all equal (jump), figures of zero or less (unit_slip; jump takes
 * differences then), a part of an identity that is missing, a denominator of zero. A break in the series
 * is no change. Figures that were due before anything was recorded of their series are not late: they
 * were loaded afterwards. A revision of zero is measured against the framework's `small_value`.
 * A figure that its reporter confirms (Observation.confirmed, with a note) answers what is doubted of it, until
 * another figure takes its place.
 * Each figure is held against at most sixty others, those nearest to it, and sixteen earlier vintages.
 *
 * Left out: V11, since heaping is what `digits` finds where figures are many enough, and of the nine of a panel hardly
 * one lies within 1 % of a target (even five of five above it are 3 % by chance); V13, which needs data of firms.
 *
 * Source  EVALUATION.md section 4; EVALUATION-METHODS.md 5.3 (V1 to V10, V12, V14, V15).
 */
#ifndef SONGHUA_EVALUATE_DOUBTS_H
#define SONGHUA_EVALUATE_DOUBTS_H

#include "consumers/evaluate/evaluation.h"
#include "proto/base/buffer.h"

enum { DOUBT_MAX_EVIDENCE = 12, DOUBT_TEXT_MAX_BYTES = 16 * 1024 };

/* Whose figure, for which period. */
struct doubt_place {
    const struct indicator *indicator;
    const struct definition *definition; /* NULL: figures without one */
    uint32_t region;
    struct period period;
};

struct doubt {
    struct doubt_place place;
    Songhua__V1__DoubtKind kind;
    bool is_answered; /* the reporter has confirmed the figure: said, and no longer in doubt */
    double value, expected, measure, limit; /* value and expected in the indicator's unit; finite */
    const struct figure_identity *identity; /* NULL: none */
    struct optional_period other_period;
    struct address evidence[DOUBT_MAX_EVIDENCE]; /* the figure's own first */
    size_t evidence_count;
};

/* What is doubtful about the figure in force there. Stops when `visit` answers an error, and answers it. */
typedef enum err doubt_visit(void *context, const struct doubt *doubt);
MUST_CHECK enum err doubts_at(const struct evaluation *evaluation, struct as_of as_of,
                              const struct doubt_place *place, doubt_visit *visit, void *context);

/* The same of every figure of the framework in force: indicators, definitions (without one first),
 * regions, periods in order. Errors  ERR_NOT_FOUND (no framework), what `visit` answered. */
MUST_CHECK enum err doubts_all(const struct evaluation *evaluation, struct as_of as_of,
                               doubt_visit *visit, void *context);

/* Where doubts may come or go when the figure at `place` changes: there, at the period after it, at the
 * figures of the series that are alone below zero, and at those of identities that it is part of. */
typedef enum err doubt_place_visit(void *context, const struct doubt_place *place);
MUST_CHECK enum err doubts_touched(const struct evaluation *evaluation, struct as_of as_of,
                                   const struct doubt_place *place, doubt_place_visit *visit,
                                   void *context);

/* Fill the message; its texts are made in `arena`. Errors  ERR_NOMEM. */
MUST_CHECK enum err doubt_message(const struct doubt *doubt, const struct framework *framework,
                                  struct as_of as_of, struct arena *arena, Songhua__V1__Doubt *out);

/* Append the sentence, in Chinese or English. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err doubt_text(const struct doubt *doubt, bool is_zh, struct buffer *out);

#endif
