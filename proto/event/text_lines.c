#include "proto/event/text_lines.h"

#include "proto/base/buffer.h"
#include "proto/base/text.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum encoding { ENCODING_OPEN, ENCODING_UTF8, ENCODING_GB18030 };

enum { GROWTH = 3 }; /* two bytes of GB18030 may become three or, with four, four of UTF-8 */

struct text_lines {
    text_line_visit *visit;
    void *context;
    struct buffer line;      /* the line so far */
    struct buffer converted; /* it in UTF-8, when it was not */
    size_t max;
    uint64_t number; /* of the line being gathered */
    bool is_too_long;
    enum encoding encoding;
    iconv_t converter; /* (iconv_t)-1: not open */
};

enum err text_lines_new(size_t max_line_bytes, text_line_visit *visit, void *context,
                        struct text_lines **out)
{
    struct text_lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL)
        return ERR_NOMEM;
    lines->visit = visit;
    lines->context = context;
    lines->max = max_line_bytes;
    lines->number = 1;
    lines->converter = (iconv_t)-1;
    buffer_init(&lines->line, max_line_bytes);
    buffer_init(&lines->converted, max_line_bytes * GROWTH);
    *out = lines;
    return ERR_OK;
}

void text_lines_free(struct text_lines *lines)
{
    if (lines == NULL)
        return;
    if (lines->converter != (iconv_t)-1)
        iconv_close(lines->converter);
    buffer_fini(&lines->line);
    buffer_fini(&lines->converted);
    free(lines);
}

static bool is_ascii(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] >= 0x80)
            return false;
    return true;
}

/* The gathered line from GB18030 into `converted`. */
static bool convert(struct text_lines *lines)
{
    if (lines->converter == (iconv_t)-1)
        lines->converter = iconv_open("UTF-8", "GB18030");
    void *room;
    buffer_clear(&lines->converted);
    if (lines->converter == (iconv_t)-1 ||
        buffer_reserve(&lines->converted, lines->line.size * GROWTH, &room) != ERR_OK)
        return false;
    char *from = (char *)lines->line.data, *to = room;
    size_t from_left = lines->line.size, to_left = lines->line.size * GROWTH;
    (void)iconv(lines->converter, NULL, NULL, NULL, NULL);
    if (iconv(lines->converter, &from, &from_left, &to, &to_left) == (size_t)-1)
        return false;
    lines->converted.size = lines->line.size * GROWTH - to_left;
    return true;
}

/* The line as UTF-8; NULL when it is in no encoding the file can be in. */
static const struct buffer *decode(struct text_lines *lines)
{
    const struct buffer *line = &lines->line;
    if (is_ascii(line->data, line->size))
        return line;
    bool is_utf8 = text_utf8_valid((const char *)line->data, line->size) == line->size;
    if (lines->encoding != ENCODING_GB18030 && is_utf8) {
        lines->encoding = ENCODING_UTF8;
        return line;
    }
    if (lines->encoding != ENCODING_UTF8 && convert(lines)) {
        lines->encoding = ENCODING_GB18030;
        return &lines->converted;
    }
    return NULL;
}

static void drop_byte_order_mark(struct text_lines *lines)
{
    struct buffer *line = &lines->line;
    if (lines->number != 1 || line->size < 3 || memcmp(line->data, "\xEF\xBB\xBF", 3) != 0)
        return;
    lines->encoding = ENCODING_UTF8;
    memmove(line->data, line->data + 3, line->size - 3);
    line->size -= 3;
}

static bool is_utf16(const struct text_lines *lines)
{
    const unsigned char *bytes = lines->line.data;
    if (lines->number != 1 || lines->line.size < 2)
        return false;
    bool has_mark =
        (bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF);
    return has_mark || (bytes[0] == 0) != (bytes[1] == 0);
}

static enum err hand_out(struct text_lines *lines)
{
    const struct buffer *text = NULL;
    enum finding finding = FINDING_NONE;
    drop_byte_order_mark(lines);
    if (lines->is_too_long)
        finding = FINDING_CSV_LIMIT;
    else if (is_utf16(lines))
        finding = FINDING_CSV_UTF16;
    else if (lines->line.size > 0 && memchr(lines->line.data, 0, lines->line.size) != NULL)
        finding = FINDING_CSV_NUL;
    else if ((text = decode(lines)) == NULL)
        finding = FINDING_CSV_ENCODING;
    bool has_text = text != NULL && text->size > 0;
    enum err err = lines->visit(lines->context, lines->number, has_text ? (char *)text->data : "",
                                has_text ? text->size : 0, finding);
    buffer_clear(&lines->line);
    lines->is_too_long = false;
    lines->number++;
    return err;
}

/* Gather up to the line's end. What goes beyond the maximum is dropped and remembered as too long. */
static enum err gather(struct text_lines *lines, const unsigned char *bytes, size_t size)
{
    if (lines->is_too_long || size > lines->max - lines->line.size) {
        lines->is_too_long = true;
        return ERR_OK;
    }
    return buffer_append(&lines->line, bytes, size);
}

enum err text_lines_feed(struct text_lines *lines, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    while (size > 0) {
        const unsigned char *end = memchr(from, '\n', size);
        size_t count = end != NULL ? (size_t)(end - from) + 1 : size;
        enum err err = gather(lines, from, count);
        if (err == ERR_OK && end != NULL)
            err = hand_out(lines);
        if (err != ERR_OK)
            return err;
        from += count;
        size -= count;
    }
    return ERR_OK;
}

enum err text_lines_finish(struct text_lines *lines)
{
    if (lines->line.size == 0 && !lines->is_too_long)
        return ERR_OK;
    return hand_out(lines);
}

char text_lines_separator(const char *header, size_t size)
{
    enum { COLUMNS_MIN = 4 };
    size_t commas = 0, tabs = 0, semicolons = 0;
    for (size_t i = 0; i < size; i++) {
        commas += header[i] == ',';
        tabs += header[i] == '\t';
        semicolons += header[i] == ';';
    }
    if (!commas && !semicolons && tabs >= COLUMNS_MIN - 1)
        return '\t';
    return !commas && !tabs && semicolons >= COLUMNS_MIN - 1 ? ';' : ',';
}
