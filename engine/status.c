/* SPDX-License-Identifier: MIT */
/* What the engine tells about itself: events, faults, Prometheus text. */
#include "engine/state.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void status_event(struct engine *engine, const struct live *live,
		  enum event_level level, const char *kind, const char *format,
		  ...)
{
	struct event event = {0};
	struct strbuf safe = STRBUF_INIT;
	struct error err;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	utf8_sanitize(&safe, text, strlen(text), false);
	event.experiment = engine->experiment.key;
	event.trial = live ? live->trial.key : 0;
	event.attempt = live ? live->attempt.number : 0;
	event.at_ns = clock_wall_ns();
	event.level = level;
	snprintf(event.kind, sizeof(event.kind), "%s", kind);
	event.text = safe.data;
	if (turn_begin(engine)) {
		engine->is_versioned = true;
		if (!store_event_add(engine->store, &event, &err))
			turn_fail(engine, &err);
	}
	log_line(level == EVENT_INFO	  ? LOG_LEVEL_INFO
		 : level == EVENT_WARNING ? LOG_LEVEL_WARN
					  : LOG_LEVEL_ERROR,
		 "%s: %s: %s", engine->experiment.id, kind, safe.data);
	strbuf_release(&safe);
}

bool status_fault(struct engine *engine, const char *text)
{
	char cut[sizeof(engine->fault)];
	bool is_news;

	snprintf(cut, sizeof(cut), "%s", text ? text : "");
	pthread_mutex_lock(&engine->fault_mutex);
	is_news = strcmp(engine->fault, cut);
	if (!engine->fault[0])
		engine->fault_since_ns = clock_wall_ns();
	memcpy(engine->fault, cut, sizeof(cut));
	pthread_mutex_unlock(&engine->fault_mutex);
	if (text && is_news)
		log_line(LOG_LEVEL_ERROR, "fault: %s", text);
	return is_news;
}

bool status_fault_of(struct engine *engine, enum fault_source source,
		     const char *text)
{
	char **slot = &engine->source_faults[source];
	bool is_news = strcmp(*slot ? *slot : "", text ? text : "");

	if (is_news) {
		free(*slot);
		*slot = xstrdup_or_null(text);
	}
	status_fault(engine, engine->source_faults[FAULT_PLATFORM]
				     ? engine->source_faults[FAULT_PLATFORM]
				     : engine->source_faults[FAULT_STORAGE]);
	return is_news;
}

/* A fault of the store itself cannot be stored: ours alone. */
void status_store_fault(struct engine *engine)
{
	struct experiment *experiment = &engine->experiment;
	/* only this thread changes it */
	const char *text = engine->recovery_delay_ms ? "" : engine->fault;

	if (!strcmp(text, experiment->fault ? experiment->fault : ""))
		return;
	free(experiment->fault);
	experiment->fault = *text ? xstrdup(text) : NULL;
	experiment->fault_since_ns = *text ? engine->fault_since_ns : 0;
	engine->has_experiment_changes = true;
}

bool engine_fault(struct engine *engine, char *text, size_t size,
		  int64_t *ret_since_ns)
{
	bool has_fault;

	pthread_mutex_lock(&engine->fault_mutex);
	has_fault = engine->fault[0];
	if (has_fault) {
		snprintf(text, size, "%s", engine->fault);
		*ret_since_ns = engine->fault_since_ns;
	}
	pthread_mutex_unlock(&engine->fault_mutex);
	return has_fault;
}

static void add_gauge(struct strbuf *out, const char *name, const char *type,
		      const char *help, int64_t value)
{
	strbuf_addf(out, "# HELP trialdeck_%s %s\n# TYPE trialdeck_%s %s\n",
		    name, help, name, type);
	strbuf_addf(out, "trialdeck_%s %lld\n", name, (long long)value);
}

void status_publish(struct engine *engine)
{
	struct strbuf out = STRBUF_INIT;

	if (!engine->sideport)
		return;
	add_gauge(&out, "trials_live", "gauge",
		  "Trials whose job exists and has not ended.",
		  engine->live_count);
	add_gauge(&out, "trials_queued", "gauge",
		  "Trials that wait for a free place.", engine->queued_count);
	add_gauge(&out, "trials_total", "counter",
		  "Trials of the experiment so far.",
		  engine->experiment.next_sequence);
	add_gauge(&out, "metrics_total", "counter",
		  "Metric values stored since the engine started.",
		  engine->metrics_total);
	add_gauge(&out, "reports_total", "counter",
		  "Reports answered since the engine started.",
		  engine->reports_total);
	add_gauge(&out, "commits_total", "counter",
		  "Transactions committed since the engine started.",
		  engine->commits_total);
	add_gauge(&out, "experiment_state", "gauge",
		  "State of the experiment: 0 INITIALIZED, 1 RUNNING, "
		  "2 NO_MORE_TRIAL, 3 TUNER_NO_MORE_TRIAL, 4 DONE, 5 STOPPING, "
		  "6 STOPPED, 7 ERROR.",
		  engine->experiment.state);
	if (engine->experiment.best.is_set &&
	    isfinite(engine->experiment.best.number)) {
		strbuf_adds(&out, "# HELP trialdeck_best Best final result.\n"
				  "# TYPE trialdeck_best gauge\n"
				  "trialdeck_best ");
		strbuf_add_json_number(&out, engine->experiment.best.number);
		strbuf_addch(&out, '\n');
	}
	sideport_set_prometheus(engine->sideport, out.data);
	strbuf_release(&out);
}
