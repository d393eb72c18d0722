/* SPDX-License-Identifier: MIT */
/*
 * Alerts: what somebody who is not looking wants to be told, and when.
 *
 * The rules are pure: they are fed trials and experiments as rows show them, in
 * the order of their versions, and say what is news.  What was so when they
 * were first fed is not.
 */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/experiment.h"

#include <stdbool.h>
#include <stdint.h>

enum alert_kind {
	ALERT_BEST,	/* a better final result than any before */
	ALERT_FAILURE,	/* the first trial that failed */
	ALERT_BURST,	/* many failed in a short time */
	ALERT_STUCK,	/* a trial runs and reports nothing for a time */
	ALERT_FINISHED, /* the experiment is over, well or not */
	ALERT_KIND_COUNT
};

#define ALERT_STUCK_S 1800 /* the defaults */
#define ALERT_BURST_COUNT 5
#define ALERT_BURST_S 600
#define ALERT_BEST_S 60
#define ALERT_BURST_MAX 1000

const char *alert_kind_name(enum alert_kind kind); /* "best" */

/* The defaults: all kinds, nobody to tell. */
void alerts_init(struct alerts_config *config);
void alerts_release(struct alerts_config *config);
bool alerts_copy(struct alerts_config *to, const struct alerts_config *from);
/* Is there anybody to tell? */
bool alerts_are_wanted(const struct alerts_config *config);
/* One key: on ("best, finished"; "all", "none"), webhook, webhookFile, format
 * (auto, slack, json), command, stuckAfter, burst ("5 in 10m"), bestEvery.  An
 * empty value takes the default again.  Paths are kept as they are. */
bool alerts_set(struct alerts_config *config, const char *key,
		const char *value, struct error *err);
/* The i-th key, NULL at the end. */
const char *alerts_key(size_t i);
/* Those that are not the defaults, as a JSON object of texts that alerts_set
 * reads; "{}" when all are. */
void alerts_format(const struct alerts_config *config, struct strbuf *out);
/* Lay such an object over config. */
bool alerts_overlay(struct alerts_config *config, const char *json,
		    struct error *err);

/* ---- the rules ---------------------------------------------------------- */

struct alert {
	enum alert_kind kind;
	int64_t trial; /* key, or 0 */
	char trial_id[TRIAL_ID_SIZE];
	struct metric_value value;
	char text[400]; /* one line: what happened */
};

typedef void alert_fn(const struct alert *alert, void *arg);

struct alert_rules;

struct alert_rules *alert_rules_new(alert_fn *fn, void *arg);
void alert_rules_free(struct alert_rules *rules);
/* A trial's row changed.  now_ns: monotonic, here and below. */
void alert_rules_trial(struct alert_rules *rules,
		       const struct alerts_config *config,
		       const struct trial *trial, int64_t now_ns);
/* The experiment's row changed.  best: its best trial's id, or NULL. */
void alert_rules_experiment(struct alert_rules *rules,
			    const struct alerts_config *config,
			    const struct experiment *experiment,
			    const char *best, int64_t now_ns);
/* From now on what is fed is news. */
void alert_rules_go(struct alert_rules *rules);
/* Time has passed: trials may be stuck, an alert that was held back is due. */
void alert_rules_tick(struct alert_rules *rules,
		      const struct alerts_config *config, int64_t now_ns);

#endif
