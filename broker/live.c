#include "broker/live.h"

#include "proto/base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MAX_BYTES = 4 * 1024 * 1024, PREFIX_MAX_BYTES = 256, LOOK_EVERY_US = 1000 * 1000 };

enum err live_init(struct live *live)
{
    live->listeners =
        (struct listeners){.access = live->access, .version = access_version(live->access)};
    for (size_t i = 0; live->streams[i]; i++) {
        struct stream_bounds bounds;
        enum err err = journal_bounds(live->journal, live->streams[i], &bounds);
        if (err)
            return err;
        live->next[i] = bounds.last + 1;
    }
    return ERR_OK;
}

void live_fini(struct live *live)
{
    listeners_clear(&live->listeners);
}

/* --- listeners -------------------------------------------------------------------------------- */

void live_check_listeners(struct live *live)
{
    bool is_due = listeners_have_changed(&live->listeners);
    if (!is_due && !live->is_closed)
        return;
    if (is_due) {
        log_info("live.renewed", "somebody's rights have changed; all listeners are asked again");
        count_add(&live->counters->live_renewals, 1);
        listeners_clear(&live->listeners);
    }
    enum err err = net_socket_renew(live->socket);
    live->is_closed = err != ERR_OK;
    if (err && err != ERR_TIMEOUT)
        log_error("live.closed", "the live port cannot be opened again: %s", err_text(err));
}

/* Who unsubscribes, and how often, is a client's to say, so subscriptions cannot be counted. Without any
 * connection for two looks there is nobody. */
void live_look_around(struct live *live, uint64_t now_us)
{
    if (!live->has_listeners || now_us - live->looked_us < LOOK_EVERY_US)
        return;
    live->looked_us = now_us;
    bool is_alone = net_socket_connections(live->socket) <= 0;
    live->has_listeners = !is_alone || !live->was_alone;
    live->was_alone = is_alone;
}

/* --- subscriptions ---------------------------------------------------------------------------- */

static bool covers_all_streams(struct live *live, const char *user)
{
    char why[ACCESS_WHY_BYTES];
    struct access_regions regions;
    for (size_t i = 0; live->streams[i]; i++) {
        const struct access_request request = {.user = user, .stream = live->streams[i]};
        if (access_may_read(live->access, &request, &regions, why) || !regions.is_all)
            return false;
    }
    return true;
}

/* Prefixes match bytes, so only a prefix that holds a whole "stream/" or "stream/region/" stays
 * within that stream or region; anything shorter needs the right to all that it could match. */
static bool may_subscribe(struct live *live, const char *user, const char *prefix)
{
    char stream[NAME_MAX_BYTES + 1], why[ACCESS_WHY_BYTES];
    struct access_regions regions;
    const char *slash = strchr(prefix, '/');
    if (!slash || (size_t)(slash - prefix) > NAME_MAX_BYTES)
        return covers_all_streams(live, user);
    snprintf(stream, sizeof stream, "%.*s", (int)(slash - prefix), prefix);
    const struct access_request request = {.user = user, .stream = stream};
    if (access_may_read(live->access, &request, &regions, why))
        return false;
    if (regions.is_all)
        return true;
    const char *region = slash + 1;
    if (strspn(region, "0123456789") != 6 || region[6] != '/')
        return false;
    unsigned long code = strtoul(region, NULL, 10);
    for (size_t i = 0; i < regions.count; i++)
        if (regions.codes[i] == code)
            return true;
    return false;
}

static void skip_to_end(struct live *live, size_t i)
{
    struct stream_bounds bounds;
    if (!journal_bounds(live->journal, live->streams[i], &bounds))
        live->next[i] = bounds.last + 1;
}

static void take_subscription(struct live *live, struct net_message *message)
{
    char prefix[PREFIX_MAX_BYTES];
    const unsigned char *bytes = net_message_data(message);
    size_t size = net_message_size(message);
    const char *user = net_message_user(message);
    if (!size || size > sizeof prefix || bytes[0] > 1)
        return;
    memcpy(prefix, bytes + 1, size - 1);
    prefix[size - 1] = '\0';
    bool is_on = bytes[0] == 1;
    uint64_t reading = is_on ? access_reading(live->access, user) : 0; /* before the check */
    /* An unsubscription also comes, without a name, when a subscriber goes away. */
    if (is_on && !may_subscribe(live, user, prefix)) {
        char why[ACCESS_WHY_BYTES];
        snprintf(why, sizeof why, "may not subscribe to %.128s", prefix);
        access_denied(live->access, user, why);
        return;
    }
    if (is_on && listeners_add(&live->listeners, user, reading))
        return;
    if (net_allow(live->socket, bytes + 1, size - 1, is_on) || !is_on)
        return;
    if (!live->has_listeners)
        audience_catch_up(live->audience);
    for (size_t i = 0; live->streams[i] && !live->has_listeners; i++)
        skip_to_end(live, i); /* nobody has told us what was stored while nobody listened */
    live->has_listeners = true;
    live->was_alone = false;
    count_add(&live->counters->subscriptions, 1);
}

void live_take_subscriptions(struct live *live)
{
    bool has_more;
    struct net_message message;
    net_message_init(&message);
    while (!net_receive(live->socket, &message, &has_more))
        take_subscription(live, &message);
    net_message_fini(&message);
}

/* --- publishing ------------------------------------------------------------------------------- */

struct turn {
    struct live *live;
    size_t bytes;
    uint64_t next;
};

static bool publish(void *context, const struct record *record, const void *bytes, size_t size)
{
    struct turn *turn = context;
    struct batch batch;
    char topic[NAME_MAX_BYTES + TOPIC_MAX_BYTES + 16];
    struct net_message frame;
    turn->next = record->sequence + 1;
    if (batch_parse(record->frame, record->frame_size, &batch))
        return true;
    int length =
        snprintf(topic, sizeof topic, "%s/%06u/%s", batch.stream, batch.region, batch.topic);
    net_message_init(&frame);
    if (!net_message_set(&frame, topic, (size_t)length) &&
        !net_send(turn->live->socket, &frame, true) && !net_message_set(&frame, bytes, size) &&
        !net_send(turn->live->socket, &frame, false))
        count_add(&turn->live->counters->live_messages, 1);
    net_message_fini(&frame);
    turn->bytes += size;
    return turn->bytes < TURN_MAX_BYTES;
}

bool live_publish(struct live *live)
{
    bool has_more = false;
    for (size_t i = 0; live->streams[i]; i++) {
        if (!live->has_listeners) {
            skip_to_end(live, i);
            continue;
        }
        uint64_t next;
        struct turn turn = {.live = live, .next = live->next[i]};
        enum err err =
            journal_read(live->journal, live->streams[i], live->next[i], publish, &turn, &next);
        live->next[i] = turn.next;
        if (err == ERR_CORRUPT) {
            log_error("journal.corrupt", "stream=%s record=%llu not served", live->streams[i],
                      (unsigned long long)next);
            live->next[i] = next + 1;
        }
        has_more = has_more || turn.bytes >= TURN_MAX_BYTES;
    }
    return has_more;
}
