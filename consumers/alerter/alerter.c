#include "consumers/alerter/alerter.h"

#include "consumers/alerter/data_rules.h"
#include "consumers/alerter/rules.h"
#include "consumers/alerter/state.h"
#include "consumers/alerter/summary.h"
#include "proto/base/log.h"
#include "proto/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUMMARY_MAX_BYTES = 4096, TARGET_IN_TOPIC_BYTES = 53 };

struct alerter {
    struct alerter_state state;
    struct buffer zh, en; /* where sentences are made */
};

enum err alerter_new(struct alerter **out)
{
    struct alerter *alerter = calloc(1, sizeof *alerter);
    if (!alerter)
        return ERR_NOMEM;
    alerter_state_init(&alerter->state);
    buffer_init(&alerter->zh, SUMMARY_MAX_BYTES);
    buffer_init(&alerter->en, SUMMARY_MAX_BYTES);
    *out = alerter;
    return ERR_OK;
}

void alerter_free(struct alerter *alerter)
{
    if (!alerter)
        return;
    alerter_state_fini(&alerter->state);
    buffer_fini(&alerter->zh);
    buffer_fini(&alerter->en);
    free(alerter);
}

enum err alerter_load(void *context, struct outbox *outbox)
{
    struct alerter *alerter = context;
    return alerter_state_load(&alerter->state, outbox);
}

/* --- saying it -------------------------------------------------------------------------------- */

static enum err topic_of(const Songhua__V1__Event *event, char out[EVENT_TOPIC_BYTES])
{
    enum err err = event_topic(event, out);
    if (err != ERR_LIMIT)
        return err;
    const Songhua__V1__Alert *alert = event->alert;
    Songhua__V1__Alert cut = *alert;
    char target[TARGET_IN_TOPIC_BYTES + 1];
    snprintf(target, sizeof target, "%s", alert->target);
    cut.target = target;
    const Songhua__V1__Event shorter = event_of_alert(&cut, 0);
    return event_topic(&shorter, out);
}

static enum err write_summaries(struct alerter *alerter, const struct alert_fact *fact,
                                const struct alert_news *news)
{
    buffer_clear(&alerter->zh);
    buffer_clear(&alerter->en);
    enum err err = alert_summary_zh(fact, news, &alerter->zh);
    return err ? err : alert_summary_en(fact, news, &alerter->en);
}

static enum err publish(struct alerter *alerter, const struct alert_fact *fact,
                        const struct alert_news *news, struct effects *effects)
{
    char topic[EVENT_TOPIC_BYTES], cause[EVENT_ADDRESS_BYTES];
    Songhua__V1__Alert alert = SONGHUA__V1__ALERT__INIT;
    Songhua__V1__Event event = event_of_alert(&alert, 0);
    enum err err = write_summaries(alerter, fact, news);
    if (err)
        return err;
    event_address_format(fact->sequence, fact->index, cause);
    alert.id = text_unconst(news->alert.id);
    alert.rule = text_unconst(ALERT_RULE);
    alert.indicator = fact->score->indicator;
    alert.target = fact->score->target;
    alert.unit_name_zh = fact->score->unit_name_zh;
    alert.unit_name_en = fact->score->unit_name_en;
    alert.state = news->state;
    alert.severity = news->alert.severity;
    alert.since_ms = news->alert.since_ms;
    alert.since_period = text_unconst(news->alert.since_period);
    alert.score = (Songhua__V1__Score *)(uintptr_t)fact->score;
    alert.cause = cause;
    alert.summary_zh = text_unconst(buffer_text(&alerter->zh));
    alert.summary_en = text_unconst(buffer_text(&alerter->en));
    err = topic_of(&event, topic);
    return err ? err : effects_publish(effects, fact->region, topic, &event);
}

/* --- hearing it ------------------------------------------------------------------------------- */

static enum err hear(struct alerter *alerter, const struct alert_fact *fact,
                     struct effects *effects)
{
    struct alert_track *track;
    struct alert_news news;
    enum err err = alerter_state_track(&alerter->state, fact->region, fact->score, &track);
    if (err == ERR_USAGE) {
        char address[EVENT_ADDRESS_BYTES];
        event_address_format(fact->sequence, fact->index, address);
        log_warn("alerter.refused", "score=%s why=\"ids are out of form\"", address);
        return ERR_OK;
    }
    if (err)
        return err;
    bool is_news = alert_rules_apply(track, fact, &news);
    err = alerter_state_keep(fact->region, fact->score, track, effects);
    if (!err && is_news)
        err = publish(alerter, fact, &news, effects);
    return err;
}

static enum err hear_event(struct alerter *alerter, const struct service_input *input,
                           uint32_t index, struct effects *effects)
{
    const Songhua__V1__Event *event = input->events[index];
    const struct data_fact data = {input->batch->region, input->sequence, index, input->stored_ms};
    if (event->body_case == SONGHUA__V1__EVENT__BODY_FRAMEWORK_REFUSAL)
        return data_rules_refusal(&alerter->state, &data, event->framework_refusal, effects);
    if (event->body_case == SONGHUA__V1__EVENT__BODY_DOUBT)
        return data_rules_doubt(&alerter->state, &data, event->doubt, effects);
    if (event->body_case != SONGHUA__V1__EVENT__BODY_SCORE)
        return ERR_OK;
    const struct alert_fact fact = {.region = input->batch->region,
                                    .score = event->score,
                                    .sequence = input->sequence,
                                    .index = index,
                                    .stored_ms = input->stored_ms};
    enum err err = hear(alerter, &fact, effects);
    return err ? err : data_rules_score(&alerter->state, &data, event->score, effects);
}

enum err alerter_handle(void *context, const struct service_input *input, struct effects *effects)
{
    struct alerter *alerter = context;
    enum err err = ERR_OK;
    for (size_t i = 0; i < input->event_count && !err; i++)
        err = hear_event(alerter, input, (uint32_t)i, effects);
    return err;
}
