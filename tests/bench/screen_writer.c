/* SPDX-License-Identifier: MIT */
/* Metrics and summaries in small transactions, on time, until SIGTERM. */
#include "tests/bench/screen_writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "store/store.h"

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMITS_PER_S 100
#define SUMMARIES_PER_S 20

struct writing {
	struct store *store;
	struct trial *trials;
	size_t count, capacity;
	int64_t *next; /* sequence of each trial's next metric */
	int64_t written;
};

static volatile sig_atomic_t must_stop;

static void on_stop(int signal)
{
	(void)signal;
	must_stop = 1;
}

static void must(bool ok, const struct error *error)
{
	if (!ok)
		errx(1, "writer: %s", error->text);
}

static bool keep_running(const struct trial *trial, void *arg)
{
	struct writing *w = arg;
	struct trial *copy;

	if (trial->state != TRIAL_RUNNING)
		return true;
	ARRAY_RESERVE(w->trials, w->count, w->capacity);
	copy = &w->trials[w->count++];
	*copy = *trial;
	copy->parameters = xstrdup_or_null(trial->parameters);
	copy->reason = xstrdup_or_null(trial->reason);
	return true;
}

static void open_trials(struct writing *w, const char *db_path)
{
	struct experiment experiment = {0};
	struct error error;

	must(store_open(db_path, STORE_WRITE, &w->store, &error), &error);
	must(store_experiment_find(w->store, "latest", &experiment, &error),
	     &error);
	must(store_trials_each(w->store, experiment.key, 0, STORE_TRIAL_WHOLE,
			       keep_running, w, &error),
	     &error);
	experiment_release(&experiment);
	if (!w->count)
		errx(1, "writer: no trial is running");
	w->next = xcalloc(w->count, sizeof(*w->next));
	for (size_t i = 0; i < w->count; i++)
		must(store_metric_next(w->store, w->trials[i].key, 1,
				       METRIC_OBJECTIVE, METRIC_INTERMEDIATE, 0,
				       &w->next[i], &error),
		     &error);
}

static void write_turn(struct writing *w, int metrics, bool with_summaries)
{
	struct error error;

	must(store_begin(w->store, &error), &error);
	for (int i = 0; i < metrics; i++) {
		size_t t = (size_t)(w->written % (int64_t)w->count);
		struct trial *trial = &w->trials[t];
		struct metric metric = {.type = METRIC_INTERMEDIATE,
					.sequence = w->next[t]++,
					.at_ns = clock_wall_ns(),
					.name = METRIC_OBJECTIVE};
		bool is_new;

		metric.value = 0.5 + (double)(w->written % 1000) / 2500;
		must(store_metric_add(w->store, trial->key, 1, &metric, &is_new,
				      &error),
		     &error);
		trial->last = (struct metric_value){true, metric.value};
		if (!trial->best.is_set || metric.value > trial->best.number)
			trial->best = trial->last;
		trial->intermediates = w->next[t];
		w->written++;
	}
	for (size_t t = 0; with_summaries && t < w->count; t++)
		must(store_trial_update(w->store, &w->trials[t], &error),
		     &error);
	must(store_commit(w->store, &error), &error);
}

static void run(const char *db_path, int metrics_per_s, int report)
{
	struct sigaction action = {.sa_handler = on_stop};
	struct writing w = {0};
	int64_t start, turn = 0;
	double per_s;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGTERM, &action, NULL);
	open_trials(&w, db_path);
	if (write(report, "r", 1) != 1)
		_exit(1);
	start = clock_mono_ns();
	while (!must_stop) {
		int64_t due = start + ++turn * NS_PER_S / COMMITS_PER_S;
		struct timespec until = {due / NS_PER_S, due % NS_PER_S};

		write_turn(&w, metrics_per_s / COMMITS_PER_S,
			   turn % (COMMITS_PER_S / SUMMARIES_PER_S) == 0);
		while (!must_stop &&
		       clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until,
				       NULL))
			;
	}
	per_s = (double)w.written * 1e9 / (double)(clock_mono_ns() - start);
	store_close(w.store);
	_exit(write(report, &per_s, sizeof(per_s)) == sizeof(per_s) ? 0 : 1);
}

void screen_writer_start(struct screen_writer *writer, const char *db_path,
			 int metrics_per_s)
{
	int ends[2];
	char ready;

	if (pipe(ends) < 0)
		err(1, "pipe");
	fflush(stdout);
	writer->pid = fork();
	if (writer->pid < 0)
		err(1, "fork");
	if (writer->pid == 0) {
		close(ends[0]);
		run(db_path, metrics_per_s, ends[1]);
	}
	close(ends[1]);
	writer->counter = ends[0];
	if (read(writer->counter, &ready, 1) != 1)
		errx(1, "the writer did not start");
}

bool screen_writer_stop(struct screen_writer *writer, double *ret_per_s)
{
	bool ok;

	kill(writer->pid, SIGTERM);
	ok = read(writer->counter, ret_per_s, sizeof(*ret_per_s)) ==
	     sizeof(*ret_per_s);
	close(writer->counter);
	waitpid(writer->pid, NULL, 0);
	return ok;
}
