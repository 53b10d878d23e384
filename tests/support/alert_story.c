#include "tests/support/alert_story.h"

#include "consumers/evaluate/judgement.h"

Songhua__V1__Score story_score(Songhua__V1__Judgement judgement, const char *period, uint64_t as_of)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)"2025";
    score.judgement = judgement;
    score.period = (char *)(uintptr_t)period;
    score.as_of_sequence = as_of;
    return score;
}

Songhua__V1__Score story_worked_example(void)
{
    Songhua__V1__Score score = story_score(SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACCELERATE, "2023", 1);
    score.unit = (char *)"%";
    score.deadline = (char *)"2025";
    score.value = 1.55;
    score.required_now = 1.68347;
    score.gap = 0.13347;
    score.target_value = 2;
    score.rate_needed = 0.13592;
    score.has = 1u << NUMBER_VALUE | 1u << NUMBER_REQUIRED_NOW | 1u << NUMBER_GAP |
                1u << NUMBER_TARGET | 1u << NUMBER_RATE_NEEDED;
    return score;
}

bool story_tell(struct story *story, const Songhua__V1__Score *score)
{
    const struct alert_fact fact = {.region = 220000,
                                    .score = score,
                                    .sequence = ++story->sequence,
                                    .index = 2,
                                    .stored_ms = 1000 * story->sequence};
    return alert_rules_apply(&story->track, &fact, &story->news);
}

bool story_tell_call(struct story *story, Songhua__V1__Judgement judgement,
                     Songhua__V1__AlertCall call, const char *period)
{
    Songhua__V1__Score score = story_score(judgement, period, story->sequence + 10);
    score.alert_call = call;
    return story_tell(story, &score);
}

bool story_tell_judgement(struct story *story, Songhua__V1__Judgement judgement, const char *period)
{
    return story_tell_call(story, judgement, SONGHUA__V1__ALERT_CALL__ALERT_CALL_BY_JUDGEMENT,
                           period);
}
