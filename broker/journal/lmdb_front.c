#include "broker/journal/lmdb_internal.h"
#include "proto/base/mutant.h"

#include <errno.h>
#include <unistd.h>

/* A commit of LMDB changes at least four pages and flushes twice: the pages, then the header that leads to
 * them. For a batch that comes alone that is most of what its producer waits for. So a few small ones may
 * be kept: written, as the batches that they are, to the front, a place of the file behind LMDB's map, and
 * flushed there, while their transaction stays open.
 *
 *   | LMDB's map: headers, pages … | front |
 *
 *   map       as long as LMDB's headers say; what the file has behind the front is not used yet
 *   front     pieces, each from the start of a sector on, until one is not whole; behind the last zeros
 *   piece     check | number of the transaction | size of what follows | records, each behind its size
 *   check     XXH3-64 over the rest of the piece; its seed is the check of the piece before, of the first
 *             the journal's id
 *
 * The transaction is committed as any other, both flushes, and from then on its pieces mean nothing. When
 * it is not, because the power failed, the process was killed or the disk was full, the front has it
 * under the number of the next transaction, and it is done again: same batches, same order, same times,
 * so the same records. Pieces of a later number would say that LMDB has lost a commit.
 *
 * A piece begins in a sector of its own, so that a write never touches one that has something acknowledged:
 * whatever the power's failing makes of a sector that is being written, none is lost with it. (Pages instead of
 * sectors cost a lone batch 8 % of its latency; LMDB's header would not outlive a torn page either.)
 *
 * Only batches can be kept, few of them, and only while the map has room at its end, so that no reader who
 * holds old pages can keep them from being committed. */

enum { PIECE_HEADER_BYTES = 24, SIZE_BYTES = 8, PIECE_MAX_BYTES = 16 * 1024, ROOM_PAGES = 256 };

static uint64_t first_seed(const struct lmdb_journal *journal)
{
    return XXH3_64bits(journal->id, JOURNAL_ID_BYTES);
}

static uint64_t check_of(const unsigned char *piece, size_t size, uint64_t seed)
{
    return XXH3_64bits_withSeed(piece + CHECK_BYTES, size - CHECK_BYTES, seed);
}

static size_t next_place(const struct lmdb_front *front, size_t end)
{
    return (end + front->step - 1) / front->step * front->step;
}

static int write_at(const struct lmdb_journal *journal, size_t from, size_t to)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    off_t place = (off_t)(journal->map_bytes + from);
    if (code)
        return code;
    ssize_t done = pwrite(fd, journal->front.bytes + from, to - from, place);
    return done == (ssize_t)(to - from) ? 0 : done < 0 ? errno : EIO;
}

static int flush_file(const struct lmdb_journal *journal)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    return code ? code : fdatasync(fd) ? errno : 0;
}

/* --- keeping ---------------------------------------------------------------------------------- */

void lmdb_front_clear(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    front->size = front->kept = 0;
    front->is_closed = front->is_too_little = false;
    front->seed = first_seed(journal);
}

/* Room for zeros where the next piece would begin is kept. */
void lmdb_front_add(struct lmdb_journal *journal, const void *record, size_t size)
{
    struct lmdb_front *front = &journal->front;
    size_t header = front->size == front->kept ? PIECE_HEADER_BYTES : 0;
    size_t end = front->size + header + SIZE_BYTES + size;
    if (end - front->kept > PIECE_MAX_BYTES ||
        next_place(front, end) + PIECE_HEADER_BYTES > sizeof front->bytes)
        front->is_closed = true;
    if (front->is_closed)
        return;
    front->size += header;
    bytes_put_le64(front->bytes + front->size, size);
    memcpy(front->bytes + front->size + SIZE_BYTES, record, size);
    front->size += SIZE_BYTES + size;
}

/* The zeros end what is read: bytes of an earlier transaction, which a client has made, are no piece. */
static int write_piece(struct lmdb_journal *journal, uint64_t number)
{
    struct lmdb_front *front = &journal->front;
    unsigned char *piece = front->bytes + front->kept;
    size_t size = front->size - front->kept;
    bytes_put_le64(piece + 8, number);
    bytes_put_le64(piece + 16, size - PIECE_HEADER_BYTES);
    bytes_put_le64(piece, check_of(piece, size, front->seed));
    size_t end = next_place(front, front->size) + PIECE_HEADER_BYTES;
    memset(piece + size, 0, end - front->size);
    return is_mutant(MUTANT_NO_FRONT) ? 0 : write_at(journal, front->kept, end);
}

/* One that was not kept may be there whole: the zeros behind it were what did not fit. */
static enum err take_back(struct lmdb_journal *journal, enum err err)
{
    struct lmdb_front *front = &journal->front;
    memset(front->bytes + front->kept, 0, PIECE_HEADER_BYTES);
    int code = write_at(journal, front->kept, front->kept + PIECE_HEADER_BYTES);
    (void)code; /* the disk has failed already */
    front->is_closed = true;
    if (err == ERR_FULL)
        journal->spoilt = ERR_OK;
    return err;
}

/* What a flush that failed has left on the disk cannot be known: it is final, whatever the code. Where only
 * the front has no room, as on a file system that copies on write, LMDB may still have some: ERR_FULL, and
 * the transaction is as it was. */
static enum err keep_piece(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    enum err err = lmdb_write_failed(journal, write_piece(journal, mdb_txn_id(journal->txn)));
    if (err)
        return take_back(journal, err);
    if (flush_file(journal))
        return journal->final_error = ERR_IO;
    front->seed = bytes_get_le64(front->bytes + front->kept);
    front->kept = front->size = next_place(front, front->size);
    return ERR_OK;
}

static bool has_room_behind(const struct lmdb_journal *journal)
{
    MDB_envinfo info;
    MDB_stat stat;
    return !mdb_env_info(journal->env, &info) && !mdb_env_stat(journal->env, &stat) &&
           info.me_last_pgno + ROOM_PAGES < journal->map_bytes / stat.ms_psize;
}

enum err lmdb_keep(struct journal *base, bool *is_kept)
{
    struct lmdb_journal *journal = lmdb_of(base);
    const struct lmdb_front *front = &journal->front;
    enum err err = journal->final_error ? journal->final_error : journal->spoilt;
    *is_kept = false;
    if (!err &&
        (!front->size || front->is_closed || front->is_too_little || !has_room_behind(journal)))
        return ERR_OK;
    if (!err && front->size > front->kept) {
        err = keep_piece(journal);
        if (err == ERR_FULL)
            return ERR_OK;
    }
    if (err)
        lmdb_abort(base);
    *is_kept = !err;
    return err;
}

/* --- doing it again --------------------------------------------------------------------------- */

/* Of format 2 a file may end before it. Errors  LMDB's or the system's code. */
static int read_front(struct lmdb_journal *journal, bool *is_there)
{
    int fd, code = mdb_env_get_fd(journal->env, &fd);
    size_t size = sizeof journal->front.bytes;
    memset(journal->front.bytes, 0, size);
    if (code)
        return code;
    ssize_t done = pread(fd, journal->front.bytes, size, (off_t)journal->map_bytes);
    *is_there = done == (ssize_t)size;
    return done < 0 ? errno : 0;
}

/* The size of the whole piece at `from`, 0: none. */
static size_t find_piece(const struct lmdb_front *front, size_t from, uint64_t seed)
{
    const unsigned char *piece = front->bytes + from;
    if (sizeof front->bytes - from < PIECE_HEADER_BYTES)
        return 0;
    uint64_t size = bytes_get_le64(piece + 16);
    if (size > sizeof front->bytes - from - PIECE_HEADER_BYTES)
        return 0;
    size += PIECE_HEADER_BYTES;
    return bytes_get_le64(piece) == check_of(piece, size, seed) ? size : 0;
}

/* The piece at `from` is not whole, and one of the same number that follows it is. It was written when this
 * one had been flushed, so this one was acknowledged, and damaged since: not a write that was cut short. */
static bool was_whole(const struct lmdb_front *front, size_t from, uint64_t number)
{
    const unsigned char *piece = front->bytes + from;
    if (sizeof front->bytes - from < PIECE_HEADER_BYTES || bytes_get_le64(piece + 8) != number)
        return false;
    uint64_t size = bytes_get_le64(piece + 16);
    if (size > sizeof front->bytes - from - PIECE_HEADER_BYTES)
        return false;
    size_t next = next_place(front, from + PIECE_HEADER_BYTES + size);
    return find_piece(front, next, bytes_get_le64(piece)) &&
           bytes_get_le64(front->bytes + next + 8) == number;
}

static enum err append_again(struct lmdb_journal *journal, const unsigned char *bytes, size_t size)
{
    struct record record;
    struct batch batch;
    struct journal_receipt receipt;
    if (record_parse(bytes, size, &record) ||
        batch_parse(record.frame, record.frame_size, &batch) || batch_check_digest(&batch))
        return ERR_CORRUPT;
    enum err err = lmdb_append(&journal->base, &batch, record.frame, record.frame_size,
                               record.stored_ms, &receipt);
    if (!err && (receipt.is_repeat || receipt.record != record.sequence))
        err = ERR_CORRUPT;
    return err;
}

static enum err append_piece(struct lmdb_journal *journal, const unsigned char *piece, size_t size)
{
    const unsigned char *end = piece + size, *at = piece + PIECE_HEADER_BYTES;
    enum err err = ERR_OK;
    while (!err && end - at >= SIZE_BYTES) {
        uint64_t record_size = bytes_get_le64(at);
        at += SIZE_BYTES;
        if (record_size > (uint64_t)(end - at))
            return ERR_CORRUPT;
        err = append_again(journal, at, record_size);
        at += record_size;
    }
    return err;
}

/* The pieces up to `end`, which have that number. */
static enum err commit_again(struct lmdb_journal *journal, uint64_t number, size_t end)
{
    struct lmdb_front *front = &journal->front;
    uint64_t seed = first_seed(journal);
    size_t from = 0, size;
    enum err err = ERR_OK;
    front->is_closed = true; /* it is read, not added to */
    while (!err && from < end && (size = find_piece(front, from, seed)) &&
           bytes_get_le64(front->bytes + from + 8) == number) {
        seed = bytes_get_le64(front->bytes + from);
        err = append_piece(journal, front->bytes + from, size);
        from = next_place(front, from + size);
    }
    if (!err && from < end && was_whole(front, from, number))
        err = ERR_CORRUPT;
    if (!err)
        return lmdb_commit(&journal->base);
    lmdb_abort(&journal->base);
    return err;
}

/* What stands in front->bytes up to `end`; is_owed: and must be there. */
static enum err apply(struct lmdb_journal *journal, size_t end, bool is_owed)
{
    MDB_envinfo info;
    int code = mdb_env_info(journal->env, &info);
    if (code)
        return lmdb_error(code);
    bool is_there = find_piece(&journal->front, 0, first_seed(journal)) != 0;
    uint64_t number = is_there ? bytes_get_le64(journal->front.bytes + 8) : 0;
    uint64_t next = info.me_last_txnid + 1;
    bool is_lost = !is_there && was_whole(&journal->front, 0, next);
    enum err err = number > next || (is_owed && number != next) || is_lost ? ERR_CORRUPT : ERR_OK;
    if (!err && number == next)
        err = commit_again(journal, number, end);
    lmdb_front_clear(journal);
    return err;
}

enum err lmdb_front_apply(struct lmdb_journal *journal)
{
    bool is_there;
    int code = read_front(journal, &is_there);
    return code ? lmdb_error(code) : apply(journal, sizeof journal->front.bytes, false);
}

enum err lmdb_front_repay(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    size_t owed = front->owed;
    front->owed = 0;
    enum err err = apply(journal, owed, true);
    front->owed = err ? owed : 0;
    return err;
}

enum err lmdb_front_number(struct lmdb_journal *journal, uint64_t *out)
{
    bool is_there;
    const struct lmdb_front *front = &journal->front;
    int code = read_front(journal, &is_there);
    uint64_t number = bytes_get_le64(front->bytes + 8);
    bool has_piece = find_piece(front, 0, first_seed(journal)) || was_whole(front, 0, number);
    if (!code && is_there)
        *out = has_piece ? number : 0;
    lmdb_front_clear(journal);
    return code ? lmdb_error(code) : is_there ? ERR_OK : ERR_CORRUPT;
}

/* --- making it -------------------------------------------------------------------------------- */

/* All of it is written, so that no later write is the first of its place. */
enum err lmdb_front_make(struct lmdb_journal *journal)
{
    struct lmdb_front *front = &journal->front;
    memset(front->bytes, 0, sizeof front->bytes);
    bytes_put_le64(front->bytes, check_of(front->bytes, PIECE_HEADER_BYTES, first_seed(journal)));
    int code = write_at(journal, 0, sizeof front->bytes);
    return lmdb_error(code ? code : flush_file(journal));
}

enum err lmdb_front_open(struct lmdb_journal *journal)
{
    bool is_there;
    int code = read_front(journal, &is_there);
    if (code || find_piece(&journal->front, 0, first_seed(journal)))
        return lmdb_error(code);
    return lmdb_front_make(journal);
}
