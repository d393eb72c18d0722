/* SPDX-License-Identifier: MIT */
/* Records in two orders, by insertion: a memmove of four bytes a record is far
 * cheaper than any sort. */
#include "engine/tuner/tpe_history.h"

#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct tpe_history *h, size_t count)
{
	size_t n = h->capacity ? h->capacity : 16;

	if (count <= h->capacity)
		return;
	while (n < count)
		n *= 2;
	h->capacity = n;
	h->values = xrealloc(h->values, n * sizeof(*h->values));
	h->losses = xrealloc(h->losses, n * sizeof(*h->losses));
	h->trials = xrealloc(h->trials, n * sizeof(*h->trials));
	h->by_loss = xrealloc(h->by_loss, n * sizeof(*h->by_loss));
	h->by_value = xrealloc(h->by_value, n * sizeof(*h->by_value));
}

void tpe_history_release(struct tpe_history *h)
{
	free(h->values);
	free(h->losses);
	free(h->trials);
	free(h->by_loss);
	free(h->by_value);
	*h = (struct tpe_history){0};
}

static bool precedes_by_loss(const struct tpe_history *h, uint32_t a,
			     uint32_t b)
{
	if (h->losses[a] != h->losses[b])
		return h->losses[a] < h->losses[b];
	return a < b;
}

static bool precedes_by_value(const struct tpe_history *h, uint32_t a,
			      uint32_t b)
{
	if (h->values[a] != h->values[b])
		return h->values[a] < h->values[b];
	return precedes_by_loss(h, a, b);
}

typedef bool (*precedes_fn)(const struct tpe_history *h, uint32_t a,
			    uint32_t b);

/* Where in `order` a record belongs. */
static size_t place(const struct tpe_history *h, const uint32_t *order,
		    size_t count, uint32_t record, precedes_fn precedes)
{
	size_t from = 0;

	while (count) {
		size_t half = count / 2;

		if (precedes(h, order[from + half], record)) {
			from += half + 1;
			count -= half + 1;
		} else {
			count = half;
		}
	}
	return from;
}

static void insert(const struct tpe_history *h, uint32_t *order, size_t count,
		   uint32_t record, precedes_fn precedes)
{
	size_t at = place(h, order, count, record, precedes);

	memmove(order + at + 1, order + at, (count - at) * sizeof(*order));
	order[at] = record;
}

static void take_out(uint32_t *order, size_t count, uint32_t record)
{
	size_t at = 0;

	while (order[at] != record)
		at++;
	memmove(order + at, order + at + 1, (count - at - 1) * sizeof(*order));
}

void tpe_history_add(struct tpe_history *h, uint32_t trial, double value,
		     double loss)
{
	uint32_t record = (uint32_t)h->count;

	reserve(h, h->count + 1);
	h->values[record] = value;
	h->losses[record] = loss;
	h->trials[record] = trial;
	insert(h, h->by_loss, h->count, record, precedes_by_loss);
	insert(h, h->by_value, h->count, record, precedes_by_value);
	h->count++;
}

void tpe_history_set_loss(struct tpe_history *h, uint32_t trial, double loss)
{
	uint32_t record = 0;

	while (record < h->count && h->trials[record] != trial)
		record++;
	if (record == h->count)
		return;
	take_out(h->by_loss, h->count, record);
	take_out(h->by_value, h->count, record);
	h->losses[record] = loss;
	insert(h, h->by_loss, h->count - 1, record, precedes_by_loss);
	insert(h, h->by_value, h->count - 1, record, precedes_by_value);
}

static int compare_by_loss(const void *a, const void *b, void *arg)
{
	return precedes_by_loss(arg, *(const uint32_t *)a, *(const uint32_t *)b)
		       ? -1
		       : 1;
}

static int compare_by_value(const void *a, const void *b, void *arg)
{
	return precedes_by_value(arg, *(const uint32_t *)a,
				 *(const uint32_t *)b)
		       ? -1
		       : 1;
}

void tpe_history_set_losses(struct tpe_history *h, const double *losses)
{
	if (!h->count)
		return;
	for (size_t i = 0; i < h->count; i++)
		h->losses[i] = losses[h->trials[i]];
	qsort_r(h->by_loss, h->count, sizeof(*h->by_loss), compare_by_loss, h);
	qsort_r(h->by_value, h->count, sizeof(*h->by_value), compare_by_value,
		h);
}

void tpe_history_scratch_release(struct tpe_history_scratch *scratch)
{
	free(scratch->by_loss);
	free(scratch->by_value);
	free(scratch->lies);
	*scratch = (struct tpe_history_scratch){0};
}

static void reserve_scratch(struct tpe_history_scratch *scratch, size_t count)
{
	if (count <= scratch->capacity)
		return;
	scratch->capacity = 2 * count;
	count = scratch->capacity * sizeof(uint32_t);
	scratch->by_loss = xrealloc(scratch->by_loss, count);
	scratch->by_value = xrealloc(scratch->by_value, count);
	scratch->lies = xrealloc(scratch->lies, count);
}

struct tpe_history_view tpe_history_view(struct tpe_history *h,
					 const double *values, size_t count,
					 double lie,
					 struct tpe_history_scratch *scratch)
{
	size_t total = h->count + count;
	struct tpe_history_view view = {h->values, h->by_loss, h->by_value,
					total};
	uint32_t *out;
	size_t at, k;

	if (!count)
		return view;
	/* The lies stand behind the records, where nobody counts them. */
	reserve(h, total);
	reserve_scratch(scratch, total);
	for (size_t i = 0; i < count; i++) {
		uint32_t record = (uint32_t)(h->count + i);

		h->values[record] = values[i];
		h->losses[record] = lie;
		insert(h, scratch->lies, i, record, precedes_by_value);
	}

	at = place(h, h->by_loss, h->count, (uint32_t)h->count,
		   precedes_by_loss);
	out = scratch->by_loss;
	memcpy(out, h->by_loss, at * sizeof(*out));
	for (size_t i = 0; i < count; i++)
		out[at + i] = (uint32_t)(h->count + i);
	memcpy(out + at + count, h->by_loss + at,
	       (h->count - at) * sizeof(*out));

	out = scratch->by_value;
	at = 0;
	for (k = 0; k < count; k++) {
		uint32_t record = scratch->lies[k];
		size_t n = place(h, h->by_value + at, h->count - at, record,
				 precedes_by_value);

		memcpy(out, h->by_value + at, n * sizeof(*out));
		out += n;
		*out++ = record;
		at += n;
	}
	memcpy(out, h->by_value + at, (h->count - at) * sizeof(*out));
	view.values = h->values;
	view.by_loss = scratch->by_loss;
	view.by_value = scratch->by_value;
	return view;
}
