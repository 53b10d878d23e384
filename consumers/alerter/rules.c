#include "consumers/alerter/rules.h"

#include "consumers/evaluate/alert_call.h"
#include "proto/base/text.h"
#include "proto/event/region.h"
#include "proto/wire/digest.h"

#include <stdio.h>
#include <string.h>

void alert_id(const struct alert_fact *fact, char out[ALERT_ID_BYTES])
{
    char region[REGION_CODE_BYTES], address[EVENT_ADDRESS_BYTES];
    unsigned char digest[DIGEST_BYTES];
    const char *indicator = fact->score->indicator, *target = fact->score->target;
    region_format(fact->region, region);
    event_address_format(fact->sequence, fact->index, address);
    const struct digest_piece pieces[] = {
        {region, strlen(region)}, {"\n", 1}, {indicator, strlen(indicator)}, {"\n", 1},
        {target, strlen(target)}, {"\n", 1}, {address, strlen(address)}};
    digest_of(pieces, sizeof pieces / sizeof *pieces, digest);
    text_from_bytes(digest, (ALERT_ID_BYTES - 1) / 2, out);
}

/* --- what a judgement means --------------------------------------------------------------------- */

enum meaning {
    MEANS_NOTHING,
    MEANS_BEHIND,
    MEANS_HELD, /* neither behind nor far enough ahead for an alert to end */
    MEANS_FINE,
    MEANS_UNKNOWN,
    MEANS_NOT_ASKED
};

static enum meaning meaning_of(const Songhua__V1__Score *score, Songhua__V1__Severity *severity)
{
    if (score->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_OFF)
        return MEANS_NOT_ASKED;
    if (alert_call_severity(score->judgement, score->alert_call, severity))
        return MEANS_BEHIND;
    if (score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_HOLD)
        return MEANS_HELD;
    if (score->alert_call == SONGHUA__V1__ALERT_CALL__ALERT_CALL_CLEAR)
        return MEANS_FINE;
    switch (score->judgement) {
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ACHIEVED:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_ON_TRACK:
        return MEANS_FINE;
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_DATA:
        return MEANS_UNKNOWN;
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_NO_TARGET:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_EXEMPT:
    case SONGHUA__V1__JUDGEMENT__JUDGEMENT_CLOSED:
        return MEANS_NOT_ASKED;
    default: /* a judgement of a later version */
        return MEANS_NOTHING;
    }
}

/* As far as a provisional figure lets an alert go. */
static Songhua__V1__Severity limited(const Songhua__V1__Score *score,
                                     Songhua__V1__Severity severity)
{
    bool is_to_watch = score->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_WATCH;
    bool is_to_lagging = score->alert_limit == SONGHUA__V1__ALERT_LIMIT__ALERT_LIMIT_LAGGING;
    if (is_to_watch)
        return SONGHUA__V1__SEVERITY__SEVERITY_WATCH;
    return is_to_lagging && severity > SONGHUA__V1__SEVERITY__SEVERITY_LAGGING
               ? SONGHUA__V1__SEVERITY__SEVERITY_LAGGING
               : severity;
}

/* Whether the score rests on a figure for a later period than the one that set the alert off. */
static bool is_newer(const struct alert_track *track, const Songhua__V1__Score *score)
{
    struct period before, now;
    if (period_parse(track->since_period, &before, NULL) || period_parse(score->period, &now, NULL))
        return false;
    return period_key(now) > period_key(before);
}

static bool is_taken_back(const Songhua__V1__Score *score)
{
    return reason_from_id(score->reason) == REASON_RETRACTED;
}

/* --- transitions --------------------------------------------------------------------------------- */

static bool fire(struct alert_track *track, const struct alert_fact *fact,
                 Songhua__V1__Severity severity)
{
    bool is_news = !track->is_firing || track->severity != severity;
    track->severity = severity;
    if (track->is_firing)
        return is_news;
    track->is_firing = true;
    track->since_ms = fact->stored_ms;
    snprintf(track->since_period, sizeof track->since_period, "%s", fact->score->period);
    alert_id(fact, track->id);
    return true;
}

static bool end(struct alert_track *track)
{
    bool was_firing = track->is_firing;
    *track = (struct alert_track){.as_of = track->as_of};
    return was_firing;
}

bool alert_rules_apply(struct alert_track *track, const struct alert_fact *fact,
                       struct alert_news *out)
{
    const Songhua__V1__Score *score = fact->score;
    Songhua__V1__Severity severity = SONGHUA__V1__SEVERITY__SEVERITY_WATCH;
    if (score->as_of_sequence <= track->as_of)
        return false;
    track->as_of = score->as_of_sequence;
    out->alert = *track;
    out->state = SONGHUA__V1__ALERT_STATE__ALERT_WITHDRAWN;
    enum meaning meaning = meaning_of(score, &severity);
    switch (meaning) {
    case MEANS_HELD:
    case MEANS_BEHIND: {
        if (meaning == MEANS_HELD && !track->is_firing)
            return false;
        bool is_news = fire(track, fact, limited(score, severity));
        out->state = SONGHUA__V1__ALERT_STATE__ALERT_FIRING;
        out->alert = *track;
        return is_news;
    }
    case MEANS_FINE:
        if (is_newer(track, score))
            out->state = SONGHUA__V1__ALERT_STATE__ALERT_RESOLVED;
        return end(track);
    case MEANS_UNKNOWN:
        return is_newer(track, score) && !is_taken_back(score) ? false : end(track);
    case MEANS_NOT_ASKED:
        return end(track);
    default:
        return false;
    }
}
