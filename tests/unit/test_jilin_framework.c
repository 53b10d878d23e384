/* The shipped framework against the policy: every item of its list once, every quote in its text. */
#include "proto/base/buffer.h"
#include "proto/base/file.h"
#include "proto/event/framework.h"
#include "tests/support/framework_case.h"

#include <criterion/criterion.h>
#include <csv.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 237, FIELDS = 3, TEXT_MAX_BYTES = 1 << 20, BATCH_MAX_BYTES = 1 << 20 };

static const char text_path[] = "deploy/framework/opinions-2021-12-20.zh.txt";
static const char items_path[] = "deploy/framework/items.csv";
static const char framework_path[] = "deploy/framework/jilin-2021.yaml";

struct item {
    char *fields[FIELDS]; /* id, clause, quote */
    size_t seen;          /* in the framework */
};

struct list {
    struct item items[ITEMS + 1]; /* with the header */
    size_t count, field;
};

static struct buffer file_text(const char *path)
{
    struct buffer buffer;
    buffer_init(&buffer, TEXT_MAX_BYTES);
    cr_assert_eq(file_read(path, &buffer), ERR_OK, "%s", path);
    return buffer;
}

static void take_field(void *bytes, size_t size, void *context)
{
    struct list *list = context;
    cr_assert_lt(list->count, ITEMS + 1);
    cr_assert_lt(list->field, FIELDS);
    list->items[list->count].fields[list->field++] = strndup(bytes, size);
}

static void take_row(int end, void *context)
{
    struct list *list = context;
    (void)end;
    cr_assert_eq(list->field, FIELDS);
    list->field = 0;
    list->count++;
}

static struct list *list_read(void)
{
    struct csv_parser parser;
    struct buffer bytes = file_text(items_path);
    struct list *list = calloc(1, sizeof *list);
    cr_assert_eq(csv_init(&parser, CSV_STRICT), 0);
    cr_assert_eq(csv_parse(&parser, bytes.data, bytes.size, take_field, take_row, list),
                 bytes.size);
    csv_fini(&parser, take_field, take_row, list);
    csv_free(&parser);
    buffer_fini(&bytes);
    cr_assert_eq(list->count, ITEMS + 1);
    return list;
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        for (size_t j = 0; j < FIELDS; j++)
            free(list->items[i].fields[j]);
    free(list);
}

static struct item *list_find(struct list *list, const char *id)
{
    for (size_t i = 1; i < list->count; i++)
        if (strcmp(list->items[i].fields[0], id) == 0)
            return &list->items[i];
    return NULL;
}

static struct framework *shipped(void)
{
    return framework_case_file(framework_path);
}

/* Whether the item's words stand in the indicator, its targets or its parts, under its clause. */
static bool says(const struct indicator *indicator, const struct item *item)
{
    const char *clause = item->fields[1], *quote = item->fields[2];
    bool is_said = strstr(indicator->quote, quote) != NULL;
    for (size_t i = 0; i < indicator->target_count; i++)
        is_said = is_said || strstr(indicator->targets[i].quote, quote) != NULL;
    return is_said && strcmp(indicator->clause, clause) == 0;
}

static void expect_verbatim(const struct buffer *text, const char *id, const char *quote)
{
    cr_expect(quote[0] == '\0' || strstr((const char *)text->data, quote) != NULL,
              "%s: the policy does not say '%s'", id, quote);
}

Test(jilin_framework, every_item_of_the_policy_is_there_once, .timeout = 20)
{
    struct framework *framework = shipped();
    struct list *list = list_read();
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        for (size_t j = 0; j < indicator->item_count; j++) {
            struct item *item = list_find(list, indicator->items[j]);
            cr_assert_not_null(item, "%s: no item %s", indicator->id, indicator->items[j]);
            item->seen++;
            cr_expect(says(indicator, item), "%s does not have the words of %s", indicator->id,
                      item->fields[0]);
        }
    }
    for (size_t i = 1; i < list->count; i++)
        cr_expect_eq(list->items[i].seen, 1, "%s is there %zu times", list->items[i].fields[0],
                     list->items[i].seen);
    list_free(list);
    framework_free(framework);
}

Test(jilin_framework, every_quote_is_verbatim, .timeout = 20)
{
    struct framework *framework = shipped();
    struct list *list = list_read();
    struct buffer text = file_text(text_path);
    cr_assert_eq(buffer_append(&text, "", 1), ERR_OK);
    for (size_t i = 1; i < list->count; i++)
        expect_verbatim(&text, list->items[i].fields[0], list->items[i].fields[2]);
    for (size_t i = 0; i < framework->group_count; i++)
        expect_verbatim(&text, framework->groups[i].id, framework->groups[i].quote);
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        expect_verbatim(&text, indicator->id, indicator->quote);
        for (size_t j = 0; j < indicator->target_count; j++)
            expect_verbatim(&text, indicator->id, indicator->targets[j].quote);
        for (size_t j = 0; j < indicator->part_count; j++) {
            expect_verbatim(&text, indicator->id, indicator->parts[j].quote);
            expect_verbatim(&text, indicator->id, indicator->parts[j].name.zh);
        }
    }
    buffer_fini(&text);
    list_free(list);
    framework_free(framework);
}

/* The quantitative core of the text: nothing else may carry a number, unless somebody owns it. */
Test(jilin_framework, a_number_is_the_policys_or_has_an_author, .timeout = 20)
{
    static const char *const numbers[][2] = {{"rd_intensity", "2%"},
                                             {"rd_intensity", "3%"},
                                             {"sei_share", "18%"},
                                             {"prov_st_fund", "10亿"},
                                             {"national_hightech_zone_coverage", "全覆盖"},
                                             {"county_hightech_zone_coverage", "全覆盖"}};
    struct framework *framework = shipped();
    for (size_t i = 0; i < framework->indicator_count; i++) {
        const struct indicator *indicator = &framework->indicators[i];
        for (size_t j = 0; j < indicator->target_count; j++) {
            const struct target *target = &indicator->targets[j];
            bool is_owned = target->author[0] != '\0' && target->reason[0] != '\0';
            for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
                is_owned = is_owned || (strcmp(numbers[k][0], indicator->id) == 0 &&
                                        strstr(target->quote, numbers[k][1]) != NULL);
            cr_expect(!target->value.is_set || is_owned, "%s/%s has a number of nobody's",
                      indicator->id, target->id);
        }
    }
    framework_free(framework);
}

Test(jilin_framework, it_fits_into_one_batch, .timeout = 20)
{
    struct buffer document = file_text(framework_path);
    cr_expect_lt(document.size, BATCH_MAX_BYTES);
    buffer_fini(&document);
}
