/* SPDX-License-Identifier: MIT */
/*
 * Settings that reach past the screen, and what the console remembers: bell and
 * notifications, links, hints, panes that are moved, and the console in lines.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = rig_folder_new();
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	rig_folder_free(folder);
	return 0;
}

static struct screen *start(int cols, int rows, const char *arguments)
{
	struct screen *screen =
		rig_console(folder, "t.db", cols, rows, arguments, NULL);

	assert_true(screen_wait_text(screen, "Trials", RIG_DEADLINE_MS));
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
	return screen;
}

static void press(struct screen *screen, const char *keys)
{
	screen_type(screen, keys);
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
}

static void write_text(const char *name, const char *text)
{
	char *path = fs_join(folder, name);
	struct error err;

	assert_true(fs_write_file(path, text, strlen(text), &err));
	free(path);
}

static void remove_text(const char *name)
{
	char *path = fs_join(folder, name);

	unlink(path);
	free(path);
}

struct awaited {
	const struct strbuf *record;
	const char *bytes;
};

static bool is_recorded(struct screen *screen, void *arg)
{
	const struct awaited *awaited = arg;

	(void)screen;
	return awaited->record->len > 0 &&
	       memmem(awaited->record->data, awaited->record->len,
		      awaited->bytes, strlen(awaited->bytes));
}

static bool recorded(struct screen *screen, const struct strbuf *record,
		     const char *bytes, int deadline_ms)
{
	struct awaited awaited = {record, bytes};

	return screen_wait(screen, is_recorded, &awaited, deadline_ms);
}

/* ---- bell and notifications -------------------------------------------------
 */

struct change {
	struct store *store;
	struct experiment experiment;
};

static void open_digits(struct change *change)
{
	char *path = fs_join(folder, "t.db");
	struct error err = {0};

	if (!store_open(path, STORE_WRITE, &change->store, &err) ||
	    !store_experiment_find(change->store, "digits01",
				   &change->experiment, &err))
		fail_msg("%s", err.text);
	free(path);
}

static void put_digits(struct change *change)
{
	struct error err = {0};

	if (!store_begin(change->store, &err) ||
	    !store_experiment_update(change->store, &change->experiment,
				     &err) ||
	    !store_commit(change->store, &err))
		fail_msg("%s", err.text);
}

static void close_digits(struct change *change)
{
	experiment_release(&change->experiment);
	store_close(change->store);
}

static void alert(struct change *change, const char *text)
{
	struct event event = {.experiment = change->experiment.key,
			      .at_ns = 1,
			      .kind = "alert",
			      .text = (char *)(uintptr_t)text};
	struct error err = {0};

	if (!store_amend_begin(change->store, &err) ||
	    !store_event_add(change->store, &event, &err))
		fail_msg("%s", err.text);
	store_amend_end(change->store, true, &err);
}

static void it_rings_for_what_was_asked(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct change change;
	struct screen *screen;
	enum experiment_state before;
	double best;

	(void)state;
	write_text("config", "set bell best\nset notify all\n");
	screen = start(80, 24, "--config config");
	open_digits(&change);
	best = change.experiment.best.number;
	before = change.experiment.state;
	screen_record(screen, &record);
	alert(&change, "five trials \033[31mfailed");
	assert_true(recorded(screen, &record, "\033]9;trialdeck: five trials",
			     RIG_DEADLINE_MS));
	assert_null(memmem(record.data, record.len, "\033[31mfailed", 11));
	/* a worse best is none; the end comes after it, and does not ring */
	change.experiment.best.number = best + 0.001;
	put_digits(&change);
	assert_true(recorded(screen, &record, "digits has a new best, 0.799",
			     RIG_DEADLINE_MS));
	assert_true(memmem(record.data, record.len, "\a\033]9;", 5));
	strbuf_clear(&record);
	change.experiment.state = EXPERIMENT_DONE;
	change.experiment.best.number = best;
	put_digits(&change);
	assert_true(
		recorded(screen, &record, "digits is DONE", RIG_DEADLINE_MS));
	assert_null(memmem(record.data, record.len, "\a\033]9;", 5));
	change.experiment.state = before;
	put_digits(&change);
	close_digits(&change);
	screen_close(screen);
	strbuf_release(&record);
	remove_text("config");
}

static void it_is_silent_by_itself(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct change change;
	struct screen *screen = start(80, 24, "");
	enum experiment_state before;

	(void)state;
	open_digits(&change);
	before = change.experiment.state;
	screen_record(screen, &record);
	change.experiment.state = EXPERIMENT_DONE;
	put_digits(&change);
	assert_true(screen_wait_text(screen, "DONE ", RIG_DEADLINE_MS));
	assert_true(screen_wait_idle(screen, 150, RIG_DEADLINE_MS));
	assert_null(memchr(record.data, '\a', record.len));
	change.experiment.state = before;
	put_digits(&change);
	close_digits(&change);
	screen_close(screen);
	strbuf_release(&record);
}

/* ---- links
 * -------------------------------------------------------------------
 */

static void a_page_has_links_where_they_are_wanted(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct trial trial = {0};
	struct change change;
	struct screen *screen;
	struct error err = {0};

	(void)state;
	open_digits(&change);
	if (!store_trial_find(change.store, change.experiment.key, "5", &trial,
			      &err) ||
	    !store_note_put(change.store, change.experiment.key, trial.key,
			    "see https://host/run?id=5, not "
			    "https://h\xc3\xb6st/",
			    "me", &err))
		fail_msg("%s", err.text);
	trial_release(&trial);
	close_digits(&change);
	write_text("config", "set links on\n");
	screen = start(80, 24, "--config config");
	screen_record(screen, &record);
	press(screen, ":trial 5\r");
	press(screen, "\r");
	assert_true(recorded(screen, &record,
			     "\033]8;;https://host/run?id=5\033\\"
			     "https://host/run?id=5\033]8;;\033\\",
			     RIG_DEADLINE_MS));
	assert_null(memmem(record.data, record.len, "8;;https://h\033", 13));
	/* the same picture sends nothing again */
	strbuf_clear(&record);
	press(screen, "n");
	assert_null(memmem(record.data, record.len, "\033]8", 3));
	screen_close(screen);
	/* by itself only where the terminal is known to have them */
	strbuf_clear(&record);
	screen = start(80, 24, "");
	screen_record(screen, &record);
	press(screen, ":trial 5\r");
	press(screen, "\r");
	assert_true(screen_wait_text(screen, "https://host", RIG_DEADLINE_MS));
	assert_null(memmem(record.data, record.len, "\033]8", 3));
	screen_close(screen);
	strbuf_release(&record);
	remove_text("config");
}

/* ---- writing of all kinds
 * ----------------------------------------------------
 */

/* Wide, combining, from right to left, and an override of direction: every cell
 * stays where it is, at any size. */
static void any_writing_keeps_its_place(void **state)
{
	static const struct {
		const char *name, *arguments;
		int cols, rows;
	} terminals[] = {{"80x24", "", 80, 24},
			 {"40x10", "", 40, 10},
			 {"160x50", "", 160, 50},
			 {"ascii", "--ascii", 80, 24},
			 {"mono", "--no-color", 80, 24}};
	char text[] = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e e\xcc\x81\xcc\x82 "
		      "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\xaetxt.exe "
		      "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x94\xac end";
	struct trial trial = {0};
	struct change change;
	struct error err = {0};
	size_t i, wrong = 0;
	bool is_news;

	(void)state;
	open_digits(&change);
	/* without its event, which tells the time */
	if (!store_trial_find(change.store, change.experiment.key, "6", &trial,
			      &err) ||
	    !store_begin(change.store, &err) ||
	    !store_note_write(
		    change.store,
		    &(struct note){.experiment = change.experiment.key,
				   .trial = trial.key,
				   .text = text,
				   .at_ns = 1},
		    &is_news, &err) ||
	    !store_commit(change.store, &err))
		fail_msg("%s", err.text);
	trial_release(&trial);
	close_digits(&change);
	for (i = 0; i < RIG_TERMINALS; i++) {
		char *name = xasprintf("writing-%s", terminals[i].name);
		struct screen *screen = rig_console(
			folder, "t.db", terminals[i].cols, terminals[i].rows,
			terminals[i].arguments,
			":wait\n:save-screen done\n:trial 6\n<Enter>\n");

		if (!rig_wait_script(screen, folder) ||
		    !screen_wait_text(screen, "Note", RIG_DEADLINE_MS) ||
		    !screen_wait_idle(screen, 100, RIG_DEADLINE_MS) ||
		    !screen_matches_golden(screen, name)) {
			print_message("# writing at %s differs\n",
				      terminals[i].name);
			wrong++;
		}
		screen_close(screen);
		free(name);
	}
	assert_int_equal(wrong, 0);
}

/* ---- hints
 * -------------------------------------------------------------------
 */

static void a_view_is_explained_once(void **state)
{
	struct screen *screen = start(80, 24, "--state state");

	(void)state;
	assert_true(screen_wait_text(screen, "What was tried, the newest first",
				     RIG_DEADLINE_MS));
	press(screen, "j");
	assert_true(
		screen_wait_no_text(screen, "What was tried", RIG_DEADLINE_MS));
	press(screen, "\r");
	assert_true(screen_wait_text(screen, "Everything about one trial",
				     RIG_DEADLINE_MS));
	screen_close(screen);
	screen = start(40, 10, "--state state");
	assert_false(screen_shows(screen, "all about it"));
	press(screen, "3");
	assert_true(screen_wait_text(screen, "/: search  &: filter",
				     RIG_DEADLINE_MS));
	screen_close(screen);
	remove_text("state");
	write_text("config", "set hints off\n");
	screen = start(80, 24, "--state state --config config");
	assert_false(screen_shows(screen, "What was tried"));
	screen_close(screen);
	remove_text("config");
	remove_text("state");
}

/* ---- panes
 * -------------------------------------------------------------------
 */

static int row_of(struct screen *screen, const char *text)
{
	for (int y = 0; y < screen_rows(screen); y++) {
		struct strbuf row = STRBUF_INIT;
		bool is_it;

		screen_row(screen, y, &row);
		is_it = strstr(row.data, text) != NULL;
		strbuf_release(&row);
		if (is_it)
			return y;
	}
	return -1;
}

static void panes_are_moved_and_stay_so(void **state)
{
	struct screen *screen;
	char mouse[64];
	int trials, log;

	(void)state;
	write_text("config", "set mouse on\nset hints off\n");
	screen = start(80, 24, "--state state --config config");
	trials = row_of(screen, "2 Trials");
	log = row_of(screen, "3 Log");
	assert_true(trials > 0 && log > trials);
	/* the left button down on the log's title, up three rows above */
	snprintf(mouse, sizeof(mouse), "\033[<0;10;%dM", log + 1);
	press(screen, mouse);
	snprintf(mouse, sizeof(mouse), "\033[<0;10;%dm", log + 1 - 3);
	press(screen, mouse);
	assert_int_equal(row_of(screen, "3 Log"), log - 3);
	/* by key: the trials, one row less; then kept with a name */
	press(screen, "2");
	press(screen, "\x17+++\r");
	assert_int_equal(row_of(screen, "3 Log"), log);
	press(screen, "\x17--\r:layout save mine\r");
	assert_true(
		screen_wait_text(screen, "layout mine kept", RIG_DEADLINE_MS));
	assert_int_equal(row_of(screen, "3 Log"), log - 2);
	press(screen, ":layout usual\r");
	assert_int_equal(row_of(screen, "3 Log"), log);
	/* exchanged: the log above the trials */
	press(screen, "\x17x\r");
	assert_true(row_of(screen, "2 Trials") > row_of(screen, "3 Log"));
	screen_close(screen);
	screen = start(80, 24, "--state state --config config");
	assert_true(row_of(screen, "2 Trials") > row_of(screen, "3 Log"));
	press(screen, ":layout mine\r");
	assert_int_equal(row_of(screen, "3 Log"), log - 2);
	press(screen, "z");
	assert_int_equal(row_of(screen, "3 Log"), -1);
	press(screen, ":layout pink\r");
	assert_true(screen_wait_text(screen, "no layout is called",
				     RIG_DEADLINE_MS));
	screen_close(screen);
	screen = start(80, 24, "--state state --config config");
	assert_int_equal(row_of(screen, "3 Log"), -1); /* still alone */
	screen_close(screen);
	/* columns, on a wide one */
	remove_text("state");
	screen = start(200, 50, "--state state --config config");
	press(screen, "2\x17>\r");
	assert_true(row_of(screen, "4 Chart") >= 0);
	screen_close(screen);
	remove_text("config");
	remove_text("state");
}

/* ---- lines
 * -------------------------------------------------------------------
 */

static char *lines_of(const char *typed, int *ret_status)
{
	char *command =
		xasprintf("cd '%s' && printf '%%s' '%s' | LC_ALL=C.UTF-8 "
			  "'%s/tests/support/tui_main' --plain t.db",
			  folder, typed, getenv("TOP_BUILDDIR"));
	struct strbuf out = STRBUF_INIT;
	FILE *pipe = popen(command, "r");
	char piece[4096];
	size_t n;

	assert_non_null(pipe);
	while ((n = fread(piece, 1, sizeof(piece), pipe)) > 0)
		strbuf_add(&out, piece, n);
	*ret_status = pclose(pipe);
	free(command);
	return strbuf_detach(&out);
}

static void lines_answer_a_pipe(void **state)
{
	int status;
	char *out = lines_of("help\ntrials 3\nshow 5\nlog 5\nbest\n"
			     "filter state:failed\ntrials\nsort pink\nzoom\n"
			     "trial\nevents 2\nset theme dark\n"
			     "experiment hostile\ntrials\nquit\n",
			     &status);

	(void)state;
	assert_int_equal(status, 0);
	assert_non_null(strstr(out, "experiment digits (digits01) is"));
	assert_non_null(strstr(out, "kill TRIAL...|all: kill trials\n"));
	assert_non_null(strstr(out, "3 of 20 trials\n"));
	assert_non_null(strstr(out, "Submitted: "));
	assert_non_null(strstr(out, "trials match\n"));
	assert_non_null(strstr(out, "error: no command is called \"zoom\""));
	assert_non_null(strstr(out, "theme means nothing in lines\n"));
	assert_non_null(strstr(out, "(hostile1) is STOPPED"));
	/* nothing but lines, whatever the texts hold */
	for (const char *c = out; *c; c++)
		assert_true((unsigned char)*c >= ' ' || *c == '\n');
	free(out);
}

static void lines_end_with_their_input(void **state)
{
	int status;
	char *out = lines_of("status", &status);

	(void)state;
	assert_int_equal(status, 0);
	assert_non_null(strstr(out, "of 40 trials ended"));
	free(out);
}

static void lines_tell_what_happens(void **state)
{
	struct strbuf record = STRBUF_INIT;
	struct change change;
	struct screen *screen;
	double best;
	int status;

	(void)state;
	write_text("config", "set bell all\n");
	screen = rig_console(folder, "t.db", 80, 24, "--plain --config config",
			     NULL);
	screen_record(screen, &record);
	screen_type(screen, "status\n");
	assert_true(recorded(screen, &record, "experiment digits",
			     RIG_DEADLINE_MS));
	open_digits(&change);
	best = change.experiment.best.number;
	change.experiment.best.number = best + 0.001;
	put_digits(&change);
	assert_true(recorded(screen, &record, "digits has a new best, 0.799",
			     RIG_DEADLINE_MS));
	assert_true(recorded(screen, &record, "\a", RIG_DEADLINE_MS));
	/* a question, and an answer that is none */
	screen_type(screen, "kill all\n");
	assert_true(recorded(screen, &record, "[y/N]", RIG_DEADLINE_MS));
	screen_type(screen, "n\nkill\n");
	assert_true(recorded(screen, &record, "usage: kill TRIAL",
			     RIG_DEADLINE_MS));
	screen_type(screen, "quit\n");
	assert_true(screen_wait_exit(screen, &status, RIG_DEADLINE_MS));
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_null(memchr(record.data, '\033', record.len));
	change.experiment.best.number = best;
	put_digits(&change);
	close_digits(&change);
	screen_close(screen);
	strbuf_release(&record);
	remove_text("config");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_rings_for_what_was_asked),
		cmocka_unit_test(it_is_silent_by_itself),
		cmocka_unit_test(a_page_has_links_where_they_are_wanted),
		cmocka_unit_test(any_writing_keeps_its_place),
		cmocka_unit_test(a_view_is_explained_once),
		cmocka_unit_test(panes_are_moved_and_stay_so),
		cmocka_unit_test(lines_answer_a_pipe),
		cmocka_unit_test(lines_end_with_their_input),
		cmocka_unit_test(lines_tell_what_happens),
	};

	return cmocka_run_group_tests_name("comfort", tests, make_folder,
					   remove_folder);
}
