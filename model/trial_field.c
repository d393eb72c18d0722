/* SPDX-License-Identifier: MIT */
/* The table of fields, names to fields and back. */
#include "model/trial_field.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "model/trial.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KNOWN_MAX 400 /* names looked through for "did you mean" */

static const struct {
	const char *name;
	enum field_unit unit;
	unsigned needs;
	const char *help;
} rows[] = {
	[FIELD_NUMBER] = {"number", UNIT_NONE, 0, "its number, from 0"},
	[FIELD_ID] = {"id", UNIT_TEXT, 0, "its id"},
	[FIELD_STATE] = {"state", UNIT_TEXT, 0,
			 "a state's name, part of it or its letter; live, "
			 "ended"},
	[FIELD_TRY] = {"try", UNIT_NONE, 0, "how often it was tried"},
	[FIELD_FINAL] = {"final", UNIT_NONE, 0, "the objective's final result"},
	[FIELD_BEST] = {"best", UNIT_NONE, 0,
			"the objective's best result on the way"},
	[FIELD_LAST] = {"last", UNIT_NONE, 0, "the objective's newest result"},
	[FIELD_STEPS] = {"steps", UNIT_NONE, 0, "results on the way"},
	[FIELD_TIME] = {"time", UNIT_DURATION, 0,
			"how long it ran: 90, 10m, 1h30m"},
	[FIELD_WAITED] = {"waited", UNIT_DURATION, 0,
			  "how long it waited to start"},
	[FIELD_SUBMITTED] = {"submitted", UNIT_AGE, 0,
			     "how long ago it was submitted, or a date"},
	[FIELD_STARTED] = {"started", UNIT_AGE, 0,
			   "how long ago it started, or a date"},
	[FIELD_ENDED] = {"ended", UNIT_AGE, 0,
			 "how long ago it ended, or a date"},
	[FIELD_EXIT] = {"exit", UNIT_NONE, 0, "its command's exit status"},
	[FIELD_SOURCE] = {"source", UNIT_TEXT, 0,
			  "where it comes from: tuner, custom, import"},
	[FIELD_REASON] = {"reason", UNIT_TEXT, NEED_TEXT,
			  "why it is in its state"},
	[FIELD_NODE] = {"node", UNIT_TEXT, NEED_PLACE, "the cluster's node"},
	[FIELD_POD] = {"pod", UNIT_TEXT, NEED_PLACE, "its pod"},
	[FIELD_RESTARTS] = {"restarts", UNIT_NONE, NEED_PLACE,
			    "restarts of its containers"},
	[FIELD_CPU] = {"cpu", UNIT_CPU, NEED_PLACE, "cores requested"},
	[FIELD_MEMORY] = {"memory", UNIT_BYTES, NEED_PLACE,
			  "memory requested: 2Gi"},
	[FIELD_GPUS] = {"gpus", UNIT_NONE, NEED_PLACE, "GPUs requested"},
	[FIELD_CPU_USED] = {"cpu-used", UNIT_CPU, NEED_PLACE, "cores used"},
	[FIELD_MEMORY_USED] = {"memory-used", UNIT_BYTES, NEED_PLACE,
			       "memory used"},
	[FIELD_TAGS] = {"tag", UNIT_TEXT, NEED_TEXT, "one of its tags"},
	[FIELD_NOTE] = {"note", UNIT_TEXT, NEED_TEXT, "its note"},
	[FIELD_PARAMETERS] = {"parameters", UNIT_TEXT, NEED_TEXT,
			      "all parameters together"},
};

static const struct {
	const char *name;
	enum trial_field_kind kind;
} synonyms[] = {
	{"#", FIELD_NUMBER},	  {"trial", FIELD_NUMBER},
	{"attempt", FIELD_TRY},	  {"tags", FIELD_TAGS},
	{"notes", FIELD_NOTE},	  {"gpu", FIELD_GPUS},
	{"mem", FIELD_MEMORY},	  {"duration", FIELD_TIME},
	{"results", FIELD_STEPS},
};

static const char *const stats[STAT_LIMIT] = {
	[STAT_VALUE] = "",	[STAT_FINAL] = "final", [STAT_LAST] = "last",
	[STAT_FIRST] = "first", [STAT_MIN] = "min",	[STAT_MAX] = "max",
	[STAT_MEAN] = "mean",	[STAT_COUNT] = "count",
};

const char *metric_stat_name(enum metric_stat stat)
{
	return stats[stat];
}

static bool find_fixed(const char *name, struct trial_field *ret)
{
	size_t i;

	for (i = 0; i < COUNT_OF(rows); i++) {
		if (strcasecmp(rows[i].name, name) == 0) {
			ret->kind = (enum trial_field_kind)i;
			return true;
		}
	}
	for (i = 0; i < COUNT_OF(synonyms); i++) {
		if (strcasecmp(synonyms[i].name, name) == 0) {
			ret->kind = synonyms[i].kind;
			return true;
		}
	}
	return false;
}

static bool find_parameter(const char *name, const struct space *space,
			   struct trial_field *ret)
{
	size_t i;

	for (i = 0; space && i < space->count; i++) {
		if (strcasecmp(space->parameters[i].path, name) == 0) {
			ret->kind = FIELD_PARAMETER;
			ret->parameter = (int)i;
			return true;
		}
	}
	return false;
}

/* A name's length without ".max", and which that was. */
static size_t cut_stat(const char *name, enum metric_stat *ret)
{
	const char *dot = strrchr(name, '.');
	int i;

	*ret = STAT_VALUE;
	for (i = STAT_FINAL; dot && i < STAT_LIMIT; i++) {
		if (strcasecmp(dot + 1, stats[i]) == 0) {
			*ret = (enum metric_stat)i;
			return (size_t)(dot - name);
		}
	}
	return strlen(name);
}

/* The objective's own columns are there without looking at any report. */
static void simplify(struct trial_field *field)
{
	if (strcmp(field->metric, METRIC_OBJECTIVE) != 0)
		return;
	if (field->stat == STAT_FINAL)
		field->kind = FIELD_FINAL;
	else if (field->stat == STAT_LAST)
		field->kind = FIELD_LAST;
	else if (field->stat == STAT_COUNT)
		field->kind = FIELD_STEPS;
}

static void take_metric(struct trial_field *ret, const char *name, size_t len,
			enum metric_stat stat)
{
	ret->kind = FIELD_METRIC;
	ret->stat = stat;
	snprintf(ret->metric, sizeof(ret->metric), "%.*s", (int)len, name);
	simplify(ret);
}

static bool find_metric(const char *name, const struct field_names *names,
			bool is_any, struct trial_field *ret)
{
	enum metric_stat stat;
	size_t len, i;

	/* a metric may itself be called "loss.max" */
	for (i = 0; i < names->metric_count; i++) {
		if (strcasecmp(names->metrics[i], name) == 0) {
			take_metric(ret, names->metrics[i],
				    strlen(names->metrics[i]), STAT_VALUE);
			return true;
		}
	}
	len = cut_stat(name, &stat);
	for (i = 0; i < names->metric_count; i++) {
		if (strlen(names->metrics[i]) == len &&
		    strncasecmp(names->metrics[i], name, len) == 0) {
			take_metric(ret, names->metrics[i], len, stat);
			return true;
		}
	}
	if (!is_any || len == 0 || len > METRIC_NAME_MAX)
		return false;
	take_metric(ret, name, len, stat);
	return true;
}

struct known {
	const char *names[KNOWN_MAX];
	char *owned[KNOWN_MAX];
	size_t count;
};

static void add_known(const char *name, void *arg)
{
	struct known *known = arg;

	if (known->count == KNOWN_MAX)
		return;
	known->owned[known->count] = xstrdup(name);
	known->names[known->count] = known->owned[known->count];
	known->count++;
}

static bool refuse(const char *name, const struct field_names *names,
		   struct error *err)
{
	struct known *known = xcalloc(1, sizeof(*known));
	const char *near;
	size_t i;

	trial_field_each(names, true, add_known, known);
	for (i = 0; i < COUNT_OF(synonyms); i++)
		add_known(synonyms[i].name, known);
	near = nearest_word(name, known->names, known->count);
	error_set(err, ERROR_INVALID,
		  "no column, parameter or metric is called \"%.80s\"%s%s%s",
		  name, near ? ": did you mean \"" : "", near ? near : "",
		  near ? "\"?" : "");
	while (known->count > 0)
		free(known->owned[--known->count]);
	free(known);
	return false;
}

bool trial_field_parse(const char *name, const struct field_names *names,
		       struct trial_field *ret, struct error *err)
{
	static const struct field_names none;

	if (!names)
		names = &none;
	memset(ret, 0, sizeof(*ret));
	if (find_parameter(name, names->space, ret) || find_fixed(name, ret) ||
	    find_metric(name, names, false, ret))
		return true;
	if (strncasecmp(name, "trial.", 6) == 0 && find_fixed(name + 6, ret))
		return true;
	if (strncasecmp(name, "param.", 6) == 0 &&
	    find_parameter(name + 6, names->space, ret))
		return true;
	if (strncasecmp(name, "metric.", 7) == 0 &&
	    find_metric(name + 7, names, true, ret))
		return true;
	return refuse(name, names, err);
}

static void format_plain(const struct trial_field *field,
			 const struct field_names *names, struct strbuf *out)
{
	if (field->kind < COUNT_OF(rows)) {
		strbuf_adds(out, rows[field->kind].name);
	} else if (field->kind == FIELD_PARAMETER) {
		if (names->space && field->parameter >= 0 &&
		    (size_t)field->parameter < names->space->count)
			strbuf_adds(out,
				    names->space->parameters[field->parameter]
					    .path);
	} else if (field->kind == FIELD_METRIC) {
		strbuf_adds(out, field->metric);
		if (field->stat != STAT_VALUE)
			strbuf_addf(out, ".%s", stats[field->stat]);
	}
}

void trial_field_format(const struct trial_field *field,
			const struct field_names *names, struct strbuf *out)
{
	static const struct field_names none;
	struct trial_field back;
	struct strbuf plain = STRBUF_INIT;
	struct error ignored;

	if (!names)
		names = &none;
	format_plain(field, names, &plain);
	if (!trial_field_parse(plain.data, names, &back, &ignored) ||
	    !trial_field_is_same(field, &back))
		strbuf_adds(out, field->kind == FIELD_METRIC	  ? "metric."
				 : field->kind == FIELD_PARAMETER ? "param."
								  : "trial.");
	strbuf_adds(out, plain.data);
	strbuf_release(&plain);
}

bool trial_field_is_same(const struct trial_field *a,
			 const struct trial_field *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == FIELD_PARAMETER)
		return a->parameter == b->parameter;
	return a->kind != FIELD_METRIC ||
	       (a->stat == b->stat && strcmp(a->metric, b->metric) == 0);
}

unsigned trial_field_needs(const struct trial_field *field)
{
	if (field->kind < COUNT_OF(rows))
		return rows[field->kind].needs;
	return field->kind == FIELD_PARAMETER ? NEED_TEXT
	       : field->kind == FIELD_METRIC  ? NEED_METRIC
					      : 0;
}

enum field_unit trial_field_unit(const struct trial_field *field)
{
	return field->kind < COUNT_OF(rows) ? rows[field->kind].unit
					    : UNIT_NONE;
}

const char *trial_field_help(enum trial_field_kind kind)
{
	return kind < COUNT_OF(rows) ? rows[kind].help : "";
}

void trial_field_each(const struct field_names *names, bool with_stats,
		      trial_field_fn *fn, void *arg)
{
	struct strbuf name = STRBUF_INIT;
	size_t i;
	int stat;

	for (i = 0; i < COUNT_OF(rows); i++)
		fn(rows[i].name, arg);
	for (i = 0; names && names->space && i < names->space->count; i++)
		fn(names->space->parameters[i].path, arg);
	for (i = 0; names && i < names->metric_count; i++) {
		fn(names->metrics[i], arg);
		for (stat = STAT_FINAL; with_stats && stat < STAT_LIMIT;
		     stat++) {
			strbuf_clear(&name);
			strbuf_addf(&name, "%s.%s", names->metrics[i],
				    stats[stat]);
			fn(name.data, arg);
		}
	}
	strbuf_release(&name);
}
