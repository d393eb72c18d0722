/* SPDX-License-Identifier: MIT */
/*
 * What the screen knows of the store: the experiments, the one that is shown,
 * and the index of its trials.
 *
 * data_refresh asks for what changed since the version seen, inside one read
 * snapshot, so that what is shown together was true together.  A store that
 * cannot be read at the moment keeps what was known, with the trouble and its
 * age.  Thread: ui.
 */
#ifndef TUI_DATA_H
#define TUI_DATA_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/space.h"
#include "store/store.h"
#include "tui/trial_index.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of the experiments list. */
struct experiment_row {
	int64_t key;
	int64_t version;
	char id[EXPERIMENT_ID_MAX + 1];
	char *name; /* owned; safe to draw */
	enum experiment_state state;
	bool is_paused;
	bool lets_finish;
	bool is_live; /* some process runs it */
	int pid;      /* ... this one, when known */
	enum objective_mode objective;
	int concurrency;
	int64_t max_trials;
	int64_t counts[TRIAL_STATE_COUNT];
	struct metric_value best;
	int64_t created_ns, started_ns, ended_ns;
	char *tags;	  /* owned; safe to draw; "" for none */
	const char *from; /* "nni", "optuna"; NULL: made here */
	bool has_note, is_archived;
	bool is_marked; /* on this screen */
};

enum experiment_order {
	EXPERIMENTS_BY_AGE, /* newest first */
	EXPERIMENTS_BY_NAME,
	EXPERIMENTS_BY_STATE, /* what runs first */
	EXPERIMENTS_BY_BEST,
	EXPERIMENTS_BY_START,
	EXPERIMENT_ORDERS
};

/* What data_refresh found; views recalculate what they show of it. */
enum data_change {
	DATA_EXPERIMENTS = 1 << 0,
	DATA_EXPERIMENT = 1 << 1, /* the shown one's own row */
	DATA_TRIALS = 1 << 2,
	DATA_TROUBLE = 1 << 3,
	DATA_SELECTION = 1 << 4, /* another experiment is shown */
	/* something was committed that no list shows: events, places, nodes;
	 * alone it concerns no pane */
	DATA_OTHER = 1 << 5,
};

struct data {
	struct store *store; /* NULL while there is no database */
	const char *db_path; /* borrowed */
	bool is_read_only;
	bool is_ascii;
	int64_t own_experiment; /* the one this process runs, or 0 */

	/* those that are shown, in order, then those that are not */
	struct experiment_row *experiments;
	size_t experiment_count; /* shown */
	size_t experiment_total, experiment_capacity;
	enum experiment_order order;
	bool is_order_reversed;
	bool shows_archived;
	int64_t seen_version;
	int64_t seen_data_version;
	bool is_stale; /* read even though the data version is the same */

	int64_t selected;	      /* key of the shown experiment; 0: none */
	struct experiment experiment; /* its whole row */
	struct space *space;	      /* of it; NULL when it has none */
	bool has_new_space;	      /* select it anew: it has another one */
	struct trial_index trials;
	/* names of metrics that were reported; owned.  data_names reads them */
	char **metrics;
	size_t metric_count;
	int64_t metrics_of, metrics_ns; /* experiment; monotonic */
	int64_t best_sequence; /* of the trial with the best value, or -1 */
	char best_id[TRIAL_ID_SIZE];
	int64_t best_key; /* what best_sequence was looked up for */

	struct error trouble; /* of the last refresh; NONE when it went well */
	int64_t trouble_since_ns; /* wall time */
	int64_t refreshed_ns;	  /* wall time of the last good refresh */
	int64_t live_checked_ns;  /* monotonic */
};

/* Open the database; one that is not there yet is not an error, it is tried
 * again by data_refresh. */
bool data_open(struct data *data, const char *db_path, bool is_read_only,
	       struct error *err);
void data_close(struct data *data);

/* Look at the store if it changed.  Returns a set of enum data_change. */
unsigned data_refresh(struct data *data);
/* Did another connection commit since the last refresh?  Microseconds. */
bool data_has_news(struct data *data);
/* Show another experiment; page: rows wanted at once. */
bool data_select(struct data *data, int64_t key, int page);
/* Look again which experiments are run by somebody.  True when one began or
 * ceased to be. */
bool data_check_live(struct data *data);
bool data_has_live(const struct data *data);

/* Order the experiments anew. */
void data_arrange(struct data *data);
/* "name", "state", ... */
const char *data_order_name(enum experiment_order order);

/* Also one that is archived and not shown. */
/* What fields of the shown experiment are called; valid until the next call. */
struct field_names data_names(struct data *data);

struct experiment_row *data_find(const struct data *data, int64_t key);
/* The shown experiment's line, or NULL. */
struct experiment_row *data_selected(const struct data *data);
/* Trials that have not ended. */
int64_t experiment_row_live(const struct experiment_row *row);
int64_t experiment_row_total(const struct experiment_row *row);

#endif
