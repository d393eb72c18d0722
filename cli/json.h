/* SPDX-License-Identifier: MIT */
/*
 * The nouns as JSON objects, as docs/json.md promises them: keys never change
 * their meaning, times are ISO 8601 in UTC, what is absent is null, and the
 * numbers JSON has no words for are the strings "NaN", "Infinity" and
 * "-Infinity".  All functions append one object.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include "base/strbuf.h"
#include "model/cluster.h"
#include "model/event.h"
#include "model/experiment.h"
#include "model/metric.h"
#include "model/part.h"
#include "model/trial.h"

/* best: its best trial, or NULL; is_whole: with configuration and space. */
void json_experiment(struct strbuf *out, const struct experiment *experiment,
		     const struct trial *best, bool is_whole);
void json_trial(struct strbuf *out, const char *experiment_id,
		const struct trial *trial);
void json_attempt(struct strbuf *out, const struct attempt *attempt,
		  const struct part_list *parts);
void json_metric(struct strbuf *out, const struct trial *trial, int attempt,
		 const struct metric *metric);
/* What is not known is null. */
void json_node(struct strbuf *out, const struct cluster_node *node);
void json_place(struct strbuf *out, const struct trial_place *place);
/* trial_id may be NULL */
void json_event(struct strbuf *out, const char *trial_id,
		const struct event *event);

/* Parts, for tables as well.  A time of 0 and an unset value are null. */
void json_time(struct strbuf *out, int64_t at_ns);
void json_value(struct strbuf *out, struct metric_value value);
void json_text(struct strbuf *out, const char *text); /* NULL: null */
/* Stored JSON as it is, or as a string should it be none. */
void json_raw(struct strbuf *out, const char *json);
const char *json_source_name(char source); /* 'a': "tuner" */
const char *json_level_name(enum event_level level);

#endif
