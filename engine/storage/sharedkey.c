/* SPDX-License-Identifier: MIT */
/* Azure's SharedKey signature. */
#include "engine/storage/sharedkey.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_MAX_BYTES 512 /* in base64; Azure's have 88 */

bool sharedkey_is_key(const char *text)
{
	struct strbuf key = STRBUF_INIT;
	size_t len = text ? strnlen(text, KEY_MAX_BYTES + 1) : 0;
	bool is_key;

	if (!len || len > KEY_MAX_BYTES)
		return false;
	strbuf_reserve(&key, len);
	is_key = !strpbrk(text, " \t\r\n") &&
		 secret_decode_base64(text, len, &key) && key.len;
	secret_release(&key);
	return is_key;
}

void sharedkey_add_date(struct strbuf *out, int64_t at_ns)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(at_ns / NS_PER_S);
	struct tm at;

	/* not strftime's names, which are the locale's */
	gmtime_r(&seconds, &at);
	strbuf_addf(out, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		    days + 3 * at.tm_wday, at.tm_mday, months + 3 * at.tm_mon,
		    at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct sharedkey_pair *)a)->name,
		      ((const struct sharedkey_pair *)b)->name);
}

/* Lines of sorted pairs.  Caller frees. */
static struct sharedkey_pair *sorted(const struct sharedkey_pair *pairs,
				     size_t count)
{
	struct sharedkey_pair *list = xcalloc(count + 1, sizeof(*list));

	if (count)
		memcpy(list, pairs, count * sizeof(*list));
	qsort(list, count, sizeof(*list), by_name);
	return list;
}

void sharedkey_add_string(struct strbuf *out,
			  const struct sharedkey_request *request,
			  const char *account)
{
	struct sharedkey_pair *pairs;

	/* verb, Content-Encoding, Content-Language */
	strbuf_addf(out, "%s\n\n\n", request->method);
	if (request->content_length > 0)
		strbuf_addf(out, "%lld", (long long)request->content_length);
	/* Content-MD5; Content-Type; Date, four conditions, Range */
	strbuf_addf(out, "\n\n%s\n\n\n\n\n\n\n",
		    request->content_type ? request->content_type : "");
	pairs = sorted(request->headers, request->header_count);
	for (size_t i = 0; i < request->header_count; i++)
		strbuf_addf(out, "%s:%s\n", pairs[i].name, pairs[i].value);
	free(pairs);
	strbuf_addf(out, "/%s%s", account, request->path);
	pairs = sorted(request->query, request->query_count);
	for (size_t i = 0; i < request->query_count; i++)
		strbuf_addf(out, "\n%s:%s", pairs[i].name, pairs[i].value);
	free(pairs);
}

bool sharedkey_sign(const struct sharedkey_request *request,
		    const char *account, const char *key, struct strbuf *out,
		    struct error *err)
{
	struct strbuf text = STRBUF_INIT, raw = STRBUF_INIT;
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!sharedkey_is_key(key))
		return error_set(err, ERROR_INVALID,
				 "the key of storage account %.31s is no key: "
				 "it must be base64, as the portal shows it",
				 account);
	strbuf_reserve(&raw, strlen(key));
	secret_decode_base64(key, strlen(key), &raw);
	sharedkey_add_string(&text, request, account);
	HMAC(EVP_sha256(), raw.data, (int)raw.len,
	     (const unsigned char *)text.data, text.len, digest, NULL);
	secret_release(&raw);
	strbuf_addf(out, "SharedKey %s:", account);
	secret_add_base64(out, (const char *)digest, sizeof(digest));
	strbuf_release(&text);
	return true;
}
