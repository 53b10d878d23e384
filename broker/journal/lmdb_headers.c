#include "broker/journal/lmdb_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* LMDB has two headers and writes them in turn, transaction n in header n mod 2; it opens with the
 * one of the higher number, and neither has a check of its own. With one damaged bit in the newer
 * number it would take the older header and silently forget the last commit. So both are read here as
 * they lie in the file: their numbers must be neighbours, and each must lead to a row `commit` of its
 * own number. LMDB never writes over the pages of the last two transactions, so the older one can be
 * followed as well as the newer.
 *
 *   offset in a header's page   what
 *   128                         root page of the main table; all ones: empty
 *   144                         number of the transaction
 *   offset in another page
 *   10                          u16: 1 it leads to other pages, 2 it holds rows
 *   16                          u16: where the first node is; in a page that leads on, its first six
 *                               bytes are the page's number: bits 0-15, 16-31, 32-47
 *
 * `commit` is the first key of the main table, so the first node of each page leads to it; in its page
 * key and value lie side by side.
 * Source  mdb.c of LMDB 0.9, MDB_meta, MDB_db, MDB_page and MDB_node, data version 1 on 64-bit
 * machines. */
enum {
    ROOT_OFFSET = 128,
    NUMBER_OFFSET = 144,
    KIND_OFFSET = 10,
    FIRST_NODE_OFFSET = 16,
    KIND_LEADS = 1,
    KIND_ROWS = 2,
    DEPTH_MAX = 32,
    PAGE_NUMBER_BYTES = 8
};

_Static_assert(sizeof(size_t) == PAGE_NUMBER_BYTES, "LMDB's file has another form on this machine");

struct header {
    uint64_t root, number;
};

struct pages {
    int fd;
    size_t size;          /* of a page */
    unsigned char *bytes; /* of one */
};

static bool read_page(const struct pages *pages, uint64_t page)
{
    if (page > (uint64_t)INT64_MAX / pages->size)
        return false;
    return pread(pages->fd, pages->bytes, pages->size, (off_t)(page * pages->size)) ==
           (ssize_t)pages->size;
}

static uint64_t native_u64(const unsigned char *from)
{
    uint64_t number;
    memcpy(&number, from, sizeof number);
    return number;
}

static unsigned native_u16(const unsigned char *from)
{
    uint16_t number;
    memcpy(&number, from, sizeof number);
    return number;
}

static bool has_commit(const struct pages *pages, uint64_t number)
{
    const size_t key_size = strlen(KEY_COMMIT);
    const unsigned char *end = pages->bytes + pages->size, *at = pages->bytes;
    while ((at = memmem(at, (size_t)(end - at), KEY_COMMIT, key_size))) {
        at += key_size;
        if (end - at >= COMMIT_ROW_BYTES &&
            row_is_sound(KEY_COMMIT, key_size, at, COMMIT_ROW_BYTES, COMMIT_ROW_BYTES) &&
            bytes_get_le64(at) == number)
            return true;
    }
    return false;
}

/* False: the page's first node is not in it. */
static bool find_first_child(const struct pages *pages, uint64_t *out)
{
    enum { NODE_BYTES = 8 };
    size_t at = native_u16(pages->bytes + FIRST_NODE_OFFSET);
    if (at > pages->size - NODE_BYTES)
        return false;
    const unsigned char *node = pages->bytes + at;
    *out = native_u16(node) | (uint64_t)native_u16(node + 2) << 16 |
           (uint64_t)native_u16(node + 4) << 32;
    return true;
}

static bool leads_to_commit(const struct pages *pages, const struct header *header)
{
    uint64_t page = header->root;
    if (!header->number) /* not written since the file was made */
        return header->root == UINT64_MAX;
    for (int depth = 0; depth < DEPTH_MAX && read_page(pages, page); depth++) {
        unsigned kind = native_u16(pages->bytes + KIND_OFFSET);
        if (kind == KIND_ROWS)
            return has_commit(pages, header->number);
        if (kind != KIND_LEADS || !find_first_child(pages, &page))
            return false;
    }
    return false;
}

static enum err check(const struct pages *pages)
{
    struct header headers[2];
    for (uint64_t i = 0; i < 2; i++) {
        if (!read_page(pages, i))
            return ERR_CORRUPT;
        headers[i].root = native_u64(pages->bytes + ROOT_OFFSET);
        headers[i].number = native_u64(pages->bytes + NUMBER_OFFSET);
        if (headers[i].number % 2 != i || !leads_to_commit(pages, &headers[i]))
            return ERR_CORRUPT;
    }
    return headers[0].number + 1 == headers[1].number || headers[1].number + 1 == headers[0].number
               ? ERR_OK
               : ERR_CORRUPT;
}

enum err lmdb_check_headers(const char *path, size_t page_size)
{
    struct pages pages = {.size = page_size, .bytes = malloc(page_size)};
    enum err err = ERR_NOMEM;
    pages.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (pages.fd < 0)
        err = err_from_errno(errno);
    else if (pages.bytes)
        err = check(&pages);
    if (pages.fd >= 0)
        close(pages.fd);
    free(pages.bytes);
    return err;
}

/* --- writing them ------------------------------------------------------------------------------- */

enum { HEADER_BYTES = NUMBER_OFFSET + 8 };

struct kept_header {
    int fd;
    off_t at;
    unsigned char bytes[HEADER_BYTES];
};

static int read_header(MDB_env *env, size_t number, struct kept_header *out)
{
    MDB_stat stat;
    int code = mdb_env_get_fd(env, &out->fd);
    if (!code)
        code = mdb_env_stat(env, &stat);
    if (code)
        return code;
    out->at = (off_t)(number % 2 * stat.ms_psize);
    return pread(out->fd, out->bytes, HEADER_BYTES, out->at) == HEADER_BYTES ? 0 : EIO;
}

static void put_back(const struct kept_header *kept)
{
    unsigned char now[HEADER_BYTES];
    if (pread(kept->fd, now, HEADER_BYTES, kept->at) == HEADER_BYTES &&
        !memcmp(now, kept->bytes, HEADER_BYTES))
        return;
    if (pwrite(kept->fd, kept->bytes, HEADER_BYTES, kept->at) != HEADER_BYTES)
        return; /* then the disk is beyond help, and the next start finds the header as it is */
}

/* When LMDB cannot write a header it writes over it once more, with the new roots under the old number,
 * so that nobody takes it for the newest. To the check above that is a damaged number, and it would
 * refuse a journal of which nothing is lost. So the header is put back as it was. */
int lmdb_txn_commit(MDB_env *env, MDB_txn *txn)
{
    struct kept_header kept;
    int code = read_header(env, mdb_txn_id(txn), &kept);
    if (code) {
        mdb_txn_abort(txn);
        return code;
    }
    code = mdb_txn_commit(txn);
    if (code)
        put_back(&kept);
    return code;
}
