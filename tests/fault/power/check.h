/* Whether what a cut has left is right: nothing lost, nothing corrupt, nothing invented.
 *
 * The image is opened as the program would open it after a restart, and must hold the state of the last
 * acknowledged commit, or of the one that was under way, whole; P0 (tests/support/history.h) must hold
 * for the batches.
 */
#ifndef SONGHUA_TESTS_CHECK_H
#define SONGHUA_TESTS_CHECK_H

#include "tests/fault/power/note.h"

#include <stdbool.h>
#include <stddef.h>

enum { CHECK_WHY_BYTES = 600 };

enum verdict { VERDICT_SOUND, VERDICT_LOST, VERDICT_CORRUPT, VERDICT_INVENTED, VERDICTS };

/* What was told before the cut. */
struct knowledge;
struct knowledge *knowledge_new(uint64_t seed); /* of the workload */
void knowledge_free(struct knowledge **knowledge);
void knowledge_take(struct knowledge *knowledge, const struct note *note);

/* The image's directory is the workload's root. `goes_on`: also go on with the work, which changes the
 * image. `why` is set when the verdict is not VERDICT_SOUND. */
typedef enum verdict check(const struct knowledge *knowledge, const char *directory, bool goes_on,
                           char why[CHECK_WHY_BYTES]);
check check_journal, check_outbox;

/* --- for the two checks ------------------------------------------------------------------------- */

struct history;

struct knowledge {
    uint64_t seed;
    struct note *notes; /* of batches: sent, acknowledged */
    size_t count, room;
    bool has_did, is_under_way; /* DID was told; WILL was told since */
    struct state did, will;
    bool has_id;
    unsigned char id[DIGEST_BYTES];
};

/* Tell a history what was sent, and what was acknowledged as record first[stream] or later. */
void knowledge_tell(const struct knowledge *knowledge, const struct state *found,
                    struct history *history);
/* The verdict on a state that is neither DID nor WILL: older than what was acknowledged is lost. */
enum verdict knowledge_blame(const struct knowledge *knowledge, const struct state *found,
                             char why[CHECK_WHY_BYTES]);
enum verdict knowledge_ask(struct history *history, char why[CHECK_WHY_BYTES]);
unsigned knowledge_stream(const char *name);

#endif
