/* SPDX-License-Identifier: MIT */
/*
 * What the tuner believes along a parameter: the result it expects, with a line
 * a deviation above and one below; or where good trials are, and where the
 * others.  Found out by a thread of its own (engine/belief.h), and anew some
 * time after results have come.  j and k choose the parameter.
 */
#include "tui/picture_axes.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "engine/belief.h"
#include "tui/format.h"
#include "tui/picture_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* While it is found out, the picture looks so often. */
#define LOOK_NS (50 * NS_PER_MS)
#define REST_FACTOR 9 /* as picture.c has it */
/* Not again before so long, and so many times what it took. */
#define AGAIN_NS (5 * NS_PER_S)
#define AGAIN_FACTOR 10

struct beliefs {
	struct belief_job *job; /* that runs */
	struct belief_job *shown;
	const struct belief *belief; /* of shown */
	int64_t experiment;
	int64_t begun_ns, took_ns, ended_ns; /* monotonic */
	int64_t known; /* trials that had ended at its begin */
	int64_t shown_known;
	struct error err; /* of the last one; NONE: it went well */
	struct picture_axes axes;
	size_t parameter;
	int cursor; /* a value, or -1 */
	bool has_axes;
};

static void forget(struct beliefs *beliefs)
{
	belief_job_free(beliefs->job);
	belief_job_free(beliefs->shown);
	beliefs->job = beliefs->shown = NULL;
	beliefs->belief = NULL;
	beliefs->err = (struct error){0};
}

static void release(void *state)
{
	forget(state);
}

static int64_t ended_trials(const struct console *console)
{
	const int64_t *counts = console->data.experiment.counts;
	int64_t ended = 0;

	for (int state = 0; state < TRIAL_STATE_COUNT; state++)
		if (trial_state_is_terminal((enum trial_state)state))
			ended += counts[state];
	return ended;
}

static void begin(struct console *console, struct beliefs *beliefs)
{
	struct error err = {0};

	beliefs->known = ended_trials(console);
	beliefs->begun_ns = clock_mono_ns();
	beliefs->job = belief_start(console->data.db_path,
				    console->data.selected, &err);
	if (!beliefs->job)
		beliefs->err = err;
}

static void look(struct beliefs *beliefs)
{
	const struct belief *belief;
	struct error err = {0};

	if (!beliefs->job || !belief_poll(beliefs->job, &belief, &err))
		return;
	belief_job_free(beliefs->shown);
	beliefs->shown = beliefs->job;
	beliefs->job = NULL;
	beliefs->belief = belief;
	beliefs->shown_known = beliefs->known;
	beliefs->err = err;
	beliefs->ended_ns = clock_mono_ns();
	beliefs->took_ns = beliefs->ended_ns - beliefs->begun_ns;
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct picture_points *points = picture_points_of(console);
	struct beliefs *beliefs = state;
	int64_t rest_ns;

	if (is_new || beliefs->experiment != console->data.selected) {
		forget(beliefs);
		beliefs->experiment = console->data.selected;
		beliefs->cursor = -1;
	}
	beliefs->has_axes = false;
	if (!points || !console->data.store)
		return;
	if (beliefs->parameter != points->chosen[0])
		beliefs->cursor = -1;
	beliefs->parameter = points->chosen[0];
	look(beliefs);
	if (beliefs->job)
		return;
	rest_ns = AGAIN_FACTOR * beliefs->took_ns;
	rest_ns = rest_ns > AGAIN_NS ? rest_ns : AGAIN_NS;
	if (!beliefs->shown || (ended_trials(console) != beliefs->shown_known &&
				clock_mono_ns() - beliefs->ended_ns > rest_ns))
		begin(console, beliefs);
}

static bool explain(const struct console *console,
		    const struct beliefs *beliefs,
		    const struct picture_points *points, struct strbuf *out)
{
	const struct belief *belief = beliefs->belief;

	if (!points) {
		strbuf_adds(out, "The experiment has no search space: there "
				 "are no parameters to look at.");
	} else if (belief && belief->why_none) {
		utf8_sanitize(out, belief->why_none, strlen(belief->why_none),
			      console->is_ascii);
		strbuf_adds(out, ".");
	} else if (beliefs->err.code != ERROR_NONE) {
		utf8_sanitize(out, beliefs->err.text, strlen(beliefs->err.text),
			      console->is_ascii);
	} else if (!belief) {
		strbuf_adds(out, "Telling the experiment's history to a fresh "
				 "tuner ...");
	} else if (beliefs->parameter >= belief->space->count ||
		   belief->lines[beliefs->parameter].kind == BELIEF_NONE) {
		strbuf_addf(out, "%s believes nothing of %s.", belief->tuner,
			    picture_points_name(points, beliefs->parameter));
	} else {
		return false;
	}
	return true;
}

static void find_range(const struct belief_line *line, double *low,
		       double *high)
{
	bool is_mean = line->kind == BELIEF_MEAN;

	*low = is_mean ? INFINITY : 0;
	*high = -INFINITY;
	for (size_t i = 0; i < line->count; i++) {
		double spread = is_mean ? line->second[i] : 0;

		*low = fmin(*low, line->first[i] - spread);
		*high = fmax(*high, line->first[i] + spread);
		if (!is_mean)
			*high = fmax(*high, line->second[i]);
	}
}

static double place_at(const struct picture_points *points, size_t parameter,
		       const struct belief_line *line, size_t i)
{
	if (points->all->axes[parameter].is_categorical)
		return ((double)i + 0.5) / (double)line->count;
	return line->count > 1 ? (double)i / (double)(line->count - 1) : 0.5;
}

/* One curve; of options a level line each. */
static void draw_line(const struct beliefs *beliefs,
		      const struct picture_points *points,
		      const struct belief_line *line, int by, bool is_second,
		      int series, struct canvas_dots *dots)
{
	const struct picture_axes *axes = &beliefs->axes;
	bool has_options = points->all->axes[beliefs->parameter].is_categorical;
	double last_x = NAN, last_y = NAN;

	for (size_t i = 0; i < line->count; i++) {
		double place = place_at(points, beliefs->parameter, line, i);
		double value = is_second
				       ? line->second[i]
				       : line->first[i] + by * line->second[i];
		double x = picture_axes_x(axes, place);
		double y = picture_axes_y(axes, value);

		if (has_options) {
			double half =
				0.4 * axes->cols * 2 / (double)line->count;

			canvas_dots_line(dots, x - half, y, x + half, y,
					 series);
		} else if (!isnan(last_x) && !isnan(y)) {
			canvas_dots_line(dots, last_x, last_y, x, y, series);
		}
		last_x = x;
		last_y = y;
	}
}

static void legend(const struct beliefs *beliefs,
		   const struct picture_points *points, bool is_mean,
		   struct canvas *canvas)
{
	int col = beliefs->axes.col;
	bool is_ascii = canvas->style == CANVAS_ASCII;

	if (!beliefs->axes.row)
		return;
	col = canvas_textf(canvas, 0, col, CANVAS_STRONG, "%s: ",
			   picture_points_name(points, beliefs->parameter));
	col = canvas_textf(canvas, 0, col, 0, "%s%s ", is_ascii ? "* " : "",
			   is_mean ? "expected" : "good trials");
	canvas_textf(canvas, 0, col, 1, "%s%s", is_ascii ? "+ " : "",
		     is_mean ? "a deviation more and less" : "the others");
}

static void note(struct console *console, const struct beliefs *beliefs)
{
	const struct belief *belief = beliefs->belief;
	struct strbuf text = STRBUF_INIT;

	strbuf_addf(&text, "%s after ", belief->tuner);
	pictures_format_count(&text, belief->results + belief->imported);
	if (belief->results < belief->known) {
		strbuf_adds(&text, " of ");
		pictures_format_count(&text, belief->known);
	}
	pictures_note(console, "%s results%s", text.data,
		      beliefs->job ? ", learning more" : "");
	strbuf_release(&text);
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct picture_points *points = picture_points_of(console);
	struct beliefs *beliefs = state;
	const struct belief_line *line;
	struct canvas_dots dots;
	double low, high;
	bool is_mean;

	if (beliefs->job) { /* look again soon */
		console->pictures->needs_prepare = true;
		console->pictures->cost_ns = LOOK_NS / REST_FACTOR;
	}
	if (explain(console, beliefs, points, ret_why))
		return false;
	line = &beliefs->belief->lines[beliefs->parameter];
	is_mean = line->kind == BELIEF_MEAN;
	find_range(line, &low, &high);
	beliefs->has_axes =
		picture_axes_draw(console, points, beliefs->parameter, low,
				  high, false, canvas, &beliefs->axes);
	if (!beliefs->has_axes) {
		strbuf_adds(ret_why, "The window is too small.");
		return false;
	}
	canvas_dots_init(&dots, beliefs->axes.cols, beliefs->axes.rows);
	draw_line(beliefs, points, line, 0, false, 0, &dots);
	if (is_mean) {
		draw_line(beliefs, points, line, 1, false, 1, &dots);
		draw_line(beliefs, points, line, -1, false, 1, &dots);
	} else {
		draw_line(beliefs, points, line, 0, true, 1, &dots);
	}
	canvas_stamp(canvas, beliefs->axes.row, beliefs->axes.col, &dots,
		     pictures_has_marks(console));
	canvas_dots_release(&dots);
	legend(beliefs, points, is_mean, canvas);
	note(console, beliefs);
	return true;
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct picture_points *points = picture_points_of(console);
	struct beliefs *beliefs = state;
	int count =
		beliefs->has_axes
			? (int)beliefs->belief->lines[beliefs->parameter].count
			: 0;

	if (!points)
		return PICTURE_NOTHING;
	if (action == ACTION_DOWN || action == ACTION_UP) {
		picture_points_turn(points, 0, action == ACTION_DOWN ? 1 : -1);
		return PICTURE_PREPARE;
	}
	if (!count)
		return PICTURE_NOTHING;
	switch (action) {
	case ACTION_LEFT:
		beliefs->cursor = beliefs->cursor < 0	? count - 1
				  : beliefs->cursor > 0 ? beliefs->cursor - 1
							: 0;
		return PICTURE_MOVED;
	case ACTION_RIGHT:
		beliefs->cursor = beliefs->cursor + 1 < count
					  ? beliefs->cursor + 1
					  : count - 1;
		return PICTURE_MOVED;
	case ACTION_BACK:
		if (beliefs->cursor < 0)
			return PICTURE_NOTHING;
		beliefs->cursor = -1;
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
}

static const struct belief_line *line_under(const struct beliefs *beliefs)
{
	const struct belief_line *line;

	if (!beliefs->has_axes || !beliefs->belief || beliefs->cursor < 0)
		return NULL;
	line = &beliefs->belief->lines[beliefs->parameter];
	return (size_t)beliefs->cursor < line->count ? line : NULL;
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct beliefs *beliefs = state;
	const struct belief_line *line = line_under(beliefs);
	size_t at = (size_t)beliefs->cursor;

	if (!line || !points)
		return false;
	ret->col = beliefs->axes.col +
		   (int)(place_at(points, beliefs->parameter, line, at) *
			 (beliefs->axes.cols - 1));
	ret->row = beliefs->axes.row +
		   (int)picture_axes_y(&beliefs->axes, line->first[at]) / 4;
	ret->top = beliefs->axes.row;
	ret->bottom = beliefs->axes.row + beliefs->axes.rows - 1;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct picture_points *points = picture_points_shown(console);
	const struct beliefs *beliefs = state;
	const struct belief_line *line = line_under(beliefs);
	size_t at = (size_t)beliefs->cursor;

	if (!line || !points)
		return;
	strbuf_addf(out, "%s ",
		    picture_points_name(points, beliefs->parameter));
	if (points->all->axes[beliefs->parameter].is_categorical)
		picture_points_option(console, points, beliefs->parameter, at,
				      out);
	else
		format_number(out, line->numbers[at], 8);
	if (line->kind == BELIEF_MEAN) {
		strbuf_adds(out, ": expects ");
		format_number(out, line->first[at], 8);
		strbuf_adds(out, " +- ");
		format_number(out, line->second[at], 8);
		return;
	}
	strbuf_adds(out, ": good ");
	format_number(out, line->first[at], 8);
	strbuf_adds(out, ", others ");
	format_number(out, line->second[at], 8);
	strbuf_adds(out, ", ratio ");
	format_number(out, line->first[at] / line->second[at], 6);
}

const struct picture_ops picture_belief = {
	.name = "belief",
	.title = "The tuner's belief",
	.hint = "j k other parameters  h l look",
	.state_size = sizeof(struct beliefs),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
};
