/* SPDX-License-Identifier: MIT */
/* Editing one line of text. */
#include "tui/line.h"

#include "base/utf8.h"
#include "tui/keys.h"

void line_set(struct line *line, const char *text)
{
	strbuf_clear(&line->text);
	strbuf_adds(&line->text, text);
	line->at = line->text.len;
}

void line_release(struct line *line)
{
	strbuf_release(&line->text);
}

static size_t left_of(const struct line *line)
{
	size_t at = line->at;

	while (at > 0 && (line->text.data[--at] & 0xC0) == 0x80)
		;
	return at;
}

static size_t right_of(const struct line *line)
{
	uint32_t point;

	if (line->at >= line->text.len)
		return line->at;
	return line->at + utf8_decode(line->text.data + line->at,
				      line->text.len - line->at, &point);
}

static size_t word_left_of(const struct line *line)
{
	size_t at = line->at;

	while (at > 0 && line->text.data[at - 1] == ' ')
		at--;
	while (at > 0 && line->text.data[at - 1] != ' ')
		at--;
	return at;
}

/* Take bytes [from, to) out and stand there. */
static bool cut(struct line *line, size_t from, size_t to)
{
	struct strbuf rest = STRBUF_INIT;

	if (from == to)
		return false;
	strbuf_adds(&rest, line->text.data + to);
	strbuf_truncate(&line->text, from);
	strbuf_add(&line->text, rest.data, rest.len);
	strbuf_release(&rest);
	line->at = from;
	return true;
}

static bool insert(struct line *line, int key, size_t max)
{
	struct strbuf point = STRBUF_INIT, rest = STRBUF_INIT;
	bool fits;

	utf8_encode(&point, (uint32_t)key);
	fits = line->text.len + point.len <= max;
	if (fits) {
		strbuf_adds(&rest, line->text.data + line->at);
		strbuf_truncate(&line->text, line->at);
		strbuf_add(&line->text, point.data, point.len);
		strbuf_add(&line->text, rest.data, rest.len);
		line->at += point.len;
	}
	strbuf_release(&point);
	strbuf_release(&rest);
	return fits;
}

bool line_on_key(struct line *line, int key, size_t max, bool *ret_is_changed)
{
	bool changed = false;

	switch (key) {
	case TK_BACKSPACE:
		changed = cut(line, left_of(line), line->at);
		break;
	case TK_DELETE:
	case TK_CTRL('d'):
		changed = cut(line, line->at, right_of(line));
		break;
	case TK_CTRL('w'):
		changed = cut(line, word_left_of(line), line->at);
		break;
	case TK_CTRL('u'):
		changed = cut(line, 0, line->at);
		break;
	case TK_CTRL('k'):
		changed = cut(line, line->at, line->text.len);
		break;
	case TK_LEFT:
	case TK_CTRL('b'):
		line->at = left_of(line);
		break;
	case TK_RIGHT:
	case TK_CTRL('f'):
		line->at = right_of(line);
		break;
	case TK_HOME:
	case TK_CTRL('a'):
		line->at = 0;
		break;
	case TK_END:
		line->at = line->text.len;
		break;
	default:
		if (key < 32 || key >= TK_BASE ||
		    utf8_point_width((uint32_t)key) < 0)
			return false;
		changed = insert(line, key, max);
	}
	*ret_is_changed = changed;
	return true;
}
