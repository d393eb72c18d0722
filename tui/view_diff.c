/* SPDX-License-Identifier: MIT */
/* How marked trials, or experiments, differ: only that, or all of them. */
#include "tui/console.h"
#include "tui/diff.h"

#include <stdio.h>
#include <string.h>

static void add_line(const char *text, const struct diff_row *row, void *arg)
{
	pager_add(arg,
		  !row		  ? ROLE_HEADER
		  : !row->is_same ? ROLE_NORMAL
				  : ROLE_DIM,
		  text);
}

static size_t marked_trials(struct console *console, int64_t *keys)
{
	const struct trial_index *index = &console->data.trials;
	const struct trial_row *row = console_trial(console);
	size_t count = 0;
	bool has_row = false;

	for (size_t i = 0; i < index->count; i++) {
		if (!(index->rows[i].flags & ROW_MARKED))
			continue;
		if (count < DIFF_COLUMNS_MAX)
			keys[count] = index->rows[i].key;
		count++;
		has_row |= row && row->key == index->rows[i].key;
	}
	/* one alone is compared with the one under the cursor */
	if (count == 1 && row && !has_row)
		keys[count++] = row->key;
	return count;
}

static size_t marked_experiments(struct console *console, int64_t *keys)
{
	const struct data *data = &console->data;
	size_t count = 0;

	for (size_t i = 0; i < data->experiment_count; i++) {
		if (!data->experiments[i].is_marked)
			continue;
		if (count < DIFF_COLUMNS_MAX)
			keys[count] = data->experiments[i].key;
		count++;
	}
	if (count == 1 && data->selected && keys[0] != data->selected)
		keys[count++] = data->selected;
	return count;
}

static void tell(struct console *console)
{
	struct pager *pager = &console->diff.pager;
	struct error err = {0};
	struct diff diff;
	bool ok;

	pager_clear(pager);
	console->diff.cols = draw_cols();
	if (console->diff.of_experiments)
		ok = diff_experiments(console->data.store, console->diff.keys,
				      console->diff.count, &diff, &err);
	else
		ok = diff_trials(console->data.store, console->diff.keys,
				 console->diff.count, &diff, &err);
	if (!ok) {
		pager_add(pager, ROLE_ERROR, err.text);
		return;
	}
	diff_each(&diff, draw_cols(), console->diff.is_all, console->is_ascii,
		  add_line, pager);
	if (pager->count == 1)
		pager_add(pager, ROLE_DIM,
			  "They do not differ; d shows everything.");
	diff_release(&diff);
}

void view_diff_open(struct console *console)
{
	bool of_experiments = console_view(console) == &view_experiments;
	int64_t keys[DIFF_COLUMNS_MAX];
	size_t count = of_experiments ? marked_experiments(console, keys)
				      : marked_trials(console, keys);

	if (count < 2) {
		console_say(
			console, ROLE_WARNING,
			"mark two or more with Space, then d compares them");
		return;
	}
	if (count > DIFF_COLUMNS_MAX) {
		console_say(console, ROLE_WARNING,
			    "%zu are too many to compare (at most %d)", count,
			    DIFF_COLUMNS_MAX);
		return;
	}
	memcpy(console->diff.keys, keys, count * sizeof(*keys));
	console->diff.count = count;
	console->diff.of_experiments = of_experiments;
	console->diff.is_all = false;
	console->diff.pager.top = 0;
	tell(console);
	console_push(console, SCREEN_DIFF);
}

static void recalc(struct console *console, unsigned changes)
{
	if (console_view(console) == &view_diff &&
	    (changes & (DATA_TRIALS | DATA_EXPERIMENTS)))
		tell(console);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	char left[200], right[64] = "";

	if (console->diff.cols != draw_cols())
		tell(console);
	snprintf(left, sizeof(left), " %zu %s: %s", console->diff.count,
		 console->diff.of_experiments ? "experiments" : "trials",
		 console->diff.is_all ? "all, * differs (d: differences)"
				      : "differences (d: all)");
	pager_draw(&console->diff.pager, body);
	pager_format_place(&console->diff.pager, right, sizeof(right));
	bars_title(rect, is_focused, left, right);
}

static bool on_action(struct console *console, enum action_id action)
{
	if (action == ACTION_DIFF) {
		console->diff.is_all = !console->diff.is_all;
		tell(console);
		return true;
	}
	return pager_on_action(&console->diff.pager, action);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct pager *pager = &console->diff.pager;

	if (!text && !pager->pattern)
		return false;
	return pager_search(pager, text ? text : pager->pattern, is_backward,
			    !text);
}

const struct view_ops view_diff = {
	.name = "diff",
	.bit = VIEW_DIFF,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
