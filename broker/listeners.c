#include "broker/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct listener {
    char user[ZAP_USER_BYTES];
    uint64_t reading;
    UT_hash_handle hh;
};

enum err listeners_add(struct listeners *listeners, const char *user, uint64_t reading)
{
    struct listener *listener;
    HASH_FIND_STR(listeners->by_user, user, listener);
    if (listener)
        return ERR_OK; /* what it could read first is what the next look compares with */
    listener = calloc(1, sizeof *listener);
    if (!listener)
        return ERR_NOMEM;
    snprintf(listener->user, sizeof listener->user, "%s", user);
    listener->reading = reading;
    HASH_ADD_STR(listeners->by_user, user, listener);
    return ERR_OK;
}

bool listeners_have_changed(struct listeners *listeners)
{
    unsigned version = access_version(listeners->access);
    if (version == listeners->version)
        return false;
    listeners->version = version;
    for (struct listener *l = listeners->by_user; l; l = l->hh.next)
        if (access_reading(listeners->access, l->user) != l->reading)
            return true;
    return false;
}

void listeners_clear(struct listeners *listeners)
{
    struct listener *listener, *next;
    HASH_ITER(hh, listeners->by_user, listener, next)
    {
        HASH_DEL(listeners->by_user, listener);
        free(listener);
    }
}
