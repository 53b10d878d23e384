#include "broker/guard.h"

#include "proto/base/log.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

void guard_raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit))
        log_info("broker.descriptors", "the limit stays where the system put it");
}

/* What is resident and not of a file: the journal's pages are the system's to take back. */
uint64_t guard_memory_bytes(void)
{
    unsigned long size, resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu %lu", &size, &resident, &shared) != 3)
        resident = shared = 0;
    fclose(file);
    return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

unsigned guard_descriptors(unsigned *limit)
{
    struct rlimit most;
    unsigned count = 0;
    DIR *directory = opendir("/proc/self/fd");
    *limit = getrlimit(RLIMIT_NOFILE, &most) ? 0 : (unsigned)most.rlim_cur;
    if (!directory)
        return *limit; /* not one is left, or it could be looked at */
    for (struct dirent *entry; (entry = readdir(directory));)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count - 1; /* the directory's own */
}

/* Memory that ending all connections did not free is no client's, and is no reason to do it again. What comes
 * on top of it is one: clients that are back within moments would have no limit any more. */
void guard_look(struct guard *guard)
{
    bool has_ended_all = guard->must_trim;
    if (has_ended_all)
        malloc_trim(
            0); /* what the connections held goes back to the system, or it would still count */
    guard->must_trim = false;
    uint64_t bytes = guard->limit_bytes ? guard_memory_bytes() : 0;
    if (has_ended_all)
        guard->kept_bytes = bytes;
    bool is_above = bytes > guard->limit_bytes;
    bool is_new =
        is_above && (!guard->was_above || bytes > guard->kept_bytes + guard->limit_bytes / 8);
    guard->was_above = is_above;
    if (!is_new)
        return;
    log_error(
        "memory.guard",
        "bytes=%llu limit_bytes=%llu all connections are ended; clients come back by themselves",
        (unsigned long long)bytes, (unsigned long long)guard->limit_bytes);
    audit_note(guard->audit, AUDIT_CONFIG, "",
               "above the memory limit of %llu bytes: all connections were ended",
               (unsigned long long)guard->limit_bytes);
    guard->must_trim = true;
    atomic_fetch_add(&guard->renewals, 1);
    for (size_t i = 0; i < 2; i++)
        wake_signal(guard->owners[i]);
}

bool guard_renews(const struct guard *guard, struct guarded *guarded, struct net_socket *socket)
{
    unsigned renewals = atomic_load(&guard->renewals);
    bool is_asked = renewals != guarded->renewals;
    if (!is_asked && !guarded->is_closed)
        return false;
    guarded->renewals = renewals;
    enum err err = net_socket_renew(socket);
    guarded->is_closed = err != ERR_OK;
    if (err && err != ERR_TIMEOUT)
        log_error("broker.port", "a port cannot be opened again: %s", err_text(err));
    return is_asked;
}
