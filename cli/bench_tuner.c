/* SPDX-License-Identifier: MIT */
/* `bench-tuner`: how well tuners find the optima of functions that are known,
 * in simulated time. */
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "engine/sandbox/function.h"
#include "engine/sandbox/simulate.h"
#include "engine/sandbox/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TUNERS_MAX 32
#define FUNCTIONS_MAX 64
#define SEEDS_MAX 1000
/* Where no tuner is named: those that other ones are measured by. */
#define DEFAULT_TUNERS "Random,TPE,GP,SMAC,CMA-ES"

struct bench {
	struct cli *cli;
	const struct tuner_ops *tuners[TUNERS_MAX];
	size_t tuner_count;
	const struct sandbox_function *functions[FUNCTIONS_MAX];
	size_t function_count;
	long seeds, evaluations, workers, starts;
	struct sheet sheet;
	struct strbuf json;
	double *regrets; /* tuner by tuner, seed by seed, of one function */
	bool *has_run;	 /* per tuner */
	double rank_sums[TUNERS_MAX];
	size_t rank_counts[TUNERS_MAX];
};

static const struct sheet_column columns[] = {
	{"function", 0, 0},	{"tuner", 0, 0},     {"regret", true, 0},
	{"deviation", true, 0}, {"median", true, 0}, {"best", true, 0},
	{"trials", true, 0},	{"hours", true, 0},
};

/* --- what is asked for --------------------------------------------------- */

static bool add_tuner(struct bench *bench, const char *name, struct error *err)
{
	const struct tuner_ops *const *all = tuner_registry();
	const struct tuner_ops *ops = tuner_find(name);
	const char *words[TUNERS_MAX], *near;
	size_t count = 0;

	if (ops && bench->tuner_count < TUNERS_MAX) {
		bench->tuners[bench->tuner_count++] = ops;
		return true;
	}
	if (ops)
		return error_set(err, ERROR_INVALID, "more than %d tuners",
				 TUNERS_MAX);
	for (; *all && count < TUNERS_MAX; all++)
		words[count++] = (*all)->name;
	near = nearest_word(name, words, count);
	return error_set(err, ERROR_INVALID,
			 "no tuner is called '%s'%s%s%s: `trialdeck tuners` "
			 "lists them",
			 name, near ? ", did you mean '" : "", near ? near : "",
			 near ? "'?" : "");
}

static bool is_chosen(const struct sandbox_function *f, const char *word)
{
	if (!strcasecmp(word, "all"))
		return true;
	if (!strcasecmp(word, "held-out"))
		return f->is_held_out;
	return !strcasecmp(word, f->name) ||
	       !strcasecmp(word, sandbox_group_name(f->group));
}

/* A function's name, a group's, "held-out", or "all". */
static bool add_functions(struct bench *bench, const char *word,
			  struct error *err)
{
	bool is_found = false;

	for (const struct sandbox_function *const *f = sandbox_functions(); *f;
	     f++) {
		bool is_there = false;

		if (!is_chosen(*f, word))
			continue;
		is_found = true;
		for (size_t i = 0; i < bench->function_count; i++)
			is_there |= bench->functions[i] == *f;
		if (!is_there && bench->function_count < FUNCTIONS_MAX)
			bench->functions[bench->function_count++] = *f;
	}
	return is_found ||
	       error_set(err, ERROR_INVALID,
			 "no function and no group of them is called '%s': "
			 "`trialdeck bench-tuner --list` lists them",
			 word);
}

static bool each_word(struct bench *bench, const char *list,
		      bool (*add)(struct bench *, const char *, struct error *),
		      struct error *err)
{
	bool ok = true;

	while (ok && *list) {
		char *word = xstrndup(list, strcspn(list, ","));

		ok = !*word || add(bench, word, err);
		list += strlen(word);
		list += *list == ',';
		free(word);
	}
	return ok;
}

static bool read_options(struct bench *bench, struct error *err)
{
	struct cli *cli = bench->cli;
	const char *functions = cli_option(cli, "functions");
	bool ok = true;

	for (size_t i = 0; i < cli->argument_count && ok; i++)
		ok = add_tuner(bench, cli_argument(cli, i), err);
	if (!cli->argument_count)
		ok = each_word(bench, DEFAULT_TUNERS, add_tuner, err);
	if (!functions)
		functions = "smooth,mixed,conditional,noisy,table";
	return ok && each_word(bench, functions, add_functions, err) &&
	       cli_option_number(cli, "seeds", 1, SEEDS_MAX, 10, &bench->seeds,
				 err) &&
	       cli_option_number(cli, "evaluations", 1, SANDBOX_EVALUATIONS_MAX,
				 50, &bench->evaluations, err) &&
	       cli_option_number(cli, "workers", 1, SANDBOX_WORKERS_MAX, 1,
				 &bench->workers, err) &&
	       cli_option_number(cli, "starts", 0, SANDBOX_EVALUATIONS_MAX, 0,
				 &bench->starts, err);
}

/* --- runs ---------------------------------------------------------------- */

static void add_run(struct bench *bench, long seed,
		    const struct sandbox_outcome *outcome)
{
	struct strbuf *json = &bench->json;

	if (!bench->cli->is_json)
		return;
	strbuf_addf(json, "%s{\"seed\":%ld,\"trials\":%zu,\"seconds\":",
		    seed ? ",\n  " : "\n  ", seed, outcome->trials);
	strbuf_add_json_number(json, outcome->ended_at_s);
	strbuf_adds(json, ",\"regrets\":[");
	for (long i = 0; i < bench->evaluations; i++) {
		if (i)
			strbuf_addch(json, ',');
		strbuf_add_json_number(json, outcome->regrets[i]);
	}
	strbuf_adds(json, "]}");
}

static void add_summary(struct bench *bench, const struct sandbox_function *f,
			const struct tuner_ops *tuner, double *regrets,
			size_t trials, double seconds)
{
	struct statistics s = statistics_of(regrets, (size_t)bench->seeds);
	struct strbuf *json = &bench->json;
	double runs = (double)bench->seeds;

	sheet_add(&bench->sheet, f->name);
	sheet_add(&bench->sheet, tuner->name);
	sheet_addf(&bench->sheet, "%.4g", s.mean);
	sheet_addf(&bench->sheet, "%.3g", s.deviation);
	sheet_addf(&bench->sheet, "%.4g", s.median);
	sheet_addf(&bench->sheet, "%.4g", regrets[0]);
	sheet_addf(&bench->sheet, "%.0f", (double)trials / runs);
	sheet_addf(&bench->sheet, "%.2f", seconds / runs / 3600);
	if (!bench->cli->is_json)
		return;
	strbuf_adds(json, "],\"mean\":");
	strbuf_add_json_number(json, s.mean);
	strbuf_adds(json, ",\"deviation\":");
	strbuf_add_json_number(json, s.deviation);
	strbuf_adds(json, ",\"median\":");
	strbuf_add_json_number(json, s.median);
	strbuf_adds(json, "}");
}

/* One tuner on one function with all seeds.  False and no error: it cannot
 * have this function, and said why. */
static bool run_seeds(struct bench *bench, const struct sandbox_function *f,
		      size_t tuner, struct error *err)
{
	const struct tuner_ops *ops = bench->tuners[tuner];
	double *regrets = bench->regrets + tuner * (size_t)bench->seeds;
	double *sorted = xcalloc((size_t)bench->seeds, sizeof(*sorted));
	size_t len = bench->json.len;
	size_t trials = 0;
	double seconds = 0;
	bool ok = true;

	strbuf_adds(&bench->json, len > 1 ? ",\n{" : "\n{");
	strbuf_addf(&bench->json,
		    "\"function\":\"%s\",\"group\":\"%s\",\"held_out\":%s,"
		    "\"tuner\":\"%s\",\"evaluations\":%ld,\"workers\":%ld,"
		    "\"runs\":[",
		    f->name, sandbox_group_name(f->group),
		    f->is_held_out ? "true" : "false", ops->name,
		    bench->evaluations, bench->workers);
	for (long seed = 0; seed < bench->seeds && ok; seed++) {
		struct sandbox_run run = {
			.function = f,
			.tuner = ops,
			.class_args = cli_option(bench->cli, "args"),
			.seed = (uint64_t)seed,
			.evaluations = (size_t)bench->evaluations,
			.workers = (size_t)bench->workers,
			.starts = (size_t)bench->starts,
		};
		struct sandbox_outcome outcome;

		ok = sandbox_simulate(&run, &outcome, err);
		if (!ok)
			break;
		regrets[seed] = sorted[seed] =
			outcome.regrets[bench->evaluations - 1];
		trials += outcome.trials;
		seconds += outcome.ended_at_s;
		add_run(bench, seed, &outcome);
		free(outcome.regrets);
	}
	if (ok)
		add_summary(bench, f, ops, sorted, trials, seconds);
	else
		strbuf_truncate(&bench->json, len);
	free(sorted);
	return ok;
}

/* Ranks among the tuners that ran, seed by seed. */
static void add_ranks(struct bench *bench)
{
	double values[TUNERS_MAX], ranks[TUNERS_MAX];

	for (long seed = 0; seed < bench->seeds; seed++) {
		size_t count = 0, at = 0;

		for (size_t i = 0; i < bench->tuner_count; i++)
			if (bench->has_run[i])
				values[count++] =
					bench->regrets[i * (size_t)bench
								       ->seeds +
						       (size_t)seed];
		statistics_ranks(values, count, ranks);
		for (size_t i = 0; i < bench->tuner_count; i++) {
			if (!bench->has_run[i])
				continue;
			bench->rank_sums[i] += ranks[at++];
			bench->rank_counts[i]++;
		}
	}
}

static void print_ranks(const struct bench *bench)
{
	static const struct sheet_column rank_columns[] = {
		{"tuner", 0, 0}, {"mean rank", true, 0}, {"runs", true, 0}};
	struct sheet sheet;

	sheet_init(&sheet, rank_columns, COUNT_OF(rank_columns));
	for (size_t i = 0; i < bench->tuner_count; i++) {
		if (!bench->rank_counts[i])
			continue;
		sheet_add(&sheet, bench->tuners[i]->name);
		sheet_addf(&sheet, "%.3f",
			   bench->rank_sums[i] / (double)bench->rank_counts[i]);
		sheet_addf(&sheet, "%zu", bench->rank_counts[i]);
	}
	putchar('\n');
	sheet_print(&sheet, false);
	sheet_release(&sheet);
}

static int print_results(struct bench *bench)
{
	if (bench->cli->is_json) {
		strbuf_adds(&bench->json, "\n]\n");
		output_flush(&bench->json);
	} else {
		sheet_print(&bench->sheet, bench->cli->is_csv);
		if (bench->tuner_count > 1 && !bench->cli->is_csv)
			print_ranks(bench);
	}
	return CLI_DONE;
}

static int run_all(struct bench *bench)
{
	size_t ran = 0;
	int status;

	sheet_init(&bench->sheet, columns, COUNT_OF(columns));
	strbuf_addch(&bench->json, '[');
	bench->regrets = xcalloc(bench->tuner_count * (size_t)bench->seeds,
				 sizeof(*bench->regrets));
	bench->has_run = xcalloc(bench->tuner_count, sizeof(*bench->has_run));
	for (size_t f = 0; f < bench->function_count; f++) {
		for (size_t t = 0; t < bench->tuner_count; t++) {
			struct error err = {0};
			bool ok =
				run_seeds(bench, bench->functions[f], t, &err);

			bench->has_run[t] = ok;
			ran += ok;
			if (!ok)
				fprintf(stderr,
					"trialdeck: %s on %s was left out: "
					"%s\n",
					bench->tuners[t]->name,
					bench->functions[f]->name, err.text);
		}
		add_ranks(bench);
	}
	status = ran ? print_results(bench) : CLI_FAILED;
	sheet_release(&bench->sheet);
	strbuf_release(&bench->json);
	free(bench->regrets);
	free(bench->has_run);
	return status;
}

int command_bench_tuner(struct cli *cli)
{
	struct bench bench = {.cli = cli, .json = STRBUF_INIT};
	struct error err = {0};

	if (cli_option(cli, "list"))
		return bench_list(cli);
	if (cli_option(cli, "evaluate"))
		return bench_evaluate(cli, cli_option(cli, "evaluate"));
	if (!read_options(&bench, &err))
		return cli_fail(&err);
	return run_all(&bench);
}
