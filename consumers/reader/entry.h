/* One event of the record with what its record says about it: what readers select, keep and print. */
#ifndef SONGHUA_READER_ENTRY_H
#define SONGHUA_READER_ENTRY_H

#include "proto/base/arena.h"
#include "proto/base/buffer.h"
#include "proto/base/err.h"
#include "proto/client/subscriber.h"
#include "proto/event/event.pb-c.h"

#include <stddef.h>
#include <stdint.h>

enum { ENTRY_ARENA_MAX_BYTES = 256 << 20 }; /* for the events of one record */

struct entry {
    uint64_t sequence; /* of the record in its stream */
    uint32_t index;    /* of the event in the record, from 0 */
    uint64_t stored_ms;
    uint32_t region;
    const char *stream, *producer;
    const Songhua__V1__Event *event;
};

/* Call `visit` for each event of the record, in order; the entry lives during the call. Events live in
 * `arena`, which is reset first. Errors  ERR_MALFORMED, ERR_TOO_LARGE (no visit was made), ERR_NOMEM,
 * what `visit` answered. */
typedef enum err entry_visit(void *context, const struct entry *entry);
MUST_CHECK enum err entry_visit_record(const struct subscriber_record *record, struct arena *arena,
                                       entry_visit *visit, void *context);

/* A copy of an entry that outlives its record; the event is kept packed. */
struct entry_copy {
    struct entry entry; /* stream and producer point to `names`, event is NULL */
    char *names;
    unsigned char *bytes;
    size_t size;
};
MUST_CHECK enum err entry_copy(const struct entry *entry, struct entry_copy *out);
void entry_copy_free(struct entry_copy *copy); /* accepts an all-zero copy */

/* Call `visit` with the entry as it was. Errors  as above. */
MUST_CHECK enum err entry_copy_visit(const struct entry_copy *copy, struct arena *arena,
                                     entry_visit *visit, void *context);

/* What the event is about; "" for what it does not have. Borrowed from the event. */
const char *entry_type(const struct entry *entry); /* "observation", as keys and users name it */
const char *entry_indicator(const struct entry *entry);

/* The key that a later event of the same kind of thing shares: scores by region, indicator and target;
 * observations and retractions by region, indicator, period and definition; alerts by their id. Keys
 * compare in order of region, indicator and target. Ends with a NUL that is not counted. */
MUST_CHECK enum err entry_key(const struct entry *entry, struct buffer *out);

#endif
