#include "tests/bench/raw_lmdb.h"

#include "tests/bench/measure.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUE_MAX_BYTES = 1 << 20 };

struct raw_lmdb {
    MDB_env *env;
    size_t number; /* of values put */
    unsigned char value[VALUE_MAX_BYTES];
};

static void check(int code, const char *what)
{
    if (!code)
        return;
    fprintf(stderr, "bench: LMDB alone: %s: %s\n", what, mdb_strerror(code));
    exit(1);
}

static void write_ahead(const char *directory, size_t bytes)
{
    static const unsigned char zeros[1 << 20];
    char path[PATH_MAX];
    struct stat info;
    snprintf(path, sizeof path, "%s/data.mdb", directory);
    int fd = open(path, O_WRONLY | O_APPEND);
    if (fd < 0 || fstat(fd, &info)) {
        perror(path);
        exit(1);
    }
    for (size_t left = bytes - (size_t)info.st_size; left;) {
        ssize_t done = write(fd, zeros, left < sizeof zeros ? left : sizeof zeros);
        if (done <= 0) {
            perror(path);
            exit(1);
        }
        left -= (size_t)done;
    }
    if (fsync(fd) || close(fd)) {
        perror(path);
        exit(1);
    }
}

struct raw_lmdb *raw_lmdb_open(const char *directory, size_t room_bytes)
{
    struct raw_lmdb *raw = calloc(1, sizeof *raw);
    check(raw ? 0 : ENOMEM, "memory");
    check(mkdir(directory, 0700) ? errno : 0, directory);
    for (int pass = 0; pass < 2; pass++) {
        check(mdb_env_create(&raw->env), "create");
        check(mdb_env_set_mapsize(raw->env, room_bytes), "size");
        check(mdb_env_open(raw->env, directory, 0, 0600), "open");
        if (pass)
            break;
        mdb_env_close(raw->env); /* nobody may have the file open twice in one process */
        write_ahead(directory, room_bytes);
    }
    return raw;
}

void raw_lmdb_close(struct raw_lmdb **raw)
{
    mdb_env_close((*raw)->env);
    free(*raw);
    *raw = NULL;
}

static MDB_txn *begin(struct raw_lmdb *raw, MDB_dbi *table)
{
    MDB_txn *txn;
    check(mdb_txn_begin(raw->env, NULL, 0, &txn), "begin");
    check(mdb_dbi_open(txn, NULL, MDB_INTEGERKEY, table), "table");
    return txn;
}

static void put(struct raw_lmdb *raw, MDB_txn *txn, MDB_dbi table, void *bytes, size_t size)
{
    size_t number = raw->number++;
    MDB_val key = {sizeof number, &number}, value = {size, bytes};
    check(mdb_put(txn, table, &key, &value, MDB_APPEND), "put");
}

void raw_lmdb_commit(struct raw_lmdb *raw, size_t count, size_t size)
{
    MDB_dbi table;
    check(size <= VALUE_MAX_BYTES ? 0 : EINVAL, "a value of that size");
    MDB_txn *txn = begin(raw, &table);
    for (size_t i = 0; i < count; i++) {
        memcpy(raw->value, &raw->number, sizeof raw->number);
        put(raw, txn, table, raw->value, size);
    }
    check(mdb_txn_commit(txn), "commit");
}

double raw_lmdb_commit_values(struct raw_lmdb *raw, const struct raw_value *values, size_t count)
{
    MDB_dbi table;
    double begun = measure_seconds();
    MDB_txn *txn = begin(raw, &table);
    for (size_t i = 0; i < count; i++)
        put(raw, txn, table, values[i].bytes, values[i].size);
    double done = measure_seconds();
    check(mdb_txn_commit(txn), "commit");
    return done - begun;
}
