/* Two views of a basis judged side by side: which judgements differ, and why. */
#ifndef SONGHUA_REPORT_DIFFERENCE_H
#define SONGHUA_REPORT_DIFFERENCE_H

#include "consumers/report/basis.h"
#include "proto/base/buffer.h"

/* Why a judgement differs; several at once are possible. X(name, id, Chinese, English) */
#define CAUSE_TABLE(X)                                                                             \
    X(NEW_ITEM, "new_item", "新增指标或目标", "a new item or target")                              \
    X(GONE_ITEM, "gone_item", "不再监测", "no longer watched")                                     \
    X(RULE, "rule", "目标、基期或方法改变", "target, baseline or method changed")                  \
    X(NEW_FIGURE, "new_figure", "新一期数据", "a figure of a newer period")                        \
    X(REVISION, "revision", "数据修订", "a figure was revised")                                    \
    X(RETRACTION, "retraction", "数据撤回", "a figure was taken back")                             \
    X(ASSUMED, "assumed", "假设的数据", "a figure that is assumed")                                \
    X(TIME, "time", "时间推移", "time has passed")

enum cause {
#define X(name, ...) CAUSE_##name,
    CAUSE_TABLE(X)
#undef X
        CAUSE_COUNT
};
const char *cause_id(enum cause cause);
const char *cause_text_zh(enum cause cause);

struct difference {
    const struct judgement *before, *after; /* one may be NULL */
    uint32_t causes;                        /* bits 1 << enum cause */
};

/* Judgements of one view, in the framework's order. */
struct side {
    struct evaluation *evaluation;
    struct as_of as_of;
    struct judgement *items;
    size_t count, capacity;
};

/* Judge everything in the view. Release with side_fini().
 * Errors  ERR_NOT_FOUND (no framework as of then), ERR_NOMEM. */
MUST_CHECK enum err side_init(const struct basis *basis, const struct basis_view *view,
                              struct side *out);
void side_fini(struct side *side); /* accepts an all-zero side */

/* Call `visit` for each judgement that is not the same on both sides, in the order of `after`, those that
 * are gone last. Moments alone make no difference. Errors  what `visit` answered. */
typedef enum err difference_visit(void *context, const struct difference *difference);
MUST_CHECK enum err difference_each(const struct basis *basis, const struct side *before,
                                    const struct side *after, difference_visit *visit,
                                    void *context);

#endif
