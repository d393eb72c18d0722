/* SPDX-License-Identifier: MIT */
/*
 * What came from other programs, in the console: where it is from, that there
 * are no logs, that nothing is done to it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "interchange/arrival.h"
#include "store/store.h"
#include "tests/screen/view_rig.h"
#include "tests/support/screen_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START_NS (SCREEN_NOW_NS - 3600 * NS_PER_S)

static char *folder;

static const struct view {
	const char *name;
	const char *keys;
	const char *arguments;
} views[] = {
	{"foreign", "1\n", ""},
	{"foreign-trial", ":trial 1\n<Enter>\n", ""},
	{"foreign-log", ":trial 1\n3 z\n", ""},
	{"foreign-refused", "2 x\n", "--read-only"},
};

static void add_trial(struct arrival *arrival, int64_t number)
{
	char parameters[] = "{\"x\":0.25}";
	struct trial row = {
		.sequence = number,
		.state = number == 2 ? TRIAL_EARLY_STOPPED : TRIAL_SUCCEEDED,
		.exit_code = -1,
		.submitted_ns = START_NS + number * 60 * NS_PER_S,
		.started_ns = START_NS + number * 60 * NS_PER_S,
		.ended_ns = START_NS + (number * 60 + 30) * NS_PER_S,
		.source = 'a',
		.parameters = parameters,
	};
	struct metric metric = {.type = METRIC_FINAL,
				.at_ns = row.ended_ns,
				.value = (double)number / 2,
				.name = METRIC_OBJECTIVE};
	struct error err;

	arrival_id_of(row.id, number);
	assert_true(arrival_trial(arrival, &row, &err));
	if (number != 2)
		assert_true(arrival_metric(arrival, &metric, NULL, &err));
	assert_true(arrival_trial_end(arrival, "owner: ann", &err));
}

static void add_experiment(struct store *store, const char *id,
			   const char *platform, int trials)
{
	struct arrival arrival = {0};
	struct experiment row = {
		.name = xasprintf("study of %s", platform),
		.platform = xstrdup(platform),
		.config = xstrdup("{}"),
		.space = xstrdup("{\"x\":{\"_type\":\"uniform\",\"_value\":[0,"
				 "1]}}"),
		.objective = OBJECTIVE_MAXIMIZE,
		.concurrency = 1,
		.created_ns = START_NS,
	};
	struct error err;

	snprintf(row.id, sizeof(row.id), "%s", id);
	assert_true(arrival_begin(&arrival, store, &row, "{}",
				  "came from somewhere", &err));
	for (int i = 0; i < trials; i++)
		add_trial(&arrival, i);
	assert_true(arrival_end(&arrival, NULL, NULL, true, &err));
	arrival_release(&arrival);
	experiment_release(&row);
}

static int make_folder(void **state)
{
	struct store *store;
	struct error err;
	char *path;

	(void)state;
	folder = rig_folder_new();
	path = xasprintf("%s/foreign.db", folder);
	clock_fix_wall(SCREEN_NOW_NS);
	assert_true(store_open(path, STORE_WRITE, &store, &err));
	assert_true(store_begin(store, &err));
	add_experiment(store, "aaaaaaaa", "local", 1);
	add_experiment(store, "bbbbbbbb", "nni", 2);
	add_experiment(store, "cccccccc", "optuna", 4);
	assert_true(store_commit(store, &err));
	store_close(store);
	free(path);
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
	char script[256], name[64], arguments[128];
	struct screen *screen;
	bool is_ok;

	snprintf(script, sizeof(script), ":wait\n%s:wait\n:save-screen done\n",
		 view->keys);
	snprintf(arguments, sizeof(arguments), "%s %s", terminal->arguments,
		 view->arguments);
	snprintf(name, sizeof(name), "%s-%s", view->name, terminal->name);
	screen = rig_console(folder, "foreign.db", terminal->cols,
			     terminal->rows, arguments, script);
	is_ok = rig_wait_script(screen, folder) &&
		screen_matches_golden(screen, name);
	screen_close(screen);
	if (!is_ok)
		print_message("# %s differs\n", name);
	return is_ok;
}

static void as_pictures(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(views); i++)
		for (size_t k = 0; k < RIG_TERMINALS; k++)
			wrong += !shows(&views[i], &rig_terminals[k]);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_pictures),
	};

	return cmocka_run_group_tests_name("interchange", tests, make_folder,
					   remove_folder);
}
