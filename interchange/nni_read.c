/* SPDX-License-Identifier: MIT */
/*
 * NNI's databases, read: nni.sqlite of 1.3 to 3.0 (nni.md 11), told apart by
 * their columns.
 *
 * A trial is what its rows of TrialJobEvent make of it, in the order in which
 * they were written; then its metrics are read, trial after trial, by the
 * table's index or, where a file has none, sorted in a temporary file.  What
 * two processes of a trial numbered alike is told apart by `source`.
 */
#include "interchange/nni_profile.h"
#include "interchange/nni_replay.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_MAX 64 /* processes of a trial that number alike */

struct import {
	struct reading *reading;
	struct arrival arrival;
	struct nni_profile profile;
	struct nni_jobs jobs;
	struct query data, metrics;
	bool has_metric;
	struct metrics found;
	struct strbuf text;
};

/* ---- one trial ----------------------------------------------------------- */

/* Parameters as they were written, so that no digit is lost; but Python's NaN
 * is no JSON. */
static bool read_parameters(struct import *import, const char *json,
			    bool *ret_is_customised)
{
	struct strbuf *out = &import->text;
	struct error ignored;
	cJSON *tree = json ? json_parse(json, strlen(json), &ignored) : NULL;
	const cJSON *source =
		cJSON_GetObjectItemCaseSensitive(tree, "parameter_source");
	cJSON *parameters =
		cJSON_GetObjectItemCaseSensitive(tree, "parameters");
	bool ok = cJSON_IsObject(parameters);
	cJSON *strict;

	strbuf_clear(out);
	*ret_is_customised = cJSON_IsString(source) &&
			     !strcmp(source->valuestring, "customized");
	if (ok) {
		embedded_span(json, "parameters", out);
		strict = cJSON_ParseWithOpts(out->data, NULL, true);
		if (!cJSON_IsObject(strict)) {
			char *text = cJSON_PrintUnformatted(parameters);

			strbuf_clear(out);
			strbuf_adds(out, text ? text : "{}");
			cJSON_free(text);
		}
		cJSON_Delete(strict);
	}
	cJSON_Delete(tree);
	return ok;
}

static bool load_parameters(struct import *import, const struct nni_job *job,
			    bool *ret_is_customised, struct error *err)
{
	bool found = false;

	strbuf_clear(&import->text);
	*ret_is_customised = false;
	if (!job->parameters)
		return true;
	query_bind_int(&import->data, 1, job->parameters);
	if (!query_step(&import->data, &found, err))
		return false;
	if (!found || !read_parameters(import, query_text(&import->data, 0),
				       ret_is_customised)) {
		strbuf_clear(&import->text);
		import->arrival.counts.skipped++;
	}
	sqlite3_reset(import->data.statement);
	return true;
}

/* What was reported: NNI's own format of a report around the stored text. */
static bool parse_metric(struct import *import, const char *type,
			 const char *data, int64_t sequence)
{
	struct strbuf report = STRBUF_INIT;
	struct error ignored;
	bool is_request;
	bool ok;

	metrics_clear(&import->found);
	strbuf_adds(&report, "{\"type\":");
	strbuf_add_json_string(&report, type);
	strbuf_addf(&report, ",\"sequence\":%" PRId64 ",\"value\":%s}",
		    sequence, data);
	ok = metrics_parse_nni(&import->found, report.data, report.len, NULL,
			       &is_request, &ignored);
	strbuf_release(&report);
	return ok;
}

/* The metrics of one report share number and source. */
static bool add_report(struct import *import, int64_t at_ns, int64_t finals,
		       struct error *err)
{
	struct metrics *found = &import->found;
	int source = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct metric *metric = &found->items[i];
		bool is_new = false;

		metric->at_ns = at_ns;
		if (metric->type == METRIC_FINAL)
			metric->sequence = finals;
		/* a number that is taken: another process's */
		for (; !is_new && source < SOURCES_MAX; source += !is_new) {
			metric->source = source;
			if (!arrival_metric(&import->arrival, metric, &is_new,
					    err))
				return false;
			if (i || !import->arrival.trial_is_new)
				break;
		}
	}
	return true;
}

static bool next_metric(struct import *import, struct error *err)
{
	return query_step(&import->metrics, &import->has_metric, err);
}

static bool add_metrics(struct import *import, const char *job,
			struct error *err)
{
	const struct query *row = &import->metrics;
	int64_t finals = 0;

	while (import->has_metric) {
		const char *id = query_text(row, 0);
		int order = id ? strcmp(id, job) : -1;
		const char *type = query_text(row, 1);
		const char *data = query_text(row, 4);
		struct error why = {0};

		if (order > 0)
			return true;
		if (order < 0 || !type || !data ||
		    !parse_metric(import, type, data, query_int(row, 2)))
			import->arrival.counts.skipped++;
		else if (!add_report(import, nni_time(row, 3), finals, &why)) {
			/* a name that is none, or one too many */
			if (why.code != ERROR_INVALID &&
			    why.code != ERROR_LIMIT) {
				*err = why;
				return false;
			}
			import->arrival.counts.skipped++;
		} else if (import->found.count &&
			   import->found.items[0].type == METRIC_FINAL) {
			finals++;
		}
		if (!next_metric(import, err))
			return false;
	}
	return true;
}

static bool read_job(struct import *import, const struct nni_job *job,
		     struct error *err)
{
	bool is_customised;
	struct trial row = {
		.sequence = job->sequence,
		.state = job->state,
		.exit_code = -1,
		.submitted_ns = job->submitted_ns,
		.started_ns = job->started_ns,
		.ended_ns = job->ended_ns,
		.reason = job->message,
	};

	if (!load_parameters(import, job, &is_customised, err))
		return false;
	if (trial_id_is_valid(job->id))
		snprintf(row.id, sizeof(row.id), "%s", job->id);
	else
		arrival_id_of(row.id, job->sequence);
	row.source = is_customised ? 'c' : 'a';
	row.parameters = import->text.len ? import->text.data : NULL;
	return (arrival_trial(&import->arrival, &row, err) &&
		add_metrics(import, job->id, err) &&
		arrival_trial_end(&import->arrival, NULL, err)) ||
	       error_prefix(err, "trial %s", job->id);
}

/* ---- the whole ----------------------------------------------------------- */

static bool read_jobs(struct import *import, struct error *err)
{
	sqlite3 *db = import->reading->source->db;
	bool ok;

	ok = query_open(&import->data, db,
			"SELECT data FROM TrialJobEvent WHERE rowid = ?1",
			err) &&
	     query_open(&import->metrics, db,
			"SELECT trialJobId, type, sequence, timestamp, data"
			" FROM MetricData ORDER BY trialJobId, rowid",
			err) &&
	     next_metric(import, err);
	for (size_t i = 0; ok && i < import->jobs.count; i++)
		ok = read_job(import, &import->jobs.items[i], err);
	while (ok && import->has_metric) { /* of no trial */
		import->arrival.counts.skipped++;
		ok = next_metric(import, err);
	}
	return ok;
}

static bool begin(struct import *import, struct error *err)
{
	const struct source *source = import->reading->source;
	struct experiment *row = &import->profile.row;
	struct strbuf origin = STRBUF_INIT, line = STRBUF_INIT;
	char id[EXPERIMENT_ID_MAX + 1];
	bool ok;

	if (!embedded_take(import->reading, row->id, id,
			   &import->arrival.is_ours, err))
		return false;
	import->arrival.is_embedded = *id != '\0';
	if (import->arrival.is_ours)
		return store_experiment_find(import->reading->store, id,
					     &import->arrival.experiment, err);
	if (*id)
		memcpy(row->id, id, sizeof(id));

	row->platform = xstrdup("nni");
	row->source_path = xstrdup(source->path);
	strbuf_adds(&origin, "{\"format\":\"nni\",\"version\":");
	strbuf_add_json_string(&origin, source->version);
	strbuf_adds(&origin, ",\"platform\":");
	strbuf_add_json_string(&origin, import->profile.platform);
	strbuf_adds(&origin, ",\"file\":");
	strbuf_add_json_string(&origin, source->path);
	strbuf_addch(&origin, '}');
	strbuf_addf(&line, "came from %s: experiment %s (%s) of %s",
		    source->version, row->id, import->profile.platform,
		    source->path);
	ok = arrival_begin(&import->arrival, import->reading->store, row,
			   origin.data, line.data, err);
	strbuf_release(&origin);
	strbuf_release(&line);
	return ok;
}

static bool read_all(struct import *import, struct error *err)
{
	const struct experiment *row = &import->profile.row;
	bool is_over;

	if (!nni_jobs_read(&import->jobs, import->reading->source->db, err))
		return false;
	import->arrival.counts.skipped = import->jobs.skipped;
	if (!begin(import, err))
		return false;
	if (import->arrival.is_ours) {
		import->arrival.counts.trials =
			import->arrival.experiment.next_sequence;
		return true;
	}
	if (!read_jobs(import, err))
		return false;
	is_over = row->ended_ns && row->max_trials &&
		  (int64_t)import->jobs.count >= row->max_trials;
	return arrival_end(&import->arrival, NULL, NULL, is_over, err);
}

bool nni_read(struct reading *reading, struct error *err)
{
	struct import import = {
		.reading = reading,
		.arrival = {.keeps_live = reading->wish->keeps_live},
		.text = STRBUF_INIT,
	};
	const char *name = reading->wish->name;
	const struct experiment *row = &import.profile.row;
	bool ok = nni_profile_read(&import.profile, reading->source->db, err);

	reading->found = ok && (!name || !strcmp(name, row->id) ||
				(row->name && !strcmp(name, row->name)));
	if (ok && reading->found) {
		ok = read_all(&import, err);
		if (reading->is_embedded_new)
			import.arrival.counts.added =
				import.arrival.counts.trials;
		if (ok && reading->told)
			reading->told(&import.arrival.experiment,
				      !import.arrival.is_new &&
					      !reading->is_embedded_new,
				      &import.arrival.counts, reading->arg);
	}
	query_close(&import.data);
	query_close(&import.metrics);
	arrival_release(&import.arrival);
	nni_profile_release(&import.profile);
	nni_jobs_release(&import.jobs);
	metrics_release(&import.found);
	strbuf_release(&import.text);
	return ok;
}
