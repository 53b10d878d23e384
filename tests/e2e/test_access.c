/* Nobody gets in, and nobody does what its certificate does not allow. What the attacker gets is
 * nothing, and the broker goes on. */
#include "broker/access.h"
#include "proto/base/file.h"
#include "proto/net/zap.h"
#include "proto/wire/wire.pb-c.h"
#include "tests/support/batches.h"
#include "tests/support/hub.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 20000 };

HUB_SUITE(access, 60);

static const struct identity *agent(void)
{
    return world_identity(hub.world, "agent-220100", ROLE_AGENT, "220100");
}

static void broker_still_serves(void)
{
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "still here"), ERR_OK);
    publisher_close(&publisher);
}

static enum err publish_as(const struct identity *identity, const char *stream,
                           const char *producer, uint32_t region, const char *topic)
{
    struct publisher *publisher = hub_publisher(&hub, identity, stream, producer);
    enum err err = hub_publish(publisher, region, topic, "x");
    publisher_close(&publisher);
    return err;
}

/* --- keys ------------------------------------------------------------------------------------- */

Test(access, a_key_that_no_certificate_names_is_refused)
{
    struct identity stranger;
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &stranger), ERR_OK);
    struct publisher *publisher = hub_publisher(&hub, &stranger, "events", "agent-220100");
    cr_assert_eq(publisher_flush(publisher, 1), ERR_OK); /* nothing to send yet */
    enum err err = publisher_publish(publisher, 220100, "observation", "x", 1);
    struct publisher_status status;
    publisher_status(publisher, &status);
    cr_assert_eq(err, ERR_TIMEOUT);
    cr_assert_eq(status.last_error, ERR_KEY, "%s", status.last_error_text);
    publisher_close(&publisher);
    broker_still_serves();
}

/* More than the handler answers before another takes its place, and that twice over. */
Test(access, after_any_number_of_clients_keys_are_still_asked_for)
{
    enum { CLIENTS = 200 };
    struct identity stranger;
    for (int i = 0; i < CLIENTS; i++) {
        struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
        struct publisher_status status = {0};
        while (!status.is_connected) {
            cr_assert_eq(publisher_pump(publisher, WAIT_MS), ERR_OK);
            publisher_status(publisher, &status);
        }
        publisher_close(&publisher);
    }
    cr_assert_eq(identity_make("agent-220100", ROLE_AGENT, NULL, 0, true, &stranger), ERR_OK);
    cr_assert_eq(publish_as(&stranger, "events", "agent-220100", 220100, "observation"),
                 ERR_TIMEOUT);
    broker_still_serves();
}

Test(access, a_client_with_another_brokers_key_talks_to_nobody)
{
    struct publisher *publisher;
    struct identity other;
    cr_assert_eq(identity_make("other", ROLE_ADMIN, NULL, 0, true, &other), ERR_OK);
    const struct publisher_options options = {.endpoint = hub.publish,
                                              .server_key = other.public_key,
                                              .identity = agent(),
                                              .stream = "events",
                                              .producer = "agent-220100",
                                              .ack_timeout_ms = 1500};
    cr_assert_eq(publisher_open(&options, &publisher), ERR_OK);
    cr_assert_eq(publisher_publish(publisher, 220100, "observation", "x", 1), ERR_TIMEOUT);
    publisher_close(&publisher);
    broker_still_serves();
}

Test(access, a_client_is_let_in_the_moment_it_is_authorised)
{
    broker_still_serves(); /* the broker has read its directory long since */
    const struct identity *late = world_identity(hub.world, "agent-220200", ROLE_AGENT, "220200");
    cr_assert_eq(publish_as(late, "events", "agent-220200", 220200, "observation"), ERR_OK);
}

Test(access, a_revoked_client_is_refused_from_its_next_message_on)
{
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "before"), ERR_OK);
    world_revoke(hub.world, "agent-220100");
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "after"), ERR_DENIED);
    publisher_close(&publisher);
}

Test(access, a_revoked_reader_that_waits_at_the_broker_gets_nothing_more)
{
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    struct subscriber *subscriber = hub_subscriber(&hub, reader, "events");
    struct subscriber_record record;
    while (!subscriber_is_at_end(subscriber))
        cr_assert_neq(subscriber_next(subscriber, 100, &record), ERR_OK);
    cr_assert_eq(subscriber_next(subscriber, 100, &record), ERR_TIMEOUT); /* it waits */
    world_revoke(hub.world, "reader");
    cr_assert_eq(hub_publish(publisher, 220100, "observation", "secret"), ERR_OK);
    enum err err = ERR_TIMEOUT;
    while (err == ERR_TIMEOUT)
        err = subscriber_next(subscriber, WAIT_MS, &record);
    cr_assert_eq(err, ERR_DENIED, "%s", err_text(err));
    subscriber_close(&subscriber);
    publisher_close(&publisher);
}

/* --- rights ----------------------------------------------------------------------------------- */

Test(access, a_foreign_region_is_denied)
{
    cr_assert_eq(publish_as(agent(), "events", "agent-220100", 220200, "observation"), ERR_DENIED);
}

Test(access, a_foreign_producers_name_is_denied)
{
    cr_assert_eq(publish_as(agent(), "events", "agent-220200", 220100, "observation"), ERR_DENIED);
    cr_assert_eq(publish_as(agent(), "events", "agent-2201000", 220100, "observation"), ERR_DENIED);
    cr_assert_eq(publish_as(agent(), "events", "agent-220100.backup", 220100, "observation"),
                 ERR_OK);
}

/* The certificate of a client, narrowed by whoever lets it in. */
static void narrow(const char *name, const char *streams, const char *producers)
{
    char why[200], path[256];
    struct identity identity;
    snprintf(path, sizeof path, "%s", world_path(hub.world, "access/%s.cert", name));
    cr_assert_eq(identity_load_public(path, &identity, why), ERR_OK, "%s", why);
    strcpy(identity.streams, streams);
    strcpy(identity.producers, producers);
    cr_assert_eq(identity_save_public(&identity, path), ERR_OK);
}

Test(access, a_key_with_a_list_of_producers_publishes_as_no_other)
{
    const struct identity *identity = agent();
    narrow("agent-220100", "", "agent-220100.a agent-220100.b");
    cr_assert_eq(publish_as(identity, "events", "agent-220100", 220100, "observation"), ERR_DENIED);
    cr_assert_eq(publish_as(identity, "events", "agent-220100.c", 220100, "observation"),
                 ERR_DENIED);
    cr_assert_eq(publish_as(identity, "events", "agent-220100.b", 220100, "observation"), ERR_OK);
}

Test(access, a_key_with_a_list_of_streams_uses_no_other)
{
    const struct identity *planner = world_identity(hub.world, "planner", ROLE_PLANNER, "*");
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    narrow("planner", "scores alerts", "");
    narrow("reader", "scores alerts", "");
    cr_assert_eq(publish_as(planner, "events", "planner", 220100, "observation"), ERR_DENIED);
    struct subscriber_record record;
    struct subscriber *events = hub_subscriber(&hub, reader, "events");
    struct subscriber *scores = hub_subscriber(&hub, reader, "scores");
    cr_assert_eq(subscriber_next(events, WAIT_MS, &record), ERR_DENIED);
    cr_assert_eq(subscriber_next(scores, 100, &record), ERR_TIMEOUT);
    subscriber_close(&events);
    subscriber_close(&scores);
}

Test(access, a_list_of_streams_gives_no_right_that_the_role_has_not)
{
    const struct identity *identity = agent();
    narrow("agent-220100", "events scores", "");
    cr_assert_eq(publish_as(identity, "scores", "agent-220100", 220100, "rd_intensity"),
                 ERR_DENIED);
    cr_assert_eq(publish_as(identity, "events", "agent-220100", 220100, "observation"), ERR_OK);
}

Test(access, an_agent_publishes_reports_and_nothing_else)
{
    cr_assert_eq(publish_as(agent(), "events", "agent-220100", 220100, "framework"), ERR_DENIED);
    cr_assert_eq(publish_as(agent(), "scores", "agent-220100", 220100, "rd_intensity"), ERR_DENIED);
    cr_assert_eq(publish_as(agent(), "alerts", "agent-220100", 220100, "x/2025/firing"),
                 ERR_DENIED);
}

Test(access, a_reader_publishes_nothing)
{
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    broker_reload(hub.broker);
    cr_assert_eq(publish_as(reader, "events", "reader", 220100, "observation"), ERR_DENIED);
    cr_assert_eq(publish_as(reader, "alerts", "reader", 220100, "action"), ERR_DENIED);
}

Test(access, an_alerter_publishes_alerts_and_no_action_on_them)
{
    const struct identity *alerter = world_identity(hub.world, "alerter", ROLE_ALERTER, "*");
    broker_reload(hub.broker);
    cr_assert_eq(publish_as(alerter, "alerts", "alerter", 220100, "x/2025/firing"), ERR_OK);
    cr_assert_eq(publish_as(alerter, "alerts", "alerter", 220100, "action"), ERR_DENIED);
}

static void put_certificate(const char *name, const char *text)
{
    cr_assert_eq(
        file_write(world_path(hub.world, "access/%s.cert", name), text, strlen(text), 0644),
        ERR_OK);
}

Test(access, certificates_that_cannot_be_read_give_nobody_access_and_take_none_away)
{
    struct access *access;
    agent();
    put_certificate("empty", "");
    put_certificate("junk", "\x01\x02\x03 curve public-key");
    put_certificate("half", "metadata\n    name = \"half\"\n    role = \"agent\"\ncurve\n");
    put_certificate("role",
                    "metadata\n    name = \"r\"\n    role = \"king\"\n    regions = \"*\"\n"
                    "curve\n    public-key = \"0123456789012345678901234567890123456789\"\n");
    put_certificate("regions",
                    "metadata\n    name = \"r\"\n    role = \"agent\"\n    regions = \"22\"\n"
                    "curve\n    public-key = \"0123456789012345678901234567890123456789\"\n");
    put_certificate("deep", "a\n  b\n      c\n                        d\n");
    cr_assert_eq(access_open(world_path(hub.world, "access"), &access), ERR_OK);
    cr_assert_eq(access_count(access), 1);
    char user[ZAP_USER_BYTES];
    cr_assert(access_lookup(access, agent()->public_key, user));
    cr_assert(access_is_known(access, user));
    cr_assert_not(access_is_known(access, "agent-220100")); /* a name without its key */
    cr_assert_not(access_is_known(access, "r"));
    cr_assert_not(access_is_known(access, NULL));
    access_close(&access);
    cr_assert_eq(access_open(world_path(hub.world, "nosuch"), &access), ERR_NOT_FOUND);
}

Test(access, a_second_certificate_for_a_name_or_key_changes_nothing)
{
    struct buffer text;
    struct access *access;
    const struct identity *first = agent();
    struct identity impostor;
    buffer_init(&text, 65536);
    cr_assert_eq(identity_make("agent-220100", ROLE_ADMIN, NULL, 0, true, &impostor), ERR_OK);
    cr_assert_eq(identity_save(&impostor, world_path(hub.world, "access/z.cert")), ERR_OK);
    cr_assert_eq(access_open(world_path(hub.world, "access"), &access), ERR_OK);
    cr_assert_eq(access_count(access), 1);
    char user[ZAP_USER_BYTES];
    cr_assert(access_lookup(access, first->public_key, user));
    cr_assert_not(access_lookup(access, impostor.public_key, user));
    access_close(&access);
    buffer_fini(&text);
}

/* --- malformed and hostile messages ----------------------------------------------------------- */

static void send_raw(struct net_socket *socket, const void *bytes, size_t size, bool has_more)
{
    struct net_message message;
    struct net_poll_item item = {.socket = socket, .wants_write = true};
    net_message_init(&message);
    cr_assert_eq(net_message_set(&message, bytes, size), ERR_OK);
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_send(socket, &message, has_more), ERR_OK);
    net_message_fini(&message);
}

static Songhua__V1__Reply *hear(struct net_socket *socket)
{
    bool has_more;
    struct net_message message;
    struct net_poll_item item = {.socket = socket};
    net_message_init(&message);
    net_poll(&item, 1, WAIT_MS);
    cr_assert_eq(net_receive(socket, &message, &has_more), ERR_OK);
    Songhua__V1__Reply *reply =
        songhua__v1__reply__unpack(NULL, net_message_size(&message), net_message_data(&message));
    net_drop_rest(socket, has_more);
    net_message_fini(&message);
    cr_assert_not_null(reply);
    return reply;
}

static Songhua__V1__Code answer_to(struct net_socket *socket, const void *bytes, size_t size)
{
    send_raw(socket, bytes, size, false);
    Songhua__V1__Reply *reply = hear(socket);
    Songhua__V1__Code code = reply->code;
    songhua__v1__reply__free_unpacked(reply, NULL);
    return code;
}

Test(access, malformed_frames_are_answered_and_change_nothing)
{
    struct net *net;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    const char *const ports[] = {hub.publish, hub.fetch};
    for (size_t port = 0; port < 2; port++) {
        struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, ports[port], agent());
        cr_assert_neq(answer_to(socket, "", 0), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "S", 1), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "SHB1", 4), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "SHB1\xff\xff\xff\xff", 8), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "\xff\xff\xff\xff\xff\xff", 6), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "SHBM", 4), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "SHBM\1\0\0", 7), SONGHUA__V1__CODE__CODE_OK);
        cr_assert_neq(answer_to(socket, "SHBM\xff\xff\xff\xff", 8), SONGHUA__V1__CODE__CODE_OK);
        net_socket_close(&socket);
    }
    net_close(&net);
    broker_still_serves();
}

Test(access, a_message_of_many_frames_is_dropped_whole)
{
    struct net *net;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, hub.publish, agent());
    for (int i = 0; i < 1000; i++)
        send_raw(socket, "x", 1, i < 999);
    cr_assert_neq(answer_to(socket, "y", 1), SONGHUA__V1__CODE__CODE_OK);
    net_socket_close(&socket);
    net_close(&net);
    broker_still_serves();
}

static Songhua__V1__Code publish_frame(const struct buffer *frame)
{
    struct net *net;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, hub.publish, agent());
    Songhua__V1__Code code = answer_to(socket, frame->data, frame->size);
    net_socket_close(&socket);
    net_close(&net);
    return code;
}

Test(access, a_batch_that_was_altered_on_its_way_is_refused)
{
    struct buffer frame;
    buffer_init(&frame, BATCH_FRAME_MAX_BYTES);
    struct chain chain = chain_start("events", "agent-220100", 1);
    chain_next(&chain, "payload", &frame);
    frame.data[frame.size - 1] ^= 1;
    cr_assert_eq(publish_frame(&frame), SONGHUA__V1__CODE__CODE_DIGEST);
    buffer_fini(&frame);
}

Test(access, gaps_conflicts_and_wrong_links_are_told_apart)
{
    struct buffer first, second, other;
    buffer_init(&first, BATCH_FRAME_MAX_BYTES);
    buffer_init(&second, BATCH_FRAME_MAX_BYTES);
    buffer_init(&other, BATCH_FRAME_MAX_BYTES);
    struct chain chain = chain_start("events", "agent-220100", 1);
    chain_next(&chain, "one", &first);
    struct chain branch = chain_start("events", "agent-220100", 1);
    chain_next(&branch, "another", &other);
    chain_next(&chain, "two", &second);
    cr_assert_eq(publish_frame(&second), SONGHUA__V1__CODE__CODE_GAP);
    cr_assert_eq(publish_frame(&first), SONGHUA__V1__CODE__CODE_OK);
    cr_assert_eq(publish_frame(&first), SONGHUA__V1__CODE__CODE_OK, "a repeat");
    cr_assert_eq(publish_frame(&other), SONGHUA__V1__CODE__CODE_CONFLICT);
    chain_next(&branch, "behind the other", &other);
    cr_assert_eq(publish_frame(&other), SONGHUA__V1__CODE__CODE_LINK);
    cr_assert_eq(publish_frame(&second), SONGHUA__V1__CODE__CODE_OK);
    cr_assert_eq(publish_frame(&first), SONGHUA__V1__CODE__CODE_OK, "an older repeat");
    buffer_fini(&first);
    buffer_fini(&second);
    buffer_fini(&other);
}

Test(access, an_oversized_message_ends_the_connection_and_no_other)
{
    struct net *net;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    struct net_socket *socket = hub_socket(&hub, net, NET_DEALER, hub.publish, agent());
    unsigned char *large = calloc(1, 3 << 20);
    send_raw(socket, large, 3 << 20, false);
    broker_still_serves();
    free(large);
    net_socket_close(&socket);
    net_close(&net);
}

Test(access, noise_on_the_ports_is_no_danger)
{
    unsigned port;
    cr_assert_eq(sscanf(hub.publish, "tcp://127.0.0.1:%u", &port), 1);
    for (int i = 0; i < 200; i++) {
        unsigned char noise[512];
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        cr_assert_gt(getrandom(noise, sizeof noise, 0), 0);
        ssize_t sent = send(fd, noise, sizeof noise, MSG_NOSIGNAL);
        cr_assert_neq(sent, 0);
        close(fd);
    }
    broker_still_serves();
}

/* --- the live port ---------------------------------------------------------------------------- */

static bool receives_live(const struct identity *identity, const char *prefix, struct net *net,
                          struct publisher *publisher)
{
    bool has_more, is_received = false;
    struct net_message message;
    struct net_socket *socket = hub_socket(&hub, net, NET_SUB, hub.live, identity);
    net_message_init(&message);
    cr_assert_eq(net_subscribe(socket, prefix), ERR_OK);
    struct net_link link = {0};
    struct net_poll_item item = {.socket = socket};
    for (int i = 0; i < 30 && !is_received; i++) { /* a subscription arrives some time later */
        net_socket_link(socket, &link);
        cr_assert_eq(hub_publish(publisher, 220100, "observation", "x"), ERR_OK);
        net_poll(&item, 1, 30);
        is_received = !net_receive(socket, &message, &has_more);
    }
    if (is_received) {
        cr_assert_eq(net_message_size(&message), strlen("events/220100/observation"));
        cr_assert_eq(memcmp(net_message_data(&message), "events/220100/observation", 25), 0);
        struct record record;
        cr_assert(has_more);
        cr_assert_eq(net_receive(socket, &message, &has_more), ERR_OK);
        cr_assert_eq(record_parse(net_message_data(&message), net_message_size(&message), &record),
                     ERR_OK);
    }
    net_message_fini(&message);
    net_socket_close(&socket);
    return is_received;
}

Test(access, the_live_port_gives_each_what_it_may_read)
{
    struct net *net;
    const struct identity *reader = world_identity(hub.world, "reader", ROLE_READER, "*");
    const struct identity *other = world_identity(hub.world, "agent-220200", ROLE_AGENT, "220200");
    struct publisher *publisher = hub_publisher(&hub, agent(), "events", "agent-220100");
    cr_assert_eq(net_open(1, &net), ERR_OK);
    cr_assert(receives_live(reader, "", net, publisher));
    cr_assert(receives_live(reader, "events/", net, publisher));
    cr_assert(receives_live(agent(), "events/220100/", net, publisher));
    cr_assert_not(receives_live(other, "", net, publisher));
    cr_assert_not(receives_live(other, "events/", net, publisher));
    cr_assert_not(receives_live(other, "events/220100/", net, publisher));
    cr_assert_not(receives_live(other, "events/2201", net, publisher));
    publisher_close(&publisher);
    net_close(&net);
}

/* --- the handler and the directory ------------------------------------------------------------ */

static bool lets_everyone_in(void *context, const char *key, char user[ZAP_USER_BYTES])
{
    (void)context;
    (void)key;
    strcpy(user, "anyone");
    return true;
}

Test(access, a_handler_that_lets_everyone_in_does_not_start)
{
    struct net *net;
    struct zap *zap;
    cr_assert_eq(net_open(1, &net), ERR_OK);
    cr_assert_eq(zap_open(net, lets_everyone_in, NULL, &zap), ERR_INTERNAL);
    net_close(&net);
}

Test(access, a_port_without_a_handler_lets_nobody_in)
{
    struct net *net;
    struct net_socket *server, *client;
    struct identity own;
    char why[200];
    cr_assert_eq(identity_load(world_path(hub.world, "broker.cert"), &own, why), ERR_OK);
    cr_assert_eq(net_open(1, &net), ERR_OK);
    const struct net_socket_options options = {
        .kind = NET_ROUTER, .endpoint = "tcp://127.0.0.1:*", .is_server = true, .identity = &own};
    cr_assert_eq(net_socket_open(net, &options, &server), ERR_OK);
    client = hub_socket(&hub, net, NET_DEALER, net_socket_endpoint(server), agent());
    struct net_poll_item item = {.socket = client, .wants_write = true};
    net_poll(&item, 1, 1000);
    cr_assert_not(item.is_ready);
    net_socket_close(&client);
    net_socket_close(&server);
    net_close(&net);
}

Test(access, a_second_broker_on_the_directory_is_refused)
{
    char state[256], directory[256], identity[256];
    struct broker *second;
    snprintf(state, sizeof state, "%s", world_path(hub.world, "journal"));
    snprintf(directory, sizeof directory, "%s", world_path(hub.world, "access"));
    snprintf(identity, sizeof identity, "%s", world_path(hub.world, "broker.cert"));
    const struct broker_options options = {.state = state,
                                           .access = directory,
                                           .identity = identity,
                                           .publish = "tcp://127.0.0.1:*",
                                           .fetch = "tcp://127.0.0.1:*",
                                           .live = "tcp://127.0.0.1:*",
                                           .http = "",
                                           .journal_bytes = 64 << 20,
                                           .io_threads = 1};
    cr_assert_eq(broker_open(&options, &second), ERR_LOCKED);
    broker_still_serves();
}

/* --- HTTP ------------------------------------------------------------------------------------- */

static void http_get(const char *request, char *answer, size_t size)
{
    unsigned port;
    size_t used = 0;
    cr_assert_eq(sscanf(hub.http, "http://127.0.0.1:%u", &port), 1);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_gt(send(fd, request, strlen(request), MSG_NOSIGNAL), 0);
    for (ssize_t got; used < size - 1 && (got = recv(fd, answer + used, size - 1 - used, 0)) > 0;)
        used += (size_t)got;
    answer[used] = '\0';
    close(fd);
}

Test(access, the_status_port_has_metrics_health_and_nothing_else)
{
    static char answer[65536];
    http_get("GET /metrics HTTP/1.0\r\n\r\n", answer, sizeof answer);
    cr_assert_not_null(strstr(answer, "200 OK"));
    cr_assert_not_null(strstr(answer, "\nsonghua_broker_events_total 0\n"));
    http_get("GET /healthz HTTP/1.0\r\n\r\n", answer, sizeof answer);
    cr_assert_not_null(strstr(answer, "200 OK"));
    http_get("GET /readyz HTTP/1.0\r\n\r\n", answer, sizeof answer);
    cr_assert_not_null(strstr(answer, "200 OK"));
    http_get("GET /etc/passwd HTTP/1.0\r\n\r\n", answer, sizeof answer);
    cr_assert_not_null(strstr(answer, "404"));
    http_get("POST /metrics HTTP/1.0\r\nContent-Length: 1\r\n\r\nx", answer, sizeof answer);
    cr_assert_not_null(strstr(answer, "405"));
}
