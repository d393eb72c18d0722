/* SPDX-License-Identifier: MIT */
/*
 * One request to a storage's pod, through the API server's proxy.
 *
 * Who answers is told apart by a header that only the pod's file server sets:
 * the API server speaks for itself when there is no such pod, when it cannot be
 * reached, or when we may not.
 */
#include "engine/storage/agent.h"

#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SENTENCE_MAX 1024
#define AUTH_MS 60000
#define UPLOAD_BYTES 262144L
#define MARK "X-Trialdeck-Storage:"

struct transfer {
	struct agent *agent;
	const struct agent_request *request;
	bool is_pods; /* the pod answers */
	bool has_failed;
	struct error err;	/* has_failed */
	struct strbuf sentence; /* of a failure */
	struct curl_slist *headers;
	char curl_error[CURL_ERROR_SIZE];
};

/* ---- what curl calls ----------------------------------------------------- */

static bool is_good(struct transfer *transfer)
{
	long code = 0;

	curl_easy_getinfo(transfer->agent->easy, CURLINFO_RESPONSE_CODE, &code);
	return transfer->is_pods && code / 100 == 2;
}

static bool write_fd(struct transfer *transfer, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(transfer->request->fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			transfer->has_failed = true;
			error_set_errno(&transfer->err, "write");
			return false;
		}
		data += n;
		len -= (size_t)n;
	}
	return true;
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	const struct agent_request *request = transfer->request;
	size_t len = size * count;

	if (!is_good(transfer)) {
		if (transfer->sentence.len + len <= SENTENCE_MAX)
			strbuf_add(&transfer->sentence, data, len);
		return len;
	}
	if (request->text) {
		if (request->text->len + len > request->text_max) {
			transfer->has_failed = true;
			error_set(&transfer->err, ERROR_LIMIT,
				  "the answer is too long");
			return 0;
		}
		strbuf_add(request->text, data, len);
	} else if (request->fd >= 0) {
		if (!write_fd(transfer, data, len))
			return 0;
		atomic_fetch_add(&transfer->agent->base.watch->bytes,
				 (long long)len);
	}
	return len;
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	size_t len = size * count;

	if (len > 5 && !strncasecmp(data, "HTTP/", 5))
		transfer->is_pods = false;
	if (len > strlen(MARK) && !strncasecmp(data, MARK, strlen(MARK)))
		transfer->is_pods = true;
	return len;
}

static size_t on_read(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *transfer = arg;
	struct agent_body *body = transfer->request->body;
	int64_t before = body->sent_bytes;
	ssize_t n = agent_body_read(body, data, size * count, &transfer->err);

	if (n < 0) {
		transfer->has_failed = true;
		return CURL_READFUNC_ABORT;
	}
	atomic_fetch_add(&transfer->agent->base.watch->bytes,
			 (long long)(body->sent_bytes - before));
	return (size_t)n;
}

/* curl sends again what a kept connection lost. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
	struct transfer *transfer = arg;
	struct agent_body *body = transfer->request->body;

	if (origin != SEEK_SET || offset)
		return CURL_SEEKFUNC_CANTSEEK;
	atomic_fetch_sub(&transfer->agent->base.watch->bytes,
			 (long long)body->sent_bytes);
	agent_body_rewind(body);
	return CURL_SEEKFUNC_OK;
}

static int on_progress(void *arg, curl_off_t total, curl_off_t now,
		       curl_off_t up_total, curl_off_t up_now)
{
	struct transfer *transfer = arg;

	(void)total, (void)now, (void)up_total, (void)up_now;
	return atomic_load(&transfer->agent->base.watch->is_cancelled);
}

/* ---- one try --------------------------------------------------------------
 */

static void auth_late(void *arg)
{
	loop_quit(arg);
}

/* The credential, which a program may have to fetch. */
static bool apply_auth(struct transfer *transfer, struct error *err)
{
	struct agent *agent = transfer->agent;
	enum kube_auth_outcome outcome;

	for (int i = 0; i < 2; i++) {
		struct loop_timer *limit;

		agent->is_auth_ready = false;
		outcome = kube_auth_apply(agent->auth, agent->easy,
					  &transfer->headers, err);
		if (outcome == KUBE_AUTH_READY)
			return true;
		if (outcome == KUBE_AUTH_FAILED)
			return false;
		limit = loop_after(agent->loop, AUTH_MS, auth_late,
				   agent->loop);
		loop_run(agent->loop);
		if (!agent->is_auth_ready)
			break;
		loop_cancel(agent->loop, limit);
	}
	return error_set(err, ERROR_TIMEOUT,
			 "no credential for the API server came");
}

static void add_header(struct transfer *transfer, const char *text)
{
	struct curl_slist *list = curl_slist_append(transfer->headers, text);

	if (list)
		transfer->headers = list;
}

static void set_body(struct transfer *transfer)
{
	CURL *easy = transfer->agent->easy;

	if (!transfer->request->body) {
		if (strcmp(transfer->request->method, "GET") != 0)
			curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, 0L);
		if (!strcmp(transfer->request->method, "PUT") ||
		    !strcmp(transfer->request->method, "POST"))
			curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST,
				 transfer->request->method);
		return;
	}
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
			 (curl_off_t)agent_body_size(transfer->request->body));
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, UPLOAD_BYTES);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(easy, CURLOPT_READDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
	curl_easy_setopt(easy, CURLOPT_SEEKDATA, transfer);
}

static void set_up(struct transfer *transfer)
{
	struct agent *agent = transfer->agent;
	CURL *easy = agent->easy;
	char *url = xasprintf("%s/api/v1/namespaces/%s/pods/%s:%d/proxy%s",
			      kube_auth_base_url(agent->auth),
			      agent->config->namespace, agent->pod->name,
			      AGENT_PORT, transfer->request->target);
	char line[128];

	snprintf(line, sizeof(line), AGENT_TOKEN_HEADER ": %s",
		 agent->pod->token);
	add_header(transfer, line);
	explicit_bzero(line, sizeof(line));
	add_header(transfer, "Expect:");
	if (transfer->request->offset) {
		snprintf(line, sizeof(line), "Range: bytes=%lld-",
			 (long long)transfer->request->offset);
		add_header(transfer, line);
	}
	set_body(transfer);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
			 (long)(STORAGE_SILENCE_MS / 1000));
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_error);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(easy, CURLOPT_XFERINFODATA, transfer);
	curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	free(url);
}

/* ---- what came of it ------------------------------------------------------
 */

static bool fail_curl(struct transfer *transfer, CURLcode result,
		      struct error *err)
{
	const struct agent *agent = transfer->agent;

	if (!storage_may_go_on(&agent->base, err))
		return false;
	if (transfer->has_failed) {
		*err = transfer->err;
		return false;
	}
	return error_set(err,
			 result == CURLE_OPERATION_TIMEDOUT ? ERROR_TIMEOUT
							    : ERROR_UNAVAILABLE,
			 "%s through API server %s: %.200s", agent->what,
			 agent->config->server,
			 transfer->curl_error[0] ? transfer->curl_error
						 : curl_easy_strerror(result));
}

static enum error_code code_of(long status)
{
	switch (status) {
	case 404:
		return ERROR_NOT_FOUND;
	case 401:
	case 403:
		return ERROR_DENIED;
	case 409:
		return ERROR_CONFLICT;
	case 507:
		return ERROR_LIMIT;
	case 503:
		return ERROR_UNAVAILABLE;
	default:
		return status < 500 ? ERROR_INVALID : ERROR_SYSTEM;
	}
}

static bool fail_status(struct transfer *transfer, long status,
			struct error *err)
{
	struct kube_status said;

	if (transfer->is_pods) {
		strbuf_truncate(&transfer->sentence,
				strcspn(transfer->sentence.data, "\r\n"));
		return error_set(err, code_of(status), "%s: %.300s",
				 transfer->agent->what,
				 transfer->sentence.len
					 ? transfer->sentence.data
					 : "failed");
	}
	kube_status_read(&said, (int)status, transfer->sentence.data,
			 transfer->sentence.len);
	kube_status_error(&said, err);
	/* no such pod, or it cannot be reached: another one may be */
	if (status == 404 || status >= 500)
		err->code = ERROR_UNAVAILABLE;
	return error_prefix(err, "%s", transfer->agent->what);
}

/* *ret_again: the credential was refused, and may be another now. */
static bool try_once(struct agent *agent, const struct agent_request *request,
		     bool *ret_again, struct error *err)
{
	struct transfer transfer = {
		.agent = agent, .request = request, .sentence = STRBUF_INIT};
	CURLcode result;
	long status = 0;
	bool ok = false;

	*ret_again = false;
	if (request->body)
		agent_body_rewind(request->body);
	curl_easy_reset(agent->easy); /* keeps connections */
	if (apply_auth(&transfer, err)) {
		set_up(&transfer);
		result = curl_easy_perform(agent->easy);
		curl_easy_getinfo(agent->easy, CURLINFO_RESPONSE_CODE, &status);
		if (result != CURLE_OK) {
			fail_curl(&transfer, result, err);
			agent_doubt(agent);
		} else if (status / 100 == 2 && transfer.is_pods) {
			ok = true;
		} else {
			fail_status(&transfer, status, err);
			*ret_again = status == 401 && !transfer.is_pods;
			if (!transfer.is_pods && !*ret_again)
				agent_doubt(agent);
		}
	}
	curl_slist_free_all(transfer.headers);
	strbuf_release(&transfer.sentence);
	return ok;
}

bool agent_http(struct agent *agent, const struct agent_request *request,
		struct error *err)
{
	bool is_again;

	if (try_once(agent, request, &is_again, err))
		return true;
	if (!is_again)
		return false;
	kube_auth_refused(agent->auth);
	return try_once(agent, request, &is_again, err);
}
