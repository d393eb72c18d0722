/* SPDX-License-Identifier: MIT */
/* A line editor of the usual keys, with history and completion. */
#include "tui/prompt.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/draw.h"
#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void prompt_init(struct prompt *prompt)
{
	memset(prompt, 0, sizeof(*prompt));
	strbuf_init(&prompt->text);
}

static void forget_candidates(struct prompt *prompt)
{
	while (prompt->candidate_count > 0)
		free(prompt->candidates[--prompt->candidate_count]);
	free(prompt->candidates);
	prompt->candidates = NULL;
}

void prompt_release(struct prompt *prompt)
{
	int kind;

	for (kind = 0; kind < PROMPT_EDITS; kind++) {
		struct prompt_history *history = &prompt->histories[kind];

		while (history->count > 0)
			free(history->items[--history->count]);
	}
	forget_candidates(prompt);
	strbuf_release(&prompt->text);
	free(prompt->draft);
	free(prompt->question);
}

static void set_text(struct prompt *prompt, const char *text)
{
	strbuf_clear(&prompt->text);
	strbuf_adds(&prompt->text, text);
	prompt->at = prompt->text.len;
}

void prompt_close(struct prompt *prompt)
{
	prompt->kind = PROMPT_NONE;
	forget_candidates(prompt);
	free(prompt->draft);
	prompt->draft = NULL;
	free(prompt->question);
	prompt->question = NULL;
}

void prompt_open(struct prompt *prompt, enum prompt_kind kind, const char *text)
{
	prompt_close(prompt);
	prompt->kind = kind;
	prompt->recalled = 0;
	set_text(prompt, text);
}

void prompt_ask(struct prompt *prompt, const char *question)
{
	char *copy = xstrdup(question);

	prompt_close(prompt);
	prompt->kind = PROMPT_QUESTION;
	prompt->question = copy;
}

void prompt_menu(struct prompt *prompt, const char *question, size_t item)
{
	prompt_ask(prompt, question);
	prompt->kind = PROMPT_MENU;
	prompt->item = item;
}

void prompt_remember(struct prompt *prompt, enum prompt_kind kind,
		     const char *text)
{
	struct prompt_history *history = &prompt->histories[kind];

	if (!*text || (history->count &&
		       strcmp(history->items[history->count - 1], text) == 0))
		return;
	if (history->count == PROMPT_HISTORY_MAX) {
		free(history->items[0]);
		memmove(history->items, history->items + 1,
			(PROMPT_HISTORY_MAX - 1) * sizeof(char *));
		history->count--;
	}
	history->items[history->count++] = xstrdup(text);
}

static void recall(struct prompt *prompt, bool is_older)
{
	struct prompt_history *history = &prompt->histories[prompt->kind];

	if (is_older ? prompt->recalled == history->count
		     : prompt->recalled == 0)
		return;
	if (prompt->recalled == 0) {
		free(prompt->draft);
		prompt->draft = xstrdup(prompt->text.data);
	}
	prompt->recalled += is_older ? 1 : (size_t)-1;
	set_text(prompt,
		 prompt->recalled == 0
			 ? prompt->draft
			 : history->items[history->count - prompt->recalled]);
}

static size_t step_left(const struct prompt *prompt)
{
	size_t at = prompt->at;

	while (at > 0 && (prompt->text.data[--at] & 0xC0) == 0x80)
		;
	return at;
}

static size_t step_right(const struct prompt *prompt)
{
	size_t at = prompt->at;
	uint32_t point;

	if (at < prompt->text.len)
		at += utf8_decode(prompt->text.data + at, prompt->text.len - at,
				  &point);
	return at;
}

static size_t word_left(const struct prompt *prompt)
{
	size_t at = prompt->at;

	while (at > 0 && prompt->text.data[at - 1] == ' ')
		at--;
	while (at > 0 && prompt->text.data[at - 1] != ' ')
		at--;
	return at;
}

/* Replace bytes [from, to) with text and stand behind it. */
static void splice(struct prompt *prompt, size_t from, size_t to,
		   const char *text, size_t len)
{
	struct strbuf out = STRBUF_INIT;

	if (prompt->text.len - (to - from) + len > PROMPT_TEXT_MAX)
		return;
	strbuf_add(&out, prompt->text.data, from);
	strbuf_add(&out, text, len);
	strbuf_adds(&out, prompt->text.data + to);
	strbuf_release(&prompt->text);
	prompt->text = out;
	prompt->at = from + len;
}

static enum prompt_result insert_key(struct prompt *prompt, int key)
{
	struct strbuf point = STRBUF_INIT;

	if (key < 32 || key >= TK_BASE || utf8_point_width((uint32_t)key) < 0)
		return PROMPT_OPEN;
	utf8_encode(&point, (uint32_t)key);
	splice(prompt, prompt->at, prompt->at, point.data, point.len);
	strbuf_release(&point);
	return PROMPT_CHANGED;
}

static enum prompt_result edit(struct prompt *prompt, int key)
{
	size_t len = prompt->text.len;

	if (key != TK_TAB && key != TK_BACK_TAB)
		forget_candidates(prompt);
	switch (key) {
	case TK_ENTER:
		return PROMPT_DONE;
	case TK_ESC:
	case TK_CTRL('c'):
	case TK_CTRL('g'):
		return PROMPT_CANCELED;
	case TK_BACKSPACE:
		if (len == 0)
			return PROMPT_CANCELED;
		splice(prompt, step_left(prompt), prompt->at, "", 0);
		return PROMPT_CHANGED;
	case TK_DELETE:
	case TK_CTRL('d'):
		splice(prompt, prompt->at, step_right(prompt), "", 0);
		prompt->at = prompt->at > prompt->text.len ? prompt->text.len
							   : prompt->at;
		return PROMPT_CHANGED;
	case TK_CTRL('w'):
		splice(prompt, word_left(prompt), prompt->at, "", 0);
		return PROMPT_CHANGED;
	case TK_CTRL('u'):
		splice(prompt, 0, prompt->at, "", 0);
		return PROMPT_CHANGED;
	case TK_CTRL('k'):
		strbuf_truncate(&prompt->text, prompt->at);
		return PROMPT_CHANGED;
	case TK_LEFT:
	case TK_CTRL('b'):
		prompt->at = step_left(prompt);
		return PROMPT_OPEN;
	case TK_RIGHT:
	case TK_CTRL('f'):
		prompt->at = step_right(prompt);
		return PROMPT_OPEN;
	case TK_HOME:
	case TK_CTRL('a'):
		prompt->at = 0;
		return PROMPT_OPEN;
	case TK_END:
	case TK_CTRL('e'):
		prompt->at = len;
		return PROMPT_OPEN;
	case TK_UP:
	case TK_CTRL('p'):
		recall(prompt, true);
		return PROMPT_CHANGED;
	case TK_DOWN:
	case TK_CTRL('n'):
		recall(prompt, false);
		return PROMPT_CHANGED;
	case TK_TAB:
		if (prompt->candidate_count > 0) {
			prompt_complete(prompt);
			return PROMPT_CHANGED;
		}
		prompt->word_start = word_left(prompt);
		return PROMPT_COMPLETE;
	default:
		return insert_key(prompt, key);
	}
}

static enum prompt_result choose(struct prompt *prompt, int key)
{
	size_t i, n = prompt->item_count;

	switch (key) {
	case TK_ENTER:
	case '+':
		prompt->answer = key;
		return PROMPT_DONE;
	case TK_ESC:
	case TK_CTRL('c'):
	case TK_CTRL('g'):
	case 'q':
		return PROMPT_CANCELED;
	case TK_RIGHT:
	case TK_DOWN:
	case TK_TAB:
		prompt->item = (prompt->item + 1) % n;
		return PROMPT_OPEN;
	case TK_LEFT:
	case TK_UP:
	case TK_BACK_TAB:
		prompt->item = (prompt->item + n - 1) % n;
		return PROMPT_OPEN;
	default:
		for (i = 1; i <= n; i++) {
			size_t item = (prompt->item + i) % n;

			if (key < 127 &&
			    (prompt->items[item][0] | 0x20) == (key | 0x20)) {
				prompt->item = item;
				break;
			}
		}
		return PROMPT_OPEN;
	}
}

enum prompt_result prompt_on_key(struct prompt *prompt, int key)
{
	if (prompt->kind == PROMPT_QUESTION) {
		prompt->answer = key;
		return PROMPT_ANSWERED;
	}
	if (prompt->kind == PROMPT_MENU)
		return choose(prompt, key);
	return edit(prompt, key);
}

void prompt_offer(struct prompt *prompt, const char *candidate)
{
	const char *word = prompt->text.data + prompt->word_start;
	size_t len = prompt->at - prompt->word_start;

	if (prompt->candidate_count >= 1000 ||
	    strncasecmp(candidate, word, len) != 0)
		return;
	prompt->candidates =
		xrealloc(prompt->candidates,
			 (prompt->candidate_count + 1) * sizeof(char *));
	prompt->candidates[prompt->candidate_count++] = xstrdup(candidate);
	prompt->candidate = (size_t)-1;
}

static size_t common_prefix(const struct prompt *prompt)
{
	size_t i, len = strlen(prompt->candidates[0]);

	for (i = 1; i < prompt->candidate_count; i++) {
		size_t n = 0;

		while (n < len &&
		       prompt->candidates[i][n] == prompt->candidates[0][n])
			n++;
		len = n;
	}
	return len;
}

void prompt_complete(struct prompt *prompt)
{
	const char *word;
	size_t len;

	if (prompt->candidate_count == 0)
		return;
	len = common_prefix(prompt);
	if (prompt->candidate == (size_t)-1 && prompt->candidate_count > 1 &&
	    len > prompt->at - prompt->word_start) {
		splice(prompt, prompt->word_start, prompt->at,
		       prompt->candidates[0], len);
		return;
	}
	prompt->candidate =
		prompt->candidate == (size_t)-1
			? 0
			: (prompt->candidate + 1) % prompt->candidate_count;
	word = prompt->candidates[prompt->candidate];
	splice(prompt, prompt->word_start, prompt->at, word, strlen(word));
	if (prompt->candidate_count == 1) {
		splice(prompt, prompt->at, prompt->at, " ", 1);
		forget_candidates(prompt);
	}
}

static void draw_menu(const struct prompt *prompt, int y, int cols)
{
	size_t i, first = 0;
	int x = draw_part(y, 0, cols, ROLE_PROMPT, prompt->question);

	/* enough of the items that the chosen one is in view */
	for (i = 0, first = 0; i <= prompt->item; i++) {
		int width = 0;
		size_t k;

		for (k = first; k <= prompt->item; k++)
			width += utf8_width(prompt->items[k],
					    strlen(prompt->items[k])) +
				 1;
		if (x + 1 + width <= cols)
			break;
		first++;
	}
	for (i = first; i < prompt->item_count && x < cols; i++) {
		x++;
		x += draw_part(y, x, cols - x,
			       i == prompt->item ? ROLE_SELECTED : ROLE_NORMAL,
			       prompt->items[i]);
	}
	draw_text(y, x, cols - x, ROLE_NORMAL, "");
}

static void draw_candidates(const struct prompt *prompt, int y, int x, int cols)
{
	size_t i;

	for (i = 0; i < prompt->candidate_count && x < cols; i++) {
		x += 2;
		x += draw_part(y, x, cols - x,
			       i == prompt->candidate ? ROLE_STRONG : ROLE_DIM,
			       prompt->candidates[i]);
	}
}

/* What can be answered must be seen: a long question loses its middle. */
static void draw_question(const char *question, int y, int cols)
{
	const char *answers = strstr(question, "? [");
	int width = answers ? utf8_width(answers, strlen(answers)) : 0;
	char head[256];
	int used;

	if (answers && width < cols &&
	    utf8_width(question, strlen(question)) > cols) {
		snprintf(head, sizeof(head), "%.*s", (int)(answers - question),
			 question);
		used = draw_text(y, 0, cols - width, ROLE_QUESTION, head);
		used += draw_text(y, used, cols - used, ROLE_QUESTION, answers);
	} else {
		used = draw_text(y, 0, cols, ROLE_QUESTION, question);
	}
	draw_cursor(y, used < cols ? used : cols - 1);
}

int prompt_skip(const struct prompt *prompt, int cols)
{
	int before = utf8_width(prompt->text.data, prompt->at);

	return before > cols - 3 ? before - (cols - 3) : 0;
}

void prompt_draw(const struct prompt *prompt, int y, int cols)
{
	static const char signs[] = {' ', ':', '/', '\\', '&', '@', '*', '>'};
	const char *text = prompt->text.data;
	int before, skip = prompt_skip(prompt, cols);

	if (prompt->kind == PROMPT_MENU) {
		draw_menu(prompt, y, cols);
		return;
	}
	if (prompt->kind == PROMPT_QUESTION) {
		draw_question(prompt->question, y, cols);
		return;
	}
	before = utf8_width(text, prompt->at);
	draw_point(y, 0, ROLE_PROMPT, (uint32_t)signs[prompt->kind]);
	draw_slice(y, 1, cols - 1, ROLE_NORMAL, text, prompt->text.len, skip);
	draw_candidates(prompt, y,
			1 + utf8_width(text, prompt->text.len) - skip, cols);
	draw_cursor(y, 1 + before - skip);
}
