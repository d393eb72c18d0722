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

/* The lines must stand in the file completely or not at all: a torn line
 * would join with the next one. */
static bool append(struct spool *spool, const char *data, size_t len)
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
		return true;
	if (!spool->has_failed)
		note("spool: %s; metrics wait in memory", strerror(errno));
	if (ftruncate(spool->fd, spool->size) < 0)
		return false; /* overwritten by the next attempt anyhow */
	return false;
}

void spool_flush(struct spool *spool)
{
	struct buffer *pending = &spool->pending;

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
	if (!append(spool, pending->data, pending->len)) {
		spool->has_failed = true;
		return;
	}
	if (spool->has_failed)
		note("spool: writing works again");
	spool->has_failed = false;
	pthread_mutex_lock(&spool->mutex);
	spool->size += (int64_t)pending->len;
	pthread_cond_signal(&spool->grown);
	pthread_mutex_unlock(&spool->mutex);
	pending->len = 0;
	if (pending->capacity > 65536)
		buffer_release(pending);
}
