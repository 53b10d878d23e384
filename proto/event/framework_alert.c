#include "proto/event/framework.h"

#include <math.h>

bool method_has_ratio(enum method method)
{
    return method != METHOD_NONE && method != METHOD_CAGR_NO_TARGET && method != METHOD_RECURRING;
}

struct alert_cuts method_cuts(enum method method)
{
    switch (method) {
    case METHOD_SCHEDULE:
    case METHOD_MILESTONE:
        return (struct alert_cuts){.watch = 0.95, .lagging = 0.80, .clear = 1};
    case METHOD_SDSN_TREND:
        return (struct alert_cuts){.watch = 1, .lagging = 0.50, .clear = 1.05};
    default:
        return (struct alert_cuts){.watch = 0.95, .lagging = 0.60, .clear = 1};
    }
}

/* 0.80 and 0.05 are to be 0.85, as it is written. */
static double sum_as_written(double a, double b)
{
    return round((a + b) * 1e9) / 1e9;
}

struct alert_cuts target_alert_cuts(const struct indicator *indicator, const struct target *target)
{
    const struct alert_rule *rule = &indicator->alert;
    struct alert_cuts cuts = method_cuts(target_method(indicator, target));
    cuts.watch = rule->has_watch ? rule->watch : cuts.watch;
    cuts.lagging = rule->has_lagging ? rule->lagging : cuts.lagging;
    cuts.severe = rule->has_severe ? rule->severe : cuts.severe;
    cuts.clear = sum_as_written(cuts.watch, rule->has_hysteresis ? rule->hysteresis : 0.05);
    return cuts;
}
