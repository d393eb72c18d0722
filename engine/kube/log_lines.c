/* SPDX-License-Identifier: MIT */
/* Lines of a container's log out of a stream. */
#include "engine/kube/log_lines.h"

#include "base/clock.h"

#include <string.h>

#define FRAGMENT_BYTES 4096   /* fragments are multiples of this */
#define FRAGMENT_DELAY_S 3600 /* the next one may be that much later */
#define KEEP_BYTES (128u << 10)

void log_lines_init(struct log_lines *lines)
{
	*lines = (struct log_lines){.raw = STRBUF_INIT, .text = STRBUF_INIT};
}

void log_lines_release(struct log_lines *lines)
{
	strbuf_release(&lines->raw);
	strbuf_release(&lines->text);
}

void log_lines_forget(struct log_lines *lines)
{
	if (lines->raw.capacity > KEEP_BYTES)
		strbuf_release(&lines->raw);
	if (lines->text.capacity > KEEP_BYTES)
		strbuf_release(&lines->text);
	strbuf_clear(&lines->raw);
	lines->is_begun = false;
}

/* "2026-11-24T23:53:38.603258037Z " at the beginning of text.  Returns its
 * bytes, the blank included, or 0. */
static size_t read_timestamp(const char *text, size_t len,
			     char timestamp[LOG_TIMESTAMP_MAX], int64_t *ret_ns)
{
	size_t max = len < LOG_TIMESTAMP_MAX ? len : LOG_TIMESTAMP_MAX;
	const char *blank = memchr(text, ' ', max);
	size_t n;

	if (!blank || text == blank)
		return 0;
	n = (size_t)(blank - text);
	if (n >= LOG_TIMESTAMP_MAX || memchr(text, '\0', n))
		return 0;
	memcpy(timestamp, text, n);
	timestamp[n] = '\0';
	return clock_parse_iso(timestamp, ret_ns) ? n + 1 : 0;
}

static size_t begin(struct log_lines *lines, const char *raw, size_t len)
{
	size_t n = read_timestamp(raw, len, lines->timestamp, &lines->at_ns);

	if (!n) {
		*lines->timestamp = '\0';
		lines->at_ns = 0;
	}
	lines->fragment_ns = lines->at_ns;
	lines->fragment_bytes = 0;
	lines->is_begun = true;
	return n;
}

/* Where a fragment may begin: the bytes of a timestamp in the middle of the
 * line, to be left out, or 0. */
static size_t read_seam(struct log_lines *lines, const char *raw, size_t len)
{
	char timestamp[LOG_TIMESTAMP_MAX];
	size_t n;
	int64_t at_ns;

	if (!lines->at_ns || !lines->fragment_bytes)
		return 0;
	n = read_timestamp(raw, len, timestamp, &at_ns);
	/* a kubelet's have all nine digits of the fraction */
	if (!n || timestamp[19] != '.' ||
	    strspn(timestamp + 20, "0123456789") != 9)
		return 0;
	if (at_ns < lines->fragment_ns ||
	    at_ns - lines->fragment_ns > FRAGMENT_DELAY_S * NS_PER_S)
		return 0;
	lines->fragment_ns = at_ns;
	lines->fragment_bytes = 0;
	return n;
}

/* Content of raw to text.  Returns the bytes used; those that may be the
 * beginning of a timestamp are left unless the line ends with them. */
static size_t take_content(struct log_lines *lines, const char *raw, size_t len,
			   bool is_whole)
{
	size_t used = 0;

	while (used < len) {
		size_t in_fragment = lines->fragment_bytes % FRAGMENT_BYTES;
		size_t n = FRAGMENT_BYTES - in_fragment;

		if (!in_fragment) {
			if (!is_whole && len - used < LOG_TIMESTAMP_MAX)
				break;
			used += read_seam(lines, raw + used, len - used);
		}
		if (n > len - used)
			n = len - used;
		strbuf_add(&lines->text, raw + used, n);
		lines->fragment_bytes += n;
		used += n;
	}
	return used;
}

static bool tell(struct log_lines *lines, bool is_part, log_line_fn *fn,
		 void *arg)
{
	struct log_line line = {
		.text = lines->text.data,
		.len = lines->text.len,
		.timestamp = lines->timestamp,
		.at_ns = lines->at_ns,
		.is_part = is_part,
	};

	return fn(arg, &line);
}

static bool tell_whole(struct log_lines *lines, const char *raw, size_t len,
		       log_line_fn *fn, void *arg)
{
	size_t head = lines->is_begun ? 0 : begin(lines, raw, len);

	strbuf_clear(&lines->text);
	take_content(lines, raw + head, len - head, true);
	lines->is_begun = false;
	return tell(lines, false, fn, arg);
}

static bool tell_part(struct log_lines *lines, log_line_fn *fn, void *arg)
{
	const struct strbuf *raw = &lines->raw;
	size_t used = lines->is_begun ? 0 : begin(lines, raw->data, raw->len);

	strbuf_clear(&lines->text);
	used += take_content(lines, raw->data + used, raw->len - used, false);
	strbuf_consume(&lines->raw, used);
	return tell(lines, true, fn, arg);
}

bool log_lines_feed(struct log_lines *lines, const char *data, size_t len,
		    log_line_fn *fn, void *arg)
{
	while (len) {
		const char *end = memchr(data, '\n', len);
		size_t n = end ? (size_t)(end - data) : len;
		bool more = true;

		if (end && !lines->raw.len) {
			more = tell_whole(lines, data, n, fn, arg);
		} else {
			strbuf_add(&lines->raw, data, n);
			if (end) {
				more = tell_whole(lines, lines->raw.data,
						  lines->raw.len, fn, arg);
				strbuf_clear(&lines->raw);
			} else if (lines->raw.len >= LOG_PART_BYTES) {
				more = tell_part(lines, fn, arg);
			}
		}
		if (!more)
			return false;
		n += end != NULL;
		data += n;
		len -= n;
	}
	return true;
}

bool log_lines_end(struct log_lines *lines, log_line_fn *fn, void *arg)
{
	bool more = true;

	if (lines->raw.len || lines->is_begun)
		more = tell_whole(lines, lines->raw.data, lines->raw.len, fn,
				  arg);
	log_lines_forget(lines);
	return more;
}
