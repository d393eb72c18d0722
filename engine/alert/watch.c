/* SPDX-License-Identifier: MIT */
/* The thread that looks, and tells. */
#include "engine/alert/watch.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/alert/send.h"
#include "store/store.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 500
#define STOP_MS 10000
/* of one look; more are dropped, and that is told */
#define PENDING_MAX 16

struct alert_watch {
	char *db_path;
	int64_t experiment;
	struct alerts_config base; /* of the file */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_stopping, is_done; /* under mutex */
	atomic_bool is_ending;	   /* and now at once */

	/* the thread's own */
	struct store *store;
	struct alerts_config config; /* with what was said since */
	struct alert_rules *rules;
	int64_t data_version, version;
	struct alert pending[PENDING_MAX];
	size_t pending_count, dropped;
};

static void take_alert(const struct alert *alert, void *arg)
{
	struct alert_watch *watch = arg;

	if (watch->pending_count == PENDING_MAX)
		watch->dropped++;
	else
		watch->pending[watch->pending_count++] = *alert;
}

/* ---- looking ------------------------------------------------------------ */

static bool read_config(struct alert_watch *watch, struct error *err)
{
	struct alerts_config config;
	char *said = NULL;
	bool ok;

	if (!store_preference_get(watch->store, watch->experiment,
				  ALERTS_PREFERENCE, &said, err))
		return false;
	alerts_copy(&config, &watch->base);
	ok = !said || alerts_overlay(&config, said, err);
	free(said);
	if (!ok) {
		alerts_release(&config);
		return false;
	}
	alerts_release(&watch->config);
	watch->config = config;
	return true;
}

struct look {
	struct alert_watch *watch;
	int64_t now_ns, version;
};

static bool see_trial(const struct trial *trial, void *arg)
{
	struct look *look = arg;

	if (trial->version > look->version)
		look->version = trial->version;
	alert_rules_trial(look->watch->rules, &look->watch->config, trial,
			  look->now_ns);
	return true;
}

static bool see_experiment(struct alert_watch *watch, struct error *err)
{
	struct experiment experiment;
	struct trial best = {0};
	struct error ignored;

	if (!store_experiment_get(watch->store, watch->experiment, &experiment,
				  err))
		return false;
	if (experiment.best_trial &&
	    !store_trial_get(watch->store, experiment.best_trial, &best,
			     &ignored))
		memset(&best, 0, sizeof(best));
	alert_rules_experiment(watch->rules, &watch->config, &experiment,
			       best.key ? best.id : NULL, clock_mono_ns());
	trial_release(&best);
	experiment_release(&experiment);
	return true;
}

/* Trials first: an end is told after what led to it. */
static bool see_rows(struct alert_watch *watch, struct error *err)
{
	struct look look = {watch, clock_mono_ns(), watch->version};

	if (!store_trials_each(watch->store, watch->experiment, watch->version,
			       STORE_TRIAL_WHOLE, see_trial, &look, err) ||
	    !see_experiment(watch, err))
		return false;
	watch->version = look.version;
	return true;
}

static bool look(struct alert_watch *watch, struct error *err)
{
	int64_t data_version = store_data_version(watch->store);

	if (data_version != watch->data_version) {
		if (!read_config(watch, err))
			return false;
		if (alerts_are_wanted(&watch->config)) {
			bool is_first = !watch->rules;

			if (is_first)
				watch->rules =
					alert_rules_new(take_alert, watch);
			if (!see_rows(watch, err))
				return false;
			if (is_first)
				alert_rules_go(watch->rules);
		}
		watch->data_version = data_version;
	}
	if (watch->rules)
		alert_rules_tick(watch->rules, &watch->config, clock_mono_ns());
	return true;
}

/* ---- telling ------------------------------------------------------------ */

static void record(struct alert_watch *watch, const struct alert *alert,
		   enum event_level level, const char *kind, const char *text)
{
	struct strbuf safe = STRBUF_INIT;
	struct event event = {.experiment = watch->experiment,
			      .trial = alert->trial,
			      .at_ns = clock_wall_ns(),
			      .level = level};
	struct error err;

	utf8_sanitize(&safe, text, strlen(text), false);
	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	event.text = safe.data;
	if (store_amend_begin(watch->store, &err)) {
		bool ok = store_event_add(watch->store, &event, &err);

		store_amend_end(watch->store, ok, &err);
	}
	strbuf_release(&safe);
}

static void tell(struct alert_watch *watch, const struct alert *alert,
		 const struct experiment *experiment)
{
	struct alert_about about = {experiment->id, experiment->name,
				    experiment->directory};
	struct error err = {0};

	if (alert_send(&watch->config, alert, &about, &watch->is_ending,
		       &err)) {
		record(watch, alert, EVENT_INFO, "alert", alert->text);
		return;
	}
	error_prefix(&err, "alert \"%.80s\" was not delivered", alert->text);
	log_line(LOG_LEVEL_WARN, "%s: %s", experiment->id, err.text);
	record(watch, alert, EVENT_WARNING, "alert-failed", err.text);
}

static void tell_all(struct alert_watch *watch)
{
	struct experiment experiment;
	struct error err;

	if (!watch->pending_count)
		return;
	if (store_experiment_get(watch->store, watch->experiment, &experiment,
				 &err)) {
		for (size_t i = 0; i < watch->pending_count; i++)
			tell(watch, &watch->pending[i], &experiment);
		experiment_release(&experiment);
	}
	if (watch->dropped)
		log_line(LOG_LEVEL_WARN,
			 "%zu alerts came at once and were dropped",
			 watch->dropped);
	watch->pending_count = watch->dropped = 0;
}

/* ---- the thread --------------------------------------------------------- */

/* Until *flag, or so long.  True: it is set. */
static bool wait_for(struct alert_watch *watch, const bool *flag, int64_t ms)
{
	int64_t until_ns = clock_mono_ns() + ms * NS_PER_MS;
	struct timespec until = {until_ns / NS_PER_S, until_ns % NS_PER_S};
	bool is_set;

	pthread_mutex_lock(&watch->mutex);
	while (!*flag &&
	       !pthread_cond_timedwait(&watch->changed, &watch->mutex, &until))
		;
	is_set = *flag;
	pthread_mutex_unlock(&watch->mutex);
	return is_set;
}

static void *run(void *arg)
{
	struct alert_watch *watch = arg;
	char told[sizeof(((struct error *)0)->text)] = "";
	bool goes_on = true;

	/* what was stored before this began is no news, so the first look comes
	 * at once; the last one comes after the engine's last word */
	for (;;) {
		struct error err = {0};

		if (!look(watch, &err) && strcmp(told, err.text) != 0) {
			log_line(LOG_LEVEL_WARN, "alerts: %s", err.text);
			snprintf(told, sizeof(told), "%s", err.text);
		}
		tell_all(watch);
		if (!goes_on)
			break;
		goes_on = !wait_for(watch, &watch->is_stopping, LOOK_MS);
	}
	pthread_mutex_lock(&watch->mutex);
	watch->is_done = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->mutex);
	return NULL;
}

static void watch_free(struct alert_watch *watch)
{
	if (watch->store)
		store_close(watch->store);
	alert_rules_free(watch->rules);
	alerts_release(&watch->base);
	alerts_release(&watch->config);
	pthread_mutex_destroy(&watch->mutex);
	pthread_cond_destroy(&watch->changed);
	free(watch->db_path);
	free(watch);
}

bool alert_watch_start(const char *db_path, int64_t experiment,
		       const struct alerts_config *config,
		       struct alert_watch **ret, struct error *err)
{
	struct alert_watch *watch = xcalloc(1, sizeof(*watch));
	pthread_condattr_t monotonic;
	sigset_t all, before;
	int failure;

	watch->db_path = xstrdup(db_path);
	watch->experiment = experiment;
	watch->data_version = -1;
	alerts_copy(&watch->base, config);
	alerts_copy(&watch->config, config);
	atomic_init(&watch->is_ending, false);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&watch->mutex, NULL);
	pthread_cond_init(&watch->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* the first look here: nothing that happens later is missed */
	if (!store_open(db_path, STORE_APPEND, &watch->store, err) ||
	    !look(watch, err)) {
		watch_free(watch);
		return error_prefix(err, "alerts");
	}
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failure = pthread_create(&watch->thread, NULL, run, watch);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failure) {
		watch_free(watch);
		return error_set(err, ERROR_SYSTEM, "alerts: %s",
				 strerror(failure));
	}
	*ret = watch;
	return true;
}

void alert_watch_stop(struct alert_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_lock(&watch->mutex);
	watch->is_stopping = true;
	pthread_cond_signal(&watch->changed);
	pthread_mutex_unlock(&watch->mutex);
	if (!wait_for(watch, &watch->is_done, STOP_MS))
		atomic_store(&watch->is_ending, true);
	pthread_join(watch->thread, NULL);
	watch_free(watch);
}
