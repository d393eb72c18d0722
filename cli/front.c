/* SPDX-License-Identifier: MIT */
/*
 * The Pareto front, from what the tuner was told: one row for each trial whose
 * result no other is better than in every objective.  Of one objective with
 * constraints it is the best trial within them.
 *
 * The hypervolume's reference point is the worst finite value of each objective
 * among all results, so it grows with them and compares results of one
 * experiment only.
 */
#include "cli/front.h"

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/output.h"
#include "engine/spec/spec.h"
#include "model/objective.h"
#include "model/pareto.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct result {
	int64_t trial;
	double values[OBJECTIVES_MAX];
	double violation;
	double loss; /* the primary one's */
};

struct front {
	struct objectives objectives;
	struct result *results;
	size_t count, capacity;
	size_t *places; /* in results, by sequence number; SIZE_MAX: none */
	size_t place_count, place_capacity;
	double *losses; /* of those within the constraints */
	double reference[OBJECTIVES_MAX], volume;
};

static bool read_objectives(const struct experiment *experiment,
			    struct objectives *ret, struct error *err)
{
	struct experiment_config config;
	bool ok;

	if (!spec_reload(experiment->config, &config, err))
		return false;
	ok = objectives_parse(config.tuner.class_args, experiment->objective,
			      ret, err);
	experiment_config_release(&config);
	return ok;
}

bool front_is_wanted(const struct experiment *experiment)
{
	struct objectives objectives;
	struct error ignored;

	return read_objectives(experiment, &objectives, &ignored) &&
	       (objectives.count > 1 || objectives.constraint_count);
}

static bool read_values(const char *json, size_t count, double *ret)
{
	cJSON *list = json ? cJSON_Parse(json) : NULL;
	bool ok = cJSON_IsArray(list) &&
		  (size_t)cJSON_GetArraySize(list) == count;
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (ok)
			*ret++ = cJSON_IsNumber(item) ? item->valuedouble : NAN;
	cJSON_Delete(list);
	return ok;
}

/* A trial that ran again has its newest result. */
static struct result *result_of(struct front *front, int64_t trial)
{
	size_t sequence = (size_t)(trial & UINT32_MAX);

	while (front->place_count <= sequence) {
		ARRAY_RESERVE(front->places, front->place_count,
			      front->place_capacity);
		front->places[front->place_count++] = SIZE_MAX;
	}
	if (front->places[sequence] == SIZE_MAX) {
		ARRAY_RESERVE(front->results, front->count, front->capacity);
		front->places[sequence] = front->count++;
	}
	return &front->results[front->places[sequence]];
}

static bool add_result(const struct history *row, void *arg)
{
	struct front *front = arg;
	struct result result = {.trial = row->trial,
				.violation = row->violation};

	if (row->kind != HISTORY_OBSERVED)
		return true;
	result.values[0] = row->value;
	if (front->objectives.count == 1 ||
	    read_values(row->values, front->objectives.count, result.values))
		*result_of(front, row->trial) = result;
	return true;
}

/* The best in the primary objective first. */
static int compare(const void *left, const void *right)
{
	const struct result *a = left, *b = right;

	if (a->loss != b->loss)
		return a->loss < b->loss ? -1 : 1;
	return (a->trial > b->trial) - (a->trial < b->trial);
}

/* Only those within the constraints remain, the front's first. */
static size_t rank(struct front *front)
{
	size_t width = front->objectives.count, kept = 0, best = 0;
	size_t *rows;

	for (size_t i = 0; i < front->count; i++)
		if (!(front->results[i].violation > 0))
			front->results[kept++] = front->results[i];
	front->count = kept;
	front->losses = xcalloc(kept * width + 1, sizeof(double));
	rows = xcalloc(kept + 1, sizeof(*rows));
	for (size_t k = 0; k < width; k++) {
		bool is_up =
			front->objectives.items[k].mode == OBJECTIVE_MAXIMIZE;

		front->reference[k] = -INFINITY;
		for (size_t i = 0; i < kept; i++) {
			double value = front->results[i].values[k];
			double loss = is_up ? -value : value;

			front->losses[i * width + k] = loss;
			if (isfinite(loss))
				front->reference[k] =
					fmax(front->reference[k], loss);
		}
	}
	best = pareto_front(front->losses, kept, width, rows);
	for (size_t i = 0; i < best; i++) { /* rows ascend */
		front->results[i] = front->results[rows[i]];
		front->results[i].loss = front->losses[rows[i] * width];
		memmove(front->losses + i * width,
			front->losses + rows[i] * width,
			width * sizeof(double));
	}
	front->volume = pareto_hypervolume(front->losses, best, width,
					   front->reference);
	qsort(front->results, best, sizeof(*front->results), compare);
	free(rows);
	return best;
}

static double reference_of(const struct front *front, size_t k)
{
	double loss = front->reference[k];

	return front->objectives.items[k].mode == OBJECTIVE_MAXIMIZE ? -loss
								     : loss;
}

static void add_values(struct strbuf *out, const struct front *front,
		       const double *values)
{
	strbuf_addch(out, '{');
	for (size_t k = 0; k < front->objectives.count; k++) {
		if (k)
			strbuf_addch(out, ',');
		strbuf_add_json_string(out, front->objectives.items[k].metric);
		strbuf_addch(out, ':');
		json_value(out, (struct metric_value){true, values[k]});
	}
	strbuf_addch(out, '}');
}

static void print_json(const struct front *front, const struct trial *trials,
		       size_t count)
{
	double reference[OBJECTIVES_MAX];
	struct strbuf out = STRBUF_INIT;

	strbuf_adds(&out, "{\"front\":[");
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(&out, i ? ",\n{\"trial\":" : "\n{\"trial\":");
		json_text(&out, trials[i].id);
		strbuf_addf(&out, ",\"sequence\":%" PRId64 ",\"values\":",
			    trials[i].sequence);
		add_values(&out, front, front->results[i].values);
		strbuf_adds(&out, ",\"parameters\":");
		json_raw(&out, trials[i].parameters);
		strbuf_addch(&out, '}');
	}
	for (size_t k = 0; k < front->objectives.count; k++)
		reference[k] = reference_of(front, k);
	strbuf_adds(&out, "\n],\"hypervolume\":");
	json_value(&out, (struct metric_value){true, front->volume});
	strbuf_adds(&out, ",\"reference\":");
	add_values(&out, front, reference);
	strbuf_adds(&out, "}\n");
	output_flush(&out);
	strbuf_release(&out);
}

static void print_table(const struct front *front, const struct trial *trials,
			size_t count, bool is_csv)
{
	struct sheet_column columns[OBJECTIVES_MAX + 3] = {
		{"#", true, false}, {"id", false, false}};
	size_t width = front->objectives.count;
	struct sheet sheet;

	for (size_t k = 0; k < width; k++)
		columns[2 + k] = (struct sheet_column){
			front->objectives.items[k].metric, true, false};
	columns[2 + width] = (struct sheet_column){"parameters", false, true};
	sheet_init(&sheet, columns, 3 + width);
	for (size_t i = 0; i < count; i++) {
		sheet_addf(&sheet, "%" PRId64, trials[i].sequence);
		sheet_add(&sheet, trials[i].id);
		for (size_t k = 0; k < width; k++)
			sheet_addf(&sheet, "%.6g", front->results[i].values[k]);
		sheet_add(&sheet, trials[i].parameters);
	}
	sheet_print(&sheet, is_csv);
	sheet_release(&sheet);
	if (is_csv || width == 1)
		return;
	printf("hypervolume %.6g above", front->volume);
	for (size_t k = 0; k < width; k++)
		printf("%s %s %.6g", k ? "," : "",
		       front->objectives.items[k].metric,
		       reference_of(front, k));
	printf(", the worst of each\n");
}

static int show(struct cli *cli, struct found *found, struct front *front)
{
	size_t count = rank(front), read = 0;
	struct trial *trials = xcalloc(count + 1, sizeof(*trials));
	struct error err = {0};
	bool ok = count > 0;

	if (!ok)
		error_set(&err, ERROR_NOT_FOUND,
			  "experiment %s: no trial has a result within the "
			  "constraints yet",
			  found->experiment.id);
	for (size_t i = 0; ok && i < count; i++) {
		ok = store_trial_get(found->store, front->results[i].trial,
				     &trials[i], &err);
		read += ok;
	}
	if (ok && cli->is_json)
		print_json(front, trials, count);
	else if (ok)
		print_table(front, trials, count, cli->is_csv);
	for (size_t i = 0; i < read; i++)
		trial_release(&trials[i]);
	free(trials);
	return ok ? CLI_DONE : cli_fail(&err);
}

int front_show(struct cli *cli, struct found *found)
{
	struct front front = {0};
	struct error err = {0};
	int status;

	if (!read_objectives(&found->experiment, &front.objectives, &err) ||
	    !store_history_each(found->store, found->experiment.key, add_result,
				&front, &err))
		status = cli_fail(&err);
	else
		status = show(cli, found, &front);
	free(front.results);
	free(front.places);
	free(front.losses);
	return status;
}
