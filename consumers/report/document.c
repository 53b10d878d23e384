#include "consumers/report/document.h"

#include "proto/base/file.h"
#include "proto/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096, PATH_BYTES = 4096, FIRST_CELLS = 128 };
#define ARENA_BYTES ((size_t)1 << 30)

static const char *keep(struct document *document, const char *text)
{
    const char *copy = *text ? arena_text(&document->arena, text) : "";
    if (!copy)
        document->err = ERR_NOMEM;
    return copy ? copy : "";
}

enum err document_new(const char *title, const char *subtitle, struct document **out)
{
    struct document *document = calloc(1, sizeof *document);
    if (!document)
        return ERR_NOMEM;
    arena_init(&document->arena, ARENA_BYTES);
    document->last_chart = &document->charts;
    document->title = keep(document, title);
    document->subtitle = keep(document, subtitle);
    *out = document;
    return ERR_OK;
}

void document_free(struct document *document)
{
    if (!document)
        return;
    for (size_t i = 0; i < document->sheet_count; i++)
        free(document->sheets[i].cells);
    arena_fini(&document->arena);
    free(document);
}

void document_fact(struct document *document, const char *id, const char *title, const char *format,
                   ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    if (document->fact_count == DOCUMENT_MAX_FACTS) {
        document->err = ERR_LIMIT;
        return;
    }
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    document->facts[document->fact_count++] = (struct fact){id, title, keep(document, text)};
}

void document_sheet(struct document *document, const char *id, const char *title, const char *note,
                    const struct document_column *columns)
{
    size_t count = 0;
    if (document->sheet_count == DOCUMENT_MAX_SHEETS) {
        document->err = ERR_LIMIT;
        return;
    }
    while (columns[count].id)
        count++;
    document->sheets[document->sheet_count++] = (struct sheet){.id = id,
                                                               .title = keep(document, title),
                                                               .note = keep(document, note),
                                                               .columns = columns,
                                                               .column_count = count};
}

size_t sheet_rows(const struct sheet *sheet)
{
    return sheet->cell_count / sheet->column_count;
}

/* --- cells -------------------------------------------------------------------------------------- */

static void add(struct document *document, const struct cell *cell)
{
    struct sheet *sheet = &document->sheets[document->sheet_count - 1];
    if (sheet->cell_count == sheet->cell_capacity) {
        size_t capacity = sheet->cell_capacity ? 2 * sheet->cell_capacity : FIRST_CELLS;
        struct cell *larger = realloc(sheet->cells, capacity * sizeof *larger);
        if (!larger) {
            document->err = ERR_NOMEM;
            return;
        }
        sheet->cells = larger;
        sheet->cell_capacity = capacity;
    }
    sheet->cells[sheet->cell_count++] = *cell;
}

void document_text(struct document *document, const char *format, ...)
{
    char text[TEXT_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(document, &(struct cell){keep(document, text), NAN, ""});
}

void document_tone(struct document *document, const char *text, const char *tone)
{
    add(document, &(struct cell){keep(document, text), NAN, tone});
}

void document_number(struct document *document, double number, const char *text, int decimals)
{
    char digits[64];
    if (!isfinite(number)) {
        add(document, &(struct cell){"", NAN, ""});
        return;
    }
    if (!text)
        snprintf(digits, sizeof digits, "%.*f", decimals, number);
    add(document, &(struct cell){keep(document, text ? text : digits), number, ""});
}

static const double *keep_numbers(struct document *document, const double *numbers, size_t count)
{
    double *copy = arena_take(&document->arena, (count + 1) * sizeof *copy);
    if (copy)
        memcpy(copy, numbers, count * sizeof *copy);
    return copy;
}

void document_chart(struct document *document, const struct chart *chart)
{
    struct chart *copy = arena_take(&document->arena, sizeof *copy);
    if (copy) {
        *copy = *chart;
        copy->title = keep(document, chart->title);
        copy->unit = keep(document, chart->unit);
        copy->years = keep_numbers(document, chart->years, chart->count);
        copy->values = keep_numbers(document, chart->values, chart->count);
        copy->next = NULL;
    }
    if (!copy || !copy->years || !copy->values) {
        document->err = ERR_NOMEM;
        return;
    }
    *document->last_chart = copy;
    document->last_chart = &copy->next;
}

static void digest_text(crypto_generichash_state *state, const char *text)
{
    crypto_generichash_update(state, (const unsigned char *)text, strlen(text) + 1);
}

void document_digest(const struct document *document, char out[DOCUMENT_DIGEST_BYTES])
{
    crypto_generichash_state state;
    unsigned char digest[(DOCUMENT_DIGEST_BYTES - 1) / 2];
    crypto_generichash_init(&state, NULL, 0, sizeof digest);
    for (size_t i = 0; i < document->sheet_count; i++) {
        const struct sheet *sheet = &document->sheets[i];
        digest_text(&state, sheet->id);
        for (size_t j = 0; j < sheet->column_count; j++)
            digest_text(&state, sheet->columns[j].id);
        for (size_t j = 0; j < sheet->cell_count; j++)
            digest_text(&state, sheet->cells[j].text);
    }
    crypto_generichash_final(&state, digest, sizeof digest);
    text_from_bytes(digest, sizeof digest, out);
}

/* --- writing ------------------------------------------------------------------------------------ */

static const struct document_format formats[] = {{"html", write_html, false},
                                                 {"xlsx", write_xlsx, true},
                                                 {"csv", write_csv, false},
                                                 {"json", write_json, false},
                                                 {0}};

const struct document_format *document_format_find(const char *name)
{
    for (const struct document_format *format = formats; format->name; format++)
        if (!strcmp(format->name, name))
            return format;
    return NULL;
}

static enum err write_at(const struct document *document, const struct document_format *format,
                         const char *path)
{
    FILE *file = format->needs_path ? NULL : fopen(path, "wb");
    if (!format->needs_path && !file)
        return err_from_errno(errno);
    enum err err = format->write(document, path, file);
    if (file && fflush(file))
        err = err ? err : err_from_errno(errno);
    if (file && fclose(file))
        err = err ? err : err_from_errno(errno);
    return err;
}

/* On disk before it has its name: a published report is not lost with the power. */
static enum err publish_file(const char *part, const char *path)
{
    char directory[PATH_BYTES];
    const char *slash = strrchr(path, '/');
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    enum err err = fd < 0 || fsync(fd) ? err_from_errno(errno) : ERR_OK;
    if (fd >= 0)
        close(fd);
    if (!err && rename(part, path))
        err = err_from_errno(errno);
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    return err ? err : file_sync_directory(directory);
}

/* Under another name first, so that a reader never meets half a report. A device, pipe or link is
 * written into: a rename would put a file in its place. */
static enum err write_file(const struct document *document, const struct document_format *format,
                           const char *path)
{
    char part[PATH_BYTES];
    struct stat info;
    if (!lstat(path, &info) && !S_ISREG(info.st_mode))
        return write_at(document, format, path);
    int size = snprintf(part, sizeof part, "%s.part", path);
    if (size < 0 || (size_t)size >= sizeof part)
        return ERR_USAGE;
    enum err err = write_at(document, format, part);
    if (!err)
        err = publish_file(part, path);
    if (err)
        unlink(part);
    return err;
}

enum err document_write(const struct document *document, const struct document_format *format,
                        const char *path)
{
    if (document->err)
        return document->err;
    if (path && strcmp(path, "-"))
        return write_file(document, format, path);
    if (format->needs_path)
        return ERR_USAGE;
    enum err err = format->write(document, NULL, stdout);
    /* What stdout could not take the program's end tells, unless the reader has gone, as head does. */
    return ferror(stdout) ? ERR_OK : err;
}
