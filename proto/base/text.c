#include "proto/base/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISTANCE_MAX_BYTES = 63 };

/* --- numbers ---------------------------------------------------------------------------------- */

/* Digits at *text, moved past them. False when there is none, or the number is too large. */
static bool take_digits(const char **text, uint64_t *out)
{
    uint64_t value = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (at == *text)
        return false;
    *text = at;
    *out = value;
    return true;
}

bool text_skip(const char **text, const char *wanted)
{
    size_t size = strlen(wanted);
    if (strncmp(*text, wanted, size))
        return false;
    *text += size;
    return true;
}

enum err text_parse_u64(const char *text, uint64_t *out)
{
    uint64_t value;
    if (!take_digits(&text, &value) || *text)
        return ERR_USAGE;
    *out = value;
    return ERR_OK;
}

struct unit {
    const char *name;
    uint64_t factor;
};

/* The factor of the longest unit that stands at *text, moved past it; 0 when there is none. */
static uint64_t take_unit(const char **text, const struct unit *units, size_t count)
{
    const struct unit *best = NULL;
    for (size_t i = 0; i < count; i++)
        if (!strncmp(*text, units[i].name, strlen(units[i].name)) &&
            (!best || strlen(units[i].name) > strlen(best->name)))
            best = &units[i];
    if (!best)
        return 0;
    *text += strlen(best->name);
    return best->factor;
}

enum err text_parse_size(const char *text, uint64_t *out)
{
    static const struct unit units[] = {{"", 1},
                                        {"B", 1},
                                        {"K", 1ull << 10},
                                        {"KiB", 1ull << 10},
                                        {"M", 1ull << 20},
                                        {"MiB", 1ull << 20},
                                        {"G", 1ull << 30},
                                        {"GiB", 1ull << 30},
                                        {"T", 1ull << 40},
                                        {"TiB", 1ull << 40},
                                        {"kB", 1000},
                                        {"MB", 1000000},
                                        {"GB", 1000000000},
                                        {"TB", 1000000000000}};
    uint64_t value;
    if (!take_digits(&text, &value))
        return ERR_USAGE;
    uint64_t factor = take_unit(&text, units, sizeof units / sizeof *units);
    if (*text || value > UINT64_MAX / factor)
        return ERR_USAGE;
    *out = value * factor;
    return ERR_OK;
}

enum err text_parse_duration(const char *text, uint64_t *out)
{
    static const struct unit units[] = {{"ms", 1},         {"s", 1000},        {"m", 60000},
                                        {"min", 60000},    {"h", 3600000},     {"d", 86400000},
                                        {"w", 604800000},  {"mo", 2629800000}, /* 30.4375 days */
                                        {"y", 31557600000}};                   /* 365.25 days */
    uint64_t total = 0;
    if (!*text)
        return ERR_USAGE;
    while (*text) {
        uint64_t value;
        if (!take_digits(&text, &value))
            return ERR_USAGE;
        uint64_t factor = take_unit(&text, units, sizeof units / sizeof *units);
        if (!factor || value > (UINT64_MAX - total) / factor)
            return ERR_USAGE;
        total += value * factor;
    }
    *out = total;
    return ERR_OK;
}

/* --- numbers for people ----------------------------------------------------------------------- */

const char *text_format_number(double number, int digits, char out[TEXT_NUMBER_BYTES])
{
    enum { MOST_DECIMALS = 18, LONGEST = 15 };
    snprintf(out, TEXT_NUMBER_BYTES, "%.*e", digits - 1, number);
    const char *mark = strchr(out, 'e');
    if (!mark) /* no number, or endless */
        return out;
    long exponent = strtol(mark + 1, NULL, 10), decimals = digits - 1 - exponent;
    if (exponent >= LONGEST)
        return out;
    decimals = decimals < 0 ? 0 : decimals > MOST_DECIMALS ? MOST_DECIMALS : decimals;
    int size = snprintf(out, TEXT_NUMBER_BYTES, "%.*f", (int)decimals, number);
    while (decimals && out[size - 1] == '0')
        out[--size] = '\0';
    if (decimals && out[size - 1] == '.')
        out[--size] = '\0';
    return out;
}

/* --- bytes ------------------------------------------------------------------------------------ */

void text_from_bytes(const void *bytes, size_t size, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[from[i] >> 4];
        hex[2 * i + 1] = digits[from[i] & 15];
    }
    hex[2 * size] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err text_to_bytes(const char *hex, void *bytes, size_t size)
{
    unsigned char *to = bytes;
    if (strlen(hex) != 2 * size)
        return ERR_USAGE;
    for (size_t i = 0; i < 2 * size; i++)
        if (hex_value(hex[i]) < 0)
            return ERR_USAGE;
    for (size_t i = 0; i < size; i++)
        to[i] = (unsigned char)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
    return ERR_OK;
}

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* Bytes of the character that `first` begins, and the range its second byte must be in; 0: none.
 * Source  Unicode 15, table 3-7. */
static size_t utf8_form(unsigned char first, unsigned char *low, unsigned char *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef) {
        *low = first == 0xe0 ? 0xa0 : 0x80;
        *high = first == 0xed ? 0x9f : 0xbf;
        return 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        *low = first == 0xf0 ? 0x90 : 0x80;
        *high = first == 0xf4 ? 0x8f : 0xbf;
        return 4;
    }
    return 0;
}

size_t text_utf8_valid(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        unsigned char low, high;
        size_t length = utf8_form(bytes[at], &low, &high);
        if (!length || length > size - at)
            return at;
        if (length > 1 && (bytes[at + 1] < low || bytes[at + 1] > high))
            return at;
        for (size_t i = 2; i < length; i++)
            if ((bytes[at + i] & 0xc0) != 0x80)
                return at;
        at += length;
    }
    return at;
}

/* --- suggestions ------------------------------------------------------------------------------ */

static size_t least(size_t a, size_t b, size_t c)
{
    size_t least_of_two = a < b ? a : b;
    return least_of_two < c ? least_of_two : c;
}

/* Optimal string alignment: the usual table, three rows of it at a time. */
size_t text_distance(const char *a, const char *b)
{
    size_t rows[3][DISTANCE_MAX_BYTES + 1];
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a > DISTANCE_MAX_BYTES || size_b > DISTANCE_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= size_b; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= size_a; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= size_b; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, replaced);
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
    }
    return rows[size_a % 3][size_b];
}

_Bool text_list_has(const char *list, const char *word)
{
    size_t size = strlen(word);
    for (; *list; list += strspn(list, " ")) {
        size_t length = strcspn(list, " ");
        if (length == size && !memcmp(list, word, size))
            return 1;
        list += length;
    }
    return 0;
}
