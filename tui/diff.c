/* SPDX-License-Identifier: MIT */
/* How trials, or experiments, differ. */
#include "tui/diff.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 16
#define LABEL_MOST 30

void diff_release(struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		free(diff->rows[i].label);
		for (size_t k = 0; k < DIFF_COLUMNS_MAX; k++)
			free(diff->rows[i].values[k]);
	}
	for (size_t k = 0; k < DIFF_COLUMNS_MAX; k++)
		free(diff->names[k]);
	free(diff->rows);
	memset(diff, 0, sizeof(*diff));
}

/* The row of this name, a new one at the end of its section. */
static struct diff_row *find_row(struct diff *diff, const char *section,
				 const char *label)
{
	size_t i, at = diff->count;

	for (i = 0; i < diff->count; i++) {
		if (strcmp(diff->rows[i].section, section) != 0)
			continue;
		if (strcmp(diff->rows[i].label, label) == 0)
			return &diff->rows[i];
		at = i + 1;
	}
	if (diff->count == DIFF_ROWS_MAX)
		return NULL;
	ARRAY_RESERVE(diff->rows, diff->count, diff->capacity);
	memmove(diff->rows + at + 1, diff->rows + at,
		(diff->count++ - at) * sizeof(*diff->rows));
	memset(&diff->rows[at], 0, sizeof(*diff->rows));
	diff->rows[at].section = section;
	diff->rows[at].label = xstrdup(label);
	return &diff->rows[at];
}

static void put(struct diff *diff, const char *section, const char *label,
		size_t column, const char *value)
{
	struct diff_row *row;

	if (!value || !*value)
		return;
	row = find_row(diff, section, label);
	if (!row)
		return;
	free(row->values[column]);
	row->values[column] = xstrdup(value);
}

static void put_number(struct diff *diff, const char *section,
		       const char *label, size_t column, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	put(diff, section, label, column, text);
}

static void put_value(struct diff *diff, const char *section, const char *label,
		      size_t column, struct metric_value value)
{
	struct strbuf text = STRBUF_INIT;

	if (value.is_set)
		format_number_digits(&text, value.number, 26, 12);
	put(diff, section, label, column, text.data);
	strbuf_release(&text);
}

static void put_span(struct diff *diff, const char *section, const char *label,
		     size_t column, int64_t span_ns)
{
	struct strbuf text = STRBUF_INIT;

	clock_format_duration(&text, span_ns);
	put(diff, section, label, column, text.data);
	strbuf_release(&text);
}

/* Members of an object, and of objects in it, as "a.b.c". */
static void put_tree(struct diff *diff, const char *section, const char *path,
		     size_t column, const cJSON *item, int depth)
{
	const cJSON *member;
	char *text, *inner;

	if (cJSON_IsObject(item) && item->child && depth < DEPTH_MAX) {
		cJSON_ArrayForEach (member, item) {
			inner = *path ? xasprintf("%s.%s", path, member->string)
				      : xstrdup(member->string);
			put_tree(diff, section, inner, column, member,
				 depth + 1);
			free(inner);
		}
	} else if (cJSON_IsString(item)) {
		put(diff, section, path, column, item->valuestring);
	} else {
		text = cJSON_PrintUnformatted(item);
		put(diff, section, path, column, text);
		cJSON_free(text);
	}
}

static void put_json(struct diff *diff, const char *section, size_t column,
		     const char *json)
{
	cJSON *tree = json ? cJSON_Parse(json) : NULL;

	if (cJSON_IsObject(tree))
		put_tree(diff, section, "", column, tree, 0);
	else
		put(diff, section, "text", column, json);
	cJSON_Delete(tree);
}

static void compare(struct diff *diff)
{
	for (size_t i = 0; i < diff->count; i++) {
		struct diff_row *row = &diff->rows[i];

		row->is_same = true;
		for (size_t k = 1; k < diff->columns; k++)
			if (strcmp(row->values[0] ? row->values[0] : "",
				   row->values[k] ? row->values[k] : ""))
				row->is_same = false;
	}
}

/* ---- trials -----------------------------------------------------------------
 */

struct metric_target {
	struct diff *diff;
	size_t column;
};

/* The last of each name and type stays: they come in order. */
static bool put_metric(const struct metric *metric, void *arg)
{
	const struct metric_target *to = arg;
	char label[METRIC_NAME_MAX + 16];

	if (metric->source)
		return true;
	snprintf(label, sizeof(label), "%s %s", metric->name,
		 metric->type == METRIC_FINAL ? "final" : "last");
	if (metric->text)
		put(to->diff, "Metrics", label, to->column, metric->text);
	else
		put_value(to->diff, "Metrics", label, to->column,
			  (struct metric_value){true, metric->value});
	return true;
}

static void put_place(struct diff *diff, struct store *store, size_t column,
		      const struct trial *trial)
{
	struct strbuf text = STRBUF_INIT;
	struct trial_place place;
	struct error ignored;

	if (!store_place_get(store, trial->key, &place, &ignored))
		return;
	put(diff, "Where", "node", column, place.node);
	put(diff, "Where", "pod", column, place.pod);
	format_amount(&text, &place.requested);
	put(diff, "Where", "requests", column, text.data);
	strbuf_release(&text);
}

static void put_attempt(struct diff *diff, struct store *store, size_t column,
			const struct trial *trial)
{
	struct attempt attempt;
	struct error ignored;

	if (!trial->attempt ||
	    !store_attempt_get(store, trial->key, 0, &attempt, &ignored))
		return;
	put(diff, "Where", "job", column, attempt.job);
	put(diff, "Where", "directory", column, attempt.directory);
	attempt_release(&attempt);
}

static bool put_trial(struct diff *diff, struct store *store, size_t column,
		      const struct trial *trial, struct error *err)
{
	struct metric_target metrics = {diff, column};
	static const char state[] = "State";

	put(diff, state, "state", column, trial_state_name(trial->state));
	put(diff, state, "reason", column, trial->reason);
	put_number(diff, state, "attempt", column, trial->attempt);
	if (trial->exit_code >= 0)
		put_number(diff, state, "exit status", column,
			   trial->exit_code);
	put(diff, state, "tags", column, trial->tags);
	put(diff, state, "note", column, trial->note);
	put_json(diff, "Parameters", column, trial->parameters);
	put_value(diff, "Results", "final", column, trial->final);
	put_value(diff, "Results", "best", column, trial->best);
	put_value(diff, "Results", "last", column, trial->last);
	put_number(diff, "Results", "steps", column, trial->intermediates);
	if (trial->started_ns && trial->submitted_ns)
		put_span(diff, "Times", "waited", column,
			 trial->started_ns - trial->submitted_ns);
	if (trial->started_ns && trial->ended_ns)
		put_span(diff, "Times", "ran", column,
			 trial->ended_ns - trial->started_ns);
	put_place(diff, store, column, trial);
	put_attempt(diff, store, column, trial);
	return store_metrics_each(store, trial->key, trial->attempt, NULL,
				  put_metric, &metrics, err);
}

static bool check_count(size_t count, struct error *err)
{
	if (count < 2)
		return error_set(err, ERROR_INVALID,
				 "two or more are needed to compare");
	if (count > DIFF_COLUMNS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "at most %d can be compared at once, not %zu",
				 DIFF_COLUMNS_MAX, count);
	return true;
}

bool diff_trials(struct store *store, const int64_t *keys, size_t count,
		 struct diff *ret, struct error *err)
{
	struct trial trial;

	memset(ret, 0, sizeof(*ret));
	if (!check_count(count, err))
		return false;
	ret->columns = count;
	for (size_t k = 0; k < count; k++) {
		bool ok = store_trial_get(store, keys[k], &trial, err);

		if (ok) {
			ret->names[k] = xasprintf("#%" PRId64 " %s",
						  trial.sequence, trial.id);
			ok = put_trial(ret, store, k, &trial, err);
			trial_release(&trial);
		}
		if (!ok) {
			diff_release(ret);
			return false;
		}
	}
	compare(ret);
	return true;
}

/* ---- experiments ------------------------------------------------------------
 */

static void put_best(struct diff *diff, struct store *store, size_t column,
		     const struct experiment *row)
{
	struct error ignored;
	struct trial best;

	put_value(diff, "Results", "best", column, row->best);
	if (!row->best_trial ||
	    !store_trial_get(store, row->best_trial, &best, &ignored))
		return;
	put(diff, "Results", "best trial", column, best.id);
	put_json(diff, "Best parameters", column, best.parameters);
	trial_release(&best);
}

static void put_experiment(struct diff *diff, struct store *store,
			   size_t column, const struct experiment *row)
{
	static const char state[] = "State";

	put(diff, state, "id", column, row->id);
	put(diff, state, "name", column, row->name);
	put(diff, state, "state", column, experiment_state_name(row->state));
	put(diff, state, "error", column, row->error);
	put(diff, state, "tags", column, row->tags);
	put(diff, state, "note", column, row->note);
	put_number(diff, state, "trials", column, row->next_sequence);
	put_number(diff, state, "succeeded", column,
		   row->counts[TRIAL_SUCCEEDED]);
	put_number(diff, state, "failed", column, row->counts[TRIAL_FAILED]);
	put_best(diff, store, column, row);
	put_span(diff, "Times", "ran", column, row->run_ns);
	put_number(diff, "Limits", "concurrency", column, row->concurrency);
	put_number(diff, "Limits", "max trials", column, row->max_trials);
	put_number(diff, "Limits", "max duration (s)", column,
		   row->max_duration_s);
	put_number(diff, "Limits", "max retries", column, row->max_retries);
	put_json(diff, "Search space", column, row->space);
	put_json(diff, "Configuration", column, row->config);
}

bool diff_experiments(struct store *store, const int64_t *keys, size_t count,
		      struct diff *ret, struct error *err)
{
	struct experiment row;

	memset(ret, 0, sizeof(*ret));
	if (!check_count(count, err))
		return false;
	ret->columns = count;
	for (size_t k = 0; k < count; k++) {
		if (!store_experiment_get(store, keys[k], &row, err)) {
			diff_release(ret);
			return false;
		}
		ret->names[k] =
			xstrdup(row.name && *row.name ? row.name : row.id);
		put_experiment(ret, store, k, &row);
		experiment_release(&row);
	}
	compare(ret);
	return true;
}

/* ---- as lines
 * ---------------------------------------------------------------- */

/* Text in exactly so many columns, and a blank. */
static void add_cell(struct strbuf *line, const char *text, int cols,
		     bool is_ascii)
{
	struct strbuf safe = STRBUF_INIT;
	size_t fits;
	int used;

	utf8_sanitize(&safe, text ? text : "-", strlen(text ? text : "-"),
		      is_ascii);
	fits = utf8_prefix(safe.data, safe.len, cols, &used);
	if (fits < safe.len && cols > 1) {
		fits = utf8_prefix(safe.data, safe.len, cols - 1, &used);
		strbuf_add(line, safe.data, fits);
		strbuf_adds(line, is_ascii ? "~" : "\xE2\x80\xA6");
		used++;
	} else {
		strbuf_add(line, safe.data, fits);
	}
	strbuf_addf(line, "%*s", cols - used + 1, "");
	strbuf_release(&safe);
}

static int label_cols(const struct diff *diff, int cols)
{
	int most = 8, limit = cols / 3 < LABEL_MOST ? cols / 3 : LABEL_MOST;

	for (size_t i = 0; i < diff->count; i++) {
		int width = utf8_width(diff->rows[i].label,
				       strlen(diff->rows[i].label));

		if (width > most)
			most = width;
	}
	return most < limit ? most : limit;
}

void diff_each(const struct diff *diff, int cols, bool is_all, bool is_ascii,
	       diff_line_fn *fn, void *arg)
{
	struct strbuf line = STRBUF_INIT;
	int label = label_cols(diff, cols), value;
	const char *section = NULL;
	size_t i, k;

	value = (cols - label - 3) / (int)(diff->columns ? diff->columns : 1) -
		1;
	if (value < 4)
		value = 4;
	add_cell(&line, " ", label + 1, is_ascii);
	for (k = 0; k < diff->columns; k++)
		add_cell(&line, diff->names[k], value, is_ascii);
	fn(line.data, NULL, arg);
	for (i = 0; i < diff->count; i++) {
		const struct diff_row *row = &diff->rows[i];

		if (row->is_same && !is_all)
			continue;
		if (!section || strcmp(section, row->section) != 0)
			fn(row->section, NULL, arg);
		section = row->section;
		strbuf_clear(&line);
		strbuf_addch(&line, row->is_same ? ' ' : '*');
		add_cell(&line, row->label, label, is_ascii);
		for (k = 0; k < diff->columns; k++)
			add_cell(&line, row->values[k], value, is_ascii);
		fn(line.data, row, arg);
	}
	strbuf_release(&line);
}
