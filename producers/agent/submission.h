/* A file of figures on its way into a parcel: read, checked row by row against the framework and the
 * agent's regions, each good row an event. A file with any bad row is refused whole, with all findings,
 * unless the caller wants the good rows.
 */
#ifndef SONGHUA_AGENT_SUBMISSION_H
#define SONGHUA_AGENT_SUBMISSION_H

#include "producers/agent/parcel.h"
#include "proto/base/diag.h"
#include "proto/event/framework.h"
#include "proto/net/identity.h"

#include <stdbool.h>

struct source;

enum {
    SUBMISSION_MAX_BYTES = 256 * 1024 * 1024, /* of a file */
    SUBMISSION_MAX_FINDINGS = 10000           /* kept; the rest is counted */
};

struct submission_options {
    const struct framework *framework;
    const struct identity *identity; /* whose regions are allowed; NULL: any */
    bool keeps_good;                 /* refuse only the bad rows */
    bool is_repeatable;  /* the same bytes may come again and mean it: no digest of the file */
    const char *revises; /* address of the figure that is replaced; NULL: not known */
    bool is_confirmed;   /* what is doubted of the figures was looked at: they are right */
};

struct submission {
    struct diag diag;   /* what was refused */
    struct diag doubts; /* figures that are reported, yet not what their indicators' kinds can be */
    struct parcel parcel; /* the good rows, in the file's order */
    uint64_t rows, refused;
    bool is_whole; /* the file could be read to its end, row by row */
};

/* Read the file ("-": standard input). `out` is set on ERR_OK and ERR_ROWS, and then the caller's to
 * release.
 * Errors  ERR_ROWS (nothing is to be sent; out->diag says why), ERR_NOT_FOUND, ERR_PERMISSION,
 *         ERR_USAGE (no such kind of file, or a directory), ERR_LIMIT (too large), ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err submission_read(const char *path, const struct submission_options *options,
                                    struct submission *out);

/* The same of bytes at hand, of the kind that `source` reads. */
MUST_CHECK enum err submission_read_bytes(const char *name, const struct source *source,
                                          const void *bytes, size_t size,
                                          const struct submission_options *options,
                                          struct submission *out);

void submission_fini(struct submission *submission); /* accepts an all-zero submission */

#endif
