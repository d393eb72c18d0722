/* SPDX-License-Identifier: MIT */
/* Trials' points and results, from the store. */
#include "tui/findings.h"

#include "base/mem.h"
#include "model/space_scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct findings *findings_new(const struct experiment *experiment,
			      const char *metric, struct error *err)
{
	struct findings *findings;
	struct space *space;

	if (!experiment->space) {
		error_set(err, ERROR_NOT_FOUND,
			  "experiment %s has no search space: there are no "
			  "parameters to compare",
			  experiment->id);
		return NULL;
	}
	if (!space_parse(experiment->space, &space, NULL, err)) {
		error_prefix(err, "search space");
		return NULL;
	}
	findings = xcalloc(1, sizeof(*findings));
	findings->experiment = experiment->key;
	findings->space = space;
	findings->all = observations_new(space);
	findings->metric = xstrdup_or_null(metric);
	findings->scan = space_scan_new(space);
	findings->point = xcalloc(space->count + 1, sizeof(double));
	return findings;
}

void findings_free(struct findings *findings)
{
	if (!findings)
		return;
	observations_free(findings->all);
	space_scan_free(findings->scan);
	space_free(findings->space);
	free(findings->metric);
	free(findings->point);
	free(findings->kinds);
	free(findings);
}

static bool take_value(const struct metric *metric, void *arg)
{
	struct metric_value *value = arg;

	*value = (struct metric_value){true, metric->value};
	return metric->type != METRIC_FINAL;
}

static struct metric_value value_of(struct findings *findings,
				    const struct trial *trial)
{
	struct metric_value value = {0};

	if (!findings->metric)
		return trial->final;
	if (trial_state_is_terminal(trial->state) &&
	    !store_metrics_each(findings->store, trial->key, trial->attempt,
				findings->metric, take_value, &value,
				findings->err))
		findings->has_failed = true;
	return value;
}

static enum finding without_result(const struct trial *trial)
{
	switch (trial->state) {
	case TRIAL_FAILED:
		return FINDING_FAILED;
	case TRIAL_USER_CANCELED:
	case TRIAL_SYS_CANCELED:
		return FINDING_CANCELED;
	case TRIAL_EARLY_STOPPED:
		return FINDING_STOPPED;
	case TRIAL_SUCCEEDED:
		return FINDING_WITHOUT;
	default:
		return FINDING_UNFINISHED;
	}
}

static void set_kind(struct findings *findings, size_t sequence,
		     enum finding kind)
{
	uint8_t *old;

	if (sequence >= findings->kind_room) {
		size_t room =
			findings->kind_room ? 2 * findings->kind_room : 256;

		room = room > sequence ? room : sequence + 1;
		findings->kinds = xrealloc(findings->kinds, room);
		memset(findings->kinds + findings->kind_room, 0,
		       room - findings->kind_room);
		findings->kind_room = room;
	}
	old = &findings->kinds[sequence];
	if (*old == FINDING_UNKNOWN)
		findings->known++;
	else
		findings->counts[*old]--;
	findings->counts[kind]++;
	*old = (uint8_t)kind;
}

/* Failures are worth knowing where they lie; what nobody let end is not. */
static bool is_told(enum finding kind)
{
	return kind == FINDING_USED || kind == FINDING_FAILED ||
	       kind == FINDING_INFINITE;
}

/* The final result of a trial that was killed or failed after it told it
 * counts: it is what the console calls its result too. */
static bool add_trial(const struct trial *trial, void *arg)
{
	struct findings *findings = arg;
	struct metric_value value = value_of(findings, trial);
	uint32_t sequence = (uint32_t)trial->sequence;
	enum finding kind = without_result(trial);
	bool is_there = observations_have(findings->all, sequence);
	size_t strange = 0;

	if (trial->sequence < 0 || trial->sequence >= UINT32_MAX)
		return true;
	if (value.is_set)
		kind = isfinite(value.number) ? FINDING_USED : FINDING_INFINITE;
	if (!is_there && kind != FINDING_UNFINISHED &&
	    (!space_scan_point(findings->scan, trial->parameters,
			       findings->point, &strange) ||
	     strange))
		kind = FINDING_STRANGE;
	set_kind(findings, sequence, kind);
	if (is_there || is_told(kind))
		observations_put(findings->all, sequence, findings->point,
				 kind == FINDING_USED ? value.number
				 : kind == FINDING_FAILED ||
						 kind == FINDING_INFINITE
					 ? INFINITY
					 : NAN);
	return !findings->has_failed;
}

bool findings_read(struct findings *findings, struct store *store,
		   struct error *err)
{
	bool ok;

	findings->store = store;
	findings->err = err;
	findings->has_failed = false;
	ok = store_trials_each(store, findings->experiment, 0,
			       STORE_TRIAL_WHOLE, add_trial, findings, err) &&
	     !findings->has_failed;
	return ok;
}

void findings_tell_left_out(const struct findings *findings, struct strbuf *out)
{
	static const char *const words[FINDING_COUNT] = {
		[FINDING_UNFINISHED] = "not ended",
		[FINDING_FAILED] = "failed",
		[FINDING_CANCELED] = "canceled",
		[FINDING_STOPPED] = "stopped early",
		[FINDING_WITHOUT] = "without a result",
		[FINDING_INFINITE] = "with a result that is no finite number",
		[FINDING_STRANGE] = "with parameters outside the space",
	};
	bool is_first = true;

	for (int kind = 0; kind < FINDING_COUNT; kind++) {
		if (!words[kind] || !findings->counts[kind])
			continue;
		strbuf_addf(out, "%s%zu %s", is_first ? "left out: " : ", ",
			    findings->counts[kind], words[kind]);
		is_first = false;
	}
}
