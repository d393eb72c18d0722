/* SPDX-License-Identifier: MIT */
/* The database of the screens of parts. */
#include "tests/support/parts_fixture.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"
#include "tests/support/screen_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct store *store;

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "parts fixture: %s\n", err->text);
	exit(1);
}

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

/* 0: never */
static int64_t ago_ns(int seconds)
{
	return seconds ? SCREEN_NOW_NS - seconds * NS_PER_S : 0;
}

static int64_t add_experiment(const char *id, const char *name)
{
	struct experiment row = {
		.name = text(name),
		.state = EXPERIMENT_RUNNING,
		.platform = text("kubernetes"),
		.config = text("{}"),
		.space = text("{\"lr\":{\"_type\":\"loguniform\","
			      "\"_value\":[1e-05,0.1]}}"),
		.directory = text(name),
		.objective = OBJECTIVE_MAXIMIZE,
		.concurrency = 4,
		.max_trials = 20,
		.created_ns = ago_ns(3000),
		.started_ns = ago_ns(3000),
	};
	struct error err;

	snprintf(row.id, sizeof(row.id), "%s", id);
	must(store_experiment_add(store, &row, &err), &err);
	return row.key;
}

static int64_t add_trial(int64_t experiment, int sequence, const char *id,
			 enum trial_state state, int began_s, int attempts,
			 const char *folder, const char *reason)
{
	struct trial trial = {
		.experiment = experiment,
		.sequence = sequence,
		.state = state,
		.attempt = attempts,
		.exit_code = state == TRIAL_SUCCEEDED ? 0 : -1,
		.submitted_ns = ago_ns(began_s + 40),
		.started_ns = ago_ns(began_s),
		.ended_ns = state == TRIAL_SUCCEEDED ? ago_ns(600) : 0,
		.source = 'a',
		.parameters = xasprintf("{\"lr\":%g}", 0.001 * (sequence + 1)),
		.reason = xstrdup_or_null(reason),
	};
	struct error err;
	int64_t key;

	snprintf(trial.id, sizeof(trial.id), "%s", id);
	if (state == TRIAL_SUCCEEDED)
		trial.final = (struct metric_value){true, 0.91};
	must(store_trial_add(store, &trial, &err), &err);
	for (int i = 1; i <= attempts; i++) {
		struct attempt attempt = {
			.trial = trial.key,
			.number = i,
			.state = i < attempts ? TRIAL_FAILED : state,
			.exit_code = i < attempts ? 137 : trial.exit_code,
			.submitted_ns = ago_ns(began_s + 500 * (attempts - i)),
			.started_ns = ago_ns(began_s + 400 * (attempts - i)),
			.ended_ns = i < attempts ? ago_ns(began_s + 50)
						 : trial.ended_ns,
			.directory =
				xasprintf("%s/trials/%s/%d", folder, id, i),
			.job = xasprintf("nni-exp-%s-trial-%s-%d", folder, id,
					 i),
			.reason = i < attempts ? xstrdup("exit status 137")
					       : NULL,
		};

		must(store_attempt_add(store, &attempt, &err), &err);
		attempt_release(&attempt);
	}
	key = trial.key;
	trial_release(&trial);
	return key;
}

/* ---- parts --------------------------------------------------------------- */

struct sample {
	int depth;
	const char *name, *sort;
	enum part_state state;
	bool is_leader;
	const char *node;
	int restarts, exit_code;
	int began_s, ended_s; /* ago; 0: not yet */
	const char *reason;
};

static void put(int64_t trial, int attempt, const struct sample *samples,
		size_t count, size_t omitted)
{
	struct part_list list = {.omitted = omitted};
	struct error err;
	bool is_news;

	for (size_t i = 0; i < count; i++) {
		const struct sample *sample = &samples[i];
		struct trial_part *part = part_list_add(&list);

		part->depth = sample->depth;
		snprintf(part->name, sizeof(part->name), "%s", sample->name);
		snprintf(part->sort, sizeof(part->sort), "%s", sample->sort);
		part->state = sample->state;
		part->is_leader = sample->is_leader;
		part->restarts = sample->restarts;
		part->exit_code = sample->exit_code;
		part->started_ns = ago_ns(sample->began_s);
		part->ended_ns = ago_ns(sample->ended_s);
		if (sample->node) {
			snprintf(part->node, sizeof(part->node), "%s",
				 sample->node);
			snprintf(part->pod, sizeof(part->pod),
				 "nni-exp-trial-%d-%s", attempt, sample->name);
		}
		if (sample->reason)
			snprintf(part->reason, sizeof(part->reason), "%s",
				 sample->reason);
	}
	must(store_parts_put(store, trial, attempt, &list, &is_news, &err),
	     &err);
	part_list_release(&list);
}

#define PUT(trial, attempt, samples, omitted)                                  \
	put(trial, attempt, samples, COUNT_OF(samples), omitted)
#define GPU_1 "gpu-1.cluster.example.com"
#define GPU_2 "gpu-2.cluster.example.com"

static const struct sample over[] = {
	{0, "worker-0", "pod", PART_SUCCEEDED, true, GPU_1, 0, 0, 2400, 600,
	 NULL},
	{0, "ps-0", "pod", PART_SUCCEEDED, false, GPU_2, 0, -1, 2400, 590,
	 "ended with the attempt"},
};

static const struct sample first_try[] = {
	{0, "worker-0", "pod", PART_FAILED, true, GPU_1, 0, 137, 2200, 1850,
	 "OOMKilled: used more than its memory limit of 64Gi"},
	{0, "worker-1", "pod", PART_FAILED, false, GPU_2, 0, -1, 2190, 1850,
	 "ended with the attempt"},
};

static const struct sample second_try[] = {
	{0, "evaluator-0", "pod", PART_SUCCEEDED, false, GPU_1, 0, 0, 1700, 900,
	 NULL},
	{0, "ps-0", "pod", PART_WAITING, false, NULL, 0, -1, 0, 0,
	 "Unschedulable: 0/4 nodes are available: 1 node was not ready, 1 was "
	 "unschedulable, 2 Insufficient nvidia.com/gpu"},
	{0, "worker", "role", PART_RUNNING, false, NULL, 2, -1, 1800, 0,
	 "2 running"},
	{1, "worker-0", "pod", PART_RUNNING, true, GPU_1, 0, -1, 1800, 0, NULL},
	{1, "worker-1", "pod", PART_RUNNING, false, GPU_2, 2, -1, 1790, 0,
	 NULL},
};

static const struct sample waiting[] = {
	{0, "worker-0", "pod", PART_WAITING, true, NULL, 0, -1, 0, 0, NULL},
	{0, "worker-1", "pod", PART_WAITING, false, NULL, 0, -1, 0, 0, NULL},
};

static const struct sample hostile[] = {
	{0, "a\x1b[31mred\n", "\xff\xfe", PART_FAILED, true, "n\xe2\x80\xae", 9,
	 1, 10, 5, "\x1b]0;title\x07 \xe6\xbc\xa2\xe5\xad\x97"},
	{400, "deep", "pod", PART_RUNNING, false, "x", 0, -1, 10, 0, NULL},
	{1, "", "pod", PART_SUSPENDED, false, "x", 0, -1, 10, 0, NULL},
};

static const struct sample single[] = {
	{0, "main", "pod", PART_RUNNING, true, GPU_1, 0, -1, 700, 0, NULL},
};

static const struct sample steps[] = {
	{0, "tf-workflow", "Steps", PART_RUNNING, false, NULL, 0, -1, 1500, 0,
	 NULL},
	{1, "download", "Pod", PART_SUCCEEDED, false, GPU_1, 0, 0, 1500, 1400,
	 NULL},
	{1, "tensorboard", "Pod", PART_SUCCEEDED, false, GPU_1, 0, 0, 1400,
	 1390, NULL},
	{1, "train", "DAG", PART_RUNNING, false, NULL, 0, -1, 1390, 0, NULL},
	{2, "train-model(0)", "Retry", PART_RUNNING, false, NULL, 0, -1, 1390,
	 0, NULL},
	{3, "train-model(0)(0)", "Pod", PART_FAILED, false, GPU_2, 0, 137, 1390,
	 1000, "OOMKilled"},
	{3, "train-model(0)(1)", "Pod", PART_RUNNING, true, GPU_2, 0, -1, 990,
	 0, NULL},
	{2, "watch", "Pod", PART_RUNNING, false, GPU_1, 0, -1, 990, 0, NULL},
	{2, "approve", "Suspend", PART_SUSPENDED, false, NULL, 0, -1, 800, 0,
	 "waits to be resumed"},
	{1, "serve", "Pod", PART_SKIPPED, false, NULL, 0, -1, 0, 0,
	 "when 'false == true' evaluated false"},
};

static void write_log(const char *folder)
{
	static const char log[] =
		"[worker-0] epoch 1: loss 0.93\n"
		"[worker-1] waiting for ps-0 at ps-0.ranks:2222\n"
		"[evaluator-0] no checkpoint yet\n"
		"[worker-0] epoch 2: loss 0.71\n"
		"[evaluator-0] checkpoint 2: accuracy 0.81\n"
		"[worker-1] retrying\n"
		"[worker-0] epoch 3: loss 0.66\n";
	char *path = xasprintf("%s/ranks/trials/Rn1b2/2", folder);
	char *file = xasprintf("%s/stdout", path);
	struct error err;

	must(fs_make_folders(path, &err), &err);
	must(fs_write_file(file, log, sizeof(log) - 1, &err), &err);
	free(file);
	free(path);
}

static void add_pipeline(void)
{
	struct sample many[50];
	char names[COUNT_OF(many)][16];
	int64_t key = add_experiment("pipeline", "pipeline"), trial;

	trial = add_trial(key, 0, "Pp0a1", TRIAL_RUNNING, 1500, 1, "pipeline",
			  NULL);
	PUT(trial, 1, steps, 0);
	trial = add_trial(key, 1, "Pp1b2", TRIAL_RUNNING, 900, 1, "pipeline",
			  NULL);
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		snprintf(names[i], sizeof(names[i]), "part(%zu)", i);
		many[i] = (struct sample){
			.depth = 0,
			.name = names[i],
			.sort = "Pod",
			.state = i < 30 ? PART_SUCCEEDED : PART_RUNNING,
			.node = GPU_1,
			.exit_code = i < 30 ? 0 : -1,
			.began_s = 900 - (int)i,
			.ended_s = i < 30 ? 300 : 0,
		};
	}
	PUT(trial, 1, many, 12);
}

static void add_ranks(const char *folder)
{
	int64_t key = add_experiment("ranks001", "ranks"), trial;

	trial = add_trial(key, 0, "Rn0a1", TRIAL_SUCCEEDED, 2400, 1, "ranks",
			  NULL);
	PUT(trial, 1, over, 0);
	trial = add_trial(key, 1, "Rn1b2", TRIAL_RUNNING, 1800, 2, "ranks",
			  NULL);
	PUT(trial, 1, first_try, 0);
	PUT(trial, 2, second_try, 0);
	trial = add_trial(key, 2, "Rn2c3", TRIAL_WAITING, 0, 1, "ranks", NULL);
	PUT(trial, 1, waiting, 0);
	trial = add_trial(key, 3, "Rn3d4", TRIAL_RUNNING, 60, 1, "ranks", NULL);
	PUT(trial, 1, hostile, 0);
	trial = add_trial(key, 4, "Rn4e5", TRIAL_RUNNING, 700, 1, "ranks",
			  NULL);
	PUT(trial, 1, single, 0);
	write_log(folder);
}

void parts_fixture(const char *folder)
{
	char *path = xasprintf("%s/parts.db", folder);
	struct error err;

	clock_fix_wall(ago_ns(12));
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	add_pipeline();
	add_ranks(folder);
	must(store_commit(store, &err), &err);
	store_close(store);
	clock_fix_wall(0);
	free(path);
}
