/* SPDX-License-Identifier: MIT */
/*
 * The cluster: its nodes with what is taken of them, and where the live trials
 * run.  Two tables with one cursor; each scrolls by itself when both together
 * do not fit.
 *
 * It shows what the store holds.  Whoever runs the experiment looks at the
 * cluster only while a screen asks for it (wishes.c), so the age of what is
 * shown stands in the title.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/cluster_cells.h"
#include "tui/cluster_rows.h"
#include "tui/console.h"
#include "tui/format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_NODES, PART_TRIALS, PART_COUNT };

struct cluster_pane {
	struct cluster_rows rows;
	int64_t experiment; /* the rows are of this one */
	enum cluster_sort sort;
	bool is_reversed;
	struct list lists[PART_COUNT];
	size_t cursor; /* counts nodes, then trials */
	/* what the cursor is on, wherever it moves; neither: the first row */
	char node[64];
	int64_t trial; /* key */
	char search[128];
	char problem[256]; /* reading the store failed */
};

struct cluster_pane *cluster_pane_new(void)
{
	return xcalloc(1, sizeof(struct cluster_pane));
}

void cluster_pane_free(struct cluster_pane *pane)
{
	if (!pane)
		return;
	cluster_rows_release(&pane->rows);
	free(pane);
}

/* ---- cells --------------------------------------------------------------- */

static void format_field(const struct cluster_pane *pane, enum part part,
			 size_t at, int column, struct strbuf *out,
			 enum role *role)
{
	if (part == PART_NODES)
		cluster_format_node(&pane->rows.nodes[at], column, out, role);
	else
		cluster_format_trial(&pane->rows.trials[at], column, out, role);
}

/* ---- the cursor ------------------------------------------------------------
 */

static size_t row_count(const struct cluster_pane *pane)
{
	return pane->rows.node_count + pane->rows.trial_count;
}

static const struct cluster_trial *
trial_under_cursor(const struct cluster_pane *pane)
{
	size_t nodes = pane->rows.node_count;

	if (pane->cursor < nodes || pane->cursor >= row_count(pane))
		return NULL;
	return &pane->rows.trials[pane->cursor - nodes];
}

/* Tell the two lists, and remember what it is on. */
static void set_cursor(struct cluster_pane *pane, size_t at)
{
	size_t nodes = pane->rows.node_count, count = row_count(pane);
	const struct cluster_trial *trial;

	pane->cursor = count && at >= count ? count - 1 : count ? at : 0;
	pane->lists[PART_NODES].count = nodes;
	pane->lists[PART_TRIALS].count = pane->rows.trial_count;
	if (pane->cursor < nodes)
		pane->lists[PART_NODES].cursor = pane->cursor;
	else
		pane->lists[PART_TRIALS].cursor = pane->cursor - nodes;
	list_clamp(&pane->lists[PART_NODES]);
	list_clamp(&pane->lists[PART_TRIALS]);
	trial = trial_under_cursor(pane);
	pane->trial = trial ? trial->place.trial : 0;
	snprintf(pane->node, sizeof(pane->node), "%s",
		 pane->cursor < nodes ? pane->rows.nodes[pane->cursor].name
				      : "");
}

/* The rows are new, or in another order: find it again. */
static void follow_cursor(struct cluster_pane *pane)
{
	size_t nodes = pane->rows.node_count;
	size_t at = pane->cursor, i;

	if (!pane->trial && !*pane->node)
		at = 0;
	for (i = 0; i < pane->rows.trial_count; i++)
		if (pane->trial &&
		    pane->rows.trials[i].place.trial == pane->trial)
			at = nodes + i;
	for (i = 0; i < nodes; i++)
		if (*pane->node &&
		    !strcmp(pane->rows.nodes[i].name, pane->node))
			at = i;
	set_cursor(pane, at);
}

static void sort_rows(struct cluster_pane *pane)
{
	cluster_rows_sort(&pane->rows, pane->sort, pane->is_reversed);
	follow_cursor(pane);
}

static void recalc(struct console *console, unsigned changes)
{
	struct cluster_pane *pane = console->cluster;
	struct error err;

	(void)changes;
	if (console_view(console) != &view_cluster)
		return;
	if (pane->experiment != console->data.selected) {
		pane->experiment = console->data.selected;
		pane->trial = 0;
		pane->node[0] = '\0';
		cluster_add_columns(&pane->lists[PART_NODES],
				    &pane->lists[PART_TRIALS]);
	}
	pane->problem[0] = '\0';
	if (console->data.store && pane->experiment &&
	    !cluster_rows_read(&pane->rows, &console->data, &err))
		snprintf(pane->problem, sizeof(pane->problem), "%.250s",
			 err.text);
	sort_rows(pane);
}

/* ---- painting ------------------------------------------------------------ */

static void draw_cell(int y, int x, const struct list_column *column,
		      enum role role, const char *text)
{
	if (column->is_right)
		draw_right(y, x, column->cols, role, text);
	else
		draw_text(y, x, column->cols, role, text);
}

static void measure(struct cluster_pane *pane, enum part part)
{
	struct list *list = &pane->lists[part];
	struct strbuf cell = STRBUF_INIT;
	enum role role;

	for (size_t at = list->top;
	     at < list->count && at < list->top + (size_t)list->rows; at++)
		for (int i = 0; i < list->column_count; i++) {
			strbuf_clear(&cell);
			format_field(pane, part, at, list->columns[i].id, &cell,
				     &role);
			list_measure(&list->columns[i],
				     utf8_width(cell.data, cell.len));
		}
	strbuf_release(&cell);
}

static void draw_row(const struct cluster_pane *pane, enum part part, size_t at,
		     int y, struct rect rect)
{
	const struct list *list = &pane->lists[part];
	size_t first = part == PART_NODES ? 0 : pane->rows.node_count;
	bool is_selected = first + at == pane->cursor;
	struct strbuf cell = STRBUF_INIT;

	draw_fill(y, rect.x, rect.cols,
		  is_selected ? ROLE_SELECTED : ROLE_NORMAL, ' ');
	for (int i = 0; i < list->column_count; i++) {
		const struct list_column *column = &list->columns[i];
		enum role role = ROLE_NORMAL;

		if (!column->cols)
			continue;
		strbuf_clear(&cell);
		format_field(pane, part, at, column->id, &cell, &role);
		draw_cell(y, rect.x + column->x, column,
			  is_selected ? ROLE_SELECTED : role, cell.data);
	}
	strbuf_release(&cell);
}

/* Header and rows from line y on. */
static void draw_table(struct cluster_pane *pane, enum part part, int y,
		       struct rect rect)
{
	struct list *list = &pane->lists[part];
	int i;

	measure(pane, part);
	cluster_fit_columns(list, &pane->rows.facts, part == PART_NODES,
			    rect.cols);
	draw_fill(y, rect.x, rect.cols, ROLE_HEADER, ' ');
	for (i = 0; i < list->column_count; i++)
		if (list->columns[i].cols)
			draw_cell(y, rect.x + list->columns[i].x,
				  &list->columns[i], ROLE_HEADER,
				  list->columns[i].title);
	for (i = 0; i < list->rows; i++)
		if (list->top + (size_t)i < list->count)
			draw_row(pane, part, list->top + (size_t)i, y + 1 + i,
				 rect);
}

/* Why there are no nodes to be seen. */
static const char *explain(const struct console *console)
{
	const struct cluster_pane *pane = console->cluster;
	const struct experiment_row *row = data_selected(&console->data);

	if (!row)
		return "There is no experiment.";
	if (!console_has_cluster(console))
		return "No cluster: the trials run on this machine.";
	if (pane->rows.look.problem[0])
		return NULL; /* that says it */
	if (pane->rows.look.at_ns)
		return "The cluster has no nodes.";
	if (!row->is_live)
		return "Nothing is known: nobody runs the experiment.";
	if (console->data.is_read_only)
		return "Nothing is known, and read-only asks for nothing.";
	return "Asking the cluster...";
}

/* How many lines each table gets of what there is for both. */
static void share_rows(struct cluster_pane *pane, int rows)
{
	int nodes = (int)pane->rows.node_count;
	int trials = pane->rows.trial_count > INT16_MAX
			     ? INT16_MAX
			     : (int)pane->rows.trial_count;

	if (nodes + trials > rows && nodes > rows / 2)
		nodes = rows - trials > rows / 2 ? rows - trials : rows / 2;
	pane->lists[PART_NODES].rows = nodes;
	pane->lists[PART_TRIALS].rows = rows > nodes ? rows - nodes : 0;
}

static void draw_title(const struct console *console, struct rect rect,
		       bool is_focused)
{
	const struct cluster_pane *pane = console->cluster;
	const struct cluster_rows *rows = &pane->rows;
	struct strbuf left = STRBUF_INIT, right = STRBUF_INIT;
	struct cluster_amount all, taken;
	size_t ready;

	cluster_rows_sum(rows, &all, &taken, &ready);
	strbuf_addf(&left, " Cluster of %s", console_experiment_name(console));
	if (rows->node_count) {
		strbuf_addf(&left, "  %zu/%zu ready  ", ready,
			    rows->node_count);
		if (all.gpus) {
			strbuf_adds(&left, "GPU ");
			format_share(&left, format_gpus, taken.gpus, all.gpus);
			strbuf_adds(&left, "  ");
		}
		strbuf_adds(&left, "CPU ");
		format_share(&left, format_cpu, taken.cpu_milli, all.cpu_milli);
		strbuf_adds(&left, "  memory ");
		format_share(&left, format_memory, taken.memory_bytes,
			     all.memory_bytes);
	}
	if (pane->sort != CLUSTER_BY_NAME)
		strbuf_addf(&right, "%s  ", cluster_sort_name(pane->sort));
	if (rows->look.at_ns) {
		clock_format_duration(&right,
				      clock_wall_ns() - rows->look.at_ns);
		strbuf_adds(&right, " old ");
	}
	bars_title(rect, is_focused, left.data, right.data);
	strbuf_release(&left);
	strbuf_release(&right);
}

/* What went wrong, in lines of its own.  Returns how many. */
static int draw_problem(const struct console *console, int y, struct rect rect)
{
	struct rect lines = {.y = y, .x = rect.x, .rows = 2, .cols = rect.cols};
	const struct cluster_pane *pane = console->cluster;
	const struct cluster_look *look = &pane->rows.look;
	struct strbuf text = STRBUF_INIT;

	if (*pane->problem) {
		strbuf_adds(&text, pane->problem);
	} else if (*look->problem && console_has_cluster(console)) {
		clock_format_duration(&text, clock_wall_ns() - look->failed_ns);
		strbuf_adds(&text, " ago: ");
		utf8_sanitize(&text, look->problem, strlen(look->problem),
			      console->is_ascii);
	} else {
		return 0;
	}
	y = draw_wrapped(lines, ROLE_WARNING, text.data);
	strbuf_release(&text);
	return y;
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct cluster_pane *pane = console->cluster;
	int y = rect.y + 1, end = rect.y + rect.rows;

	draw_title(console, rect, is_focused);
	y += draw_problem(console, y, rect);
	if (!pane->rows.node_count) {
		const char *text = explain(console);

		if (text)
			draw_text(y++, rect.x, rect.cols, ROLE_DIM, text);
		if (!console_has_cluster(console) || !console->data.selected)
			return;
	}
	share_rows(pane, end - y - 1 - (pane->rows.node_count > 0));
	set_cursor(pane, pane->cursor);
	if (pane->rows.node_count) {
		draw_table(pane, PART_NODES, y, rect);
		y += 1 + pane->lists[PART_NODES].rows;
	}
	if (pane->rows.trial_count)
		draw_table(pane, PART_TRIALS, y, rect);
	else if (y < end)
		draw_text(y, rect.x, rect.cols, ROLE_DIM, "No trial is live.");
}

/* ---- keys ---------------------------------------------------------------- */

static void move(struct cluster_pane *pane, long delta)
{
	long at = (long)pane->cursor + delta;

	set_cursor(pane, at > 0 ? (size_t)at : 0);
}

static bool move_on_action(struct cluster_pane *pane, enum action_id action)
{
	long page =
		pane->lists[PART_NODES].rows + pane->lists[PART_TRIALS].rows;

	page = page > 1 ? page - 1 : 1;
	switch (action) {
	case ACTION_DOWN:
		move(pane, 1);
		return true;
	case ACTION_UP:
		move(pane, -1);
		return true;
	case ACTION_PAGE_DOWN:
		move(pane, page);
		return true;
	case ACTION_PAGE_UP:
		move(pane, -page);
		return true;
	case ACTION_HALF_DOWN:
		move(pane, page / 2 + 1);
		return true;
	case ACTION_HALF_UP:
		move(pane, -(page / 2 + 1));
		return true;
	case ACTION_FIRST:
		set_cursor(pane, 0);
		return true;
	case ACTION_LAST:
		set_cursor(pane, row_count(pane));
		return true;
	default:
		return false;
	}
}

static void open_trial(struct console *console)
{
	const struct cluster_trial *trial =
		trial_under_cursor(console->cluster);

	if (!trial)
		return;
	if (trials_go(console, trial->sequence))
		console_push(console, SCREEN_TRIAL);
	else
		console_say(console, ROLE_WARNING,
			    "trial #%lld is hidden by the filter",
			    (long long)trial->sequence);
}

static bool on_action(struct console *console, enum action_id action)
{
	struct cluster_pane *pane = console->cluster;

	switch (action) {
	case ACTION_OPEN:
		open_trial(console);
		return true;
	case ACTION_SORT:
		pane->sort = (pane->sort + 1) % CLUSTER_SORT_COUNT;
		console_say(console, ROLE_NORMAL, "sorted %s",
			    cluster_sort_name(pane->sort));
		sort_rows(pane);
		return true;
	case ACTION_SORT_REVERSE:
		pane->is_reversed = !pane->is_reversed;
		sort_rows(pane);
		return true;
	default:
		return move_on_action(pane, action);
	}
}

static bool is_match(const struct cluster_pane *pane, size_t at)
{
	size_t nodes = pane->rows.node_count;
	struct strbuf cell = STRBUF_INIT;
	enum part part = at < nodes ? PART_NODES : PART_TRIALS;
	enum role role;
	bool is_found = false;

	for (int i = 0; i < pane->lists[part].column_count && !is_found; i++) {
		strbuf_clear(&cell);
		format_field(pane, part, at < nodes ? at : at - nodes,
			     pane->lists[part].columns[i].id, &cell, &role);
		is_found = strcasestr(cell.data, pane->search);
	}
	strbuf_release(&cell);
	return is_found;
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct cluster_pane *pane = console->cluster;
	size_t count = row_count(pane);

	if (text)
		snprintf(pane->search, sizeof(pane->search), "%s", text);
	for (size_t i = 1; *pane->search && i <= count; i++) {
		size_t at =
			(pane->cursor + (is_backward ? count - i : i)) % count;

		if (is_match(pane, at)) {
			set_cursor(pane, at);
			return true;
		}
	}
	return false;
}

const struct view_ops view_cluster = {
	.name = "cluster",
	.bit = VIEW_CLUSTER,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
