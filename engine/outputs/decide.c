/* SPDX-License-Identifier: MIT */
/* A rule, applied to what the database says. */
#include "engine/outputs/decide.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/outputs/standing.h"
#include "engine/outputs/worker.h"

#include <stdlib.h>
#include <string.h>

/* A trial, as far as the rule asks. */
struct known {
	int64_t key, sequence;
	char id[TRIAL_ID_SIZE];
	int attempt;
	enum trial_state state;
	struct metric_value final;
	int64_t ended_ns;
	int standing;
};

struct gathering {
	struct store *store;
	struct known *trials; /* by key */
	size_t trial_count, trial_capacity;
	struct output_candidate *candidates;
	struct outputs_victim *items; /* beside them */
	size_t count, capacity;
	struct error *err;
	bool has_failed;
};

static bool know(const struct trial *row, void *arg)
{
	struct gathering *g = arg;
	struct known *known;

	ARRAY_RESERVE(g->trials, g->trial_count, g->trial_capacity);
	known = &g->trials[g->trial_count++];
	*known = (struct known){
		.key = row->key,
		.sequence = row->sequence,
		.attempt = row->attempt,
		.state = row->state,
		.final = row->final,
		.ended_ns = row->ended_ns,
	};
	memcpy(known->id, row->id, sizeof(known->id));
	return true;
}

static int by_key(const void *key, const void *item)
{
	int64_t wanted = *(const int64_t *)key;
	int64_t found = ((const struct known *)item)->key;

	return (wanted > found) - (wanted < found);
}

/* An attempt that was followed by another is over, however. */
static void fill(struct gathering *g, struct output_candidate *candidate,
		 const struct known *known)
{
	struct attempt attempt;
	struct error ignored;

	candidate->standing = known->standing;
	candidate->is_newest = candidate->attempt == known->attempt;
	candidate->state = known->state;
	candidate->ended_ns = known->ended_ns;
	if (candidate->is_newest) {
		candidate->final = known->final;
		return;
	}
	candidate->state = TRIAL_FAILED;
	candidate->ended_ns = 0;
	if (store_attempt_get(g->store, candidate->trial, candidate->attempt,
			      &attempt, &ignored)) {
		candidate->ended_ns = attempt.ended_ns;
		attempt_release(&attempt);
	}
}

static bool gather(const struct output *row, void *arg)
{
	struct gathering *g = arg;
	const struct known *known;
	struct outputs_victim *item;
	size_t capacity = g->capacity;

	if (row->state == OUTPUT_CLEANED || row->state == OUTPUT_LOST ||
	    row->is_foreign)
		return true;
	known = bsearch(&row->trial, g->trials, g->trial_count,
			sizeof(*g->trials), by_key);
	if (!known)
		return true;
	ARRAY_RESERVE(g->candidates, g->count, g->capacity);
	if (capacity != g->capacity)
		g->items = xrealloc(g->items, g->capacity * sizeof(*g->items));
	g->candidates[g->count] = (struct output_candidate){
		.trial = row->trial, .attempt = row->attempt};
	item = &g->items[g->count];
	*item = (struct outputs_victim){.output = *row,
					.sequence = known->sequence};
	item->output.storage = xstrdup(row->storage);
	item->output.path = xstrdup(row->path);
	item->output.url = xstrdup(row->url);
	item->output.note = xstrdup_or_null(row->note);
	memcpy(item->trial_id, known->id, sizeof(item->trial_id));
	g->count++;
	return true;
}

/* Several objectives: while it runs a front may shrink, and what was pushed out
 * of the best N come back; so the rule waits for the end. */
static bool stand(struct gathering *g, int64_t key, struct output_rule *rule,
		  struct error *err)
{
	int64_t *keys = xcalloc(g->trial_count + 1, sizeof(*keys));
	int *standing = xcalloc(g->trial_count + 1, sizeof(*standing));
	struct experiment experiment;
	size_t objectives = 1;
	bool ok;

	for (size_t i = 0; i < g->trial_count; i++)
		keys[i] = g->trials[i].key;
	ok = store_experiment_get(g->store, key, &experiment, err);
	if (ok) {
		ok = outputs_standing(g->store, &experiment, keys,
				      g->trial_count, standing, &objectives,
				      err);
		if (objectives > 1 && rule->keep == OUTPUT_KEEP_BEST &&
		    !experiment_state_is_terminal(experiment.state))
			rule->keep = OUTPUT_KEEP_ALL;
		experiment_release(&experiment);
	}
	for (size_t i = 0; i < g->trial_count; i++)
		g->trials[i].standing = standing[i];
	free(standing);
	free(keys);
	return ok;
}

/* Keep the victims alone. */
static void sift(struct gathering *g)
{
	size_t kept = 0;

	for (size_t i = 0; i < g->count; i++) {
		if (!g->candidates[i].is_removed) {
			output_release(&g->items[i].output);
			continue;
		}
		memcpy(g->items[i].why, g->candidates[i].why,
		       sizeof(g->items[i].why));
		g->items[kept++] = g->items[i];
	}
	g->count = kept;
}

bool outputs_victims(struct store *store, int64_t experiment,
		     const struct output_rule *rule, enum objective_mode mode,
		     struct outputs_victim **ret, size_t *ret_count,
		     struct error *err)
{
	struct gathering g = {.store = store, .err = err};
	struct output_rule now = *rule;
	bool ok;

	ok = store_trials_each(store, experiment, 0, STORE_TRIAL_BRIEF, know,
			       &g, err) &&
	     store_outputs_each(store, experiment, 0, gather, &g, err) &&
	     stand(&g, experiment, &now, err);
	for (size_t i = 0; ok && i < g.count; i++) {
		const struct known *known =
			bsearch(&g.candidates[i].trial, g.trials, g.trial_count,
				sizeof(*g.trials), by_key);

		fill(&g, &g.candidates[i], known);
	}
	if (ok) {
		output_rule_decide(&now, mode, g.candidates, g.count,
				   clock_wall_ns());
		sift(&g);
	} else {
		outputs_victims_free(g.items, g.count);
		g.items = NULL;
		g.count = 0;
	}
	free(g.candidates);
	free(g.trials);
	*ret = g.items;
	*ret_count = g.count;
	return ok;
}

void outputs_victims_free(struct outputs_victim *victims, size_t count)
{
	for (size_t i = 0; i < count; i++)
		output_release(&victims[i].output);
	free(victims);
}

bool outputs_decide(const char *db_path, int64_t experiment,
		    const struct output_rule *rule, enum objective_mode mode,
		    struct outputs_job **ret, struct error *err)
{
	struct outputs_victim *victims;
	struct store *store;
	size_t count;
	bool ok;

	if (!store_open(db_path, STORE_READ, &store, err))
		return false;
	ok = outputs_victims(store, experiment, rule, mode, &victims, &count,
			     err);
	store_close(store);
	for (size_t i = 0; i < count; i++) {
		struct outputs_job *job = xcalloc(1, sizeof(*job));

		job->work = OUTPUTS_REMOVE;
		job->output = victims[i].output;
		memcpy(job->why, victims[i].why, sizeof(job->why));
		job->found = *ret;
		*ret = job;
	}
	free(victims);
	return ok;
}
