/* The doubts that a record gives rise to, and those that it clears, as events beside its judgements.
 *
 * The figures that the record names are looked at, and those that its figures are held against (doubts.h);
 * of a record with more than DOUBTING_FIGURES figures only the last period of each series, so that a load
 * of millions does not wait for them. After a framework, whose checks, bounds and identities may be others,
 * every figure that is doubted is looked at again, and the last DOUBTING_PERIODS of each series, at most
 * DOUBTING_ANEW figures together. `songhua-scorer evaluate` looks at all.
 */
#ifndef SONGHUA_SCORER_DOUBTING_H
#define SONGHUA_SCORER_DOUBTING_H

#include "consumers/evaluate/doubts.h"
#include "consumers/scorer/state.h"
#include "consumers/scorer/touched.h"

enum { DOUBTING_FIGURES = 1000, DOUBTING_PERIODS = 60, DOUBTING_ANEW = 100 * 1000 };

struct doubting {
    struct scorer_state *state;
    const struct framework *framework; /* in force */
    struct as_of as_of;
    const struct touched *touched; /* the record's indicators */
    struct arena *arena;           /* reset for each figure */
    struct effects *effects;
    bool is_framework; /* the record brings the framework: what is cleared, it clears */
};

/* Publish what changed: a doubt that is new or differs, and once more, with is_cleared, one that is gone.
 * Topic "doubt/indicator". Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err doubting_of_record(struct doubting *doubting,
                                       const struct service_input *input);

/* The same of the figures that a framework in the record may alter the doubts of. Only those of indicators,
 * definitions and regions that it watches: for the others see closing.h. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err doubting_of_framework(struct doubting *doubting);

/* What was doubted of the figure there is cleared, whatever may be found: nobody watches it any more. */
MUST_CHECK enum err doubting_end(struct doubting *doubting, const struct doubt_place *place);

#endif
