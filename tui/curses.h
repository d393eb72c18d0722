/* SPDX-License-Identifier: MIT */
/* The one way to include curses: with wide characters. */
#ifndef TUI_CURSES_H
#define TUI_CURSES_H

#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#define NCURSES_NOMACROS 1
#include <curses.h>

#endif
