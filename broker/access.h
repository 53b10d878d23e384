/* Who may do what: one certificate file per client in a directory; what each allows is rights.h.
 *
 * A key that no file names does not get past the handshake (ZAP). What a user may do is asked for each
 * message, so that a file taken away counts from the next message on. A user is a name and the key it
 * connected with: whoever is still connected with a key that was replaced is nobody. A file that cannot be read
 * gives nobody access and is named in the log; the others stay in force. Safe from any thread.
 */
#ifndef SONGHUA_BROKER_ACCESS_H
#define SONGHUA_BROKER_ACCESS_H

#include "proto/net/identity.h"
#include "proto/net/zap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access;

/* Read every *.cert in `directory`. Errors  ERR_NOT_FOUND, ERR_PERMISSION, ERR_NOMEM, ERR_INSECURE
 * (all may write to it; a certificate that all may write to is left out). */
MUST_CHECK enum err access_open(const char *directory, struct access **out);
void access_close(struct access **access);

/* From now on, denials and changes of the directory go on the record too. Borrowed, may be NULL. */
struct audit;
void access_set_audit(struct access *access, struct audit *audit);
/* BLAKE2b of all certificates' contents, in hex: so that a change while nobody looked shows. */
enum { ACCESS_DIGEST_BYTES = 2 * DIGEST_BYTES + 1 };
void access_digest(struct access *access, char out[ACCESS_DIGEST_BYTES]);

/* Read again when the directory changed since (files added, removed, renamed), or when forced. */
void access_refresh(struct access *access, bool is_forced);

/* Another number whenever what anybody may do may have changed. */
unsigned access_version(const struct access *access);

/* The user that goes with a public key (Z85), as the directory is now. A zap_lookup. */
bool access_lookup(void *access, const char *public_key, char user[ZAP_USER_BYTES]);

/* What someone wants to do. */
struct access_request {
    const char *user; /* as access_lookup() gave it; NULL is denied */
    const char *stream;
    const char *producer; /* publish */
    const char *topic;    /* publish */
    uint32_t region;      /* publish */
};

/* ERR_OK, or ERR_DENIED with one sentence in `why`. */
enum { ACCESS_WHY_BYTES = 200 };
MUST_CHECK enum err access_may_publish(struct access *access, const struct access_request *request,
                                       char why[ACCESS_WHY_BYTES]);
/* Whether the user may publish under this producer's name at all, or keep this consumer's position. */
MUST_CHECK enum err access_may_be(struct access *access, const char *user, const char *producer,
                                  char why[ACCESS_WHY_BYTES]);
MUST_CHECK enum err access_may_keep(struct access *access, const char *user, const char *consumer,
                                    char why[ACCESS_WHY_BYTES]);
/* Whether it may take that consumer's position away; `by` is its name when that is another's, else empty. */
MUST_CHECK enum err access_may_drop(struct access *access, const char *user, const char *consumer,
                                    char by[IDENTITY_NAME_BYTES], char why[ACCESS_WHY_BYTES]);
/* Reading needs the role's right to the stream; which regions may be seen is told, not refused. */
struct access_regions {
    bool is_all;
    uint32_t codes[IDENTITY_MAX_REGIONS];
    size_t count;
};
MUST_CHECK enum err access_may_read(struct access *access, const struct access_request *request,
                                    struct access_regions *regions, char why[ACCESS_WHY_BYTES]);
/* Whether the user is known at all: for questions that any client may ask. */
bool access_is_known(struct access *access, const char *user);
/* A number for all that the user may read: another when any of that changes, 0 when it is nothing. */
uint64_t access_reading(struct access *access, const char *user);
/* The quota in the user's certificate; false: not known. */
bool access_quota(struct access *access, const char *user, struct identity_quota *out);

/* The public signing key of the client that owns a producer's name; false: it has none. */
bool access_signing_key(struct access *access, const char *producer,
                        unsigned char out[SIGNING_PUBLIC_BYTES]);

/* The client that owns a producer's name: the longest name known that does, else the name itself. */
void access_owner(struct access *access, const char *producer, char owner[IDENTITY_NAME_BYTES]);

/* Say that something was denied, in the log and on the record, and count it. */
void access_denied(struct access *access, const char *user, const char *why);
uint64_t access_denied_count(const struct access *access);

/* Certificates that are in force. */
size_t access_count(struct access *access);

#endif
