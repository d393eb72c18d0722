/* SPDX-License-Identifier: MIT */
/* A study on its way: what its two readers share.  Private to interchange/. */
#ifndef INTERCHANGE_OPTUNA_STUDY_H
#define INTERCHANGE_OPTUNA_STUDY_H

#include "interchange/reader.h"

#include "model/objective.h"

/* Rows of a table that belong to trials, by ascending trial, walked beside
 * them. */
struct cursor {
	struct query query; /* column 0: the trial's number */
	bool has_row;
	int64_t trial;
};

struct study {
	struct reading *reading;
	struct arrival arrival;
	int64_t key;
	char *name;
	struct objective objectives[OBJECTIVES_MAX];
	size_t objective_count;
	struct cursor params, values, steps, attributes, systems;
	struct optuna_space *space;
	struct strbuf parameters, note; /* note: also the study's, at first */
	struct metrics finals;
	double violation;
	bool is_enqueued;
};

/* optuna_trial.c: the tables beside the trials; closed in either case. */
bool study_open_cursors(struct study *study, struct error *err);
void study_close_cursors(struct study *study);
/* Read one trial: a row of trial_id, state, datetime_start,
 * datetime_complete; by ascending trial_id. */
bool study_read_trial(struct study *study, const struct query *trials,
		      struct error *err);
/* A line of the note, as long as there is room. */
void study_add_to_note(struct study *study, const char *key, const char *text);
/* Is it the metric of an objective? */
bool study_has_objective(const struct study *study, const char *name);
/* Optuna's local time; 0: none. */
int64_t study_time(const char *text);

#endif
