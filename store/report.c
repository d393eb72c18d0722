/* SPDX-License-Identifier: MIT */
/* The metrics of one trial, put together into the reports they came from. */
#include "store/report.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool note_point(const struct metric *metric, void *arg)
{
	struct points *points = arg;
	struct point *point;

	if (metric->source ||
	    (points->only_finals && metric->type != METRIC_FINAL))
		return true;
	ARRAY_RESERVE(points->items, points->count, points->capacity);
	point = &points->items[points->count++];
	point->type = metric->type;
	point->sequence = metric->sequence;
	point->value = metric->value;
	point->text = xstrdup_or_null(metric->text);
	memcpy(point->name, metric->name, sizeof(point->name));
	return true;
}

void reports_clear(struct points *points)
{
	for (size_t i = 0; i < points->count; i++)
		free(points->items[i].text);
	points->count = 0;
}

/* By report; within one the objective first. */
static int compare_points(const void *a, const void *b)
{
	const struct point *left = a;
	const struct point *right = b;

	if (left->type != right->type)
		return left->type < right->type ? -1 : 1;
	if (left->sequence != right->sequence)
		return left->sequence < right->sequence ? -1 : 1;
	if (!strcmp(left->name, METRIC_OBJECTIVE))
		return -1;
	if (!strcmp(right->name, METRIC_OBJECTIVE))
		return 1;
	return strcmp(left->name, right->name);
}

bool reports_load(struct points *points, struct store *store,
		  const struct trial *trial, struct error *err)
{
	reports_clear(points);
	if (!store_metrics_each(store, trial->key, trial->attempt, NULL,
				note_point, points, err))
		return false;
	if (points->count)
		qsort(points->items, points->count, sizeof(*points->items),
		      compare_points);
	return true;
}

/* As Python's json.dumps writes numbers: NaN and Infinity bare. */
void report_add_number(struct strbuf *out, const struct point *point)
{
	if (point->text)
		strbuf_adds(out, point->text);
	else if (isnan(point->value))
		strbuf_adds(out, "NaN");
	else if (isinf(point->value))
		strbuf_adds(out, point->value > 0 ? "Infinity" : "-Infinity");
	else
		strbuf_add_json_number(out, point->value);
}

/* One report as JSON text: a number, or an object of several.  Returns how
 * many points it took. */
size_t report_add(struct strbuf *out, const struct points *points, size_t first)
{
	const struct point *point = &points->items[first];
	size_t count = 1;

	while (first + count < points->count &&
	       point[count].type == point->type &&
	       point[count].sequence == point->sequence)
		count++;
	if (count == 1 && !strcmp(point->name, METRIC_OBJECTIVE)) {
		report_add_number(out, point);
		return 1;
	}
	for (size_t i = 0; i < count; i++) {
		strbuf_adds(out, i ? ", " : "{");
		strbuf_add_json_string(out, point[i].name);
		strbuf_adds(out, ": ");
		report_add_number(out, &point[i]);
	}
	strbuf_addch(out, '}');
	return count;
}

/* The first final report, or points->count. */
size_t reports_find_final(const struct points *points)
{
	size_t i = 0;

	while (i < points->count && points->items[i].type != METRIC_FINAL)
		i++;
	return i;
}
