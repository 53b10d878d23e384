/* One JSON object: facts by their ids, sheets as arrays of objects by their columns' ids. */
#include "consumers/report/document.h"
#include "proto/base/json.h"

#include <math.h>

enum { MAX_BYTES = 256 * 1024 * 1024 };

static void put_cell(struct json *json, const struct document_column *column,
                     const struct cell *cell)
{
    if (isfinite(cell->number))
        json_double(json, column->id, cell->number);
    else
        json_text(json, column->id, column->is_number && !*cell->text ? NULL : cell->text);
}

static void put_sheet(struct json *json, const struct sheet *sheet)
{
    json_open(json, sheet->id, '[');
    for (size_t i = 0; i < sheet->cell_count; i++) {
        size_t column = i % sheet->column_count;
        if (!column)
            json_open(json, NULL, '{');
        put_cell(json, &sheet->columns[column], &sheet->cells[i]);
        if (column + 1 == sheet->column_count)
            json_close(json, '}');
    }
    json_close(json, ']');
}

enum err write_json(const struct document *document, const char *path, FILE *file)
{
    struct buffer buffer;
    (void)path;
    buffer_init(&buffer, MAX_BYTES);
    struct json json = json_start(&buffer);
    json_open(&json, NULL, '{');
    json_text(&json, "title", document->title);
    for (size_t i = 0; i < document->fact_count; i++)
        json_text(&json, document->facts[i].id, document->facts[i].text);
    for (size_t i = 0; i < document->sheet_count; i++)
        put_sheet(&json, &document->sheets[i]);
    json_close(&json, '}');
    enum err err = json_print(&json, file);
    buffer_fini(&buffer);
    return err;
}
