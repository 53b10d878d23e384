#include "proto/client/channel.h"

#include <stdio.h>
#include <string.h>

enum { REQUEST_MAX_BYTES = 64 * 1024, REPLY_MAX_BYTES = 4 * 1024 * 1024 };

const char client_software[] = "libsonghua " SONGHUA_VERSION;

static enum err open_socket(struct channel *channel, struct net_socket **out)
{
    const struct net_socket_options options = {.kind = NET_DEALER,
                                               .endpoint = channel->endpoint,
                                               .identity = channel->identity,
                                               .server_key = channel->server_key,
                                               .queue_messages = 4096,
                                               .max_message_bytes = REPLY_MAX_BYTES};
    return net_socket_open(channel->net, &options, out);
}

enum err channel_open(struct channel *channel, struct net *net, const char *endpoint,
                      const char *server_key, const struct identity *identity)
{
    *channel = (struct channel){.net = net, .identity = identity, .next_id = 1};
    buffer_init(&channel->scratch, REQUEST_MAX_BYTES);
    if (!endpoint || !server_key || strlen(endpoint) >= sizeof channel->endpoint)
        return ERR_USAGE;
    if (strlen(server_key) != CURVE_TEXT_BYTES - 1)
        return ERR_KEY;
    snprintf(channel->endpoint, sizeof channel->endpoint, "%s", endpoint);
    snprintf(channel->server_key, sizeof channel->server_key, "%s", server_key);
    enum err err = ERR_OK;
    if (!net) {
        err = net_open(1, &channel->net);
        channel->owns_net = !err;
    }
    if (!err)
        err = open_socket(channel, &channel->socket);
    if (err)
        channel_close(channel);
    return err;
}

void channel_close(struct channel *channel)
{
    net_socket_close(&channel->socket);
    if (channel->owns_net)
        net_close(&channel->net);
    buffer_fini(&channel->scratch);
    *channel = (struct channel){0};
}

enum err channel_reopen(struct channel *channel)
{
    struct net_socket *socket;
    enum err err = open_socket(channel, &socket);
    if (err)
        return err;
    net_socket_close(&channel->socket);
    channel->socket = socket;
    channel->connects_seen = 0;
    return ERR_OK;
}

bool channel_is_renewed(struct channel *channel)
{
    struct net_link link;
    net_socket_link(channel->socket, &link);
    /* Nothing can be sent before the first connection, so nothing can have been lost by it. */
    bool is_renewed = link.connects != channel->connects_seen && link.connects > 1;
    channel->connects_seen = link.connects;
    return is_renewed;
}

enum err channel_failure(struct channel *channel)
{
    struct net_link link;
    net_socket_link(channel->socket, &link);
    return link.is_up ? ERR_OK : link.failure ? link.failure : ERR_UNREACHABLE;
}

enum err channel_send(struct channel *channel, Songhua__V1__Request *request)
{
    void *room;
    struct net_message message;
    request->id = channel->next_id;
    buffer_clear(&channel->scratch);
    size_t size = songhua__v1__request__get_packed_size(request);
    enum err err = buffer_reserve(&channel->scratch, size, &room);
    if (err)
        return err;
    songhua__v1__request__pack(request, room);
    net_message_init(&message);
    err = net_message_set(&message, room, size);
    if (!err)
        err = net_send(channel->socket, &message, false);
    net_message_fini(&message);
    if (!err)
        channel->next_id++;
    return err;
}

enum err channel_receive(struct channel *channel, Songhua__V1__Reply **out,
                         struct net_message *second)
{
    bool has_more = false, has_third = false;
    struct net_message first, dropped;
    Songhua__V1__Reply *reply = NULL;
    net_message_init(&first);
    net_message_init(&dropped);
    enum err err = net_receive(channel->socket, &first, &has_more);
    if (!err && has_more)
        err = net_receive(channel->socket, second ? second : &dropped, &has_third);
    else if (!err && second)
        err = net_message_resize(second, 0);
    if (!err) {
        net_drop_rest(channel->socket, has_third);
        reply =
            songhua__v1__reply__unpack(NULL, net_message_size(&first), net_message_data(&first));
        err = reply ? ERR_OK : ERR_MALFORMED;
    }
    net_message_fini(&dropped);
    net_message_fini(&first);
    if (!err)
        *out = reply;
    return err;
}

void channel_wait(struct channel *channel, bool wants_write, long timeout_ms)
{
    struct net_poll_item items[] = {{.socket = channel->socket},
                                    {.socket = channel->socket, .wants_write = true}};
    net_poll(items, wants_write ? 2 : 1, timeout_ms);
}
