/* SPDX-License-Identifier: MIT */
/*
 * The themes as tables, and colours as numbers.
 *
 * Colours are written as RGB.  A terminal with 256 colours is given the
 * nearest of its cube and greys, one with 16 the colour named for it.  That
 * text can be read on its paper, and that states and curves of the themes for
 * colour-blind people differ for each kind of them, is held by
 * tests/unit/tui/test_theme.  Pure.
 */
#ifndef TUI_THEME_LOOKS_H
#define TUI_THEME_LOOKS_H

#include "tui/theme.h"

#define LOOK_BOLD 1
#define LOOK_UNDERLINE 2
#define LOOK_REVERSE 4

struct theme_row {
	int32_t fg, bg;	 /* RGB; -1: the terminal's own */
	int8_t fg8, bg8; /* of the first eight; -1 likewise */
	uint8_t with;	 /* LOOK_* beside the colours */
};

/* Theme and role to colours; not for THEME_MONO, whose looks follow from the
 * role alone. */
const struct theme_row *theme_row(enum theme theme, enum role role);
uint8_t theme_mono_look(enum role role); /* LOOK_* where nothing has colour */
/* What a theme is made for: its paper and plain ink. */
int32_t theme_paper(enum theme theme);
int32_t theme_ink(enum theme theme);
/* The nearest of colours 16 to 255, and what it looks like. */
int theme_nearest_256(int32_t rgb);
int32_t theme_rgb_of_256(int index);

#endif
