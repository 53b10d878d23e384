/* A broker's process with good clients that must be served whatever an attacker does meanwhile, and the
 * attacker's raw sockets.
 *
 *     struct siege *siege = siege_open(extra arguments of the broker);
 *     struct attacker *attacker = attacker_open(siege, "publish", identity);
 *     attacker_send(attacker, bytes, size, false);
 *     code = attacker_hear(attacker);
 *     attacker_close(&attacker);
 *     siege_serves(siege);                          a good client is served now
 *     siege_close(&siege, "what was tried", "x-");  P0; nothing of the attacker is stored, but by names "x-…"
 *
 * Findings are Criterion's.
 */
#ifndef SONGHUA_TESTS_SIEGE_H
#define SONGHUA_TESTS_SIEGE_H

#include "proto/wire/wire.pb-c.h"
#include "tests/support/world.h"

struct siege;

struct siege *siege_open(const char *const *extra);
void siege_close(struct siege **siege, const char *what, const char *attackers);
struct world *siege_world(struct siege *siege);

/* Publish and read a little more by each good client; the test fails when its time is up before. */
void siege_serves(struct siege *siege);
/* Give the good clients a turn without waiting. */
void siege_step(struct siege *siege);
/* A new good client gets in and is served. */
void siege_lets_in(struct siege *siege, const char *name);

/* The broker's memory that no file backs, 0 where a sanitizer keeps what is freed; its open descriptors. */
double siege_memory_kib(struct siege *siege);
double siege_descriptors(struct siege *siege);
/* Whether the broker's log has the text. It writes before it answers. */
bool siege_log_says(struct siege *siege, const char *text);

struct attacker;
struct attacker *attacker_open(struct siege *siege, const char *port,
                               const struct identity *identity);
void attacker_close(struct attacker **attacker);
/* Waits while the queue is full; false: there is no connection to send on within wait_ms. */
bool attacker_send(struct attacker *attacker, const void *bytes, size_t size, bool has_more,
                   long wait_ms);
/* The code of the next reply; -1: none within wait_ms. */
int attacker_hear(struct attacker *attacker, long wait_ms);
/* Send one message and return the code of its reply. */
int attacker_ask(struct attacker *attacker, const void *bytes, size_t size);

#endif
