#include "proto/base/diag.h"

#include "proto/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_SHOWN_BYTES = 80 };

enum err diag_init(struct diag *diag, const char *input, size_t max)
{
    *diag = (struct diag){.max = max};
    diag->input = strdup(input);
    return diag->input ? ERR_OK : ERR_NOMEM;
}

static void free_item(struct diag_item *item)
{
    free(item->field);
    free(item->value);
    free(item->zh);
    free(item->en);
}

void diag_fini(struct diag *diag)
{
    for (size_t i = 0; i < diag->count; i++)
        free_item(&diag->items[i]);
    free(diag->items);
    free(diag->input);
    *diag = (struct diag){0};
}

/* A copy to show: cut at a character's border, control characters and broken UTF-8 as '?'. */
static char *copy_value(const char *value)
{
    size_t size = strlen(value);
    size_t shown = size > VALUE_SHOWN_BYTES ? VALUE_SHOWN_BYTES : size;
    if (shown < size)
        while (shown && ((unsigned char)value[shown] & 0xc0) == 0x80)
            shown--;
    char *copy = strndup(value, shown);
    for (size_t at = 0; copy && copy[at];) {
        size_t good = text_utf8_valid(copy + at, strlen(copy + at));
        for (size_t i = 0; i < good; i++, at++)
            if ((unsigned char)copy[at] < 0x20 || copy[at] == 0x7f)
                copy[at] = '?';
        if (copy[at])
            copy[at++] = '?';
    }
    return copy;
}

static bool make_room(struct diag *diag)
{
    if (diag->count == diag->max)
        return false;
    if (diag->count & (diag->count - 1)) /* room is made at 0, 1, 2, 4, 8 … */
        return true;
    size_t room = diag->count ? 2 * diag->count : 1;
    struct diag_item *items = realloc(diag->items, room * sizeof *items);
    if (items)
        diag->items = items;
    return items != NULL;
}

void diag_add(struct diag *diag, uint64_t line, uint64_t column, const char *code,
              const char *field, const char *value, const char *zh, const char *en)
{
    diag->total++;
    if (!make_room(diag))
        return;
    struct diag_item item = {.line = line,
                             .column = column,
                             .code = code,
                             .field = field ? strdup(field) : NULL,
                             .value = value ? copy_value(value) : NULL,
                             .zh = strdup(zh),
                             .en = strdup(en)};
    if (!item.zh || !item.en || (field && !item.field) || (value && !item.value))
        free_item(&item);
    else
        diag->items[diag->count++] = item;
}

static int compare(const void *a, const void *b)
{
    const struct diag_item *x = *(const struct diag_item *const *)a;
    const struct diag_item *y = *(const struct diag_item *const *)b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return (x > y) - (x < y); /* in the order they were found */
}

static void print_item(const struct diag *diag, const struct diag_item *item, FILE *out)
{
    fputs(diag->input, out);
    if (item->line)
        fprintf(out, ":%llu", (unsigned long long)item->line);
    if (item->line && item->column)
        fprintf(out, ":%llu", (unsigned long long)item->column);
    fputs(": ", out);
    if (item->field)
        fprintf(out, "%s ", item->field);
    if (item->value)
        fprintf(out, "\"%s\" ", item->value);
    fprintf(out, "%s / %s (%s)\n", item->zh, item->en, item->code);
}

/* One slip that is read several times, as through an alias in YAML. */
static bool is_same(const struct diag_item *a, const struct diag_item *b)
{
    return a->line && a->line == b->line && a->column == b->column && !strcmp(a->code, b->code) &&
           !strcmp(a->en, b->en) && !strcmp(a->value ? a->value : "", b->value ? b->value : "");
}

void diag_print(const struct diag *diag, FILE *out)
{
    const struct diag_item **sorted = calloc(diag->count + 1, sizeof *sorted);
    for (size_t i = 0; sorted && i < diag->count; i++)
        sorted[i] = &diag->items[i];
    if (sorted)
        qsort(sorted, diag->count, sizeof *sorted, compare);
    for (size_t i = 0; i < diag->count; i++)
        if (!sorted || !i || !is_same(sorted[i - 1], sorted[i]))
            print_item(diag, sorted ? sorted[i] : &diag->items[i], out);
    free(sorted);
    if (diag->total > diag->count)
        fprintf(out, "%s: 另有 %zu 处 / and %zu more\n", diag->input, diag->total - diag->count,
                diag->total - diag->count);
}
