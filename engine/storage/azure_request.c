/* SPDX-License-Identifier: MIT */
/* One authorised request to Azure Files. */
#include "engine/storage/azure_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/secret.h"
#include "engine/storage/sigv4.h"

#include <stdlib.h>
#include <string.h>

static void add_path(const struct azure *azure, const char *path,
		     struct strbuf *out)
{
	strbuf_adds(out, azure->root);
	if (path && *path) {
		strbuf_addch(out, '/');
		sigv4_add_path(out, path);
	}
}

void azure_add_url(const struct azure *azure, const char *path,
		   struct strbuf *out)
{
	/* room for all, so that no part of a token is left behind */
	strbuf_reserve(out, 16384);
	strbuf_adds(out, azure->base_url);
	add_path(azure, path, out);
	if (azure->credential.token)
		strbuf_addf(out, "?%s", azure->credential.token);
}

static void build_url(const struct azure *azure, const struct azure_call *call,
		      struct strbuf *out)
{
	azure_add_url(azure, call->path, out);
	for (size_t i = 0; i < call->query_count; i++) {
		bool is_first = !i && !azure->credential.token;

		strbuf_addch(out, is_first ? '?' : '&');
		sigv4_add_encoded(out, call->query[i].name);
		strbuf_addch(out, '=');
		sigv4_add_encoded(out, call->query[i].value);
	}
}

#define OWN_HEADERS 2

static bool build_headers(const struct azure *azure,
			  const struct azure_call *call, struct strbuf *out,
			  struct error *err)
{
	struct strbuf date = STRBUF_INIT, path = STRBUF_INIT;
	size_t count = call->header_count;
	struct sharedkey_pair *headers =
		xcalloc(count + OWN_HEADERS, sizeof(*headers));
	struct sharedkey_request request = {
		.method = call->method,
		.content_length = call->source ? call->source->size : 0,
		.query = call->query,
		.query_count = call->query_count,
		.headers = headers,
	};
	bool ok = true;

	sharedkey_add_date(&date, clock_wall_ns());
	if (count)
		memcpy(headers, call->headers, count * sizeof(*headers));
	headers[count++] = (struct sharedkey_pair){"x-ms-date", date.data};
	headers[count++] =
		(struct sharedkey_pair){"x-ms-version", AZURE_VERSION};
	request.header_count = count;
	add_path(azure, call->path, &path);
	request.path = path.data;
	strbuf_reserve(out, 16384);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s: %s\n", headers[i].name, headers[i].value);
	if (azure->credential.key) {
		strbuf_adds(out, "Authorization: ");
		ok = sharedkey_sign(&request, azure->account,
				    azure->credential.key, out, err);
		strbuf_addch(out, '\n');
	}
	free(headers);
	strbuf_release(&path);
	strbuf_release(&date);
	return ok;
}

static bool refuse(struct azure *azure, const struct azure_call *call,
		   struct error *err)
{
	const struct azure_credential *credential = &azure->credential;
	const struct storage_subject subject = {
		.server = azure->host,
		.account = azure->owner,
		.place = azure->place,
		.right = call->right ? call->right : "to do that",
		.secret = credential->key ? credential->key : credential->token,
	};
	struct storage_fault fault;

	storage_fault_read(&azure->answer, &fault);
	return storage_fault_error(&fault, &subject, err);
}

bool azure_send(struct azure *azure, const struct azure_call *call,
		struct error *err)
{
	struct strbuf url = STRBUF_INIT, headers = STRBUF_INIT;
	bool ok;

	azure->answer.code = 0;
	build_url(azure, call, &url);
	ok = build_headers(azure, call, &headers, err) &&
	     http_perform(azure->http,
			  &(struct http_request){
				  .method = call->method,
				  .url = url.data,
				  .headers = headers.data,
				  .source = call->source,
				  .sink = call->sink,
				  .is_cleanup = call->is_cleanup,
			  },
			  &azure->answer, err);
	if (!ok)
		azure->answer.code = 0;
	else if (azure->answer.code / 100 != 2)
		ok = refuse(azure, call, err);
	secret_release(&headers);
	secret_release(&url);
	return ok;
}

bool azure_was(const struct azure *azure, const char *code)
{
	return storage_fault_is(&azure->answer, code);
}
