/* SPDX-License-Identifier: MIT */
/* Writes rows as JSON. */
#include "cli/json.h"

#include "base/clock.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void json_time(struct strbuf *out, int64_t at_ns)
{
	if (!at_ns) {
		strbuf_adds(out, "null");
		return;
	}
	strbuf_addch(out, '"');
	clock_format_iso(out, at_ns);
	strbuf_addch(out, '"');
}

static void add_number(struct strbuf *out, double number)
{
	if (isnan(number))
		strbuf_adds(out, "\"NaN\"");
	else if (isinf(number))
		strbuf_adds(out, number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		strbuf_add_json_number(out, number);
}

void json_value(struct strbuf *out, struct metric_value value)
{
	if (value.is_set)
		add_number(out, value.number);
	else
		strbuf_adds(out, "null");
}

void json_text(struct strbuf *out, const char *text)
{
	if (text)
		strbuf_add_json_string(out, text);
	else
		strbuf_adds(out, "null");
}

void json_raw(struct strbuf *out, const char *json)
{
	cJSON *tree = json ? cJSON_ParseWithOpts(json, NULL, true) : NULL;

	if (tree)
		strbuf_adds(out, json);
	else
		json_text(out, json);
	cJSON_Delete(tree);
}

const char *json_source_name(char source)
{
	switch (source) {
	case 'c':
		return "custom";
	case 'i':
		return "import";
	default:
		return "tuner";
	}
}

const char *json_level_name(enum event_level level)
{
	static const char *const names[] = {"info", "warning", "error"};

	return names[level];
}

/* ,"key": with or without the comma */
static void add_key(struct strbuf *out, const char *key)
{
	if (out->len && out->data[out->len - 1] != '{')
		strbuf_addch(out, ',');
	strbuf_addf(out, "\"%s\":", key);
}

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	add_key(out, key);
	json_text(out, text);
}

static void add_count(struct strbuf *out, const char *key, int64_t count)
{
	add_key(out, key);
	strbuf_addf(out, "%" PRId64, count);
}

static void add_limit(struct strbuf *out, const char *key, int64_t limit)
{
	if (limit) {
		add_count(out, key, limit);
		return;
	}
	add_key(out, key);
	strbuf_adds(out, "null");
}

static void add_flag(struct strbuf *out, const char *key, bool is_set)
{
	add_key(out, key);
	strbuf_adds(out, is_set ? "true" : "false");
}

static void add_time(struct strbuf *out, const char *key, int64_t at_ns)
{
	add_key(out, key);
	json_time(out, at_ns);
}

static void add_value(struct strbuf *out, const char *key,
		      struct metric_value value)
{
	add_key(out, key);
	json_value(out, value);
}

static void add_exit_code(struct strbuf *out, int code)
{
	add_key(out, "exitCode");
	if (code < 0)
		strbuf_adds(out, "null");
	else
		strbuf_addf(out, "%d", code);
}

/* "a b" as a list of words */
static void add_tags(struct strbuf *out, const char *tags)
{
	add_key(out, "tags");
	strbuf_addch(out, '[');
	if (!tags)
		tags = "";
	while (*tags) {
		size_t len = strcspn(tags, " ");
		char *tag = xstrndup(tags, len);

		strbuf_add_json_string(out, tag);
		free(tag);
		tags += len + (tags[len] == ' ');
		if (*tags)
			strbuf_addch(out, ',');
	}
	strbuf_addch(out, ']');
}

static void add_best(struct strbuf *out, const struct experiment *experiment,
		     const struct trial *best)
{
	add_key(out, "best");
	if (!best) {
		strbuf_adds(out, "null");
		return;
	}
	strbuf_addch(out, '{');
	add_text(out, "trial", best->id);
	add_count(out, "sequence", best->sequence);
	add_value(out, "value", experiment->best);
	strbuf_addch(out, '}');
}

static void add_owner(struct strbuf *out, const struct experiment *experiment)
{
	add_key(out, "owner");
	if (!experiment->owner_pid) {
		strbuf_adds(out, "null");
		return;
	}
	strbuf_addch(out, '{');
	add_count(out, "pid", experiment->owner_pid);
	add_text(out, "host", experiment->owner_host);
	add_limit(out, "sidePort", experiment->side_port);
	strbuf_addch(out, '}');
}

static void add_fault(struct strbuf *out, const struct experiment *experiment)
{
	add_key(out, "fault");
	if (!experiment->fault) {
		strbuf_adds(out, "null");
		return;
	}
	strbuf_addch(out, '{');
	add_text(out, "text", experiment->fault);
	add_time(out, "since", experiment->fault_since_ns);
	strbuf_addch(out, '}');
}

void json_experiment(struct strbuf *out, const struct experiment *experiment,
		     const struct trial *best, bool is_whole)
{
	strbuf_addch(out, '{');
	add_text(out, "id", experiment->id);
	add_text(out, "name", experiment->name);
	add_text(out, "state", experiment_state_name(experiment->state));
	add_flag(out, "paused", experiment->is_paused);
	add_flag(out, "archived", experiment->is_archived);
	add_flag(out, "letsFinish", experiment->lets_finish);
	add_text(out, "platform", experiment->platform);
	add_text(out, "objective",
		 experiment->objective == OBJECTIVE_MAXIMIZE ? "maximize"
							     : "minimize");
	add_key(out, "seed");
	strbuf_addf(out, "%" PRIu64, experiment->seed);
	add_count(out, "concurrency", experiment->concurrency);
	add_limit(out, "maxTrials", experiment->max_trials);
	add_limit(out, "maxDuration", experiment->max_duration_s);
	add_limit(out, "maxTrialDuration", experiment->max_trial_duration_s);
	add_count(out, "maxRetries", experiment->max_retries);
	add_time(out, "created", experiment->created_ns);
	add_time(out, "started", experiment->started_ns);
	add_time(out, "ended", experiment->ended_ns);
	add_key(out, "seconds");
	strbuf_add_json_number(out,
			       (double)(experiment->run_ns / NS_PER_MS) / 1000);
	add_count(out, "trials", experiment->next_sequence);
	add_key(out, "counts");
	strbuf_addch(out, '{');
	for (int i = 0; i < TRIAL_STATE_COUNT; i++)
		add_count(out, trial_state_name((enum trial_state)i),
			  experiment->counts[i]);
	strbuf_addch(out, '}');
	add_best(out, experiment, best);
	add_text(out, "directory", experiment->directory);
	add_text(out, "file", experiment->source_path);
	add_owner(out, experiment);
	add_text(out, "error", experiment->error);
	add_fault(out, experiment);
	add_tags(out, experiment->tags);
	add_text(out, "note", experiment->note);
	if (is_whole) {
		add_key(out, "config");
		json_raw(out, experiment->config);
		add_key(out, "searchSpace");
		json_raw(out, experiment->space);
	}
	strbuf_addch(out, '}');
}

void json_trial(struct strbuf *out, const char *experiment_id,
		const struct trial *trial)
{
	strbuf_addch(out, '{');
	add_text(out, "id", trial->id);
	add_text(out, "experiment", experiment_id);
	add_count(out, "sequence", trial->sequence);
	add_text(out, "state", trial_state_name(trial->state));
	add_count(out, "attempt", trial->attempt);
	add_key(out, "parameters");
	json_raw(out, trial->parameters);
	add_value(out, "final", trial->final);
	add_value(out, "best", trial->best);
	add_value(out, "last", trial->last);
	add_count(out, "intermediates", trial->intermediates);
	add_time(out, "submitted", trial->submitted_ns);
	add_time(out, "started", trial->started_ns);
	add_time(out, "ended", trial->ended_ns);
	add_exit_code(out, trial->exit_code);
	add_text(out, "reason", trial->reason);
	add_text(out, "source", json_source_name(trial->source));
	add_tags(out, trial->tags);
	add_text(out, "note", trial->note);
	strbuf_addch(out, '}');
}

static void add_part(struct strbuf *out, const struct trial_part *part)
{
	strbuf_addch(out, '{');
	add_text(out, "name", part->name);
	add_count(out, "depth", part->depth);
	add_text(out, "sort", part->sort);
	add_text(out, "state", part_state_name(part->state));
	add_flag(out, "leader", part->is_leader);
	add_text(out, "pod", *part->pod ? part->pod : NULL);
	add_text(out, "node", *part->node ? part->node : NULL);
	add_count(out, "restarts", part->restarts);
	add_exit_code(out, part->exit_code);
	add_time(out, "started", part->started_ns);
	add_time(out, "ended", part->ended_ns);
	add_text(out, "reason", *part->reason ? part->reason : NULL);
	strbuf_addch(out, '}');
}

void json_attempt(struct strbuf *out, const struct attempt *attempt,
		  const struct part_list *parts)
{
	strbuf_addch(out, '{');
	add_count(out, "number", attempt->number);
	add_text(out, "state", trial_state_name(attempt->state));
	add_time(out, "submitted", attempt->submitted_ns);
	add_time(out, "started", attempt->started_ns);
	add_time(out, "ended", attempt->ended_ns);
	add_exit_code(out, attempt->exit_code);
	add_text(out, "reason", attempt->reason);
	add_text(out, "job", attempt->job);
	add_text(out, "directory", attempt->directory);
	add_key(out, "parts");
	strbuf_addch(out, '[');
	for (size_t i = 0; i < parts->count; i++) {
		if (i)
			strbuf_addch(out, ',');
		add_part(out, &parts->items[i]);
	}
	strbuf_addch(out, ']');
	add_count(out, "partsOmitted", (int64_t)parts->omitted);
	strbuf_addch(out, '}');
}

void json_metric(struct strbuf *out, const struct trial *trial, int attempt,
		 const struct metric *metric)
{
	strbuf_addch(out, '{');
	add_text(out, "trial", trial->id);
	add_count(out, "trialSequence", trial->sequence);
	add_count(out, "attempt", attempt);
	add_text(out, "name", metric->name);
	add_text(out, "type", metric_type_name(metric->type));
	add_count(out, "source", metric->source);
	add_count(out, "sequence", metric->sequence);
	add_key(out, "value");
	if (metric->text)
		json_raw(out, metric->text);
	else
		add_number(out, metric->value);
	add_time(out, "time", metric->at_ns);
	strbuf_addch(out, '}');
}

void json_event(struct strbuf *out, const char *trial_id,
		const struct event *event)
{
	strbuf_addch(out, '{');
	add_time(out, "time", event->at_ns);
	add_text(out, "level", json_level_name(event->level));
	add_text(out, "kind", event->kind);
	add_text(out, "trial", trial_id);
	add_key(out, "attempt");
	if (event->attempt)
		strbuf_addf(out, "%d", event->attempt);
	else
		strbuf_adds(out, "null");
	add_text(out, "text", event->text);
	strbuf_addch(out, '}');
}

static void add_known(struct strbuf *out, const char *key, int64_t number)
{
	add_key(out, key);
	if (number < 0)
		strbuf_adds(out, "null");
	else
		strbuf_addf(out, "%" PRId64, number);
}

static void add_amount(struct strbuf *out, const char *key,
		       const struct cluster_amount *amount)
{
	add_key(out, key);
	strbuf_adds(out, "{\"cpu\":");
	if (amount->cpu_milli < 0)
		strbuf_adds(out, "null");
	else
		strbuf_add_json_number(out, (double)amount->cpu_milli / 1000);
	add_known(out, "memory", amount->memory_bytes);
	add_known(out, "gpus", amount->gpus);
	strbuf_addch(out, '}');
}

void json_node(struct strbuf *out, const struct cluster_node *node)
{
	strbuf_addch(out, '{');
	add_text(out, "name", node->name);
	add_flag(out, "ready", node->is_ready);
	add_flag(out, "cordoned", node->is_cordoned);
	add_text(out, "gpuModel", *node->gpu_model ? node->gpu_model : NULL);
	add_text(out, "taints", *node->taints ? node->taints : NULL);
	add_amount(out, "allocatable", &node->allocatable);
	add_amount(out, "requested", &node->requested);
	add_amount(out, "used", &node->used);
	add_known(out, "pods", node->pods);
	add_known(out, "podsMax", node->pods_max);
	add_known(out, "trials", node->trials);
	add_time(out, "time", node->at_ns);
	strbuf_addch(out, '}');
}

void json_place(struct strbuf *out, const struct trial_place *place)
{
	strbuf_addch(out, '{');
	add_text(out, "pod", *place->pod ? place->pod : NULL);
	add_text(out, "node", *place->node ? place->node : NULL);
	add_count(out, "restarts", place->restarts);
	add_amount(out, "requested", &place->requested);
	add_amount(out, "used", &place->used);
	add_time(out, "time", place->at_ns);
	strbuf_addch(out, '}');
}
