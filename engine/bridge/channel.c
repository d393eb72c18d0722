/* SPDX-License-Identifier: MIT */
/*
 * A socket to the Python process.
 *
 * The WebSocket listens on the loopback alone, on a port the kernel chose; the
 * path in its URL holds a secret that only the process's environment has, so
 * that no other user of this machine can be its tuner.
 */
#include "engine/bridge/channel.h"

#include "base/mem.h"
#include "base/random.h"
#include "engine/bridge/websocket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536
#define TURN_MAX 16 /* reads in one turn of the loop: others wait */
#define STRANGERS_MAX 4

/* A connection that has not shown the secret yet, or the one that has. */
struct peer {
	struct channel *channel;
	int fd;
	struct loop_watch *watch;
	struct websocket socket;
};

struct channel {
	struct loop *loop;
	struct channel_callbacks user;
	enum bridge_framing framing;
	bool has_begun, is_broken;
	char url[96], path[64];
	int child_fd; /* -1: taken */
	/* pipes */
	int fd; /* of the pipe, or of the peer: where to write */
	struct loop_watch *watch, *writing;
	struct frame_reader frames;
	/* WebSockets */
	int listen_fd;
	struct loop_watch *listening;
	struct peer *peers[STRANGERS_MAX];
	struct peer *peer; /* of peers: the one */
	struct strbuf out;
	struct loop_timer *breaking;
	char problem[256];
	uint64_t signs;
};

/* --- breaking ------------------------------------------------------------- */

static void break_now(void *arg)
{
	struct channel *channel = arg;

	channel->breaking = NULL;
	channel->user.broken(channel->user.arg,
			     *channel->problem ? channel->problem : NULL);
}

/* Later, since whoever hears of it may free the channel. */
static void break_channel(struct channel *channel, const char *problem)
{
	if (channel->is_broken)
		return;
	channel->is_broken = true;
	snprintf(channel->problem, sizeof(channel->problem), "%s",
		 problem ? problem : "");
	channel->breaking = loop_after(channel->loop, 0, break_now, channel);
	if (channel->watch)
		loop_unwatch(channel->loop, channel->watch);
	channel->watch = NULL;
}

/* --- writing -------------------------------------------------------------- */

static void write_some(struct channel *channel);

static void on_writable(int fd, short events, void *arg)
{
	(void)fd, (void)events;
	write_some(arg);
}

static void want_writing(struct channel *channel, bool wants)
{
	if (wants && !channel->writing)
		channel->writing = loop_watch_fd(channel->loop, channel->fd,
						 POLLOUT, on_writable, channel);
	if (!wants && channel->writing) {
		loop_unwatch(channel->loop, channel->writing);
		channel->writing = NULL;
	}
}

static void write_some(struct channel *channel)
{
	struct strbuf *out = &channel->out;
	size_t at = 0;

	while (channel->fd >= 0 && at < out->len) {
		ssize_t n = send(channel->fd, out->data + at, out->len - at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* that it is gone the reading side sees */
		at += (size_t)n;
		channel->signs++;
	}
	strbuf_consume(out, at);
	want_writing(channel,
		     channel->fd >= 0 && out->len && !channel->is_broken);
	if (out->len > CHANNEL_HELD_MAX)
		break_channel(channel, "Python does not read what it is told");
}

bool channel_send(struct channel *channel, const char *code,
		  const char *payload, size_t len, struct error *err)
{
	if (channel->is_broken)
		return true; /* somebody will hear of that */
	if (!message_write(&channel->out, channel->framing, code, payload, len,
			   err))
		return false;
	write_some(channel);
	return true;
}

void channel_ping(struct channel *channel)
{
	if (!channel->peer || channel->is_broken)
		return;
	websocket_add_ping(&channel->out);
	write_some(channel);
}

bool channel_is_drained(const struct channel *channel)
{
	return !channel->out.len;
}

uint64_t channel_signs_of_life(const struct channel *channel)
{
	return channel->signs +
	       (channel->peer ? (uint64_t)channel->peer->socket.pongs : 0);
}

/* --- pipes ---------------------------------------------------------------- */

static bool take_command(void *arg, const char code[BRIDGE_CODE_SIZE],
			 const char *payload, size_t len)
{
	struct channel *channel = arg;

	channel->user.command(channel->user.arg, code, payload, len);
	return !channel->is_broken;
}

/* Bytes read; 0: none now; -1: the end, or an error. */
static ssize_t read_some(int fd, char *buffer)
{
	ssize_t n;

	do
		n = recv(fd, buffer, READ_SIZE, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	return n > 0 ? n : -1;
}

static void on_pipe(int fd, short events, void *arg)
{
	struct channel *channel = arg;
	char *buffer = xmalloc(READ_SIZE);
	struct error err = {0};
	ssize_t n = 0;

	(void)events;
	for (int i = 0; i < TURN_MAX && !channel->is_broken; i++) {
		n = read_some(fd, buffer);
		if (n <= 0)
			break;
		channel->signs++;
		if (!frame_feed(&channel->frames, buffer, (size_t)n,
				take_command, channel, &err) &&
		    !channel->is_broken)
			break_channel(channel, err.text);
	}
	free(buffer);
	if (n < 0)
		break_channel(channel, NULL);
}

/* --- WebSockets ----------------------------------------------------------- */

static void drop(struct peer *peer)
{
	struct channel *channel = peer->channel;

	for (size_t i = 0; i < STRANGERS_MAX; i++)
		if (channel->peers[i] == peer)
			channel->peers[i] = NULL;
	if (channel->peer == peer) {
		want_writing(channel, false);
		channel->peer = NULL;
		channel->fd = -1;
	}
	loop_unwatch(channel->loop, peer->watch);
	websocket_release(&peer->socket);
	close(peer->fd);
	free(peer);
}

static bool take_message(void *arg, const char *text, size_t len)
{
	struct channel *channel = arg;
	struct error err = {0};
	bool says_bye;

	if (!message_read(channel->framing, text, len, take_command, channel,
			  &says_bye, &err) &&
	    !channel->is_broken)
		break_channel(channel, err.text);
	if (says_bye)
		break_channel(channel, NULL);
	return !channel->is_broken;
}

/* nni's clients come again when a connection was lost: the newest counts. */
static void become_the_one(struct channel *channel, struct peer *peer)
{
	if (channel->peer)
		drop(channel->peer);
	channel->peer = peer;
	channel->fd = peer->fd;
	write_some(channel);
}

static void answer(struct peer *peer, struct strbuf *out)
{
	struct channel *channel = peer->channel;
	ssize_t sent;

	if (!out->len)
		return;
	if (peer == channel->peer) {
		strbuf_add(&channel->out, out->data, out->len);
		write_some(channel);
		return;
	}
	/* A handshake's few bytes fit into an empty buffer. */
	sent = send(peer->fd, out->data, out->len, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)sent;
}

static void on_peer(int fd, short events, void *arg)
{
	struct peer *peer = arg;
	struct channel *channel = peer->channel;
	char *buffer = xmalloc(READ_SIZE);
	struct error err = {0};
	ssize_t n = 0;
	bool ok = true;

	(void)events;
	for (int i = 0; ok && i < TURN_MAX && !channel->is_broken; i++) {
		bool was_open = peer->socket.is_open;
		struct strbuf out = STRBUF_INIT;

		n = read_some(fd, buffer);
		if (n <= 0)
			break;
		channel->signs++;
		ok = websocket_feed(&peer->socket, buffer, (size_t)n, &out,
				    take_message, channel, &err);
		answer(peer, &out);
		strbuf_release(&out);
		if (!was_open && peer->socket.is_open)
			become_the_one(channel, peer);
	}
	free(buffer);
	if (channel->is_broken)
		return;
	if (!ok && peer == channel->peer) {
		break_channel(channel, err.text);
		return;
	}
	/* When it is lost its process comes again, or ends, which is seen. */
	if (!ok || n < 0 || peer->socket.is_closed)
		drop(peer);
}

static void on_listen(int fd, short events, void *arg)
{
	struct channel *channel = arg;
	int one = 1, peer_fd;
	struct peer *peer;
	size_t place = 0;

	(void)events;
	peer_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (peer_fd < 0)
		return;
	setsockopt(peer_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	while (place < STRANGERS_MAX && channel->peers[place])
		place++;
	if (place == STRANGERS_MAX) { /* those that say nothing give way */
		place = channel->peers[0] == channel->peer ? 1 : 0;
		drop(channel->peers[place]);
	}
	peer = xcalloc(1, sizeof(*peer));
	peer->channel = channel;
	peer->fd = peer_fd;
	websocket_init(&peer->socket, channel->path, 2 * BRIDGE_PAYLOAD_MAX);
	peer->watch =
		loop_watch_fd(channel->loop, peer_fd, POLLIN, on_peer, peer);
	channel->peers[place] = peer;
}

static bool open_listener(struct channel *channel, struct error *err)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof(address);
	char secret[33];

	random_secret_hex(secret, sizeof(secret) - 1);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	channel->listen_fd =
		socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (channel->listen_fd < 0 ||
	    bind(channel->listen_fd, (struct sockaddr *)&address, size) < 0 ||
	    listen(channel->listen_fd, STRANGERS_MAX) < 0 ||
	    getsockname(channel->listen_fd, (struct sockaddr *)&address,
			&size) < 0)
		return error_set_errno(err, "listen for Python");
	snprintf(channel->path, sizeof(channel->path), "/%s/tuner", secret);
	snprintf(channel->url, sizeof(channel->url), "ws://127.0.0.1:%d%s",
		 ntohs(address.sin_port), channel->path);
	return true;
}

/* --- the whole ------------------------------------------------------------ */

struct channel *channel_new(struct loop *loop,
			    const struct channel_callbacks *callbacks,
			    struct error *err)
{
	struct channel *channel = xcalloc(1, sizeof(*channel));
	int ends[2];

	channel->loop = loop;
	channel->user = *callbacks;
	channel->fd = channel->child_fd = channel->listen_fd = -1;
	strbuf_init(&channel->out);
	frame_reader_init(&channel->frames, 14);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		error_set_errno(err, "make a socket for Python");
		channel_free(channel);
		return NULL;
	}
	channel->fd = ends[0];
	channel->child_fd = ends[1];
	if (!open_listener(channel, err)) {
		channel_free(channel);
		return NULL;
	}
	return channel;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	loop_cancel(channel->loop, channel->breaking);
	want_writing(channel, false);
	for (size_t i = 0; i < STRANGERS_MAX; i++)
		if (channel->peers[i])
			drop(channel->peers[i]);
	if (channel->watch)
		loop_unwatch(channel->loop, channel->watch);
	if (channel->listening)
		loop_unwatch(channel->loop, channel->listening);
	if (channel->listen_fd >= 0)
		close(channel->listen_fd);
	if (channel->child_fd >= 0)
		close(channel->child_fd);
	if (channel->fd >= 0)
		close(channel->fd);
	frame_reader_release(&channel->frames);
	strbuf_release(&channel->out);
	free(channel);
}

int channel_take_child_fd(struct channel *channel)
{
	int fd = channel->child_fd;

	channel->child_fd = -1;
	return fd;
}

const char *channel_url(const struct channel *channel)
{
	return channel->url;
}

void channel_begin(struct channel *channel, enum bridge_framing framing)
{
	channel->framing = framing;
	channel->has_begun = true;
	if (bridge_framing_is_pipe(framing)) {
		channel->frames.digits = framing == FRAMING_PIPE_6 ? 6 : 14;
		channel->watch = loop_watch_fd(channel->loop, channel->fd,
					       POLLIN, on_pipe, channel);
		close(channel->listen_fd);
		channel->listen_fd = -1;
		return;
	}
	close(channel->fd);
	channel->fd = -1;
	channel->listening = loop_watch_fd(channel->loop, channel->listen_fd,
					   POLLIN, on_listen, channel);
}
