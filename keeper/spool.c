/* SPDX-License-Identifier: MIT */
/* Appending to the spool, whole lines or nothing. */
#include "keeper/spool.h"

#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

bool spool_open(struct spool *spool, int dir_fd)
{
	pthread_condattr_t attributes;

	memset(spool, 0, sizeof(*spool));
	spool->pending.max = SPOOL_PENDING_MAX_BYTES;
	pthread_mutex_init(&spool->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&spool->grown, &attributes);
	spool->fd = openat(dir_fd, "spool.ndjson",
			   O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return spool->fd >= 0;
}

/* Write as many whole lines as there is room for: a torn one would join with
 * the next.  Returns the bytes that stand in the file for good. */
static size_t append(struct spool *spool, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(spool->fd, data + done, len - done,
				   spool->size + (int64_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == len)
		return len;
	if (!spool->has_failed)
		note("spool: %s; metrics wait in memory", strerror(errno));
	while (done && data[done - 1] != '\n')
		done--;
	if (ftruncate(spool->fd, spool->size + (int64_t)done) < 0)
		return done; /* the next attempt overwrites the rest */
	return done;
}

void spool_flush(struct spool *spool)
{
	struct buffer *pending = &spool->pending;
	size_t written;

	if (!pending->len)
		return;
	if (spool->size + (int64_t)pending->len > SPOOL_MAX_BYTES) {
		if (!spool->is_full)
			note("spool: full at %lld bytes; further metrics are "
			     "dropped",
			     (long long)spool->size);
		spool->is_full = true;
		pending->len = 0;
		return;
	}
	written = append(spool, pending->data, pending->len);
	if (spool->has_failed && written == pending->len)
		note("spool: writing works again");
	spool->has_failed = written < pending->len;
	pthread_mutex_lock(&spool->mutex);
	spool->size += (int64_t)written;
	pthread_cond_signal(&spool->grown);
	pthread_mutex_unlock(&spool->mutex);
	buffer_consume(pending, written);
	if (!pending->len && pending->capacity > 65536)
		buffer_release(pending);
}
