/* CSV with a byte order mark, as spreadsheets in China want it: facts first, then each sheet under its
 * title, a blank line between. RFC 4180, CRLF. */
#include "consumers/report/document.h"

#include <string.h>

static void put_text(FILE *file, const char *prefix, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fprintf(file, "%s%s", prefix, text);
        return;
    }
    fprintf(file, "\"%s", prefix);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

static void put_field(FILE *file, const char *text)
{
    put_text(file, "", text);
}

/* A text that a spreadsheet would take for a formula is made a text. */
static void put_cell(FILE *file, const struct cell *cell)
{
    bool looks_like_formula =
        cell->number != cell->number && strchr("=+-@", cell->text[0]) && cell->text[0] != '\0';
    put_text(file, looks_like_formula ? "'" : "", cell->text);
}

static void put_sheet(FILE *file, const struct sheet *sheet)
{
    fputs("\r\n", file);
    put_field(file, sheet->title);
    fputs("\r\n", file);
    for (size_t i = 0; i < sheet->column_count; i++) {
        fputs(i ? "," : "", file);
        put_field(file, sheet->columns[i].title);
    }
    fputs("\r\n", file);
    for (size_t i = 0; i < sheet->cell_count; i++) {
        put_cell(file, &sheet->cells[i]);
        fputs((i + 1) % sheet->column_count ? "," : "\r\n", file);
    }
}

enum err write_csv(const struct document *document, const char *path, FILE *file)
{
    (void)path;
    fputs("\xEF\xBB\xBF", file);
    put_field(file, document->title);
    fputs("\r\n", file);
    for (size_t i = 0; i < document->fact_count; i++) {
        put_field(file, document->facts[i].title);
        fputc(',', file);
        put_field(file, document->facts[i].text);
        fputs("\r\n", file);
    }
    for (size_t i = 0; i < document->sheet_count; i++)
        put_sheet(file, &document->sheets[i]);
    return ferror(file) ? ERR_IO : ERR_OK;
}
