/* SPDX-License-Identifier: MIT */
/*
 * Makes the small database that the tests of the command line look at:
 *   fixture DATABASE
 *   fixture --cluster FOLDER     (tests/support/cluster_fixture.h)
 *   fixture --parts FOLDER       (tests/support/parts_fixture.h)
 * Two experiments: a1b2c3d4 "demo" is DONE and has a trial of every kind of
 * end; b2c3d4e5 stands at RUNNING with nobody to run it, and every text of it
 * is hostile to terminals, CSV and JSON.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"
#include "tests/support/cluster_fixture.h"
#include "tests/support/parts_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "a\x1b[31m\"b\", 'c'\n\xff \xe6\xbc\xa2"
#define START_NS (1700000000 * NS_PER_S)

static struct store *store;
static struct error err;

static void need(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s\n", err.text);
	exit(1);
}

static struct metric_value value(double number)
{
	return (struct metric_value){.is_set = true, .number = number};
}

static void add_event(int64_t experiment, int64_t trial, const char *text)
{
	struct event event = {
		.experiment = experiment,
		.trial = trial,
		.attempt = trial ? 1 : 0,
		.at_ns = START_NS,
		.kind = "trial-ended",
		.text = (char *)text,
	};

	need(store_event_add(store, &event, &err));
}

static void add_metric(int64_t trial, int attempt, enum metric_type type,
		       int64_t sequence, double number, const char *name)
{
	struct metric metric = {
		.type = type,
		.sequence = sequence,
		.at_ns = START_NS + sequence * NS_PER_S,
		.value = number,
	};
	bool is_new;

	snprintf(metric.name, sizeof(metric.name), "%s", name);
	need(store_metric_add(store, trial, attempt, &metric, &is_new, &err));
}

static void add_attempt(int64_t trial, int number, enum trial_state state,
			const char *directory)
{
	struct attempt attempt = {
		.trial = trial,
		.number = number,
		.state = state,
		.exit_code = state == TRIAL_FAILED ? 3 : 0,
		.submitted_ns = START_NS,
		.started_ns = START_NS + NS_PER_S,
		.ended_ns = trial_state_is_terminal(state)
				    ? START_NS + 60 * NS_PER_S
				    : 0,
		.directory = (char *)directory,
		.reason =
			state == TRIAL_FAILED ? (char *)"exit status 3" : NULL,
	};

	snprintf(attempt.token, sizeof(attempt.token), "%032d", number);
	need(store_attempt_add(store, &attempt, &err));
}

static int64_t add_trial(int64_t experiment, int sequence, const char *id,
			 enum trial_state state, double final, int attempts,
			 const char *folder, const char *parameters)
{
	struct trial trial = {
		.experiment = experiment,
		.sequence = sequence,
		.state = state,
		.attempt = attempts,
		.exit_code = state == TRIAL_FAILED ? 3 : 0,
		.submitted_ns = START_NS,
		.started_ns = START_NS + NS_PER_S,
		.ended_ns = trial_state_is_terminal(state)
				    ? START_NS + 60 * NS_PER_S
				    : 0,
		.source = 'a',
		.intermediates = 3,
		.last = value(0.3),
		.best = value(0.3),
		.parameters = (char *)parameters,
		.reason =
			state == TRIAL_FAILED ? (char *)"exit status 3" : NULL,
	};

	snprintf(trial.id, sizeof(trial.id), "%s", id);
	if (state == TRIAL_SUCCEEDED)
		trial.final = value(final);
	need(store_trial_add(store, &trial, &err));
	for (int number = 1; number <= attempts; number++) {
		char *directory =
			xasprintf("%s/trials/%s/%d", folder, id, number);

		add_attempt(trial.key, number, state, directory);
		for (int i = 0; i < 3; i++)
			add_metric(trial.key, number, METRIC_INTERMEDIATE, i,
				   0.1 * (i + 1), METRIC_OBJECTIVE);
		add_metric(trial.key, number, METRIC_INTERMEDIATE, 0, INFINITY,
			   "loss");
		if (state == TRIAL_SUCCEEDED)
			add_metric(trial.key, number, METRIC_FINAL, 0, final,
				   METRIC_OBJECTIVE);
		free(directory);
	}
	return trial.key;
}

static void add_demo(const char *home)
{
	char *folder = fs_join(home, "a1b2c3d4");
	struct experiment demo = {
		.id = "a1b2c3d4",
		.name = (char *)"demo",
		.state = EXPERIMENT_DONE,
		.platform = (char *)"local",
		.config = (char *)"{\"experimentName\":\"demo\"}",
		.source = (char *)"experimentName: demo\n",
		.space = (char *)"{\"lr\":{\"_type\":\"uniform\","
				 "\"_value\":[0,1]}}",
		.directory = folder,
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = UINT64_C(18446744073709551615),
		.concurrency = 2,
		.max_trials = 4,
		.created_ns = START_NS,
		.started_ns = START_NS,
		.ended_ns = START_NS + 90 * NS_PER_S,
		.run_ns = 90 * NS_PER_S,
		.next_sequence = 4,
		.counts = {[TRIAL_SUCCEEDED] = 2,
			   [TRIAL_FAILED] = 1,
			   [TRIAL_USER_CANCELED] = 1},
		.best = value(0.9),
	};

	need(store_experiment_add(store, &demo, &err));
	demo.best_trial = add_trial(demo.key, 0, "Aaaa0", TRIAL_SUCCEEDED, 0.9,
				    1, folder, "{\"lr\":0.5}");
	add_trial(demo.key, 1, "Bbbb1", TRIAL_FAILED, 0, 2, folder,
		  "{\"lr\":0.25}");
	add_trial(demo.key, 2, "Cccc2", TRIAL_SUCCEEDED, NAN, 1, folder,
		  "{\"lr\":0.125}");
	add_trial(demo.key, 3, "Dddd3", TRIAL_USER_CANCELED, 0, 1, folder,
		  "{\"lr\":1e-05}");
	need(store_experiment_update(store, &demo, &err));
	add_event(demo.key, demo.best_trial, "trial Aaaa0 succeeded");
	add_event(demo.key, 0, "experiment ended");
	free(folder);
}

static void add_hostile(const char *home)
{
	char *folder = fs_join(home, "b2c3d4e5");
	struct experiment hostile = {
		.id = "b2c3d4e5",
		.name = (char *)HOSTILE,
		.state = EXPERIMENT_RUNNING,
		.platform = (char *)"local",
		.config = (char *)"not JSON at all",
		.source = (char *)HOSTILE,
		.source_path = (char *)HOSTILE,
		.directory = folder,
		.concurrency = 1,
		.created_ns = START_NS + NS_PER_S,
		.next_sequence = 1,
		.counts = {[TRIAL_RUNNING] = 1},
	};
	int64_t trial;

	need(store_experiment_add(store, &hostile, &err));
	trial = add_trial(hostile.key, 0, "Eeee4", TRIAL_RUNNING, 0, 1, folder,
			  "{\"text\":\"\\u001b[2J,\\\"\"}");
	add_event(hostile.key, trial, HOSTILE);
	free(folder);
}

int main(int argc, char **argv)
{
	char *folder, *home;

	if (argc == 3 && !strcmp(argv[1], "--cluster")) {
		cluster_fixture(argv[2]);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--parts")) {
		parts_fixture(argv[2]);
		return 0;
	}
	if (argc != 2) {
		fputs("usage: fixture DATABASE | --cluster FOLDER |"
		      " --parts FOLDER\n",
		      stderr);
		return 2;
	}
	folder = fs_folder(argv[1]);
	home = fs_join(folder, "experiments");
	need(store_open(argv[1], STORE_WRITE, &store, &err));
	need(store_begin(store, &err));
	add_demo(home);
	add_hostile(home);
	need(store_commit(store, &err));
	store_close(store);
	free(home);
	free(folder);
	return 0;
}
