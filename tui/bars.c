/* SPDX-License-Identifier: MIT */
/*
 * The lines around the panes: titles, status line, function bar.
 *
 * The status line is made of facts in order of weight; what does not fit is
 * left out from the end, never squeezed.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/console.h"
#include "tui/format.h"
#include "tui/keys.h"

#include <stdio.h>
#include <string.h>

#define ETA_SAMPLE 30	/* finished trials looked at */
#define ETA_SEARCH 2000 /* rows looked through for them */

enum role bars_state_role(enum trial_state state)
{
	static const enum role roles[TRIAL_STATE_COUNT] = {
		[TRIAL_WAITING] = ROLE_WAITING,
		[TRIAL_RUNNING] = ROLE_RUNNING,
		[TRIAL_SUCCEEDED] = ROLE_SUCCEEDED,
		[TRIAL_FAILED] = ROLE_FAILED,
		[TRIAL_USER_CANCELED] = ROLE_CANCELED,
		[TRIAL_SYS_CANCELED] = ROLE_CANCELED,
		[TRIAL_EARLY_STOPPED] = ROLE_EARLY,
		[TRIAL_UNKNOWN] = ROLE_UNKNOWN,
	};

	return roles[state];
}

const char *bars_experiment_state(const struct experiment_row *row,
				  enum role *ret_role)
{
	static const enum role roles[EXPERIMENT_STATE_COUNT] = {
		[EXPERIMENT_INITIALIZED] = ROLE_WAITING,
		[EXPERIMENT_RUNNING] = ROLE_RUNNING,
		[EXPERIMENT_NO_MORE_TRIAL] = ROLE_RUNNING,
		[EXPERIMENT_TUNER_NO_MORE_TRIAL] = ROLE_RUNNING,
		[EXPERIMENT_DONE] = ROLE_SUCCEEDED,
		[EXPERIMENT_STOPPING] = ROLE_WAITING,
		[EXPERIMENT_STOPPED] = ROLE_CANCELED,
		[EXPERIMENT_ERROR] = ROLE_FAILED,
	};

	*ret_role = roles[row->state];
	if (!experiment_state_is_terminal(row->state) && !row->is_live) {
		*ret_role = ROLE_WARNING;
		return "NOT RUNNING";
	}
	if (row->is_paused && row->state == EXPERIMENT_RUNNING) {
		*ret_role = ROLE_WAITING;
		return "PAUSED";
	}
	if (row->lets_finish && row->state == EXPERIMENT_STOPPING)
		return "FINISHING";
	return experiment_state_name(row->state);
}

void bars_format_time(struct strbuf *out, int64_t at_ns)
{
	struct strbuf iso = STRBUF_INIT;

	clock_format_iso(&iso, at_ns);
	if (iso.len > 19) {
		strbuf_truncate(&iso, 19);
		iso.data[10] = ' ';
	}
	strbuf_adds(out, iso.data);
	strbuf_release(&iso);
}

void bars_title(struct rect rect, bool is_focused, const char *left,
		const char *right)
{
	enum role role = is_focused ? ROLE_TITLE_FOCUSED : ROLE_TITLE;
	int right_cols = utf8_width(right, strlen(right));
	int left_cols = rect.cols;

	if (right_cols > 0 && right_cols + 12 <= rect.cols)
		left_cols = rect.cols - right_cols - 1;
	draw_text(rect.y, rect.x, left_cols, role, left);
	if (left_cols < rect.cols) {
		draw_point(rect.y, rect.x + left_cols, role, ' ');
		draw_text(rect.y, rect.x + left_cols + 1, right_cols, role,
			  right);
	}
}

int64_t bars_eta_ns(const struct console *console, bool *ret_is_bound)
{
	const struct experiment_row *row = data_selected(&console->data);
	const struct experiment *experiment = &console->data.experiment;
	const struct trial_index *trials = &console->data.trials;
	int64_t now_ns = clock_wall_ns();
	int64_t sum_ns = 0, left_ns, work_ns, done_ns = 0, mean_ns;
	int64_t ended, sequence;
	int samples = 0, looked = 0, concurrency;

	*ret_is_bound = false;
	if (!row || !row->is_live || row->is_paused ||
	    experiment_state_is_terminal(row->state))
		return -1;
	for (sequence = (int64_t)trials->count - 1;
	     sequence >= 0 && samples < ETA_SAMPLE && looked < ETA_SEARCH;
	     sequence--, looked++) {
		const struct trial_row *trial =
			trial_index_find(trials, sequence);
		int64_t ns;

		if (!trial || !trial->started_ns)
			continue;
		ns = trial_row_duration_ns(trial, now_ns);
		if (!trial_state_is_terminal(trial->state)) {
			done_ns += ns;
		} else if (trial->state == TRIAL_SUCCEEDED ||
			   trial->state == TRIAL_EARLY_STOPPED) {
			sum_ns += ns;
			samples++;
		}
	}
	left_ns = experiment->max_duration_s > 0
			  ? experiment->max_duration_s * NS_PER_S -
				    experiment->run_ns
			  : -1;
	if (samples == 0 ||
	    (row->max_trials <= 0 && row->state == EXPERIMENT_RUNNING))
		return left_ns;
	ended = experiment_row_total(row) - experiment_row_live(row);
	mean_ns = sum_ns / samples;
	work_ns = row->state == EXPERIMENT_RUNNING
			  ? (row->max_trials - ended) * mean_ns
			  : experiment_row_live(row) * mean_ns;
	concurrency = row->concurrency > 0 ? row->concurrency : 1;
	/* what runs longer than usual has little left, not less than nothing */
	if (done_ns > experiment_row_live(row) * mean_ns)
		done_ns = experiment_row_live(row) * mean_ns;
	work_ns = (work_ns - done_ns) / concurrency;
	if (left_ns >= 0 && left_ns < work_ns)
		return left_ns;
	return work_ns > 0 ? work_ns : 0;
}

/* One more fact, if there is room for it.  Returns the new column. */
static int add_fact(int y, int x, int cols, enum role role, const char *text)
{
	int width = utf8_width(text, strlen(text));
	int gap = x > 0 ? 2 : 0;

	if (width == 0)
		return x;
	if (x + gap + width > cols)
		return x;
	draw_fill(y, x, gap, ROLE_STATUS, ' ');
	draw_text(y, x + gap, width, role, text);
	return x + gap + width;
}

static int add_progress(const struct experiment_row *row, int y, int x,
			int cols)
{
	int64_t ended = experiment_row_total(row) - experiment_row_live(row);
	int width = cols >= 120 ? 20 : 10, i, filled;
	char text[64];

	if (row->max_trials <= 0) {
		snprintf(text, sizeof(text), "%lld done", (long long)ended);
		return add_fact(y, x, cols, ROLE_STATUS, text);
	}
	if (x + 2 + width < cols && cols >= 60) {
		filled = (int)(ended * width / row->max_trials);
		draw_fill(y, x, 2, ROLE_STATUS, ' ');
		x += 2;
		for (i = 0; i < width; i++)
			draw_point(y, x + i, ROLE_GAUGE,
				   theme_glyph(i < filled ? GLYPH_GAUGE
							  : GLYPH_GAUGE_REST));
		x += width;
	}
	snprintf(text, sizeof(text), "%lld/%lld %d%%", (long long)ended,
		 (long long)row->max_trials,
		 (int)(ended * 100 / row->max_trials));
	return add_fact(y, x, cols, ROLE_STATUS, text);
}

static void format_counts(const struct experiment_row *row, struct strbuf *out)
{
	static const enum trial_state order[] = {
		TRIAL_RUNNING,	    TRIAL_WAITING,	 TRIAL_SUCCEEDED,
		TRIAL_FAILED,	    TRIAL_EARLY_STOPPED, TRIAL_USER_CANCELED,
		TRIAL_SYS_CANCELED, TRIAL_UNKNOWN};
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (row->counts[order[i]])
			strbuf_addf(out, "%s%c:%lld", out->len ? " " : "",
				    trial_state_letter(order[i]),
				    (long long)row->counts[order[i]]);
}

static void format_liveness(const struct console *console,
			    const struct experiment_row *row,
			    struct strbuf *out)
{
	if (console_runs(console))
		strbuf_adds(out, "running here");
	else if (row->is_live && row->pid)
		strbuf_addf(out, "run by pid %d", row->pid);
	else if (row->is_live)
		strbuf_adds(out, "run elsewhere");
	else if (!experiment_state_is_terminal(row->state))
		strbuf_adds(out, "u takes it up");
}

static int add_facts(struct console *console, const struct experiment_row *row,
		     int y, int x, int cols)
{
	struct strbuf fact = STRBUF_INIT;
	bool is_bound;
	int64_t eta_ns = bars_eta_ns(console, &is_bound);
	enum role role;

	x = add_fact(y, x, cols, ROLE_STATUS,
		     bars_experiment_state(row, &role));
	x = add_progress(row, y, x, cols);
	format_counts(row, &fact);
	x = add_fact(y, x, cols, ROLE_STATUS, fact.data);
	strbuf_clear(&fact);
	strbuf_adds(&fact, "best ");
	if (row->best.is_set)
		format_number(&fact, row->best.number, 9);
	else
		strbuf_adds(&fact, "-");
	if (row->best.is_set && console->data.best_sequence >= 0)
		strbuf_addf(&fact, " #%lld",
			    (long long)console->data.best_sequence);
	x = add_fact(y, x, cols, ROLE_STATUS, fact.data);
	strbuf_clear(&fact);
	if (row->is_live && !experiment_state_is_terminal(row->state)) {
		strbuf_adds(&fact, is_bound && eta_ns >= 0 ? "ETA <" : "ETA ");
		if (eta_ns >= 0 && eta_ns < NS_PER_S)
			strbuf_adds(&fact, "soon");
		else if (eta_ns >= 0)
			clock_format_duration(&fact, eta_ns);
		else
			strbuf_adds(&fact, "-");
		x = add_fact(y, x, cols, ROLE_STATUS, fact.data);
	}
	strbuf_clear(&fact);
	format_liveness(console, row, &fact);
	x = add_fact(y, x, cols, ROLE_STATUS, fact.data);
	strbuf_release(&fact);
	return x;
}

const char *bars_fault(const struct console *console, int64_t *ret_since_ns)
{
	const struct experiment *experiment = &console->data.experiment;
	const struct experiment_row *row = data_selected(&console->data);

	if (console->fault[0]) {
		*ret_since_ns = console->fault_since_ns;
		return console->fault;
	}
	/* our own engine has just said that it has none */
	if (!row || !row->is_live || console_runs(console))
		return NULL;
	*ret_since_ns = experiment->fault_since_ns;
	return experiment->fault;
}

void bars_status(struct console *console)
{
	const struct experiment_row *row = data_selected(&console->data);
	struct strbuf fact = STRBUF_INIT;
	const char *fault;
	int64_t since_ns;
	int y = console->layout.status_row, cols = draw_cols(), x = 0;

	if (console->is_frozen) {
		strbuf_adds(&fact, " SCREEN PAUSED, as of ");
		format_age(&fact, console->frozen_ns, clock_wall_ns());
		strbuf_adds(&fact, ": Z goes on ");
		x += draw_part(y, x, cols, ROLE_QUESTION, fact.data);
	}
	if (undo_is_open(console)) {
		strbuf_clear(&fact);
		strbuf_addf(&fact,
			    console->undo.ops->carry_out
				    ? " %s in %d s: Esc takes it back "
				    : " %s: %d s for Esc to take it back ",
			    console->undo.what, undo_left_s(console));
		x += draw_part(y, x, cols - x, ROLE_QUESTION, fact.data);
	}
	fault = bars_fault(console, &since_ns);
	if (fault) {
		strbuf_clear(&fact);
		strbuf_adds(&fact, " retrying for ");
		clock_format_duration(&fact, clock_wall_ns() - since_ns);
		strbuf_adds(&fact, ": ");
		utf8_sanitize(&fact, fault, strlen(fault), console->is_ascii);
		strbuf_addch(&fact, ' ');
		x += draw_part(y, x, cols - x, ROLE_ERROR, fact.data);
	}
	if (!fault && row && row->is_live &&
	    console->data.experiment.progress) {
		const char *progress = console->data.experiment.progress;

		strbuf_clear(&fact);
		strbuf_addch(&fact, ' ');
		utf8_sanitize(&fact, progress, strlen(progress),
			      console->is_ascii);
		strbuf_addch(&fact, ' ');
		x += draw_part(y, x, cols - x, ROLE_WARNING, fact.data);
	}
	if (console->data.trouble.code != ERROR_NONE) {
		strbuf_clear(&fact);
		strbuf_adds(&fact, " as of ");
		format_age(&fact, console->data.refreshed_ns, clock_wall_ns());
		strbuf_addf(&fact, ": %s ", console->data.trouble.text);
		x += draw_part(y, x, cols - x, ROLE_ERROR, fact.data);
	}
	if (row)
		x = add_facts(console, row, y, x, cols);
	else if (x == 0)
		x = add_fact(y, x, cols, ROLE_STATUS, "trialdeck");
	draw_fill(y, x, cols - x, ROLE_STATUS, ' ');
	strbuf_release(&fact);
}

/* "F9 x" */
static void format_keys(const struct action *action, struct strbuf *out)
{
	const char *function = strstr(action->keys, "<F");

	if (function)
		strbuf_addf(out, "%.*s ", (int)strcspn(function + 1, ">"),
			    function + 1);
	strbuf_addf(out, "%.*s", (int)strcspn(action->keys, " "), action->keys);
}

static const char *label_of(const struct console *console, int action,
			    unsigned view)
{
	const char *label = actions[action].label;

	if (!(actions[action].views & view) ||
	    (console->data.is_read_only &&
	     (actions[action].flags & DOES_COMMAND)))
		return NULL;
	if (action == ACTION_LOG_ROLE && view == VIEW_LOG &&
	    log_pane_part(console, 0))
		return "Pod";
	if (action == ACTION_LOG_MERGED && view == VIEW_LOG &&
	    log_pane_is_of_one(console))
		return "All";
	return label && action == ACTION_CLOSE && (view & ~VIEW_PANES) ? "Close"
								       : label;
}

static int label_cols(const char *label, const struct action *action)
{
	struct strbuf keys = STRBUF_INIT;
	int cols;

	format_keys(action, &keys);
	cols = (int)keys.len + 1 + (int)strlen(label) + 1;
	strbuf_release(&keys);
	return cols;
}

/* Which labels fit: some go before the others do. */
static void choose_labels(const struct console *console, unsigned view,
			  int cols, bool chosen[ACTION_COUNT])
{
	static const enum action_id dispensable[] = {ACTION_PICTURE_PREVIOUS,
						     ACTION_CHART_TOGGLE,
						     ACTION_RESTART,
						     ACTION_SORT,
						     ACTION_PAUSE,
						     ACTION_FILTER,
						     ACTION_KILL,
						     ACTION_LOG_MERGED,
						     ACTION_LOG_ROLE};
	int used = 0, i;
	size_t k;

	for (i = 0; i < ACTION_COUNT; i++) {
		const char *label = label_of(console, i, view);

		chosen[i] = label != NULL;
		if (label)
			used += label_cols(label, &actions[i]);
	}
	for (k = 0; k < COUNT_OF(dispensable) && used > cols + 1; k++) {
		i = dispensable[k];
		if (!chosen[i])
			continue;
		chosen[i] = false;
		used -= label_cols(label_of(console, i, view), &actions[i]);
	}
}

void bars_functions(struct console *console)
{
	unsigned view = console_view(console)->bit;
	int y = console->layout.bar_row, cols = draw_cols(), x = 0, i;
	bool chosen[ACTION_COUNT];
	struct strbuf text = STRBUF_INIT;

	choose_labels(console, view, cols, chosen);
	for (i = 0; i < ACTION_COUNT; i++) {
		if (!chosen[i])
			continue;
		strbuf_clear(&text);
		format_keys(&actions[i], &text);
		x += draw_part(y, x, cols - x, ROLE_KEY, text.data);
		draw_point(y, x++, ROLE_KEY_LABEL, ' ');
		x += draw_part(y, x, cols - x, ROLE_KEY_LABEL,
			       label_of(console, i, view));
		draw_point(y, x++, ROLE_KEY_LABEL, ' ');
	}
	strbuf_release(&text);
}
