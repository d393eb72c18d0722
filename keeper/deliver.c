/* SPDX-License-Identifier: MIT */
/* From the spool to the side port. */
#include "keeper/deliver.h"

#include "keeper/note.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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

/* Somebody else's answer, or one that may change: with the log as a second
 * way such a report is not given up. */
static bool is_stranger(int status)
{
	return status == 401 || status == 403 || status == 404 || status == 405;
}

static enum outcome post(struct deliver *deliver, const char *path,
			 const char *type, const char *body, size_t len)
{
	const struct http_request request = {.method = "POST",
					     .path = path,
					     .token = deliver->options.token,
					     .type = type,
					     .body = body,
					     .len = len};
	int status;

	deliver->has_address =
		target_apply(&deliver->options.target, &deliver->http);
	if (!deliver->has_address)
		return RETRY;
	status = http_send(&deliver->http, &request);
	if (status >= 200 && status < 300)
		return DELIVERED;
	if (status < 400 || status >= 500 || status == 408 || status == 429)
		return RETRY;
	note("deliver: %s answered %d to %zu bytes", path, status, len);
	if (deliver->options.has_echo && is_stranger(status))
		return RETRY;
	return REFUSED;
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
		n = pread(deliver->options.spool->fd, batch->data, want,
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

	fdatasync(deliver->options.spool->fd);
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

/* What the main thread may know. */
static void publish(struct deliver *deliver, enum outcome outcome)
{
	struct spool *spool = deliver->options.spool;
	bool was_failing;

	pthread_mutex_lock(&spool->mutex);
	was_failing = deliver->state.is_failing;
	deliver->state.delivered = deliver->offset;
	deliver->state.is_failing = outcome == RETRY;
	pthread_mutex_unlock(&spool->mutex);
	deliver->failures = outcome == RETRY ? deliver->failures + 1 : 0;
	if (outcome == RETRY && !was_failing)
		eventfd_write(deliver->wake_fd, 1);
}

/* Sleep before trying again; cut short when the command ends. */
static void back_off(struct deliver *deliver, int *backoff_ms)
{
	struct spool *spool = deliver->options.spool;
	struct timespec deadline;
	bool was_finishing;
	int most_ms;

	pthread_mutex_lock(&spool->mutex);
	was_finishing = deliver->is_finishing;
	most_ms = deliver->has_outputs &&
				  deliver->failures > DELIVER_AWAY_ATTEMPTS
			  ? DELIVER_BACKOFF_AWAY_MS
			  : DELIVER_BACKOFF_LAST_MS;
	if (was_finishing && *backoff_ms > most_ms)
		*backoff_ms = most_ms;
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

/* The command has ended, and either nobody says where to deliver (whoever
 * comes back reads the spool), or the pod's log carries everything and a few
 * attempts, the last one after the end, were in vain. */
static bool is_pointless(struct deliver *deliver, bool was_finishing)
{
	bool is_finishing, has_outputs;

	pthread_mutex_lock(&deliver->options.spool->mutex);
	is_finishing = deliver->is_finishing;
	has_outputs = deliver->has_outputs;
	pthread_mutex_unlock(&deliver->options.spool->mutex);
	/* files have no other way: as long as anybody waits */
	if (!is_finishing || has_outputs)
		return false;
	if (deliver->options.has_echo)
		return was_finishing &&
		       deliver->failures >= DELIVER_ECHO_ATTEMPTS;
	return !deliver->has_address;
}

static bool post_status(struct deliver *deliver, int *backoff_ms)
{
	char body[800], outputs[400];
	int n;

	upload_describe(&deliver->upload, outputs, sizeof(outputs));
	n = deliver->options.pod
		    ? snprintf(body, sizeof(body),
			       "{\"code\":%d,\"pod\":\"%.253s\"%s}",
			       deliver->exit_code, deliver->options.pod,
			       outputs)
		    : snprintf(body, sizeof(body), "{\"code\":%d%s}",
			       deliver->exit_code, outputs);

	for (;;) {
		enum outcome outcome =
			post(deliver, "/v1/status", "application/json", body,
			     (size_t)n);

		publish(deliver, outcome);
		if (outcome != RETRY)
			return outcome == DELIVERED;
		if (is_pointless(deliver, true))
			return false;
		back_off(deliver, backoff_ms);
	}
}

/* Deliver until the command has ended and nothing is left. */
static bool deliver_all(struct deliver *deliver, int *backoff_ms)
{
	struct spool *spool = deliver->options.spool;

	for (;;) {
		enum outcome outcome;
		bool was_finishing;
		int64_t end;

		pthread_mutex_lock(&spool->mutex);
		while (spool->size == deliver->offset && !deliver->is_finishing)
			pthread_cond_wait(&spool->grown, &spool->mutex);
		end = spool->size;
		was_finishing = deliver->is_finishing;
		pthread_mutex_unlock(&spool->mutex);
		if (end == deliver->offset)
			return true;
		outcome = deliver_batch(deliver, end);
		publish(deliver, outcome);
		if (outcome != RETRY)
			*backoff_ms = DELIVER_BACKOFF_MIN_MS;
		else if (is_pointless(deliver, was_finishing))
			return false;
		else
			back_off(deliver, backoff_ms);
	}
}

static void forget_outputs(struct deliver *deliver)
{
	pthread_mutex_lock(&deliver->options.spool->mutex);
	deliver->has_outputs = false;
	pthread_mutex_unlock(&deliver->options.spool->mutex);
}

/* Everything, or what there is when nobody wants it. */
static void send_outputs(struct deliver *deliver, int *backoff_ms)
{
	enum upload_outcome outcome = UPLOAD_SENT;

	while (deliver->upload.options.folder && outcome < UPLOAD_REFUSED) {
		outcome = upload_next(&deliver->upload, &deliver->http,
				      &deliver->options.target,
				      deliver->options.token);
		publish(deliver, outcome == UPLOAD_AGAIN ? RETRY : DELIVERED);
		if (outcome != UPLOAD_AGAIN)
			*backoff_ms = DELIVER_BACKOFF_MIN_MS;
		else if (is_pointless(deliver, true))
			break;
		else
			back_off(deliver, backoff_ms);
	}
	forget_outputs(deliver);
}

static void *deliver_main(void *arg)
{
	struct deliver *deliver = arg;
	struct spool *spool = deliver->options.spool;
	int backoff_ms = DELIVER_BACKOFF_MIN_MS;
	bool is_complete = deliver_all(deliver, &backoff_ms);

	send_outputs(deliver, &backoff_ms);
	/* the status says that everything is there: it comes last */
	is_complete = is_complete && deliver->may_post_status &&
		      post_status(deliver, &backoff_ms);
	pthread_mutex_lock(&spool->mutex);
	deliver->state.is_complete = is_complete;
	deliver->state.is_done = true;
	pthread_mutex_unlock(&spool->mutex);
	eventfd_write(deliver->wake_fd, 1);
	return NULL;
}

void deliver_start(struct deliver *deliver,
		   const struct deliver_options *options)
{
	memset(deliver, 0, sizeof(*deliver));
	deliver->options = *options;
	if (!options->token)
		deliver->options.token = "";
	deliver->batch.max = 2 * SPOOL_PENDING_MAX_BYTES;
	deliver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	http_init(&deliver->http);
	deliver->upload.moved = &deliver->moved;
	deliver->state.is_failing = true;
	if (!options->target.url && !options->target.url_file)
		return;
	deliver->state.is_failing = false;
	deliver->offset_fd =
		openat(options->dir_fd, "spool.offset",
		       O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	deliver->has_thread = pthread_create(&deliver->thread, NULL,
					     deliver_main, deliver) == 0;
	deliver->state.is_failing = !deliver->has_thread;
	if (deliver->has_thread)
		pthread_detach(
			deliver->thread); /* its state says when it ends */
	else
		note("deliver: no thread; the console will read the spool");
}

struct deliver_state deliver_state(struct deliver *deliver)
{
	struct spool *spool = deliver->options.spool;
	struct deliver_state state;

	pthread_mutex_lock(&spool->mutex);
	state = deliver->state;
	state.moved = atomic_load(&deliver->moved);
	state.has_outputs = deliver->has_outputs;
	pthread_mutex_unlock(&spool->mutex);
	return state;
}

void deliver_finish(struct deliver *deliver, int exit_code, bool is_whole,
		    const struct upload_options *outputs)
{
	struct spool *spool = deliver->options.spool;
	bool has_outputs =
		deliver->has_thread && upload_find(&deliver->upload, outputs);

	pthread_mutex_lock(&spool->mutex);
	deliver->has_outputs = has_outputs;
	deliver->exit_code = exit_code;
	deliver->may_post_status = is_whole;
	deliver->is_finishing = true;
	if (!deliver->has_thread)
		deliver->state.is_done = true;
	pthread_cond_signal(&spool->grown);
	pthread_mutex_unlock(&spool->mutex);
}
