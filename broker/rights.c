#include "broker/rights.h"

#include "proto/base/text.h"

#include <stdlib.h>
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
} roles[] = {
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

/* --- keeping ---------------------------------------------------------------------------------- */

static const char *put(char **room, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*room, text, size);
    *room += size;
    return copy;
}

struct rights *rights_new(const struct identity *identity)
{
    size_t region_bytes = identity->region_count * sizeof *identity->regions;
    size_t text_bytes = strlen(identity->name) + strlen(identity->public_key) +
                        strlen(identity->streams) + strlen(identity->producers) + 4;
    struct rights *rights = malloc(sizeof *rights + region_bytes + text_bytes);
    if (!rights)
        return NULL;
    char *room = (char *)(rights + 1) + region_bytes;
    *rights = (struct rights){.name = put(&room, identity->name),
                              .key = put(&room, identity->public_key),
                              .streams = put(&room, identity->streams),
                              .producers = put(&room, identity->producers),
                              .regions = memcpy(rights + 1, identity->regions, region_bytes),
                              .region_count = identity->region_count,
                              .has_all_regions = identity->has_all_regions,
                              .role = identity->role,
                              .quota = identity->quota};
    return rights;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool topic_matches(const char *pattern, const char *topic)
{
    if (!strcmp(pattern, "*"))
        return true;
    return strcmp(pattern, "*/") ? !strcmp(pattern, topic) : strchr(topic, '/') != NULL;
}

static bool may_use_topic(enum role role, const char *stream, const char *topic)
{
    for (const struct publish_right *right = roles[role].publish; right->stream; right++) {
        if (strcmp(right->stream, stream))
            continue;
        for (size_t i = 0; i < 6 && right->topics[i]; i++)
            if (topic_matches(right->topics[i], topic))
                return true;
    }
    return false;
}

static bool has_region(const struct rights *rights, uint32_t region)
{
    for (size_t i = 0; i < rights->region_count; i++)
        if (rights->regions[i] == region)
            return true;
    return rights->has_all_regions;
}

static bool has_stream(const struct rights *rights, const char *stream)
{
    return !*rights->streams || text_list_has(rights->streams, stream);
}

bool rights_is_own_name(const struct rights *rights, const char *name)
{
    return identity_owns_name(rights->name, name);
}

bool rights_may_drop(const struct rights *rights, const char *consumer)
{
    return rights->role == ROLE_ADMIN || rights->role == ROLE_OPERATOR ||
           rights_is_own_name(rights, consumer);
}

bool rights_may_be(const struct rights *rights, const char *producer)
{
    if (!rights_is_own_name(rights, producer))
        return false;
    return !*rights->producers || text_list_has(rights->producers, producer);
}

enum rights_finding rights_may_publish(const struct rights *rights,
                                       const struct rights_publish *what)
{
    if (!may_use_topic(rights->role, what->stream, what->topic))
        return RIGHTS_TOPIC;
    if (!has_stream(rights, what->stream))
        return RIGHTS_STREAM;
    if (!rights_may_be(rights, what->producer))
        return RIGHTS_PRODUCER;
    return has_region(rights, what->region) ? RIGHTS_OK : RIGHTS_REGION;
}

bool rights_may_read(const struct rights *rights, const char *stream)
{
    for (const char *const *read = roles[rights->role].read; *read; read++)
        if (!strcmp(*read, stream))
            return has_stream(rights, stream);
    return false;
}

uint64_t rights_to_read(const struct rights *rights)
{
    uint64_t sum = XXH3_64bits(rights->key, CURVE_TEXT_BYTES - 1);
    const unsigned char facts[] = {(unsigned char)rights->role, rights->has_all_regions};
    sum = XXH3_64bits_withSeed(facts, sizeof facts, sum);
    sum =
        XXH3_64bits_withSeed(rights->regions, rights->region_count * sizeof *rights->regions, sum);
    sum = XXH3_64bits_withSeed(rights->streams, strlen(rights->streams), sum);
    return sum ? sum : 1;
}
