/* SPDX-License-Identifier: MIT */
/* One row a role and theme. */
#include "tui/theme_looks.h"

#include <stddef.h>

enum { BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE, OWN = -1 };
#define B LOOK_BOLD
#define U LOOK_UNDERLINE

/* clang-format off */
static const struct theme_row dark[ROLE_COUNT] = {
	[ROLE_NORMAL]        = {OWN, OWN, OWN, OWN, 0},
	[ROLE_DIM]           = {0x8a8a8a, OWN, OWN, OWN, 0},
	[ROLE_LABEL]         = {0x87afaf, OWN, CYAN, OWN, 0},
	[ROLE_STRONG]        = {OWN, OWN, OWN, OWN, B},
	[ROLE_BAR]           = {0xeeeeee, 0x005f87, WHITE, BLUE, B},
	[ROLE_TITLE]         = {0xbcbcbc, 0x3a3a3a, CYAN, OWN, 0},
	[ROLE_TITLE_FOCUSED] = {0xffffff, 0x0087af, BLACK, CYAN, B},
	[ROLE_HEADER]        = {0xafafaf, OWN, WHITE, OWN, U},
	[ROLE_HEADER_SORTED] = {0xffd787, OWN, YELLOW, OWN, U | B},
	[ROLE_SELECTED]      = {0xffffff, 0x005faf, BLACK, CYAN, 0},
	[ROLE_SELECTED_AWAY] = {OWN, 0x303030, OWN, OWN, B},
	[ROLE_MARKED]        = {0xffd787, OWN, YELLOW, OWN, B},
	[ROLE_WAITING]       = {0xd7af87, OWN, YELLOW, OWN, 0},
	[ROLE_RUNNING]       = {0x5fd7ff, OWN, CYAN, OWN, 0},
	[ROLE_SUCCEEDED]     = {0x87d787, OWN, GREEN, OWN, 0},
	[ROLE_FAILED]        = {0xff8787, OWN, RED, OWN, 0},
	[ROLE_CANCELED]      = {0x8a8a8a, OWN, OWN, OWN, 0},
	[ROLE_EARLY]         = {0xd787d7, OWN, MAGENTA, OWN, 0},
	[ROLE_UNKNOWN]       = {0xffd787, OWN, YELLOW, OWN, 0},
	[ROLE_BEST]          = {0xffd787, OWN, YELLOW, OWN, B},
	[ROLE_KEY]           = {0xeeeeee, 0x444444, WHITE, OWN, B},
	[ROLE_KEY_LABEL]     = {0xbcbcbc, OWN, CYAN, OWN, 0},
	[ROLE_STATUS]        = {0xd0d0d0, 0x303030, WHITE, BLUE, 0},
	[ROLE_MESSAGE]       = {0x87d787, OWN, GREEN, OWN, B},
	[ROLE_WARNING]       = {0xffd787, OWN, YELLOW, OWN, B},
	[ROLE_ERROR]         = {0xff5f5f, OWN, RED, OWN, B},
	[ROLE_QUESTION]      = {0x000000, 0xffd787, BLACK, YELLOW, 0},
	[ROLE_PROMPT]        = {OWN, OWN, OWN, OWN, B},
	[ROLE_BORDER]        = {0x585858, OWN, BLUE, OWN, 0},
	[ROLE_MATCH]         = {0x000000, 0xffd787, BLACK, YELLOW, 0},
	[ROLE_GAUGE]         = {0x87d787, 0x303030, GREEN, BLUE, 0},
	[ROLE_AXIS]          = {0x8a8a8a, OWN, WHITE, OWN, 0},
	[ROLE_SERIES_1]      = {0x5fd7ff, OWN, CYAN, OWN, 0},
	[ROLE_SERIES_2]      = {0xffaf5f, OWN, YELLOW, OWN, 0},
	[ROLE_SERIES_3]      = {0xaf87ff, OWN, MAGENTA, OWN, 0},
	[ROLE_SERIES_4]      = {0xafd787, OWN, GREEN, OWN, 0},
	[ROLE_SERIES_5]      = {0xff87af, OWN, RED, OWN, 0},
	[ROLE_SERIES_6]      = {0x87afff, OWN, BLUE, OWN, 0},
	[ROLE_SERIES_BEST]   = {0xffffaf, OWN, WHITE, OWN, B},
};

static const struct theme_row light[ROLE_COUNT] = {
	[ROLE_NORMAL]        = {OWN, OWN, OWN, OWN, 0},
	[ROLE_DIM]           = {0x666666, OWN, OWN, OWN, 0},
	[ROLE_LABEL]         = {0x005f5f, OWN, BLUE, OWN, 0},
	[ROLE_STRONG]        = {OWN, OWN, OWN, OWN, B},
	[ROLE_BAR]           = {0xffffff, 0x005f87, WHITE, BLUE, B},
	[ROLE_TITLE]         = {0x303030, 0xd0d0d0, BLUE, OWN, 0},
	[ROLE_TITLE_FOCUSED] = {0xffffff, 0x005faf, WHITE, BLUE, B},
	[ROLE_HEADER]        = {0x444444, OWN, OWN, OWN, U},
	[ROLE_HEADER_SORTED] = {0x5f5f00, OWN, MAGENTA, OWN, U | B},
	[ROLE_SELECTED]      = {0x000000, 0xafd7ff, WHITE, BLUE, 0},
	[ROLE_SELECTED_AWAY] = {OWN, 0xe4e4e4, OWN, OWN, B},
	[ROLE_MARKED]        = {0x5f5f00, OWN, MAGENTA, OWN, B},
	[ROLE_WAITING]       = {0x875f00, OWN, OWN, OWN, 0},
	[ROLE_RUNNING]       = {0x005faf, OWN, BLUE, OWN, 0},
	[ROLE_SUCCEEDED]     = {0x005f00, OWN, GREEN, OWN, 0},
	[ROLE_FAILED]        = {0xaf0000, OWN, RED, OWN, 0},
	[ROLE_CANCELED]      = {0x666666, OWN, OWN, OWN, 0},
	[ROLE_EARLY]         = {0x870087, OWN, MAGENTA, OWN, 0},
	[ROLE_UNKNOWN]       = {0x875f00, OWN, OWN, OWN, 0},
	[ROLE_BEST]          = {0x875f00, OWN, MAGENTA, OWN, B},
	[ROLE_KEY]           = {0xffffff, 0x585858, BLACK, OWN, B},
	[ROLE_KEY_LABEL]     = {0x303030, OWN, BLUE, OWN, 0},
	[ROLE_STATUS]        = {0x1c1c1c, 0xd0d0d0, WHITE, BLUE, 0},
	[ROLE_MESSAGE]       = {0x005f00, OWN, GREEN, OWN, B},
	[ROLE_WARNING]       = {0x875f00, OWN, MAGENTA, OWN, B},
	[ROLE_ERROR]         = {0xaf0000, OWN, RED, OWN, B},
	[ROLE_QUESTION]      = {0x000000, 0xffd75f, BLACK, YELLOW, 0},
	[ROLE_PROMPT]        = {OWN, OWN, OWN, OWN, B},
	[ROLE_BORDER]        = {0x949494, OWN, BLUE, OWN, 0},
	[ROLE_MATCH]         = {0x000000, 0xffd75f, BLACK, YELLOW, 0},
	[ROLE_GAUGE]         = {0x005f00, 0xd0d0d0, GREEN, BLUE, 0},
	[ROLE_AXIS]          = {0x666666, OWN, OWN, OWN, 0},
	[ROLE_SERIES_1]      = {0x005faf, OWN, BLUE, OWN, 0},
	[ROLE_SERIES_2]      = {0x875f00, OWN, RED, OWN, 0},
	[ROLE_SERIES_3]      = {0x8700af, OWN, MAGENTA, OWN, 0},
	[ROLE_SERIES_4]      = {0x5f5f00, OWN, GREEN, OWN, 0},
	[ROLE_SERIES_5]      = {0xd70087, OWN, RED, OWN, 0},
	[ROLE_SERIES_6]      = {0x005f5f, OWN, CYAN, OWN, 0},
	[ROLE_SERIES_BEST]   = {0x000000, OWN, OWN, OWN, B},
};

/* What differs from dark: found by search for the greatest least distance
 * under each kind of colour blindness, among what can be read on the paper. */
static const struct theme_row blind[ROLE_COUNT] = {
	[ROLE_WAITING]       = {0xffff00, OWN, YELLOW, OWN, 0},
	[ROLE_RUNNING]       = {0x5fffff, OWN, CYAN, OWN, 0},
	[ROLE_SUCCEEDED]     = {0x8787ff, OWN, BLUE, OWN, 0},
	[ROLE_FAILED]        = {0xff5f87, OWN, MAGENTA, OWN, B},
	[ROLE_EARLY]         = {0xaf8700, OWN, WHITE, OWN, 0},
	[ROLE_BEST]          = {0xffffff, OWN, WHITE, OWN, B},
	[ROLE_MESSAGE]       = {0x5fffff, OWN, CYAN, OWN, B},
	[ROLE_ERROR]         = {0xff5f87, OWN, MAGENTA, OWN, B},
	[ROLE_GAUGE]         = {0x5fffff, 0x303030, CYAN, BLUE, 0},
	[ROLE_SERIES_1]      = {0xafd7ff, OWN, CYAN, OWN, 0},
	[ROLE_SERIES_2]      = {0xffff00, OWN, YELLOW, OWN, 0},
	[ROLE_SERIES_3]      = {0xff00ff, OWN, MAGENTA, OWN, 0},
	[ROLE_SERIES_4]      = {0x00ff87, OWN, GREEN, OWN, 0},
	[ROLE_SERIES_5]      = {0xd78700, OWN, RED, OWN, 0},
	[ROLE_SERIES_6]      = {0x878787, OWN, BLUE, OWN, 0},
};

/* What differs from light. */
static const struct theme_row blind_light[ROLE_COUNT] = {
	[ROLE_WAITING]       = {0x000000, OWN, OWN, OWN, 0},
	[ROLE_RUNNING]       = {0x0000ff, OWN, BLUE, OWN, 0},
	[ROLE_SUCCEEDED]     = {0x005f00, OWN, GREEN, OWN, 0},
	[ROLE_FAILED]        = {0xd70087, OWN, MAGENTA, OWN, B},
	[ROLE_EARLY]         = {0x8700af, OWN, CYAN, OWN, 0},
	[ROLE_BEST]          = {0x000000, OWN, OWN, OWN, B},
	[ROLE_ERROR]         = {0xd70087, OWN, MAGENTA, OWN, B},
	[ROLE_SERIES_1]      = {0x005faf, OWN, BLUE, OWN, 0},
	[ROLE_SERIES_2]      = {0x5f0000, OWN, RED, OWN, 0},
	[ROLE_SERIES_3]      = {0x8700ff, OWN, MAGENTA, OWN, 0},
	[ROLE_SERIES_4]      = {0xd7005f, OWN, YELLOW, OWN, 0},
	[ROLE_SERIES_5]      = {0x875f00, OWN, GREEN, OWN, 0},
	[ROLE_SERIES_6]      = {0x00005f, OWN, CYAN, OWN, 0},
};

static const uint8_t mono[ROLE_COUNT] = {
	[ROLE_STRONG] = B, [ROLE_BAR] = LOOK_REVERSE, [ROLE_TITLE] = U,
	[ROLE_TITLE_FOCUSED] = LOOK_REVERSE | B, [ROLE_HEADER] = U,
	[ROLE_HEADER_SORTED] = U | B, [ROLE_SELECTED] = LOOK_REVERSE,
	[ROLE_SELECTED_AWAY] = B, [ROLE_MARKED] = B, [ROLE_RUNNING] = B,
	[ROLE_FAILED] = B, [ROLE_BEST] = B, [ROLE_KEY] = B,
	[ROLE_STATUS] = LOOK_REVERSE, [ROLE_MESSAGE] = B, [ROLE_WARNING] = B,
	[ROLE_ERROR] = B, [ROLE_QUESTION] = LOOK_REVERSE, [ROLE_PROMPT] = B,
	[ROLE_MATCH] = LOOK_REVERSE, [ROLE_GAUGE] = LOOK_REVERSE,
	[ROLE_SERIES_BEST] = B,
};
/* clang-format on */

/* A row of zeros would be black on black: what is not named there. */
static bool is_given(const struct theme_row *row)
{
	return row->fg || row->bg || row->fg8 || row->bg8;
}

const struct theme_row *theme_row(enum theme theme, enum role role)
{
	switch (theme) {
	case THEME_LIGHT:
		return &light[role];
	case THEME_COLOUR_BLIND:
		return is_given(&blind[role]) ? &blind[role] : &dark[role];
	case THEME_COLOUR_BLIND_LIGHT:
		return is_given(&blind_light[role]) ? &blind_light[role]
						    : &light[role];
	default:
		return &dark[role];
	}
}

uint8_t theme_mono_look(enum role role)
{
	return mono[role];
}

static bool is_light(enum theme theme)
{
	return theme == THEME_LIGHT || theme == THEME_COLOUR_BLIND_LIGHT;
}

int32_t theme_paper(enum theme theme)
{
	return is_light(theme) ? 0xffffff : 0x16191f;
}

int32_t theme_ink(enum theme theme)
{
	return is_light(theme) ? 0x1c1c1c : 0xd8dce2;
}

static const int levels[6] = {0, 95, 135, 175, 215, 255};

int32_t theme_rgb_of_256(int index)
{
	int grey;

	if (index >= 232) {
		grey = 8 + 10 * (index - 232);
		return grey << 16 | grey << 8 | grey;
	}
	index -= 16;
	return levels[index / 36] << 16 | levels[index / 6 % 6] << 8 |
	       levels[index % 6];
}

static int distance(int32_t a, int32_t b)
{
	int red = (a >> 16 & 255) - (b >> 16 & 255);
	int green = (a >> 8 & 255) - (b >> 8 & 255);
	int blue = (a & 255) - (b & 255);

	return red * red + green * green + blue * blue;
}

int theme_nearest_256(int32_t rgb)
{
	int nearest = 16, least = distance(rgb, theme_rgb_of_256(16)), i;

	for (i = 17; i < 256; i++) {
		int far = distance(rgb, theme_rgb_of_256(i));

		if (far < least) {
			least = far;
			nearest = i;
		}
	}
	return nearest;
}
