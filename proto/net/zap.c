#include "proto/net/zap.h"

#include "proto/base/log.h"
#include "proto/base/thread.h"
#include "proto/base/wake.h"
#include "proto/net/internal.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* RFC 27: version, request id, domain, address, routing id, mechanism, credentials. */
enum {
    FRAME_VERSION,
    FRAME_ID,
    FRAME_DOMAIN,
    FRAME_ADDRESS,
    FRAME_ROUTING,
    FRAME_MECHANISM,
    FRAME_KEY,
    FRAME_COUNT
};
enum { KEY_BYTES = 32, SELF_TEST_MS = 5000, RENEW_AFTER = 64 };
static const char endpoint[] = "inproc://zeromq.zap.01";

struct zap {
    void *socket;
    void *zmq;         /* context of the sockets */
    void *former;      /* the socket before it, NULL at first */
    unsigned answered; /* by `socket` */
    struct wake stop;
    pthread_t thread;
    bool has_thread;
    zap_lookup *lookup;
    void *context;
    zap_refused *refused;
    void *refused_context;
};

struct question {
    zmq_msg_t frames[FRAME_COUNT];
    size_t count; /* received, at most FRAME_COUNT kept */
    bool is_whole;
};

static void receive_question(void *socket, struct question *question)
{
    bool has_more = true;
    question->count = 0;
    question->is_whole = true;
    while (has_more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&frame);
            question->is_whole = false;
            return;
        }
        has_more = zmq_msg_more(&frame);
        if (question->count < FRAME_COUNT) {
            question->frames[question->count++] = frame;
        } else {
            zmq_msg_close(&frame);
            question->is_whole = false;
        }
    }
    question->is_whole = question->is_whole && question->count == FRAME_COUNT;
}

static bool frame_is(zmq_msg_t *frame, const char *text)
{
    size_t size = strlen(text);
    return zmq_msg_size(frame) == size && !memcmp(zmq_msg_data(frame), text, size);
}

static void tell(struct zap *zap, const char *key, zmq_msg_t *frame)
{
    char address[64];
    snprintf(address, sizeof address, "%.*s", (int)zmq_msg_size(frame),
             (const char *)zmq_msg_data(frame));
    log_warn("access.unknown_key", "key=%s address=%s", key, address);
    if (zap->refused)
        zap->refused(zap->refused_context, key, address);
}

static bool is_allowed(struct zap *zap, struct question *question, char user[ZAP_USER_BYTES])
{
    char key[CURVE_TEXT_BYTES];
    if (!question->is_whole || !frame_is(&question->frames[FRAME_VERSION], "1.0") ||
        !frame_is(&question->frames[FRAME_MECHANISM], "CURVE") ||
        zmq_msg_size(&question->frames[FRAME_KEY]) != KEY_BYTES)
        return false;
    if (!zmq_z85_encode(key, zmq_msg_data(&question->frames[FRAME_KEY]), KEY_BYTES))
        return false;
    if (zap->lookup(zap->context, key, user))
        return true;
    if (zmq_msg_size(&question->frames[FRAME_ADDRESS])) /* the self-test has none */
        tell(zap, key, &question->frames[FRAME_ADDRESS]);
    return false;
}

/* The user is "" when the answer is no. */
static void answer(void *socket, struct question *question, const char *user)
{
    zmq_msg_t *id = &question->frames[FRAME_ID];
    zmq_send(socket, "1.0", 3, ZMQ_SNDMORE);
    if (question->count > FRAME_ID)
        zmq_send(socket, zmq_msg_data(id), zmq_msg_size(id), ZMQ_SNDMORE);
    else
        zmq_send(socket, "", 0, ZMQ_SNDMORE);
    zmq_send(socket, *user ? "200" : "400", 3, ZMQ_SNDMORE);
    zmq_send(socket, "", 0, ZMQ_SNDMORE);
    zmq_send(socket, user, strlen(user), ZMQ_SNDMORE);
    zmq_send(socket, "", 0, 0);
}

static void serve_one(struct zap *zap, void *socket)
{
    struct question question;
    char user[ZAP_USER_BYTES] = "";
    receive_question(socket, &question);
    if (question.count) {
        bool is_yes = is_allowed(zap, &question, user);
        answer(socket, &question, is_yes ? user : "");
    }
    for (size_t i = 0; i < question.count; i++)
        zmq_msg_close(&question.frames[i]);
}

static void *bound_socket(void *context)
{
    int linger = 0;
    void *socket = zmq_socket(context, ZMQ_REP);
    if (!socket)
        return NULL;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (!zmq_bind(socket, endpoint))
        return socket;
    int error = errno;
    zmq_close(socket);
    errno = error;
    return NULL;
}

/* Each connection opens a way to the handler and keeps it for life, though it asks once: two queues, a
 * third of all that a connection costs. They end with the socket that they lead to. So another takes the
 * endpoint now and then, and the one before is closed at the next turn, long after it gave its last
 * answer. A connection that asks between unbind and bind is refused, and its client tries again. */
static void renew(struct zap *zap)
{
    zap->answered = 0;
    if (zmq_unbind(zap->socket, endpoint))
        return;
    void *fresh = bound_socket(zap->zmq);
    if (!fresh) {
        if (zmq_bind(zap->socket, endpoint))
            log_error("access.handler", "%s", zmq_strerror(errno));
        return;
    }
    if (zap->former)
        zmq_close(zap->former);
    zap->former = zap->socket;
    zap->socket = fresh;
}

static void *run(void *argument)
{
    struct zap *zap = argument;
    for (;;) {
        zmq_pollitem_t items[] = {{.fd = zap->stop.fd, .events = ZMQ_POLLIN},
                                  {.socket = zap->socket, .events = ZMQ_POLLIN},
                                  {.socket = zap->former, .events = ZMQ_POLLIN}};
        if (zmq_poll(items, zap->former ? 3 : 2, -1) < 0 && errno == ETERM)
            return NULL;
        if (items[0].revents)
            return NULL;
        if (items[2].revents)
            serve_one(zap, zap->former);
        if (!items[1].revents)
            continue;
        serve_one(zap, zap->socket);
        if (++zap->answered == RENEW_AFTER)
            renew(zap);
    }
}

/* Ask the handler about a key that nobody has; anything but a clear "400" fails. */
static enum err self_test(struct net *net)
{
    unsigned char key[KEY_BYTES];
    char status[4] = "", skipped[16];
    enum err err = ERR_INTERNAL;
    int timeout = SELF_TEST_MS, linger = 0;
    randombytes_buf(key, sizeof key);
    void *socket = zmq_socket(net->context, ZMQ_REQ);
    if (!socket)
        return ERR_NOMEM;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket, endpoint))
        goto out;
    const char *const texts[] = {"1.0", "self-test", "songhua", "", "", "CURVE"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        zmq_send(socket, texts[i], strlen(texts[i]), ZMQ_SNDMORE);
    zmq_send(socket, key, sizeof key, 0);
    if (zmq_recv(socket, skipped, sizeof skipped, 0) == 3 &&
        zmq_recv(socket, skipped, sizeof skipped, 0) == 9 &&
        zmq_recv(socket, status, sizeof status - 1, 0) == 3 && !strcmp(status, "400"))
        err = ERR_OK;
out:
    zmq_close(socket);
    return err;
}

static enum err start(struct net *net, struct zap *zap)
{
    enum err err = wake_open(&zap->stop);
    if (err)
        return err;
    zap->zmq = net->context;
    zap->socket = bound_socket(zap->zmq);
    if (!zap->socket)
        return errno == EADDRINUSE ? ERR_EXISTS : ERR_NOMEM;
    err = thread_start("zap", run, zap, &zap->thread);
    zap->has_thread = !err;
    return err ? err : self_test(net);
}

enum err zap_open(struct net *net, zap_lookup *lookup, void *context, struct zap **out)
{
    struct zap *zap = calloc(1, sizeof *zap);
    if (!zap)
        return ERR_NOMEM;
    *zap = (struct zap){.lookup = lookup, .context = context, .stop.fd = -1};
    enum err err = start(net, zap);
    if (err)
        zap_close(&zap);
    else
        *out = zap;
    return err;
}

void zap_tell(struct zap *zap, zap_refused *refused, void *context)
{
    zap->refused = refused;
    zap->refused_context = context;
}

void zap_close(struct zap **zap)
{
    if (!*zap)
        return;
    if ((*zap)->has_thread) {
        wake_signal(&(*zap)->stop);
        pthread_join((*zap)->thread, NULL);
    }
    if ((*zap)->socket)
        zmq_close((*zap)->socket);
    if ((*zap)->former)
        zmq_close((*zap)->former);
    wake_close(&(*zap)->stop);
    free(*zap);
    *zap = NULL;
}
