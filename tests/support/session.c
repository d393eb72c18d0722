/* SPDX-License-Identifier: MIT */
/*
 * Record a session of a program in a terminal as one SVG that moves.
 *
 *     session [--size COLSxROWS] [--title TEXT] --out FILE.svg
 *             [--keys KEYS | --wait TEXT | --say TEXT | --show SECONDS |
 *              --watch SECONDS]... -- PROGRAM [ARGUMENT]...
 *
 * As screenshot does, with keys as tests/tour/keys.h has them.  --say sets the
 * line below the screen; --show takes a picture that stands for so long;
 * --watch takes one each half second of the program's time for so long.  A row
 * that is the same in several pictures is written once, and CSS turns the
 * pictures: nothing is referred to, nothing is a script.  Who does not want
 * motion, or cannot have it, sees the first picture.
 */
#include "tests/tour/keys.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tui/screen_svg.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_MS 150
#define DEADLINE_MS 60000
#define FRAMES_MAX 100
#define ROWS_MAX 60
#define EXTRA_ROWS 2 /* below the screen, for what is said */

struct frame {
	size_t rows[ROWS_MAX + 1]; /* of `rows`; the last is what is said */
	double seconds;
};

static struct frame frames[FRAMES_MAX];
static size_t frame_count;
static char *rows[FRAMES_MAX * ROWS_MAX];
static size_t row_count;
static struct screen *screen;
static const char *said = "";
static struct screen_source source = {.ink = {false, 0xd8, 0xdc, 0xe2},
				      .paper = {false, 0x16, 0x19, 0x1f}};

static int shown_row; /* what stands in row 0 of the source */

static void tell_cell(void *arg, int row, int col, struct screen_cell *ret)
{
	(void)row;
	screen_cell(arg, shown_row, col, ret);
}

static size_t keep(char *text)
{
	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i], text))
			continue;
		free(text);
		return i;
	}
	if (row_count == sizeof(rows) / sizeof(rows[0]))
		errx(1, "too many rows");
	rows[row_count] = text;
	return row_count++;
}

static void take(double seconds)
{
	struct frame *frame = &frames[frame_count++];
	struct strbuf text = STRBUF_INIT;

	if (frame_count == FRAMES_MAX)
		errx(1, "too many pictures");
	frame->seconds = seconds;
	for (shown_row = 0; shown_row < source.rows; shown_row++) {
		screen_svg_row(&source, 0, &text);
		frame->rows[shown_row] = keep(strbuf_detach(&text));
		text = (struct strbuf)STRBUF_INIT;
	}
	strbuf_addf(&text, "<text x=\"12\" y=\"32\" fill=\"#ffd787\">");
	screen_add_escaped(&text, said);
	strbuf_adds(&text, "</text>\n");
	frame->rows[source.rows] = keep(strbuf_detach(&text));
}

static void watch(double seconds)
{
	for (double at = 0; at < seconds; at += 0.5) {
		/* nobody is this quiet: it waits half a second */
		screen_wait_idle(screen, 100000, 500);
		take(0.5);
	}
}

static void add_style(struct strbuf *out, double total)
{
	double at = 0;

	strbuf_addf(out,
		    "<style>.f{visibility:hidden;animation:%gs step-end "
		    "infinite}#f0{visibility:visible}\n",
		    total);
	for (size_t i = 0; i < frame_count; i++) {
		double from = at / total * 100;

		at += frames[i].seconds;
		strbuf_addf(out, "#f%zu{animation-name:k%zu}@keyframes k%zu{",
			    i, i, i);
		if (i)
			strbuf_adds(out, "0%{visibility:hidden}");
		strbuf_addf(out, "%.3f%%{visibility:visible}", from);
		if (i + 1 < frame_count)
			strbuf_addf(out, "%.3f%%{visibility:hidden}",
				    at / total * 100);
		strbuf_adds(out, "}\n");
	}
	strbuf_adds(out, "@media(prefers-reduced-motion){.f{animation:none}}"
			 "</style>\n");
}

static void write_out(const char *path, const char *title)
{
	struct strbuf out = STRBUF_INIT;
	struct error error;
	double total = 0;

	for (size_t i = 0; i < frame_count; i++)
		total += frames[i].seconds;
	screen_svg_begin(&source, EXTRA_ROWS, title, &out);
	add_style(&out, total);
	strbuf_adds(&out, "<defs>\n");
	for (size_t i = 0; i < row_count; i++)
		strbuf_addf(&out, "<g id=\"r%zu\">%s</g>\n", i, rows[i]);
	strbuf_adds(&out, "</defs>\n");
	for (size_t i = 0; i < frame_count; i++) {
		strbuf_addf(&out, "<g class=\"f\" id=\"f%zu\">", i);
		for (int row = 0; row <= source.rows; row++)
			if (*rows[frames[i].rows[row]])
				strbuf_addf(&out,
					    "<use href=\"#r%zu\" y=\"%d\"/>",
					    frames[i].rows[row],
					    row * SCREEN_SVG_ROW_PIXELS);
		strbuf_adds(&out, "</g>\n");
	}
	strbuf_adds(&out, "</g>\n</svg>\n");
	if (!fs_write_file(path, out.data, out.len, &error))
		errx(1, "%s", error.text);
	fprintf(stderr, "%s: %zu pictures of %g s, %zu rows, %zu bytes\n", path,
		frame_count, total, row_count, out.len);
	strbuf_release(&out);
}

static void step(int what, const char *text)
{
	struct strbuf shown = STRBUF_INIT;

	switch (what) {
	case 'k':
		press_all(screen, text);
		screen_wait_idle(screen, QUIET_MS, 2000);
		break;
	case 'y':
		said = text;
		break;
	case 'p':
		take(strtod(text, NULL));
		break;
	case 'l':
		watch(strtod(text, NULL));
		break;
	default:
		if (screen_wait_text(screen, text, DEADLINE_MS))
			break;
		screen_text(screen, &shown);
		errx(1, "%s\n\"%s\" did not appear", shown.data, text);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},
		{"title", required_argument, NULL, 't'},
		{"out", required_argument, NULL, 'o'},
		{"keys", required_argument, NULL, 'k'},
		{"wait", required_argument, NULL, 'w'},
		{"say", required_argument, NULL, 'y'},
		{"show", required_argument, NULL, 'p'},
		{"watch", required_argument, NULL, 'l'},
		{0},
	};
	struct screen_options how = {.cols = 80, .rows = 24, .folder = "/"};
	const char *title = "trialdeck", *path = NULL;
	char *program;
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		if (c == 's' &&
		    sscanf(optarg, "%dx%d", &how.cols, &how.rows) != 2)
			errx(2, "--size COLSxROWS");
		else if (c == 't')
			title = optarg;
		else if (c == 'o')
			path = optarg;
		else if (c == '?')
			return 2;
	}
	program = optind < argc ? realpath(argv[optind], NULL) : NULL;
	if (!path || !program || how.rows > ROWS_MAX)
		errx(2, "usage: session --out FILE ... -- PROGRAM ...");
	argv[optind] = program;
	how.argv = (const char *const *)(argv + optind);
	screen = screen_open(&how);
	source.cols = how.cols;
	source.rows = how.rows;
	source.arg = screen;
	source.cell = tell_cell;
	screen_wait_idle(screen, QUIET_MS, DEADLINE_MS);
	optind = 1;
	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1)
		if (!strchr("sto", c))
			step(c, optarg);
	write_out(path, title);
	screen_close(screen);
	free(program);
	for (size_t i = 0; i < row_count; i++)
		free(rows[i]);
	return 0;
}
