/* SPDX-License-Identifier: MIT */
/* All about one trial: parameters, results, attempts, metrics, journal. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/format.h"
#include "tui/metric_table.h"
#include "tui/output_lines.h"
#include "tui/part_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_NS (1 * NS_PER_S)	     /* at most so often, whatever pours in */
#define AGES_AGAIN_NS (5 * NS_PER_S) /* times that pass, of live trials */
#define EVENTS_SHOWN 200

struct telling {
	struct console *console;
	struct pager *pager;
	int newest; /* attempt */
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

/* Where in the cluster it is, or was when it ended. */
static void tell_place(struct console *console, struct pager *pager,
		       const struct trial *trial)
{
	struct strbuf line = STRBUF_INIT;
	struct trial_place place;
	struct error ignored;

	console->trial.place_ns = 0;
	if (!store_place_get(console->data.store, trial->key, &place, &ignored))
		return;
	console->trial.place_ns = place.at_ns;
	if (place.attempt != trial->attempt)
		return;
	add_text(console, pager, ROLE_NORMAL, "Pod", place.pod);
	strbuf_adds(&line, *place.node ? place.node : "none yet");
	if (place.restarts)
		strbuf_addf(&line, "  (%d restart%s)", place.restarts,
			    place.restarts == 1 ? "" : "s");
	add_text(console, pager, ROLE_NORMAL, "Node", line.data);
	strbuf_clear(&line);
	strbuf_adds(&line, "Requests\t");
	format_amount(&line, &place.requested);
	pager_add(pager, ROLE_NORMAL, line.data);
	if (!trial_state_is_terminal(trial->state) &&
	    (place.used.cpu_milli >= 0 || place.used.memory_bytes >= 0)) {
		strbuf_clear(&line);
		strbuf_adds(&line, "Uses\t");
		format_amount(&line, &place.used);
		strbuf_adds(&line, "  (");
		clock_format_duration(&line, clock_wall_ns() - place.at_ns);
		strbuf_adds(&line, " old)");
		pager_add(pager, ROLE_NORMAL, line.data);
	}
	strbuf_release(&line);
}

static void tell_head(struct console *console, struct pager *pager,
		      const struct trial *trial)
{
	struct strbuf line = STRBUF_INIT;
	int64_t end_ns = trial->ended_ns ? trial->ended_ns : clock_wall_ns();
	struct error ignored;

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
	if (trial->state == TRIAL_FAILED && !console->data.is_read_only &&
	    !experiment_is_foreign(&console->data.experiment))
		pager_add(
			pager, ROLE_DIM,
			"Next\t3 its log; r runs it again, R all that failed");
	tell_place(console, pager, trial);
	if (trial->source == 'c')
		pager_add(pager, ROLE_NORMAL, "Origin\tadded by hand");
	else if (trial->source == 'i')
		pager_add(pager, ROLE_NORMAL, "Origin\timported");
	if (trial->tags)
		add_text(console, pager, ROLE_STRONG, "Tags", trial->tags);
	if (trial->note)
		add_text(console, pager, ROLE_NORMAL, "Note", trial->note);
	strbuf_clear(&line);
	if (console_kubectl(console, trial, &line, &ignored))
		add_text(console, pager, ROLE_DIM, "kubectl", line.data);
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
	output_lines_add(pager, console->data.store, &console->data.experiment,
			 trial, console->is_ascii);
	strbuf_release(&line);
}

/* ---- what an attempt consists of ----------------------------------------- */

static enum role part_role(enum part_state state)
{
	static const enum role roles[PART_STATE_COUNT] = {
		[PART_WAITING] = ROLE_WAITING,
		[PART_RUNNING] = ROLE_RUNNING,
		[PART_SUCCEEDED] = ROLE_SUCCEEDED,
		[PART_FAILED] = ROLE_FAILED,
		[PART_SKIPPED] = ROLE_DIM,
		[PART_SUSPENDED] = ROLE_CANCELED,
	};

	return roles[state];
}

static void add_part(const char *text, const struct trial_part *part, void *arg)
{
	pager_add(arg, part ? part_role(part->state) : ROLE_LABEL, text);
}

static void tell_parts(struct console *console, struct pager *pager,
		       int64_t trial, int attempt, const char *heading)
{
	struct part_style style = {.cols = draw_cols(),
				   .is_ascii = console->is_ascii,
				   .indent = "\t", /* beside the labels */
				   .now_ns = clock_wall_ns()};
	struct strbuf line = STRBUF_INIT;
	struct part_list parts = {0};
	struct error ignored;

	if (store_parts_get(console->data.store, trial, attempt, &parts,
			    &ignored) &&
	    part_list_is_worth_showing(&parts)) {
		if (heading) {
			strbuf_adds(&line, heading);
			part_format_counts(&line, &parts);
			add_heading(pager, line.data);
		}
		part_table_each(&parts, &style, add_part, pager);
	}
	part_list_release(&parts);
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
	if (attempt->number != telling->newest) /* its own stand above */
		tell_parts(telling->console, telling->pager, attempt->trial,
			   attempt->number, NULL);
	strbuf_release(&line);
	return true;
}

static bool tell_event(const struct event *event, void *arg)
{
	struct telling *telling = arg;
	struct strbuf line = STRBUF_INIT;
	enum role role = event->level == EVENT_ERROR	 ? ROLE_ERROR
			 : event->level == EVENT_WARNING ? ROLE_WARNING
							 : ROLE_NORMAL;

	struct strbuf age = STRBUF_INIT;

	telling->console->trial.event = event->key;
	bars_format_time(&line, event->at_ns);
	format_age(&age, event->at_ns, clock_wall_ns());
	strbuf_addf(&line, "  %7s  %-16s ", age.data, event->kind);
	strbuf_release(&age);
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
	struct telling telling = {
		.console = console, .pager = pager, .newest = trial->attempt};
	struct store *store = console->data.store;
	struct error ignored;

	pager_clear(pager);
	console->trial.cols = draw_cols();
	tell_head(console, pager, trial);
	tell_parts(console, pager, trial->key, trial->attempt, "Parts  ");
	tell_parameters(console, pager, trial);
	add_heading(pager, "Attempts");
	store_attempts_each(store, trial->key, tell_attempt, &telling,
			    &ignored);
	metric_table_add(pager, store, trial, console->is_ascii);
	add_heading(pager, "Journal");
	console->trial.event = 0;
	store_events_each(store, trial->experiment, trial->key, 0, EVENTS_SHOWN,
			  tell_event, &telling, &ignored);
}

static bool keep_event(const struct event *event, void *arg)
{
	*(int64_t *)arg = event->key;
	return true;
}

/* Has something happened to it that does not show in its row? */
static bool has_happened(struct console *console, int64_t key)
{
	struct store *store = console->data.store;
	int64_t event = console->trial.event;
	struct trial_place place;
	struct error ignored;

	if (store_place_get(store, key, &place, &ignored) &&
	    place.at_ns != console->trial.place_ns)
		return true;
	store_events_each(store, console->data.selected, key,
			  console->trial.event, 1, keep_event, &event,
			  &ignored);
	return event != console->trial.event;
}

static bool must_tell(struct console *console, const struct trial_row *row,
		      unsigned changes)
{
	int64_t age_ns = clock_mono_ns() - console->trial.told_ns;

	if (console->trial.version < row->version || console->trial.is_stale)
		return true;
	if ((changes & DATA_OTHER) && has_happened(console, row->key))
		return true;
	return age_ns >= AGES_AGAIN_NS &&
	       !trial_state_is_terminal((enum trial_state)row->state);
}

static void retell(struct console *console, int64_t key)
{
	struct trial trial = {0};
	struct error err;

	console->trial.key = key;
	console->trial.told_ns = clock_mono_ns();
	if (!store_trial_get(console->data.store, key, &trial, &err)) {
		pager_clear(&console->trial.pager);
		pager_add(&console->trial.pager, ROLE_ERROR, err.text);
		return;
	}
	console->trial.version = trial.version;
	console->trial.is_stale = false;
	tell(console, &trial);
	trial_release(&trial);
}

static void recalc(struct console *console, unsigned changes)
{
	const struct trial_row *row = console_trial(console);
	bool is_new;

	if (!row || console_view(console) != &view_trial)
		return;
	is_new = console->trial.key != row->key;
	if (!is_new && !must_tell(console, row, changes))
		return;
	/* metrics are summed at most once a second */
	console->trial.is_stale = true;
	if (!is_new && clock_mono_ns() - console->trial.told_ns < AGAIN_NS)
		return;
	if (is_new)
		console->trial.pager.top = 0;
	retell(console, row->key);
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
	/* the parts' columns are those that fit */
	if (row && console->trial.cols != draw_cols() && !console->is_frozen)
		retell(console, row->key);
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
