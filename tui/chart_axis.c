/* SPDX-License-Identifier: MIT */
/* Round tick values, and labels that say what tells them apart and no more. */
#include "tui/chart_axis.h"

#include "base/strbuf.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double chart_axis_place(const struct chart_axis *axis, double value)
{
	double low = axis->low, high = axis->high;

	if (axis->is_log) {
		if (!(value > 0))
			return NAN;
		low = log10(low);
		high = log10(high);
		value = log10(value);
	}
	/* halves, so that the whole range of double does not overflow */
	if (!(high / 2 - low / 2 > 0))
		return value == low ? 0.5 : value < low ? -INFINITY : INFINITY;
	return (value / 2 - low / 2) / (high / 2 - low / 2);
}

static void set_label(struct chart_tick *tick, int cols, int digits)
{
	struct strbuf text = STRBUF_INIT;

	if (cols > CHART_LABEL_MAX)
		cols = CHART_LABEL_MAX;
	format_number_digits(&text, tick->value, cols, digits);
	snprintf(tick->label, sizeof(tick->label), "%s", text.data);
	strbuf_release(&text);
}

/* Labels for ticks `step` apart: fixed point while that is short. */
static void set_labels(struct chart_tick *ticks, size_t count, double step,
		       int cols)
{
	double most = 0;
	int decimals, digits;

	for (size_t i = 0; i < count; i++)
		most = fmax(most, fabs(ticks[i].value));
	decimals = (int)fmax(0, -floor(log10(step) + 1e-9));
	digits = (int)(floor(log10(most / step) + 1e-9) + 2);
	for (size_t i = 0; i < count; i++) {
		char fixed[400];

		set_label(&ticks[i], cols, most > 0 ? digits : 1);
		if (decimals > 12 || most >= 1e9)
			continue;
		snprintf(fixed, sizeof(fixed), "%.*f", decimals,
			 ticks[i].value);
		/* a short exponent beats a long row of zeros */
		if (strlen(fixed) <= (size_t)cols &&
		    (decimals <= 4 || ticks[i].value == 0) &&
		    strlen(fixed) <= CHART_LABEL_MAX)
			snprintf(ticks[i].label, sizeof(ticks[i].label), "%.*s",
				 CHART_LABEL_MAX,
				 ticks[i].value == 0 ? "0" : fixed);
	}
}

static double count_ticks(double low, double high, double step)
{
	return floor(high / step + 1e-9) - ceil(low / step - 1e-9) + 1;
}

/* Largest of 1, 2, 5 times a power of ten that is below `step`. */
static double next_smaller_step(double step)
{
	double power = pow(10, floor(log10(step) + 1e-9));
	double lead = step / power;

	return lead > 5.5   ? 5 * power
	       : lead > 2.5 ? 2 * power
	       : lead > 1.5 ? power
			    : power / 2;
}

static size_t linear_ticks(const struct chart_axis *axis, size_t wanted,
			   int cols, struct chart_tick *ticks)
{
	double low = axis->low, high = axis->high;
	double step = pow(10, ceil(log10(high / 2 - low / 2) + 1));
	double first;
	size_t count = 0;

	for (;;) {
		double smaller = next_smaller_step(step);
		double now = count_ticks(low, high, step);

		if (axis->is_integral && smaller < 1)
			break;
		if (now >= 2 &&
		    count_ticks(low, high, smaller) > (double)wanted)
			break;
		if (!(smaller > 0) || !isfinite(smaller))
			break;
		step = smaller;
	}
	first = ceil(low / step - 1e-9);
	/* fewer bits left than ticks: the ends are all there is to tell */
	if (!isfinite(step) || !isfinite(first) || first + 1 == first) {
		ticks[count++].value = low;
		ticks[count++].value = high;
		for (size_t i = 0; i < count; i++)
			set_label(&ticks[i], cols, 17);
		return count;
	}
	for (double i = 0; count < CHART_TICKS_MAX; i++) {
		double value = (first + i) * step;

		if (value > high + step * 1e-9)
			break;
		if (fabs(value) < step / 2)
			value = 0;
		ticks[count++].value = value;
	}
	set_labels(ticks, count, step, cols);
	return count;
}

static size_t log_ticks(const struct chart_axis *axis, size_t wanted, int cols,
			struct chart_tick *ticks)
{
	static const double leads[] = {1, 2, 5};
	double low = log10(axis->low), high = log10(axis->high);
	double first = ceil(low - 1e-9), last = floor(high + 1e-9);
	double stride = 1;
	size_t count = 0;

	if (last - first >= 1) {
		while ((last - first) / stride + 1 > (double)wanted &&
		       (last - first) / (stride + 1) >= 1)
			stride++;
		for (double e = first; e <= last && count < CHART_TICKS_MAX;
		     e += stride)
			ticks[count++].value = pow(10, e);
	} else {
		for (double e = floor(low); e <= last + 1; e++) {
			for (size_t i = 0; i < 3; i++) {
				double value = leads[i] * pow(10, e);

				if (value >= axis->low * (1 - 1e-9) &&
				    value <= axis->high * (1 + 1e-9) &&
				    count < CHART_TICKS_MAX)
					ticks[count++].value = value;
			}
		}
	}
	for (size_t i = 0; i < count; i++)
		set_label(&ticks[i], cols, 3);
	return count;
}

size_t chart_axis_ticks(const struct chart_axis *axis, size_t wanted,
			int label_cols, struct chart_tick *ticks)
{
	size_t count = 0;

	if (!(axis->low <= axis->high))
		return 0;
	if (wanted < 3)
		wanted = 3;
	if (wanted > CHART_TICKS_MAX)
		wanted = CHART_TICKS_MAX;
	if (!(axis->high / 2 - axis->low / 2 > 0)) {
		ticks[0].value = axis->low;
		set_label(&ticks[0], label_cols, FORMAT_DIGITS);
		return 1;
	}
	if (axis->is_log)
		count = log_ticks(axis, wanted, label_cols, ticks);
	return count >= 2 ? count
			  : linear_ticks(axis, wanted, label_cols, ticks);
}
