/* SPDX-License-Identifier: MIT */
/*
 * What can be asked of a trial, by name: what filters compare, tables show and
 * lists are sorted by.
 *
 *     state  final  time  reason      what every trial has
 *     lr  layer.kernel                parameters of the search space
 *     acc  acc.max  loss.last         metrics and their statistics
 *
 * A parameter's name wins over a metric's and a fixed one: it is the user's
 * word.  "trial.time", "param.time" and "metric.time" say which is meant.
 * Pure.
 */
#ifndef MODEL_TRIAL_FIELD_H
#define MODEL_TRIAL_FIELD_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/metric.h"
#include "model/space.h"

#include <stdbool.h>
#include <stddef.h>

enum trial_field_kind {
	FIELD_NUMBER,
	FIELD_ID,
	FIELD_STATE, /* its number is enum trial_state */
	FIELD_TRY,
	FIELD_FINAL,
	FIELD_BEST,
	FIELD_LAST,
	FIELD_STEPS,
	FIELD_TIME,   /* how long it ran, or has run: seconds */
	FIELD_WAITED, /* from submitted to started: seconds */
	/* wall time in seconds since 1970; compared as age */
	FIELD_SUBMITTED,
	FIELD_STARTED,
	FIELD_ENDED,
	FIELD_EXIT,
	FIELD_SOURCE, /* tuner, custom, import */
	FIELD_REASON,
	FIELD_NODE,
	FIELD_POD,
	FIELD_RESTARTS,
	FIELD_CPU, /* requested: cores, bytes, devices */
	FIELD_MEMORY,
	FIELD_GPUS,
	FIELD_CPU_USED,
	FIELD_MEMORY_USED,
	FIELD_TAGS, /* text: blanks between them */
	FIELD_NOTE,
	FIELD_PARAMETERS, /* all in one: the JSON object */
	/* the list above is TRIAL_FIELDS; these need a number or a name */
	FIELD_PARAMETER,
	FIELD_METRIC,
	/* what filters ask beside the fields: number 1 or none */
	FIELD_MARKED,
	FIELD_IS_BEST
};

enum metric_stat {
	STAT_VALUE, /* the final result, or else the newest */
	STAT_FINAL,
	STAT_LAST,
	STAT_FIRST,
	STAT_MIN,
	STAT_MAX,
	STAT_MEAN,
	STAT_COUNT,
	STAT_LIMIT
};

/* What has to be read to know a field. */
enum trial_need {
	NEED_TEXT = 1 << 0,  /* the whole row: parameters, reason, tags */
	NEED_PLACE = 1 << 1, /* where it is in the cluster */
	NEED_METRIC = 1 << 2 /* a metric's reports */
};

enum field_unit {
	UNIT_NONE,
	UNIT_DURATION,
	UNIT_AGE,
	UNIT_CPU,
	UNIT_BYTES,
	UNIT_TEXT
};

struct trial_field {
	enum trial_field_kind kind;
	enum metric_stat stat;		  /* FIELD_METRIC */
	int parameter;			  /* FIELD_PARAMETER: index in space */
	char metric[METRIC_NAME_MAX + 1]; /* FIELD_METRIC */
};

/* The names of one experiment: all borrowed, all may be missing. */
struct field_names {
	const struct space *space;
	const char *const *metrics;
	size_t metric_count;
};

/* Statistics over the intermediate results of one metric in a trial's newest
 * attempt.  NaN where there is none. */
struct metric_stats {
	double values[STAT_LIMIT];
	double numbers; /* how many were not NaN */
};

/* A metric's name and "default", which is called final, best and last. */
bool trial_field_parse(const char *name, const struct field_names *names,
		       struct trial_field *ret, struct error *err);
/* What trial_field_parse reads back as the same. */
void trial_field_format(const struct trial_field *field,
			const struct field_names *names, struct strbuf *out);
bool trial_field_is_same(const struct trial_field *a,
			 const struct trial_field *b);
unsigned trial_field_needs(const struct trial_field *field); /* trial_need */
enum field_unit trial_field_unit(const struct trial_field *field);
/* One line for lists of fields. */
const char *trial_field_help(enum trial_field_kind kind);
const char *metric_stat_name(enum metric_stat stat); /* "max"; "" for VALUE */

/* Every name there is, the fixed ones first; a metric once and, if
 * with_stats, with each statistic. */
typedef void trial_field_fn(const char *name, void *arg);
void trial_field_each(const struct field_names *names, bool with_stats,
		      trial_field_fn *fn, void *arg);

/* A number as a user writes it for a field: "1e-3", "10m", "2Gi", "500m". */
bool field_value_parse(const char *text, enum field_unit unit, double *ret);
/* Append a field's number as people read it, at full precision. */
void trial_field_value_format(const struct trial_field *field, double value,
			      struct strbuf *out);

/* Summing up: begin, each report in any order, end. */
void metric_stats_begin(struct metric_stats *stats);
/* is_newest: no report of a higher sequence number was seen before. */
void metric_stats_add(struct metric_stats *stats, enum metric_type type,
		      double value, bool is_first, bool is_newest);
void metric_stats_end(struct metric_stats *stats);

#endif
