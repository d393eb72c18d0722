/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher's frames on a pipe (nni.md 6.2): two letters, the payload's
 * length in bytes as 6 (nni <= 1.5) or 14 digits, the payload; nothing between
 * frames.
 */
#ifndef ENGINE_BRIDGE_FRAME_H
#define ENGINE_BRIDGE_FRAME_H

#include "base/error.h"
#include "base/strbuf.h"

#define BRIDGE_PAYLOAD_MAX (16 * 1024 * 1024)
#define BRIDGE_CODE_SIZE 3 /* "TR" and its end */

struct frame_reader {
	int digits; /* 6 or 14 */
	struct strbuf held;
};

/* False stops the reading. */
typedef bool bridge_command_fn(void *arg, const char code[BRIDGE_CODE_SIZE],
			       const char *payload, size_t len);

void frame_reader_init(struct frame_reader *reader, int digits);
void frame_reader_release(struct frame_reader *reader);
/* Take bytes in, however cut, and call fn for each whole frame; its payload
 * is NUL-terminated, without NULs inside, and borrowed.  ERROR_INVALID when
 * they are no frames, ERROR_LIMIT when one would be longer than
 * BRIDGE_PAYLOAD_MAX: the pipe is of no use from there on.  Also false, with
 * err untouched, when fn was. */
bool frame_feed(struct frame_reader *reader, const char *data, size_t len,
		bridge_command_fn *fn, void *arg, struct error *err);

/* Append a frame.  ERROR_LIMIT when its length has more digits than that. */
bool frame_write(struct strbuf *out, int digits, const char *code,
		 const char *payload, size_t len, struct error *err);

/* Two capital letters? */
bool bridge_code_is_valid(const char *code);

#endif
