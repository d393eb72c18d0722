/* SPDX-License-Identifier: MIT */
/* S3's answers, and bodies that are XML. */
#include "engine/storage/s3_answer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/storage/percent.h"
#include "engine/storage/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- lists ------------------------------------------------------------------
 */

static bool read_size(const struct xml_node *node, int64_t *ret)
{
	char *text = xml_child_text(node, "Size");
	char *end = text;
	long long size = -1;

	errno = 0;
	if (text)
		size = strtoll(text, &end, 10);
	*ret = size;
	if (!text || errno || end == text || *end)
		*ret = -1;
	free(text);
	return *ret >= 0;
}

static int64_t read_time(const struct xml_node *node)
{
	char *text = xml_child_text(node, "LastModified");
	int64_t at_ns = 0;

	if (!text || !clock_parse_iso(text, &at_ns))
		at_ns = 0;
	free(text);
	return at_ns;
}

/* Takes the key. */
static struct s3_item *add_item(struct s3_page *page, char *key)
{
	ARRAY_RESERVE(page->items, page->count, page->capacity);
	page->items[page->count] = (struct s3_item){.key = key};
	return &page->items[page->count++];
}

static bool read_items(const struct xml_node *root, const char *name,
		       const char *key_name, bool is_encoded,
		       struct s3_page *page)
{
	const struct xml_node *node = xml_child(root, name);
	bool is_prefix = !strcmp(key_name, "Prefix");

	for (; node; node = xml_next(node, name)) {
		char *key = xml_child_text(node, key_name);
		struct s3_item *item;

		if (!key)
			return false;
		item = add_item(page, key);
		item->is_prefix = is_prefix;
		/* with blanks as '+', as forms have them */
		if (is_encoded && !percent_decode(key, true))
			return false;
		if (!is_prefix && !read_size(node, &item->size))
			return false;
		item->modified_ns = is_prefix ? 0 : read_time(node);
	}
	return true;
}

/* The token that goes on, where there is more. */
static bool read_next(const struct xml_node *root, struct s3_page *page)
{
	char *more = xml_child_text(root, "IsTruncated");
	bool is_more = more && !strcmp(more, "true");

	free(more);
	if (!is_more)
		return true;
	page->next = xml_child_text(root, "NextContinuationToken");
	return page->next && *page->next;
}

bool s3_page_read(const char *data, size_t len, struct s3_page *ret,
		  struct error *err)
{
	struct xml *xml = xml_read(data, len, "ListBucketResult", err);
	const struct xml_node *root;
	char *encoding;
	bool is_encoded, ok;

	*ret = (struct s3_page){0};
	if (!xml)
		return false;
	root = xml_root(xml);
	encoding = xml_child_text(root, "EncodingType");
	is_encoded = encoding && !strcmp(encoding, "url");
	free(encoding);
	ok = read_items(root, "Contents", "Key", is_encoded, ret) &&
	     read_items(root, "CommonPrefixes", "Prefix", is_encoded, ret) &&
	     read_next(root, ret);
	xml_free(xml);
	if (ok)
		return true;
	s3_page_release(ret);
	return error_set(err, ERROR_CORRUPT,
			 "the server's list of objects lacks what belongs into "
			 "it");
}

void s3_page_release(struct s3_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		free(page->items[i].key);
	free(page->items);
	free(page->next);
	*page = (struct s3_page){0};
}

char *s3_upload_id(const char *data, size_t len, struct error *err)
{
	struct xml *xml =
		xml_read(data, len, "InitiateMultipartUploadResult", err);
	char *id = xml ? xml_child_text(xml_root(xml), "UploadId") : NULL;

	if (xml && (!id || !*id)) {
		error_set(err, ERROR_CORRUPT,
			  "the server began an upload without saying which");
		free(id);
		id = NULL;
	}
	xml_free(xml);
	return id;
}

/* --- bodies -----------------------------------------------------------------
 */

void s3_add_xml(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			strbuf_adds(out, "&amp;");
		else if (*text == '<')
			strbuf_adds(out, "&lt;");
		else if (*text == '>')
			strbuf_adds(out, "&gt;");
		else if (*text == '"')
			strbuf_adds(out, "&quot;");
		else if (*text == '\r') /* would be read as a line's end */
			strbuf_adds(out, "&#13;");
		else
			strbuf_addch(out, *text);
	}
}

bool s3_can_delete_many(const char *key)
{
	size_t len = strlen(key);
	uint32_t point;

	for (size_t at = 0; at < len;) {
		at += utf8_decode(key + at, len - at, &point);
		if (point == UTF8_INVALID || point == 0xFFFE ||
		    point == 0xFFFF ||
		    (point < 0x20 && point != '\t' && point != '\n'))
			return false;
	}
	return true;
}

void s3_add_delete(struct strbuf *out, const char *const *keys, size_t count)
{
	strbuf_adds(out, "<Delete><Quiet>true</Quiet>");
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, "<Object><Key>");
		s3_add_xml(out, keys[i]);
		strbuf_adds(out, "</Key></Object>");
	}
	strbuf_adds(out, "</Delete>");
}
