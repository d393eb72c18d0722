/* SPDX-License-Identifier: MIT */
/*
 * When something is news.  Only trials that run are remembered, each with when
 * it was last heard of; the moments of the latest failures stand in a ring.
 */
#include "model/alert.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct running {
	int64_t key;
	int64_t intermediates;
	int attempt;
	int64_t heard_ns;
	char id[TRIAL_ID_SIZE];
	bool is_told; /* that it is stuck */
};

struct alert_rules {
	alert_fn *fn;
	void *arg;
	bool is_news;
	struct running *running; /* by key, ascending */
	size_t count, capacity;
	/* failed trials that were counted: those of higher versions are new */
	int64_t failures;
	bool has_failure; /* one was there, or was told */
	int64_t failed_ns[ALERT_BURST_MAX];
	size_t failed_next; /* the ring's next place */
	size_t failed_count;
	int64_t burst_told_ns;
	struct metric_value best; /* the newest that is known */
	struct alert held;	  /* a best that came too soon */
	bool has_held;
	int64_t best_told_ns;
	bool is_over;
};

struct alert_rules *alert_rules_new(alert_fn *fn, void *arg)
{
	struct alert_rules *rules = xcalloc(1, sizeof(*rules));

	rules->fn = fn;
	rules->arg = arg;
	return rules;
}

void alert_rules_free(struct alert_rules *rules)
{
	if (!rules)
		return;
	free(rules->running);
	free(rules);
}

void alert_rules_go(struct alert_rules *rules)
{
	rules->is_news = true;
}

static void tell(struct alert_rules *rules, const struct alerts_config *config,
		 const struct alert *alert)
{
	if (rules->is_news && config->on & 1u << alert->kind)
		rules->fn(alert, rules->arg);
}

/* ---- trials ------------------------------------------------------------- */

/* Where it is, or belongs. */
static size_t find(const struct alert_rules *rules, int64_t key)
{
	size_t low = 0, high = rules->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (rules->running[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void hear(struct alert_rules *rules, const struct trial *trial,
		 int64_t now_ns)
{
	size_t place = find(rules, trial->key);
	bool is_known =
		place < rules->count && rules->running[place].key == trial->key;
	struct running *running;

	if (trial->state != TRIAL_RUNNING) {
		if (!is_known)
			return;
		rules->count--;
		memmove(rules->running + place, rules->running + place + 1,
			(rules->count - place) * sizeof(*rules->running));
		return;
	}
	if (!is_known) {
		ARRAY_RESERVE(rules->running, rules->count, rules->capacity);
		memmove(rules->running + place + 1, rules->running + place,
			(rules->count - place) * sizeof(*rules->running));
		rules->count++;
		rules->running[place] = (struct running){.key = trial->key};
	}
	running = &rules->running[place];
	if (is_known && running->attempt == trial->attempt &&
	    running->intermediates == trial->intermediates)
		return; /* a row may change without its trial saying a word */
	memcpy(running->id, trial->id, sizeof(running->id));
	running->attempt = trial->attempt;
	running->intermediates = trial->intermediates;
	running->heard_ns = now_ns;
	running->is_told = false;
}

static void note_failure(struct alert_rules *rules,
			 const struct alerts_config *config,
			 const struct trial *trial, int64_t now_ns)
{
	struct alert alert = {.trial = trial->key};
	int64_t within_ns = config->burst_within_s * NS_PER_S;
	size_t oldest;

	memcpy(alert.trial_id, trial->id, sizeof(alert.trial_id));
	if (!rules->has_failure) {
		alert.kind = ALERT_FAILURE;
		snprintf(alert.text, sizeof(alert.text),
			 "trial %s (#%" PRId64 ") failed, the first: %.300s",
			 trial->id, trial->sequence,
			 trial->reason ? trial->reason : "no reason is known");
		tell(rules, config, &alert);
	}
	rules->has_failure = true;
	if (!rules->is_news)
		return;
	rules->failed_ns[rules->failed_next] = now_ns;
	rules->failed_next = (rules->failed_next + 1) % ALERT_BURST_MAX;
	if (rules->failed_count < ALERT_BURST_MAX)
		rules->failed_count++;
	if (rules->failed_count < (size_t)config->burst)
		return;
	oldest =
		(rules->failed_next + ALERT_BURST_MAX - (size_t)config->burst) %
		ALERT_BURST_MAX;
	if (now_ns - rules->failed_ns[oldest] > within_ns ||
	    (rules->burst_told_ns && now_ns - rules->burst_told_ns < within_ns))
		return;
	rules->burst_told_ns = now_ns;
	alert.kind = ALERT_BURST;
	snprintf(alert.text, sizeof(alert.text),
		 "%d trials failed within %" PRId64 " s, the last one %s: "
		 "%.300s",
		 config->burst, config->burst_within_s, trial->id,
		 trial->reason ? trial->reason : "no reason is known");
	tell(rules, config, &alert);
}

void alert_rules_trial(struct alert_rules *rules,
		       const struct alerts_config *config,
		       const struct trial *trial, int64_t now_ns)
{
	size_t place = find(rules, trial->key);
	bool ran =
		place < rules->count && rules->running[place].key == trial->key;

	hear(rules, trial, now_ns);
	/* one that failed before it was seen to run: WAITING is not kept, so
	 * the row itself must be new; rows of old failures change only when
	 * somebody tags them, which ended_ns tells apart */
	if (trial->state == TRIAL_FAILED &&
	    (ran || trial->ended_ns > rules->failures)) {
		rules->failures = trial->ended_ns > rules->failures
					  ? trial->ended_ns
					  : rules->failures;
		note_failure(rules, config, trial, now_ns);
	}
}

/* ---- the experiment ----------------------------------------------------- */

static void note_best(struct alert_rules *rules,
		      const struct alerts_config *config,
		      const struct experiment *experiment, const char *best,
		      int64_t now_ns)
{
	struct alert *alert = &rules->held;

	if (!experiment->best.is_set ||
	    (rules->best.is_set &&
	     !objective_is_better(experiment->objective, experiment->best,
				  rules->best)))
		return;
	rules->best = experiment->best;
	*alert = (struct alert){.kind = ALERT_BEST,
				.trial = experiment->best_trial,
				.value = experiment->best};
	snprintf(alert->trial_id, sizeof(alert->trial_id), "%s",
		 best ? best : "");
	snprintf(alert->text, sizeof(alert->text), "new best %.6g, trial %s",
		 experiment->best.number, best ? best : "?");
	rules->has_held = rules->is_news;
	alert_rules_tick(rules, config, now_ns);
}

void alert_rules_experiment(struct alert_rules *rules,
			    const struct alerts_config *config,
			    const struct experiment *experiment,
			    const char *best, int64_t now_ns)
{
	bool is_over = experiment_state_is_terminal(experiment->state);
	struct alert alert = {.kind = ALERT_FINISHED,
			      .trial = experiment->best_trial,
			      .value = experiment->best};

	note_best(rules, config, experiment, best, now_ns);
	if (is_over && !rules->is_over) {
		if (rules->has_held) { /* it says the same */
			rules->has_held = false;
		}
		snprintf(alert.trial_id, sizeof(alert.trial_id), "%s",
			 best ? best : "");
		snprintf(alert.text, sizeof(alert.text),
			 "experiment is %s: %" PRId64 " trials, %" PRId64
			 " failed",
			 experiment_state_name(experiment->state),
			 experiment->next_sequence,
			 experiment->counts[TRIAL_FAILED]);
		if (experiment->best.is_set) {
			size_t len = strlen(alert.text);

			snprintf(alert.text + len, sizeof(alert.text) - len,
				 ", best %.6g (%s)", experiment->best.number,
				 best ? best : "?");
		}
		if (experiment->error) {
			size_t len = strlen(alert.text);

			snprintf(alert.text + len, sizeof(alert.text) - len,
				 ": %.200s", experiment->error);
		}
		tell(rules, config, &alert);
	}
	rules->is_over = is_over;
}

/* ---- time --------------------------------------------------------------- */

void alert_rules_tick(struct alert_rules *rules,
		      const struct alerts_config *config, int64_t now_ns)
{
	if (rules->has_held &&
	    (!rules->best_told_ns ||
	     now_ns - rules->best_told_ns >= config->best_every_s * NS_PER_S)) {
		rules->has_held = false;
		rules->best_told_ns = now_ns;
		tell(rules, config, &rules->held);
	}
	for (size_t i = 0; i < rules->count; i++) {
		struct running *running = &rules->running[i];
		int64_t silent_ns = now_ns - running->heard_ns;
		struct alert alert = {.kind = ALERT_STUCK,
				      .trial = running->key};

		if (running->is_told ||
		    silent_ns < config->stuck_after_s * NS_PER_S)
			continue;
		running->is_told = true;
		memcpy(alert.trial_id, running->id, sizeof(alert.trial_id));
		snprintf(alert.text, sizeof(alert.text),
			 "trial %s runs and has reported nothing for %" PRId64
			 " s",
			 running->id, (int64_t)(silent_ns / NS_PER_S));
		tell(rules, config, &alert);
	}
}
