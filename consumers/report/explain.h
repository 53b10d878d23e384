/* A judgement explained step by step: the figures it rests on with their addresses and sources, the
 * formula with the numbers in it, the result; in Chinese or English, for people.
 *
 * Each step is worked out again from the figures and held against the judgement, bit by bit: an
 * explanation that does not lead to the published number says so and answers ERR_DIFFERENT.
 */
#ifndef SONGHUA_REPORT_EXPLAIN_H
#define SONGHUA_REPORT_EXPLAIN_H

#include "consumers/report/basis.h"
#include "proto/base/buffer.h"

enum language { LANGUAGE_ZH, LANGUAGE_EN };

/* The page while it is written. For the files of this folder. */
struct explanation {
    enum language language;
    struct buffer *out;
    const struct basis *basis;
    const struct framework *framework;
    const struct judgement *judgement;
    unsigned step;
    bool is_right; /* every step so far gave the judgement's own number */
    enum err err;
};

/* Append the explanation of one judgement. `framework` is the one it was made under.
 * Errors  ERR_DIFFERENT, ERR_LIMIT (the buffer), ERR_NOMEM. */
MUST_CHECK enum err explain_judgement(const struct basis *basis, const struct framework *framework,
                                      const struct judgement *judgement, enum language language,
                                      struct buffer *out);

/* --- for explain_methods.c ---------------------------------------------------------------------- */

/* The text of the page's language. */
const char *explain_pick(const struct explanation *page, const char *zh, const char *en);
void explain_line(struct explanation *page, const char *format, ...) PRINTF_LIKE(2, 3);
/* A numbered step: its name, then the formula with numbers. */
void explain_step(struct explanation *page, const char *zh, const char *en, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Hold a number of the judgement against the one worked out here. */
void explain_check(struct explanation *page, enum judgement_number number, double value);

/* The steps of the judgement's method; and which alert follows. */
void explain_method(struct explanation *page);
void explain_alert(struct explanation *page);

#endif
