#include "proto/base/thread.h"

enum err thread_start(const char *name, void *(*run)(void *), void *argument, pthread_t *out)
{
    if (pthread_create(out, NULL, run, argument))
        return ERR_NOMEM;
    (void)pthread_setname_np(*out, name);
    return ERR_OK;
}
