#include "producers/agent/submission.h"

#include "producers/agent/agent.h"
#include "producers/agent/source.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/base/text.h"
#include "proto/event/event.h"
#include "proto/event/kind_check.h"
#include "proto/event/obs_status.h"
#include "proto/event/unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { EVENT_MAX_BYTES = 64 * 1024, REGIONS_TEXT_BYTES = 200 };

struct packing {
    const struct submission_options *options;
    struct submission *submission;
    struct buffer event;
    uint64_t now_ms;
};

/* --- one row ---------------------------------------------------------------------------------- */

/* "220100 220200 …", as many as fit. */
static void list_regions(const struct identity *identity, char out[REGIONS_TEXT_BYTES])
{
    enum { ONE_BYTES = 7, MORE_BYTES = 4 };
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < identity->region_count; i++) {
        if (used + ONE_BYTES + MORE_BYTES >= REGIONS_TEXT_BYTES) {
            snprintf(out + used, REGIONS_TEXT_BYTES - used, " …");
            return;
        }
        used += (size_t)snprintf(out + used, REGIONS_TEXT_BYTES - used, "%s%06u", i ? " " : "",
                                 identity->regions[i]);
    }
}

static void refuse_region(struct packing *packing, const struct source_row *row, uint32_t region,
                          uint64_t line)
{
    char regions[REGIONS_TEXT_BYTES], zh[480], en[480], value[REGION_CODE_BYTES];
    const struct identity *identity = packing->options->identity;
    list_regions(identity, regions);
    region_format(region, value);
    snprintf(zh, sizeof zh, "证书 %s 不得填报此地区，可填报 %s", identity->name, regions);
    snprintf(en, sizeof en, "the certificate %s may not report for this region, only for %s",
             identity->name, regions);
    diag_add(&packing->submission->diag, line, row->region_column, "SH-1403", "region", value, zh,
             en);
    packing->submission->refused++;
}

/* Said before anything is sent: the reporter is the one who can look it up. */
static void doubt_kind(struct packing *packing, const struct source_row *row)
{
    const Songhua__V1__Observation *observation = row->observation->observation;
    const struct indicator *indicator =
        framework_indicator(packing->options->framework, observation->indicator);
    struct decimal value = {observation->unscaled, observation->decimals}, nearest;
    char text[DECIMAL_TEXT_BYTES], other[DECIMAL_TEXT_BYTES], zh[160], en[160];
    if (packing->options->is_confirmed || !obs_status_is_usable(observation->obs_status) ||
        unit_convert(value, observation->unit, indicator->unit, &value) ||
        kind_fits(indicator, value, &nearest))
        return;
    const struct name rule = kind_rule(indicator);
    decimal_format((struct decimal){observation->unscaled, observation->decimals}, text);
    decimal_format(nearest, other);
    snprintf(zh, sizeof zh, "%s，最接近的是%s%s", rule.zh, other, indicator->unit);
    snprintf(en, sizeof en, "%s, the nearest is %s %s", rule.en, other, indicator->unit);
    finding_add(&packing->submission->doubts, row->observation->line, row->value_column,
                FINDING_VALUE_KIND, "value", text, zh, en);
}

static enum err pack(struct packing *packing, uint32_t region, const struct figure *figure,
                     const Songhua__V1__Event *event)
{
    buffer_clear(&packing->event);
    enum err err = event_pack(event, &packing->event);
    return err ? err
               : parcel_add(&packing->submission->parcel, region, figure, packing->event.data,
                            packing->event.size);
}

static enum err pack_milestone(struct packing *packing, const struct milestone_row *row)
{
    struct figure figure;
    Songhua__V1__Milestone milestone = *row->milestone;
    figure_of_milestone(row->region, &milestone, &figure);
    Songhua__V1__Event event = event_of_milestone(&milestone, packing->now_ms);
    return pack(packing, row->region, &figure, &event);
}

static enum err pack_observation(struct packing *packing, const struct observation_row *row)
{
    struct figure figure;
    Songhua__V1__Observation observation = *row->observation;
    observation.confirmed = packing->options->is_confirmed;
    figure_of_observation(row->region, &observation, &figure);
    if (packing->options->revises)
        observation.revises = text_unconst(packing->options->revises);
    Songhua__V1__Event event = event_of_observation(&observation, packing->now_ms);
    return pack(packing, row->region, &figure, &event);
}

static enum err take_row(void *context, const struct source_row *row)
{
    struct packing *packing = context;
    const struct identity *identity = packing->options->identity;
    uint32_t region = row->milestone ? row->milestone->region : row->observation->region;
    if (identity && !agent_may_report(identity, region)) {
        refuse_region(packing, row, region,
                      row->milestone ? row->milestone->line : row->observation->line);
        return ERR_OK;
    }
    if (row->milestone)
        return pack_milestone(packing, row->milestone);
    doubt_kind(packing, row);
    return pack_observation(packing, row->observation);
}

/* --- the whole file --------------------------------------------------------------------------- */

/* The bytes are hashed and read from one copy: what is remembered is what was sent. */
static void remember_bytes(struct submission *submission, const void *bytes, size_t size)
{
    unsigned char digest[DIGEST_BYTES];
    const struct digest_piece whole = {bytes, size};
    digest_of(&whole, 1, digest);
    parcel_set_digest(&submission->parcel, digest);
}

/* ERR_OK when there is something to send, or nothing was wrong. */
static enum err judge(const struct submission *submission, const struct submission_options *options)
{
    bool is_clean = submission->diag.total == 0;
    bool may_keep = options->keeps_good && submission->is_whole && submission->parcel.rows;
    return is_clean || may_keep ? ERR_OK : ERR_ROWS;
}

static enum err read_rows(const struct source *source, const void *bytes, size_t size,
                          struct packing *packing)
{
    struct observation_csv_counts counts;
    struct submission *submission = packing->submission;
    struct progress progress = progress_start("检查 / checking", size);
    const struct source_input input = {.bytes = bytes,
                                       .size = size,
                                       .framework = packing->options->framework,
                                       .max_rows = PARCEL_MAX_ROWS,
                                       .now_ms = packing->now_ms,
                                       .progress = &progress};
    enum err err =
        source->read(&input, &submission->diag, take_row, packing, &counts, &submission->is_whole);
    progress_end(&progress);
    submission->rows = counts.rows;
    submission->refused += counts.refused;
    return err == ERR_ROWS ? ERR_OK : err;
}

enum err submission_read_bytes(const char *name, const struct source *source, const void *bytes,
                               size_t size, const struct submission_options *options,
                               struct submission *out)
{
    struct submission submission = {0};
    struct packing packing = {
        .options = options, .submission = &submission, .now_ms = clock_realtime_ms()};
    buffer_init(&packing.event, EVENT_MAX_BYTES);
    enum err err = diag_init(&submission.diag, name, SUBMISSION_MAX_FINDINGS);
    if (!err)
        err = diag_init(&submission.doubts, name, SUBMISSION_MAX_FINDINGS);
    if (!err)
        err = parcel_init(&submission.parcel, source_topic(source, bytes, size), name);
    if (!err)
        err = read_rows(source, bytes, size, &packing);
    buffer_fini(&packing.event);
    if (!err) {
        err = judge(&submission, options);
        if (!err && !submission.diag.total && !options->is_repeatable)
            remember_bytes(&submission, bytes, size);
    }
    if (err && err != ERR_ROWS)
        submission_fini(&submission);
    else
        *out = submission;
    return err;
}

static enum err read_file(const char *path, struct buffer *bytes)
{
    struct stat info;
    const char *real = strcmp(path, "-") ? path : "/dev/stdin";
    if (!stat(real, &info) && S_ISDIR(info.st_mode))
        return ERR_USAGE;
    return file_read(real, bytes);
}

enum err submission_read(const char *path, const struct submission_options *options,
                         struct submission *out)
{
    struct buffer bytes;
    const struct source *source = source_for(path);
    buffer_init(&bytes, SUBMISSION_MAX_BYTES);
    enum err err = read_file(path, &bytes);
    if (!err && !source)
        err = ERR_USAGE;
    if (!err)
        err = submission_read_bytes(path, source, bytes.data, bytes.size, options, out);
    buffer_fini(&bytes);
    return err;
}

void submission_fini(struct submission *submission)
{
    diag_fini(&submission->diag);
    diag_fini(&submission->doubts);
    parcel_fini(&submission->parcel);
    *submission = (struct submission){0};
}
