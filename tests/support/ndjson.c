#include "tests/support/ndjson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strstr() within one line. */
static const char *find_in_line(const char *line, const char *text)
{
    const char *found = strstr(line, text), *end = strchr(line, '\n');
    return found != NULL && (end == NULL || found < end) ? found : NULL;
}

const char *ndjson_find(const char *text, const char *const *having)
{
    for (const char *line = text; line != NULL && line[0] != '\0';) {
        bool has_all = true;
        for (const char *const *one = having; *one != NULL && has_all; one++)
            has_all = find_in_line(line, *one) != NULL;
        if (has_all)
            return line;
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return NULL;
}

static const char *value_of(const char *line, const char *key)
{
    char quoted[80];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *found = find_in_line(line, quoted);
    return found != NULL ? found + strlen(quoted) : NULL;
}

double ndjson_number(const char *line, const char *key)
{
    const char *value = value_of(line, key);
    bool is_number = value != NULL && strncmp(value, "null", 4) != 0;
    return is_number ? strtod(value, NULL) : (double)NAN;
}

const char *ndjson_text(const char *line, const char *key, char *out, size_t size)
{
    const char *value = value_of(line, key);
    size_t length = 0;
    out[0] = '\0';
    if (value == NULL || value[0] != '"')
        return out;
    while (value[1 + length] != '"' && length + 1 < size)
        length++;
    memcpy(out, value + 1, length);
    out[length] = '\0';
    return out;
}

const char *ndjson_object(const char *line, const char *id)
{
    char text[120];
    snprintf(text, sizeof text, "{\"id\":\"%s\"", id);
    return find_in_line(line, text);
}
