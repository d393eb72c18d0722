/* SPDX-License-Identifier: MIT */
/* What the files of http.h share: http.c does, http_error.c says what came of
 * it, http_answer.c reads heads. */
#ifndef ENGINE_STORAGE_HTTP_PRIVATE_H
#define ENGINE_STORAGE_HTTP_PRIVATE_H

#include "engine/storage/http.h"

#include <curl/curl.h>

enum http_stop {
	HTTP_STOP_NOT,
	HTTP_STOP_CANCELLED,
	HTTP_STOP_SILENT,
};

struct http_session {
	struct http_options options; /* texts are ours */
	int64_t silence_ms;
	CURL *easy;
	char curl_error[CURL_ERROR_SIZE];
	/* the request under way */
	const struct http_request *request;
	struct http_answer *answer;
	struct error failure; /* of our own files and bounds */
	enum http_stop stop;
	int64_t sent;	  /* of the source */
	int64_t counted;  /* told to the watch */
	int64_t heard_ns; /* monotonic: the last byte, either way */
	int64_t down, up;
};

/* Why curl gave up.  Returns false. */
bool http_describe(struct http_session *session, int result, struct error *err);

#endif
