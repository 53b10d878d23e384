/* Regions by their GB/T 2260 code: the nation (0), the provinces, and of Jilin the prefectures, the
 * counties and districts, and the development zones that have a statistical code.
 */
#ifndef SONGHUA_EVENT_REGION_H
#define SONGHUA_EVENT_REGION_H

#include "proto/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REGION_NATION = 0,
    REGION_JILIN = 220000,
    REGION_CODE_BYTES = 7,
    UNIT_FIRST_CODE = 900000, /* GB/T 2260 uses none from here on: units of a framework */
    UNIT_LAST_CODE = 999999
};

enum region_level { LEVEL_NATION, LEVEL_PROVINCE, LEVEL_PREFECTURE, LEVEL_COUNTY, LEVEL_ZONE };

struct region {
    uint32_t code;
    enum region_level level;
    const char *zh, *en;
    uint32_t successor; /* code that replaced this one (220381: 220184), 0: in force */
};

const struct region *region_find(uint32_t code); /* NULL: not in the table */

/* By code ("220100", "000000") or name: 长春市, 长春, Changchun (any case). A short name that two
 * regions share (吉林) is not accepted. The code of a unit ("900156") is, whether a framework has it or
 * not: which units there are is the framework's to say (framework_region_parse()).
 * Errors  ERR_NOT_FOUND. */
MUST_CHECK enum err region_parse(const char *text, uint32_t *out);

/* For a text that region_parse() refused: what was probably meant, as a sentence without full stop
 * ("是否指 220200 吉林市 / did you mean 220200 Jilin City"), or why it has no code (长春新区); both empty
 * when nothing is near. */
enum { REGION_HINT_BYTES = 200 };
struct region_hint {
    char zh[REGION_HINT_BYTES], en[REGION_HINT_BYTES];
};
void region_suggest(const char *text, struct region_hint *out);

void region_format(uint32_t code, char out[REGION_CODE_BYTES]); /* six digits */

#endif
