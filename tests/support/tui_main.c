/* SPDX-License-Identifier: MIT */
/*
 * The console on a database, without the rest of the program: what the screen
 * tests and the screen bench run.
 *
 *     tui_main [--read-only] [--ascii] [--no-color] [--plain] [--script FILE]
 *              [--config FILE] [--state FILE] [--experiment KEY] DATABASE
 *
 * TRIALDECK_TEST_NOW=<nanoseconds> holds the wall clock still.
 */
#include "base/clock.h"
#include "base/log.h"
#include "tui/tui.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static bool no_resume(const char *id, struct error *err)
{
	return error_set(err, ERROR_UNAVAILABLE, "no engine to take %s up", id);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"read-only", no_argument, NULL, 'r'},
		{"ascii", no_argument, NULL, 'a'},
		{"no-color", no_argument, NULL, 'n'},
		{"script", required_argument, NULL, 's'},
		{"experiment", required_argument, NULL, 'e'},
		{"log", required_argument, NULL, 'l'},
		{"config", required_argument, NULL, 'c'},
		{"plain", no_argument, NULL, 'p'},
		{"state", required_argument, NULL, 'S'},
		{NULL, 0, NULL, 0}};
	struct tui_options tui = {.resume = no_resume};
	const char *now = getenv("TRIALDECK_TEST_NOW");
	struct error err = {0};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'r')
			tui.is_read_only = true;
		else if (option == 'a')
			tui.is_ascii = true;
		else if (option == 'n')
			tui.is_monochrome = true;
		else if (option == 's')
			tui.script = optarg;
		else if (option == 'e')
			tui.experiment = atoll(optarg);
		else if (option == 'c')
			tui.config_path = optarg;
		else if (option == 'p')
			tui.is_plain = true;
		else if (option == 'S')
			tui.state_path = optarg;
		else if (option == 'l')
			log_open(optarg, LOG_LEVEL_INFO);
		else
			return 2;
	}
	if (optind + 1 != argc) {
		fputs("usage: tui_main [options] DATABASE\n", stderr);
		return 2;
	}
	if (now)
		clock_fix_wall(atoll(now));
	tui.db_path = argv[optind];
	tui_block_signals();
	if (tui_run(&tui, &err) == TUI_FAILED) {
		fprintf(stderr, "tui_main: %s\n", err.text);
		return 1;
	}
	return 0;
}
