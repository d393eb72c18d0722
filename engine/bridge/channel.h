/* SPDX-License-Identifier: MIT */
/*
 * The way to and from one Python process, on the loop: a socket that it has as
 * descriptors 3 and 4, or a WebSocket that it connects to us.  Which of them
 * it uses is known when it has said its version; both are there before.
 *
 * Nothing here waits.  What cannot be written yet is held, up to
 * CHANNEL_HELD_MAX bytes; more breaks the channel.
 */
#ifndef ENGINE_BRIDGE_CHANNEL_H
#define ENGINE_BRIDGE_CHANNEL_H

#include "engine/bridge/message.h"
#include "engine/loop.h"

#define CHANNEL_HELD_MAX (256 * 1024 * 1024)

struct channel;

/* Called from the loop; channel_free may be called in `broken` only. */
struct channel_callbacks {
	void (*command)(void *arg, const char *code, const char *payload,
			size_t len);
	/* It is of no use any more; problem NULL: the other end closed it.
	 * Called once. */
	void (*broken)(void *arg, const char *problem);
	void *arg;
};

struct channel *channel_new(struct loop *loop,
			    const struct channel_callbacks *callbacks,
			    struct error *err);
void channel_free(struct channel *channel); /* NULL ok */

/* The process's end of the socket; close it when it has been started. */
int channel_take_child_fd(struct channel *channel);
/* ws://127.0.0.1:PORT/SECRET/tuner */
const char *channel_url(const struct channel *channel);
/* Its version is known: from here on commands come in. */
void channel_begin(struct channel *channel, enum bridge_framing framing);
/* May be called before the process has connected, after channel_begin.
 * ERROR_LIMIT when its version takes no command of that length. */
bool channel_send(struct channel *channel, const char *code,
		  const char *payload, size_t len, struct error *err);
void channel_ping(struct channel *channel); /* WebSockets only */
/* Has everything been read by the kernel, at least? */
bool channel_is_drained(const struct channel *channel);
/* Goes up with whatever the other end does: bytes taken or sent, pongs. */
uint64_t channel_signs_of_life(const struct channel *channel);

#endif
