/* SPDX-License-Identifier: MIT */
/* Reading an experiment for its report: one pass over the trials, and a few
 * more questions about some of them. */
#include "report/data.h"

#include "base/mem.h"
#include "model/json_text.h"
#include "model/pareto.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRONT_MAX 20000 /* results that are compared with each other */

static void read_config(struct report_data *data)
{
	const struct experiment *experiment = &data->experiment;
	const char *json = experiment->config ? experiment->config : "{}";
	struct error ignored;
	cJSON *config = json_parse(json, strlen(json), &ignored);
	const cJSON *tuner = cJSON_GetObjectItemCaseSensitive(config, "tuner");
	const cJSON *args;
	char *text;

	if (!tuner)
		tuner = cJSON_GetObjectItemCaseSensitive(config, "advisor");
	args = cJSON_GetObjectItemCaseSensitive(tuner, "classArgs");
	text = cJSON_IsObject(args) ? cJSON_PrintUnformatted(args) : NULL;
	data->tuner = xstrdup_or_null(cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tuner, "name")));
	if (!objectives_parse(text, experiment->objective, &data->objectives,
			      &ignored))
		objectives_parse(NULL, experiment->objective, &data->objectives,
				 &ignored);
	data->mode = data->objectives.items[0].mode;
	cJSON_free(text);
	cJSON_Delete(config);
}

static bool add_row(const struct trial *trial, void *arg)
{
	struct report_data *data = arg;
	bool has_value = trial->final.is_set;

	ARRAY_RESERVE(data->rows, data->count, data->capacity);
	data->rows[data->count++] = (struct report_row){
		.key = trial->key,
		.sequence = trial->sequence,
		.state = trial->state,
		.attempt = trial->attempt,
		.final = has_value ? trial->final.number : NAN,
		.submitted_ns = trial->submitted_ns,
		.started_ns = trial->started_ns,
		.ended_ns = trial->ended_ns,
		.intermediates = trial->intermediates,
	};
	data->failed += trial->state == TRIAL_FAILED;
	for (size_t i = 0; i < 3; i++) {
		const int64_t moments[] = {trial->submitted_ns,
					   trial->started_ns, trial->ended_ns};

		if (!data->experiment.ended_ns && moments[i] > data->last_ns)
			data->last_ns = moments[i];
	}
	return true;
}

/* ---- the best ------------------------------------------------------------ */

struct ranked {
	size_t row;
	double loss;
};

static int compare_ranked(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->loss != y->loss)
		return x->loss < y->loss ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void rank(struct report_data *data)
{
	double sign = data->mode == OBJECTIVE_MINIMIZE ? 1 : -1;
	struct ranked *ranked = xcalloc(data->count + 1, sizeof(*ranked));

	for (size_t i = 0; i < data->count; i++)
		if (isfinite(data->rows[i].final))
			ranked[data->best_count++] =
				(struct ranked){i, sign * data->rows[i].final};
	qsort(ranked, data->best_count, sizeof(*ranked), compare_ranked);
	data->best = xcalloc(data->best_count + 1, sizeof(*data->best));
	for (size_t i = 0; i < data->best_count; i++)
		data->best[i] = ranked[i].row;
	free(ranked);
}

/* ---- several objectives -------------------------------------------------- */

struct column {
	struct report_data *data;
	size_t objective;
};

/* Finals come in no order that rows are in; count: there is none. */
static size_t row_of(const struct report_data *data, int64_t sequence,
		     int attempt)
{
	size_t low = 0, high = data->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (data->rows[middle].sequence < sequence)
			low = middle + 1;
		else
			high = middle;
	}
	return low < data->count && data->rows[low].sequence == sequence &&
			       data->rows[low].attempt == attempt
		       ? low
		       : data->count;
}

static bool take_final(int64_t sequence, int attempt, double value, void *arg)
{
	struct column *column = arg;
	struct report_data *data = column->data;
	size_t row = row_of(data, sequence, attempt);
	double *cell = &data->metrics[row * data->objectives.count +
				      column->objective];

	if (row < data->count && isnan(*cell))
		*cell = value;
	return true;
}

struct feasible {
	struct report_data *data;
	const struct constraint *constraint;
	bool *is_met; /* by row */
};

static bool take_constraint(int64_t sequence, int attempt, double value,
			    void *arg)
{
	struct feasible *feasible = arg;
	size_t row = row_of(feasible->data, sequence, attempt);
	struct metric_value number = {true, value};

	if (row < feasible->data->count)
		feasible->is_met[row] =
			constraint_violation(feasible->constraint, number) == 0;
	return true;
}

/* Results that break a constraint are on no front. */
static bool read_constraints(struct report_data *data, bool *is_feasible,
			     struct error *err)
{
	int64_t last = data->rows[data->count - 1].sequence;
	bool *is_met = xcalloc(data->count, sizeof(*is_met));
	bool ok = true;

	memset(is_feasible, true, data->count * sizeof(*is_feasible));
	for (size_t i = 0; i < data->objectives.constraint_count && ok; i++) {
		struct feasible feasible = {
			data, &data->objectives.constraints[i], is_met};

		memset(is_met, false, data->count * sizeof(*is_met));
		ok = store_finals_each(data->store, data->experiment.key,
				       feasible.constraint->metric, 0, last + 1,
				       take_constraint, &feasible, err);
		for (size_t k = 0; k < data->count; k++)
			is_feasible[k] &= is_met[k];
	}
	free(is_met);
	return ok;
}

static bool read_objectives(struct report_data *data, struct error *err)
{
	size_t width = data->objectives.count, used = 0;
	int64_t last = data->count ? data->rows[data->count - 1].sequence : 0;
	double *losses;
	bool *is_feasible;
	size_t *of_row;

	if (width < 2 || !data->count)
		return true;
	data->metrics = xcalloc(data->count * width, sizeof(*data->metrics));
	for (size_t i = 0; i < data->count * width; i++)
		data->metrics[i] =
			i % width == 0 ? data->rows[i / width].final : NAN;
	for (size_t k = 1; k < width; k++) {
		struct column column = {data, k};

		if (!store_finals_each(data->store, data->experiment.key,
				       data->objectives.items[k].metric, 0,
				       last + 1, take_final, &column, err))
			return false;
	}
	is_feasible = xcalloc(data->count, sizeof(*is_feasible));
	if (!read_constraints(data, is_feasible, err)) {
		free(is_feasible);
		return false;
	}
	losses = xcalloc(data->count * width, sizeof(*losses));
	of_row = xcalloc(data->count, sizeof(*of_row));
	data->front = xcalloc(data->count, sizeof(*data->front));
	for (size_t i = 0; i < data->count && used < FRONT_MAX; i++) {
		bool is_whole = is_feasible[i];

		for (size_t k = 0; k < width; k++) {
			double value = data->metrics[i * width + k];

			is_whole &= isfinite(value);
			losses[used * width + k] =
				data->objectives.items[k].mode ==
						OBJECTIVE_MINIMIZE
					? value
					: -value;
		}
		if (is_whole)
			of_row[used++] = i;
	}
	data->front_count = pareto_front(losses, used, width, data->front);
	for (size_t i = 0; i < data->front_count; i++)
		data->front[i] = of_row[data->front[i]];
	free(is_feasible);
	free(of_row);
	free(losses);
	return true;
}

/* ---- failures ------------------------------------------------------------ */

static void count_reason(struct report_data *data, const struct trial *trial)
{
	const char *text = trial->reason && *trial->reason
				   ? trial->reason
				   : "no reason is known";

	for (size_t i = 0; i < data->reason_count; i++)
		if (!strcmp(data->reasons[i].text, text)) {
			data->reasons[i].count++;
			return;
		}
	/* what is different every time would be compared for ever */
	if (data->reason_count == 500)
		return;
	ARRAY_RESERVE(data->reasons, data->reason_count, data->reason_capacity);
	data->reasons[data->reason_count++] = (struct report_reason){
		.text = xstrdup(text), .count = 1, .example = trial->sequence};
}

static int compare_reasons(const void *a, const void *b)
{
	const struct report_reason *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->example < y->example ? -1 : x->example > y->example;
}

static void read_reasons(struct report_data *data)
{
	for (size_t i = data->count;
	     i > 0 && data->failures_read < REPORT_FAILURES_READ; i--) {
		struct trial trial;

		if (data->rows[i - 1].state != TRIAL_FAILED ||
		    !report_data_trial(data, i - 1, &trial))
			continue;
		data->failures_read++;
		count_reason(data, &trial);
		trial_release(&trial);
	}
	if (data->reason_count)
		qsort(data->reasons, data->reason_count, sizeof(*data->reasons),
		      compare_reasons);
}

/* ---- curves -------------------------------------------------------------- */

struct growing {
	double *steps, *values;
	size_t count, capacity, value_capacity;
};

static bool add_point(const struct metric *metric, void *arg)
{
	struct growing *curve = arg;

	if (metric->text || !isfinite(metric->value))
		return true;
	ARRAY_RESERVE(curve->steps, curve->count, curve->capacity);
	if (curve->capacity != curve->value_capacity) {
		curve->values =
			xrealloc(curve->values,
				 curve->capacity * sizeof(*curve->values));
		curve->value_capacity = curve->capacity;
	}
	curve->steps[curve->count] = (double)metric->sequence;
	curve->values[curve->count++] = metric->value;
	return true;
}

/* Of a long curve every so many points, its last one among them. */
static void thin(struct growing *curve)
{
	size_t kept = 0;

	if (curve->count <= REPORT_CURVE_POINTS)
		return;
	for (size_t i = 0; i < REPORT_CURVE_POINTS; i++) {
		size_t at = i * (curve->count - 1) / (REPORT_CURVE_POINTS - 1);

		curve->steps[kept] = curve->steps[at];
		curve->values[kept++] = curve->values[at];
	}
	curve->count = kept;
}

static bool read_curves(struct report_data *data, struct error *err)
{
	for (size_t i = 0;
	     i < data->best_count && data->curve_count < REPORT_CURVES_MAX;
	     i++) {
		const struct report_row *row = &data->rows[data->best[i]];
		struct growing curve = {0};

		if (row->intermediates < 2)
			continue;
		if (!store_series_each(data->store, row->key, row->attempt,
				       METRIC_OBJECTIVE, -1, add_point, &curve,
				       err)) {
			free(curve.steps);
			free(curve.values);
			return false;
		}
		thin(&curve);
		data->curves[data->curve_count++] =
			(struct report_curve){.sequence = row->sequence,
					      .final = row->final,
					      .steps = curve.steps,
					      .values = curve.values,
					      .count = curve.count};
	}
	return true;
}

/* ---- all of it ----------------------------------------------------------- */

bool report_data_trial(const struct report_data *data, size_t row,
		       struct trial *ret)
{
	struct error ignored;

	return store_trial_get(data->store, data->rows[row].key, ret, &ignored);
}

static bool read_all(struct report_data *data, int64_t experiment,
		     struct error *err)
{
	struct error ignored;

	if (!store_experiment_get(data->store, experiment, &data->experiment,
				  err))
		return false;
	read_config(data);
	data->last_ns = data->experiment.ended_ns;
	if (!store_trials_each(data->store, experiment, 0, STORE_TRIAL_BRIEF,
			       add_row, data, err))
		return false;
	/* of what nobody runs nothing has happened since */
	if (data->experiment.owner_pid && !data->experiment.ended_ns)
		data->last_ns = data->now_ns;
	rank(data);
	read_reasons(data);
	if (!read_objectives(data, err) || !read_curves(data, err))
		return false;
	if (!store_code_get(data->store, experiment, &data->code, &ignored))
		memset(&data->code, 0, sizeof(data->code));
	return true;
}

bool report_data_read(struct report_data *data, struct store *store,
		      int64_t experiment, int64_t now_ns, struct error *err)
{
	struct error ignored;
	bool ok;

	memset(data, 0, sizeof(*data));
	data->store = store;
	data->now_ns = now_ns;
	if (!store_snapshot_begin(store, err))
		return false;
	ok = read_all(data, experiment, err);
	store_snapshot_end(store);
	if (!ok) {
		report_data_release(data);
		return false;
	}
	/* without a space that can be read the rest is told all the same */
	data->findings = findings_new(&data->experiment, NULL, &ignored);
	if (data->findings && !findings_read(data->findings, store, &ignored)) {
		findings_free(data->findings);
		data->findings = NULL;
	}
	return true;
}

void report_data_release(struct report_data *data)
{
	for (size_t i = 0; i < data->reason_count; i++)
		free(data->reasons[i].text);
	for (size_t i = 0; i < data->curve_count; i++) {
		free(data->curves[i].steps);
		free(data->curves[i].values);
	}
	free(data->reasons);
	free(data->rows);
	free(data->best);
	free(data->metrics);
	free(data->front);
	free(data->tuner);
	findings_free(data->findings);
	output_code_release(&data->code);
	experiment_release(&data->experiment);
	memset(data, 0, sizeof(*data));
}
