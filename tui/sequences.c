/* SPDX-License-Identifier: MIT */
/* Building and wrapping. */
#include "tui/sequences.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PIECE 480 /* what screen passes on at once */
#define NOTICE_MAX 200
#define URL_MAX_BYTES 2000

enum sequences_through sequences_found(void)
{
	const char *term = getenv("TERM"), *tmux = getenv("TMUX");

	if (tmux && *tmux)
		return THROUGH_TMUX;
	if (getenv("STY") || (term && strncmp(term, "screen", 6) == 0))
		return THROUGH_SCREEN;
	return THROUGH_NOTHING;
}

bool sequences_has_links(void)
{
	static const char *const marks[] = {"KITTY_WINDOW_ID", "WT_SESSION",
					    "KONSOLE_VERSION"};
	static const char *const programs[] = {"iTerm.app", "WezTerm", "vscode",
					       "ghostty"};
	static const char *const terms[] = {"xterm-kitty", "foot", "alacritty",
					    "wezterm", "xterm-ghostty"};
	const char *vte = getenv("VTE_VERSION"), *term = getenv("TERM");
	const char *program = getenv("TERM_PROGRAM");
	size_t i;

	/* these sit between, and old ones smear what they do not know */
	if (sequences_found() != THROUGH_NOTHING || !term)
		return false;
	if (vte && strtol(vte, NULL, 10) >= 5000)
		return true;
	for (i = 0; i < COUNT_OF(marks); i++)
		if (getenv(marks[i]))
			return true;
	for (i = 0; program && i < COUNT_OF(programs); i++)
		if (strcmp(program, programs[i]) == 0)
			return true;
	for (i = 0; i < COUNT_OF(terms); i++)
		if (strcmp(term, terms[i]) == 0)
			return true;
	return false;
}

static void wrap_for_tmux(struct strbuf *out, const char *bytes, size_t len)
{
	size_t i;

	strbuf_adds(out, "\033Ptmux;");
	for (i = 0; i < len; i++) {
		if (bytes[i] == '\033')
			strbuf_addch(out, '\033');
		strbuf_addch(out, bytes[i]);
	}
	strbuf_adds(out, "\033\\");
}

static void wrap_for_screen(struct strbuf *out, const char *bytes, size_t len)
{
	size_t at, n;

	for (at = 0; at < len; at += n) {
		n = len - at < PIECE ? len - at : PIECE;
		strbuf_adds(out, "\033P");
		strbuf_add(out, bytes + at, n);
		strbuf_adds(out, "\033\\");
	}
}

static void add_wrapped(struct strbuf *out, const struct strbuf *sequence,
			enum sequences_through through)
{
	if (through == THROUGH_TMUX)
		wrap_for_tmux(out, sequence->data, sequence->len);
	else if (through == THROUGH_SCREEN)
		wrap_for_screen(out, sequence->data, sequence->len);
	else
		strbuf_add(out, sequence->data, sequence->len);
}

static void add_base64(struct strbuf *out, const char *text, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	for (i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned bits = (unsigned)(unsigned char)text[i] << 16;

		if (left > 1)
			bits |= (unsigned)(unsigned char)text[i + 1] << 8;
		if (left > 2)
			bits |= (unsigned char)text[i + 2];
		strbuf_addch(out, digits[bits >> 18]);
		strbuf_addch(out, digits[bits >> 12 & 63]);
		strbuf_addch(out, left > 1 ? digits[bits >> 6 & 63] : '=');
		strbuf_addch(out, left > 2 ? digits[bits & 63] : '=');
	}
}

size_t sequences_copy_most(void)
{
	return SEQUENCES_COPY_MAX / 4 * 3;
}

bool sequences_add_copy(struct strbuf *out, const char *text, size_t len,
			enum sequences_through through)
{
	struct strbuf sequence = STRBUF_INIT;

	if (len > sequences_copy_most())
		return false;
	/* BEL ends it: a string terminator would end screen's wrapping */
	strbuf_adds(&sequence, "\033]52;c;");
	add_base64(&sequence, text, len);
	strbuf_addch(&sequence, '\a');
	if (through == THROUGH_TMUX)
		strbuf_add(out, sequence.data, sequence.len);
	add_wrapped(out, &sequence, through);
	strbuf_release(&sequence);
	return true;
}

void sequences_add_notice(struct strbuf *out, const char *text,
			  enum sequences_through through)
{
	struct strbuf sequence = STRBUF_INIT;
	size_t n;

	strbuf_adds(&sequence, "\033]9;");
	for (n = 0; *text && n < NOTICE_MAX; text++) {
		if ((unsigned char)*text < ' ' || *text == 127)
			continue;
		strbuf_addch(&sequence, *text);
		n++;
	}
	strbuf_addch(&sequence, '\a');
	add_wrapped(out, &sequence, through);
	strbuf_release(&sequence);
}

bool sequences_add_link(struct strbuf *out, const char *url)
{
	size_t len = strnlen(url, URL_MAX_BYTES + 1), i;

	if (len == 0 || len > URL_MAX_BYTES)
		return false;
	for (i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] >= 127)
			return false;
	strbuf_addf(out, "\033]8;;%s\033\\", url);
	return true;
}

void sequences_end_link(struct strbuf *out)
{
	strbuf_adds(out, "\033]8;;\033\\");
}
