#include "broker/intake.h"

#include "broker/answers.h"
#include "broker/keeping.h"
#include "broker/newcomers.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/base/mutant.h"
#include "proto/base/thread.h"
#include "proto/wire/group.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TURN_MAX_BYTES = 32 * 1024 * 1024,
    TURN_MAX_MESSAGES = 256 * 1024,
    FULL_RETRY_MS = 1000,
    REQUEST_MAX_BYTES = 4096,
    IDLE_MS = 1000,
    PREPARE_AFTER_MS = 20,
    PREPARE_EVERY_MS = 2 /* while nothing comes; who does come waits for one step at most */
};

struct intake {
    struct intake_options options;
    pthread_t thread;
    atomic_bool is_stopping;
    struct answers answers;
    struct newcomers newcomers;
    struct save_list saves;
    struct net_message sender, frame;
    struct guarded guarded;
    struct retention retention;
    bool is_prepared;  /* the journal's room */
    bool is_preparing; /* nothing has come since the last step */
    bool is_full;      /* in this turn: nothing more is appended */
    bool is_asked;     /* in this turn: somebody else wants something of the journal */
    uint64_t stored;   /* batches of this turn */
    struct keeping keeping;
    uint64_t now_ms;
    uint64_t throttled_ms; /* when the batch at hand may come again */
};

/* --- refusing --------------------------------------------------------------------------------- */

static void refuse(struct intake *intake, const struct client_address *client,
                   const struct batch *batch, enum err err, const char *text,
                   const struct producer_state *standing)
{
    struct answer *answer = answers_add(&intake->answers, client, ANSWER_REFUSAL);
    count_add(&intake->options.counters->refused[err], 1);
    if (!answer)
        return;
    answer->err = err;
    answer->retry_ms = err == ERR_FULL        ? FULL_RETRY_MS
                       : err == ERR_THROTTLED ? intake->throttled_ms
                                              : 0;
    answer->state = standing ? *standing : (struct producer_state){0};
    memcpy(answer->stream, batch->stream, sizeof answer->stream);
    memcpy(answer->producer, batch->producer, sizeof answer->producer);
    answer->epoch = batch->epoch;
    answer->sequence = batch->sequence;
    snprintf(answer->text, sizeof answer->text, "%s", text && *text ? text : err_text(err));
}

/* --- batches ---------------------------------------------------------------------------------- */

/* Of the last frame: the first does not have it after a poll. */
static const char *user_of(struct intake *intake)
{
    return net_message_user(is_mutant(MUTANT_FIRST_FRAME) ? &intake->sender : &intake->frame);
}

static enum err check(struct intake *intake, const struct client_address *client,
                      const struct batch *batch, char why[ACCESS_WHY_BYTES])
{
    const char *user = user_of(intake);
    const struct access_request request = {.user = user,
                                           .stream = batch->stream,
                                           .producer = batch->producer,
                                           .topic = batch->topic,
                                           .region = batch->region};
    enum err err = access_may_publish(intake->options.access, &request, why);
    if (err) {
        access_denied(intake->options.access, user, why);
        return err;
    }
    err = quota_check(intake->options.quota, user, batch, clock_monotonic_us(), why,
                      &intake->throttled_ms);
    if (err == ERR_THROTTLED)
        audit_note(intake->options.audit, AUDIT_THROTTLED, quota_name(intake->options.quota), "%s",
                   why);
    if (err)
        return err;
    err = batch_check_digest(batch);
    if (err)
        return err;
    err = newcomers_check(&intake->newcomers, intake->options.access, client, batch, why);
    if (err)
        access_denied(intake->options.access, user, why);
    return err;
}

static void store(struct intake *intake, const struct client_address *client,
                  const struct batch *batch, const unsigned char *frame, size_t size)
{
    struct counters *counters = intake->options.counters;
    struct journal_receipt receipt = {0};
    enum err err = intake->is_full ? ERR_FULL
                                   : journal_append(intake->options.journal, batch, frame, size,
                                                    intake->now_ms, &receipt);
    if (err) {
        intake->is_full = intake->is_full || err == ERR_FULL || err == ERR_IO;
        refuse(intake, client, batch, err,
               err == ERR_MALFORMED
                   ? "the epoch leaves too few for later ones: say Hello, take the "
                     "one after Welcome's"
                   : NULL,
               &receipt.state);
        return;
    }
    struct answer *answer = answers_ack(&intake->answers, client, batch);
    if (!answer)
        return; /* cannot be: a turn ends before its answers do */
    answer->epoch = batch->epoch;
    answer->sequence = batch->sequence;
    answer->state = receipt.state;
    if (receipt.is_repeat) {
        count_add(&counters->repeats, 1);
        return;
    }
    intake->stored++;
    quota_charge(intake->options.quota, batch, size, receipt.record);
    count_add(&counters->batches, 1);
    count_add(&counters->events, batch->event_count);
    count_add(&counters->bytes, size);
}

static void take_batch(struct intake *intake, const struct client_address *client,
                       const unsigned char *frame, size_t size)
{
    struct batch batch;
    char why[ACCESS_WHY_BYTES] = "";
    enum err err = batch_parse(frame, size, &batch);
    if (err) {
        memset(&batch, 0, sizeof batch);
        refuse(intake, client, &batch, err, "the batch cannot be read", NULL);
        return;
    }
    err = check(intake, client, &batch, why);
    if (err)
        refuse(intake, client, &batch, err, why, NULL);
    else
        store(intake, client, &batch, frame, size);
}

/* Several batches in one message. What follows a broken one cannot be told apart. */
static void take_group(struct intake *intake, const struct client_address *client,
                       struct group_reader *group)
{
    const unsigned char *frame;
    size_t size, count = 0;
    enum err err = group_next(group, &frame, &size);
    for (; !err && count < GROUP_MAX_BATCHES; count++) {
        take_batch(intake, client, frame, size);
        err = group_next(group, &frame, &size);
    }
    if (err == ERR_NOT_FOUND && count)
        return;
    const struct batch none = {0};
    refuse(intake, client, &none, ERR_MALFORMED, "the group of batches cannot be read", NULL);
}

/* --- requests --------------------------------------------------------------------------------- */

static void answer_error(struct intake *intake, const struct client_address *client, uint64_t id,
                         enum err err, const char *text)
{
    struct answer *answer = answers_add(&intake->answers, client, ANSWER_ERROR);
    if (!answer)
        return;
    answer->request_id = id;
    answer->err = err;
    snprintf(answer->text, sizeof answer->text, "%s", text);
}

static void take_hello(struct intake *intake, const struct client_address *client,
                       const Songhua__V1__Request *request)
{
    char why[ACCESS_WHY_BYTES] = "names must be 1 to 64 of a-z 0-9 . _ -";
    const Songhua__V1__Hello *hello = request->hello;
    const char *user = user_of(intake);
    enum err err = ERR_OK;
    if (hello->protocol != 1) {
        err = ERR_VERSION;
        snprintf(why, sizeof why, "this broker speaks protocol 1, not %u", hello->protocol);
    } else if (!batch_name_is_valid(hello->stream) || !batch_name_is_valid(hello->producer)) {
        err = ERR_MALFORMED;
    } else {
        err = access_may_be(intake->options.access, user, hello->producer, why);
        if (err)
            access_denied(intake->options.access, user, why);
    }
    if (err) {
        answer_error(intake, client, request->id, err, why);
        return;
    }
    struct answer *answer = answers_add(&intake->answers, client, ANSWER_WELCOME);
    intake->is_asked = true; /* where the producer stands is said as it is committed */
    if (!answer)
        return;
    newcomers_add(&intake->newcomers, client);
    answer->request_id = request->id;
    snprintf(answer->stream, sizeof answer->stream, "%s", hello->stream);
    snprintf(answer->producer, sizeof answer->producer, "%s", hello->producer);
}

static void take_request(struct intake *intake, const struct client_address *client)
{
    size_t size = net_message_size(&intake->frame);
    Songhua__V1__Request *request =
        size <= REQUEST_MAX_BYTES
            ? songhua__v1__request__unpack(NULL, size, net_message_data(&intake->frame))
            : NULL;
    if (!request)
        answer_error(intake, client, 0, ERR_MALFORMED, "the request cannot be read");
    else if (request->body_case != SONGHUA__V1__REQUEST__BODY_HELLO)
        answer_error(intake, client, request->id, ERR_VERSION,
                     "this port takes Hello and batches; other requests go to the fetch port");
    else
        take_hello(intake, client, request);
    songhua__v1__request__free_unpacked(request, NULL);
}

static void take_frame(struct intake *intake, const struct client_address *client)
{
    struct group_reader group;
    const unsigned char *bytes = net_message_data(&intake->frame);
    size_t size = net_message_size(&intake->frame);
    if (size >= 4 && !memcmp(bytes, "SHB1", 4))
        take_batch(intake, client, bytes, size);
    else if (group_open(bytes, size, &group))
        take_group(intake, client, &group);
    else
        take_request(intake, client);
}

/* False when there is no message. */
static bool take_message(struct intake *intake, size_t *bytes)
{
    bool is_whole;
    struct client_address client;
    if (!client_receive(intake->options.socket, &intake->sender, &intake->frame, &client,
                        &is_whole))
        return false;
    if (!is_whole) { /* not worth an answer */
        count_add(&intake->options.counters->refused[ERR_MALFORMED], 1);
        return true;
    }
    *bytes += net_message_size(&intake->frame);
    take_frame(intake, &client);
    return true;
}

/* Drain what has come, as much as one flush should carry. Messages are counted too: one that gets no
 * answer adds no bytes, and a stream of such would keep everyone's flush waiting. */
static void take_requests(struct intake *intake)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < TURN_MAX_MESSAGES; i++)
        if (bytes >= TURN_MAX_BYTES ||
            intake->answers.count > ANSWERS_MAX - 1 - GROUP_MAX_BATCHES ||
            !take_message(intake, &bytes))
            return;
}

/* --- positions -------------------------------------------------------------------------------- */

static void take_saves(struct intake *intake)
{
    saves_take(intake->options.saves, &intake->saves);
    for (size_t i = 0; i < intake->saves.count; i++) {
        struct save *save = &intake->saves.items[i];
        struct position standing = {0};
        save->err =
            journal_save_position(intake->options.journal, save->stream, save->consumer,
                                  save->expected, save->position, intake->now_ms, &standing);
        save->standing = standing.position;
        save->saved_ms = standing.saved_ms;
        if (!save->err && *save->by && save->expected) /* there was one, and it goes */
            audit_deed(intake->options.audit, save->by, "takes away the position of %s in %s",
                       save->consumer, save->stream);
    }
}

static void finish_saves(struct intake *intake, enum err err)
{
    for (size_t i = 0; i < intake->saves.count; i++)
        if (err && !intake->saves.items[i].err)
            intake->saves.items[i].err = err;
    saves_finish(intake->options.saves, &intake->saves);
}

/* --- answering -------------------------------------------------------------------------------- */

/* Acknowledge, or refuse the whole turn. */
static void answer_producers(struct intake *intake, enum err err)
{
    if (err)
        answers_refuse_all(&intake->answers, err, err_is_retriable(err) ? FULL_RETRY_MS : 0);
    answers_send(&intake->answers, intake->now_ms);
    finish_saves(intake, err);
}

/* --- the record of what the broker did -------------------------------------------------------- */

static void take_audit(struct intake *intake, bool is_last)
{
    unsigned stored =
        audit_store(intake->options.audit, intake->options.journal, intake->now_ms, is_last);
    intake->stored += stored;
    if (stored)
        count_add(&intake->options.counters->audit_batches, stored);
}

/* --- the loop --------------------------------------------------------------------------------- */

static enum err commit(struct intake *intake)
{
    struct counters *counters = intake->options.counters;
    uint64_t started_us = clock_monotonic_us();
    /* A disk that failed under another of the broker's files is not asked to hold these batches either. */
    enum err err = (enum err)atomic_load(&counters->final_error);
    if (err)
        journal_abort(intake->options.journal);
    else
        err = keeping_flush(&intake->keeping, intake->stored,
                            !intake->is_asked && !intake->saves.count);
    quota_settle(intake->options.quota, !err);
    audit_settle(intake->options.audit, !err);
    if (intake->stored || intake->saves.count) {
        count_add(&counters->commits, 1);
        count_add(&counters->commit_us, clock_monotonic_us() - started_us);
    }
    if (err)
        log_error("journal.commit", "error=%s batches_refused=%zu", err_name(err),
                  intake->answers.count);
    return err;
}

static long longest_wait_ms(const struct intake *intake)
{
    uint32_t retention_ms = retention_wait_ms(&intake->retention);
    long prepare_ms = intake->is_preparing ? PREPARE_EVERY_MS : PREPARE_AFTER_MS;
    long wait_ms = intake->guarded.is_closed ? GUARD_REOPEN_MS
                   : intake->is_prepared     ? IDLE_MS
                                             : prepare_ms;
    wait_ms = keeping_wait_ms(&intake->keeping, wait_ms);
    return retention_ms < (uint32_t)wait_ms ? (long)retention_ms : wait_ms;
}

/* Without work for a moment, the journal's room is made quicker for the work to come. */
static void wait_for_work(struct intake *intake)
{
    struct net_poll_item items[] = {{.socket = intake->options.socket},
                                    {.fd = intake->options.wake->fd}};
    net_poll(items, 2, longest_wait_ms(intake));
    intake->is_asked = items[1].is_ready;
    intake->is_preparing = !items[0].is_ready && !intake->is_asked && !intake->is_prepared;
    if (intake->is_preparing && journal_prepare(intake->options.journal, &intake->is_prepared))
        intake->is_prepared = true; /* a failing disk is the next commit's to meet */
    if (intake->is_asked)
        wake_drain(intake->options.wake);
    intake->now_ms = clock_realtime_ms();
    intake->is_full = false;
    intake->stored = 0;
}

/* What the broker did until now, its end included. */
static void end_record(struct intake *intake)
{
    intake->now_ms = clock_realtime_ms();
    intake->stored = 0;
    intake->is_asked = true;
    take_audit(intake, true);
    enum err err = commit(intake);
    keeping_announce(&intake->keeping, intake->stored, err);
}

static void give_up(struct intake *intake, enum err err)
{
    atomic_store(&intake->options.counters->final_error, (int)err);
    wake_signal(intake->options.failed);
}

/* What may be thrown away, a little at a time and after everyone has been answered. */
static enum err prune(struct intake *intake)
{
    enum err err = retention_step(&intake->retention, intake->options.journal,
                                  intake->options.counters, intake->now_ms, intake->is_full);
    if (err)
        give_up(intake, err);
    return err;
}

static void *run(void *argument)
{
    struct intake *intake = argument;
    while (!atomic_load(&intake->is_stopping)) {
        wait_for_work(intake);
        guard_renews(intake->options.guard, &intake->guarded, intake->options.socket);
        access_refresh(intake->options.access, false);
        take_requests(intake); /* append to the open transaction, bounded     */
        take_saves(intake);
        take_audit(intake, false);
        if (is_mutant(MUTANT_EARLY_ACK))
            answer_producers(intake, ERR_OK);
        enum err err = commit(intake); /* one flush for everyone                      */
        answer_producers(intake, err); /* acknowledge, or refuse the whole turn       */
        if (err && err != ERR_FULL) {  /* a disk that lied once is not asked again    */
            give_up(intake, err);
            break;
        }
        keeping_announce(&intake->keeping, intake->stored, err); /* and feed the live stream */
        if (!intake->keeping.is_hiding && prune(intake))
            break;
    }
    if (!atomic_load(&intake->options.counters->final_error))
        end_record(intake);
    audience_show(intake->options.audience);
    return NULL;
}

enum err intake_start(const struct intake_options *options, struct intake **out)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake)
        return ERR_NOMEM;
    intake->options = *options;
    intake->retention.rules = *options->retention;
    intake->keeping = (struct keeping){.journal = options->journal, .audience = options->audience};
    net_message_init(&intake->sender);
    net_message_init(&intake->frame);
    answers_init(&intake->answers, options->socket, options->journal, options->software);
    enum err err = thread_start("intake", run, intake, &intake->thread);
    if (err) {
        answers_fini(&intake->answers);
        free(intake);
    } else {
        *out = intake;
    }
    return err;
}

void intake_stop(struct intake **intake)
{
    if (!*intake)
        return;
    atomic_store(&(*intake)->is_stopping, true);
    wake_signal((*intake)->options.wake);
    pthread_join((*intake)->thread, NULL);
    net_message_fini(&(*intake)->sender);
    net_message_fini(&(*intake)->frame);
    answers_fini(&(*intake)->answers);
    free(*intake);
    *intake = NULL;
}
