#include "producers/agent/source.h"

#include "proto/event/finding.h"

#include <string.h>

enum { SLICE_BYTES = 64 * 1024 };

struct reading {
    struct observation_csv *csv;
    source_visit *visit;
    void *context;
};

static enum err take_row(void *context, const struct observation_row *row)
{
    const struct reading *reading = context;
    const struct source_row found = {
        .observation = row,
        .region_column = observation_csv_column(reading->csv, FIELD_REGION),
        .value_column = observation_csv_column(reading->csv, FIELD_VALUE)};
    return reading->visit(reading->context, &found);
}

static enum err feed(struct reading *reading, const struct source_input *input)
{
    for (size_t at = 0; at < input->size; at += SLICE_BYTES) {
        size_t left = input->size - at;
        enum err err = observation_csv_feed(reading->csv, input->bytes + at,
                                            left < SLICE_BYTES ? left : SLICE_BYTES);
        if (err)
            return err;
        if (input->progress)
            progress_update(input->progress, at);
    }
    return ERR_OK;
}

/* A quotation mark out of place moves the borders of all rows around it; and of findings that were not
 * kept nothing is known. */
static bool has_sure_borders(const struct diag *diag)
{
    for (size_t i = 0; i < diag->count; i++)
        if (!strcmp(diag->items[i].code, finding_code(FINDING_CSV_QUOTES)))
            return false;
    return diag->count == diag->total;
}

static enum err take_milestone(void *context, const struct milestone_row *row)
{
    const struct reading *reading = context;
    const struct source_row found = {.milestone = row, .region_column = row->region_column};
    return reading->visit(reading->context, &found);
}

static enum err read_milestones(const struct source_input *input, struct diag *diag,
                                struct reading *reading, struct observation_csv_counts *counts,
                                bool *is_whole)
{
    enum err err = milestone_csv_read(input->bytes, input->size, input->framework, input->now_ms,
                                      diag, take_milestone, reading, counts);
    *is_whole = (err == ERR_OK || err == ERR_ROWS) && has_sure_borders(diag);
    return err;
}

enum err source_csv_read(const struct source_input *input, struct diag *diag, source_visit *visit,
                         void *context, struct observation_csv_counts *counts, bool *is_whole)
{
    struct reading reading = {.visit = visit, .context = context};
    const struct observation_csv_options options = {.framework = input->framework,
                                                    .max_rows = input->max_rows};
    *counts = (struct observation_csv_counts){0};
    *is_whole = false;
    if (milestone_csv_is(input->bytes, input->size))
        return read_milestones(input, diag, &reading, counts, is_whole);
    enum err err = observation_csv_new(&options, diag, take_row, &reading, &reading.csv);
    if (err)
        return err;
    err = feed(&reading, input);
    if (!err) {
        err = observation_csv_finish(reading.csv);
        *is_whole = has_sure_borders(diag);
    }
    *counts = observation_csv_counts(reading.csv);
    observation_csv_free(reading.csv);
    return err;
}
