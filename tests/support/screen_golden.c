/* SPDX-License-Identifier: MIT */
/* Screens as files: text, then a map of attributes with its legend. */
#include "tests/support/pty_screen.h"

#include "base/fs.h"
#include "base/mem.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STYLES_MAX 52

/* Attributes as words: "bold reverse fg=00cd00"; "" for none. */
static void describe(const struct screen_cell *cell, struct strbuf *out)
{
	const struct screen_color *colors[] = {&cell->foreground,
					       &cell->background};
	static const char *const names[] = {" fg", " bg"};

	if (cell->is_bold)
		strbuf_adds(out, " bold");
	if (cell->is_underlined)
		strbuf_adds(out, " underline");
	if (cell->is_italic)
		strbuf_adds(out, " italic");
	if (cell->is_reversed)
		strbuf_adds(out, " reverse");
	for (int i = 0; i < 2; i++) {
		if (!colors[i]->is_default)
			strbuf_addf(out, "%s=%02x%02x%02x", names[i],
				    colors[i]->red, colors[i]->green,
				    colors[i]->blue);
	}
}

struct styles {
	char *words[STYLES_MAX];
	size_t count;
};

static char style_letter(struct styles *styles, const char *words)
{
	size_t i = 0;

	if (!*words)
		return '.';
	while (i < styles->count && strcmp(styles->words[i], words) != 0)
		i++;
	if (i == STYLES_MAX)
		return '?';
	if (i == styles->count)
		styles->words[styles->count++] = xstrdup(words);
	return (char)(i < 26 ? 'a' + i : 'A' + (i - 26));
}

void screen_attributes(struct screen *screen, struct strbuf *out)
{
	struct styles styles = {.count = 0};
	struct strbuf words = STRBUF_INIT;

	for (int row = 0; row < screen_rows(screen); row++) {
		size_t start = out->len;

		for (int col = 0; col < screen_cols(screen); col++) {
			struct screen_cell cell;

			screen_cell(screen, row, col, &cell);
			strbuf_clear(&words);
			describe(&cell, &words);
			strbuf_addch(out, style_letter(&styles, words.data));
		}
		while (out->len > start && out->data[out->len - 1] == '.')
			strbuf_truncate(out, out->len - 1);
		strbuf_addch(out, '\n');
	}
	for (size_t i = 0; i < styles.count; i++) {
		strbuf_addf(out, "%c%s\n",
			    (char)(i < 26 ? 'a' + i : 'A' + (i - 26)),
			    styles.words[i]);
		free(styles.words[i]);
	}
	strbuf_release(&words);
}

static void print_difference(const char *expected, const char *actual,
			     const char *name)
{
	int line = 1;

	while (*expected && *actual) {
		size_t a = strcspn(expected, "\n"), b = strcspn(actual, "\n");

		if (a != b || memcmp(expected, actual, a) != 0)
			break;
		expected += a + (expected[a] == '\n');
		actual += b + (actual[b] == '\n');
		line++;
	}
	fprintf(stderr,
		"# %s differs in line %d\n# expected: %.*s\n# is:       %.*s\n",
		name, line, (int)strcspn(expected, "\n"), expected,
		(int)strcspn(actual, "\n"), actual);
}

static void write_file(const char *path, const struct strbuf *text)
{
	struct error error;
	char *folder = fs_folder(path);

	if (!fs_make_folders(folder, &error) ||
	    !fs_write_file(path, text->data, text->len, &error))
		errx(1, "%s", error.text);
	free(folder);
}

bool screen_matches_golden(struct screen *screen, const char *name)
{
	const char *source = getenv("TOP_SRCDIR"), *update = getenv("UPDATE");
	const char *build = getenv("TOP_BUILDDIR");
	struct strbuf actual = STRBUF_INIT, expected = STRBUF_INIT;
	struct error error;
	char *path = xasprintf("%s/tests/screen/golden/%s.txt",
			       source ? source : TRIALDECK_SOURCE_DIR, name);
	bool is_same = true;

	screen_text(screen, &actual);
	strbuf_adds(&actual, "-- attributes --\n");
	screen_attributes(screen, &actual);
	if (update && *update) {
		write_file(path, &actual);
	} else {
		is_same = fs_read_file(path, 1 << 20, &expected, &error) &&
			  !strcmp(expected.data, actual.data);
	}
	if (!is_same) {
		char *left = xasprintf("%s/tests/screen/%s.actual",
				       build ? build : ".", name);

		print_difference(expected.data, actual.data, name);
		fprintf(stderr, "# the screen is in %s\n", left);
		write_file(left, &actual);
		free(left);
	}
	strbuf_release(&actual);
	strbuf_release(&expected);
	free(path);
	return is_same;
}
