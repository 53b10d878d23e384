/* What a framework leaves out that the one before it asked for: its last judgement says so, so that nobody goes
 * by the score it had, and alerts about it end. The same of what was doubted of its figures. */
#ifndef SONGHUA_SCORER_CLOSING_H
#define SONGHUA_SCORER_CLOSING_H

#include "consumers/scorer/doubting.h"

struct closing {
    struct doubting doubting; /* of the record; its framework is the one in force from now on */
    const struct framework *before; /* that was in force until now; NULL: none */
};

/* Publish, in the order of the framework before, a score with the judgement `closed` for each target that had
 * one and is asked for no more in its region; and, cleared, each doubt about figures of indicators, regions and
 * definitions that are gone. Once each. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err closing_of_framework(struct closing *closing);

#endif
