/* What a result rests on: the frameworks and figures that were known as of a moment, from files or from
 * the record, each with its address and where it came from.
 *
 *     basis_new(&basis)
 *     basis_read(invocation, &settings, basis)         files when any are named, else the broker's record
 *     basis_evaluate(basis, &view, &evaluation)        as often as there are questions
 *     basis_free(basis)
 *
 * Everything is kept, so that a question may leave out, replace or cap what it likes (struct
 * basis_view) and is still judged by the same evaluation as the scorer's.
 * Addresses: of the record, sequence.index; of files, row n of all files is n.0.
 * Not for use by two threads at once.
 */
#ifndef SONGHUA_REPORT_BASIS_H
#define SONGHUA_REPORT_BASIS_H

#include "consumers/evaluate/evaluation.h"
#include "consumers/service/command.h"
#include "proto/base/arena.h"

enum { BASIS_HEADS_BYTES = 65, BASIS_MAX_FRAMEWORKS = 256, BASIS_MAX_WHAT_IF = 64 };

/* One event that says something about an indicator. */
struct figure {
    struct address address;
    uint64_t stored_ms; /* 0: from a file */
    uint32_t region;
    const char *origin; /* the file and line, or the producer */
    const Songhua__V1__Event *event;
};

struct basis_framework {
    struct framework *framework; /* owned */
    struct address address;
};

struct basis {
    struct arena arena;
    struct figure *figures; /* in order of address */
    size_t figure_count, figure_capacity;
    struct basis_framework frameworks[BASIS_MAX_FRAMEWORKS]; /* in order of address */
    size_t framework_count;
    bool is_record;     /* the broker's record, not files */
    struct as_of as_of; /* the moment everything is judged at */
    uint64_t last;      /* newest record (row) that counts */
    /* Hex digest; of the record: its chains' heads; of files: their bytes. */
    char heads[BASIS_HEADS_BYTES];
};

struct basis_settings {
    struct service_settings service;
    const char *framework;
    struct option_list observations;
    uint64_t as_of_ms;       /* 0: now */
    uint64_t as_of_sequence; /* 0: all */
};

/* The rows of the option table; `type` holds a struct basis_settings named `basis`. */
/* clang-format off */
#define BASIS_OPTIONS(type)                                                                            \
    {"framework", 'f', OPTION_TEXT, offsetof(type, basis.framework), "FILE",                           \
     "the framework, YAML; default: those in the record"},                                             \
    {"observations", 'o', OPTION_LIST, offsetof(type, basis.observations), "CSV",                      \
     "figures from files, in the order they became known; default: the broker's record"},             \
    {"as-of", 0, OPTION_TIME, offsetof(type, basis.as_of_ms), "TIME",                                  \
     "what was known then, and the moment that due dates are held against (now)"},                     \
    {"as-of-sequence", 0, OPTION_NUMBER, offsetof(type, basis.as_of_sequence), "N",                    \
     "count only records (rows of files) up to number N"},                                             \
    SERVICE_OPTIONS(type, basis.service, "scorer", true)
/* clang-format on */

/* Errors  ERR_NOMEM. */
MUST_CHECK enum err basis_new(struct basis **out);
void basis_free(struct basis *basis); /* accepts NULL */

/* Fill an empty basis. What is wrong was said on stderr.
 * Errors  ERR_USAGE, ERR_FRAMEWORK, ERR_ROWS, ERR_NOT_FOUND (a file), ERR_UNREACHABLE, ERR_DENIED,
 *         ERR_KEY, ERR_CORRUPT, ERR_LIMIT, ERR_NOMEM … */
MUST_CHECK enum err basis_read(const struct invocation *invocation,
                               const struct basis_settings *settings, struct basis *basis);

/* The two ways in, for basis_read(). */
MUST_CHECK enum err basis_read_files(const struct invocation *invocation,
                                     const struct basis_settings *settings, struct basis *basis);
MUST_CHECK enum err basis_read_record(const struct invocation *invocation,
                                      const struct basis_settings *settings, struct basis *basis);

/* Keep a copy of the event. `origin` is borrowed for as long as the basis lives.
 * Errors  ERR_LIMIT (more than the arena holds), ERR_NOMEM. */
MUST_CHECK enum err basis_add(struct basis *basis, uint32_t region, const char *origin,
                              const Songhua__V1__Event *event, struct address address,
                              uint64_t stored_ms);
/* Takes the framework over, also on an error. Errors  ERR_LIMIT. */
MUST_CHECK enum err basis_add_framework(struct basis *basis, struct framework *framework,
                                        struct address address);
/* A copy that lives as long as the basis; NULL when memory is short. */
const char *basis_keep(struct basis *basis, const char *text);

/* A figure put in the place of one, or added: what if. */
struct what_if {
    const char *indicator;
    uint32_t region;
    struct period period;
    struct decimal value;
};

/* Which part of a basis a question looks at. All zero: everything. */
struct basis_view {
    const struct framework *framework; /* instead of those of the basis; NULL: those */
    uint64_t last_sequence;            /* nothing recorded later counts; 0: all */
    unsigned last_year;                /* no period that ends after it counts; 0: all */
    /* Due dates are held against this moment, and figures count whenever they were recorded: what is known
     * now of how things stood then. 0: the basis' own moment. */
    uint64_t judge_ms;
    const struct what_if *what_if;
    size_t what_if_count;
};

/* The evaluation of that part; release it with evaluation_free(). *as_of is the moment to judge at.
 * Errors  ERR_NOMEM, ERR_LIMIT, ERR_USAGE (a figure that cannot be right). */
MUST_CHECK enum err basis_evaluate(const struct basis *basis, const struct basis_view *view,
                                   struct evaluation **out, struct as_of *as_of);

/* The figure at the address; NULL: none, or a what-if. */
const struct figure *basis_find(const struct basis *basis, struct address address);

/* The newest framework, for names; NULL: there is none. */
const struct framework *basis_newest_framework(const struct basis *basis);

/* Says that the text is no region, and what was probably meant. ERR_USAGE. */
MUST_CHECK enum err region_refused(const struct invocation *invocation, const char *text);

/* Says that the framework has no such indicator, and which was probably meant. ERR_NOT_FOUND. */
MUST_CHECK enum err indicator_refused(const struct invocation *invocation,
                                      const struct framework *framework, const char *id);

/* Read "indicator,region,period=value". The text is cut up; what is wrong is said on stderr. `framework`
 * is the one that names are looked up in; NULL: none is.
 * Errors  ERR_USAGE, ERR_NOT_FOUND (no such indicator). */
MUST_CHECK enum err what_if_parse(const struct invocation *invocation,
                                  const struct framework *framework, char *text,
                                  struct what_if *out);

#endif
