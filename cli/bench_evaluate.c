/* SPDX-License-Identifier: MIT */
/* `bench-tuner --evaluate` and `--list`: the functions of the sandbox, for
 * programs and for people. */
#include "base/mem.h"
#include "cli/bench.h"
#include "cli/command.h"
#include "cli/output.h"
#include "engine/sandbox/function.h"
#include "engine/sandbox/simulate.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX (1 << 20)

static void add_numbers(struct strbuf *out, const char *key,
			const double *values, size_t count)
{
	strbuf_addf(out, "\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_addch(out, ',');
		strbuf_add_json_number(out, values[i]);
	}
	strbuf_addch(out, ']');
}

static void add_function(struct strbuf *out, const struct sandbox_function *f)
{
	size_t objectives = sandbox_objectives(f);

	strbuf_addf(out, "{\"name\":\"%s\",\"group\":\"%s\",\"help\":", f->name,
		    sandbox_group_name(f->group));
	strbuf_add_json_string(out, f->help);
	strbuf_addf(out, ",\"held_out\":%s,\"objectives\":%zu,\"best\":",
		    f->is_held_out ? "true" : "false", objectives);
	strbuf_add_json_number(out, sandbox_best(f));
	if (objectives > 1) {
		strbuf_addch(out, ',');
		add_numbers(out, "reference", f->reference, objectives);
	}
	strbuf_addf(out, ",\"noise\":%g,\"most_budget\":%g,\"space\":%s}",
		    f->noise, f->most_budget, f->space);
}

int bench_list(struct cli *cli)
{
	static const struct sheet_column columns[] = {
		{"function", 0, 0}, {"group", 0, 0},	  {"best", true, 0},
		{"noise", true, 0}, {"budgets", true, 0}, {"held out", 0, 0},
		{"help", 0, true}};
	const struct sandbox_function *const *f = sandbox_functions();
	struct strbuf json = STRBUF_INIT;
	struct sheet sheet;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (size_t i = 0; f[i]; i++) {
		sheet_add(&sheet, f[i]->name);
		sheet_add(&sheet, sandbox_group_name(f[i]->group));
		sheet_addf(&sheet, "%.5g", sandbox_best(f[i]));
		sheet_addf(&sheet, "%g", f[i]->noise);
		sheet_addf(&sheet, "%g", f[i]->most_budget);
		sheet_add(&sheet, f[i]->is_held_out ? "yes" : "");
		sheet_add(&sheet, f[i]->help);
		strbuf_adds(&json, i ? ",\n" : "[\n");
		add_function(&json, f[i]);
	}
	strbuf_adds(&json, "\n]\n");
	if (cli->is_json)
		output_flush(&json);
	else
		sheet_print(&sheet, cli->is_csv);
	sheet_release(&sheet);
	strbuf_release(&json);
	return CLI_DONE;
}

static double number_of(const cJSON *request, const char *key, double fallback)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, key);

	return cJSON_IsNumber(item) ? item->valuedouble : fallback;
}

static bool answer_start(const struct space *space, const cJSON *request,
			 double start, struct strbuf *out)
{
	double *point = xcalloc(space->count, sizeof(*point));

	sandbox_start(space, (uint64_t)number_of(request, "seed", 0),
		      (int64_t)start, point);
	strbuf_adds(out, "{\"parameters\":");
	space_format(space, point, out);
	strbuf_adds(out, "}\n");
	free(point);
	return true;
}

static bool answer_point(const struct sandbox_function *f,
			 const struct space *space, const cJSON *request,
			 struct strbuf *out, struct error *err)
{
	char *json = cJSON_PrintUnformatted(
		cJSON_GetObjectItemCaseSensitive(request, "parameters"));
	double *point = xcalloc(space->count, sizeof(*point));
	double values[SANDBOX_OBJECTIVES_MAX], truth[SANDBOX_OBJECTIVES_MAX];
	uint64_t seed = (uint64_t)number_of(request, "seed", 0);
	int64_t number = (int64_t)number_of(request, "number", 0);
	double share = 1;
	bool ok = json && space_parse_point(space, json, point, err);

	if (f->most_budget > 0)
		share = number_of(request, "budget", f->most_budget) /
			f->most_budget;
	if (ok) {
		share = fmin(fmax(share, 0), 1);
		sandbox_evaluate(f, space, point, share, values);
		sandbox_evaluate(f, space, point, 1, truth);
		sandbox_add_noise(f, seed, number, values);
		strbuf_addch(out, '{');
		add_numbers(out, "values", values, sandbox_objectives(f));
		strbuf_addch(out, ',');
		add_numbers(out, "truth", truth, sandbox_objectives(f));
		strbuf_adds(out, ",\"seconds\":");
		strbuf_add_json_number(out,
				       share * sandbox_duration(seed, number));
		strbuf_adds(out, "}\n");
	}
	free(point);
	cJSON_free(json);
	return ok;
}

static bool answer(const struct sandbox_function *f, const struct space *space,
		   const char *line, struct strbuf *out, struct error *err)
{
	cJSON *request = cJSON_Parse(line);
	double start = number_of(request, "start", -1);
	bool ok;

	if (!request)
		return error_set(err, ERROR_INVALID,
				 "a line is not a JSON object");
	if (start >= 0)
		ok = answer_start(space, request, start, out);
	else if (cJSON_GetObjectItemCaseSensitive(request, "parameters"))
		ok = answer_point(f, space, request, out, err);
	else
		ok = error_set(err, ERROR_INVALID,
			       "a line has neither parameters nor start");
	cJSON_Delete(request);
	return ok;
}

int bench_evaluate(struct cli *cli, const char *name)
{
	const struct sandbox_function *f = sandbox_find(name);
	struct strbuf out = STRBUF_INIT;
	char *line = xmalloc(LINE_BYTES_MAX);
	struct space *space = NULL;
	struct error err = {0};
	bool ok;

	(void)cli;
	ok = f ? space_parse(f->space, &space, NULL, &err)
	       : error_set(&err, ERROR_INVALID,
			   "no function is called '%s': `trialdeck bench-tuner "
			   "--list` lists them",
			   name);
	if (ok) {
		add_function(&out, f);
		strbuf_addch(&out, '\n');
		output_flush(&out);
		fflush(stdout);
	}
	while (ok && fgets(line, LINE_BYTES_MAX, stdin)) {
		ok = answer(f, space, line, &out, &err);
		output_flush(&out);
		fflush(stdout);
	}
	strbuf_release(&out);
	space_free(space);
	free(line);
	return ok ? CLI_DONE : cli_fail(&err);
}
