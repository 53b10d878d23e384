#include "producers/agent/deposit.h"
#include "producers/agent/station_internal.h"

#define NUMBER(member) FIELD_NUMBER(struct station_resend, member)
const struct field station_resend_fields[] = {NUMBER(err),
                                              NUMBER(noticed_ms),
                                              NUMBER(is_other_broker),
                                              NUMBER(epoch),
                                              NUMBER(acknowledged),
                                              NUMBER(record),
                                              NUMBER(broker_epoch),
                                              NUMBER(broker_sequence),
                                              NUMBER(broker_record),
                                              NUMBER(lost_first),
                                              NUMBER(lost_last),
                                              NUMBER(again),
                                              NUMBER(is_whole),
                                              {0}};
#undef NUMBER

/* What was sent is forgotten first: should this end in between, it is done again, and a figure that is
 * sent twice does no harm. */
static enum err resend(struct station *station, const struct outbox_rollback *plan)
{
    enum err err = plan->lost_first ? deposit_forget(station->outbox) : ERR_OK;
    if (!err)
        err = outbox_accept_rollback(station->outbox);
    if (!err && station->publisher)
        publisher_ask_again(station->publisher);
    station->asked_us = 0;
    return err;
}

void station_resend(struct station *station, bool is_dry, struct station_resend *out,
                    uint64_t *ticket)
{
    struct outbox_rollback plan = {0};
    enum err err = outbox_rollback(station->outbox, &plan);
    if (!err && !is_dry)
        err = resend(station, &plan);
    *ticket = station->appended;
    *out = (struct station_resend){.err = (uint64_t)err,
                                   .noticed_ms = plan.noticed_ms,
                                   .is_other_broker = plan.is_other_broker,
                                   .epoch = plan.epoch,
                                   .acknowledged = plan.acknowledged,
                                   .record = plan.record,
                                   .broker_epoch = plan.broker_epoch,
                                   .broker_sequence = plan.broker_sequence,
                                   .broker_record = plan.broker_record,
                                   .lost_first = plan.lost_first,
                                   .lost_last = plan.lost_last,
                                   .again = plan.again,
                                   .is_whole = plan.is_whole};
}
