/* SPDX-License-Identifier: MIT */
/* Puts experiments of other programs into a store. */
#include "interchange/arrival.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Readable below 10,000: t0007; above, four digits to the base of 36 behind
 * another letter. */
void arrival_id_of(char ret_id[TRIAL_ID_SIZE], int64_t number)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	static const char letters[] = "abcdefghijklmnopqrsuvwxyz";
	uint64_t rest = (uint64_t)number;

	if (rest < 10000) {
		snprintf(ret_id, TRIAL_ID_SIZE, "t%04d", (int)rest);
		return;
	}
	ret_id[TRIAL_ID_LENGTH] = '\0';
	for (int i = TRIAL_ID_LENGTH - 1; i > 0; i--, rest /= 36)
		ret_id[i] = digits[rest % 36];
	ret_id[0] = letters[rest % (sizeof(letters) - 1)];
}

static bool add_event(struct arrival *arrival, const char *text,
		      struct error *err)
{
	char *line = xstrdup(text);
	struct event event = {
		.experiment = arrival->experiment.key,
		.at_ns = clock_wall_ns(),
		.level = EVENT_INFO,
		.kind = "imported",
		.text = line,
	};
	bool ok = store_event_add(arrival->store, &event, err);

	free(line);
	return ok;
}

static bool find_known(struct arrival *arrival, const char *id,
		       struct error *err)
{
	struct error why = {0};
	char *origin = NULL;

	if (!store_experiment_find(arrival->store, id, &arrival->experiment,
				   &why)) {
		memset(&arrival->experiment, 0, sizeof(arrival->experiment));
		arrival->is_new = true;
		return why.code == ERROR_NOT_FOUND || (*err = why, false);
	}
	/* a prefix, or a name, of another one */
	if (strcmp(arrival->experiment.id, id) != 0) {
		experiment_release(&arrival->experiment);
		memset(&arrival->experiment, 0, sizeof(arrival->experiment));
		arrival->is_new = true;
		return true;
	}
	if (!store_preference_get(arrival->store, arrival->experiment.key,
				  ORIGIN_PREFERENCE, &origin, err))
		return false;
	free(origin);
	return origin || error_set(err, ERROR_CONFLICT,
				   "an experiment %s is here already, and was "
				   "not imported",
				   id);
}

static bool add_experiment(struct arrival *arrival, struct experiment *row,
			   struct error *err)
{
	char *folder = fs_folder(store_path(arrival->store));
	char *whole = realpath(folder, NULL);
	bool ok;

	/* one that is only looked at has no place of its own */
	if (!arrival->keeps_live)
		row->directory = xasprintf("%s/experiments/%s",
					   whole ? whole : "/nowhere", row->id);
	free(whole);
	free(folder);
	row->state = EXPERIMENT_STOPPED;
	ok = store_experiment_add(arrival->store, row, err) &&
	     store_experiment_get(arrival->store, row->key,
				  &arrival->experiment, err);
	free(row->directory);
	row->directory = NULL;
	return ok;
}

bool arrival_begin(struct arrival *arrival, struct store *store,
		   struct experiment *row, const char *origin, const char *text,
		   struct error *err)
{
	arrival->store = store;
	if (!experiment_id_is_valid(row->id))
		return error_set(err, ERROR_INVALID,
				 "\"%.40s\" is no experiment id", row->id);
	if (!find_known(arrival, row->id, err) ||
	    (arrival->is_new && !add_experiment(arrival, row, err)))
		return false;
	arrival->known = arrival->experiment.next_sequence;
	return store_preference_put(store, arrival->experiment.key,
				    ORIGIN_PREFERENCE, origin, err) &&
	       (!arrival->is_new || add_event(arrival, text, err));
}

void arrival_release(struct arrival *arrival)
{
	experiment_release(&arrival->experiment);
	memset(arrival, 0, sizeof(*arrival));
}

/* ---- a trial ------------------------------------------------------------- */

/* Of an experiment of ours that was away only what other programs can say is
 * compared: three ends of a trial, milliseconds. */
static bool is_as_it_was(const struct arrival *arrival, const struct trial *old)
{
	const struct trial *row = &arrival->trial;

	if (arrival->was_live)
		return false;
	if (!arrival->is_embedded)
		return old->state == row->state &&
		       old->ended_ns == row->ended_ns;
	return (old->state == row->state || row->state == TRIAL_FAILED) &&
	       (!old->ended_ns ||
		old->ended_ns / NS_PER_MS == row->ended_ns / NS_PER_MS);
}

static bool find_trial(struct arrival *arrival, const struct trial *row,
		       struct error *err)
{
	struct trial *trial = &arrival->trial;
	struct trial old;

	if (!store_trial_get(arrival->store,
			     (arrival->experiment.key << 32) + row->sequence,
			     &old, err))
		return false;
	if (arrival->is_embedded)
		memcpy(trial->id, old.id, sizeof(trial->id));
	else if (strcmp(old.id, row->id) != 0) {
		error_set(err, ERROR_CONFLICT,
			  "trial %" PRId64 " is %s here and %s there: "
			  "experiment %s has gone its own way since it was "
			  "imported",
			  row->sequence, old.id, row->id,
			  arrival->experiment.id);
		trial_release(&old);
		return false;
	}
	arrival->old_state = old.state;
	arrival->trial_is_kept = is_as_it_was(arrival, &old);
	if (arrival->trial_is_kept)
		trial->state = old.state;
	trial->key = old.key;
	trial->attempt = old.attempt;
	trial->exit_code = old.exit_code;
	trial->final = old.final;
	trial->last = old.last;
	trial->best = old.best;
	trial->intermediates = old.intermediates;
	trial_release(&old);
	return true;
}

static bool write_attempt(struct arrival *arrival, struct error *err)
{
	const struct trial *trial = &arrival->trial;
	struct attempt attempt = {
		.trial = trial->key,
		.number = trial->attempt,
		.state = trial->state,
		.exit_code = trial->exit_code,
		.submitted_ns = trial->submitted_ns,
		.started_ns = trial->started_ns,
		.ended_ns = trial->ended_ns,
		.reason = trial->reason,
	};

	return arrival->trial_is_new
		       ? store_attempt_add(arrival->store, &attempt, err)
		       : store_attempt_update(arrival->store, &attempt, err);
}

bool arrival_trial(struct arrival *arrival, const struct trial *row,
		   struct error *err)
{
	struct trial *trial = &arrival->trial;

	*trial = *row;
	trial->experiment = arrival->experiment.key;
	trial->attempt = 1;
	arrival->new_metrics = 0;
	arrival->trial_is_kept = arrival->is_infeasible = false;
	arrival->was_live = !trial_state_is_terminal(trial->state);
	if (arrival->was_live && !arrival->keeps_live) {
		snprintf(arrival->reason, sizeof(arrival->reason),
			 "was %s when imported",
			 trial_state_name(trial->state));
		trial->reason = arrival->reason;
		trial->state = TRIAL_SYS_CANCELED;
	}
	arrival->counts.trials++;
	if (trial->submitted_ns &&
	    (!arrival->created_ns || trial->submitted_ns < arrival->created_ns))
		arrival->created_ns = trial->submitted_ns;
	if (trial->ended_ns > arrival->ended_ns)
		arrival->ended_ns = trial->ended_ns;
	arrival->trial_is_new = row->sequence >= arrival->known;
	if (!arrival->trial_is_new)
		return find_trial(arrival, row, err);
	return store_trial_add(arrival->store, trial, err) &&
	       write_attempt(arrival, err);
}

bool arrival_metric(struct arrival *arrival, const struct metric *metric,
		    bool *ret_is_new, struct error *err)
{
	struct trial *trial = &arrival->trial;
	struct metric_value value = {true, metric->value};
	bool is_new = true;

	if (arrival->trial_is_kept)
		goto out;
	if (!store_metric_add(arrival->store, trial->key, trial->attempt,
			      metric, &is_new, err))
		return false;
	if (!is_new)
		goto out;
	arrival->new_metrics++;
	if (strcmp(metric->name, METRIC_OBJECTIVE) != 0)
		goto out;
	if (metric->type == METRIC_FINAL) {
		if (!trial->final.is_set)
			trial->final = value;
		goto out;
	}
	trial->intermediates++;
	trial->last = value;
	if (objective_is_better(arrival->experiment.objective, value,
				trial->best))
		trial->best = value;
out:
	if (ret_is_new)
		*ret_is_new = is_new;
	return true;
}

static bool write_note(struct arrival *arrival, const char *text,
		       struct error *err)
{
	char *copy = xstrdup(text);
	struct note note = {
		.experiment = arrival->experiment.key,
		.trial = arrival->trial.key,
		.text = copy,
		.at_ns = arrival->trial.ended_ns ? arrival->trial.ended_ns
						 : clock_wall_ns(),
	};
	bool ignored;
	bool ok = store_note_write(arrival->store, &note, &ignored, err);

	free(copy);
	return ok;
}

bool arrival_trial_end(struct arrival *arrival, const char *note,
		       struct error *err)
{
	struct trial *trial = &arrival->trial;
	bool has_moved =
		arrival->trial_is_new || arrival->old_state != trial->state;

	if (trial->state == TRIAL_SUCCEEDED && !arrival->is_infeasible &&
	    objective_is_better(arrival->experiment.objective, trial->final,
				arrival->best)) {
		arrival->best = trial->final;
		arrival->best_trial = trial->key;
	}
	arrival->counts.metrics += arrival->new_metrics;
	if (arrival->trial_is_new)
		arrival->counts.added++;
	else if (!arrival->trial_is_kept && (has_moved || arrival->new_metrics))
		arrival->counts.changed++;
	else
		return true;
	if (arrival->new_metrics || !arrival->trial_is_new) {
		if (!store_trial_update(arrival->store, trial, err) ||
		    (!arrival->trial_is_new && !write_attempt(arrival, err)))
			return false;
	}
	return !note || !*note || write_note(arrival, note, err);
}

/* ---- the end ------------------------------------------------------------- */

bool arrival_end(struct arrival *arrival, const char *config, const char *space,
		 bool is_over, struct error *err)
{
	struct experiment *row = &arrival->experiment;
	struct arrival_counts *counts = &arrival->counts;
	int64_t key = row->key;
	bool has_live;
	char text[128];

	if (!counts->added && !counts->changed && !arrival->is_new)
		return true;
	if ((config || space) &&
	    !store_experiment_reconfigure(arrival->store, row->key, config,
					  space, err))
		return false;
	experiment_release(row);
	if (!store_experiment_get(arrival->store, key, row, err))
		return false;
	has_live = row->counts[TRIAL_RUNNING] || row->counts[TRIAL_WAITING];
	row->state = has_live  ? EXPERIMENT_RUNNING
		     : is_over ? EXPERIMENT_DONE
			       : EXPERIMENT_STOPPED;
	row->best = arrival->best;
	row->best_trial = arrival->best_trial;
	if (!row->started_ns)
		row->started_ns = arrival->created_ns;
	if (!has_live && row->ended_ns < arrival->ended_ns)
		row->ended_ns = arrival->ended_ns;
	if (!row->run_ns && row->ended_ns > row->started_ns && row->started_ns)
		row->run_ns = row->ended_ns - row->started_ns;
	if (!store_experiment_update(arrival->store, row, err))
		return false;
	if (arrival->is_new)
		return true;
	snprintf(text, sizeof(text),
		 "imported again: %" PRId64 " trials added, %" PRId64
		 " brought up to date",
		 counts->added, counts->changed);
	return add_event(arrival, text, err);
}
