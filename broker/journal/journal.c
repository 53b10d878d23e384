#include "broker/journal/journal.h"

#include "broker/journal/engine.h"

enum err journal_open_with(const struct journal_engine *engine,
                           const struct journal_options *options, struct journal **out)
{
    return engine->open(options, out);
}

enum err journal_open(const struct journal_options *options, struct journal **out)
{
    return journal_open_with(&journal_lmdb, options, out);
}

void journal_close(struct journal **journal)
{
    if (!journal || !*journal)
        return;
    (*journal)->engine->close(*journal);
    *journal = NULL;
}

const unsigned char *journal_id(const struct journal *journal)
{
    return journal->engine->id(journal);
}

enum err journal_append(struct journal *journal, const struct batch *batch, const void *frame,
                        size_t frame_size, uint64_t now_ms, struct journal_receipt *out)
{
    return journal->engine->append(journal, batch, frame, frame_size, now_ms, out);
}

enum err journal_save_position(struct journal *journal, const char *stream, const char *consumer,
                               uint64_t expected, uint64_t position, uint64_t now_ms,
                               struct position *out)
{
    return journal->engine->save_position(journal, stream, consumer, expected, position, now_ms,
                                          out);
}

enum err journal_keep(struct journal *journal, bool *is_kept)
{
    return journal->engine->keep(journal, is_kept);
}

enum err journal_commit(struct journal *journal)
{
    return journal->engine->commit(journal);
}

void journal_abort(struct journal *journal)
{
    journal->engine->abort(journal);
}

enum err journal_read(struct journal *journal, const char *stream, uint64_t from,
                      journal_visit *visit, void *context, uint64_t *next)
{
    return journal->engine->read(journal, stream, from, visit, context, next);
}

enum err journal_seek(struct journal *journal, const char *stream, uint64_t ms, uint64_t *out)
{
    return journal->engine->seek(journal, stream, ms, out);
}

enum err journal_bounds(struct journal *journal, const char *stream, struct stream_bounds *out)
{
    return journal->engine->bounds(journal, stream, out);
}

enum err journal_producer(struct journal *journal, const char *stream, const char *producer,
                          struct producer_state *out)
{
    return journal->engine->producer(journal, stream, producer, out);
}

enum err journal_position(struct journal *journal, const char *stream, const char *consumer,
                          struct position *out)
{
    return journal->engine->position(journal, stream, consumer, out);
}

enum err journal_producers(struct journal *journal, journal_visit_producer *visit, void *context)
{
    return journal->engine->producers(journal, visit, context);
}

enum err journal_positions(struct journal *journal, journal_visit_position *visit, void *context)
{
    return journal->engine->positions(journal, visit, context);
}

enum err journal_trim(struct journal *journal, const char *stream, uint64_t before,
                      uint64_t *removed)
{
    return journal->engine->trim(journal, stream, before, removed);
}

enum err journal_weigh(struct journal *journal, const char *stream, uint64_t from,
                       uint64_t max_records, uint64_t max_bytes, uint64_t *next, uint64_t *bytes)
{
    return journal->engine->weigh(journal, stream, from, max_records, max_bytes, next, bytes);
}

enum err journal_prepare(struct journal *journal, bool *is_done)
{
    return journal->engine->prepare(journal, is_done);
}

enum err journal_stats(struct journal *journal, struct journal_stats *out)
{
    return journal->engine->stats(journal, out);
}
