/* SPDX-License-Identifier: MIT */
/* What curses has no word for: clipboard, bell, notifications, links. */
#include "base/strbuf.h"
#include "tui/sequences.h"
#include "tui/term.h"
#include "tui/term_private.h"

#include <stdint.h>
#include <string.h>

static enum term_choice clipboard, links;
static uint64_t links_shown; /* a hash of them; 0: none are */

void term_configure(const struct term_options *options)
{
	clipboard = options->clipboard;
	links = options->links;
}

bool term_copy(const char *text, size_t len, struct error *err)
{
	struct strbuf out = STRBUF_INIT;
	bool is_ok;

	if (clipboard == TERM_OFF || !term_is_open() ||
	    (clipboard == TERM_AUTO && !term_is_rich()))
		return error_set(err, ERROR_UNAVAILABLE,
				 clipboard == TERM_OFF
					 ? "copying is switched off: :set "
					   "clipboard=auto"
					 : "this terminal has no clipboard: "
					   ":export writes a file");
	is_ok = sequences_add_copy(&out, text, len, sequences_found()) ||
		error_set(err, ERROR_LIMIT,
			  "%zu bytes are too many for a terminal's clipboard "
			  "(%zu at most): :export writes a file",
			  len, sequences_copy_most());
	term_write(out.data, out.len);
	strbuf_release(&out);
	return is_ok;
}

void term_bell(void)
{
	if (term_is_rich())
		term_write("\a", 1);
}

void term_notify(const char *text)
{
	struct strbuf out = STRBUF_INIT;

	if (!term_is_rich())
		return;
	sequences_add_notice(&out, text, sequences_found());
	term_write(out.data, out.len);
	strbuf_release(&out);
}

bool term_has_links(void)
{
	return term_is_rich() && (links == TERM_ON || (links == TERM_AUTO &&
						       sequences_has_links()));
}

/* FNV-1a: only to see whether they are the same. */
static uint64_t add_hash(uint64_t hash, const void *data, size_t len)
{
	const unsigned char *bytes = data;

	while (len--)
		hash = (hash ^ *bytes++) * 1099511628211ULL;
	return hash;
}

void term_forget_links(void)
{
	links_shown = 0;
}

void term_show_links(const struct term_link *list, size_t count)
{
	uint64_t hash = count ? 14695981039346656037ULL : 0;
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		hash = add_hash(hash, &list[i].y, sizeof(list[i].y));
		hash = add_hash(hash, &list[i].x, sizeof(list[i].x));
		hash = add_hash(hash, list[i].url, strlen(list[i].url));
	}
	if (hash == links_shown)
		return;
	links_shown = hash;
	/* curses knows the same letters in the same cells: it is not told, and
	 * place and attributes are as it left them */
	for (size_t i = 0; i < count; i++) {
		size_t before = out.len;

		strbuf_addf(&out, "\0337\033[%d;%dH\033[0;4m", list[i].y + 1,
			    list[i].x + 1);
		if (!sequences_add_link(&out, list[i].url)) {
			strbuf_truncate(&out, before);
			continue;
		}
		strbuf_adds(&out, list[i].text);
		sequences_end_link(&out);
		strbuf_adds(&out, "\0338");
	}
	term_write(out.data, out.len);
	strbuf_release(&out);
}
