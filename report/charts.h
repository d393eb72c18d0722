/* SPDX-License-Identifier: MIT */
/* The pictures of a report, each a <figure>, or nothing where there is nothing
 * to be seen.  Private to report/. */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "insight/importance.h"
#include "report/data.h"

/* What the importance of parameters comes to; owned items. */
struct report_importance {
	struct parameter_importance *items; /* the most important first */
	size_t count;			    /* 0: too few results */
	size_t best, all;		    /* trials that were compared */
};

void report_importance_compute(const struct report_data *data,
			       struct report_importance *ret);

void chart_finals(const struct report_data *data, struct strbuf *out);
void chart_curves(const struct report_data *data, struct strbuf *out);
void chart_front(const struct report_data *data, struct strbuf *out);
void chart_importance(const struct report_data *data,
		      const struct report_importance *importance,
		      struct strbuf *out);
/* Of the most important parameters, or the first ones. */
void chart_slices(const struct report_data *data,
		  const struct report_importance *importance,
		  struct strbuf *out);
void chart_timeline(const struct report_data *data, struct strbuf *out);
void chart_durations(const struct report_data *data, struct strbuf *out);

/* For those files alone: the range of results worth an axis: all, or, where a
 * few lie far off on the worse side, without them. */
struct report_range {
	double low, high;
	bool is_log;
	size_t outside;
};
struct report_range report_range_of(const struct report_data *data);
void figure_begin(struct strbuf *out, const char *title);
/* caption is HTML; "" for none. */
void figure_end(struct strbuf *out, const char *caption);
/* Short name of the result: its metric. */
const char *report_metric(const struct report_data *data);

#endif
