#include "producers/agent/account.h"

#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/event/finding.h"

#include <inttypes.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 16 * 1024 * 1024 };

static bool has_findings(const struct account *account)
{
    return account->submission && account->submission->diag.total;
}

/* --- findings --------------------------------------------------------------------------------- */

static void say_refused_whole(const struct account *account)
{
    const struct submission *submission = account->submission;
    fprintf(stderr,
            "  未发送任何一行：读到 %" PRIu64 " 行，%" PRIu64 " 行有误"
            " / nothing was sent: %" PRIu64 " rows were read, %" PRIu64 " are wrong\n",
            submission->rows, submission->refused, submission->rows, submission->refused);
    fputs(
        "  修正后重新运行即可，已发送的行不会重复 / correct and run again; what was sent before is "
        "not sent twice\n",
        stderr);
    if (!submission->is_whole)
        fputs(
            "  不能用 --keep-good：未能读到末尾、引号有误或错误过多 / --keep-good is of no use: the "
            "end was not reached, quotation marks are wrong or there are too many errors\n",
            stderr);
    else if (submission->parcel.rows)
        fputs("  只发送无误的行：--keep-good / to send the other rows: --keep-good\n", stderr);
}

static void say_refused_rows(const struct account *account)
{
    const struct submission *submission = account->submission;
    fprintf(
        stderr,
        "  上列 %" PRIu64 " 行未采用，其余 %" PRIu64 " 行继续 / the %" PRIu64
        " rows above were left out, the other %" PRIu64 " go on\n"
        "  修正后重新运行即可，已发送的行不会重复 / correct and run again; what was sent before is "
        "not sent twice\n",
        submission->refused, submission->parcel.rows, submission->refused, submission->parcel.rows);
}

static void say_doubts(const struct diag *doubts)
{
    diag_print(doubts, stderr);
    if (doubts->total)
        fprintf(stderr,
                "  确认无误：songhua-agent put … --confirm --note 理由 / if it is right: "
                "songhua-agent put … --confirm --note WHY; more: songhua-agent explain %s\n",
                finding_code(FINDING_VALUE_KIND));
}

void account_findings(const struct account *account)
{
    if (account->submission)
        say_doubts(&account->submission->doubts);
    if (!has_findings(account))
        return;
    const struct diag *diag = &account->submission->diag;
    diag_print(diag, stderr);
    if (account->refused && !account->is_checked_only)
        say_refused_whole(account);
    else if (!account->is_checked_only)
        say_refused_rows(account);
    fprintf(stderr, "  说明 / more: songhua-agent explain %s\n", diag->items[0].code);
}

/* --- for people ------------------------------------------------------------------------------- */

static void print_repeat(const struct account *account)
{
    char when[TEXT_TIME_BYTES];
    const struct deposit_outcome *outcome = account->outcome;
    text_format_time(outcome->submitted_ms, false, when);
    printf("%s: 已提交过（%s），未发送任何内容 / already submitted (%s), nothing sent\n",
           account->name, when, when);
    if (outcome->superseded)
        printf("  其中 %" PRIu64 " 个数值此后另有更新；要以此文件为准，加 --again / %" PRIu64
               " of its figures were revised since; to send the file once more: --again\n",
               outcome->superseded, outcome->superseded);
}

static void print_outcome(const struct account *account)
{
    const struct deposit_outcome *outcome = account->outcome;
    uint64_t events = outcome->fresh + outcome->revised;
    printf("%s: %s %" PRIu64 " 条（新 %" PRIu64 "，修订 %" PRIu64 "），未变 %" PRIu64 " / %" PRIu64
           " %s (%" PRIu64 " new, %" PRIu64 " revised), %" PRIu64 " unchanged\n",
           account->name, account->is_dry ? "将发送" : "入队", events, outcome->fresh,
           outcome->revised, outcome->unchanged, events,
           account->is_dry ? "would be sent" : "queued", outcome->fresh, outcome->revised,
           outcome->unchanged);
}

static void print_delivery(const struct account *account)
{
    uint64_t events =
        account->outcome->is_repeat ? 0 : account->outcome->fresh + account->outcome->revised;
    if (account->is_dry || account->delivery || (!account->is_waited_for && !events))
        return;
    if (!account->is_waited_for)
        puts("  已在发件箱，未等待确认 / in the outbox, not waited for");
    else if (account->last_record)
        printf("  服务器已确认（记录 %" PRIu64 "）/ acknowledged by the broker (record %" PRIu64
               ")\n",
               account->last_record, account->last_record);
    else
        puts("  服务器已确认 / acknowledged by the broker");
}

static void print_check(const struct account *account)
{
    const struct submission *submission = account->submission;
    printf("%s: %" PRIu64 " 行，%" PRIu64 " 行有误 / %" PRIu64 " rows, %" PRIu64 " wrong\n",
           account->name, submission->rows, submission->refused, submission->rows,
           submission->refused);
}

static void print_people(const struct account *account)
{
    if (account->is_checked_only)
        print_check(account);
    if (!account->outcome)
        return;
    if (account->outcome->is_repeat)
        print_repeat(account);
    else
        print_outcome(account);
    print_delivery(account);
}

/* --- for programs ----------------------------------------------------------------------------- */

static const char *result_word(const struct account *account)
{
    if (account->refused)
        return "refused";
    if (account->is_checked_only)
        return "checked";
    if (!account->outcome)
        return "failed";
    if (account->is_dry)
        return "dry_run";
    return account->outcome->is_repeat ? "already_submitted" : "queued";
}

static void write_findings(struct json *json, const char *key, const struct diag *diag)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < diag->count; i++) {
        const struct diag_item *item = &diag->items[i];
        json_open(json, NULL, '{');
        json_u64(json, "line", item->line);
        json_u64(json, "column", item->column);
        json_text(json, "code", item->code);
        json_text(json, "field", item->field);
        json_text(json, "value", item->value);
        json_text(json, "zh", item->zh);
        json_text(json, "en", item->en);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_outcome(struct json *json, const struct account *account)
{
    const struct deposit_outcome *outcome = account->outcome;
    json_u64(json, "new", outcome->fresh);
    json_u64(json, "revised", outcome->revised);
    json_u64(json, "unchanged", outcome->unchanged);
    json_u64(json, "batches", outcome->batches);
    if (outcome->is_repeat)
        json_u64(json, "superseded", outcome->superseded);
    if (account->is_waited_for)
        json_text(json, "delivery", err_name(account->delivery));
    if (account->is_waited_for && !account->delivery)
        json_u64(json, "record", account->last_record);
}

static void print_json(const struct account *account)
{
    struct buffer line;
    buffer_init(&line, LINE_MAX_BYTES);
    struct json json = json_start(&line);
    json_open(&json, NULL, '{');
    json_text(&json, "file", account->name);
    json_text(&json, "result", result_word(account));
    if (account->submission) {
        json_u64(&json, "rows", account->submission->rows);
        json_u64(&json, "refused", account->submission->refused);
    }
    if (account->outcome)
        write_outcome(&json, account);
    if (has_findings(account))
        write_findings(&json, "findings", &account->submission->diag);
    if (account->submission && account->submission->doubts.total)
        write_findings(&json, "doubts", &account->submission->doubts);
    json_close(&json, '}');
    if (!json_end(&json))
        fwrite(line.data, 1, line.size, stdout);
    buffer_fini(&line);
}

void account_result(const struct account *account, bool is_json)
{
    if (is_json)
        print_json(account);
    else
        print_people(account);
    fflush(stdout);
}
