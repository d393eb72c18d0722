/* SPDX-License-Identifier: MIT */
/* All about one trial: parameters, results, attempts, metrics, journal. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METRICS_BUDGET_NS (50 * NS_PER_MS)
#define METRICS_AGAIN_NS (1 * NS_PER_S)
#define NAMES_MAX 200
#define EVENTS_SHOWN 200

struct metric_summary {
	char name[METRIC_NAME_MAX + 1];
	long long count;
	double last, low, high, final;
	bool has_final, has_range;
};

struct telling {
	struct console *console;
	struct pager *pager;
	struct metric_summary *summaries;
	size_t count;
	int64_t deadline_ns;
	long long rows;
	bool is_cut;
};

static void add_time(struct pager *pager, const char *label, int64_t at_ns)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s\t", label);
	if (at_ns) {
		clock_format_iso(&line, at_ns);
		strbuf_adds(&line, "  (");
		format_age(&line, at_ns, clock_wall_ns());
		strbuf_addch(&line, ')');
	} else {
		strbuf_addch(&line, '-');
	}
	pager_add(pager, ROLE_NORMAL, line.data);
	strbuf_release(&line);
}

/* The fewest digits that read back as the same number. */
static void format_exactly(struct strbuf *out, double value)
{
	struct strbuf text = STRBUF_INIT;
	int digits;

	for (digits = 6; digits <= 17; digits++) {
		strbuf_clear(&text);
		format_number_digits(&text, value, 26, digits);
		if (strtod(text.data, NULL) == value)
			break;
	}
	strbuf_adds(out, text.data);
	strbuf_release(&text);
}

static void add_value(struct pager *pager, const char *label,
		      struct metric_value value, enum role role)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s\t", label);
	if (value.is_set)
		format_exactly(&line, value.number);
	else
		strbuf_addch(&line, '-');
	pager_add(pager, role, line.data);
	strbuf_release(&line);
}

static void add_text(const struct console *console, struct pager *pager,
		     enum role role, const char *label, const char *text)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s\t", label);
	utf8_sanitize(&line, text, strlen(text), console->is_ascii);
	pager_add(pager, role, line.data);
	strbuf_release(&line);
}

static void add_heading(struct pager *pager, const char *text)
{
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER, text);
}

static void format_exit(struct strbuf *out, int exit_code)
{
	if (exit_code > 128)
		strbuf_addf(out, "signal %d", exit_code - 128);
	else if (exit_code >= 0)
		strbuf_addf(out, "exit %d", exit_code);
}

static void tell_head(const struct console *console, struct pager *pager,
		      const struct trial *trial)
{
	struct strbuf line = STRBUF_INIT;
	int64_t end_ns = trial->ended_ns ? trial->ended_ns : clock_wall_ns();

	strbuf_addf(&line, "State\t%c %s", trial_state_letter(trial->state),
		    trial_state_name(trial->state));
	if (trial_state_is_terminal(trial->state) && trial->exit_code >= 0) {
		strbuf_adds(&line, "  ");
		format_exit(&line, trial->exit_code);
	}
	pager_add(pager, bars_state_role(trial->state), line.data);
	if (trial->reason && *trial->reason)
		add_text(console, pager, bars_state_role(trial->state),
			 "Reason", trial->reason);
	if (trial->source == 'c')
		pager_add(pager, ROLE_NORMAL, "Origin\tadded by hand");
	else if (trial->source == 'i')
		pager_add(pager, ROLE_NORMAL, "Origin\timported");
	add_time(pager, "Submitted", trial->submitted_ns);
	add_time(pager, "Started", trial->started_ns);
	add_time(pager, "Ended", trial->ended_ns);
	strbuf_clear(&line);
	strbuf_adds(&line, "Ran\t");
	if (trial->started_ns)
		clock_format_duration(&line, end_ns - trial->started_ns);
	else
		strbuf_addch(&line, '-');
	pager_add(pager, ROLE_NORMAL, line.data);
	add_value(pager, "Final", trial->final,
		  trial->key == console->data.experiment.best_trial
			  ? ROLE_BEST
			  : ROLE_STRONG);
	add_value(pager, "Best", trial->best, ROLE_NORMAL);
	add_value(pager, "Last", trial->last, ROLE_NORMAL);
	pager_addf(pager, ROLE_NORMAL, "Steps\t%lld",
		   (long long)trial->intermediates);
	strbuf_release(&line);
}

static void tell_parameters(const struct console *console, struct pager *pager,
			    const struct trial *trial)
{
	const struct space *space = console->data.space;
	size_t i;

	add_heading(pager, "Parameters");
	for (i = 0; space && trial->parameters && i < space->count; i++) {
		struct strbuf cell = STRBUF_INIT;

		space_format_cell(space, trial->parameters, i, &cell);
		if (cell.len)
			add_text(console, pager, ROLE_NORMAL,
				 space->parameters[i].path, cell.data);
		strbuf_release(&cell);
	}
	if (trial->parameters)
		add_text(console, pager, ROLE_DIM, "JSON", trial->parameters);
}

static bool tell_attempt(const struct attempt *attempt, void *arg)
{
	struct telling *telling = arg;
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "Attempt %d\t%s", attempt->number,
		    trial_state_name(attempt->state));
	if (trial_state_is_terminal(attempt->state) &&
	    attempt->exit_code >= 0) {
		strbuf_adds(&line, ", ");
		format_exit(&line, attempt->exit_code);
	}
	if (attempt->started_ns) {
		strbuf_adds(&line, ", ran ");
		clock_format_duration(&line,
				      (attempt->ended_ns ? attempt->ended_ns
							 : clock_wall_ns()) -
					      attempt->started_ns);
		strbuf_adds(&line, " from ");
		clock_format_iso(&line, attempt->started_ns);
	}
	pager_add(telling->pager, bars_state_role(attempt->state), line.data);
	if (attempt->reason && *attempt->reason)
		add_text(telling->console, telling->pager, ROLE_NORMAL,
			 "  reason", attempt->reason);
	if (attempt->job)
		add_text(telling->console, telling->pager, ROLE_DIM, "  job",
			 attempt->job);
	if (attempt->directory)
		add_text(telling->console, telling->pager, ROLE_DIM,
			 "  directory", attempt->directory);
	strbuf_release(&line);
	return true;
}

static struct metric_summary *find_summary(struct telling *telling,
					   const char *name)
{
	struct metric_summary *summary;

	/* rows come in the order of names */
	if (telling->count > 0 &&
	    strcmp(telling->summaries[telling->count - 1].name, name) == 0)
		return &telling->summaries[telling->count - 1];
	if (telling->count == NAMES_MAX)
		return NULL;
	summary = &telling->summaries[telling->count++];
	memset(summary, 0, sizeof(*summary));
	snprintf(summary->name, sizeof(summary->name), "%s", name);
	return summary;
}

static bool sum_metric(const struct metric *metric, void *arg)
{
	struct telling *telling = arg;
	struct metric_summary *summary = find_summary(telling, metric->name);

	if (!summary)
		return false;
	if (metric->type == METRIC_FINAL) {
		summary->final = metric->value;
		summary->has_final = true;
	} else {
		summary->count++;
		summary->last = metric->value;
		if (isfinite(metric->value) &&
		    (!summary->has_range || metric->value < summary->low))
			summary->low = metric->value;
		if (isfinite(metric->value) &&
		    (!summary->has_range || metric->value > summary->high))
			summary->high = metric->value;
		summary->has_range |= isfinite(metric->value);
	}
	if (++telling->rows % 256 == 0 &&
	    clock_mono_ns() > telling->deadline_ns) {
		telling->is_cut = true;
		return false;
	}
	return true;
}

static void add_number(struct strbuf *out, bool is_set, double value)
{
	struct strbuf number = STRBUF_INIT;

	if (is_set)
		format_number(&number, value, 10);
	strbuf_addf(out, " %10s", number.data);
	strbuf_release(&number);
}

static void tell_metrics(struct telling *telling, const struct trial *trial)
{
	struct error ignored;
	size_t i;

	telling->summaries = xcalloc(NAMES_MAX, sizeof(*telling->summaries));
	telling->deadline_ns = clock_mono_ns() + METRICS_BUDGET_NS;
	store_metrics_each(telling->console->data.store, trial->key,
			   trial->attempt, NULL, sum_metric, telling, &ignored);
	if (telling->count == 0) {
		add_heading(telling->pager, "Metrics: none reported");
	} else {
		add_heading(telling->pager,
			    "Metrics           count       last     lowest    "
			    "highest      final");
	}
	for (i = 0; i < telling->count; i++) {
		const struct metric_summary *summary = &telling->summaries[i];
		struct strbuf line = STRBUF_INIT;

		utf8_sanitize(&line, summary->name, strlen(summary->name),
			      telling->console->is_ascii);
		while (line.len < 13)
			strbuf_addch(&line, ' ');
		strbuf_addf(&line, "\t%9lld", summary->count);
		add_number(&line, summary->count > 0, summary->last);
		add_number(&line, summary->has_range, summary->low);
		add_number(&line, summary->has_range, summary->high);
		add_number(&line, summary->has_final, summary->final);
		pager_add(telling->pager, ROLE_NORMAL, line.data);
		strbuf_release(&line);
	}
	if (telling->is_cut)
		pager_addf(telling->pager, ROLE_WARNING,
			   "(counted over the first %lld reports)",
			   telling->rows);
	free(telling->summaries);
}

static bool tell_event(const struct event *event, void *arg)
{
	struct telling *telling = arg;
	struct strbuf line = STRBUF_INIT;
	enum role role = event->level == EVENT_ERROR	 ? ROLE_ERROR
			 : event->level == EVENT_WARNING ? ROLE_WARNING
							 : ROLE_NORMAL;

	bars_format_time(&line, event->at_ns);
	strbuf_addf(&line, "  %-16s ", event->kind);
	utf8_sanitize(&line, event->text ? event->text : "",
		      event->text ? strlen(event->text) : 0,
		      telling->console->is_ascii);
	pager_add(telling->pager, role, line.data);
	strbuf_release(&line);
	return true;
}

static void tell(struct console *console, const struct trial *trial)
{
	struct pager *pager = &console->trial.pager;
	struct telling telling = {.console = console, .pager = pager};
	struct store *store = console->data.store;
	struct error ignored;

	pager_clear(pager);
	tell_head(console, pager, trial);
	tell_parameters(console, pager, trial);
	add_heading(pager, "Attempts");
	store_attempts_each(store, trial->key, tell_attempt, &telling,
			    &ignored);
	tell_metrics(&telling, trial);
	add_heading(pager, "Journal");
	store_events_each(store, trial->experiment, trial->key, 0, EVENTS_SHOWN,
			  tell_event, &telling, &ignored);
}

static void recalc(struct console *console, unsigned changes)
{
	const struct trial_row *row = console_trial(console);
	struct trial trial = {0};
	struct error err;
	bool is_new;

	(void)changes;
	if (!row || console_view(console) != &view_trial)
		return;
	is_new = console->trial.key != row->key;
	if (!is_new && console->trial.version >= row->version)
		return;
	/* metrics are summed at most once a second, whatever pours in */
	console->trial.is_stale = true;
	if (!is_new &&
	    clock_mono_ns() - console->trial.metrics_ns < METRICS_AGAIN_NS)
		return;
	if (is_new)
		console->trial.pager.top = 0;
	console->trial.key = row->key;
	console->trial.metrics_ns = clock_mono_ns();
	if (!store_trial_get(console->data.store, row->key, &trial, &err)) {
		pager_clear(&console->trial.pager);
		pager_add(&console->trial.pager, ROLE_ERROR, err.text);
		return;
	}
	console->trial.version = trial.version;
	console->trial.is_stale = false;
	tell(console, &trial);
	trial_release(&trial);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	const struct trial_row *row = console_trial(console);
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	char left[300] = " Trial", right[64] = "";

	if (row)
		snprintf(left, sizeof(left), " Trial #%lld  %s  of %s",
			 (long long)console->trials.sequence, row->id,
			 console_experiment_name(console));
	pager_draw(&console->trial.pager, body);
	pager_format_place(&console->trial.pager, right, sizeof(right));
	bars_title(rect, is_focused, left, right);
}

static bool on_action(struct console *console, enum action_id action)
{
	return pager_on_action(&console->trial.pager, action);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct pager *pager = &console->trial.pager;

	if (!text && !pager->pattern)
		return false;
	return pager_search(pager, text ? text : pager->pattern, is_backward,
			    !text);
}

const struct view_ops view_trial = {
	.name = "trial",
	.bit = VIEW_TRIAL,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
