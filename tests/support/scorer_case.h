/* A scorer, its outbox, and what the last record made it publish, for tests of the scorer. */
#ifndef SONGHUA_TESTS_SCORER_CASE_H
#define SONGHUA_TESTS_SCORER_CASE_H

#include "consumers/scorer/scorer.h"
#include "tests/support/scratch.h"

enum { SCORES_MAX = 64 };

struct bench {
    struct scratch scratch;
    struct outbox *outbox;
    struct scorer *scorer;
    struct effects effects;
    uint64_t sequence, days; /* of the next record: days after the first ones */
    Songhua__V1__EventBatch *published[SCORES_MAX];
    uint32_t regions[SCORES_MAX];
    char topics[SCORES_MAX][TOPIC_MAX_BYTES + 1];
    size_t count; /* batches of the last record */
};

void open_scorer(struct bench *bench);
void close_scorer(struct bench *bench);
struct bench *bench_new(void);
void bench_free(struct bench *bench);
void restart(struct bench *bench); /* the scorer is closed and opened again */

/* Hand a record of these events to the scorer; what it publishes is in `bench` until the next one. */
enum err tell_events(struct bench *bench, uint32_t region, const char *topic,
                     Songhua__V1__Event **events, size_t count);
void store(struct bench *bench); /* its effects into the outbox */

/* Records that are stored: a document, the framework of the tests (two indicators, rd_intensity of
 * 220000 and 220100 with two targets, of which `target` is the first, patents of 220100), a figure. */
void tell_document(struct bench *bench, const char *topic, const char *text);
void tell_framework(struct bench *bench, const char *topic, int version, const char *target);
void tell_figure(struct bench *bench, uint32_t region, const char *indicator, const char *period,
                 int64_t unscaled);

Songhua__V1__Observation figure(const char *indicator, const char *period, int64_t unscaled);
const Songhua__V1__Score *score_at(const struct bench *bench, size_t batch, size_t event);

#endif
