/* SPDX-License-Identifier: MIT */
/*
 * AWS Signature Version 4 in request headers, as S3 wants it: the path is
 * encoded once, the body's SHA-256 is a header of its own, and a session token
 * is signed with the rest (AWS, "Signature Version 4 signing process"; the
 * differences between servers stand in kubernetes.md 8.4).
 *
 * libcurl has a signer, too; the versions that distributions carry sign
 * neither bodies from a callback nor sorted queries.
 *
 * Pure.  Thread: any.
 */
#ifndef ENGINE_STORAGE_SIGV4_H
#define ENGINE_STORAGE_SIGV4_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIGV4_UNSIGNED "UNSIGNED-PAYLOAD"
#define SIGV4_DIGEST_SIZE 65 /* hexadecimal SHA-256 and the NUL */
/* ... of nothing */
#define SIGV4_EMPTY                                                            \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct sigv4_key {
	const char *id, *secret;
	const char *token; /* of temporary credentials, or NULL */
	const char *region, *service;
};

struct sigv4_pair {
	const char *name, *value;
};

struct sigv4_request {
	const char *method;
	const char *path; /* as on the wire: sigv4_add_path */
	const char *host; /* as in the header: with a port that is not usual */
	/* not encoded, in any order; the wire has sigv4_add_query's */
	const struct sigv4_pair *query;
	size_t query_count;
	/* further headers to be signed, names in lower case: all that begin
	 * with x-amz-; not those that signing adds */
	const struct sigv4_pair *headers;
	size_t header_count;
	const char *payload; /* digest of the body, or SIGV4_UNSIGNED */
	int64_t at_ns;	     /* wall time */
};

/* Append text with all but A-Z a-z 0-9 - _ . ~ percent-encoded; in paths '/'
 * stays as well. */
void sigv4_add_encoded(struct strbuf *out, const char *text);
void sigv4_add_path(struct strbuf *out, const char *text);
/* Append name=value&... as the server will sort it; nothing for no pairs. */
void sigv4_add_query(struct strbuf *out, const struct sigv4_pair *query,
		     size_t count);

/* Append the headers that make the request a signed one: lines
 * "name: value\n" with x-amz-content-sha256, x-amz-date, x-amz-security-token
 * and Authorization.  Host and request->headers are for the caller to send.
 * The text holds a token: wipe it. */
void sigv4_sign(const struct sigv4_request *request,
		const struct sigv4_key *key, struct strbuf *out);

/* What is signed, for tests: the canonical request. */
void sigv4_add_canonical(struct strbuf *out,
			 const struct sigv4_request *request,
			 const struct sigv4_key *key);

/* Digest of a block. */
void sigv4_digest(const void *data, size_t len, char ret[SIGV4_DIGEST_SIZE]);

#endif
