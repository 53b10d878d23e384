#include "consumers/service/link.h"

#include "proto/base/bytes.h"
#include "proto/base/clock.h"
#include "proto/base/log.h"
#include "proto/cli/terminal.h"
#include "proto/client/control.h"
#include "proto/client/publisher.h"
#include "proto/net/socket.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATE_BYTES ((uint64_t)16 << 30)

/* An answer that a full queue of the broker's dropped never comes, so the question is asked again. */
enum { SAVE_AGAIN_US = 5 * 1000 * 1000, POSITION_BYTES = 8 };

static const char position_key[] = "service/position", published_key[] = "service/published";

struct link {
    struct link_options options;
    struct service_ports ports;
    struct net *net;
    struct outbox *outbox;
    struct publisher *publisher;
    struct subscriber *subscriber;
    struct control *control;
    uint64_t position, published;
    uint64_t saved_position;  /* as the broker has it, to our knowledge */
    struct control_save save; /* under way; position 0: none is */
    uint64_t save_us;         /* when it was sent last */
};

/* --- ports ------------------------------------------------------------------------------------ */

static enum err fetch(void *context, uint32_t wait_ms, struct subscriber_record *out)
{
    struct link *link = context;
    return subscriber_next(link->subscriber, wait_ms, out);
}

static enum err put_number(struct link *link, const char *key, uint64_t number)
{
    unsigned char value[POSITION_BYTES];
    bytes_put_le64(value, number);
    return outbox_put(link->outbox, key, strlen(key), value, sizeof value);
}

static enum err store(void *context, const struct effects *effects, uint64_t position)
{
    struct link *link = context;
    return effects_store(effects, link->outbox, position_key, position);
}

static enum err publish(void *context, uint32_t wait_ms)
{
    struct link *link = context;
    return publisher_pump(link->publisher, wait_ms);
}

static void begin_save(struct link *link, uint64_t position)
{
    const struct link_options *options = &link->options;
    link->save = (struct control_save){.stream = options->input,
                                       .consumer = options->identity->name,
                                       .expected = link->saved_position,
                                       .position = position};
    link->save_us = clock_monotonic_us();
}

static enum err step_save(struct link *link, uint32_t wait_ms)
{
    uint64_t now_us = clock_monotonic_us();
    if (now_us - link->save_us > SAVE_AGAIN_US) {
        link->save.id = 0;
        link->save_us = now_us;
    }
    return control_save_step(link->control, &link->save, wait_ms);
}

/* Another position may stand there, from before this service's state was lost: then that is taken as
 * known, and the next try is on top of it. */
static enum err save_position(void *context, uint64_t position, uint32_t wait_ms)
{
    struct link *link = context;
    if (!link->save.position)
        begin_save(link, position);
    enum err err = step_save(link, wait_ms);
    if (err == ERR_CONFLICT) {
        link->save.expected = link->save.standing;
        err = step_save(link, wait_ms);
    }
    if (err == ERR_TIMEOUT)
        return err;
    if (!err)
        link->saved_position = position;
    else
        log_warn("service.save_position", "stream=%s position=%" PRIu64 " error=%s",
                 link->options.input, position, err_name(err));
    link->save = (struct control_save){0};
    return err;
}

static void report(void *context, struct service_report *out)
{
    struct link *link = context;
    struct outbox_status outbox;
    struct publisher_status publisher;
    struct subscriber_status subscriber;
    outbox_status(link->outbox, &outbox);
    publisher_status(link->publisher, &publisher);
    subscriber_status(link->subscriber, &subscriber);
    *out = (struct service_report){
        .is_connected = subscriber.is_connected && publisher.is_connected,
        .is_at_end = subscriber_is_at_end(link->subscriber),
        .stream_last = subscriber.last,
        .made = outbox.next_sequence - 1,
        .acknowledged = outbox.acknowledged,
        .last_ack_ms = publisher.last_ack_ms,
        .last_error = subscriber.last_error ? subscriber.last_error : publisher.last_error};
}

static bool must_stop(void *context)
{
    (void)context;
    return stop_requested();
}

/* --- opening and closing ---------------------------------------------------------------------- */

static enum err read_number(struct link *link, const char *key, uint64_t *out)
{
    struct buffer value;
    buffer_init(&value, POSITION_BYTES);
    enum err err = outbox_get(link->outbox, key, strlen(key), &value);
    if (!err)
        *out = value.size == POSITION_BYTES ? bytes_get_le64(value.data) : 0;
    buffer_fini(&value);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err open_state(struct link *link)
{
    const struct link_options *options = &link->options;
    const struct outbox_options outbox = {.directory = options->state,
                                          .stream = options->output,
                                          .producer = options->identity->name,
                                          .signing_key = &options->identity->signing,
                                          .max_bytes = options->state_bytes ? options->state_bytes
                                                                            : STATE_BYTES};
    enum err err = outbox_open(&outbox, &link->outbox);
    if (!err)
        err = read_number(link, position_key, &link->position);
    return err ? err : read_number(link, published_key, &link->published);
}

static enum err open_subscriber(struct link *link)
{
    const struct link_options *options = &link->options;
    const struct subscriber_options subscriber = {.endpoint = options->fetch,
                                                  .server_key = options->server_key,
                                                  .identity = options->identity,
                                                  .stream = options->input,
                                                  .consumer = options->identity->name,
                                                  .start = SUBSCRIBE_FROM_SEQUENCE,
                                                  .from = link->position + 1,
                                                  .net = link->net};
    return subscriber_open(&subscriber, &link->subscriber);
}

static enum err open_clients(struct link *link)
{
    const struct link_options *options = &link->options;
    const struct publisher_options publisher = {.endpoint = options->publish,
                                                .server_key = options->server_key,
                                                .identity = options->identity,
                                                .stream = options->output,
                                                .producer = options->identity->name,
                                                .net = link->net,
                                                .outbox = link->outbox};
    enum err err = publisher_open(&publisher, &link->publisher);
    if (!err)
        err = open_subscriber(link);
    if (!err)
        err = control_open(options->fetch, options->server_key, options->identity, &link->control);
    return err;
}

enum err link_open(const struct link_options *options, struct link **out)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return ERR_NOMEM;
    link->options = *options;
    link->ports = (struct service_ports){.context = link,
                                         .fetch = fetch,
                                         .store = store,
                                         .publish = publish,
                                         .save_position = save_position,
                                         .report = report,
                                         .must_stop = must_stop};
    enum err err = open_state(link);
    if (!err)
        err = net_open(1, &link->net);
    if (!err)
        err = open_clients(link);
    if (err)
        link_close(&link);
    else
        *out = link;
    return err;
}

void link_close(struct link **link)
{
    if (!*link)
        return;
    control_close(&(*link)->control);
    subscriber_close(&(*link)->subscriber);
    publisher_close(&(*link)->publisher);
    if ((*link)->net)
        net_close(&(*link)->net);
    outbox_close(&(*link)->outbox);
    free(*link);
    *link = NULL;
}

struct outbox *link_outbox(struct link *link)
{
    return link->outbox;
}

uint64_t link_position(const struct link *link)
{
    return link->position;
}

uint64_t link_published(const struct link *link)
{
    return link->published;
}

/* Killed on the way it begins again here, or goes on from a position; `published` never falls. */
enum err link_forget_state(struct link *link)
{
    uint64_t published = link->position > link->published ? link->position : link->published;
    enum err err = outbox_begin(link->outbox);
    if (err)
        return err;
    err = outbox_clear(link->outbox);
    if (!err)
        err = put_number(link, published_key, published);
    if (err) {
        outbox_abort(link->outbox);
        return err;
    }
    err = outbox_commit(link->outbox);
    if (err)
        return err;
    link->position = 0;
    link->published = published;
    subscriber_close(&link->subscriber);
    return open_subscriber(link);
}

const struct service_ports *link_ports(const struct link *link)
{
    return &link->ports;
}
