/* SPDX-License-Identifier: MIT */
/* Points by and by, results as they are. */
#include "tui/picture_points.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/space_scan.h"
#include "tui/picture_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 32 /* trials */
#define GOLDEN 0.6180339887498949
/* Random sets cost by what they hold: many when there is little. */
#define CHANCE_COST 40000
#define CHANCE_LEAST 4
#define CHANCE_MOST 20
#define PAIRS_REST_NS (2 * NS_PER_S)

void picture_points_free(struct picture_points *points)
{
	if (!points)
		return;
	importance_free(points->importance);
	observations_free(points->all);
	space_scan_free(points->scan);
	space_free(points->space);
	free(points->space_text);
	free(points->point);
	free(points->items);
	free(points);
}

/* ---- reading ----------------------------------------------------------------
 */

static size_t common_divisor(size_t a, size_t b)
{
	while (b) {
		size_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Blocks in an order that is even at any time: steps of the golden ratio,
 * beginning with the newest. */
static void spread(struct picture_points *points, size_t count)
{
	points->block_count = count / BLOCK;
	points->spread = points->block_count * BLOCK;
	points->next = points->spread;
	points->blocks_left = points->block_count;
	points->block_at = points->block_count ? points->block_count - 1 : 0;
	points->block_step = (size_t)(GOLDEN * (double)points->block_count);
	while (points->block_step < 1 ||
	       common_divisor(points->block_step, points->block_count) > 1)
		points->block_step++;
}

static struct picture_points *make(struct console *console, const char *text)
{
	struct picture_points *points = xcalloc(1, sizeof(*points));
	struct error ignored;

	points->experiment = console->data.selected;
	points->space_text = xstrdup(text);
	if (!space_parse(text, &points->space, NULL, &ignored))
		points->space = space_empty();
	points->all = observations_new(points->space);
	points->scan = space_scan_new(points->space);
	points->point = xcalloc(points->space->count + 1, sizeof(double));
	points->items =
		xcalloc(points->space->count + 1, sizeof(*points->items));
	points->chosen[1] = points->space->count > 1;
	spread(points, console->data.trials.count);
	return points;
}

struct picture_points *picture_points_of(struct console *console)
{
	struct picture_points **points = &console->pictures->points;
	const char *text = console->data.experiment.space;

	if (!console->data.selected || !text)
		return NULL;
	if (!*points || (*points)->experiment != console->data.selected ||
	    strcmp((*points)->space_text, text) != 0) {
		picture_points_free(*points);
		*points = make(console, text);
	}
	return (*points)->space->count ? *points : NULL;
}

struct picture_points *picture_points_shown(const struct console *console)
{
	struct picture_points *points = console->pictures->points;

	return points && points->experiment == console->data.selected &&
			       points->space->count
		       ? points
		       : NULL;
}

bool picture_points_wants(const struct console *console)
{
	const struct picture_points *points = picture_points_shown(console);

	return points && !points->has_failed &&
	       (points->blocks_left ||
		points->next < console->data.trials.count);
}

static bool add_trial(const struct trial *trial, void *arg)
{
	struct picture_points *points = arg;
	size_t strange = 0;

	if (trial->sequence < 0 || trial->sequence >= TRIAL_INDEX_MAX)
		return true;
	points->read++;
	if (!space_scan_point(points->scan, trial->parameters, points->point,
			      &strange) ||
	    strange)
		points->strange++;
	else if (!observations_have(points->all, (uint32_t)trial->sequence))
		observations_put(points->all, (uint32_t)trial->sequence,
				 points->point, NAN);
	return true;
}

static bool read_block(struct console *console, struct picture_points *points)
{
	size_t from = points->next, count = BLOCK;
	struct error ignored;

	if (points->blocks_left) {
		from = points->block_at * BLOCK;
		points->block_at = (points->block_at + points->block_step) %
				   points->block_count;
		points->blocks_left--;
	} else {
		if (from + count > console->data.trials.count)
			count = console->data.trials.count - from;
		points->next += count;
	}
	return store_trials_page(console->data.store, points->experiment,
				 (int64_t)(from + count), (int)count,
				 STORE_TRIAL_WHOLE, add_trial, points,
				 &ignored);
}

void picture_points_load(struct console *console, int64_t budget_ns)
{
	struct picture_points *points = console->pictures->points;
	int64_t until_ns = clock_mono_ns() + budget_ns;

	while (picture_points_wants(console)) {
		if (!read_block(console, points))
			points->has_failed = true;
		if (clock_mono_ns() >= until_ns)
			return;
	}
}

/* ---- results ----------------------------------------------------------------
 */

void picture_points_follow(struct console *console,
			   struct picture_points *points)
{
	const struct trial_index *index = &console->data.trials;
	struct observations *all = points->all;
	enum objective_mode mode;
	bool is_minimized;

	pictures_metric(console, &is_minimized, &points->is_mode_known);
	mode = points->is_mode_known
		       ? is_minimized ? OBJECTIVE_MINIMIZE : OBJECTIVE_MAXIMIZE
		       : console->data.experiment.objective;
	if (points->importance && mode != points->mode) {
		importance_free(points->importance);
		points->importance = NULL;
	}
	points->mode = mode;
	for (size_t row = 0; row < all->count; row++) {
		double value = pictures_final(console, all->trials[row]);

		if (!isfinite(value)) {
			const struct trial_row *trial =
				trial_index_find(index, all->trials[row]);

			value = isinf(value) || (trial &&
						 trial->state == TRIAL_FAILED)
					? INFINITY
					: NAN;
		}
		observations_set(all, row, value);
	}
}

static unsigned rounds_for(size_t best)
{
	size_t rounds = best ? CHANCE_COST / best : CHANCE_MOST;

	return rounds < CHANCE_LEAST  ? CHANCE_LEAST
	       : rounds > CHANCE_MOST ? CHANCE_MOST
				      : (unsigned)rounds;
}

void picture_points_rank(struct picture_points *points)
{
	if (!points->importance) {
		points->importance = importance_new(points->all, points->mode,
						    IMPORTANCE_QUANTILE, 1);
		points->paired_of = points->pair_count = 0;
	}
	importance_update(points->importance);
	importance_rank(points->importance,
			rounds_for(importance_best_count(points->importance)),
			points->items);
	if (!points->is_chosen)
		for (size_t i = 0; i < 2 && i < points->space->count; i++)
			points->chosen[i] = points->items[i].parameter;
}

/* When a twentieth more has come, and not all the time. */
bool picture_points_wants_pairs(const struct picture_points *points)
{
	size_t now;

	if (!points->importance || points->space->count < 2)
		return false;
	now = importance_all_count(points->importance);
	if (now < IMPORTANCE_LEAST)
		return false;
	return !points->paired_of ||
	       ((now < points->paired_of ||
		 now - points->paired_of > points->paired_of / 20) &&
		clock_mono_ns() - points->paired_ns > PAIRS_REST_NS);
}

void picture_points_pair(struct picture_points *points)
{
	size_t order[PICTURE_PAIRED];
	size_t count = points->space->count < PICTURE_PAIRED
			       ? points->space->count
			       : PICTURE_PAIRED;
	size_t best = importance_best_count(points->importance);

	for (size_t i = 0; i < count; i++)
		order[i] = points->items[i].parameter;
	points->pair_count = importance_pairs(points->importance, order, count,
					      rounds_for(best), points->pairs);
	/* what is no more than chance is not worth a line */
	count = 0;
	for (size_t i = 0; i < points->pair_count; i++)
		if (points->pairs[i].value > points->pairs[i].chance_high)
			points->pairs[count++] = points->pairs[i];
	points->pair_count = count;
	points->paired_of = importance_all_count(points->importance);
	points->paired_ns = clock_mono_ns();
}

/* ---- what is looked at --------------------------------------------------- */

void picture_points_choose(struct picture_points *points, int axis,
			   size_t parameter)
{
	if (points->chosen[!axis] == parameter)
		points->chosen[!axis] = points->chosen[axis];
	points->chosen[axis] = parameter;
	points->is_chosen = true;
}

void picture_points_turn(struct picture_points *points, int axis, int by)
{
	size_t count = points->space->count;
	size_t at = points->chosen[axis];

	do
		at = (at + count + (size_t)by) % count;
	while (count > 1 && axis == 1 && at == points->chosen[0]);
	if (axis == 0 && at == points->chosen[1] && count > 1)
		points->chosen[1] = points->chosen[0];
	points->chosen[axis] = at;
	points->is_chosen = true;
}

/* ---- what to say --------------------------------------------------------- */

void picture_points_note(struct console *console,
			 const struct picture_points *points)
{
	size_t total = console->data.trials.count;

	if (points->has_failed)
		pictures_note(console, "the store cannot be read: %zu of %zu",
			      points->read, total);
	else if (points->read < total)
		pictures_note(console, "%zu of %zu read", points->read, total);
	else if (points->strange)
		pictures_note(console, "%zu outside the space left out",
			      points->strange);
}

bool picture_points_why(struct console *console,
			const struct picture_points *points, size_t least,
			struct strbuf *out)
{
	bool is_minimized, is_known;
	const char *metric = pictures_metric(console, &is_minimized, &is_known);

	if (!points) {
		strbuf_adds(out, "The experiment has no search space: there "
				 "are no parameters to look at.");
	} else if (!console->data.trials.count) {
		strbuf_adds(out, "No trial yet.");
	} else if (points->all->usable >= least) {
		return false;
	} else if (picture_points_wants(console)) {
		strbuf_adds(out, "Reading the trials' parameters ...");
	} else if (!points->all->usable) {
		strbuf_adds(out, "No trial has a result of ");
		utf8_sanitize(out, metric, strlen(metric), console->is_ascii);
		strbuf_adds(out, " yet. A trial reports it when it is done; m "
				 "takes another metric.");
	} else {
		strbuf_addf(out,
			    "%zu result%s: too few to compare. From %zu on "
			    "there is something to see.",
			    points->all->usable,
			    points->all->usable == 1 ? "" : "s", least);
	}
	return true;
}

const char *picture_points_name(const struct picture_points *points,
				size_t parameter)
{
	return points->space->parameters[parameter].path;
}

void picture_points_option(const struct console *console,
			   const struct picture_points *points,
			   size_t parameter, size_t option, struct strbuf *out)
{
	const struct parameter *p = &points->space->parameters[parameter];
	const char *text =
		option < p->option_count ? p->options[option].name : "others";

	utf8_sanitize(out, text, strlen(text), console->is_ascii);
}
