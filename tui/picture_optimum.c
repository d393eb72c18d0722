/* SPDX-License-Identifier: MIT */
/* The optimum that somebody told, of the metric that is shown. */
#include "tui/optimum.h"
#include "tui/picture_private.h"

#include <math.h>

bool pictures_optimum(struct console *console, double *ret)
{
	struct pictures *pictures = console->pictures;
	bool is_minimized, is_known;
	const char *metric = pictures_metric(console, &is_minimized, &is_known);

	if (pictures->optimum_metric != pictures->metric) {
		if (!console->data.store ||
		    !optimum_read(console->data.store, console->data.selected,
				  metric, &pictures->optimum))
			pictures->optimum = NAN;
		pictures->optimum_metric = pictures->metric;
	}
	*ret = pictures->optimum;
	return !isnan(*ret);
}

bool pictures_set_optimum(struct console *console, const char *text,
			  struct error *err)
{
	struct pictures *pictures = console->pictures;
	bool is_minimized, is_known;
	const char *metric;
	double optimum;

	if (!console->data.store || !console->data.selected)
		return error_set(err, ERROR_INVALID,
				 "no experiment is shown: 1 lists them");
	pictures_follow(console);
	metric = pictures_metric(console, &is_minimized, &is_known);
	if (!optimum_parse(text, &optimum, err) ||
	    !optimum_write(console->data.store, console->data.selected, metric,
			   optimum, err))
		return false;
	pictures->optimum_metric = SIZE_MAX;
	pictures->needs_prepare = pictures->must_hurry = true;
	console->needs_paint = true;
	if (isnan(optimum))
		console_say(console, ROLE_NORMAL,
			    "no optimum of %s is known any more", metric);
	else
		console_say(console, ROLE_NORMAL,
			    "the optimum of %s is %g: v in the final results "
			    "shows what is missing",
			    metric, optimum);
	return true;
}
