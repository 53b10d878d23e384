#include "proto/event/region_table.h"

#include <criterion/criterion.h>
#include <string.h>

static uint32_t read(const char *text)
{
    uint32_t code = 1;
    cr_assert(region_parse(text, &code) == ERR_OK, "%s is refused", text);
    return code;
}

static struct region_hint hint_for(const char *text)
{
    uint32_t code;
    struct region_hint hint;
    cr_assert(region_parse(text, &code) == ERR_NOT_FOUND, "%s is accepted", text);
    region_suggest(text, &hint);
    return hint;
}

/* What a code lies in, by the scheme of GB/T 2260: 220184 in 220100 in 220000 in the nation. */
static uint32_t parent_of(uint32_t code)
{
    if (code % 100 != 0)
        return code / 100 * 100;
    return code % 10000 != 0 ? code / 10000 * 10000 : REGION_NATION;
}

Test(region, the_table_is_in_order_of_code_and_each_parent_is_in_it, .timeout = 10)
{
    for (size_t i = 0; i < region_table_count; i++) {
        const struct region *region = &region_table[i];
        if (i > 0)
            cr_expect_lt(region_table[i - 1].code, region->code);
        cr_expect_not_null(region_find(parent_of(region->code)), "parent of %u", region->code);
        cr_expect_eq(region_find(region->code), region);
    }
}

Test(region, there_are_31_provinces_nine_prefectures_and_sixty_counties, .timeout = 10)
{
    size_t provinces = 0, prefectures = 0, counties = 0;
    for (size_t i = 0; i < region_table_count; i++) {
        const struct region *region = &region_table[i];
        provinces += region->level == LEVEL_PROVINCE ? 1 : 0;
        prefectures += region->level == LEVEL_PREFECTURE ? 1 : 0;
        counties += region->level == LEVEL_COUNTY && region->successor == 0 ? 1 : 0;
    }
    cr_expect_eq(provinces, 31);
    cr_expect_eq(prefectures, 9);
    cr_expect_eq(counties, 60);
}

Test(region, a_code_a_full_name_a_short_name_and_an_english_name_are_read, .timeout = 10)
{
    cr_expect_eq(read("220100"), 220100);
    cr_expect_eq(read("000000"), REGION_NATION);
    cr_expect_eq(read("全国"), REGION_NATION);
    cr_expect_eq(read("长春市"), 220100);
    cr_expect_eq(read("长春"), 220100);
    cr_expect_eq(read("changchun"), 220100);
    cr_expect_eq(read("延边"), 222400);
    cr_expect_eq(read("吉林市"), 220200);
    cr_expect_eq(read("吉林省"), 220000);
    cr_expect_eq(read("内蒙古"), 150000);
    cr_expect_eq(read("梅河口市"), 220581);
    cr_expect_eq(read("220172"), 220172);
}

Test(region, a_name_means_the_code_in_force_and_the_old_code_is_still_known, .timeout = 10)
{
    cr_expect_eq(read("公主岭市"), 220184);
    cr_expect_eq(read("公主岭"), 220184);
    cr_expect_eq(read("220381"), 220381);
    cr_expect_eq(region_find(220381)->successor, 220184);
}

Test(region, a_name_that_two_regions_share_is_asked_about, .timeout = 10)
{
    struct region_hint hint = hint_for("吉林");
    cr_expect_str_eq(hint.zh, "是否指 220200 吉林市 或 220000 吉林省");
    cr_expect_str_eq(hint.en, "did you mean 220200 Jilin City or 220000 Jilin Province");
}

Test(region, a_mistyped_name_is_answered_with_the_nearest, .timeout = 10)
{
    cr_expect_str_eq(hint_for("Changchunn").en, "did you mean 220100 Changchun");
    cr_expect_not_null(strstr(hint_for("长春是").zh, "220100 长春市"));
}

Test(region, an_unknown_code_is_answered_with_what_it_would_lie_in, .timeout = 10)
{
    cr_expect_str_eq(hint_for("220199").en, "did you mean 220100 Changchun");
    cr_expect_str_eq(hint_for("229900").en, "did you mean 220000 Jilin Province");
    cr_expect_str_eq(hint_for("899999").en, "");
}

Test(region, an_area_without_a_code_is_explained, .timeout = 10)
{
    cr_expect_not_null(strstr(hint_for("长春新区").en, "has no GB/T 2260 code"));
    cr_expect_not_null(strstr(hint_for("长白山保护开发区").zh, "没有 GB/T 2260 代码"));
}

Test(region, nonsense_is_refused_without_a_suggestion, .timeout = 10)
{
    static const char *const texts[] = {"", "x", "22010", "2201000", "22010a", "\xFF\xFE", "吉"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_str_eq(hint_for(texts[i]).en, "", "%s", texts[i]);
}

Test(region, a_code_is_written_with_six_digits, .timeout = 10)
{
    char out[REGION_CODE_BYTES];
    region_format(REGION_NATION, out);
    cr_expect_str_eq(out, "000000");
    region_format(220100, out);
    cr_expect_str_eq(out, "220100");
}

Test(region, codes_of_a_frameworks_units_are_accepted, .timeout = 10)
{
    uint32_t code = 0;
    cr_assert_eq(region_parse("900156", &code), ERR_OK);
    cr_expect_eq(code, 900156);
    cr_expect_null(region_find(900156));
    cr_expect_eq(region_parse("899999", &code), ERR_NOT_FOUND);
}
