/* SPDX-License-Identifier: MIT */
/*
 * What an experiment optimises, where it is more than one number: several
 * metrics, each to be maximised or minimised, and constraints on others.
 *
 *     optimize_mode: {accuracy: maximize, latency: minimize}
 *     constraints: {memory: "<= 4", accuracy: ">= 0.5"}
 *
 * One of the objectives is the primary one: "default" if that is among them,
 * else the first.  It is what the trial table, the chart and `best` show; a
 * report that has its metric and no "default" counts as if it had one.
 */
#ifndef MODEL_OBJECTIVE_H
#define MODEL_OBJECTIVE_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/metric.h"

#define OBJECTIVES_MAX 8
#define CONSTRAINTS_MAX 16

struct objective {
	char metric[METRIC_NAME_MAX + 1];
	enum objective_mode mode;
};

struct constraint {
	char metric[METRIC_NAME_MAX + 1];
	bool is_least; /* ">= bound"; else "<= bound" */
	double bound;
};

struct objectives {
	/* the primary one is the first, the others are as in the file */
	struct objective items[OBJECTIVES_MAX];
	size_t count; /* at least 1 */
	struct constraint constraints[CONSTRAINTS_MAX];
	size_t constraint_count;
};

/* Read optimize_mode and constraints of a tuner's classArgs (JSON object text
 * or NULL); mode is for those that say nothing.  Errors begin with
 * "classArgs.optimize_mode" or "classArgs.constraints". */
bool objectives_parse(const char *class_args, enum objective_mode mode,
		      struct objectives *ret, struct error *err);

/* By how much a value breaks a constraint; 0: it does not.  One that is not a
 * number, because it was never reported or is NaN, breaks it by 1 + |bound|. */
double constraint_violation(const struct constraint *constraint,
			    struct metric_value value);

#endif
