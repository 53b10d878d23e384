#include "producers/agent/preview.h"

#include "proto/cli/table.h"
#include "proto/event/decimal.h"
#include "proto/event/obs_status.h"

#include <inttypes.h>
#include <stdio.h>

static const struct table_column columns[] = {{"指标 indicator"},
                                              {"地区 region"},
                                              {"时期 period"},
                                              {"数值 value", true},
                                              {"单位 unit", .drop = 1},
                                              {"状态 status", .drop = 2},
                                              {"来源 source", .is_wrapped = true},
                                              {0}};

static void add_observation(struct table *table, uint32_t code, const char *name,
                            const Songhua__V1__Observation *observation)
{
    char value[DECIMAL_TEXT_BYTES] = "";
    if (!obs_status_is_missing(observation->obs_status))
        decimal_format((struct decimal){observation->unscaled, observation->decimals}, value);
    table_cell(table, observation->indicator);
    table_cell_format(table, "%06u %s", code, name);
    table_cell(table, observation->period);
    table_cell(table, value);
    table_cell(table, observation->unit);
    table_cell_format(table, "%c", obs_status_letter(observation->obs_status));
    table_cell(table, observation->source);
}

/* The part stands where a figure has its period, state and day where it has value and status. */
static void add_milestone(struct table *table, uint32_t code, const char *name,
                          const Songhua__V1__Milestone *milestone)
{
    static const char *const states[] = {"计划 planned", "已启动 started", "已完成 done",
                                         "已取消 cancelled", "容错免责 exempt"};
    unsigned state = (unsigned)milestone->state;
    table_cell(table, milestone->indicator);
    table_cell_format(table, "%06u %s", code, name);
    table_cell(table, milestone->part);
    table_cell(table, state < sizeof states / sizeof *states ? states[state] : "?");
    table_cell(table, "");
    table_cell(table, milestone->date);
    table_cell(table, milestone->source);
}

static enum err add_rows(struct table *table, const struct parcel *parcel,
                         const struct framework *framework)
{
    struct parcel_row row;
    struct parcel_reader reader;
    enum err err = parcel_open(parcel->bytes.data, parcel->bytes.size, &reader);
    for (int i = 0; i < PREVIEW_MAX_ROWS && !err; i++) {
        err = parcel_next(&reader, &row);
        if (err)
            break;
        Songhua__V1__Event *event = songhua__v1__event__unpack(NULL, row.size, row.event);
        if (!event)
            return ERR_MALFORMED;
        const char *name = framework_region_name(framework, row.region).zh;
        if (event->body_case == SONGHUA__V1__EVENT__BODY_OBSERVATION)
            add_observation(table, row.region, name, event->observation);
        if (event->body_case == SONGHUA__V1__EVENT__BODY_MILESTONE)
            add_milestone(table, row.region, name, event->milestone);
        songhua__v1__event__free_unpacked(event, NULL);
    }
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err preview_print(const struct parcel *parcel, const struct framework *framework)
{
    struct table *table;
    enum err err = table_new(columns, &table);
    if (err)
        return err;
    err = add_rows(table, parcel, framework);
    if (!err)
        err = table_print(table);
    table_free(table);
    if (!err && parcel->rows > PREVIEW_MAX_ROWS)
        printf("… 另有 %" PRIu64 " 行 / %" PRIu64 " more rows\n", parcel->rows - PREVIEW_MAX_ROWS,
               parcel->rows - PREVIEW_MAX_ROWS);
    return err;
}
