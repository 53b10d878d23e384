#include "producers/agent/dispatch.h"

#include "producers/agent/preview.h"
#include "proto/base/file.h"
#include "proto/cli/keys.h"

#include <inttypes.h>
#include <string.h>

enum err dispatch_open(const struct invocation *invocation, const struct agent_settings *agent,
                       const struct dispatch_settings *settings, struct dispatch *out)
{
    *out = (struct dispatch){.invocation = invocation, .agent = agent, .settings = settings};
    enum err err = keys_own(invocation, agent->identity, &out->identity);
    if (!err)
        err = keys_server(invocation, agent->server_cert, out->server_key);
    if (err)
        dispatch_close(out);
    return err;
}

void dispatch_close(struct dispatch *dispatch)
{
    delivery_close(&dispatch->delivery);
    identity_clear(&dispatch->identity);
}

static enum err open_delivery(struct dispatch *dispatch)
{
    const struct dispatch_settings *settings = dispatch->settings;
    bool is_sending = settings->timeout_ms && !settings->is_dry;
    const struct station_options options = {.kind = dispatch->invocation->command,
                                            .state = dispatch->agent->state,
                                            .broker = is_sending ? dispatch->agent->broker : NULL,
                                            .server_key = dispatch->server_key,
                                            .identity = &dispatch->identity};
    if (dispatch->delivery.message.max)
        return ERR_OK; /* open already */
    return delivery_open(&options, &dispatch->delivery);
}

/* --- dry run ---------------------------------------------------------------------------------- */

static bool has_outbox(const struct dispatch *dispatch)
{
    char path[PATH_MAX];
    return !agent_path(dispatch->agent->state, "outbox", path) && file_exists(path);
}

/* Without an outbox, none is made: nothing was sent yet, so every row is new. */
static enum err try_out(struct dispatch *dispatch, struct parcel *parcel,
                        struct deposit_outcome *outcome)
{
    parcel_set_flag(parcel, PARCEL_DRY);
    if (!has_outbox(dispatch)) {
        *outcome = (struct deposit_outcome){.fresh = parcel->rows};
        return ERR_OK;
    }
    enum err err = open_delivery(dispatch);
    return err ? err : delivery_deposit(&dispatch->delivery, parcel, outcome);
}

/* --- sending ---------------------------------------------------------------------------------- */

static enum err say_deposit_failed(const struct dispatch *dispatch, const struct account *account,
                                   enum err err)
{
    if (err == ERR_FULL)
        return command_fail(
            dispatch->invocation, err,
            "%s: 未发送，发件箱或其磁盘已满（%s）；服务器确认后会腾出空间（songhua-agent status、run） / "
            "nothing was sent, the outbox or its disk is full (%s); there is room again as the "
            "broker acknowledges (songhua-agent status, run)",
            account->name, dispatch->agent->state, dispatch->agent->state);
    return command_fail(dispatch->invocation, err, "%s: 未发送 / nothing was sent (--state %s)",
                        account->name, dispatch->agent->state);
}

static enum err say_undelivered(struct dispatch *dispatch, const struct account *account,
                                enum err err)
{
    struct station_status status;
    if (delivery_status(&dispatch->delivery, &status))
        status = (struct station_status){0};
    bool has_more = *status.last_error_text && strcmp(status.last_error_text, err_text(err)) != 0;
    bool is_held = err == ERR_ROLLBACK; /* until it is decided what to send again */
    return command_fail(dispatch->invocation, err,
                        "%s: %s%s%s: 已保存在发件箱（%" PRIu64 " 批 %" PRIu64
                        " 条）%s / kept in the outbox (%" PRIu64 " batches, %" PRIu64 " events)%s",
                        account->name, dispatch->agent->broker, has_more ? ": " : "",
                        has_more ? status.last_error_text : "", status.batches, status.events,
                        is_held ? "" : "，由 songhua-agent run 继续发送", status.batches,
                        status.events, is_held ? "" : ", songhua-agent run sends them");
}

static enum err wait_for_broker(struct dispatch *dispatch, struct account *account)
{
    struct station_status status;
    uint64_t timeout_ms = dispatch->settings->timeout_ms;
    if (!timeout_ms)
        return ERR_OK;
    account->is_waited_for = true;
    account->delivery = delivery_wait(&dispatch->delivery,
                                      timeout_ms < UINT32_MAX ? (uint32_t)timeout_ms : UINT32_MAX);
    if (!account->delivery && !delivery_status(&dispatch->delivery, &status))
        account->last_record = status.receipt_record;
    return account->delivery;
}

static enum err send_parcel(struct dispatch *dispatch, const struct parcel *parcel,
                            struct account *account, struct deposit_outcome *outcome)
{
    enum err err = open_delivery(dispatch);
    if (!err)
        err = delivery_deposit(&dispatch->delivery, parcel, outcome);
    if (err)
        return say_deposit_failed(dispatch, account, err);
    account->outcome = outcome;
    err = wait_for_broker(dispatch, account);
    account_result(account, dispatch->settings->is_json);
    account->outcome = NULL;
    return err ? say_undelivered(dispatch, account, err) : ERR_OK;
}

enum err dispatch_parcel(struct dispatch *dispatch, struct parcel *parcel, struct account *account)
{
    struct deposit_outcome outcome = {0};
    if (dispatch->settings->is_again)
        parcel_set_flag(parcel, PARCEL_AGAIN);
    if (!dispatch->settings->is_dry)
        return send_parcel(dispatch, parcel, account, &outcome);
    account->is_dry = true;
    enum err err = try_out(dispatch, parcel, &outcome);
    if (err)
        return say_deposit_failed(dispatch, account, err);
    account->outcome = &outcome;
    if (!dispatch->settings->is_json)
        err = preview_print(parcel, dispatch->framework);
    account_result(account, dispatch->settings->is_json);
    account->outcome = NULL;
    return err;
}
