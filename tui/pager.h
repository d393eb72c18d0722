/* SPDX-License-Identifier: MIT */
/*
 * Lines of text to read: details, journal, help.  They are made anew when what
 * they tell changes; the place of the reader stays.
 */
#ifndef TUI_PAGER_H
#define TUI_PAGER_H

#include "base/strbuf.h"
#include "tui/draw.h"
#include "tui/theme.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGER_LINES_MAX 20000

struct pager_line {
	char *text;	/* owned; "label\tvalue" is shown as two columns */
	enum role role; /* of the value, or of all */
};

struct pager {
	struct pager_line *lines;
	size_t count, capacity;
	size_t top;
	size_t end;	/* the line after the last one in view */
	int rows, cols; /* visible, from the last drawing */
	bool is_cut;	/* long lines are cut and panned, not wrapped */
	int skip_cols;	/* panned to the right */
	bool is_at_end; /* stays at the end when lines are added */
	char *pattern;	/* searched for, or NULL; owned */
	size_t match;	/* line of the last match */
};

void pager_release(struct pager *pager);
/* Forget the lines, keep the place and the pattern. */
void pager_clear(struct pager *pager);
void pager_add(struct pager *pager, enum role role, const char *text);
void pager_addf(struct pager *pager, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void pager_draw(struct pager *pager, struct rect rect);
/* "21/31 ", or nothing when all is in view. */
void pager_format_place(const struct pager *pager, char *ret, size_t size);
/* Is the end in view? */
bool pager_is_at_bottom(const struct pager *pager);
bool pager_on_action(struct pager *pager, int action);
/* Find text from the place on; false when there is none. */
bool pager_search(struct pager *pager, const char *pattern, bool is_backward,
		  bool is_repeat);

#endif
