/* Events in and out of bytes, with the limits checked first. The messages are event.proto's. */
#ifndef SONGHUA_EVENT_EVENT_H
#define SONGHUA_EVENT_EVENT_H

#include "proto/base/arena.h"
#include "proto/base/buffer.h"
#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"

#include <stddef.h>
#include <stdint.h>

enum {
    EVENT_MAX_PER_BATCH = 65535,
    EVENT_PAYLOAD_MAX_BYTES = 16 * 1024 * 1024, /* decompressed */
    EVENT_ADDRESS_BYTES = 32
};

/* Unpack a batch's payload into `arena`. The messages live until the arena is reset. An event whose
 * body this version does not know has body_case NOT_SET and is left in its place.
 * Errors  ERR_TOO_LARGE (a limit, or the arena's maximum: the same for the same payload and maximum),
 *         ERR_MALFORMED (not an EventBatch, or not of `event_count` events), ERR_NOMEM. */
MUST_CHECK enum err event_batch_unpack(const void *payload, size_t size, uint32_t event_count,
                                       struct arena *arena, Songhua__V1__EventBatch **out);

/* Append one encoded Event, as publisher_publish() takes it. Errors  ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err event_pack(const Songhua__V1__Event *event, struct buffer *out);

/* An Event around a body, recorded at time_ms. The body is borrowed. */
Songhua__V1__Event event_of_observation(Songhua__V1__Observation *observation, uint64_t time_ms);
Songhua__V1__Event event_of_retraction(Songhua__V1__Retraction *retraction, uint64_t time_ms);
Songhua__V1__Event event_of_framework(Songhua__V1__FrameworkVersion *framework, uint64_t time_ms);
Songhua__V1__Event event_of_heartbeat(Songhua__V1__Heartbeat *heartbeat, uint64_t time_ms);
Songhua__V1__Event event_of_score(Songhua__V1__Score *score, uint64_t time_ms);
Songhua__V1__Event event_of_milestone(Songhua__V1__Milestone *milestone, uint64_t time_ms);
Songhua__V1__Event event_of_doubt(Songhua__V1__Doubt *doubt, uint64_t time_ms);
Songhua__V1__Event event_of_framework_refusal(Songhua__V1__FrameworkRefusal *refusal,
                                              uint64_t time_ms);
Songhua__V1__Event event_of_composite_score(Songhua__V1__CompositeScore *score, uint64_t time_ms);
Songhua__V1__Event event_of_alert(Songhua__V1__Alert *alert, uint64_t time_ms);

/* The topic an event is published under, written to `out`: "observation", the indicator's id for a
 * score, "composite/node" for a composite's, "doubt/indicator" for a doubt, "indicator/target/state"
 * for an alert ("indicator/rule/state" for one about data). Errors  ERR_USAGE (no body), ERR_LIMIT.
 * Source  proto/README.md "Topics". */
enum { EVENT_TOPIC_BYTES = 129 };
MUST_CHECK enum err event_topic(const Songhua__V1__Event *event, char out[EVENT_TOPIC_BYTES]);

/* "sequence.index" */
void event_address_format(uint64_t sequence, uint32_t index, char out[EVENT_ADDRESS_BYTES]);

#endif
