/* Scores of one target, one after the other, as the alerter's rules hear them. */
#ifndef SONGHUA_TESTS_ALERT_STORY_H
#define SONGHUA_TESTS_ALERT_STORY_H

#include "consumers/alerter/rules.h"

struct story {
    struct alert_track track;
    struct alert_news news; /* the last */
    uint64_t sequence;
};

/* Of rd_intensity's target 2025. */
Songhua__V1__Score story_score(Songhua__V1__Judgement judgement, const char *period,
                               uint64_t as_of);

/* R&D intensity of Jilin as worked by hand in EVALUATION.md section 2. */
Songhua__V1__Score story_worked_example(void);

/* The next score, in region 220000, stored at 1000 for each; whether there is news. */
bool story_tell(struct story *story, const Songhua__V1__Score *score);
bool story_tell_judgement(struct story *story, Songhua__V1__Judgement judgement,
                          const char *period);
bool story_tell_call(struct story *story, Songhua__V1__Judgement judgement,
                     Songhua__V1__AlertCall call, const char *period);

#endif
