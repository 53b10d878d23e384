/* How the broker's process takes memory from the system and keeps it.
 *
 * Whoever links this file has its posix_memalign() too, which stands before libc's for ZeroMQ's queues.
 */
#ifndef SONGHUA_BROKER_MEMORY_H
#define SONGHUA_BROKER_MEMORY_H

/* Before anything large is allocated. */
void memory_set_up(void);

#endif
