/* SPDX-License-Identifier: MIT */
/*
 * What things look like, by what they mean.
 *
 * Views name roles and glyphs; this file alone knows colours, attributes and
 * the two glyph sets.  Every state is also a word or a letter on the screen,
 * so colour only ever repeats what can be read.
 */
#ifndef TUI_THEME_H
#define TUI_THEME_H

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_NORMAL,
	ROLE_DIM,	    /* of little weight now */
	ROLE_LABEL,	    /* name of a field */
	ROLE_STRONG,	    /* a value that matters */
	ROLE_BAR,	    /* first line */
	ROLE_TITLE,	    /* title of a pane */
	ROLE_TITLE_FOCUSED, /* ... that has the keys */
	ROLE_HEADER,	    /* column names */
	ROLE_HEADER_SORTED,
	ROLE_SELECTED,
	ROLE_SELECTED_AWAY, /* selection of a pane without the keys */
	ROLE_MARKED,
	ROLE_WAITING,
	ROLE_RUNNING,
	ROLE_SUCCEEDED,
	ROLE_FAILED,
	ROLE_CANCELED,
	ROLE_EARLY,
	ROLE_UNKNOWN,
	ROLE_BEST,
	ROLE_KEY,	/* function bar: the key */
	ROLE_KEY_LABEL, /* function bar: what it does */
	ROLE_STATUS,
	ROLE_MESSAGE,
	ROLE_WARNING,
	ROLE_ERROR,
	ROLE_QUESTION,
	ROLE_PROMPT,
	ROLE_BORDER,
	ROLE_MATCH, /* what a search found */
	ROLE_GAUGE, /* filled part of the progress bar */
	ROLE_AXIS,
	ROLE_SERIES_1, /* curves, in the order of their legend */
	ROLE_SERIES_2,
	ROLE_SERIES_3,
	ROLE_SERIES_4,
	ROLE_SERIES_5,
	ROLE_SERIES_6,
	ROLE_SERIES_BEST,
	ROLE_COUNT
};

#define ROLE_SERIES_COUNT 6

enum glyph {
	GLYPH_VLINE,
	GLYPH_HLINE,
	GLYPH_CUT, /* text goes on beyond the edge */
	GLYPH_MARK,
	GLYPH_UP, /* sorted upwards */
	GLYPH_DOWN,
	GLYPH_GAUGE, /* filled */
	GLYPH_GAUGE_REST,
	GLYPH_DOT, /* separates facts in one line */
	GLYPH_COUNT
};

enum theme {
	THEME_DARK,
	THEME_LIGHT,
	THEME_COLOUR_BLIND,
	THEME_COLOUR_BLIND_LIGHT,
	THEME_MONO,
	THEME_COUNT
};

/* How many colours to use, at most; the terminal may have fewer. */
enum theme_depth { DEPTH_ALL, DEPTH_TRUE, DEPTH_256, DEPTH_16, DEPTH_NONE };

const char *theme_name(enum theme theme); /* "dark", "colour-blind" */
/* By name, also color-blind; false when there is none. */
bool theme_parse(const char *name, enum theme *ret);
/* What suits the terminal, as far as it tells (COLORFGBG). */
enum theme theme_suited(void);

/* After curses is up.  Thread: ui. */
void theme_init(bool is_ascii, enum theme theme, enum theme_depth depth);
/* Another one from now on; the caller repaints.  Where there are no colours
 * everything stays as it is, and it returns false. */
bool theme_select(enum theme theme);
enum theme theme_selected(void);
/* "true colour", "256 colours", ...: what the terminal is given. */
const char *theme_depth_name(void);
bool theme_is_ascii(void);
/* Text without a screen: only whether it may be more than ASCII. */
void theme_without_screen(bool is_ascii);
/* Nothing can be told by colour. */
bool theme_is_monochrome(void);
uint32_t theme_glyph(enum glyph glyph); /* a code point, one column wide */
const char *theme_glyph_text(enum glyph glyph);
/* curses attributes with the colour pair in. */
unsigned long theme_attributes(enum role role);
/* How a role looks where colours are RGB: saved screens. */
struct theme_look {
	int32_t ink, paper;
	bool is_bold, is_underlined, is_reversed;
};
struct theme_look theme_look(enum role role);
/* One letter a role, for screens saved as text. */
char theme_letter(enum role role);

#endif
