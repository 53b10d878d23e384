/* Reads YAML into structs by a table of keys, reporting every finding with its line and column.
 *
 *     static const struct schema_field fields[] = {{"id", SCHEMA_ID, offsetof(…), …}, … {0}};
 *     static const struct schema schema = {fields, sizeof(struct thing), …};
 *     err = schema_read(bytes, size, &schema, &arena, &diag, thing);
 *
 * libyaml parses and keeps the marks. (libcyaml, which also fills structs from a table, stops at the
 * first error and keeps no marks for what is found later; a framework is corrected in one go.)
 * Everything read lives in the arena. Anchors and aliases may be used; merge keys (<<) may not.
 */
#ifndef SONGHUA_EVENT_SCHEMA_H
#define SONGHUA_EVENT_SCHEMA_H

#include "proto/base/arena.h"
#include "proto/base/diag.h"
#include "proto/base/err.h"
#include "proto/event/finding.h"
#include "proto/event/framework.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCHEMA_TEXT_MAX_BYTES = 4000, SCHEMA_ID_MAX_BYTES = 64, SCHEMA_MAX_NODES = 1000000 };

enum schema_kind {
    SCHEMA_ID,       /* const char *: 1 to 64 of a-z 0-9 . _ - */
    SCHEMA_TEXT,     /* const char * */
    SCHEMA_BOOL,     /* bool: true, false */
    SCHEMA_WORD,     /* int: the place in `words` */
    SCHEMA_UNSIGNED, /* uint64_t, min..max */
    SCHEMA_INTEGER,  /* int64_t, min..max */
    SCHEMA_REAL,     /* double, min..max */
    SCHEMA_DECIMAL,  /* struct optional_decimal */
    SCHEMA_PERIOD,   /* struct optional_period */
    SCHEMA_DATE,     /* struct optional_date */
    SCHEMA_DUE,      /* struct due: a date or a period */
    SCHEMA_SHARE,    /* struct share: 2/3, 0.8 */
    SCHEMA_REGION,   /* uint32_t, by code or name, or the code of a unit */
    SCHEMA_REGIONS,  /* list of them: uint32_t *, with count_offset */
    SCHEMA_TEXTS,    /* list of texts: const char **, with count_offset */
    SCHEMA_MAP,      /* a struct in place, by `schema` */
    SCHEMA_LIST      /* list of structs by `schema`: struct *, with count_offset */
};

struct schema;

struct schema_field {
    const char *key; /* NULL ends the table */
    enum schema_kind kind;
    size_t offset;
    bool is_required;
    size_t set_offset;        /* of a bool that says that the key was there; 0: none */
    size_t count_offset;      /* lists: of a size_t */
    const char *const *words; /* SCHEMA_WORD: NULL-terminated */
    const struct schema *schema;
    double min, max; /* numbers; lists: at most max entries */
};

struct schema {
    const struct schema_field *fields;
    size_t size;                    /* of the struct */
    bool has_place;                 /* the struct begins with a struct place */
    void (*set_defaults)(void *of); /* after zeroing; may be NULL */
};

/* Fill `*out`, a struct of schema->size bytes that is zeroed first, on an error too. Texts that are
 * not in the document become "". Errors  ERR_FRAMEWORK (see diag), ERR_NOMEM. */
MUST_CHECK enum err schema_read(const void *bytes, size_t size, const struct schema *schema,
                                struct arena *arena, struct diag *diag, void *out);

/* Add a finding at a place: the finding's own text, then `zh` and `en` behind a colon ("": its remedy). */
void schema_find(struct diag *diag, struct place place, enum finding finding, const char *field,
                 const char *value, const char *zh, const char *en);

#endif
