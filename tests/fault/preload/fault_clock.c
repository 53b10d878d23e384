/* A wall clock that jumps while a process runs: loaded before libc by LD_PRELOAD.
 *
 *   FAULT_CLOCK   file with a number of milliseconds as text, read at each look at the clock: what is added
 *                 to the wall clock; the monotonic one goes on as it is
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long long jump_ms(void)
{
    char text[32];
    const char *path = getenv("FAULT_CLOCK");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    text[size > 0 ? size : 0] = '\0';
    return strtoll(text, NULL, 10);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    long result = syscall(SYS_clock_gettime, clock, now);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        long long ms = jump_ms(), whole = ms / 1000;
        now->tv_sec += whole;
        now->tv_nsec += (long)(ms - whole * 1000) * 1000000;
        if (now->tv_nsec < 0) {
            now->tv_nsec += 1000000000;
            now->tv_sec--;
        } else if (now->tv_nsec >= 1000000000) {
            now->tv_nsec -= 1000000000;
            now->tv_sec++;
        }
    }
    return (int)result;
}
