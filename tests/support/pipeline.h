/* A whole pipeline in a temporary world for fault tests: a broker, the province's agent, scorer and alerter
 * as processes, and editions of figures that make judgements and alerts change again and again.
 *
 *     struct pipeline *pipeline = pipeline_new();
 *     pipeline_start(pipeline, PIPELINE_SCORER); …
 *     pipeline_publish_framework(pipeline);
 *     pipeline_submit(pipeline, 1); …
 *     pipeline_await(pipeline);                 scorer and alerter have finished what is stored
 *     pipeline_verify(pipeline);                scores follow from events, chains and signatures hold
 *     char *alerts = pipeline_read(pipeline, "alerts");
 *     pipeline_free(&pipeline);
 *
 * Findings are Criterion's.
 */
#ifndef SONGHUA_TESTS_PIPELINE_H
#define SONGHUA_TESTS_PIPELINE_H

#include "tests/support/world.h"

enum pipeline_program { PIPELINE_AGENT, PIPELINE_SCORER, PIPELINE_ALERTER, PIPELINE_PROGRAMS };

/* Each edition is a file of so many figures: one of each year and indicator. */
enum { PIPELINE_ROWS = 12 };

struct pipeline;

/* With a broker that runs. `journal_size` as --journal-size; publish and fetch are given a port (NULL: the
 * broker's own) that services and agent talk to, so that a proxy can stand between. */
struct pipeline *pipeline_new(const char *journal_size);
void pipeline_free(struct pipeline **pipeline);
struct world *pipeline_world(struct pipeline *pipeline);
void pipeline_start_broker(struct pipeline *pipeline);
void pipeline_talk_to(struct pipeline *pipeline, const char *publish, const char *fetch);

void pipeline_start(struct pipeline *pipeline, enum pipeline_program program);
/* The same without waiting for it: it may end on the way. */
pid_t pipeline_launch(struct pipeline *pipeline, enum pipeline_program program);
/* SIGKILL or SIGTERM, and wait. Nothing when it does not run. */
void pipeline_stop(struct pipeline *pipeline, enum pipeline_program program, bool is_kill);
pid_t pipeline_pid(const struct pipeline *pipeline, enum pipeline_program program);

void pipeline_publish_framework(struct pipeline *pipeline);
/* Hand the edition to the agent; it is in its outbox when this returns. An agent that dies meanwhile makes
 * it fail: false, and the operator does it again, as pipeline_submit() does. */
bool pipeline_try_submit(struct pipeline *pipeline, unsigned edition);
void pipeline_submit(struct pipeline *pipeline, unsigned edition);
/* The same, and wait for the broker's acknowledgement: true when it has come. */
bool pipeline_try_submit_and_wait(struct pipeline *pipeline, unsigned edition);

/* Until the agent has sent everything and scorer and alerter have finished all that is stored. */
void pipeline_await(struct pipeline *pipeline);
/* `songhua-scorer verify` and `songhua-replay verify`. */
void pipeline_verify(struct pipeline *pipeline);
/* A stream as JSON lines without what only the clock knows; to be freed. */
char *pipeline_read(struct pipeline *pipeline, const char *stream);
/* The number of the stream's last record. */
uint64_t pipeline_last(struct pipeline *pipeline, const char *stream);
/* A program of the world with a configuration file of it ("reader.yaml"); its exit code. */
int pipeline_run(struct pipeline *pipeline, const char *program, const char *config,
                 const char *const *words, char **output);

#endif
