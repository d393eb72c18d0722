/* SPDX-License-Identifier: MIT */
/* The screens' database. */
#include "tests/support/screen_fixture.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIALS 20

static const char space_text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-05,0.1]},"
	"\"batch_size\":{\"_type\":\"choice\",\"_value\":[16,32,64,128]},"
	"\"optimizer\":{\"_type\":\"choice\","
	"\"_value\":[\"sgd\",\"adam\",\"rmsprop\"]},"
	"\"dropout\":{\"_type\":\"uniform\",\"_value\":[0,0.6]}}";

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "screen fixture: %s\n", err->text);
	exit(1);
}

static struct experiment new_experiment(const char *id, const char *name,
					enum experiment_state state)
{
	struct experiment experiment = {
		.name = xstrdup(name),
		.state = state,
		.platform = xstrdup("local"),
		.config = xstrdup("{}"),
		.source = xstrdup("experimentName: x\n"),
		.source_path = xstrdup("/home/ada/experiment.yaml"),
		.space = xstrdup(space_text),
		.directory = xstrdup("/home/ada/experiments"),
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = 1,
		.concurrency = 4,
		.max_trials = 40,
		.created_ns = SCREEN_NOW_NS - 3000 * NS_PER_S,
		.started_ns = SCREEN_NOW_NS - 3000 * NS_PER_S};

	snprintf(experiment.id, sizeof(experiment.id), "%s", id);
	return experiment;
}

static void add_experiment(struct store *store, struct experiment *experiment)
{
	struct error err;

	must(store_experiment_add(store, experiment, &err), &err);
	must(store_experiment_update(store, experiment, &err), &err);
}

static void add_event(struct store *store, const struct trial *trial,
		      enum event_level level, const char *kind,
		      const char *text)
{
	struct error err;
	struct event event = {.experiment = trial->experiment,
			      .trial = trial->key,
			      .attempt = trial->attempt,
			      .at_ns = trial->ended_ns ? trial->ended_ns
						       : trial->submitted_ns,
			      .level = level,
			      .text = xstrdup(text)};

	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	must(store_event_add(store, &event, &err), &err);
	event_release(&event);
}

static void add_attempts(struct store *store, const char *folder,
			 const struct trial *trial, const char *log)
{
	struct error err;
	int number;

	for (number = 1; number <= trial->attempt; number++) {
		bool is_last = number == trial->attempt;
		struct attempt attempt = {
			.trial = trial->key,
			.number = number,
			.state = is_last ? trial->state : TRIAL_FAILED,
			.exit_code = is_last ? trial->exit_code : 137,
			.submitted_ns = trial->submitted_ns,
			.started_ns = trial->started_ns,
			.ended_ns = is_last ? trial->ended_ns
					    : trial->started_ns + NS_PER_S,
			.token = "0123456789abcdef0123456789abcdef",
			.job = xstrdup("4242:99"),
			.directory =
				xasprintf("trials/%s/%d", trial->id, number),
			.reason = xstrdup_or_null(trial->reason)};
		char *path = xasprintf("%s/%s", folder, attempt.directory);
		char *file = xasprintf("%s/stdout", path);

		must(store_attempt_add(store, &attempt, &err), &err);
		if (trial->started_ns && log) {
			must(fs_make_folders(path, &err), &err);
			must(fs_write_file(file, log, strlen(log), &err), &err);
		}
		free(file);
		free(path);
		attempt_release(&attempt);
	}
}

static double curve(int i, int step)
{
	double plateau = 0.6 + 0.3 * ((i * 7) % 10) / 10.0;

	return plateau * (1 - exp(-(step + 1) / (2.0 + i % 3)));
}

static void add_metrics(struct store *store, struct trial *trial, int steps)
{
	struct error err;
	bool is_new;
	int step;

	for (step = 0; step < steps; step++) {
		struct metric metric = {
			.type = METRIC_INTERMEDIATE,
			.sequence = step,
			.at_ns = trial->started_ns + step * NS_PER_S,
			.value = curve((int)trial->sequence, step),
			.name = METRIC_OBJECTIVE};

		must(store_metric_add(store, trial->key, trial->attempt,
				      &metric, &is_new, &err),
		     &err);
		strcpy(metric.name, "loss");
		metric.value = 1 - metric.value;
		must(store_metric_add(store, trial->key, trial->attempt,
				      &metric, &is_new, &err),
		     &err);
		trial->last.is_set = trial->best.is_set = true;
		trial->last.number = trial->best.number = 1 - metric.value;
		trial->intermediates = step + 1;
	}
}

static enum trial_state state_of(int i)
{
	switch (i) {
	case 4:
	case 11:
		return TRIAL_FAILED;
	case 7:
		return TRIAL_EARLY_STOPPED;
	case 9:
		return TRIAL_USER_CANCELED;
	case 16:
	case 17:
	case 18:
		return TRIAL_RUNNING;
	case 19:
		return TRIAL_WAITING;
	default:
		return TRIAL_SUCCEEDED;
	}
}

static const char *reason_of(enum trial_state state)
{
	switch (state) {
	case TRIAL_FAILED:
		return "exit status 1: RuntimeError: CUDA out of memory";
	case TRIAL_EARLY_STOPPED:
		return "best result 0.41 is below the median 0.55";
	case TRIAL_USER_CANCELED:
		return "killed by ada@head";
	default:
		return NULL;
	}
}

static void add_trial(struct store *store, const char *folder,
		      struct experiment *experiment, int i)
{
	static const char *const optimizers[] = {"sgd", "adam", "rmsprop"};
	enum trial_state state = state_of(i);
	int64_t begin_ns = SCREEN_NOW_NS - (2900 - 140 * i) * NS_PER_S;
	struct error err;
	struct trial trial = {
		.experiment = experiment->key,
		.sequence = i,
		.state = state,
		.attempt = i == 5 ? 2 : 1,
		.exit_code = state == TRIAL_FAILED ? 1 : 0,
		.submitted_ns = begin_ns,
		.started_ns = state == TRIAL_WAITING ? 0 : begin_ns + NS_PER_S,
		.source = 'a',
		.parameters = xasprintf(
			"{\"lr\":%.17g,\"batch_size\":%d,\"optimizer\":\"%s\","
			"\"dropout\":%.17g}",
			1e-5 * pow(10, (i * 13 % 40) / 10.0), 16 << (i % 4),
			optimizers[i % 3], (i * 11 % 60) / 100.0),
		.reason = xstrdup_or_null(reason_of(state))};

	snprintf(trial.id, sizeof(trial.id), "t%c%03d", 'a' + i, i * 37);
	if (trial_state_is_terminal(state))
		trial.ended_ns = trial.started_ns + (60 + 9 * i) * NS_PER_S;
	must(store_trial_add(store, &trial, &err), &err);
	if (state != TRIAL_WAITING)
		add_metrics(store, &trial,
			    state == TRIAL_SUCCEEDED ? 12 : 3 + i % 4);
	if (state == TRIAL_SUCCEEDED) {
		trial.final.is_set = true;
		trial.final.number = i == 2 ? NAN : trial.last.number;
		if (objective_is_better(OBJECTIVE_MAXIMIZE, trial.final,
					experiment->best)) {
			experiment->best = trial.final;
			experiment->best_trial = trial.key;
		}
	}
	must(store_trial_update(store, &trial, &err), &err);
	add_attempts(store, folder, &trial,
		     "epoch 1: loss 0.93\nepoch 2: loss 0.71\n"
		     "a line that is longer than most screens are wide, so "
		     "that it has to be wrapped or cut somewhere\n"
		     "warning: \xe6\xbc\xa2\xe5\xad\x97 and \xc3\xa9\n"
		     "epoch 3: loss 0.55\n");
	add_event(store, &trial,
		  state == TRIAL_FAILED ? EVENT_ERROR : EVENT_INFO,
		  trial.ended_ns ? "trial-ended" : "trial-started",
		  trial.reason ? trial.reason : trial_state_name(state));
	experiment->counts[state]++;
	experiment->next_sequence = i + 1;
	trial_release(&trial);
}

/* Every text a peer could send is an attack on the terminal. */
static void add_hostile(struct store *store, const char *folder)
{
	static const char attack[] = "\x1b[2J\x1b[31mred\x07\xc2\x9b"
				     "5n\xff\xfe\xe2\x80\xae"
				     "rtl";
	struct experiment experiment =
		new_experiment("hostile1", attack, EXPERIMENT_STOPPED);
	struct error err;
	struct trial trial = {.attempt = 1,
			      .state = TRIAL_FAILED,
			      .exit_code = 1,
			      .id = "hhhhh",
			      .source = 'a',
			      .submitted_ns = experiment.created_ns,
			      .started_ns = experiment.created_ns + NS_PER_S,
			      .ended_ns = experiment.created_ns + 9 * NS_PER_S,
			      .parameters = xstrdup("{\"lr\":1e-300,"
						    "\"optimizer\":"
						    "\"\\u001b[2J\"}"),
			      .reason = xstrdup(attack)};

	experiment.ended_ns = trial.ended_ns;
	add_experiment(store, &experiment);
	trial.experiment = experiment.key;
	must(store_trial_add(store, &trial, &err), &err);
	must(store_trial_update(store, &trial, &err), &err);
	add_attempts(store, folder, &trial, attack);
	add_event(store, &trial, EVENT_ERROR, "trial-ended", attack);
	experiment.counts[TRIAL_FAILED] = 1;
	experiment.next_sequence = 1;
	must(store_experiment_update(store, &experiment, &err), &err);
	trial_release(&trial);
	experiment_release(&experiment);
}

static void add_small_ones(struct store *store)
{
	struct experiment experiment;

	experiment = new_experiment(
		"longname",
		"\xe5\xad\xa6\xe7\xbf\x92\xe7\x8e\x87 a very long name that no "
		"pane of a sensible width can show in full",
		EXPERIMENT_DONE);
	experiment.created_ns -= 86400 * NS_PER_S;
	experiment.started_ns = experiment.created_ns;
	experiment.ended_ns = experiment.created_ns + 3600 * NS_PER_S;
	experiment.best.is_set = true;
	experiment.best.number = -1.5e-7;
	add_experiment(store, &experiment);
	experiment_release(&experiment);
	experiment = new_experiment("errored1", "broken", EXPERIMENT_ERROR);
	experiment.error = xstrdup("the tuner's class cannot be loaded");
	add_experiment(store, &experiment);
	experiment_release(&experiment);
}

/* One that means no harm, and one that does. */
static const char tuner_state[] =
	"{\"epoch\":2,\"mood\":\"\\u001b[31mred\\u0007\",\"rungs\":["
	"{\"rung\":0,\"budget\":1,\"running\":2,\"over\":30,\"promoted\":8},"
	"{\"rung\":1,\"budget\":3,\"running\":1,\"over\":8},"
	"{\"rung\":2,\"budget\":9,\"running\":0,\"over\":0,\"promoted\":0,"
	"\"more\":1}],\"best\":[0.5,null,{\"x\":1}]}";

void screen_fixture(const char *folder)
{
	char *path = xasprintf("%s/t.db", folder);
	struct experiment digits =
		new_experiment("digits01", "digits", EXPERIMENT_RUNNING);
	struct store *store;
	struct error err;
	int i;

	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	add_small_ones(store);
	add_hostile(store, folder);
	add_experiment(store, &digits);
	for (i = 0; i < TRIALS; i++)
		add_trial(store, folder, &digits, i);
	must(store_tuner_state_put(store, digits.key, tuner_state,
				   SCREEN_NOW_NS, &err),
	     &err);
	must(store_experiment_update(store, &digits, &err), &err);
	must(store_commit(store, &err), &err);
	store_close(store);
	experiment_release(&digits);
	free(path);
}
