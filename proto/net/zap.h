/* Who may connect: the ZAP handler that every server socket of the process asks about a client's key.
 *
 * Open it before any server socket. It proves to itself that an unknown key is refused before
 * zap_open() returns; a handler that is missing or broken therefore keeps the broker from starting,
 * it never lets anyone in.
 */
#ifndef SONGHUA_NET_ZAP_H
#define SONGHUA_NET_ZAP_H

#include "proto/net/socket.h"

/* Whether the key (Z85) may connect, and the user its messages will carry. Called in the handler's
 * thread. */
enum { ZAP_USER_BYTES = IDENTITY_NAME_BYTES + CURVE_TEXT_BYTES };
typedef bool zap_lookup(void *context, const char *public_key, char user[ZAP_USER_BYTES]);

struct zap;

/* Errors  ERR_EXISTS (a second handler in this net), ERR_INTERNAL (the self-test failed), ERR_NOMEM. */
MUST_CHECK enum err zap_open(struct net *net, zap_lookup *lookup, void *context, struct zap **out);
/* Also tell about each key that was refused, and the address it came from. Before any server socket. */
typedef void zap_refused(void *context, const char *public_key, const char *address);
void zap_tell(struct zap *zap, zap_refused *refused, void *context);
void zap_close(struct zap **zap); /* before net_close() */

#endif
