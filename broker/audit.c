#include "broker/audit.h"

#include "proto/base/buffer.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/text.h"
#include "proto/wire/audit.pb-c.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUBJECT_BYTES = 72,
    DETAIL_BYTES = 256,
    MINUTE_MS = 60000,
    RETRY_MS = 1000,
    NOTES_MAX = AUDIT_DENIALS_MAX + AUDIT_CHANGES_MAX,
    WAITING_MAX_BYTES = 128 * 1024 /* then notes stay notes, until the journal takes something */
};

/* Beside the actions: entries of AUDIT_CONFIG of what the open transaction does. */
enum { DEEDS };

static const char *const topics[AUDIT_ACTIONS] = {
    [DEEDS] = "config",
    [AUDIT_STARTED] = "started",
    [AUDIT_STOPPED] = "stopped",
    [AUDIT_CONFIG] = "config",
    [AUDIT_AUTHORIZED] = "authorized",
    [AUDIT_CHANGED] = "changed",
    [AUDIT_REVOKED] = "revoked",
    [AUDIT_DENIED] = "denied",
    [AUDIT_THROTTLED] = "throttled",
    [AUDIT_UNKNOWN_KEY] = "unknown_key",
};

/* One kind of thing that happened in this minute. */
struct note {
    enum audit_action action;
    char subject[SUBJECT_BYTES], detail[DETAIL_BYTES];
    uint64_t first_ms, last_ms;
    uint64_t repeats; /* since it was written */
    bool is_written;
};

/* Notes of one sort, with a bound of its own. */
struct notes {
    struct note *items;
    size_t count, max;
    uint64_t passed_over; /* kinds for which there was no room */
};

/* Entries of one action on their way to the journal: the payload of the next batch. */
struct waiting {
    struct buffer payload;
    uint32_t count;
    bool is_open; /* in the open transaction */
};

struct audit {
    const struct identity *identity;
    struct wake *wake;
    pthread_mutex_t lock;
    struct notes denials, changes; /* changed with the lock held */
    atomic_bool has_news;
    /* the intake's thread alone: */
    struct waiting waiting[AUDIT_ACTIONS];
    struct buffer frame;
    bool is_known; /* where the chain stands */
    uint64_t epoch, sequence, open_sequence;
    unsigned char head[DIGEST_BYTES], open_head[DIGEST_BYTES];
    uint64_t minute_ms, retry_at_ms;
};

enum err audit_new(const struct identity *identity, struct wake *wake, struct audit **out)
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return ERR_NOMEM;
    pthread_mutex_init(&audit->lock, NULL);
    audit->identity = identity;
    audit->wake = wake;
    for (size_t i = 0; i < AUDIT_ACTIONS; i++)
        buffer_init(&audit->waiting[i].payload, BATCH_PAYLOAD_MAX_BYTES);
    buffer_init(&audit->frame, BATCH_FRAME_MAX_BYTES);
    audit->denials.max = AUDIT_DENIALS_MAX;
    audit->changes.max = AUDIT_CHANGES_MAX;
    audit->denials.items = calloc(NOTES_MAX, sizeof *audit->denials.items);
    if (!audit->denials.items) {
        audit_free(audit);
        return ERR_NOMEM;
    }
    audit->changes.items = audit->denials.items + AUDIT_DENIALS_MAX;
    *out = audit;
    return ERR_OK;
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    free(audit->denials.items);
    for (size_t i = 0; i < AUDIT_ACTIONS; i++)
        buffer_fini(&audit->waiting[i].payload);
    buffer_fini(&audit->frame);
    pthread_mutex_destroy(&audit->lock);
    free(audit);
}

/* --- noting ----------------------------------------------------------------------------------- */

static void keep_printable(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

static bool is_same(const struct note *a, const struct note *b)
{
    return a->action == b->action && !strcmp(a->subject, b->subject) &&
           !strcmp(a->detail, b->detail);
}

/* With the lock held; true when there is something new to write. */
static bool add(struct notes *notes, const struct note *note)
{
    for (size_t i = 0; i < notes->count; i++) {
        if (!is_same(&notes->items[i], note))
            continue;
        notes->items[i].repeats++;
        notes->items[i].last_ms = note->first_ms;
        return false;
    }
    if (notes->count == notes->max) {
        notes->passed_over++;
        return false;
    }
    notes->items[notes->count++] = *note;
    return true;
}

static void fill(struct note *note, enum audit_action action, const char *subject,
                 const char *format, va_list arguments) PRINTF_LIKE(4, 0);
static void fill(struct note *note, enum audit_action action, const char *subject,
                 const char *format, va_list arguments)
{
    *note = (struct note){.action = action};
    note->first_ms = note->last_ms = clock_realtime_ms();
    snprintf(note->subject, sizeof note->subject, "%s", subject);
    vsnprintf(note->detail, sizeof note->detail, format, arguments);
    keep_printable(note->subject);
    keep_printable(note->detail);
}

void audit_note(struct audit *audit, enum audit_action action, const char *subject,
                const char *format, ...)
{
    struct note note;
    va_list arguments;
    if (!audit)
        return;
    va_start(arguments, format);
    fill(&note, action, subject, format, arguments);
    va_end(arguments);
    pthread_mutex_lock(&audit->lock);
    bool is_new = add(action >= AUDIT_DENIED ? &audit->denials : &audit->changes, &note);
    pthread_mutex_unlock(&audit->lock);
    if (is_new && !atomic_exchange(&audit->has_news, true))
        wake_signal(audit->wake);
}

/* --- entries ---------------------------------------------------------------------------------- */

/* Add one to those that wait. Batches of one, joined, are the batch of all. */
static void put_entry_into(struct waiting *waiting, const struct note *note, const char *detail,
                           uint64_t time_ms, uint64_t count)
{
    Songhua__V1__BrokerEntry entry = SONGHUA__V1__BROKER_ENTRY__INIT;
    Songhua__V1__BrokerEvent event = SONGHUA__V1__BROKER_EVENT__INIT, *events[] = {&event};
    Songhua__V1__BrokerBatch batch = SONGHUA__V1__BROKER_BATCH__INIT;
    void *room;
    entry.action = note->action;
    entry.subject = text_unconst(note->subject);
    entry.detail = text_unconst(detail);
    entry.count = count;
    event.time_ms = time_ms;
    event.audit = &entry;
    batch.n_events = 1;
    batch.events = events;
    size_t size = songhua__v1__broker_batch__get_packed_size(&batch);
    if (buffer_reserve(&waiting->payload, size, &room)) {
        log_error("audit.lost", "action=%s subject=%s", topics[note->action], note->subject);
        return;
    }
    waiting->payload.size += songhua__v1__broker_batch__pack(&batch, room);
    waiting->count++;
}

static void put_entry(struct audit *audit, const struct note *note, const char *detail,
                      uint64_t time_ms, uint64_t count)
{
    put_entry_into(&audit->waiting[note->action], note, detail, time_ms, count);
}

void audit_deed(struct audit *audit, const char *subject, const char *format, ...)
{
    struct note note;
    va_list arguments;
    va_start(arguments, format);
    fill(&note, AUDIT_CONFIG, subject, format, arguments);
    va_end(arguments);
    put_entry_into(&audit->waiting[DEEDS], &note, note.detail, note.first_ms, 1);
}

static void put_repeats(struct audit *audit, const struct note *note)
{
    char detail[DETAIL_BYTES + 64];
    snprintf(detail, sizeof detail, "%llu more within a minute: %s",
             (unsigned long long)note->repeats, note->detail);
    put_entry(audit, note, detail, note->last_ms, note->repeats);
}

/* With the lock held. */
static void gather(struct audit *audit, struct notes *notes, enum audit_action rest,
                   bool is_minute_over)
{
    for (size_t i = 0; i < notes->count; i++) {
        struct note *note = &notes->items[i];
        if (!note->is_written)
            put_entry(audit, note, note->detail, note->first_ms, 1);
        note->is_written = true;
        if (is_minute_over && note->repeats)
            put_repeats(audit, note);
    }
    if (!is_minute_over)
        return;
    if (notes->passed_over) {
        const struct note others = {.action = rest};
        put_entry(audit, &others, "of other kinds within a minute, not told apart",
                  clock_realtime_ms(), notes->passed_over);
    }
    notes->count = 0;
    notes->passed_over = 0;
}

static bool is_crowded(const struct audit *audit)
{
    for (size_t i = 0; i < AUDIT_ACTIONS; i++)
        if (audit->waiting[i].payload.size > WAITING_MAX_BYTES)
            return true;
    return false;
}

static void take_notes(struct audit *audit, uint64_t now_ms, bool is_last)
{
    if (!audit->minute_ms)
        audit->minute_ms = now_ms;
    bool is_minute_over = is_last || now_ms - audit->minute_ms >= MINUTE_MS;
    if (is_crowded(audit)) /* news stay news until there is room */
        return;
    bool has_news = atomic_exchange(&audit->has_news, false);
    if (!has_news && !is_minute_over)
        return;
    if (is_minute_over)
        audit->minute_ms = now_ms;
    pthread_mutex_lock(&audit->lock);
    gather(audit, &audit->changes, AUDIT_CHANGED, is_minute_over);
    gather(audit, &audit->denials, AUDIT_DENIED, is_minute_over);
    pthread_mutex_unlock(&audit->lock);
}

/* --- storing ---------------------------------------------------------------------------------- */

/* Each start is an epoch of its own. */
static enum err find_chain(struct audit *audit, struct journal *journal)
{
    struct producer_state state;
    if (audit->is_known)
        return ERR_OK;
    enum err err = journal_producer(journal, AUDIT_STREAM, audit->identity->name, &state);
    if (err)
        return err;
    audit->epoch = state.epoch + 1;
    audit->sequence = 0;
    memcpy(audit->head, state.digest, DIGEST_BYTES);
    audit->is_known = true;
    return ERR_OK;
}

static enum err append(struct audit *audit, struct journal *journal, enum audit_action action,
                       uint64_t now_ms)
{
    const struct waiting *waiting = &audit->waiting[action];
    struct batch batch = {.epoch = audit->epoch,
                          .sequence = audit->open_sequence + 1,
                          .created_ms = now_ms,
                          .event_count = waiting->count,
                          .is_signed = true,
                          .payload = waiting->payload.data,
                          .payload_size = waiting->payload.size};
    snprintf(batch.stream, sizeof batch.stream, AUDIT_STREAM);
    snprintf(batch.producer, sizeof batch.producer, "%s", audit->identity->name);
    snprintf(batch.topic, sizeof batch.topic, "%s", topics[action]);
    memcpy(batch.previous_digest, audit->open_head, DIGEST_BYTES);
    batch_digest(&batch, batch.digest);
    digest_sign(batch.digest, &audit->identity->signing, batch.signature);
    buffer_clear(&audit->frame);
    enum err err = batch_write(&batch, &audit->frame);
    if (!err)
        err = journal_append(journal, &batch, audit->frame.data, audit->frame.size, now_ms, NULL);
    if (err)
        return err;
    audit->open_sequence++;
    memcpy(audit->open_head, batch.digest, DIGEST_BYTES);
    return ERR_OK;
}

static enum err append_all(struct audit *audit, struct journal *journal, uint64_t now_ms,
                           unsigned *appended)
{
    enum err err = find_chain(audit, journal);
    audit->open_sequence = audit->sequence;
    memcpy(audit->open_head, audit->head, DIGEST_BYTES);
    for (unsigned i = 0; i < AUDIT_ACTIONS && !err; i++) {
        if (!audit->waiting[i].count)
            continue;
        err = append(audit, journal, (enum audit_action)i, now_ms);
        audit->waiting[i].is_open = !err;
        *appended += !err;
    }
    return err;
}

static bool has_waiting(const struct audit *audit)
{
    for (size_t i = 0; i < AUDIT_ACTIONS; i++)
        if (audit->waiting[i].count)
            return true;
    return false;
}

unsigned audit_store(struct audit *audit, struct journal *journal, uint64_t now_ms, bool is_last)
{
    unsigned appended = 0;
    take_notes(audit, now_ms, is_last);
    if (!has_waiting(audit) || (now_ms < audit->retry_at_ms && !is_last))
        return 0;
    enum err err = append_all(audit, journal, now_ms, &appended);
    if (err) { /* the first time after a restore, another broker's entries may stand there */
        log_warn("audit.waits", "error=%s", err_name(err));
        audit->is_known = appended != 0;
        audit->retry_at_ms = now_ms + RETRY_MS;
    }
    return appended;
}

static void clear(struct waiting *waiting)
{
    buffer_clear(&waiting->payload);
    waiting->count = 0;
}

/* What was not done is not told; what was done and did not fit waits with the rest. */
static void settle_deeds(struct audit *audit, bool is_committed)
{
    struct waiting *deeds = &audit->waiting[DEEDS], *waiting = &audit->waiting[AUDIT_CONFIG];
    if (is_committed && !deeds->is_open && deeds->count) {
        if (buffer_append(&waiting->payload, deeds->payload.data, deeds->payload.size))
            log_error("audit.lost", "action=config entries=%u", (unsigned)deeds->count);
        else
            waiting->count += deeds->count;
    }
    if (!is_committed || !deeds->is_open)
        clear(deeds);
}

void audit_settle(struct audit *audit, bool is_committed)
{
    bool was_open = false;
    settle_deeds(audit, is_committed);
    for (size_t i = 0; i < AUDIT_ACTIONS; i++) {
        struct waiting *waiting = &audit->waiting[i];
        was_open = was_open || waiting->is_open;
        if (waiting->is_open && is_committed)
            clear(waiting);
        waiting->is_open = false;
    }
    if (!was_open || !is_committed)
        return;
    audit->sequence = audit->open_sequence;
    memcpy(audit->head, audit->open_head, DIGEST_BYTES);
}
