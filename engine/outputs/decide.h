/* SPDX-License-Identifier: MIT */
/*
 * The rule of an experiment applied to what its database says at the moment:
 * which attempts' outputs may go, and why.  Removing them is another matter.
 */
#ifndef ENGINE_OUTPUTS_DECIDE_H
#define ENGINE_OUTPUTS_DECIDE_H

#include "model/output.h"
#include "store/store.h"

struct outputs_job;

/* With a connection of its own.  Appends REMOVE jobs, linked by `found`, to a
 * list that is NULL. */
bool outputs_decide(const char *db_path, int64_t experiment,
		    const struct output_rule *rule, enum objective_mode mode,
		    struct outputs_job **ret, struct error *err);

/* The same on an open one, for callers that want to look first: all that may
 * go, with the trial's id for people. */
struct outputs_victim {
	struct output output; /* owned */
	char trial_id[TRIAL_ID_SIZE];
	int64_t sequence;
	char why[80];
};
bool outputs_victims(struct store *store, int64_t experiment,
		     const struct output_rule *rule, enum objective_mode mode,
		     struct outputs_victim **ret, size_t *ret_count,
		     struct error *err);
void outputs_victims_free(struct outputs_victim *victims, size_t count);

#endif
