/* SPDX-License-Identifier: MIT */
/*
 * Settings where they matter: what the configuration file says at start, and
 * what changes at once with `:set`.
 */
#include "base/mem.h"
#include "tui/config_file.h"
#include "tui/console.h"
#include "tui/keys.h"
#include "tui/picture.h"
#include "tui/ring.h"
#include "tui/term.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loading {
	struct console_start *start;
	int problems;
};

static void keep_first(int line, const char *sentence, void *arg)
{
	struct loading *loading = arg;
	struct console_start *start = loading->start;

	if (loading->problems++ == 0)
		snprintf(start->problem, sizeof(start->problem),
			 "configuration, line %d: %s", line, sentence);
}

static bool bind_key(int key, int action, int line, void *arg,
		     struct error *err)
{
	(void)line;
	(void)arg;
	return action_map(key, action, err);
}

static void read_options(const struct tui_options *options,
			 struct settings *settings)
{
	struct error ignored;

	if (options->is_monochrome)
		settings_set(settings, "colors", "none", ORIGIN_OPTION, 0,
			     "--no-color", &ignored);
	if (options->is_ascii)
		settings_set(settings, "ascii", "on", ORIGIN_OPTION, 0,
			     "--ascii", &ignored);
	if (options->is_plain)
		settings_set(settings, "plain", "on", ORIGIN_OPTION, 0,
			     "--plain", &ignored);
}

void console_settings_load(const struct tui_options *options,
			   struct console_start *start)
{
	struct loading loading = {.start = start};
	const struct config_reader reader = {.settings = &start->settings,
					     .map = bind_key,
					     .problem = keep_first,
					     .arg = &loading};
	struct error err;

	memset(start, 0, sizeof(*start));
	settings_init(&start->settings);
	if (options->config_path &&
	    !config_file_read(options->config_path, &reader, &err) &&
	    loading.problems == 0)
		snprintf(start->problem, sizeof(start->problem), "%s",
			 err.text);
	settings_read_environment(&start->settings);
	read_options(options, &start->settings);
}

static enum term_choice choice_of(const struct settings *settings,
				  enum setting_id id)
{
	return settings_is(settings, id, "on")	  ? TERM_ON
	       : settings_is(settings, id, "off") ? TERM_OFF
						  : TERM_AUTO;
}

struct term_options console_settings_term(const struct settings *settings)
{
	static const struct {
		const char *name;
		enum theme_depth depth;
	} depths[] = {{"truecolor", DEPTH_TRUE},
		      {"256", DEPTH_256},
		      {"16", DEPTH_16},
		      {"none", DEPTH_NONE}};
	struct term_options term = {
		.is_ascii = settings_is(settings, SETTING_ASCII, "on"),
		.depth = DEPTH_ALL,
		.clipboard = choice_of(settings, SETTING_CLIPBOARD),
		.links = choice_of(settings, SETTING_LINKS)};
	size_t i;

	if (!theme_parse(settings_get(settings, SETTING_THEME), &term.theme))
		term.theme = theme_suited();
	for (i = 0; i < COUNT_OF(depths); i++)
		if (settings_is(settings, SETTING_COLORS, depths[i].name))
			term.depth = depths[i].depth;
	return term;
}

void console_settings_begin(struct console *console,
			    const struct console_start *start)
{
	console->settings = start->settings;
	if (!console->plain &&
	    settings_is(&console->settings, SETTING_MOUSE, "on"))
		term_set_mouse(true);
	console->has_blocks =
		settings_is(&console->settings, SETTING_BRAILLE, "off");
	console->undo.seconds = (int)strtol(
		settings_get(&console->settings, SETTING_UNDO), NULL, 10);
	/* from now on what comes is news */
	ring_look(console, DATA_EXPERIMENTS | DATA_OTHER);
	if (start->problem[0])
		console_say(console, ROLE_ERROR, "%s", start->problem);
}

static void apply_theme(struct console *console, enum theme theme,
			const char *name)
{
	if (!theme_select(theme))
		console_say(console, ROLE_WARNING,
			    "no colours here: NO_COLOR, --no-color, the "
			    "setting colors or the terminal");
	else
		console_say(console, ROLE_NORMAL,
			    "theme %s, %s; trialdeck config set theme %s "
			    "keeps it",
			    theme_name(theme_selected()), theme_depth_name(),
			    name);
	term_redraw();
}

static void apply(struct console *console, enum setting_id id)
{
	const struct term_options term =
		console_settings_term(&console->settings);
	const char *value = settings_get(&console->settings, id);
	const char *name = settings_table[id].name;

	if (console->plain && id != SETTING_BELL && id != SETTING_UNDO) {
		console_say(console, ROLE_WARNING, "%s means nothing in lines",
			    name);
		return;
	}
	switch (id) {
	case SETTING_THEME:
		apply_theme(console, term.theme, value);
		break;
	case SETTING_MOUSE:
		term_set_mouse(settings_is(&console->settings, id, "on"));
		console_say(console, ROLE_NORMAL, "mouse %s",
			    term_has_mouse() ? "on (Shift selects text)"
					     : "off");
		break;
	case SETTING_BRAILLE:
		console->has_blocks = value[1] == 'f';
		console_recalc(console, DATA_SELECTION);
		pictures_redraw(console);
		break;
	case SETTING_UNDO:
		console->undo.seconds = (int)strtol(value, NULL, 10);
		console_say(console, ROLE_NORMAL,
			    console->undo.seconds
				    ? "what destroys can be taken back for %s s"
				    : "what destroys is asked about, and then "
				      "done at once (%s)",
			    value);
		break;
	case SETTING_COLORS:
	case SETTING_ASCII:
	case SETTING_PLAIN:
		console_say(console, ROLE_WARNING,
			    "%s is read at the start: trialdeck config set %s "
			    "%s",
			    name, name, value);
		break;
	case SETTING_BELL:
	case SETTING_NOTIFY:
		ring_look(console, DATA_EXPERIMENTS | DATA_OTHER);
		console_say(console, ROLE_NORMAL, "%s %s", name, value);
		break;
	default:
		term_configure(&term);
		console_say(console, ROLE_NORMAL, "%s %s", name, value);
	}
}

bool console_settings_set(struct console *console, const char *assignment,
			  const char *value)
{
	const char *equals = strchr(assignment, '=');
	char name[64];
	struct error err;
	int id;

	snprintf(name, sizeof(name), "%.*s",
		 equals ? (int)(equals - assignment) : 60, assignment);
	id = settings_find(name);
	if (id < 0 && !equals && !value && strncmp(name, "no", 2) == 0) {
		id = settings_find(name + 2);
		value = "off";
	}
	if (id < 0)
		return false;
	value = equals ? equals + 1 : value ? value : "on";
	if (!settings_set(&console->settings, settings_table[id].name, value,
			  ORIGIN_SESSION, 0, NULL, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
	else
		apply(console, (enum setting_id)id);
	return true;
}

void console_next_theme(struct console *console)
{
	enum theme next = (theme_selected() + 1) % THEME_COUNT;

	console_settings_set(console, "theme", theme_name(next));
}
