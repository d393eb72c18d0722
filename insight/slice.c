/* SPDX-License-Identifier: MIT */
/* Results along one parameter, in bins. */
#include "insight/slice.h"

#include "base/mem.h"
#include "insight/select.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void summarize(struct slice_bin *bin, double *values)
{
	double square = 0;

	bin->least = bin->most = values[0];
	for (size_t i = 0; i < bin->count; i++) {
		bin->mean += values[i] / (double)bin->count;
		bin->least = fmin(bin->least, values[i]);
		bin->most = fmax(bin->most, values[i]);
	}
	for (size_t i = 0; i < bin->count; i++) {
		double off = values[i] - bin->mean;

		square += off * off;
	}
	bin->deviation =
		bin->count > 1 ? sqrt(square / (double)(bin->count - 1)) : 0;
	bin->lower = select_quantile(values, bin->count, 0.25);
	bin->middle = select_quantile(values, bin->count, 0.5);
	bin->upper = select_quantile(values, bin->count, 0.75);
}

/* ---- which bin ------------------------------------------------------------
 */

static void number_bins(const struct axis *axis, size_t bins, struct slice *ret)
{
	size_t count = axis->cells < AXIS_CELLS && axis->cells < bins
			       ? axis->cells
			       : bins;

	if (axis->cells < 2)
		count = 1;
	ret->count = count;
	ret->bins = xcalloc(count + 1, sizeof(*ret->bins));
	for (size_t i = 0; i < count; i++) {
		struct slice_bin *bin = &ret->bins[i];

		bin->from = (double)i / (double)count;
		bin->to = (double)(i + 1) / (double)count;
		bin->low = axis_number(axis, bin->from);
		bin->high = axis_number(axis, bin->to);
	}
}

struct option_count {
	size_t option, count;
};

static int by_count(const void *a, const void *b)
{
	const struct option_count *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->option < y->option ? -1 : 1;
}

/* The bin of each level. */
static uint32_t *option_bins(const struct observations *all, size_t parameter,
			     size_t bins, struct slice *ret)
{
	size_t cells = all->axes[parameter].cells;
	size_t shown = cells <= bins ? cells : bins - 1;
	struct option_count *counts = xcalloc(cells + 1, sizeof(*counts));
	uint32_t *bin_of = xcalloc(cells + 1, sizeof(*bin_of));
	uint8_t *is_shown = xcalloc(cells + 1, 1);

	for (size_t i = 0; i < cells; i++)
		counts[i].option = i;
	for (size_t row = 0; row < all->count; row++) {
		uint16_t level = observations_level(all, row, parameter);

		if (level != LEVEL_NONE)
			counts[level].count++;
	}
	if (shown < cells)
		qsort(counts, cells, sizeof(*counts), by_count);
	for (size_t i = 0; i < shown; i++)
		is_shown[counts[i].option] = 1;
	ret->bins = xcalloc(bins + 1, sizeof(*ret->bins));
	for (size_t i = 0; i < cells; i++) {
		bin_of[i] = (uint32_t)shown;
		if (!is_shown[i])
			continue;
		ret->bins[ret->count].option = i;
		bin_of[i] = (uint32_t)ret->count++;
	}
	if (shown < cells)
		ret->bins[ret->count++].option =
			all->space->parameters[parameter].option_count;
	for (size_t i = 0; i < ret->count; i++) {
		ret->bins[i].from = (double)i / (double)ret->count;
		ret->bins[i].to = (double)(i + 1) / (double)ret->count;
	}
	free(counts);
	free(is_shown);
	return bin_of;
}

static uint32_t bin_at(const struct axis *axis, uint16_t level, size_t count)
{
	size_t bin;

	/* as many bins as values: a value's own one */
	if (axis->cells == count)
		return axis_cell(axis, level);
	bin = (size_t)(axis_place(axis, level) * (double)count);
	return (uint32_t)(bin < count ? bin : count - 1);
}

void slice_compute(const struct observations *all, size_t parameter,
		   size_t bins, struct slice *ret)
{
	const struct axis *axis = &all->axes[parameter];
	double *values = xcalloc(all->usable + 1, sizeof(*values));
	uint32_t *bin_of_row = xcalloc(all->count + 1, sizeof(uint32_t));
	uint32_t *bin_of = NULL;
	size_t *ends;

	memset(ret, 0, sizeof(*ret));
	bins = bins < 2 ? 2 : bins;
	if (axis->is_categorical)
		bin_of = option_bins(all, parameter, bins, ret);
	else
		number_bins(axis, bins, ret);
	for (size_t row = 0; row < all->count; row++) {
		uint16_t level = observations_level(all, row, parameter);
		bool has_result = isfinite(all->values[row]);
		uint32_t bin;

		bin_of_row[row] = UINT32_MAX;
		if (level == LEVEL_NONE) {
			ret->inactive += has_result;
			continue;
		}
		bin = bin_of ? bin_of[level] : bin_at(axis, level, ret->count);
		ret->bins[bin].count += has_result;
		ret->bins[bin].failed += isinf(all->values[row]) != 0;
		if (has_result)
			bin_of_row[row] = bin;
	}
	/* each bin's values beside each other */
	ends = xcalloc(ret->count + 1, sizeof(*ends));
	for (size_t i = 0; i < ret->count; i++) {
		ends[i] = ret->usable;
		ret->usable += ret->bins[i].count;
	}
	for (size_t row = 0; row < all->count; row++)
		if (bin_of_row[row] != UINT32_MAX)
			values[ends[bin_of_row[row]]++] = all->values[row];
	for (size_t i = 0; i < ret->count; i++)
		if (ret->bins[i].count)
			summarize(&ret->bins[i],
				  values + ends[i] - ret->bins[i].count);
	free(bin_of_row);
	free(bin_of);
	free(values);
	free(ends);
}

void slice_release(struct slice *slice)
{
	free(slice->bins);
	memset(slice, 0, sizeof(*slice));
}
