#include "broker/journal/lmdb_internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* LMDB trusts its file: a damaged page can make it read outside the map, and a file that was cut
 * short is a SIGBUS. So a process of its own looks first. If it dies, the file is bad; the broker
 * says so and stops, and does not die itself at every start.
 *
 * What is looked at: the size, the headers, against what the last transaction wrote as well, every row that
 * decides something, both ends of every stream, the list of free pages. That takes the same time
 * whatever the number of records. A damaged record in the middle is left to its checksum when it is
 * read. Should LMDB's pages there be so damaged that reading kills the broker, then after two such
 * deaths the next start goes through everything (is_thorough).
 *
 * The child ends with its verdict, so nothing here is closed or freed. */

struct examination {
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi rows;        /* the main table */
    char path[PATH_MAX]; /* of the data file */
    uint64_t file_bytes;
    uint64_t pages; /* in use or free, as far as counted */
    bool is_thorough, is_copy;
    uint64_t oldest, format; /* that is taken, that it has */
};

/* --- the state of it all ---------------------------------------------------------------------- */

static enum err get_row(struct examination *examination, const char *name, unsigned char *row,
                        size_t size)
{
    struct key key;
    key_of_text(&key, name);
    int code = lmdb_row_get(examination->txn, examination->rows, &key, row, size);
    return code == MDB_NOTFOUND ? ERR_CORRUPT : lmdb_error(code);
}

static enum err check_version(struct examination *examination)
{
    unsigned char row[VERSION_ROW_BYTES];
    MDB_dbi table;
    if (!mdb_dbi_open(examination->txn, LMDB_TABLE_OF_FORMAT_1, 0, &table))
        return ERR_VERSION;
    if (mdb_dbi_open(examination->txn, NULL, 0, &examination->rows))
        return ERR_CORRUPT;
    enum err err = get_row(examination, KEY_VERSION, row, sizeof row);
    if (err)
        return err;
    examination->format = bytes_get_le64(row);
    return examination->format >= examination->oldest && examination->format <= FORMAT_VERSION
               ? ERR_OK
               : ERR_VERSION;
}

static enum err check_commit(struct examination *examination)
{
    unsigned char row[ROW_MAX_BYTES];
    enum err err = get_row(examination, KEY_IDENTITY, row, IDENTITY_ROW_BYTES);
    if (!err)
        err = get_row(examination, KEY_COMMIT, row, COMMIT_ROW_BYTES);
    if (err)
        return err;
    return bytes_get_le64(row) == mdb_txn_id(examination->txn) ? ERR_OK : ERR_CORRUPT;
}

/* --- streams ---------------------------------------------------------------------------------- */

static enum err check_record(uint64_t seed, uint64_t sequence, const MDB_val *key,
                             const MDB_val *value)
{
    struct entry entry;
    struct record record;
    if (key->mv_size != 8 || bytes_get_be64(key->mv_data) != sequence)
        return ERR_CORRUPT;
    if (!entry_decode(seed, sequence, value->mv_data, value->mv_size, &entry))
        return ERR_CORRUPT;
    return record_parse(entry.record, entry.record_size, &record) ? ERR_CORRUPT : ERR_OK;
}

/* Order and number of all, every byte once. A record that fails only its checksum is no reason not
 * to start: it is not served, the others are. */
static enum err walk(MDB_cursor *cursor, uint64_t seed, uint64_t first, uint64_t last)
{
    MDB_val key, value;
    uint64_t expected = first;
    int code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        if (key.mv_size != 8 || bytes_get_be64(key.mv_data) != expected)
            return ERR_CORRUPT;
        enum err err = check_record(seed, expected, &key, &value);
        (void)err;
        expected++;
    }
    return code == MDB_NOTFOUND && expected == last + 1 ? ERR_OK : ERR_CORRUPT;
}

static enum err check_ends(MDB_cursor *cursor, uint64_t seed, uint64_t first, uint64_t last)
{
    MDB_val key, value;
    if (mdb_cursor_get(cursor, &key, &value, MDB_LAST))
        return ERR_CORRUPT;
    enum err err = check_record(seed, last, &key, &value);
    if (!err && mdb_cursor_get(cursor, &key, &value, MDB_FIRST))
        err = ERR_CORRUPT;
    return err ? err : check_record(seed, first, &key, &value);
}

static enum err check_stream(struct examination *examination, const char *table_name,
                             const struct totals *totals)
{
    uint64_t seed = entry_seed(table_name + sizeof KEY_STREAM - 1);
    MDB_cursor *cursor;
    MDB_dbi table;
    MDB_stat stat;
    if (mdb_dbi_open(examination->txn, table_name, 0, &table) ||
        mdb_stat(examination->txn, table, &stat) ||
        lmdb_table_pages(examination->txn, table, &examination->pages) ||
        stat.ms_entries > totals->last || mdb_cursor_open(examination->txn, table, &cursor))
        return ERR_CORRUPT;
    uint64_t first = totals->last - stat.ms_entries + 1;
    enum err err = stat.ms_entries ? check_ends(cursor, seed, first, totals->last) : ERR_OK;
    mdb_cursor_close(cursor);
    if (err || !examination->is_thorough)
        return err;
    if (mdb_cursor_open(examination->txn, table, &cursor))
        return ERR_NOMEM;
    err = walk(cursor, seed, first, totals->last);
    mdb_cursor_close(cursor);
    return err;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Keys must rise: of a tree whose pages point at each other the walk would not end. */
static bool is_rising(const MDB_val *key, struct key *previous)
{
    size_t common = key->mv_size < previous->size ? key->mv_size : previous->size;
    if (key->mv_size > sizeof previous->bytes)
        return false;
    int order = memcmp(key->mv_data, previous->bytes, common);
    if (order < 0 || (order == 0 && key->mv_size <= previous->size))
        return false;
    previous->size = key->mv_size;
    memcpy(previous->bytes, key->mv_data, key->mv_size);
    return true;
}

/* A stream is where its totals are. A name without the other may be that of a stream whose name is
 * damaged, which would then begin anew with record 1. */
static enum err check_totals(struct examination *examination, const MDB_val *key,
                             const MDB_val *value)
{
    const size_t prefix = sizeof KEY_TOTALS - 1;
    char table[KEY_MAX_BYTES + 1];
    struct totals totals;
    snprintf(table, sizeof table, KEY_STREAM "%.*s", (int)(key->mv_size - prefix),
             (const char *)key->mv_data + prefix);
    totals_decode(value->mv_data, &totals);
    return check_stream(examination, table, &totals);
}

static enum err walk_rows(struct examination *examination, MDB_cursor *cursor)
{
    MDB_val key, value;
    struct key previous = {0};
    size_t tables = 0, streams = 0;
    int code;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        enum row_kind kind = lmdb_row_kind(&key, &value);
        if (kind == ROW_UNKNOWN || !is_rising(&key, &previous))
            return ERR_CORRUPT;
        enum err err = kind == ROW_TOTALS ? check_totals(examination, &key, &value) : ERR_OK;
        if (err)
            return err;
        tables += kind == ROW_STREAM;
        streams += kind == ROW_TOTALS;
    }
    return code == MDB_NOTFOUND && tables == streams ? ERR_OK : ERR_CORRUPT;
}

static enum err check_rows(struct examination *examination)
{
    MDB_cursor *cursor;
    if (lmdb_table_pages(examination->txn, examination->rows, &examination->pages) ||
        mdb_cursor_open(examination->txn, examination->rows, &cursor))
        return ERR_CORRUPT;
    return walk_rows(examination, cursor);
}

/* --- pages ------------------------------------------------------------------------------------ */

/* In a damaged page a value may begin anywhere. */
static size_t list_item(const MDB_val *list, size_t i)
{
    size_t item;
    memcpy(&item, (const unsigned char *)list->mv_data + i * sizeof item, sizeof item);
    return item;
}

static bool is_list_sound(const MDB_val *list, size_t last_page, size_t *count)
{
    if (list->mv_size < sizeof *count)
        return false;
    *count = list_item(list, 0);
    if (*count >= list->mv_size / sizeof *count)
        return false;
    size_t previous = SIZE_MAX;
    for (size_t i = 1; i <= *count; i++) {
        size_t page = list_item(list, i);
        if (page > last_page || page < 2 || page >= previous)
            return false;
        previous = page;
    }
    return true;
}

/* LMDB's table of free pages: transaction number → count, then page numbers in falling order. A page
 * that is in use and in this list would be written over. */
static enum err check_free(struct examination *examination, size_t last_page)
{
    enum { FREE_TABLE = 0 };
    MDB_cursor *cursor;
    MDB_val key, value;
    int code = lmdb_table_pages(examination->txn, FREE_TABLE, &examination->pages);
    if (!code)
        code = mdb_cursor_open(examination->txn, FREE_TABLE, &cursor);
    if (code)
        return ERR_CORRUPT;
    while (!(code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        size_t count;
        if (!is_list_sound(&value, last_page, &count))
            return ERR_CORRUPT;
        examination->pages += count;
        if (examination->pages > last_page + 1)
            return ERR_CORRUPT;
    }
    return code == MDB_NOTFOUND ? ERR_OK : ERR_CORRUPT;
}

/* More pages used and free than there are: one is both, or the header names too few. */
static enum err check_pages(struct examination *examination, const MDB_envinfo *info)
{
    enum { HEADER_PAGES = 2 };
    examination->pages += HEADER_PAGES;
    enum err err = check_free(examination, info->me_last_pgno);
    if (err)
        return err;
    return examination->pages <= info->me_last_pgno + 1 ? ERR_OK : ERR_CORRUPT;
}

/* --- all of it -------------------------------------------------------------------------------- */

static enum err check_size(struct examination *examination, MDB_envinfo *info)
{
    MDB_stat stat;
    if (mdb_env_info(examination->env, info) || mdb_env_stat(examination->env, &stat))
        return ERR_CORRUPT;
    uint64_t front_bytes = examination->format == FORMAT_WITHOUT_FRONT ? 0 : LMDB_FRONT_BYTES;
    uint64_t needed = examination->is_copy ? ((uint64_t)info->me_last_pgno + 1) * stat.ms_psize
                                           : info->me_mapsize + front_bytes;
    if (needed > examination->file_bytes)
        return ERR_CORRUPT; /* the file was made as large as that, a copy as what is in use */
    if (examination->file_bytes % stat.ms_psize)
        return ERR_CORRUPT;
    if (info->me_last_pgno >= info->me_mapsize / stat.ms_psize)
        return ERR_CORRUPT;
    return lmdb_check_headers(examination->path, stat.ms_psize);
}

static enum err check_tables(struct examination *examination)
{
    MDB_envinfo info;
    enum err err = check_version(examination);
    if (!err)
        err = check_size(examination, &info);
    if (!err)
        err = check_commit(examination);
    if (!err)
        err = check_rows(examination);
    return err ? err : check_pages(examination, &info);
}

/* Read only and without LMDB's lock: nothing of this process is left behind in the files. */
static enum err examine(const char *folder, struct examination *examination)
{
    struct stat info;
    if (snprintf(examination->path, sizeof examination->path, "%s/" LMDB_DATA_FILE, folder) >=
        (int)sizeof examination->path)
        return ERR_CORRUPT;
    if (stat(examination->path, &info))
        return errno == ENOENT ? ERR_CORRUPT : err_from_errno(errno);
    examination->file_bytes = (uint64_t)info.st_size;
    int code = mdb_env_create(&examination->env);
    if (code)
        return lmdb_error(code);
    mdb_env_set_maxdbs(examination->env, LMDB_MAX_TABLES);
    code = mdb_env_open(examination->env, folder, MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS, 0);
    if (!code)
        code = mdb_txn_begin(examination->env, NULL, MDB_RDONLY, &examination->txn);
    return code ? lmdb_error(code) : check_tables(examination);
}

/* The child's exit status is its verdict. It must not leave a core file of the size of the map. */
static _Noreturn void run_child(const char *folder, struct examination *examination)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    _exit((int)examine(folder, examination));
}

static enum err examine_in_child(const char *folder, struct examination examination)
{
    int status;
    pid_t child = fork();
    if (child < 0)
        return ERR_NOMEM;
    if (!child)
        run_child(folder, &examination);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return ERR_INTERNAL;
    if (!WIFEXITED(status))
        return ERR_CORRUPT;
    switch (WEXITSTATUS(status)) {
    case ERR_OK:
    case ERR_VERSION:
    case ERR_PERMISSION:
    case ERR_NOMEM:
        return (enum err)WEXITSTATUS(status);
    default:
        return ERR_CORRUPT;
    }
}

enum err lmdb_examine(const char *folder, bool is_thorough)
{
    return examine_in_child(
        folder, (struct examination){.is_thorough = is_thorough, .oldest = FORMAT_VERSION});
}

enum err lmdb_examine_older(const char *folder)
{
    return examine_in_child(
        folder, (struct examination){.is_thorough = true, .oldest = FORMAT_WITHOUT_FRONT});
}

enum err lmdb_examine_copy(const char *folder)
{
    return examine_in_child(
        folder,
        (struct examination){.is_thorough = true, .is_copy = true, .oldest = FORMAT_WITHOUT_FRONT});
}
