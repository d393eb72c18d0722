/* SPDX-License-Identifier: MIT */
/*
 * Answers from the store.  A metric that is asked for is summed up once for all
 * trials: one walk over its reports instead of a query a trial.
 */
#include "cli/trial_facts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/json.h"
#include "tui/format.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_COLS 9

/* One metric of all trials, by sequence number. */
struct metric_facts {
	char metric[METRIC_NAME_MAX + 1];
	size_t count;
	struct summed {
		int attempt; /* 0: nothing reported */
		struct metric_stats stats;
	} * trials;
};

static bool add_name(const char *name, void *arg)
{
	struct trial_facts *facts = arg;

	facts->metrics = xrealloc(facts->metrics,
				  (facts->metric_count + 1) * sizeof(char *));
	facts->metrics[facts->metric_count++] = xstrdup(name);
	return true;
}

bool trial_facts_open(struct trial_facts *facts, const struct found *found,
		      struct error *err)
{
	struct error ignored;

	memset(facts, 0, sizeof(*facts));
	strbuf_init(&facts->cell);
	facts->store = found->store;
	facts->experiment = &found->experiment;
	facts->now_ns = clock_wall_ns();
	/* one that does not parse has no parameters to ask for */
	if (found->experiment.space)
		space_parse(found->experiment.space, &facts->space, NULL,
			    &ignored);
	if (!store_metric_names_each(found->store, found->experiment.key,
				     add_name, facts, err)) {
		trial_facts_close(facts);
		return false;
	}
	facts->names = (struct field_names){facts->space,
					    (const char *const *)facts->metrics,
					    facts->metric_count};
	return true;
}

void trial_facts_close(struct trial_facts *facts)
{
	while (facts->metric_count > 0)
		free(facts->metrics[--facts->metric_count]);
	free(facts->metrics);
	while (facts->sum_count > 0)
		free(facts->sums[--facts->sum_count].trials);
	free(facts->sums);
	space_free(facts->space);
	strbuf_release(&facts->cell);
	memset(facts, 0, sizeof(*facts));
}

void trial_facts_about(struct trial_facts *facts, const struct trial *trial)
{
	facts->trial = trial;
	facts->has_looked = false;
}

/* ---- metrics and places ---------------------------------------------------
 */

static bool take_sum(int64_t trial, int attempt,
		     const struct metric_stats *stats, void *arg)
{
	struct metric_facts *sums = arg;
	size_t at = (size_t)(trial & 0xffffffff);

	if (at < sums->count)
		sums->trials[at] = (struct summed){attempt, *stats};
	return true;
}

static struct metric_facts *sum_up(struct trial_facts *facts, const char *name)
{
	struct metric_facts *sums;
	struct error ignored;
	int64_t first;
	size_t i;

	for (i = 0; i < facts->sum_count; i++)
		if (strcmp(facts->sums[i].metric, name) == 0)
			return &facts->sums[i];
	facts->sums = xrealloc(facts->sums,
			       (facts->sum_count + 1) * sizeof(*facts->sums));
	sums = &facts->sums[facts->sum_count++];
	memset(sums, 0, sizeof(*sums));
	snprintf(sums->metric, sizeof(sums->metric), "%s", name);
	sums->count = facts->experiment->next_sequence > 0
			      ? (size_t)facts->experiment->next_sequence
			      : 0;
	sums->trials = xcalloc(sums->count + 1, sizeof(*sums->trials));
	for (first = 0; (size_t)first < sums->count; first += STORE_STATS_MAX)
		if (!store_metric_stats_each(
			    facts->store, facts->experiment->key, name, first,
			    STORE_STATS_MAX, take_sum, sums, &ignored))
			break;
	return sums;
}

static bool metric_number(struct trial_facts *facts,
			  const struct trial_field *field, double *ret)
{
	struct metric_facts *sums = sum_up(facts, field->metric);
	const struct trial *trial = facts->trial;
	const struct summed *one;

	if ((size_t)trial->sequence >= sums->count)
		return false;
	one = &sums->trials[trial->sequence];
	/* an older attempt's are not the trial's any more */
	if (one->attempt != trial->attempt)
		return false;
	*ret = one->stats.values[field->stat];
	return one->stats.values[STAT_COUNT] > 0 ||
	       !isnan(one->stats.values[STAT_FINAL]);
}

static const struct trial_place *place_of(struct trial_facts *facts)
{
	struct error ignored;

	if (!facts->has_looked) {
		facts->has_looked = true;
		if (!store_place_get(facts->store, facts->trial->key,
				     &facts->place, &ignored) ||
		    facts->place.attempt != facts->trial->attempt)
			memset(&facts->place, 0, sizeof(facts->place));
	}
	return facts->place.trial ? &facts->place : NULL;
}

/* ---- the source -----------------------------------------------------------
 */

static bool give(bool has, double value, double *ret)
{
	*ret = value;
	return has;
}

static bool give_value(struct metric_value value, double *ret)
{
	return give(value.is_set, value.number, ret);
}

static bool give_time(int64_t at_ns, double *ret)
{
	return give(at_ns != 0, (double)at_ns / NS_PER_S, ret);
}

static bool give_span(int64_t from_ns, int64_t to_ns, double *ret)
{
	double span_s = (double)(to_ns - from_ns) / NS_PER_S;

	return give(from_ns != 0 && to_ns != 0, span_s > 0 ? span_s : 0, ret);
}

static bool place_number(struct trial_facts *facts, enum trial_field_kind kind,
			 double *ret)
{
	const struct trial_place *place = place_of(facts);
	int64_t amount;

	if (!place)
		return false;
	switch (kind) {
	case FIELD_RESTARTS:
		amount = place->restarts;
		break;
	case FIELD_CPU:
		amount = place->requested.cpu_milli;
		return give(amount >= 0, (double)amount / 1000, ret);
	case FIELD_MEMORY:
		amount = place->requested.memory_bytes;
		break;
	case FIELD_GPUS:
		amount = place->requested.gpus;
		break;
	case FIELD_CPU_USED:
		amount = place->used.cpu_milli;
		return give(amount >= 0, (double)amount / 1000, ret);
	default:
		amount = place->used.memory_bytes;
	}
	return give(amount >= 0, (double)amount, ret);
}

static const char *parameter(struct trial_facts *facts, int i)
{
	strbuf_clear(&facts->cell);
	if (!facts->space || !facts->trial->parameters)
		return NULL;
	space_format_cell(facts->space, facts->trial->parameters, (size_t)i,
			  &facts->cell);
	return facts->cell.len ? facts->cell.data : NULL;
}

static bool number(void *arg, const struct trial_field *field, double *ret)
{
	struct trial_facts *facts = arg;
	const struct trial *trial = facts->trial;
	const char *text;
	char *end;

	switch (field->kind) {
	case FIELD_NUMBER:
		return give(true, (double)trial->sequence, ret);
	case FIELD_STATE:
		return give(true, trial->state, ret);
	case FIELD_TRY:
		return give(true, trial->attempt, ret);
	case FIELD_FINAL:
		return give_value(trial->final, ret);
	case FIELD_BEST:
		return give_value(trial->best, ret);
	case FIELD_LAST:
		return give_value(trial->last, ret);
	case FIELD_STEPS:
		return give(true, (double)trial->intermediates, ret);
	case FIELD_TIME:
		return give_span(
			trial->started_ns,
			trial->ended_ns ? trial->ended_ns : facts->now_ns, ret);
	case FIELD_WAITED:
		return give_span(trial->submitted_ns, trial->started_ns, ret);
	case FIELD_SUBMITTED:
		return give_time(trial->submitted_ns, ret);
	case FIELD_STARTED:
		return give_time(trial->started_ns, ret);
	case FIELD_ENDED:
		return give_time(trial->ended_ns, ret);
	case FIELD_EXIT:
		return give(trial->exit_code >= 0, trial->exit_code, ret);
	case FIELD_IS_BEST:
		return give(facts->experiment->best_trial == trial->key, 1,
			    ret);
	case FIELD_METRIC:
		return metric_number(facts, field, ret);
	case FIELD_PARAMETER:
		text = parameter(facts, field->parameter);
		if (!text)
			return false;
		*ret = strtod(text, &end);
		return !*end;
	case FIELD_RESTARTS:
	case FIELD_CPU:
	case FIELD_MEMORY:
	case FIELD_GPUS:
	case FIELD_CPU_USED:
	case FIELD_MEMORY_USED:
		return place_number(facts, field->kind, ret);
	default:
		return false; /* marks are a screen's */
	}
}

static const char *text(void *arg, const struct trial_field *field)
{
	struct trial_facts *facts = arg;
	const struct trial *trial = facts->trial;
	const struct trial_place *place;

	switch (field->kind) {
	case FIELD_ID:
		return trial->id;
	case FIELD_STATE:
		return trial_state_name(trial->state);
	case FIELD_SOURCE:
		return trial->source == 'c'   ? "custom"
		       : trial->source == 'i' ? "import"
					      : "tuner";
	case FIELD_REASON:
		return trial->reason;
	case FIELD_TAGS:
		return trial->tags;
	case FIELD_NOTE:
		return trial->note;
	case FIELD_PARAMETERS:
		return trial->parameters;
	case FIELD_PARAMETER:
		return parameter(facts, field->parameter);
	case FIELD_NODE:
		place = place_of(facts);
		return place ? place->node : NULL;
	case FIELD_POD:
		place = place_of(facts);
		return place ? place->pod : NULL;
	default:
		return NULL;
	}
}

struct field_source trial_facts_source(struct trial_facts *facts)
{
	return (struct field_source){.number = number,
				     .text = text,
				     .arg = facts,
				     .now_s = (double)facts->now_ns / NS_PER_S};
}

/* ---- as text --------------------------------------------------------------
 */

static bool is_text(const struct trial_field *field)
{
	return trial_field_unit(field) == UNIT_TEXT ||
	       field->kind == FIELD_PARAMETER;
}

static void format_short(const struct trial_facts *facts,
			 const struct trial_field *field, double value,
			 struct strbuf *out)
{
	switch (trial_field_unit(field)) {
	case UNIT_DURATION:
		clock_format_duration(out, (int64_t)(value * 1e9));
		break;
	case UNIT_AGE:
		format_age(out, (int64_t)(value * 1e9), facts->now_ns);
		break;
	case UNIT_CPU:
		format_cpu(out, (int64_t)(value * 1000));
		break;
	case UNIT_BYTES:
		format_memory(out, (int64_t)value);
		break;
	default:
		format_number(out, value, NUMBER_COLS);
	}
}

void trial_facts_format(struct trial_facts *facts,
			const struct trial_field *field, bool is_short,
			struct strbuf *out)
{
	const char *words;
	double value;

	if (field->kind == FIELD_PARAMETER && is_short &&
	    number(facts, field, &value)) {
		format_number(out, value, NUMBER_COLS);
	} else if (is_text(field)) {
		words = text(facts, field);
		strbuf_adds(out, words ? words : "");
	} else if (number(facts, field, &value)) {
		if (is_short)
			format_short(facts, field, value, out);
		else
			trial_field_value_format(field, value, out);
	}
}

void trial_facts_json(struct trial_facts *facts,
		      const struct trial_field *field, struct strbuf *out)
{
	const char *words;
	double value;

	if (trial_field_unit(field) == UNIT_AGE) {
		json_time(out, number(facts, field, &value)
				       ? (int64_t)(value * 1e9)
				       : 0);
	} else if ((!is_text(field) || field->kind == FIELD_PARAMETER) &&
		   number(facts, field, &value)) {
		json_value(out, (struct metric_value){true, value});
	} else {
		words = is_text(field) ? text(facts, field) : NULL;
		json_text(out, words && *words ? words : NULL);
	}
}
