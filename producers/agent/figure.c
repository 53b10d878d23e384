#include "producers/agent/figure.h"

#include "proto/base/bytes.h"
#include "proto/wire/digest.h"

#include <string.h>

/* Texts with their closing NUL, so that "ab","c" and "a","bc" differ. */
static struct digest_piece text_piece(const char *text)
{
    return (struct digest_piece){text, strlen(text) + 1};
}

static void short_digest(const struct digest_piece *pieces, size_t count,
                         unsigned char out[FIGURE_BYTES])
{
    unsigned char digest[DIGEST_BYTES];
    digest_of(pieces, count, digest);
    memcpy(out, digest, FIGURE_BYTES);
}

void figure_of_observation(uint32_t region, const Songhua__V1__Observation *observation,
                           struct figure *out)
{
    unsigned char numbers[8 * 5];
    bytes_put_le64(numbers, region);
    bytes_put_le64(numbers + 8, (uint64_t)observation->unscaled);
    bytes_put_le64(numbers + 16, observation->decimals);
    bytes_put_le64(numbers + 24, (uint64_t)observation->obs_status);
    bytes_put_le64(numbers + 32,
                   (observation->cumulative ? 1 : 0) | (observation->confirmed ? 2 : 0));
    const struct digest_piece key[] = {text_piece("observation"),
                                       {numbers, 8},
                                       text_piece(observation->indicator),
                                       text_piece(observation->period),
                                       text_piece(observation->definition)};
    const struct digest_piece content[] = {{numbers, sizeof numbers},
                                           text_piece(observation->unit),
                                           text_piece(observation->source),
                                           text_piece(observation->note)};
    short_digest(key, sizeof key / sizeof *key, out->key);
    short_digest(content, sizeof content / sizeof *content, out->fingerprint);
}

void figure_of_milestone(uint32_t region, const Songhua__V1__Milestone *milestone,
                         struct figure *out)
{
    unsigned char numbers[8 * 2];
    bytes_put_le64(numbers, region);
    bytes_put_le64(numbers + 8, (uint64_t)milestone->state);
    const struct digest_piece key[] = {text_piece("milestone"),
                                       {numbers, 8},
                                       text_piece(milestone->indicator),
                                       text_piece(milestone->part)};
    const struct digest_piece content[] = {{numbers, sizeof numbers},
                                           text_piece(milestone->date),
                                           text_piece(milestone->source),
                                           text_piece(milestone->note)};
    short_digest(key, sizeof key / sizeof *key, out->key);
    short_digest(content, sizeof content / sizeof *content, out->fingerprint);
}

void figure_of_framework(const char *id, const void *document, size_t size, struct figure *out)
{
    const struct digest_piece key[] = {text_piece("framework"), text_piece(id)};
    const struct digest_piece content[] = {{document, size}};
    short_digest(key, 2, out->key);
    short_digest(content, 1, out->fingerprint);
}
