#include "broker/newcomers.h"

#include "proto/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct client_address *place_of(struct newcomers *newcomers,
                                       const struct client_address *client)
{
    size_t place = 0;
    for (size_t i = client->size < 2 ? 0 : client->size - 2u; i < client->size; i++)
        place = place << 8 | client->bytes[i];
    return &newcomers->places[place % NEWCOMERS_MAX];
}

void newcomers_add(struct newcomers *newcomers, const struct client_address *client)
{
    *place_of(newcomers, client) = *client;
}

enum err newcomers_check(struct newcomers *newcomers, struct access *access,
                         const struct client_address *client, const struct batch *batch,
                         char why[ACCESS_WHY_BYTES])
{
    unsigned char key[SIGNING_PUBLIC_BYTES];
    char begin[2 * 8 + 1];
    struct client_address *place = place_of(newcomers, client);
    if (place->size != client->size || memcmp(place->bytes, client->bytes, client->size) ||
        !batch->is_signed)
        return ERR_OK;
    if (!access_signing_key(access, batch->producer, key) ||
        !digest_verify(batch->digest, batch->signature, key)) {
        place->size = 0;
        return ERR_OK;
    }
    text_from_bytes(key, 8, begin);
    snprintf(why, ACCESS_WHY_BYTES,
             "batch %" PRIu64 " of %.64s is not signed by %s…, the signing_key of its certificate "
             "here: use that key, or authorize the new certificate",
             batch->sequence, batch->producer, begin);
    return ERR_DENIED;
}
