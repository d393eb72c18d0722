/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the answer of a storage server.  The first byte chooses HTTP's
 * code; up to an empty line the rest is the head, then comes the body.
 * Whatever comes, lists hold texts that end, and a refusal is an error that
 * callers know, in words that are safe to show.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/storage/azure_answer.h"
#include "engine/storage/fault.h"
#include "engine/storage/s3_answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	size_t len = strlen(text);
	uint32_t point;

	for (size_t at = 0; at < len;) {
		assert((unsigned char)text[at] >= ' ' && text[at] != 0x7f);
		at += utf8_decode(text + at, len - at, &point);
	}
}

static void read_lists(const char *body, size_t len)
{
	struct s3_page page;
	struct azure_page entries = {0};
	struct error err = {0};
	char *id;

	if (s3_page_read(body, len, &page, &err)) {
		for (size_t i = 0; i < page.count; i++)
			assert(page.items[i].key && page.items[i].size >= 0);
		s3_page_release(&page);
	} else {
		assert(err.code == ERROR_CORRUPT);
	}
	if (azure_page_read(body, len, &entries, &err))
		for (size_t i = 0; i < entries.count; i++)
			assert(*entries.items[i].name &&
			       !strchr(entries.items[i].name, '/'));
	azure_page_release(&entries);
	id = s3_upload_id(body, len, &err);
	assert(!id || *id);
	free(id);
}

static void read_refusal(struct http_answer *answer)
{
	const struct storage_subject subject = {
		.server = "s", .account = "a", .place = "p", .right = "r"};
	struct storage_fault fault;
	struct error err = {0};

	storage_fault_read(answer, &fault);
	assert(*fault.message);
	assert(fault.retry_after_s >= 0 && fault.retry_after_s <= 3600);
	check_text(fault.code);
	check_text(fault.message);
	check_text(fault.region);
	assert(!storage_fault_error(&fault, &subject, &err));
	assert(err.code != ERROR_NONE && *err.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int codes[] = {400, 401, 403, 404, 409, 412, 416, 429,
				    500, 503, 507, 301, 307, 200, 599, 100};
	struct http_answer answer;
	const uint8_t *blank;
	size_t head;
	char *body;

	if (!size)
		return 0;
	http_answer_init(&answer);
	answer.code = codes[data[0] % COUNT_OF(codes)];
	data++;
	size--;
	blank = memmem(data, size, "\n\n", 2);
	head = blank ? (size_t)(blank - data) + 1 : 0;
	strbuf_add(&answer.headers, data, head);
	/* of the exact size, so that reading beyond is noticed */
	body = xmalloc(size - head + 1);
	memcpy(body, data + head, size - head);
	body = xrealloc(body, size > head ? size - head : 1);
	read_lists(body, size - head);
	strbuf_add(&answer.body, body, size - head);
	free(body);
	read_refusal(&answer);
	http_answer_release(&answer);
	return 0;
}
