/* SPDX-License-Identifier: MIT */
/* From the spool to the side port. */
#include "keeper/deliver.h"

#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_TIMEOUT_MS 15000

enum outcome { DELIVERED, RETRY, REFUSED };

static void deadline_after(struct timespec *ret, int ms)
{
	clock_gettime(CLOCK_MONOTONIC, ret);
	ret->tv_sec += ms / 1000;
	ret->tv_nsec += ms % 1000 * 1000000L;
	if (ret->tv_nsec >= 1000000000L) {
		ret->tv_sec++;
		ret->tv_nsec -= 1000000000L;
	}
}

/* The file is read again for every connection: a console that comes back may
 * have another port. */
static bool refresh_url(struct deliver *deliver)
{
	char text[600];
	ssize_t n;
	int fd;

	if (deliver->http.fd >= 0)
		return true;
	if (!deliver->url_file)
		return http_set_url(&deliver->http, deliver->url);
	fd = open(deliver->url_file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, " \t\r\n")] = '\0';
	return http_set_url(&deliver->http, text);
}

static enum outcome post(struct deliver *deliver, const char *path,
			 const char *type, const char *body, size_t len)
{
	int status;

	deliver->has_address = refresh_url(deliver);
	if (!deliver->has_address)
		return RETRY;
	status = http_post(&deliver->http, path, deliver->token, type, body,
			   len, REQUEST_TIMEOUT_MS);
	if (status >= 200 && status < 300)
		return DELIVERED;
	if (status >= 400 && status < 500 && status != 408 && status != 429) {
		note("deliver: %s answered %d to %zu bytes", path, status, len);
		return REFUSED;
	}
	return RETRY;
}

static void save_offset(const struct deliver *deliver)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%020lld\n",
			 (long long)deliver->offset);

	if (deliver->offset_fd >= 0 &&
	    pwrite(deliver->offset_fd, text, (size_t)n, 0) < 0)
		return; /* only a hint: what was sent twice counts once */
}

/* Read the next batch of whole lines; end is where the last line ends. */
static bool read_batch(struct deliver *deliver, int64_t end)
{
	size_t want = DELIVER_BATCH_BYTES;
	struct buffer *batch = &deliver->batch;

	for (;;) {
		char *last;
		ssize_t n;

		if ((int64_t)want > end - deliver->offset)
			want = (size_t)(end - deliver->offset);
		batch->len = 0;
		if (!buffer_reserve(batch, want))
			return false;
		n = pread(deliver->spool->fd, batch->data, want,
			  deliver->offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		if (deliver->offset < deliver->single_until)
			last = memchr(batch->data, '\n', (size_t)n);
		else
			last = memrchr(batch->data, '\n', (size_t)n);
		if (last) {
			batch->len = (size_t)(last + 1 - batch->data);
			return true;
		}
		if ((size_t)n < want || (int64_t)want == end - deliver->offset)
			return false;
		want *= 2; /* one long line */
	}
}

static enum outcome deliver_batch(struct deliver *deliver, int64_t end)
{
	enum outcome outcome;
	size_t len;

	fdatasync(deliver->spool->fd);
	if (!read_batch(deliver, end)) {
		note("deliver: the spool cannot be read at %lld",
		     (long long)deliver->offset);
		return RETRY;
	}
	len = deliver->batch.len;
	outcome = post(deliver, "/v1/metrics", "application/x-ndjson",
		       deliver->batch.data, len);
	if (outcome == REFUSED && deliver->offset >= deliver->single_until &&
	    memchr(deliver->batch.data, '\n', len - 1)) {
		/* one bad line must not take its neighbours with it */
		deliver->single_until = deliver->offset + (int64_t)len;
		return DELIVERED;
	}
	if (outcome == RETRY)
		return RETRY;
	if (outcome == REFUSED)
		note("deliver: gave up %zu bytes at %lld", len,
		     (long long)deliver->offset);
	deliver->offset += (int64_t)len;
	save_offset(deliver);
	return outcome;
}

/* Sleep before trying again; cut short when the command ends. */
static void back_off(struct deliver *deliver, int *backoff_ms)
{
	struct spool *spool = deliver->spool;
	struct timespec deadline;
	bool was_finishing;

	pthread_mutex_lock(&spool->mutex);
	was_finishing = deliver->is_finishing;
	if (was_finishing && *backoff_ms > DELIVER_BACKOFF_LAST_MS)
		*backoff_ms = DELIVER_BACKOFF_LAST_MS;
	deadline_after(&deadline, *backoff_ms);
	while (pthread_cond_timedwait(&spool->grown, &spool->mutex,
				      &deadline) == 0)
		if (deliver->is_finishing && !was_finishing)
			break;
	*backoff_ms *= 2;
	if (*backoff_ms > DELIVER_BACKOFF_MAX_MS)
		*backoff_ms = DELIVER_BACKOFF_MAX_MS;
	pthread_mutex_unlock(&spool->mutex);
	/* what waits long should at least be safe from a power cut */
	fdatasync(spool->fd);
}

/* The command has ended and nobody says where to deliver: whoever comes back
 * reads the spool. */
static bool is_pointless(struct deliver *deliver)
{
	bool is_finishing;

	pthread_mutex_lock(&deliver->spool->mutex);
	is_finishing = deliver->is_finishing;
	pthread_mutex_unlock(&deliver->spool->mutex);
	return is_finishing && !deliver->has_address;
}

static void post_status(struct deliver *deliver, int *backoff_ms)
{
	char body[32];
	int n = snprintf(body, sizeof(body), "{\"code\":%d}",
			 deliver->exit_code);

	while (post(deliver, "/v1/status", "application/json", body,
		    (size_t)n) == RETRY &&
	       !is_pointless(deliver))
		back_off(deliver, backoff_ms);
}

static void *deliver_main(void *arg)
{
	struct deliver *deliver = arg;
	struct spool *spool = deliver->spool;
	int backoff_ms = DELIVER_BACKOFF_MIN_MS;

	for (;;) {
		int64_t end;

		pthread_mutex_lock(&spool->mutex);
		while (spool->size == deliver->offset && !deliver->is_finishing)
			pthread_cond_wait(&spool->grown, &spool->mutex);
		end = spool->size;
		pthread_mutex_unlock(&spool->mutex);
		if (end == deliver->offset)
			break;
		if (deliver_batch(deliver, end) != RETRY)
			backoff_ms = DELIVER_BACKOFF_MIN_MS;
		else if (is_pointless(deliver))
			break;
		else
			back_off(deliver, &backoff_ms);
	}
	post_status(deliver, &backoff_ms);
	pthread_mutex_lock(&spool->mutex);
	deliver->is_done = true;
	pthread_cond_signal(&deliver->done);
	pthread_mutex_unlock(&spool->mutex);
	return NULL;
}

void deliver_start(struct deliver *deliver, struct spool *spool, int dir_fd,
		   const char *url, const char *url_file, const char *token)
{
	pthread_condattr_t attributes;

	memset(deliver, 0, sizeof(*deliver));
	deliver->spool = spool;
	deliver->url = url;
	deliver->url_file = url_file;
	deliver->token = token ? token : "";
	deliver->batch.max = 2 * SPOOL_PENDING_MAX_BYTES;
	http_init(&deliver->http);
	if (!url && !url_file)
		return;
	deliver->offset_fd =
		openat(dir_fd, "spool.offset",
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&deliver->done, &attributes);
	deliver->has_thread = pthread_create(&deliver->thread, NULL,
					     deliver_main, deliver) == 0;
	if (!deliver->has_thread)
		note("deliver: no thread; the console will read the spool");
}

void deliver_finish(struct deliver *deliver, int exit_code, int linger_s)
{
	struct spool *spool = deliver->spool;
	struct timespec deadline;
	int failure = 0;

	if (!deliver->has_thread)
		return;
	deadline_after(&deadline, linger_s * 1000);
	pthread_mutex_lock(&spool->mutex);
	deliver->exit_code = exit_code;
	deliver->is_finishing = true;
	pthread_cond_signal(&spool->grown);
	while (!deliver->is_done && !failure)
		failure = pthread_cond_timedwait(&deliver->done, &spool->mutex,
						 &deadline);
	if (!deliver->is_done)
		note("deliver: not everything reached the console in time");
	pthread_mutex_unlock(&spool->mutex);
}
