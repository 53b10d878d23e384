#include "consumers/evaluate/calendar.h"
#include "tests/support/record.h"

#include <criterion/criterion.h>

enum { LATE_MAX = 8 };

struct found {
    struct late_report late[LATE_MAX];
    size_t count;
};

static enum err take(void *context, const struct late_report *late)
{
    struct found *found = context;
    cr_assert_lt(found->count, LATE_MAX);
    found->late[found->count++] = *late;
    return ERR_OK;
}

static struct found find(const struct record *record, uint64_t ms)
{
    struct found found = {.count = 0};
    cr_assert_eq(calendar_late(record->evaluation, (struct as_of){UINT64_MAX, ms}, take, &found),
                 ERR_OK);
    return found;
}

Test(calendar, the_period_after_the_last_report_is_late_by_days, .timeout = 10)
{
    struct record record = record_of("    due_days: 90\n");
    record_add(&record, "2021", "1", 'A');
    cr_expect_eq(find(&record, day(2023, 3, 30)).count, 0);
    struct found found = find(&record, day(2023, 4, 10));
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.late[0].missing.period.year, 2022);
    cr_expect_eq(found.late[0].last.period.year, 2021);
    cr_expect_eq(found.late[0].days, 10, "since the 1st of April began");
    cr_expect_eq(found.late[0].periods, 1);
    found = find(&record, day(2025, 4, 10));
    cr_expect_eq(found.late[0].periods, 3);
    cr_expect_eq(find(&record, UINT64_MAX).count, 0, "without a moment nothing is due");
    record_free(&record);
}

Test(calendar, a_report_that_there_is_no_figure_has_come, .timeout = 10)
{
    struct record record = record_of("    due_days: 90\n");
    record_add(&record, "2021", "1", 'A');
    record_add(&record, "2022", "", 'M');
    cr_expect_eq(find(&record, day(2023, 6, 1)).count, 0);
    record_retract(&record, "2022");
    cr_expect_eq(find(&record, day(2023, 6, 1)).count, 1, "one that was taken back has not");
    record_free(&record);
}

Test(calendar, what_was_never_reported_counts, .timeout = 10)
{
    struct record record = record_of("    due_days: 90\n");
    struct found found = find(&record, day(2023, 6, 1));
    cr_assert_eq(found.count, 1);
    cr_expect_not(found.late[0].last.is_set);
    cr_expect_eq(found.late[0].missing.period.year, 2022, "the latest that has come due");
    found = find(&record, day(2023, 3, 1));
    cr_expect_eq(found.late[0].missing.period.year, 2021);
    record_free(&record);
    record = record_of("    due_days: 90\n    since: 2020\n");
    found = find(&record, day(2023, 6, 1));
    cr_expect_eq(found.late[0].missing.period.year, 2020);
    cr_expect_eq(found.late[0].periods, 3);
    record_free(&record);
}

Test(calendar, quarters_and_months_go_over_the_years_end, .timeout = 10)
{
    struct record record = record_of("    cadence: quarterly\n    due_days: 30\n");
    struct found found = find(&record, day(2024, 2, 15));
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.late[0].missing.period.year, 2023);
    cr_expect_eq(found.late[0].missing.period.part, 4);
    record_free(&record);
    record = record_of("    cadence: monthly\n    due_days: 10\n");
    found = find(&record, day(2024, 1, 15));
    cr_assert_eq(found.count, 1);
    cr_expect_eq(found.late[0].missing.period.year, 2023);
    cr_expect_eq(found.late[0].missing.period.part, 12);
    record_free(&record);
}

Test(calendar, what_is_reported_once_is_never_late, .timeout = 10)
{
    struct record record = record_of("    cadence: once\n");
    cr_expect_eq(find(&record, day(2030, 1, 1)).count, 0);
    record_free(&record);
}

Test(calendar, parts_and_periods_of_duties_are_late_too, .timeout = 10)
{
    struct record record = record_of("    method: milestone\n    parts:\n"
                                     "      - {id: a, name: {zh: 甲, en: a}, due: 2023-06-30}\n"
                                     "      - {id: b, name: {zh: 乙, en: b}}\n");
    struct found found = find(&record, day(2023, 7, 2));
    cr_assert_eq(found.count, 1);
    cr_expect_str_eq(found.late[0].part->id, "a");
    cr_expect_eq(found.late[0].days, 2);
    record_free(&record);
    record = record_of("    method: recurring\n    since: 2022\n");
    found = find(&record, day(2024, 1, 10));
    cr_assert_eq(found.count, 2);
    cr_expect_eq(found.late[1].missing.period.year, 2023);
    record_free(&record);
}
