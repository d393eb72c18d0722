/* SPDX-License-Identifier: MIT */
/*
 * Take a picture of a program in a terminal, after some keys.
 *
 *     screenshot [--size COLSxROWS] [--title TEXT] --out FILE.svg
 *                [--keys KEYS | --wait TEXT]... -- PROGRAM [ARGUMENT]...
 *
 * Keys and waits happen in the order given.  In KEYS \e \r \t \b and \\ mean
 * what they mean in C.  The picture is taken when the program has been quiet
 * for a moment; a text that does not come within 20 seconds is a failure, and
 * the screen as it is then is printed.
 */
#include "tests/support/pty_screen.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tui/screen_svg.h"

#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_MS 300
#define DEADLINE_MS 20000
#define STEPS_MAX 64

struct step {
	bool is_wait;
	const char *text;
};

struct order {
	int cols, rows;
	const char *title, *out;
	struct step steps[STEPS_MAX];
	size_t step_count;
};

static void usage(void)
{
	errx(2,
	     "usage: screenshot [--size COLSxROWS] [--title TEXT] --out FILE "
	     "[--keys KEYS | --wait TEXT]... -- PROGRAM [ARGUMENT]...");
}

static void parse(struct order *order, int argc, char **argv)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},
		{"title", required_argument, NULL, 't'},
		{"out", required_argument, NULL, 'o'},
		{"keys", required_argument, NULL, 'k'},
		{"wait", required_argument, NULL, 'w'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (c) {
		case 's':
			if (sscanf(optarg, "%dx%d", &order->cols,
				   &order->rows) != 2)
				usage();
			break;
		case 't':
			order->title = optarg;
			break;
		case 'o':
			order->out = optarg;
			break;
		case 'k':
		case 'w':
			if (order->step_count == STEPS_MAX)
				usage();
			order->steps[order->step_count++] =
				(struct step){c == 'w', optarg};
			break;
		default:
			usage();
		}
	}
	if (!order->out || optind == argc)
		usage();
}

static void type_keys(struct screen *screen, const char *keys)
{
	for (; *keys; keys++) {
		char key = *keys;

		if (key == '\\' && keys[1]) {
			keys++;
			key = *keys == 'e'   ? '\x1b'
			      : *keys == 'r' ? '\r'
			      : *keys == 't' ? '\t'
			      : *keys == 'b' ? '\x7f'
					     : *keys;
		}
		screen_send(screen, &key, 1);
	}
	screen_wait_idle(screen, QUIET_MS, DEADLINE_MS);
}

static void give_up(struct screen *screen, const char *text)
{
	struct strbuf shown = STRBUF_INIT;

	screen_text(screen, &shown);
	fputs(shown.data, stderr);
	errx(1, "\"%s\" did not appear", text);
}

static void tell_cell(void *arg, int row, int col, struct screen_cell *ret)
{
	screen_cell(arg, row, col, ret);
}

int main(int argc, char **argv)
{
	struct order order = {.cols = 80, .rows = 24, .title = "trialdeck"};
	struct screen_options options = {.folder = "/"};
	struct screen *screen;
	struct screen_source source = {.ink = {false, 0xd8, 0xdc, 0xe2},
				       .paper = {false, 0x16, 0x19, 0x1f},
				       .cell = tell_cell};
	struct strbuf svg = STRBUF_INIT;
	struct error error;
	char *program;

	parse(&order, argc, argv);
	program = realpath(argv[optind], NULL);
	if (!program)
		err(1, "%s", argv[optind]);
	argv[optind] = program;
	options.cols = order.cols;
	options.rows = order.rows;
	options.argv = (const char *const *)(argv + optind);
	screen = screen_open(&options);
	screen_wait_idle(screen, QUIET_MS, DEADLINE_MS);
	for (size_t i = 0; i < order.step_count; i++) {
		const struct step *step = &order.steps[i];

		if (!step->is_wait)
			type_keys(screen, step->text);
		else if (!screen_wait_text(screen, step->text, DEADLINE_MS))
			give_up(screen, step->text);
	}
	if (!screen_wait_idle(screen, QUIET_MS, DEADLINE_MS) ||
	    screen_wait_exit(screen, NULL, 0))
		give_up(screen, "a quiet screen");
	source.rows = screen_rows(screen);
	source.cols = screen_cols(screen);
	source.arg = screen;
	screen_svg(&source, order.title, &svg);
	if (!fs_write_file(order.out, svg.data, svg.len, &error))
		errx(1, "%s", error.text);
	strbuf_release(&svg);
	screen_close(screen);
	free(program);
	return 0;
}
