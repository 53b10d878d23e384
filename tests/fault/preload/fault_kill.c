/* A process that is killed at its n-th write, flush or sending: loaded before libc by LD_PRELOAD.
 *
 *   FAULT_KILL   CALL:NTH:WHEN. CALL is write (pwrite, pwritev, writev), flush (fdatasync, fsync) or
 *                send (send, sendmsg); WHEN is before or after the call is made
 *
 * System calls are made directly: nothing here depends on the order in which libraries are loaded. A
 * library has no main() to make its state in, hence the variables.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CALL_NONE, CALL_WRITE, CALL_FLUSH, CALL_SEND };

static struct {
    enum call call;
    unsigned long nth;
    bool is_after;
} plan;
static atomic_ulong count;

__attribute__((constructor)) static void read_plan(void)
{
    char call[16], when[16];
    const char *text = getenv("FAULT_KILL");
    if (!text || sscanf(text, "%15[a-z]:%lu:%15[a-z]", call, &plan.nth, when) != 3)
        return;
    plan.call = !strcmp(call, "write")   ? CALL_WRITE
                : !strcmp(call, "flush") ? CALL_FLUSH
                : !strcmp(call, "send")  ? CALL_SEND
                                         : CALL_NONE;
    plan.is_after = !strcmp(when, "after");
    unsetenv("FAULT_KILL"); /* not for what it starts */
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

/* Whether this is the call, and what is to happen is to happen after it. */
static bool meet(enum call call)
{
    if (call != plan.call || atomic_fetch_add(&count, 1) + 1 != plan.nth)
        return false;
    if (!plan.is_after)
        die();
    return true;
}

#define MEETING(call, name, ...)                                                                   \
    bool is_met = meet(call);                                                                      \
    long result = syscall(SYS_##name, __VA_ARGS__);                                                \
    if (is_met)                                                                                    \
        die();                                                                                     \
    return result

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    MEETING(CALL_WRITE, pwrite64, fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    MEETING(CALL_WRITE, pwrite64, fd, bytes, size, offset);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int pieces_count, off_t offset)
{
    MEETING(CALL_WRITE, pwritev, fd, pieces, pieces_count, offset, 0L);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int pieces_count, off64_t offset)
{
    MEETING(CALL_WRITE, pwritev, fd, pieces, pieces_count, offset, 0L);
}

ssize_t writev(int fd, const struct iovec *pieces, int pieces_count)
{
    MEETING(CALL_WRITE, writev, fd, pieces, pieces_count);
}

static int flush(long number, int fd)
{
    bool is_met = meet(CALL_FLUSH);
    int result = (int)syscall(number, fd);
    if (is_met)
        die();
    return result;
}

int fdatasync(int fd)
{
    return flush(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return flush(SYS_fsync, fd);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags)
{
    MEETING(CALL_SEND, sendto, fd, bytes, size, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    MEETING(CALL_SEND, sendmsg, fd, message, flags);
}
