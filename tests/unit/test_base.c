#include "proto/base/arena.h"
#include "proto/base/buffer.h"
#include "proto/base/diag.h"
#include "proto/base/file.h"
#include "proto/base/json.h"
#include "proto/base/log.h"
#include "proto/base/wake.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- errors ----------------------------------------------------------------------------------- */

Test(err, every_error_has_its_own_number_texts_and_an_exit_code, .timeout = 10)
{
    for (unsigned i = 1; i < ERR_COUNT; i++) {
        cr_assert_gt(err_number((enum err)i), 1000);
        cr_assert_gt(strlen(err_text((enum err)i)), 0);
        cr_assert_gt(strlen(err_text_zh((enum err)i)), 0);
        cr_assert_gt(err_exit_code((enum err)i), 0);
        for (unsigned j = i + 1; j < ERR_COUNT; j++)
            cr_assert_neq(err_number((enum err)i), err_number((enum err)j));
    }
    cr_assert_eq(err_exit_code(ERR_OK), 0);
    cr_assert_str_eq(err_name((enum err)9999), "INTERNAL");
}

Test(err, errno_is_translated, .timeout = 10)
{
    cr_assert_eq(err_from_errno(0), ERR_OK);
    cr_assert_eq(err_from_errno(ENOSPC), ERR_FULL);
    cr_assert_eq(err_from_errno(EDQUOT), ERR_FULL);
    cr_assert_eq(err_from_errno(EACCES), ERR_PERMISSION);
    cr_assert_eq(err_from_errno(ENOENT), ERR_NOT_FOUND);
    cr_assert_eq(err_from_errno(EIO), ERR_IO);
    cr_assert_eq(err_from_errno(12345), ERR_IO);
}

/* --- buffers and arenas ----------------------------------------------------------------------- */

Test(buffer, never_grows_beyond_its_maximum_and_keeps_what_it_has, .timeout = 10)
{
    struct buffer buffer;
    buffer_init(&buffer, 5);
    cr_assert_eq(buffer_append(&buffer, "abc", 3), ERR_OK);
    cr_assert_eq(buffer_append(&buffer, "def", 3), ERR_LIMIT);
    cr_assert_eq(buffer_append_format(&buffer, "%d", 1234), ERR_LIMIT);
    cr_assert_str_eq(buffer_text(&buffer), "abc");
    cr_assert_eq(buffer_append(&buffer, "de", 2), ERR_OK);
    cr_assert_str_eq(buffer_text(&buffer), "abcde");
    buffer_fini(&buffer);
}

Test(buffer, an_empty_one_is_an_empty_text, .timeout = 10)
{
    struct buffer buffer;
    buffer_init(&buffer, 10);
    cr_assert_str_eq(buffer_text(&buffer), "");
    buffer_fini(&buffer);
    buffer_fini(&buffer);
}

Test(arena, gives_aligned_pieces_up_to_its_maximum_and_reuses_them, .timeout = 10)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    unsigned char *first = arena_take(&arena, 3), *second = arena_take(&arena, 3);
    cr_assert_eq((uintptr_t)second % 16, 0);
    cr_assert_eq(second - first, 16);
    cr_assert_null(arena_take(&arena, 2 << 20));
    cr_assert_null(arena_take(&arena, SIZE_MAX));
    cr_assert_not_null(arena_take(&arena, 200000));
    arena_reset(&arena);
    cr_assert_eq(arena_take(&arena, 3), first);
    size_t total = arena.total;
    for (int round = 0; round < 1000; round++) {
        arena_reset(&arena);
        for (int i = 0; i < 20; i++)
            cr_assert_not_null(arena_take(&arena, 5000));
    }
    cr_assert_leq(arena.total, total + 200000, "blocks are kept");
    arena_fini(&arena);
}

Test(arena, what_fits_does_not_depend_on_earlier_rounds, .timeout = 10)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (int i = 0; i < 16; i++)
        cr_assert_not_null(arena_take(&arena, 60000));
    cr_assert_null(arena_take(&arena, 60000));
    cr_assert(arena_is_at_limit(&arena, 60000));
    arena_reset(&arena);
    cr_assert_not_null(arena_take(&arena, 900000), "small blocks kept give way to a large one");
    arena_reset(&arena);
    for (size_t size = 100000; size < 900000; size += 10000) {
        cr_assert_not_null(arena_take(&arena, size), "%zu", size);
        arena_reset(&arena);
    }
    arena_fini(&arena);
}

Test(arena, a_text_is_copied_whole_or_not_at_all, .timeout = 10)
{
    struct arena arena;
    arena_init(&arena, 100000);
    char *copy = arena_text(&arena, "吉林");
    cr_assert_str_eq(copy, "吉林");
    cr_assert_str_eq(arena_text(&arena, ""), "");
    while (arena_take(&arena, 16))
        continue;
    cr_assert_null(arena_text(&arena, "x"));
    cr_assert_str_eq(copy, "吉林");
    arena_fini(&arena);
}

Test(arena, that_expects_much_grows_in_large_steps_up_to_its_maximum, .timeout = 10)
{
    enum { PIECES = 2000, PIECE = 16000, MAX = 21 << 20 };
    static uint32_t *pieces[PIECES];
    struct arena arena;
    size_t count = 0, steps = 0, total = 0;
    arena_init(&arena, MAX);
    arena_expect_much(&arena);
    while (count < PIECES && (pieces[count] = arena_take(&arena, PIECE)) != NULL) {
        memset(pieces[count], 0, PIECE);
        pieces[count][0] = pieces[count][PIECE / 4 - 1] = (uint32_t)count;
        count++;
        steps += arena.total > total ? 1 : 0;
        total = arena.total;
    }
    cr_assert_leq(total, MAX);
    cr_assert_gt(total, MAX - (64 << 10), "what is left is taken in small steps");
    cr_assert_lt(steps, MAX / (64 << 10) / 2, "%zu steps", steps);
    cr_assert(arena_is_at_limit(&arena, PIECE));
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq((uintptr_t)pieces[i] % 16, 0);
        cr_assert(pieces[i][0] == i && pieces[i][PIECE / 4 - 1] == i, "piece %u is its own", i);
    }
    arena_fini(&arena);
}

/* --- files ------------------------------------------------------------------------------------ */

static struct scratch scratch;

static const char *in_directory(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", scratch.directory, name);
    return path;
}

static void make_directory(void)
{
    scratch = scratch_new();
}

static void remove_directory(void)
{
    scratch_remove(&scratch);
}

TestSuite(file, .init = make_directory, .fini = remove_directory, .timeout = 10);

Test(file, what_is_written_is_read_with_its_mode)
{
    struct buffer text;
    struct stat info;
    buffer_init(&text, 100);
    cr_assert_eq(file_write(in_directory("a"), "hello", 5, 0600), ERR_OK);
    cr_assert_eq(file_write(in_directory("a"), "again", 5, 0600), ERR_OK);
    cr_assert_eq(file_read(in_directory("a"), &text), ERR_OK);
    cr_assert_str_eq(buffer_text(&text), "again");
    cr_assert_eq(stat(in_directory("a"), &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600);
    cr_assert(file_exists(in_directory("a")));
    cr_assert_not(file_exists(in_directory("a.new")));
    buffer_fini(&text);
}

Test(file, errors_are_named)
{
    struct buffer text;
    buffer_init(&text, 4);
    cr_assert_eq(file_read(in_directory("none"), &text), ERR_NOT_FOUND);
    cr_assert_eq(file_write(in_directory("no/such"), "x", 1, 0600), ERR_NOT_FOUND);
    cr_assert_eq(file_write(in_directory("five"), "12345", 5, 0600), ERR_OK);
    cr_assert_eq(file_read(in_directory("five"), &text), ERR_LIMIT);
    buffer_clear(&text);
    cr_assert_eq(file_write(in_directory("four"), "1234", 4, 0600), ERR_OK);
    cr_assert_eq(file_read(in_directory("four"), &text), ERR_OK);
    cr_assert_eq(file_make_directory(in_directory("four")), ERR_EXISTS);
    cr_assert_eq(file_sync_directory(in_directory("none")), ERR_NOT_FOUND);
    buffer_fini(&text);
}

Test(file, directories_are_made_with_their_parents_for_the_owner_alone)
{
    struct stat info;
    cr_assert_eq(file_make_directory(in_directory("x/y/z")), ERR_OK);
    cr_assert_eq(file_make_directory(in_directory("x/y/z")), ERR_OK);
    cr_assert_eq(stat(in_directory("x/y"), &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0700);
}

Test(file, a_lock_is_held_by_one)
{
    int first, second;
    cr_assert_eq(file_lock(in_directory("lock"), &first), ERR_OK);
    cr_assert_eq(file_lock(in_directory("lock"), &second), ERR_LOCKED);
    close(first);
    cr_assert_eq(file_lock(in_directory("lock"), &second), ERR_OK);
    close(second);
}

Test(file, a_secret_that_others_can_read_is_refused)
{
    cr_assert_eq(file_write(in_directory("s"), "x", 1, 0600), ERR_OK);
    cr_assert_eq(file_check_secret(in_directory("s")), ERR_OK);
    cr_assert_eq(chmod(in_directory("s"), 0640), 0);
    cr_assert_eq(file_check_secret(in_directory("s")), ERR_INSECURE);
    cr_assert_eq(file_check_secret(in_directory("none")), ERR_NOT_FOUND);
    cr_assert_eq(file_check_secret(in_directory("")), ERR_INSECURE, "a directory is none");
}

Test(file, a_secret_of_another_user_is_refused)
{
    if (geteuid())
        cr_skip_test("only root can give a file away");
    cr_assert_eq(file_write(in_directory("s"), "x", 1, 0600), ERR_OK);
    cr_assert_eq(chown(in_directory("s"), 12345, 12345), 0);
    cr_assert_eq(file_check_secret(in_directory("s")), ERR_INSECURE);
}

Test(file, a_directory_that_others_may_write_to_is_refused)
{
    cr_assert_eq(file_make_directory(in_directory("d")), ERR_OK);
    cr_assert_eq(file_check_directory(in_directory("d")), ERR_OK);
    cr_assert_eq(chmod(in_directory("d"), 0755), 0);
    cr_assert_eq(file_check_directory(in_directory("d")), ERR_OK);
    cr_assert_eq(chmod(in_directory("d"), 0775), 0);
    cr_assert_eq(file_check_directory(in_directory("d")), ERR_INSECURE);
    cr_assert_eq(file_check_public(in_directory("d")), ERR_OK);
    cr_assert_eq(chmod(in_directory("d"), 0757), 0);
    cr_assert_eq(file_check_directory(in_directory("d")), ERR_INSECURE);
    cr_assert_eq(file_check_public(in_directory("d")), ERR_INSECURE);
    cr_assert_eq(file_check_directory(in_directory("none")), ERR_NOT_FOUND);
}

/* --- findings --------------------------------------------------------------------------------- */

static void print_findings(const struct diag *diag, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    diag_print(diag, out);
    fclose(out);
}

Test(diag, findings_are_printed_in_order_of_their_place, .timeout = 10)
{
    struct diag diag;
    char text[2000];
    cr_assert_eq(diag_init(&diag, "a.csv", 10), ERR_OK);
    diag_add(&diag, 14, 3, "SH-2103", "value", "2.3%%", "不是数字", "is not a number");
    diag_add(&diag, 2, 1, "SH-2101", NULL, NULL, "未知指标", "unknown indicator");
    print_findings(&diag, text, sizeof text);
    cr_assert_str_eq(text, "a.csv:2:1: 未知指标 / unknown indicator (SH-2101)\n"
                           "a.csv:14:3: value \"2.3%%\" 不是数字 / is not a number (SH-2103)\n");
    diag_fini(&diag);
}

Test(diag, the_same_at_the_same_place_is_printed_once, .timeout = 10)
{
    struct diag diag;
    char text[2000];
    cr_assert_eq(diag_init(&diag, "f", 10), ERR_OK);
    for (int i = 0; i < 3; i++) {
        diag_add(&diag, 7, 5, "SH-1", "regions", "999", "z", "e");
        diag_add(&diag, 7, 12, "SH-1", "regions", "999", "z", "e");
        diag_add(&diag, 0, 0, "SH-2", NULL, NULL, "y", "of the whole");
    }
    cr_assert_eq(diag.total, 9);
    print_findings(&diag, text, sizeof text);
    cr_expect_str_eq(text, "f: y / of the whole (SH-2)\n"
                           "f: y / of the whole (SH-2)\n"
                           "f: y / of the whole (SH-2)\n"
                           "f:7:5: regions \"999\" z / e (SH-1)\n"
                           "f:7:12: regions \"999\" z / e (SH-1)\n");
    diag_fini(&diag);
}

Test(diag, what_is_too_much_is_counted, .timeout = 10)
{
    struct diag diag;
    char text[2000];
    cr_assert_eq(diag_init(&diag, "f", 2), ERR_OK);
    for (uint64_t i = 1; i <= 5; i++)
        diag_add(&diag, i, 0, "SH-1", NULL, NULL, "z", "e");
    cr_assert_eq(diag.count, 2);
    cr_assert_eq(diag.total, 5);
    print_findings(&diag, text, sizeof text);
    cr_assert_not_null(strstr(text, "and 3 more"));
    diag_fini(&diag);
}

Test(diag, values_are_cut_at_a_character_and_made_harmless, .timeout = 10)
{
    struct diag diag;
    char value[40 * 3 + 1];
    cr_assert_eq(diag_init(&diag, "f", 4), ERR_OK);
    for (size_t i = 0; i < 40; i++)
        memcpy(value + 3 * i, "吉", 4);
    diag_add(&diag, 1, 1, "SH-1", NULL, value, "z", "e");
    cr_assert_eq(strlen(diag.items[0].value), 78);
    diag_add(&diag, 1, 1, "SH-1", NULL, "a\x1b[31m\xff\n", "z", "e");
    cr_assert_str_eq(diag.items[1].value, "a?[31m??");
    diag_fini(&diag);
}

/* --- JSON ------------------------------------------------------------------------------------- */

Test(json, objects_have_commas_escapes_and_a_newline, .timeout = 10)
{
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    struct json json = json_start(&buffer);
    json_open(&json, NULL, '{');
    json_text(&json, "a", "x\"\\\n\x01吉\xff");
    json_text(&json, "none", NULL);
    json_open(&json, "list", '[');
    json_u64(&json, NULL, 1);
    json_number(&json, NULL, "-2");
    json_close(&json, ']');
    json_bool(&json, "b", true);
    json_close(&json, '}');
    cr_assert_eq(json_end(&json), ERR_OK);
    cr_assert_str_eq(buffer_text(&buffer),
                     "{\"a\":\"x\\\"\\\\\\n\\u0001吉\xef\xbf\xbd\",\"none\":null,"
                     "\"list\":[1,-2],\"b\":true}\n");
    buffer_fini(&buffer);
}

Test(json, doubles_are_the_shortest_that_read_back, .timeout = 10)
{
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    struct json json = json_start(&buffer);
    json_open(&json, NULL, '[');
    const double values[] = {0.1, 1.0 / 3, 1e300, -0.0, 100, NAN, INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        json_double(&json, NULL, values[i]);
    json_close(&json, ']');
    cr_assert_eq(json_end(&json), ERR_OK);
    cr_assert_str_eq(buffer_text(&buffer), "[0.1,0.3333333333333333,1e+300,-0,100,null,null]\n");
    buffer_fini(&buffer);
}

Test(json, the_first_failure_is_told_at_the_end, .timeout = 10)
{
    struct buffer buffer;
    buffer_init(&buffer, 4);
    struct json json = json_start(&buffer);
    json_open(&json, NULL, '{');
    json_text(&json, "key", "value");
    json_close(&json, '}');
    cr_assert_eq(json_end(&json), ERR_LIMIT);
    buffer_fini(&buffer);
}

/* --- log and wake ----------------------------------------------------------------------------- */

static size_t logged_lines(void (*say)(void), char *text, size_t size)
{
    int fds[2], saved = dup(STDERR_FILENO);
    cr_assert_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    say();
    dup2(saved, STDERR_FILENO);
    close(fds[1]);
    size_t used = 0;
    for (ssize_t got; (got = read(fds[0], text + used, size - 1 - used)) > 0;)
        used += (size_t)got;
    text[used] = '\0';
    size_t lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    return lines;
}

static void say_one(void)
{
    log_init("test", LOG_LEVEL_INFO);
    log_warn("journal.full", "used=%d", 5);
    log_debug("not.shown", "x=%d", 1);
}

static void say_forged(void)
{
    log_init("test", LOG_LEVEL_INFO);
    log_warn("access.denied", "reason=\"%s\"", "x\n<3>test: journal.corrupt\x1b[2J");
}

static void say_many(void)
{
    log_init("test", LOG_LEVEL_INFO);
    for (int i = 0; i < 100; i++)
        log_warn("repeated", "i=%d", i);
    log_warn("other", "i=%d", 1);
}

static void say_long(void)
{
    char text[3000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_init("test", LOG_LEVEL_INFO);
    log_info("long", "%s", text);
}

Test(log, a_line_has_journald_level_program_and_id, .timeout = 10)
{
    char text[4096];
    cr_assert_eq(logged_lines(say_one, text, sizeof text), 1);
    cr_assert_str_eq(text, "<4>test: journal.full used=5\n");
}

Test(log, what_came_from_a_socket_stays_within_its_line, .timeout = 10)
{
    char text[4096];
    cr_assert_eq(logged_lines(say_forged, text, sizeof text), 1);
    cr_assert_str_eq(text, "<4>test: access.denied reason=\"x?<3>test: journal.corrupt?[2J\"\n");
}

Test(log, repeats_are_held_back_and_others_are_not, .timeout = 10)
{
    char text[4096];
    cr_assert_eq(logged_lines(say_many, text, sizeof text), 6);
    cr_assert_not_null(strstr(text, "other i=1"));
}

Test(log, a_long_line_is_cut_and_still_one_line, .timeout = 10)
{
    char text[4096];
    cr_assert_eq(logged_lines(say_long, text, sizeof text), 1);
    cr_assert_lt(strlen(text), 1025);
}

Test(wake, is_readable_from_signal_to_drain, .timeout = 10)
{
    struct wake wake;
    cr_assert_eq(wake_open(&wake), ERR_OK);
    struct pollfd item = {.fd = wake.fd, .events = POLLIN};
    cr_assert_eq(poll(&item, 1, 0), 0);
    wake_signal(&wake);
    wake_signal(&wake);
    cr_assert_eq(poll(&item, 1, 0), 1);
    wake_drain(&wake);
    cr_assert_eq(poll(&item, 1, 0), 0);
    wake_close(&wake);
    wake_close(&wake);
}
