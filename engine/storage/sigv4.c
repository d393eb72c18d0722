/* SPDX-License-Identifier: MIT */
/* AWS Signature Version 4. */
#include "engine/storage/sigv4.h"

#include "base/clock.h"
#include "base/mem.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"

/* --- encoding -------------------------------------------------------------
 */

static void add_encoded(struct strbuf *out, const char *text, bool is_path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-_.~";

	for (const char *c = text; *c; c++) {
		if (strchr(plain, *c) || (is_path && *c == '/'))
			strbuf_addch(out, *c);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)*c);
	}
}

void sigv4_add_encoded(struct strbuf *out, const char *text)
{
	add_encoded(out, text, false);
}

void sigv4_add_path(struct strbuf *out, const char *text)
{
	add_encoded(out, text, true);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Encoded pairs in the order of their bytes.  '=' sorts behind '-', '.' and
 * digits, so names are compared first: with a byte in its place that sorts
 * before all that names are made of. */
void sigv4_add_query(struct strbuf *out, const struct sigv4_pair *query,
		     size_t count)
{
	char **texts = xcalloc(count + 1, sizeof(*texts));

	for (size_t i = 0; i < count; i++) {
		struct strbuf text = STRBUF_INIT;

		sigv4_add_encoded(&text, query[i].name);
		strbuf_addch(&text, '\1');
		sigv4_add_encoded(&text, query[i].value);
		texts[i] = strbuf_detach(&text);
	}
	qsort(texts, count, sizeof(*texts), by_bytes);
	for (size_t i = 0; i < count; i++) {
		*strchr(texts[i], '\1') = '=';
		strbuf_addf(out, "%s%s", i ? "&" : "", texts[i]);
		free(texts[i]);
	}
	free(texts);
}

/* --- digests --------------------------------------------------------------
 */

static void add_hex(struct strbuf *out, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		strbuf_addf(out, "%02x", bytes[i]);
}

void sigv4_digest(const void *data, size_t len, char ret[SIGV4_DIGEST_SIZE])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256(data, len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}

static void mac(unsigned char key[SHA256_DIGEST_LENGTH], size_t key_len,
		const char *text)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text,
	     strlen(text), digest, NULL);
	memcpy(key, digest, sizeof(digest));
	explicit_bzero(digest, sizeof(digest));
}

/* --- what is signed -------------------------------------------------------
 */

struct moment {
	char date[9];  /* YYYYMMDD */
	char time[17]; /* YYYYMMDDTHHMMSSZ */
};

static void tell_moment(int64_t at_ns, struct moment *ret)
{
	time_t seconds = (time_t)(at_ns / NS_PER_S);
	struct tm parts;

	gmtime_r(&seconds, &parts);
	strftime(ret->date, sizeof(ret->date), "%Y%m%d", &parts);
	strftime(ret->time, sizeof(ret->time), "%Y%m%dT%H%M%SZ", &parts);
}

/* White space at both ends goes, within it becomes one blank. */
static void add_folded(struct strbuf *out, const char *value)
{
	bool is_pending = false, is_any = false;

	for (; *value; value++) {
		if (*value == ' ' || *value == '\t') {
			is_pending = is_any;
			continue;
		}
		if (is_pending)
			strbuf_addch(out, ' ');
		strbuf_addch(out, *value);
		is_pending = false;
		is_any = true;
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sigv4_pair *)a)->name,
		      ((const struct sigv4_pair *)b)->name);
}

/* All headers that are signed, sorted.  Caller frees; values are borrowed. */
static struct sigv4_pair *gather(const struct sigv4_request *request,
				 const struct sigv4_key *key,
				 const struct moment *moment, size_t *ret_count)
{
	size_t count = request->header_count;
	struct sigv4_pair *headers = xcalloc(count + 4, sizeof(*headers));

	if (count)
		memcpy(headers, request->headers, count * sizeof(*headers));
	headers[count++] = (struct sigv4_pair){"host", request->host};
	headers[count++] =
		(struct sigv4_pair){"x-amz-content-sha256", request->payload};
	headers[count++] = (struct sigv4_pair){"x-amz-date", moment->time};
	if (key->token)
		headers[count++] =
			(struct sigv4_pair){"x-amz-security-token", key->token};
	qsort(headers, count, sizeof(*headers), by_name);
	*ret_count = count;
	return headers;
}

static void add_names(struct strbuf *out, const struct sigv4_pair *headers,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s%s", i ? ";" : "", headers[i].name);
}

static void add_canonical(struct strbuf *out,
			  const struct sigv4_request *request,
			  const struct sigv4_pair *headers, size_t count)
{
	strbuf_addf(out, "%s\n%s\n", request->method, request->path);
	sigv4_add_query(out, request->query, request->query_count);
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < count; i++) {
		strbuf_addf(out, "%s:", headers[i].name);
		add_folded(out, headers[i].value);
		strbuf_addch(out, '\n');
	}
	strbuf_addch(out, '\n');
	add_names(out, headers, count);
	strbuf_addf(out, "\n%s", request->payload);
}

void sigv4_add_canonical(struct strbuf *out,
			 const struct sigv4_request *request,
			 const struct sigv4_key *key)
{
	struct sigv4_pair *headers;
	struct moment moment;
	size_t count;

	tell_moment(request->at_ns, &moment);
	headers = gather(request, key, &moment, &count);
	add_canonical(out, request, headers, count);
	free(headers);
}

/* --- signing --------------------------------------------------------------
 */

static void sign_text(const struct sigv4_key *key, const struct moment *moment,
		      const char *text, struct strbuf *out)
{
	/* "AWS4" and the secret, then each link of the chain in its place */
	size_t len = strlen("AWS4") + strlen(key->secret);
	size_t size = len < SHA256_DIGEST_LENGTH ? SHA256_DIGEST_LENGTH : len;
	unsigned char *link = xcalloc(1, size + 1);

	snprintf((char *)link, size + 1, "AWS4%s", key->secret);
	mac(link, len, moment->date);
	mac(link, SHA256_DIGEST_LENGTH, key->region);
	mac(link, SHA256_DIGEST_LENGTH, key->service);
	mac(link, SHA256_DIGEST_LENGTH, "aws4_request");
	mac(link, SHA256_DIGEST_LENGTH, text);
	add_hex(out, link, SHA256_DIGEST_LENGTH);
	explicit_bzero(link, size);
	free(link);
}

void sigv4_sign(const struct sigv4_request *request,
		const struct sigv4_key *key, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT, scope = STRBUF_INIT;
	char digest[SIGV4_DIGEST_SIZE];
	struct sigv4_pair *headers;
	struct moment moment;
	size_t count;

	tell_moment(request->at_ns, &moment);
	headers = gather(request, key, &moment, &count);
	add_canonical(&text, request, headers, count);
	sigv4_digest(text.data, text.len, digest);
	/* it has the token */
	explicit_bzero(text.data, text.len);
	strbuf_clear(&text);
	strbuf_addf(&scope, "%s/%s/%s/aws4_request", moment.date, key->region,
		    key->service);
	strbuf_addf(&text, ALGORITHM "\n%s\n%s\n%s", moment.time, scope.data,
		    digest);

	strbuf_addf(out, "x-amz-content-sha256: %s\nx-amz-date: %s\n",
		    request->payload, moment.time);
	if (key->token)
		strbuf_addf(out, "x-amz-security-token: %s\n", key->token);
	strbuf_addf(out,
		    "Authorization: " ALGORITHM " Credential=%s/%s, "
		    "SignedHeaders=",
		    key->id, scope.data);
	add_names(out, headers, count);
	strbuf_adds(out, ", Signature=");
	sign_text(key, &moment, text.data, out);
	strbuf_addch(out, '\n');
	free(headers);
	strbuf_release(&scope);
	strbuf_release(&text);
}
