/* SPDX-License-Identifier: MIT */
/*
 * Requests to a storage server, on one curl easy handle.
 *
 * libcurl's own limits do not say what is wanted here: its low-speed limit
 * looks at averages of one direction, its timeout at the whole.  So the
 * progress callback, which runs once a second even while nothing moves, looks
 * when the last byte went either way.
 */
#include <config.h> /* the build's */

#include "engine/storage/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/http_private.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_TIMEOUT_MS 10000L
#define CLEANUP_TIMEOUT_MS 10000L
#define HEADERS_MAX 32768
#define BUFFER_BYTES 262144L

/* --- what curl calls ------------------------------------------------------
 */

static void count(struct http_session *session, int64_t bytes)
{
	session->heard_ns = clock_mono_ns();
	session->counted += bytes;
	if (session->options.watch)
		atomic_fetch_add(&session->options.watch->bytes, bytes);
}

static size_t on_read(char *buffer, size_t size, size_t n, void *arg)
{
	struct http_session *session = arg;
	const struct http_source *source = session->request->source;
	int64_t left = source->size - session->sent;
	size_t want = size * n;
	ssize_t got;

	if (left <= 0)
		return 0;
	if ((int64_t)want > left)
		want = (size_t)left;
	if (source->data) {
		memcpy(buffer, (const char *)source->data + session->sent,
		       want);
		got = (ssize_t)want;
	} else {
		do
			got = pread(source->fd, buffer, want,
				    source->offset + session->sent);
		while (got < 0 && errno == EINTR);
	}
	if (got <= 0) {
		if (got < 0)
			error_set_errno(&session->failure, "read it");
		else
			error_set(&session->failure, ERROR_UNAVAILABLE,
				  "it became shorter while it was read");
		return CURL_READFUNC_ABORT;
	}
	session->sent += got;
	count(session, got);
	return (size_t)got;
}

/* curl begins anew when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct http_session *session = arg;

	if (origin != SEEK_SET || offset < 0 ||
	    offset > session->request->source->size)
		return CURL_SEEKFUNC_CANTSEEK;
	count(session, offset - session->sent);
	session->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static bool store(struct http_session *session, const char *data, size_t len)
{
	struct http_sink *sink = session->request->sink;

	while (len) {
		ssize_t n = write(sink->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(&session->failure, "write it");
		sink->offset += n;
		sink->written += n;
		data += n;
		len -= (size_t)n;
		count(session, n);
	}
	return true;
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct http_session *session = arg;
	const struct http_sink *sink = session->request->sink;
	struct http_answer *answer = session->answer;
	size_t len = size * n;

	session->heard_ns = clock_mono_ns();
	if (sink && answer->code == sink->code)
		return store(session, data, len) ? len : 0;
	if (answer->body.len + len > HTTP_ANSWER_MAX) {
		error_set(&session->failure, ERROR_LIMIT,
			  "its answer is larger than %u MiB",
			  HTTP_ANSWER_MAX >> 20);
		return 0;
	}
	strbuf_add(&answer->body, data, len);
	return len;
}

static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
	struct http_session *session = arg;
	struct http_answer *answer = session->answer;
	size_t len = size * n;
	long code = 0;

	session->heard_ns = clock_mono_ns();
	if (len >= 5 && !strncasecmp(data, "HTTP/", 5)) {
		curl_easy_getinfo(session->easy, CURLINFO_RESPONSE_CODE, &code);
		answer->code = (int)code;
		strbuf_clear(&answer->headers);
	}
	if (answer->headers.len + len <= HEADERS_MAX)
		strbuf_add(&answer->headers, data, len);
	return len;
}

static int on_progress(void *arg, curl_off_t down_total, curl_off_t down,
		       curl_off_t up_total, curl_off_t up)
{
	struct http_session *session = arg;
	int64_t now = clock_mono_ns();

	(void)down_total, (void)up_total;
	if (!session->request->is_cleanup && http_is_cancelled(session)) {
		session->stop = HTTP_STOP_CANCELLED;
		return 1;
	}
	if (down != session->down || up != session->up)
		session->heard_ns = now;
	session->down = down;
	session->up = up;
	if (now - session->heard_ns > session->silence_ms * NS_PER_MS) {
		session->stop = HTTP_STOP_SILENT;
		return 1;
	}
	return 0;
}

/* --- setting up -----------------------------------------------------------
 */

static void set_connection(struct http_session *session)
{
	CURL *easy = session->easy;

#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
			 (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_BYTES);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT,
			 PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, session->curl_error);
	/* the folder of the system's certificates stays in use beside it */
	if (session->options.ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO,
				 session->options.ca_file);
}

static void set_callbacks(struct http_session *session)
{
	CURL *easy = session->easy;

	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, session);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, session);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, session);
}

static void set_method(struct http_session *session)
{
	const struct http_request *request = session->request;
	CURL *easy = session->easy;

	if (request->source) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)request->source->size);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, session);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, session);
	} else if (!strcmp(request->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->is_cleanup)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, CLEANUP_TIMEOUT_MS);
}

/* The request's lines, and what keeps curl from adding some of its own. */
static struct curl_slist *build_headers(const struct http_request *request)
{
	struct curl_slist *list = curl_slist_append(NULL, "Expect:");
	char *text = xstrdup(request->headers ? request->headers : "");

	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			break;
		*end = '\0';
		list = curl_slist_append(list, line);
	}
	explicit_bzero(text, request->headers ? strlen(request->headers) : 0);
	free(text);
	return list;
}

static void wipe_headers(struct curl_slist *list)
{
	for (struct curl_slist *at = list; at; at = at->next)
		explicit_bzero(at->data, strlen(at->data));
	curl_slist_free_all(list);
}

/* --- requests -------------------------------------------------------------
 */

/* A server that is too busy may say for how long. */
static void hear_rest(const struct http_session *session,
		      const struct http_answer *answer)
{
	int seconds = answer->code == 429 || answer->code >= 500
			      ? http_retry_after(answer)
			      : 0;

	if (seconds && session->options.watch)
		storage_ask_rest(session->options.watch, seconds);
}

bool http_perform(struct http_session *session,
		  const struct http_request *request,
		  struct http_answer *answer, struct error *err)
{
	struct curl_slist *headers;
	CURLcode result;

	answer->code = 0;
	strbuf_clear(&answer->body);
	strbuf_clear(&answer->headers);
	if (!request->is_cleanup && http_is_cancelled(session))
		return error_set(err, ERROR_CANCELED, "cancelled");
	curl_easy_reset(session->easy); /* connections stay */
	session->request = request;
	session->answer = answer;
	session->failure = (struct error){0};
	session->stop = HTTP_STOP_NOT;
	session->sent = session->counted = 0;
	session->down = session->up = 0;
	session->heard_ns = clock_mono_ns();
	*session->curl_error = '\0';
	set_connection(session);
	set_callbacks(session);
	set_method(session);
	headers = build_headers(request);
	curl_easy_setopt(session->easy, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(session->easy, CURLOPT_URL, request->url);
	result = curl_easy_perform(session->easy);
	curl_easy_setopt(session->easy, CURLOPT_HTTPHEADER, NULL);
	wipe_headers(headers);
	session->request = NULL;
	session->answer = NULL;
	if (result == CURLE_OK) {
		hear_rest(session, answer);
		return true;
	}
	/* what was sent in vain is no progress */
	if (session->options.watch)
		atomic_fetch_sub(&session->options.watch->bytes,
				 request->sink ? 0 : session->counted);
	return http_describe(session, (int)result, err);
}

/* --- sessions -------------------------------------------------------------
 */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

bool http_open(const struct http_options *options, struct http_session **ret,
	       struct error *err)
{
	struct http_session *session;
	CURL *easy;

	pthread_once(&once, start_curl);
	easy = curl_easy_init();
	if (!easy)
		return error_set(err, ERROR_SYSTEM, "libcurl cannot start");
	session = xcalloc(1, sizeof(*session));
	session->easy = easy;
	session->options = *options;
	session->options.server = xstrdup(options->server);
	session->options.ca_file = xstrdup_or_null(options->ca_file);
	session->silence_ms =
		options->silence_ms ? options->silence_ms : STORAGE_SILENCE_MS;
	*ret = session;
	return true;
}

void http_close(struct http_session *session)
{
	if (!session)
		return;
	curl_easy_cleanup(session->easy);
	free((char *)session->options.server);
	free((char *)session->options.ca_file);
	free(session);
}

bool http_is_cancelled(const struct http_session *session)
{
	return session->options.watch &&
	       atomic_load(&session->options.watch->is_cancelled);
}

bool http_pause(struct http_session *session, int64_t delay_ms,
		struct error *err)
{
	static const struct storage_watch nobody;
	const struct storage_watch *watch = session->options.watch;

	return storage_pause(watch ? watch : &nobody, delay_ms, err);
}
