#include "tests/support/basis_case.h"

#include "proto/base/file.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct basis *basis_case_new(const char *document, const char *rows, uint64_t as_of_ms)
{
    static const struct invocation invocation = {.program = "test", .command = "explain"};
    char framework[SCRATCH_BYTES + 20], figures[SCRATCH_BYTES + 20];
    struct basis *basis;
    struct scratch scratch = scratch_new();
    snprintf(framework, sizeof framework, "%s/framework.yaml", scratch.directory);
    snprintf(figures, sizeof figures, "%s/figures.csv", scratch.directory);
    cr_assert_eq(file_write(framework, document, strlen(document), 0600), ERR_OK);
    cr_assert_eq(file_write(figures, rows, strlen(rows), 0600), ERR_OK);
    const struct basis_settings settings = {
        .framework = framework, .as_of_ms = as_of_ms, .observations = {{figures}, 1}};
    cr_assert_eq(basis_new(&basis), ERR_OK);
    cr_assert_eq(basis_read(&invocation, &settings, basis), ERR_OK);
    scratch_remove(&scratch);
    return basis;
}
