/* Looks things up in what a program wrote as one JSON object a line. Not a parser: keys are found by
 * their text, which is enough for objects that we wrote ourselves. */
#ifndef SONGHUA_TESTS_NDJSON_H
#define SONGHUA_TESTS_NDJSON_H

#include <stdbool.h>
#include <stddef.h>

/* The first line in `text` that has each of these texts (NULL-terminated list), or NULL. The line goes
 * on to its newline. */
const char *ndjson_find(const char *text, const char *const *having);

/* The value of the line's first "key": a number, or NaN when it is null or not there. */
double ndjson_number(const char *line, const char *key);

/* Of a text without escapes; "" when it is not there. */
const char *ndjson_text(const char *line, const char *key, char *out, size_t size);

/* The first object inside the line with "id":"ID", as text from there on; NULL: none. */
const char *ndjson_object(const char *line, const char *id);

#endif
