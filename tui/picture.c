/* SPDX-License-Identifier: MIT */
/* Which pictures there are, and what they share. */
#include "tui/picture_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "tui/picture_points.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_NS (200 * NS_PER_MS) /* between pictures of what is being read */
#define COLUMNS_KEPT 4
/* A picture that is gathered because data came takes at most this part of the
 * time: the next one waits for so many times what the last one took. */
#define REST_FACTOR 9

static const struct picture_ops *const PICTURES[] = {
	&picture_curves,     &picture_finals,	 &picture_parallel,
	&picture_front,	     &picture_durations, &picture_timeline,
	&picture_importance, &picture_slice,	 &picture_contour,
	&picture_belief,
};

_Static_assert(COUNT_OF(PICTURES) <= PICTURES_MAX, "room for their states");

struct pictures *pictures_new(void)
{
	struct pictures *pictures = xcalloc(1, sizeof(*pictures));

	for (size_t i = 0; i < COUNT_OF(PICTURES); i++)
		pictures->states[i] = xcalloc(1, PICTURES[i]->state_size + 1);
	pictures->why = (struct strbuf)STRBUF_INIT;
	return pictures;
}

void pictures_free(struct pictures *pictures)
{
	if (!pictures)
		return;
	for (size_t i = 0; i < COUNT_OF(PICTURES); i++) {
		if (PICTURES[i]->release)
			PICTURES[i]->release(pictures->states[i]);
		free(pictures->states[i]);
	}
	picture_values_release(&pictures->values);
	picture_sample_release(&pictures->sample);
	picture_points_free(pictures->points);
	canvas_release(&pictures->canvas);
	strbuf_release(&pictures->why);
	free(pictures);
}

const struct picture_ops *pictures_at(size_t i)
{
	return i < COUNT_OF(PICTURES) ? PICTURES[i] : NULL;
}

const struct picture_ops *pictures_current(struct console *console,
					   void **ret_state)
{
	struct pictures *pictures = console->pictures;

	*ret_state = pictures->states[pictures->current];
	return PICTURES[pictures->current];
}

static void show(struct console *console, size_t picture)
{
	struct pictures *pictures = console->pictures;

	pictures->current = picture;
	pictures->note[0] = '\0';
	pictures->uses_sample = false;
	picture_values_trim(&pictures->values, COLUMNS_KEPT);
	pictures->needs_prepare = pictures->must_hurry = true;
	console->needs_paint = true;
}

void pictures_turn(struct console *console, int by)
{
	size_t count = COUNT_OF(PICTURES);

	show(console,
	     (console->pictures->current + count + (size_t)by) % count);
}

bool pictures_show(struct console *console, const char *name, struct error *err)
{
	const char *names[COUNT_OF(PICTURES)];
	struct strbuf all = STRBUF_INIT;
	const char *near;

	for (size_t i = 0; i < COUNT_OF(PICTURES); i++) {
		if (strcmp(name, PICTURES[i]->name) == 0) {
			show(console, i);
			console_push(console, SCREEN_PICTURES);
			strbuf_release(&all);
			return true;
		}
		names[i] = PICTURES[i]->name;
		strbuf_addf(&all, "%s%s", i ? ", " : "", names[i]);
	}
	near = nearest_word(name, names, COUNT_OF(PICTURES));
	if (near)
		error_set(err, ERROR_INVALID,
			  "no picture is called \"%s\": did you mean \"%s\"?",
			  name, near);
	else
		error_set(err, ERROR_INVALID,
			  "no picture is called \"%s\": there are %s", name,
			  all.data);
	strbuf_release(&all);
	return false;
}

void pictures_redraw(struct console *console)
{
	console->pictures->needs_draw = true;
	console->needs_paint = true;
}

static bool add_metric(const char *name, void *arg)
{
	struct pictures *pictures = arg;

	if (!name || pictures->metric_count == PICTURE_METRICS_MAX)
		return name != NULL;
	snprintf(pictures->metrics[pictures->metric_count++],
		 METRIC_NAME_MAX + 1, "%s", name);
	return true;
}

void pictures_follow(struct console *console)
{
	struct pictures *pictures = console->pictures;
	struct data *data = &console->data;
	struct error ignored;

	if (pictures->experiment != data->selected) {
		picture_values_release(&pictures->values);
		picture_sample_release(&pictures->sample);
		pictures->experiment = data->selected;
		pictures->metric = 0;
		pictures->optimum_metric = SIZE_MAX;
		pictures->must_hurry = true;
		picture_objectives_read(&data->experiment,
					&pictures->objectives);
	}
	pictures->metric_count = 0;
	add_metric(METRIC_OBJECTIVE, pictures);
	if (data->store && data->selected)
		store_metric_names_each(data->store, data->selected, add_metric,
					pictures, &ignored);
	/* the objective comes first, whether anybody reported it yet or not */
	for (size_t i = 1; i < pictures->metric_count; i++) {
		if (strcmp(pictures->metrics[i], METRIC_OBJECTIVE) != 0)
			continue;
		pictures->metric_count--;
		memmove(pictures->metrics[i], pictures->metrics[i + 1],
			(pictures->metric_count - i) *
				sizeof(pictures->metrics[0]));
		break;
	}
	if (pictures->metric >= pictures->metric_count)
		pictures->metric = 0;
}

static bool is_shown(const struct console *console)
{
	return console_view(console) == &view_pictures && console->data.store;
}

bool pictures_are_loading(const struct console *console)
{
	const struct pictures *pictures = console->pictures;
	const struct picture_values *values = &pictures->values;
	const struct picture_ops *ops = PICTURES[pictures->current];

	if (is_shown(console) &&
	    !trial_index_is_loading(&console->data.trials) &&
	    ((ops->wants &&
	      ops->wants(console, pictures->states[pictures->current])) ||
	     (pictures->uses_sample && pictures->sample.missing &&
	      pictures->sample.space == console->data.space)))
		return true;
	for (size_t i = 0; i < values->count && is_shown(console); i++)
		if (values->columns[i].is_wanted && values->columns[i].missing)
			return true;
	return false;
}

bool pictures_load(struct console *console, int64_t budget_ns)
{
	struct pictures *pictures = console->pictures;
	struct data *data = &console->data;
	int64_t now_ns = clock_mono_ns();
	const struct picture_ops *ops;
	void *state;
	bool is_more;

	if (!pictures_are_loading(console) ||
	    trial_index_is_loading(&data->trials))
		return false;
	ops = pictures_current(console, &state);
	if (ops->wants && ops->wants(console, state))
		ops->load(console, state, budget_ns);
	else if (pictures->uses_sample && pictures->sample.missing &&
		 pictures->sample.space == data->space)
		picture_sample_load(&pictures->sample, data->store,
				    &data->trials, budget_ns);
	else
		picture_values_load(&pictures->values, &data->trials,
				    data->store, data->selected, budget_ns);
	is_more = pictures_are_loading(console);
	if (!is_more || now_ns - pictures->shown_ns >= SHOW_NS) {
		pictures->shown_ns = now_ns;
		pictures->needs_prepare = true;
		pictures->must_hurry |= !is_more;
		console->needs_paint = true;
	}
	return is_more;
}

int pictures_wait_ms(const struct console *console)
{
	const struct pictures *pictures = console->pictures;
	int64_t left_ns;

	if (!is_shown(console) || !pictures->needs_prepare)
		return -1;
	left_ns = pictures->prepared_ns + REST_FACTOR * pictures->cost_ns -
		  clock_mono_ns();
	if (pictures->must_hurry || left_ns <= 0)
		return 0;
	return (int)(left_ns / NS_PER_MS) + 1;
}

/* ---- for the pictures ----------------------------------------------------
 */

void pictures_note(struct console *console, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(console->pictures->note, sizeof(console->pictures->note),
		  format, args);
	va_end(args);
}

enum role pictures_role(int owner)
{
	if (owner <= CANVAS_STATE)
		return bars_state_role(
			(enum trial_state)(CANVAS_STATE - owner));
	switch (owner) {
	case CANVAS_BLANK:
		return ROLE_NORMAL;
	case CANVAS_AXIS:
		return ROLE_AXIS;
	case CANVAS_LABEL:
	case CANVAS_FAINT:
		return ROLE_DIM;
	case CANVAS_CURSOR:
		return ROLE_MATCH;
	case CANVAS_STRONG:
		return ROLE_STRONG;
	case CANVAS_BEST:
		return ROLE_SERIES_BEST;
	default:
		return (enum role)(ROLE_SERIES_1 + owner % ROLE_SERIES_COUNT);
	}
}

bool pictures_has_marks(const struct console *console)
{
	return console->is_ascii || theme_is_monochrome();
}

bool pictures_is_log(const struct console *console)
{
	return console->pictures->is_log;
}

const char *pictures_metric(const struct console *console,
			    bool *ret_is_minimized, bool *ret_is_known)
{
	const struct pictures *pictures = console->pictures;
	const char *name = pictures->metric_count
				   ? pictures->metrics[pictures->metric]
				   : METRIC_OBJECTIVE;
	const struct objectives *objectives = &pictures->objectives;

	*ret_is_minimized = false;
	*ret_is_known = false;
	for (size_t i = 0; i < objectives->count; i++) {
		if (strcmp(name, objectives->items[i].metric) != 0 &&
		    !(i == 0 && strcmp(name, METRIC_OBJECTIVE) == 0))
			continue;
		*ret_is_minimized =
			objectives->items[i].mode == OBJECTIVE_MINIMIZE;
		*ret_is_known = true;
		break;
	}
	return name;
}

const struct objectives *pictures_objectives(const struct console *console)
{
	return &console->pictures->objectives;
}

double pictures_final(const struct console *console, int64_t sequence)
{
	const struct trial_row *row =
		trial_index_find(&console->data.trials, sequence);
	struct pictures *pictures = console->pictures;
	const struct picture_column *column;

	if (pictures->metric == 0)
		return row && row->flags & ROW_HAS_FINAL ? row->final : NAN;
	column = picture_values_want(&pictures->values,
				     pictures->metrics[pictures->metric]);
	return column ? picture_column_at(column, &console->data.trials,
					  sequence)
		      : NAN;
}

const struct picture_column *pictures_column(struct console *console,
					     const char *metric)
{
	return picture_values_want(&console->pictures->values, metric);
}

const struct picture_sample *pictures_sample(struct console *console,
					     const double *values, size_t count,
					     bool is_minimized, size_t wanted,
					     size_t best)
{
	struct pictures *pictures = console->pictures;

	if (!console->data.space || !console->data.space->count)
		return NULL;
	pictures->uses_sample = true;
	picture_sample_choose(&pictures->sample, console->data.space, values,
			      count, is_minimized, wanted, best);
	return &pictures->sample;
}

void pictures_format_count(struct strbuf *out, size_t count)
{
	if (count >= 1000)
		pictures_format_count(out, count / 1000);
	strbuf_addf(out, count >= 1000 ? ",%03zu" : "%zu", count % 1000);
}

void pictures_filter(struct console *console, const char *terms)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;

	if (*console->trials.filter)
		strbuf_addf(&text,
			    strstr(console->trials.filter, " or ") ||
					    strchr(console->trials.filter, '|')
				    ? "(%s) "
				    : "%s ",
			    console->trials.filter);
	strbuf_adds(&text, terms);
	if (trials_set_filter(console, text.data, &err))
		console_say(console, ROLE_MESSAGE,
			    "filter: %s (2 shows the trials, \\ edits it)",
			    text.data);
	else
		console_say(console, ROLE_ERROR, "%s", err.text);
	console->pictures->needs_prepare = true;
	console->pictures->must_hurry = true;
	strbuf_release(&text);
}
