#include "tests/support/framework_case.h"

#include "proto/base/file.h"
#include "proto/event/finding.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

struct framework *framework_case_load(const char *document, enum err expected, struct diag *diag)
{
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(diag, "test.yaml", 100), ERR_OK);
    enum err err = framework_load(document, strlen(document), diag, &framework);
    if (err != expected)
        diag_print(diag, stderr);
    cr_assert_eq(err, expected, "%s", document);
    return framework;
}

void framework_case_refused(const char *document, enum finding finding, uint64_t line,
                            uint64_t column, const char *en)
{
    struct diag diag;
    bool is_there = false;
    (void)framework_case_load(document, ERR_FRAMEWORK, &diag);
    for (size_t i = 0; i < diag.count; i++) {
        const struct diag_item *item = &diag.items[i];
        is_there |= strcmp(item->code, finding_code(finding)) == 0 && item->line == line &&
                    item->column == column && strstr(item->en, en) != NULL;
    }
    if (!is_there)
        diag_print(&diag, stderr);
    cr_expect(is_there, "no %s at %u:%u", finding_code(finding), (unsigned)line, (unsigned)column);
    diag_fini(&diag);
}

struct framework *framework_case_file(const char *path)
{
    struct diag diag;
    struct framework *framework = NULL;
    cr_assert_eq(diag_init(&diag, path, 50), ERR_OK);
    enum err err = framework_load_file(path, &diag, &framework);
    diag_print(&diag, stderr);
    cr_assert_eq(err, ERR_OK, "%s", path);
    diag_fini(&diag);
    return framework;
}

void framework_case_figures(const char *path, const struct framework *framework,
                            observation_csv_visit *visit, void *context)
{
    struct observation_csv_counts counts;
    struct diag diag;
    struct buffer bytes;
    buffer_init(&bytes, 1 << 24);
    cr_assert_eq(file_read(path, &bytes), ERR_OK, "%s", path);
    cr_assert_eq(diag_init(&diag, path, 50), ERR_OK);
    enum err err =
        observation_csv_read(bytes.data, bytes.size, framework, &diag, visit, context, &counts);
    diag_print(&diag, stderr);
    cr_assert_eq(err, ERR_OK, "%s", path);
    cr_assert_eq(diag.total, 0);
    cr_assert_gt(counts.good, 0);
    diag_fini(&diag);
    buffer_fini(&bytes);
}
