/* A TCP proxy that does to connections what networks do: delays, stalls, loses one direction, cuts after
 * so many bytes, leaves one side believing in a connection that is gone. One thread, a poll loop, at most
 * PROXY_CONNECTIONS_MAX connections of PROXY_BUFFER_BYTES in each direction.
 *
 *     struct proxy *proxy = proxy_open("tcp://127.0.0.1:40001");
 *     … clients connect to proxy_endpoint(proxy) …
 *     proxy_rule(proxy, PROXY_TO_CLIENT, &(struct proxy_rule){.act = PROXY_SWALLOW, .after_bytes = 900});
 *     proxy_cut(proxy);
 *     proxy_close(&proxy);
 *
 * Any thread may call. What cannot be set up ends the process with a message.
 */
#ifndef SONGHUA_TESTS_PROXY_H
#define SONGHUA_TESTS_PROXY_H

#include <stdint.h>

enum { PROXY_CONNECTIONS_MAX = 64, PROXY_BUFFER_BYTES = 16384 };

enum proxy_way { PROXY_TO_BROKER, PROXY_TO_CLIENT, PROXY_WAYS };

enum proxy_act {
    PROXY_PASS,
    PROXY_CUT,     /* both connections are reset */
    PROXY_SWALLOW, /* bytes are taken and lost, the other way goes on */
    PROXY_STALL,   /* nothing is taken any more */
    PROXY_HALF     /* the broker's side is closed, the client's stays and says nothing */
};

/* What happens in one direction once a connection has passed `after_bytes` in it. */
struct proxy_rule {
    enum proxy_act act;
    uint64_t after_bytes;
    uint32_t connections; /* only the next so many; 0: those there are and all to come */
    uint32_t delay_ms;    /* each piece waits so long */
};

struct proxy;

struct proxy *proxy_open(const char *target);
void proxy_close(struct proxy **proxy);
const char *proxy_endpoint(const struct proxy *proxy);

/* Replace the rule of a direction. */
void proxy_rule(struct proxy *proxy, enum proxy_way way, const struct proxy_rule *rule);
/* Both directions pass again. A connection that has lost bytes is of no use any more and is cut. */
void proxy_heal(struct proxy *proxy);
void proxy_cut(struct proxy *proxy); /* reset what there is */

struct proxy_counts {
    uint64_t connections, acts; /* connections met by a rule other than PROXY_PASS */
    uint64_t bytes[PROXY_WAYS];
};
struct proxy_counts proxy_counts(struct proxy *proxy);

#endif
