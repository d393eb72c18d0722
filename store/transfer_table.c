/* SPDX-License-Identifier: MIT */
/*
 * Exports for other programs: NNI's JSON (nnictl experiment export) and CSV,
 * one row a trial.
 *
 * A result that was a dict in NNI is several metrics here, so both put them
 * together again: the metrics of one report share type and sequence.
 */
#include "store/report.h"
#include "store/transfer.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 2000
#define DEPTH_MAX 16

/* ---- NNI ------------------------------------------------------------------
 */

struct exporter {
	struct store *store;
	struct strbuf *out;
	struct error *err;
	bool has_failed;
	bool is_first;
	bool intermediates;
	struct points points;
	struct strbuf report;
	/* CSV */
	char **columns;
	size_t column_count, column_capacity;
	char **cells;
	size_t hint; /* the column where the last name was found */
	char **finals;
	size_t final_count, final_capacity;
};

static void exporter_release(struct exporter *exporter)
{
	reports_clear(&exporter->points);
	free(exporter->points.items);
	strbuf_release(&exporter->report);
	for (size_t i = 0; i < exporter->column_count; i++)
		free(exporter->columns[i]);
	free(exporter->columns);
	free(exporter->cells);
	for (size_t i = 0; i < exporter->final_count; i++)
		free(exporter->finals[i]);
	free(exporter->finals);
}

static void add_intermediates(struct exporter *exporter, bool is_nni)
{
	struct strbuf *out = exporter->out;
	const struct points *points = &exporter->points;
	const char *comma = "";

	for (size_t i = 0; i < points->count &&
			   points->items[i].type == METRIC_INTERMEDIATE;) {
		strbuf_clear(&exporter->report);
		i += report_add(&exporter->report, points, i);
		strbuf_adds(out, comma);
		if (is_nni)
			strbuf_add_json_string(out, exporter->report.data);
		else
			strbuf_add(out, exporter->report.data,
				   exporter->report.len);
		comma = ",";
	}
}

static bool write_nni_trial(const struct trial *trial, void *arg)
{
	struct exporter *exporter = arg;
	struct strbuf *out = exporter->out;
	const struct points *points = &exporter->points;
	size_t final;

	if (trial->state != TRIAL_SUCCEEDED)
		return true;
	if (!reports_load(&exporter->points, exporter->store, trial,
			  exporter->err)) {
		exporter->has_failed = true;
		return false;
	}
	final = reports_find_final(points);
	if (final == points->count)
		return true;
	strbuf_addf(out, "%s{\"parameter\":%s,\"value\":",
		    exporter->is_first ? "\n" : ",\n",
		    trial->parameters ? trial->parameters : "{}");
	exporter->is_first = false;
	strbuf_clear(&exporter->report);
	report_add(&exporter->report, points, final);
	strbuf_add_json_string(out, exporter->report.data);
	strbuf_addf(out, ",\"trialJobId\":\"%s\"", trial->id);
	if (exporter->intermediates) {
		strbuf_adds(out, ",\"intermediate\":[");
		add_intermediates(exporter, true);
		strbuf_addch(out, ']');
	}
	strbuf_addch(out, '}');
	exporter->has_failed = !transfer_check_size(out, exporter->err);
	return !exporter->has_failed;
}

bool transfer_write_nni(struct store *store,
			const struct experiment *experiment, bool intermediates,
			struct strbuf *out, struct error *err)
{
	struct exporter exporter = {
		.store = store,
		.out = out,
		.err = err,
		.is_first = true,
		.intermediates = intermediates,
		.points = {.only_finals = !intermediates},
		.report = STRBUF_INIT,
	};
	bool ok;

	strbuf_addch(out, '[');
	ok = store_trials_each(store, experiment->key, 0, STORE_TRIAL_WHOLE,
			       write_nni_trial, &exporter, err) &&
	     !exporter.has_failed;
	strbuf_adds(out, "\n]\n");
	exporter_release(&exporter);
	return ok;
}

/* ---- CSV ------------------------------------------------------------------
 */

/* Trials name their parameters in one order, mostly: look there first. */
static size_t find_column(struct exporter *exporter, const char *name)
{
	size_t count = exporter->column_count;

	for (size_t i = 0; i < count; i++) {
		size_t at = (exporter->hint + 1 + i) % count;

		if (!strcmp(exporter->columns[at], name)) {
			exporter->hint = at;
			return at;
		}
	}
	return count;
}

/* Visit the leaves of a parameters object under dotted names. */
static bool each_leaf(struct exporter *exporter, const cJSON *object,
		      struct strbuf *path, int depth,
		      bool (*leaf)(struct exporter *exporter, const char *name,
				   const cJSON *value))
{
	const cJSON *item;
	size_t len = path->len;

	if (depth > DEPTH_MAX)
		return true;
	cJSON_ArrayForEach (item, object) {
		bool ok;

		strbuf_addf(path, "%s%s", len ? "." : "",
			    item->string ? item->string : "");
		ok = cJSON_IsObject(item)
			     ? each_leaf(exporter, item, path, depth + 1, leaf)
			     : leaf(exporter, path->data, item);
		strbuf_truncate(path, len);
		if (!ok)
			return false;
	}
	return true;
}

static bool note_column(struct exporter *exporter, const char *name,
			const cJSON *value)
{
	(void)value;
	if (find_column(exporter, name) < exporter->column_count)
		return true;
	if (exporter->column_count == COLUMNS_MAX)
		return error_set(exporter->err, ERROR_LIMIT,
				 "a table has at most %d parameters",
				 COLUMNS_MAX);
	ARRAY_RESERVE(exporter->columns, exporter->column_count,
		      exporter->column_capacity);
	exporter->columns[exporter->column_count] = xstrdup(name);
	exporter->hint = exporter->column_count++;
	return true;
}

static bool fill_cell(struct exporter *exporter, const char *name,
		      const cJSON *value)
{
	size_t column = find_column(exporter, name);

	if (column == exporter->column_count || exporter->cells[column])
		return true;
	if (cJSON_IsString(value))
		exporter->cells[column] = xstrdup(value->valuestring);
	else
		exporter->cells[column] = cJSON_PrintUnformatted(value);
	return true;
}

static bool each_parameter(struct exporter *exporter, const struct trial *trial,
			   bool (*leaf)(struct exporter *exporter,
					const char *name, const cJSON *value))
{
	struct strbuf path = STRBUF_INIT;
	cJSON *object;
	bool ok;

	object = trial->parameters ? cJSON_Parse(trial->parameters) : NULL;
	ok = !object || each_leaf(exporter, object, &path, 0, leaf);
	cJSON_Delete(object);
	strbuf_release(&path);
	return ok;
}

static bool note_columns(const struct trial *trial, void *arg)
{
	struct exporter *exporter = arg;

	exporter->has_failed = !each_parameter(exporter, trial, note_column);
	return !exporter->has_failed;
}

static bool note_final_name(const char *name, void *arg)
{
	struct exporter *exporter = arg;

	if (!strcmp(name, METRIC_OBJECTIVE))
		return true;
	ARRAY_RESERVE(exporter->finals, exporter->final_count,
		      exporter->final_capacity);
	exporter->finals[exporter->final_count++] = xstrdup(name);
	return exporter->final_count < COLUMNS_MAX;
}

static void add_time_cell(struct strbuf *out, int64_t at_ns)
{
	size_t start;

	strbuf_addch(out, ',');
	if (!at_ns)
		return;
	start = out->len;
	transfer_add_time(out, at_ns);
	/* without its quotes */
	strbuf_truncate(out, out->len - 1);
	memmove(out->data + start, out->data + start + 1, out->len - start);
	strbuf_truncate(out, out->len - 1);
}

static void add_number_cell(struct strbuf *out, struct metric_value value)
{
	struct point point = {.value = value.number};

	strbuf_addch(out, ',');
	if (value.is_set)
		report_add_number(out, &point);
}

static void add_final_cells(struct exporter *exporter)
{
	const struct points *points = &exporter->points;
	size_t first = reports_find_final(points);

	for (size_t i = 0; i < exporter->final_count; i++) {
		strbuf_addch(exporter->out, ',');
		for (size_t j = first; j < points->count; j++) {
			if (strcmp(points->items[j].name, exporter->finals[i]))
				continue;
			strbuf_clear(&exporter->report);
			report_add_number(&exporter->report, &points->items[j]);
			strbuf_add_csv(exporter->out, exporter->report.data);
			break;
		}
	}
}

static bool write_csv_trial(const struct trial *trial, void *arg)
{
	struct exporter *exporter = arg;
	struct strbuf *out = exporter->out;

	each_parameter(exporter, trial, fill_cell);
	if (!reports_load(&exporter->points, exporter->store, trial,
			  exporter->err)) {
		exporter->has_failed = true;
		return false;
	}
	strbuf_addf(out, "%s,%" PRId64 ",%s,%d", trial->id, trial->sequence,
		    trial_state_name(trial->state), trial->attempt);
	add_time_cell(out, trial->submitted_ns);
	add_time_cell(out, trial->started_ns);
	add_time_cell(out, trial->ended_ns);
	for (size_t i = 0; i < exporter->column_count; i++) {
		strbuf_addch(out, ',');
		if (exporter->cells[i])
			strbuf_add_csv(out, exporter->cells[i]);
		free(exporter->cells[i]);
		exporter->cells[i] = NULL;
	}
	add_number_cell(out, trial->final);
	add_final_cells(exporter);
	add_number_cell(out, trial->best);
	strbuf_addf(out, ",%" PRId64 ",", trial->intermediates);
	strbuf_add_csv(out, trial->reason ? trial->reason : "");
	if (exporter->intermediates) {
		struct strbuf list = STRBUF_INIT;

		exporter->out = &list;
		strbuf_addch(&list, '[');
		add_intermediates(exporter, false);
		strbuf_addch(&list, ']');
		exporter->out = out;
		strbuf_addch(out, ',');
		strbuf_add_csv(out, list.data);
		strbuf_release(&list);
	}
	strbuf_adds(out, "\r\n");
	exporter->has_failed = !transfer_check_size(out, exporter->err);
	return !exporter->has_failed;
}

static void write_csv_head(struct exporter *exporter)
{
	struct strbuf *out = exporter->out;

	strbuf_adds(out, "id,sequence,state,attempt,submitted,started,ended");
	for (size_t i = 0; i < exporter->column_count; i++) {
		strbuf_addch(out, ',');
		strbuf_add_csv(out, exporter->columns[i]);
	}
	strbuf_adds(out, ",final");
	for (size_t i = 0; i < exporter->final_count; i++) {
		strbuf_clear(&exporter->report);
		strbuf_addf(&exporter->report, "final.%s", exporter->finals[i]);
		strbuf_addch(out, ',');
		strbuf_add_csv(out, exporter->report.data);
	}
	strbuf_addf(out, ",best,intermediates,reason%s\r\n",
		    exporter->intermediates ? ",intermediate" : "");
}

bool transfer_write_csv(struct store *store,
			const struct experiment *experiment, bool intermediates,
			struct strbuf *out, struct error *err)
{
	struct exporter exporter = {
		.store = store,
		.out = out,
		.err = err,
		.intermediates = intermediates,
		.points = {.only_finals = !intermediates},
		.report = STRBUF_INIT,
	};
	int64_t key = experiment->key;
	bool ok;

	ok = store_trials_each(store, key, 0, STORE_TRIAL_WHOLE, note_columns,
			       &exporter, err) &&
	     !exporter.has_failed &&
	     store_metric_names_each(store, key, note_final_name, &exporter,
				     err);
	if (ok) {
		exporter.cells = xcalloc(exporter.column_count + 1,
					 sizeof(*exporter.cells));
		write_csv_head(&exporter);
		ok = store_trials_each(store, key, 0, STORE_TRIAL_WHOLE,
				       write_csv_trial, &exporter, err) &&
		     !exporter.has_failed;
	}
	exporter_release(&exporter);
	return ok;
}
