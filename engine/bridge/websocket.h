/* SPDX-License-Identifier: MIT */
/*
 * The server's side of one WebSocket connection (RFC 6455), as bytes in and
 * bytes out: no descriptor, no clock.  No extensions, no subprotocols.
 */
#ifndef ENGINE_BRIDGE_WEBSOCKET_H
#define ENGINE_BRIDGE_WEBSOCKET_H

#include "base/error.h"
#include "base/strbuf.h"

struct websocket {
	const char *path; /* the only one that is served; borrowed */
	size_t message_max;
	bool is_open;	/* the handshake is over */
	bool is_closed; /* the client has said good-bye */
	int pongs;	/* seen so far */
	struct strbuf held;
	struct strbuf message; /* of several fragments, so far */
	bool is_fragmented;
};

/* One whole text or binary message, NUL-terminated, borrowed. */
typedef bool websocket_fn(void *arg, const char *text, size_t len);

void websocket_init(struct websocket *socket, const char *path,
		    size_t message_max);
void websocket_release(struct websocket *socket);
/* Take bytes in, however cut; what has to be answered (the handshake, a ping,
 * a close) goes to out, also when this fails, and is to be sent then as well.
 * ERROR_DENIED for a stranger, who does not know the path; ERROR_INVALID and
 * ERROR_LIMIT for what breaks the protocol.  Also false, with err untouched,
 * when fn was. */
bool websocket_feed(struct websocket *socket, const char *data, size_t len,
		    struct strbuf *out, websocket_fn *fn, void *arg,
		    struct error *err);

void websocket_add_text(struct strbuf *out, const char *text, size_t len);
void websocket_add_ping(struct strbuf *out);
void websocket_add_close(struct strbuf *out, int code);

#endif
