/* All figures that were recorded, by series, and the units they came in. For consumers/evaluate alone;
 * evaluation.h says what each call does.
 *
 * Memory for 10^6 figures is 50 to 60 MB, and 200 bytes for each series.
 */
#ifndef SONGHUA_EVALUATE_FIGURES_H
#define SONGHUA_EVALUATE_FIGURES_H

#include "consumers/evaluate/series.h"

enum { FIGURES_MAX_UNITS = 1024 };

struct figures {
    struct evaluation_limits limits;
    struct arena arena;
    struct series **table; /* open addressing, a power of two */
    size_t table_size;
    const char *units[FIGURES_MAX_UNITS]; /* by vintage.unit */
    size_t unit_count;
    struct series *unsaved; /* those with figures that are in no row yet */
    struct series **unsaved_end;
    struct evaluation_counts counts;
    struct {
        struct series *series; /* whose rows are being restored; NULL: none */
        struct period_ranks *ranks;
    } restoring;
};

struct series_name {
    const char *indicator, *definition;
    uint32_t region;
};

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err figures_init(struct figures *figures, const struct evaluation_limits *limits);
void figures_fini(struct figures *figures);

/* NULL: there is none. */
const struct series *figures_find(const struct figures *figures, const struct series_name *name);

/* Whether the limit is reached; milestones count too. */
bool figures_are_full(const struct figures *figures);

/* Add a vintage, whose unit is set here from `unit`. Errors  ERR_USAGE (ids), ERR_LIMIT, ERR_NOMEM. */
MUST_CHECK enum err figures_add(struct figures *figures, const struct series_name *name,
                                uint32_t period_key, const char *unit, struct vintage *vintage);

/* As evaluation_save(), evaluation_restore() and evaluation_restored(). */
MUST_CHECK enum err figures_save(struct figures *figures, evaluation_row *row, void *context);
MUST_CHECK enum err figures_restore(struct figures *figures, const void *key, size_t key_size,
                                    const void *value, size_t value_size);
MUST_CHECK enum err figures_restored(struct figures *figures);

#endif
