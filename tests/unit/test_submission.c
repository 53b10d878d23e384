#include "producers/agent/deposit.h"
#include "producers/agent/source.h"
#include "producers/agent/station.h"
#include "producers/agent/submission.h"
#include "tests/support/agent_case.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER             "indicator,region,period,value,unit,obs_status,definition,source,note\n"
#define ROW(period, value) "rd_intensity,220100," period "," value ",,,,,\n"

/* An agent with its framework loaded. */
struct bench {
    struct agent_case *agent;
    struct framework *framework;
    struct submission_options options;
};

static struct bench bench_new(void)
{
    struct bench bench = {.agent = agent_case_new("220100")};
    struct diag diag;
    cr_assert_eq(diag_init(&diag, "framework", 10), ERR_OK);
    cr_assert_eq(framework_load_file(agent_case_path(bench.agent, "framework.yaml"), &diag,
                                     &bench.framework),
                 ERR_OK);
    diag_fini(&diag);
    bench.options.framework = bench.framework;
    bench.options.identity = &bench.agent->identity;
    return bench;
}

static void bench_free(struct bench *bench)
{
    framework_free(bench->framework);
    agent_case_free(&bench->agent);
}

static enum err read_text(const struct bench *bench, const char *text, struct submission *out)
{
    return submission_read_bytes("test.csv", source_for("test.csv"), text, strlen(text),
                                 &bench->options, out);
}

static struct station *open_station(const struct bench *bench)
{
    char state[128];
    struct station *station;
    snprintf(state, sizeof state, "%s/state", bench->agent->directory);
    const struct station_options options = {
        .kind = "test", .state = state, .identity = &bench->agent->identity};
    cr_assert_eq(station_open(&options, &station), ERR_OK);
    return station;
}

/* Read and deposit the text in one go; what is wrong with it fails the test. */
static struct deposit_outcome deposit_flagged(const struct bench *bench, const char *text,
                                              enum parcel_flag flag)
{
    uint64_t ticket;
    struct submission submission;
    struct deposit_outcome outcome;
    struct station *station = open_station(bench);
    cr_assert_eq(read_text(bench, text, &submission), ERR_OK);
    parcel_set_flag(&submission.parcel, flag);
    cr_assert_eq(station_deposit(station, submission.parcel.bytes.data,
                                 submission.parcel.bytes.size, &outcome, &ticket),
                 ERR_OK);
    submission_fini(&submission);
    station_close(&station);
    return outcome;
}

static struct deposit_outcome deposit(const struct bench *bench, const char *text)
{
    return deposit_flagged(bench, text, 0);
}

static uint64_t waiting_events(const struct bench *bench)
{
    return agent_case_outbox(bench->agent).events;
}

/* --- reading ---------------------------------------------------------------------------------- */

Test(submission, a_bad_row_refuses_the_whole_file_and_every_error_is_listed, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    cr_expect_eq(read_text(&bench,
                           HEADER ROW("2023", "1.5") ROW("2024", "1.5%")
                               ROW("2O22", "\"1,5\"") "nothing,220100,2021,1.4,,,,,\n",
                           &submission),
                 ERR_ROWS);
    cr_expect_eq(submission.rows, 4);
    cr_expect_eq(submission.refused, 3);
    cr_assert_geq(submission.diag.count, 4, "two errors in line 4");
    cr_expect_eq(submission.diag.items[0].line, 3);
    cr_expect_eq(submission.diag.items[0].column, 4);
    cr_expect_str_eq(submission.diag.items[0].value, "1.5%");
    submission_fini(&submission);
    bench_free(&bench);
}

Test(submission, a_region_the_certificate_does_not_name_is_refused_with_its_column, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    cr_expect_eq(read_text(&bench, HEADER "rd_intensity,220200,2023,1.5,,,,,\n", &submission),
                 ERR_ROWS);
    cr_assert_eq(submission.diag.count, 1);
    cr_expect_eq(submission.diag.items[0].line, 2);
    cr_expect_eq(submission.diag.items[0].column, 2);
    cr_expect_str_eq(submission.diag.items[0].code, "SH-1403");
    cr_expect(strstr(submission.diag.items[0].en, "220100") != NULL);
    submission_fini(&submission);
    bench_free(&bench);
}

Test(submission, the_good_rows_are_kept_when_asked_for, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    bench.options.keeps_good = true;
    cr_expect_eq(read_text(&bench,
                           HEADER ROW("2022", "1.3") ROW("2023", "x")
                               ROW("2024", "1.5") "rd_intensity,220200,2023,1.5,,,,,\n",
                           &submission),
                 ERR_OK);
    cr_expect_eq(submission.refused, 2);
    cr_expect_eq(submission.parcel.rows, 2);
    submission_fini(&submission);
    bench_free(&bench);
}

Test(submission, an_open_quote_refuses_the_file_even_when_good_rows_are_asked_for, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    bench.options.keeps_good = true;
    cr_expect_eq(read_text(&bench, HEADER ROW("2022", "1.3") "rd_intensity,220100,2023,1.5,,,,\"",
                           &submission),
                 ERR_ROWS);
    cr_expect_not(submission.is_whole);
    submission_fini(&submission);
    bench_free(&bench);
}

Test(submission, hostile_bytes_are_findings_and_nothing_else, .timeout = 60)
{
    static const char *const texts[] = {
        "",
        "\n\n\n",
        "\"",
        "indicator",
        "a,b,c\n1,2,3\n",
        HEADER,
        HEADER ",,,,,,,,\n",
        HEADER "rd_intensity,220100,2023,99999999999999999999999999,,,,,\n",
        HEADER "rd_intensity,220100,2023,１．５,,,,,\n",
        HEADER "rd_intensity,220100,2023,1.5,,,,\x01\x02,\n",
        HEADER "rd_intensity,220100,2023,1.5,,,,\xff\xfe\x80,\n",
        HEADER "rd_intensity,220100,2023,=cmd|'/C calc'!A0,,,,,\n",
        HEADER "rd_intensity,220100,2023,1.5\nrd_intensity\n\"\"\"\"\"\n"};
    struct bench bench = bench_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct submission submission;
        cr_expect_eq(read_text(&bench, texts[i], &submission), ERR_ROWS, "text %zu", i);
        cr_expect_gt(submission.diag.total, 0, "text %zu", i);
        submission_fini(&submission);
    }
    bench_free(&bench);
}

Test(submission, a_file_that_is_not_there_is_not_found, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    cr_expect_eq(submission_read("/nonexistent/a.csv", &bench.options, &submission), ERR_NOT_FOUND);
    cr_expect_eq(submission_read(bench.agent->directory, &bench.options, &submission), ERR_USAGE);
    agent_case_write(bench.agent, "a.pdf", "x");
    cr_expect_eq(
        submission_read(agent_case_path(bench.agent, "a.pdf"), &bench.options, &submission),
        ERR_USAGE);
    bench_free(&bench);
}

/* --- depositing ------------------------------------------------------------------------------- */

Test(deposit, the_same_file_is_taken_once, .timeout = 30)
{
    struct bench bench = bench_new();
    struct deposit_outcome first = deposit(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"));
    struct deposit_outcome second = deposit(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"));
    cr_expect_eq(first.fresh, 2);
    cr_expect_not(first.is_repeat);
    cr_expect(second.is_repeat);
    cr_expect_gt(second.submitted_ms, 0);
    cr_expect_eq(waiting_events(&bench), 2);
    bench_free(&bench);
}

/* A file of its own for each year, taken so many milliseconds after the first. */
static struct deposit_outcome deposit_year(const struct bench *bench, struct outbox *outbox,
                                           unsigned year)
{
    char text[256];
    struct submission submission;
    struct deposit_outcome outcome;
    snprintf(text, sizeof text, HEADER "rd_intensity,220100,%u,1.5,,,,,\n", 2000 + year);
    cr_assert_eq(read_text(bench, text, &submission), ERR_OK);
    cr_assert_eq(deposit_parcel(outbox, &bench->agent->identity, submission.parcel.bytes.data,
                                submission.parcel.bytes.size, 1700000000000 + year, &outcome),
                 ERR_OK);
    submission_fini(&submission);
    return outcome;
}

Test(deposit, the_oldest_files_are_forgotten_and_their_figures_are_not, .timeout = 30)
{
    struct bench bench = bench_new();
    struct outbox *outbox;
    cr_assert_eq(
        outbox_open(&(struct outbox_options){.directory = agent_case_path(bench.agent, "o"),
                                             .stream = "events",
                                             .producer = bench.agent->identity.name},
                    &outbox),
        ERR_OK);
    for (unsigned year = 1; year <= 12; year++)
        deposit_year(&bench, outbox, year);
    cr_assert_eq(deposit_trim(outbox, 12), ERR_OK);
    cr_expect(deposit_year(&bench, outbox, 1).is_repeat, "there is room for all");
    cr_assert_eq(deposit_trim(outbox, 8), ERR_OK);
    for (unsigned year = 12; year > 6; year--)
        cr_expect(deposit_year(&bench, outbox, year).is_repeat, "%u is one of the newest 6", year);
    struct deposit_outcome outcome = deposit_year(&bench, outbox, 6);
    cr_expect_not(outcome.is_repeat);
    cr_expect_eq(outcome.unchanged, 1);
    cr_expect_eq(outcome.batches, 0);
    outbox_close(&outbox);
    bench_free(&bench);
}

Test(deposit, a_file_killed_after_it_was_enqueued_is_enqueued_once, .timeout = 30)
{
    struct bench bench = bench_new();
    int status;
    pid_t pid = fork();
    if (!pid) {
        uint64_t ticket;
        struct submission submission;
        struct deposit_outcome outcome;
        struct station *station = open_station(&bench);
        if (!read_text(&bench, HEADER ROW("2023", "1.5"), &submission) &&
            !station_deposit(station, submission.parcel.bytes.data, submission.parcel.bytes.size,
                             &outcome, &ticket))
            raise(SIGKILL);
        _exit(1);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status));
    cr_expect(deposit(&bench, HEADER ROW("2023", "1.5")).is_repeat);
    cr_expect_eq(waiting_events(&bench), 1);
    bench_free(&bench);
}

Test(deposit, a_changed_figure_is_a_new_vintage_and_the_others_are_left_out, .timeout = 30)
{
    struct bench bench = bench_new();
    size_t count;
    uint32_t regions[AGENT_CASE_MAX_EVENTS];
    deposit(&bench, HEADER ROW("2022", "1.4") ROW("2023", "1.5") ROW("2024", "1.6"));
    struct deposit_outcome outcome =
        deposit(&bench, HEADER ROW("2022", "1.4") ROW("2023", "1.55") ROW("2024", "1.6"));
    cr_expect_eq(outcome.fresh, 0);
    cr_expect_eq(outcome.revised, 1);
    cr_expect_eq(outcome.unchanged, 2);
    Songhua__V1__Event **events = agent_case_events(bench.agent, &count, regions);
    cr_assert_eq(count, 4);
    cr_expect_eq(regions[3], 220100);
    cr_expect_str_eq(events[3]->observation->period, "2023");
    cr_expect_eq(events[3]->observation->unscaled, 155);
    cr_expect_eq(events[3]->observation->decimals, 2);
    cr_expect_str_eq(events[3]->observation->revises, "");
    agent_case_free_events(events, count);
    bench_free(&bench);
}

Test(deposit, another_source_or_note_is_a_new_vintage_too, .timeout = 30)
{
    struct bench bench = bench_new();
    deposit(&bench, HEADER "rd_intensity,220100,2023,1.5,,,,bulletin,\n");
    cr_expect_eq(deposit(&bench, HEADER "rd_intensity,220100,2023,1.5,,,,yearbook,\n").revised, 1);
    cr_expect_eq(deposit(&bench, HEADER "rd_intensity,220100,2023,1.50,,,,yearbook,\n").revised, 1,
                 "1.50 was reported, not 1.5");
    bench_free(&bench);
}

Test(deposit, definitions_and_periods_are_figures_of_their_own, .timeout = 30)
{
    struct bench bench = bench_new();
    struct deposit_outcome outcome = deposit(&bench, HEADER "patents,220100,2024-Q1,7,,,granted,,\n"
                                                            "patents,220100,2024-Q1,7,,,filed,,\n"
                                                            "patents,220100,2024-Q2,7,,,filed,,\n");
    cr_expect_eq(outcome.fresh, 3);
    bench_free(&bench);
}

Test(deposit, a_history_in_one_file_is_sent_in_order_and_only_once, .timeout = 30)
{
    struct bench bench = bench_new();
    struct deposit_outcome first = deposit(&bench, HEADER ROW("2015", "1.01") ROW("2015", "1.41"));
    struct deposit_outcome longer =
        deposit(&bench, HEADER ROW("2015", "1.01") ROW("2015", "1.41") ROW("2015", "1.42"));
    struct deposit_outcome last = deposit(&bench, HEADER "\n" ROW("2015", "1.42"));
    cr_expect_eq(first.fresh, 1);
    cr_expect_eq(first.revised, 1);
    cr_expect_eq(longer.unchanged, 2);
    cr_expect_eq(longer.revised, 1);
    cr_expect_eq(last.unchanged, 1);
    cr_expect_eq(last.revised, 0);
    cr_expect_eq(waiting_events(&bench), 3);
    bench_free(&bench);
}

Test(deposit, going_back_to_an_earlier_figure_is_a_vintage, .timeout = 30)
{
    struct bench bench = bench_new();
    deposit(&bench, HEADER ROW("2023", "1.5"));
    deposit(&bench, HEADER ROW("2023", "1.6"));
    cr_expect_eq(deposit(&bench, HEADER "\n" ROW("2023", "1.5")).revised, 1);
    cr_expect_eq(waiting_events(&bench), 3);
    bench_free(&bench);
}

Test(deposit, a_repeat_tells_how_many_figures_were_revised_since, .timeout = 30)
{
    struct bench bench = bench_new();
    deposit(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"));
    deposit(&bench, HEADER ROW("2023", "1.55"));
    struct deposit_outcome again = deposit(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"));
    cr_expect(again.is_repeat);
    cr_expect_eq(again.superseded, 1);
    struct deposit_outcome forced =
        deposit_flagged(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"), PARCEL_AGAIN);
    cr_expect_eq(forced.revised, 1);
    cr_expect_eq(forced.unchanged, 1);
    bench_free(&bench);
}

Test(deposit, the_same_row_twice_is_one_event, .timeout = 30)
{
    struct bench bench = bench_new();
    struct deposit_outcome outcome = deposit(&bench, HEADER ROW("2023", "1.5") ROW("2023", "1.5"));
    cr_expect_eq(outcome.fresh, 1);
    cr_expect_eq(outcome.unchanged, 1);
    bench_free(&bench);
}

Test(deposit, a_dry_parcel_changes_nothing, .timeout = 30)
{
    struct bench bench = bench_new();
    cr_expect_eq(deposit_flagged(&bench, HEADER ROW("2023", "1.5"), PARCEL_DRY).fresh, 1);
    cr_expect_eq(waiting_events(&bench), 0);
    cr_expect_not(deposit(&bench, HEADER ROW("2023", "1.5")).is_repeat);
    bench_free(&bench);
}

Test(deposit, a_region_or_topic_the_broker_would_deny_never_enters_the_outbox, .timeout = 30)
{
    struct bench bench = bench_new();
    uint64_t ticket;
    struct submission submission;
    struct deposit_outcome outcome;
    struct parcel framework;
    struct station *station = open_station(&bench);
    bench.options.identity = NULL;
    cr_assert_eq(read_text(&bench, HEADER "rd_intensity,220200,2023,1.5,,,,,\n", &submission),
                 ERR_OK);
    cr_expect_eq(station_deposit(station, submission.parcel.bytes.data,
                                 submission.parcel.bytes.size, &outcome, &ticket),
                 ERR_DENIED);
    cr_assert_eq(parcel_init(&framework, "framework", "f.yaml"), ERR_OK);
    cr_expect_eq(
        station_deposit(station, framework.bytes.data, framework.bytes.size, &outcome, &ticket),
        ERR_DENIED);
    parcel_fini(&framework);
    submission_fini(&submission);
    station_close(&station);
    cr_expect_eq(waiting_events(&bench), 0);
    bench_free(&bench);
}

Test(deposit, a_parcel_cut_short_or_altered_is_refused_whole, .timeout = 60)
{
    struct bench bench = bench_new();
    uint64_t ticket;
    struct submission submission;
    struct deposit_outcome outcome;
    struct station *station = open_station(&bench);
    cr_assert_eq(read_text(&bench, HEADER ROW("2023", "1.5") ROW("2024", "1.6"), &submission),
                 ERR_OK);
    const struct buffer *bytes = &submission.parcel.bytes;
    for (size_t size = 0; size < bytes->size; size++)
        cr_expect_eq(station_deposit(station, bytes->data, size, &outcome, &ticket), ERR_MALFORMED,
                     "%zu of %zu bytes", size, bytes->size);
    bytes->data[0] ^= 1;
    cr_expect_eq(station_deposit(station, bytes->data, bytes->size, &outcome, &ticket),
                 ERR_MALFORMED);
    submission_fini(&submission);
    station_close(&station);
    cr_expect_eq(waiting_events(&bench), 0);
    bench_free(&bench);
}

Test(deposit, a_large_file_becomes_several_batches_of_one_transaction, .timeout = 60)
{
    enum { ROWS = 4000 };
    struct bench bench = bench_new();
    struct buffer text;
    char note[301];
    buffer_init(&text, 4 << 20);
    memset(note, 'x', 300);
    note[300] = '\0';
    cr_assert_eq(buffer_append_text(&text, HEADER), ERR_OK);
    for (int i = 0; i < ROWS; i++)
        cr_assert_eq(buffer_append_format(&text, "rd_intensity,220100,%d,%d.%02d,,,,,%s\n",
                                          1950 + i % 50, i / 100, i % 100, note),
                     ERR_OK);
    struct deposit_outcome outcome = deposit(&bench, buffer_text(&text));
    cr_expect_eq(outcome.fresh + outcome.revised, ROWS);
    cr_expect_gt(outcome.batches, 4);
    cr_expect_eq(agent_case_outbox(bench.agent).batches, outcome.batches);
    cr_expect(deposit(&bench, buffer_text(&text)).is_repeat);
    buffer_fini(&text);
    bench_free(&bench);
}

Test(submission, reports_of_milestones_are_told_by_their_header_and_sent_once, .timeout = 30)
{
    static const char text[] = "指标,地区,分项,进展,日期\nj34,220100,,已启动,2022-01-10\n";
    static const char later[] = "指标,地区,分项,进展,日期\nj34,220100,,已启动,2022-01-10\n"
                                "j34,220100,,已完成,2024-05-30\n";
    struct bench bench = bench_new();
    struct framework *framework = framework_case_file("deploy/framework/jilin-2021.yaml");
    struct submission submission;
    struct parcel_reader reader;
    struct parcel_row row;
    bench.options.framework = framework;
    cr_assert_eq(read_text(&bench, text, &submission), ERR_OK);
    cr_assert_eq(parcel_open(submission.parcel.bytes.data, submission.parcel.bytes.size, &reader),
                 ERR_OK);
    cr_expect_str_eq(reader.label.topic, "milestone");
    cr_assert_eq(parcel_next(&reader, &row), ERR_OK);
    Songhua__V1__Event *event = songhua__v1__event__unpack(NULL, row.size, row.event);
    cr_assert_not_null(event);
    cr_assert_eq(event->body_case, SONGHUA__V1__EVENT__BODY_MILESTONE);
    cr_expect_str_eq(event->milestone->indicator, "j34");
    cr_expect_eq(event->milestone->state, SONGHUA__V1__MILESTONE_STATE__MILESTONE_STARTED);
    songhua__v1__event__free_unpacked(event, NULL);
    submission_fini(&submission);
    struct deposit_outcome outcome = deposit_flagged(&bench, text, 0);
    cr_expect_eq(outcome.fresh, 1);
    outcome = deposit_flagged(&bench, later, 0);
    cr_expect_eq(outcome.fresh, 0);
    cr_expect_eq(outcome.unchanged, 1);
    cr_expect_eq(outcome.revised, 1);
    framework_free(framework);
    bench_free(&bench);
}

Test(submission, a_milestone_of_a_foreign_region_is_refused, .timeout = 30)
{
    struct bench bench = bench_new();
    struct submission submission;
    bench.options.framework = NULL;
    cr_assert_eq(
        read_text(&bench, "indicator,region,state,date\nx,220200,done,2024-01-01\n", &submission),
        ERR_ROWS);
    cr_assert_eq(submission.diag.total, 1);
    cr_expect_str_eq(submission.diag.items[0].code, "SH-1403");
    cr_expect_eq(submission.diag.items[0].line, 2);
    submission_fini(&submission);
    bench_free(&bench);
}
