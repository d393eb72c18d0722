/* SPDX-License-Identifier: MIT */
/*
 * What a trial ended with, as its tuner hears it.
 *
 * The primary objective is the trial's final result, else its last intermediate
 * one; a trial that was canceled has none, since the point is not to blame.
 * Other objectives and constraints are metrics by name: the final one, else the
 * last intermediate one.  One that never came is NaN, which is as good as the
 * worst (tuner.h), and an event says so.
 */
#include "engine/advice.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Members that algorithms and NNI put beside the space's parameters. */
static const char *const beside[] = {
	"TRIAL_BUDGET",
	"STEPS",
	"load_checkpoint_dir",
	"save_checkpoint_dir",
};

char *numbers_format(const double *numbers, size_t count)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addch(&out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_addch(&out, ',');
		if (isnan(numbers[i]))
			strbuf_adds(&out, "null");
		else if (isinf(numbers[i])) /* reads back as what it was */
			strbuf_adds(&out, numbers[i] > 0 ? "1e999" : "-1e999");
		else
			strbuf_addf(&out, "%.17g", numbers[i]);
	}
	strbuf_addch(&out, ']');
	return strbuf_detach(&out);
}

bool numbers_parse(const char *json, double *ret, size_t count)
{
	cJSON *list = cJSON_Parse(json);
	bool ok = cJSON_IsArray(list) &&
		  (size_t)cJSON_GetArraySize(list) == count;
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		if (!ok)
			break;
		ok = cJSON_IsNumber(item) || cJSON_IsNull(item);
		*ret++ = cJSON_IsNumber(item) ? item->valuedouble : NAN;
	}
	cJSON_Delete(list);
	return ok;
}

static bool has_parameter(const struct space *space, const char *name)
{
	for (size_t i = 0; i < space->count; i++)
		if (space->parameters[i].parent < 0 &&
		    !strcmp(space->parameters[i].name, name))
			return true;
	return false;
}

bool advice_point(const struct space *space, const char *parameters,
		  double *ret_point, char **ret_plain, double *ret_budget,
		  struct error *err)
{
	cJSON *object = parameters ? cJSON_Parse(parameters) : NULL;
	const cJSON *budget;
	bool is_cut = false;
	char *plain;
	bool ok;

	*ret_budget = 0;
	budget = cJSON_GetObjectItemCaseSensitive(object, "TRIAL_BUDGET");
	if (cJSON_IsNumber(budget) && budget->valuedouble > 0 &&
	    isfinite(budget->valuedouble))
		*ret_budget = budget->valuedouble;
	for (size_t i = 0; i < COUNT_OF(beside); i++) {
		cJSON *item;

		if (has_parameter(space, beside[i]))
			continue;
		item = cJSON_DetachItemFromObjectCaseSensitive(object,
							       beside[i]);
		is_cut |= item != NULL;
		cJSON_Delete(item);
	}
	/* as it stands where it can stay so: digits would be lost */
	plain = is_cut ? cJSON_PrintUnformatted(object)
		       : xstrdup(parameters ? parameters : "");
	cJSON_Delete(object);
	/* an object that is handed out whole may have such members itself */
	ok = space->is_list && is_cut &&
	     space_parse_point(space, parameters, ret_point, err);
	if (ok) {
		free(plain);
		plain = xstrdup(parameters);
	} else {
		ok = space_parse_point(space, plain, ret_point, err);
	}
	if (ok && ret_plain)
		*ret_plain = plain;
	else
		free(plain);
	return ok;
}

/* ---- results --------------------------------------------------------------
 */

/* Intermediate results come first, and the last of them counts; then final
 * ones, of which the first does. */
static bool take_value(const struct metric *metric, void *arg)
{
	struct metric_value *value = arg;

	*value = (struct metric_value){true, metric->value};
	return metric->type != METRIC_FINAL;
}

static struct metric_value value_of(struct engine *engine,
				    const struct live *live, const char *name)
{
	struct metric_value value = {0};
	struct error err;

	if (!store_metrics_each(engine->store, live->trial.key,
				live->attempt.number, name, take_value, &value,
				&err))
		turn_fail(engine, &err);
	return value;
}

static void tell_missing(struct engine *engine, const struct live *live,
			 const char *metric, struct metric_value value)
{
	status_event(engine, live, EVENT_WARNING, "result",
		     "trial %s (#%lld): %s %s: it counts as the worst",
		     live->trial.id, (long long)live->trial.sequence, metric,
		     value.is_set ? "is no finite number" : "never came");
}

static double violation_of(struct engine *engine, const struct live *live)
{
	const struct objectives *objectives = &engine->advice->objectives;
	double sum = 0;

	for (size_t i = 0; i < objectives->constraint_count; i++) {
		const struct constraint *constraint =
			&objectives->constraints[i];
		struct metric_value value =
			value_of(engine, live, constraint->metric);

		if (!value.is_set)
			status_event(engine, live, EVENT_WARNING, "result",
				     "trial %s (#%lld): %s never came: its "
				     "constraint counts as broken",
				     live->trial.id,
				     (long long)live->trial.sequence,
				     constraint->metric);
		sum += constraint_violation(constraint, value);
	}
	return sum;
}

bool advice_result(struct engine *engine, const struct live *live,
		   double *values, struct tuner_result *ret)
{
	const struct objectives *objectives = &engine->advice->objectives;
	enum trial_state state = live->trial.state;
	struct metric_value value = live->trial.final;

	if (state == TRIAL_USER_CANCELED || state == TRIAL_SYS_CANCELED)
		return false;
	if (!value.is_set &&
	    (state == TRIAL_SUCCEEDED || state == TRIAL_EARLY_STOPPED))
		value = live->trial.last;
	if (!value.is_set) {
		if (state == TRIAL_SUCCEEDED &&
		    !engine->advice->has_told_missing)
			status_event(engine, live, EVENT_WARNING, "result",
				     "trial %s (#%lld) reported no result: the "
				     "tuner learns nothing from such trials",
				     live->trial.id,
				     (long long)live->trial.sequence);
		engine->advice->has_told_missing |= state == TRIAL_SUCCEEDED;
		return false;
	}
	for (size_t i = 0; i < objectives->count; i++) {
		const char *name = objectives->items[i].metric;

		if (i)
			value = value_of(engine, live, name);
		values[i] = value.is_set ? value.number : NAN;
		if (!isfinite(values[i]))
			tell_missing(engine, live, name, value);
	}
	*ret = (struct tuner_result){
		.values = values,
		.count = objectives->count,
		.violation = violation_of(engine, live),
		.budget = live->budget,
	};
	return true;
}

void advice_result_row(const struct tuner_result *result, struct history *row)
{
	row->value = result->values[0];
	if (result->count > 1)
		row->values = numbers_format(result->values, result->count);
	row->violation = result->violation;
	row->budget = result->budget;
}

void advice_row_result(const struct history *row,
		       const struct objectives *objectives, double *values,
		       struct tuner_result *ret)
{
	for (size_t i = 0; i < objectives->count; i++)
		values[i] = NAN;
	values[0] = row->value;
	if (row->values &&
	    !numbers_parse(row->values, values, objectives->count))
		values[0] = row->value;
	*ret = (struct tuner_result){
		.values = values,
		.count = objectives->count,
		.violation = row->violation,
		.budget = row->budget,
	};
}
