/* SPDX-License-Identifier: MIT */
/*
 * Roles to attributes, for 256, 16 and 8 colours and for none.
 *
 * One row a role.  Colours are given twice, since eight colours cannot say
 * what 256 can; -1 is the terminal's own.  The monochrome attributes must do
 * alone: bold, reverse, underline and dim.
 */
#include "tui/theme.h"

#include "tui/curses.h"

#include <string.h>

struct look {
	char letter;
	short fg256, bg256;
	short fg8, bg8;
	attr_t attributes; /* with colours */
	attr_t mono;
};

/* clang-format off */
static const struct look looks[ROLE_COUNT] = {
	[ROLE_NORMAL]        = {'.', -1, -1, -1, -1, 0, 0},
	[ROLE_DIM]           = {'d', 245, -1, -1, -1, 0, 0},
	[ROLE_LABEL]         = {'l', 109, -1, COLOR_CYAN, -1, 0, 0},
	[ROLE_STRONG]        = {'s', -1, -1, -1, -1, A_BOLD, A_BOLD},
	[ROLE_BAR]           = {'B', 255, 24, COLOR_WHITE, COLOR_BLUE, A_BOLD, A_REVERSE},
	[ROLE_TITLE]         = {'t', 250, 237, COLOR_CYAN, -1, 0, A_UNDERLINE},
	[ROLE_TITLE_FOCUSED] = {'T', 231, 31, COLOR_BLACK, COLOR_CYAN, A_BOLD, A_REVERSE | A_BOLD},
	[ROLE_HEADER]        = {'h', 145, -1, COLOR_WHITE, -1, A_UNDERLINE, A_UNDERLINE},
	[ROLE_HEADER_SORTED] = {'H', 222, -1, COLOR_YELLOW, -1, A_UNDERLINE | A_BOLD, A_UNDERLINE | A_BOLD},
	[ROLE_SELECTED]      = {'S', 231, 25, COLOR_BLACK, COLOR_CYAN, 0, A_REVERSE},
	[ROLE_SELECTED_AWAY] = {'s', -1, 236, -1, -1, A_BOLD, A_BOLD},
	[ROLE_MARKED]        = {'M', 222, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
	[ROLE_WAITING]       = {'w', 180, -1, COLOR_YELLOW, -1, 0, 0},
	[ROLE_RUNNING]       = {'r', 81, -1, COLOR_CYAN, -1, 0, A_BOLD},
	[ROLE_SUCCEEDED]     = {'g', 114, -1, COLOR_GREEN, -1, 0, 0},
	[ROLE_FAILED]        = {'f', 210, -1, COLOR_RED, -1, 0, A_BOLD},
	[ROLE_CANCELED]      = {'c', 245, -1, -1, -1, 0, 0},
	[ROLE_EARLY]         = {'e', 176, -1, COLOR_MAGENTA, -1, 0, 0},
	[ROLE_UNKNOWN]       = {'u', 222, -1, COLOR_YELLOW, -1, 0, 0},
	[ROLE_BEST]          = {'b', 222, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
	[ROLE_KEY]           = {'k', 255, 238, COLOR_WHITE, -1, A_BOLD, A_BOLD},
	[ROLE_KEY_LABEL]     = {'L', 250, -1, COLOR_CYAN, -1, 0, 0},
	[ROLE_STATUS]        = {'=', 252, 236, COLOR_WHITE, COLOR_BLUE, 0, A_REVERSE},
	[ROLE_MESSAGE]       = {'m', 114, -1, COLOR_GREEN, -1, A_BOLD, A_BOLD},
	[ROLE_WARNING]       = {'W', 222, -1, COLOR_YELLOW, -1, A_BOLD, A_BOLD},
	[ROLE_ERROR]         = {'!', 203, -1, COLOR_RED, -1, A_BOLD, A_BOLD},
	[ROLE_QUESTION]      = {'?', 16, 222, COLOR_BLACK, COLOR_YELLOW, 0, A_REVERSE},
	[ROLE_PROMPT]        = {'p', -1, -1, -1, -1, A_BOLD, A_BOLD},
	[ROLE_BORDER]        = {'|', 240, -1, COLOR_BLUE, -1, 0, 0},
	[ROLE_MATCH]         = {'/', 16, 222, COLOR_BLACK, COLOR_YELLOW, 0, A_REVERSE},
	[ROLE_GAUGE]         = {'#', 114, 236, COLOR_GREEN, COLOR_BLUE, 0, A_REVERSE},
	[ROLE_AXIS]          = {'a', 245, -1, COLOR_WHITE, -1, 0, 0},
	[ROLE_SERIES_1]      = {'1', 81, -1, COLOR_CYAN, -1, 0, 0},
	[ROLE_SERIES_2]      = {'2', 215, -1, COLOR_YELLOW, -1, 0, 0},
	[ROLE_SERIES_3]      = {'3', 141, -1, COLOR_MAGENTA, -1, 0, 0},
	[ROLE_SERIES_4]      = {'4', 150, -1, COLOR_GREEN, -1, 0, 0},
	[ROLE_SERIES_5]      = {'5', 211, -1, COLOR_RED, -1, 0, 0},
	[ROLE_SERIES_6]      = {'6', 111, -1, COLOR_BLUE, -1, 0, 0},
	[ROLE_SERIES_BEST]   = {'*', 229, -1, COLOR_WHITE, -1, A_BOLD, A_BOLD},
};

static const struct {
	uint32_t point;
	const char *text;
	char ascii[2];
} glyphs[GLYPH_COUNT] = {
	[GLYPH_VLINE]      = {0x2502, "\u2502", "|"},
	[GLYPH_HLINE]      = {0x2500, "\u2500", "-"},
	[GLYPH_CUT]        = {0x2026, "\u2026", "~"},
	[GLYPH_MARK]       = {0x2022, "\u2022", "*"},
	[GLYPH_UP]         = {0x2191, "\u2191", "^"},
	[GLYPH_DOWN]       = {0x2193, "\u2193", "v"},
	[GLYPH_GAUGE]      = {0x2588, "\u2588", "#"},
	[GLYPH_GAUGE_REST] = {0x2591, "\u2591", "."},
	[GLYPH_DOT]        = {0x00b7, "\u00b7", "-"},
};
/* clang-format on */

static bool ascii, monochrome;
static attr_t attributes[ROLE_COUNT];

static void init_role(enum role role, bool has_256, bool can_default)
{
	const struct look *look = &looks[role];
	short fg = has_256 ? look->fg256 : look->fg8;
	short bg = has_256 ? look->bg256 : look->bg8;
	short pair = (short)(role + 1);

	attributes[role] = look->attributes;
	if (fg < 0 && bg < 0)
		return;
	if (!can_default) {
		fg = fg < 0 ? COLOR_WHITE : fg;
		bg = bg < 0 ? COLOR_BLACK : bg;
	}
	if (pair < COLOR_PAIRS && init_pair(pair, fg, bg) == OK)
		attributes[role] |= COLOR_PAIR(pair);
	else
		attributes[role] = look->mono;
}

void theme_init(bool is_ascii, bool is_monochrome)
{
	bool can_default;
	int i;

	ascii = is_ascii;
	monochrome = false;
	if (is_monochrome || !has_colors() || start_color() == ERR ||
	    COLORS < 8) {
		monochrome = true;
		for (i = 0; i < ROLE_COUNT; i++)
			attributes[i] = looks[i].mono;
		return;
	}
	can_default = use_default_colors() == OK;
	for (i = 0; i < ROLE_COUNT; i++)
		init_role(i, COLORS >= 256, can_default);
}

bool theme_is_monochrome(void)
{
	return monochrome;
}

bool theme_is_ascii(void)
{
	return ascii;
}

uint32_t theme_glyph(enum glyph glyph)
{
	return ascii ? (uint32_t)glyphs[glyph].ascii[0] : glyphs[glyph].point;
}

const char *theme_glyph_text(enum glyph glyph)
{
	return ascii ? glyphs[glyph].ascii : glyphs[glyph].text;
}

unsigned long theme_attributes(enum role role)
{
	return attributes[role];
}

char theme_letter(enum role role)
{
	return looks[role].letter;
}
