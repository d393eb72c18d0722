/* SPDX-License-Identifier: MIT */
/* Pictures of parameters: how much each matters, and results along each. */
#include "report/charts.h"

#include "base/mem.h"
#include "report/plot.h"
#include "report/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE_ROUNDS 20
#define BARS_MAX 20
#define SLICES_MAX 12
#define SLICE_DOTS 500
#define OPTIONS_MAX 12 /* of a choice, with a place of their own */

void report_importance_compute(const struct report_data *data,
			       struct report_importance *ret)
{
	struct importance *importance;
	const struct observations *all;

	memset(ret, 0, sizeof(*ret));
	if (!data->findings ||
	    data->findings->counts[FINDING_USED] < IMPORTANCE_LEAST)
		return;
	all = data->findings->all;
	importance = importance_new(all, data->mode, IMPORTANCE_QUANTILE, 1);
	importance_update(importance);
	ret->items = xcalloc(all->space->count + 1, sizeof(*ret->items));
	ret->count = all->space->count;
	importance_rank(importance, CHANCE_ROUNDS, ret->items);
	ret->best = importance_best_count(importance);
	ret->all = importance_all_count(importance);
	importance_free(importance);
	if (ret->best == ret->all)
		ret->count = 0; /* all are equal: nothing to compare */
}

void chart_importance(const struct report_data *data,
		      const struct report_importance *importance,
		      struct strbuf *out)
{
	size_t shown =
		importance->count < BARS_MAX ? importance->count : BARS_MAX;
	struct strbuf caption = STRBUF_INIT;

	if (!shown)
		return;
	figure_begin(out, "What matters");
	strbuf_adds(out, "<table class=\"bars\">");
	for (size_t i = 0; i < shown; i++) {
		const struct parameter_importance *item = &importance->items[i];
		bool is_chance = item->value <= item->chance_high;

		strbuf_adds(out, "<tr><th>");
		html_text(
			out,
			data->findings->space->parameters[item->parameter].path,
			60);
		strbuf_addf(out,
			    "</th><td class=\"bar\"><svg viewBox=\"0 0 100 "
			    "10\" preserveAspectRatio=\"none\" "
			    "aria-hidden=\"true\"><rect class=\"%s\" "
			    "width=\"%.1f\" height=\"10\"/></svg></td><td "
			    "class=\"n\">%.0f%%</td></tr>",
			    is_chance ? "m" : "a", fmax(100 * item->share, 0.5),
			    100 * item->share);
	}
	strbuf_adds(out, "</table>");
	strbuf_adds(&caption, "The share of being among the best ");
	report_count(&caption, (int64_t)importance->best);
	strbuf_adds(&caption, " of ");
	report_count(&caption, (int64_t)importance->all);
	strbuf_adds(&caption, " that each parameter alone explains "
			      "(PED-ANOVA). Pale: no more than chance.");
	if (shown < importance->count)
		strbuf_addf(&caption, " The first %zu of %zu parameters.",
			    shown, importance->count);
	figure_end(out, caption.data);
	strbuf_release(&caption);
}

/* ---- slices -------------------------------------------------------------- */

/* A dot's place among others of its option: by its number, so that it is the
 * same in each report. */
static double jitter(size_t i)
{
	return (double)((i * 2654435761u >> 7) % 1000) / 1000 - 0.5;
}

static void option_labels(struct plot *plot, const struct parameter *parameter,
			  size_t count)
{
	double bottom = plot->size.height - plot->size.bottom;

	for (size_t i = 0; i < count; i++) {
		struct strbuf name = STRBUF_INIT;
		const char *text =
			parameter->options ? parameter->options[i].name : NULL;

		if (text)
			strbuf_addf(&name, "%.12s", text);
		else
			strbuf_addf(&name, "%.6g", parameter->low + (double)i);
		plot_text(plot, "t", plot_place_x(plot, (double)i + 0.5),
			  bottom + 13, "middle", name.data);
		strbuf_release(&name);
	}
}

static void draw_dots(const struct report_data *data, struct plot *plot,
		      size_t parameter, bool is_choice)
{
	const struct observations *all = data->findings->all;
	const struct axis *axis = &all->axes[parameter];
	size_t step = all->count / SLICE_DOTS + 1;

	for (size_t i = 0; i < all->count; i += step) {
		uint16_t level = observations_level(all, i, parameter);
		double value = all->values[i], at;

		if (level == LEVEL_NONE || !isfinite(value))
			continue;
		at = is_choice ? (double)level + 0.5 + 0.6 * jitter(i)
			       : axis_number(axis, axis_place(axis, level));
		plot_dot(plot, "d2", at, value);
	}
	if (data->best_count) {
		int64_t best = data->rows[data->best[0]].sequence;
		size_t row = best >= 0 && (size_t)best < all->row_room
				     ? all->rows[best]
				     : 0;

		if (row &&
		    observations_level(all, row - 1, parameter) != LEVEL_NONE) {
			uint16_t level =
				observations_level(all, row - 1, parameter);

			plot_dot(plot, "h",
				 is_choice
					 ? (double)level + 0.5
					 : axis_number(axis,
						       axis_place(axis, level)),
				 all->values[row - 1]);
		}
	}
}

static void draw_slice(const struct report_data *data, struct strbuf *out,
		       size_t parameter, const struct report_range *range)
{
	const struct axis *axis = &data->findings->all->axes[parameter];
	const struct parameter *p =
		&data->findings->space->parameters[parameter];
	bool is_choice = axis->is_categorical && !axis->is_folded &&
			 axis->options <= OPTIONS_MAX;
	struct plot plot;

	strbuf_adds(out, "<div>");
	plot_begin(&plot, out, p->path, PLOT_SMALL);
	if (is_choice)
		plot_x(&plot, 0, axis->options, false);
	else
		plot_x(&plot, axis_number(axis, 0), axis_number(axis, 1),
		       axis->is_log);
	plot_y(&plot, range->low, range->high, range->is_log);
	plot_axes(&plot, is_choice ? NULL : p->path, NULL);
	if (is_choice) {
		option_labels(&plot, p, axis->options);
		plot_text(&plot, "l",
			  (plot.size.left + plot.size.width - plot.size.right) /
				  2.0,
			  plot.size.height - 5, "middle", p->path);
	}
	draw_dots(data, &plot, parameter, is_choice);
	plot_end(&plot);
	strbuf_adds(out, "</div>");
}

void chart_slices(const struct report_data *data,
		  const struct report_importance *importance,
		  struct strbuf *out)
{
	struct report_range range = report_range_of(data);
	struct strbuf caption = STRBUF_INIT;
	size_t count, shown;

	if (!data->findings || !data->best_count ||
	    !data->findings->all->usable)
		return;
	count = data->findings->space->count;
	shown = count < SLICES_MAX ? count : SLICES_MAX;
	if (!shown)
		return;
	figure_begin(out, "Results along each parameter");
	strbuf_adds(out, "<div class=\"slices\">");
	for (size_t i = 0; i < shown; i++)
		draw_slice(data, out,
			   importance->count ? importance->items[i].parameter
					     : i,
			   &range);
	strbuf_adds(out, "</div>");
	if (shown < count)
		strbuf_addf(&caption, "The %s %zu of %zu parameters. ",
			    importance->count ? "most important" : "first",
			    shown, count);
	if (data->findings->all->count > SLICE_DOTS)
		strbuf_addf(&caption, "Of %zu trials one in %zu is drawn.",
			    data->findings->all->count,
			    data->findings->all->count / SLICE_DOTS + 1);
	figure_end(out, caption.data);
	strbuf_release(&caption);
}
