#include "proto/event/schema_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct schema_detail no_detail = {"", ""};

static void read_text(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *to)
{
    const char *text = schema_scalar_text(node);
    size_t size = strlen(text);
    if (size > SCHEMA_TEXT_MAX_BYTES || size != node->data.scalar.length) {
        schema_find_at(
            reader, node, FINDING_LIST_LIMIT, field,
            &(struct schema_detail){"文字最多 4000 字节", "a text has at most 4000 bytes"});
        return;
    }
    char *copy = schema_take(reader, size + 1);
    if (copy == NULL)
        return;
    memcpy(copy, text, size);
    *(const char **)to = copy;
}

static bool is_id(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= SCHEMA_ID_MAX_BYTES && text[0] != '.' && text[0] != '_' &&
           text[0] != '-' && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-") == size;
}

static void read_id(struct schema_reader *reader, const yaml_node_t *node,
                    const struct schema_field *field, void *to)
{
    if (is_id(schema_scalar_text(node)))
        read_text(reader, node, field, to);
    else
        schema_find_at(
            reader, node, FINDING_ID_FORM, field,
            &(struct schema_detail){"1 至 64 个 a-z 0-9 . _ -，首字符为字母或数字",
                                    "1 to 64 of a-z 0-9 . _ -, the first a letter or digit"});
}

static void read_bool(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *to)
{
    const char *text = schema_scalar_text(node);
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *(bool *)to = text[0] == 't';
    else
        schema_find_at(reader, node, FINDING_WORD_UNKNOWN, field,
                       &(struct schema_detail){"应为 true 或 false", "true or false is wanted"});
}

/* The words separated by ", ", as many as fit. */
void schema_list_words(const char *const *words, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (; *words != NULL && used + strlen(*words) + 3 < size; words++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", *words);
}

static void read_word(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *to)
{
    const char *text = schema_scalar_text(node);
    for (int i = 0; field->words[i] != NULL; i++) {
        if (strcmp(field->words[i], text) == 0) {
            memcpy(to, &i, sizeof i);
            return;
        }
    }
    char words[240];
    schema_list_words(field->words, words, sizeof words);
    struct schema_detail detail;
    snprintf(detail.zh, sizeof detail.zh, "可用的取值：%s", words);
    snprintf(detail.en, sizeof detail.en, "one of %s", words);
    schema_find_at(reader, node, FINDING_WORD_UNKNOWN, field, &detail);
}

static void find_range(struct schema_reader *reader, const yaml_node_t *node,
                       const struct schema_field *field)
{
    struct schema_detail detail;
    snprintf(detail.zh, sizeof detail.zh, "应在 %g 与 %g 之间", field->min, field->max);
    snprintf(detail.en, sizeof detail.en, "between %g and %g", field->min, field->max);
    schema_find_at(reader, node, FINDING_NUMBER_OUT, field, &detail);
}

static void read_decimal(struct schema_reader *reader, const yaml_node_t *node,
                         const struct schema_field *field, void *to)
{
    struct optional_decimal *decimal = to;
    enum finding why;
    if (decimal_parse(schema_scalar_text(node), &decimal->value, &why) != ERR_OK)
        schema_find_at(reader, node, why, field, &no_detail);
    decimal->is_set = true; /* refused or not: that it is missing is not to be said on top */
}

/* A number with bounds: a decimal first, so that nan, inf, hexadecimal and locales never come in. */
static bool read_bounded(struct schema_reader *reader, const yaml_node_t *node,
                         const struct schema_field *field, double *out)
{
    struct optional_decimal decimal = {0};
    size_t before = reader->diag->total;
    read_decimal(reader, node, field, &decimal);
    if (reader->diag->total > before)
        return false;
    *out = decimal_to_double(decimal.value);
    if (*out >= field->min && *out <= field->max)
        return true;
    find_range(reader, node, field);
    return false;
}

static void read_real(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *to)
{
    double value;
    if (read_bounded(reader, node, field, &value))
        *(double *)to = value;
}

static void read_unsigned(struct schema_reader *reader, const yaml_node_t *node,
                          const struct schema_field *field, void *to)
{
    double value;
    if (!read_bounded(reader, node, field, &value))
        return;
    if (floor(value) == value)
        *(uint64_t *)to = (uint64_t)value;
    else
        find_range(reader, node, field);
}

static void read_integer(struct schema_reader *reader, const yaml_node_t *node,
                         const struct schema_field *field, void *to)
{
    double value;
    if (!read_bounded(reader, node, field, &value))
        return;
    if (floor(value) == value)
        *(int64_t *)to = (int64_t)value;
    else
        find_range(reader, node, field);
}

static void read_period(struct schema_reader *reader, const yaml_node_t *node,
                        const struct schema_field *field, void *to)
{
    struct optional_period *period = to;
    enum finding why;
    if (period_parse(schema_scalar_text(node), &period->period, &why) == ERR_OK)
        period->is_set = true;
    else
        schema_find_at(reader, node, why, field, &no_detail);
}

static const struct schema_detail date_detail = {"应为 2025-12-31 这样的日期",
                                                 "a day such as 2025-12-31 is wanted"};

static void read_date(struct schema_reader *reader, const yaml_node_t *node,
                      const struct schema_field *field, void *to)
{
    struct optional_date *date = to;
    if (date_parse(schema_scalar_text(node), &date->date) == ERR_OK)
        date->is_set = true;
    else
        schema_find_at(reader, node, FINDING_DATE_FORM, field, &date_detail);
}

static void read_due(struct schema_reader *reader, const yaml_node_t *node,
                     const struct schema_field *field, void *to)
{
    struct due *due = to;
    struct date date;
    struct period period;
    const char *text = schema_scalar_text(node);
    if (date_parse(text, &date) == ERR_OK)
        due->end_ms = date_end_ms(date);
    else if (period_parse(text, &period, NULL) == ERR_OK)
        due->end_ms = period_end_ms(period);
    else {
        schema_find_at(reader, node, FINDING_DATE_FORM, field,
                       &(struct schema_detail){"应为日期或时期，如 2025-12-31、2025",
                                               "a day or a period, as 2025-12-31 or 2025"});
        return;
    }
    read_text(reader, node, field, &due->text);
    due->is_set = true;
}

/* "2/3" or a decimal from 0 to 1, kept in integers. */
static bool share_of(const char *text, struct share *out)
{
    struct decimal decimal;
    unsigned part, whole;
    int end = 0;
    if (strspn(text, "0123456789/") == strlen(text) && strlen(text) < 12 &&
        sscanf(text, "%5u/%5u%n", &part, &whole, &end) == 2 && text[end] == '\0') {
        *out = (struct share){part, whole};
    } else {
        if (decimal_parse(text, &decimal, NULL) != ERR_OK || decimal.decimals > 6 ||
            decimal.unscaled < 0 || decimal.unscaled > 1000000)
            return false;
        *out = (struct share){(uint32_t)decimal.unscaled, 1};
        for (uint32_t i = 0; i < decimal.decimals; i++)
            out->whole *= 10;
    }
    return out->whole > 0 && out->part <= out->whole;
}

static void read_share(struct schema_reader *reader, const yaml_node_t *node,
                       const struct schema_field *field, void *to)
{
    static const struct schema_detail wanted = {"应为 0 至 1 之间的比例，如 0.8 或 2/3",
                                                "a share from 0 to 1, as 0.8 or 2/3"};
    struct share share;
    if (share_of(schema_scalar_text(node), &share))
        *(struct share *)to = share;
    else
        schema_find_at(reader, node, FINDING_NUMBER_OUT, field, &wanted);
}

static void read_region(struct schema_reader *reader, const yaml_node_t *node,
                        const struct schema_field *field, void *to)
{
    uint32_t code;
    if (region_parse(schema_scalar_text(node), &code) == ERR_OK) {
        *(uint32_t *)to = code;
        return;
    }
    struct region_hint hint;
    struct schema_detail detail;
    region_suggest(schema_scalar_text(node), &hint);
    snprintf(detail.zh, sizeof detail.zh, "%s", hint.zh);
    snprintf(detail.en, sizeof detail.en, "%s", hint.en);
    schema_find_at(reader, node, FINDING_REGION_UNKNOWN, field, &detail);
}

typedef void read_scalar(struct schema_reader *reader, const yaml_node_t *node,
                         const struct schema_field *field, void *to);

void schema_read_scalar(struct schema_reader *reader, const yaml_node_t *node,
                        const struct schema_field *field, void *to)
{
    static read_scalar *const scalars[] = {
        [SCHEMA_ID] = read_id,
        [SCHEMA_TEXT] = read_text,
        [SCHEMA_BOOL] = read_bool,
        [SCHEMA_WORD] = read_word,
        [SCHEMA_UNSIGNED] = read_unsigned,
        [SCHEMA_INTEGER] = read_integer,
        [SCHEMA_REAL] = read_real,
        [SCHEMA_DECIMAL] = read_decimal,
        [SCHEMA_PERIOD] = read_period,
        [SCHEMA_DATE] = read_date,
        [SCHEMA_DUE] = read_due,
        [SCHEMA_SHARE] = read_share,
        [SCHEMA_REGION] = read_region,
    };
    scalars[field->kind](reader, node, field, to);
}
