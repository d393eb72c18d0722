/* SPDX-License-Identifier: MIT */
/* Listing a bucket, and removing what is listed. */
#include "engine/storage/s3_private.h"

#include "base/mem.h"
#include "engine/kube/secret.h"
#include "engine/storage/s3_answer.h"
#include "engine/storage/xml.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000 /* DeleteObjects' most */

/* --- listing ----------------------------------------------------------------
 */

static bool get_page(struct s3 *s3, const char *prefix, bool is_deep,
		     const char *token, struct s3_page *page, struct error *err)
{
	struct sigv4_pair query[6] = {
		{"list-type", "2"},
		{"prefix", prefix},
		{"encoding-type", "url"},
	};
	size_t count = 3;

	if (!is_deep)
		query[count++] = (struct sigv4_pair){"delimiter", "/"};
	if (token)
		query[count++] =
			(struct sigv4_pair){"continuation-token", token};
	return s3_send(s3,
		       &(struct s3_call){
			       .method = "GET",
			       .query = query,
			       .query_count = count,
			       .right = "s3:ListBucket",
		       },
		       err) &&
	       s3_page_read(s3->answer.body.data, s3->answer.body.len, page,
			    err);
}

static bool tell_page(const struct s3_page *page, const char *prefix,
		      s3_item_fn *fn, void *arg, struct error *err)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < page->count; i++) {
		const struct s3_item *item = &page->items[i];

		if (strncmp(item->key, prefix, len) != 0)
			return error_set(err, ERROR_CORRUPT,
					 "the server lists objects that were "
					 "not asked for");
		if (!fn(item->key, item->size, item->modified_ns,
			item->is_prefix, arg, err))
			return false;
	}
	return true;
}

bool s3_list_objects(struct s3 *s3, const char *prefix, bool is_deep,
		     s3_item_fn *fn, void *arg, struct error *err)
{
	struct s3_page page;
	char *token = NULL;
	bool ok = true;

	do {
		ok = get_page(s3, prefix, is_deep, token, &page, err);
		if (!ok)
			break;
		ok = tell_page(&page, prefix, fn, arg, err);
		/* or it would never end */
		if (ok && page.next && token && !strcmp(page.next, token))
			ok = error_set(err, ERROR_CORRUPT,
				       "%s: its list goes round in circles",
				       s3->host);
		free(token);
		token = page.next;
		page.next = NULL;
		s3_page_release(&page);
	} while (ok && token);
	free(token);
	return ok;
}

/* --- removing ---------------------------------------------------------------
 */

struct batch {
	struct s3 *s3;
	char *keys[BATCH];
	size_t count;
	bool is_single; /* the server does not do many at once */
};

static bool remove_one(struct s3 *s3, const char *key, struct error *err)
{
	return s3_send(s3,
		       &(struct s3_call){
			       .method = "DELETE",
			       .key = key,
			       .right = "s3:DeleteObject",
		       },
		       err) ||
	       s3->answer.code == 404;
}

/* Old servers want this of the body. */
static void add_md5(struct strbuf *lines, const struct strbuf *body)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	/* a library in FIPS mode has none */
	if (!EVP_Digest(body->data, body->len, digest, &len, EVP_md5(), NULL))
		return;
	strbuf_adds(lines, "Content-MD5: ");
	secret_add_base64(lines, (const char *)digest, len);
	strbuf_addch(lines, '\n');
}

/* With Quiet only what failed is in the answer. */
static bool read_result(struct s3 *s3, struct error *err)
{
	const struct http_answer *answer = &s3->answer;
	const struct xml_node *error;
	struct xml *xml;
	char *code = NULL, *key = NULL;
	bool is_denied;

	if (!answer->body.len)
		return true;
	xml = xml_read(answer->body.data, answer->body.len, "DeleteResult",
		       err);
	if (!xml)
		return false;
	error = xml_child(xml_root(xml), "Error");
	if (error) {
		code = xml_child_text(error, "Code");
		key = xml_child_text(error, "Key");
		is_denied = code && !strcmp(code, "AccessDenied");
		error_set(err, is_denied ? ERROR_DENIED : ERROR_UNAVAILABLE,
			  "%s: %.200s stays: %s (%.64s)", s3->host,
			  key ? key : "an object",
			  is_denied ? "the right s3:DeleteObject is missing"
				    : "it could not be removed",
			  code ? code : "no reason given");
	}
	free(code);
	free(key);
	xml_free(xml);
	return !error;
}

static bool send_batch(struct batch *batch, struct error *err)
{
	const struct sigv4_pair query[] = {{"delete", ""}};
	struct strbuf body = STRBUF_INIT, lines = STRBUF_INIT;
	struct http_source source = {0};
	bool ok;

	s3_add_delete(&body, (const char *const *)batch->keys, batch->count);
	add_md5(&lines, &body);
	source.data = body.data;
	source.size = (int64_t)body.len;
	ok = s3_send(batch->s3,
		     &(struct s3_call){
			     .method = "POST",
			     .query = query,
			     .query_count = 1,
			     .lines = lines.data,
			     .source = &source,
			     .right = "s3:DeleteObject",
		     },
		     err);
	/* not everybody who speaks S3 knows it */
	if (!ok &&
	    (batch->s3->answer.code == 400 || batch->s3->answer.code == 405 ||
	     batch->s3->answer.code == 501))
		batch->is_single = true;
	ok = ok && read_result(batch->s3, err);
	strbuf_release(&lines);
	strbuf_release(&body);
	return ok;
}

static bool flush(struct batch *batch, struct error *err)
{
	bool ok = true;

	if (!batch->is_single && batch->count > 1)
		ok = send_batch(batch, err);
	if (batch->is_single || batch->count == 1) {
		ok = true;
		for (size_t i = 0; ok && i < batch->count; i++)
			ok = remove_one(batch->s3, batch->keys[i], err);
	}
	for (size_t i = 0; i < batch->count; i++)
		free(batch->keys[i]);
	batch->count = 0;
	return ok;
}

static bool on_object(const char *key, int64_t size, int64_t modified_ns,
		      bool is_prefix, void *arg, struct error *err)
{
	struct batch *batch = arg;

	(void)size, (void)modified_ns, (void)is_prefix;
	if (!s3_can_delete_many(key))
		return remove_one(batch->s3, key, err);
	batch->keys[batch->count++] = xstrdup(key);
	return batch->count < BATCH || flush(batch, err);
}

bool s3_remove_objects(struct s3 *s3, const char *key, struct error *err)
{
	struct batch *batch = xcalloc(1, sizeof(*batch));
	char *prefix = xasprintf("%s/", key);
	bool ok;

	batch->s3 = s3;
	/* on_object sends requests of its own while a page is told: the page
	 * holds its own memory */
	ok = s3_list_objects(s3, prefix, true, on_object, batch, err) &&
	     flush(batch, err) && remove_one(s3, key, err);
	for (size_t i = 0; i < batch->count; i++)
		free(batch->keys[i]);
	free(batch);
	free(prefix);
	return ok;
}
