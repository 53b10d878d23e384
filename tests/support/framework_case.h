/* A framework's document, which loads or is refused, and figures that are read against it. */
#ifndef SONGHUA_TESTS_FRAMEWORK_CASE_H
#define SONGHUA_TESTS_FRAMEWORK_CASE_H

#include "proto/event/framework.h"
#include "proto/event/observation_csv.h"

/* Its findings are in `diag`, to be ended by diag_fini(). NULL where it is refused, as expected. */
struct framework *framework_case_load(const char *document, enum err expected, struct diag *diag);

/* It is refused with this finding in this line, at this column; `en` is in its text. */
void framework_case_refused(const char *document, enum finding finding, uint64_t line,
                            uint64_t column, const char *en);

/* A file without a finding: a framework, or figures against one (NULL: form only), each given to `visit`. */
struct framework *framework_case_file(const char *path);
void framework_case_figures(const char *path, const struct framework *framework,
                            observation_csv_visit *visit, void *context);

#endif
