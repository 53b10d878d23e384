#include "proto/cli/table.h"
#include "tests/support/capture.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void table_expect(int (*call)(void *), const char *out)
{
    struct capture said = capture_call(call, NULL);
    cr_assert_eq(said.code, 0);
    cr_assert_str_empty(said.err);
    cr_assert_str_eq(said.out, out);
    capture_free(&said);
}

static void plain_environment(void)
{
    unsetenv("FORCE_COLOR");
    setenv("NO_COLOR", "1", 1);
}

TestSuite(table, .init = plain_environment, .timeout = 10);

/* --- tables ----------------------------------------------------------------------------------- */

static int print_cells(const struct table_column *columns, const char *const *cells)
{
    struct table *table;
    cr_assert_eq(table_new(columns, &table), ERR_OK);
    for (; *cells; cells++)
        table_cell(table, *cells);
    enum err err = table_print(table);
    table_free(table);
    return (int)err;
}

static int print_names(void *context)
{
    static const struct table_column columns[] = {
        {"name", false}, {"值", true}, {"end", false}, {NULL, false}};
    static const char *const cells[] = {
        "长春市", "1.5", "x", "延边朝鲜族自治州", "100.25", "y", "Siping", "-20", "z", NULL};
    (void)context;
    return print_cells(columns, cells);
}

Test(table, columns_align_in_chinese_whatever_the_locale)
{
    const char *const out = "name                  值  end\n"
                            "长春市               1.5  x\n"
                            "延边朝鲜族自治州  100.25  y\n"
                            "Siping               -20  z\n";
    const char *const locales[] = {"C", "C.UTF-8", "no-such-locale", ""};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        setenv("LC_ALL", locales[i], 1);
        table_expect(print_names, out);
    }
}

static int print_long(void *context)
{
    static const struct table_column columns[] = {{"a", false}, {"b", false}, {NULL, false}};
    static char text[900];
    memset(text, 'x', sizeof text - 1);
    const char *const cells[] = {text, "end", NULL};
    (void)context;
    return print_cells(columns, cells);
}

Test(table, nothing_is_cut_when_stdout_is_no_terminal)
{
    setenv("COLUMNS", "40", 1);
    struct capture said = capture_call(print_long, NULL);
    cr_assert_not_null(strstr(said.out, "xxx  end\n"));
    cr_assert_eq(strspn(strchr(said.out, '\n') + 1, "x"), 899);
    cr_assert_null(strchr(said.out, '\x1b'));
    capture_free(&said);
}

static int print_hostile(void *context)
{
    static const struct table_column columns[] = {{"a", false}, {"b", false}, {NULL, false}};
    static const char *const cells[] = {"\x1b[31mred\nline\xff", "x", NULL};
    (void)context;
    return print_cells(columns, cells);
}

Test(table, control_characters_and_broken_text_do_no_harm)
{
    struct capture said = capture_call(print_hostile, NULL);
    size_t lines = 0;
    for (const char *c = said.out; *c; c++) {
        lines += *c == '\n';
        cr_assert(*c != '\x1b' && *c != '\xff');
    }
    cr_assert_eq(lines, 2);
    capture_free(&said);
}

static int print_formatted(void *context)
{
    static const struct table_column columns[] = {{"a", false}, {"b", true}, {NULL, false}};
    struct table *table;
    (void)context;
    cr_assert_eq(table_new(columns, &table), ERR_OK);
    table_cell(table, NULL);
    table_cell_format(table, "%.3f", 1.23456);
    enum err err = table_print(table);
    table_free(table);
    return (int)err;
}

Test(table, an_empty_cell_and_a_formatted_one)
{
    table_expect(print_formatted, "a      b\n   1.235\n");
}

static int print_colored(void *context)
{
    static const struct table_column columns[] = {{"a", false}, {"b", false}, {NULL, false}};
    struct table *table;
    (void)context;
    cr_assert_eq(table_new(columns, &table), ERR_OK);
    table_cell_color(table, "late", "red");
    table_cell_color(table, "plain", NULL);
    enum err err = table_print(table);
    table_free(table);
    return (int)err;
}

Test(table, a_cell_has_its_colour_only_where_there_is_colour)
{
    table_expect(print_colored, "a     b\nlate  plain\n");
    unsetenv("NO_COLOR");
    setenv("FORCE_COLOR", "1", 1);
    struct capture said = capture_call(print_colored, NULL);
    cr_assert_not_null(strstr(said.out, "\x1b[31mlate"), "%s", said.out);
    cr_assert_null(strstr(said.out, "mplain"), "%s", said.out);
    capture_free(&said);
}

static int print_twice(void *context)
{
    static const struct table_column columns[] = {{"name", false, 8}, {"end"}, {0}};
    struct table *table;
    (void)context;
    cr_assert_eq(table_new(columns, &table), ERR_OK);
    table_cell(table, "延边朝鲜族自治州");
    table_cell(table, "x");
    enum err err = table_print(table);
    table_cell(table, "长春市");
    table_cell(table, "y");
    if (!err)
        err = table_print(table);
    table_free(table);
    return (int)err;
}

Test(table, what_is_printed_next_goes_on_without_titles_in_the_same_columns)
{
    table_expect(print_twice, "name              end\n"
                              "延边朝鲜族自治州  x\n"
                              "长春市            y\n");
}

/* --- a narrow terminal ------------------------------------------------------------------------- */

static int print_wide(void *context)
{
    static const struct table_column columns[] = {{"id"},
                                                  {"empty"},
                                                  {"first", .drop = 2},
                                                  {"second", .drop = 1},
                                                  {"words", .is_wrapped = true},
                                                  {0}};
    static const char *const cells[] = {"a", "", "111", "222", "0123456789 0123456789", NULL};
    (void)context;
    return print_cells(columns, cells);
}

Test(table, all_columns_are_shown_where_there_is_room)
{
    char *out = capture_on_terminal("60", print_wide, NULL);
    cr_assert_str_eq(out, "id  empty  first  second  words\n"
                          "a          111    222     0123456789 0123456789\n");
    free(out);
}

Test(table, a_narrow_terminal_loses_first_what_is_empty)
{
    char *out = capture_on_terminal("42", print_wide, NULL);
    cr_assert_str_eq(out, "id  first  second  words\n"
                          "a   111    222     0123456789 0123456789\n");
    free(out);
}

Test(table, a_narrower_one_loses_columns_in_their_order_and_says_which)
{
    char *out = capture_on_terminal("36", print_wide, NULL);
    cr_assert_str_eq(out, "id  second  words\n"
                          "a   222     0123456789 0123456789\n"
                          "终端较窄，未显示 / no room for: first\n");
    free(out);
}

Test(table, long_words_go_on_in_the_next_line_when_nothing_else_may_go)
{
    char *out = capture_on_terminal("20", print_wide, NULL), *line = out, *next;
    cr_assert_not_null(strstr(out, "first, second\n"), "%s", out);
    for (; strncmp(line, "终端", strlen("终端")); line = next + 1) {
        next = strchr(line, '\n');
        cr_assert_not_null(next, "%s", out);
        cr_assert_leq(next - line, 20, "%s", out);
    }
    free(out);
}

static int print_on_full_disk(void *context)
{
    int status;
    (void)context;
    pid_t child = fork();
    if (!child) {
        dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
        _exit(print_formatted(NULL));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

Test(table, a_disk_that_is_full_is_an_error)
{
    struct capture said = capture_call(print_on_full_disk, NULL);
    cr_assert_eq(said.code, (int)ERR_IO);
    capture_free(&said);
}

Test(table, none_can_be_freed)
{
    table_free(NULL);
}

/* --- CSV -------------------------------------------------------------------------------------- */

static int print_csv(void *context)
{
    static const char *const fields[] = {
        "plain", "a,b", "say \"so\"", "two\nlines", "cr\r", NULL, "长春市", " spaces ", ""};
    (void)context;
    csv_line(fields, sizeof fields / sizeof *fields);
    return 0;
}

Test(table, csv_quotes_what_needs_it_and_nothing_else)
{
    table_expect(print_csv,
                 "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\"cr\r\",,长春市, spaces ,\n");
}
