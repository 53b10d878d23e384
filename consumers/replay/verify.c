/* songhua-replay verify: is the record whole, and as its producers signed it? */
#include "consumers/reader/reader.h"
#include "consumers/replay/commands.h"
#include "consumers/replay/inspectors.h"
#include "consumers/replay/keyring.h"
#include "consumers/replay/receipts.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/cli/terminal.h"
#include "proto/net/identity.h"
#include "proto/wire/chains.h"

#include <inttypes.h>
#include <stdio.h>

struct settings {
    struct reader_settings reader;
    const char *keys;
    struct option_list streams, receipts;
    uint64_t threads;
    bool has_json;
};

const struct option replay_verify_options[] = {
    READER_OPTIONS(struct settings),
    {"keys", 'k', OPTION_TEXT, offsetof(struct settings, keys), "DIR",
     "public certificates of the producers, as in the broker's access directory; empty: check no "
     "signature",
     .initial = "/etc/songhua/access"},
    {"stream", 0, OPTION_LIST, offsetof(struct settings, streams), "NAME",
     "events, scores, alerts or audit; may be given several times; default: all but audit"},
    {"receipts", 0, OPTION_LIST, offsetof(struct settings, receipts), "FILE",
     "also: is all that these receipts say there, unchanged; songhua-agent receipts writes them; may be "
     "given several times"},
    {"threads", 0, OPTION_NUMBER, offsetof(struct settings, threads), "N",
     "that check digests and signatures; default: one for each processor", .max = 16},
    {"json", 0, OPTION_FLAG, offsetof(struct settings, has_json), NULL, "one JSON object"},
    {0}};
const size_t replay_verify_settings_bytes = sizeof(struct settings);

struct verifying {
    const struct invocation *invocation;
    struct keyring *keyring;
    struct chain_keys keys;
    struct chains *chains;
    struct receipts *receipts;
    struct inspectors *inspectors;
    struct reader *reader; /* of the stream that is read */
    struct progress progress;
    bool is_damaged;
    uint64_t forged; /* batches whose signature is not their producer's; `why` names the first */
    char why[RECEIPTS_WHY_BYTES];
    uint64_t missing; /* receipts without their batch */
};

/* --- reading ---------------------------------------------------------------------------------- */

/* The first damage ends it; a wrong signature does not, or one producer could keep all that comes after
 * its batch from being looked at. */
static enum err take_link(void *context, const struct chain_link *link)
{
    struct verifying *verifying = context;
    enum err err = chains_take(verifying->chains, link);
    if (err == ERR_NOMEM)
        return err;
    if (err && !(err == ERR_KEY && verifying->forged))
        snprintf(verifying->why, sizeof verifying->why, "%s", chains_why(verifying->chains));
    verifying->forged += err == ERR_KEY;
    if (!err || err == ERR_KEY)
        err = receipts_meet(verifying->receipts, link, verifying->why);
    verifying->is_damaged = err != ERR_OK;
    return err ? ERR_STOPPED : ERR_OK;
}

static enum err take(void *context, const struct subscriber_record *record)
{
    struct verifying *verifying = context;
    verifying->progress.total = reader_end(verifying->reader);
    progress_update(&verifying->progress, record->sequence);
    return inspectors_add(verifying->inspectors, record->bytes, record->size);
}

static enum err read_stream(struct verifying *verifying)
{
    const struct reader_handler handler = {.context = verifying, .take = take};
    enum err err = reader_run(verifying->reader, &handler);
    progress_end(&verifying->progress);
    if (!verifying->is_damaged && !err)
        err = inspectors_finish(verifying->inspectors);
    return err;
}

static enum err verify_stream(struct verifying *verifying, const char *stream)
{
    const struct settings *settings = verifying->invocation->settings;
    const struct reader_request request = {.stream = stream, .is_packed = true};
    enum err err =
        reader_open(verifying->invocation, &settings->reader, &request, &verifying->reader);
    if (err)
        return err;
    chains_begin(verifying->chains, stream);
    verifying->progress = progress_start(stream, 0);
    err = read_stream(verifying);
    uint64_t last = chains_last(verifying->chains), end = reader_end(verifying->reader);
    reader_close(&verifying->reader);
    if (verifying->is_damaged)
        return command_fail(verifying->invocation, ERR_DIFFERENT, "%s", verifying->why);
    if (!err && last < end)
        return command_fail(verifying->invocation, ERR_DIFFERENT,
                            "%s record %" PRIu64 ": it cannot be read, as all up to %" PRIu64,
                            stream, last + 1, end);
    return err;
}

/* --- receipts --------------------------------------------------------------------------------- */

enum { MISSING_SHOWN = 20 };

static bool name_missing(void *context, const struct receipt *receipt)
{
    struct verifying *verifying = context;
    if (verifying->missing++ < MISSING_SHOWN)
        fprintf(stderr,
                "%s: 缺失 missing: %s %s batch %" PRIu64 ".%" PRIu64
                ", acknowledged as record %" PRIu64 "\n",
                verifying->invocation->program, receipt->stream, receipt->producer, receipt->epoch,
                receipt->sequence, receipt->record);
    return true;
}

static enum err check_signatures(const struct verifying *verifying)
{
    if (!verifying->forged)
        return ERR_OK;
    return command_fail(verifying->invocation, ERR_DIFFERENT,
                        "%s; %" PRIu64 " such batches, the rest of the record is whole",
                        verifying->why, verifying->forged);
}

static enum err check_receipts(struct verifying *verifying)
{
    receipts_each_missing(verifying->receipts, name_missing, verifying);
    return verifying->missing
               ? command_fail(verifying->invocation, ERR_DIFFERENT,
                              "%" PRIu64
                              " of the batches that were acknowledged are not in the record",
                              verifying->missing)
               : ERR_OK;
}

static enum err load_receipts(struct verifying *verifying)
{
    const struct settings *settings = verifying->invocation->settings;
    enum err err = receipts_new(&verifying->receipts);
    if (err)
        return command_fail(verifying->invocation, err, "--receipts");
    for (size_t i = 0; i < settings->receipts.count && !err; i++) {
        err = receipts_load(verifying->receipts, settings->receipts.items[i], verifying->why);
        if (err)
            return command_fail(verifying->invocation, err, "--receipts %s", verifying->why);
    }
    return ERR_OK;
}

/* --- the verdict ------------------------------------------------------------------------------ */

static void json_ranges(struct json *json, const struct chains_report *report)
{
    json_open(json, "streams", '[');
    for (size_t i = 0; i < report->range_count; i++) {
        const struct chains_range *range = &report->ranges[i];
        json_open(json, NULL, '{');
        json_text(json, "stream", range->stream);
        json_u64(json, "first", range->first);
        json_u64(json, "last", range->last);
        json_u64(json, "events", range->events);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static enum err print_json(const struct verifying *verifying, const struct chains_report *report,
                           const char *heads)
{
    struct buffer text;
    struct receipts_report receipts;
    receipts_report(verifying->receipts, &receipts);
    buffer_init(&text, 8192);
    struct json json = json_start(&text);
    json_open(&json, NULL, '{');
    json_text(&json, "verdict", "whole");
    json_u64(&json, "events", report->events);
    json_u64(&json, "records", report->records);
    json_u64(&json, "first_ms", report->first_ms);
    json_u64(&json, "last_ms", report->last_ms);
    json_ranges(&json, report);
    json_u64(&json, "producers", report->producers);
    json_text(&json, "heads", heads);
    json_u64(&json, "keys", keyring_count(verifying->keyring));
    json_u64(&json, "receipts", receipts.found);
    json_u64(&json, "receipts_moved", receipts.moved);
    json_u64(&json, "not_signed", report->not_signed);
    json_close(&json, '}');
    enum err err = json.err;
    if (!err)
        puts(buffer_text(&text));
    buffer_fini(&text);
    return err;
}

/* One line, to be pasted into an audit report. */
static void print_line(const struct verifying *verifying, const struct chains_report *report,
                       const char *heads)
{
    char first[TEXT_TIME_BYTES] = "-", last[TEXT_TIME_BYTES] = "-", ranges[CHAINS_RANGES_BYTES];
    struct receipts_report receipts;
    receipts_report(verifying->receipts, &receipts);
    if (report->records) {
        text_format_time(report->first_ms, true, first);
        text_format_time(report->last_ms, true, last);
    }
    chains_format_ranges(report, ranges);
    printf("完整 whole: %" PRIu64 " events in %" PRIu64
           " records (%s), %s to %s, %zu chains, heads "
           "%s, %zu keys, %" PRIu64 " batches not covered by a checked signature",
           report->events, report->records, ranges, first, last, report->producers, heads,
           keyring_count(verifying->keyring), report->not_signed);
    if (receipts.count)
        printf(", %zu of %zu receipts found", receipts.found, receipts.count);
    putchar('\n');
}

static enum err print_verdict(const struct verifying *verifying)
{
    const struct settings *settings = verifying->invocation->settings;
    struct chains_report report;
    char heads[2 * DIGEST_BYTES + 1];
    chains_report(verifying->chains, &report);
    text_from_bytes(report.heads, DIGEST_BYTES, heads);
    if (settings->has_json)
        return print_json(verifying, &report, heads);
    print_line(verifying, &report, heads);
    return ERR_OK;
}

/* Who may not see all regions is not shown all records, and could not tell a missing one. */
static enum err check_rights(const struct invocation *invocation)
{
    const struct settings *settings = invocation->settings;
    struct identity identity;
    if (identity_load_public(settings->reader.identity, &identity, NULL) ||
        identity.has_all_regions)
        return ERR_OK; /* a missing certificate is said by who opens the connection */
    return command_fail(invocation, ERR_DENIED,
                        "--identity %s: 须有全部地区的权限 / it must be for all "
                        "regions, as records of others are not shown to it",
                        settings->reader.identity);
}

/* --- the command ------------------------------------------------------------------------------ */

static enum err open_parts(struct verifying *verifying)
{
    const struct settings *settings = verifying->invocation->settings;
    enum err err = keyring_load(settings->keys, &verifying->keyring);
    if (err)
        return command_fail(verifying->invocation, err, "--keys %s", settings->keys);
    if (*settings->keys) /* the broker signs what is in the stream audit */
        err = keyring_add(verifying->keyring, settings->reader.server_cert);
    if (err)
        return command_fail(verifying->invocation, err, "--server-cert");
    verifying->keys = keyring_keys(verifying->keyring);
    err = load_receipts(verifying);
    if (err)
        return err;
    err = chains_new(&verifying->chains);
    if (!err)
        err = inspectors_open((unsigned)settings->threads, &verifying->keys, take_link, verifying,
                              &verifying->inspectors);
    return err ? command_fail(verifying->invocation, err, "threads") : ERR_OK;
}

static enum err verify(struct verifying *verifying)
{
    static const char *const all[] = {"events", "scores", "alerts"};
    const struct settings *settings = verifying->invocation->settings;
    size_t count = settings->streams.count ? settings->streams.count : 3;
    enum err err = open_parts(verifying);
    for (size_t i = 0; !err && i < count; i++)
        err =
            verify_stream(verifying, settings->streams.count ? settings->streams.items[i] : all[i]);
    if (!err)
        err = check_signatures(verifying);
    if (!err)
        err = check_receipts(verifying);
    return err ? err : print_verdict(verifying);
}

enum err replay_verify_command(const struct invocation *invocation)
{
    struct verifying verifying = {.invocation = invocation};
    enum err err = check_rights(invocation);
    if (!err)
        err = verify(&verifying);
    inspectors_close(&verifying.inspectors);
    receipts_free(&verifying.receipts);
    chains_free(&verifying.chains);
    keyring_free(&verifying.keyring);
    return err;
}
