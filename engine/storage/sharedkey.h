/* SPDX-License-Identifier: MIT */
/*
 * Azure's SharedKey signature for the File service (Microsoft, "Authorize with
 * Shared Key", versions from 2015-02-21 on; kubernetes.md 8.2).
 *
 * Signed is what is on the wire: the path as it is encoded there, the length
 * of the body (nothing when it is 0), all x-ms- headers.
 *
 * Pure.  Thread: any.
 */
#ifndef ENGINE_STORAGE_SHAREDKEY_H
#define ENGINE_STORAGE_SHAREDKEY_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sharedkey_pair {
	const char *name, *value;
};

struct sharedkey_request {
	const char *method;
	const char *path; /* encoded, as on the wire, with its first '/' */
	int64_t content_length;	  /* 0: no body, or an empty one */
	const char *content_type; /* as sent; NULL: none */
	/* not encoded; each name once */
	const struct sharedkey_pair *query;
	size_t query_count;
	/* x-ms-..., names in lower case, x-ms-date among them */
	const struct sharedkey_pair *headers;
	size_t header_count;
};

/* Is this the key of a storage account: base64 of something? */
bool sharedkey_is_key(const char *text);

/* Append the value of the Authorization header.  account is the account's
 * name, key its key in base64.  False: key is none. */
bool sharedkey_sign(const struct sharedkey_request *request,
		    const char *account, const char *key, struct strbuf *out,
		    struct error *err);

/* What is signed, for tests. */
void sharedkey_add_string(struct strbuf *out,
			  const struct sharedkey_request *request,
			  const char *account);

/* Append "Wed, 25 Nov 2026 06:40:00 GMT" (RFC 1123), for x-ms-date. */
void sharedkey_add_date(struct strbuf *out, int64_t at_ns);

#endif
