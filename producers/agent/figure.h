/* Which figure an observation is about, and what it says: two short digests, so that a figure that was
 * sent already is known again without keeping the figures themselves.
 */
#ifndef SONGHUA_AGENT_FIGURE_H
#define SONGHUA_AGENT_FIGURE_H

#include "proto/event/event.pb-c.h"

#include <stddef.h>
#include <stdint.h>

enum { FIGURE_BYTES = 16 };

struct figure {
    unsigned char key[FIGURE_BYTES];         /* indicator, region, period, definition */
    unsigned char fingerprint[FIGURE_BYTES]; /* all that was reported; not when, nor `revises` */
};

/* The texts of the observation are in canonical form (observation_csv.h). */
void figure_of_observation(uint32_t region, const Songhua__V1__Observation *observation,
                           struct figure *out);

/* A report of a milestone: the key is indicator, region and part. */
void figure_of_milestone(uint32_t region, const Songhua__V1__Milestone *milestone,
                         struct figure *out);

/* A framework: the key is its id, the fingerprint that of the document. */
void figure_of_framework(const char *id, const void *document, size_t size, struct figure *out);

#endif
