#include "proto/base/json.h"

#include "proto/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct json json_start(struct buffer *buffer)
{
    return (struct json){.buffer = buffer};
}

enum err json_end(struct json *json)
{
    if (!json->err)
        json->err = buffer_append(json->buffer, "\n", 1);
    return json->err;
}

enum err json_print(struct json *json, FILE *out)
{
    enum err err = json_end(json);
    if (!err)
        err = buffer_write(json->buffer, out);
    buffer_clear(json->buffer);
    return err;
}

static void put(struct json *json, const char *bytes, size_t size)
{
    if (!json->err)
        json->err = buffer_append(json->buffer, bytes, size);
}

static void put_escape(struct json *json, unsigned char c)
{
    static const char names[] = {'b', 't', 'n', 0, 'f', 'r'};
    char escape[8];
    if (c == '"' || c == '\\')
        snprintf(escape, sizeof escape, "\\%c", c);
    else if (c >= 8 && c <= 13 && names[c - 8])
        snprintf(escape, sizeof escape, "\\%c", names[c - 8]);
    else
        snprintf(escape, sizeof escape, "\\u%04x", c);
    put(json, escape, strlen(escape));
}

/* Valid UTF-8 with its special characters escaped. */
static void put_valid(struct json *json, const char *text, size_t size)
{
    size_t plain = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        put(json, text + plain, i - plain);
        put_escape(json, c);
        plain = i + 1;
    }
    put(json, text + plain, size - plain);
}

static void put_quoted(struct json *json, const char *text)
{
    size_t left = strlen(text);
    put(json, "\"", 1);
    while (left) {
        size_t valid = text_utf8_valid(text, left);
        put_valid(json, text, valid);
        text += valid;
        left -= valid;
        if (left) {
            put(json, "\xef\xbf\xbd", 3);
            text++;
            left--;
        }
    }
    put(json, "\"", 1);
}

static void put_key(struct json *json, const char *key)
{
    if (json->needs_comma)
        put(json, ",", 1);
    json->needs_comma = true;
    if (!key)
        return;
    put_quoted(json, key);
    put(json, ":", 1);
}

void json_open(struct json *json, const char *key, char bracket)
{
    put_key(json, key);
    put(json, &bracket, 1);
    json->needs_comma = false;
}

void json_close(struct json *json, char bracket)
{
    put(json, &bracket, 1);
    json->needs_comma = true;
}

void json_text(struct json *json, const char *key, const char *value)
{
    put_key(json, key);
    if (value)
        put_quoted(json, value);
    else
        put(json, "null", 4);
}

void json_number(struct json *json, const char *key, const char *digits)
{
    put_key(json, key);
    put(json, digits, strlen(digits));
}

void json_u64(struct json *json, const char *key, uint64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
    json_number(json, key, digits);
}

void json_double(struct json *json, const char *key, double value)
{
    char digits[40] = "null";
    for (int precision = 15; isfinite(value) && precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    json_number(json, key, digits);
}

void json_bool(struct json *json, const char *key, bool value)
{
    json_number(json, key, value ? "true" : "false");
}
