#include "producers/agent/delivery.h"

#include "producers/agent/local_socket.h"
#include "proto/base/clock.h"
#include "proto/base/file.h"
#include "proto/cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DOOR_TRIES = 50, DOOR_PAUSE_MS = 20, ANSWER_TIMEOUT_MS = 120 * 1000, TURN_MS = 1000 };

/* --- talking to the station ------------------------------------------------------------------- */

static uint64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

static void wait_readable(int fd, int wake_fd, uint64_t timeout_ms)
{
    struct pollfd items[] = {{.fd = fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    poll(items, 2, timeout_ms < INT32_MAX ? (int)timeout_ms : INT32_MAX);
}

/* The station's next message; *fields is what follows the first word, in delivery->message.
 * Errors  ERR_TIMEOUT, ERR_STOPPED (the station has ended), ERR_MALFORMED. */
static enum err hear(struct delivery *delivery, const char *word, uint64_t end_ms,
                     const char **fields)
{
    size_t size = strlen(word);
    for (;;) {
        enum err err = local_receive(delivery->fd, &delivery->message, NULL);
        if (!err) {
            const char *text = buffer_text(&delivery->message);
            *fields = text + size;
            return strncmp(text, word, size) != 0 ? ERR_MALFORMED : ERR_OK;
        }
        if (err != ERR_TIMEOUT || now_ms() >= end_ms)
            return err;
        wait_readable(delivery->fd, -1, end_ms - now_ms());
    }
}

/* `what` and the station's answer, read into `to`. */
static enum err ask(struct delivery *delivery, const char *what, int passed, const char *word,
                    const struct field *fields, void *to)
{
    const char *text;
    enum err err = local_send(delivery->fd, what, strlen(what), passed);
    if (!err)
        err = hear(delivery, word, now_ms() + ANSWER_TIMEOUT_MS, &text);
    /* The news of a delivery may be on its way to us before the answer. */
    delivery->has_news =
        err == ERR_MALFORMED && !strncmp(buffer_text(&delivery->message), "delivered", 9);
    if (delivery->has_news)
        err = hear(delivery, word, now_ms() + ANSWER_TIMEOUT_MS, &text);
    return err ? err : fields_read(fields, text, to);
}

static enum err come_in(struct delivery *delivery)
{
    const char *text;
    enum err err = local_connect(delivery->options.state, station_socket_name, &delivery->fd);
    if (!err)
        err = hear(delivery, "hello", now_ms() + ANSWER_TIMEOUT_MS, &text);
    return err ? err : fields_read(station_status_fields, text, &delivery->host);
}

/* --- opening and closing ---------------------------------------------------------------------- */

static void leave(struct delivery *delivery)
{
    station_close(&delivery->station);
    if (delivery->fd >= 0)
        close(delivery->fd);
    delivery->fd = -1;
}

/* Become the station, or the guest of the one there is. A process takes the outbox a moment before it
 * opens its door, and may end between our two questions: so they are asked again, not for ever. */
static enum err find_station(struct delivery *delivery)
{
    enum err err = ERR_LOCKED;
    for (int i = 0; i < DOOR_TRIES && err == ERR_LOCKED; i++) {
        if (i)
            poll(NULL, 0, DOOR_PAUSE_MS);
        err = station_open(&delivery->options, &delivery->station);
        if (err != ERR_LOCKED)
            return err;
        err = come_in(delivery);
        if (err)
            leave(delivery);
        if (err == ERR_NOT_FOUND || err == ERR_STOPPED)
            err = ERR_LOCKED;
    }
    return err;
}

enum err delivery_open(const struct station_options *options, struct delivery *out)
{
    *out = (struct delivery){.options = *options, .fd = -1};
    buffer_init(&out->message, LOCAL_MESSAGE_MAX_BYTES + 1);
    enum err err = find_station(out);
    if (err)
        delivery_close(out);
    return err;
}

void delivery_close(struct delivery *delivery)
{
    if (!delivery->message.max)
        return;
    leave(delivery);
    buffer_fini(&delivery->message);
    *delivery = (struct delivery){.fd = -1};
}

struct station *delivery_take_station(struct delivery *delivery)
{
    struct station *station = delivery->station;
    delivery->station = NULL;
    return station;
}

void delivery_await_end(struct delivery *delivery, int wake_fd)
{
    enum err err = ERR_OK;
    while (!err && delivery->fd >= 0) {
        struct pollfd wake = {.fd = wake_fd, .events = POLLIN};
        wait_readable(delivery->fd, wake_fd, ANSWER_TIMEOUT_MS);
        if (wake_fd >= 0 && poll(&wake, 1, 0) > 0)
            return;
        err = local_receive(delivery->fd, &delivery->message, NULL);
        err = err == ERR_TIMEOUT ? ERR_OK : err;
    }
}

/* --- deposits --------------------------------------------------------------------------------- */

static enum err seal_in_memory(const struct parcel *parcel, int *out)
{
    int fd = memfd_create("songhua-parcel", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return err_from_errno(errno);
    enum err err = file_put(fd, parcel->bytes.data, parcel->bytes.size);
    if (!err && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE))
        err = err_from_errno(errno);
    if (err)
        close(fd);
    else
        *out = fd;
    return err;
}

static enum err hand_over(struct delivery *delivery, const struct parcel *parcel,
                          struct deposit_outcome *out)
{
    int fd = -1;
    struct station_outcome answer = {0};
    enum err err = seal_in_memory(parcel, &fd);
    if (err)
        return err;
    err = ask(delivery, "deposit", fd, "outcome", station_outcome_fields, &answer);
    close(fd);
    if (!err && answer.err)
        err = answer.err < ERR_COUNT ? (enum err)answer.err : ERR_INTERNAL;
    if (err)
        return err;
    *out = (struct deposit_outcome){.is_repeat = answer.is_repeat != 0,
                                    .submitted_ms = answer.submitted_ms,
                                    .superseded = answer.superseded,
                                    .fresh = answer.fresh,
                                    .revised = answer.revised,
                                    .unchanged = answer.unchanged,
                                    .batches = answer.batches};
    return ERR_OK;
}

enum err delivery_deposit(struct delivery *delivery, const struct parcel *parcel,
                          struct deposit_outcome *outcome)
{
    enum err err = ERR_STOPPED;
    delivery->parcel = parcel;
    while (err == ERR_STOPPED) {
        if (delivery->station)
            return station_deposit(delivery->station, parcel->bytes.data, parcel->bytes.size,
                                   outcome, &delivery->ticket);
        err = hand_over(delivery, parcel, outcome);
        if (err != ERR_STOPPED)
            return err;
        leave(delivery);
        err = find_station(delivery);
        err = err ? err : ERR_STOPPED;
    }
    return err;
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Why not everything is acknowledged, in the words of an exit code. */
static enum err explain_delay(struct delivery *delivery)
{
    struct station_status status;
    enum err err = delivery_status(delivery, &status);
    if (err)
        return err;
    if (status.is_rolled_back)
        return ERR_ROLLBACK;
    if (status.is_connected)
        return ERR_TIMEOUT;
    return status.last_error == ERR_KEY ? ERR_KEY : ERR_UNREACHABLE;
}

/* A key that is refused now is refused until the broker's operator does something: not worth the wait. */
static bool is_key_refused(const struct station_status *status)
{
    return !status->is_connected && status->last_error == ERR_KEY;
}

static enum err turn_until_delivered(struct delivery *delivery, uint64_t end_ms,
                                     struct progress *progress)
{
    struct station_status status = {0};
    while (!station_has_delivered(delivery->station, delivery->ticket)) {
        uint64_t now = now_ms();
        if (now >= end_ms || is_key_refused(&status))
            return explain_delay(delivery);
        uint32_t left_ms = end_ms - now < TURN_MS ? (uint32_t)(end_ms - now) : TURN_MS;
        enum err err = station_turn(delivery->station, left_ms, -1);
        if (err)
            return err;
        station_status(delivery->station, &status);
        if (progress->total < status.batches)
            progress->total = status.batches;
        progress_update(progress, progress->total - status.batches);
    }
    return ERR_OK;
}

static enum err wait_as_station(struct delivery *delivery, uint64_t end_ms)
{
    struct progress progress = progress_start("发送 / sending", 0);
    enum err err = turn_until_delivered(delivery, end_ms, &progress);
    progress_end(&progress);
    return err;
}

static enum err wait_as_guest(struct delivery *delivery, uint64_t end_ms)
{
    const char *text;
    struct station_status status;
    enum err err = delivery_status(delivery, &status);
    if (!err && status.is_rolled_back) /* not worth the wait: an operator has to decide first */
        return ERR_ROLLBACK;
    if (!err && !delivery->has_news)
        err = hear(delivery, "delivered", end_ms, &text);
    return err == ERR_TIMEOUT ? explain_delay(delivery) : err;
}

/* The station has ended: take its place, or find the next. */
static enum err begin_again(struct delivery *delivery)
{
    struct deposit_outcome outcome;
    leave(delivery);
    enum err err = find_station(delivery);
    if (!err && delivery->parcel)
        err = delivery_deposit(delivery, delivery->parcel, &outcome);
    return err;
}

enum err delivery_wait(struct delivery *delivery, uint32_t timeout_ms)
{
    uint64_t end_ms = now_ms() + timeout_ms;
    for (;;) {
        enum err err =
            delivery->station ? wait_as_station(delivery, end_ms) : wait_as_guest(delivery, end_ms);
        if (err != ERR_STOPPED)
            return err;
        err = begin_again(delivery);
        if (err)
            return err;
    }
}

enum err delivery_status(struct delivery *delivery, struct station_status *out)
{
    *out = (struct station_status){0};
    if (!delivery->station)
        return ask(delivery, "status", -1, "status", station_status_fields, out);
    station_status(delivery->station, out);
    return ERR_OK;
}

enum err delivery_resend(struct delivery *delivery, bool is_dry, struct station_resend *out)
{
    *out = (struct station_resend){0};
    delivery->parcel = NULL;
    if (!delivery->station)
        return ask(delivery, is_dry ? "plan" : "resend", -1, "resent", station_resend_fields, out);
    station_resend(delivery->station, is_dry, out, &delivery->ticket);
    return ERR_OK;
}
