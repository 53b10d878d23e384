/* Numbers, sizes, durations and times as people write them. All refuse trailing characters. */
#ifndef SONGHUA_BASE_TEXT_H
#define SONGHUA_BASE_TEXT_H

#include "proto/base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Errors of all  ERR_USAGE (not of that form, or out of range). */
MUST_CHECK enum err text_parse_u64(const char *text, uint64_t *out);
MUST_CHECK enum err text_parse_size(const char *text, uint64_t *out); /* 64KiB, 1MiB, 2GiB, 10 */
MUST_CHECK enum err text_parse_duration(const char *text,
                                        uint64_t *out); /* ms: 1d3h5m2s, 90s, 250ms */

/* protobuf-c's message types have no const; packing does not write through them. */
static inline char *text_unconst(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* Whether *text begins with what is wanted; then it moves behind that. */
_Bool text_skip(const char **text, const char *wanted);

/* A moment as milliseconds since 1970. `now_ms` is the moment that relative forms start from.
 *   2024-06-30T12:00:00+08:00  2024-06-30T04:00:00Z  2024-06-30 12:00  2024-06-30  2024-06  2024
 *   2024Q3  2024-Q3  2024年  now  today  yesterday  -1h  -2d  @1719705600000 (ms)
 * Parts that are missing are the earliest; a form without offset is local time. */
MUST_CHECK enum err text_parse_time(const char *text, uint64_t now_ms, uint64_t *out);

/* RFC 3339 with milliseconds and the local offset, or Z when is_utc: 2024-06-30T12:00:00.000+08:00. */
enum { TEXT_TIME_BYTES = 40 };
void text_format_time(uint64_t ms, _Bool is_utc, char out[TEXT_TIME_BYTES]);

/* For people: so many significant digits (1 to 15), all those before the point, no zeros at the end and never
 * an exponent below 10^15, as nobody writes 1.3e+06 万元. */
enum { TEXT_NUMBER_BYTES = 48 };
const char *text_format_number(double number, int digits, char out[TEXT_NUMBER_BYTES]);

/* Lower-case hexadecimal. `hex` has room for 2*size+1. */
void text_from_bytes(const void *bytes, size_t size, char *hex);
MUST_CHECK enum err text_to_bytes(const char *hex, void *bytes,
                                  size_t size); /* exactly 2*size digits */

/* Whether the word is one of a list's, which single spaces separate. */
_Bool text_list_has(const char *list, const char *word);

/* Length in bytes of the longest prefix that is valid UTF-8 (no surrogates, no overlong forms). */
size_t text_utf8_valid(const char *text, size_t size);

/* Number of single-character edits (insert, delete, replace, swap neighbours) between two texts of
 * at most 63 bytes; SIZE_MAX for longer ones. For suggestions after a typo. */
size_t text_distance(const char *a, const char *b);

#endif
