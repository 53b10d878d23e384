#include "broker/journal/lmdb_internal.h"

#include "proto/base/file.h"
#include "proto/base/mutant.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct lmdb_stream *lmdb_stream(struct lmdb_journal *journal, const char *name)
{
    for (size_t i = 0; i < journal->stream_count; i++)
        if (!strcmp(journal->streams[i].name, name))
            return &journal->streams[i];
    return NULL;
}

/* --- the lock file ---------------------------------------------------------------------------- */

/* Besides being the lock, the file counts the starts since the last orderly end, so that after two
 * deaths in a row the data are suspected. A count that cannot be kept is no reason not to start. */
static bool was_killed_twice(int lock)
{
    unsigned char starts = 0;
    if (pread(lock, &starts, 1, 0) != 1)
        starts = 0;
    unsigned char next = starts < UINT8_MAX ? (unsigned char)(starts + 1) : starts;
    if (pwrite(lock, &next, 1, 0) != 1)
        return false;
    return starts >= 2;
}

static void set_orderly_end(int lock)
{
    if (ftruncate(lock, 0))
        return;
}

static enum err take_lock(struct lmdb_journal *journal, const char *directory)
{
    char path[PATH_MAX];
    struct stat info;
    if (snprintf(path, sizeof path, "%s/" LMDB_LOCK_FILE, directory) >= (int)sizeof path)
        return ERR_NOT_FOUND;
    if (stat(directory, &info) || !S_ISDIR(info.st_mode))
        return ERR_NOT_FOUND;
    return file_lock(path, &journal->lock);
}

/* --- the files -------------------------------------------------------------------------------- */

static enum err prepare_files(struct lmdb_journal *journal, const struct journal_options *options,
                              const char *folder)
{
    bool is_suspect = was_killed_twice(journal->lock);
    if (file_exists(folder))
        return lmdb_examine(folder, is_suspect);
    return lmdb_create(options->directory, lmdb_map_bytes(options->max_bytes));
}

/* The page cache may hold a commit that the disk has not, of a process that was killed between its
 * write and its flush. Before anything is answered from it, it is on disk. */
static enum err open_files(struct lmdb_journal *journal, const char *folder, uint64_t map_bytes)
{
    const unsigned broken = (is_mutant(MUTANT_NO_SYNC) ? MDB_NOSYNC : 0) |
                            (is_mutant(MUTANT_NO_META_SYNC) ? MDB_NOMETASYNC : 0);
    MDB_envinfo info;
    int code = mdb_env_create(&journal->env);
    if (code)
        return lmdb_error(code);
    mdb_env_set_maxdbs(journal->env, LMDB_MAX_TABLES);
    mdb_env_set_maxreaders(journal->env, LMDB_MAX_READERS);
    code = mdb_env_open(journal->env, folder, MDB_NOTLS | broken, 0600);
    if (!code)
        code = mdb_env_info(journal->env, &info);
    if (!code && map_bytes > info.me_mapsize)
        code = mdb_env_set_mapsize(journal->env, map_bytes);
    if (code)
        return lmdb_error(code);
    journal->map_bytes = map_bytes > info.me_mapsize ? map_bytes : info.me_mapsize;
    return mdb_env_sync(journal->env, 1) ? ERR_IO : ERR_OK;
}

/* --- the tables ------------------------------------------------------------------------------- */

static int add_stream(struct lmdb_journal *journal, const char *name, struct lmdb_stream **out)
{
    struct key table;
    char table_name[KEY_MAX_BYTES + 1];
    struct lmdb_stream *stream = &journal->streams[journal->stream_count];
    snprintf(stream->name, sizeof stream->name, "%s", name);
    key_of_stream(&table, KEY_STREAM, name);
    snprintf(table_name, sizeof table_name, "%.*s", (int)table.size, (const char *)table.bytes);
    key_of_stream(&stream->totals_key, KEY_TOTALS, name);
    stream->seed = entry_seed(name);
    int code = mdb_dbi_open(journal->txn, table_name, MDB_CREATE, &stream->table);
    if (!code) {
        journal->stream_count++;
        *out = stream;
    }
    return code;
}

/* Streams that the file has, whether asked for or not. */
static int find_streams(struct lmdb_journal *journal)
{
    const size_t prefix = sizeof KEY_TOTALS - 1;
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = mdb_cursor_open(journal->txn, journal->rows, &cursor);
    if (code)
        return code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        char name[NAME_MAX_BYTES + 1];
        struct lmdb_stream *stream;
        enum row_kind kind = row_kind_of(key.mv_data, key.mv_size);
        if (kind < ROW_TOTALS)
            continue;
        if (kind > ROW_TOTALS)
            break;
        snprintf(name, sizeof name, "%.*s", (int)(key.mv_size - prefix),
                 (const char *)key.mv_data + prefix);
        if (journal->stream_count == JOURNAL_MAX_STREAMS)
            code = MDB_CORRUPTED;
        if (!code)
            code = add_stream(journal, name, &stream);
        if (code)
            break;
        totals_decode(value.mv_data, &stream->totals);
        stream->kept_totals = stream->totals;
    }
    mdb_cursor_close(cursor);
    return code == MDB_NOTFOUND ? 0 : code;
}

static enum err make_stream(struct lmdb_journal *journal, const char *name)
{
    struct lmdb_stream *stream;
    unsigned char row[TOTALS_ROW_BYTES];
    if (lmdb_stream(journal, name))
        return ERR_OK;
    if (journal->stream_count == JOURNAL_MAX_STREAMS || !batch_name_is_valid(name))
        return ERR_CONFIG;
    journal->is_dirty = true;
    int code = add_stream(journal, name, &stream);
    if (code)
        return lmdb_error(code);
    totals_encode(&stream->totals, row);
    return lmdb_error(
        lmdb_row_put(journal->txn, journal->rows, &stream->totals_key, row, sizeof row));
}

int lmdb_open_main_table(struct lmdb_journal *journal)
{
    struct key key;
    unsigned char row[IDENTITY_ROW_BYTES];
    key_of_text(&key, KEY_IDENTITY);
    int code = mdb_dbi_open(journal->txn, NULL, 0, &journal->rows);
    if (!code)
        code = lmdb_row_get(journal->txn, journal->rows, &key, row, sizeof row);
    if (!code)
        memcpy(journal->id, row, JOURNAL_ID_BYTES);
    return code ? code : find_streams(journal);
}

/* LMDB keeps a table's handle only when the transaction that opened it is committed, so this one is,
 * also when it changes nothing. */
static enum err commit_tables(struct lmdb_journal *journal)
{
    int code = journal->is_dirty ? lmdb_put_commit(journal->txn, journal->rows) : 0;
    if (code)
        return lmdb_error(code);
    code = lmdb_txn_commit(journal->env, journal->txn);
    journal->txn = NULL;
    journal->is_dirty = false;
    return lmdb_write_failed(journal, code);
}

static enum err open_tables(struct lmdb_journal *journal)
{
    int code = mdb_txn_begin(journal->env, NULL, 0, &journal->txn);
    if (!code)
        code = lmdb_open_main_table(journal);
    return code ? lmdb_error(code) : commit_tables(journal);
}

static enum err make_streams(struct lmdb_journal *journal, const char *const *streams)
{
    enum err err = lmdb_error(mdb_txn_begin(journal->env, NULL, 0, &journal->txn));
    for (; !err && streams && *streams; streams++)
        err = make_stream(journal, *streams);
    return err ? err : commit_tables(journal);
}

/* --- growing ---------------------------------------------------------------------------------- */

enum err lmdb_file_bytes(const char *folder, uint64_t *out)
{
    char path[PATH_MAX];
    struct stat info;
    if (snprintf(path, sizeof path, "%s/" LMDB_DATA_FILE, folder) >= (int)sizeof path)
        return ERR_NOT_FOUND;
    if (stat(path, &info))
        return err_from_errno(errno);
    *out = (uint64_t)info.st_size;
    return ERR_OK;
}

/* LMDB's headers say how large its part is, and so where the front is, from the commit on. By then the room
 * is there and a front in it, so that no other bytes are ever read as one. */
static enum err set_map_bytes(struct lmdb_journal *journal, uint64_t map_bytes)
{
    journal->map_bytes = map_bytes;
    enum err err = lmdb_front_make(journal);
    if (!err)
        err = lmdb_error(mdb_env_set_mapsize(journal->env, map_bytes));
    if (!err)
        err = lmdb_error(mdb_txn_begin(journal->env, NULL, 0, &journal->txn));
    journal->is_dirty = true;
    return err ? err : commit_tables(journal);
}

/* A journal that is there is grown to what is asked for, and never made smaller than it is. The file is
 * longer than its headers say where it was restored into more room, or a growing was cut short. */
static enum err grow(struct lmdb_journal *journal, const char *folder, uint64_t asked_bytes)
{
    uint64_t file_bytes = 0;
    enum err err = lmdb_file_bytes(folder, &file_bytes);
    if (err)
        return err;
    if (file_bytes < asked_bytes)
        file_bytes = asked_bytes;
    if (file_bytes <= journal->map_bytes + LMDB_FRONT_BYTES)
        return lmdb_front_open(journal);
    err = lmdb_preallocate(journal->env, file_bytes);
    return err ? err : set_map_bytes(journal, file_bytes - LMDB_FRONT_BYTES);
}

/* --- opening and closing ---------------------------------------------------------------------- */

struct lmdb_journal *lmdb_new(void)
{
    struct lmdb_journal *journal = calloc(1, sizeof *journal);
    if (!journal)
        return NULL;
    journal->base.engine = &journal_lmdb;
    journal->lock = -1;
    journal->front.step = LMDB_FRONT_STEP;
    if (!pthread_mutex_init(&journal->readers_mutex, NULL))
        return journal;
    free(journal);
    return NULL;
}

void lmdb_release(struct lmdb_journal *journal)
{
    if (journal->env) {
        lmdb_abort(&journal->base);
        lmdb_readers_free(journal);
        mdb_env_close(journal->env);
    }
    if (journal->lock >= 0)
        close(journal->lock);
    pthread_mutex_destroy(&journal->readers_mutex);
    free(journal);
}

static void close_journal(struct journal *base)
{
    set_orderly_end(lmdb_of(base)->lock);
    lmdb_release(lmdb_of(base));
}

/* Before anything is committed: the front goes by the number of the next transaction. */
enum err lmdb_open_settled(struct lmdb_journal *journal, const char *folder, uint64_t map_bytes)
{
    enum err err = open_files(journal, folder, map_bytes);
    if (!err)
        err = open_tables(journal);
    return err ? err : lmdb_front_apply(journal);
}

static enum err open_in(struct lmdb_journal *journal, const struct journal_options *options)
{
    char folder[PATH_MAX];
    if (snprintf(folder, sizeof folder, "%s/" LMDB_FOLDER, options->directory) >=
        (int)sizeof folder)
        return ERR_NOT_FOUND;
    enum err err = take_lock(journal, options->directory);
    if (!err)
        err = prepare_files(journal, options, folder);
    if (!err)
        err = lmdb_open_settled(journal, folder, 0);
    if (!err)
        err = make_streams(journal, options->streams);
    return err ? err : grow(journal, folder, lmdb_map_bytes(options->max_bytes));
}

static enum err open_journal(const struct journal_options *options, struct journal **out)
{
    struct lmdb_journal *journal = lmdb_new();
    if (!journal)
        return ERR_NOMEM;
    enum err err = open_in(journal, options);
    if (err)
        lmdb_release(journal);
    else
        *out = &journal->base;
    return err;
}

/* --- the rest of the table -------------------------------------------------------------------- */

static const unsigned char *id(const struct journal *base)
{
    return ((const struct lmdb_journal *)base)->id;
}

static enum err stats(struct journal *base, struct journal_stats *out)
{
    struct lmdb_journal *journal = lmdb_of(base);
    struct lmdb_reader *reader;
    uint64_t used_bytes;
    enum err err = lmdb_read_begin(journal, &reader);
    if (err)
        return err;
    int code = lmdb_used_bytes(journal, reader->txn, &used_bytes);
    lmdb_read_end(journal, reader);
    if (code)
        return lmdb_error(code);
    *out = (struct journal_stats){.used_bytes = used_bytes,
                                  .prepared_bytes = atomic_load(&journal->prepared_bytes),
                                  .limit_bytes =
                                      lmdb_limit_bytes(journal->map_bytes, LMDB_ROOM_RECORD),
                                  .map_bytes = journal->map_bytes + LMDB_FRONT_BYTES,
                                  .commits = atomic_load(&journal->commits),
                                  .commit_us_total = atomic_load(&journal->commit_us_total),
                                  .commit_us_last = atomic_load(&journal->commit_us_last)};
    lmdb_readers_count(journal, out);
    return ERR_OK;
}

const struct journal_engine journal_lmdb = {.name = "lmdb",
                                            .open = open_journal,
                                            .close = close_journal,
                                            .id = id,
                                            .append = lmdb_append,
                                            .save_position = lmdb_save_position,
                                            .keep = lmdb_keep,
                                            .commit = lmdb_commit,
                                            .abort = lmdb_abort,
                                            .read = lmdb_read,
                                            .seek = lmdb_seek,
                                            .bounds = lmdb_bounds,
                                            .producer = lmdb_producer,
                                            .position = lmdb_position,
                                            .producers = lmdb_producers,
                                            .positions = lmdb_positions,
                                            .trim = lmdb_trim,
                                            .weigh = lmdb_weigh,
                                            .prepare = lmdb_prepare,
                                            .stats = stats};
