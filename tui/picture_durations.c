/* SPDX-License-Identifier: MIT */
/*
 * How long trials ran (v: how long they waited), as a histogram.  Columns are
 * made of how the trials ended, each with a fill of its own, so that colours
 * only repeat it.  All trials that ended count; none is sampled.
 *
 * The cursor walks over the columns; b filters the trials by the one under it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS_MAX 80
#define LABEL_COLS 6
/* Quantiles come from bins that are 1.2 % wide, which is more than is told of
 * them; sorting all trials would take longer than a frame may. */
#define FINE_BINS 2400
#define FINE_LOW 1e-3 /* s */
#define FINE_PER_DECADE 200

/* Ends in the order in which they lie on each other. */
enum end { END_SUCCEEDED, END_EARLY, END_FAILED, END_CANCELED, ENDS };

static const struct {
	const char *name;
	enum trial_state state;
	uint32_t fill;
	char ascii, letter;
} ends[ENDS] = {
	{"succeeded", TRIAL_SUCCEEDED, 0x2588, '#', 'S'},
	{"stopped early", TRIAL_EARLY_STOPPED, 0x2592, 'e', 'E'},
	{"failed", TRIAL_FAILED, 0x2593, 'F', 'F'},
	{"canceled", TRIAL_USER_CANCELED, 0x2591, 'x', 'X'},
};

struct durations {
	float *seconds; /* of trials that ended */
	unsigned char *ends;
	size_t count, capacity;
	double low, high;    /* s */
	double quantiles[3]; /* median, 90 %, longest */
	bool is_wait;
	/* as drawn */
	size_t bins[BINS_MAX][ENDS];
	int bin_count, bin_cols;
	bool is_log;
	int cursor; /* bin; -1: none */
	int plot_rows;
};

static void release(void *state)
{
	struct durations *d = state;

	free(d->seconds);
	free(d->ends);
}

static enum end end_of(const struct trial_row *row)
{
	switch (row->state) {
	case TRIAL_SUCCEEDED:
		return END_SUCCEEDED;
	case TRIAL_EARLY_STOPPED:
		return END_EARLY;
	case TRIAL_FAILED:
		return END_FAILED;
	default:
		return END_CANCELED;
	}
}

/* What a trial took; negative: nothing is known. */
static double seconds_of(const struct durations *d, const struct trial_row *row)
{
	int64_t from_ns = d->is_wait ? row->submitted_ns : row->started_ns;
	int64_t to_ns = d->is_wait ? row->started_ns : row->ended_ns;

	if (!(row->flags & ROW_LOADED) || !from_ns || !to_ns ||
	    !trial_state_is_terminal((enum trial_state)row->state))
		return -1;
	return to_ns > from_ns ? (double)(to_ns - from_ns) / NS_PER_S : 0;
}

static void find_quantiles(struct durations *d)
{
	static const double parts[2] = {0.5, 0.9};
	size_t *fine = xcalloc(FINE_BINS, sizeof(*fine));
	size_t sum = 0, next = 0;

	for (size_t i = 0; i < d->count; i++) {
		double at = log10(fmax(d->seconds[i], FINE_LOW) / FINE_LOW) *
			    FINE_PER_DECADE;

		fine[at < FINE_BINS - 1 ? (size_t)at : FINE_BINS - 1]++;
	}
	for (size_t i = 0; i < FINE_BINS && next < 2; i++) {
		sum += fine[i];
		while (next < 2 &&
		       (double)sum >= parts[next] * (double)d->count)
			d->quantiles[next++] =
				FINE_LOW *
				pow(10, ((double)i + 0.5) / FINE_PER_DECADE);
	}
	d->quantiles[2] = d->high;
	free(fine);
}

static void prepare(struct console *console, void *state, bool is_new)
{
	struct durations *d = state;
	const struct trial_index *index = &console->data.trials;

	if (is_new)
		d->cursor = -1;
	if (index->count > d->capacity) {
		d->capacity = index->count + index->count / 8 + 64;
		d->seconds =
			xrealloc(d->seconds, d->capacity * sizeof(*d->seconds));
		d->ends = xrealloc(d->ends, d->capacity);
	}
	d->count = 0;
	d->low = INFINITY;
	d->high = 0;
	for (size_t i = 0; i < index->count; i++) {
		double seconds = seconds_of(d, &index->rows[i]);

		if (seconds < 0)
			continue;
		d->seconds[d->count] = (float)seconds;
		d->ends[d->count++] = (unsigned char)end_of(&index->rows[i]);
		d->low = fmin(d->low, seconds);
		d->high = fmax(d->high, seconds);
	}
	find_quantiles(d);
	pictures_note(console, "%zu trials that ended", d->count);
}

/* ---- bins --------------------------------------------------------------- */

/* A linear axis begins at 0, a logarithmic one at the shortest. */
static double axis_low(const struct durations *d)
{
	return d->is_log ? fmax(d->low, FINE_LOW) : 0;
}

static double axis_high(const struct durations *d)
{
	return fmax(d->high, axis_low(d) * 1.001 + FINE_LOW);
}

/* Where a bin begins, in seconds. */
static double bin_edge(const struct durations *d, int bin)
{
	double low = axis_low(d), high = axis_high(d);
	double part = (double)bin / d->bin_count;

	return d->is_log ? low * pow(high / low, part)
			 : low + (high - low) * part;
}

static int bin_of(const struct durations *d, double seconds)
{
	double low = axis_low(d), high = axis_high(d);
	double part = d->is_log
			      ? log(fmax(seconds, low) / low) / log(high / low)
			      : (seconds - low) / (high - low);
	int bin = (int)(part * d->bin_count);

	return bin < 0 ? 0 : bin < d->bin_count ? bin : d->bin_count - 1;
}

static size_t bin_sum(const struct durations *d, int bin)
{
	size_t sum = 0;

	for (int end = 0; end < ENDS; end++)
		sum += d->bins[bin][end];
	return sum;
}

static size_t fill_bins(struct durations *d, int cols)
{
	size_t most = 0;

	d->bin_cols = cols >= 60 ? 2 : 1;
	d->bin_count = cols / d->bin_cols;
	if (d->bin_count > BINS_MAX) {
		d->bin_count = BINS_MAX;
		d->bin_cols = cols / BINS_MAX;
	}
	if (d->bin_count < 1)
		d->bin_count = 1;
	memset(d->bins, 0, sizeof(d->bins));
	for (size_t i = 0; i < d->count; i++)
		d->bins[bin_of(d, d->seconds[i])][d->ends[i]]++;
	for (int bin = 0; bin < d->bin_count; bin++)
		most = bin_sum(d, bin) > most ? bin_sum(d, bin) : most;
	if (d->cursor >= d->bin_count)
		d->cursor = d->bin_count - 1;
	return most;
}

/* ---- drawing ------------------------------------------------------------ */

static void add_seconds(struct strbuf *out, double seconds)
{
	if (seconds <= 0)
		strbuf_addch(out, '0');
	else if (seconds < 1)
		strbuf_addf(out, "%.0fms", seconds * 1000);
	else
		clock_format_duration(out, (int64_t)(seconds * NS_PER_S));
}

/* The segments of a column; what is there at all is a cell high. */
static void draw_bin(const struct durations *d, struct canvas *canvas, int bin,
		     size_t most)
{
	size_t sum = 0;
	int row = d->plot_rows - 1;

	for (int end = 0; end < ENDS; end++) {
		int top;

		if (!d->bins[bin][end])
			continue;
		sum += d->bins[bin][end];
		top = d->plot_rows -
		      (int)lround((double)sum / (double)most * d->plot_rows);
		if (top > row && end == 0)
			top = row;
		for (; row >= top && row >= 0; row--)
			for (int i = 0; i < d->bin_cols; i++)
				canvas_put(canvas, row,
					   LABEL_COLS + bin * d->bin_cols + i,
					   canvas_glyph(canvas, ends[end].fill,
							ends[end].ascii),
					   1, CANVAS_STATE - ends[end].state);
	}
	/* a few trials beside many */
	if (sum && row == d->plot_rows - 1)
		for (int i = 0; i < d->bin_cols; i++)
			canvas_put(canvas, row,
				   LABEL_COLS + bin * d->bin_cols + i,
				   canvas_glyph(canvas, 0x2581, '_'), 1,
				   CANVAS_LABEL);
}

static void draw_axis(const struct durations *d, struct canvas *canvas,
		      size_t most)
{
	struct strbuf text = STRBUF_INIT;
	int free_col = 0, row = d->plot_rows;

	canvas_textf(canvas, 0, 0, CANVAS_LABEL, "%*zu", LABEL_COLS - 1, most);
	canvas_textf(canvas, row - 1, 0, CANVAS_LABEL, "%*d", LABEL_COLS - 1,
		     0);
	for (int i = 0; i < d->plot_rows; i++)
		canvas_put(canvas, i, LABEL_COLS - 1,
			   canvas_glyph(canvas, 0x2502, '|'), 1, CANVAS_AXIS);
	for (int bin = 0; bin <= d->bin_count; bin++) {
		int col = LABEL_COLS + bin * d->bin_cols;
		double edge = bin_edge(d, bin);

		if (col < free_col || bin % 5)
			continue;
		strbuf_clear(&text);
		add_seconds(&text, edge);
		if (col + (int)text.len > canvas->cols)
			break;
		canvas_text(canvas, row, col, text.data, CANVAS_LABEL);
		free_col = col + (int)text.len + 2;
	}
	strbuf_release(&text);
}

static void draw_legend(const struct durations *d, struct canvas *canvas,
			int row)
{
	size_t sums[ENDS] = {0};
	int col = LABEL_COLS;

	for (size_t i = 0; i < d->count; i++)
		sums[d->ends[i]]++;
	for (int end = 0; end < ENDS; end++) {
		if (!sums[end])
			continue;
		canvas_put(
			canvas, row, col,
			canvas_glyph(canvas, ends[end].fill, ends[end].ascii),
			1, CANVAS_STATE - ends[end].state);
		col = canvas_textf(canvas, row, col + 2, CANVAS_LABEL, "%s %zu",
				   ends[end].name, sums[end]) +
		      2;
	}
}

static bool draw(struct console *console, void *state, struct canvas *canvas,
		 struct strbuf *ret_why)
{
	struct durations *d = state;
	bool has_legend = canvas->rows >= 8;
	size_t most;

	if (!d->count) {
		strbuf_addf(ret_why,
			    "No trial has ended yet, so there is no time to "
			    "tell. v shows how long they %s.",
			    d->is_wait ? "ran" : "waited");
		return false;
	}
	d->is_log = pictures_is_log(console);
	d->plot_rows = canvas->rows - 1 - has_legend;
	if (d->plot_rows < 1)
		d->plot_rows = 1;
	most = fill_bins(d, canvas->cols - LABEL_COLS);
	for (int bin = 0; bin < d->bin_count; bin++)
		draw_bin(d, canvas, bin, most);
	draw_axis(d, canvas, most);
	if (has_legend)
		draw_legend(d, canvas, canvas->rows - 1);
	return true;
}

/* ---- cursor ------------------------------------------------------------- */

static void filter_by_bin(struct console *console, const struct durations *d)
{
	const char *field = d->is_wait ? "waited" : "time";
	struct strbuf terms = STRBUF_INIT;

	strbuf_addf(&terms, "is:ended %s>=%.6g", field, bin_edge(d, d->cursor));
	if (d->cursor + 1 < d->bin_count)
		strbuf_addf(&terms, " %s<%.6g", field,
			    bin_edge(d, d->cursor + 1));
	pictures_filter(console, terms.data);
	strbuf_release(&terms);
}

static enum picture_did on_action(struct console *console, void *state,
				  enum action_id action)
{
	struct durations *d = state;
	int last = d->bin_count - 1;

	switch (action) {
	case ACTION_LEFT:
	case ACTION_UP:
		d->cursor = d->cursor < 0 ? last
			    : d->cursor	  ? d->cursor - 1
					  : 0;
		return PICTURE_MOVED;
	case ACTION_RIGHT:
	case ACTION_DOWN:
		d->cursor = d->cursor < last ? d->cursor + 1 : last;
		return PICTURE_MOVED;
	case ACTION_FIRST:
		d->cursor = 0;
		return PICTURE_MOVED;
	case ACTION_LAST:
		d->cursor = last;
		return PICTURE_MOVED;
	case ACTION_BACK:
		if (d->cursor < 0)
			return PICTURE_NOTHING;
		d->cursor = -1;
		return PICTURE_MOVED;
	case ACTION_CHART_MODE:
		d->is_wait = !d->is_wait;
		return PICTURE_PREPARE;
	case ACTION_BRUSH:
		if (d->cursor < 0 || !d->count)
			return PICTURE_NOTHING;
		filter_by_bin(console, d);
		return PICTURE_MOVED;
	default:
		return PICTURE_NOTHING;
	}
}

static bool cursor(const struct console *console, void *state,
		   struct picture_cursor *ret)
{
	const struct durations *d = state;

	(void)console;
	if (d->cursor < 0)
		return false;
	ret->col = LABEL_COLS + d->cursor * d->bin_cols;
	ret->row = d->plot_rows - 1;
	ret->top = 0;
	ret->bottom = d->plot_rows - 1;
	return true;
}

static void readout(struct console *console, void *state, struct strbuf *out)
{
	const struct durations *d = state;

	(void)console;
	if (d->cursor < 0) {
		strbuf_addf(out, "%s: median ", d->is_wait ? "waited" : "ran");
		add_seconds(out, d->quantiles[0]);
		strbuf_adds(out, "  90% within ");
		add_seconds(out, d->quantiles[1]);
		strbuf_adds(out, "  longest ");
		add_seconds(out, d->quantiles[2]);
		strbuf_addf(out, "  v %s  L log",
			    d->is_wait ? "run time" : "waiting");
		return;
	}
	add_seconds(out, bin_edge(d, d->cursor));
	strbuf_adds(out, " .. ");
	add_seconds(out, bin_edge(d, d->cursor + 1));
	strbuf_addf(out, ": %zu trials", bin_sum(d, d->cursor));
	for (int end = 0; end < ENDS; end++)
		if (d->bins[d->cursor][end])
			strbuf_addf(out, "  %c %zu", ends[end].letter,
				    d->bins[d->cursor][end]);
	strbuf_adds(out, "  b filters");
}

const struct picture_ops picture_durations = {
	.name = "durations",
	.title = "Durations",
	.hint = "h l look at columns  v waiting  b filter by one  L log",
	.uses_log = true,
	.state_size = sizeof(struct durations),
	.release = release,
	.prepare = prepare,
	.draw = draw,
	.on_action = on_action,
	.cursor = cursor,
	.readout = readout,
};
