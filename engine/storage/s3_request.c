/* SPDX-License-Identifier: MIT */
/* One signed request. */
#include "engine/storage/s3_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/kube/secret.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES 262144

char *s3_key(const struct s3 *s3, const char *path, struct error *err)
{
	char *key = xasprintf("%s%s", s3->prefix, path);
	size_t len = strlen(key);
	uint32_t point;

	if (len > S3_KEY_MAX) {
		error_set(err, ERROR_INVALID,
			  "%s: a key of S3 has at most %d bytes", path,
			  S3_KEY_MAX);
		free(key);
		return NULL;
	}
	for (size_t at = 0; at < len;) {
		at += utf8_decode(key + at, len - at, &point);
		if (point == UTF8_INVALID) {
			error_set(err, ERROR_INVALID,
				  "%s: a key of S3 must be UTF-8", path);
			free(key);
			return NULL;
		}
	}
	return key;
}

/* --- digests ----------------------------------------------------------------
 */

/* Of a part of a file; the server refuses what is not the same by then. */
static bool digest_file(struct s3 *s3, const struct http_source *source,
			char ret[SIGV4_DIGEST_SIZE], struct error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char *block = xmalloc(BLOCK_BYTES);
	unsigned char digest[EVP_MAX_MD_SIZE];
	int64_t at = 0;
	bool ok = true;

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	while (ok && at < source->size) {
		int64_t left = source->size - at;
		ssize_t n =
			pread(source->fd, block,
			      left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES,
			      source->offset + at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = error_set_errno(err, "read it");
		else if (!n)
			ok = error_set(err, ERROR_UNAVAILABLE,
				       "it became shorter while it was read");
		else if (http_is_cancelled(s3->http))
			ok = error_set(err, ERROR_CANCELED, "cancelled");
		else
			EVP_DigestUpdate(context, block, (size_t)n);
		at += n;
	}
	EVP_DigestFinal_ex(context, digest, NULL);
	for (size_t i = 0; ok && i < SIGV4_DIGEST_SIZE / 2; i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
	EVP_MD_CTX_free(context);
	free(block);
	return ok;
}

bool s3_digest(struct s3 *s3, const struct http_source *source,
	       char ret[SIGV4_DIGEST_SIZE], struct error *err)
{
	if (!source->data)
		return digest_file(s3, source, ret, err);
	sigv4_digest(source->data, (size_t)source->size, ret);
	return true;
}

/* What the signature says of the body.  TLS keeps large ones whole; without it
 * the digest does. */
static bool find_digest(struct s3 *s3, const struct s3_call *call,
			char ret[SIGV4_DIGEST_SIZE], struct error *err)
{
	const struct http_source *source = call->source;

	if (call->digest || !source || !source->size)
		snprintf(ret, SIGV4_DIGEST_SIZE, "%s",
			 call->digest ? call->digest : SIGV4_EMPTY);
	else if (source->data)
		sigv4_digest(source->data, (size_t)source->size, ret);
	else if (s3->is_https)
		snprintf(ret, SIGV4_DIGEST_SIZE, "%s", SIGV4_UNSIGNED);
	else
		return digest_file(s3, source, ret, err);
	return true;
}

/* --- sending ----------------------------------------------------------------
 */

static void build_path(const struct s3 *s3, const struct s3_call *call,
		       struct strbuf *out)
{
	strbuf_adds(out, s3->root);
	if (call->key || !*s3->root)
		strbuf_addch(out, '/');
	if (call->key)
		sigv4_add_path(out, call->key);
}

static void build_url(const struct s3 *s3, const struct s3_call *call,
		      const char *path, struct strbuf *out)
{
	strbuf_addf(out, "%s%s", s3->base_url, path);
	if (call->query_count)
		strbuf_addch(out, '?');
	sigv4_add_query(out, call->query, call->query_count);
}

static void build_headers(const struct s3 *s3, const struct s3_call *call,
			  const char *path, const char *digest,
			  struct strbuf *out)
{
	const struct sigv4_key key = {
		.id = s3->credentials.id,
		.secret = s3->credentials.secret,
		.token = s3->credentials.token,
		.region = s3->region,
		.service = "s3",
	};
	const struct sigv4_request request = {
		.method = call->method,
		.path = path,
		.host = s3->host,
		.query = call->query,
		.query_count = call->query_count,
		.headers = call->headers,
		.header_count = call->header_count,
		.payload = digest,
		.at_ns = clock_wall_ns(),
	};

	/* room for all, so that no part of a token is left behind */
	strbuf_reserve(out, 8192 + (key.token ? strlen(key.token) : 0));
	strbuf_addf(out, "Host: %s\n", s3->host);
	for (size_t i = 0; i < call->header_count; i++)
		strbuf_addf(out, "%s: %s\n", call->headers[i].name,
			    call->headers[i].value);
	if (call->lines)
		strbuf_adds(out, call->lines);
	sigv4_sign(&request, &key, out);
}

static bool refuse(struct s3 *s3, const struct s3_call *call, struct error *err)
{
	const struct storage_subject subject = {
		.server = s3->host,
		.account = s3->credentials.origin,
		.place = s3->place,
		.right = call->right ? call->right : "to do that",
		.secret = s3->credentials.secret,
	};
	struct storage_fault fault;

	storage_fault_read(&s3->answer, &fault);
	return storage_fault_error(&fault, &subject, err);
}

bool s3_send(struct s3 *s3, const struct s3_call *call, struct error *err)
{
	struct strbuf path = STRBUF_INIT, url = STRBUF_INIT;
	struct strbuf headers = STRBUF_INIT;
	char digest[SIGV4_DIGEST_SIZE];
	bool ok;

	s3->answer.code = 0;
	if (!find_digest(s3, call, digest, err))
		return false;
	build_path(s3, call, &path);
	build_url(s3, call, path.data, &url);
	build_headers(s3, call, path.data, digest, &headers);
	ok = http_perform(s3->http,
			  &(struct http_request){
				  .method = call->method,
				  .url = url.data,
				  .headers = headers.data,
				  .source = call->source,
				  .sink = call->sink,
				  .is_cleanup = call->is_cleanup,
			  },
			  &s3->answer, err);
	if (!ok)
		s3->answer.code = 0;
	else if (s3->answer.code / 100 != 2)
		ok = refuse(s3, call, err);
	secret_release(&headers);
	strbuf_release(&url);
	strbuf_release(&path);
	return ok;
}

bool s3_is_late_refusal(struct s3 *s3, const struct s3_call *call,
			struct error *err)
{
	struct storage_fault fault;

	storage_fault_read(&s3->answer, &fault);
	if (!*fault.code)
		return false;
	/* by its word, not by the 200 in front of it */
	s3->answer.code = 500;
	refuse(s3, call, err);
	return true;
}
