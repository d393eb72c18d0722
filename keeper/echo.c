/* SPDX-License-Identifier: MIT */
/* Metrics by way of the pod's log. */
#include "keeper/echo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536

void echo_init(struct echo *echo, enum echo_mode mode, struct spool *spool,
	       struct deliver *deliver, struct tee *tee)
{
	memset(echo, 0, sizeof(*echo));
	echo->mode = mode;
	echo->spool = spool;
	echo->deliver = deliver;
	echo->tee = tee;
	echo->lines.max = SPOOL_PENDING_MAX_BYTES;
}

static void mark(struct echo *echo, const char *word, const char *text,
		 size_t len)
{
	char line[ECHO_PIECE_MAX + 64];
	int n = snprintf(line, sizeof(line), TEE_MARK "%s ", word);

	memcpy(line + n, text, len);
	tee_marker(echo->tee, line, (size_t)n + len);
}

/* Pieces end between characters, so that each is text by itself. */
static size_t piece_len(const char *text, size_t len)
{
	size_t piece = ECHO_PIECE_MAX;

	if (len <= piece)
		return len;
	for (int i = 0; i < 3 && ((unsigned char)text[piece] & 0xc0) == 0x80;
	     i++)
		piece--;
	return piece;
}

static void echo_line(struct echo *echo, const char *text, size_t len)
{
	size_t piece;

	for (; (piece = piece_len(text, len)) < len;
	     text += piece, len -= piece)
		mark(echo, "more", text, piece);
	mark(echo, "metric", text, len);
}

/* Whole lines of data, as many as find room.  Returns the bytes taken. */
static size_t echo_lines(struct echo *echo, const char *data, size_t len)
{
	size_t done = 0;
	const char *end;

	while (tee_takes_marker(echo->tee) &&
	       (end = memchr(data + done, '\n', len - done))) {
		size_t line = (size_t)(end - (data + done));

		echo_line(echo, data + done, line);
		done += line + 1;
	}
	return done;
}

/* Echo the spool up to end.  False when that is done. */
static bool echo_spool(struct echo *echo, int64_t end)
{
	size_t want = READ_BYTES;

	while (echo->offset < end && tee_takes_marker(echo->tee)) {
		size_t taken;
		ssize_t n;

		if ((int64_t)want > end - echo->offset)
			want = (size_t)(end - echo->offset);
		echo->lines.len = 0;
		if (!buffer_reserve(&echo->lines, want))
			return false;
		n = pread(echo->spool->fd, echo->lines.data, want,
			  echo->offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		taken = echo_lines(echo, echo->lines.data, (size_t)n);
		echo->offset += (int64_t)taken;
		if (!taken && (int64_t)want == end - echo->offset)
			return false;
		want = taken ? READ_BYTES : want * 2; /* one long line */
	}
	return echo->offset < end;
}

static bool pump(struct echo *echo, bool is_last)
{
	struct deliver_state state = deliver_state(echo->deliver);
	int64_t size = echo->spool->size; /* ours to write */

	if (echo->mode == ECHO_NEVER)
		return false;
	if (echo->mode == ECHO_AUTO) {
		if (is_last ? state.is_complete : !state.is_failing)
			return false;
		if (echo->offset < state.delivered)
			echo->offset = state.delivered;
	}
	return echo_spool(echo, size);
}

bool echo_pump(struct echo *echo)
{
	return pump(echo, false);
}

bool echo_finish(struct echo *echo)
{
	struct buffer *pending = &echo->spool->pending;

	if (pump(echo, true))
		return true;
	/* what a full disk kept out of the spool */
	if (echo->mode != ECHO_NEVER && pending->len)
		buffer_consume(pending,
			       echo_lines(echo, pending->data, pending->len));
	return echo->mode != ECHO_NEVER && pending->len;
}

void echo_end(struct echo *echo, int code)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "{\"code\":%d}", code);

	if (echo->mode == ECHO_ALWAYS ||
	    (echo->mode == ECHO_AUTO &&
	     !deliver_state(echo->deliver).is_complete))
		mark(echo, "end", text, (size_t)n);
}
