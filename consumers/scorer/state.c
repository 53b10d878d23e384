#include "consumers/scorer/state.h"

#include "proto/base/buffer.h"
#include "proto/base/bytes.h"
#include "proto/base/log.h"
#include "proto/event/event.h"
#include "proto/event/observation_check.h"
#include "proto/wire/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_KEY      "version"
#define ROW_PREFIX       "v/"
#define RECORD_PREFIX    "r/"
#define PUBLISHED_PREFIX "p/"
#define DOUBT_PREFIX     "d/"
#define DAY_KEY          "t/day"
#define FRAMEWORK_TOPIC  "framework"

enum {
    PREFIX_BYTES = 2,
    VERSION_BYTES = 4 + 4,
    ROW_KEY_MAX_BYTES = 400,
    RECORD_KEY_BYTES = PREFIX_BYTES + 8 + 8 + 4 + 4 + 1,
    PUBLISHED_KEY_BYTES = PREFIX_BYTES + 6 + 2 * (1 + OBSERVATION_ID_MAX_BYTES) + 1,
    SCORE_MAX_BYTES = 64 * 1024,
    FINDINGS_KEPT = 1,
    LOAD_ARENA_BYTES = 1 << 30
};

enum err scorer_state_new(struct scorer_state **out)
{
    struct scorer_state *state = calloc(1, sizeof *state);
    if (!state)
        return ERR_NOMEM;
    enum err err = evaluation_new(NULL, &state->evaluation);
    if (err) {
        free(state);
        return err;
    }
    map_init(&state->published, DIGEST_BYTES, SCORER_MAX_TARGETS);
    map_init(&state->doubts, DOUBTS_BYTES, SCORER_MAX_TARGETS);
    *out = state;
    return ERR_OK;
}

void scorer_state_free(struct scorer_state *state)
{
    if (!state)
        return;
    evaluation_free(state->evaluation);
    for (size_t i = 0; i < state->framework_count; i++)
        framework_free(state->frameworks[i]);
    map_fini(&state->published);
    map_fini(&state->doubts);
    free(state);
}

/* --- taking up a record ----------------------------------------------------------------------- */

static void refuse(struct scorer_state *state, struct address address, const char *what,
                   const char *why)
{
    char text[EVENT_ADDRESS_BYTES];
    event_address_format(address.sequence, address.index, text);
    log_warn("scorer.refused", "event=%s what=%s why=\"%s\"", text, what, why);
    state->refused++;
}

static void refuse_framework(struct scorer_state *state,
                             const Songhua__V1__FrameworkVersion *version, struct address address,
                             const struct diag *diag)
{
    char why[256];
    const struct diag_item *first = diag->count ? &diag->items[0] : NULL;
    snprintf(why, sizeof why, "%.60s:%zu:%zu: %s", version->id, first ? (size_t)first->line : 0,
             first ? (size_t)first->column : 0, first ? first->en : err_text(ERR_FRAMEWORK));
    refuse(state, address, "framework", why);
}

static void note_refusal(struct absorbed *absorbed, const Songhua__V1__FrameworkVersion *version,
                         struct address address, const struct diag *diag)
{
    if (absorbed->refusal_count == REFUSALS_KEPT)
        return;
    struct refusal *refusal = &absorbed->refusals[absorbed->refusal_count++];
    *refusal = (struct refusal){.address = address, .version = version, .findings = diag->total};
    if (diag->count == 0)
        return;
    const struct diag_item *first = &diag->items[0];
    unsigned long long line = first->line, column = first->column;
    snprintf(refusal->zh, sizeof refusal->zh, "%llu:%llu: %s", line, column, first->zh);
    snprintf(refusal->en, sizeof refusal->en, "%llu:%llu: %s", line, column, first->en);
}

/* A framework that does not validate is left out, whoever published it: validation is pure, so every
 * scorer leaves it out. */
static enum err add_framework(struct scorer_state *state,
                              const Songhua__V1__FrameworkVersion *version, struct address address,
                              struct absorbed *absorbed)
{
    struct diag diag;
    struct framework *framework;
    enum err err = diag_init(&diag, version->id, FINDINGS_KEPT);
    if (err)
        return err;
    if (state->framework_count == SCORER_MAX_FRAMEWORKS)
        err = ERR_LIMIT;
    if (!err)
        err = framework_load(version->document.data, version->document.len, &diag, &framework);
    if (!err) {
        state->frameworks[state->framework_count++] = framework;
        err = evaluation_set_framework(state->evaluation, framework, address);
        absorbed->has_changed = absorbed->is_framework = absorbed->has_more = true;
    } else if (err == ERR_FRAMEWORK) {
        refuse_framework(state, version, address, &diag);
        note_refusal(absorbed, version, address, &diag);
        err = ERR_OK;
    }
    diag_fini(&diag);
    return err;
}

static enum err add_body(struct scorer_state *state, uint32_t region,
                         const Songhua__V1__Event *event, struct address address,
                         uint64_t stored_ms, const char **what)
{
    struct evaluation *evaluation = state->evaluation;
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
        *what = "observation";
        return evaluation_add_observation(evaluation, region, event->observation, address,
                                          stored_ms);
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
        *what = "retraction";
        return evaluation_add_retraction(evaluation, region, event->retraction, address, stored_ms);
    default:
        *what = "milestone";
        return evaluation_add_milestone(evaluation, region, event->milestone, address, stored_ms);
    }
}

static enum err add_figure(struct scorer_state *state, uint32_t region,
                           const Songhua__V1__Event *event, struct address address,
                           uint64_t stored_ms, struct absorbed *absorbed)
{
    const char *what;
    enum err err = add_body(state, region, event, address, stored_ms, &what);
    if (err == ERR_USAGE) {
        refuse(state, address, what,
               event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE
                   ? "its day lies after the record's, or day, state or ids are out of form"
                   : "period, decimals, status or ids are out of form");
        return ERR_OK;
    }
    absorbed->has_changed = absorbed->has_changed || !err;
    absorbed->has_more =
        absorbed->has_more || event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE;
    return err;
}

static enum err add_event(struct scorer_state *state, const struct service_input *input,
                          uint32_t index, struct absorbed *absorbed)
{
    const Songhua__V1__Event *event = input->events[index];
    const struct address address = {input->sequence, index};
    switch (event->body_case) {
    case SONGHUA__V1__EVENT__BODY_OBSERVATION:
    case SONGHUA__V1__EVENT__BODY_RETRACTION:
    case SONGHUA__V1__EVENT__BODY_MILESTONE:
        return add_figure(state, input->batch->region, event, address, input->stored_ms, absorbed);
    case SONGHUA__V1__EVENT__BODY_FRAMEWORK:
        if (!strcmp(input->batch->topic, FRAMEWORK_TOPIC))
            return add_framework(state, event->framework, address, absorbed);
        refuse(state, address, "framework", "published under another topic");
        return ERR_OK;
    default:
        return ERR_OK;
    }
}

enum err scorer_state_absorb(struct scorer_state *state, const struct service_input *input,
                             struct absorbed *out)
{
    enum err err = ERR_OK;
    out->has_changed = out->is_framework = out->has_more = false;
    out->refusal_count = 0;
    for (size_t i = 0; i < input->event_count && !err; i++)
        err = add_event(state, input, (uint32_t)i, out);
    return err;
}

/* --- published -------------------------------------------------------------------------------- */

static size_t published_key(uint32_t region, const Songhua__V1__Score *score,
                            char out[PUBLISHED_KEY_BYTES])
{
    int size = snprintf(out, PUBLISHED_KEY_BYTES, PUBLISHED_PREFIX "%06" PRIu32 "/%s/%s", region,
                        score->indicator, score->target);
    return size < PUBLISHED_KEY_BYTES ? (size_t)size : 0;
}

/* Of everything in it but the moment it was judged at. */
static enum err digest_score(const Songhua__V1__Score *score, unsigned char out[DIGEST_BYTES])
{
    unsigned char bytes[1024];
    Songhua__V1__Score copy = *score;
    copy.as_of_sequence = 0;
    size_t size = songhua__v1__score__get_packed_size(&copy);
    unsigned char *packed = size <= sizeof bytes ? bytes : malloc(size);
    if (!packed)
        return ERR_NOMEM;
    const struct digest_piece piece = {packed, songhua__v1__score__pack(&copy, packed)};
    digest_of(&piece, 1, out);
    if (packed != bytes)
        free(packed);
    return ERR_OK;
}

/* The place's value, made when there is none. The limit is far beyond any framework's indicators times its
 * regions and periods; who meets it should be told which. */
static enum err place_in(struct map *map, const char *what, const char *key, size_t key_size,
                         void **out)
{
    enum err err = map_at(map, key, key_size, out);
    if (err == ERR_LIMIT)
        log_error("scorer.limit", "%s are kept of %d places at most; the next is %.*s", what,
                  (int)SCORER_MAX_TARGETS, (int)key_size, key);
    return err;
}

enum err scorer_state_replace(struct scorer_state *state, uint32_t region,
                              const Songhua__V1__Score *score, struct effects *effects,
                              bool *is_changed)
{
    char key[PUBLISHED_KEY_BYTES];
    unsigned char digest[DIGEST_BYTES];
    void *standing;
    size_t key_size = published_key(region, score, key);
    if (!key_size)
        return ERR_LIMIT;
    enum err err = digest_score(score, digest);
    if (!err)
        err = place_in(&state->published, "judgements", key + PREFIX_BYTES, key_size - PREFIX_BYTES,
                       &standing);
    if (err)
        return err;
    *is_changed = memcmp(standing, digest, DIGEST_BYTES) != 0;
    if (!*is_changed)
        return ERR_OK;
    memcpy(standing, digest, DIGEST_BYTES);
    return effects_put(effects, key, key_size, digest, DIGEST_BYTES);
}

enum err scorer_state_close(struct scorer_state *state, uint32_t region,
                            const Songhua__V1__Score *score, struct effects *effects,
                            bool *is_changed)
{
    static const unsigned char closed[DIGEST_BYTES];
    char key[PUBLISHED_KEY_BYTES];
    size_t key_size = published_key(region, score, key);
    void *standing = key_size > PREFIX_BYTES
                         ? map_find(&state->published, key + PREFIX_BYTES, key_size - PREFIX_BYTES)
                         : NULL;
    *is_changed = standing && memcmp(standing, closed, DIGEST_BYTES) != 0;
    if (!*is_changed)
        return ERR_OK;
    memcpy(standing, closed, DIGEST_BYTES);
    return effects_put(effects, key, key_size, closed, DIGEST_BYTES);
}

/* Of everything in them but the moment; no doubts at all: zeroes. */
static enum err digest_doubts(const Songhua__V1__Doubt *doubts, size_t count,
                              unsigned char out[DOUBTS_BYTES])
{
    struct buffer bytes;
    uint32_t kinds = 0;
    enum err err = ERR_OK;
    memset(out, 0, DOUBTS_BYTES);
    buffer_init(&bytes, SCORE_MAX_BYTES * 16);
    for (size_t i = 0; i < count && !err; i++) {
        Songhua__V1__Doubt copy = doubts[i];
        void *room;
        copy.as_of_sequence = 0;
        kinds |= 1U << copy.kind;
        err = buffer_reserve(&bytes, songhua__v1__doubt__get_packed_size(&copy), &room);
        if (!err)
            bytes.size += songhua__v1__doubt__pack(&copy, room);
    }
    const struct digest_piece piece = {bytes.data, bytes.size};
    bytes_put_le32(out, kinds);
    if (!err && count)
        digest_of(&piece, 1, out + 4);
    buffer_fini(&bytes);
    return err;
}

enum err scorer_state_doubt(struct scorer_state *state, const char *place,
                            const Songhua__V1__Doubt *doubts, size_t count, struct effects *effects,
                            uint32_t *before, bool *is_changed)
{
    char key[PUBLISHED_KEY_BYTES + PERIOD_TEXT_BYTES];
    unsigned char value[DOUBTS_BYTES];
    void *standing = map_find(&state->doubts, place, strlen(place));
    *is_changed = false;
    if (!standing && !count)
        return ERR_OK;
    enum err err = digest_doubts(doubts, count, value);
    if (!err && !standing)
        err = place_in(&state->doubts, "doubts", place, strlen(place), &standing);
    if (err)
        return err;
    *is_changed = memcmp(standing, value, DOUBTS_BYTES) != 0;
    *before = bytes_get_le32(standing);
    if (!*is_changed)
        return ERR_OK;
    memcpy(standing, value, DOUBTS_BYTES);
    int size = snprintf(key, sizeof key, DOUBT_PREFIX "%s", place);
    if (size >= (int)sizeof key)
        return ERR_LIMIT;
    if (count)
        return effects_put(effects, key, (size_t)size, value, DOUBTS_BYTES);
    map_remove(&state->doubts, place, strlen(place)); /* a place without doubts needs no memory */
    return effects_delete(effects, key, (size_t)size);
}

enum err scorer_state_turn(struct scorer_state *state, uint64_t day, struct effects *effects)
{
    unsigned char value[8];
    state->day = day;
    bytes_put_le64(value, day);
    return effects_put(effects, DAY_KEY, sizeof DAY_KEY - 1, value, sizeof value);
}

/* --- keeping ---------------------------------------------------------------------------------- */

static void put_version(unsigned char value[VERSION_BYTES])
{
    bytes_put_le32(value, SCORER_STATE_VERSION);
    bytes_put_le32(value + 4, EVALUATION_ROWS_VERSION);
}

static enum err keep_version(struct scorer_state *state, struct effects *effects)
{
    unsigned char value[VERSION_BYTES];
    if (state->is_version_kept)
        return ERR_OK;
    put_version(value);
    state->is_version_kept = true;
    return effects_put(effects, VERSION_KEY, sizeof VERSION_KEY - 1, value, sizeof value);
}

enum err scorer_state_keep_record(struct scorer_state *state, const struct service_input *input,
                                  struct effects *effects)
{
    unsigned char key[RECORD_KEY_BYTES];
    const struct batch *batch = input->batch;
    memcpy(key, RECORD_PREFIX, PREFIX_BYTES);
    bytes_put_be64(key + 2, input->sequence);
    bytes_put_le64(key + 10, input->stored_ms);
    bytes_put_le32(key + 18, batch->region);
    bytes_put_le32(key + 22, batch->event_count);
    key[26] = !strcmp(batch->topic, FRAMEWORK_TOPIC);
    enum err err = keep_version(state, effects);
    return err ? err : effects_put(effects, key, sizeof key, batch->payload, batch->payload_size);
}

struct keeping {
    struct scorer_state *state;
    struct effects *effects;
};

static enum err keep_row(void *context, const void *row_key, size_t row_key_size, const void *value,
                         size_t value_size)
{
    struct keeping *keeping = context;
    unsigned char key[PREFIX_BYTES + ROW_KEY_MAX_BYTES];
    if (row_key_size > ROW_KEY_MAX_BYTES)
        return ERR_LIMIT;
    memcpy(key, ROW_PREFIX, PREFIX_BYTES);
    memcpy(key + PREFIX_BYTES, row_key, row_key_size);
    enum err err = keep_version(keeping->state, keeping->effects);
    return err ? err
               : effects_put(keeping->effects, key, PREFIX_BYTES + row_key_size, value, value_size);
}

enum err scorer_state_keep(struct scorer_state *state, struct effects *effects)
{
    struct keeping keeping = {state, effects};
    return evaluation_save(state->evaluation, keep_row, &keeping);
}

/* --- loading ---------------------------------------------------------------------------------- */

struct loading {
    struct scorer_state *state;
    struct arena arena;
    enum err err;
};

static enum err load_record(struct loading *loading, const unsigned char *key, const void *payload,
                            size_t size)
{
    Songhua__V1__EventBatch *events;
    struct absorbed absorbed;
    struct batch batch = {.region = bytes_get_le32(key + 18),
                          .event_count = bytes_get_le32(key + 22)};
    if (key[26])
        strcpy(batch.topic, FRAMEWORK_TOPIC);
    arena_reset(&loading->arena);
    enum err err = event_batch_unpack(payload, size, batch.event_count, &loading->arena, &events);
    if (err)
        return err == ERR_NOMEM ? err : ERR_CORRUPT;
    const struct service_input input = {.sequence = bytes_get_be64(key + 2),
                                        .stored_ms = bytes_get_le64(key + 10),
                                        .batch = &batch,
                                        .events = events->events,
                                        .event_count = events->n_events};
    return scorer_state_absorb(loading->state, &input, &absorbed);
}

static bool visit_record(void *context, const void *key, size_t key_size, const void *value,
                         size_t value_size)
{
    struct loading *loading = context;
    loading->err =
        key_size == RECORD_KEY_BYTES ? load_record(loading, key, value, value_size) : ERR_CORRUPT;
    return !loading->err;
}

/* What was published of a place, `size` bytes. */
static bool put_back(struct loading *loading, struct map *map, size_t size, const void *key,
                     size_t key_size, const void *value, size_t value_size)
{
    void *standing;
    loading->err = value_size == size ? map_at(map, (const char *)key + PREFIX_BYTES,
                                               key_size - PREFIX_BYTES, &standing)
                                      : ERR_CORRUPT;
    if (!loading->err)
        memcpy(standing, value, size);
    return !loading->err;
}

static bool visit_published(void *context, const void *key, size_t key_size, const void *value,
                            size_t value_size)
{
    struct loading *loading = context;
    return put_back(loading, &loading->state->published, DIGEST_BYTES, key, key_size, value,
                    value_size);
}

static bool visit_doubt(void *context, const void *key, size_t key_size, const void *value,
                        size_t value_size)
{
    struct loading *loading = context;
    if (value_size == DOUBTS_BYTES && !bytes_get_le32(value))
        return true; /* cleared, as an earlier program kept it */
    return put_back(loading, &loading->state->doubts, DOUBTS_BYTES, key, key_size, value,
                    value_size);
}

static bool visit_day(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    struct loading *loading = context;
    (void)key;
    (void)key_size;
    loading->err = value_size == 8 ? ERR_OK : ERR_CORRUPT;
    if (!loading->err)
        loading->state->day = bytes_get_le64(value);
    return !loading->err;
}

static bool visit_row(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    struct loading *loading = context;
    loading->err = evaluation_restore(loading->state->evaluation, (const char *)key + PREFIX_BYTES,
                                      key_size - PREFIX_BYTES, value, value_size);
    return !loading->err;
}

static bool visit_any(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    bool *is_there = context;
    (void)key, (void)key_size, (void)value, (void)value_size;
    *is_there = true;
    return false;
}

static enum err check_version(struct scorer_state *state, struct outbox *outbox)
{
    unsigned char own[VERSION_BYTES];
    struct buffer found;
    bool is_there = false;
    buffer_init(&found, VERSION_BYTES);
    enum err err = outbox_get(outbox, VERSION_KEY, sizeof VERSION_KEY - 1, &found);
    put_version(own);
    if (!err)
        state->is_version_kept =
            found.size == VERSION_BYTES && !memcmp(found.data, own, VERSION_BYTES);
    buffer_fini(&found);
    if (err == ERR_NOT_FOUND) /* from before there were versions, or new */
        err = outbox_each(outbox, RECORD_PREFIX, PREFIX_BYTES, visit_any, &is_there);
    else if (err == ERR_LIMIT || (!err && !state->is_version_kept))
        err = ERR_VERSION;
    return !err && is_there ? ERR_VERSION : err;
}

static enum err load_each(struct loading *loading, struct outbox *outbox, const char *prefix,
                          outbox_visit *visit)
{
    enum err err = outbox_each(outbox, prefix, strlen(prefix), visit, loading);
    return err ? err : loading->err;
}

/* Rows before records: figures that both have are known by then. */
enum err scorer_state_load(struct scorer_state *state, struct outbox *outbox)
{
    struct loading loading = {.state = state};
    enum err err = check_version(state, outbox);
    if (err)
        return err;
    arena_init(&loading.arena, LOAD_ARENA_BYTES);
    err = load_each(&loading, outbox, ROW_PREFIX, visit_row);
    if (!err)
        err = evaluation_restored(state->evaluation);
    if (!err)
        err = load_each(&loading, outbox, RECORD_PREFIX, visit_record);
    if (!err)
        err = load_each(&loading, outbox, PUBLISHED_PREFIX, visit_published);
    if (!err)
        err = load_each(&loading, outbox, DOUBT_PREFIX, visit_doubt);
    if (!err)
        err = load_each(&loading, outbox, DAY_KEY, visit_day);
    arena_fini(&loading.arena);
    return err;
}
