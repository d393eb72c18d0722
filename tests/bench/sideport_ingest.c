/* SPDX-License-Identifier: MIT */
/*
 * Side port and store with the shortest possible engine between them: take,
 * add, commit, answer.  What the engine's own bookkeeping costs is the
 * difference to a whole trialdeck (ingest --url).
 *
 * Usage: sideport_ingest DATABASE TOKENS.  Prints its port; ends when stdin
 * does.  Token number i, "bench<i>", belongs to trial i.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/wake.h"
#include "engine/sideport/sideport.h"
#include "store/store.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct error err;

static void check(bool ok)
{
	if (ok)
		return;
	fprintf(stderr, "sideport_ingest: %s\n", err.text);
	exit(1);
}

static void wake(void *arg)
{
	wake_signal(*(int *)arg);
}

static void add_trials(struct store *store, struct sideport *sideport,
		       int count)
{
	struct experiment experiment = {
		.id = "bench",
		.state = EXPERIMENT_RUNNING,
		.platform = xstrdup("local"),
		.config = xstrdup("{}"),
		.source = xstrdup(""),
		.source_path = xstrdup(""),
		.space = xstrdup("{}"),
		.directory = xstrdup("/nonexistent"),
		.concurrency = count,
		.max_trials = count,
	};

	check(store_begin(store, &err));
	check(store_experiment_add(store, &experiment, &err));
	for (int i = 0; i < count; i++) {
		struct trial trial = {
			.experiment = experiment.key,
			.sequence = i,
			.state = TRIAL_RUNNING,
			.attempt = 1,
			.exit_code = -1,
			.source = 'a',
			.parameters = xstrdup("{}"),
		};
		char token[16];

		trial_id_format(trial.id, (uint64_t)i * 0x9e3779b97f4a7c15ULL);
		snprintf(token, sizeof(token), "bench%d", i);
		check(store_trial_add(store, &trial, &err));
		sideport_allow(sideport, trial.key, 1, trial.id, token, "{}",
			       true);
		trial_release(&trial);
	}
	check(store_commit(store, &err));
	experiment_release(&experiment);
}

static void store_reports(struct store *store, struct report *report)
{
	int64_t now_ns = clock_wall_ns();

	check(store_begin(store, &err));
	for (; report; report = report->next) {
		for (size_t i = 0; i < report->metrics.count; i++) {
			struct metric *metric = &report->metrics.items[i];
			bool is_new;

			metric->at_ns = now_ns;
			check(store_metric_add(store, report->trial,
					       report->attempt, metric, &is_new,
					       &err));
		}
	}
	check(store_commit(store, &err));
}

int main(int argc, char **argv)
{
	struct pollfd waiting[] = {{.events = POLLIN},
				   {.fd = STDIN_FILENO, .events = POLLIN}};
	int wake_fd = wake_open(&err);
	struct sideport_options options = {.bind = "127.0.0.1",
					   .experiment_id = "bench",
					   .wake = wake,
					   .wake_arg = &wake_fd};
	struct report *reports, *next;
	struct sideport *sideport;
	struct store *store;

	if (argc != 3)
		return 2;
	check(store_open(argv[1], STORE_WRITE, &store, &err));
	check(sideport_start(&options, &sideport, &err));
	add_trials(store, sideport, atoi(argv[2]));
	printf("%u\n", sideport_port(sideport));
	fflush(stdout);
	waiting[0].fd = wake_fd;
	while (!waiting[1].revents) {
		poll(waiting, 2, -1);
		wake_drain(wake_fd);
		reports = sideport_take(sideport);
		if (reports)
			store_reports(store, reports);
		for (; reports; reports = next) {
			next = reports->next;
			sideport_answer(sideport, reports, 200, NULL);
		}
	}
	sideport_stop(sideport);
	store_close(store);
	close(wake_fd);
	return 0;
}
