#include "consumers/alerts/commands.h"

#include <inttypes.h>
#include <stdio.h>

struct reading {
    const struct invocation *invocation;
    const struct alerts_handler *handler;
    struct arena arena;
    bool is_damaged;
};

static enum err say(const struct reading *reading, enum err err)
{
    return err && err != ERR_STOPPED ? command_fail(reading->invocation, err, "alerts") : err;
}

static enum err take(void *context, const struct subscriber_record *record)
{
    struct reading *reading = context;
    enum err err = entry_visit_record(record, &reading->arena, reading->handler->take,
                                      reading->handler->context);
    if (err != ERR_MALFORMED && err != ERR_TOO_LARGE)
        return say(reading, err);
    fprintf(stderr, "%s: record %" PRIu64 " cannot be read and is left out: %s\n",
            reading->invocation->program, record->sequence, err_text(err));
    reading->is_damaged = true;
    return ERR_OK;
}

static enum err rest(void *context)
{
    struct reading *reading = context;
    bool is_wanted = reading->handler->rest != NULL;
    return say(reading, is_wanted ? reading->handler->rest(reading->handler->context) : ERR_OK);
}

enum err alerts_read(const struct invocation *invocation, const struct alerts_handler *handler,
                     bool is_following, uint64_t *last)
{
    const struct alerts_settings *settings = invocation->settings;
    uint32_t regions[OPTION_LIST_MAX];
    struct reading reading = {.invocation = invocation, .handler = handler};
    struct reader *reader = NULL;
    const struct reader_request request = {.stream = "alerts",
                                           .regions = regions,
                                           .region_count = settings->regions.count,
                                           .is_following = is_following};
    const struct reader_handler reads = {.context = &reading, .take = take, .rest = rest};
    enum err err = reader_parse_regions(invocation, &settings->regions, regions);
    if (!err)
        err = reader_open(invocation, &settings->reader, &request, &reader);
    if (err)
        return err;
    arena_init(&reading.arena, ENTRY_ARENA_MAX_BYTES);
    err = reader_run(reader, &reads);
    *last = reader_next(reader) - 1;
    if (err == ERR_STOPPED)
        fprintf(stderr,
                "%s: 已停止 / stopped before record %" PRIu64
                "; all of it: songhua-replay alerts --from %" PRIu64 "\n",
                invocation->program, reader_next(reader), reader_next(reader));
    arena_fini(&reading.arena);
    reader_close(&reader);
    return !err && reading.is_damaged ? ERR_MALFORMED : err;
}

bool alerts_wants(const struct alerts_settings *settings, const struct entry *entry)
{
    bool is_alert = entry->event->body_case == SONGHUA__V1__EVENT__BODY_ALERT;
    bool is_data =
        is_alert && entry->event->alert->family == SONGHUA__V1__ALERT_FAMILY__ALERT_FAMILY_DATA;
    return is_data == settings->is_data || !is_alert;
}
