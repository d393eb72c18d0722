/* SPDX-License-Identifier: MIT */
/* Getting an object, and copying one on the server's side. */
#include "engine/storage/s3_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTS_MAX 5 /* without a byte between them */
#define CUT_PAUSE_MS 500
#define COPY_MAX_BYTES (5LL << 30)

/* One request for what is left.  tag: the object's as it was at first, empty
 * before: what is another one by now is not mixed with it. */
static bool get_rest(struct s3 *s3, const char *key, struct http_sink *sink,
		     char *tag, size_t tag_size, struct error *err)
{
	struct strbuf lines = STRBUF_INIT;
	bool ok;

	if (sink->offset)
		strbuf_addf(&lines, "Range: bytes=%lld-\n",
			    (long long)sink->offset);
	if (*tag)
		strbuf_addf(&lines, "If-Match: %s\n", tag);
	sink->code = sink->offset ? 206 : 200;
	ok = s3_send(s3,
		     &(struct s3_call){
			     .method = "GET",
			     .key = key,
			     .lines = lines.data,
			     .sink = sink,
			     .right = "s3:GetObject",
		     },
		     err);
	strbuf_release(&lines);
	if (!*tag)
		http_header(&s3->answer, "etag", tag, tag_size);
	if (ok && s3->answer.code != sink->code)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: it does not send parts of objects",
				 s3->host);
	return ok;
}

/* Everything was there already: a range that begins at the end is refused. */
static bool is_complete(struct s3 *s3, const char *key,
			const struct http_sink *sink)
{
	struct error ignored;

	return s3->answer.code == 416 &&
	       s3_send(s3,
		       &(struct s3_call){
			       .method = "HEAD",
			       .key = key,
			       .right = "s3:GetObject",
		       },
		       &ignored) &&
	       http_length(&s3->answer) == sink->offset;
}

bool s3_get_object(struct s3 *s3, const char *key, int fd, int64_t offset,
		   struct error *err)
{
	struct http_sink sink = {.fd = fd, .offset = offset};
	char tag[128] = "";
	int cuts = 0;

	for (;;) {
		int64_t before = sink.written;

		if (get_rest(s3, key, &sink, tag, sizeof(tag), err) ||
		    is_complete(s3, key, &sink))
			return true;
		if (s3->answer.code == 412)
			return error_set(err, ERROR_UNAVAILABLE,
					 "%s: it was changed while it was read",
					 s3->host);
		cuts = sink.written > before ? 1 : cuts + 1;
		if (!sink.written || cuts > CUTS_MAX ||
		    (err->code != ERROR_UNAVAILABLE &&
		     err->code != ERROR_TIMEOUT))
			return false;
		if (!http_pause(s3->http, CUT_PAUSE_MS, err))
			return false;
	}
}

bool s3_digest_object(struct s3 *s3, const char *key,
		      struct storage_digest *ret, struct error *err)
{
	char text[80];

	if (!s3_send(s3,
		     &(struct s3_call){
			     .method = "HEAD",
			     .key = key,
			     .right = "s3:GetObject",
		     },
		     err))
		return false;
	if (http_header(&s3->answer, S3_DIGEST_HEADER, text, sizeof(text)) &&
	    strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64) {
		ret->kind = STORAGE_SHA256;
		memcpy(ret->hex, text, sizeof(ret->hex));
	}
	return true;
}

bool s3_copy_object(struct s3 *s3, const char *from, const char *to,
		    struct error *err)
{
	struct strbuf source = STRBUF_INIT;
	struct sigv4_pair headers[] = {{"x-amz-copy-source", NULL}};
	const struct http_source nothing = {.data = ""};
	const struct s3_call call = {
		.method = "PUT",
		.key = to,
		.headers = headers,
		.header_count = 1,
		.source = &nothing,
		.right = "s3:GetObject and s3:PutObject",
	};
	bool ok;

	strbuf_addf(&source, "/%s/", s3->bucket);
	sigv4_add_path(&source, from);
	headers[0].value = source.data;
	ok = s3_send(s3, &call, err) && !s3_is_late_refusal(s3, &call, err);
	strbuf_release(&source);
	return ok;
}
