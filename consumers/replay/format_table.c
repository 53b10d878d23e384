#include "consumers/replay/columns.h"
#include "consumers/replay/format.h"
#include "proto/cli/table.h"

#include <stdlib.h>

/* A column is as wide as its widest cell, so rows are held back; a long replay is shown in pages, and only
 * the first has titles. The columns' least widths keep what comes later in line with it. */
enum { PAGE_ROWS = 5000 };

struct state {
    const struct column *columns;
    struct style style;
    struct buffer row;
    struct table *table; /* NULL: nothing was shown yet */
    size_t rows;         /* of the page being filled */
};

static enum err make_table(struct state *state)
{
    struct table_column columns[COLUMNS_MAX + 1] = {0};
    size_t count = 0;
    for (const struct column *column = state->columns; column->key || column->title; column++)
        if (column->title)
            columns[count++] = (struct table_column){column->title, column->is_right, column->width,
                                                     column->drop, column->is_wrapped};
    return table_new(columns, &state->table);
}

static enum err begin(const struct format_options *options, void **out)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state)
        return ERR_NOMEM;
    state->columns = columns_of(options->stream);
    state->style = (struct style){.is_utc = options->is_utc};
    buffer_init(&state->row, ROW_MAX_BYTES);
    *out = state;
    return ERR_OK;
}

static enum err flush(void *context)
{
    struct state *state = context;
    if (!state->rows)
        return ERR_OK;
    state->rows = 0;
    return table_print(state->table);
}

static void put_row(struct state *state, const struct entry *entry, const char *const *cells)
{
    for (const struct column *column = state->columns; column->key || column->title; column++)
        if (column->title)
            table_cell_color(state->table, *cells++, column->color ? column->color(entry) : NULL);
}

static enum err show(void *context, const struct entry *entry)
{
    struct state *state = context;
    const char *cells[COLUMNS_MAX];
    size_t count;
    enum err err = state->table ? ERR_OK : make_table(state);
    if (!err)
        err = columns_row(state->columns, entry, &state->style, &state->row, cells, &count);
    if (err)
        return err;
    put_row(state, entry, cells);
    return ++state->rows == PAGE_ROWS ? flush(state) : ERR_OK;
}

static void end(void *context)
{
    struct state *state = context;
    if (!state)
        return;
    table_free(state->table);
    buffer_fini(&state->row);
    free(state);
}

const struct format format_table = {"table", begin, show, flush, end};
