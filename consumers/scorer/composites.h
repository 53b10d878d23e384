/* The composites of the framework in force as the scorer keeps them: worked out anew only where a record
 * touches them, published only where a standing differs from the one published last.
 *
 *     composites_init(&composites)
 *     composites_settle(&composites, evaluation)        after loading: all that there is was published
 *     composites_follow(&composites, evaluation, framework, as_of, effects)  for each record, first
 *     composites_touch(&composites, evaluation, as_of, indicator, region)  for each figure it holds
 *     composites_publish(&composites, as_of, effects)
 *     composites_fini(&composites)
 *
 * Nothing of it is kept on disk: what was published last follows from the figures, which are. */
#ifndef SONGHUA_SCORER_COMPOSITES_H
#define SONGHUA_SCORER_COMPOSITES_H

#include "consumers/evaluate/ranking.h"
#include "consumers/service/effects.h"

struct composites {
    const struct framework *framework; /* borrowed */
    struct ranking *rankings[FRAMEWORK_MAX_COMPOSITES];
    size_t count;
};

void composites_init(struct composites *composites);
void composites_fini(struct composites *composites);

/* A framework other than the last: all of its composites from all figures. What stood in those of the last and
 * does not in these is published once more, without a value (left_out). `effects` NULL: nothing is published.
 * Errors  ERR_NOMEM, what effects_publish() answers. */
MUST_CHECK enum err composites_follow(struct composites *composites,
                                      const struct evaluation *evaluation,
                                      const struct framework *framework, struct as_of as_of,
                                      struct effects *effects);
MUST_CHECK enum err composites_settle(struct composites *composites,
                                      const struct evaluation *evaluation);
MUST_CHECK enum err composites_touch(struct composites *composites,
                                     const struct evaluation *evaluation, struct as_of as_of,
                                     const struct indicator *indicator, uint32_t region);
/* Errors  what effects_publish() answers. */
MUST_CHECK enum err composites_publish(struct composites *composites, struct as_of as_of,
                                       struct effects *effects);

#endif
