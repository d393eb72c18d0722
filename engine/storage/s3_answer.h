/* SPDX-License-Identifier: MIT */
/*
 * S3's answers that are more than a code.  Pure; hostile input.
 */
#ifndef ENGINE_STORAGE_S3_ANSWER_H
#define ENGINE_STORAGE_S3_ANSWER_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct s3_item {
	char *key; /* whole, decoded; of a prefix with its '/' */
	int64_t size, modified_ns;
	bool is_prefix;
};

/* One page of ListObjectsV2, in the server's order: objects, then prefixes. */
struct s3_page {
	struct s3_item *items;
	size_t count, capacity;
	char *next; /* token of the page behind it; NULL: the last one */
};

bool s3_page_read(const char *data, size_t len, struct s3_page *ret,
		  struct error *err);
void s3_page_release(struct s3_page *page);

/* UploadId of InitiateMultipartUploadResult.  Caller frees. */
char *s3_upload_id(const char *data, size_t len, struct error *err);

/* The body of DeleteObjects: may this key be in it?  XML has no way to say
 * some characters. */
bool s3_can_delete_many(const char *key);
void s3_add_delete(struct strbuf *out, const char *const *keys, size_t count);

/* Append text as XML content. */
void s3_add_xml(struct strbuf *out, const char *text);

#endif
