/* SPDX-License-Identifier: MIT */
/*
 * Make a database of any size, the same every time, for benches and screens.
 *
 *     fixture --trials N --metrics M [--experiments K] [--seed S] [--live]
 *             [--parameters P] [--two-objectives] PATH
 *
 * One experiment of N trials with M intermediate results each (K of them, with
 * ids that tell which): five parameters of several kinds, curves that rise to
 * a plateau their parameters decide, and states as a week on a cluster leaves
 * them.  With --live the last few trials are still running.  Further parameters
 * mean nothing to the results; a second objective is a metric "latency".
 *
 * Durability is off while it writes: what a crash leaves is thrown away.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "store/sql.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_NS (INT64_C(1790000000) * NS_PER_S) /* September 2026 */
#define TRIALS_PER_COMMIT 5000
#define LIVE_TRIALS 8
#define WAITING_TRIALS 2

static const char space[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-05,0.1]},"
	"\"batch_size\":{\"_type\":\"choice\",\"_value\":[16,32,64,128]},"
	"\"optimizer\":{\"_type\":\"choice\","
	"\"_value\":[\"sgd\",\"adam\",\"rmsprop\"]},"
	"\"dropout\":{\"_type\":\"uniform\",\"_value\":[0,0.6]},"
	"\"layers\":{\"_type\":\"randint\",\"_value\":[2,9]}}";

#define PARAMETERS 5 /* of these */

static const char config[] =
	"{\"experimentName\":\"digits\",\"trialCommand\":\"python3 train.py\","
	"\"trialCodeDirectory\":\"/home/ada/digits\",\"trialConcurrency\":8,"
	"\"maxTrialNumber\":%ld,\"searchSpace\":%s,"
	"\"tuner\":{\"name\":\"TPE\","
	"\"classArgs\":{\"optimize_mode\":%s,\"seed\":%ld}},"
	"\"trainingService\":{\"platform\":\"local\"}}";

static const char source[] = "experimentName: digits\n"
			     "searchSpaceFile: space.json\n"
			     "trialCommand: python3 train.py\n"
			     "trialCodeDirectory: .\n"
			     "trialConcurrency: 8\n"
			     "tuner:\n"
			     "  name: TPE\n"
			     "  classArgs:\n"
			     "    optimize_mode: maximize\n"
			     "trainingService:\n"
			     "  platform: local\n";

struct fixture {
	struct store *store;
	long trials, metrics, experiments, seed, parameters;
	bool is_live, has_latency, has_history;
};

/* What a trial's curve follows. */
struct curve {
	double plateau, speed, noise;
};

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "fixture: %s\n", err->text);
	exit(1);
}

static void draw_parameters(struct random *random, struct strbuf *out,
			    struct curve *curve)
{
	static const char *const optimizers[] = {"sgd", "adam", "rmsprop"};
	static const int batches[] = {16, 32, 64, 128};
	double log_lr = log(1e-5) + random_unit(random) * log(1e4);
	size_t batch = random_below(random, 4);
	size_t optimizer = random_below(random, 3);
	double dropout = 0.6 * random_unit(random);
	int layers = 2 + (int)random_below(random, 7);
	double off = (log_lr - log(2e-3)) / log(1e4);

	strbuf_adds(out, "{\"lr\":");
	strbuf_add_json_number(out, exp(log_lr));
	strbuf_addf(out,
		    ",\"batch_size\":%d,\"optimizer\":\"%s\","
		    "\"dropout\":",
		    batches[batch], optimizers[optimizer]);
	strbuf_add_json_number(out, dropout);
	strbuf_addf(out, ",\"layers\":%d}", layers);
	curve->plateau = 0.97 - 1.6 * off * off -
			 0.3 * (dropout - 0.2) * (dropout - 0.2) -
			 0.004 * (layers - 5) * (layers - 5) -
			 (optimizer == 1 ? 0 : 0.02);
	if (curve->plateau < 0.1)
		curve->plateau = 0.1;
	curve->speed = 0.15 + 0.25 * random_unit(random);
	curve->noise = 0.01 + 0.01 * random_unit(random);
}

static void draw_more_parameters(const struct fixture *fixture,
				 struct random *random, struct strbuf *out)
{
	strbuf_truncate(out, out->len - 1);
	for (long i = PARAMETERS; i < fixture->parameters; i++) {
		strbuf_addf(out, ",\"p%02ld\":", i);
		strbuf_add_json_number(out, random_unit(random));
	}
	strbuf_addch(out, '}');
}

static char *make_space(const struct fixture *fixture)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, space);
	strbuf_truncate(&out, out.len - 1);
	for (long i = PARAMETERS; i < fixture->parameters; i++)
		strbuf_addf(&out,
			    ",\"p%02ld\":{\"_type\":\"uniform\","
			    "\"_value\":[0,1]}",
			    i);
	strbuf_addch(&out, '}');
	return strbuf_detach(&out);
}

/* Same number, same id, and never one twice: the factor shares no divisor with
 * the count of ids. */
static void make_id(char *ret_id, long sequence)
{
	const uint64_t count = UINT64_C(26) * 36 * 36 * 36 * 36;

	trial_id_format(ret_id, (UINT64_C(1000000007) * (uint64_t)sequence +
				 UINT64_C(123456789)) %
					count);
}

static enum trial_state draw_state(struct random *random)
{
	double x = random_unit(random);

	if (x < 0.80)
		return TRIAL_SUCCEEDED;
	if (x < 0.88)
		return TRIAL_FAILED;
	if (x < 0.96)
		return TRIAL_EARLY_STOPPED;
	return x < 0.99 ? TRIAL_USER_CANCELED : TRIAL_SYS_CANCELED;
}

static void fill_times(struct trial *trial, long sequence, long steps,
		       long most)
{
	/* eight at a time, ten seconds a step */
	int64_t start = START_NS + sequence / 8 * (most + 1) * 10 * NS_PER_S +
			sequence % 8 * NS_PER_S;

	trial->submitted_ns = start;
	if (trial->state == TRIAL_WAITING)
		return;
	trial->started_ns = start + 700 * NS_PER_MS;
	if (trial_state_is_terminal(trial->state))
		trial->ended_ns = trial->started_ns + steps * 10 * NS_PER_S;
}

static void add_curve(struct fixture *fixture, struct random *random,
		      struct trial *trial, const struct curve *curve,
		      long steps, struct metric *values)
{
	struct error err;

	for (long i = 0; i < steps; i++) {
		struct metric *metric = &values[i];
		double rise = 1 - exp(-curve->speed * (double)(i + 1));

		metric->type = METRIC_INTERMEDIATE;
		metric->sequence = i;
		metric->at_ns = trial->started_ns + (i + 1) * 10 * NS_PER_S;
		metric->value = curve->plateau * rise +
				curve->noise * (random_unit(random) - 0.5);
		strcpy(metric->name, METRIC_OBJECTIVE);
		trial->last = (struct metric_value){true, metric->value};
		if (objective_is_better(OBJECTIVE_MAXIMIZE, trial->last,
					trial->best))
			trial->best = trial->last;
	}
	trial->intermediates = steps;
	if (trial->state == TRIAL_SUCCEEDED && steps)
		trial->final = trial->last;
	must(store_trial_add(fixture->store, trial, &err), &err);
}

static void add_metrics(struct fixture *fixture, const struct trial *trial,
			struct metric *values, long steps)
{
	struct error err;
	bool is_new;

	for (long i = 0; i < steps; i++)
		must(store_metric_add(fixture->store, trial->key, 1, &values[i],
				      &is_new, &err),
		     &err);
	if (!trial->final.is_set)
		return;
	values[0] = values[steps - 1];
	values[0].type = METRIC_FINAL;
	values[0].sequence = 0;
	must(store_metric_add(fixture->store, trial->key, 1, &values[0],
			      &is_new, &err),
	     &err);
}

static void add_latency(struct fixture *fixture, struct random *random,
			const struct trial *trial)
{
	struct metric metric = {.type = METRIC_FINAL,
				.at_ns = trial->ended_ns,
				.name = "latency",
				.value = trial->final.number * 20 +
					 30 * random_unit(random)};
	struct error err;
	bool is_new;

	must(store_metric_add(fixture->store, trial->key, 1, &metric, &is_new,
			      &err),
	     &err);
}

/* What the tuner was told of it. */
static void add_history(struct fixture *fixture, const struct trial *trial)
{
	struct history row = {.kind = HISTORY_SUGGESTED,
			      .trial = trial->key,
			      .number = trial->sequence,
			      .parameters = trial->parameters};
	struct error err;

	must(store_history_add(fixture->store, trial->experiment, &row, &err),
	     &err);
	row.parameters = NULL;
	row.kind = HISTORY_OBSERVED;
	row.value = trial->final.number;
	if (trial->final.is_set)
		must(store_history_add(fixture->store, trial->experiment, &row,
				       &err),
		     &err);
	row.kind = HISTORY_ENDED;
	row.state = trial->state;
	if (trial_state_is_terminal(trial->state))
		must(store_history_add(fixture->store, trial->experiment, &row,
				       &err),
		     &err);
}

static void add_attempt(struct fixture *fixture, const struct trial *trial)
{
	struct attempt attempt = {
		.trial = trial->key,
		.number = 1,
		.state = trial->state,
		.exit_code = trial->exit_code,
		.submitted_ns = trial->submitted_ns,
		.started_ns = trial->started_ns,
		.ended_ns = trial->ended_ns,
		.reason = trial->reason,
	};
	char directory[96];
	struct error err;

	snprintf(attempt.token, sizeof(attempt.token), "%032llx",
		 (unsigned long long)trial->key);
	snprintf(directory, sizeof(directory),
		 "/home/ada/.local/share/trialdeck/trials/%s/1", trial->id);
	attempt.directory = directory;
	must(store_attempt_add(fixture->store, &attempt, &err), &err);
}

static void add_event(struct fixture *fixture, const struct trial *trial)
{
	char text[128];
	struct event event = {
		.experiment = trial->experiment,
		.trial = trial->key,
		.attempt = 1,
		.at_ns =
			trial->ended_ns ? trial->ended_ns : trial->submitted_ns,
		.level = trial->state == TRIAL_FAILED ? EVENT_WARNING
						      : EVENT_INFO,
		.kind = "trial-ended",
		.text = text,
	};
	struct error err;

	snprintf(text, sizeof(text), "trial %s: %s%s%s", trial->id,
		 trial_state_name(trial->state), trial->reason ? ": " : "",
		 trial->reason ? trial->reason : "");
	must(store_event_add(fixture->store, &event, &err), &err);
}

static void add_trial(struct fixture *fixture, struct experiment *experiment,
		      struct random *random, long sequence,
		      struct strbuf *parameters, struct metric *values)
{
	long left = fixture->trials - sequence;
	long steps = fixture->metrics;
	struct curve curve;
	struct trial trial = {
		.experiment = experiment->key,
		.sequence = sequence,
		.attempt = 1,
		.source = 'a',
	};

	strbuf_clear(parameters);
	draw_parameters(random, parameters, &curve);
	if (fixture->parameters > PARAMETERS)
		draw_more_parameters(fixture, random, parameters);
	trial.parameters = parameters->data;
	make_id(trial.id, sequence);
	trial.state = draw_state(random);
	if (fixture->is_live && left <= LIVE_TRIALS + WAITING_TRIALS)
		trial.state =
			left <= WAITING_TRIALS ? TRIAL_WAITING : TRIAL_RUNNING;
	if (trial.state == TRIAL_WAITING)
		steps = 0;
	else if (trial.state != TRIAL_SUCCEEDED)
		steps = (long)((double)steps *
			       (0.2 + 0.7 * random_unit(random)));
	trial.exit_code = trial.state == TRIAL_SUCCEEDED ? 0
			  : trial.state == TRIAL_FAILED	 ? 1
							 : -1;
	if (trial.state == TRIAL_FAILED)
		trial.reason = (char *)(uintptr_t) "exit status 1";
	else if (trial.state == TRIAL_EARLY_STOPPED)
		trial.reason = (char *)(uintptr_t) "worse than the median";
	fill_times(&trial, sequence, steps, fixture->metrics);
	add_curve(fixture, random, &trial, &curve, steps, values);
	add_metrics(fixture, &trial, values, steps);
	if (fixture->has_latency && trial.final.is_set)
		add_latency(fixture, random, &trial);
	if (fixture->has_history)
		add_history(fixture, &trial);
	add_attempt(fixture, &trial);
	if (sequence < 20 || left <= 20)
		add_event(fixture, &trial);
	if (trial.final.is_set &&
	    objective_is_better(OBJECTIVE_MAXIMIZE, trial.final,
				experiment->best)) {
		experiment->best = trial.final;
		experiment->best_trial = trial.key;
	}
	experiment->ended_ns = trial.submitted_ns + steps * 10 * NS_PER_S;
}

static void add_experiment(struct fixture *fixture, long number)
{
	struct metric *values =
		xcalloc((size_t)fixture->metrics + 1, sizeof(*values));
	struct strbuf parameters = STRBUF_INIT;
	struct store *store = fixture->store;
	char *whole_space = make_space(fixture);
	struct experiment row = {
		.name = xstrdup("digits"),
		.state = EXPERIMENT_RUNNING,
		.platform = xstrdup("local"),
		.config = xasprintf(config, fixture->trials, whole_space,
				    fixture->has_latency
					    ? "{\"default\":\"maximize\","
					      "\"latency\":\"minimize\"}"
					    : "\"maximize\"",
				    fixture->seed),
		.source = xstrdup(source),
		.source_path = xstrdup("/home/ada/digits/experiment.yaml"),
		.space = whole_space,
		.directory = xstrdup("/home/ada/.local/share/trialdeck"),
		.objective = OBJECTIVE_MAXIMIZE,
		.seed = (uint64_t)fixture->seed,
		.concurrency = 8,
		.max_trials = fixture->trials,
		.created_ns = START_NS + number * NS_PER_S,
		.started_ns = START_NS + number * NS_PER_S,
	};
	struct random random;
	struct error err;

	snprintf(row.id, sizeof(row.id), "fixture%ld", number);
	random_seed(&random, (uint64_t)fixture->seed, (uint64_t)number);
	must(store_begin(store, &err), &err);
	must(store_experiment_add(store, &row, &err), &err);
	for (long i = 0; i < fixture->trials; i++) {
		add_trial(fixture, &row, &random, i, &parameters, values);
		if ((i + 1) % TRIALS_PER_COMMIT)
			continue;
		must(store_commit(store, &err), &err);
		must(store_begin(store, &err), &err);
	}
	row.run_ns = row.ended_ns - row.started_ns;
	if (fixture->is_live)
		row.ended_ns = 0;
	else
		row.state = EXPERIMENT_DONE;
	must(store_experiment_update(store, &row, &err), &err);
	must(store_commit(store, &err), &err);
	experiment_release(&row);
	strbuf_release(&parameters);
	free(values);
}

static int usage(void)
{
	fputs("usage: fixture --trials N --metrics M [--experiments K]"
	      " [--seed S] [--live] [--parameters P] [--two-objectives]"
	      " [--history] PATH\n",
	      stderr);
	return 2;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"trials", required_argument, NULL, 't'},
		{"metrics", required_argument, NULL, 'm'},
		{"experiments", required_argument, NULL, 'e'},
		{"seed", required_argument, NULL, 's'},
		{"live", no_argument, NULL, 'l'},
		{"parameters", required_argument, NULL, 'p'},
		{"two-objectives", no_argument, NULL, 'o'},
		{"history", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct fixture fixture = {
		.trials = 100, .metrics = 20, .experiments = 1, .seed = 1};
	const char *path;
	struct error err;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			fixture.trials = strtol(optarg, NULL, 10);
		else if (option == 'm')
			fixture.metrics = strtol(optarg, NULL, 10);
		else if (option == 'e')
			fixture.experiments = strtol(optarg, NULL, 10);
		else if (option == 's')
			fixture.seed = strtol(optarg, NULL, 10);
		else if (option == 'l')
			fixture.is_live = true;
		else if (option == 'p')
			fixture.parameters = strtol(optarg, NULL, 10);
		else if (option == 'o')
			fixture.has_latency = true;
		else if (option == 'h')
			fixture.has_history = true;
		else
			return usage();
	}
	if (optind != argc - 1 || fixture.trials < 0 || fixture.metrics < 0 ||
	    fixture.experiments < 1 || fixture.parameters > 500)
		return usage();
	path = argv[optind];
	if (access(path, F_OK) == 0) {
		fprintf(stderr, "fixture: %s exists already\n", path);
		return 1;
	}
	must(store_open(path, STORE_WRITE, &fixture.store, &err), &err);
	must(store_exec(fixture.store,
			"PRAGMA synchronous = OFF; PRAGMA cache_size = -64000",
			&err),
	     &err);
	for (long i = 1; i <= fixture.experiments; i++)
		add_experiment(&fixture, i);
	store_close(fixture.store);
	return 0;
}
