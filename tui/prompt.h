/* SPDX-License-Identifier: MIT */
/*
 * The last line when it asks for something: a line to edit, a choice, or one
 * key.  It edits and remembers; what an answer means is the caller's business.
 */
#ifndef TUI_PROMPT_H
#define TUI_PROMPT_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>

#define PROMPT_TEXT_MAX 4096
#define PROMPT_HISTORY_MAX 100
#define PROMPT_ITEMS_MAX 64

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_COMMAND,
	PROMPT_SEARCH,
	PROMPT_FILTER,
	PROMPT_LOG_FILTER,
	PROMPT_LOG_JUMP,
	PROMPT_MARK, /* a filter that marks */
	PROMPT_PALETTE,
	PROMPT_EDITS, /* the kinds above edit a line */
	PROMPT_MENU = PROMPT_EDITS,
	PROMPT_QUESTION
};

enum prompt_result {
	PROMPT_OPEN,	 /* nothing to do but draw */
	PROMPT_CHANGED,	 /* the text is another one (live filter) */
	PROMPT_DONE,	 /* Enter: text or item is the answer ('+' in a menu) */
	PROMPT_CANCELED, /* Esc, ^C */
	PROMPT_ANSWERED, /* a question: answer holds the key */
	PROMPT_COMPLETE	 /* Tab: the caller completes */
};

struct prompt_history {
	char *items[PROMPT_HISTORY_MAX]; /* owned; oldest first */
	size_t count;
};

struct prompt {
	enum prompt_kind kind;
	struct strbuf text;
	size_t at; /* cursor: byte in text */
	struct prompt_history histories[PROMPT_EDITS];
	size_t recalled; /* items back in history; 0: the line itself */
	char *draft;	 /* the line while older ones are shown; owned */

	char *question;			     /* owned */
	int answer;			     /* a key */
	const char *items[PROMPT_ITEMS_MAX]; /* menu; borrowed */
	size_t item_count, item;

	/* completion: what stood there, and the candidates found */
	char **candidates; /* owned */
	size_t candidate_count, candidate;
	size_t word_start;
};

void prompt_init(struct prompt *prompt);
void prompt_release(struct prompt *prompt);
void prompt_open(struct prompt *prompt, enum prompt_kind kind,
		 const char *text);
void prompt_ask(struct prompt *prompt, const char *question);
void prompt_menu(struct prompt *prompt, const char *question, size_t item);
void prompt_close(struct prompt *prompt);
enum prompt_result prompt_on_key(struct prompt *prompt, int key);
/* Offer a candidate for the word that begins at word_start. */
void prompt_offer(struct prompt *prompt, const char *candidate);
/* All offered: put the first one in (or what they have in common). */
void prompt_complete(struct prompt *prompt);
void prompt_remember(struct prompt *prompt, enum prompt_kind kind,
		     const char *text);
/* Columns of the text that are scrolled out to the left. */
int prompt_skip(const struct prompt *prompt, int cols);
/* Paint it on a line of the screen and place the cursor. */
void prompt_draw(const struct prompt *prompt, int y, int cols);

#endif
