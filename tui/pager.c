/* SPDX-License-Identifier: MIT */
/* Lines, a place in them, and a search. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "tui/pager.h"

#include "base/mem.h"
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

static void clamp(struct pager *pager)
{
	size_t rows = pager->rows > 0 ? (size_t)pager->rows : 1;
	size_t last = pager->count > rows ? pager->count - rows : 0;

	if (pager->top > last)
		pager->top = last;
}

static void draw_line(const struct pager *pager, size_t i, int y,
		      struct rect rect)
{
	const struct pager_line *line = &pager->lines[i];
	const char *tab = strchr(line->text, '\t');
	bool is_match = pager->pattern &&
			strcasestr(line->text, pager->pattern) != NULL;
	enum role role =
		is_match && i == pager->match ? ROLE_MATCH : line->role;
	int x = rect.x, cols = rect.cols;
	const char *text = line->text;

	if (tab) {
		char label[64];
		int width = LABEL_COLS < cols ? LABEL_COLS : cols;

		snprintf(label, sizeof(label), "%.*s", (int)(tab - line->text),
			 line->text);
		draw_text(y, x, width, ROLE_LABEL, label);
		x += width;
		cols -= width;
		text = tab + 1;
	}
	if (cols > 0)
		draw_slice(y, x, cols, role, text, strlen(text),
			   pager->skip_cols);
}

void pager_draw(struct pager *pager, struct rect rect)
{
	int row;

	pager->rows = rect.rows;
	if (pager->is_at_end)
		pager->top = pager->count;
	clamp(pager);
	for (row = 0; row < rect.rows; row++) {
		size_t i = pager->top + (size_t)row;

		if (i < pager->count)
			draw_line(pager, i, rect.y + row, rect);
	}
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
