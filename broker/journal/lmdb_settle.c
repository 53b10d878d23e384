#include "broker/journal/care.h"

#include "broker/journal/lmdb_internal.h"
#include "proto/base/clock.h"

#include <poll.h>

static enum err open_and_close(const char *folder)
{
    struct lmdb_journal *journal = lmdb_new();
    if (!journal)
        return ERR_NOMEM;
    enum err err = lmdb_open_settled(journal, folder, 0);
    lmdb_keep_lock_owner(folder);
    lmdb_release(journal);
    return err;
}

enum err journal_settle(const char *state)
{
    char folder[CARE_PATH_BYTES];
    enum err err = journal_folder(state, folder);
    return err ? err : open_and_close(folder);
}

/* --- before it is read or copied -------------------------------------------------------------- */

enum { ASK_AGAIN_MS = 1, CATCH_UP_MS = 10000 };

/* *number: of the transaction that the front has pieces of, 0 when LMDB has it; the first call's is kept,
 * for under load there is always a newer one. The front first: what it has then is in what is read next. */
static enum err find_ahead(const char *folder, uint64_t *number)
{
    struct journal *base;
    struct lmdb_reader *reader;
    enum err err = journal_look(folder, false, &base);
    if (err)
        return err;
    struct lmdb_journal *journal = lmdb_of(base);
    if (!*number)
        err = lmdb_front_number(journal, number);
    if (!err)
        err = lmdb_read_begin(journal, &reader);
    if (!err) {
        if (mdb_txn_id(reader->txn) >= *number)
            *number = 0;
        lmdb_read_end(journal, reader);
    }
    journal_close(&base);
    return err;
}

static enum err settle_examined(const char *folder, int lock)
{
    enum err err = lmdb_examine(folder, false);
    if (!err)
        err = open_and_close(folder);
    journal_unlock(lock);
    return err;
}

enum err journal_catch_up(const char *state)
{
    char folder[CARE_PATH_BYTES];
    uint64_t number = 0, end_us = clock_monotonic_us() + CATCH_UP_MS * (uint64_t)1000;
    int lock;
    enum err err = journal_folder(state, folder);
    if (!err)
        err = find_ahead(folder, &number);
    while (!err && number) {
        err = journal_lock(state, &lock);
        if (!err)
            return settle_examined(folder, lock);
        if (err != ERR_LOCKED)
            return err;
        if (clock_monotonic_us() > end_us)
            return ERR_TIMEOUT;
        poll(NULL, 0, ASK_AGAIN_MS);
        err = find_ahead(folder, &number);
    }
    return err;
}

/* --- from format 2 ---------------------------------------------------------------------------- */

/* In format 2 the front, where there was one, was what the file had behind its first part. */
static enum err find_map_bytes(const char *folder, uint64_t *out)
{
    uint64_t file_bytes;
    enum err err = lmdb_file_bytes(folder, &file_bytes);
    if (!err)
        *out = file_bytes > LMDB_FRONT_BYTES ? file_bytes - LMDB_FRONT_BYTES : 0;
    return err;
}

/* One commit, with which LMDB's headers also say where its part ends. */
static int commit_version(struct lmdb_journal *journal)
{
    int code = mdb_txn_begin(journal->env, NULL, 0, &journal->txn);
    if (!code)
        code = lmdb_put_version(journal->txn, journal->rows);
    if (!code)
        code = lmdb_put_commit(journal->txn, journal->rows);
    if (code)
        return code;
    code = lmdb_txn_commit(journal->env, journal->txn);
    journal->txn = NULL;
    return code;
}

static enum err raise(struct lmdb_journal *journal, const char *folder)
{
    uint64_t map_bytes;
    enum err err = find_map_bytes(folder, &map_bytes);
    journal->front.step = 1;
    if (!err)
        err = lmdb_open_settled(journal, folder, map_bytes);
    if (!err)
        err = lmdb_preallocate(journal->env, journal->map_bytes + LMDB_FRONT_BYTES);
    if (!err)
        err = lmdb_front_open(journal);
    return err ? err : lmdb_error(commit_version(journal));
}

enum err lmdb_raise(const char *folder)
{
    struct lmdb_journal *journal = lmdb_new();
    if (!journal)
        return ERR_NOMEM;
    enum err err = raise(journal, folder);
    lmdb_keep_lock_owner(folder);
    lmdb_release(journal);
    return err;
}

enum err journal_raise(const char *state)
{
    char folder[CARE_PATH_BYTES];
    enum err err = journal_folder(state, folder);
    if (!err)
        err = lmdb_examine_older(folder);
    return err ? err : lmdb_raise(folder);
}
