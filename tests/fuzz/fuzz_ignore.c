/* SPDX-License-Identifier: MIT */
/* A path on the first line, an ignore file behind it.  Whatever the file says,
 * a last line that spells the path out decides, one way and the other. */
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/storage/ignore.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PATH_BYTES 400 /* escaped, it must fit into a line */

static bool is_plain(const char *path)
{
	size_t len = strlen(path);

	return len && len <= PATH_BYTES && path[0] != '/' &&
	       path[len - 1] != '/' && !strstr(path, "//") &&
	       !strchr(path, '\r');
}

static void add_literal(struct strbuf *out, const char *path)
{
	strbuf_adds(out, "/");
	for (; *path; path++) {
		if (*path != '/')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *path);
	}
	strbuf_addch(out, '\n');
}

static bool matches(const struct strbuf *text, const char *path, bool is_dir)
{
	struct ignore *ignore = ignore_parse(text->data, text->len);
	bool is_out = ignore_matches(ignore, path, is_dir);

	ignore_free(ignore);
	return is_out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size);
	size_t path_len = newline ? (size_t)(newline - data) : size;
	char *path = xstrndup((const char *)data, path_len);
	struct strbuf text = STRBUF_INIT;
	struct ignore *ignore;

	if (newline)
		strbuf_add(&text, newline + 1, size - path_len - 1);
	/* as it lies, so that a read beyond the end is seen */
	ignore = ignore_parse((const char *)data + size - text.len, text.len);
	ignore_matches(ignore, path, false);
	ignore_matches(ignore, path, true);
	ignore_free(ignore);
	if (is_plain(path)) {
		strbuf_addch(&text, '\n');
		add_literal(&text, path);
		assert(matches(&text, path, false));
		assert(matches(&text, path, true));
		strbuf_addch(&text, '!');
		add_literal(&text, path);
		assert(!matches(&text, path, false));
		assert(!matches(&text, path, true));
	}
	strbuf_release(&text);
	free(path);
	return 0;
}
