#include "consumers/alerter/state.h"

#include "proto/base/bytes.h"
#include "proto/base/log.h"
#include "proto/event/observation_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRACK_PREFIX "a/"
#define ENDED_KEY    "e/as_of"

enum {
    PREFIX_BYTES = 2,
    RULE_KEY_BYTES = 32, /* what a rule about data puts before a definition */
    KEY_BYTES = PREFIX_BYTES + 6 + 2 * (1 + OBSERVATION_ID_MAX_BYTES) + RULE_KEY_BYTES + 1,
    ID_BYTES = ALERT_ID_BYTES - 1,
    VALUE_BYTES = 4 * 8 + PERIOD_TEXT_BYTES + ID_BYTES
};

void alerter_state_init(struct alerter_state *state)
{
    map_init(&state->tracks, sizeof(struct alert_track), ALERTER_MAX_TARGETS);
    state->ended_as_of = 0;
}

void alerter_state_fini(struct alerter_state *state)
{
    map_fini(&state->tracks);
}

/* Size of the key; 0: the ids are longer than a framework's. */
static size_t key_of(uint32_t region, const Songhua__V1__Score *score, char out[KEY_BYTES])
{
    int size = snprintf(out, KEY_BYTES, TRACK_PREFIX "%06" PRIu32 "/%s/%s", region,
                        score->indicator, score->target);
    return size < KEY_BYTES ? (size_t)size : 0;
}

struct alert_track *alerter_state_find(const struct alerter_state *state, uint32_t region,
                                       const Songhua__V1__Score *score)
{
    char key[KEY_BYTES];
    size_t key_size = key_of(region, score, key);
    return key_size ? map_find(&state->tracks, key + PREFIX_BYTES, key_size - PREFIX_BYTES) : NULL;
}

enum err alerter_state_track(struct alerter_state *state, uint32_t region,
                             const Songhua__V1__Score *score, struct alert_track **out)
{
    char key[KEY_BYTES];
    void *track;
    size_t key_size = key_of(region, score, key);
    if (!key_size || !*score->indicator)
        return ERR_USAGE;
    enum err err = map_at(&state->tracks, key + PREFIX_BYTES, key_size - PREFIX_BYTES, &track);
    if (!err)
        *out = track;
    if (err == ERR_LIMIT)
        log_error("alerter.limit", "%zu alerts and targets are kept at most; the next is %s",
                  state->tracks.max, key + PREFIX_BYTES);
    return err;
}

enum err alerter_state_keep(uint32_t region, const Songhua__V1__Score *score,
                            const struct alert_track *track, struct effects *effects)
{
    char key[KEY_BYTES];
    unsigned char value[VALUE_BYTES];
    size_t key_size = key_of(region, score, key);
    bytes_put_le64(value, track->as_of);
    bytes_put_le64(value + 8, track->is_firing);
    bytes_put_le64(value + 16, (uint64_t)track->severity);
    bytes_put_le64(value + 24, track->since_ms);
    memcpy(value + 32, track->since_period, PERIOD_TEXT_BYTES);
    memcpy(value + 32 + PERIOD_TEXT_BYTES, track->id, ID_BYTES);
    return effects_put(effects, key, key_size, value, sizeof value);
}

enum err alerter_state_end(struct alerter_state *state, uint32_t region,
                           const Songhua__V1__Score *score, uint64_t as_of, struct effects *effects)
{
    char key[KEY_BYTES];
    unsigned char value[8];
    size_t key_size = key_of(region, score, key);
    if (!key_size)
        return ERR_OK; /* no track has such a key */
    map_remove(&state->tracks, key + PREFIX_BYTES, key_size - PREFIX_BYTES);
    if (as_of > state->ended_as_of)
        state->ended_as_of = as_of;
    bytes_put_le64(value, state->ended_as_of);
    enum err err = effects_delete(effects, key, key_size);
    return err ? err : effects_put(effects, ENDED_KEY, sizeof ENDED_KEY - 1, value, sizeof value);
}

static void decode(const unsigned char *value, struct alert_track *out)
{
    *out = (struct alert_track){.as_of = bytes_get_le64(value),
                                .is_firing = bytes_get_le64(value + 8) != 0,
                                .severity = (Songhua__V1__Severity)bytes_get_le64(value + 16),
                                .since_ms = bytes_get_le64(value + 24)};
    memcpy(out->since_period, value + 32, PERIOD_TEXT_BYTES);
    out->since_period[PERIOD_TEXT_BYTES - 1] = '\0';
    memcpy(out->id, value + 32 + PERIOD_TEXT_BYTES, ID_BYTES);
}

struct loading {
    struct alerter_state *state;
    enum err err;
};

static bool visit(void *context, const void *key, size_t key_size, const void *value,
                  size_t value_size)
{
    struct loading *loading = context;
    void *track;
    loading->err = value_size == VALUE_BYTES
                       ? map_at(&loading->state->tracks, (const char *)key + PREFIX_BYTES,
                                key_size - PREFIX_BYTES, &track)
                       : ERR_CORRUPT;
    if (!loading->err)
        decode(value, track);
    return !loading->err;
}

static bool visit_ended(void *context, const void *key, size_t key_size, const void *value,
                        size_t value_size)
{
    struct loading *loading = context;
    (void)key, (void)key_size;
    loading->err = value_size == 8 ? ERR_OK : ERR_CORRUPT;
    if (!loading->err)
        loading->state->ended_as_of = bytes_get_le64(value);
    return !loading->err;
}

enum err alerter_state_load(struct alerter_state *state, struct outbox *outbox)
{
    struct loading loading = {.state = state};
    enum err err = outbox_each(outbox, TRACK_PREFIX, PREFIX_BYTES, visit, &loading);
    if (!err && !loading.err)
        err = outbox_each(outbox, ENDED_KEY, sizeof ENDED_KEY - 1, visit_ended, &loading);
    return err ? err : loading.err;
}
