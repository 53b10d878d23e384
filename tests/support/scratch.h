/* A temporary directory of a test or a benchmark, in TMPDIR, or /tmp when that is not set; removed with all
 * that is in it. tests/support/tidy.sh sets TMPDIR to one that goes at the end, whatever became of the test.
 */
#ifndef SONGHUA_TESTS_SCRATCH_H
#define SONGHUA_TESTS_SCRATCH_H

enum { SCRATCH_BYTES = 64 }; /* paths of sockets below it must not be longer than 107 */

struct scratch {
    char directory[SCRATCH_BYTES];
};

struct scratch scratch_new(void); /* the process ends when there is none to be had */
void scratch_remove(struct scratch *scratch);

/* The same for a path that is kept elsewhere: songhua-KIND-XXXXXX in TMPDIR, or in another (not NULL). */
void scratch_make(const char *kind, char directory[SCRATCH_BYTES]);
void scratch_make_in(const char *parent, const char *kind, char directory[SCRATCH_BYTES]);
void scratch_clear(const char *directory);

#endif
