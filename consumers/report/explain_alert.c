/* Which alert a judgement asks for, and by what. Source  EVALUATION-METHODS.md 6.3. */
#include "consumers/evaluate/alert_call.h"
#include "consumers/reader/words.h"
#include "consumers/report/explain.h"

static void show_thresholds(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    const struct alert_cuts cuts = target_alert_cuts(judgement->indicator, judgement->target);
    explain_line(
        page,
        explain_pick(page, "      比值 %.4g：< %.4g 关注，< %.4g 滞后，< %.4g 严重；>= %.4g 解除",
                     "      ratio %.4g: < %.4g watch, < %.4g lagging, < %.4g severe; "
                     ">= %.4g ends it"),
        judgement->numbers[NUMBER_RATIO], cuts.watch, cuts.lagging, cuts.severe, cuts.clear);
    if (judgement->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_PACE)
        explain_line(page,
                     explain_pick(page,
                                  "      时间进度 %.4g > 0.5，且此后所需速度超过以往的 %d 倍（或至"
                                  "今没有进展）：严重",
                                  "      time share %.4g > 0.5, and more than %d times the pace so "
                                  "far is needed (or nothing was gained): severe"),
                     judgement->numbers[NUMBER_TIME_SHARE], ALERT_PACE);
}

static void show_limit(struct explanation *page)
{
    if (page->judgement->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_WATCH)
        explain_line(page, "      %s",
                     explain_pick(page, "依据初步数据：不高于关注",
                                  "on one provisional figure: not above watch"));
    else if (page->judgement->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_LAGGING)
        explain_line(page, "      %s",
                     explain_pick(page, "依据初步数据，上期亦滞后：不高于滞后",
                                  "on a provisional figure, and the one before lags as well: not "
                                  "above lagging"));
}

/* What the numbers ask for, worked out again. */
static void check_call(struct explanation *page)
{
    struct judgement again = *page->judgement;
    again.alert_call = SONGHUA__V1__ALERT_CALL__ALERT_CALL_BY_JUDGEMENT;
    alert_call_state(&again);
    if (again.alert_call == page->judgement->alert_call)
        return;
    page->is_right = false;
    explain_line(page, "      %s %s",
                 explain_pick(page, "与判断所载不一致：", "differs from the judgement:"),
                 alert_call_name(page->judgement->alert_call));
}

void explain_alert(struct explanation *page)
{
    const struct judgement *judgement = page->judgement;
    Songhua__V1__Severity severity;
    bool is_behind = alert_call_severity(judgement->verdict, judgement->alert_call, &severity);
    const char *held =
        explain_pick(page, "不新发，已有的保留（关注）", "none begins; one goes on as watch");
    if (judgement->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_OFF)
        explain_line(page, "  %s", explain_pick(page, "预警  已关闭", "alert  turned off"));
    if (judgement->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_OFF ||
        (!is_behind && !judgement->alert_call))
        return;
    struct word word = is_behind ? word_of_severity(severity) : (struct word){0};
    explain_line(page, "  %s  %s", explain_pick(page, "预警", "alert"),
                 is_behind ? explain_pick(page, word.zh, word.id)
                 : judgement->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_HOLD
                     ? held
                     : explain_pick(page, "无", "none"));
    if (judgement->alert_call)
        show_thresholds(page);
    check_call(page);
    if (is_behind)
        show_limit(page);
}
