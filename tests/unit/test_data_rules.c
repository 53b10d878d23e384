#include "consumers/alerter/alerter.h"
#include "consumers/alerter/data_rules.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define FIRING   SONGHUA__V1__ALERT_STATE__ALERT_FIRING
#define RESOLVED SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED

/* An alerter's state, and the alerts that the last event made. */
struct data_case {
    struct alerter_state state;
    struct effects effects;
    uint64_t sequence;
    Songhua__V1__EventBatch *alerts; /* NULL: none */
    char topic[TOPIC_MAX_BYTES + 1];
    uint32_t region;
};

static enum err note(void *context, const struct batch_draft *draft)
{
    struct data_case *data = context;
    cr_assert_null(data->alerts, "one batch");
    data->alerts = songhua__v1__event_batch__unpack(NULL, draft->payload_size, draft->payload);
    strcpy(data->topic, draft->topic);
    data->region = draft->region;
    return ERR_OK;
}

static void begin(struct data_case *data)
{
    if (data->alerts)
        songhua__v1__event_batch__free_unpacked(data->alerts, NULL);
    data->alerts = NULL;
    effects_clear(&data->effects);
    effects_begin(&data->effects, 1000 * ++data->sequence);
}

static const Songhua__V1__Alert *end(struct data_case *data)
{
    effects_end(&data->effects);
    cr_assert_eq(effects_each(&data->effects, note, data), ERR_OK);
    return data->alerts ? data->alerts->events[0]->alert : NULL;
}

static struct data_case data_new(void)
{
    struct data_case data = {.sequence = 0};
    alerter_state_init(&data.state);
    effects_init(&data.effects);
    return data;
}

static void data_free(struct data_case *data)
{
    begin(data);
    effects_fini(&data->effects);
    alerter_state_fini(&data->state);
}

static const Songhua__V1__Alert *tell_period(struct data_case *data, const char *period,
                                             const char *since, const char *framework,
                                             uint64_t as_of)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)"2025";
    score.judgement = SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK;
    score.period = (char *)(uintptr_t)period;
    score.name_zh = (char *)"研发强度";
    score.name_en = (char *)"R&D intensity";
    score.overdue_since = (char *)(uintptr_t)since;
    score.framework = (char *)(uintptr_t)framework;
    score.as_of_sequence = as_of;
    begin(data);
    const struct data_fact fact = {220000, data->sequence, 3, 5000};
    cr_assert_eq(data_rules_score(&data->state, &fact, &score, &data->effects), ERR_OK);
    return end(data);
}

static const Songhua__V1__Alert *tell_score(struct data_case *data, const char *since,
                                            const char *framework, uint64_t as_of)
{
    return tell_period(data, "2023", since, framework, as_of);
}

Test(data_rules, who_never_reported_is_not_said_so_once_a_report_has_come, .timeout = 10)
{
    struct data_case data = data_new();
    const Songhua__V1__Alert *alert = tell_period(&data, "", "2022-10-27", "f@1", 10);
    cr_assert_not_null(alert);
    cr_expect_not_null(strstr(alert->summary_en, "never reported"), "%s", alert->summary_en);
    char id[ALERT_ID_BYTES];
    snprintf(id, sizeof id, "%s", alert->id);
    alert = tell_period(&data, "2023", "2025-10-27", "f@1", 11);
    cr_assert_not_null(alert, "it is late, but for another period");
    cr_expect_eq(alert->state, FIRING);
    cr_expect_str_eq(alert->id, id, "the same alert");
    cr_expect_str_eq(alert->since_period, "2023");
    cr_expect_not_null(strstr(alert->summary_en, "after 2023 is late"), "%s", alert->summary_en);
    cr_expect_null(tell_period(&data, "2023", "2025-10-27", "f@1", 12), "said");
    cr_expect_null(tell_period(&data, "2022", "2024-10-27", "f@1", 13), "a target further back");
    cr_expect_null(tell_period(&data, "2023", "2025-10-27", "f@1", 14), "no to and fro");
    data_free(&data);
}

Test(data_rules, a_late_report_is_said_once_and_resolved_when_it_comes, .timeout = 10)
{
    struct data_case data = data_new();
    cr_expect_null(tell_score(&data, "", "f@1", 10));
    const Songhua__V1__Alert *alert = tell_score(&data, "2025-10-27", "f@1", 11);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, FIRING);
    cr_expect_eq(alert->family, SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA);
    cr_expect_eq(alert->severity, SONGHUA__V1__SEVERITY__SEVERITY_WATCH);
    cr_expect_str_eq(alert->rule, "late_report");
    cr_expect_str_eq(data.topic, "rd_intensity/late_report/firing");
    cr_expect_not_null(strstr(alert->summary_zh, "2025-10-27"), "%s", alert->summary_zh);
    cr_expect_not_null(strstr(alert->summary_en, "after 2023 is late"), "%s", alert->summary_en);
    char id[ALERT_ID_BYTES];
    snprintf(id, sizeof id, "%s", alert->id);
    cr_expect_null(tell_score(&data, "2025-10-27", "f@1", 12), "it was said");
    cr_expect_null(tell_score(&data, "", "f@1", 9), "an earlier one is not heard");
    alert = tell_score(&data, "", "f@1", 13);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_str_eq(alert->id, id);
    data_free(&data);
}

static const Songhua__V1__Alert *tell_reason(struct data_case *data, const char *target,
                                             const char *reason, uint64_t as_of)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)(uintptr_t)target;
    score.period = (char *)"2023";
    score.name_en = (char *)"R&D intensity";
    score.reason = (char *)(uintptr_t)reason;
    score.as_of_sequence = as_of;
    begin(data);
    const struct data_fact fact = {220000, data->sequence, 3, 5000};
    cr_assert_eq(data_rules_score(&data->state, &fact, &score, &data->effects), ERR_OK);
    return end(data);
}

Test(data_rules, case_6_a_missing_baseline_is_an_alert_about_data_until_there_is_one, .timeout = 10)
{
    struct data_case data = data_new();
    cr_expect_null(tell_reason(&data, "2025", "", 10));
    const Songhua__V1__Alert *alert = tell_reason(&data, "2035", "no_baseline", 11);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, FIRING);
    cr_expect_eq(alert->family, SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA);
    cr_expect_str_eq(alert->rule, "no_baseline");
    cr_expect_str_eq(alert->target, "2035");
    cr_expect_str_eq(data.topic, "rd_intensity/no_baseline/firing");
    cr_expect_not_null(strstr(alert->summary_en, "its figure for 2023 cannot be judged"));
    cr_expect_null(tell_reason(&data, "2035", "no_baseline", 12), "it was said");
    cr_expect_null(tell_reason(&data, "2025", "", 13), "the other target has one");
    alert = tell_reason(&data, "2035", "", 14);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    data_free(&data);
}

static const Songhua__V1__Alert *tell_closed(struct data_case *data, const char *reason,
                                             uint64_t as_of)
{
    Songhua__V1__Score score = SONGHUA__V1__SCORE__INIT;
    score.indicator = (char *)"rd_intensity";
    score.target = (char *)"2025";
    score.judgement = SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED;
    score.reason = (char *)(uintptr_t)reason;
    score.name_en = (char *)"R&D intensity";
    score.framework = (char *)"f@2";
    score.as_of_sequence = as_of;
    begin(data);
    const struct data_fact fact = {220000, data->sequence, 3, 5000};
    cr_assert_eq(data_rules_score(&data->state, &fact, &score, &data->effects), ERR_OK);
    return end(data);
}

Test(data_rules, what_a_framework_leaves_out_is_late_no_more_and_that_is_said, .timeout = 10)
{
    struct data_case data = data_new();
    cr_assert_not_null(tell_score(&data, "2025-10-27", "f@1", 11));
    cr_expect_null(tell_closed(&data, "target_left_out", 12), "another target still wants it");
    const Songhua__V1__Alert *alert = tell_closed(&data, "item_left_out", 13);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_not_null(strstr(alert->summary_en, "does not watch the item there (f@2)"), "%s",
                       alert->summary_en);
    data_free(&data);
}

static const Songhua__V1__Alert *tell_doubt(struct data_case *data, Songhua__V1__DoubtKind kind,
                                            const char *period, bool is_cleared, bool is_answered)
{
    Songhua__V1__Doubt doubt = SONGHUA__V1__DOUBT__INIT;
    doubt.indicator = (char *)"rd_intensity";
    doubt.period = (char *)(uintptr_t)period;
    doubt.kind = kind;
    doubt.is_cleared = is_cleared;
    doubt.is_answered = is_answered;
    doubt.text_zh = (char *)"研发强度 2023：155%，约为相邻时期中位数1.43的100倍";
    doubt.text_en = (char *)"R&D intensity, 2023: 155 %, about 100 times 1.43";
    begin(data);
    const struct data_fact fact = {220000, data->sequence, 0, 5000};
    doubt.as_of_sequence = data->sequence;
    cr_assert_eq(data_rules_doubt(&data->state, &fact, &doubt, &data->effects), ERR_OK);
    return end(data);
}

Test(data_rules, each_kind_of_doubt_but_late_is_an_alert_by_its_own_name, .timeout = 10)
{
    const ProtobufCEnumDescriptor *kinds = &songhua__v1__doubt_kind__descriptor;
    for (unsigned i = 0; i < kinds->n_values; i++) {
        struct data_case data = data_new();
        const Songhua__V1__DoubtKind kind = (Songhua__V1__DoubtKind)kinds->values[i].value;
        const Songhua__V1__Alert *alert = tell_doubt(&data, kind, "2023", false, false);
        const char *name = kinds->values[i].name + strlen("DOUBT_");
        if (kind == SONGHUA__V1__DOUBT_KIND__DOUBT_LATE)
            cr_expect_null(alert, "the calendar raises that one");
        else
            cr_expect(alert && !strcasecmp(alert->target, name), "%s", name);
        data_free(&data);
    }
}

#define SLIP SONGHUA__V1__DOUBT_KIND__DOUBT_UNIT_SLIP

Test(data_rules, a_doubt_is_an_alert_about_data_until_a_revision_takes_it_away, .timeout = 10)
{
    struct data_case data = data_new();
    const Songhua__V1__Alert *alert = tell_doubt(&data, SLIP, "2023", false, false);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, FIRING);
    cr_expect_eq(alert->family, SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA);
    cr_expect_str_eq(alert->rule, "doubtful_figure");
    cr_expect_str_eq(alert->target, "unit_slip");
    cr_expect_str_eq(alert->since_period, "2023");
    cr_expect_str_eq(data.topic, "rd_intensity/doubtful_figure/firing");
    cr_expect_not_null(strstr(alert->summary_zh, "吉林省数据存疑：研发强度 2023：155%"));
    cr_expect_not_null(strstr(alert->summary_en, "Jilin Province, doubtful figure: R&D"));
    cr_expect_null(tell_doubt(&data, SLIP, "2023", false, false), "it was said");
    cr_expect_not_null(tell_doubt(&data, SLIP, "2022", false, false), "another figure");
    alert = tell_doubt(&data, SLIP, "2023", true, false);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_not_null(strstr(alert->summary_en, "gone, the figures were revised"));
    cr_expect_null(tell_doubt(&data, SLIP, "2023", true, false));
    data_free(&data);
}

Test(data_rules, a_doubt_that_was_answered_resolves_and_says_so, .timeout = 10)
{
    struct data_case data = data_new();
    tell_doubt(&data, SLIP, "2023", false, false);
    const Songhua__V1__Alert *alert = tell_doubt(&data, SLIP, "2023", true, true);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_not_null(strstr(alert->summary_zh, "填报单位已核实"), "%s", alert->summary_zh);
    cr_expect_null(tell_doubt(&data, SONGHUA__V1__DOUBT_KIND__DOUBT_LATE, "2023", false, false),
                   "late reports have a rule of their own");
    data_free(&data);
}

Test(data_rules, a_doubt_that_a_framework_ends_is_not_said_to_be_revised, .timeout = 10)
{
    struct data_case data = data_new();
    Songhua__V1__Doubt doubt = SONGHUA__V1__DOUBT__INIT;
    tell_doubt(&data, SLIP, "2023", false, false);
    doubt.indicator = (char *)"rd_intensity";
    doubt.period = (char *)"2023";
    doubt.kind = SLIP;
    doubt.is_cleared = doubt.by_framework = true;
    doubt.framework = (char *)"f@2";
    begin(&data);
    doubt.as_of_sequence = data.sequence;
    const struct data_fact fact = {220000, data.sequence, 0, 5000};
    cr_assert_eq(data_rules_doubt(&data.state, &fact, &doubt, &data.effects), ERR_OK);
    const Songhua__V1__Alert *alert = end(&data);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_null(strstr(alert->summary_en, "revised"), "%s", alert->summary_en);
    cr_expect_not_null(strstr(alert->summary_en, "does not arise under framework f@2"));
    cr_expect_null(strstr(alert->summary_zh, "修订"), "%s", alert->summary_zh);
    cr_expect_not_null(strstr(alert->summary_zh, "按指标体系 f@2 不再存疑"));
    data_free(&data);
}

static void store(struct data_case *data, struct outbox *outbox)
{
    cr_assert_eq(outbox_begin(outbox), ERR_OK);
    cr_assert_eq(effects_apply(&data->effects, outbox), ERR_OK);
    cr_assert_eq(outbox_commit(outbox), ERR_OK);
}

static struct outbox *open_outbox(const struct scratch *scratch)
{
    struct outbox *outbox;
    const struct outbox_options options = {
        .directory = scratch->directory, .stream = "alerts", .producer = "alerter"};
    cr_assert_eq(outbox_open(&options, &outbox), ERR_OK);
    return outbox;
}

static bool count_row(void *context, const void *key, size_t key_size, const void *value,
                      size_t value_size)
{
    size_t *count = context;
    (void)key, (void)key_size, (void)value, (void)value_size;
    ++*count;
    return true;
}

Test(data_rules, doubts_that_ended_take_no_room, .timeout = 10)
{
    struct data_case data = data_new();
    struct scratch scratch = scratch_new();
    struct outbox *outbox = open_outbox(&scratch);
    size_t rows = 0;
    data.state.tracks.max = 1;
    for (int year = 1990; year < 2020; year++) {
        char period[8];
        snprintf(period, sizeof period, "%d", year);
        cr_assert_not_null(tell_doubt(&data, SLIP, period, false, false));
        store(&data, outbox);
        cr_assert_not_null(tell_doubt(&data, SLIP, period, true, false));
        store(&data, outbox);
    }
    cr_expect_eq(data.state.tracks.count, 0);
    cr_assert_eq(outbox_each(outbox, "a/", 2, count_row, &rows), ERR_OK);
    cr_expect_eq(rows, 0);
    outbox_close(&outbox);
    scratch_remove(&scratch);
    data_free(&data);
}

Test(data_rules, of_an_ended_doubt_an_earlier_word_is_not_heard_after_a_restart_either,
     .timeout = 10)
{
    struct data_case data = data_new();
    struct scratch scratch = scratch_new();
    struct outbox *outbox = open_outbox(&scratch);
    cr_assert_not_null(tell_reason(&data, "2035", "no_baseline", 11));
    store(&data, outbox);
    cr_assert_not_null(tell_reason(&data, "2035", "", 12));
    store(&data, outbox);
    cr_expect_null(tell_reason(&data, "2035", "no_baseline", 11), "published again");
    alerter_state_fini(&data.state);
    alerter_state_init(&data.state);
    cr_assert_eq(alerter_state_load(&data.state, outbox), ERR_OK);
    cr_expect_null(tell_reason(&data, "2035", "no_baseline", 11), "published again");
    cr_expect_not_null(tell_reason(&data, "2035", "no_baseline", 13), "it is missing again");
    outbox_close(&outbox);
    scratch_remove(&scratch);
    data_free(&data);
}

Test(data_rules, more_alerts_than_are_kept_are_an_error, .timeout = 10)
{
    struct data_case data = data_new();
    Songhua__V1__Doubt doubt = SONGHUA__V1__DOUBT__INIT;
    const struct data_fact fact = {220000, 2, 0, 5000};
    data.state.tracks.max = 1;
    tell_doubt(&data, SLIP, "2022", false, false);
    doubt.indicator = (char *)"rd_intensity";
    doubt.period = (char *)"2023";
    doubt.kind = SLIP;
    doubt.as_of_sequence = 2;
    begin(&data);
    cr_expect_eq(data_rules_doubt(&data.state, &fact, &doubt, &data.effects), ERR_LIMIT);
    end(&data);
    data_free(&data);
}

static const Songhua__V1__Alert *tell_refusal(struct data_case *data, uint32_t version)
{
    Songhua__V1__FrameworkRefusal refusal = SONGHUA__V1__FRAMEWORK_REFUSAL__INIT;
    refusal.id = (char *)"f";
    refusal.version = version;
    refusal.findings = 2;
    refusal.first_zh = (char *)"14:9: 错";
    refusal.first_en = (char *)"14:9: wrong";
    refusal.in_force = (char *)"f@1";
    begin(data);
    const struct data_fact fact = {220000, data->sequence, 0, 5000};
    cr_assert_eq(data_rules_refusal(&data->state, &fact, &refusal, &data->effects), ERR_OK);
    return end(data);
}

Test(data_rules, a_refused_framework_is_an_alert_until_it_is_in_force, .timeout = 10)
{
    struct data_case data = data_new();
    const Songhua__V1__Alert *alert = tell_refusal(&data, 2);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, FIRING);
    cr_expect_eq(alert->severity, SONGHUA__V1__SEVERITY__SEVERITY_SEVERE);
    cr_expect_str_eq(data.topic, "framework/framework_refused/firing");
    cr_expect_str_eq(alert->target, "f");
    cr_expect_not_null(strstr(alert->summary_en, "f@2 was refused, 2 findings"));
    cr_expect_not_null(strstr(alert->summary_en, "14:9: wrong"));
    cr_expect_null(tell_score(&data, "", "f@1", 11), "the one before it");
    cr_expect_null(tell_score(&data, "", "g@7", 12), "another framework");
    alert = tell_score(&data, "", "f@2", 13);
    cr_assert_not_null(alert);
    cr_expect_eq(alert->state, RESOLVED);
    cr_expect_str_eq(alert->target, "f");
    cr_expect_null(tell_score(&data, "", "f@2", 14));
    data_free(&data);
}

Test(data_rules, what_fires_is_known_again_after_a_restart, .timeout = 10)
{
    struct data_case data = data_new();
    struct scratch scratch = scratch_new();
    struct outbox *outbox = open_outbox(&scratch);
    tell_score(&data, "2025-10-27", "f@1", 11);
    store(&data, outbox);
    alerter_state_fini(&data.state);
    alerter_state_init(&data.state);
    cr_assert_eq(alerter_state_load(&data.state, outbox), ERR_OK);
    cr_expect_null(tell_score(&data, "2025-10-27", "f@1", 12));
    cr_expect_not_null(tell_score(&data, "", "f@1", 13));
    outbox_close(&outbox);
    scratch_remove(&scratch);
    data_free(&data);
}
