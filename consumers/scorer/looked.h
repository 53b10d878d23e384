/* The places at which a record's doubts were looked for already: figures of one record touch each other,
 * and a second look at the same moment finds what the first one found.
 *
 *     struct looked looked = {0};
 *     err = looked_add(&looked, &place, &is_new)
 *     looked_fini(&looked)
 */
#ifndef SONGHUA_SCORER_LOOKED_H
#define SONGHUA_SCORER_LOOKED_H

#include "consumers/evaluate/doubts.h"

struct looked {
    struct doubt_place *slots; /* open addressing, a power of two; no indicator: free */
    size_t size, count;
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err looked_add(struct looked *looked, const struct doubt_place *place,
                               bool *is_new);
void looked_fini(struct looked *looked); /* accepts an all-zero one */

#endif
