/* SPDX-License-Identifier: MIT */
#include "tests/tour/keys.h"

#include "base/mem.h"

#include <ctype.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *bytes;
} names[] = {
	{"<Enter>", "\r"},     {"<Esc>", "\x1b"},     {"<Space>", " "},
	{"<Tab>", "\t"},       {"<S-Tab>", "\x1b[Z"}, {"<Backspace>", "\x7f"},
	{"<lt>", "<"},	       {"<Up>", "\x1bOA"},    {"<Down>", "\x1bOB"},
	{"<Right>", "\x1bOC"}, {"<Left>", "\x1bOD"},  {"<Home>", "\x1bOH"},
	{"<End>", "\x1bOF"},   {"<PgUp>", "\x1b[5~"}, {"<PgDn>", "\x1b[6~"},
	{"<Del>", "\x1b[3~"},  {"<Ins>", "\x1b[2~"},  {"<F1>", "\x1bOP"},
	{"<F2>", "\x1bOQ"},    {"<F3>", "\x1bOR"},    {"<F4>", "\x1bOS"},
	{"<F5>", "\x1b[15~"},  {"<F6>", "\x1b[17~"},  {"<F7>", "\x1b[18~"},
	{"<F8>", "\x1b[19~"},  {"<F9>", "\x1b[20~"},  {"<F10>", "\x1b[21~"},
	{"<F11>", "\x1b[23~"}, {"<F12>", "\x1b[24~"},
};

void press(struct screen *screen, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, key))
			continue;
		screen_type(screen, names[i].bytes);
		return;
	}
	if (len == 5 && !strncmp(key, "<C-", 3) && key[4] == '>') {
		char control = (char)(toupper((unsigned char)key[3]) & 0x1f);

		screen_send(screen, &control, 1);
	} else if (len > 2 && key[0] == '<' && key[len - 1] == '>') {
		errx(1, "what does %s send?", key);
	} else {
		screen_type(screen, key);
	}
}

void press_all(struct screen *screen, const char *keys)
{
	char *text = xstrdup(keys), *word, *rest = text;

	while ((word = strsep(&rest, " "))) {
		if (!*word)
			continue;
		if (*word == ':' && word[1]) {
			if (rest)
				rest[-1] = ' ';
			screen_type(screen, word);
			screen_type(screen, "\r");
			break;
		}
		press(screen, word);
	}
	free(text);
}
