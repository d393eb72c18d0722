/* SPDX-License-Identifier: MIT */
/* The container's own output. */
#include "keeper/tee.h"

#include "keeper/clock.h"
#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A marker of a whole megabyte, and its room, must fit behind a full queue. */
#define QUEUE_MAX_BYTES (8U << 20)
#define MARK_LEN (sizeof(TEE_MARK) - 1)

static bool is_open(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0;
}

/* A plain file never makes anybody wait, and has no need of the flag. */
static void unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void tee_init(struct tee *tee, int stdout_fd, int stderr_fd)
{
	const int fds[2] = {stdout_fd, stderr_fd};

	memset(tee, 0, sizeof(*tee));
	for (int i = 0; i < 2; i++) {
		struct tee_stream *stream = &tee->streams[i];

		stream->fd = is_open(fds[i]) ? fds[i] : -1;
		stream->queue.max = QUEUE_MAX_BYTES;
		stream->partial.max = TEE_PARTIAL_MAX;
		if (stream->fd >= 0)
			unblock(stream->fd);
	}
}

static void queue(struct tee_stream *stream, const char *data, size_t len)
{
	if (!stream->queue.len)
		stream->progress_ms = mono_ms();
	if (!buffer_add(&stream->queue, data, len))
		stream->left_out += (int64_t)len;
}

/* Does a line that starts so look like a marker, as far as it goes? */
static bool is_like_mark(const char *data, size_t len)
{
	return len && !memcmp(data, TEE_MARK, len < MARK_LEN ? len : MARK_LEN);
}

/* A piece of one line of the command. */
static void pass_on(struct tee_stream *stream, const char *data, size_t len)
{
	if (!stream->is_mid_line && is_like_mark(data, len))
		queue(stream, " ", 1);
	queue(stream, data, len);
	stream->is_mid_line = data[len - 1] != '\n';
}

static void pass_partial(struct tee_stream *stream)
{
	if (stream->partial.len)
		pass_on(stream, stream->partial.data, stream->partial.len);
	stream->partial.len = 0;
}

static void hold(struct tee_stream *stream, const char *data, size_t len)
{
	if (!stream->partial.len)
		stream->partial_ms = mono_ms();
	if (buffer_add(&stream->partial, data, len))
		return;
	pass_partial(stream);
	pass_on(stream, data, len);
}

void tee_feed(struct tee *tee, int which, const char *data, size_t len)
{
	struct tee_stream *stream = &tee->streams[which];

	if (stream->fd < 0)
		return;
	if (stream->is_stalled) {
		stream->left_out += (int64_t)len;
		return;
	}
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t part = end ? (size_t)(end - data) + 1 : len;

		if (!end) {
			hold(stream, data, part);
		} else if (stream->partial.len &&
			   buffer_add(&stream->partial, data, part)) {
			pass_partial(stream);
		} else {
			pass_partial(stream);
			pass_on(stream, data, part);
		}
		data += part;
		len -= part;
	}
}

static void end_line(struct tee_stream *stream)
{
	if (stream->is_mid_line)
		queue(stream, "\n", 1);
	stream->is_mid_line = false;
}

void tee_end(struct tee *tee, int which)
{
	pass_partial(&tee->streams[which]);
}

void tee_marker(struct tee *tee, const char *text, size_t len)
{
	if (tee->streams[0].fd < 0)
		return;
	/* the runtime lays both streams into one log */
	if (tee->streams[1].fd >= 0)
		end_line(&tee->streams[1]);
	end_line(&tee->streams[0]);
	queue(&tee->streams[0], text, len);
	queue(&tee->streams[0], "\n", 1);
}

bool tee_has_room(const struct tee *tee, int which)
{
	const struct tee_stream *stream = &tee->streams[which];

	return stream->fd < 0 || stream->is_stalled ||
	       stream->queue.len < TEE_ROOM_BYTES;
}

bool tee_takes_marker(const struct tee *tee)
{
	const struct tee_stream *stream = &tee->streams[0];

	return stream->fd < 0 ||
	       (!stream->is_stalled && stream->queue.len < TEE_ROOM_BYTES);
}

int tee_fd(const struct tee *tee, int which)
{
	return tee->streams[which].queue.len ? tee->streams[which].fd : -1;
}

static void on_closed(struct tee_stream *stream)
{
	note("descriptor %d is closed: nothing goes there any more",
	     stream->fd);
	stream->fd = -1;
	buffer_release(&stream->queue);
	buffer_release(&stream->partial);
}

static void on_progress(struct tee_stream *stream, size_t len)
{
	char text[96];
	int n;

	buffer_consume(&stream->queue, len);
	stream->progress_ms = mono_ms();
	if (stream->queue.len >= TEE_ROOM_BYTES / 2)
		return;
	stream->is_stalled = false;
	if (!stream->left_out)
		return;
	n = snprintf(text, sizeof(text),
		     "[%lld bytes of output are left out here: nobody read]\n",
		     (long long)stream->left_out);
	end_line(stream);
	queue(stream, text, (size_t)n);
	stream->left_out = 0;
}

static void stream_write(struct tee_stream *stream)
{
	while (stream->fd >= 0 && stream->queue.len) {
		size_t len =
			stream->queue.len < 65536 ? stream->queue.len : 65536;
		ssize_t n = write(stream->fd, stream->queue.data, len);

		if (n > 0)
			on_progress(stream, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			break;
		else
			on_closed(stream);
	}
	if (stream->fd < 0 || stream->is_stalled || !stream->queue.len ||
	    mono_ms() - stream->progress_ms < TEE_STALL_MS)
		return;
	note("descriptor %d: nobody has read for %d s; the command goes on "
	     "without",
	     stream->fd, TEE_STALL_MS / 1000);
	stream->is_stalled = true;
	pass_partial(stream);
}

void tee_pump(struct tee *tee)
{
	for (int i = 0; i < 2; i++) {
		struct tee_stream *stream = &tee->streams[i];

		if (stream->partial.len &&
		    mono_ms() - stream->partial_ms >= TEE_PARTIAL_MS)
			pass_partial(stream);
		stream_write(stream);
	}
}

bool tee_drain(struct tee *tee)
{
	for (;;) {
		int64_t now = mono_ms(), last = 0;
		struct pollfd ready[2];

		tee_pump(tee);
		for (int i = 0; i < 2; i++) {
			const struct tee_stream *stream = &tee->streams[i];

			ready[i].fd = tee_fd(tee, i);
			ready[i].events = POLLOUT;
			if (ready[i].fd >= 0 && stream->progress_ms > last)
				last = stream->progress_ms;
		}
		if (!last)
			return true;
		if (now - last >= TEE_DRAIN_MS)
			return false;
		poll(ready, 2, (int)(last + TEE_DRAIN_MS - now));
	}
}
