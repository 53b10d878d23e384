#include "broker/rights.h"

#include "proto/base/text.h"

#include <stddef.h>
#include <string.h>
#include <xxhash.h>

/* A publish right is a stream and the topics in it: "*" is any, "*" and a slash any of several parts,
 * which an alert's topic has and an action's has not. Nobody publishes into `audit`: the broker does. */
struct publish_right {
    const char *stream;
    const char *topics[6];
};

static const struct {
    struct publish_right publish[4];
    const char *read[5];
} rights[] = {
    [ROLE_AGENT] = {{{"events", {"observation", "retraction", "milestone", "heartbeat"}}},
                    {"events", "scores", "alerts"}},
    [ROLE_SCORER] = {{{"scores", {"*"}}}, {"events", "scores"}},
    [ROLE_ALERTER] = {{{"alerts", {"*/"}}}, {"events", "scores", "alerts"}},
    [ROLE_OPERATOR] = {{{"alerts", {"action"}}}, {"events", "scores", "alerts", "audit"}},
    [ROLE_READER] = {.read = {"events", "scores", "alerts"}},
    [ROLE_PLANNER] = {{{"events",
                        {"framework", "observation", "retraction", "milestone", "heartbeat"}}},
                      {"events", "scores", "alerts"}},
    [ROLE_ADMIN] = {{{"events", {"*"}}, {"scores", {"*"}}, {"alerts", {"*"}}},
                    {"events", "scores", "alerts", "audit"}},
};

static bool topic_matches(const char *pattern, const char *topic)
{
    if (!strcmp(pattern, "*"))
        return true;
    return strcmp(pattern, "*/") ? !strcmp(pattern, topic) : strchr(topic, '/') != NULL;
}

static bool may_use_topic(enum role role, const char *stream, const char *topic)
{
    for (const struct publish_right *right = rights[role].publish; right->stream; right++) {
        if (strcmp(right->stream, stream))
            continue;
        for (size_t i = 0; i < 6 && right->topics[i]; i++)
            if (topic_matches(right->topics[i], topic))
                return true;
    }
    return false;
}

static bool has_region(const struct identity *identity, uint32_t region)
{
    for (size_t i = 0; i < identity->region_count; i++)
        if (identity->regions[i] == region)
            return true;
    return identity->has_all_regions;
}

static bool has_stream(const struct identity *identity, const char *stream)
{
    return !*identity->streams || text_list_has(identity->streams, stream);
}

bool rights_is_own_name(const struct identity *identity, const char *name)
{
    return identity_owns_name(identity->name, name);
}

bool rights_may_drop(const struct identity *identity, const char *consumer)
{
    return identity->role == ROLE_ADMIN || rights_is_own_name(identity, consumer);
}

bool rights_may_be(const struct identity *identity, const char *producer)
{
    if (!rights_is_own_name(identity, producer))
        return false;
    return !*identity->producers || text_list_has(identity->producers, producer);
}

enum rights_finding rights_may_publish(const struct identity *identity,
                                       const struct rights_publish *what)
{
    if (!may_use_topic(identity->role, what->stream, what->topic))
        return RIGHTS_TOPIC;
    if (!has_stream(identity, what->stream))
        return RIGHTS_STREAM;
    if (!rights_may_be(identity, what->producer))
        return RIGHTS_PRODUCER;
    return has_region(identity, what->region) ? RIGHTS_OK : RIGHTS_REGION;
}

bool rights_may_read(const struct identity *identity, const char *stream)
{
    for (const char *const *read = rights[identity->role].read; *read; read++)
        if (!strcmp(*read, stream))
            return has_stream(identity, stream);
    return false;
}

uint64_t rights_to_read(const struct identity *identity)
{
    uint64_t sum = XXH3_64bits(identity->public_key, CURVE_TEXT_BYTES - 1);
    const unsigned char facts[] = {(unsigned char)identity->role, identity->has_all_regions};
    sum = XXH3_64bits_withSeed(facts, sizeof facts, sum);
    sum = XXH3_64bits_withSeed(identity->regions,
                               identity->region_count * sizeof *identity->regions, sum);
    sum = XXH3_64bits_withSeed(identity->streams, strlen(identity->streams), sum);
    return sum ? sum : 1;
}
