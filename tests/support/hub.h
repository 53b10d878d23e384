/* A broker inside the test's own process, on ports of the system's choice, with clients' keys: for
 * tests of what a client and a broker do to each other. Findings are Criterion's.
 */
#ifndef SONGHUA_TESTS_HUB_H
#define SONGHUA_TESTS_HUB_H

#include "broker/broker.h"
#include "proto/client/publisher.h"
#include "proto/client/subscriber.h"
#include "proto/event/event.h"
#include "proto/net/socket.h"
#include "tests/support/world.h"

struct hub {
    struct world *world; /* keys and directory; its own broker process is not started */
    struct broker *broker;
    struct identity server; /* public part */
    char publish[128], fetch[128], live[128], http[128];
    uint64_t journal_bytes;
};

void hub_open(struct hub *hub); /* a new directory and a running broker */
void hub_open_sized(struct hub *hub, uint64_t journal_bytes);
void hub_stop(struct hub *hub);  /* the broker alone */
void hub_start(struct hub *hub); /* again, on the same ports */
void hub_close(struct hub *hub);

/* Clients of it; the identity is made when it is new. */
struct publisher *hub_publisher(struct hub *hub, const struct identity *identity,
                                const char *stream, const char *producer);
struct subscriber *hub_subscriber(struct hub *hub, const struct identity *identity,
                                  const char *stream);
/* Any socket with any keys. */
struct net_socket *hub_socket(struct hub *hub, struct net *net, enum net_kind kind,
                              const char *endpoint, const struct identity *identity);

/* Publish the text as an event and wait until it is on disk. */
enum err hub_publish(struct publisher *publisher, uint32_t region, const char *topic,
                     const char *text);

/* The same for an event, under its own topic. */
void hub_publish_event(struct publisher *publisher, uint32_t region,
                       const Songhua__V1__Event *event);

/* A program that reads the record through this hub: see world_ask(). */
int hub_ask(struct hub *hub, const char *program, const char *name, const char *const *words,
            char **output);

/* A suite each of whose tests has a hub of its own, called `hub`. */
#define HUB_SUITE(name, seconds)                                                                   \
    static struct hub hub;                                                                         \
    static void open_hub(void)                                                                     \
    {                                                                                              \
        hub_open(&hub);                                                                            \
    }                                                                                              \
    static void close_hub(void)                                                                    \
    {                                                                                              \
        hub_close(&hub);                                                                           \
    }                                                                                              \
    TestSuite(name, .init = open_hub, .fini = close_hub, .timeout = (seconds))

#endif
