/* Writes JSON, one object a line (NDJSON), into a buffer; commas and escapes are its business.
 *
 *     struct json json = json_start(&buffer);
 *     json_open(&json, NULL, '{');
 *     json_text(&json, "id", "rd_intensity");
 *     json_u64(&json, "sequence", 7);
 *     json_close(&json, '}');
 *     err = json_end(&json);              (adds the newline; the first failure of any call)
 *     err = json_print(&json, stdout);    (the same, and the buffer is written and emptied)
 *
 * `key` is NULL inside an array and for the outermost value. Bytes that are not UTF-8 become U+FFFD.
 * Doubles are written with 17 significant digits at most, the shortest that reads back the same;
 * NaN and infinities become null. Numbers stay below 2^53, larger ones are the caller's to write as
 * text (hashes as hex).
 */
#ifndef SONGHUA_BASE_JSON_H
#define SONGHUA_BASE_JSON_H

#include "proto/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct json {
    struct buffer *buffer;
    enum err err;
    bool needs_comma;
};

struct json json_start(struct buffer *buffer);
MUST_CHECK enum err json_end(struct json *json);
MUST_CHECK enum err json_print(struct json *json, FILE *out);          /* ERR_IO also */
void json_open(struct json *json, const char *key, char bracket);      /* '{' or '[' */
void json_close(struct json *json, char bracket);                      /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *value); /* NULL is null */
void json_u64(struct json *json, const char *key, uint64_t value);
void json_double(struct json *json, const char *key, double value);
void json_bool(struct json *json, const char *key, bool value);
void json_number(struct json *json, const char *key, const char *digits); /* written as it is */

#endif
