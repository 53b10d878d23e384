/* Cuts the bytes of a text file into lines of UTF-8, whatever encoding the file is in.
 *
 * UTF-8 with or without BOM, else GB18030: the first line that is not ASCII decides for the file.
 * (GB18030 has no byte of a line end, comma or quote inside a character, so lines can be cut first.)
 * UTF-16, which spreadsheet programs call Unicode text, is told by its first line and refused.
 */
#ifndef SONGHUA_EVENT_TEXT_LINES_H
#define SONGHUA_EVENT_TEXT_LINES_H

#include "proto/base/err.h"
#include "proto/event/finding.h"

#include <stddef.h>
#include <stdint.h>

struct text_lines;

/* One line with its line end (the last may have none), valid during the call; or a finding about it
 * (CSV_UTF16, CSV_NUL, CSV_ENCODING, CSV_LIMIT), then the text is empty. An error ends the reading. */
typedef enum err text_line_visit(void *context, uint64_t line, const char *text, size_t size,
                                 enum finding finding);

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err text_lines_new(size_t max_line_bytes, text_line_visit *visit, void *context,
                                   struct text_lines **out);
void text_lines_free(struct text_lines *lines);

/* Errors  what `visit` answered, ERR_NOMEM. */
MUST_CHECK enum err text_lines_feed(struct text_lines *lines, const void *bytes, size_t size);
MUST_CHECK enum err text_lines_finish(struct text_lines *lines); /* the end of the file */

/* What separates the columns of a table whose header this is: a tab or a semicolon when there are at least
 * three, and no comma and none of the other; else a comma. */
char text_lines_separator(const char *header, size_t size);

#endif
