/* Redis Streams with hiredis: append-only file, no encryption; XADD pipelined, the client's fastest way.
 *
 *     peer.redis.always    appendfsync always: an answered XADD is flushed
 *     peer.redis.everysec  appendfsync everysec: up to a second of answered events may be lost
 */
#include "tests/bench/events.h"
#include "tests/bench/measure.h"
#include "tests/bench/peers/server.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_BYTES = 128, EVENTS = 500000, PIPELINE = 10000, STEP = 1000 };

static void send_some(redisContext *redis, const unsigned char *events, size_t from, size_t to)
{
    for (size_t i = from; i < to && i < EVENTS; i++) {
        const char *words[] = {"XADD", "events", "*", "e",
                               (const char *)events + i % BENCH_EVENTS * EVENT_BYTES};
        const size_t sizes[] = {4, 6, 1, 1, EVENT_BYTES};
        server_check(redisAppendCommandArgv(redis, 5, words, sizes) == REDIS_OK, "XADD",
                     redis->errstr);
    }
}

static void take_answer(redisContext *redis)
{
    void *reply;
    server_check(redisGetReply(redis, &reply) == REDIS_OK, "answer", redis->errstr);
    server_check(((redisReply *)reply)->type == REDIS_REPLY_STRING, "XADD",
                 ((redisReply *)reply)->str);
    freeReplyObject(reply);
}

/* Events a second. */
static double publish(const char *sync, const unsigned char *events)
{
    struct server server;
    server_prepare(&server);
    server_start(&server,
                 (const char *const[]){"redis-server", "--bind", "127.0.0.1", "--port", server.port,
                                       "--dir", server.directory, "--save", "", "--appendonly",
                                       "yes", "--appendfsync", sync, NULL});
    redisContext *redis = redisConnect("127.0.0.1", atoi(server.port));
    server_check(redis && !redis->err, "connect", redis ? redis->errstr : NULL);
    double started = measure_seconds();
    send_some(redis, events, 0, PIPELINE);
    for (size_t i = 0; i < EVENTS; i++) {
        take_answer(redis);
        if ((i + 1) % STEP == 0)
            send_some(redis, events, i + 1 + PIPELINE - STEP, i + 1 + PIPELINE);
    }
    double seconds = measure_seconds() - started;
    redisFree(redis);
    server_stop(&server);
    return EVENTS / seconds;
}

int main(void)
{
    struct measure always = {"peer.redis.always", "events/s", {0}, 0};
    struct measure everysec = {"peer.redis.everysec", "events/s", {0}, 0};
    unsigned char *events = bench_events_make(EVENT_BYTES, BENCH_TEXT_SOURCE);
    for (size_t run = 0, runs = measure_runs(3); run < runs; run++) {
        measure_add(&always, publish("always", events));
        measure_add(&everysec, publish("everysec", events));
    }
    measure_print(&always);
    measure_print(&everysec);
    free(events);
    return 0;
}
