/* SPDX-License-Identifier: MIT */
/*
 * What NNI's database says of an experiment itself: the newest row of
 * ExperimentProfile, whose params are the experiment file as the manager got
 * it, in the first form (up to 2.0, and mixed with the second up to 2.5) or the
 * second.
 */
#include "interchange/nni_profile.h"
#include "interchange/nni_replay.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/json_text.h"
#include "model/space.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cJSON *get(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_of(const cJSON *object, const char *key)
{
	const cJSON *item = get(object, key);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static int64_t number_of(const cJSON *object, const char *key, int64_t most)
{
	const cJSON *item = get(object, key);
	double value = cJSON_IsNumber(item) ? item->valuedouble : 0;

	return !(value > 0) ? 0 : value > (double)most ? most : (int64_t)value;
}

/* "1.5h", or seconds */
static int64_t duration_of(const cJSON *object, const char *key)
{
	static const char units[] = "smhd";
	static const double seconds[] = {1, 60, 3600, 86400};
	const char *text = text_of(object, key);
	const char *unit;
	char *end;
	double value;

	if (!text)
		return number_of(object, key, UINT32_MAX);
	value = strtod(text, &end);
	unit = *end ? strchr(units, *end) : units;
	if (!unit || !(value > 0))
		return 0;
	value *= seconds[unit - units];
	return value > UINT32_MAX ? UINT32_MAX : (int64_t)value;
}

/* A group of the first form's cluster metadata: [{"key", "value"}]. */
static const cJSON *metadata(const cJSON *params, const char *key)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, get(params, "clusterMetaData")) {
		const char *name = text_of(item, "key");

		if (name && !strcmp(name, key))
			return get(item, "value");
	}
	return NULL;
}

static void read_space(struct nni_profile *profile, const cJSON *params)
{
	const cJSON *item = get(params, "searchSpace");
	struct space *space = NULL;
	struct error ignored;
	char *text = cJSON_IsString(item)   ? xstrdup(item->valuestring)
		     : cJSON_IsObject(item) ? cJSON_PrintUnformatted(item)
					    : NULL;

	if (text && space_parse(text, &space, NULL, &ignored))
		profile->space = xstrdup(space->json ? space->json : text);
	if (space)
		space_free(space);
	free(text);
}

static const char *algorithm_name(const cJSON *algorithm)
{
	static const char *const keys[] = {"name", "builtinTunerName",
					   "builtinAssessorName",
					   "builtinAdvisorName"};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (text_of(algorithm, keys[i]))
			return text_of(algorithm, keys[i]);
	return NULL;
}

static void add_algorithm(cJSON *config, const char *key,
			  const cJSON *algorithm)
{
	const char *name = algorithm_name(algorithm);
	const cJSON *arguments = get(algorithm, "classArgs");
	cJSON *object;

	if (!name)
		return;
	object = cJSON_AddObjectToObject(config, key);
	cJSON_AddStringToObject(object, "name", name);
	if (cJSON_IsObject(arguments))
		cJSON_AddItemToObject(object, "classArgs",
				      cJSON_Duplicate(arguments, true));
}

static void read_objective(struct nni_profile *profile, const cJSON *params)
{
	const cJSON *algorithm = get(params, "tuner");
	const char *mode;

	if (!cJSON_IsObject(algorithm))
		algorithm = get(params, "advisor");
	mode = text_of(get(algorithm, "classArgs"), "optimize_mode");
	/* what it is where nothing is said */
	profile->row.objective = mode && !strcmp(mode, "minimize")
					 ? OBJECTIVE_MINIMIZE
					 : OBJECTIVE_MAXIMIZE;
}

/* In the second form, as far as we have use for it. */
static char *make_config(const struct nni_profile *profile, const cJSON *params)
{
	const cJSON *first = metadata(params, "trial_config");
	const char *command = text_of(params, "trialCommand");
	cJSON *config = cJSON_CreateObject();
	cJSON *service;
	char *text, *copy;

	if (!command)
		command = text_of(first, "command");
	if (profile->row.name)
		cJSON_AddStringToObject(config, "experimentName",
					profile->row.name);
	cJSON_AddRawToObject(config, "searchSpace",
			     profile->space ? profile->space : "{}");
	cJSON_AddStringToObject(config, "trialCommand",
				command && *command ? command : "false");
	cJSON_AddStringToObject(config, "trialCodeDirectory", "/");
	cJSON_AddNumberToObject(config, "trialConcurrency",
				profile->row.concurrency);
	add_algorithm(config, "tuner",
		      cJSON_IsObject(get(params, "tuner"))
			      ? get(params, "tuner")
			      : get(params, "advisor"));
	add_algorithm(config, "assessor", get(params, "assessor"));
	service = cJSON_AddObjectToObject(config, "trainingService");
	cJSON_AddStringToObject(service, "platform", "local");
	text = cJSON_PrintUnformatted(config);
	copy = xstrdup(text ? text : "{}");
	cJSON_free(text);
	cJSON_Delete(config);
	return copy;
}

static const char *platform_of(const cJSON *params)
{
	const cJSON *service = get(params, "trainingService");
	const char *name = text_of(params, "trainingServicePlatform");

	if (!name)
		name = text_of(cJSON_IsArray(service) ? service->child
						      : service,
			       "platform");
	return name ? name : "?";
}

static void read_params(struct nni_profile *profile, const cJSON *params)
{
	struct experiment *row = &profile->row;
	const char *name = text_of(params, "experimentName");

	row->name = xstrndup(name ? name : "", EXPERIMENT_NAME_MAX);
	row->concurrency = (int)number_of(params, "trialConcurrency", 99999);
	if (!row->concurrency)
		row->concurrency = 1;
	row->max_trials = number_of(params, "maxTrialNumber", UINT32_MAX);
	if (!row->max_trials)
		row->max_trials = number_of(params, "maxTrialNum", UINT32_MAX);
	row->max_duration_s = duration_of(params, "maxExperimentDuration");
	if (!row->max_duration_s)
		row->max_duration_s = duration_of(params, "maxExecDuration");
	row->max_trial_duration_s = duration_of(params, "maxTrialDuration");
	profile->platform = xstrndup(platform_of(params), 40);
	read_space(profile, params);
	read_objective(profile, params);
	row->space = xstrdup_or_null(profile->space);
	row->config = make_config(profile, params);
}

static bool read_row(struct nni_profile *profile, const struct query *query,
		     struct error *err)
{
	struct experiment *row = &profile->row;
	const char *text = query_text(query, 0);
	const char *id = query_text(query, 1);
	cJSON *params = text ? json_parse(text, strlen(text), err) : NULL;

	if (!params)
		return text ? error_prefix(err, "ExperimentProfile.params")
			    : error_set(err, ERROR_INVALID,
					"ExperimentProfile.params is no text");
	if (id && experiment_id_is_valid(id))
		snprintf(row->id, sizeof(row->id), "%s", id);
	row->run_ns = query_int(query, 2) > 0 &&
				      query_int(query, 2) < INT64_C(10000000000)
			      ? query_int(query, 2) * NS_PER_S
			      : 0;
	row->created_ns = row->started_ns = nni_time(query, 3);
	row->ended_ns = nni_time(query, 4);
	row->source = xstrdup(text);
	read_params(profile, params);
	cJSON_Delete(params);
	return row->id[0] ||
	       error_set(err, ERROR_INVALID,
			 "ExperimentProfile.id is no experiment's id");
}

bool nni_profile_read(struct nni_profile *profile, sqlite3 *db,
		      struct error *err)
{
	struct query query;
	bool found = false, ok;

	memset(profile, 0, sizeof(*profile));
	ok = query_open(&query, db,
			"SELECT params, id, execDuration, startTime, endTime"
			" FROM ExperimentProfile ORDER BY revision DESC,"
			" rowid DESC LIMIT 1",
			err) &&
	     query_step(&query, &found, err);
	if (ok && !found)
		ok = error_set(err, ERROR_INVALID,
			       "there is no experiment in it: the manager "
			       "ended before it wrote one");
	ok = ok && read_row(profile, &query, err);
	query_close(&query);
	return ok;
}

void nni_profile_release(struct nni_profile *profile)
{
	experiment_release(&profile->row);
	free(profile->space);
	free(profile->platform);
	memset(profile, 0, sizeof(*profile));
}
