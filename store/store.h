/* SPDX-License-Identifier: MIT */
/*
 * The store: one SQLite file where engine, screen and commands meet.
 *
 * A handle belongs to one thread.  STORE_WRITE is the engine's (and, briefly,
 * the command line's when it creates or deletes); STORE_READ can only look and
 * works beside a writer in another process; STORE_APPEND is a reader that may
 * also append one-row commands.
 *
 * Versions.  Every transaction that changes experiments, trials, attempts or
 * events takes the next number of one counter and stamps the rows it writes
 * with it.  Writers are serialised by SQLite, so commit order is version
 * order: a reader that asks for rows above the version it has seen misses
 * nothing and never goes backwards.  Metric rows carry no version: the trial
 * row's summary does.
 *
 * All functions that read into a struct leave it released on failure.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/cluster.h"
#include "model/event.h"
#include "model/experiment.h"
#include "model/metric.h"
#include "model/output.h"
#include "model/part.h"
#include "model/trial.h"

struct store;

enum store_mode { STORE_READ, STORE_APPEND, STORE_WRITE };

/* PRAGMA application_id of our files: four bytes at offset 68. */
#define STORE_APPLICATION_ID 0x5472446b

/* ---- store.c: opening, transactions, versions ------------------------- */

/* Open a database; STORE_WRITE creates it (0600, folders 0700) and migrates it
 * with a backup first ("<path>.v<N>.bak").  WAL and synchronous FULL on local
 * file systems; a rollback journal on network ones.  A file of a newer schema
 * is refused with ERROR_INVALID and a sentence that says so; STORE_READ of a
 * missing file is ERROR_NOT_FOUND. */
bool store_open(const char *path, enum store_mode mode,
		struct store **ret_store, struct error *err);
void store_close(struct store *store);
/* From now on (or no longer) STORE_READ takes files for what nobody writes: it
 * opens them as they are, locks nothing, and leaves no -wal or -shm beside
 * them. For all handles of this process; say so before threads start. */
void store_read_as_immutable(bool is_so);
const char *store_path(const struct store *store);
/* "wal" or "delete"; and why when it is not WAL ("nfs"), else NULL. */
const char *store_journal_mode(const struct store *store,
			       const char **ret_network_kind);

/* BEGIN IMMEDIATE (waits up to 10 s for another writer) ... COMMIT.  A commit
 * that fails has rolled back; rolling back without a transaction is harmless.
 */
bool store_begin(struct store *store, struct error *err);
bool store_commit(struct store *store, struct error *err);
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);

/* Highest committed version this handle can see. */
bool store_version(struct store *store, int64_t *ret_version,
		   struct error *err);
/* SQLite's data_version: differs after any other connection committed.
 * Microseconds; this is the cheap poll across processes. */
int64_t store_data_version(struct store *store);
/* Consistent reads over several calls: hold one snapshot (readers only). */
bool store_snapshot_begin(struct store *store, struct error *err);
void store_snapshot_end(struct store *store);
/* PRAGMA integrity_check plus our own rules (sequences 0..n-1 once each,
 * counts match).  Appends one line per problem; true when there is none. */
bool store_check(struct store *store, struct strbuf *problems,
		 struct error *err);

/* ---- experiment_row.c ------------------------------------------------- */

/* Insert; sets key, version.  Needs a transaction, as all writes below. */
bool store_experiment_add(struct store *store, struct experiment *experiment,
			  struct error *err);
/* Write every mutable column (all but key, id, created, source, config).  The
 * store itself keeps counts and next_sequence: they are not written but read
 * back into the struct. */
bool store_experiment_update(struct store *store, struct experiment *experiment,
			     struct error *err);
bool store_experiment_get(struct store *store, int64_t key,
			  struct experiment *ret, struct error *err);
/* By id, unique id prefix, exact name (newest wins), or "latest".  An
 * ambiguous prefix is ERROR_CONFLICT and names the candidates; NOT_FOUND has a
 * "did you mean" when something is near. */
bool store_experiment_find(struct store *store, const char *name,
			   struct experiment *ret, struct error *err);
/* Another configuration and search space for an experiment that runs. */
bool store_experiment_reconfigure(struct store *store, int64_t key,
				  const char *config, const char *space,
				  struct error *err);
/* Remove an experiment with all its rows (not its files). */
bool store_experiment_delete(struct store *store, int64_t key,
			     struct error *err);
/* Newest first, those with version > after.  The callback borrows; returning
 * false ends the walk early (not an error). */
typedef bool store_experiment_fn(const struct experiment *experiment,
				 void *arg);
bool store_experiments_each(struct store *store, int64_t after,
			    store_experiment_fn *fn, void *arg,
			    struct error *err);
/* A deletion leaves no row with a version: their number tells. */
bool store_experiments_count(struct store *store, int64_t *ret,
			     struct error *err);

/* ---- trial_row.c ------------------------------------------------------ */

/* Insert; sets key and version.  A sequence of -1 becomes the experiment's
 * next, an empty id a fresh one; ERROR_CONFLICT when either exists.  Keys are
 * (experiment << 32) + sequence: unique, ascending, but not small. */
bool store_trial_add(struct store *store, struct trial *trial,
		     struct error *err);
/* Write every mutable column (all but key, experiment, id, sequence,
 * parameters, source). */
bool store_trial_update(struct store *store, struct trial *trial,
			struct error *err);
bool store_trial_get(struct store *store, int64_t key, struct trial *ret,
		     struct error *err);
/* By trial id, unique id prefix, or sequence number. */
bool store_trial_find(struct store *store, int64_t experiment, const char *name,
		      struct trial *ret, struct error *err);
typedef bool store_trial_fn(const struct trial *trial, void *arg);
enum store_trial_parts {
	STORE_TRIAL_BRIEF, /* parameters and reason stay NULL: no text read */
	STORE_TRIAL_WHOLE
};
/* Trials with version > after, by ascending sequence. */
bool store_trials_each(struct store *store, int64_t experiment, int64_t after,
		       enum store_trial_parts parts, store_trial_fn *fn,
		       void *arg, struct error *err);
/* One page by sequence: at most limit trials with sequence below `below`
 * (INT64_MAX: from the newest), descending.  For the first frame. */
bool store_trials_page(struct store *store, int64_t experiment, int64_t below,
		       int limit, enum store_trial_parts parts,
		       store_trial_fn *fn, void *arg, struct error *err);

bool store_attempt_add(struct store *store, const struct attempt *attempt,
		       struct error *err);
bool store_attempt_update(struct store *store, const struct attempt *attempt,
			  struct error *err);
/* number 0: the newest */
bool store_attempt_get(struct store *store, int64_t trial, int number,
		       struct attempt *ret, struct error *err);
typedef bool store_attempt_fn(const struct attempt *attempt, void *arg);
bool store_attempts_each(struct store *store, int64_t trial,
			 store_attempt_fn *fn, void *arg, struct error *err);

/* ---- metric_row.c, metric_stage.c ------------------------------------- */

/* Insert one metric of an attempt.  metric->sequence must be set; a row that
 * is there already is left as it is and *ret_is_new is false.  This is the hot
 * path: one prepared statement, names and sequences cached in the handle; so
 * only one handle at a time may add metrics of an experiment (see owner.c). */
bool store_metric_add(struct store *store, int64_t trial, int attempt,
		      const struct metric *metric, bool *ret_is_new,
		      struct error *err);
/* Before that: METRIC_SEQUENCE_NEXT becomes the number after the highest stored
 * one of the metric's series.  Is it above all that are stored?  As fast. */
bool store_metric_number(struct store *store, int64_t trial, int attempt,
			 struct metric *metric, bool *ret_is_newest,
			 struct error *err);
/* New rows wait in a table of their own, of some thousands at most, to be moved
 * into the large one in order; move them now, because nothing else is to be
 * done, so that readers need not look there.  Needs a transaction. */
bool store_metrics_settle(struct store *store, struct error *err);
/* Are there enough of them to be worth a move although more are coming? */
bool store_metrics_are_many(const struct store *store);
/* The sequence after the highest stored one of this kind; 0 for none. */
bool store_metric_next(struct store *store, int64_t trial, int attempt,
		       const char *name, enum metric_type type, int source,
		       int64_t *ret_sequence, struct error *err);
typedef bool store_metric_fn(const struct metric *metric, void *arg);
/* In (name, type, source, sequence) order.  name NULL: all names; attempt 0:
 * all attempts. */
bool store_metrics_each(struct store *store, int64_t trial, int attempt,
			const char *name, store_metric_fn *fn, void *arg,
			struct error *err);
/* One curve, cheaply: intermediate results of one name and source 0 with
 * sequence > after, ascending. */
bool store_series_each(struct store *store, int64_t trial, int attempt,
		       const char *name, int64_t after, store_metric_fn *fn,
		       void *arg, struct error *err);
typedef bool store_name_fn(const char *name, void *arg);
/* Names of metrics that an experiment's trials reported, objective first. */
bool store_metric_names_each(struct store *store, int64_t experiment,
			     store_name_fn *fn, void *arg, struct error *err);
typedef bool store_final_fn(int64_t sequence, int attempt, double value,
			    void *arg);
/* Final results of one name of the trials with sequence in [from, below), by
 * their newest attempts.  Of several values of a trial and attempt the first
 * one told counts.  A few microseconds a trial. */
bool store_finals_each(struct store *store, int64_t experiment,
		       const char *name, int64_t from, int64_t below,
		       store_final_fn *fn, void *arg, struct error *err);
/* Rebuild final, last, best, intermediates of a trial from its newest
 * attempt's metrics (after a crash: summaries are derived data).  final is the
 * first final result, as in NNI.  Changes the struct only. */
bool store_trial_summarize(struct store *store, struct trial *trial,
			   enum objective_mode mode, struct error *err);

/* ---- metric_stats.c ----------------------------------------------------- */

#define STORE_STATS_MAX 4096

/* Statistics of one metric, by sequence number, of those among the trials
 * [first, first + count) that reported it; at most STORE_STATS_MAX of them.
 * attempt: the newest that did, which may not be the trial's newest. */
struct metric_stats;
typedef bool store_stats_fn(int64_t trial, int attempt,
			    const struct metric_stats *stats, void *arg);
bool store_metric_stats_each(struct store *store, int64_t experiment,
			     const char *name, int64_t first, size_t count,
			     store_stats_fn *fn, void *arg, struct error *err);

/* ---- event_row.c ------------------------------------------------------ */

bool store_event_add(struct store *store, struct event *event,
		     struct error *err);
typedef bool store_event_fn(const struct event *event, void *arg);
/* Events with key > after, oldest first; trial 0: of the whole experiment;
 * limit 0: all, else only the newest `limit` of them. */
bool store_events_each(struct store *store, int64_t experiment, int64_t trial,
		       int64_t after, int limit, store_event_fn *fn, void *arg,
		       struct error *err);

/* ---- command_row.c ---------------------------------------------------- */

/* Append in a transaction of its own; sets key.  STORE_APPEND suffices. */
bool store_command_append(struct store *store, struct command *command,
			  struct error *err);
typedef bool store_command_fn(const struct command *command, void *arg);
bool store_commands_pending(struct store *store, int64_t experiment,
			    store_command_fn *fn, void *arg, struct error *err);
/* Record the one outcome; ERROR_CONFLICT when it has one already.  Needs a
 * transaction. */
bool store_command_answer(struct store *store, int64_t key,
			  enum command_state state, const char *outcome,
			  struct error *err);
bool store_command_get(struct store *store, int64_t key, struct command *ret,
		       struct error *err);

/* ---- cluster_row.c: what is known of the cluster ----------------------- */

/* None of this is exported.  Unknown amounts are -1 (model/cluster.h). */

/* A look at the nodes: these are all there are.  Remembers when. */
bool store_cluster_replace(struct store *store, int64_t experiment,
			   const struct cluster_node *nodes, size_t count,
			   struct error *err);
/* A look that failed: the nodes stay as they were known. */
bool store_cluster_failed(struct store *store, int64_t experiment,
			  const char *problem, struct error *err);
/* All zero when nobody has looked. */
bool store_cluster_look(struct store *store, int64_t experiment,
			struct cluster_look *ret, struct error *err);
typedef bool store_node_fn(const struct cluster_node *node, void *arg);
/* By name. */
bool store_cluster_each(struct store *store, int64_t experiment,
			store_node_fn *fn, void *arg, struct error *err);

/* Add or replace the place of place->trial. */
bool store_place_set(struct store *store, const struct trial_place *place,
		     struct error *err);
/* ERROR_NOT_FOUND when it has none. */
bool store_place_get(struct store *store, int64_t trial,
		     struct trial_place *ret, struct error *err);
typedef bool store_place_fn(const struct trial_place *place, void *arg);
/* Of trials that are not over, by sequence. */
bool store_places_each(struct store *store, int64_t experiment,
		       store_place_fn *fn, void *arg, struct error *err);
/* Of all trials with sequence numbers in [first, first + count). */
bool store_places_between(struct store *store, int64_t experiment,
			  int64_t first, int64_t count, store_place_fn *fn,
			  void *arg, struct error *err);
/* Not an error when it has none. */
bool store_place_delete(struct store *store, int64_t trial, struct error *err);

/* ---- part_row.c: what an attempt consists of --------------------------- */

/* These are the attempt's parts now, all of them; only rows that differ are
 * written.  *ret_is_news: something did.  The attempt must be there. */
bool store_parts_put(struct store *store, int64_t trial, int attempt,
		     const struct part_list *parts, bool *ret_is_news,
		     struct error *err);
/* Add the attempt's parts to an empty list, to be released; none is not an
 * error. */
bool store_parts_get(struct store *store, int64_t trial, int attempt,
		     struct part_list *ret, struct error *err);

/* ---- output_row.c: where outputs lie ------------------------------------ */

/* Add or replace the row of an attempt, which must be there; its trial counts
 * as changed. */
bool store_output_put(struct store *store, const struct output *output,
		      struct error *err);
/* ERROR_NOT_FOUND when there is none: older attempts have none. */
bool store_output_get(struct store *store, int64_t trial, int attempt,
		      struct output *ret, struct error *err);
typedef bool store_output_fn(const struct output *output, void *arg);
/* By trial and attempt; trial 0: of the whole experiment. */
bool store_outputs_each(struct store *store, int64_t experiment, int64_t trial,
			store_output_fn *fn, void *arg, struct error *err);
/* The code in the experiment's storage; ERROR_NOT_FOUND: none is complete. */
bool store_code_put(struct store *store, int64_t experiment,
		    const struct output_code *code, struct error *err);
bool store_code_get(struct store *store, int64_t experiment,
		    struct output_code *ret, struct error *err);

/* ---- history_row.c: what the tuner was told, in order ------------------ */

enum history_kind {
	HISTORY_SUGGESTED, /* trial got its parameters from the tuner */
	HISTORY_OBSERVED,  /* trial's final result was told */
	HISTORY_ENDED,	   /* trial ended: told with its state */
	HISTORY_IMPORTED,  /* a point from elsewhere: parameters and value */
	HISTORY_PREPARED,  /* a slow tuner has this suggestion ready */
	/* from here on another space or other arguments: a fresh tuner, which
	 * is told the results so far as imported ones; number: the first
	 * suggestion that is its own; parameters: what was asked for */
	HISTORY_CHANGED,
};

/* Replaying these rows by position rebuilds the tuner exactly. */
struct history {
	int64_t position; /* 0, 1, ... within the experiment */
	enum history_kind kind;
	int64_t trial;	/* key; 0 for imported */
	int64_t number; /* suggestion number; -1 for imported/customised */
	enum trial_state state; /* ENDED */
	double value;		/* OBSERVED, IMPORTED: the first objective's */
	/* SUGGESTED, PREPARED, IMPORTED: the point as JSON object, of the
	 * space's parameters alone; owned, like all texts here */
	char *parameters;
	/* SUGGESTED, PREPARED: the point as JSON list of its internal values,
	 * null for inactive ones; NULL: not kept, the tuner proposes it again
	 */
	char *point;
	char *extra;  /* members of the trial's parameters beside the space's,
		       * without braces; or NULL */
	char *values; /* OBSERVED, IMPORTED: JSON list of all objectives'
		       * values, null for missing ones; NULL: one objective */
	double violation; /* OBSERVED, IMPORTED: of constraints */
	double budget;	  /* all but ENDED; 0: none */
	bool has_parent;  /* SUGGESTED, PREPARED: it goes on from the */
	int64_t parent;	  /* checkpoint of this suggestion */
};

void history_release(struct history *history);
/* position is assigned. */
bool store_history_add(struct store *store, int64_t experiment,
		       struct history *history, struct error *err);
typedef bool store_history_fn(const struct history *history, void *arg);
bool store_history_each(struct store *store, int64_t experiment,
			store_history_fn *fn, void *arg, struct error *err);

/* What the tuner is doing, a JSON object for people; replaces the last one. */
bool store_tuner_state_put(struct store *store, int64_t experiment,
			   const char *state, int64_t at_ns, struct error *err);
/* *ret_state is NULL when it never said anything; caller frees. */
bool store_tuner_state_get(struct store *store, int64_t experiment,
			   char **ret_state, struct error *err);

/* ---- amend.c: small changes by whoever looks ---------------------------- */

/* A transaction for the functions below on a handle that may append, as a
 * console's: also while another process, or nobody, runs the experiment.
 * STORE_READ is refused.  end(ok) commits, or takes all of it back. */
bool store_amend_begin(struct store *store, struct error *err);
bool store_amend_end(struct store *store, bool ok, struct error *err);

/* ---- tag_row.c: what people say ------------------------------------------ */

/* Tags and notes of an experiment (trial 0) and of its trials (keys); what
 * they may be stands in model/tag.h.  The functions that change are each a
 * transaction of their own (STORE_APPEND suffices), or ride in an open one.
 * Each change is an event ("+good by ann@host ..."), touches the version of
 * what it is about and sets the experiment's marked_version. */
struct tag {
	int64_t experiment, trial;
	char *name;
	int64_t at_ns;
	char *author; /* or NULL */
};

struct note {
	int64_t experiment, trial;
	char *text;
	int64_t at_ns;
	char *author; /* or NULL */
};

/* words: "good" or "+good" adds, "-bad" takes away; all or none.  Counts those
 * that changed something. */
bool store_tags_change(struct store *store, int64_t experiment, int64_t trial,
		       const char *const *words, size_t count,
		       const char *author, int *ret_changes, struct error *err);
typedef bool store_tag_fn(const struct tag *tag, void *arg);
/* All of the experiment and its trials, by trial and name.  Read them again
 * when marked_version has changed. */
bool store_tags_each(struct store *store, int64_t experiment, store_tag_fn *fn,
		     void *arg, struct error *err);
/* NULL or "" removes it. */
bool store_note_put(struct store *store, int64_t experiment, int64_t trial,
		    const char *text, const char *author, struct error *err);
typedef bool store_note_fn(const struct note *note, void *arg);
bool store_notes_each(struct store *store, int64_t experiment,
		      store_note_fn *fn, void *arg, struct error *err);
/* Without an event, in the open transaction: for import. */
bool store_tag_put(struct store *store, const struct tag *tag, bool *ret_is_new,
		   struct error *err);
bool store_note_write(struct store *store, const struct note *note,
		      bool *ret_is_news, struct error *err);
/* Put an experiment aside, or take it back. */
bool store_experiment_archive(struct store *store, int64_t experiment,
			      bool is_archived, const char *author,
			      struct error *err);

/* ---- preference_row.c: what screens remember ----------------------------- */

#define PREFERENCE_NAME_MAX 64
#define PREFERENCE_VALUE_MAX (256 * 1024)

/* Of one experiment, or of all (experiment 0), by name; the value is JSON.
 * Not exported, no event, no version.  A transaction of its own (STORE_APPEND
 * suffices), or rides in an open one.  value NULL removes it. */
bool store_preference_put(struct store *store, int64_t experiment,
			  const char *name, const char *value,
			  struct error *err);
/* *ret_value is NULL when there is none; caller frees. */
bool store_preference_get(struct store *store, int64_t experiment,
			  const char *name, char **ret_value,
			  struct error *err);
typedef bool store_preference_fn(const char *name, const char *value,
				 void *arg);
bool store_preferences_each(struct store *store, int64_t experiment,
			    store_preference_fn *fn, void *arg,
			    struct error *err);

/* ---- transfer.c: whole experiments as files ----------------------------- */

enum transfer_format {
	TRANSFER_JSON,	   /* ours: everything, reads back with import */
	TRANSFER_NNI_JSON, /* nnictl experiment export --type json (nni 9.3) */
	TRANSFER_CSV	   /* one row a trial; parameters flattened */
};

/* Append an experiment to out, at most 1 GiB (ERROR_LIMIT).  TRANSFER_JSON is
 * always complete; in the others `intermediates` adds the curves.  Secrets are
 * left out. */
bool store_export(struct store *store, int64_t experiment,
		  enum transfer_format format, bool intermediates,
		  struct strbuf *out, struct error *err);
/* Read an export of TRANSFER_JSON back as a new experiment under its own id
 * (ERROR_CONFLICT if that exists), in a transaction of its own, or in an open
 * one, which a failure leaves to be rolled back.  Bounded and checked: hostile
 * input.  What ran when it was exported arrives stopped. */
bool store_import(struct store *store, const char *json, size_t len,
		  struct experiment *ret, struct error *err);

/* ---- owner.c: the experiment lock --------------------------------------- */

/* A lock file beside the database, held by the process that runs an
 * experiment and released by the kernel when it dies.  ERROR_CONFLICT names
 * the holder.  Returns the descriptor to hold (close-on-exec), or -1. */
int store_lock_experiment(const char *db_path, const char *experiment_id,
			  struct error *err);
/* Is it held right now?  *ret_pid gets the holder's pid when known, else 0. */
bool store_experiment_is_live(const char *db_path, const char *experiment_id,
			      int *ret_pid);

#endif
