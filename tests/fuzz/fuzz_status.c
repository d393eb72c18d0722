/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the body of a refusal.  The first byte chooses HTTP's code.
 * Whatever comes, there is a message, it is safe to show, and the error made
 * of it is one that callers know.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/kube/client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	size_t len = strnlen(text, size);
	uint32_t point;

	assert(len < size);
	for (size_t at = 0; at < len;) {
		assert((unsigned char)text[at] >= ' ' && text[at] != 0x7f);
		at += utf8_decode(text + at, len - at, &point);
		assert(point != UTF8_INVALID);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int codes[] = {400, 401, 403, 404, 408, 409, 410, 422,
				    429, 500, 502, 503, 504, 302, 599, 100};
	struct kube_status status;
	struct error err = {0};
	char *body;
	int code;

	if (!size)
		return 0;
	code = codes[data[0] % COUNT_OF(codes)];
	/* of the exact size, so that reading beyond is noticed */
	body = xmalloc(size);
	memcpy(body, data + 1, size - 1);
	body = xrealloc(body, size > 1 ? size - 1 : 1);
	kube_status_read(&status, code, body, size - 1);
	free(body);
	assert(status.code == code);
	assert(*status.message);
	assert(status.retry_after_s >= 0 && status.retry_after_s <= 3600);
	check_text(status.message, sizeof(status.message));
	check_text(status.reason, sizeof(status.reason));
	check_text(status.cause, sizeof(status.cause));
	check_text(status.field, sizeof(status.field));
	kube_status_error(&status, &err);
	assert(err.code != ERROR_NONE && *err.text);
	return 0;
}
