/* A workbook: a sheet 说明 with the facts and notes, then a sheet for each table. Numbers are numbers. */
#include "consumers/report/document.h"
#include "proto/base/text.h"

#include <math.h>
#include <string.h>
#include <xlsxwriter.h>

enum {
    FACT_WIDTH = 24,
    TEXT_WIDTH = 90,
    COLUMN_WIDTH = 14,
    NUMBER_WIDTH = 10,
    NAME_WIDTH = 34,
    DECIMALS = 7
};

struct styles {
    lxw_format *title, *head, *wrapped, *good, *fair, *poor;
    lxw_format *decimals[DECIMALS]; /* by how many are shown */
};

static lxw_format *make_fill(lxw_workbook *book, lxw_color_t color)
{
    lxw_format *format = workbook_add_format(book);
    format_set_bg_color(format, color);
    return format;
}

static struct styles make_styles(lxw_workbook *book)
{
    struct styles styles = {.title = workbook_add_format(book),
                            .head = make_fill(book, 0xDDE5EE),
                            .wrapped = workbook_add_format(book),
                            .good = make_fill(book, 0xD9EBD9),
                            .fair = make_fill(book, 0xFBEFD0),
                            .poor = make_fill(book, 0xF5D9D5)};
    static const char *const shown[DECIMALS] = {"0",      "0.0",     "0.00",    "0.000",
                                                "0.0000", "0.00000", "0.000000"};
    for (int i = 0; i < DECIMALS; i++) {
        styles.decimals[i] = workbook_add_format(book);
        format_set_num_format(styles.decimals[i], shown[i]);
    }
    format_set_bold(styles.title);
    format_set_font_size(styles.title, 14);
    format_set_bold(styles.head);
    format_set_text_wrap(styles.head);
    format_set_text_wrap(styles.wrapped);
    format_set_align(styles.wrapped, LXW_ALIGN_VERTICAL_TOP);
    return styles;
}

static lxw_format *style_of(const struct styles *styles, const char *tone)
{
    if (tone[0] == 'g')
        return styles->good;
    if (tone[0] == 'f')
        return styles->fair;
    return tone[0] == 'p' ? styles->poor : NULL;
}

/* Shown with as many decimals as the text has; the number itself is whole. */
static lxw_format *style_of_number(const struct styles *styles, const char *text)
{
    const char *point = strchr(text, '.');
    size_t decimals = point ? strlen(point + 1) : 0;
    return styles->decimals[decimals < DECIMALS ? decimals : DECIMALS - 1];
}

static lxw_error put_about(lxw_workbook *book, const struct styles *styles,
                           const struct document *document)
{
    lxw_worksheet *page = workbook_add_worksheet(book, "说明");
    lxw_row_t row = 0;
    if (!page)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    worksheet_set_column(page, 0, 0, FACT_WIDTH, NULL);
    worksheet_set_column(page, 1, 1, TEXT_WIDTH, NULL);
    worksheet_set_landscape(page);
    worksheet_fit_to_pages(page, 1, 0);
    lxw_error error = worksheet_write_string(page, row++, 0, document->title, styles->title);
    if (!error)
        error = worksheet_write_string(page, row++, 0, document->subtitle, NULL);
    for (size_t i = 0; i < document->fact_count && !error; i++, row++) {
        error = worksheet_write_string(page, row, 0, document->facts[i].title, styles->head);
        if (!error)
            error = worksheet_write_string(page, row, 1, document->facts[i].text, styles->wrapped);
    }
    for (size_t i = 0; i < document->sheet_count && !error; i++, row++) {
        error = worksheet_write_string(page, row, 0, document->sheets[i].title, styles->head);
        if (!error)
            error = worksheet_write_string(page, row, 1, document->sheets[i].note, styles->wrapped);
    }
    return error;
}

static lxw_error put_cell(lxw_worksheet *page, const struct styles *styles, lxw_row_t row,
                          lxw_col_t column, const struct cell *cell)
{
    if (isfinite(cell->number))
        return worksheet_write_number(page, row, column, cell->number,
                                      style_of_number(styles, cell->text));
    return worksheet_write_string(page, row, column, cell->text, style_of(styles, cell->tone));
}

static lxw_error put_sheet(lxw_workbook *book, const struct styles *styles,
                           const struct sheet *sheet)
{
    lxw_worksheet *page = workbook_add_worksheet(book, sheet->title);
    lxw_error error = LXW_NO_ERROR;
    if (!page)
        return LXW_ERROR_MEMORY_MALLOC_FAILED;
    for (size_t i = 0; i < sheet->column_count && !error; i++)
        error =
            worksheet_write_string(page, 0, (lxw_col_t)i, sheet->columns[i].title, styles->head);
    for (size_t i = 0; i < sheet->cell_count && !error; i++)
        error = put_cell(page, styles, (lxw_row_t)(1 + i / sheet->column_count),
                         (lxw_col_t)(i % sheet->column_count), &sheet->cells[i]);
    worksheet_set_column(page, 0, 0, NAME_WIDTH, NULL);
    for (size_t i = 1; i < sheet->column_count; i++)
        worksheet_set_column(page, (lxw_col_t)i, (lxw_col_t)i,
                             sheet->columns[i].is_number ? NUMBER_WIDTH : COLUMN_WIDTH, NULL);
    worksheet_freeze_panes(page, 1, 1);
    if (sheet->cell_count)
        worksheet_autofilter(page, 0, 0, (lxw_row_t)sheet_rows(sheet),
                             (lxw_col_t)(sheet->column_count - 1));
    worksheet_set_landscape(page);
    worksheet_fit_to_pages(page, 1, 0);
    return error;
}

static enum err translate(lxw_error error)
{
    switch (error) {
    case LXW_NO_ERROR:
        return ERR_OK;
    case LXW_ERROR_MEMORY_MALLOC_FAILED:
        return ERR_NOMEM;
    case LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED:
    case LXW_ERROR_WORKSHEET_INDEX_OUT_OF_RANGE:
        return ERR_LIMIT;
    default:
        return ERR_IO;
    }
}

enum err write_xlsx(const struct document *document, const char *path, FILE *file)
{
    (void)file;
    lxw_workbook *book = workbook_new(path);
    if (!book)
        return ERR_NOMEM;
    lxw_doc_properties properties = {.title = text_unconst(document->title),
                                     .created = (time_t)(document->made_ms / 1000)};
    const struct styles styles = make_styles(book);
    lxw_error error = workbook_set_properties(book, &properties);
    if (!error)
        error = put_about(book, &styles, document);
    for (size_t i = 0; i < document->sheet_count && !error; i++)
        error = put_sheet(book, &styles, &document->sheets[i]);
    lxw_error closed = workbook_close(book);
    return translate(error ? error : closed);
}
