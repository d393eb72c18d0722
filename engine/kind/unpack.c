/* SPDX-License-Identifier: MIT */
/*
 * Status that an operator has packed because it was too large: base64 of gzip
 * of JSON (FrameworkController: kubernetes.md 5.4; Argo: 6.4).
 *
 * A few kilobytes may stand for gigabytes, and text for a tree forty times its
 * size, so both are bounded before they are made.
 */
#include "engine/kind/kind.h"

#include "base/strbuf.h"
#include "engine/kube/secret.h"

#include <string.h>
#include <zlib.h>

/* An object of the API server has at most 1.5 MiB. */
#define PACKED_MAX (2 << 20)
/* Ten thousand tasks of 1 KiB, and some air. */
#define UNPACKED_MAX (16 << 20)
/* JSON values, of which ten thousand tasks have forty each. */
#define VALUES_MAX 1000000
#define CHUNK 65536
#define ANY_HEADER (15 + 32) /* gzip or zlib, by its first bytes */

static bool inflate_all(z_stream *stream, struct strbuf *out)
{
	int status = Z_OK;

	while (status == Z_OK && out->len <= UNPACKED_MAX) {
		strbuf_reserve(out, CHUNK);
		stream->next_out = (Bytef *)out->data + out->len;
		stream->avail_out = CHUNK;
		status = inflate(stream, Z_NO_FLUSH);
		out->len += CHUNK - stream->avail_out;
	}
	out->data[out->len] = '\0';
	return status == Z_STREAM_END && out->len <= UNPACKED_MAX;
}

static bool inflate_text(struct strbuf *packed, struct strbuf *out)
{
	z_stream stream = {0};
	bool ok;

	if (inflateInit2(&stream, ANY_HEADER) != Z_OK)
		return false;
	stream.next_in = (Bytef *)packed->data;
	stream.avail_in = (uInt)packed->len;
	ok = inflate_all(&stream, out);
	inflateEnd(&stream);
	return ok;
}

/* Every value but the first of a list or mapping has a comma before it. */
static bool has_few_values(const struct strbuf *text)
{
	size_t values = 0;

	for (size_t i = 0; i < text->len; i++) {
		char c = text->data[i];

		values += c == ',' || c == '[' || c == '{';
	}
	return values <= VALUES_MAX;
}

cJSON *kind_unpack(const char *base64)
{
	struct strbuf packed = STRBUF_INIT, text = STRBUF_INIT;
	size_t len = strnlen(base64, PACKED_MAX + 1);
	cJSON *tree = NULL;

	if (len && len <= PACKED_MAX &&
	    secret_decode_base64(base64, len, &packed) &&
	    inflate_text(&packed, &text) && has_few_values(&text))
		tree = cJSON_ParseWithLength(text.data, text.len);
	strbuf_release(&packed);
	strbuf_release(&text);
	return tree;
}
