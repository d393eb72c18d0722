/* SPDX-License-Identifier: MIT */
/*
 * An experiment of another program on its way into a store, trial after trial,
 * so that no more than one trial's metrics need memory.
 *
 * It may come again: a trial that is there as it was is left alone, one that
 * has gone on is brought up to date, new ones are added.  What would replace
 * something of ours (an experiment or a trial of the same id that did not come
 * this way) is ERROR_CONFLICT.
 *
 *     arrival_begin
 *       arrival_trial, arrival_metric..., arrival_trial_end    in order
 *     arrival_end
 *
 * All within a transaction of the caller's.
 */
#ifndef INTERCHANGE_ARRIVAL_H
#define INTERCHANGE_ARRIVAL_H

#include "base/error.h"
#include "store/store.h"

/* The preference that says where an experiment came from: a JSON object. */
#define ORIGIN_PREFERENCE "origin"

struct arrival_counts {
	int64_t trials, added, changed;
	int64_t metrics; /* new ones */
	int64_t skipped; /* rows of the source that could not be read */
};

struct arrival {
	struct store *store;
	struct experiment experiment;
	/* trials that were running stay so: for a look, not to be kept */
	bool keeps_live;
	bool is_new;
	/* it was brought by embedded_take: the rows tell less than we know */
	bool is_embedded;
	bool is_ours;	  /* it was never away: leave it alone */
	int64_t known;	  /* trials it had before */
	const char *from; /* "FILE", for reasons; borrowed */
	struct metric_value best;
	int64_t best_trial;
	int64_t created_ns; /* of the origin's first trial, as they come */
	int64_t ended_ns;
	struct arrival_counts counts;
	/* the trial at hand */
	struct trial trial;
	bool trial_is_new, trial_is_kept; /* kept: nothing to be done */
	bool was_live;
	bool is_infeasible; /* set by the reader: it cannot be the best */
	char reason[48];
	enum trial_state old_state;
	int64_t new_metrics;
};

/* row says what the origin knows, its id above all; key, directory and state
 * are chosen here.  origin is JSON; text a line for the journal.  Release with
 * arrival_release in either case. */
bool arrival_begin(struct arrival *arrival, struct store *store,
		   struct experiment *row, const char *origin, const char *text,
		   struct error *err);
/* row: sequence 0, 1, 2, ..., id, state, times, parameters, source, reason.
 * Borrowed until arrival_trial_end. */
bool arrival_trial(struct arrival *arrival, const struct trial *row,
		   struct error *err);
/* sequence must be set; what is there already is not counted.  False in
 * *ret_is_new, if not NULL: its place is taken. */
bool arrival_metric(struct arrival *arrival, const struct metric *metric,
		    bool *ret_is_new, struct error *err);
/* note: of this trial, or NULL */
bool arrival_trial_end(struct arrival *arrival, const char *note,
		       struct error *err);
/* config and space NULL: as they are.  is_over: the origin said that it ended
 * by itself. */
bool arrival_end(struct arrival *arrival, const char *config, const char *space,
		 bool is_over, struct error *err);
void arrival_release(struct arrival *arrival);

/* A trial id that follows from a number, and is not another number's. */
void arrival_id_of(char ret_id[TRIAL_ID_SIZE], int64_t number);

#endif
