/* SPDX-License-Identifier: MIT */
/* A screen's cells as pictures of it are made from; and who tells them. */
#ifndef TUI_SCREEN_CELL_H
#define TUI_SCREEN_CELL_H

#include <stdbool.h>

struct screen_color {
	bool is_default;
	unsigned char red, green, blue;
};
struct screen_cell {
	char text[32]; /* UTF-8; "" for the right half of a wide character */
	int width;     /* columns: 1 or 2; 0 for that right half */
	bool is_bold, is_underlined, is_italic, is_reversed;
	struct screen_color foreground, background;
};

/* Anything that looks like a screen. */
struct screen_source {
	int rows, cols;
	struct screen_color ink, paper; /* of cells without colours */
	void (*cell)(void *arg, int row, int col, struct screen_cell *ret);
	void *arg;
};

/* A cell's colours with reversal and defaults worked out. */
struct screen_look {
	struct screen_color ink, paper;
	bool is_bold, is_underlined, is_italic;
};

#endif
