/* SPDX-License-Identifier: MIT */
/*
 * What came of a try: in words, and what follows from it.
 *
 * Three questions decide about another try: can the server have done it, may
 * the fault pass, and is it the server's or this request's alone?
 */
#include "engine/kube/client_private.h"
#include "engine/kube/status_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* curl says "Failed to connect to 10.0.0.5 port 6443 after 0 ms: Couldn't
 * connect to server"; the system's word is the better one. */
static void describe_connect(const struct kube_call *call, char *text,
			     size_t size)
{
	long number = 0;

	curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (number > 0 && number != EINPROGRESS)
		snprintf(text, size, "%s", strerror((int)number));
	else
		snprintf(text, size, "cannot connect");
	*text = (char)tolower((unsigned char)*text);
}

static void describe_curl(const struct kube_call *call, int result, char *text,
			  size_t size)
{
	const char *said = *call->curl_error
				   ? call->curl_error
				   : curl_easy_strerror((CURLcode)result);

	kube_copy_text(text, size, said, strlen(said));
}

static void describe(const struct kube_call *call, int result, bool not_sent,
		     char *text, size_t size)
{
	switch (result) {
	case CURLE_COULDNT_CONNECT:
		describe_connect(call, text, size);
		break;
	case CURLE_COULDNT_RESOLVE_HOST:
		snprintf(text, size, "the host's name cannot be resolved");
		break;
	case CURLE_COULDNT_RESOLVE_PROXY:
		snprintf(text, size, "the proxy's name cannot be resolved");
		break;
	case CURLE_OPERATION_TIMEDOUT:
		snprintf(text, size,
			 not_sent ? "no connection in time"
				  : "no answer in time");
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		snprintf(text, size, "connection lost");
		break;
	default:
		describe_curl(call, result, text, size);
	}
}

static enum error_code code_of(const struct kube_call *call, int result)
{
	if (call->is_too_large)
		return ERROR_LIMIT;
	switch (result) {
	case CURLE_OPERATION_TIMEDOUT:
		return ERROR_TIMEOUT;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return ERROR_INVALID;
	default:
		return ERROR_UNAVAILABLE;
	}
}

/* No answer, or one that broke off. */
static void read_broken(const struct kube_call *call, int result,
			struct kube_outcome *ret)
{
	bool not_sent = kube_curl_not_sent(call->easy);
	enum error_code code = code_of(call, result);
	char text[CURL_ERROR_SIZE];

	if (call->is_too_large)
		snprintf(text, sizeof(text),
			 "the answer is larger than %zu "
			 "bytes",
			 call->max_bytes);
	else
		describe(call, result, not_sent, text, sizeof(text));
	error_set(&ret->err, code, "API server %s: %s",
		  call->client->config->server, text);
	ret->may_pass = code != ERROR_LIMIT && code != ERROR_INVALID;
	ret->is_untouched = not_sent;
	ret->is_connection_dead =
		code == ERROR_TIMEOUT && !not_sent && !call->code;
}

static void read_refusal(const struct kube_call *call, struct kube_outcome *ret)
{
	struct kube_status *status = &ret->status;

	kube_status_read(status, call->code, call->reply.data, call->reply.len);
	if (call->retry_after_s)
		status->retry_after_s = call->retry_after_s;
	kube_status_error(status, &ret->err);
	switch (call->code) {
	case 401:
	case 429:
		ret->is_untouched = ret->may_pass = true;
		break;
	case 503:
		ret->is_untouched = status->retry_after_s > 0;
		ret->may_pass = true;
		break;
	case 408:
	case 500:
	case 502:
	case 504:
		ret->may_pass = true;
		break;
	}
}

void kube_outcome_read(const struct kube_call *call, int result,
		       struct kube_outcome *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (result != CURLE_OK || !call->code) {
		read_broken(call, result, ret);
		return;
	}
	ret->code = call->code;
	if (call->code / 100 != 2)
		read_refusal(call, ret);
}

void kube_outcome_judge(const struct kube_call *call,
			const struct kube_outcome *outcome)
{
	struct kube_client *client = call->client;
	char text[sizeof(outcome->err.text)];

	if (outcome->is_connection_dead)
		client->pool++;
	if (!outcome->code && !outcome->may_pass)
		return;
	if (!outcome->code) {
		/* one lost connection means little: servers close them */
		kube_client_trouble(client,
				    outcome->is_untouched ||
					    outcome->err.code == ERROR_TIMEOUT,
				    0, outcome->err.text);
		return;
	}
	if (!outcome->may_pass) {
		kube_client_good(client);
		return;
	}
	/* a probe of something that is down says nothing about the server */
	if (call->is_single && outcome->code != 401)
		return;
	snprintf(text, sizeof(text), "API server %.200s: HTTP %d: %.280s",
		 client->config->server, outcome->code, outcome->err.text);
	kube_client_trouble(client, outcome->code == 401, outcome->code, text);
}
