/* Reads every record of a journal or of a copy and says whether it is whole: checksums, numbers, digests,
 * each producer's chain, and that the table of producers says what the chains say.
 *
 * A child process does it: LMDB trusts its file, and a damaged one can end the process that reads it.
 */
#ifndef SONGHUA_BROKER_INSPECTION_H
#define SONGHUA_BROKER_INSPECTION_H

#include "proto/wire/chains.h"

struct inspection {
    bool is_whole;
    char why[300]; /* what is wrong first, with its address: "events record 17: …" */
    char broker_id[33];
    struct chains_report report; /* up to there */
};

/* is_copy: nobody writes to it, and its structure is looked at too. of a journal that a broker has open,
 * the records up to the end that it has now are read.
 * Errors  ERR_NOT_FOUND, ERR_VERSION, ERR_PERMISSION, ERR_NOMEM, ERR_IO: no verdict. */
MUST_CHECK enum err inspection_run(const char *folder, bool is_copy, struct inspection *out);

/* One line, to be pasted: verdict, events, ranges, times, chains, digest of their heads. */
enum { INSPECTION_LINE_BYTES = 2048 };
void inspection_format(const struct inspection *inspection, char out[INSPECTION_LINE_BYTES]);

#endif
