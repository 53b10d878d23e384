/* BLAKE2b-256 digests and Ed25519 signatures, as sizes and calls of our own over libsodium. */
#ifndef SONGHUA_WIRE_DIGEST_H
#define SONGHUA_WIRE_DIGEST_H

#include "proto/base/err.h"

#include <stddef.h>

enum {
    DIGEST_BYTES = 32,
    SIGNATURE_BYTES = 64,
    SIGNING_PUBLIC_BYTES = 32,
    SIGNING_SEED_BYTES = 32,
    SIGNING_SECRET_BYTES = 64 /* seed and public key, as libsodium keeps it */
};

struct signing_key {
    unsigned char public_key[SIGNING_PUBLIC_BYTES];
    unsigned char secret_key[SIGNING_SECRET_BYTES];
};

/* Lets libsodium choose what this processor is fastest with; before that it takes what any has, at half
 * the speed. For who makes many digests and opens no network, which does it too. Any thread, any number
 * of times. */
void digest_prepare(void);

/* Digest of the pieces one after the other. */
struct digest_piece {
    const void *bytes;
    size_t size;
};
void digest_of(const struct digest_piece *pieces, size_t count, unsigned char out[DIGEST_BYTES]);

/* Make a key from 32 bytes of a good random source (NULL: the system's). */
void signing_key_make(const unsigned char *seed, struct signing_key *out);

/* Sign and verify a digest. What is signed is "songhua batch\n" followed by the 32 bytes. */
void digest_sign(const unsigned char digest[DIGEST_BYTES], const struct signing_key *key,
                 unsigned char out[SIGNATURE_BYTES]);
MUST_CHECK enum err digest_verify(const unsigned char digest[DIGEST_BYTES],
                                  const unsigned char signature[SIGNATURE_BYTES],
                                  const unsigned char public_key[SIGNING_PUBLIC_BYTES]);

#endif
