#include "proto/wire/digest.h"

#include <sodium.h>
#include <string.h>

static const char signature_context[] = "songhua batch\n";

enum { CONTEXT_BYTES = sizeof signature_context - 1, SIGNED_BYTES = CONTEXT_BYTES + DIGEST_BYTES };

void digest_prepare(void)
{
    if (sodium_init() < 0)
        return; /* no randomness: digests need none */
}

void digest_of(const struct digest_piece *pieces, size_t count, unsigned char out[DIGEST_BYTES])
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, NULL, 0, DIGEST_BYTES);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, pieces[i].bytes, pieces[i].size);
    crypto_generichash_final(&state, out, DIGEST_BYTES);
}

void signing_key_make(const unsigned char *seed, struct signing_key *out)
{
    if (seed)
        crypto_sign_seed_keypair(out->public_key, out->secret_key, seed);
    else
        crypto_sign_keypair(out->public_key, out->secret_key);
}

static void put_signed_bytes(const unsigned char digest[DIGEST_BYTES],
                             unsigned char to[SIGNED_BYTES])
{
    memcpy(to, signature_context, CONTEXT_BYTES);
    memcpy(to + CONTEXT_BYTES, digest, DIGEST_BYTES);
}

void digest_sign(const unsigned char digest[DIGEST_BYTES], const struct signing_key *key,
                 unsigned char out[SIGNATURE_BYTES])
{
    unsigned char message[SIGNED_BYTES];
    put_signed_bytes(digest, message);
    crypto_sign_detached(out, NULL, message, sizeof message, key->secret_key);
}

enum err digest_verify(const unsigned char digest[DIGEST_BYTES],
                       const unsigned char signature[SIGNATURE_BYTES],
                       const unsigned char public_key[SIGNING_PUBLIC_BYTES])
{
    unsigned char message[SIGNED_BYTES];
    put_signed_bytes(digest, message);
    if (crypto_sign_verify_detached(signature, message, sizeof message, public_key))
        return ERR_DIGEST;
    return ERR_OK;
}
