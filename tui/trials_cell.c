/* SPDX-License-Identifier: MIT */
/* A field of a trial as the text of a cell. */
#include "base/clock.h"
#include "tui/format.h"
#include "tui/trial_source.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>

const struct trial_text *trials_text_of(struct console *console,
					const struct trial_row *row)
{
	return trial_texts_get(console->texts, console->data.store,
			       console->data.space, row->key, row->version);
}

static void format_metric(struct strbuf *out, const struct trial_row *row,
			  unsigned flag, double value, int cols)
{
	if (row->flags & flag)
		format_number(out, value, cols);
}

/* A parameter's number is rounded to fit; a word is cut by who draws it. */
static void format_parameter(struct strbuf *out, const struct trial_text *text,
			     int i, int cols)
{
	const char *cell;
	char *end;
	double value;

	if (i < 0 || (size_t)i >= text->cell_count)
		return;
	cell = text->cells[i];
	value = strtod(cell, &end);
	if (*cell && !*end && (int)strlen(cell) > cols)
		format_number(out, value, cols);
	else
		strbuf_adds(out, cell);
}

static void format_state(struct strbuf *out, enum trial_state state, int cols)
{
	const char *name = trial_state_name(state);

	strbuf_addch(out, trial_state_letter(state));
	if (cols >= 4)
		strbuf_addf(out, " %s", name);
}

static void format_since(struct strbuf *out, int64_t at_ns, enum role *role)
{
	if (at_ns)
		format_age(out, at_ns, clock_wall_ns());
	*role = ROLE_DIM;
}

static void format_stat(struct console *console, const struct trial_row *row,
			const struct trial_field *field, int cols,
			struct strbuf *out)
{
	const struct metric_stats *stats;

	trials_text_of(console, row);
	stats = trial_texts_stats(console->texts, console->data.store, row->key,
				  row->attempt, field->metric);
	if (stats)
		format_number(out, stats->values[field->stat], cols);
}

/* What the cluster knows of it. */
static void format_place(struct strbuf *out, const struct trial_text *text,
			 enum trial_field_kind kind)
{
	const struct trial_place *place = &text->place;

	if (!place->trial)
		return;
	switch (kind) {
	case FIELD_RESTARTS:
		strbuf_addf(out, "%d", place->restarts);
		break;
	case FIELD_CPU:
		format_cpu(out, place->requested.cpu_milli);
		break;
	case FIELD_MEMORY:
		format_memory(out, place->requested.memory_bytes);
		break;
	case FIELD_GPUS:
		format_gpus(out, place->requested.gpus);
		break;
	case FIELD_CPU_USED:
		format_cpu(out, place->used.cpu_milli);
		break;
	default:
		format_memory(out, place->used.memory_bytes);
	}
}

static void format_text(struct console *console, const struct trial_row *row,
			const struct trial_field *field, int cols,
			struct strbuf *out, enum role *role)
{
	const struct trial_text *text = trials_text_of(console, row);

	switch (field->kind) {
	case FIELD_NODE:
		strbuf_adds(out, text->node);
		break;
	case FIELD_POD:
		strbuf_adds(out, text->pod);
		break;
	case FIELD_REASON:
		strbuf_adds(out, text->reason);
		*role = bars_state_role(row->state);
		break;
	case FIELD_TAGS:
		strbuf_adds(out, text->tags);
		break;
	case FIELD_NOTE:
		strbuf_add(out, text->note, strcspn(text->note, "\n"));
		break;
	case FIELD_PARAMETERS:
		strbuf_adds(out, text->parameters);
		break;
	case FIELD_PARAMETER:
		format_parameter(out, text, field->parameter, cols);
		break;
	default:
		format_place(out, text, field->kind);
	}
}

void trials_format_cell(struct console *console, const struct trial_row *row,
			int64_t sequence, const struct trial_field *field,
			int cols, struct strbuf *out, enum role *role)
{
	int64_t duration_ns;

	switch (field->kind) {
	case FIELD_NUMBER:
		strbuf_addf(out, "%lld", (long long)sequence);
		break;
	case FIELD_ID:
		strbuf_adds(out, row->id);
		break;
	case FIELD_STATE:
		format_state(out, row->state, cols);
		*role = bars_state_role(row->state);
		break;
	case FIELD_TRY:
		strbuf_addf(out, "%d", row->attempt);
		*role = row->attempt > 1 ? ROLE_WARNING : ROLE_NORMAL;
		break;
	case FIELD_FINAL:
		format_metric(out, row, ROW_HAS_FINAL, row->final, cols);
		*role = sequence == console->data.best_sequence ? ROLE_BEST
								: ROLE_NORMAL;
		break;
	case FIELD_BEST:
		format_metric(out, row, ROW_HAS_BEST, row->best, cols);
		break;
	case FIELD_LAST:
		format_metric(out, row, ROW_HAS_LAST, row->last, cols);
		break;
	case FIELD_STEPS:
		format_count(out, row->intermediates);
		break;
	case FIELD_TIME:
		duration_ns = trial_row_duration_ns(row, clock_wall_ns());
		if (duration_ns >= 0)
			clock_format_duration(out, duration_ns);
		break;
	case FIELD_WAITED:
		if (row->submitted_ns && row->started_ns)
			clock_format_duration(out, row->started_ns -
							   row->submitted_ns);
		break;
	case FIELD_SUBMITTED:
		format_since(out, row->submitted_ns, role);
		break;
	case FIELD_STARTED:
		format_since(out, row->started_ns, role);
		break;
	case FIELD_ENDED:
		format_since(out, row->ended_ns, role);
		break;
	case FIELD_EXIT:
		if (row->exit_code >= 0)
			strbuf_addf(out, "%d", row->exit_code);
		break;
	case FIELD_SOURCE:
		strbuf_adds(out, row->source == 'c'   ? "custom"
				 : row->source == 'i' ? "import"
						      : "tuner");
		break;
	case FIELD_METRIC:
		format_stat(console, row, field, cols, out);
		break;
	default:
		format_text(console, row, field, cols, out, role);
	}
}
