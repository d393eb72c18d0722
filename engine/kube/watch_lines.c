/* SPDX-License-Identifier: MIT */
/* Lines out of a stream. */
#include "engine/kube/watch_lines.h"

#include <string.h>

#define KEEP_BYTES (256u << 10)

void watch_lines_init(struct watch_lines *lines, size_t max)
{
	strbuf_init(&lines->held);
	lines->max = max;
	lines->is_skipping = false;
}

void watch_lines_release(struct watch_lines *lines)
{
	strbuf_release(&lines->held);
}

void watch_lines_forget(struct watch_lines *lines)
{
	strbuf_clear(&lines->held);
	lines->is_skipping = false;
}

static void hold(struct watch_lines *lines, const char *data, size_t len)
{
	if (lines->is_skipping)
		return;
	if (lines->held.len + len > lines->max) {
		strbuf_release(&lines->held);
		lines->is_skipping = true;
		return;
	}
	strbuf_add(&lines->held, data, len);
}

/* data ends a line; most lines come whole and are not copied. */
static bool tell(struct watch_lines *lines, const char *data, size_t len,
		 watch_line_fn *fn, void *arg)
{
	bool more;

	if (lines->held.len || lines->is_skipping) {
		hold(lines, data, len);
		data = lines->held.data;
		len = lines->held.len;
	}
	if (lines->is_skipping || len > lines->max)
		more = fn(arg, NULL, 0);
	else
		more = fn(arg, data, len);
	lines->is_skipping = false;
	if (lines->held.capacity > KEEP_BYTES)
		strbuf_release(&lines->held);
	strbuf_clear(&lines->held);
	return more;
}

bool watch_lines_feed(struct watch_lines *lines, const char *data, size_t len,
		      watch_line_fn *fn, void *arg)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n;

		if (!end) {
			hold(lines, data, len);
			return true;
		}
		n = (size_t)(end - data);
		if (!tell(lines, data, n, fn, arg))
			return false;
		data += n + 1;
		len -= n + 1;
	}
	return true;
}
