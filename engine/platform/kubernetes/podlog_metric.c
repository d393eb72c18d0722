/* SPDX-License-Identifier: MIT */
/*
 * Metrics in the log of a pod that runs without our keeper.
 *
 * A line counts as it would beside a command of ours (keeper/report.h): NNI's
 * own, a JSON report, `name=value`, the experiment's pattern.  They are
 * numbered here, per name and type and for each instance of a container; the
 * numbers are written down with the place in the log, so that a line that is
 * read again gets the same one, and counts once.
 */
#include "engine/platform/kubernetes/podlog_private.h"

#include "base/mem.h"
#include "model/metric_line.h"

#include <stdlib.h>
#include <string.h>

/* Different names that one container may report. */
#define NAMES_MAX 1000
#define PATTERN_LINE_MAX 4096

/* ---- which logs --------------------------------------------------------- */

bool k8s_scans_logs(const struct platform *platform)
{
	return platform->kind->lacks_keeper ||
	       platform->config->keeper == KEEPER_NONE;
}

bool k8s_has_steps(const struct platform *platform)
{
	return platform->kind->read_parts && platform->kind->lacks_keeper;
}

bool podlog_brings_metrics(const struct source *source)
{
	const struct platform *platform = source->log->job->platform;

	if (!source->is_main)
		return false;
	/* our keeper is in all of them, and says itself what counts; steps of a
	 * workflow follow each other, and any of them may be the one that
	 * learns
	 */
	return !k8s_scans_logs(platform) || k8s_has_steps(platform) ||
	       podlog_is_leading(source);
}

/* ---- numbers ------------------------------------------------------------ */

static struct logfile_counter *counter_of(struct source *source,
					  const struct metric *metric)
{
	struct logfile_source *at = &source->at;
	struct logfile_counter *counter;

	for (size_t i = 0; i < at->counter_count; i++) {
		counter = &at->counters[i];
		if (counter->type == metric->type &&
		    !strcmp(counter->name, metric->name))
			return counter;
	}
	if (at->counter_count == NAMES_MAX)
		return NULL;
	ARRAY_RESERVE(at->counters, at->counter_count, at->counter_capacity);
	counter = &at->counters[at->counter_count++];
	*counter = (struct logfile_counter){.type = metric->type};
	memcpy(counter->name, metric->name, sizeof(counter->name));
	return counter;
}

/* False: it cannot be counted. */
static bool number_metric(struct source *source, struct metric *metric)
{
	struct logfile_counter *counter;

	/* names are written down in lines */
	for (const char *at = metric->name; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return false;
	if (!metric->source && k8s_has_steps(source->log->job->platform))
		metric->source =
			logfile_number(&source->log->file, source->at.uid);
	counter = counter_of(source, metric);
	if (!counter)
		return false;
	if (metric->sequence == METRIC_SEQUENCE_NEXT)
		metric->sequence = counter->next;
	if (metric->sequence >= counter->next)
		counter->next = metric->sequence + 1;
	return true;
}

static void tell(struct source *source, struct metrics *metrics, int64_t at_ns)
{
	struct k8s_job *job = source->log->job;
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < metrics->count; i++) {
		struct metric *metric = &metrics->items[i];

		if (!metric->at_ns)
			metric->at_ns = at_ns;
		if (!number_metric(source, metric))
			continue;
		if (text.len)
			strbuf_addch(&text, '\n');
		metric_format(&text, metric);
	}
	/* numbers are counted on all the same: the rest may be read later */
	if (text.len && job->phase != K8S_OVER)
		callbacks->report(callbacks->arg, job->trial, job->attempt,
				  text.data, text.len, false);
	strbuf_release(&text);
}

/* ---- forms -------------------------------------------------------------- */

static void take_pair(struct source *source, const char *name, size_t len,
		      bool is_final, double value, int64_t at_ns)
{
	struct metrics metrics = {0};
	struct metric *metric;

	if (!len || len > METRIC_NAME_MAX)
		return;
	metric = metrics_add(&metrics);
	metric->type = is_final ? METRIC_FINAL : METRIC_INTERMEDIATE;
	metric->sequence = METRIC_SEQUENCE_NEXT;
	metric->value = value;
	memcpy(metric->name, name, len);
	tell(source, &metrics, at_ns);
	metrics_release(&metrics);
}

/* One report of its own for a value; what is no number is none. */
static void add_value(struct metrics *metrics, const cJSON *common,
		      const char *name, const cJSON *value)
{
	cJSON *report = cJSON_Duplicate(common, true);
	struct error ignored;
	char *text;

	if (name) {
		cJSON_DeleteItemFromObjectCaseSensitive(report, "name");
		cJSON_AddStringToObject(report, "name", name);
	}
	cJSON_AddItemToObject(report, "value", cJSON_Duplicate(value, false));
	text = cJSON_PrintUnformatted(report);
	if (text)
		metrics_parse_report(metrics, text, strlen(text), &ignored);
	cJSON_free(text);
	cJSON_Delete(report);
}

static void take_json(struct source *source, const char *text, size_t len,
		      int64_t at_ns)
{
	static const char *const kept[] = {"type", "sequence", "source",
					   "time"};
	cJSON *tree = cJSON_ParseWithLength(text, len);
	const cJSON *name = cJSON_GetObjectItemCaseSensitive(tree, "name");
	const cJSON *metric = cJSON_GetObjectItemCaseSensitive(tree, "metric");
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(tree, "value");
	struct metrics metrics = {0};
	cJSON *common = cJSON_CreateObject();
	const cJSON *item;

	if (cJSON_IsString(metric))
		name = metric;
	else if (!value)
		value = metric;
	if (!value)
		value = cJSON_GetObjectItemCaseSensitive(tree, "metrics");
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		item = cJSON_GetObjectItemCaseSensitive(tree, kept[i]);
		if (item)
			cJSON_AddItemToObject(common, kept[i],
					      cJSON_Duplicate(item, false));
	}
	if (cJSON_IsString(name))
		cJSON_AddStringToObject(common, "name", name->valuestring);
	if (cJSON_IsObject(value))
		cJSON_ArrayForEach (item, value)
			add_value(&metrics, common, item->string, item);
	else if (value)
		add_value(&metrics, common, NULL, value);
	tell(source, &metrics, at_ns);
	metrics_release(&metrics);
	cJSON_Delete(common);
	cJSON_Delete(tree);
}

/* It carries its own number. */
static void take_nni(struct source *source, const char *text, size_t len)
{
	struct k8s_job *job = source->log->job;
	const struct platform_callbacks *callbacks =
		&job->platform->context.callbacks;
	cJSON *tree = cJSON_ParseWithLength(text, len);
	char *plain = NULL;

	if (!tree) { /* before NNI 1.5: Python's own writing of it */
		plain = xmalloc(len + 1);
		len = metric_line_unescape(text, len, plain);
		text = plain;
		tree = cJSON_ParseWithLength(text, len);
	}
	if (cJSON_IsObject(tree) && job->phase != K8S_OVER)
		callbacks->report(callbacks->arg, job->trial, job->attempt,
				  text, len, true);
	cJSON_Delete(tree);
	free(plain);
}

static void take_pattern(struct source *source, const regex_t *pattern,
			 const char *line, size_t len, int64_t at_ns)
{
	char copy[PATTERN_LINE_MAX + 1];
	const char *name = METRIC_OBJECTIVE;
	size_t name_len = sizeof(METRIC_OBJECTIVE) - 1;
	regmatch_t groups[3];
	regmatch_t *value = &groups[2];
	double number;
	char *end;

	if (len > PATTERN_LINE_MAX)
		return;
	memcpy(copy, line, len);
	copy[len] = '\0';
	if (regexec(pattern, copy, 3, groups, 0) != 0)
		return;
	if (value->rm_so < 0) {
		value = &groups[1];
	} else if (groups[1].rm_so >= 0) {
		name = copy + groups[1].rm_so;
		name_len = (size_t)(groups[1].rm_eo - groups[1].rm_so);
	}
	if (value->rm_so < 0 || value->rm_so == value->rm_eo)
		return;
	copy[value->rm_eo] = '\0';
	number = strtod(copy + value->rm_so, &end);
	if (end == copy + value->rm_eo)
		take_pair(source, name, name_len, false, number, at_ns);
}

void podlog_scan(struct source *source, const char *line, size_t len)
{
	const struct platform *platform = source->log->job->platform;
	int64_t at_ns = pod_time(source->at.place.timestamp);
	struct metric_line found;

	if (!metric_line_parse(line, len, &found)) {
		if (platform->has_pattern)
			take_pattern(source, &platform->pattern, line, len,
				     at_ns);
		return;
	}
	switch (found.kind) {
	case METRIC_LINE_NNI:
		take_nni(source, found.text, found.len);
		break;
	case METRIC_LINE_JSON:
		take_json(source, found.text, found.len, at_ns);
		break;
	case METRIC_LINE_PAIR:
		take_pair(source, found.name, found.name_len, found.is_final,
			  found.value, at_ns);
		break;
	case METRIC_LINE_NONE:
		break;
	}
}
