#include "consumers/service/service.h"

#include "proto/base/bytes.h"
#include "proto/event/event.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    RECORDS = 12,
    RECORDS_MAX = 1200,
    LOG_MAX = 2000,
    PAYLOAD_MAX = 256,
    KILLED = 9,
    FIRST_MS = 1700000000
};

/* What the broker has stored of the service's output: in memory that outlives a killed process. */
struct stored_batch {
    uint64_t sequence, created_ms;
    unsigned char digest[DIGEST_BYTES], payload[PAYLOAD_MAX];
    size_t payload_size;
    uint32_t region;
    char topic[TOPIC_MAX_BYTES + 1];
};

struct output {
    struct stored_batch batches[LOG_MAX];
    size_t count;
    uint64_t saved_position;
    size_t saved_with; /* how many batches were stored when the position was saved */
};

/* A source and a sink without network, around a real outbox. */
struct fake {
    struct scratch scratch;
    struct service_ports ports;
    struct outbox *outbox;
    struct output *output;
    uint64_t records; /* in the input */
    uint64_t cursor;  /* of the next record */
    uint64_t total;   /* state of the service under test: events seen */
    unsigned handled;
    int steps, kill_at; /* the process ends at that step; 0: never */
    int full, stores;   /* refuse so many stores; stores made */
    enum err store_error, handle_error;
    uint64_t malformed_record, missing_record, pruned_upto, broken_fetch;
    bool is_pruning_told;
    service_keep *keep;
    uint64_t published;        /* outputs up to this record were published by an earlier life */
    uint64_t group, paused_at; /* nothing is there for a moment behind each group of so many */
    unsigned char payload[PAYLOAD_MAX];
    struct batch batch;
};

static void step(struct fake *fake)
{
    if (++fake->steps == fake->kill_at)
        _exit(KILLED);
}

/* --- the service under test: counts events, says after each record how many there were ----------- */

static enum err count_events(void *context, const struct service_input *input,
                             struct effects *effects)
{
    struct fake *fake = context;
    unsigned char value[8];
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    Songhua__V1__Event event = event_of_score(&score, 0);
    if (fake->handle_error)
        return fake->handle_error;
    fake->handled++;
    fake->total += input->event_count;
    bytes_put_le64(value, fake->total);
    score.as_of_sequence = input->sequence;
    score.value = (double)fake->total;
    enum err err = effects_put(effects, "total", 5, value, sizeof value);
    return err ? err : effects_publish(effects, input->batch->region, "total", &event);
}

/* --- ports ------------------------------------------------------------------------------------ */

static uint64_t stored_ms_of(uint64_t sequence)
{
    return FIRST_MS + 10 * sequence;
}

/* Record n has n % 3 + 1 events and comes from region 220100 or 220200. */
static void make_record(struct fake *fake, uint64_t sequence, struct subscriber_record *out)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    Songhua__V1__Event event = event_of_observation(&observation, 1);
    Songhua__V1__Event *events[] = {&event, &event, &event};
    Songhua__V1__EventBatch batch = SONGHUA__V1__EVENT_BATCH__INIT;
    batch.n_events = sequence % 3 + 1;
    batch.events = events;
    *out = (struct subscriber_record){.sequence = sequence, .stored_ms = stored_ms_of(sequence)};
    out->batch.payload_size = songhua__v1__event_batch__pack(&batch, fake->payload);
    out->batch.payload = fake->payload;
    out->batch.event_count = (uint32_t)batch.n_events;
    out->batch.region = sequence % 2 ? 220100 : 220200;
    if (sequence == fake->malformed_record)
        memset(fake->payload, 0xff, out->batch.payload_size);
}

static enum err fetch(void *context, uint32_t wait_ms, struct subscriber_record *out)
{
    struct fake *fake = context;
    (void)wait_ms;
    step(fake);
    if (fake->cursor <= fake->pruned_upto) {
        fake->cursor = fake->pruned_upto + 1;
        if (fake->is_pruning_told)
            return ERR_GAP;
    }
    if (fake->cursor > fake->records)
        return ERR_TIMEOUT;
    if (fake->group && fake->cursor % fake->group == 0 && fake->paused_at != fake->cursor) {
        fake->paused_at = fake->cursor;
        return ERR_TIMEOUT;
    }
    if (fake->cursor == fake->missing_record)
        fake->cursor++;
    if (fake->cursor == fake->broken_fetch) {
        fake->cursor++;
        return ERR_MALFORMED;
    }
    make_record(fake, fake->cursor++, out);
    return ERR_OK;
}

static enum err store(void *context, const struct effects *effects, uint64_t position)
{
    struct fake *fake = context;
    unsigned char value[8];
    step(fake);
    fake->stores++;
    if (fake->store_error)
        return fake->store_error;
    if (fake->full > 0) {
        fake->full--;
        return ERR_FULL;
    }
    bytes_put_le64(value, position);
    enum err err = outbox_begin(fake->outbox);
    if (!err)
        err = effects_apply(effects, fake->outbox);
    step(fake);
    if (!err)
        err = outbox_put(fake->outbox, "position", 8, value, sizeof value);
    if (!err)
        err = outbox_commit(fake->outbox);
    step(fake);
    return err;
}

/* As a broker: the next number is stored, one that is stored already is only acknowledged. */
static void send(struct fake *fake, const struct batch *batch)
{
    struct output *output = fake->output;
    if (batch->sequence <= output->count)
        return;
    cr_assert_eq(batch->sequence, output->count + 1);
    cr_assert_lt(output->count, LOG_MAX);
    struct stored_batch *stored = &output->batches[output->count];
    cr_assert_leq(batch->payload_size, sizeof stored->payload);
    stored->sequence = batch->sequence;
    stored->created_ms = batch->created_ms;
    stored->payload_size = batch->payload_size;
    stored->region = batch->region;
    memcpy(stored->payload, batch->payload, batch->payload_size);
    memcpy(stored->digest, batch->digest, DIGEST_BYTES);
    strcpy(stored->topic, batch->topic);
    output->count++;
}

static enum err publish(void *context, uint32_t wait_ms)
{
    struct fake *fake = context;
    struct buffer frame;
    struct batch batch;
    uint64_t sequence;
    (void)wait_ms;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    while (!outbox_next(fake->outbox, 0, &frame, &sequence)) {
        cr_assert_eq(batch_parse(frame.data, frame.size, &batch), ERR_OK);
        step(fake);
        send(fake, &batch);
        step(fake);
        cr_assert_eq(outbox_acknowledge(fake->outbox, sequence, batch.digest, sequence), ERR_OK);
        step(fake);
        buffer_clear(&frame);
    }
    buffer_fini(&frame);
    return ERR_OK;
}

static enum err save_position(void *context, uint64_t position, uint32_t wait_ms)
{
    struct fake *fake = context;
    (void)wait_ms;
    fake->output->saved_position = position;
    fake->output->saved_with = fake->output->count;
    return ERR_OK;
}

static void report(void *context, struct service_report *out)
{
    struct fake *fake = context;
    struct outbox_status status;
    outbox_status(fake->outbox, &status);
    *out = (struct service_report){.is_connected = true,
                                   .is_at_end = fake->cursor > fake->records,
                                   .stream_last = fake->records,
                                   .made = status.next_sequence - 1,
                                   .acknowledged = status.acknowledged};
}

static bool is_finished(void *context)
{
    struct fake *fake = context;
    struct outbox_status status;
    outbox_status(fake->outbox, &status);
    return fake->cursor > fake->records && !status.batches && fake->full == 0;
}

/* --- running it --------------------------------------------------------------------------------- */

static struct fake *fake_new(uint64_t records)
{
    struct fake *fake = calloc(1, sizeof *fake);
    cr_assert_not_null(fake);
    fake->scratch = scratch_new();
    fake->records = records;
    fake->output =
        mmap(NULL, sizeof *fake->output, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(fake->output, MAP_FAILED);
    fake->ports = (struct service_ports){.context = fake,
                                         .fetch = fetch,
                                         .store = store,
                                         .publish = publish,
                                         .save_position = save_position,
                                         .report = report,
                                         .must_stop = is_finished};
    return fake;
}

static void fake_free(struct fake *fake)
{
    outbox_close(&fake->outbox);
    munmap(fake->output, sizeof *fake->output);
    scratch_remove(&fake->scratch);
    free(fake);
}

static uint64_t stored_number(struct fake *fake, const char *key)
{
    struct buffer value;
    buffer_init(&value, 8);
    enum err err = outbox_get(fake->outbox, key, strlen(key), &value);
    uint64_t number = err ? 0 : bytes_get_le64(value.data);
    buffer_fini(&value);
    return number;
}

static void open_outbox(struct fake *fake)
{
    const struct output *output = fake->output;
    const struct outbox_options options = {
        .directory = fake->scratch.directory, .stream = "scores", .producer = "scorer"};
    struct outbox_welcome welcome = {.broker_id = "0123456789abcdef0123456789abcdef"};
    if (output->count) {
        welcome.epoch = 1;
        welcome.sequence = output->count;
        welcome.digest = output->batches[output->count - 1].digest;
    }
    cr_assert_eq(outbox_open(&options, &fake->outbox), ERR_OK);
    cr_assert_eq(outbox_adopt(fake->outbox, &welcome), ERR_OK);
}

/* A start of the program: state and position come from the outbox. */
static struct service *start(struct fake *fake)
{
    struct service *service;
    if (!fake->outbox)
        open_outbox(fake);
    uint64_t position = stored_number(fake, "position");
    fake->total = stored_number(fake, "total");
    fake->cursor = position + 1;
    const struct service_options options = {.name = "test",
                                            .ports = &fake->ports,
                                            .handle = count_events,
                                            .keep = fake->keep,
                                            .context = fake,
                                            .position = position,
                                            .published = fake->published};
    cr_assert_eq(service_new(&options, &service), ERR_OK);
    return service;
}

static enum err run(struct fake *fake, struct service_counters *counters)
{
    struct service *service = start(fake);
    enum err err = service_run(service);
    if (counters)
        *counters = service_counters(service);
    service_free(service);
    return err;
}

/* --- effects happen exactly once ----------------------------------------------------------------- */

/* Run in a process of its own that ends at the step; whether it got that far. */
static bool run_and_kill(struct fake *fake, int kill_at)
{
    int status;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (!child) {
        fake->kill_at = kill_at;
        _exit(run(fake, NULL) ? 1 : 0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == KILLED);
    return WEXITSTATUS(status) == KILLED;
}

static void check_same(const struct output *output, const struct output *expected)
{
    cr_assert_eq(output->count, expected->count);
    for (size_t i = 0; i < expected->count; i++) {
        const struct stored_batch *a = &output->batches[i], *b = &expected->batches[i];
        cr_assert_eq(a->sequence, b->sequence);
        cr_assert_eq(a->created_ms, b->created_ms);
        cr_assert_eq(a->region, b->region);
        cr_assert_arr_eq(a->digest, b->digest, DIGEST_BYTES);
        cr_assert_eq(a->payload_size, b->payload_size);
        cr_assert_arr_eq(a->payload, b->payload, b->payload_size);
    }
}

Test(service, killed_between_any_two_steps_it_publishes_the_same_record, .timeout = 300)
{
    struct fake *whole = fake_new(RECORDS);
    cr_assert_eq(run(whole, NULL), ERR_OK);
    cr_assert_eq(whole->output->count, RECORDS);
    for (int kill_at = 1;; kill_at++) {
        struct fake *fake = fake_new(RECORDS);
        fake->group = 4;
        bool is_killed = run_and_kill(fake, kill_at);
        run_and_kill(fake, 5); /* and once more while it recovers */
        cr_assert_eq(run(fake, NULL), ERR_OK);
        check_same(fake->output, whole->output);
        cr_assert_eq(stored_number(fake, "total"), stored_number(whole, "total"));
        fake_free(fake);
        if (is_killed)
            continue;
        cr_assert_gt(kill_at, 4 * RECORDS);
        break;
    }
    fake_free(whole);
}

Test(service, one_record_at_a_time_gives_the_same_record_as_all_at_once, .timeout = 60)
{
    struct fake *whole = fake_new(RECORDS), *slow = fake_new(0);
    cr_assert_eq(run(whole, NULL), ERR_OK);
    while (slow->records < RECORDS) {
        slow->records++;
        cr_assert_eq(run(slow, NULL), ERR_OK);
    }
    check_same(slow->output, whole->output);
    cr_expect_eq(slow->stores, RECORDS);
    fake_free(slow);
    fake_free(whole);
}

Test(service, a_second_run_over_the_same_record_publishes_nothing, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(fake->output->count, RECORDS);
    cr_expect_eq(fake->handled, RECORDS);
    fake_free(fake);
}

Test(service, outputs_carry_the_time_their_record_was_stored, .timeout = 60)
{
    struct fake *fake = fake_new(3);
    cr_assert_eq(run(fake, NULL), ERR_OK);
    const struct stored_batch *batch = &fake->output->batches[2];
    Songhua__V1__EventBatch *events =
        songhua__v1__event_batch__unpack(NULL, batch->payload_size, batch->payload);
    cr_assert_not_null(events);
    cr_expect_eq(batch->created_ms, stored_ms_of(3));
    cr_expect_eq(events->events[0]->time_ms, stored_ms_of(3));
    cr_expect_eq(events->events[0]->score->as_of_sequence, 3);
    songhua__v1__event_batch__free_unpacked(events, NULL);
    fake_free(fake);
}

static enum err keep_total(void *context, struct effects *effects)
{
    struct fake *fake = context;
    unsigned char value[8];
    bytes_put_le64(value, fake->total);
    return effects_put(effects, "kept", 4, value, sizeof value);
}

Test(service, what_is_kept_once_for_a_group_is_stored_with_it, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->keep = keep_total;
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(stored_number(fake, "kept"), fake->total);
    fake_free(fake);
}

/* --- flushes ------------------------------------------------------------------------------------ */

Test(service, records_that_are_there_already_share_one_flush, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS_MAX);
    struct service_counters counters;
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect_eq(fake->stores, 2);
    cr_expect_eq(counters.commits, 2);
    cr_expect_eq(counters.records, RECORDS_MAX);
    cr_expect_eq(counters.batches_made, RECORDS_MAX);
    fake_free(fake);
}

Test(service, a_full_outbox_delays_and_loses_nothing, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    struct service_counters counters;
    fake->full = 3;
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect_eq(counters.full, 3);
    cr_expect_eq(fake->output->count, RECORDS);
    cr_expect_eq(fake->handled, RECORDS);
    fake_free(fake);
}

Test(service, a_failed_flush_ends_it, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->store_error = ERR_IO;
    cr_expect_eq(run(fake, NULL), ERR_IO);
    cr_expect_eq(fake->stores, 1);
    cr_expect_eq(fake->output->count, 0);
    fake_free(fake);
}

/* --- records ------------------------------------------------------------------------------------ */

Test(service, a_record_that_is_not_events_is_skipped_and_counted, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    struct service_counters counters;
    fake->malformed_record = 5;
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect_eq(counters.malformed, 1);
    cr_expect_eq(counters.records, RECORDS - 1);
    cr_expect_eq(counters.position, RECORDS);
    cr_expect_eq(fake->output->count, RECORDS - 1);
    fake_free(fake);
}

Test(service, a_record_that_cannot_be_decompressed_is_skipped_and_counted, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    struct service_counters counters;
    fake->broken_fetch = 5;
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect_eq(counters.malformed, 1);
    cr_expect_eq(fake->output->count, RECORDS - 1);
    fake_free(fake);
}

Test(service, a_malformed_last_record_is_not_read_again_at_the_next_start, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    struct service_counters counters;
    fake->malformed_record = RECORDS;
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect_eq(counters.malformed, 0);
    fake_free(fake);
}

Test(service, a_number_that_is_missing_ends_it, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->missing_record = 5;
    cr_expect_eq(run(fake, NULL), ERR_GAP);
    fake_free(fake);
}

Test(service, records_that_were_pruned_are_jumped_over_when_the_broker_says_so, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->pruned_upto = 4;
    fake->is_pruning_told = true;
    cr_expect_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(fake->output->count, RECORDS - 4);
    fake_free(fake);
}

Test(service, records_that_were_pruned_are_not_jumped_over_silently, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->pruned_upto = 4;
    cr_expect_eq(run(fake, NULL), ERR_GAP);
    fake_free(fake);
}

Test(service, an_error_of_the_handler_ends_it_and_stores_nothing, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->handle_error = ERR_LIMIT;
    cr_expect_eq(run(fake, NULL), ERR_LIMIT);
    cr_expect_eq(fake->stores, 0);
    fake_free(fake);
}

Test(service, state_is_made_anew_without_publishing_anything_twice, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->published = 7;
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(fake->handled, RECORDS);
    cr_expect_eq(stored_number(fake, "total"), fake->total);
    cr_expect_eq(fake->output->count, RECORDS - 7);
    cr_expect_eq(fake->output->batches[0].created_ms, stored_ms_of(8));
    cr_expect_eq(fake->output->saved_position, RECORDS);
    fake_free(fake);
}

Test(service, no_position_is_saved_before_state_is_made_anew, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    fake->published = RECORDS + 1;
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(fake->output->saved_position, 0);
    cr_expect_eq(fake->output->count, 0);
    fake_free(fake);
}

/* --- what others see ------------------------------------------------------------------------------ */

Test(service, a_position_is_saved_once_its_outputs_are_acknowledged, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    cr_assert_eq(run(fake, NULL), ERR_OK);
    cr_expect_eq(fake->output->saved_position, RECORDS);
    cr_expect_eq(fake->output->saved_with, RECORDS);
    fake_free(fake);
}

Test(service, it_is_caught_up_at_the_end_of_the_input_only, .timeout = 60)
{
    struct fake *fake = fake_new(RECORDS);
    struct service_counters counters;
    struct service *service = start(fake);
    cr_expect_not(service_counters(service).is_caught_up);
    service_free(service);
    cr_assert_eq(run(fake, &counters), ERR_OK);
    cr_expect(counters.is_caught_up);
    cr_expect_eq(service_lag(&counters), 0);
    fake_free(fake);
}

Test(service, metrics_name_the_service_and_its_lag, .timeout = 60)
{
    const struct service_counters counters = {.position = 7, .stream_last = 10, .records = 7};
    struct buffer text;
    buffer_init(&text, 65536);
    cr_assert_eq(service_metrics(&counters, "scorer", &text), ERR_OK);
    cr_expect_not_null(strstr(buffer_text(&text), "\nsonghua_scorer_lag_records 3\n"));
    cr_expect_not_null(strstr(buffer_text(&text), "# TYPE songhua_scorer_records_total counter\n"));
    buffer_fini(&text);
}
