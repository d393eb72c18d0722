/* SPDX-License-Identifier: MIT */
/*
 * Lines of parts.  Columns without anything in them are left out; of the
 * others those come first that tell what is wrong.  A reason that does not fit
 * beside the rest gets a line of its own rather than being cut.
 */
#include "tui/part_table.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <string.h>

#define GAP_COLS 2
#define LEVELS_MAX 10 /* of a tree that are drawn: the text may be hostile */
#define BRIEF_NAMES_MAX 3
#define REASON_COLS 24 /* are kept for them where there is little room */

enum column {
	COLUMN_PART,
	COLUMN_STATE,
	COLUMN_SORT,
	COLUMN_TIME,
	COLUMN_RESTARTS,
	COLUMN_EXIT,
	COLUMN_NODE,
	COLUMN_POD,
	COLUMN_REASON,
	COLUMN_COUNT
};

static const struct {
	const char *title;
	int most; /* columns, where room is short; 0: any */
	bool is_right;
} columns[COLUMN_COUNT] = {
	[COLUMN_PART] = {"PART", 40, false},
	[COLUMN_STATE] = {"STATE", 0, false},
	[COLUMN_SORT] = {"SORT", 10, false},
	[COLUMN_TIME] = {"TIME", 0, true},
	[COLUMN_RESTARTS] = {"RST", 0, true},
	[COLUMN_EXIT] = {"EXIT", 0, true},
	[COLUMN_NODE] = {"NODE", 0, false},
	[COLUMN_POD] = {"POD", 0, false},
	[COLUMN_REASON] = {"REASON", 0, false},
};

struct table {
	const struct part_list *list;
	const struct part_style *style;
	int cols[COLUMN_COUNT]; /* 0: left out */
	bool has_sorts;
	bool has_short_nodes; /* names without their domain */
};

/* ---- cells --------------------------------------------------------------- */

const char *part_state_sign(enum part_state state)
{
	/* as Argo's own list has them */
	static const char *const signs[PART_STATE_COUNT] = {
		[PART_WAITING] = "\xE2\x97\xB7",   /* upper right quadrant */
		[PART_RUNNING] = "\xE2\x97\x8F",   /* black circle */
		[PART_SUCCEEDED] = "\xE2\x9C\x94", /* check mark */
		[PART_FAILED] = "\xE2\x9C\x96",	   /* multiplication x */
		[PART_SKIPPED] = "\xE2\x97\x8B",   /* white circle */
		[PART_SUSPENDED] = "\xC7\x81",	   /* double stroke */
	};

	return signs[state];
}

static bool has_words(const struct table *table)
{
	return table->style->is_ascii || table->style->has_words;
}

/* Does another part of this level follow under the same one? */
static bool has_sibling(const struct part_list *list, size_t i, int level)
{
	for (i++; i < list->count && list->items[i].depth >= level; i++)
		if (list->items[i].depth == level)
			return true;
	return false;
}

static void add_branches(const struct table *table, size_t i,
			 struct strbuf *out)
{
	static const char *const plain[] = {"  ", "| ", "`-", "|-"};
	static const char *const drawn[] = {"  ", "\xE2\x94\x82 ",
					    "\xE2\x94\x94\xE2\x94\x80",
					    "\xE2\x94\x9C\xE2\x94\x80"};
	const char *const *branches = table->style->is_ascii ? plain : drawn;
	int depth = table->list->items[i].depth;

	if (depth > LEVELS_MAX)
		depth = LEVELS_MAX;
	for (int level = 1; level <= depth; level++) {
		bool goes_on = has_sibling(table->list, i, level);

		strbuf_adds(out, branches[goes_on + 2 * (level == depth)]);
	}
}

static void add_text(const struct table *table, struct strbuf *out,
		     const char *text)
{
	utf8_sanitize(out, text, strlen(text), table->style->is_ascii);
}

static void add_time(const struct table *table, const struct trial_part *part,
		     struct strbuf *out)
{
	int64_t end_ns = part->ended_ns;

	if (!part->started_ns)
		return;
	if (!end_ns && part->state != PART_RUNNING &&
	    part->state != PART_SUSPENDED)
		return;
	clock_format_duration(out, (end_ns ? end_ns : table->style->now_ns) -
					   part->started_ns);
}

static void add_node(const struct table *table, struct strbuf *out,
		     const char *name)
{
	size_t len = strlen(name), label = strcspn(name, ".");

	/* an address has no domain */
	if (table->has_short_nodes && strspn(name, "0123456789") < label)
		len = label;
	utf8_sanitize(out, name, len, table->style->is_ascii);
}

static void add_cell(const struct table *table, size_t i, enum column column,
		     struct strbuf *out)
{
	const struct trial_part *part = &table->list->items[i];

	switch (column) {
	case COLUMN_PART:
		if (!has_words(table))
			strbuf_addf(out, "%s ", part_state_sign(part->state));
		add_branches(table, i, out);
		add_text(table, out, part->name);
		if (part->is_leader)
			strbuf_addch(out, '*');
		break;
	case COLUMN_STATE:
		if (has_words(table))
			strbuf_adds(out, part_state_name(part->state));
		break;
	case COLUMN_SORT:
		if (table->has_sorts)
			add_text(table, out, part->sort);
		break;
	case COLUMN_TIME:
		add_time(table, part, out);
		break;
	case COLUMN_RESTARTS:
		if (part->restarts)
			strbuf_addf(out, "%d", part->restarts);
		break;
	case COLUMN_EXIT:
		if (part->exit_code >= 0)
			strbuf_addf(out, "%d", part->exit_code);
		break;
	case COLUMN_NODE:
		add_node(table, out, part->node);
		break;
	case COLUMN_POD:
		add_text(table, out, part->pod);
		break;
	case COLUMN_REASON:
		add_text(table, out, part->reason);
		break;
	case COLUMN_COUNT:
		break;
	}
}

/* ---- what there is room for ---------------------------------------------- */

/* Columns that the widest cell takes, title included; 0: all are empty. */
static int measure(const struct table *table, enum column column)
{
	struct strbuf cell = STRBUF_INIT;
	int widest = 0, title = (int)strlen(columns[column].title);

	for (size_t i = 0; i < table->list->count; i++) {
		int cols;

		strbuf_clear(&cell);
		add_cell(table, i, column, &cell);
		cols = utf8_width(cell.data, cell.len);
		widest = cols > widest ? cols : widest;
	}
	strbuf_release(&cell);
	return widest && widest < title ? title : widest;
}

/* Take a column in if there are enough columns; *left goes down. */
static void fit(struct table *table, enum column column, int wanted, int *left)
{
	if (!wanted || wanted + GAP_COLS > *left)
		return;
	table->cols[column] = wanted;
	*left -= wanted + GAP_COLS;
}

/* What is left goes to reasons; most of them should not need a line of their
 * own.  Names of pods are long, and not worth that. */
static void lay_out_rest(struct table *table, const int *natural, int left)
{
	int wanted = natural[COLUMN_REASON];
	int reserve = wanted < REASON_COLS ? wanted : REASON_COLS;

	if (reserve + GAP_COLS > left)
		reserve = left - GAP_COLS > 0 ? left - GAP_COLS : 0;
	if (reserve)
		left -= reserve + GAP_COLS;
	fit(table, COLUMN_SORT, natural[COLUMN_SORT], &left);
	left -= wanted - reserve;
	fit(table, COLUMN_POD, natural[COLUMN_POD], &left);
	left += wanted - reserve;
	if (reserve)
		table->cols[COLUMN_REASON] = reserve + left;
}

static void lay_out(struct table *table)
{
	static const enum column first[] = {COLUMN_STATE, COLUMN_TIME,
					    COLUMN_EXIT, COLUMN_RESTARTS,
					    COLUMN_NODE};
	int natural[COLUMN_COUNT], left = table->style->cols;

	for (int i = 0; i < COLUMN_COUNT; i++)
		natural[i] = measure(table, i);
	if (!left) {
		memcpy(table->cols, natural, sizeof(natural));
		return;
	}
	table->has_short_nodes = natural[COLUMN_NODE] > left / 5;
	natural[COLUMN_NODE] = measure(table, COLUMN_NODE);
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (columns[i].most && natural[i] > columns[i].most)
			natural[i] = columns[i].most;
	if (natural[COLUMN_PART] > left / 2)
		natural[COLUMN_PART] = left / 2 > 12 ? left / 2 : 12;
	table->cols[COLUMN_PART] = natural[COLUMN_PART];
	left -= natural[COLUMN_PART];
	for (size_t i = 0; i < COUNT_OF(first); i++)
		fit(table, first[i], natural[first[i]], &left);
	lay_out_rest(table, natural, left);
}

/* ---- lines --------------------------------------------------------------- */

static void trim(struct strbuf *line)
{
	while (line->len && line->data[line->len - 1] == ' ')
		strbuf_truncate(line, line->len - 1);
}

static void pad(const struct table *table, enum column column, const char *text,
		struct strbuf *line)
{
	format_cell(line, text, table->cols[column],
		    columns[column].is_right ? FORMAT_RIGHT : FORMAT_LEFT,
		    table->style->is_ascii);
	strbuf_adds(line, "  ");
}

static bool fits_beside(const struct table *table, const struct strbuf *reason)
{
	return utf8_width(reason->data, reason->len) <=
	       table->cols[COLUMN_REASON];
}

static bool has_reason_beside(const struct table *table)
{
	struct strbuf cell = STRBUF_INIT;
	bool is_found = false;

	for (size_t i = 0; i < table->list->count && !is_found; i++) {
		strbuf_clear(&cell);
		add_cell(table, i, COLUMN_REASON, &cell);
		is_found = cell.len && fits_beside(table, &cell);
	}
	strbuf_release(&cell);
	return is_found;
}

static void tell_titles(const struct table *table, part_line_fn *fn, void *arg)
{
	struct strbuf line = STRBUF_INIT;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (table->cols[i] &&
		    (i != COLUMN_REASON || has_reason_beside(table)))
			pad(table, i,
			    i == COLUMN_PART && !has_words(table)
				    ? "  PART"
				    : columns[i].title,
			    &line);
	trim(&line);
	fn(line.data, NULL, arg);
	strbuf_release(&line);
}

static void tell_part(const struct table *table, size_t i, part_line_fn *fn,
		      void *arg)
{
	const struct trial_part *part = &table->list->items[i];
	struct strbuf line = STRBUF_INIT, cell = STRBUF_INIT;

	for (int k = 0; k < COLUMN_REASON; k++) {
		if (!table->cols[k])
			continue;
		strbuf_clear(&cell);
		add_cell(table, i, k, &cell);
		pad(table, k, cell.data, &line);
	}
	strbuf_clear(&cell);
	add_cell(table, i, COLUMN_REASON, &cell);
	if (fits_beside(table, &cell))
		strbuf_adds(&line, cell.data);
	trim(&line);
	fn(line.data, part, arg);
	if (!fits_beside(table, &cell)) {
		strbuf_clear(&line);
		strbuf_addf(&line, "%s%s", table->style->indent, cell.data);
		fn(line.data, part, arg);
	}
	strbuf_release(&line);
	strbuf_release(&cell);
}

void part_table_each(const struct part_list *list,
		     const struct part_style *style, part_line_fn *fn,
		     void *arg)
{
	struct table table = {.list = list, .style = style};
	struct strbuf line = STRBUF_INIT;

	if (!list->count)
		return;
	table.has_sorts = part_list_has_steps(list);
	lay_out(&table);
	tell_titles(&table, fn, arg);
	for (size_t i = 0; i < list->count; i++)
		tell_part(&table, i, fn, arg);
	if (list->omitted) {
		strbuf_addf(&line, "... and %zu more", list->omitted);
		fn(line.data, NULL, arg);
	}
	strbuf_release(&line);
}

/* ---- in short ------------------------------------------------------------ */

bool part_list_is_worth_showing(const struct part_list *list)
{
	return list->count > 1 ||
	       (list->count == 1 && strcmp(list->items[0].sort, "pod") != 0);
}

void part_format_counts(struct strbuf *out, const struct part_list *list)
{
	static const enum part_state order[] = {PART_RUNNING,	PART_WAITING,
						PART_SUSPENDED, PART_SUCCEEDED,
						PART_FAILED,	PART_SKIPPED};
	struct part_counts counts;
	const char *gap = ": ";

	part_list_count(list, &counts);
	strbuf_addf(out, "%d", counts.total + counts.states[PART_SKIPPED]);
	for (size_t i = 0; i < COUNT_OF(order); i++) {
		if (!counts.states[order[i]])
			continue;
		strbuf_addf(out, "%s%d %s", gap, counts.states[order[i]],
			    part_state_name(order[i]));
		gap = ", ";
	}
}

/* The part that most likely holds the others up. */
static const struct trial_part *find_culprit(const struct part_list *list)
{
	const struct trial_part *found = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct trial_part *part = &list->items[i];

		if (!part_list_is_leaf(list, i) || !*part->reason)
			continue;
		if (part->state == PART_FAILED)
			return part;
		if (!found && (part->state == PART_WAITING ||
			       part->state == PART_SUSPENDED))
			found = part;
	}
	return found;
}

static void format_running(struct strbuf *out, const struct part_list *list,
			   int running)
{
	const char *gap = "at ";
	int told = 0;

	for (size_t i = 0; i < list->count && told < BRIEF_NAMES_MAX; i++) {
		if (list->items[i].state != PART_RUNNING ||
		    !part_list_is_leaf(list, i))
			continue;
		strbuf_addf(out, "%s%s", gap, list->items[i].name);
		gap = ", ";
		told++;
	}
	if (running > told)
		strbuf_addf(out, " and %d more", running - told);
}

void part_format_brief(struct strbuf *out, const struct part_list *list)
{
	const struct trial_part *culprit = find_culprit(list);
	bool has_steps = part_list_has_steps(list);
	struct part_counts counts;
	int running;

	part_list_count(list, &counts);
	running = counts.states[PART_RUNNING];
	if (has_steps && running)
		format_running(out, list, running);
	else if (!has_steps && counts.total > 1 && running < counts.total)
		strbuf_addf(out, "%d/%d up", running, counts.total);
	if (culprit)
		strbuf_addf(out, "%s%s: %s", out->len ? ", " : "",
			    culprit->name, culprit->reason);
}
