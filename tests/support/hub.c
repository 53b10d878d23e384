#include "tests/support/hub.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

void hub_start(struct hub *hub)
{
    char state[256], access[256], identity[256];
    snprintf(state, sizeof state, "%s", world_path(hub->world, "journal"));
    snprintf(access, sizeof access, "%s", world_path(hub->world, "access"));
    snprintf(identity, sizeof identity, "%s", world_path(hub->world, "broker.cert"));
    const struct broker_options options = {.state = state,
                                           .access = access,
                                           .identity = identity,
                                           .publish = hub->publish,
                                           .fetch = hub->fetch,
                                           .live = hub->live,
                                           .http = "127.0.0.1:0",
                                           .journal_bytes = hub->journal_bytes,
                                           .io_threads = 1};
    cr_assert_eq(broker_open(&options, &hub->broker), ERR_OK);
    snprintf(hub->publish, sizeof hub->publish, "%s", broker_endpoint(hub->broker, "publish"));
    snprintf(hub->fetch, sizeof hub->fetch, "%s", broker_endpoint(hub->broker, "fetch"));
    snprintf(hub->live, sizeof hub->live, "%s", broker_endpoint(hub->broker, "live"));
    snprintf(hub->http, sizeof hub->http, "%s", broker_endpoint(hub->broker, "http"));
}

void hub_open_sized(struct hub *hub, uint64_t journal_bytes)
{
    char why[200];
    *hub = (struct hub){.publish = "tcp://127.0.0.1:*",
                        .fetch = "tcp://127.0.0.1:*",
                        .live = "tcp://127.0.0.1:*",
                        .journal_bytes = journal_bytes};
    hub->world = world_new();
    cr_assert_eq(identity_load_public(world_path(hub->world, "broker.cert"), &hub->server, why),
                 ERR_OK);
    hub_start(hub);
}

void hub_open(struct hub *hub)
{
    hub_open_sized(hub, 64 * 1024 * 1024);
}

void hub_stop(struct hub *hub)
{
    broker_close(&hub->broker);
}

void hub_close(struct hub *hub)
{
    broker_close(&hub->broker);
    world_free(&hub->world);
}

struct publisher *hub_publisher(struct hub *hub, const struct identity *identity,
                                const char *stream, const char *producer)
{
    struct publisher *publisher;
    const struct publisher_options options = {.endpoint = hub->publish,
                                              .server_key = hub->server.public_key,
                                              .identity = identity,
                                              .stream = stream,
                                              .producer = producer,
                                              .linger_ms = 5,
                                              .ack_timeout_ms = 3000};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    return publisher;
}

struct subscriber *hub_subscriber(struct hub *hub, const struct identity *identity,
                                  const char *stream)
{
    struct subscriber *subscriber;
    const struct subscriber_options options = {.endpoint = hub->fetch,
                                               .server_key = hub->server.public_key,
                                               .identity = identity,
                                               .stream = stream,
                                               .start = SUBSCRIBE_FROM_SEQUENCE,
                                               .from = 1};
    cr_assert_eq(subscriber_open(&options, &subscriber), ERR_OK);
    return subscriber;
}

struct net_socket *hub_socket(struct hub *hub, struct net *net, enum net_kind kind,
                              const char *endpoint, const struct identity *identity)
{
    struct net_socket *socket;
    const struct net_socket_options options = {.kind = kind,
                                               .endpoint = endpoint,
                                               .identity = identity,
                                               .server_key = hub->server.public_key,
                                               .max_message_bytes = 4 * 1024 * 1024};
    cr_assert_eq(net_socket_open(net, &options, &socket), ERR_OK);
    return socket;
}

enum err hub_publish(struct publisher *publisher, uint32_t region, const char *topic,
                     const char *text)
{
    enum err err = publisher_publish(publisher, region, topic, text, strlen(text));
    return err ? err : publisher_flush(publisher, 20000);
}

void hub_publish_event(struct publisher *publisher, uint32_t region,
                       const Songhua__V1__Event *event)
{
    char topic[EVENT_TOPIC_BYTES];
    struct buffer bytes;
    buffer_init(&bytes, 1 << 20);
    cr_assert_eq(event_topic(event, topic), ERR_OK);
    cr_assert_eq(event_pack(event, &bytes), ERR_OK);
    cr_assert_eq(publisher_publish(publisher, region, topic, bytes.data, bytes.size), ERR_OK);
    cr_assert_eq(publisher_flush(publisher, 20000), ERR_OK);
    buffer_fini(&bytes);
}

int hub_ask(struct hub *hub, const char *program, const char *name, const char *const *words,
            char **output)
{
    return world_ask(hub->world, program, hub->fetch, name, words, output);
}
