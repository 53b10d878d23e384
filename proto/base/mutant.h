/* Switches that break a promise on purpose, so that the tests can be tested: `make mutants` builds each
 * broken program and runs what must notice. In a build as usual is_mutant() is false and costs nothing.
 *
 *     if (is_mutant(MUTANT_EARLY_ACK))
 *         answer_producers(intake, ERR_OK);
 *
 * Each is used in one place. Which tests must kill it stands in tests/fault/mutants.sh.
 */
#ifndef SONGHUA_BASE_MUTANT_H
#define SONGHUA_BASE_MUTANT_H

#include <stdbool.h>

enum mutant {
    MUTANT_NONE,
    MUTANT_NO_SYNC,           /* the journal's commits are not flushed */
    MUTANT_NO_META_SYNC,      /* LMDB's header is not flushed */
    MUTANT_EARLY_ACK,         /* acknowledged before the commit */
    MUTANT_ROWS_APART,        /* producers' rows in a transaction of their own */
    MUTANT_NO_DIRECTORY_SYNC, /* entries of directories are not flushed */
    MUTANT_IGNORED_EIO,       /* a failed write is taken for one that succeeded */
    MUTANT_POSITION_FIRST,    /* a service's position is stored before the effects */
    MUTANT_NO_CHECKSUM,       /* a record's checksum is not looked at */
    MUTANT_BLIND_REPEAT,      /* a repeat is acknowledged whatever its digest */
    MUTANT_FIRST_FRAME,       /* the user's identity is taken from the first frame of a message */
    MUTANT_NO_FRONT           /* what is kept is not written */
};

#ifndef SONGHUA_MUTANT
#define SONGHUA_MUTANT 0
#endif

static inline bool is_mutant(enum mutant mutant)
{
    return SONGHUA_MUTANT == (int)mutant;
}

#endif
