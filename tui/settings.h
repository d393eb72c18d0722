/* SPDX-License-Identifier: MIT */
/*
 * How the console behaves for its user: one table of settings, their values,
 * and where each value comes from.
 *
 * What is said later wins: built in, the configuration file, the environment,
 * the command line, `:set`.  Adding a setting is a row here and a look at it
 * where it matters (settings_get).  Pure.
 */
#ifndef TUI_SETTINGS_H
#define TUI_SETTINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* id, name, what it may be, built-in value, help */
#define SETTINGS(X)                                                            \
	X(THEME, "theme",                                                      \
	  "auto dark light colour-blind colour-blind-light mono", "auto",      \
	  "colours; auto: light where the terminal says so (COLORFGBG)")       \
	X(COLORS, "colors", "auto truecolor 256 16 none", "auto",              \
	  "how many at most; truecolor asks for it beyond what TERM says")     \
	X(ASCII, "ascii", "on off", "off", "no line drawing, no braille")      \
	X(BRAILLE, "braille", "on off", "on",                                  \
	  "curves in braille; off: in half blocks, for other fonts")           \
	X(MOUSE, "mouse", "on off", "off",                                     \
	  "click, wheel and drag; Shift then selects text")                    \
	X(BELL, "bell", "off finished best alerts all", "off",                 \
	  "ring when an experiment finishes, has a new best, or alerts")       \
	X(NOTIFY, "notify", "off finished best alerts all", "off",             \
	  "tell the terminal to notify (OSC 9) of the same")                   \
	X(CLIPBOARD, "clipboard", "auto on off", "auto",                       \
	  "copy through the terminal (OSC 52)")                                \
	X(LINKS, "links", "auto on off", "auto",                               \
	  "links one can click (OSC 8); auto: where the terminal is known")    \
	X(HINTS, "hints", "on off", "on", "say once what a view is for")       \
	X(UNDO, "undo", "0 1 2 3 5 10 20 30 60", "5",                          \
	  "seconds in which a kill, stop or delete can be taken back")         \
	X(PLAIN, "plain", "auto on off", "auto",                               \
	  "no screen but lines; auto: TERM is dumb, output no terminal")

enum setting_id {
#define X(id, name, values, fallback, help) SETTING_##id,
	SETTINGS(X)
#undef X
		SETTING_COUNT
};

struct setting {
	const char *name;
	const char *values; /* choices, separated by blanks */
	const char *fallback;
	const char *help;
};

extern const struct setting settings_table[SETTING_COUNT];

enum setting_origin {
	ORIGIN_DEFAULT,
	ORIGIN_FILE,
	ORIGIN_ENVIRONMENT,
	ORIGIN_OPTION,
	ORIGIN_SESSION
};

struct settings {
	struct {
		char value[64];
		enum setting_origin origin;
		int line;      /* ORIGIN_FILE */
		char from[32]; /* variable or option */
	} values[SETTING_COUNT];
};

void settings_init(struct settings *settings);
/* -1 when there is none of this name. */
int settings_find(const char *name);
/* Is this a value of it?  The sentence says what may be. */
bool settings_check(const char *name, const char *value,
		    enum setting_id *ret_id, struct error *err);
/* from: the variable or option, or NULL; line: of the file, or 0.  What came
 * from a stronger origin stays; ORIGIN_SESSION always wins. */
bool settings_set(struct settings *settings, const char *name,
		  const char *value, enum setting_origin origin, int line,
		  const char *from, struct error *err);
/* NO_COLOR and what else the environment says. */
void settings_read_environment(struct settings *settings);
const char *settings_get(const struct settings *settings, enum setting_id id);
bool settings_is(const struct settings *settings, enum setting_id id,
		 const char *value);
/* "built in", "the file, line 3", "NO_COLOR", "--ascii", "this session". */
void settings_format_origin(const struct settings *settings, enum setting_id id,
			    char *ret, size_t size);

#endif
