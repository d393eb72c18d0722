/* SPDX-License-Identifier: MIT */
/* Finding links in a painted page. */
#include "tui/links.h"

#include "base/mem.h"
#include "tui/console.h"
#include "tui/term.h"

#include <stdlib.h>
#include <string.h>

#define LINKS_MAX 32
#define NO_ASCII '\177' /* what has one is not linked */

static size_t link_length(const char *text)
{
	size_t len = strcspn(text, " \t\"'<>|`");

	while (len > 0 && strchr(".,;:!?)]}", text[len - 1]))
		len--;
	return len;
}

static size_t scheme_length(const char *text)
{
	return strncmp(text, "https://", 8) == 0  ? 8
	       : strncmp(text, "http://", 7) == 0 ? 7
						  : 0;
}

bool links_find(const char *text, const char *folder, size_t *ret_at,
		size_t *ret_len)
{
	size_t folder_len = folder ? strlen(folder) : 0, at;

	for (at = 0; text[at]; at++) {
		bool is_start = at == 0 || strchr(" \t\"'(<[", text[at - 1]);
		size_t scheme = is_start ? scheme_length(text + at) : 0;
		bool is_path = is_start && folder_len > 1 && folder[0] == '/' &&
			       strncmp(text + at, folder, folder_len) == 0 &&
			       text[at + folder_len] == '/';

		if (!scheme && !is_path)
			continue;
		*ret_at = at;
		*ret_len = link_length(text + at);
		if (*ret_len > (is_path ? folder_len : scheme))
			return true;
	}
	return false;
}

void links_add_url(struct strbuf *out, const char *text, size_t len)
{
	static const char kept[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";

	if (*text != '/') {
		strbuf_add(out, text, len);
		return;
	}
	strbuf_adds(out, "file://");
	for (size_t i = 0; i < len; i++) {
		if (strchr(kept, text[i]))
			strbuf_addch(out, text[i]);
		else
			strbuf_addf(out, "%%%02X", (unsigned char)text[i]);
	}
}

/* What goes on in the next row: the whole of it, from the page's lines. */
static void add_whole(struct strbuf *out, const struct pager *pager,
		      const char *folder, const char *part, size_t part_len)
{
	for (size_t i = 0; i < pager->count; i++) {
		const char *text = pager->lines[i].text;
		size_t at, len;

		for (; links_find(text, folder, &at, &len); text += at + len) {
			if (len >= part_len &&
			    strncmp(text + at, part, part_len) == 0) {
				links_add_url(out, text + at, len);
				return;
			}
		}
	}
	links_add_url(out, part, part_len);
}

struct gathering {
	struct term_link links[LINKS_MAX];
	size_t count;
};

static void search_row(const struct console *console, int y,
		       struct gathering *found)
{
	const char *folder = console->data.experiment.directory;
	struct strbuf row = STRBUF_INIT;
	size_t from = 0, at, len;
	int x, cols;

	/* a byte a column */
	for (x = 0; x < draw_cols(); x++) {
		size_t before = row.len;

		draw_read(y, x, &row, &cols);
		if (row.len != before + 1) {
			strbuf_truncate(&row, before);
			strbuf_addch(&row, NO_ASCII);
		}
	}
	while (found->count < LINKS_MAX &&
	       links_find(row.data + from, folder, &at, &len)) {
		struct term_link *link = &found->links[found->count];
		struct strbuf url = STRBUF_INIT;

		if (memchr(row.data + from + at, NO_ASCII, len)) {
			from += at + len;
			continue;
		}
		found->count++;
		if (from + at + len == row.len)
			add_whole(&url, &console->trial.pager, folder,
				  row.data + from + at, len);
		else
			links_add_url(&url, row.data + from + at, len);
		link->y = y;
		link->x = (int)(from + at);
		link->text = xasprintf("%.*s", (int)len, row.data + from + at);
		link->url = strbuf_detach(&url);
		from += at + len;
	}
	strbuf_release(&row);
}

void links_show(struct console *console)
{
	const struct rect *body = &console->layout.body;
	struct gathering found = {.count = 0};

	if (!term_has_links())
		return;
	if (console_view(console) == &view_trial && !console->dialog.form &&
	    console->prompt.kind == PROMPT_NONE &&
	    !console->layout.is_too_small)
		for (int y = body->y + 1; y < body->y + body->rows; y++)
			search_row(console, y, &found);
	term_show_links(found.links, found.count);
	for (size_t i = 0; i < found.count; i++) {
		free(found.links[i].text);
		free(found.links[i].url);
	}
}
