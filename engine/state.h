/* SPDX-License-Identifier: MIT */
/*
 * The engine's working state.  Private to the files of this folder.
 *
 * One rule keeps memory and disk together: everything that happens in a turn
 * of the loop is written in one transaction, which the end of the turn
 * commits; only then are reports answered, jobs submitted or killed, and the
 * screen told.  Should the commit fail, memory is ahead of the disk, and the
 * engine does what it would do after a crash: forget everything and recover
 * from the store (recover.c).  There is no third way.
 *
 *   acts.c      what kinds of job can do beside running and ending
 *   advice.c    tuner and assessor, and the history that replays them
 *               (with advice_replay.c, advice_result.c, advice_slow.c)
 *   attempts.c  a trial's life: queued, submitted, running, ended, again
 *   commands.c  what people asked for, and the one outcome of each
 *   engine.c    the port: start, thread, turn, leave
 *   ingest.c    reports to metric rows and summaries
 *   live.c      the table of trials that are not over
 *   news.c      what the platform tells
 *   checkpoint.c  what one trial leaves and another goes on from
 *   code.c      the code on its way to the storage
 *   outputs.c   what attempts leave: counted, kept, removed
 *   parts.c     what attempts consist of
 *   python.c    tuners, assessors and advisors in Python; python_tell.c,
 *               python_fresh.c: what they are told
 *   recover.c   from the store to working state
 *   restart.c   trials that are over, run again by hand
 *   schedule.c  when to start trials, and when the experiment is over
 *   warm.c      results of earlier experiments
 *   status.c    faults, events, Prometheus text
 */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "engine/assessor/assessor.h"
#include "engine/engine.h"
#include "engine/loop.h"
#include "engine/platform/platform.h"
#include "engine/sideport/sideport.h"
#include "engine/tuner/tuner.h"
#include "model/experiment.h"
#include "model/space.h"
#include "store/store.h"

#include <pthread.h>
#include <stdatomic.h>

/* A kill command waiting for its trials to end. */
struct kill_request {
	int64_t command; /* key */
	int wanted;	 /* trials asked to end */
	int left;	 /* of them, still ending */
	char who[64];	 /* for the outcome: "trial Xa12b (#3)" */
};

/* A trial that is not over: queued, submitted or running. */
struct live {
	struct live *next;  /* in its hash bucket */
	struct live *later; /* in the order of coming, for walks */
	struct live *earlier;
	struct live *next_changed; /* in engine->changed */
	struct trial trial;
	struct attempt attempt;
	int64_t number; /* the tuner's suggestion number; -1: customised */
	/* of a tuner in Python: the text of parameter.cfg, as it came */
	char *file;
	bool is_known;	 /* and its process made it, and knows it as running */
	double budget;	 /* of the suggestion; 0: none */
	bool has_parent; /* it goes on from the checkpoint of the trial of */
	int64_t parent;	 /* this suggestion */
	bool is_submitted;	  /* its job exists or is being made */
	bool is_changed;	  /* it is in engine->changed */
	bool has_row_changes;	  /* trial row must be written this turn */
	bool has_attempt_changes; /* and the attempt's */
	bool has_summary_changes; /* trial row may be written a bit later */
	bool is_returning;	  /* being restarted */
	bool has_gap;	    /* an intermediate result is missing in between */
	bool has_complaint; /* a report was refused, and that was told */
	enum trial_state kill_as; /* UNKNOWN: nobody asked */
	char kill_reason[200];
	int failures;	   /* attempts in a row that failed by themselves */
	int interruptions; /* and that the platform cut short */
	double *history;   /* the objective's intermediate results, in order */
	size_t history_count, history_capacity;
	struct kill_request **kills;
	size_t kill_count, kill_capacity;
	bool wants_submit; /* the platform could not take it yet */
	bool may_run;	   /* an engine before this one has handed it over */
};

#define LIVE_BUCKETS 1024

/* Something to do after the commit. */
enum after_kind { AFTER_SUBMIT, AFTER_KILL };

struct after {
	enum after_kind kind;
	int64_t trial;
	int attempt;
	bool is_resumed; /* SUBMIT */
};

struct alert_watch;

struct engine {
	/* fixed for life */
	char *db_path;
	int64_t experiment_key;
	int wanted_port;
	pthread_t thread;
	int lock_fd;
	int notice_fd;
	struct loop *loop;
	atomic_bool keep_open, is_leaving, is_finished, has_commands;

	struct alert_watch *alerts; /* NULL: could not be started */

	char *source_faults[2]; /* by enum fault_source; NULL: none */
	/* the fault that stops everything, for other threads */
	pthread_mutex_t fault_mutex;
	char fault[256]; /* empty: none */
	int64_t fault_since_ns;

	/* the store side */
	struct store *store;
	bool is_in_turn;   /* a transaction is open */
	bool is_versioned; /* it changes rows the screen watches */
	bool has_failed;   /* it cannot be committed */
	struct error failure;
	struct loop_timer *recovery; /* retrying after a failure */
	int recovery_delay_ms;
	int64_t data_version; /* of the last look for commands */
	int64_t last_command; /* key: those up to it are answered or under way
			       */

	/* the experiment, as recovered */
	bool is_up;
	struct experiment experiment;
	struct experiment_config config;
	struct space *space;
	/* the row has another space or tuner: at the end of the turn all is
	 * read anew, as after a crash */
	bool begins_anew;
	struct advice *advice;	  /* advice.h */
	struct tuner *tuner;	  /* called by advice alone */
	unsigned int tuner_flags; /* of enum tuner_flag */
	struct assessor *assessor;
	struct python *python; /* those of both that run in Python; NULL */
	int64_t next_suggestion;
	bool is_exhausted;	      /* the tuner has nothing left */
	bool is_stalled;	      /* the tuner waits for a result */
	bool is_thinking;	      /* it will have something soon */
	struct outputs_desk *outputs; /* outputs.c's */
	const struct platform_ops *platform_ops;
	struct platform *platform;
	struct platform_context platform_context;
	struct sideport *sideport;
	char *certificate; /* PEM of the side port's, or NULL */
	char *url_file;
	char *keeper_path;
	struct live *buckets[LIVE_BUCKETS];
	struct live *first, *last;
	int live_count;	  /* submitted */
	int queued_count; /* not submitted */
	int64_t finished_count;
	int config_failures; /* trials in a row that could not even start */
	bool has_experiment_changes;
	struct live *changed; /* all with has_row_changes, and perhaps others */
	/* keys of all with has_summary_changes, and perhaps others */
	int64_t *summarized;
	size_t summarized_count, summarized_capacity;
	struct trial_place *places; /* to be written */
	size_t place_count, place_capacity;
	struct loop_timer *news;  /* what may wait is written then, at last */
	int64_t ran_since_ns;	  /* monotonic; 0: the clock stands */
	struct loop_timer *limit; /* maxExperimentDuration */
	struct loop_timer *deadline;	 /* the next maxTrialDuration */
	struct loop_timer *resubmission; /* for those with wants_submit */
	struct loop_timer *hold;	 /* until then nothing is started */
	struct loop_timer *summaries;	 /* writes summaries soon */
	int64_t metrics_settling;	 /* metrics_total when it was set */
	struct loop_timer *heartbeat;	 /* run time, metrics text */
	struct loop_timer *command_poll;

	/* this turn */
	struct report *reports; /* to be answered */
	struct after *afters;
	size_t after_count, after_capacity;

	/* totals since start, for /metrics */
	int64_t metrics_total, reports_total, commits_total;
};

/* ---- engine.c ---- */
/* Open this turn's transaction if it is not open.  False: the store fails. */
bool turn_begin(struct engine *engine);
/* This turn can never be committed. */
void turn_fail(struct engine *engine, const struct error *err);
void turn_after(struct engine *engine, enum after_kind kind, int64_t trial,
		int attempt, bool is_resumed);

/* ---- live.c ---- */
struct live *live_add(struct engine *engine);
struct live *live_find(struct engine *engine, int64_t trial);
/* Index it under its trial key, which must be set now. */
void live_index(struct engine *engine, struct live *live);
/* Its row must be written at the end of this turn. */
void live_changed(struct engine *engine, struct live *live);
/* Its summary may be written a bit later. */
void live_summarized(struct engine *engine, struct live *live);
void live_remove(struct engine *engine, struct live *live);
void live_remove_all(struct engine *engine);
void live_reset_metrics(struct live *live);

/* ---- recover.c ---- */
bool engine_recover(struct engine *engine, struct error *err);
void engine_forget(struct engine *engine);

/* ---- advice.c ---- */
bool advice_open(struct engine *engine, struct error *err);
void advice_close(struct engine *engine);
/* A suggestion on its way to its trial. */
struct advised {
	char *parameters;	     /* what the trial gets */
	char *plain, *point, *extra; /* as in struct history */
	double budget;
	bool has_parent;
	int64_t parent; /* suggestion */
};
void advised_release(struct advised *advised);
/* Ask for the next one.  TUNER_NOTHING_NOW with is_thinking: a turn follows
 * when there is one. */
enum tuner_outcome advice_suggest(struct engine *engine, struct advised *ret,
				  struct error *err);
/* It is this trial's, which has its number: the SUGGESTED history row. */
void advice_record_suggestion(struct engine *engine, struct live *live,
			      const struct advised *advised);
/* A suggested trial that was over runs again. */
void advice_runs_again(struct engine *engine, struct live *live);
/* Proposals of a slow tuner that are ready. */
void advice_take(struct engine *engine);
/* What the tuner says of itself: written when it has changed. */
void advice_write_state(struct engine *engine);
/* Key of the trial that suggestion `number` became; 0: none. */
int64_t advice_trial(const struct engine *engine, int64_t number);
/* The metric that is the trial's result: "default" as a rule. */
const char *advice_primary(const struct engine *engine);
/* Copy from the row with which the trial got its parameters. */
void advice_take_up(const struct history *row, struct live *live);
/* The trial is over: tell tuner and assessor, with history rows. */
void advice_ended(struct engine *engine, struct live *live);
/* A new objective value: stop the trial?  Fills kill_reason when so. */
bool advice_wants_stop(struct engine *engine, struct live *live);

/* ---- checkpoint.c ---- */
/* Where this trial leaves its checkpoint and what it goes on from, as it sees
 * them; NULL: nowhere, nothing.  Caller frees. */
bool checkpoint_paths(struct engine *engine, const struct live *live,
		      char **ret_own, char **ret_parent, struct error *err);

/* ---- python.c ---- */
/* Start what the configuration wants in Python; nothing is waited for. */
void python_open(struct engine *engine);
/* End it at once; is_orderly: with a few seconds to do so. */
void python_close(struct engine *engine, bool is_orderly);
bool python_has_tuner(const struct engine *engine);
/* Is there an assessor that cannot be told of trials yet? */
bool python_is_away(const struct engine *engine);
/* The oldest trial that the tuner sent, else ask it for more; `plain` is the
 * text of parameter.cfg. */
enum tuner_outcome python_suggest(struct engine *engine, struct advised *ret);
/* From a SUGGESTED row's text to working state. */
void python_recovered(struct live *live, const char *text);
/* These have been stored; and: it is over. */
void python_heard(struct engine *engine, const struct live *live,
		  const struct metrics *metrics);
void python_ended(struct engine *engine, struct live *live);
/* The experiment goes on: what has given up tries again. */
void python_go_on(struct engine *engine);
/* The experiment has another search space: the tuner is told. */
void python_space_changed(struct engine *engine);
/* The experiment is over: let the processes end.  True while they do. */
bool python_is_ending(struct engine *engine);

/* ---- attempts.c ---- */
/* A new trial with its first attempt, queued. */
struct live *attempts_add_trial(struct engine *engine, char *parameters,
				char source);
/* Record the intent; the job is made after the commit. */
void attempts_submit(struct engine *engine, struct live *live);
/* Another attempt; queued. */
void attempts_queue_again(struct engine *engine, struct live *live,
			  const char *reason);
/* Ask a live trial to end as `state`; queued ones end at once. */
void attempts_kill(struct engine *engine, struct live *live,
		   enum trial_state state, const char *reason);
/* Set the timer for the next maxTrialDuration. */
void attempts_arm_deadline(struct engine *engine);
/* Write what has changed of trials, attempts and places; not before the turn
 * commits something, or the timer for news is due. */
void attempts_write_changes(struct engine *engine, bool with_summaries);
/* What only the cluster has done need not be on disk before anything else
 * happens: it comes with the next commit, 50 ms later at most. */
void attempts_tell(struct engine *engine, struct live *live);
void attempts_tell_place(struct engine *engine,
			 const struct trial_place *place);
/* handover.c: what a committed turn wants of the platform. */
void handover(struct engine *engine, const struct after *after);
/* Copy what the trial row repeats of its newest attempt; write both. */
void attempts_write(struct engine *engine, struct live *live);
/* Why it waits; NULL: no longer. */
void attempts_set_reason(struct engine *engine, struct live *live,
			 const char *reason);
/* The live trial, if this is its newest attempt. */
struct live *attempts_find(struct engine *engine, int64_t trial, int attempt);

enum retry {
	RETRY_NEVER,
	RETRY_TRIAL,	/* as often as maxTrialRetries says */
	RETRY_PLATFORM, /* as often as infrastructureRetries says */
};

struct attempt_end {
	enum trial_state state;
	enum retry retry;
	int exit_code;	  /* -1 unknown */
	int64_t ended_ns; /* 0: now */
	const char *reason;
};

/* The attempt is over: queue another one, or let the trial rest (live is gone
 * then). */
void attempts_finish(struct engine *engine, struct live *live,
		     const struct attempt_end *end);

/* ---- news.c ---- */
extern const struct platform_callbacks news_callbacks;

/* ---- parts.c ---- */
/* These are what its attempt consists of. */
void parts_told(struct engine *engine, struct live *live,
		const struct part_list *parts);
/* Its attempt is over. */
void parts_settle(struct engine *engine, struct live *live);

/* ---- ingest.c ---- */
void ingest_reports(struct engine *engine);
void ingest_answer(struct engine *engine, bool is_committed);
/* Metrics of a live trial that came by any way. */
bool ingest_metrics(struct engine *engine, struct live *live,
		    struct metrics *metrics, struct error *err);
/* An event about what a trial sends.  The first of an attempt only: trials may
 * send what they like, for ever. */
void ingest_complain(struct engine *engine, struct live *live, const char *kind,
		     const char *text);
/* Fill history and summary from what is stored (recovery). */
bool ingest_reload(struct engine *engine, struct live *live, struct error *err);
/* Move stored metrics to where they belong, when it is time to: after the
 * answers, so that it costs nobody waiting time. */
void ingest_tidy(struct engine *engine);
/* Write summaries within the next 50 ms, and put metrics in order as soon as
 * none came for so long. */
void ingest_want_summaries(struct engine *engine);

/* ---- acts.c ---- */
/* Ask the platform to do it; acts_told brings the outcome. */
void acts_carry_out(struct engine *engine, const struct command *command);

/* ---- change.c ---- */
void change_carry_out(struct engine *engine, const struct command *command);
/* The platform has done what this command wanted; or why it could not. */
void acts_told(struct engine *engine, int64_t command, const char *problem);

/* ---- commands.c ---- */
void commands_look(struct engine *engine);
/* The outcome, and an event that says so; or, later, the outcome alone. */
void commands_answer(struct engine *engine, const struct command *command,
		     enum command_state state, const char *outcome);
void commands_answer_key(struct engine *engine, int64_t command,
			 enum command_state state, const char *outcome);
/* "trial xa12b (#3)" */
void commands_describe(const struct live *live, char *text, size_t size);
/* Run trials again: the command's, or all that failed. */
void commands_restart(struct engine *engine, const struct command *command);
/* This command is done when the trial has ended. */
void commands_await_end(struct engine *engine, struct live *live,
			int64_t command);
void commands_kill_progress(struct engine *engine, struct live *live);

/* ---- restart.c ---- */
/* Run a trial that is over once more. */
bool restart_trial(struct engine *engine, int64_t trial, struct error *err);
/* All that have failed. */
bool restart_failed(struct engine *engine, int *ret_count, struct error *err);

/* ---- schedule.c ---- */
void schedule(struct engine *engine);
void schedule_knobs_changed(struct engine *engine);
bool schedule_set_state(struct engine *engine, enum experiment_state state);
/* Limits, ends and what was asked for may have moved it to another state. */
void schedule_settle(struct engine *engine);
/* Run again what was stopped or had failed. */
void schedule_go_on(struct engine *engine);
/* Start nothing more; cancel what runs, or let it finish. */
void schedule_stop(struct engine *engine, bool lets_finish);
/* A trial could not be started at all: pause before the next one. */
void schedule_hold(struct engine *engine);
int64_t schedule_run_ns(const struct engine *engine);

/* ---- code.c, outputs.c ---- */
/* Is there a storage that the code could be brought to? */
bool outputs_code_may_come(const struct engine *engine);
bool outputs_open(struct engine *engine, struct error *err);
void outputs_close(struct engine *engine);
/* May jobs be made?  ERROR_UNAVAILABLE with what they wait for. */
bool outputs_may_submit(struct engine *engine, struct error *err);
/* Its intent is written: so is where its outputs will lie. */
void outputs_submitted(struct engine *engine, const struct live *live);
/* The attempt is over. */
void outputs_ended(struct engine *engine, const struct live *live);
/* Results of the worker. */
void outputs_take(struct engine *engine);
/* The code cannot be brought: pause, with this sentence. */
void outputs_refuse(struct engine *engine, const struct error *err);
/* It runs (again): try what was given up.  And: it ends. */
void outputs_go_on(struct engine *engine);
void outputs_stop(struct engine *engine);
/* When all trials are over: is there still something to count or to remove? */
bool outputs_is_busy(struct engine *engine);

/* ---- status.c ---- */
void status_event(struct engine *engine, const struct live *live,
		  enum event_level level, const char *kind, const char *format,
		  ...) __attribute__((format(printf, 5, 6)));
/* NULL: over.  False when this was known already. */
bool status_fault(struct engine *engine, const char *text);
/* The same for one of several: the first that has one is shown. */
enum fault_source { FAULT_PLATFORM, FAULT_STORAGE };
bool status_fault_of(struct engine *engine, enum fault_source source,
		     const char *text);
/* Others see it in the experiment's row: written when it has changed. */
void status_store_fault(struct engine *engine);
void status_publish(struct engine *engine);

#endif
