/* SPDX-License-Identifier: MIT */
/* Why a request got no answer, as a sentence that names the server. */
#include "engine/storage/http_private.h"

#include "base/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The system's word is better than curl's. */
static bool fail_connect(struct http_session *session, struct error *err)
{
	long number = 0;
	char text[128];

	curl_easy_getinfo(session->easy, CURLINFO_OS_ERRNO, &number);
	if (number <= 0 || number == EINPROGRESS)
		return error_set(err, ERROR_UNAVAILABLE, "%s: cannot connect",
				 session->options.server);
	snprintf(text, sizeof(text), "%s", strerror((int)number));
	*text = (char)tolower((unsigned char)*text);
	return error_set(err, ERROR_UNAVAILABLE, "%s: cannot connect: %s",
			 session->options.server, text);
}

static bool fail_tls(struct http_session *session, struct error *err)
{
	struct strbuf said = STRBUF_INIT;

	utf8_sanitize(&said, session->curl_error,
		      strnlen(session->curl_error, 160), false);
	error_set(err, ERROR_DENIED,
		  "%s: its certificate is not trusted: %s; name the "
		  "certificate of its authority as caFile",
		  session->options.server, said.data);
	strbuf_release(&said);
	return false;
}

static bool fail_stopped(struct http_session *session, struct error *err)
{
	if (session->stop == HTTP_STOP_CANCELLED)
		return error_set(err, ERROR_CANCELED, "cancelled");
	return error_set(err, ERROR_TIMEOUT, "%s: no byte for %g s",
			 session->options.server, session->silence_ms / 1000.0);
}

bool http_describe(struct http_session *session, int result, struct error *err)
{
	const char *server = session->options.server;

	if (session->failure.code) {
		*err = session->failure;
		return false;
	}
	if (session->stop)
		return fail_stopped(session, err);
	switch (result) {
	case CURLE_COULDNT_CONNECT:
		return fail_connect(session, err);
	case CURLE_COULDNT_RESOLVE_HOST:
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: the host's name cannot be resolved",
				 server);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: the proxy's name cannot be resolved",
				 server);
	case CURLE_OPERATION_TIMEDOUT:
		return error_set(err, ERROR_TIMEOUT, "%s: no answer in time",
				 server);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fail_tls(session, err);
	case CURLE_SSL_CACERT_BADFILE:
		return error_set(
			err, ERROR_INVALID, "%s cannot be read as certificates",
			session->options.ca_file ? session->options.ca_file
						 : "the system's bundle");
	case CURLE_SSL_CONNECT_ERROR:
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: no TLS connection: does the address "
				 "begin with the right one of http and https?",
				 server);
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: the connection was cut", server);
	case CURLE_URL_MALFORMAT:
		return error_set(err, ERROR_INVALID,
				 "%s: that is no address of a server", server);
	default:
		/* not curl_error, which may repeat parts of the URL */
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", server,
				 curl_easy_strerror((CURLcode)result));
	}
}
