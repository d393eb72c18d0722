/* SPDX-License-Identifier: MIT */
#include "tests/cluster/player/http.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <curl/curl.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 30000L
#define AGAIN_MS 500

struct call {
	struct http *http;
	CURL *easy;
	struct curl_slist *headers;
	struct strbuf reply;
	http_fn *fn;
	void *arg;
};

struct http_watch {
	struct http *http;
	const char *path, *query;
	http_event_fn *fn;
	void *arg;
	CURL *easy;
	struct strbuf line;
};

/* For a server of ours, as its administrator. */
static void set_server(const struct http *http, CURL *easy, const char *path)
{
	char *url = xasprintf("%s%s", http->server, path);
	char *ca = xasprintf("%s/ca.crt", http->pki);
	char *cert = xasprintf("%s/admin.crt", http->pki);
	char *key = xasprintf("%s/admin.key", http->pki);

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
	curl_easy_setopt(easy, CURLOPT_SSLCERT, cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, key);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	free(url);
	free(ca);
	free(cert);
	free(key);
}

/* ---- calls ----------------------------------------------------------------
 */

static size_t take_reply(char *data, size_t size, size_t count, void *arg)
{
	struct call *call = arg;

	strbuf_add(&call->reply, data, size * count);
	return size * count;
}

static void call_over(int result, void *arg)
{
	struct call *call = arg;
	long code = 0;

	if (result == CURLE_OK)
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &code);
	call->http->failures += code / 100 != 2;
	if (call->fn)
		call->fn((int)code, call->reply.data, call->arg);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	strbuf_release(&call->reply);
	free(call);
}

static void add_header(struct call *call, const char *name, const char *value)
{
	char *line = xasprintf("%s: %s", name, value);

	call->headers = curl_slist_append(call->headers, line);
	free(line);
}

void http_send(struct http *http, const struct http_request *request)
{
	struct call *call = xcalloc(1, sizeof(*call));
	const char *type = request->content_type ? request->content_type
						 : "application/json";

	call->http = http;
	call->easy = curl_easy_init();
	if (!call->easy)
		errx(1, "curl");
	call->fn = request->fn;
	call->arg = request->arg;
	strbuf_init(&call->reply);
	if (!strncmp(request->path, "http", 4)) {
		char *token = xasprintf("Bearer %s", request->token);

		curl_easy_setopt(call->easy, CURLOPT_URL, request->path);
		add_header(call, "Authorization", token);
		free(token);
		if (request->is_last)
			curl_easy_setopt(call->easy, CURLOPT_FORBID_REUSE, 1L);
	} else {
		set_server(http, call->easy, request->path);
	}
	add_header(call, "Content-Type", type);
	add_header(call, "User-Agent", "player");
	curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (request->body) {
		curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE,
				 (long)strlen(request->body));
		curl_easy_setopt(call->easy, CURLOPT_COPYPOSTFIELDS,
				 request->body);
	}
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, take_reply);
	curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(call->easy, CURLOPT_TIMEOUT_MS, TIMEOUT_MS);
	curl_easy_setopt(call->easy, CURLOPT_NOSIGNAL, 1L);
	http->requests++;
	loop_transfer(http->loop, call->easy, call_over, call);
}

/* ---- watches --------------------------------------------------------------
 */

static void watch_open(void *arg);

static void take_event(struct http_watch *watch, const char *line)
{
	cJSON *event = cJSON_Parse(line);
	const char *type = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(event, "type"));
	const cJSON *object = cJSON_GetObjectItemCaseSensitive(event, "object");

	if (type && object && strcmp(type, "ERROR") != 0)
		watch->fn(type, object, watch->arg);
	cJSON_Delete(event);
}

static void take_lines(void *arg)
{
	struct http_watch *watch = arg;
	char *at = watch->line.data, *end;

	while ((end = strchr(at, '\n'))) {
		*end = '\0';
		take_event(watch, at);
		at = end + 1;
	}
	strbuf_consume(&watch->line, (size_t)(at - watch->line.data));
}

/* Not from inside curl: events start requests. */
static size_t take_bytes(char *data, size_t size, size_t count, void *arg)
{
	struct http_watch *watch = arg;

	if (!memchr(watch->line.data, '\n', watch->line.len))
		loop_after(watch->http->loop, 0, take_lines, watch);
	strbuf_add(&watch->line, data, size * count);
	return size * count;
}

static void watch_over(int result, void *arg)
{
	struct http_watch *watch = arg;

	(void)result;
	curl_easy_cleanup(watch->easy);
	watch->easy = NULL;
	loop_after(watch->http->loop, AGAIN_MS, watch_open, watch);
}

static void watch_open(void *arg)
{
	struct http_watch *watch = arg;
	char *path = xasprintf("%s?watch=1&resourceVersion=0&timeoutSeconds="
			       "3600%s",
			       watch->path, watch->query);

	take_lines(watch);
	strbuf_clear(&watch->line); /* a last line that was cut */
	watch->easy = curl_easy_init();
	if (!watch->easy)
		errx(1, "curl");
	set_server(watch->http, watch->easy, path);
	curl_easy_setopt(watch->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(watch->easy, CURLOPT_WRITEDATA, watch);
	curl_easy_setopt(watch->easy, CURLOPT_NOSIGNAL, 1L);
	loop_transfer(watch->http->loop, watch->easy, watch_over, watch);
	free(path);
}

struct http_watch *http_watch(struct http *http, const char *path,
			      const char *query, http_event_fn *fn, void *arg)
{
	struct http_watch *watch = xcalloc(1, sizeof(*watch));

	watch->http = http;
	watch->path = path;
	watch->query = query;
	watch->fn = fn;
	watch->arg = arg;
	strbuf_init(&watch->line);
	watch_open(watch);
	return watch;
}
