/* SPDX-License-Identifier: MIT */
/*
 * Drawing a chart: ranges, room, curves, then axes and legend around them.
 *
 * Room is given away by worth: the curves first, then labels of the y axis,
 * then those of the x axis with its line, then the legend; each only while
 * enough is left for the curves.  So every size down to one cell shows
 * something true.
 *
 * Thousands of points fall into few columns of dots.  Points of one column are
 * gathered into their lowest and highest place and drawn as one upright
 * stroke; consecutive columns are joined from the last point of one to the
 * first of the next.  The result has the dots that joining all points would
 * set, at a cost linear in the points with a small factor, and no extreme
 * value is lost as it would be by taking every n-th point.
 */
#include "tui/chart.h"

#include "base/utf8.h"
#include "tui/chart_axis.h"
#include "tui/format.h"

#include <math.h>
#include <string.h>

#define LEGEND_NAME_COLS 24

/* Everything one drawing needs; lives on chart_draw's stack. */
struct drawing {
	struct chart *chart;
	const struct chart_series *series;
	size_t count;
	const struct chart_options *options;
	struct chart_axis x, y;
	struct chart_tick ticks[CHART_TICKS_MAX];
	struct canvas_dots dots;
};

/* The UTF-8 or the ASCII form of a line drawing character. */
static uint32_t line_glyph(const struct drawing *d, uint32_t utf8, char ascii)
{
	return canvas_glyph(&d->chart->canvas, utf8, ascii);
}

/* ---- ranges ------------------------------------------------------------- */

static void widen(struct chart_axis *axis, double value)
{
	axis->low = fmin(axis->low, value);
	axis->high = fmax(axis->high, value);
}

static void find_ranges(struct drawing *d)
{
	const struct chart_options *options = d->options;
	bool is_zoomed = options->x_low < options->x_high;

	d->x = (struct chart_axis){INFINITY, -INFINITY, options->is_x_log,
				   true};
	d->y = (struct chart_axis){INFINITY, -INFINITY, options->is_log, false};
	for (size_t s = 0; s < d->count; s++) {
		for (size_t i = 0; i < d->series[s].count; i++) {
			double x = chart_x_of(&d->series[s], i);
			double y = d->series[s].y[i];

			if (!isfinite(x) || !isfinite(y))
				continue;
			if ((options->is_log && y <= 0) ||
			    (options->is_x_log && x <= 0)) {
				d->chart->hidden++;
				continue;
			}
			if (d->series[s].x && x != floor(x))
				d->x.is_integral = false;
			if (is_zoomed &&
			    (x < options->x_low || x > options->x_high))
				continue;
			widen(&d->x, x);
			widen(&d->y, y);
		}
	}
	if (is_zoomed && isfinite(options->x_low) &&
	    isfinite(options->x_high) &&
	    (!options->is_x_log || options->x_low > 0)) {
		d->x.low = options->x_low;
		d->x.high = options->x_high;
	}
	if (options->y_low < options->y_high && isfinite(options->y_low) &&
	    isfinite(options->y_high) &&
	    (!options->is_log || options->y_low > 0)) {
		d->y.low = options->y_low;
		d->y.high = options->y_high;
	}
}

/* ---- curves ------------------------------------------------------------- */

/* A place in dots, from the top left; not finite: nowhere. */
struct place {
	double x, y;
};

/* round() where it matters, without the call: this is done for every point. */
static double nearest(double value)
{
	if (!(fabs(value) < 1e9))
		return value;
	return (double)(long)(value + (value < 0 ? -0.5 : 0.5));
}

static struct place place_of(const struct drawing *d, double x, double y)
{
	struct place place = {chart_axis_place(&d->x, x) * (d->dots.width - 1),
			      (1 - chart_axis_place(&d->y, y)) *
				      (d->dots.height - 1)};

	place.x = nearest(place.x);
	place.y = nearest(place.y);
	return place;
}

/* The points of one column of dots, while they are being gathered. */
struct gathered {
	bool is_open, is_joined; /* has points; a line arrived here */
	double x, low, high, last;
};

static void flush(struct drawing *d, struct gathered *g, int series)
{
	if (g->is_open && !g->is_joined && g->low == g->high) {
		if (fabs(g->x) <= d->dots.width &&
		    fabs(g->low) <= d->dots.height)
			canvas_dots_point(&d->dots, (int)g->x, (int)g->low,
					  series);
	} else if (g->is_open) {
		canvas_dots_line(&d->dots, g->x, g->low, g->x, g->high, series);
	}
	g->is_open = false;
}

static void draw_curve(struct drawing *d, const struct chart_series *series,
		       int index)
{
	struct gathered g = {0};

	for (size_t i = 0; i < series->count; i++) {
		struct place p =
			place_of(d, chart_x_of(series, i), series->y[i]);
		bool is_gap = !isfinite(p.x) || !isfinite(p.y);
		bool is_next;
		double from;

		if (g.is_open && !is_gap && p.x == g.x &&
		    series->style != CHART_POINTS) {
			g.low = fmin(g.low, p.y);
			g.high = fmax(g.high, p.y);
			g.last = p.y;
			continue;
		}
		is_next = g.is_open && !is_gap && series->style != CHART_POINTS;
		if (is_next)
			g.is_joined = true;
		flush(d, &g, index);
		if (is_gap)
			continue;
		if (is_next && series->style == CHART_LINE)
			canvas_dots_line(&d->dots, g.x, g.last, p.x, p.y,
					 index);
		else if (is_next)
			canvas_dots_line(&d->dots, g.x, g.last, p.x, g.last,
					 index);
		from = is_next && series->style == CHART_STEP ? g.last : p.y;
		g = (struct gathered){
			true, is_next, p.x, fmin(p.y, from), fmax(p.y, from),
			p.y};
	}
	flush(d, &g, index);
}

/* The letter at a curve's end ("F" failed); the first series lies on top. */
static void put_end_marks(struct drawing *d)
{
	for (size_t s = d->count; s-- > 0;) {
		const struct chart_series *series = &d->series[s];
		size_t i = series->count;
		struct place p = {NAN, NAN};

		while (i-- > 0) {
			p = place_of(d, chart_x_of(series, i), series->y[i]);
			if (isfinite(p.x) && isfinite(p.y))
				break;
		}
		if (series->end_mark <= ' ' || series->end_mark > '~' ||
		    !(p.x >= 0 && p.x < d->dots.width && p.y >= 0 &&
		      p.y < d->dots.height))
			continue;
		canvas_put(&d->chart->canvas, d->chart->plot_row + (int)p.y / 4,
			   d->chart->plot_col + (int)p.x / 2,
			   (unsigned char)series->end_mark, 1, (int)s);
	}
}

static void put_cursor(struct drawing *d)
{
	struct chart *chart = d->chart;
	double place = chart_axis_place(&d->x, d->options->cursor_x);

	if (!d->options->has_cursor || !(place >= 0 && place <= 1))
		return;
	for (int row = 0; row < chart->plot_rows; row++)
		canvas_put(&chart->canvas, chart->plot_row + row,
			   chart->plot_col +
				   (int)round(place * (d->dots.width - 1)) / 2,
			   line_glyph(d, 0x2502, '|'), 1, CANVAS_CURSOR);
}

/* ---- axes --------------------------------------------------------------- */

/* Columns that labels and line of the y axis take; 0 when there is no room. */
static int y_axis_cols(struct drawing *d, int plot_rows, size_t *ret_ticks)
{
	int cols = d->options->cols, least = cols / 3 > 5 ? cols / 3 : 5;
	int label_cols = CHART_LABEL_MAX;

	for (;;) {
		int widest = 0;

		*ret_ticks = chart_axis_ticks(&d->y, (size_t)plot_rows / 3,
					      label_cols, d->ticks);
		for (size_t i = 0; i < *ret_ticks; i++) {
			int width = (int)strlen(d->ticks[i].label);

			widest = width > widest ? width : widest;
		}
		if (!*ret_ticks)
			return cols >= 8 ? 1 : 0;
		if (cols - widest - 1 >= least)
			return widest + 1;
		if (label_cols <= 4)
			return 0;
		label_cols = widest > 4 ? widest - 1 : 4;
	}
}

static void put_y_axis(struct drawing *d, size_t ticks)
{
	struct chart *chart = d->chart;
	int axis_col = chart->plot_col - 1, last_row = -1;

	if (axis_col < 0)
		return;
	for (int row = 0; row < chart->plot_rows; row++)
		canvas_put(&chart->canvas, chart->plot_row + row, axis_col,
			   line_glyph(d, 0x2502, '|'), 1, CANVAS_AXIS);
	for (size_t i = 0; i < ticks; i++) {
		struct chart_tick *tick = &d->ticks[i];
		double place = place_of(d, d->x.low, tick->value).y;
		int row = chart->plot_row + (int)place / 4;

		if (row == last_row)
			continue;
		last_row = row;
		canvas_text(&chart->canvas, row,
			    axis_col - (int)strlen(tick->label), tick->label,
			    CANVAS_LABEL);
		canvas_put(&chart->canvas, row, axis_col,
			   line_glyph(d, 0x2524, '+'), 1, CANVAS_AXIS);
	}
}

/* axis_rows: 2 for a line with labels under it, 1 for labels, 0 for none. */
static void put_x_axis(struct drawing *d, int axis_rows)
{
	struct chart *chart = d->chart;
	int line_row = chart->plot_row + chart->plot_rows, free_col = 0;
	size_t ticks = chart_axis_ticks(&d->x, (size_t)chart->plot_cols / 8,
					CHART_LABEL_MAX, d->ticks);

	if (axis_rows == 2) {
		for (int col = 0; col < chart->plot_cols; col++)
			canvas_put(&chart->canvas, line_row,
				   chart->plot_col + col,
				   line_glyph(d, 0x2500, '-'), 1, CANVAS_AXIS);
		if (chart->plot_col > 0)
			canvas_put(&chart->canvas, line_row,
				   chart->plot_col - 1,
				   line_glyph(d, 0x2514, '+'), 1, CANVAS_AXIS);
	}
	for (size_t i = 0; axis_rows > 0 && i < ticks; i++) {
		struct chart_tick *tick = &d->ticks[i];
		int len = (int)strlen(tick->label), from;
		int col = chart->plot_col +
			  (int)place_of(d, tick->value, d->y.low).x / 2;

		from = col - len / 2;
		if (from + len > chart->canvas.cols)
			from = chart->canvas.cols - len;
		if (from < free_col)
			continue;
		canvas_text(&chart->canvas, line_row + axis_rows - 1, from,
			    tick->label, CANVAS_LABEL);
		free_col = from + len + 1;
		if (axis_rows == 2)
			canvas_put(&chart->canvas, line_row, col,
				   line_glyph(d, 0x252C, '+'), 1, CANVAS_AXIS);
	}
}

/* ---- legend ------------------------------------------------------------- */

/* The text after a series' sample: an end mark and the name. */
static void add_legend_entry(const struct drawing *d, size_t s,
			     struct strbuf *text)
{
	int cols = d->options->cols - 4;

	if (d->series[s].end_mark)
		strbuf_addch(text, d->series[s].end_mark);
	strbuf_addch(text, ' ');
	format_cut(text, d->series[s].name,
		   cols < LEGEND_NAME_COLS ? cols : LEGEND_NAME_COLS,
		   d->options->style == CANVAS_ASCII);
}

/* Flow the names over at most `most` rows; draws only if is_real.  What does
 * not fit is counted: "+5 more".  Returns the rows used. */
static int flow_legend(struct drawing *d, int most, bool is_real)
{
	int row = 0, col = 0;
	size_t named = 0, shown = 0;
	struct strbuf text = STRBUF_INIT;

	for (size_t s = 0; s < d->count; s++)
		named += d->series[s].name != NULL;
	for (size_t s = 0; s < d->count; s++) {
		int width, reserve;

		if (!d->series[s].name)
			continue;
		strbuf_clear(&text);
		add_legend_entry(d, s, &text);
		width = 1 + utf8_width(text.data, text.len);
		reserve = row == most - 1 && shown + 1 < named ? 12 : 0;
		if (col > 0 && col + width + reserve > d->options->cols &&
		    row < most - 1) {
			row++;
			col = 0;
			reserve = row == most - 1 && shown + 1 < named ? 12 : 0;
		}
		if (col > 0 && col + width + reserve > d->options->cols) {
			strbuf_clear(&text);
			strbuf_addf(&text, "+%zu more", named - shown);
			if (is_real)
				canvas_text(&d->chart->canvas, row, col,
					    text.data, CANVAS_LABEL);
			break;
		}
		if (is_real) {
			uint32_t sample =
				line_glyph(d, 0x2501, canvas_mark((int)s));

			canvas_put(&d->chart->canvas, row, col, sample, 1,
				   (int)s);
			canvas_text(&d->chart->canvas, row, col + 1, text.data,
				    CANVAS_LABEL);
		}
		shown++;
		col += width + 2;
	}
	strbuf_release(&text);
	return named ? row + 1 : 0;
}

/* ---- the whole ---------------------------------------------------------- */

void chart_draw(struct chart *chart, const struct chart_series *series,
		size_t count, const struct chart_options *options)
{
	struct drawing d = {.chart = chart,
			    .series = series,
			    .count = count,
			    .options = options};
	int rows = options->rows, legend_rows = 0, axis_rows;
	size_t y_ticks;

	canvas_begin(&chart->canvas, options->cols, options->rows,
		     options->style);
	chart->hidden = 0;
	chart->is_log = options->is_log;
	chart->is_x_log = options->is_x_log;
	find_ranges(&d);
	chart->x_low = d.x.low;
	chart->x_high = d.x.high;
	chart->y_low = d.y.low;
	chart->y_high = d.y.high;
	if (options->has_legend && rows >= 7 && options->cols >= 10)
		legend_rows = flow_legend(&d, rows / 6, true);
	rows -= legend_rows;
	axis_rows = rows >= 6 ? 2 : rows >= 4 ? 1 : 0;
	chart->plot_row = legend_rows;
	chart->plot_rows = chart->canvas.rows ? rows - axis_rows : 0;
	chart->plot_col = y_axis_cols(&d, chart->plot_rows, &y_ticks);
	chart->plot_cols =
		chart->canvas.cols ? chart->canvas.cols - chart->plot_col : 0;
	if (!chart->canvas.rows)
		return;

	canvas_dots_init(&d.dots, chart->plot_cols, chart->plot_rows);
	put_cursor(&d);
	if (chart->x_low <= chart->x_high) {
		for (size_t s = 0; s < count; s++)
			draw_curve(&d, &series[s], (int)s);
		canvas_stamp(&chart->canvas, chart->plot_row, chart->plot_col,
			     &d.dots, options->has_marks);
		put_end_marks(&d);
	} else {
		canvas_text(
			&chart->canvas, chart->plot_row + chart->plot_rows / 2,
			chart->plot_col + (chart->plot_cols > 8
						   ? (chart->plot_cols - 7) / 2
						   : 0),
			"no data", CANVAS_LABEL);
	}
	put_y_axis(&d, y_ticks);
	put_x_axis(&d, axis_rows);
	canvas_dots_release(&d.dots);
}

void chart_release(struct chart *chart)
{
	canvas_release(&chart->canvas);
	memset(chart, 0, sizeof(*chart));
}

bool chart_cell_of(const struct chart *chart, double x, double y, int *ret_row,
		   int *ret_col)
{
	struct chart_axis x_axis = {chart->x_low, chart->x_high,
				    chart->is_x_log, false};
	struct chart_axis y_axis = {chart->y_low, chart->y_high, chart->is_log,
				    false};
	double across = chart_axis_place(&x_axis, x);
	double down = 1 - chart_axis_place(&y_axis, y);

	if (!(chart->x_low <= chart->x_high) || !(across >= 0 && across <= 1) ||
	    !(down >= 0 && down <= 1))
		return false;
	*ret_col = chart->plot_col +
		   (int)round(across * (2 * chart->plot_cols - 1)) / 2;
	*ret_row = chart->plot_row +
		   (int)round(down * (4 * chart->plot_rows - 1)) / 4;
	return true;
}
