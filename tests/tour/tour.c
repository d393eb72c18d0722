/* SPDX-License-Identifier: MIT */
/*
 * A tour of the whole console: every key of the table of actions, in every view
 * it is for, on a real terminal with real experiments of this machine (stops.h
 * is the itinerary).  After each key the program must be alive and its screen
 * sane: a title, nothing that "does nothing here", and no error unless the stop
 * says that one may be right.
 *
 * All pairs of key and view are visited at 80x24; at 40x10, 160x50, in ASCII
 * and without colours each key in one view.  An action that is in no stop, or
 * a view that nobody knows how to come to, fails the test.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/tour/keys.h"
#include "tests/tour/stops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 20000
#define QUIET_MS 12 /* the program paints within a frame of 16 ms or so */
#define WRONG_MAX 20

/* How to come to each view from the experiments pane, and what then shows, or
 * with "!" does not. */
static const struct place {
	unsigned view;
	const char *keys, *title;
} places[] = {
	{VIEW_EXPERIMENTS, "", "1 Experiments"},
	{VIEW_TRIALS, "2", "2 Trials"},
	{VIEW_LOG, "3", "3 Log"},
	{VIEW_CHART, "4", "4 Chart"},
	{VIEW_TRIAL, "2 <Enter>", "Trial #"},
	{VIEW_EVENTS, "E", "Journal of"},
	{VIEW_HELP, "?", "Help"},
	{VIEW_CLUSTER, "C", "Cluster of"},
	{VIEW_TUNER, "A", "Tuner of"},
	{VIEW_PICTURES, "P", "!1 Experiments"},
	{VIEW_DIFF, "g 2 U g <Space> <Space> d", "ifferences"},
	{VIEW_COLUMNS, "2 =", "Columns"},
};

#define PLACES (sizeof(places) / sizeof(places[0]))

static const struct terminal {
	const char *name;
	int cols, rows;
	const char *option;
	bool is_whole; /* every pair of key and view */
} terminals[] = {
	{"40x10", 40, 10, NULL, false},
	{"160x50", 160, 50, NULL, false},
	{"ascii", 80, 24, "--ascii", false},
	{"mono", 80, 24, "--no-color", false},
	{"80x24", 80, 24, NULL, true},
};

struct tour {
	const struct terminal *terminal;
	struct screen *screen;
	size_t pressed, wrong;
};

static char *folder; /* HOME of it all */
static char *program;

/* ---- the experiments ------------------------------------------------------
 */

static const char prepare_script[] =
	"set -e\n"
	"td=$1; cd\n"
	"edit() { sed -i \"$2\" $1/experiment.yaml; }\n"
	"for name in moons slow spare empty; do $td new $name >/dev/null\n"
	"sed -i 's/^EPOCHS = 80/EPOCHS = 3/' $name/train.py\n"
	"edit $name \"s/^experimentName.*/experimentName: $name/\n"
	"s/maxTrialNumber: 20/maxTrialNumber: 4/\"; done\n"
	"edit moons 's/\\[tanh, sigmoid\\]/[tanh, relu]/\n"
	"s/maxTrialNumber: 4/maxTrialNumber: 8/; $aseed: 5'\n"
	"edit spare 's/maxTrialNumber: 4/maxTrialNumber: 1/'\n"
	"edit empty 's/maxTrialNumber: 4/maxTrialNumber: 1/'\n"
	"edit slow 's/^trialCommand:.*/trialCommand: \"echo default=0.5; "
	"echo default=0.6; exec sleep 1000\"/'\n"
	"for name in empty spare moons; do "
	"$td run --headless $name/experiment.yaml >/dev/null & done; wait\n"
	"$td run --detach slow/experiment.yaml >/dev/null\n"
	"until [ \"$($td trials --csv --state RUNNING slow | grep -c 0.6)\" = "
	"2 ]; "
	"do sleep 0.1; done\n";

static int shell(const char *script)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/bash", "bash", "-c", script, "tour", program,
		      (char *)NULL);
		_exit(127);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int prepare(void **state)
{
	const char *build = getenv("TOP_BUILDDIR");
	char *path = fs_join(build ? build : ".", "trialdeck");

	(void)state;
	folder = xstrdup("/tmp/trialdeck-tour-XXXXXX");
	program = realpath(path, NULL);
	free(path);
	if (!program || !mkdtemp(folder))
		return -1;
	setenv("HOME", folder, 1);
	unsetenv("XDG_DATA_HOME");
	unsetenv("XDG_CONFIG_HOME");
	return shell(prepare_script);
}

static int clean(void **state)
{
	struct error err;

	(void)state;
	shell("$1 stop --all >/dev/null 2>&1");
	if (!fs_remove_tree(folder, &err))
		fprintf(stderr, "%s\n", err.text);
	free(folder);
	free(program);
	return 0;
}

/* ---- looking --------------------------------------------------------------
 */

static void wrong(struct tour *tour, const struct stop *stop,
		  const struct place *place, const char *why)
{
	struct strbuf shown = STRBUF_INIT;

	screen_text(tour->screen, &shown);
	fprintf(stderr, "# %s: %s (%s) in the view of \"%s\": %s\n%s\n",
		tour->terminal->name, actions[stop->action].name,
		actions[stop->action].keys, place->title, why, shown.data);
	strbuf_release(&shown);
	if (++tour->wrong >= WRONG_MAX)
		fail_msg("and so on");
}

static void settle(struct tour *tour)
{
	screen_wait_idle(tour->screen, QUIET_MS, 400);
}

/* The message line, where an error is red. */
static bool shows_error(struct tour *tour)
{
	static const struct screen_color red = {false, 0xff, 0x5f, 0x5f};
	struct screen_cell cell;

	screen_cell(tour->screen, tour->terminal->rows - 1, 0, &cell);
	return cell.is_bold && !cell.foreground.is_default &&
	       cell.foreground.red == red.red &&
	       cell.foreground.green == red.green &&
	       cell.foreground.blue == red.blue;
}

/* What is wrong with the screen, or NULL. */
static const char *look(struct tour *tour, const struct stop *stop)
{
	static const char *const bad[] = {
		"does nothing here",
		"no command is called",
		"(null)",
		"runtime error",
		"Sanitizer",
		"-nan",
	};
	struct strbuf text = STRBUF_INIT;
	bool is_blank;

	if (screen_wait_exit(tour->screen, NULL, 0))
		return "the program has ended";
	if (!screen_is_alternate(tour->screen))
		return "this is not the console's screen";
	screen_text(tour->screen, &text);
	is_blank = text.len <= (size_t)tour->terminal->rows;
	strbuf_release(&text);
	if (is_blank)
		return "nothing";
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (screen_shows(tour->screen, bad[i]))
			return bad[i];
	if (!(stop->flags & STOP_MAY_REFUSE) && shows_error(tour))
		return "an error";
	return NULL;
}

/* ---- going ----------------------------------------------------------------
 */

static void open_console(struct tour *tour)
{
	const char *argv[] = {program, tour->terminal->option, NULL};
	char *errors = fs_join(folder, "stderr");
	struct screen_options options = {
		.cols = tour->terminal->cols,
		.rows = tour->terminal->rows,
		.argv = argv,
		.folder = folder,
		.stderr_path = errors,
	};

	tour->screen = screen_open(&options);
	free(errors);
	if (!screen_wait_text(tour->screen, "slow", DEADLINE_MS))
		fail_msg("the console does not open");
}

static void close_console(struct tour *tour)
{
	screen_close(tour->screen);
	tour->screen = NULL;
}

static void press_and_settle(struct tour *tour, const char *keys)
{
	if (!keys || !*keys)
		return;
	press_all(tour->screen, keys);
	settle(tour);
}

/* To the experiments pane, whatever is open. */
static void press_home(struct tour *tour)
{
	/* C-g closes what asks; after Esc curses would wait for more, and C-c
	 * overtakes other keys */
	press_all(tour->screen, "<C-g> <Backspace> <Backspace> 1");
}

static bool go_to(struct tour *tour, const struct stop *stop,
		  const struct place *place)
{
	press_home(tour);
	press_all(tour->screen, place->keys);
	settle(tour);
	if (*place->title == '!'
		    ? screen_wait_no_text(tour->screen, place->title + 1,
					  DEADLINE_MS / 4)
		    : screen_wait_text(tour->screen, place->title,
				       DEADLINE_MS / 4))
		return true;
	wrong(tour, stop, place, "one does not come to this view");
	return false;
}

/* It must end, with status 0, and is started anew. */
static void see_it_end(struct tour *tour, const struct stop *stop,
		       const struct place *place)
{
	int status = 0;

	if (!screen_wait_exit(tour->screen, &status, DEADLINE_MS) || status)
		wrong(tour, stop, place, "it should have ended, with status 0");
	close_console(tour);
	open_console(tour);
}

static void press_here(struct tour *tour, const struct stop *stop,
		       const struct place *place, const char *key,
		       bool is_first)
{
	const char *why;

	press_and_settle(tour, key);
	tour->pressed++;
	if (stop->flags & STOP_QUITS ||
	    (stop->flags & STOP_LEAVES && place->view & VIEW_PANES)) {
		see_it_end(tour, stop, place);
		return;
	}
	why = look(tour, stop);
	if (!why && is_first && stop->shows && tour->terminal->cols >= 80 &&
	    !screen_wait_text(tour->screen, stop->shows, DEADLINE_MS / 4))
		why = stop->shows;
	if (!why && is_first && stop->then) {
		press_and_settle(tour, stop->then);
		why = look(tour, stop);
	}
	if (why)
		wrong(tour, stop, place, why);
	press_and_settle(tour, stop->undo);
}

/* The first key in every view, the others in the first one. */
static void visit(struct tour *tour, const struct stop *stop)
{
	const struct action *action = &actions[stop->action];
	bool is_whole = tour->terminal->is_whole, is_first = true;

	if (stop->flags & STOP_ONCE && !is_whole)
		return;
	press_home(tour);
	press_and_settle(tour,
			 stop->before ? stop->before : ":experiment slow");
	for (size_t i = 0; i < PLACES; i++) {
		char *keys, *key, *rest;

		if (!(action->views & places[i].view))
			continue;
		if (!is_first && (!is_whole || stop->flags & STOP_ONCE ||
				  (stop->flags & STOP_QUITS && i > 5)))
			break;
		keys = rest = xstrdup(action->keys);
		while ((key = strsep(&rest, " "))) {
			if (!*key || !go_to(tour, stop, &places[i]))
				continue;
			press_here(tour, stop, &places[i], key, is_first);
			if (!is_first || stop->flags & STOP_ONCE)
				break;
			is_first = false;
		}
		is_first = false;
		free(keys);
	}
}

static void tour_at(const struct terminal *terminal)
{
	struct tour tour = {.terminal = terminal};
	struct strbuf errors = STRBUF_INIT;
	char *path = fs_join(folder, "stderr");
	struct error err;

	open_console(&tour);
	for (size_t i = 0; i < STOPS; i++)
		visit(&tour, &stops[i]);
	press_all(tour.screen, "Q");
	screen_wait_exit(tour.screen, NULL, DEADLINE_MS);
	close_console(&tour);
	if (fs_read_file(path, 1 << 20, &errors, &err) && errors.len)
		fail_msg("on standard error: %s", errors.data);
	strbuf_release(&errors);
	free(path);
	print_message("# %s: %zu keys pressed\n", terminal->name, tour.pressed);
	assert_int_equal(tour.wrong, 0);
}

/* ---- the tests ------------------------------------------------------------
 */

static void no_action_is_left_out(void **state)
{
	bool is_in[ACTION_COUNT] = {false};
	unsigned views = 0;

	(void)state;
	for (size_t i = 0; i < STOPS; i++)
		is_in[stops[i].action] = true;
	for (int i = 0; i < ACTION_COUNT; i++)
		if (!is_in[i])
			fail_msg("%s (%s) is in no stop of tests/tour/stops.h",
				 actions[i].name, actions[i].keys);
	for (size_t i = 0; i < PLACES; i++)
		views |= places[i].view;
	if (views != (unsigned)VIEW_ALL)
		fail_msg("how does one come to the view of bit %x? "
			 "tests/tour/tour.c does not know",
			 (unsigned)VIEW_ALL & ~views);
}

static void on_a_small_screen(void **state)
{
	(void)state;
	tour_at(&terminals[0]);
}

static void on_a_large_screen(void **state)
{
	(void)state;
	tour_at(&terminals[1]);
}

static void in_ascii(void **state)
{
	(void)state;
	tour_at(&terminals[2]);
}

static void without_colours(void **state)
{
	(void)state;
	tour_at(&terminals[3]);
}

static void every_key_in_every_view(void **state)
{
	(void)state;
	tour_at(&terminals[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_action_is_left_out),
		cmocka_unit_test(on_a_small_screen),
		cmocka_unit_test(on_a_large_screen),
		cmocka_unit_test(in_ascii),
		cmocka_unit_test(without_colours),
		cmocka_unit_test(every_key_in_every_view),
	};

	return cmocka_run_group_tests(tests, prepare, clean);
}
