/* SPDX-License-Identifier: MIT */
/*
 * Acting from the console: forms at every size, what is sent and what is not,
 * taking back, and that a console that only looks refuses all of it.
 */
#include "base/mem.h"
#include "store/store.h"
#include "tests/screen/view_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct view {
	const char *name, *database, *keys;
} views[] = {
	{"form-clone", "t.db", ":trial 5\ne\n"},
	{"form-outside", "t.db", ":trial 5\ne\n<C-u> 9 9 9 <Tab> x\n"},
	{"form-wrong", "t.db", "a\n<C-u> - <Enter>\n"},
	{"form-hostile", "t.db", ":experiment hostile1\ne\n"},
	{"form-tags", "t.db", ":trial 5\nt\nb a d <Space> ( x\n"},
	{"form-note", "t.db", "1 i\no n e\n"},
	{"diff", "t.db", ":trial 5\n<Space>\n:trial 11\n<Space> d\n"},
	{"diff-all", "t.db", ":trial 5\n<Space>\n:trial 11\n<Space> d d\n"},
	{"diff-hostile", "t.db", "1 g <Space> <Space> <Space> d\n"},
	{"experiments", "t.db", "1 s <Space> s s\n"},
};

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

static bool shows(const struct view *view, const struct rig_terminal *terminal)
{
	char script[1024], name[64];

	snprintf(script, sizeof(script), ":wait\n%s:wait\n:save-screen done\n",
		 view->keys);
	snprintf(name, sizeof(name), "%s-%s", view->name, terminal->name);
	return rig_shows(folder, view->database, terminal, script, name);
}

static void goldens(void **state)
{
	size_t i, k, wrong = 0;

	(void)state;
	for (i = 0; i < RIG_TERMINALS; i++)
		for (k = 0; k < COUNT_OF(views); k++) {
			if (shows(&views[k], &rig_terminals[i]))
				continue;
			print_message("# %s at %s differs\n", views[k].name,
				      rig_terminals[i].name);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* ---- what is sent ----------------------------------------------------------
 */

/* The database beside, and that somebody seems to run "digits". */
struct beside {
	struct store *store;
	struct experiment row;
	char *path;
	int lock;
	int before; /* commands that were there */
};

static void beside_close(struct beside *beside)
{
	experiment_release(&beside->row);
	store_close(beside->store);
	close(beside->lock);
	free(beside->path);
}

struct found {
	int count;
	enum command_verb verb;
	char argument[1024];
};

static bool take(const struct command *command, void *arg)
{
	struct found *found = arg;

	found->count++;
	found->verb = command->verb;
	snprintf(found->argument, sizeof(found->argument), "%s",
		 command->argument ? command->argument : "");
	return true;
}

static struct found commands(struct beside *beside)
{
	struct found found = {0};
	struct error err;

	assert_true(store_commands_pending(beside->store, beside->row.key, take,
					   &found, &err));
	return found;
}

static void beside_open(struct beside *beside)
{
	struct error err;

	beside->path = xasprintf("%s/t.db", folder);
	if (!store_open(beside->path, STORE_READ, &beside->store, &err) ||
	    !store_experiment_find(beside->store, "digits", &beside->row, &err))
		fail_msg("%s", err.text);
	beside->lock =
		store_lock_experiment(beside->path, beside->row.id, &err);
	if (beside->lock < 0)
		fail_msg("%s", err.text);
	beside->before = commands(beside).count;
}

static bool has_more_commands(struct screen *screen, void *arg)
{
	struct beside *beside = arg;

	(void)screen;
	return commands(beside).count > beside->before;
}

static struct screen *start(const char *arguments)
{
	struct screen *screen =
		rig_console(folder, "t.db", 100, 30, arguments, NULL);

	assert_true(
		screen_wait_text(screen, "Trials of digits", RIG_DEADLINE_MS));
	return screen;
}

static void type_and_see(struct screen *screen, const char *keys,
			 const char *text)
{
	screen_type(screen, keys);
	if (!screen_wait_text(screen, text, RIG_DEADLINE_MS))
		fail_msg("\"%s\" is not to be seen after \"%s\"", text, keys);
}

static void a_kill_is_taken_back(void **state)
{
	struct beside beside;
	struct screen *screen;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, ":set undo=60\r", "taken back for 60 s");
	type_and_see(screen, ":filter state:running\r", "state:running");
	/* with a filter it is asked which is meant */
	type_and_see(screen, "x", "[t]his trial, or [a]ll 3 that the filter");
	type_and_see(screen, "n", "not done");
	type_and_see(screen, "xt", "Esc takes it back");
	type_and_see(screen, "\x1b", "taken back: kill trial");
	type_and_see(screen, "xa", "Esc takes it back");
	type_and_see(screen, ":undo\r", "taken back: kill 3 trials");
	/* all of them: a question, and the window */
	type_and_see(screen, "X", "kill all 4 live trials of digits? [y/N]");
	type_and_see(screen, "y", "Esc takes it back");
	type_and_see(screen, "\x1b", "taken back: kill all");
	type_and_see(screen, ":undo\r", "there is nothing to take back");
	assert_int_equal(commands(&beside).count, beside.before);
	screen_close(screen);
	beside_close(&beside);
}

static void a_kill_is_sent_when_its_time_is_over(void **state)
{
	struct beside beside;
	struct screen *screen;
	struct found found;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, ":set undo=1\r", "taken back for 1 s");
	type_and_see(screen, ":filter state:running\r", "state:running");
	screen_type(screen, "xt");
	assert_true(screen_wait(screen, has_more_commands, &beside,
				RIG_DEADLINE_MS));
	found = commands(&beside);
	assert_int_equal(found.count, beside.before + 1);
	assert_int_equal(found.verb, COMMAND_KILL);
	screen_close(screen);
	beside_close(&beside);
}

static void a_kill_is_sent_by_who_leaves(void **state)
{
	struct beside beside;
	struct screen *screen;
	int status;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, ":set undo=60\r", "taken back for 60 s");
	type_and_see(screen, ":filter state:running\r", "state:running");
	type_and_see(screen, "xt", "Esc takes it back");
	screen_type(screen, "Q");
	assert_true(screen_wait_exit(screen, &status, RIG_DEADLINE_MS));
	assert_int_equal(commands(&beside).count, beside.before + 1);
	screen_close(screen);
	/* without a window it is asked about, as ever */
	screen = start("");
	type_and_see(screen, ":set undo=0\r", "is asked about");
	type_and_see(screen, ":filter state:running\r", "state:running");
	type_and_see(screen, "xt", "? [y/N]");
	type_and_see(screen, "n", "not done");
	assert_int_equal(commands(&beside).count, beside.before + 1);
	screen_close(screen);
	beside_close(&beside);
}

static void a_clone_is_sent(void **state)
{
	struct beside beside;
	struct screen *screen;
	struct found found;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, ":trial 5\r", "#5");
	type_and_see(screen, "e", "Clone trial #5");
	/* outside its space: asked about */
	type_and_see(screen,
		     "\x15"
		     "9\r",
		     "Run it all the same? [y/N]");
	type_and_see(screen, "n", "not sent");
	type_and_see(screen,
		     "\x15"
		     "x\r",
		     "a number is needed");
	type_and_see(screen,
		     "\x15"
		     "9\r",
		     "Run it all the same? [y/N]");
	type_and_see(screen, "y", "Trials of digits");
	assert_true(screen_wait(screen, has_more_commands, &beside,
				RIG_DEADLINE_MS));
	found = commands(&beside);
	assert_int_equal(found.count, beside.before + 1);
	assert_int_equal(found.verb, COMMAND_ADD_TRIAL);
	assert_non_null(strstr(found.argument, ":9,"));
	/* a pasted line is a field's text, and Esc changes nothing */
	type_and_see(screen, "a", "Add a trial to digits");
	type_and_see(screen, "\x15\x1b[200~0.0123\r\x1b[201~", "0.0123");
	type_and_see(screen, "\x1b", "nothing was changed");
	assert_int_equal(commands(&beside).count, beside.before + 1);
	screen_close(screen);
	beside_close(&beside);
}

/* An editor that writes what it is told. */
static void parameters_from_an_editor(void **state)
{
	char *path = xasprintf("%s/editor", folder);
	char *command = xasprintf("sh %s", path);
	FILE *file = fopen(path, "w");
	struct screen *screen;

	(void)state;
	assert_non_null(file);
	fputs("#!/bin/sh\ngrep -q '\"' \"$1\" || exit 3\n"
	      "sed -i 's/:[[:space:]]*[0-9][0-9.e-]*/: 0.03125/' \"$1\"\n",
	      file);
	fclose(file);
	setenv("VISUAL", command, 1);
	screen = start("");
	type_and_see(screen, ":trial 5\r", "#5");
	type_and_see(screen, "e", "Clone trial #5");
	type_and_see(screen, "\x05", "0.03125");
	screen_close(screen);
	setenv("VISUAL", "false", 1);
	screen = start("");
	type_and_see(screen, "a", "Add a trial");
	type_and_see(screen, "\x05", "ended with status 1, nothing is changed");
	screen_close(screen);
	unsetenv("VISUAL");
	free(command);
	free(path);
}

static void a_console_that_only_looks_refuses(void **state)
{
	static const char *const keys[] = {
		"e",	     "a",
		"x",	     "X",
		"T",	     "r",
		"R",	     "p",
		"u",	     "+",
		"-",	     ":stop kill\r",
		":add {}\r", ":set concurrency=3\r",
		":kill 5\r", ":act stop 5\r",
	};
	struct screen *screen = start("--read-only");

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		type_and_see(screen, keys[i], "read-only: this console only");
		screen_type(screen, "j"); /* the next key takes it away */
		if (!screen_wait_no_text(screen, "read-only: this",
					 RIG_DEADLINE_MS))
			fail_msg("after %s", keys[i]);
	}
	type_and_see(screen, "t", "read-only: this console only");
	type_and_see(screen, "1j", "");
	type_and_see(screen, "i", "read-only: this console only");
	type_and_see(screen, "j", "");
	type_and_see(screen, "B", "read-only: this console only");
	type_and_see(screen, "k", "");
	type_and_see(screen, "D", "read-only: this console only");
	screen_close(screen);
}

static void a_running_experiment_is_changed(void **state)
{
	struct beside beside;
	struct screen *screen;
	struct found found;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, "D", "Change digits");
	type_and_see(screen,
		     "\x15"
		     "7",
		     "3 more trials start at once");
	type_and_see(screen,
		     "\t\x15"
		     "10",
		     "there are 20 already");
	type_and_see(screen, "\t\x15soon", "soon");
	type_and_see(screen, "\r", "max-duration: ");
	type_and_see(screen, "\x15none\r", "Trials of digits");
	assert_true(screen_wait(screen, has_more_commands, &beside,
				RIG_DEADLINE_MS));
	found = commands(&beside);
	assert_int_equal(found.count, beside.before + 2);
	assert_int_equal(found.verb, COMMAND_SET);
	assert_string_equal(found.argument, "max-trials=10");
	type_and_see(screen, "D", "Change digits");
	type_and_see(screen, "\r", "nothing was changed");
	assert_int_equal(commands(&beside).count, beside.before + 2);
	screen_close(screen);
	beside_close(&beside);
}

static void experiments_are_put_aside(void **state)
{
	struct screen *screen = start("");

	(void)state;
	type_and_see(screen, ":experiment broken\r", "Trials of broken");
	type_and_see(screen, "1B", "archived broken");
	type_and_see(screen, "", "1 archived");
	type_and_see(screen, "\x1b", "taken back: archived broken");
	if (!screen_wait_no_text(screen, "1 archived", RIG_DEADLINE_MS))
		fail_msg("it is still archived");
	/* nothing can be deleted from here: who could is not there */
	type_and_see(screen, "D", "trialdeck delete");
	screen_close(screen);
}

static void tags_and_notes_are_written(void **state)
{
	struct beside beside;
	struct screen *screen;
	struct experiment row;
	struct trial trial;
	struct error err;

	(void)state;
	beside_open(&beside);
	screen = start("");
	type_and_see(screen, ":trial 7\r", "#7");
	type_and_see(screen, "t", "Tags of trial #7 of digits");
	type_and_see(screen, "good b(d\r", "may not have any of");
	type_and_see(screen, "\x15good fast\r", "2 tags changed");
	type_and_see(screen, "t", "good fast");
	type_and_see(screen,
		     "\x15"
		     "fast\r",
		     "1 tag changed");
	/* of several */
	type_and_see(screen, " ", "");
	type_and_see(screen, " ", "");
	type_and_see(screen, "t", "Tags of 2 trials of digits");
	type_and_see(screen,
		     "both\t"
		     "fast\r",
		     "3 tags changed");
	type_and_see(screen, "1i", "Note on digits");
	type_and_see(screen, "try again\r", "note written");
	type_and_see(screen, "E", "note written by ");
	assert_true(store_trial_get(beside.store, (beside.row.key << 32) + 7,
				    &trial, &err));
	assert_string_equal(trial.tags, "both");
	trial_release(&trial);
	assert_true(
		store_experiment_get(beside.store, beside.row.key, &row, &err));
	assert_string_equal(row.note, "try again");
	experiment_release(&row);
	screen_close(screen);
	beside_close(&beside);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(a_console_that_only_looks_refuses),
		cmocka_unit_test(a_kill_is_taken_back),
		cmocka_unit_test(a_clone_is_sent),
		cmocka_unit_test(a_running_experiment_is_changed),
		cmocka_unit_test(tags_and_notes_are_written),
		cmocka_unit_test(experiments_are_put_aside),
		cmocka_unit_test(a_kill_is_sent_when_its_time_is_over),
		cmocka_unit_test(a_kill_is_sent_by_who_leaves),
		cmocka_unit_test(parameters_from_an_editor),
	};

	return cmocka_run_group_tests_name("acting", tests, make_folder,
					   remove_folder);
}
