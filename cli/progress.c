/* SPDX-License-Identifier: MIT */
/* `progress`: when the best result so far was bettered, and what is missing. */
#include "insight/progress.h"
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/insight.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tui/optimum.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A result and when it came. */
struct result {
	int64_t ended_ns;
	uint32_t trial;
	double value;
	char id[TRIAL_ID_SIZE];
};

struct answer {
	struct cli *cli;
	struct insight insight;
	bool has_optimum;
	double optimum;
	struct result *results;
	size_t count;
	double *values, *best;
	struct progress progress;
};

/* Fill in what the findings do not hold. */
static bool add_time(const struct trial *trial, void *arg)
{
	struct answer *answer = arg;
	const struct observations *all = answer->insight.findings->all;
	uint32_t sequence = (uint32_t)trial->sequence;
	struct result *result;

	if (!observations_have(all, sequence))
		return true;
	result = &answer->results[answer->count];
	result->value = all->values[all->rows[sequence] - 1];
	if (!isfinite(result->value))
		return true;
	result->trial = sequence;
	result->ended_ns = trial->ended_ns ? trial->ended_ns : INT64_MAX;
	memcpy(result->id, trial->id, sizeof(result->id));
	answer->count++;
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct result *x = a, *y = b;

	if (x->ended_ns != y->ended_ns)
		return x->ended_ns < y->ended_ns ? -1 : 1;
	return x->trial < y->trial ? -1 : 1;
}

static bool compute(struct answer *answer, struct error *err)
{
	size_t room = answer->insight.findings->all->count + 1;

	answer->results = xcalloc(room, sizeof(*answer->results));
	if (!store_trials_each(answer->insight.found.store,
			       answer->insight.found.experiment.key, 0,
			       STORE_TRIAL_BRIEF, add_time, answer, err))
		return false;
	qsort(answer->results, answer->count, sizeof(*answer->results),
	      by_time);
	answer->values = xcalloc(room, sizeof(double));
	answer->best = xcalloc(room, sizeof(double));
	for (size_t i = 0; i < answer->count; i++)
		answer->values[i] = answer->results[i].value;
	answer->progress = progress_follow(answer->values, answer->count,
					   answer->insight.mode, answer->best);
	return true;
}

static bool is_step(const struct answer *answer, size_t i)
{
	return !i || answer->best[i] != answer->best[i - 1];
}

static double regret_at(const struct answer *answer, size_t i)
{
	return progress_regret(answer->best[i], answer->optimum,
			       answer->insight.mode);
}

static int64_t ended_at(const struct answer *answer, size_t i)
{
	int64_t at_ns = answer->results[i].ended_ns;

	return at_ns == INT64_MAX ? 0 : at_ns;
}

static void add_value(struct sheet *sheet, const struct answer *answer,
		      double number)
{
	struct metric_value value = {true, number};

	if (answer->cli->is_csv)
		cell_value(sheet, value);
	else
		cell_short(sheet, value);
}

static void print_text(const struct answer *answer)
{
	static const struct sheet_column columns[] = {
		{"after", true, 0}, {"trial", 0, 0},   {"#", true, 0},
		{"ended", 0, 0},    {"best", true, 0}, {"regret", true, 0},
	};
	struct strbuf left_out = STRBUF_INIT;
	struct sheet sheet;

	sheet_init(&sheet, columns,
		   COUNT_OF(columns) - (answer->has_optimum ? 0 : 1));
	for (size_t i = 0; i < answer->count; i++) {
		if (!is_step(answer, i))
			continue;
		sheet_addf(&sheet, "%zu", i + 1);
		sheet_add(&sheet, answer->results[i].id);
		sheet_addf(&sheet, "%" PRIu32, answer->results[i].trial);
		cell_time(&sheet, ended_at(answer, i));
		add_value(&sheet, answer, answer->best[i]);
		if (answer->has_optimum)
			add_value(&sheet, answer, regret_at(answer, i));
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
	if (answer->cli->is_csv)
		return;
	if (!answer->count)
		puts("No trial has a result yet.");
	else
		printf("%zu results; the last %zu brought nothing better\n",
		       answer->count, answer->progress.since);
	findings_tell_left_out(answer->insight.findings, &left_out);
	if (left_out.len)
		printf("note: %s\n", left_out.data);
	if (answer->has_optimum && answer->count &&
	    regret_at(answer, answer->count - 1) < 0)
		puts("note: a result is better than the optimum told, which "
		     "therefore is none");
	strbuf_release(&left_out);
}

static void print_json(const struct answer *answer)
{
	struct strbuf out = STRBUF_INIT;
	struct metric_value optimum = {answer->has_optimum, answer->optimum};
	bool is_first = true;

	strbuf_addch(&out, '{');
	insight_json(&answer->insight, &out);
	strbuf_addf(&out, ",\"results\":%zu,\"sinceBest\":%zu,\"optimum\":",
		    answer->count, answer->progress.since);
	json_value(&out, optimum);
	strbuf_adds(&out, ",\"steps\":[");
	for (size_t i = 0; i < answer->count; i++) {
		struct metric_value best = {true, answer->best[i]};
		struct metric_value regret = {answer->has_optimum, 0};

		if (!is_step(answer, i))
			continue;
		if (answer->has_optimum)
			regret.number = regret_at(answer, i);
		strbuf_addf(&out, "%s{\"after\":%zu,\"trial\":",
			    is_first ? "\n" : ",\n", i + 1);
		is_first = false;
		json_text(&out, answer->results[i].id);
		strbuf_addf(&out, ",\"sequence\":%" PRIu32 ",\"ended\":",
			    answer->results[i].trial);
		json_time(&out, ended_at(answer, i));
		strbuf_adds(&out, ",\"best\":");
		json_value(&out, best);
		strbuf_adds(&out, ",\"regret\":");
		json_value(&out, regret);
		strbuf_addch(&out, '}');
	}
	strbuf_adds(&out, "]}\n");
	output_flush(&out);
	strbuf_release(&out);
}

static bool read_optimum(struct answer *answer, struct error *err)
{
	const char *text = cli_option(answer->cli, "optimum");
	char *end;

	if (!text)
		return true;
	answer->has_optimum = true;
	answer->optimum = strtod(text, &end);
	return (end != text && !*end && isfinite(answer->optimum)) ||
	       error_set(err, ERROR_INVALID,
			 "--optimum: a number is needed, not '%s'", text);
}

int command_progress(struct cli *cli)
{
	struct answer answer = {.cli = cli};
	struct error err = {0};
	bool ok;

	if (!read_optimum(&answer, &err) ||
	    !insight_open(cli, &answer.insight, &err))
		return cli_fail(&err);
	if (!answer.has_optimum)
		answer.has_optimum = optimum_read(
			answer.insight.found.store,
			answer.insight.found.experiment.key,
			cli_option(cli, "metric") ? answer.insight.metric
						  : METRIC_OBJECTIVE,
			&answer.optimum);
	ok = compute(&answer, &err);
	if (ok && cli->is_json)
		print_json(&answer);
	else if (ok)
		print_text(&answer);
	free(answer.results);
	free(answer.values);
	free(answer.best);
	insight_close(&answer.insight);
	return ok ? CLI_DONE : cli_fail(&err);
}
