/* SPDX-License-Identifier: MIT */
/* Pictures of time: which trial ran when, how many at once, how long. */
#include "report/charts.h"

#include "base/clock.h"
#include "base/mem.h"
#include "report/plot.h"
#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BARS_MAX 400 /* trials that have a bar each */
#define LANES_MAX 64
#define COLUMNS 340
#define BINS 30

static double end_of(const struct report_data *data,
		     const struct report_row *row)
{
	return (double)(row->ended_ns ? row->ended_ns : data->last_ns);
}

/* What the axis of time counts in. */
static double unit_of(double span_ns, const char **ret_name)
{
	static const struct {
		double ns;
		const char *name;
	} units[] = {{86400e9, "days"},
		     {3600e9, "hours"},
		     {60e9, "minutes"},
		     {1e9, "seconds"}};

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (span_ns < 2 * units[i].ns && i + 1 < COUNT_OF(units))
			continue;
		*ret_name = units[i].name;
		return units[i].ns;
	}
	*ret_name = "seconds";
	return 1e9;
}

struct span {
	double from, to; /* ns, wall time */
	size_t count;	 /* trials that have started */
};

static struct span span_of(const struct report_data *data)
{
	struct span span = {INFINITY, -INFINITY, 0};

	for (size_t i = 0; i < data->count; i++) {
		const struct report_row *row = &data->rows[i];

		if (!row->started_ns)
			continue;
		span.count++;
		span.from = fmin(span.from, (double)row->started_ns);
		span.to = fmax(span.to, end_of(data, row));
	}
	return span;
}

/* ---- a bar a trial ------------------------------------------------------- */

static const char *class_of(enum trial_state state)
{
	switch (state) {
	case TRIAL_SUCCEEDED:
		return "ok";
	case TRIAL_FAILED:
		return "bad";
	case TRIAL_EARLY_STOPPED:
		return "cut";
	case TRIAL_RUNNING:
	case TRIAL_WAITING:
		return "run";
	default:
		return "gone";
	}
}

static int compare_starts(const void *a, const void *b)
{
	const struct report_row *x = *(const struct report_row *const *)a;
	const struct report_row *y = *(const struct report_row *const *)b;

	if (x->started_ns != y->started_ns)
		return x->started_ns < y->started_ns ? -1 : 1;
	return x->sequence < y->sequence ? -1 : 1;
}

/* The first lane that is free again; lanes are beyond the last when all are
 * taken: the last one then. */
static size_t lane_for(double *free_at, size_t *count, double from)
{
	for (size_t i = 0; i < *count; i++)
		if (free_at[i] <= from)
			return i;
	if (*count < LANES_MAX)
		return (*count)++;
	return LANES_MAX - 1;
}

static void draw_bars(const struct report_data *data, struct plot *plot,
		      const struct span *span, double unit)
{
	const struct report_row **rows =
		xcalloc(span->count, sizeof(const struct report_row *));
	double free_at[LANES_MAX] = {0};
	size_t count = 0, lanes = 0, *lane_of;

	for (size_t i = 0; i < data->count; i++)
		if (data->rows[i].started_ns)
			rows[count++] = &data->rows[i];
	qsort(rows, count, sizeof(const struct report_row *), compare_starts);
	lane_of = xcalloc(count, sizeof(*lane_of));
	for (size_t i = 0; i < count; i++) {
		lane_of[i] =
			lane_for(free_at, &lanes, (double)rows[i]->started_ns);
		free_at[lane_of[i]] = end_of(data, rows[i]);
	}
	plot->y.is_whole = true;
	plot_y(plot, 0, (double)lanes, false);
	plot_axes(plot, NULL, "at once");
	for (size_t i = 0; i < count; i++) {
		double from = ((double)rows[i]->started_ns - span->from) / unit;
		double to = (end_of(data, rows[i]) - span->from) / unit;

		plot_bar(plot, class_of(rows[i]->state), from, to,
			 (double)lane_of[i] + 0.12, (double)lane_of[i] + 0.88);
	}
	free(lane_of);
	free(rows);
}

/* ---- how many at once ---------------------------------------------------- */

static void draw_crowd(const struct report_data *data, struct plot *plot,
		       const struct span *span, double unit)
{
	double busy[COLUMNS] = {0}, most = 0;
	double width = (span->to - span->from) / COLUMNS;

	for (size_t i = 0; i < data->count; i++) {
		const struct report_row *row = &data->rows[i];
		double from, to;
		int first, last;

		if (!row->started_ns)
			continue;
		from = ((double)row->started_ns - span->from) / width;
		to = (end_of(data, row) - span->from) / width;
		first = (int)fmin(fmax(from, 0), COLUMNS - 1);
		last = (int)fmin(fmax(to, 0), COLUMNS - 1);
		/* their time in each column, in parts of the column's */
		for (int k = first; k <= last; k++)
			busy[k] += fmax(fmin(to, k + 1) - fmax(from, k), 0);
	}
	for (int k = 0; k < COLUMNS; k++)
		most = fmax(most, busy[k]);
	plot_y(plot, 0, most > 0 ? most * 1.05 : 1, false);
	plot_axes(plot, NULL, "running at once");
	for (int k = 0; k < COLUMNS; k++)
		if (busy[k] > 0)
			plot_bar(plot, "ok", k * width / unit,
				 (k + 1.1) * width / unit, 0, busy[k]);
}

static void time_labels(struct plot *plot, const char *unit)
{
	double bottom = plot->size.height - plot->size.bottom, ticks[16];
	size_t count = plot_ticks(&plot->x, 8, ticks);
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < count; i++) {
		strbuf_clear(&text);
		strbuf_addf(&text, "%.6g", ticks[i]);
		plot_text(plot, "t", plot_place_x(plot, ticks[i]), bottom + 15,
			  "middle", text.data);
	}
	strbuf_clear(&text);
	strbuf_addf(&text, "%s since the first trial began", unit);
	plot_text(plot, "l",
		  (plot->size.left + plot->size.width - plot->size.right) / 2.0,
		  plot->size.height - 5, "middle", text.data);
	strbuf_release(&text);
}

void chart_timeline(const struct report_data *data, struct strbuf *out)
{
	struct span span = span_of(data);
	bool has_bars = span.count <= BARS_MAX;
	const char *name;
	struct plot plot;
	double unit;

	if (!span.count || span.to <= span.from)
		return;
	unit = unit_of(span.to - span.from, &name);
	figure_begin(out, has_bars ? "When each trial ran"
				   : "Trials that ran at once");
	plot_begin(&plot, out, "trials over time", PLOT_WIDE);
	plot_x(&plot, 0, (span.to - span.from) / unit, false);
	if (has_bars)
		draw_bars(data, &plot, &span, unit);
	else
		draw_crowd(data, &plot, &span, unit);
	time_labels(&plot, name);
	plot_end(&plot);
	if (has_bars)
		strbuf_adds(out,
			    "<p class=\"legend\"><span><i class=\"ok\"></i>"
			    "succeeded</span><span><i class=\"cut\"></i>"
			    "stopped early</span><span><i class=\"bad\"></i>"
			    "failed</span><span><i class=\"gone\"></i>"
			    "canceled</span><span><i class=\"run\"></i>"
			    "not over</span></p>");
	figure_end(out, "");
}

/* ---- how long ------------------------------------------------------------ */

void chart_durations(const struct report_data *data, struct strbuf *out)
{
	double longest = 0, shortest = INFINITY, unit, most = 0, total = 0;
	size_t bins[BINS] = {0}, count = 0;
	struct strbuf caption = STRBUF_INIT;
	const char *name;
	struct plot plot;

	for (size_t i = 0; i < data->count; i++) {
		const struct report_row *row = &data->rows[i];

		if (!row->started_ns || row->ended_ns <= row->started_ns)
			continue;
		longest = fmax(longest,
			       (double)(row->ended_ns - row->started_ns));
		shortest = fmin(shortest,
				(double)(row->ended_ns - row->started_ns));
		total += (double)(row->ended_ns - row->started_ns);
		count++;
	}
	if (count < 2)
		return;
	for (size_t i = 0; i < data->count; i++) {
		const struct report_row *row = &data->rows[i];
		size_t bin;

		if (!row->started_ns || row->ended_ns <= row->started_ns)
			continue;
		bin = (size_t)((double)(row->ended_ns - row->started_ns) /
			       longest * BINS);
		bins[bin < BINS ? bin : BINS - 1]++;
	}
	for (size_t i = 0; i < BINS; i++)
		most = fmax(most, (double)bins[i]);
	unit = unit_of(longest, &name);
	figure_begin(out, "How long trials took");
	plot_begin(&plot, out, "durations of trials", PLOT_WIDE);
	plot_x(&plot, 0, longest / unit, false);
	plot.y.is_whole = true;
	plot_y(&plot, 0, most * 1.05, false);
	plot_axes(&plot, name, "trials");
	for (size_t i = 0; i < BINS; i++)
		if (bins[i])
			plot_bar(&plot, "a",
				 ((double)i + 0.08) * longest / BINS / unit,
				 ((double)i + 0.92) * longest / BINS / unit, 0,
				 (double)bins[i]);
	plot_end(&plot);
	strbuf_adds(&caption, "Shortest ");
	report_duration(&caption, (int64_t)shortest);
	strbuf_adds(&caption, ", longest ");
	report_duration(&caption, (int64_t)longest);
	strbuf_adds(&caption, ", on average ");
	report_duration(&caption, (int64_t)(total / (double)count));
	strbuf_adds(&caption, ".");
	figure_end(out, caption.data);
	strbuf_release(&caption);
}
