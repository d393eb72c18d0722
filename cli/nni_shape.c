/* SPDX-License-Identifier: MIT */
/*
 * What nnictl prints and scripts read, from our rows: trials and experiments in
 * the shapes of NNI's manager, with nnictl's layout of JSON (nni.md 9 and 10).
 * Every trial has its id under both names that versions gave it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "engine/spec/spec.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* nnictl's way with times: slashes in JSON, dashes in its tables. */
static void format_time(char text[48], char separator, int64_t at_ns)
{
	time_t at = (time_t)(at_ns / NS_PER_S);
	struct tm day;

	if (!at_ns || !localtime_r(&at, &day))
		snprintf(text, 48, "N/A");
	else
		snprintf(text, 48, "%04d%c%02d%c%02d %02d:%02d:%02d",
			 day.tm_year + 1900, separator, day.tm_mon + 1,
			 separator, day.tm_mday, day.tm_hour, day.tm_min,
			 day.tm_sec);
}

static void add_time(cJSON *object, const char *name, int64_t at_ns)
{
	char text[48];

	if (!at_ns)
		return;
	format_time(text, '/', at_ns);
	cJSON_AddStringToObject(object, name, text);
}

static int print_json(cJSON *tree)
{
	char *text = cJSON_Print(tree);

	cJSON_Delete(tree);
	if (!text)
		abort(); /* out of memory, as everywhere */
	puts(text);
	cJSON_free(text);
	return CLI_DONE;
}

/* ---- trials ------------------------------------------------------------- */

struct listed {
	double value; /* of its objective */
	cJSON *tree;
};

struct trials {
	struct store *store;
	struct listed *items;
	size_t count, capacity;
	struct error err;
	bool is_failed;
};

/* Final results of one attempt as NNI had them: a number, or an object. */
struct finals {
	cJSON *members;
	int64_t at_ns;
};

static bool add_final(const struct metric *metric, void *arg)
{
	struct finals *finals = arg;
	cJSON *value;

	if (metric->type != METRIC_FINAL ||
	    cJSON_GetObjectItemCaseSensitive(finals->members, metric->name))
		return true; /* the first one counts */
	if (metric->text)
		value = cJSON_CreateString(metric->text);
	else if (isfinite(metric->value))
		value = cJSON_CreateNumber(metric->value);
	else
		value = cJSON_CreateRaw(isnan(metric->value) ? "NaN"
					: metric->value > 0  ? "Infinity"
							     : "-Infinity");
	cJSON_AddItemToObject(finals->members, metric->name, value);
	finals->at_ns = metric->at_ns;
	return true;
}

/* The value as JSON text, and that text as a JSON string: NNI's peers decode
 * twice. */
static char *final_data(const cJSON *members)
{
	const cJSON *only = members->child;
	char *value, *text;
	cJSON *string;

	value = cJSON_PrintUnformatted(
		only && !only->next && !strcmp(only->string, METRIC_OBJECTIVE)
			? only
			: members);
	string = cJSON_CreateString(value ? value : "");
	text = cJSON_PrintUnformatted(string);
	cJSON_Delete(string);
	cJSON_free(value);
	return text;
}

static bool add_finals(struct trials *trials, const struct trial *trial,
		       cJSON *object)
{
	struct finals finals = {.members = cJSON_CreateObject()};
	cJSON *list, *record;
	char *data;

	if (!store_metrics_each(trials->store, trial->key, trial->attempt, NULL,
				add_final, &finals, &trials->err)) {
		cJSON_Delete(finals.members);
		return false;
	}
	if (finals.members->child) {
		list = cJSON_AddArrayToObject(object, "finalMetricData");
		record = cJSON_CreateObject();
		cJSON_AddItemToArray(list, record);
		cJSON_AddNumberToObject(
			record, "timestamp",
			(double)(finals.at_ns / (NS_PER_S / 1000)));
		cJSON_AddStringToObject(record, "trialJobId", trial->id);
		cJSON_AddItemToObject(record, "parameterId",
				      cJSON_CreateRaw("\"0\""));
		cJSON_AddStringToObject(record, "type", "FINAL");
		cJSON_AddNumberToObject(record, "sequence", 0);
		data = final_data(finals.members);
		cJSON_AddStringToObject(record, "data", data ? data : "");
		cJSON_free(data);
	}
	cJSON_Delete(finals.members);
	return true;
}

static void add_parameters(const struct trial *trial, cJSON *object)
{
	cJSON *list = cJSON_AddArrayToObject(object, "hyperParameters");
	char *text = xasprintf(
		"{\"parameter_id\":%" PRId64 ",\"parameter_source\":\"%s\","
		"\"parameters\":%s,\"parameter_index\":0}",
		trial->sequence,
		trial->source == 'c' ? "customized" : "algorithm",
		trial->parameters ? trial->parameters : "{}");

	cJSON_AddItemToArray(list, cJSON_CreateString(text));
	free(text);
}

static void add_log_path(struct store *store, const struct trial *trial,
			 cJSON *object)
{
	struct attempt attempt;
	struct error ignored;

	if (!store_attempt_get(store, trial->key, 0, &attempt, &ignored))
		return;
	if (attempt.directory)
		cJSON_AddStringToObject(object, "logPath", attempt.directory);
	attempt_release(&attempt);
}

static bool add_trial(const struct trial *trial, void *arg)
{
	struct trials *trials = arg;
	struct listed *item;
	cJSON *object = cJSON_CreateObject();

	cJSON_AddStringToObject(object, "trialJobId", trial->id);
	cJSON_AddStringToObject(object, "id", trial->id);
	cJSON_AddNumberToObject(object, "sequenceId", (double)trial->sequence);
	cJSON_AddStringToObject(object, "status",
				trial_state_name(trial->state));
	if (trial->reason)
		cJSON_AddStringToObject(object, "message", trial->reason);
	add_parameters(trial, object);
	add_time(object, "startTime",
		 trial->started_ns ? trial->started_ns : trial->submitted_ns);
	add_time(object, "endTime", trial->ended_ns);
	add_log_path(trials->store, trial, object);
	if (trial->state == TRIAL_SUCCEEDED &&
	    !add_finals(trials, trial, object)) {
		cJSON_Delete(object);
		trials->is_failed = true;
		return false;
	}
	ARRAY_RESERVE(trials->items, trials->count, trials->capacity);
	item = &trials->items[trials->count++];
	item->tree = object;
	item->value = trial->state == TRIAL_SUCCEEDED && trial->final.is_set
			      ? trial->final.number
			      : NAN;
	return true;
}

static int by_value(const void *a, const void *b)
{
	double x = ((const struct listed *)a)->value;
	double y = ((const struct listed *)b)->value;

	return x < y ? -1 : x > y;
}

/* --head N: those with the N highest results, the highest first; --tail N: the
 * lowest, from below.  Only trials that have a result. */
static size_t choose(struct trials *trials, long head, long tail)
{
	size_t count = 0, wanted = (size_t)(head ? head : tail);

	if (!wanted)
		return trials->count;
	for (size_t i = 0; i < trials->count; i++) {
		if (isnan(trials->items[i].value)) {
			cJSON_Delete(trials->items[i].tree);
			continue;
		}
		if (head)
			trials->items[i].value = -trials->items[i].value;
		trials->items[count++] = trials->items[i];
	}
	if (count)
		qsort(trials->items, count, sizeof(*trials->items), by_value);
	for (size_t i = wanted; i < count; i++)
		cJSON_Delete(trials->items[i].tree);
	return count < wanted ? count : wanted;
}

int command_nni_trials(struct cli *cli)
{
	struct trials trials = {0};
	cJSON *list;
	struct found found;
	struct error err = {0};
	long head, tail;

	if (!cli_option_number(cli, "head", 1, INT_MAX, 0, &head, &err) ||
	    !cli_option_number(cli, "tail", 1, INT_MAX, 0, &tail, &err))
		return cli_fail(&err);
	if (head && tail) {
		error_set(&err, ERROR_INVALID,
			  "--head and --tail exclude each other");
		return cli_fail(&err);
	}
	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	trials.store = found.store;
	if (!store_trials_each(found.store, found.experiment.key, 0,
			       STORE_TRIAL_WHOLE, add_trial, &trials, &err) ||
	    trials.is_failed) {
		for (size_t i = 0; i < trials.count; i++)
			cJSON_Delete(trials.items[i].tree);
		free(trials.items);
		found_release(&found);
		return cli_fail(trials.is_failed ? &trials.err : &err);
	}
	trials.count = choose(&trials, head, tail);
	list = cJSON_CreateArray();
	for (size_t i = 0; i < trials.count; i++)
		cJSON_AddItemToArray(list, trials.items[i].tree);
	free(trials.items);
	found_release(&found);
	return print_json(list);
}

/* "log trial": where each one's files lie. */
static bool print_path(const struct trial *trial, void *arg)
{
	struct attempt attempt;
	struct error ignored;

	if (!store_attempt_get(arg, trial->key, 0, &attempt, &ignored))
		return true;
	printf("id:%s path:%s\n", trial->id,
	       attempt.directory ? attempt.directory : "");
	attempt_release(&attempt);
	return true;
}

int command_nni_trial_log(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	bool ok = true;

	if (!found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (found.trial.key)
		print_path(&found.trial, found.store);
	else
		ok = store_trials_each(found.store, found.experiment.key, 0,
				       STORE_TRIAL_BRIEF, print_path,
				       found.store, &err);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}

/* ---- experiments -------------------------------------------------------- */

/* NNI has a state for those looked at; ours are what they are. */
static const char *status_of(const struct experiment *experiment)
{
	return experiment_state_name(experiment->state);
}

int command_nni_profile(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	cJSON *tree, *params;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	tree = cJSON_CreateObject();
	cJSON_AddStringToObject(tree, "id", found.experiment.id);
	cJSON_AddNumberToObject(tree, "revision",
				(double)found.experiment.version);
	cJSON_AddNumberToObject(tree, "execDuration",
				(double)(found.experiment.run_ns / NS_PER_S));
	if (found.experiment.directory)
		cJSON_AddStringToObject(tree, "logDir",
					found.experiment.directory);
	cJSON_AddNumberToObject(tree, "nextSequenceId",
				(double)found.experiment.next_sequence);
	params = cJSON_Parse(found.experiment.config ? found.experiment.config
						     : "{}");
	cJSON_AddItemToObject(tree, "params",
			      params ? params : cJSON_CreateObject());
	add_time(tree, "startTime", found.experiment.started_ns);
	add_time(tree, "endTime", found.experiment.ended_ns);
	found_release(&found);
	return print_json(tree);
}

int command_nni_status(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	cJSON *tree, *errors;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	tree = cJSON_CreateObject();
	cJSON_AddStringToObject(tree, "status", status_of(&found.experiment));
	errors = cJSON_AddArrayToObject(tree, "errors");
	if (found.experiment.error)
		cJSON_AddItemToArray(
			errors, cJSON_CreateString(found.experiment.error));
	found_release(&found);
	return print_json(tree);
}

int command_nni_config(struct cli *cli)
{
	struct found found;
	struct error err = {0};
	cJSON *tree;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	tree = cJSON_Parse(found.experiment.config ? found.experiment.config
						   : "{}");
	found_release(&found);
	return print_json(tree ? tree : cJSON_CreateObject());
}

struct list {
	bool with_stopped;
	size_t count;
};

static bool print_experiment(const struct experiment *experiment, void *arg)
{
	char began[48], ended[48];
	struct list *list = arg;

	if (experiment->is_archived ||
	    (!list->with_stopped &&
	     experiment_state_is_terminal(experiment->state)))
		return true;
	format_time(began, '-', experiment->started_ns);
	format_time(ended, '-', experiment->ended_ns);
	if (!list->count++)
		puts("---------------------------------------------------------"
		     "-"
		     "------------------------------\n"
		     "                Experiment information");
	printf("Id: %s    Name: %s    Status: %s    Port: %d    Platform: %s   "
	       " "
	       "StartTime: %s    EndTime: %s\n",
	       experiment->id, experiment->name ? experiment->name : "",
	       status_of(experiment),
	       experiment->owner_pid ? experiment->side_port : 0,
	       experiment->platform ? experiment->platform : "", began, ended);
	return true;
}

int command_nni_list(struct cli *cli)
{
	struct list list = {.with_stopped = cli_option(cli, "all")};
	struct store *store;
	struct error err = {0};
	bool ok = true;

	if (access(cli->db_path, F_OK) == 0) {
		if (!store_open(cli->db_path, STORE_READ, &store, &err))
			return cli_fail(&err);
		ok = store_experiments_each(store, 0, print_experiment, &list,
					    &err);
		store_close(store);
	}
	if (!ok)
		return cli_fail(&err);
	if (list.count)
		puts("---------------------------------------------------------"
		     "-"
		     "------------------------------");
	else
		puts(list.with_stopped
			     ? "There is no experiment."
			     : "There is no experiment running; --all lists "
			       "those that have ended.");
	return CLI_DONE;
}
