#include "consumers/replay/columns.h"

#include "consumers/evaluate/judgement.h"
#include "consumers/reader/words.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/event/event.h"
#include "proto/event/region.h"

#include <math.h>
#include <string.h>

const struct column *columns_of(const char *stream)
{
    if (!strcmp(stream, "scores"))
        return score_columns;
    if (!strcmp(stream, "audit"))
        return audit_columns;
    return strcmp(stream, "alerts") ? event_columns : alert_columns;
}

enum err columns_row(const struct column *columns, const struct entry *entry,
                     const struct style *style, struct buffer *row, const char *cells[COLUMNS_MAX],
                     size_t *count)
{
    size_t starts[COLUMNS_MAX], n = 0;
    enum err err = ERR_OK;
    buffer_clear(row);
    for (; (columns->key || columns->title) && n < COLUMNS_MAX && !err; columns++) {
        if (!(style->is_exact ? columns->key : columns->title))
            continue;
        starts[n++] = row->size;
        err = columns->put(entry, style, columns->which, row);
        if (!err)
            err = buffer_append(row, "", 1);
    }
    for (size_t i = 0; i < n && !err; i++)
        cells[i] = (const char *)row->data + starts[i];
    *count = n;
    return err;
}

/* --- common columns --------------------------------------------------------------------------- */

static enum err put_time(uint64_t ms, const struct style *style, struct buffer *out)
{
    char text[TEXT_TIME_BYTES];
    text_format_time(ms, style->is_utc, text);
    return buffer_append_text(out, text);
}

enum err put_common(const struct entry *entry, const struct style *style, size_t which,
                    struct buffer *out)
{
    char code[REGION_CODE_BYTES];
    switch (which) {
    case ROW_SEQ:
        return buffer_append_format(out, "%llu", (unsigned long long)entry->sequence);
    case ROW_INDEX:
        return buffer_append_format(out, "%u", entry->index);
    case ROW_STORED:
        return put_time(entry->stored_ms, style, out);
    case ROW_RECORDED:
        return put_time(entry->event->time_ms, style, out);
    case ROW_PRODUCER:
        return buffer_append_text(out, entry->producer);
    case ROW_REGION:
        region_format(entry->region, code);
        return buffer_append_text(out, code);
    case ROW_REGION_NAME:
        return buffer_append_text(out, word_of_place(entry->region, entry->event).zh);
    default:
        return buffer_append_text(out, entry_type(entry));
    }
}

enum err put_address(const struct entry *entry, const struct style *style, size_t which,
                     struct buffer *out)
{
    char address[EVENT_ADDRESS_BYTES];
    (void)style;
    (void)which;
    event_address_format(entry->sequence, entry->index, address);
    return buffer_append_text(out, address);
}

/* --- numbers and words ------------------------------------------------------------------------ */

enum err put_number(double number, const struct style *style, struct buffer *out)
{
    double size = fabs(number);
    if (style->is_exact) {
        struct json json = json_start(out);
        if (isfinite(number))
            json_double(&json, NULL, number);
        return json.err;
    }
    if (size >= 1000)
        return buffer_append_format(out, "%.0f", number);
    if (size >= 100)
        return buffer_append_format(out, "%.1f", number);
    return buffer_append_format(out, size >= 1 || size == 0 ? "%.3f" : "%.3g", number + 0.0);
}

#define VERDICT(name) SONGHUA__V1__JUDGEMENT__JUDGEMENT_##name

/* A mark beside the word, so that no meaning hangs on colour. */
static const struct {
    const char *mark, *color;
} looks[] = {
    [VERDICT(NO_DATA)] = {"—", NULL},     [VERDICT(ACHIEVED)] = {"●", "blue"},
    [VERDICT(ON_TRACK)] = {"▲", "cyan"},  [VERDICT(ACCELERATE)] = {"◐", "brown"},
    [VERDICT(LAGGING)] = {"▼", "yellow"}, [VERDICT(MOVING_AWAY)] = {"✖", "red"},
    [VERDICT(MISSED)] = {"✖", "red"},     [VERDICT(NO_TARGET)] = {"·", NULL},
    [VERDICT(EXEMPT)] = {"·", NULL},
};
enum { LOOK_COUNT = sizeof looks / sizeof *looks };

const char *judgement_color(const Songhua__V1__Score *score)
{
    return (unsigned)score->judgement < LOOK_COUNT ? looks[score->judgement].color : NULL;
}

enum err put_judgement(const Songhua__V1__Score *score, const struct style *style,
                       struct buffer *out)
{
    if (style->is_exact)
        return buffer_append_text(out, verdict_name(score->judgement));
    bool is_known = (unsigned)score->judgement < LOOK_COUNT;
    const char *why = reason_text_zh(reason_from_id(score->reason));
    bool is_said = score->judgement == VERDICT(NO_DATA) && *why;
    return buffer_append_format(out, "%s %s%s%s%s%s", is_known ? looks[score->judgement].mark : "?",
                                verdict_name_zh(score->judgement),
                                score->provisional ? "（待定）" : "", is_said ? "（" : "",
                                is_said ? why : "", is_said ? "）" : "");
}
