/* SPDX-License-Identifier: MIT */
/*
 * The engine's port and its thread.
 *
 * A turn of the loop gathers what happened (reports, platform news, commands,
 * timers) into one transaction.  end_of_turn commits it, and what may only be
 * done once it is on disk follows: reports are answered, jobs are submitted
 * and killed, the screen is told.  What that brings about is the next turn's,
 * which comes at once: so however much there is to do, nobody waits for more
 * than one turn.
 */
#include "engine/state.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/wake.h"
#include "engine/alert/watch.h"
#include "engine/platform/keeper_install.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_POLL_MS 200 /* for commands of other processes */
#define HEARTBEAT_MS 10000  /* run time on disk, as NNI has it */
#define RECOVERY_DELAY_MAX_MS 10000

/* ---- turns -------------------------------------------------------------- */

void turn_fail(struct engine *engine, const struct error *err)
{
	if (engine->has_failed)
		return;
	engine->has_failed = true;
	engine->failure = *err;
}

bool turn_begin(struct engine *engine)
{
	struct error err;

	if (engine->has_failed)
		return false;
	if (engine->is_in_turn)
		return true;
	if (!store_begin(engine->store, &err)) {
		turn_fail(engine, &err);
		return false;
	}
	engine->is_in_turn = true;
	return true;
}

void turn_after(struct engine *engine, enum after_kind kind, int64_t trial,
		int attempt, bool is_resumed)
{
	struct after *after;

	ARRAY_RESERVE(engine->afters, engine->after_count,
		      engine->after_capacity);
	after = &engine->afters[engine->after_count++];
	after->kind = kind;
	after->trial = trial;
	after->attempt = attempt;
	after->is_resumed = is_resumed;
}

static void write_experiment(struct engine *engine)
{
	struct error err;

	if (!engine->has_experiment_changes || !turn_begin(engine))
		return;
	engine->is_versioned = true;
	engine->has_experiment_changes = false;
	if (!store_experiment_update(engine->store, &engine->experiment, &err))
		turn_fail(engine, &err);
}

static bool commit(struct engine *engine)
{
	struct error err;

	if (!engine->has_failed && engine->is_in_turn &&
	    !store_commit(engine->store, &err))
		turn_fail(engine, &err);
	if (engine->has_failed) {
		if (engine->is_in_turn)
			store_rollback(engine->store);
		engine->is_in_turn = engine->is_versioned = false;
		return false;
	}
	if (engine->is_in_turn)
		engine->commits_total++;
	engine->is_in_turn = false;
	if (engine->is_versioned)
		wake_signal(engine->notice_fd);
	engine->is_versioned = false;
	return true;
}

static void try_recovery(void *arg);

/* The store failed: as after a crash, only later. */
static void collapse(struct engine *engine)
{
	error_prefix(&engine->failure, "cannot write");
	status_fault(engine, engine->failure.text);
	engine_forget(engine);
	engine->has_failed = false;
	engine->begins_anew = false;
	engine->recovery_delay_ms =
		engine->recovery_delay_ms ? engine->recovery_delay_ms * 2 : 500;
	if (engine->recovery_delay_ms > RECOVERY_DELAY_MAX_MS)
		engine->recovery_delay_ms = RECOVERY_DELAY_MAX_MS;
	engine->recovery = loop_after(engine->loop, engine->recovery_delay_ms,
				      try_recovery, engine);
	wake_signal(engine->notice_fd);
}

static bool has_more_to_do(const struct engine *engine)
{
	return engine->is_in_turn || engine->after_count || engine->has_failed;
}

static void finish_if_over(struct engine *engine)
{
	const struct platform_ops *ops = engine->platform_ops;

	if (!engine->is_up ||
	    !experiment_state_is_terminal(engine->experiment.state) ||
	    engine->live_count || engine->queued_count)
		return;
	if (ops->wind_up)
		ops->wind_up(engine->platform);
	if (engine->experiment.state == EXPERIMENT_STOPPED)
		python_is_ending(engine);
	if (outputs_is_busy(engine) || atomic_load(&engine->keep_open) ||
	    (ops->is_busy && ops->is_busy(engine->platform)))
		return;
	if (python_is_ending(engine))
		return;
	commands_look(engine); /* what came last is answered, too */
	if (has_more_to_do(engine))
		loop_wake(engine->loop);
	else
		loop_quit(engine->loop);
}

static void run_afters(struct engine *engine)
{
	struct after *afters = engine->afters;
	size_t count = engine->after_count;

	engine->afters = NULL;
	engine->after_count = engine->after_capacity = 0;
	for (size_t i = 0; i < count; i++)
		handover(engine, &afters[i]);
	free(afters);
}

/* Space or tuner are others: the one way to begin is from the store. */
static void begin_anew(struct engine *engine)
{
	struct error err;

	engine->begins_anew = false;
	engine_forget(engine);
	if (!engine_recover(engine, &err))
		turn_fail(engine, &err); /* the end of the next turn */
	else
		commands_look(engine);
	loop_wake(engine->loop);
}

static void end_of_turn(void *arg)
{
	struct engine *engine = arg;

	if (!engine->is_up && !engine->has_failed)
		return;
	if (engine->is_up && !engine->has_failed)
		schedule(engine);
	if (engine->is_up) {
		if (engine->is_in_turn)
			attempts_write_changes(engine, false);
		status_store_fault(engine);
		write_experiment(engine);
	}
	if (!commit(engine)) {
		collapse(engine);
		ingest_answer(engine, false);
		return;
	}
	if (engine->recovery_delay_ms) { /* it can write again */
		engine->recovery_delay_ms = 0;
		status_fault(engine, NULL);
	}
	ingest_answer(engine, true);
	if (engine->begins_anew) {
		begin_anew(engine);
		return;
	}
	ingest_tidy(engine);
	run_afters(engine);
	if (has_more_to_do(engine))
		loop_wake(engine->loop);
	else
		finish_if_over(engine);
}

static void try_recovery(void *arg)
{
	struct engine *engine = arg;
	struct error err;

	engine->recovery = NULL;
	if (!engine_recover(engine, &err)) {
		turn_fail(engine, &err);
		return; /* the end of this turn tries again later */
	}
	status_event(engine, NULL, EVENT_WARNING, "recovered",
		     "the store works again");
	commands_look(engine); /* those of the turn that failed */
}

/* ---- what wakes it ---------------------------------------------------------
 */

static void on_woken(void *arg)
{
	struct engine *engine = arg;

	if (atomic_load(&engine->is_leaving)) {
		loop_quit(engine->loop);
		return;
	}
	ingest_reports(engine);
	outputs_take(engine);
	if (engine->is_up)
		advice_take(engine);
	if (engine->is_up && atomic_exchange(&engine->has_commands, false))
		commands_look(engine);
}

static void poll_commands(void *arg)
{
	struct engine *engine = arg;
	int64_t version;

	engine->command_poll = loop_after(engine->loop, COMMAND_POLL_MS,
					  poll_commands, engine);
	if (!engine->is_up)
		return;
	version = store_data_version(engine->store);
	if (version == engine->data_version)
		return;
	engine->data_version = version;
	commands_look(engine);
}

static void on_heartbeat(void *arg)
{
	struct engine *engine = arg;

	engine->heartbeat =
		loop_after(engine->loop, HEARTBEAT_MS, on_heartbeat, engine);
	if (!engine->is_up)
		return;
	status_publish(engine);
	if (!engine->ran_since_ns)
		return;
	engine->experiment.run_ns = schedule_run_ns(engine);
	engine->ran_since_ns = clock_mono_ns();
	engine->has_experiment_changes = true;
}

/* ---- the thread
 * --------------------------------------------------------------- */

/* Say that nobody runs it now; the lock says so even if this fails. */
static void disown(struct engine *engine)
{
	struct error err;

	if (!engine->is_up)
		return;
	engine->experiment.run_ns = schedule_run_ns(engine);
	engine->experiment.owner_pid = 0;
	status_fault(engine, NULL); /* nobody tries again from now on */
	status_store_fault(engine);
	engine->is_versioned = true;
	attempts_write_changes(engine, true);
	advice_write_state(engine);
	if (turn_begin(engine) &&
	    !store_experiment_update(engine->store, &engine->experiment, &err))
		turn_fail(engine, &err);
	commit(engine);
}

static void *run(void *arg)
{
	struct engine *engine = arg;

	/* Commands first: one that stops or kills, and was not finished when
	 * the last engine died, must not meet new trials. */
	poll_commands(engine);
	on_heartbeat(engine);
	end_of_turn(engine);
	loop_run(engine->loop);
	python_close(engine, true); /* it would die with this thread */
	disown(engine);
	atomic_store(&engine->is_finished, true);
	wake_signal(engine->notice_fd);
	return NULL;
}

static bool start_thread(struct engine *engine, struct error *err)
{
	sigset_t all, old;
	int failure;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failure = pthread_create(&engine->thread, NULL, run, engine);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failure)
		return error_set(err, ERROR_SYSTEM, "start the engine: %s",
				 strerror(failure));
	return true;
}

static void engine_free(struct engine *engine)
{
	ingest_answer(engine, false);
	engine_forget(engine);
	alert_watch_stop(engine->alerts);
	if (engine->sideport)
		sideport_stop(engine->sideport);
	loop_free(engine->loop);
	store_close(engine->store);
	if (engine->notice_fd >= 0)
		close(engine->notice_fd);
	if (engine->lock_fd >= 0)
		close(engine->lock_fd);
	pthread_mutex_destroy(&engine->fault_mutex);
	free(engine->afters);
	free(engine->summarized);
	free(engine->places);
	free(engine->certificate);
	free(engine->url_file);
	free(engine->keeper_path);
	free(engine->db_path);
	free(engine);
}

/* Install the keeper beside the database: pods get it elsewhere. */
static bool prepare_keeper(struct engine *engine, struct error *err)
{
	char *folder = fs_folder(engine->db_path);
	char *keepers = fs_join(folder, "keeper");
	bool ok = fs_make_folders(keepers, err) &&
		  keeper_install(keepers, &engine->keeper_path, err);

	free(folder);
	free(keepers);
	return ok || error_prefix(err, "install the keeper");
}

/* Starting means wanting it to run: stopped and failed ones go on. */
static void reopen(struct engine *engine)
{
	struct experiment *experiment = &engine->experiment;

	if (experiment->state != EXPERIMENT_STOPPED &&
	    experiment->state != EXPERIMENT_ERROR)
		return;
	schedule_go_on(engine);
}

/* An experiment that nobody is told of runs all the same. */
static void start_alerts(struct engine *engine)
{
	struct error err;

	if (!alert_watch_start(engine->db_path, engine->experiment_key,
			       &engine->config.alerts, &engine->alerts, &err))
		status_event(engine, NULL, EVENT_WARNING, "alert-failed", "%s",
			     err.text);
}

static bool set_up(struct engine *engine, struct error *err)
{
	struct experiment experiment = {0};

	engine->notice_fd = wake_open(err);
	if (engine->notice_fd < 0)
		return false;
	engine->loop = loop_new(err);
	if (!engine->loop ||
	    !store_open(engine->db_path, STORE_WRITE, &engine->store, err) ||
	    !store_experiment_get(engine->store, engine->experiment_key,
				  &experiment, err))
		return false;
	engine->lock_fd =
		store_lock_experiment(engine->db_path, experiment.id, err);
	experiment_release(&experiment);
	if (engine->lock_fd < 0)
		return false;
	loop_set_turn(engine->loop, end_of_turn, engine);
	loop_set_woken(engine->loop, on_woken, engine);
	if (!prepare_keeper(engine, err) || !engine_recover(engine, err))
		return false;
	reopen(engine);
	if (engine->has_failed) {
		*err = engine->failure;
		return false;
	}
	start_alerts(engine);
	return start_thread(engine, err);
}

bool engine_start(const struct engine_options *options,
		  struct engine **ret_engine, struct error *err)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->db_path = xstrdup(options->db_path);
	engine->experiment_key = options->experiment;
	engine->wanted_port = options->side_port;
	atomic_init(&engine->keep_open, options->keep_open);
	engine->lock_fd = engine->notice_fd = -1;
	pthread_mutex_init(&engine->fault_mutex, NULL);
	if (!set_up(engine, err)) {
		if (engine->is_in_turn)
			store_rollback(engine->store);
		engine_free(engine);
		return false;
	}
	*ret_engine = engine;
	return true;
}

void engine_wake(struct engine *engine)
{
	atomic_store(&engine->has_commands, true);
	loop_wake(engine->loop);
}

int engine_notice_fd(const struct engine *engine)
{
	return engine->notice_fd;
}

bool engine_is_finished(const struct engine *engine)
{
	return atomic_load(&engine->is_finished);
}

void engine_wait(struct engine *engine)
{
	pthread_join(engine->thread, NULL);
	engine->thread = 0;
}

void engine_let_end(struct engine *engine)
{
	atomic_store(&engine->keep_open, false);
	loop_wake(engine->loop);
}

void engine_leave(struct engine *engine)
{
	if (engine->thread) {
		atomic_store(&engine->is_leaving, true);
		loop_wake(engine->loop);
		pthread_join(engine->thread, NULL);
	}
	engine_free(engine);
}
