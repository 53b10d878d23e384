#include "consumers/scorer/scorer.h"

#include "consumers/scorer/closing.h"
#include "consumers/scorer/composites.h"
#include "consumers/scorer/state.h"
#include "consumers/scorer/touched.h"
#include "proto/base/text.h"
#include "proto/event/event.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)64 << 20)

struct scorer {
    struct scorer_state *state;
    struct absorbed absorbed;
    struct composites composites;
    struct touched touched; /* of the record at hand */
    struct arena arena;     /* for what is made of one indicator in one region */
};

enum err scorer_new(struct scorer **out)
{
    struct scorer *scorer = calloc(1, sizeof *scorer);
    if (!scorer)
        return ERR_NOMEM;
    enum err err = scorer_state_new(&scorer->state);
    if (err) {
        free(scorer);
        return err;
    }
    composites_init(&scorer->composites);
    arena_init(&scorer->arena, ARENA_BYTES);
    *out = scorer;
    return ERR_OK;
}

void scorer_free(struct scorer *scorer)
{
    if (!scorer)
        return;
    composites_fini(&scorer->composites); /* they borrow the state's frameworks */
    scorer_state_free(scorer->state);
    touched_fini(&scorer->touched);
    arena_fini(&scorer->arena);
    free(scorer);
}

enum err scorer_load(void *context, struct outbox *outbox)
{
    struct scorer *scorer = context;
    enum err err = scorer_state_load(scorer->state, outbox);
    return err ? err : composites_settle(&scorer->composites, scorer->state->evaluation);
}

enum err scorer_reset(void *context)
{
    struct scorer *scorer = context;
    struct scorer_state *fresh;
    enum err err = scorer_state_new(&fresh);
    if (err)
        return err;
    composites_fini(&scorer->composites);
    scorer_state_free(scorer->state);
    scorer->state = fresh;
    return ERR_OK;
}

enum err scorer_keep(void *context, struct effects *effects)
{
    struct scorer *scorer = context;
    return scorer_state_keep(scorer->state, effects);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* One record while it is judged. */
struct judging {
    struct scorer *scorer;
    const struct framework *framework;
    struct as_of as_of;
    struct effects *effects;
};

static enum err publish_if_changed(void *context, const struct judgement *judgement)
{
    struct judging *judging = context;
    Songhua__V1__Score score;
    bool is_changed;
    enum err err =
        score_from_judgement(judgement, judging->framework, &judging->scorer->arena, &score);
    if (!err)
        err = scorer_state_replace(judging->scorer->state, judgement->region, &score,
                                   judging->effects, &is_changed);
    if (err || !is_changed)
        return err;
    char topic[EVENT_TOPIC_BYTES];
    Songhua__V1__Event event = event_of_score(&score, 0);
    err = event_topic(&event, topic);
    return err ? err : effects_publish(judging->effects, judgement->region, topic, &event);
}

static enum err judge(struct judging *judging, const char *indicator_id, uint32_t region)
{
    arena_reset(&judging->scorer->arena);
    return evaluation_judge_one(judging->scorer->state->evaluation, judging->as_of, indicator_id,
                                region, publish_if_changed, judging);
}

static enum err judge_everything(struct judging *judging)
{
    const struct framework *framework = judging->framework;
    enum err err = ERR_OK;
    for (size_t i = 0; i < framework->indicator_count && !err; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        for (size_t j = 0; j < indicator->region_count && !err; j++)
            err = judge(judging, indicator->id, indicator->regions[j]);
    }
    return err;
}

/* Each indicator once, in the framework's order, however often the record names it. */
static enum err judge_touched(struct judging *judging, const struct service_input *input)
{
    const struct touched *touched = &judging->scorer->touched;
    enum err err = ERR_OK;
    for (size_t i = 0; i < touched->count && !err; i++)
        err = judge(judging, touched->list[i]->id, input->batch->region);
    return err;
}

/* After the judgements; on the turn of a day too only those that the record touches, as no standing
 * depends on the date. A touch reads all of the indicator's figures there: one is enough. */
static enum err rank(struct judging *judging, const struct service_input *input)
{
    struct scorer *scorer = judging->scorer;
    const struct evaluation *evaluation = scorer->state->evaluation;
    const struct touched *touched = &scorer->touched;
    enum err err = composites_follow(&scorer->composites, evaluation, judging->framework,
                                     judging->as_of, judging->effects);
    for (size_t i = 0; i < touched->count && !err; i++)
        err = composites_touch(&scorer->composites, evaluation, judging->as_of, touched->list[i],
                               input->batch->region);
    return err ? err : composites_publish(&scorer->composites, judging->as_of, judging->effects);
}

static enum err publish_refusal(const struct judging *judging, const struct refusal *refusal,
                                uint32_t region)
{
    char topic[EVENT_TOPIC_BYTES], address[EVENT_ADDRESS_BYTES];
    char in_force[FRAMEWORK_LABEL_BYTES] = "";
    Songhua__V1__FrameworkRefusal message = SONGHUA__V1__FRAMEWORK_REFUSAL__INIT;
    Songhua__V1__Event event = event_of_framework_refusal(&message, 0);
    event_address_format(refusal->address.sequence, refusal->address.index, address);
    if (judging->framework)
        framework_label(judging->framework, in_force);
    message.id = refusal->version->id;
    message.version = refusal->version->version;
    message.address = address;
    message.findings = refusal->findings;
    message.first_zh = text_unconst(refusal->zh);
    message.first_en = text_unconst(refusal->en);
    message.in_force = in_force;
    enum err err = event_topic(&event, topic);
    return err ? err : effects_publish(judging->effects, region, topic, &event);
}

static enum err judge_record(struct judging *judging, const struct service_input *input,
                             const struct absorbed *absorbed)
{
    struct scorer_state *state = judging->scorer->state;
    uint64_t day = date_number(input->stored_ms);
    struct doubting doubting = {.state = state,
                                .framework = judging->framework,
                                .as_of = judging->as_of,
                                .touched = &judging->scorer->touched,
                                .arena = &judging->scorer->arena,
                                .effects = judging->effects,
                                .is_framework = absorbed->is_framework};
    enum err err = ERR_OK;
    if (absorbed->is_framework || day > state->day) {
        err = scorer_state_turn(state, day, judging->effects);
        if (!err)
            err = judge_everything(judging);
    } else if (absorbed->has_changed) {
        err = judge_touched(judging, input);
    }
    struct closing closing = {
        .doubting = doubting,
        .before = evaluation_framework(state->evaluation, (struct as_of){input->sequence - 1, 0})};
    if (!err && absorbed->is_framework)
        err = closing_of_framework(&closing);
    if (!err && absorbed->is_framework)
        err = doubting_of_framework(&doubting);
    return err || !absorbed->has_changed ? err : doubting_of_record(&doubting, input);
}

enum err scorer_handle(void *context, const struct service_input *input, struct effects *effects)
{
    struct scorer *scorer = context;
    struct absorbed *absorbed = &scorer->absorbed;
    enum err err = scorer_state_absorb(scorer->state, input, absorbed);
    if (!err && absorbed->has_more)
        err = scorer_state_keep_record(scorer->state, input, effects);
    struct judging judging = {.scorer = scorer,
                              .as_of = {.sequence = input->sequence, .ms = input->stored_ms},
                              .effects = effects};
    judging.framework = evaluation_framework(scorer->state->evaluation, judging.as_of);
    for (size_t i = 0; i < absorbed->refusal_count && !err; i++)
        err = publish_refusal(&judging, &absorbed->refusals[i], input->batch->region);
    if (!err && judging.framework)
        err = touched_read(&scorer->touched, judging.framework, input);
    if (!err && judging.framework)
        err = judge_record(&judging, input, absorbed);
    return err || !judging.framework || !absorbed->has_changed ? err : rank(&judging, input);
}
