/* SPDX-License-Identifier: MIT */
/*
 * One parameter and the result: every trial as a point, the median of each part
 * of the range as a line, which ends where nothing was tried.  Failed trials
 * are counted at the foot.  j and k choose the parameter.
 */
#include "tui/picture_axes.h"

#include "insight/slice.h"
#include "tui/format.h"

#include <math.h>
#include <string.h>

/* So many points are drawn; of more an even choice. */
#define POINTS_MOST 20000
#define BIN_CELLS 4 /* columns to a bin */
#define BINS_LEAST 4
#define BINS_MOST 40

struct slices {
	struct slice slice;
	struct picture_axes axes;
	size_t parameter;
	int cursor; /* a bin, or -1 */
	bool is_ready, has_axes;
	size_t drawn, hidden;
};

static void release(void *state)
{
	slice_release(&((struct slices *)state)->slice);
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct picture_points *points = picture_points_of(console);
	struct slices *slices = state;

	if (is_new)
		slices->cursor = -1;
	slices->is_ready = points != NULL;
	slices->has_axes = false;
	if (!points)
		return;
	picture_points_follow(console, points);
	if (!points->is_chosen)
		picture_points_rank(points);
	if (slices->parameter != points->chosen[0])
		slices->cursor = -1;
	slices->parameter = points->chosen[0];
}

static bool wants(const struct console *console, const void *state)
{
	return ((const struct slices *)state)->is_ready &&
	       picture_points_wants(console);
}

static void load(struct console *console, void *state, int64_t budget_ns)
{
	(void)state;
	picture_points_load(console, budget_ns);
}

static bool find_range(const struct picture_points *points, size_t parameter,
		       bool is_log, double *low, double *high)
{
	const struct observations *all = points->all;

	*low = INFINITY;
	*high = -INFINITY;
	for (size_t row = 0; row < all->count; row++) {
		double value = all->values[row];

		if (!isfinite(value) || (is_log && value <= 0) ||
		    observations_level(all, row, parameter) == LEVEL_NONE)
			continue;
		*low = fmin(*low, value);
		*high = fmax(*high, value);
	}
	return *low <= *high;
}

/* Options and few numbers are spread over the middle of their part, by a hash
 * of the trial's number: always at the same place. */
static double place_of(const struct picture_points *points, size_t row,
		       size_t parameter)
{
	const struct axis *axis = &points->all->axes[parameter];
	uint16_t level = observations_level(points->all, row, parameter);
	double place = axis_place(axis, level), spread;

	if (!axis->is_categorical)
		return place;
	spread = (double)((points->all->trials[row] * 2654435761u) >> 16) /
			 65536.0 -
		 0.5;
	return place + spread * 0.6 / axis->cells;
}

static void draw_points(struct slices *slices,
			const struct picture_points *points,
			struct canvas_dots *dots)
{
	const struct observations *all = points->all;
	size_t step = 1;

	while (all->usable / step > POINTS_MOST)
		step++;
	slices->drawn = slices->hidden = 0;
	for (size_t row = 0; row < all->count; row += step) {
		double y = picture_axes_y(&slices->axes, all->values[row]);

		if (!isfinite(all->values[row]) ||
		    observations_level(all, row, slices->parameter) ==
			    LEVEL_NONE)
			continue;
		if (isnan(y)) {
			slices->hidden++;
			continue;
		}
		canvas_dots_set(
			dots,
			(int)lrint(picture_axes_x(
				&slices->axes,
				place_of(points, row, slices->parameter))),
			(int)lrint(y), 1);
		slices->drawn++;
	}
}

static void draw_medians(const struct slices *slices, bool is_categorical,
			 struct canvas_dots *dots)
{
	double last_x = NAN, last_y = NAN;

	for (size_t i = 0; i < slices->slice.count; i++) {
		const struct slice_bin *bin = &slices->slice.bins[i];
		double from = picture_axes_x(&slices->axes, bin->from);
		double to = picture_axes_x(&slices->axes, bin->to);
		double y = bin->count
				   ? picture_axes_y(&slices->axes, bin->middle)
				   : NAN;

		if (is_categorical && !isnan(y))
			canvas_dots_line(dots, from + 1, y, to - 2, y, 0);
		else if (!isnan(y) && !isnan(last_y))
			canvas_dots_line(dots, last_x, last_y, (from + to) / 2,
					 y, 0);
		else if (!isnan(y))
			canvas_dots_point(dots, (int)((from + to) / 2), (int)y,
					  0);
		last_x = (from + to) / 2;
		last_y = y;
	}
}

static size_t bins_for(const struct picture_points *points, size_t parameter,
		       int cols)
{
	const struct axis *axis = &points->all->axes[parameter];
	int bins = cols / BIN_CELLS;

	if (axis->is_categorical)
		return axis->cells;
	return (size_t)(bins < BINS_LEAST  ? BINS_LEAST
			: bins > BINS_MOST ? BINS_MOST
					   : bins);
}

static void note(struct console *console, const struct slices *slices,
		 const struct picture_points *points)
{
	size_t failed = 0;

	for (size_t i = 0; i < slices->slice.count; i++)
		failed += slices->slice.bins[i].failed;
	if (points->read < console->data.trials.count)
		picture_points_note(console, points);
	else if (slices->hidden)
		pictures_note(console, "%zu not on a log axis", slices->hidden);
	else if (slices->drawn < slices->slice.usable)
		pictures_note(console, "%zu of %zu shown", slices->drawn,
			      slices->slice.usable);
	else if (failed)
		pictures_note(console, "%zu trials, %zu failed",
			      slices->slice.usable, failed);
	else
		pictures_note(console, "%zu trials", slices->slice.usable);
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct picture_points *points = picture_points_of(console);
	struct slices *slices = state;
	bool is_log = pictures_is_log(console);
	struct canvas_dots dots;
	double low, high;

	if (picture_points_why(console, points, 1, ret_why))
		return false;
	if (!find_range(points, slices->parameter, is_log, &low, &high)) {
		strbuf_addf(ret_why, "No trial with %s has a result%s.",
			    picture_points_name(points, slices->parameter),
			    is_log ? " above 0; L leaves the log axis" : "");
		return false;
	}
	slices->has_axes =
		picture_axes_draw(console, points, slices->parameter, low, high,
				  is_log, canvas, &slices->axes);
	if (!slices->has_axes) {
		strbuf_adds(ret_why, "The window is too small.");
		return false;
	}
	slice_release(&slices->slice);
	slice_compute(points->all, slices->parameter,
		      bins_for(points, slices->parameter, slices->axes.cols),
		      &slices->slice);
	canvas_dots_init(&dots, slices->axes.cols, slices->axes.rows);
	draw_points(slices, points, &dots);
	draw_medians(slices,
		     points->all->axes[slices->parameter].is_categorical,
		     &dots);
	canvas_stamp(canvas, slices->axes.row, slices->axes.col, &dots,
		     pictures_has_marks(console));
	canvas_dots_release(&dots);
	if (slices->axes.row)
		canvas_textf(canvas, 0, slices->axes.col, CANVAS_STRONG, "%s",
			     picture_points_name(points, slices->parameter));
	note(console, slices, points);
	return true;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct picture_points *points = picture_points_of(console);
	struct slices *slices = state;
	int count = (int)slices->slice.count;

	if (!points || !slices->has_axes)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_DOWN:
	case ACTION_UP:
		picture_points_turn(points, 0, action == ACTION_DOWN ? 1 : -1);
		return PICTURE_PREPARE;
	case ACTION_LEFT:
		slices->cursor = slices->cursor < 0   ? count - 1
				 : slices->cursor > 0 ? slices->cursor - 1
						      : 0;
		return PICTURE_MOVED;
	case ACTION_RIGHT:
		slices->cursor = slices->cursor + 1 < count ? slices->cursor + 1
							    : count - 1;
		return PICTURE_MOVED;
	case ACTION_FIRST:
		slices->cursor = 0;
		return PICTURE_MOVED;
	case ACTION_LAST:
		slices->cursor = count - 1;
		return PICTURE_MOVED;
	case ACTION_BACK:
		if (slices->cursor < 0)
			return PICTURE_NOTHING;
		slices->cursor = -1;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
}

static const struct slice_bin *bin_at(const struct slices *slices)
{
	return slices->has_axes && slices->cursor >= 0 &&
			       (size_t)slices->cursor < slices->slice.count
		       ? &slices->slice.bins[slices->cursor]
		       : NULL;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct slices *slices = state;
	const struct slice_bin *bin = bin_at(slices);

	(void)console;
	if (!bin)
		return false;
	ret->col = slices->axes.col +
		   (int)((bin->from + bin->to) / 2 * (slices->axes.cols - 1));
	ret->row = -1;
	if (bin->count) {
		double y = picture_axes_y(&slices->axes, bin->middle);

		ret->row = isnan(y) ? -1 : slices->axes.row + (int)y / 4;
	}
	ret->top = slices->axes.row;
	ret->bottom = slices->axes.row + slices->axes.rows - 1;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct slices *slices = state;
	const struct slice_bin *bin = bin_at(slices);

	if (!points)
		return;
	strbuf_addf(out, "%s ", picture_points_name(points, slices->parameter));
	if (!bin) {
		strbuf_adds(out, " j k other parameters  h l look  L log");
		return;
	}
	if (points->all->axes[slices->parameter].is_categorical) {
		picture_points_option(console, points, slices->parameter,
				      bin->option, out);
	} else {
		format_number(out, bin->low, 8);
		strbuf_adds(out, " to ");
		format_number(out, bin->high, 8);
	}
	strbuf_addf(out, ": %zu trial%s", bin->count,
		    bin->count == 1 ? "" : "s");
	if (bin->failed)
		strbuf_addf(out, ", %zu failed", bin->failed);
	if (!bin->count)
		return;
	strbuf_adds(out, "; median ");
	format_number(out, bin->middle, 8);
	strbuf_adds(out, ", half of them ");
	format_number(out, bin->lower, 8);
	strbuf_adds(out, " to ");
	format_number(out, bin->upper, 8);
	strbuf_adds(out, ", best ");
	format_number(
		out,
		points->mode == OBJECTIVE_MINIMIZE ? bin->least : bin->most, 8);
}

/* The best trial of the part under the cursor. */
static int64_t trial(const struct console *console, void *state)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct slices *slices = state;
	const struct slice_bin *bin = bin_at(slices);
	double wanted;

	if (!points || !bin || !bin->count)
		return -1;
	wanted = points->mode == OBJECTIVE_MINIMIZE ? bin->least : bin->most;
	for (size_t row = 0; row < points->all->count; row++) {
		uint16_t level =
			observations_level(points->all, row, slices->parameter);
		double place;

		if (points->all->values[row] != wanted || level == LEVEL_NONE)
			continue;
		place = axis_place(&points->all->axes[slices->parameter],
				   level);
		if (place >= bin->from - 1e-9 && place <= bin->to + 1e-9)
			return points->all->trials[row];
	}
	return -1;
}

const struct picture_ops picture_slice = {
	.name = "slice",
	.title = "Slice",
	.hint = "j k other parameters  h l look  L log  m metric",
	.uses_metric = true,
	.uses_log = true,
	.state_size = sizeof(struct slices),
	.release = release,
	.prepare = prepare,
	.wants = wants,
	.load = load,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
	.trial = trial,
};
