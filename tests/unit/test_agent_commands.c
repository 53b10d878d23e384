#include "proto/base/file.h"
#include "proto/event/finding.h"
#include "tests/support/agent_case.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER      "indicator,region,period,value,unit,obs_status,definition,source,note\n"
#define SUBMIT(...) ARGUMENTS("submit", "--timeout", "0s", __VA_ARGS__)

static bool says(const char *text, const char *what)
{
    return strstr(text, what) != NULL;
}

/* --- submit ----------------------------------------------------------------------------------- */

Test(agent_submit, a_bad_file_exits_65_and_names_file_line_column_and_value, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "bad.csv",
                     HEADER "rd_intensity,220100,2023,1.5,,,,,\n"
                            "rd_intensity,220100,2024,2.3%%,,,,,\nrd,220100,2024,2,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("bad.csv")), 65);
    cr_expect(says(agent->err, "bad.csv:3:4:"), "%s", agent->err);
    cr_expect(says(agent->err, "2.3%%"), "%s", agent->err);
    cr_expect(says(agent->err, "bad.csv:4:1:"), "%s", agent->err);
    cr_expect(says(agent->err, "未发送任何一行") && says(agent->err, "nothing was sent"));
    cr_expect(says(agent->err, "songhua-agent explain SH-"), "%s", agent->err);
    cr_expect_str_eq(agent->out, "", "%s", agent->out);
    cr_expect_not(file_exists(agent_case_path(agent, "state/outbox")));
    agent_case_free(&agent);
}

Test(agent_submit, keep_good_sends_the_rest_and_still_exits_65, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "mixed.csv",
                     HEADER "rd_intensity,220100,2023,1.5,,,,,\nrd_intensity,220100,2024,x,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("--keep-good", "mixed.csv")), 65);
    cr_expect(says(agent->err, "mixed.csv:3:4:"), "%s", agent->err);
    cr_expect(says(agent->out, "1 queued"), "%s", agent->out);
    cr_expect_eq(agent_case_outbox(agent).events, 1);
    agent_case_free(&agent);
}

Test(agent_submit, the_same_file_again_sends_nothing_says_so_and_exits_0, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0, "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "already submitted"), "%s", agent->out);
    cr_expect(says(agent->out, "nothing sent"), "%s", agent->out);
    cr_expect_eq(agent_case_outbox(agent).events, 1);
    agent_case_free(&agent);
}

Test(agent_submit, one_bad_file_does_not_hold_back_another, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "bad.csv", HEADER "rd_intensity,220100,2023,,,,,,\n");
    agent_case_write(agent, "good.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("bad.csv", "good.csv")), 65);
    cr_expect_eq(agent_case_outbox(agent).events, 1);
    agent_case_free(&agent);
}

Test(agent_submit, a_missing_file_exits_66, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, SUBMIT("nowhere.csv")), 66);
    cr_expect(says(agent->err, "nowhere.csv"), "%s", agent->err);
    agent_case_free(&agent);
}

Test(agent_submit, without_the_broker_it_exits_69_and_keeps_everything, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("submit", "--timeout", "300ms", "a.csv")), 69);
    cr_expect(says(agent->err, "kept in the outbox"), "%s", agent->err);
    cr_expect(says(agent->err, "SH-1301"), "%s", agent->err);
    cr_expect_eq(agent_case_outbox(agent).events, 1);
    agent_case_free(&agent);
}

Test(agent_submit, a_certificate_that_is_missing_or_open_to_others_exits_77, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("--identity", "other.cert", "a.csv")), 77);
    cr_expect(says(agent->err, "keygen"), "%s", agent->err);
    cr_assert_eq(chmod(agent_case_path(agent, "agent.cert_secret"), 0644), 0);
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 77);
    cr_expect(says(agent->err, "chmod 600"), "%s", agent->err);
    agent_case_free(&agent);
}

Test(agent_submit, a_dry_run_shows_the_figures_and_leaves_no_trace, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.50,,P,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("--dry-run", "a.csv")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "1.50") && says(agent->out, "长春市"), "%s", agent->out);
    cr_expect(says(agent->out, "1 would be sent"), "%s", agent->out);
    cr_expect_not(file_exists(agent_case_path(agent, "state")));
    agent_case_free(&agent);
}

Test(agent_submit, json_is_one_object_a_file_with_every_finding, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    agent_case_write(agent, "b.csv", HEADER "rd_intensity,220100,2023,x,,,,,\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("--json", "a.csv", "b.csv")), 65);
    cr_expect(says(agent->out, "{\"file\":\"a.csv\",\"result\":\"queued\",\"rows\":1"), "%s",
              agent->out);
    cr_expect(says(agent->out, "{\"file\":\"b.csv\",\"result\":\"refused\",\"rows\":1"), "%s",
              agent->out);
    cr_expect(says(agent->out, "\"line\":2,\"column\":4,\"code\":\"SH-2111\""), "%s", agent->out);
    agent_case_free(&agent);
}

Test(agent_submit, gb18030_and_chinese_column_names_are_understood, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    size_t count;
    /* 指标,地区,时期,数值,来源 / rd_intensity,长春市,2023年,1.5,公报 in GB18030 */
    agent_case_write(
        agent, "gb.csv",
        "\xd6\xb8\xb1\xea,\xb5\xd8\xc7\xf8,\xca\xb1\xc6\xda,\xca\xfd\xd6\xb5,\xc0\xb4\xd4\xb4\n"
        "rd_intensity,\xb3\xa4\xb4\xba\xca\xd0,2023\xc4\xea,1.5,\xb9\xab\xb1\xa8\n");
    cr_expect_eq(agent_case_run(agent, SUBMIT("gb.csv")), 0, "%s", agent->err);
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 1);
    cr_expect_str_eq(events[0]->observation->period, "2023");
    cr_expect_str_eq(events[0]->observation->source, "公报");
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_submit, hostile_bytes_are_refused_and_nothing_is_enqueued, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    char *long_line = malloc(200001);
    memset(long_line, 'a', 200000);
    long_line[200000] = '\0';
    agent_case_write(agent, "long.csv", long_line);
    agent_case_write(agent, "quote.csv", HEADER "\"rd_intensity,220100,2023,1.5\n");
    agent_case_write(agent, "bytes.csv", "\xff\xfe\x00\x01\x80\x80,\x1b[31m\n\x1b]0;x\x07");
    agent_case_write(agent, "escape.csv", HEADER "\x1b[31mrd,220100,2023,1.5,,,,,\n");
    agent_case_write(agent, "empty.csv", "");
    cr_assert_eq(
        file_write(agent_case_path(agent, "nul.csv"), HEADER "a\0b", sizeof HEADER + 2, 0644),
        ERR_OK);
    static const char *const files[] = {"long.csv",   "quote.csv", "bytes.csv",
                                        "escape.csv", "empty.csv", "nul.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        cr_expect_eq(agent_case_run(agent, SUBMIT("--keep-good", files[i])), 65, "%s: %s", files[i],
                     agent->err);
        cr_expect_not(says(agent->err, "\x1b"), "%s", files[i]);
    }
    cr_expect_not(file_exists(agent_case_path(agent, "state/outbox")));
    free(long_line);
    agent_case_free(&agent);
}

/* --- beside a running agent ------------------------------------------------------------------- */

Test(agent_run, takes_a_submission_and_ends_cleanly_on_sigterm, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    pid_t pid = agent_case_start_ready(agent, "run", ARGUMENTS("run"));
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "1 queued"), "%s", agent->out);
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "already submitted"), "%s", agent->out);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("status", "--json")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "\"running\":true") && says(agent->out, "\"kind\":\"run\""), "%s",
              agent->out);
    cr_expect(says(agent->out, "\"events\":1,"), "%s", agent->out);
    kill(pid, SIGTERM);
    cr_expect_eq(agent_case_wait(agent, "run", pid), 0, "%s", agent->err);
    cr_expect_eq(agent_case_outbox(agent).events, 1);
    agent_case_free(&agent);
}

Test(agent_run, a_submission_outlives_a_running_agent_that_is_killed, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    agent_case_write(agent, "b.csv", HEADER "rd_intensity,220100,2024,1.6,,,,,\n");
    pid_t run = agent_case_start_ready(agent, "run", ARGUMENTS("run"));
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0, "%s", agent->err);
    kill(run, SIGKILL);
    cr_expect_eq(agent_case_wait(agent, "run", run), -SIGKILL);
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv", "b.csv")), 0, "%s", agent->err);
    cr_expect_eq(agent_case_outbox(agent).events, 2);
    agent_case_free(&agent);
}

Test(agent_run, a_second_one_on_the_same_state_exits_73, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    pid_t pid = agent_case_start_ready(agent, "run", ARGUMENTS("run"));
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("run")), 73, "%s", agent->err);
    cr_expect(says(agent->err, "SH-1104"), "%s", agent->err);
    kill(pid, SIGTERM);
    cr_expect_eq(agent_case_wait(agent, "run", pid), 0, "%s", agent->err);
    agent_case_free(&agent);
}

Test(agent_run, submissions_at_the_same_time_all_arrive_once, .timeout = 120)
{
    enum { PROCESSES = 8 };
    struct agent_case *agent = agent_case_new("220100");
    pid_t pids[PROCESSES];
    char names[PROCESSES][16], files[PROCESSES][16], rows[256];
    for (int i = 0; i < PROCESSES; i++) {
        snprintf(names[i], sizeof names[i], "submit%d", i);
        snprintf(files[i], sizeof files[i], "%d.csv", i);
        snprintf(rows, sizeof rows, HEADER "rd_intensity,220100,%d,1.5,,,,,\n", 2000 + i / 2);
        agent_case_write(agent, files[i], rows);
    }
    for (int i = 0; i < PROCESSES; i++)
        pids[i] = agent_case_start(agent, names[i], SUBMIT(files[i]));
    for (int i = 0; i < PROCESSES; i++)
        cr_expect_eq(agent_case_wait(agent, names[i], pids[i]), 0, "%d: %s", i, agent->err);
    cr_expect_eq(agent_case_outbox(agent).events, PROCESSES / 2);
    agent_case_free(&agent);
}

/* --- put, framework --------------------------------------------------------------------------- */

Test(agent_put, a_figure_by_hand_passes_the_same_checks, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    size_t count;
    cr_expect_eq(
        agent_case_run(agent, ARGUMENTS("put", "--timeout", "0s", "--indicator", "rd_intensity",
                                        "--period", "2024", "--value", "1.41", "--note",
                                        "a \"quoted\", note", "--revises", "12.3")),
        0, "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("put", "--indicator", "rd_intensity", "--period",
                                                 "2024", "--value", "141")),
                 65);
    cr_expect(says(agent->err, "SH-2145"), "%s", agent->err);
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 1);
    cr_expect_eq(events[0]->observation->unscaled, 141);
    cr_expect_str_eq(events[0]->observation->note, "a \"quoted\", note");
    cr_expect_str_eq(events[0]->observation->revises, "12.3");
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_put, the_same_figure_twice_is_sent_once_and_going_back_is_sent, .timeout = 30)
{
    static const char *const values[] = {"1.4", "1.4", "1.5", "1.4"};
    struct agent_case *agent = agent_case_new("220100");
    for (size_t i = 0; i < 4; i++)
        cr_expect_eq(
            agent_case_run(agent, ARGUMENTS("put", "--timeout", "0s", "--indicator", "rd_intensity",
                                            "--period", "2024", "--value", values[i])),
            0, "%s", agent->err);
    cr_expect_eq(agent_case_outbox(agent).events, 3);
    agent_case_free(&agent);
}

Test(agent_framework, an_agent_may_not_publish_one, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("framework", "framework.yaml")), 77);
    cr_expect(says(agent->err, "planner"), "%s", agent->err);
    agent_case_free(&agent);
}

Test(agent_framework, a_planner_publishes_each_version_once_byte_for_byte, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    struct buffer document;
    size_t count;
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "planner", "--role", "planner",
                                                 "--region", "220000")),
                 0, "%s", agent->err);
    for (int i = 0; i < 2; i++)
        cr_expect_eq(agent_case_run(agent, ARGUMENTS("framework", "--timeout", "0s", "--identity",
                                                     "planner.cert", "framework.yaml")),
                     0, "%s", agent->err);
    snprintf(agent->identity.name, sizeof agent->identity.name, "planner");
    Songhua__V1__Event **events = agent_case_events(agent, &count, NULL);
    cr_assert_eq(count, 1);
    buffer_init(&document, 65536);
    cr_assert_eq(file_read(agent_case_path(agent, "framework.yaml"), &document), ERR_OK);
    cr_assert_eq(events[0]->framework->document.len, document.size);
    cr_expect_arr_eq(events[0]->framework->document.data, document.data, document.size);
    cr_expect_str_eq(events[0]->framework->id, "test");
    cr_expect_eq(events[0]->framework->version, 1);
    buffer_fini(&document);
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_framework, it_is_the_provinces_whatever_prefecture_the_configuration_is_for,
     .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    size_t count;
    uint32_t regions[AGENT_CASE_MAX_EVENTS];
    cr_assert_eq(agent_case_run(agent, ARGUMENTS("keygen", "planner", "--role", "planner",
                                                 "--region", "220000")),
                 0, "%s", agent->err);
    cr_expect_eq(
        agent_case_run(agent, ARGUMENTS("framework", "--timeout", "0s", "--identity",
                                        "planner.cert", "--region", "220200", "framework.yaml")),
        0, "%s", agent->err);
    snprintf(agent->identity.name, sizeof agent->identity.name, "planner");
    Songhua__V1__Event **events = agent_case_events(agent, &count, regions);
    cr_assert_eq(count, 1);
    cr_expect_eq(regions[0], 220000);
    agent_case_free_events(events, count);
    agent_case_free(&agent);
}

Test(agent_framework, a_wrong_one_is_refused_with_its_place, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "wrong.yaml", "framework: test\nversion: none\n");
    cr_expect_eq(
        agent_case_run(agent, ARGUMENTS("keygen", "planner", "--role", "planner", "--region", "*")),
        0);
    cr_expect_eq(
        agent_case_run(agent, ARGUMENTS("framework", "--identity", "planner.cert", "wrong.yaml")),
        78);
    cr_expect(says(agent->err, "wrong.yaml:2:"), "%s", agent->err);
    agent_case_free(&agent);
}

/* --- the rest --------------------------------------------------------------------------------- */

Test(agent_check, says_what_is_wrong_without_keys_and_sends_nothing, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "good.csv", HEADER "rd_intensity,220200,2023,1.5,,,,,\n");
    agent_case_write(agent, "bad.csv", HEADER "rd_intensity,220100,2023,one,,,,,\n");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "--identity", "none", "good.csv")), 0,
                 "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "good.csv")), 65,
                 "with the certificate its regions count");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "bad.csv")), 65);
    cr_expect(says(agent->err, "bad.csv:2:4:"), "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "nowhere.csv")), 66);
    cr_expect_not(file_exists(agent_case_path(agent, "state")));
    agent_case_free(&agent);
}

Test(agent_template, comes_back_through_check_in_both_languages, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("template")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "rd_intensity,220100,") && says(agent->out, "patents,220100,"), "%s",
              agent->out);
    agent_case_write(agent, "template.csv", agent->out);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "template.csv")), 0, "%s", agent->err);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("template", "--chinese", "--period", "2024-Q3")),
                 0, "%s", agent->err);
    cr_expect(says(agent->out, "指标,地区,时期") && says(agent->out, "2024-Q3"), "%s", agent->out);
    cr_expect_not(says(agent->out, "rd_intensity"), "it is annual");
    agent_case_write(agent, "template.csv", agent->out);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("check", "template.csv")), 0, "%s", agent->err);
    agent_case_free(&agent);
}

Test(agent_status, says_what_waits_while_nothing_runs, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    agent_case_write(agent, "a.csv", HEADER "rd_intensity,220100,2023,1.5,,,,,\n");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("status")), 66, "no outbox yet");
    cr_expect_eq(agent_case_run(agent, SUBMIT("a.csv")), 0);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("status", "--json")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "\"running\":false"), "%s", agent->out);
    cr_expect(says(agent->out, "\"batches\":1,\"events\":1,"), "%s", agent->out);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("status")), 0);
    cr_expect(says(agent->out, "agent-test"), "%s", agent->out);
    agent_case_free(&agent);
}

static unsigned mode_of(struct agent_case *agent, const char *name)
{
    struct stat info;
    cr_assert_eq(stat(agent_case_path(agent, name), &info), 0, "%s", name);
    return info.st_mode & 0777;
}

Test(agent_keygen, secrets_are_for_the_owner_alone_and_are_not_overwritten, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    struct identity before, after;
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "agent-220200", "--region", "吉林市",
                                                 "--region", "220000")),
                 0, "%s", agent->err);
    cr_expect(says(agent->out, "songhua-broker authorize"), "%s", agent->out);
    cr_expect_eq(mode_of(agent, "agent-220200.cert_secret"), 0600);
    cr_expect_eq(mode_of(agent, "agent-220200.cert_signing"), 0600);
    cr_assert_eq(identity_load(agent_case_path(agent, "agent-220200.cert"), &before, NULL), ERR_OK);
    cr_expect_eq(before.role, ROLE_AGENT);
    cr_assert_eq(before.region_count, 2);
    cr_expect_eq(before.regions[0], 220200);
    cr_expect_not(says(agent->out, before.secret_key));
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "agent-220200", "--region", "220100")),
                 73);
    cr_assert_eq(identity_load(agent_case_path(agent, "agent-220200.cert"), &after, NULL), ERR_OK);
    cr_expect_str_eq(before.public_key, after.public_key);
    agent_case_free(&agent);
}

Test(agent_keygen, wrong_names_roles_and_regions_exit_64, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "../x", "--region", "220100")), 64);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "x", "--role", "king", "--region", "*")),
                 64);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "x", "--region", "吉林")), 64);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("keygen", "x")), 64);
    agent_case_free(&agent);
}

Test(agent_explain, every_code_there_is_has_its_page, .timeout = 120)
{
    struct agent_case *agent = agent_case_new("220100");
    char code[16];
    for (int i = ERR_OK + 1; i < ERR_COUNT; i++) {
        snprintf(code, sizeof code, "SH-%d", err_number((enum err)i));
        cr_expect_eq(agent_case_run(agent, ARGUMENTS("explain", code)), 0, "%s", code);
        cr_expect(says(agent->out, err_text((enum err)i)), "%s", code);
    }
    for (int i = FINDING_NONE + 1; i < FINDING_COUNT; i++) {
        const char *finding = finding_code((enum finding)i);
        cr_expect_eq(agent_case_run(agent, ARGUMENTS("explain", finding)), 0, "%s", finding);
        cr_expect(says(agent->out, finding_remedy_zh((enum finding)i)), "%s", finding);
    }
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("explain", "sh1301")), 0);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("explain", "SH-9999")), 64);
    agent_case_free(&agent);
}

Test(agent_explain, without_a_code_lists_them_all, .timeout = 30)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("explain")), 0, "%s", agent->err);
    cr_expect(says(agent->out, "SH-1301") && says(agent->out, "SH-2111"));
    agent_case_free(&agent);
}

Test(agent_doctor, names_each_fault_with_what_mends_it, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("doctor")), 69, "no broker: %s", agent->out);
    cr_expect(says(agent->out, "✓ ok   证书 identity"), "%s", agent->out);
    cr_expect(says(agent->out, "✗ fail 服务器 broker"), "%s", agent->out);
    cr_expect(says(agent->out, "it is made by the first submit or run"), "%s", agent->out);
    agent_case_run(agent, ARGUMENTS("doctor", "--state", "agent.cert/below/a-file"));
    cr_expect(says(agent->out, "agent.cert/below/a-file: this user may not make it"), "%s",
              agent->out);
    cr_assert_eq(chmod(agent_case_path(agent, "agent.cert_secret"), 0640), 0);
    cr_expect_eq(agent_case_run(agent, ARGUMENTS("doctor", "--framework", "agent.cert")), 77);
    cr_expect(says(agent->out, "chmod 600"), "%s", agent->out);
    cr_expect(says(agent->out, "✗ fail 指标体系 framework"), "%s", agent->out);
    cr_expect(says(agent->out, "agent.cert:2:1: "), "what is wrong, and where: %s", agent->out);
    agent_case_free(&agent);
}

Test(agent_config, every_unit_has_a_configuration_of_its_own_that_is_accepted, .timeout = 60)
{
    struct agent_case *agent = agent_case_new("220100");
    glob_t found;
    char *here = getcwd(NULL, 0), pattern[PATH_MAX];
    snprintf(pattern, sizeof pattern, "%s/deploy/prefectures/*.yaml", here);
    cr_assert_eq(glob(pattern, 0, NULL, &found), 0);
    cr_expect_eq(found.gl_pathc, 10);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char state[64];
        const char *name = strrchr(found.gl_pathv[i], '/') + 1;
        snprintf(state, sizeof state, "/var/lib/songhua/agent-%.6s", name);
        cr_expect_eq(
            agent_case_run(agent, ARGUMENTS("run", "--config", found.gl_pathv[i], "--show-config")),
            0, "%s: %s", name, agent->err);
        cr_expect(says(agent->out, state), "%s: %s", name, agent->out);
    }
    globfree(&found);
    free(here);
    agent_case_free(&agent);
}
