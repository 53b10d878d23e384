/* A certificate file as the broker meets it in its access directory. */
#include "proto/net/identity.h"

#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    char path[64], why[200];
    struct identity identity;
    snprintf(path, sizeof path, "/dev/shm/songhua-fuzz-%d", (int)getpid());
    FILE *file = fopen(path, "w");
    if (!file)
        return 0;
    fwrite(data, 1, size, file);
    fclose(file);
    (void)(identity_load_public(path, &identity, why) == ERR_OK);
    unlink(path);
    return 0;
}
