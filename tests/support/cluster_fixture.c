/* SPDX-License-Identifier: MIT */
/* The database of the cluster's screens. */
#include "tests/support/cluster_fixture.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/store.h"
#include "tests/support/screen_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GIB (INT64_C(1) << 30)
#define MIB (INT64_C(1) << 20)

static struct store *store;

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "cluster fixture: %s\n", err->text);
	exit(1);
}

static char *text(const char *literal)
{
	return (char *)(uintptr_t)literal;
}

static int64_t ago_ns(int seconds)
{
	return SCREEN_NOW_NS - seconds * NS_PER_S;
}

static struct experiment new_experiment(const char *id, const char *name,
					const char *directory)
{
	struct experiment row = {
		.name = text(name),
		.state = EXPERIMENT_RUNNING,
		.platform = text("kubernetes"),
		.config = text("{}"),
		.space = text("{\"lr\":{\"_type\":\"loguniform\","
			      "\"_value\":[1e-05,0.1]}}"),
		.directory = text(directory),
		.objective = OBJECTIVE_MAXIMIZE,
		.concurrency = 4,
		.max_trials = 20,
		.created_ns = ago_ns(3000),
		.started_ns = ago_ns(3000),
	};

	snprintf(row.id, sizeof(row.id), "%s", id);
	return row;
}

/* ---- nodes --------------------------------------------------------------- */

static const struct cluster_node nodes[] = {
	{.name = "head-1",
	 .is_ready = true,
	 .taints = "node-role.kubernetes.io/control-plane:NoSchedule",
	 .allocatable = {8000, 31 * GIB, 0},
	 .requested = {950, 290 * MIB, 0},
	 .used = {310, 2 * GIB, -1},
	 .pods = 9,
	 .pods_max = 110},
	{.name = "gpu-1.cluster.example.com",
	 .is_ready = true,
	 .gpu_model = "NVIDIA-A100-SXM4-80GB",
	 .taints = "nvidia.com/gpu:NoSchedule",
	 .allocatable = {128000, 1007 * GIB, 8},
	 .requested = {66500, 530 * GIB, 8},
	 .used = {51234, 212 * GIB, -1},
	 .pods = 14,
	 .pods_max = 110,
	 .trials = 1},
	{.name = "gpu-2.cluster.example.com",
	 .is_ready = true,
	 .is_cordoned = true,
	 .gpu_model = "NVIDIA-A100-SXM4-80GB",
	 .taints = "node.kubernetes.io/unschedulable:NoSchedule",
	 .allocatable = {128000, 1007 * GIB, 8},
	 .requested = {100, 64 * MIB, 0},
	 .used = {20, 800 * MIB, -1},
	 .pods = 3,
	 .pods_max = 110},
	{.name = "gpu-10.cluster.example.com",
	 .gpu_model = "Tesla-V100-SXM2-32GB",
	 .allocatable = {64000, 503 * GIB, 4},
	 .requested = {8000, 64 * GIB, 1},
	 .used = {-1, -1, -1},
	 .pods = 6,
	 .pods_max = 110,
	 .trials = 1},
	{.name = "zz\x1b[2J\xff\xe2\x80\xae"
		 "evil",
	 .is_ready = true,
	 .gpu_model = "\x1b[31mred",
	 .allocatable = {-1, -1, 0},
	 .requested = {-1, -1, -1},
	 .used = {-1, -1, -1},
	 .pods = -1,
	 .pods_max = -1},
};

/* ---- trials -------------------------------------------------------------- */

static const struct {
	const char *id;
	enum trial_state state;
	int exit_code;
	int began_s, ended_s; /* ago; 0: not yet */
	double final;
	const char *node; /* NULL: no pod */
	int restarts;
	const char *reason;
	struct cluster_amount used;
} trials[] = {
	{"Xa0b1",
	 TRIAL_SUCCEEDED,
	 0,
	 2900,
	 2500,
	 0.91,
	 "gpu-1.cluster.example.com",
	 0,
	 NULL,
	 {-1, -1, -1}},
	{"Kd3f2",
	 TRIAL_FAILED,
	 137,
	 2900,
	 2000,
	 0,
	 "gpu-2.cluster.example.com",
	 0,
	 "OOMKilled: used more than its memory limit of 64Gi",
	 {-1, -1, -1}},
	{"Qp9z3",
	 TRIAL_RUNNING,
	 -1,
	 1900,
	 0,
	 0,
	 "gpu-1.cluster.example.com",
	 0,
	 NULL,
	 {6210, 38 * GIB, -1}},
	{"Wm7c4",
	 TRIAL_RUNNING,
	 -1,
	 700,
	 0,
	 0,
	 "gpu-10.cluster.example.com",
	 2,
	 NULL,
	 {-1, -1, -1}},
	{"Bt5x5",
	 TRIAL_WAITING,
	 -1,
	 0,
	 0,
	 0,
	 "",
	 0,
	 "Unschedulable: 0/4 nodes are available: 1 node was not ready, 1 was "
	 "unschedulable, 2 Insufficient nvidia.com/gpu",
	 {-1, -1, -1}},
	{"Zr1u6", TRIAL_WAITING, -1, 0, 0, 0, NULL, 0, NULL, {-1, -1, -1}},
};

static void add_place(const struct trial *trial, size_t i)
{
	struct trial_place place = {
		.trial = trial->key,
		.attempt = trial->attempt,
		.restarts = trials[i].restarts,
		.requested = {8000, 64 * GIB, 1},
		.used = trials[i].used,
		.at_ns = ago_ns(12),
	};
	struct error err;

	if (!trials[i].node)
		return;
	snprintf(place.node, sizeof(place.node), "%s", trials[i].node);
	snprintf(place.pod, sizeof(place.pod),
		 "nni-exp-cifar001-trial-%s-1-7x%zuqv", trial->id, i);
	must(store_place_set(store, &place, &err), &err);
}

static void add_event(const struct trial *trial, int seconds_ago,
		      enum event_level level, const char *kind,
		      const char *what)
{
	struct event event = {
		.experiment = trial->experiment,
		.trial = trial->key,
		.attempt = trial->attempt,
		.at_ns = ago_ns(seconds_ago),
		.level = level,
		.text = text(what),
	};
	struct error err;

	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	must(store_event_add(store, &event, &err), &err);
}

static void add_attempt(const char *folder, const struct trial *trial)
{
	struct attempt attempt = {
		.trial = trial->key,
		.number = 1,
		.state = trial->state,
		.exit_code = trial->exit_code,
		.submitted_ns = trial->submitted_ns,
		.started_ns = trial->started_ns,
		.ended_ns = trial->ended_ns,
		.job = xasprintf("nni-exp-cifar001-trial-%s-1", trial->id),
		.directory = xasprintf("cifar/trials/%s/1", trial->id),
		.reason = xstrdup_or_null(trial->reason),
	};
	static const char log[] = "epoch 1: loss 0.93\nepoch 2: loss 0.71\n";
	char *path = xasprintf("%s/%s", folder, attempt.directory);
	char *file = xasprintf("%s/stdout", path);
	struct error err;

	must(store_attempt_add(store, &attempt, &err), &err);
	/* the log of #3 has not been fetched */
	if (trial->started_ns && trial->sequence != 3) {
		must(fs_make_folders(path, &err), &err);
		must(fs_write_file(file, log, sizeof(log) - 1, &err), &err);
	}
	free(file);
	free(path);
	attempt_release(&attempt);
}

static void add_trial(const char *folder, struct experiment *experiment,
		      size_t i)
{
	struct trial trial = {
		.experiment = experiment->key,
		.sequence = (int64_t)i,
		.state = trials[i].state,
		.attempt = 1,
		.exit_code = trials[i].exit_code,
		.submitted_ns = ago_ns(trials[i].began_s + 40),
		.started_ns = trials[i].began_s ? ago_ns(trials[i].began_s) : 0,
		.ended_ns = trials[i].ended_s ? ago_ns(trials[i].ended_s) : 0,
		.source = 'a',
		.parameters = xasprintf("{\"lr\":%g}", 0.001 * (double)(i + 1)),
		.reason = xstrdup_or_null(trials[i].reason),
	};
	struct error err;

	snprintf(trial.id, sizeof(trial.id), "%s", trials[i].id);
	if (trials[i].final > 0) {
		trial.final = (struct metric_value){true, trials[i].final};
		experiment->best = trial.final;
	}
	must(store_trial_add(store, &trial, &err), &err);
	must(store_trial_update(store, &trial, &err), &err);
	if (trial.final.is_set)
		experiment->best_trial = trial.key;
	add_attempt(folder, &trial);
	add_place(&trial, i);
	if (i == 3) {
		add_event(&trial, 735, EVENT_WARNING, "FailedScheduling",
			  "0/4 nodes are available: 4 Insufficient "
			  "nvidia.com/gpu");
		add_event(&trial, 705, EVENT_INFO, "Scheduled",
			  "assigned to gpu-10.cluster.example.com");
		add_event(&trial, 70, EVENT_WARNING, "NodeNotReady",
			  "the node does not answer");
	}
	trial_release(&trial);
}

/* ---- experiments --------------------------------------------------------- */

static void add_tabular(void)
{
	struct experiment tabular =
		new_experiment("tabular1", "tabular", "tabular");
	struct error err;

	must(store_experiment_add(store, &tabular, &err), &err);
	must(store_cluster_failed(
		     store, tabular.key,
		     "list nodes: not allowed: nodes is forbidden: "
		     "user \"ada\" cannot list resource \"nodes\"",
		     &err),
	     &err);
}

static void add_cifar(const char *folder)
{
	struct experiment cifar = new_experiment("cifar001", "cifar", "cifar");
	struct cluster_node seen[COUNT_OF(nodes)];
	struct error err;

	must(store_experiment_add(store, &cifar, &err), &err);
	for (size_t i = 0; i < COUNT_OF(trials); i++)
		add_trial(folder, &cifar, i);
	cifar.fault = text("API server https://10.0.0.5:6443: connection "
			   "refused");
	cifar.fault_since_ns = ago_ns(75);
	cifar.owner_pid = 1;
	cifar.owner_host = text("head-1");
	must(store_experiment_update(store, &cifar, &err), &err);
	for (size_t i = 0; i < COUNT_OF(nodes); i++) {
		seen[i] = nodes[i];
		seen[i].at_ns = ago_ns(12);
	}
	must(store_cluster_replace(store, cifar.key, seen, COUNT_OF(nodes),
				   &err),
	     &err);
}

/* As if another host did: no process number that differs each time. */
static void pose_as_engine(const char *path)
{
	static const char holder[] = "1 head-1\n";
	struct error err;
	int fd = store_lock_experiment(path, "cifar001", &err);

	must(fd >= 0, &err);
	if (ftruncate(fd, 0) < 0 ||
	    pwrite(fd, holder, sizeof(holder) - 1, 0) < 0)
		exit(1);
}

void cluster_fixture(const char *folder)
{
	char *path = xasprintf("%s/cluster.db", folder);
	struct error err;

	clock_fix_wall(ago_ns(12));
	must(store_open(path, STORE_WRITE, &store, &err), &err);
	must(store_begin(store, &err), &err);
	add_tabular();
	add_cifar(folder);
	must(store_commit(store, &err), &err);
	store_close(store);
	clock_fix_wall(0);
	pose_as_engine(path);
	free(path);
}
