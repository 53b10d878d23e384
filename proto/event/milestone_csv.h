/* Reads reports of milestones and duties from CSV, as agents submit them and the scorer evaluates them.
 *
 *     indicator,region,part,state,date,source,note
 *     指标,地区,分项,进展,日期,来源,备注
 * of which indicator, region, state and date must be there. Each report is one line; otherwise the form is
 * that of observation_csv.h (UTF-8 or GB18030, names in either language, any order). `part` is a part of
 * the item in the framework, empty for an item that is one whole, and for a duty the period it was done
 * for. States: planned started done cancelled exempt, 计划 已启动 已完成 已取消 容错免责. `date` is the day on
 * which the state was reached. A line with neither state nor date is one of a template (`songhua-agent
 * template --milestones`) that was not filled in: it is passed over.
 *
 * Every finding goes to diag with line and column; a row with a finding is not handed out.
 */
#ifndef SONGHUA_EVENT_MILESTONE_CSV_H
#define SONGHUA_EVENT_MILESTONE_CSV_H

#include "proto/base/diag.h"
#include "proto/base/err.h"
#include "proto/event/event.pb-c.h"
#include "proto/event/framework.h"
#include "proto/event/observation_csv.h"

#include <stdbool.h>

/* A good row; the texts are valid during the call, part and date in canonical form. */
struct milestone_row {
    uint64_t row, line; /* as observation_row's */
    uint32_t region;
    const Songhua__V1__Milestone *milestone;
    uint64_t region_column;
};
/* An error ends the reading and is what milestone_csv_read() answers. */
typedef enum err milestone_csv_visit(void *context, const struct milestone_row *row);

/* Whether the first line names these columns rather than those of figures. */
bool milestone_csv_is(const void *bytes, size_t size);

/* `framework` may be NULL: form only. `now_ms` as milestone_build()'s.
 * Errors  ERR_ROWS (there are findings), ERR_NOMEM, or what `visit` answered. counts are set in any case. */
MUST_CHECK enum err milestone_csv_read(const void *bytes, size_t size,
                                       const struct framework *framework, uint64_t now_ms,
                                       struct diag *diag, milestone_csv_visit *visit, void *context,
                                       struct observation_csv_counts *counts);

#endif
