/* SPDX-License-Identifier: MIT */
/* SVG of numbers. */
#include "report/plot.h"

#include "report/text.h"

#include <math.h>
#include <string.h>

#define TICKS_MAX 16

const struct plot_size PLOT_WIDE = {760, 300, 64, 16, 12, 40};
const struct plot_size PLOT_HALF = {420, 280, 60, 14, 12, 40};
const struct plot_size PLOT_SMALL = {250, 170, 50, 8, 8, 34};

/* ---- scales -------------------------------------------------------------- */

static void set_axis(struct plot_axis *axis, double low, double high,
		     bool is_log)
{
	if (!(low <= high) || !isfinite(low) || !isfinite(high)) {
		low = 0;
		high = 1;
		is_log = false;
	}
	if (is_log && low <= 0)
		is_log = false;
	if (low == high) {
		double reach = low != 0 ? fabs(low) * 0.1 : 1;

		high = is_log ? high * 2 : high + reach;
		low = is_log ? low / 2 : low - reach;
	}
	*axis = (struct plot_axis){low, high, is_log, axis->is_whole};
}

void plot_x(struct plot *plot, double low, double high, bool is_log)
{
	set_axis(&plot->x, low, high, is_log);
}

void plot_y(struct plot *plot, double low, double high, bool is_log)
{
	set_axis(&plot->y, low, high, is_log);
}

static double part_of(const struct plot_axis *axis, double value)
{
	double part;

	if (axis->is_log)
		part = (log(fmax(value, axis->low)) - log(axis->low)) /
		       (log(axis->high) - log(axis->low));
	else /* halves first: the two ends may be far apart */
		part = (value / 2 - axis->low / 2) /
		       (axis->high / 2 - axis->low / 2);
	return part < 0 ? 0 : part > 1 ? 1 : part;
}

double plot_place_x(const struct plot *plot, double x)
{
	const struct plot_size *size = &plot->size;

	return size->left +
	       part_of(&plot->x, x) * (size->width - size->left - size->right);
}

double plot_place_y(const struct plot *plot, double y)
{
	const struct plot_size *size = &plot->size;

	return size->height - size->bottom -
	       part_of(&plot->y, y) * (size->height - size->top - size->bottom);
}

static size_t log_ticks(const struct plot_axis *axis, size_t most, double *ret)
{
	int first = (int)ceil(log10(axis->low) - 1e-9);
	int last = (int)floor(log10(axis->high) + 1e-9);
	int step = 1;
	size_t count = 0;

	while ((last - first) / step + 1 > (int)most)
		step++;
	for (int power = first; power <= last && count < TICKS_MAX;
	     power += step)
		ret[count++] = pow(10, power);
	return count;
}

size_t plot_ticks(const struct plot_axis *axis, size_t most, double *ret)
{
	double span = axis->high - axis->low, step, at;
	size_t count = 0;

	if (axis->is_log) {
		count = log_ticks(axis, most, ret);
		if (count >= 2)
			return count;
		count = 0;
	}
	if (!isfinite(span) || span <= 0)
		return 0;
	step = pow(10, floor(log10(span / (double)most)));
	if (axis->is_whole && step < 1)
		step = 1;
	if (span / step > 5 * (double)most)
		step *= 10;
	else if (span / step > 2 * (double)most)
		step *= 5;
	else if (span / step > (double)most)
		step *= 2;
	for (double i = ceil(axis->low / step - 1e-9); count < TICKS_MAX; i++) {
		at = i * step;
		if (at > axis->high + step * 1e-9)
			break;
		ret[count++] = fabs(at) < step * 1e-9 ? 0 : at;
	}
	return count;
}

/* ---- frame --------------------------------------------------------------- */

void plot_begin(struct plot *plot, struct strbuf *out, const char *title,
		struct plot_size size)
{
	memset(plot, 0, sizeof(*plot));
	plot->out = out;
	plot->size = size;
	strbuf_addf(out,
		    "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"",
		    size.width, size.height);
	html_text(out, title, 200);
	strbuf_adds(out, "\">");
}

static void close_path(struct plot *plot)
{
	if (plot->open)
		strbuf_adds(plot->out, "\"/>");
	plot->open = NULL;
	plot->has_last = false;
}

void plot_text(struct plot *plot, const char *class, double x, double y,
	       const char *anchor, const char *text)
{
	close_path(plot);
	strbuf_addf(plot->out,
		    "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
		    "text-anchor=\"%s\">",
		    class, x, y, anchor);
	html_text(plot->out, text, 60);
	strbuf_adds(plot->out, "</text>");
}

static void rule(struct plot *plot, double x0, double y0, double x1, double y1)
{
	strbuf_addf(plot->out, "M%.0f %.0fL%.0f %.0f", x0, y0, x1, y1);
}

static void add_tick_text(struct plot *plot, double value, double x, double y,
			  const char *anchor)
{
	struct strbuf text = STRBUF_INIT;

	if (value != 0 && (fabs(value) >= 1e6 || fabs(value) < 1e-4))
		strbuf_addf(&text, "%.3g", value);
	else
		strbuf_addf(&text, "%.6g", value);
	plot_text(plot, "t", x, y, anchor, text.data);
	strbuf_release(&text);
}

void plot_axes(struct plot *plot, const char *x_label, const char *y_label)
{
	const struct plot_size *size = &plot->size;
	double ticks[TICKS_MAX];
	double bottom = size->height - size->bottom;
	double right = size->width - size->right;
	double room = right - size->left;
	size_t most_x = (size_t)(room / (room < 250 ? 45 : 90)) + 1;
	size_t most_y, count;

	most_y = (size_t)(bottom - size->top) / 45 + 1;
	strbuf_adds(plot->out, "<path class=\"g\" d=\"");
	count = plot_ticks(&plot->y, most_y, ticks);
	for (size_t i = 0; i < count; i++)
		rule(plot, size->left, plot_place_y(plot, ticks[i]), right,
		     plot_place_y(plot, ticks[i]));
	rule(plot, size->left, bottom, right, bottom);
	strbuf_adds(plot->out, "\"/>");
	for (size_t i = 0; i < count; i++)
		add_tick_text(plot, ticks[i], size->left - 6,
			      plot_place_y(plot, ticks[i]) + 3.5, "end");
	if (x_label) {
		count = plot_ticks(&plot->x, most_x, ticks);
		for (size_t i = 0; i < count; i++)
			add_tick_text(plot, ticks[i],
				      plot_place_x(plot, ticks[i]), bottom + 15,
				      "middle");
		plot_text(plot, "l", (size->left + right) / 2, size->height - 5,
			  "middle", x_label);
	}
	if (!y_label)
		return;
	strbuf_addf(plot->out,
		    "<text class=\"l\" transform=\"translate(12 %.0f) "
		    "rotate(-90)\" text-anchor=\"middle\">",
		    (size->top + bottom) / 2);
	html_text(plot->out, y_label, 40);
	strbuf_adds(plot->out, "</text>");
}

/* ---- what is in it ------------------------------------------------------- */

static void open_path(struct plot *plot, const char *class, bool is_line)
{
	if (plot->open && !strcmp(plot->open, class) &&
	    plot->is_line == is_line)
		return;
	close_path(plot);
	strbuf_addf(plot->out, "<path class=\"%s\" d=\"", class);
	plot->open = class;
	plot->is_line = is_line;
}

static void move_to(struct plot *plot, char letter, double x, double y)
{
	strbuf_addf(plot->out, "%c%.1f %.1f", letter, x, y);
}

void plot_dot(struct plot *plot, const char *class, double x, double y)
{
	open_path(plot, class, false);
	/* a line without length and with round ends */
	move_to(plot, 'M', plot_place_x(plot, x), plot_place_y(plot, y));
	strbuf_adds(plot->out, "h0");
}

void plot_line(struct plot *plot, const char *class, double x, double y)
{
	open_path(plot, class, true);
	move_to(plot, plot->has_last ? 'L' : 'M', plot_place_x(plot, x),
		plot_place_y(plot, y));
	plot->has_last = true;
}

void plot_pause(struct plot *plot)
{
	plot->has_last = false;
}

void plot_bar(struct plot *plot, const char *class, double x0, double x1,
	      double y0, double y1)
{
	double left = plot_place_x(plot, x0), right = plot_place_x(plot, x1);
	double top = plot_place_y(plot, y1), bottom = plot_place_y(plot, y0);

	close_path(plot);
	strbuf_addf(plot->out,
		    "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		    "height=\"%.1f\"/>",
		    class, left, top, fmax(right - left, 1),
		    fmax(bottom - top, 1));
}

void plot_end(struct plot *plot)
{
	close_path(plot);
	strbuf_adds(plot->out, "</svg>");
}
