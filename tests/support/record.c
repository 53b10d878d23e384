#include "tests/support/record.h"

#include "proto/event/obs_status.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct record start(struct framework *framework)
{
    struct record record = {.framework = framework};
    cr_assert_eq(evaluation_new(NULL, &record.evaluation), ERR_OK);
    cr_assert_eq(
        evaluation_set_framework(record.evaluation, record.framework, (struct address){0, 0}),
        ERR_OK);
    return record;
}

struct record record_with(const char *document)
{
    struct diag diag;
    struct framework *framework = framework_case_load(document, ERR_OK, &diag);
    diag_fini(&diag);
    return start(framework);
}

static enum err take_row(void *context, const struct observation_row *row)
{
    struct record *record = context;
    struct address address = {++record->sequence, 0};
    return evaluation_add_observation(record->evaluation, row->region, row->observation, address,
                                      0);
}

void record_read(struct record *record, const char *path)
{
    framework_case_figures(path, record->framework, take_row, record);
}

struct record record_published(const char *path)
{
    struct record record = start(framework_case_file("deploy/framework/jilin-2021.yaml"));
    record_read(&record, path);
    return record;
}

struct record record_of(const char *more)
{
    char document[4096];
    snprintf(document, sizeof document,
             "framework: test\nversion: 1\ntitle: {zh: 测, en: test}\nsource: test\n"
             "indicators:\n  - id: x\n    name: {zh: 测, en: x}\n    kind: quantity\n"
             "    unit: \"%%\"\n    regions: [220000]\n%s",
             more);
    return record_with(document);
}

void record_free(struct record *record)
{
    evaluation_free(record->evaluation);
    framework_free(record->framework);
}

void record_add(struct record *record, const char *period, const char *value, char status)
{
    Songhua__V1__Observation observation = SONGHUA__V1__OBSERVATION__INIT;
    struct decimal decimal = {0, 0};
    char letter[] = {status, '\0'};
    observation.indicator = "x";
    observation.period = (char *)period;
    cr_assert_eq(obs_status_parse(letter, &observation.obs_status), ERR_OK);
    if (!obs_status_is_missing(observation.obs_status))
        cr_assert_eq(decimal_parse(value, &decimal, NULL), ERR_OK);
    observation.unscaled = decimal.unscaled;
    observation.decimals = decimal.decimals;
    struct address address = {++record->sequence, 0};
    cr_assert_eq(evaluation_add_observation(record->evaluation, 220000, &observation, address, 0),
                 ERR_OK);
}

void record_milestone(struct record *record, const char *part, char state, const char *date)
{
    static const char letters[] = "PSDCE"; /* in the order of MilestoneState */
    Songhua__V1__Milestone milestone = SONGHUA__V1__MILESTONE__INIT;
    milestone.indicator = "x";
    milestone.part = (char *)part;
    milestone.state = (Songhua__V1__MilestoneState)(strchr(letters, state) - letters);
    milestone.date = (char *)date;
    struct address address = {++record->sequence, 0};
    cr_assert_eq(evaluation_add_milestone(record->evaluation, 220000, &milestone, address, 0),
                 ERR_OK);
}

void record_retract(struct record *record, const char *period)
{
    Songhua__V1__Retraction retraction = SONGHUA__V1__RETRACTION__INIT;
    retraction.indicator = "x";
    retraction.period = (char *)period;
    struct address address = {++record->sequence, 0};
    cr_assert_eq(evaluation_add_retraction(record->evaluation, 220000, &retraction, address,
                                           record->sequence),
                 ERR_OK);
}

struct judgement record_judge_at(const struct record *record, const char *target,
                                 struct as_of as_of)
{
    const struct indicator *indicator = framework_indicator(record->framework, "x");
    const struct target *wanted = indicator->target_count > 0 ? indicator->targets : NULL;
    if (target != NULL)
        wanted = target[0] != '\0' ? indicator_target(indicator, target) : NULL;
    struct judgement judgement;
    evaluation_judge(record->evaluation, as_of, indicator, wanted, 220000, &judgement);
    return judgement;
}

struct judgement record_judge(const struct record *record, const char *target)
{
    return record_judge_at(record, target, (struct as_of){UINT64_MAX, UINT64_MAX});
}

void expect_number(const struct judgement *judgement, enum judgement_number number, double wanted,
                   double tolerance)
{
    cr_assert(judgement_has(judgement, number), "number %d is not there", (int)number);
    cr_expect(fabs(judgement->numbers[number] - wanted) <= tolerance,
              "number %d is %.17g, not %.17g", (int)number, judgement->numbers[number], wanted);
}

static enum err take_doubt(void *context, const struct doubt *doubt)
{
    struct doubts_found *found = context;
    found->last = *doubt;
    found->count++;
    return ERR_OK;
}

struct doubts_found record_doubts(const struct record *record)
{
    static const struct as_of now = {UINT64_MAX, UINT64_MAX};
    struct doubts_found found = {.count = 0};
    cr_assert_eq(doubts_all(record->evaluation, now, take_doubt, &found), ERR_OK);
    return found;
}

void expect_verdict(const struct judgement *judgement, Songhua__V1__Judgement verdict,
                    enum reason reason)
{
    cr_expect_eq(judgement->verdict, verdict, "it is %s, not %s", verdict_name(judgement->verdict),
                 verdict_name(verdict));
    cr_expect_eq(judgement->reason, reason, "because of '%s', not '%s'",
                 reason_id(judgement->reason), reason_id(reason));
}

uint64_t day(int year, int month, int date)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = date, .tm_hour = 12};
    return (uint64_t)timegm(&tm) * 1000;
}
