#include "producers/agent/local_socket.h"
#include "producers/agent/parcel.h"
#include "producers/agent/station_internal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum err guests_open(struct station *station)
{
    buffer_init(&station->message, LOCAL_MESSAGE_MAX_BYTES);
    return local_listen(station->options.state, station_socket_name, &station->listener);
}

static void part(struct guest *guest)
{
    close(guest->fd);
    *guest = (struct guest){.fd = -1};
}

void guests_close(struct station *station)
{
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (station->guests[i].fd >= 0)
            part(&station->guests[i]);
    if (station->listener >= 0)
        close(station->listener);
    buffer_fini(&station->message);
}

/* --- saying ----------------------------------------------------------------------------------- */

static void send_message(struct station *station, struct guest *guest, enum err err)
{
    if (!err)
        err = local_send(guest->fd, station->message.data, station->message.size, -1);
    if (err)
        part(guest);
}

static void say(struct station *station, struct guest *guest, const char *word,
                const struct field *fields, const void *from)
{
    buffer_clear(&station->message);
    enum err err = buffer_append_format(&station->message, "%s\n", word);
    if (!err && fields)
        err = fields_write(fields, from, &station->message);
    send_message(station, guest, err);
}

static void say_status(struct station *station, struct guest *guest, const char *word)
{
    struct station_status status;
    station_status(station, &status);
    say(station, guest, word, station_status_fields, &status);
}

/* --- deposits --------------------------------------------------------------------------------- */

/* Sealed, so that nobody can shorten or change it while it is read. */
static enum err map_parcel(int fd, void **bytes, size_t *size)
{
    enum { SEALS = F_SEAL_SHRINK | F_SEAL_WRITE };
    struct stat info;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &info) || info.st_size <= 0 ||
        (uint64_t)info.st_size > PARCEL_MAX_BYTES)
        return ERR_MALFORMED;
    *bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    *size = (size_t)info.st_size;
    return *bytes == MAP_FAILED ? ERR_NOMEM : ERR_OK;
}

static void take_deposit(struct station *station, struct guest *guest, int fd)
{
    void *bytes;
    size_t size;
    struct deposit_outcome outcome = {0};
    enum err err = map_parcel(fd, &bytes, &size);
    if (!err) {
        err = station_deposit(station, bytes, size, &outcome, &guest->ticket);
        munmap(bytes, size);
    }
    guest->is_waiting = !err;
    const struct station_outcome answer = {.err = (uint64_t)err,
                                           .is_repeat = outcome.is_repeat,
                                           .submitted_ms = outcome.submitted_ms,
                                           .superseded = outcome.superseded,
                                           .fresh = outcome.fresh,
                                           .revised = outcome.revised,
                                           .unchanged = outcome.unchanged,
                                           .batches = outcome.batches};
    say(station, guest, "outcome", station_outcome_fields, &answer);
}

static void take_resend(struct station *station, struct guest *guest, bool is_dry)
{
    struct station_resend answer;
    station_resend(station, is_dry, &answer, &guest->ticket);
    guest->is_waiting = !is_dry && !answer.err;
    say(station, guest, "resent", station_resend_fields, &answer);
}

/* --- listening -------------------------------------------------------------------------------- */

static bool is_word(const struct buffer *message, const char *word)
{
    size_t size = strlen(word);
    return message->size >= size && !memcmp(message->data, word, size);
}

/* One message of the guest, if there is one. What it says wrongly ends the visit. */
static void listen_to(struct station *station, struct guest *guest)
{
    int fd = -1;
    enum err err = local_receive(guest->fd, &station->message, &fd);
    if (err == ERR_TIMEOUT)
        return;
    if (!err && fd >= 0 && is_word(&station->message, "deposit"))
        take_deposit(station, guest, fd);
    else if (!err && is_word(&station->message, "status"))
        say_status(station, guest, "status");
    else if (!err && is_word(&station->message, "resend"))
        take_resend(station, guest, false);
    else if (!err && is_word(&station->message, "plan"))
        take_resend(station, guest, true);
    else
        part(guest);
    if (fd >= 0)
        close(fd);
}

static struct guest *free_place(struct station *station)
{
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (station->guests[i].fd < 0)
            return &station->guests[i];
    return NULL;
}

/* While every place is taken, who comes waits at the door. */
static void let_in(struct station *station)
{
    struct guest *guest;
    while ((guest = free_place(station))) {
        int fd;
        enum err err = local_accept(station->listener, &fd);
        if (err == ERR_DENIED)
            continue;
        if (err)
            return;
        *guest = (struct guest){.fd = fd};
        say_status(station, guest, "hello");
    }
}

size_t guests_poll(const struct station *station, struct pollfd *items)
{
    size_t count = 0;
    for (size_t i = 0; i < GUESTS_MAX; i++)
        if (station->guests[i].fd >= 0)
            items[count++] = (struct pollfd){.fd = station->guests[i].fd, .events = POLLIN};
    if (count < GUESTS_MAX)
        items[count++] = (struct pollfd){.fd = station->listener, .events = POLLIN};
    return count;
}

void guests_serve(struct station *station)
{
    let_in(station);
    for (size_t i = 0; i < GUESTS_MAX; i++) {
        struct guest *guest = &station->guests[i];
        if (guest->fd >= 0)
            listen_to(station, guest);
        if (guest->fd >= 0 && guest->is_waiting && station_has_delivered(station, guest->ticket)) {
            guest->is_waiting = false;
            say(station, guest, "delivered", NULL, NULL);
        }
    }
}
