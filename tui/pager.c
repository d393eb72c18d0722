/* SPDX-License-Identifier: MIT */
/* Lines, a place in them, and a search. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "tui/pager.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/action.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLS 14
#define PAN_COLS 16
#define PAN_MAX 4096

void pager_clear(struct pager *pager)
{
	while (pager->count > 0)
		free(pager->lines[--pager->count].text);
}

void pager_release(struct pager *pager)
{
	pager_clear(pager);
	free(pager->lines);
	free(pager->pattern);
	memset(pager, 0, sizeof(*pager));
}

void pager_add(struct pager *pager, enum role role, const char *text)
{
	struct pager_line *line;

	if (pager->count >= PAGER_LINES_MAX)
		return;
	ARRAY_RESERVE(pager->lines, pager->count, pager->capacity);
	line = &pager->lines[pager->count++];
	line->text = xstrdup(text);
	line->role = role;
}

void pager_addf(struct pager *pager, enum role role, const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	pager_add(pager, role, text);
}

/* Label and text of a line, and where the text stands. */
struct parts {
	int label_cols;
	const char *text;
	size_t len;
	int cols; /* for the text */
};

static struct parts split(const struct pager *pager, size_t i)
{
	const char *line = pager->lines[i].text;
	const char *tab = strchr(line, '\t');
	struct parts parts = {.text = tab ? tab + 1 : line,
			      .cols = pager->cols};

	if (tab)
		parts.label_cols =
			LABEL_COLS < pager->cols ? LABEL_COLS : pager->cols;
	parts.cols -= parts.label_cols;
	parts.len = strlen(parts.text);
	return parts;
}

static int line_rows(const struct pager *pager, size_t i)
{
	struct parts parts = split(pager, i);
	int rows = 1;

	if (pager->is_cut || parts.cols < 8)
		return 1;
	while (rows < pager->rows) {
		size_t n = draw_row_bytes(parts.text, parts.len, parts.cols);

		if (n >= parts.len)
			break;
		parts.text += n;
		parts.len -= n;
		rows++;
	}
	return rows;
}

/* The last line that can stand on top with the end still in view. */
static size_t last_top(const struct pager *pager)
{
	size_t top = pager->count;
	int rows = 0;

	while (top > 0) {
		rows += line_rows(pager, top - 1);
		if (rows > pager->rows)
			break;
		top--;
	}
	return top == pager->count && top > 0 ? top - 1 : top;
}

static void clamp(struct pager *pager)
{
	size_t last = last_top(pager);

	if (pager->top > last)
		pager->top = last;
}

bool pager_is_at_bottom(const struct pager *pager)
{
	return pager->top >= last_top(pager);
}

/* Returns the rows taken. */
static int draw_line(const struct pager *pager, size_t i, int y, int end_y,
		     int x)
{
	const struct pager_line *line = &pager->lines[i];
	struct parts parts = split(pager, i);
	bool is_match = i == pager->match && pager->pattern &&
			strcasestr(line->text, pager->pattern) != NULL;
	enum role role = is_match ? ROLE_MATCH : line->role;
	int rows = line_rows(pager, i), row;

	if (parts.label_cols > 0) {
		char label[64];

		snprintf(label, sizeof(label), "%.*s",
			 (int)(parts.text - 1 - line->text), line->text);
		draw_text(y, x, parts.label_cols, ROLE_LABEL, label);
		x += parts.label_cols;
	}
	if (rows == 1) {
		draw_slice(y, x, parts.cols, role, parts.text, parts.len,
			   pager->is_cut ? pager->skip_cols : 0);
		return 1;
	}
	for (row = 0; row < rows && y + row < end_y; row++) {
		size_t n = draw_row_bytes(parts.text, parts.len, parts.cols);

		draw_slice(y + row, x, parts.cols, role, parts.text, n, 0);
		parts.text += n;
		parts.len -= n;
	}
	return rows;
}

void pager_draw(struct pager *pager, struct rect rect)
{
	int y = rect.y;
	size_t i;

	pager->rows = rect.rows;
	pager->cols = rect.cols;
	if (pager->is_at_end)
		pager->top = pager->count;
	clamp(pager);
	for (i = pager->top; i < pager->count && y < rect.y + rect.rows; i++)
		y += draw_line(pager, i, y, rect.y + rect.rows, rect.x);
	pager->end = i;
}

void pager_format_place(const struct pager *pager, char *ret, size_t size)
{
	*ret = '\0';
	if (pager->top > 0 || pager->end < pager->count)
		snprintf(ret, size, "%zu/%zu ", pager->end, pager->count);
}

static void scroll_by(struct pager *pager, long delta)
{
	if (delta < 0 && (size_t)-delta > pager->top)
		pager->top = 0;
	else
		pager->top = (size_t)((long)pager->top + delta);
	clamp(pager);
	pager->is_at_end = false;
}

bool pager_on_action(struct pager *pager, int action)
{
	long page = pager->rows > 1 ? pager->rows - 1 : 1;

	switch (action) {
	case ACTION_DOWN:
		scroll_by(pager, 1);
		return true;
	case ACTION_UP:
		scroll_by(pager, -1);
		return true;
	case ACTION_PAGE_DOWN:
		scroll_by(pager, page);
		return true;
	case ACTION_PAGE_UP:
		scroll_by(pager, -page);
		return true;
	case ACTION_HALF_DOWN:
		scroll_by(pager, (page + 1) / 2);
		return true;
	case ACTION_HALF_UP:
		scroll_by(pager, -(page + 1) / 2);
		return true;
	case ACTION_FIRST:
		scroll_by(pager, -(long)pager->top);
		return true;
	case ACTION_LAST:
		scroll_by(pager, (long)pager->count);
		return true;
	case ACTION_LEFT:
		pager->skip_cols -= pager->skip_cols ? PAN_COLS : 0;
		return true;
	case ACTION_LOG_WRAP:
		pager->is_cut = !pager->is_cut;
		return true;
	case ACTION_RIGHT:
		pager->skip_cols += pager->skip_cols < PAN_MAX ? PAN_COLS : 0;
		return true;
	default:
		return false;
	}
}

bool pager_search(struct pager *pager, const char *pattern, bool is_backward,
		  bool is_repeat)
{
	size_t i, at = is_repeat ? pager->match : pager->top;

	if (pattern != pager->pattern) {
		free(pager->pattern);
		pager->pattern = xstrdup(pattern);
	}
	for (i = is_repeat ? 1 : 0; i < pager->count + is_repeat; i++) {
		size_t line =
			is_backward ? (at + 2 * pager->count - i) : at + i;

		line %= pager->count;
		if (!strcasestr(pager->lines[line].text, pager->pattern))
			continue;
		pager->match = line;
		if (line < pager->top ||
		    line >= pager->top + (size_t)pager->rows)
			pager->top = line > 2 ? line - 2 : 0;
		pager->is_at_end = false;
		clamp(pager);
		return true;
	}
	return false;
}
