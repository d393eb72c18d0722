/* SPDX-License-Identifier: MIT */
/*
 * Our parameters as Optuna's: a number in internal form, and the distribution
 * it comes from.
 *
 *   choice, nested choice       CategoricalDistribution, the option's index
 *   randint, integers           IntDistribution
 *   uniform, quniform           FloatDistribution, with a step where both ends
 *                               lie on it
 *   loguniform, qloguniform     FloatDistribution, log
 *   normal kinds                FloatDistribution over ten deviations
 *
 * A value beyond the ends (a trial that a person added, a space that was
 * changed) widens the distribution of that trial.  Without a search space each
 * member of the parameters is a distribution of its one value.
 */
#include "interchange/optuna_write.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEVIATIONS 10

static void add_float(struct strbuf *out, double value)
{
	size_t start = out->len;

	strbuf_add_json_number(out, value);
	if (!strpbrk(out->data + start, ".enE"))
		strbuf_adds(out, ".0");
}

static bool is_on_grid(double value, double step)
{
	double times = value / step;

	return fabs(times - rint(times)) < 1e-9;
}

static void ends_of(const struct parameter *p, double *ret_low,
		    double *ret_high)
{
	double low = p->low, high = p->high;

	if (parameter_is_normal(p)) {
		low = p->mu - DEVIATIONS * p->sigma;
		high = p->mu + DEVIATIONS * p->sigma;
		if (parameter_is_log(p)) {
			low = exp(low);
			high = exp(high);
		}
	}
	*ret_low = low;
	*ret_high = high;
}

static void add_range(struct strbuf *out, const struct parameter *p,
		      double value)
{
	bool is_log = parameter_is_log(p);
	double low, high, step = 0;

	ends_of(p, &low, &high);
	if (p->q > 0 && !is_log && is_on_grid(low, p->q) &&
	    is_on_grid(high, p->q) && is_on_grid(value, p->q))
		step = p->q;
	low = fmin(low, value);
	high = fmax(high, value);
	if (is_log && !(low > 0))
		is_log = false;
	strbuf_adds(out, "{\"name\": \"FloatDistribution\", \"attributes\": "
			 "{\"step\": ");
	if (step > 0)
		add_float(out, step);
	else
		strbuf_adds(out, "null");
	strbuf_adds(out, ", \"low\": ");
	add_float(out, low);
	strbuf_adds(out, ", \"high\": ");
	add_float(out, high);
	strbuf_addf(out, ", \"log\": %s}}", is_log ? "true" : "false");
}

static void add_integer(struct strbuf *out, double low, double high,
			double step, bool is_log)
{
	strbuf_addf(out,
		    "{\"name\": \"IntDistribution\", \"attributes\": "
		    "{\"log\": %s, \"step\": %.0f, \"low\": %.0f, \"high\": "
		    "%.0f}}",
		    is_log ? "true" : "false", step, low, high);
}

static bool is_integer(double value)
{
	return value == rint(value) && fabs(value) < 1e15;
}

/* A q kind whose values are written without decimals, as integers of Optuna's
 * are that were imported: those of NNI's kinds have some. */
static bool is_integer_kind(const struct parameter *p, const char *cell)
{
	return p->q >= 1 && is_integer(p->q) && !strpbrk(cell, ".eE") &&
	       !parameter_is_normal(p) && is_integer(p->low) &&
	       is_integer(p->high) && (!parameter_is_log(p) || p->q == 1);
}

static void add_choices(struct strbuf *out, const struct parameter *p)
{
	strbuf_adds(out, "{\"name\": \"CategoricalDistribution\", "
			 "\"attributes\": {\"choices\": [");
	for (size_t i = 0; i < p->option_count; i++) {
		if (i)
			strbuf_adds(out, ", ");
		if (p->options[i].json)
			strbuf_adds(out, p->options[i].json);
		else
			strbuf_add_json_string(out, p->options[i].name);
	}
	strbuf_adds(out, "]}}");
}

static bool find_option(const struct parameter *p, const char *cell,
			double *ret)
{
	for (size_t i = 0; i < p->option_count; i++)
		if (!strcmp(p->options[i].name, cell)) {
			*ret = (double)i;
			return true;
		}
	return false;
}

bool optuna_distribute(const struct parameter *p, const char *cell,
		       const double *exact, double *ret_value,
		       struct strbuf *out)
{
	char *end;

	if (p->kind == PARAMETER_CHOICE) {
		if (exact)
			*ret_value = *exact;
		else if (!find_option(p, cell, ret_value))
			return false;
		add_choices(out, p);
		return true;
	}
	*ret_value = strtod(cell, &end);
	if (end == cell || *end || !isfinite(*ret_value))
		return false;
	if (p->kind == PARAMETER_RANDINT && *ret_value == rint(*ret_value))
		add_integer(out, fmin(p->low, *ret_value),
			    fmax(p->high - 1, *ret_value), 1, false);
	else if (is_integer_kind(p, cell))
		add_integer(out, fmin(p->low, *ret_value),
			    fmax(p->high, *ret_value), p->q,
			    parameter_is_log(p));
	else
		add_range(out, p, *ret_value);
	return true;
}

bool optuna_distribute_alone(const void *member, double *ret_value,
			     struct strbuf *out)
{
	const cJSON *item = member;
	char *text;

	*ret_value = 0;
	if (cJSON_IsNumber(item)) {
		*ret_value = item->valuedouble;
		if (!isfinite(*ret_value))
			return false;
		strbuf_adds(out, "{\"name\": \"FloatDistribution\", "
				 "\"attributes\": {\"step\": null, \"low\": ");
		add_float(out, *ret_value);
		strbuf_adds(out, ", \"high\": ");
		add_float(out, *ret_value);
		strbuf_adds(out, ", \"log\": false}}");
		return true;
	}
	if (!cJSON_IsString(item) && !cJSON_IsBool(item) && !cJSON_IsNull(item))
		return false;
	text = cJSON_PrintUnformatted(item);
	strbuf_addf(out,
		    "{\"name\": \"CategoricalDistribution\", \"attributes\": "
		    "{\"choices\": [%s]}}",
		    text ? text : "null");
	cJSON_free(text);
	return true;
}
