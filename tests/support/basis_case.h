/* What explanations and reports rest on, read from files that the test gives as texts. */
#ifndef SONGHUA_TESTS_BASIS_CASE_H
#define SONGHUA_TESTS_BASIS_CASE_H

#include "consumers/report/basis.h"

/* The basis of a framework's document and rows of CSV, header included, as of a time. basis_free() it. */
struct basis *basis_case_new(const char *document, const char *rows, uint64_t as_of_ms);

#endif
