/* SPDX-License-Identifier: MIT */
/* The two-way table of key names. */
#include "tui/keys.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int key;
} names[] = {
	{"Up", TK_UP},	      {"Down", TK_DOWN},
	{"Left", TK_LEFT},    {"Right", TK_RIGHT},
	{"Home", TK_HOME},    {"End", TK_END},
	{"PgUp", TK_PAGE_UP}, {"PgDn", TK_PAGE_DOWN},
	{"Ins", TK_INSERT},   {"Del", TK_DELETE},
	{"Tab", TK_TAB},      {"S-Tab", TK_BACK_TAB},
	{"Enter", TK_ENTER},  {"Esc", TK_ESC},
	{"Space", TK_SPACE},  {"Backspace", TK_BACKSPACE},
	{"lt", '<'},
};

static int parse_special(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < COUNT_OF(names); i++)
		if (strlen(names[i].name) == len &&
		    strncasecmp(names[i].name, name, len) == 0)
			return names[i].key;
	if (len == 3 && (name[0] == 'C' || name[0] == 'c') && name[1] == '-') {
		char letter = name[2] | 0x20;

		return letter >= 'a' && letter <= 'z' ? TK_CTRL(letter)
						      : TK_NONE;
	}
	if ((len == 2 || len == 3) && (name[0] == 'F' || name[0] == 'f')) {
		int number = 0;

		for (i = 1; i < len; i++) {
			if (name[i] < '0' || name[i] > '9')
				return TK_NONE;
			number = number * 10 + name[i] - '0';
		}
		return number >= 1 && number <= 12 ? TK_F0 + number : TK_NONE;
	}
	return TK_NONE;
}

int key_parse(const char *name, size_t len)
{
	uint32_t point;

	if (len == 0)
		return TK_NONE;
	if (len > 2 && name[0] == '<' && name[len - 1] == '>')
		return parse_special(name + 1, len - 2);
	if (utf8_decode(name, len, &point) != len || point == UTF8_INVALID ||
	    point < 32 || point == 127)
		return TK_NONE;
	return (int)point;
}

void key_format(int key, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < COUNT_OF(names); i++) {
		if (names[i].key == key) {
			strbuf_addf(out, "<%s>", names[i].name);
			return;
		}
	}
	if (key > TK_F0 && key <= TK_F12)
		strbuf_addf(out, "<F%d>", key - TK_F0);
	else if (key >= 1 && key <= 26)
		strbuf_addf(out, "<C-%c>", 'a' + key - 1);
	else if (key >= 32 && key < TK_BASE)
		utf8_encode(out, (uint32_t)key);
	else
		strbuf_adds(out, "<?>");
}
