#include "tests/fault/power/workload.h"

#include "tests/fault/power/note.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const workload_streams[] = {"events", "scores", NULL};

void workload_failed(const char *what, enum err err)
{
    fprintf(stderr, "workload: %s: %s\n", what, err_name(err));
    _exit(1);
}

void workload_refused(const char *what, enum err err)
{
    if (err == ERR_IO || err == ERR_FULL)
        _exit(WORKLOAD_REFUSED);
    workload_failed(what, err);
}

void workload_make_room(void)
{
    const char *room = getenv("FAULT_DISK_ROOM");
    int fd = room ? open(room, O_WRONLY | O_CREAT, 0600) : -1;
    if (fd >= 0)
        close(fd);
}

/* Most are small, some need pages of their own; none is worth compressing. */
static size_t payload_size(unsigned short state[3])
{
    long kind = nrand48(state) % 100;
    if (kind < 80)
        return 40 + (size_t)(nrand48(state) % 200);
    return kind < 95 ? 1000 + (size_t)(nrand48(state) % 2000)
                     : 5000 + (size_t)(nrand48(state) % 2900);
}

const char *workload_payload(uint64_t seed, unsigned producer, uint64_t sequence)
{
    static char text[8192]; /* a process makes one at a time */
    unsigned short state[3] = {(unsigned short)seed, (unsigned short)(sequence + 1),
                               (unsigned short)(producer + 1)};
    size_t size = payload_size(state);
    size_t used =
        (size_t)snprintf(text, sizeof text, "%u.%llu ", producer, (unsigned long long)sequence);
    for (; used < size; used++)
        text[used] = (char)('!' + nrand48(state) % 90);
    text[used] = '\0';
    return text;
}

struct batch workload_foresee(unsigned char head[DIGEST_BYTES], const struct batch_draft *draft,
                              uint64_t sequence)
{
    struct batch batch = {.stream = "events",
                          .producer = "agent-0",
                          .epoch = WORKLOAD_EPOCH,
                          .sequence = sequence,
                          .created_ms = draft->created_ms,
                          .region = draft->region,
                          .event_count = draft->event_count,
                          .payload = draft->payload,
                          .payload_size = draft->payload_size};
    snprintf(batch.topic, sizeof batch.topic, "%s", draft->topic);
    memcpy(batch.previous_digest, head, DIGEST_BYTES);
    batch_digest(&batch, batch.digest);
    memcpy(head, batch.digest, DIGEST_BYTES);
    batch.payload = NULL;
    return batch;
}
