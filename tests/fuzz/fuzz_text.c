/* SPDX-License-Identifier: MIT */
/* Any bytes through base/utf8: what comes out must be safe to draw, and the
 * measures must agree with each other. */
#include "base/strbuf.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_safe(const struct strbuf *out, bool ascii)
{
	for (size_t i = 0; i < out->len;) {
		uint32_t point;

		i += utf8_decode(out->data + i, out->len - i, &point);
		assert(point != UTF8_INVALID);
		assert(point >= 0x20 && (point < 0x7f || point > 0x9f));
		assert(!ascii || point < 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct strbuf out = STRBUF_INIT;
	int cols;

	for (int ascii = 0; ascii < 2; ascii++) {
		strbuf_clear(&out);
		utf8_sanitize(&out, text, size, ascii);
		check_safe(&out, ascii);
	}
	for (int limit = 0; limit < 5; limit++) {
		size_t len = utf8_prefix(text, size, limit, &cols);

		assert(len <= size && cols <= limit);
		assert(utf8_width(text, len) == cols);
	}
	strbuf_release(&out);
	return 0;
}
