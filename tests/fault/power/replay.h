/* Every disk that a power cut could have left of a recorded life, or as many as asked for, each checked.
 *
 * A cut comes before every entry of the record. Where a flush is about to answer, or a commit has just
 * answered, what is in doubt is: all there; none; the last alone; all but the last; each alone; all but
 * each; and random subsets by the seed, of a density that is random too. At the other moments: all there,
 * none, all but the last. Entries of directories take every combination, as they are few.
 */
#ifndef SONGHUA_TESTS_REPLAY_H
#define SONGHUA_TESTS_REPLAY_H

#include "tests/fault/power/check.h"

#include <stdint.h>

struct replay_options {
    const char *trace;
    const char *directory; /* for images: made, and made empty by each */
    uint64_t root_inode;   /* of the recorded directory */
    uint64_t seed, images; /* wanted; at least what must be looked at */
    check *check;
};

struct replay_result {
    uint64_t cuts, images, lives_on; /* lives_on: images in which the work went on */
    uint64_t verdicts[VERDICTS];
    char first[CHECK_WHY_BYTES + 100]; /* the first that is not sound */
};

/* In the calling process, which a bad image may end: `out` is then right but for the image it died of, so
 * let it lie in shared memory. False: an image could not be made; errno says why. */
bool replay_run(const struct replay_options *options, struct replay_result *out);

#endif
