/* broker/audit: what is noted is on record, chained and signed, and cannot be made to flood it. */
#include "broker/audit.h"
#include "proto/event/event.pb-c.h"
#include "proto/wire/audit.pb-c.h"
#include "tests/support/world.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MINUTE_MS = 60000 };

static struct world *world;
static struct journal *journal;
static struct identity identity;
static struct wake wake;
static struct audit *audit;
static uint64_t now_ms = 1800000000000 * 2; /* behind any clock: minutes are the test's */

static const char *const streams[] = {"audit", NULL};

static void open_journal(void)
{
    char directory[256];
    snprintf(directory, sizeof directory, "%s", world_path(world, "journal"));
    const struct journal_options options = {
        .directory = directory, .max_bytes = JOURNAL_MIN_BYTES, .streams = streams};
    cr_assert_eq(journal_open(&options, &journal), ERR_OK);
    cr_assert_eq(audit_new(&identity, &wake, &audit), ERR_OK);
}

static void close_journal(void)
{
    audit_free(audit);
    journal_close(&journal);
}

static void begin(void)
{
    world = world_new();
    cr_assert_eq(mkdir(world_path(world, "journal"), 0700), 0);
    cr_assert_eq(identity_make("broker", ROLE_ADMIN, NULL, 0, true, &identity), ERR_OK);
    cr_assert_eq(wake_open(&wake), ERR_OK);
    open_journal();
}

static void end(void)
{
    close_journal();
    wake_close(&wake);
    world_free(&world);
}

TestSuite(audit, .init = begin, .fini = end, .timeout = 30);

static unsigned store(void)
{
    unsigned batches = audit_store(audit, journal, now_ms, false);
    enum err err = journal_commit(journal);
    audit_settle(audit, !err);
    cr_assert_eq(err, ERR_OK);
    return batches;
}

/* --- what is on record ------------------------------------------------------------------------ */

struct found {
    unsigned batches;
    uint64_t entries, count; /* count: the sum of theirs */
    char details[4][300];    /* of the last four */
    unsigned char head[DIGEST_BYTES];
};

static void read_entry(struct found *found, const Songhua__V1__Event *event, const char *topic)
{
    cr_assert_eq(event->body_case, SONGHUA__V1__EVENT__BODY_AUDIT);
    cr_assert_gt(event->time_ms, 0);
    cr_assert_eq(!strcmp(topic, "denied"),
                 event->audit->action == SONGHUA__V1__AUDIT_ACTION__AUDIT_DENIED);
    memmove(found->details, found->details[1], sizeof found->details - sizeof *found->details);
    snprintf(found->details[3], sizeof found->details[3], "%s: %s", event->audit->subject,
             event->audit->detail);
    found->entries++;
    found->count += event->audit->count;
}

static bool visit(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct found *found = context;
    struct batch batch;
    (void)bytes;
    (void)size;
    cr_assert_eq(batch_parse(record->frame, record->frame_size, &batch), ERR_OK);
    cr_assert_eq(batch_check_digest(&batch), ERR_OK);
    cr_assert_eq(digest_verify(batch.digest, batch.signature, identity.signing_public), ERR_OK);
    cr_assert_eq(memcmp(batch.previous_digest, found->head, DIGEST_BYTES), 0);
    memcpy(found->head, batch.digest, DIGEST_BYTES);
    Songhua__V1__EventBatch *events =
        songhua__v1__event_batch__unpack(NULL, batch.payload_size, batch.payload);
    cr_assert_not_null(events);
    cr_assert_eq(events->n_events, batch.event_count);
    for (size_t i = 0; i < events->n_events; i++)
        read_entry(found, events->events[i], batch.topic);
    songhua__v1__event_batch__free_unpacked(events, NULL);
    found->batches++;
    return true;
}

static struct found find(void)
{
    struct found found = {0};
    uint64_t next;
    cr_assert_eq(journal_read(journal, "audit", 1, visit, &found, &next), ERR_OK);
    return found;
}

/* --- tests ------------------------------------------------------------------------------------ */

Test(audit, the_brokers_messages_are_events_byte_for_byte)
{
    unsigned char ours[200], theirs[200];
    Songhua__V1__BrokerEntry entry = SONGHUA__V1__BROKER_ENTRY__INIT;
    Songhua__V1__BrokerEvent event = SONGHUA__V1__BROKER_EVENT__INIT, *list[] = {&event};
    Songhua__V1__BrokerBatch batch = SONGHUA__V1__BROKER_BATCH__INIT;
    Songhua__V1__AuditEntry real_entry = SONGHUA__V1__AUDIT_ENTRY__INIT;
    Songhua__V1__Event real_event = SONGHUA__V1__EVENT__INIT, *real_list[] = {&real_event};
    Songhua__V1__EventBatch real_batch = SONGHUA__V1__EVENT_BATCH__INIT;
    entry.action = AUDIT_UNKNOWN_KEY;
    entry.subject = real_entry.subject = (char[]){"subject"};
    entry.detail = real_entry.detail = (char[]){"detail"};
    entry.count = real_entry.count = 1234567;
    event.time_ms = real_event.time_ms = 1700000000000;
    event.audit = &entry;
    batch.n_events = real_batch.n_events = 1;
    batch.events = list;
    real_entry.action = SONGHUA__V1__AUDIT_ACTION__AUDIT_UNKNOWN_KEY;
    real_event.body_case = SONGHUA__V1__EVENT__BODY_AUDIT;
    real_event.audit = &real_entry;
    real_batch.events = real_list;
    size_t size = songhua__v1__broker_batch__pack(&batch, ours);
    cr_assert_eq(size, songhua__v1__event_batch__pack(&real_batch, theirs));
    cr_assert_eq(memcmp(ours, theirs, size), 0);
    cr_assert_eq(AUDIT_STARTED, SONGHUA__V1__AUDIT_ACTION__AUDIT_STARTED);
    cr_assert_eq(AUDIT_CHANGED, SONGHUA__V1__AUDIT_ACTION__AUDIT_CHANGED);
    cr_assert_eq(AUDIT_DENIED, SONGHUA__V1__AUDIT_ACTION__AUDIT_DENIED);
    cr_assert_eq(AUDIT_THROTTLED, SONGHUA__V1__AUDIT_ACTION__AUDIT_THROTTLED);
}

Test(audit, the_first_of_a_kind_is_stored_at_once_and_the_rest_at_the_minutes_end)
{
    for (int i = 0; i < 1000; i++) {
        audit_note(audit, AUDIT_DENIED, "agent", "agent may not publish x");
        store();
    }
    struct found found = find();
    cr_assert_eq(found.entries, 1);
    cr_assert_str_eq(found.details[3], "agent: agent may not publish x");
    now_ms += MINUTE_MS;
    store();
    found = find();
    cr_assert_eq(found.entries, 2);
    cr_assert_eq(found.count, 1000);
    cr_assert_str_eq(found.details[3], "agent: 999 more within a minute: agent may not publish x");
    now_ms += MINUTE_MS;
    cr_assert_eq(store(), 0, "a quiet minute is not written");
    audit_note(audit, AUDIT_DENIED, "agent", "agent may not publish x");
    cr_assert_eq(store(), 1, "and then it is new again");
}

Test(audit, a_flood_of_different_denials_is_bounded_and_counted)
{
    for (int i = 0; i < 100000; i++) {
        audit_note(audit, AUDIT_DENIED, "agent", "agent may not publish as agent-%d", i);
        if (i % 1000 == 0)
            store();
    }
    now_ms += MINUTE_MS;
    store();
    struct found found = find();
    cr_assert_leq(found.entries, AUDIT_DENIALS_MAX + 1);
    cr_assert_eq(found.count, 100000);
}

Test(audit, a_flood_of_denials_takes_no_room_from_what_the_operator_does)
{
    for (int i = 0; i < 100000; i++)
        audit_note(audit, AUDIT_UNKNOWN_KEY, "192.0.2.1", "key %d", i);
    audit_note(audit, AUDIT_REVOKED, "agent", "role agent");
    store();
    struct found found = find();
    cr_assert_eq(found.entries, AUDIT_DENIALS_MAX + 1);
}

Test(audit, what_a_failed_commit_took_back_is_stored_by_the_next)
{
    audit_note(audit, AUDIT_AUTHORIZED, "agent", "role agent");
    cr_assert_eq(audit_store(audit, journal, now_ms, false), 1);
    journal_abort(journal);
    audit_settle(audit, false);
    cr_assert_eq(find().entries, 0);
    audit_note(audit, AUDIT_AUTHORIZED, "other", "role agent");
    cr_assert_eq(store(), 1);
    cr_assert_eq(find().entries, 2);
}

Test(audit, a_new_start_continues_the_chain_in_an_epoch_of_its_own)
{
    audit_note(audit, AUDIT_STARTED, "broker", "one");
    store();
    close_journal();
    open_journal();
    audit_note(audit, AUDIT_STARTED, "broker", "two");
    audit_note(audit, AUDIT_CONFIG, "broker", "three");
    store();
    struct producer_state state;
    cr_assert_eq(journal_producer(journal, "audit", "broker", &state), ERR_OK);
    cr_assert_eq(state.epoch, 2);
    cr_assert_eq(state.sequence, 2);
    cr_assert_eq(find().batches, 3);
}

Test(audit, bytes_that_are_no_text_become_question_marks)
{
    audit_note(audit, AUDIT_DENIED, "a\nb", "\xff\x01 %s", "\x1b[2J");
    store();
    cr_assert_str_eq(find().details[3], "a?b: ?? ?[2J");
}

Test(audit, what_is_noted_while_too_much_waits_is_written_as_soon_as_there_is_room)
{
    enum { KINDS = 600 }; /* more than may wait before notes stay notes */
    char long_text[200];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    for (int i = 0; i < KINDS; i++)
        audit_note(audit, AUDIT_AUTHORIZED, "agent", "%d %s", i, long_text);
    for (int i = 0; i < 2; i++) { /* the disk is full */
        (void)audit_store(audit, journal, now_ms, false);
        journal_abort(journal);
        audit_settle(audit, false);
        audit_note(audit, AUDIT_REVOKED, "agent", "role agent");
    }
    cr_expect_eq(store(), 1, "what had waited");
    cr_expect_eq(store(), 1, "what came meanwhile");
    cr_expect_eq(find().entries, KINDS + 1);
}

/* --- deeds ------------------------------------------------------------------------------------ */

static void save(uint64_t expected, uint64_t position)
{
    cr_assert_eq(journal_save_position(journal, "audit", "c", expected, position, now_ms, NULL),
                 ERR_OK);
}

static uint64_t saved(void)
{
    struct position position;
    cr_assert_eq(journal_position(journal, "audit", "c", &position), ERR_OK);
    return position.position;
}

static void take_away(void)
{
    save(7, 0);
    audit_deed(audit, "operator", "takes away the position of %s in %s", "c", "audit");
}

Test(audit, a_deed_is_on_record_by_the_commit_that_does_it)
{
    save(0, 7);
    store();
    take_away();
    cr_expect_eq(store(), 1, "in the turn of the deed itself");
    struct found found = find();
    cr_expect_eq(saved(), 0);
    cr_expect_eq(found.entries, 1);
    cr_expect_str_eq(found.details[3], "operator: takes away the position of c in audit");
    store();
    cr_expect_eq(find().entries, 1);
}

Test(audit, a_deed_whose_commit_failed_is_never_told)
{
    save(0, 7);
    store();
    take_away();
    cr_assert_eq(audit_store(audit, journal, now_ms, false), 1);
    journal_abort(journal);
    audit_settle(audit, false);
    cr_expect_eq(saved(), 7);
    store();
    cr_expect_eq(find().entries, 0);
    take_away();
    store();
    cr_expect_eq(find().entries, 1);
}

Test(audit, a_deed_without_room_for_its_entry_is_told_later)
{
    save(0, 7);
    store();
    take_away();
    cr_assert_eq(journal_commit(journal), ERR_OK);
    audit_settle(audit, true);
    cr_expect_eq(saved(), 0);
    cr_expect_eq(find().entries, 0);
    audit_note(audit, AUDIT_CONFIG, "operator", "and more");
    cr_expect_eq(store(), 1);
    cr_expect_eq(find().entries, 2);
}
