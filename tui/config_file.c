/* SPDX-License-Identifier: MIT */
/* Reading the file line by line, and changing one line of it. */
#include "tui/config_file.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "tui/action.h"
#include "tui/cmdline.h"
#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (64 * 1024)

char *config_file_path(void)
{
	const char *base = getenv("XDG_CONFIG_HOME");

	if (base && base[0] == '/')
		return fs_join(base, "trialdeck/config");
	return fs_expand_home("~/.config/trialdeck/config");
}

/* "set NAME VALUE", "set NAME=VALUE", "set NAME" and "set noNAME". */
static bool split_set(const struct cmdline *line, char **ret_name,
		      const char **ret_value, struct error *err)
{
	char *name, *equals;

	if (line->argc < 2 || line->argc > 3)
		return error_set(err, ERROR_INVALID, "usage: set NAME VALUE");
	name = xstrdup(line->argv[1]);
	equals = strchr(name, '=');
	*ret_value = line->argc == 3 ? line->argv[2] : "on";
	if (equals) {
		if (line->argc == 3) {
			free(name);
			return error_set(err, ERROR_INVALID,
					 "usage: set NAME=VALUE, one value");
		}
		*ret_value = line->argv[1] + (equals - name) + 1;
		*equals = '\0';
	} else if (line->argc == 2 && strncmp(name, "no", 2) == 0 &&
		   settings_find(name) < 0 && settings_find(name + 2) >= 0) {
		memmove(name, name + 2, strlen(name + 2) + 1);
		*ret_value = "off";
	}
	*ret_name = name;
	return true;
}

static bool read_set(const struct cmdline *line, int number,
		     const struct config_reader *reader, struct error *err)
{
	const char *value = NULL;
	char *name = NULL;
	bool is_ok;

	if (!split_set(line, &name, &value, err))
		return false;
	is_ok = settings_set(reader->settings, name, value, ORIGIN_FILE, number,
			     NULL, err);
	free(name);
	return is_ok;
}

static bool no_action(const char *name, struct error *err)
{
	const char *known[ACTION_COUNT], *near;
	int i;

	for (i = 0; i < ACTION_COUNT; i++)
		known[i] = actions[i].name;
	near = nearest_word(name, known, ACTION_COUNT);
	if (near)
		return error_set(err, ERROR_INVALID,
				 "no action is called \"%.60s\": did you mean "
				 "\"%s\"?",
				 name, near);
	return error_set(err, ERROR_INVALID,
			 "no action is called \"%.60s\" (the help page has "
			 "their names under :NAME)",
			 name);
}

static bool read_map(const struct cmdline *line, int number,
		     const struct config_reader *reader, struct error *err)
{
	int key;
	enum action_id action;

	if (line->argc != 3)
		return error_set(err, ERROR_INVALID, "usage: map KEY ACTION");
	key = key_parse(line->argv[1], strlen(line->argv[1]));
	if (key == TK_NONE)
		return error_set(err, ERROR_INVALID,
				 "no key is called \"%.60s\": j, <Enter>, <F9> "
				 "and <C-d> are",
				 line->argv[1]);
	action = action_find(line->argv[2]);
	if (action == ACTION_NONE)
		return no_action(line->argv[2], err);
	return !reader->map ||
	       reader->map(key, action, number, reader->arg, err);
}

static bool read_line(const char *text, size_t len, int number,
		      const struct config_reader *reader, struct error *err)
{
	struct cmdline line;
	bool is_ok = true;

	while (len && (*text == ' ' || *text == '\t' || *text == ':')) {
		text++;
		len--;
	}
	while (len && (text[len - 1] == '\r' || text[len - 1] == ' '))
		len--;
	if (len == 0 || *text == '#')
		return true;
	if (!cmdline_parse(text, len, &line, err))
		return false;
	if (line.argc == 0)
		;
	else if (strcmp(line.argv[0], "set") == 0)
		is_ok = read_set(&line, number, reader, err);
	else if (strcmp(line.argv[0], "map") == 0)
		is_ok = read_map(&line, number, reader, err);
	else
		is_ok = error_set(err, ERROR_INVALID,
				  "a line begins with set, map or #, not with "
				  "\"%.60s\"",
				  line.argv[0]);
	cmdline_release(&line);
	return is_ok;
}

bool config_text_read(const char *text, size_t len, const char *path,
		      const struct config_reader *reader, struct error *err)
{
	bool is_ok = true;
	int number = 1;

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		struct error problem;

		if (!read_line(text, n, number, reader, &problem)) {
			struct strbuf safe = STRBUF_INIT;

			utf8_sanitize(&safe, problem.text, strlen(problem.text),
				      false);
			if (reader->problem)
				reader->problem(number, safe.data, reader->arg);
			if (is_ok)
				error_set(err, ERROR_INVALID, "%s:%d: %s", path,
					  number, safe.data);
			strbuf_release(&safe);
			is_ok = false;
		}
		n += end ? 1 : 0;
		text += n;
		len -= n;
		number++;
	}
	return is_ok;
}

/* Nothing is there, or what is. */
static bool read_whole(const char *path, struct strbuf *text, struct error *err)
{
	if (access(path, F_OK) < 0)
		return true;
	return fs_read_file(path, FILE_MAX_BYTES, text, err);
}

bool config_file_read(const char *path, const struct config_reader *reader,
		      struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	bool is_ok = read_whole(path, &text, err) &&
		     config_text_read(text.data, text.len, path, reader, err);

	strbuf_release(&text);
	return is_ok;
}

/* Does this line set this setting? */
static bool is_line_of(const char *text, size_t len, const char *name)
{
	struct settings scratch;
	const struct config_reader reader = {.settings = &scratch};
	struct error ignored;
	int id = settings_find(name);

	settings_init(&scratch);
	return read_line(text, len, 1, &reader, &ignored) && id >= 0 &&
	       scratch.values[id].origin == ORIGIN_FILE;
}

/* The file with the setting's lines left out, but the last of them changed
 * when there is a value. */
static void rewrite(const struct strbuf *old, const char *name,
		    const char *value, struct strbuf *out)
{
	const char *last = NULL, *at = old->data, *end = at + old->len;
	size_t n;

	for (; at < end; at += n + 1) {
		n = strcspn(at, "\n");
		if (is_line_of(at, n, name))
			last = at;
	}
	for (at = old->data; at < end; at += n + 1) {
		n = strcspn(at, "\n");
		if (!is_line_of(at, n, name)) {
			strbuf_add(out, at, n);
			strbuf_addch(out, '\n');
		} else if (at == last && value) {
			strbuf_addf(out, "set %s %s\n", name, value);
		}
	}
	if (!last && value)
		strbuf_addf(out, "set %s %s\n", name, value);
}

bool config_file_set(const char *path, const char *name, const char *value,
		     struct error *err)
{
	struct strbuf old = STRBUF_INIT, out = STRBUF_INIT;
	enum setting_id id;
	char *folder = fs_folder(path);
	int known = settings_find(name);
	bool is_ok;

	is_ok = settings_check(name,
			       value	    ? value
			       : known >= 0 ? settings_table[known].fallback
					    : "",
			       &id, err) &&
		fs_make_folders(folder, err) && read_whole(path, &old, err);
	if (is_ok && memchr(old.data, '\0', old.len))
		is_ok = error_set(err, ERROR_INVALID,
				  "%s is no text: it is left as it is", path);
	if (is_ok) {
		rewrite(&old, settings_table[id].name, value, &out);
		is_ok = fs_write_file(path, out.data, out.len, err);
	}
	strbuf_release(&old);
	strbuf_release(&out);
	free(folder);
	return is_ok;
}

void config_file_template(struct strbuf *out)
{
	int i;

	strbuf_adds(out, "# trialdeck's console.  `trialdeck config check` "
			 "reads this file.\n"
			 "# Keys: map KEY ACTION, such as: map K kill\n");
	for (i = 0; i < SETTING_COUNT; i++)
		strbuf_addf(out, "\n# %s\n# %s\n#set %s %s\n",
			    settings_table[i].help, settings_table[i].values,
			    settings_table[i].name, settings_table[i].fallback);
}
