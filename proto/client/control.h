/* Questions to a broker that are not about records: streams, producers, positions, status.
 *
 * Each call sends one request and waits for its reply up to timeout_ms. Results are protobuf
 * messages of wire.proto; release them with the library's free function.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_CLIENT_CONTROL_H
#define SONGHUA_CLIENT_CONTROL_H

#include "proto/base/err.h"
#include "proto/net/identity.h"
#include "proto/wire/wire.pb-c.h"

#include <stdint.h>

struct control;

/* Errors  ERR_KEY, ERR_USAGE, ERR_NOMEM. */
MUST_CHECK enum err control_open(const char *endpoint, const char *server_key,
                                 const struct identity *identity, struct control **out);
void control_close(struct control **control);

/* Ask what has no parameters: SONGHUA__V1__REQUEST__BODY_LIST_STREAMS, LIST_POSITIONS, LIST_PRODUCERS,
 * GET_STATUS. The reply, which has what was asked for, is released with
 * songhua__v1__reply__free_unpacked(reply, NULL). A reply whose code is not OK becomes the error of the same
 * name, its words are kept for control_error_text().
 * Errors  ERR_TIMEOUT, ERR_UNREACHABLE, ERR_KEY, ERR_DENIED … */
MUST_CHECK enum err control_ask(struct control *control, Songhua__V1__Request__BodyCase question,
                                uint32_t timeout_ms, Songhua__V1__Reply **out);
const char *control_error_text(const struct control *control);

/* SavePosition. The position that stands already is saved without more. Errors also ERR_CONFLICT:
 * *standing (may be NULL) is another position, which stands. */
MUST_CHECK enum err control_save_position(struct control *control, const char *stream,
                                          const char *consumer, uint64_t expected,
                                          uint64_t position, uint32_t timeout_ms,
                                          uint64_t *standing);

/* The same without waiting for the disk: call it again with the same struct while it answers ERR_TIMEOUT.
 * Where the connection was made anew, it is sent again.
 * Errors  as above; ERR_CONFLICT: save->standing is what stands. */
struct control_save {
    const char *stream, *consumer;
    uint64_t expected, position;
    uint64_t id; /* of the request under way; 0: it is still to be sent, or to be sent again */
    uint64_t standing;
};
MUST_CHECK enum err control_save_step(struct control *control, struct control_save *save,
                                      uint32_t wait_ms);

#endif
