/* LMDB by itself, with its default flags: the measure for what the journal and the broker add.
 *
 * One table without a name, the cheapest that LMDB has: a commit of one small value changes a leaf, the
 * page above it, and the list of free pages. The whole of the file has been written once before, as the
 * broker's has that has been up for a while. What fails ends the process: it is not a figure.
 */
#ifndef SONGHUA_BENCH_RAW_LMDB_H
#define SONGHUA_BENCH_RAW_LMDB_H

#include <stddef.h>

struct raw_lmdb;

/* `directory` is made. The map has `room_bytes`. */
struct raw_lmdb *raw_lmdb_open(const char *directory, size_t room_bytes);
void raw_lmdb_close(struct raw_lmdb **raw);

/* Put `count` values of `size` bytes behind what is there, in one transaction, and flush. They differ in
 * their first bytes. */
void raw_lmdb_commit(struct raw_lmdb *raw, size_t count, size_t size);

/* The same with values of one's own. Returns the seconds that putting them took, without the flush. */
struct raw_value {
    void *bytes;
    size_t size;
};
double raw_lmdb_commit_values(struct raw_lmdb *raw, const struct raw_value *values, size_t count);

#endif
