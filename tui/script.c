/* SPDX-License-Identifier: MIT */
/*
 * Keys and commands from a file: for tests, screenshots and demonstrations.
 *
 * A line is a key's name (j, <Enter>, <F9>), several of them separated by
 * blanks, a ':' command, or a comment after '#'.  `:wait` holds the script
 * until the screen has shown the store's newest version and nothing is left
 * to be read.  After the last line the keyboard goes on.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "tui/console.h"
#include "tui/keys.h"
#include "tui/picture.h"

#include <stdlib.h>
#include <string.h>

#define SCRIPT_MAX_BYTES (1024 * 1024)

struct script {
	struct strbuf text;
	size_t at;
	bool is_waiting;
};

struct script *script_open(const char *path, struct error *err)
{
	struct script *script = xcalloc(1, sizeof(*script));

	strbuf_init(&script->text);
	if (!fs_read_file(path, SCRIPT_MAX_BYTES, &script->text, err)) {
		script_free(script);
		return NULL;
	}
	return script;
}

void script_free(struct script *script)
{
	if (!script)
		return;
	strbuf_release(&script->text);
	free(script);
}

bool script_is_waiting(const struct script *script)
{
	return script && script->is_waiting;
}

void script_wait(struct script *script)
{
	script->is_waiting = true;
}

static void press_keys(struct console *console, const char *line, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = strcspn(line + at, " \n");
		int key;

		if (at + n > len)
			n = len - at;
		key = key_parse(line + at, n);
		if (key != TK_NONE)
			console_on_key(console, key);
		else if (n > 0)
			console_say(console, ROLE_ERROR,
				    "script: no key is called \"%.*s\"", (int)n,
				    line + at);
		at += n + 1;
	}
}

bool script_step(struct console *console)
{
	struct script *script = console->script;
	const char *line;
	size_t len;

	if (!script)
		return false;
	if (script->is_waiting) {
		if (console->needs_paint ||
		    (console->data.store && data_has_news(&console->data)) ||
		    trial_index_is_loading(&console->data.trials) ||
		    pictures_are_loading(console) ||
		    pictures_wait_ms(console) >= 0 ||
		    request_is_pending(console) ||
		    !log_pane_is_settled(console))
			return true;
		script->is_waiting = false;
	}
	if (script->at >= script->text.len) {
		script_free(script);
		console->script = NULL;
		return false;
	}
	line = script->text.data + script->at;
	len = strcspn(line, "\n");
	script->at += len + 1;
	if (line[0] == ':') {
		char *command = xstrndup(line + 1, len - 1);

		commands_run(console, command);
		free(command);
	} else if (line[0] != '#') {
		press_keys(console, line, len);
	}
	return true;
}
