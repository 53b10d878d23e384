#include "consumers/report/frozen.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct frozen {
    json_t *root;
};

static enum err check_file(const char *path, char why[FROZEN_WHY_BYTES])
{
    struct stat info;
    if (stat(path, &info)) {
        snprintf(why, FROZEN_WHY_BYTES, "%s", strerror(errno));
        return err_from_errno(errno);
    }
    if (info.st_size > FROZEN_MAX_BYTES) {
        snprintf(why, FROZEN_WHY_BYTES, "larger than %d MiB", FROZEN_MAX_BYTES >> 20);
        return ERR_LIMIT;
    }
    return ERR_OK;
}

enum err frozen_load(const char *path, struct frozen **out, char why[FROZEN_WHY_BYTES])
{
    json_error_t error;
    enum err err = check_file(path, why);
    if (err)
        return err;
    struct frozen *frozen = calloc(1, sizeof *frozen);
    if (!frozen)
        return ERR_NOMEM;
    frozen->root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!frozen->root)
        snprintf(why, FROZEN_WHY_BYTES, "line %d, column %d: %s", error.line, error.column,
                 error.text);
    else if (!json_is_array(json_object_get(frozen->root, "targets")) ||
             !json_is_string(json_object_get(frozen->root, "result")))
        snprintf(why, FROZEN_WHY_BYTES, "no report of songhua-scorer report --format json");
    else {
        *out = frozen;
        return ERR_OK;
    }
    frozen_free(frozen);
    return ERR_CONFIG;
}

void frozen_free(struct frozen *frozen)
{
    if (!frozen)
        return;
    json_decref(frozen->root);
    free(frozen);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

const char *frozen_fact(const struct frozen *frozen, const char *id)
{
    return text_of(frozen->root, id);
}

bool frozen_target(const struct frozen *frozen, const char *indicator, const char *target,
                   const char *region, struct frozen_target *out)
{
    size_t index;
    const json_t *item;
    const json_t *targets = json_object_get(frozen->root, "targets");
    json_array_foreach(targets, index, item)
    {
        if (strcmp(text_of(item, "indicator"), indicator) ||
            strcmp(text_of(item, "target_id"), target) || strcmp(text_of(item, "region"), region))
            continue;
        *out = (struct frozen_target){text_of(item, "judgement"), text_of(item, "period"),
                                      number_of(item, "value"), number_of(item, "points")};
        return true;
    }
    return false;
}
