/* SPDX-License-Identifier: MIT */
/* Keeping up with the store. */
#include "tui/data.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#define REOPEN_NS (1 * NS_PER_S)
#define NAMES_NS (2 * NS_PER_S)
#define METRIC_NAMES_MAX 200 /* told as columns */

static bool open_store(struct data *data, struct error *err)
{
	if (!data->is_read_only) {
		if (store_open(data->db_path, STORE_APPEND, &data->store, err))
			return true;
		if (err->code == ERROR_NOT_FOUND || err->code == ERROR_INVALID)
			return false;
		/* a database of somebody else: look, but do not touch */
	}
	if (!store_open(data->db_path, STORE_READ, &data->store, err))
		return false;
	data->is_read_only = true;
	return true;
}

bool data_open(struct data *data, const char *db_path, bool is_read_only,
	       struct error *err)
{
	struct error problem;

	memset(data, 0, sizeof(*data));
	data->db_path = db_path;
	data->is_read_only = is_read_only;
	data->best_sequence = -1;
	data->is_stale = true;
	trial_index_init(&data->trials);
	if (open_store(data, &problem) || problem.code == ERROR_NOT_FOUND)
		return true;
	*err = problem;
	return false;
}

static void release_selection(struct data *data)
{
	trial_index_release(&data->trials);
	trial_index_init(&data->trials);
	space_free(data->space);
	data->space = NULL;
	experiment_release(&data->experiment);
	memset(&data->experiment, 0, sizeof(data->experiment));
	data->best_sequence = -1;
	data->best_key = 0;
	data->best_id[0] = '\0';
}

static void clear_experiments(struct data *data)
{
	while (data->experiment_total > 0) {
		free(data->experiments[--data->experiment_total].name);
		free(data->experiments[data->experiment_total].tags);
	}
	data->experiment_count = 0;
	data->seen_version = 0;
}

static void forget_metrics(struct data *data)
{
	while (data->metric_count > 0)
		free(data->metrics[--data->metric_count]);
	free(data->metrics);
	data->metrics = NULL;
}

void data_close(struct data *data)
{
	release_selection(data);
	trial_index_release(&data->trials);
	clear_experiments(data);
	forget_metrics(data);
	free(data->experiments);
	store_close(data->store);
	data->store = NULL;
}

struct experiment_row *data_find(const struct data *data, int64_t key)
{
	size_t i;

	for (i = 0; i < data->experiment_total; i++)
		if (data->experiments[i].key == key)
			return &data->experiments[i];
	return NULL;
}

struct experiment_row *data_selected(const struct data *data)
{
	return data_find(data, data->selected);
}

int64_t experiment_row_live(const struct experiment_row *row)
{
	return row->counts[TRIAL_WAITING] + row->counts[TRIAL_RUNNING] +
	       row->counts[TRIAL_UNKNOWN];
}

int64_t experiment_row_total(const struct experiment_row *row)
{
	int64_t total = 0;
	int i;

	for (i = 0; i < TRIAL_STATE_COUNT; i++)
		total += row->counts[i];
	return total;
}

/* A place for a new row; data_arrange puts it where it belongs. */
static struct experiment_row *insert_row(struct data *data, int64_t key)
{
	struct experiment_row *row;

	ARRAY_RESERVE(data->experiments, data->experiment_total,
		      data->experiment_capacity);
	row = &data->experiments[data->experiment_total++];
	memset(row, 0, sizeof(*row));
	row->key = key;
	return row;
}

struct reading {
	struct data *data;
	bool has_changed;
};

static bool read_experiment(const struct experiment *from, void *arg)
{
	struct reading *reading = arg;
	struct experiment_row *row = data_find(reading->data, from->key);
	struct strbuf name = STRBUF_INIT;
	const char *text = from->name ? from->name : "";

	if (!row)
		row = insert_row(reading->data, from->key);
	else if (row->version >= from->version)
		return true;
	reading->has_changed = true;
	utf8_sanitize(&name, text, strlen(text), reading->data->is_ascii);
	free(row->name);
	row->name = strbuf_detach(&name);
	text = from->tags ? from->tags : "";
	utf8_sanitize(&name, text, strlen(text), reading->data->is_ascii);
	free(row->tags);
	row->tags = strbuf_detach(&name);
	row->from = !experiment_is_foreign(from)	 ? NULL
		    : strcmp(from->platform, "nni") == 0 ? "nni"
							 : "optuna";
	row->has_note = from->note != NULL;
	row->is_archived = from->is_archived;
	row->version = from->version;
	memcpy(row->id, from->id, sizeof(row->id));
	row->state = from->state;
	row->is_paused = from->is_paused;
	row->lets_finish = from->lets_finish;
	row->objective = from->objective;
	row->concurrency = from->concurrency;
	row->max_trials = from->max_trials;
	memcpy(row->counts, from->counts, sizeof(row->counts));
	row->best = from->best;
	row->created_ns = from->created_ns;
	row->started_ns = from->started_ns;
	row->ended_ns = from->ended_ns;
	return true;
}

static void find_best(struct data *data)
{
	struct trial trial = {0};
	struct error ignored;

	if (data->experiment.best_trial == data->best_key)
		return;
	data->best_key = data->experiment.best_trial;
	data->best_sequence = -1;
	data->best_id[0] = '\0';
	if (!data->best_key)
		return;
	if (!store_trial_get(data->store, data->best_key, &trial, &ignored))
		return;
	data->best_sequence = data->trials.best_sequence = trial.sequence;
	memcpy(data->best_id, trial.id, sizeof(data->best_id));
	trial_release(&trial);
}

/* Read the shown experiment's own row again. */
static bool read_selected(struct data *data, struct error *err)
{
	struct experiment fresh = {0};

	if (!store_experiment_get(data->store, data->selected, &fresh, err))
		return false;
	if (strcmp(data->experiment.space ? data->experiment.space : "",
		   fresh.space ? fresh.space : "") != 0 &&
	    data->experiment.key == fresh.key)
		data->has_new_space = true;
	experiment_release(&data->experiment);
	data->experiment = fresh;
	find_best(data);
	return true;
}

/* Marks and who runs what are known to this screen alone. */
static bool reread_all(struct data *data, struct reading *reading,
		       struct error *err)
{
	size_t kept = data->experiment_total;
	struct experiment_row *old = data->experiments;
	bool ok;

	data->experiments = NULL;
	data->experiment_count = data->experiment_total = 0;
	data->experiment_capacity = 0;
	ok = store_experiments_each(data->store, 0, read_experiment, reading,
				    err);
	for (size_t i = 0; i < kept; i++) {
		struct experiment_row *row = data_find(data, old[i].key);

		if (row) {
			row->is_marked = old[i].is_marked;
			row->is_live = old[i].is_live;
			row->pid = old[i].pid;
		}
		free(old[i].name);
		free(old[i].tags);
	}
	free(old);
	reading->has_changed = true;
	return ok;
}

static bool read_news(struct data *data, unsigned *changes, struct error *err)
{
	struct reading reading = {.data = data};
	struct experiment_row *row;
	bool has_changed = false;
	int64_t version, count;

	if (!store_version(data->store, &version, err) ||
	    !store_experiments_each(data->store, data->seen_version,
				    read_experiment, &reading, err))
		return false;
	if (version != data->seen_version) {
		*changes |= DATA_OTHER;
		if (!store_experiments_count(data->store, &count, err))
			return false;
		/* one that is not shown was deleted: read all again */
		if (count != (int64_t)data->experiment_total &&
		    !reread_all(data, &reading, err))
			return false;
	}
	data->seen_version = version;
	if (reading.has_changed) {
		*changes |= DATA_EXPERIMENTS;
		data_arrange(data);
	}
	row = data_selected(data);
	if (!row)
		return true;
	if (row->version > data->experiment.version) {
		if (!read_selected(data, err)) {
			if (err->code != ERROR_NOT_FOUND)
				return false;
			/* deleted meanwhile: begin again */
			clear_experiments(data);
			release_selection(data);
			data->selected = 0;
			data->is_stale = true;
			*changes |= DATA_EXPERIMENTS | DATA_SELECTION;
			return true;
		}
		*changes |= DATA_EXPERIMENT;
	}
	if (!trial_index_refresh(&data->trials, data->store, &data->experiment,
				 &has_changed, err))
		return false;
	if (has_changed)
		*changes |= DATA_TRIALS;
	return true;
}

bool data_has_news(struct data *data)
{
	if (data->is_stale || !data->store)
		return true;
	return store_data_version(data->store) != data->seen_data_version;
}

static unsigned note_trouble(struct data *data, const struct error *err)
{
	bool is_new = data->trouble.code == ERROR_NONE;

	data->trouble = *err;
	data->is_stale = true;
	if (is_new)
		data->trouble_since_ns = clock_wall_ns();
	return is_new ? DATA_TROUBLE : 0;
}

unsigned data_refresh(struct data *data)
{
	unsigned changes = 0;
	struct error err = {0};
	bool is_ok;

	if (!data->store) {
		if (!open_store(data, &err))
			return err.code == ERROR_NOT_FOUND
				       ? 0
				       : note_trouble(data, &err);
		data->is_stale = true;
	}
	if (!data_has_news(data))
		return 0;
	data->is_stale = false;
	data->seen_data_version = store_data_version(data->store);
	if (!store_snapshot_begin(data->store, &err))
		return note_trouble(data, &err);
	is_ok = read_news(data, &changes, &err);
	store_snapshot_end(data->store);
	if (!is_ok)
		return changes | note_trouble(data, &err);
	if (data->trouble.code != ERROR_NONE)
		changes |= DATA_TROUBLE;
	data->trouble.code = ERROR_NONE;
	data->refreshed_ns = clock_wall_ns();
	if ((changes & DATA_EXPERIMENTS) && data_check_live(data))
		changes |= DATA_EXPERIMENTS;
	return changes;
}

static void read_space(struct data *data)
{
	struct error ignored;

	if (data->experiment.space)
		space_parse(data->experiment.space, &data->space, NULL,
			    &ignored);
	data->trials.space = data->space;
	data->trials.is_maximized =
		data->experiment.objective == OBJECTIVE_MAXIMIZE;
}

static bool add_name(const char *name, void *arg)
{
	struct data *data = arg;

	data->metrics = xrealloc(data->metrics,
				 (data->metric_count + 1) * sizeof(char *));
	data->metrics[data->metric_count++] = xstrdup(name);
	return data->metric_count < METRIC_NAMES_MAX;
}

struct field_names data_names(struct data *data)
{
	int64_t now_ns = clock_mono_ns();
	struct error ignored;

	/* a metric may be reported for the first time at any moment */
	if (data->store && data->selected &&
	    (data->metrics_of != data->selected || !data->metrics ||
	     now_ns - data->metrics_ns > NAMES_NS)) {
		forget_metrics(data);
		store_metric_names_each(data->store, data->selected, add_name,
					data, &ignored);
		data->metrics_of = data->selected;
		data->metrics_ns = now_ns;
	}
	return (struct field_names){
		.space = data->space,
		.metrics = (const char *const *)data->metrics,
		.metric_count = data->metrics_of == data->selected
					? data->metric_count
					: 0};
}

bool data_select(struct data *data, int64_t key, int page)
{
	struct error err = {0};
	bool is_ok;

	release_selection(data);
	data->has_new_space = false;
	data->selected = key;
	if (!data->store || key == 0)
		return false;
	is_ok = store_snapshot_begin(data->store, &err);
	if (is_ok) {
		is_ok = read_selected(data, &err);
		if (is_ok)
			read_space(data);
		is_ok = is_ok &&
			trial_index_open(&data->trials, data->store,
					 &data->experiment, page, &err);
		store_snapshot_end(data->store);
	}
	if (!is_ok) {
		note_trouble(data, &err);
		return false;
	}
	trial_index_arrange(&data->trials);
	return true;
}

bool data_check_live(struct data *data)
{
	bool has_changed = false;
	size_t i;

	data->live_checked_ns = clock_mono_ns();
	for (i = 0; i < data->experiment_total; i++) {
		struct experiment_row *row = &data->experiments[i];
		bool is_live = false;
		int pid = 0;

		/* Our own lock is not looked at: opening and closing the lock
		 * file in the process that holds it could give it away. */
		if (row->key == data->own_experiment)
			is_live = true;
		else if (!experiment_state_is_terminal(row->state) ||
			 row->is_live)
			is_live = store_experiment_is_live(data->db_path,
							   row->id, &pid);
		if (is_live != row->is_live || pid != row->pid)
			has_changed = true;
		row->is_live = is_live;
		row->pid = pid;
	}
	return has_changed;
}

bool data_has_live(const struct data *data)
{
	size_t i;

	for (i = 0; i < data->experiment_total; i++)
		if (data->experiments[i].is_live)
			return true;
	return false;
}
