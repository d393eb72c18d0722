/* SPDX-License-Identifier: MIT */
/*
 * Putting an object: whole or not at all.
 *
 * One request does that by itself.  Parts do not show before the upload is
 * completed; one that fails is given up, so that nobody pays for what nobody
 * sees.
 */
#include "engine/storage/s3_private.h"

#include "base/mem.h"
#include "engine/storage/s3_answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTS_MAX 9000 /* of 10,000 */
#define MIB (1 << 20)
#define PART_TRIES 3
#define PART_PAUSE_MS 500
#define ETAG_SIZE 128

struct upload {
	struct s3 *s3;
	const char *key;
	const char *digest; /* of all of it */
	char *id;
	char (*tags)[ETAG_SIZE];
	int count;
};

static bool begin(struct upload *upload, struct error *err)
{
	struct s3 *s3 = upload->s3;
	const struct sigv4_pair query[] = {{"uploads", ""}};
	const struct sigv4_pair headers[] = {
		{S3_DIGEST_HEADER, upload->digest}};
	const struct http_source nothing = {.data = ""};
	const struct s3_call call = {
		.method = "POST",
		.key = upload->key,
		.query = query,
		.query_count = 1,
		.headers = headers,
		.header_count = 1,
		.source = &nothing,
		.right = "s3:PutObject",
	};

	if (!s3_send(s3, &call, err))
		return false;
	upload->id =
		s3_upload_id(s3->answer.body.data, s3->answer.body.len, err);
	return upload->id != NULL;
}

static bool send_part(struct upload *upload, const struct http_source *part,
		      struct error *err)
{
	struct s3 *s3 = upload->s3;
	char number[16];
	const struct sigv4_pair query[] = {{"partNumber", number},
					   {"uploadId", upload->id}};
	const struct s3_call call = {
		.method = "PUT",
		.key = upload->key,
		.query = query,
		.query_count = 2,
		.source = part,
		.right = "s3:PutObject",
	};

	snprintf(number, sizeof(number), "%d", upload->count + 1);
	if (!s3_send(s3, &call, err))
		return false;
	if (!http_header(&s3->answer, "etag", upload->tags[upload->count],
			 ETAG_SIZE))
		return error_set(err, ERROR_CORRUPT,
				 "%s: it took a part without an ETag",
				 s3->host);
	upload->count++;
	return true;
}

/* Tens of MiB need not be sent again for one that was lost. */
static bool send_part_again(struct upload *upload,
			    const struct http_source *part, struct error *err)
{
	int64_t pause_ms = PART_PAUSE_MS;

	for (int tries = 1;; tries++, pause_ms *= 2) {
		if (send_part(upload, part, err))
			return true;
		if (tries == PART_TRIES || (err->code != ERROR_UNAVAILABLE &&
					    err->code != ERROR_TIMEOUT))
			return false;
		if (!http_pause(upload->s3->http, pause_ms, err))
			return false;
	}
}

static bool complete(struct upload *upload, struct error *err)
{
	struct s3 *s3 = upload->s3;
	const struct sigv4_pair query[] = {{"uploadId", upload->id}};
	struct strbuf body = STRBUF_INIT;
	struct http_source source = {0};
	const struct s3_call call = {
		.method = "POST",
		.key = upload->key,
		.query = query,
		.query_count = 1,
		.source = &source,
		.right = "s3:PutObject",
	};
	bool ok;

	strbuf_adds(&body, "<CompleteMultipartUpload>");
	for (int i = 0; i < upload->count; i++) {
		strbuf_addf(&body, "<Part><PartNumber>%d</PartNumber><ETag>",
			    i + 1);
		s3_add_xml(&body, upload->tags[i]);
		strbuf_adds(&body, "</ETag></Part>");
	}
	strbuf_adds(&body, "</CompleteMultipartUpload>");
	source.data = body.data;
	source.size = (int64_t)body.len;
	ok = s3_send(s3, &call, err) && !s3_is_late_refusal(s3, &call, err);
	strbuf_release(&body);
	return ok;
}

/* What has arrived of it goes; err keeps why. */
static void give_up(struct upload *upload)
{
	const struct sigv4_pair query[] = {{"uploadId", upload->id}};
	struct error ignored;

	s3_send(upload->s3,
		&(struct s3_call){
			.method = "DELETE",
			.key = upload->key,
			.query = query,
			.query_count = 1,
			.is_cleanup = true,
		},
		&ignored);
}

static int64_t part_size(const struct s3 *s3, int64_t size)
{
	int64_t least = size / PARTS_MAX + 1;

	if (least <= s3->part_bytes)
		return s3->part_bytes;
	return (least + MIB - 1) / MIB * MIB;
}

static bool put_parts(struct upload *upload, const struct http_source *source,
		      struct error *err)
{
	int64_t part = part_size(upload->s3, source->size);

	for (int64_t at = 0; at < source->size; at += part) {
		struct http_source piece = *source;

		if (piece.data)
			piece.data = (const char *)piece.data + at;
		else
			piece.offset += at;
		piece.size =
			source->size - at < part ? source->size - at : part;
		if (!send_part_again(upload, &piece, err))
			return false;
	}
	return complete(upload, err);
}

static bool put_in_parts(struct s3 *s3, const char *key, const char *digest,
			 const struct http_source *source, struct error *err)
{
	struct upload upload = {.s3 = s3, .key = key, .digest = digest};
	int64_t part = part_size(s3, source->size);
	bool ok;

	if (!begin(&upload, err))
		return false;
	upload.tags = xcalloc((size_t)((source->size + part - 1) / part),
			      sizeof(*upload.tags));
	ok = put_parts(&upload, source, err);
	if (!ok)
		give_up(&upload);
	free(upload.tags);
	free(upload.id);
	return ok;
}

bool s3_put_object(struct s3 *s3, const char *key,
		   const struct http_source *source, struct error *err)
{
	char digest[SIGV4_DIGEST_SIZE];
	const struct sigv4_pair headers[] = {{S3_DIGEST_HEADER, digest}};

	if (!s3_digest(s3, source, digest, err))
		return false;
	if (source->size > 2 * s3->part_bytes)
		return put_in_parts(s3, key, digest, source, err);
	return s3_send(s3,
		       &(struct s3_call){
			       .method = "PUT",
			       .key = key,
			       .headers = headers,
			       .header_count = 1,
			       .source = source,
			       .digest = digest,
			       .right = "s3:PutObject",
		       },
		       err);
}
