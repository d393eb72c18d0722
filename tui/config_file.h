/* SPDX-License-Identifier: MIT */
/*
 * The user's configuration file: lines as one types them after ':'.
 *
 *     # comment
 *     set theme light
 *     map K kill
 *
 * A line that is wrong is told with its number and left out; the others
 * count.  Input is hostile: bounded.  Thread: any, but maps are the ui's.
 */
#ifndef TUI_CONFIG_FILE_H
#define TUI_CONFIG_FILE_H

#include "tui/settings.h"

#include "base/strbuf.h"

/* $XDG_CONFIG_HOME/trialdeck/config, else ~/.config/trialdeck/config.  Caller
 * frees. */
char *config_file_path(void);

/* Of a line that is wrong. */
typedef void config_problem_fn(int line, const char *sentence, void *arg);
/* Of a key that is bound; NULL: only checked. */
typedef bool config_map_fn(int key, int action, int line, void *arg,
			   struct error *err);

struct config_reader {
	struct settings *settings;
	config_map_fn *map;
	config_problem_fn *problem; /* may be NULL */
	void *arg;
};

/* A file that is not there is empty.  False when some line is wrong or the
 * file cannot be read; err then has the first of it ("PATH:3: ..."). */
bool config_file_read(const char *path, const struct config_reader *reader,
		      struct error *err);
/* The same of a text. */
bool config_text_read(const char *text, size_t len, const char *path,
		      const struct config_reader *reader, struct error *err);
/* Give a setting another value in the file: its last line is changed, or one
 * is added; with NULL its lines go.  Everything else stays as it is. */
bool config_file_set(const char *path, const char *name, const char *value,
		     struct error *err);
/* Text of a new file: every setting, commented out, with what it does. */
void config_file_template(struct strbuf *out);

#endif
