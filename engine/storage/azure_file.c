/* SPDX-License-Identifier: MIT */
/*
 * Files of Azure Files.
 *
 * A file is created with its whole size and then filled, range by range; so
 * that nobody takes half of one for the whole, that happens under another name
 * beside it, and the last request is a rename that replaces what was there.
 */
#include "engine/storage/azure_private.h"

#include "base/mem.h"
#include "engine/kube/secret.h"
#include "engine/storage/part_name.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 3
#define PAUSE_MS 500
#define CUTS_MAX 5 /* without a byte between them */
#define COPY_LOOK_MS 500
#define RIGHT_WRITE "to write files (c, w)"

/* A name in the same folder.  Caller frees. */
static char *beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *name = storage_part_name();
	char *other =
		slash ? xasprintf("%.*s/%s", (int)(slash - path), path, name)
		      : xstrdup(name);

	free(name);
	return other;
}

static bool delete_file(struct azure *azure, const char *path, bool is_cleanup,
			struct error *err)
{
	return azure_send(azure,
			  &(struct azure_call){
				  .method = "DELETE",
				  .path = path,
				  .is_cleanup = is_cleanup,
				  .right = "to remove files (d)",
			  },
			  err);
}

/* --- putting ----------------------------------------------------------------
 */

static bool create_file(struct azure *azure, const char *path, int64_t size,
			struct error *err)
{
	static const struct http_source nothing = {.data = ""};
	char length[24];
	const struct sharedkey_pair headers[] = {
		{"x-ms-type", "file"}, {"x-ms-content-length", length}};

	snprintf(length, sizeof(length), "%lld", (long long)size);
	return azure_send(azure,
			  &(struct azure_call){
				  .method = "PUT",
				  .path = path,
				  .headers = headers,
				  .header_count = 2,
				  .source = &nothing,
				  .right = RIGHT_WRITE,
			  },
			  err);
}

/* With its parents, remembered ones and those that have gone meanwhile. */
static bool create_whole(struct azure *azure, const char *path, int64_t size,
			 struct error *err)
{
	if (!azure_make_parents(azure, path, err))
		return false;
	if (create_file(azure, path, size, err))
		return true;
	if (!azure_was(azure, "ParentNotFound") || !strchr(path, '/'))
		return false;
	azure_forget_folders(azure);
	if (!azure_make_parents(azure, path, err))
		return false;
	if (create_file(azure, path, size, err))
		return true;
	/* something of that name is there, and not as a folder */
	if (azure_was(azure, "ParentNotFound"))
		error_set(err, ERROR_CONFLICT,
			  "%s: a file stands where one of its folders should "
			  "be",
			  azure->host);
	return false;
}

static bool put_range(struct azure *azure, const char *path, int64_t at,
		      const struct http_source *piece, struct error *err)
{
	static const struct sharedkey_pair query[] = {{"comp", "range"}};
	char range[64];
	const struct sharedkey_pair headers[] = {{"x-ms-write", "update"},
						 {"x-ms-range", range}};
	int64_t pause_ms = PAUSE_MS;

	snprintf(range, sizeof(range), "bytes=%lld-%lld", (long long)at,
		 (long long)(at + piece->size - 1));
	for (int tries = 1;; tries++, pause_ms *= 2) {
		if (azure_send(azure,
			       &(struct azure_call){
				       .method = "PUT",
				       .path = path,
				       .query = query,
				       .query_count = 1,
				       .headers = headers,
				       .header_count = 2,
				       .source = piece,
				       .right = RIGHT_WRITE,
			       },
			       err))
			return true;
		if (tries == TRIES || (err->code != ERROR_UNAVAILABLE &&
				       err->code != ERROR_TIMEOUT))
			return false;
		if (!http_pause(azure->http, pause_ms, err))
			return false;
	}
}

static bool put_ranges(struct azure *azure, const char *path,
		       const struct http_source *source, struct error *err)
{
	for (int64_t at = 0; at < source->size; at += AZURE_RANGE_BYTES) {
		struct http_source piece = *source;

		if (piece.data)
			piece.data = (const char *)piece.data + at;
		else
			piece.offset += at;
		piece.size = source->size - at;
		if (piece.size > AZURE_RANGE_BYTES)
			piece.size = AZURE_RANGE_BYTES;
		if (!put_range(azure, path, at, &piece, err))
			return false;
	}
	return true;
}

static bool rename_file(struct azure *azure, const char *from, const char *to,
			struct error *err)
{
	static const struct sharedkey_pair query[] = {{"comp", "rename"}};
	static const struct http_source nothing = {.data = ""};
	struct strbuf source = STRBUF_INIT;
	struct sharedkey_pair headers[] = {
		{"x-ms-file-rename-source", NULL},
		{"x-ms-file-rename-replace-if-exists", "true"},
	};
	bool ok;

	azure_add_url(azure, from, &source);
	headers[0].value = source.data;
	ok = azure_send(azure,
			&(struct azure_call){
				.method = "PUT",
				.path = to,
				.query = query,
				.query_count = 1,
				.headers = headers,
				.header_count = 2,
				.source = &nothing,
				.right = RIGHT_WRITE,
			},
			err);
	secret_release(&source);
	return ok;
}

bool azure_put_file(struct azure *azure, const char *path,
		    const struct http_source *source, struct error *err)
{
	struct error ignored;
	char *part;
	bool ok;

	if (!azure_check_path(path, err))
		return false;
	part = beside(path);
	ok = create_whole(azure, part, source->size, err) &&
	     put_ranges(azure, part, source, err) &&
	     rename_file(azure, part, path, err);
	/* whatever failed: it may be there without our knowing */
	if (!ok && err->code != ERROR_DENIED)
		delete_file(azure, part, true, &ignored);
	free(part);
	return ok;
}

/* --- getting ----------------------------------------------------------------
 */

static bool get_rest(struct azure *azure, const char *path,
		     struct http_sink *sink, struct error *err)
{
	char range[64];
	const struct sharedkey_pair headers[] = {{"x-ms-range", range}};
	bool ok;

	snprintf(range, sizeof(range), "bytes=%lld-", (long long)sink->offset);
	sink->code = sink->offset ? 206 : 200;
	ok = azure_send(azure,
			&(struct azure_call){
				.method = "GET",
				.path = path,
				.headers = headers,
				.header_count = sink->offset ? 1 : 0,
				.sink = sink,
				.right = "to read files (r)",
			},
			err);
	if (ok && azure->answer.code != sink->code)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: it does not send parts of files",
				 azure->host);
	return ok;
}

/* How long and which version a file is. */
static bool look_at(struct azure *azure, const char *path, int64_t *ret_size,
		    char *tag, size_t tag_size, struct error *err)
{
	if (!azure_send(azure,
			&(struct azure_call){
				.method = "HEAD",
				.path = path,
				.right = "to read files (r)",
			},
			err))
		return false;
	*ret_size = http_length(&azure->answer);
	http_header(&azure->answer, "etag", tag, tag_size);
	return true;
}

bool azure_digest_file(struct azure *azure, const char *path,
		       struct storage_digest *ret, struct error *err)
{
	char text[32], tag[8];
	unsigned char digest[24];
	int64_t size;

	if (!azure_check_path(path, err) ||
	    !look_at(azure, path, &size, tag, sizeof(tag), err))
		return false;
	/* 16 bytes in base64: 24 characters, two of them padding */
	if (!http_header(&azure->answer, "content-md5", text, sizeof(text)) ||
	    strlen(text) != 24 ||
	    EVP_DecodeBlock(digest, (const unsigned char *)text, 24) != 18)
		return true;
	ret->kind = STORAGE_MD5;
	for (size_t i = 0; i < 16; i++)
		snprintf(ret->hex + 2 * i, 3, "%02x", digest[i]);
	return true;
}

/* After a cut: is it still the same file?  *ret_is_over: and all of it here? */
static bool may_go_on(struct azure *azure, const char *path, const char *tag,
		      const struct http_sink *sink, bool *ret_is_over,
		      struct error *err)
{
	char now[128];
	int64_t size;

	if (!look_at(azure, path, &size, now, sizeof(now), err))
		return false;
	if (*tag && strcmp(now, tag) != 0)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: it was changed while it was read",
				 azure->host);
	*ret_is_over = size == sink->offset;
	return true;
}

bool azure_get_file(struct azure *azure, const char *path, int fd,
		    int64_t offset, struct error *err)
{
	struct http_sink sink = {.fd = fd, .offset = offset};
	char tag[128] = "";
	bool is_over = false;
	int cuts = 0;

	if (!azure_check_path(path, err))
		return false;
	for (;;) {
		int64_t before = sink.written;
		bool is_cut, is_end;

		if (get_rest(azure, path, &sink, err))
			return true;
		if (!*tag)
			http_header(&azure->answer, "etag", tag, sizeof(tag));
		/* a range that begins at the end is refused */
		is_end = azure->answer.code == 416;
		is_cut = sink.written && (err->code == ERROR_UNAVAILABLE ||
					  err->code == ERROR_TIMEOUT);
		cuts = sink.written > before ? 1 : cuts + 1;
		if (cuts > CUTS_MAX || !(is_cut || is_end) ||
		    (is_cut && !http_pause(azure->http, PAUSE_MS, err)) ||
		    !may_go_on(azure, path, tag, &sink, &is_over, err))
			return false;
		if (is_over)
			return true;
	}
}

/* --- copying ----------------------------------------------------------------
 */

static bool await_copy(struct azure *azure, const char *path, struct error *err)
{
	char status[32], tag[8];
	int64_t size;

	for (;;) {
		http_header(&azure->answer, "x-ms-copy-status", status,
			    sizeof(status));
		if (!strcmp(status, "success"))
			return true;
		if (strcmp(status, "pending") != 0)
			return error_set(err, ERROR_UNAVAILABLE,
					 "%s: the copy was given up (%.31s)",
					 azure->host, status);
		if (!http_pause(azure->http, COPY_LOOK_MS, err) ||
		    !look_at(azure, path, &size, tag, sizeof(tag), err))
			return false;
	}
}

static bool start_copy(struct azure *azure, const char *from, const char *to,
		       struct error *err)
{
	static const struct http_source nothing = {.data = ""};
	struct strbuf source = STRBUF_INIT;
	struct sharedkey_pair headers[] = {{"x-ms-copy-source", NULL}};
	bool ok;

	azure_add_url(azure, from, &source);
	headers[0].value = source.data;
	ok = azure_send(azure,
			&(struct azure_call){
				.method = "PUT",
				.path = to,
				.headers = headers,
				.header_count = 1,
				.source = &nothing,
				.right = RIGHT_WRITE,
			},
			err);
	secret_release(&source);
	return ok;
}

bool azure_copy_file(struct azure *azure, const char *from, const char *to,
		     struct error *err)
{
	struct error ignored;
	char *part;
	bool ok;

	if (!azure_check_path(from, err) || !azure_check_path(to, err))
		return false;
	part = beside(to);
	ok = azure_make_parents(azure, part, err) &&
	     start_copy(azure, from, part, err) &&
	     await_copy(azure, part, err) && rename_file(azure, part, to, err);
	if (!ok)
		delete_file(azure, part, true, &ignored);
	free(part);
	return ok;
}
