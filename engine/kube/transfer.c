/* SPDX-License-Identifier: MIT */
/*
 * A call as an easy handle.
 *
 * Connections: HTTP/2, all requests on one connection, with libcurl from 8.1
 * on; with older ones HTTP/1.1 and kept connections.  Those lose sight of data:
 * what they read of one answer while they serve another (a silent watch, say)
 * lies in their buffers until the connection has something new.  Seen with
 * 7.88.1: a list beside a watch stood still until its timeout; and, once in
 * 2,000, with one request at a time on each HTTP/2 connection as well.
 *
 * A dead connection is noticed by TCP (keep-alive and TCP_USER_TIMEOUT) or by
 * a call that got no answer.  libcurl cannot be told to forget a connection;
 * but it only uses one again whose TLS options are the same, so options that
 * mean nothing to OpenSSL are counted up to begin with new ones (`pool`).
 */
#include <config.h> /* the build's, not ours of that name */

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/client_private.h"
#include "engine/kube/status_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CONNECT_TIMEOUT_MS 10000L
#define KEEPALIVE_IDLE_S 30L
#define KEEPALIVE_INTERVAL_S 15L
#define UNACKNOWLEDGED_MS 30000
#define REFUSAL_MAX (64u << 10) /* bytes kept of a stream's refusal */
#define WARNINGS_MAX 4096
#define RETRY_AFTER_MAX_S 3600
#define ACCEPT "Accept: application/json, */*"
/* What a server cannot do it passes over. */
#define ACCEPT_BRIEF                                                           \
	"Accept: "                                                             \
	"application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, "       \
	"application/json, */*"

/* --- what curl calls ------------------------------------------------------ */

static void on_drain(void *arg)
{
	struct kube_call *call = arg;

	call->drain = NULL;
	kube_call_drain(call);
}

static void drain_soon(struct kube_call *call)
{
	if (!call->drain)
		call->drain = loop_after(call->client->loop, 0, on_drain, call);
}

static int code_of(CURL *easy)
{
	long code = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &code);
	return (int)code;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct kube_call *call = arg;
	size_t len = size * count;

	call->heard_ns = clock_mono_ns();
	if (call->is_stream && call->code / 100 == 2) {
		strbuf_add(&call->pending, data, len);
		drain_soon(call);
		return len;
	}
	if (call->is_stream && call->reply.len + len > REFUSAL_MAX)
		return len;
	if (call->reply.len + len > call->max_bytes) {
		call->is_too_large = true;
		return 0;
	}
	strbuf_add(&call->reply, data, len);
	return len;
}

/* The value of a header line if it has this name. */
static const char *value_of(const char *line, size_t len, const char *name,
			    size_t *ret_len)
{
	size_t n = strlen(name);

	if (len <= n || line[n] != ':' || strncasecmp(line, name, n))
		return NULL;
	line += n + 1;
	len -= n + 1;
	while (len && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len && strchr(" \t\r\n", line[len - 1]))
		len--;
	*ret_len = len;
	return line;
}

/* Seconds, or a date as proxies send it. */
static int read_retry_after(const char *value, size_t len)
{
	char text[64];
	long long seconds;
	char *end;

	if (!len || len >= sizeof(text))
		return 0;
	memcpy(text, value, len);
	text[len] = '\0';
	errno = 0;
	seconds = strtoll(text, &end, 10);
	if (errno || *end) {
		time_t at = curl_getdate(text, NULL);

		seconds = at < 0 ? 0 : at - clock_wall_ns() / NS_PER_S;
	}
	if (seconds < 0)
		return 0;
	return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (int)seconds;
}

/* 299 - "text": RFC 7234, section 5.5. */
static void add_warning(struct kube_call *call, const char *value, size_t len)
{
	const char *p = memchr(value, '"', len);
	struct strbuf text = STRBUF_INIT;
	char safe[512];

	if (!p || call->warnings.len > WARNINGS_MAX)
		return;
	for (p++; p < value + len && *p != '"'; p++) {
		if (*p == '\\' && p + 1 < value + len)
			p++;
		strbuf_addch(&text, *p);
	}
	kube_copy_text(safe, sizeof(safe), text.data, text.len);
	strbuf_release(&text);
	if (call->warnings.len)
		strbuf_addch(&call->warnings, '\n');
	strbuf_adds(&call->warnings, safe);
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct kube_call *call = arg;
	size_t len = size * count;
	const char *value;
	size_t value_len;

	if (len >= 5 && !strncasecmp(data, "HTTP/", 5)) {
		call->code = code_of(call->easy);
		call->retry_after_s = 0;
		strbuf_clear(&call->warnings);
	} else if ((value = value_of(data, len, "retry-after", &value_len))) {
		call->retry_after_s = read_retry_after(value, value_len);
	} else if ((value = value_of(data, len, "warning", &value_len))) {
		add_warning(call, value, value_len);
	} else if (len <= 2 && call->is_stream && call->code / 100 == 2) {
		call->heard_ns = clock_mono_ns();
		drain_soon(call);
	}
	return len;
}

static int on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
#ifdef TCP_USER_TIMEOUT
	int ms = UNACKNOWLEDGED_MS;

	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
#endif
	(void)arg, (void)fd, (void)purpose;
	return CURL_SOCKOPT_OK;
}

/* --- setting up ----------------------------------------------------------- */

static CURL *take_handle(struct kube_client *client)
{
	if (client->spare_count)
		return client->spares[--client->spare_count];
	return curl_easy_init();
}

static void give_handle(struct kube_client *client, CURL *easy)
{
	if (!easy)
		return;
	if (client->spare_count == SPARE_HANDLES) {
		curl_easy_cleanup(easy);
		return;
	}
	curl_easy_reset(easy); /* keeps no credentials */
	client->spares[client->spare_count++] = easy;
}

static void add_header(struct kube_call *call, const char *text)
{
	struct curl_slist *list = curl_slist_append(call->headers, text);

	if (list)
		call->headers = list;
}

static void set_method(struct kube_call *call)
{
	static const char *const names[] = {
		[KUBE_GET] = "GET",	  [KUBE_POST] = "POST",
		[KUBE_PUT] = "PUT",	  [KUBE_PATCH] = "PATCH",
		[KUBE_DELETE] = "DELETE",
	};
	CURL *easy = call->easy;
	struct strbuf type = STRBUF_INIT;

	if (call->method == KUBE_GET && !call->body)
		return;
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, names[call->method]);
	if (!call->body && call->method == KUBE_DELETE)
		return;
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)call->body_len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
			 call->body ? call->body : "");
	strbuf_addf(&type, "Content-Type: %s",
		    call->content_type ? call->content_type
				       : "application/json");
	add_header(call, type.data);
	strbuf_release(&type);
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
			 (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

/* Eight pools in turn: by the time the first is used again its connections
 * have been idle for so long that curl has closed them. */
static void set_pool(struct kube_call *call)
{
	static const long bits[] = {
		CURLSSLOPT_NO_REVOKE,
#ifdef CURLSSLOPT_REVOKE_BEST_EFFORT
		CURLSSLOPT_REVOKE_BEST_EFFORT,
#endif
#ifdef CURLSSLOPT_AUTO_CLIENT_CERT
		CURLSSLOPT_AUTO_CLIENT_CERT,
#endif
	};
	unsigned int pool = call->client->pool;
	long options = 0;

	for (size_t i = 0; i < COUNT_OF(bits); i++) {
		if (pool >> i & 1)
			options |= bits[i];
	}
	curl_easy_setopt(call->easy, CURLOPT_SSL_OPTIONS, options);
}

static void set_connection(struct kube_call *call)
{
	CURL *easy = call->easy;

	set_protocols(easy);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 call->client->is_http2 ? (long)CURL_HTTP_VERSION_2TLS
						: (long)CURL_HTTP_VERSION_1_1);
	/* Wait for the first connection's handshake to learn whether it can be
	 * shared.  Without TLS that is only known when an answer comes, which
	 * may be long after; there everybody takes his own. */
	if (call->client->is_http2 &&
	    !strncasecmp(call->client->config->server, "https:", 6))
		curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	set_pool(call);
}

static void set_answer(struct kube_call *call)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	if (call->is_stream)
		return;
	if (call->method == KUBE_GET &&
	    !call->client->config->disable_compression)
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
}

static void set_timeout(struct kube_call *call)
{
	int64_t timeout_ms = call->timeout_ms;

	if (call->is_stream)
		return;
	if (call->deadline_ns) {
		int64_t left_ms =
			(call->deadline_ns - clock_mono_ns()) / NS_PER_MS;

		if (left_ms < timeout_ms)
			timeout_ms = left_ms < 1 ? 1 : left_ms;
	}
	curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
}

static void set_url(struct kube_call *call)
{
	struct strbuf url = STRBUF_INIT;

	strbuf_adds(&url, kube_auth_base_url(call->client->auth));
	strbuf_adds(&url, call->path);
	curl_easy_setopt(call->easy, CURLOPT_URL, url.data);
	curl_easy_setopt(call->easy, CURLOPT_PATH_AS_IS, 1L);
	strbuf_release(&url);
}

/* Another client certificate: connections of the one before are not used. */
static void look_at_generation(struct kube_client *client)
{
	unsigned int generation = kube_auth_generation(client->auth);

	if (generation != client->auth_generation)
		client->pool++;
	client->auth_generation = generation;
}

enum kube_auth_outcome kube_transfer_start(struct kube_call *call,
					   loop_transfer_fn *done,
					   struct error *err)
{
	struct kube_client *client = call->client;
	enum kube_auth_outcome outcome;

	call->easy = take_handle(client);
	if (!call->easy) {
		error_set(err, ERROR_SYSTEM, "create a request");
		return KUBE_AUTH_FAILED;
	}
	add_header(call, "User-Agent: " PACKAGE_NAME "/" PACKAGE_VERSION);
	add_header(call, call->is_brief ? ACCEPT_BRIEF : ACCEPT);
	add_header(call, "Expect:");
	outcome =
		kube_auth_apply(client->auth, call->easy, &call->headers, err);
	if (outcome != KUBE_AUTH_READY) {
		kube_transfer_end(call);
		return outcome;
	}
	look_at_generation(client);
	call->code = 0;
	call->retry_after_s = 0;
	call->is_too_large = false;
	*call->curl_error = '\0';
	strbuf_clear(&call->reply);
	strbuf_clear(&call->warnings);
	call->heard_ns = clock_mono_ns();
	set_connection(call);
	set_method(call);
	set_answer(call);
	set_timeout(call);
	set_url(call);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	call->transfer = loop_transfer(client->loop, call->easy, done, call);
	call->is_counted = !call->is_stream;
	client->running += call->is_counted;
	return KUBE_AUTH_READY;
}

void kube_transfer_end(struct kube_call *call)
{
	loop_transfer_cancel(call->client->loop, call->transfer);
	call->transfer = NULL;
	give_handle(call->client, call->easy);
	call->easy = NULL;
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	call->client->running -= call->is_counted;
	call->is_counted = false;
}

bool kube_curl_not_sent(CURL *easy)
{
	curl_off_t at_us = 0;

	return curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &at_us) ==
		       CURLE_OK &&
	       !at_us;
}
