/* SPDX-License-Identifier: MIT */
/*
 * The configuration as one JSON object in NNI's second form, as the store
 * keeps it: camelCase, nothing that is unset, paths absolute, the search space
 * inline.  spec_reload reads it back to an equal configuration.
 */
#include "engine/spec/draft.h"

#include "base/utf8.h"
#include "engine/spec/write.h"

#include <inttypes.h>
#include <stdlib.h>

/* 0 means without limit, and is left out. */
static void add_limit(struct strbuf *out, const char *key, int64_t number)
{
	if (number)
		write_number(out, key, number);
}

static void add_algorithm(struct strbuf *out, const char *key,
			  const struct algorithm_config *algorithm,
			  bool has_intermediate)
{
	const char *comma = "";

	if (!algorithm->name && !algorithm->class_name)
		return;
	strbuf_addf(out, ",\"%s\":{", key);
	if (algorithm->name) {
		strbuf_adds(out, "\"name\":");
		strbuf_add_json_string(out, algorithm->name);
		comma = ",";
	}
	if (algorithm->class_name) {
		strbuf_addf(out, "%s\"className\":", comma);
		strbuf_add_json_string(out, algorithm->class_name);
		strbuf_adds(out, ",\"codeDirectory\":");
		strbuf_add_json_string(out, algorithm->code_directory);
	}
	if (algorithm->is_python)
		strbuf_adds(out, ",\"engine\":\"nni\"");
	if (algorithm->is_python && has_intermediate)
		strbuf_adds(out, ",\"includeIntermediateResults\":true");
	if (algorithm->class_args)
		strbuf_addf(out, ",\"classArgs\":%s", algorithm->class_args);
	strbuf_addch(out, '}');
}

/* Points that JSON may hold bare but YAML, whose reader we use, may not or
 * would fold.  They occur in strings only. */
static bool needs_escape(uint32_t point)
{
	return (point >= 0x7f && point < 0xa0) || point == 0x2028 ||
	       point == 0x2029 || point == 0xfeff || point == 0xfffe ||
	       point == 0xffff;
}

static char *escape(const struct strbuf *json)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < json->len;) {
		uint32_t point;
		size_t n = utf8_decode(json->data + i, json->len - i, &point);

		if (needs_escape(point))
			strbuf_addf(&out, "\\u%04x", (unsigned int)point);
		else
			strbuf_add(&out, json->data + i, n);
		i += n;
	}
	return strbuf_detach(&out);
}

static void add_top(struct strbuf *out, const struct experiment_config *config)
{
	write_text(out, "experimentName", config->name);
	if (config->search_space)
		strbuf_addf(out, ",\"searchSpace\":%s", config->search_space);
	write_text(out, "trialCommand", config->trial_command);
	write_text(out, "trialCodeDirectory", config->trial_code_directory);
	write_number(out, "trialConcurrency", config->trial_concurrency);
	if (config->trial_gpu_number >= 0)
		write_number(out, "trialGpuNumber", config->trial_gpu_number);
	add_limit(out, "maxExperimentDuration", config->max_experiment_s);
	add_limit(out, "maxTrialNumber", config->max_trial_number);
	add_limit(out, "maxTrialDuration", config->max_trial_s);
	add_limit(out, "maxTrialRetries", config->max_trial_retries);
	write_text(out, "metricPattern", config->metric_pattern);
	if (config->has_seed)
		strbuf_addf(out, ",\"seed\":%" PRIu64, config->seed);
	write_text(out, "nniManagerIp", config->nni_manager_ip);
	write_text(out, "logLevel", config->log_level);
	write_text(out, "experimentWorkingDirectory",
		   config->working_directory);
	write_text(out, "pythonPath", config->python_path);
	add_limit(out, "pythonTimeout", config->python_timeout_s);
}

char *canonical_write(const struct experiment_config *config,
		      const struct spec_platform *platform)
{
	struct strbuf out = STRBUF_INIT;
	char *text;

	strbuf_addf(&out, "{\"debug\":%s", config->debug ? "true" : "false");
	if (config->is_first_form)
		strbuf_adds(&out, ",\"isFirstForm\":true");
	add_top(&out, config);
	for (size_t i = 0; i < config->tuner_gpu_index_count; i++)
		strbuf_addf(&out, "%s%d", i ? "," : ",\"tunerGpuIndices\":[",
			    config->tuner_gpu_indices[i]);
	if (config->tuner_gpu_index_count)
		strbuf_addch(&out, ']');
	add_algorithm(&out,
		      config->tuner.is_python && config->tuner.is_advisor
			      ? "advisor"
			      : "tuner",
		      &config->tuner, config->include_intermediate);
	add_algorithm(&out, "assessor", &config->assessor,
		      config->include_intermediate);
	write_json(&out, "sharedStorage", config->kubernetes.shared_storage);
	outputs_write(&config->outputs, &out);
	alerts_write(&config->alerts, &out);
	strbuf_adds(&out, ",\"trainingService\":{\"platform\":");
	strbuf_add_json_string(&out, config->platform);
	platform->write(config, &out);
	strbuf_adds(&out, "}}");
	text = escape(&out);
	strbuf_release(&out);
	return text;
}
