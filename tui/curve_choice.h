/* SPDX-License-Identifier: MIT */
/*
 * Whose curves are drawn: the marked trials', newest first, then the best ones
 * (by final result, or else their best intermediate one), or the newest.
 * Private to tui/picture_curves.
 */
#ifndef TUI_CURVE_CHOICE_H
#define TUI_CURVE_CHOICE_H

#include "tui/console.h"

#define CURVES_MAX 64

struct curve_choice {
	int64_t keys[CURVES_MAX];
	double losses[CURVES_MAX];
	size_t count, first; /* first: so many were marked */
};

/* choice is zeroed.  Without any the selected trial is taken. */
void curve_choice_make(const struct console *console, size_t top,
		       bool is_newest, struct curve_choice *choice);
bool curve_choice_has(const struct curve_choice *choice, int64_t key);

/* What the i-th curve is called. */
char curve_letter(size_t i);
/* What ended a trial (or NULL) before its time: 'E', 'F', or ' '. */
char curve_end(const struct trial_row *row);

#endif
