/* SPDX-License-Identifier: MIT */
/*
 * Roles to curses' attributes, for true colour, 256, 16 and 8 colours and for
 * none.  A pair a role; what the terminal cannot do is done with bold, reverse
 * and underline.
 */
#include "tui/theme.h"

#include "base/mem.h"
#include "tui/curses.h"
#include "tui/theme_looks.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const char letters[ROLE_COUNT] = {
	[ROLE_NORMAL] = '.', [ROLE_DIM] = 'd', [ROLE_LABEL] = 'l',
	[ROLE_STRONG] = 's', [ROLE_BAR] = 'B', [ROLE_TITLE] = 't',
	[ROLE_TITLE_FOCUSED] = 'T', [ROLE_HEADER] = 'h', [ROLE_HEADER_SORTED] = 'H',
	[ROLE_SELECTED] = 'S', [ROLE_SELECTED_AWAY] = 's', [ROLE_MARKED] = 'M',
	[ROLE_WAITING] = 'w', [ROLE_RUNNING] = 'r', [ROLE_SUCCEEDED] = 'g',
	[ROLE_FAILED] = 'f', [ROLE_CANCELED] = 'c', [ROLE_EARLY] = 'e',
	[ROLE_UNKNOWN] = 'u', [ROLE_BEST] = 'b', [ROLE_KEY] = 'k',
	[ROLE_KEY_LABEL] = 'L', [ROLE_STATUS] = '=', [ROLE_MESSAGE] = 'm',
	[ROLE_WARNING] = 'W', [ROLE_ERROR] = '!', [ROLE_QUESTION] = '?',
	[ROLE_PROMPT] = 'p', [ROLE_BORDER] = '|', [ROLE_MATCH] = '/',
	[ROLE_GAUGE] = '#', [ROLE_AXIS] = 'a', [ROLE_SERIES_1] = '1',
	[ROLE_SERIES_2] = '2', [ROLE_SERIES_3] = '3', [ROLE_SERIES_4] = '4',
	[ROLE_SERIES_5] = '5', [ROLE_SERIES_6] = '6', [ROLE_SERIES_BEST] = '*',
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
static enum theme selected;
static enum theme_depth depth; /* what is used: never DEPTH_ALL */
static bool can_default;
static attr_t attributes[ROLE_COUNT];

static const char *const names[THEME_COUNT] = {
	[THEME_DARK] = "dark",
	[THEME_LIGHT] = "light",
	[THEME_COLOUR_BLIND] = "colour-blind",
	[THEME_COLOUR_BLIND_LIGHT] = "colour-blind-light",
	[THEME_MONO] = "mono",
};

const char *theme_name(enum theme theme)
{
	return names[theme];
}

bool theme_parse(const char *name, enum theme *ret)
{
	int i;

	for (i = 0; i < THEME_COUNT; i++) {
		if (strcmp(names[i], name) == 0 ||
		    (strncmp(name, "color-", 6) == 0 &&
		     strncmp(names[i], "colour-", 7) == 0 &&
		     strcmp(names[i] + 7, name + 6) == 0)) {
			*ret = (enum theme)i;
			return true;
		}
	}
	return false;
}

/* rxvt, Konsole and others say which of the sixteen colours their ink and
 * paper are: 7 and 9 to 15 are light papers. */
enum theme theme_suited(void)
{
	const char *text = getenv("COLORFGBG");
	const char *last = text ? strrchr(text, ';') : NULL;
	long paper = last ? strtol(last + 1, NULL, 10) : 0;

	return paper == 7 || (paper > 8 && paper < 16) ? THEME_LIGHT
						       : THEME_DARK;
}

static attr_t attributes_of(uint8_t look)
{
	return (look & LOOK_BOLD ? A_BOLD : 0) |
	       (look & LOOK_UNDERLINE ? A_UNDERLINE : 0) |
	       (look & LOOK_REVERSE ? A_REVERSE : 0);
}

/* A terminal with direct colours takes RGB, but for the first eight numbers,
 * which stay the eight colours. */
static int direct(int32_t rgb)
{
	return rgb >= 0 && rgb < 8 ? 8 : rgb;
}

static int color_of(int32_t rgb, int8_t basic)
{
	if (depth == DEPTH_16)
		return basic;
	if (rgb < 0)
		return -1;
	return depth == DEPTH_TRUE ? direct(rgb) : theme_nearest_256(rgb);
}

static void init_role(enum role role)
{
	const struct theme_row *row = theme_row(selected, role);
	int fg = color_of(row->fg, row->fg8), bg = color_of(row->bg, row->bg8);
	short pair = (short)(role + 1);

	attributes[role] = attributes_of(row->with);
	if (fg < 0 && bg < 0)
		return;
	if (!can_default) {
		fg = fg < 0 ? COLOR_WHITE : fg;
		bg = bg < 0 ? COLOR_BLACK : bg;
	}
	if (pair < COLOR_PAIRS && init_extended_pair(pair, fg, bg) == OK)
		attributes[role] |= COLOR_PAIR(pair);
	else
		attributes[role] = attributes_of(theme_mono_look(role));
}

static void init_roles(void)
{
	int i;

	for (i = 0; i < ROLE_COUNT; i++) {
		if (monochrome || selected == THEME_MONO)
			attributes[i] = attributes_of(theme_mono_look(i));
		else
			init_role(i);
	}
}

void theme_init(bool is_ascii, enum theme theme, enum theme_depth most)
{
	ascii = is_ascii;
	selected = theme;
	monochrome = most == DEPTH_NONE || !has_colors() ||
		     start_color() == ERR || COLORS < 8;
	if (monochrome)
		depth = DEPTH_NONE;
	else if (COLORS > 256 && most <= DEPTH_TRUE)
		depth = DEPTH_TRUE;
	else if (COLORS == 256 && most <= DEPTH_256)
		depth = DEPTH_256;
	else
		depth = DEPTH_16;
	can_default = !monochrome && use_default_colors() == OK;
	init_roles();
}

bool theme_select(enum theme theme)
{
	if (monochrome)
		return theme == THEME_MONO;
	selected = theme;
	init_roles();
	return true;
}

enum theme theme_selected(void)
{
	return monochrome ? THEME_MONO : selected;
}

const char *theme_depth_name(void)
{
	static const char *const texts[] = {
		[DEPTH_TRUE] = "true colour",
		[DEPTH_256] = "256 colours",
		[DEPTH_16] = "16 colours",
		[DEPTH_NONE] = "no colours",
	};

	return texts[depth];
}

struct theme_look theme_look(enum role role)
{
	struct theme_look look = {0};
	uint8_t with = theme_mono_look(role);
	enum theme theme = theme_selected();

	look.ink = theme_ink(theme);
	look.paper = theme_paper(theme);
	if (theme != THEME_MONO) {
		const struct theme_row *row = theme_row(theme, role);

		with = row->with;
		look.ink = row->fg >= 0 ? row->fg : look.ink;
		look.paper = row->bg >= 0 ? row->bg : look.paper;
	}
	look.is_bold = with & LOOK_BOLD;
	look.is_underlined = with & LOOK_UNDERLINE;
	look.is_reversed = with & LOOK_REVERSE;
	return look;
}

bool theme_is_monochrome(void)
{
	return monochrome || selected == THEME_MONO;
}

void theme_without_screen(bool is_ascii)
{
	setlocale(LC_CTYPE, "");
	ascii = is_ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
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
	return letters[role];
}
