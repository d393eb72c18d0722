/* SPDX-License-Identifier: MIT */
/* Pictures of results: over trials, along curves, of several objectives. */
#include "report/charts.h"

#include "base/mem.h"
#include "report/plot.h"
#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 340 /* of results over trials: two dots in each, at most */
#define DOTS_ALL 2000
#define FRONT_DOTS 3000
#define OUTLYING 8 /* times the width of the better nine tenths */

const char *report_metric(const struct report_data *data)
{
	return data->objectives.items[0].metric;
}

void figure_begin(struct strbuf *out, const char *title)
{
	strbuf_adds(out, "<figure><h3>");
	html_text(out, title, 120);
	strbuf_adds(out, "</h3>");
}

void figure_end(struct strbuf *out, const char *caption)
{
	if (*caption)
		strbuf_addf(out, "<figcaption>%s</figcaption>", caption);
	strbuf_adds(out, "</figure>\n");
}

/* ---- the range ----------------------------------------------------------- */

struct report_range report_range_of(const struct report_data *data)
{
	struct report_range range = {0, 1, false, 0};
	size_t count = data->best_count, nine = count - count / 10;
	double best, tenth, worst;

	if (!count)
		return range;
	best = data->rows[data->best[0]].final;
	tenth = data->rows[data->best[nine - 1]].final;
	worst = data->rows[data->best[count - 1]].final;
	if (fmin(best, worst) > 0 &&
	    fmax(best, worst) / fmin(best, worst) > 100)
		range.is_log = true;
	/* a few that diverged would flatten all others */
	else if (count >= 10 &&
		 fabs(worst - best) > OUTLYING * fabs(tenth - best) &&
		 tenth != best) {
		double reach = best + (tenth - best) * 1.5;

		while (count > 0 &&
		       fabs(data->rows[data->best[count - 1]].final - best) >
			       fabs(reach - best))
			count--;
		range.outside = data->best_count - count;
		worst = reach;
	}
	range.low = fmin(best, worst);
	range.high = fmax(best, worst);
	if (!range.is_log) {
		double air = (range.high - range.low) * 0.05;

		range.low -= air;
		range.high += air;
	}
	return range;
}

static void tell_outside(struct strbuf *out, const struct report_range *range)
{
	if (range->outside) {
		strbuf_adds(out, " ");
		report_count(out, (int64_t)range->outside);
		strbuf_addf(out, " far worse result%s lie%s on the border.",
			    range->outside == 1 ? "" : "s",
			    range->outside == 1 ? "s" : "");
	}
}

/* ---- final results ------------------------------------------------------- */

static void draw_all_finals(const struct report_data *data, struct plot *plot)
{
	for (size_t i = 0; i < data->count; i++)
		if (isfinite(data->rows[i].final))
			plot_dot(plot, "d1", (double)data->rows[i].sequence,
				 data->rows[i].final);
}

/* Of each column of the picture its best and its worst, and every so many of
 * all. */
static size_t draw_some_finals(const struct report_data *data,
			       struct plot *plot)
{
	size_t step = data->count / DOTS_ALL + 1;
	double last = (double)data->rows[data->count - 1].sequence + 1;
	size_t drawn = 0, i = 0;

	for (int column = 0; column < COLUMNS; column++) {
		size_t low = SIZE_MAX, high = SIZE_MAX;

		for (; i < data->count &&
		       (double)data->rows[i].sequence * COLUMNS / last <
			       column + 1;
		     i++) {
			double value = data->rows[i].final;

			if (!isfinite(value))
				continue;
			if (i % step == 0) {
				plot_dot(plot, "d1",
					 (double)data->rows[i].sequence, value);
				drawn++;
			}
			if (low == SIZE_MAX || value < data->rows[low].final)
				low = i;
			if (high == SIZE_MAX || value > data->rows[high].final)
				high = i;
		}
		if (low == SIZE_MAX)
			continue;
		plot_dot(plot, "d1", (double)data->rows[low].sequence,
			 data->rows[low].final);
		plot_dot(plot, "d1", (double)data->rows[high].sequence,
			 data->rows[high].final);
		drawn += 2;
	}
	return drawn;
}

static void draw_best_so_far(const struct report_data *data, struct plot *plot)
{
	struct metric_value best = {0};
	double last = 0;

	for (size_t i = 0; i < data->count; i++) {
		struct metric_value value = {true, data->rows[i].final};
		double at = (double)data->rows[i].sequence;

		if (!isfinite(value.number))
			continue;
		last = at;
		if (best.is_set &&
		    !objective_is_better(data->mode, value, best))
			continue;
		if (best.is_set)
			plot_line(plot, "b", at, best.number);
		plot_line(plot, "b", at, value.number);
		best = value;
	}
	if (best.is_set)
		plot_line(plot, "b", last, best.number);
	plot_pause(plot);
}

void chart_finals(const struct report_data *data, struct strbuf *out)
{
	struct report_range range = report_range_of(data);
	struct strbuf caption = STRBUF_INIT;
	struct plot plot;
	size_t drawn = data->best_count;

	if (!data->best_count)
		return;
	figure_begin(out, "Final results, and the best so far");
	plot_begin(&plot, out, "final result of each trial", PLOT_WIDE);
	plot_x(&plot, 0, (double)data->rows[data->count - 1].sequence, false);
	plot_y(&plot, range.low, range.high, range.is_log);
	plot_axes(&plot, "trial", report_metric(data));
	if (data->best_count <= DOTS_ALL)
		draw_all_finals(data, &plot);
	else
		drawn = draw_some_finals(data, &plot);
	draw_best_so_far(data, &plot);
	plot_dot(&plot, "h", (double)data->rows[data->best[0]].sequence,
		 data->rows[data->best[0]].final);
	plot_end(&plot);
	if (drawn < data->best_count) {
		strbuf_adds(&caption, "Of ");
		report_count(&caption, (int64_t)data->best_count);
		strbuf_adds(&caption, " results ");
		report_count(&caption, (int64_t)drawn);
		strbuf_adds(&caption, " are drawn, the lowest and the highest "
				      "at each place among them.");
	}
	tell_outside(&caption, &range);
	figure_end(out, caption.data);
	strbuf_release(&caption);
}

/* ---- curves -------------------------------------------------------------- */

static void find_range(const struct report_data *data, double *ret_steps,
		       double *ret_low, double *ret_high)
{
	*ret_steps = 0;
	*ret_low = INFINITY;
	*ret_high = -INFINITY;
	for (size_t i = 0; i < data->curve_count; i++) {
		const struct report_curve *curve = &data->curves[i];

		for (size_t k = 0; k < curve->count; k++) {
			*ret_steps = fmax(*ret_steps, curve->steps[k]);
			*ret_low = fmin(*ret_low, curve->values[k]);
			*ret_high = fmax(*ret_high, curve->values[k]);
		}
	}
}

static void add_legend(const struct report_data *data, struct strbuf *out)
{
	strbuf_adds(out, "<p class=\"legend\">");
	for (size_t i = 0; i < data->curve_count; i++) {
		strbuf_addf(out, "<span><i class=\"k%zu\"></i>#%" PRId64 " ",
			    i % 10, data->curves[i].sequence);
		report_number(out, data->curves[i].final);
		strbuf_adds(out, "</span>");
	}
	strbuf_adds(out, "</p>");
}

void chart_curves(const struct report_data *data, struct strbuf *out)
{
	static const char *const classes[] = {"c0", "c1", "c2", "c3", "c4",
					      "c5", "c6", "c7", "c8", "c9"};
	double steps, low, high;
	struct plot plot;
	bool is_log;

	if (!data->curve_count)
		return;
	find_range(data, &steps, &low, &high);
	is_log = low > 0 && high / low > 100;
	figure_begin(out, "Intermediate results of the best trials");
	plot_begin(&plot, out, "curves of the best trials", PLOT_WIDE);
	plot_x(&plot, 0, steps, false);
	if (is_log)
		plot_y(&plot, low, high, true);
	else
		plot_y(&plot, low - (high - low) * 0.05,
		       high + (high - low) * 0.05, false);
	plot_axes(&plot, "report", report_metric(data));
	/* the best one last: on top */
	for (size_t i = data->curve_count; i > 0; i--) {
		const struct report_curve *curve = &data->curves[i - 1];

		for (size_t k = 0; k < curve->count; k++)
			plot_line(&plot, classes[(i - 1) % 10], curve->steps[k],
				  curve->values[k]);
		plot_pause(&plot);
	}
	plot_end(&plot);
	add_legend(data, out);
	figure_end(out, "");
}

/* ---- several objectives -------------------------------------------------- */

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* From the 2nd to the 98th of a hundred, with air. */
static void inner_range(const struct report_data *data, size_t objective,
			double *ret_low, double *ret_high)
{
	size_t width = data->objectives.count, used = 0;
	double *values = xcalloc(data->count + 1, sizeof(*values));
	double low, high;

	for (size_t i = 0; i < data->count; i++) {
		double value = data->metrics[i * width + objective];

		if (isfinite(value))
			values[used++] = value;
	}
	qsort(values, used, sizeof(*values), compare_doubles);
	low = used ? values[used / 50] : 0;
	high = used ? values[used - 1 - used / 50] : 1;
	for (size_t i = 0; i < data->front_count; i++) {
		double value =
			data->metrics[data->front[i] * width + objective];

		low = fmin(low, value);
		high = fmax(high, value);
	}
	*ret_low = low - (high - low) * 0.05;
	*ret_high = high + (high - low) * 0.05;
	free(values);
}

static void draw_pair(const struct report_data *data, struct strbuf *out,
		      size_t a, size_t b)
{
	size_t width = data->objectives.count;
	size_t step = data->count / FRONT_DOTS + 1;
	double low, high;
	struct plot plot;

	strbuf_adds(out, "<div>");
	plot_begin(&plot, out, "two objectives", PLOT_HALF);
	inner_range(data, a, &low, &high);
	plot_x(&plot, low, high, false);
	inner_range(data, b, &low, &high);
	plot_y(&plot, low, high, false);
	plot_axes(&plot, data->objectives.items[a].metric,
		  data->objectives.items[b].metric);
	for (size_t i = 0; i < data->count; i += step) {
		const double *row = &data->metrics[i * width];

		if (isfinite(row[a]) && isfinite(row[b]))
			plot_dot(&plot, "d1", row[a], row[b]);
	}
	for (size_t i = 0; i < data->front_count; i++) {
		const double *row = &data->metrics[data->front[i] * width];

		plot_dot(&plot, "f", row[a], row[b]);
	}
	plot_end(&plot);
	strbuf_adds(out, "</div>");
}

void chart_front(const struct report_data *data, struct strbuf *out)
{
	size_t pairs = 0;

	if (!data->metrics || !data->front_count)
		return;
	figure_begin(out, "Results that no other one beats");
	strbuf_adds(out, "<div class=\"two\">");
	for (size_t a = 0; a < data->objectives.count && pairs < 6; a++)
		for (size_t b = a + 1; b < data->objectives.count && pairs < 6;
		     b++, pairs++)
			draw_pair(data, out, a, b);
	strbuf_adds(out, "</div>");
	figure_end(out, "Bright: better than every other result in at least "
			"one objective, or as good.");
}
