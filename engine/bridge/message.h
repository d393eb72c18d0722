/* SPDX-License-Identifier: MIT */
/*
 * How commands are packed, by the version of nni (nni.md 6.2):
 *
 *     <= 1.5       pipes, lengths of 6 digits
 *     1.6 - 2.7    pipes, lengths of 14 digits
 *     2.8 - 2.10   WebSocket: two letters and the payload are one message
 *     3.x          WebSocket: {"type": "TR", "content": "payload"}
 */
#ifndef ENGINE_BRIDGE_MESSAGE_H
#define ENGINE_BRIDGE_MESSAGE_H

#include "engine/bridge/frame.h"

enum bridge_framing {
	FRAMING_PIPE_6,
	FRAMING_PIPE_14,
	FRAMING_WEBSOCKET,
	FRAMING_WEBSOCKET_JSON,
};

/* Of a version as Python says it: "2.10", "3.0rc1", "999.dev0" (built from
 * NNI's source: as the newest). */
enum bridge_framing bridge_framing_of(const char *version);
bool bridge_framing_is_pipe(enum bridge_framing framing);

/* A WebSocket's message to a command; fn is not called for those that only
 * keep the connection.  *ret_bye: the client is leaving in order. */
bool message_read(enum bridge_framing framing, const char *text, size_t len,
		  bridge_command_fn *fn, void *arg, bool *ret_bye,
		  struct error *err);
/* The bytes to send.  ERROR_LIMIT when this version cannot take so much. */
bool message_write(struct strbuf *out, enum bridge_framing framing,
		   const char *code, const char *payload, size_t len,
		   struct error *err);

#endif
