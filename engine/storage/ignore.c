/* SPDX-License-Identifier: MIT */
/*
 * gitignore(5)'s patterns.
 *
 * A pattern is cut at its slashes into segments, each matched against one name
 * of a path.  `*` inside a segment and `**` between segments are the same
 * problem on two levels: the leftmost place where what follows fits is as good
 * as any other, so remembering the last star is enough, and a pattern of many
 * stars costs no more than its length times the path's.
 */
#include "engine/storage/ignore.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Longer lines are passed over: no path needs them, and brackets without end
 * would make them slow. */
#define LINE_MAX_BYTES 1024

struct span {
	const char *text;
	size_t len;
};

struct pattern {
	struct span *segments;
	size_t count;
	bool is_negated;
	bool is_dir_only;
	bool is_anchored; /* against the whole path, not its last name */
	char *text;
};

struct ignore {
	struct pattern *patterns;
	size_t count, capacity;
};

/* ---- one segment against one name -----------------------------------------
 */

/* -1 when there is no class of that name. */
static int is_in_class(struct span name, unsigned char c)
{
	static const struct {
		const char *name;
		int (*test)(int);
	} classes[] = {
		{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank},
		{"cntrl", iscntrl}, {"digit", isdigit}, {"graph", isgraph},
		{"lower", islower}, {"print", isprint}, {"punct", ispunct},
		{"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit},
	};

	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		if (strlen(classes[i].name) == name.len &&
		    !memcmp(classes[i].name, name.text, name.len))
			return c < 0x80 && classes[i].test(c);
	}
	return -1;
}

/* Behind the "[:name:]" that starts at `at`; 0 when none does. */
static size_t class_end(struct span pattern, size_t at)
{
	const char *close;

	if (at + 4 > pattern.len || memcmp(pattern.text + at, "[:", 2))
		return 0;
	close = memchr(pattern.text + at + 2, ']', pattern.len - at - 2);
	if (!close || close < pattern.text + at + 3 || close[-1] != ':')
		return 0;
	return (size_t)(close - pattern.text) + 1;
}

/* Behind the bracket expression that starts at `at`, 0 when it is none.
 * *ret says whether c is one of what it lists. */
static size_t match_bracket(struct span pattern, size_t at, unsigned char c,
			    bool *ret)
{
	const unsigned char *text = (const unsigned char *)pattern.text;
	size_t len = pattern.len, first, end;
	bool is_negated, found = false;

	at++;
	is_negated = at < len && (text[at] == '!' || text[at] == '^');
	if (is_negated)
		at++;
	for (first = at; at < len && (text[at] != ']' || at == first); at++) {
		unsigned char low;

		end = class_end(pattern, at);
		if (end) {
			struct span name = {pattern.text + at + 2,
					    end - at - 4};
			int listed = is_in_class(name, c);

			if (listed < 0)
				return 0;
			found = found || listed;
			at = end - 1;
			continue;
		}
		if (text[at] == '\\' && ++at == len)
			return 0;
		low = text[at];
		found = found || low == c;
		if (at + 2 >= len || text[at + 1] != '-' || text[at + 2] == ']')
			continue;
		at += 2;
		if (text[at] == '\\' && ++at == len)
			return 0;
		found = found || (low <= c && c <= text[at]);
	}
	if (at >= len)
		return 0;
	*ret = found != is_negated;
	return at + 1;
}

/* Behind the one thing at `at` that stands for one byte; 0 when c is not
 * what it stands for. */
static size_t match_byte(struct span pattern, size_t at, char c)
{
	bool is_listed;
	size_t end;

	switch (pattern.text[at]) {
	case '?':
		return at + 1;
	case '[':
		end = match_bracket(pattern, at, (unsigned char)c, &is_listed);
		return end && is_listed ? end : 0;
	case '\\':
		at++;
		if (at == pattern.len)
			return 0;
		/* fall through */
	default:
		return pattern.text[at] == c ? at + 1 : 0;
	}
}

static bool match_segment(struct span pattern, struct span name)
{
	size_t p = 0, n = 0, star = 0, star_n = 0, next;
	bool has_star = false;

	while (n < name.len) {
		if (p < pattern.len && pattern.text[p] == '*') {
			has_star = true;
			star = ++p;
			star_n = n;
			continue;
		}
		next = p < pattern.len ? match_byte(pattern, p, name.text[n])
				       : 0;
		if (next) {
			p = next;
			n++;
		} else if (has_star) {
			p = star;
			n = ++star_n;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.text[p] == '*')
		p++;
	return p == pattern.len;
}

/* ---- all segments against a path ------------------------------------------
 */

static bool is_any_depth(struct span segment)
{
	return segment.len >= 2 && strspn(segment.text, "*") >= segment.len;
}

/* Cut the first name off path. */
static struct span take_name(const char **path)
{
	struct span name = {*path, strcspn(*path, "/")};

	*path += name.len;
	if (**path)
		(*path)++;
	return name;
}

static bool match_path(const struct pattern *pattern, const char *path)
{
	const char *star_path = NULL;
	size_t p = 0, star = 0;

	while (*path) {
		const char *rest = path;
		struct span name = take_name(&rest);

		if (p < pattern->count && is_any_depth(pattern->segments[p])) {
			star = ++p;
			star_path = path;
			if (p < pattern->count)
				continue;
			return true; /* everything inside, so one name at least
				      */
		}
		if (p < pattern->count &&
		    match_segment(pattern->segments[p], name)) {
			p++;
			path = rest;
		} else if (star_path) {
			p = star;
			take_name(&star_path);
			path = star_path;
		} else {
			return false;
		}
	}
	return p == pattern->count;
}

bool ignore_matches(const struct ignore *ignore, const char *path, bool is_dir)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct span whole = {name, strlen(name)};

	for (size_t i = ignore->count; i--;) {
		const struct pattern *pattern = &ignore->patterns[i];

		if (pattern->is_dir_only && !is_dir)
			continue;
		if (pattern->is_anchored
			    ? match_path(pattern, path)
			    : match_segment(pattern->segments[0], whole))
			return !pattern->is_negated;
	}
	return false;
}

/* ---- reading ----------------------------------------------------------------
 */

/* Blanks at the end do not count, unless a backslash is before them. */
static size_t trimmed(const char *line, size_t len)
{
	size_t kept = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\') {
			if (i + 1 == len)
				return len;
			i++;
		} else if (line[i] == ' ') {
			continue;
		}
		kept = i + 1;
	}
	return kept;
}

/* Where the segment that starts at `at` ends: at a slash, escaped or not, but
 * for one inside brackets, which can only be part of a list. */
static size_t segment_end(struct span text, size_t at)
{
	bool ignored;
	size_t end;

	while (at < text.len && text.text[at] != '/') {
		end = text.text[at] == '['
			      ? match_bracket(text, at, '/', &ignored)
			      : 0;
		if (end) {
			at = end;
		} else if (text.text[at] == '\\' && at + 1 < text.len) {
			if (text.text[at + 1] == '/')
				break;
			at += 2;
		} else {
			at++;
		}
	}
	return at;
}

static void cut_segments(struct pattern *pattern, size_t len)
{
	struct span text = {pattern->text, len};
	size_t capacity = 0, at = 0;

	for (;;) {
		size_t end = segment_end(text, at);

		ARRAY_RESERVE(pattern->segments, pattern->count, capacity);
		pattern->segments[pattern->count].text = text.text + at;
		pattern->segments[pattern->count++].len = end - at;
		if (end >= len)
			break;
		at = end + (text.text[end] == '\\' ? 2 : 1);
	}
}

static void add_line(struct ignore *ignore, const char *line, size_t len)
{
	struct pattern pattern = {0};

	if (len && line[len - 1] == '\r')
		len--;
	if (!len || len > LINE_MAX_BYTES || line[0] == '#')
		return;
	len = trimmed(line, len);
	if (len && line[0] == '!') {
		pattern.is_negated = true;
		line++;
		len--;
	}
	if (len && line[len - 1] == '/') {
		pattern.is_dir_only = true;
		len--;
	}
	if (!len)
		return;
	pattern.is_anchored = memchr(line, '/', len);
	if (line[0] == '/') {
		line++;
		len--;
	}
	pattern.text = xstrndup(line, len);
	cut_segments(&pattern, len);
	ARRAY_RESERVE(ignore->patterns, ignore->count, ignore->capacity);
	ignore->patterns[ignore->count++] = pattern;
}

struct ignore *ignore_parse(const char *text, size_t len)
{
	struct ignore *ignore = xcalloc(1, sizeof(*ignore));
	size_t at = 0;

	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		at = 3;
	while (at < len) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t line_len =
			newline ? (size_t)(newline - text) - at : len - at;

		/* as git, which reads lines as C strings */
		add_line(ignore, text + at, strnlen(text + at, line_len));
		at += line_len + 1;
	}
	return ignore;
}

void ignore_free(struct ignore *ignore)
{
	if (!ignore)
		return;
	for (size_t i = 0; i < ignore->count; i++) {
		free(ignore->patterns[i].segments);
		free(ignore->patterns[i].text);
	}
	free(ignore->patterns);
	free(ignore);
}
