/* SPDX-License-Identifier: MIT */
/* Words, quotes and backslashes. */
#include "tui/cmdline.h"

#include "base/mem.h"
#include "base/strbuf.h"

#include <stdlib.h>
#include <string.h>

void cmdline_release(struct cmdline *cmdline)
{
	int i;

	for (i = 0; i < cmdline->argc; i++)
		free(cmdline->argv[i]);
	free(cmdline->rest);
	memset(cmdline, 0, sizeof(*cmdline));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool check_text(const char *text, size_t len, struct error *err)
{
	size_t i;

	if (len > CMDLINE_TEXT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "the command is longer than %d bytes",
				 CMDLINE_TEXT_MAX);
	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] < 32 && text[i] != '\t') ||
		    text[i] == 127)
			return error_set(err, ERROR_INVALID,
					 "the command holds a control "
					 "character");
	return true;
}

/* Read one word from *at on.  False when a quote is not closed. */
static bool read_word(const char *text, size_t len, size_t *at,
		      struct strbuf *word, struct error *err)
{
	char quote = 0;

	while (*at < len && (quote || !is_blank(text[*at]))) {
		char c = text[(*at)++];

		if (c == '\\' && quote != '\'') {
			if (*at == len)
				return error_set(err, ERROR_INVALID,
						 "nothing follows the last "
						 "backslash");
			strbuf_addch(word, text[(*at)++]);
		} else if (quote && c == quote) {
			quote = 0;
		} else if (!quote && (c == '"' || c == '\'')) {
			quote = c;
		} else {
			strbuf_addch(word, c);
		}
	}
	if (quote)
		return error_set(err, ERROR_INVALID, "a %c is not closed",
				 quote);
	return true;
}

/* Commands that take the rest of the line as it is have quotes of their own:
 * there a word's trouble is none of ours. */
static bool takes_rest(const char *word)
{
	return strcmp(word, "filter") == 0 || strcmp(word, "search") == 0 ||
	       strcmp(word, "mark-by") == 0 || strcmp(word, "add") == 0;
}

bool cmdline_parse(const char *text, size_t len, struct cmdline *ret,
		   struct error *err)
{
	struct cmdline cmdline = {0};
	size_t at = 0, end = len;

	if (!check_text(text, len, err))
		return false;
	while (end > 0 && is_blank(text[end - 1]))
		end--;
	for (;;) {
		struct strbuf word = STRBUF_INIT;
		size_t start;

		while (at < end && is_blank(text[at]))
			at++;
		if (at == end)
			break;
		start = at;
		if (cmdline.argc == CMDLINE_WORDS_MAX) {
			cmdline_release(&cmdline);
			return error_set(err, ERROR_LIMIT,
					 "a command has at most %d words",
					 CMDLINE_WORDS_MAX);
		}
		if (cmdline.argc == 1)
			cmdline.rest = xstrndup(text + start, end - start);
		/* the end was trimmed: "\ " at the end keeps its blank */
		if (!read_word(text, len > end ? len : end, &at, &word, err)) {
			strbuf_release(&word);
			if (cmdline.argc && takes_rest(cmdline.argv[0]))
				break;
			cmdline_release(&cmdline);
			return false;
		}
		cmdline.argv[cmdline.argc++] = strbuf_detach(&word);
		if (at > end)
			break;
	}
	if (!cmdline.rest)
		cmdline.rest = xstrdup("");
	*ret = cmdline;
	return true;
}
