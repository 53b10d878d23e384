#include "broker/keeping.h"

#include "proto/base/clock.h"

enum { HIDDEN_MAX_US = 5000, HIDDEN_IDLE_MS = 1 };

static bool may_keep(const struct keeping *keeping, uint64_t stored, bool is_alone)
{
    bool is_old = keeping->hidden && clock_monotonic_us() - keeping->since_us > HIDDEN_MAX_US;
    return stored && is_alone && !is_old && !audience_is_waiting(keeping->audience);
}

enum err keeping_flush(struct keeping *keeping, uint64_t stored, bool is_alone)
{
    enum err err = ERR_OK;
    keeping->is_hiding = false;
    if (may_keep(keeping, stored, is_alone))
        err = journal_keep(keeping->journal, &keeping->is_hiding);
    if (err || !keeping->is_hiding)
        return err ? err : journal_commit(keeping->journal);
    if (!keeping->hidden)
        keeping->since_us = clock_monotonic_us();
    keeping->hidden += stored;
    audience_hide(keeping->audience);
    return ERR_OK;
}

void keeping_announce(struct keeping *keeping, uint64_t stored, enum err err)
{
    if (keeping->is_hiding)
        return;
    audience_show(keeping->audience);
    keeping->is_owed = err && keeping->hidden;
    if (err)
        return;
    if (stored || keeping->hidden)
        audience_announce(keeping->audience);
    keeping->hidden = 0;
}

long keeping_wait_ms(const struct keeping *keeping, long max_ms)
{
    return keeping->hidden && !keeping->is_owed ? HIDDEN_IDLE_MS : max_ms;
}
