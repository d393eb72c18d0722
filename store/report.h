/* SPDX-License-Identifier: MIT */
/*
 * The metrics of one trial, put together into the reports they came from: a
 * dict that was reported is several metrics of one type and sequence number.
 * Private to store/.
 */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H

#include "store/store.h"

struct point {
	enum metric_type type;
	int64_t sequence;
	double value;
	char *text;
	char name[METRIC_NAME_MAX + 1];
};

struct points {
	struct point *items;
	size_t count, capacity;
	bool only_finals;
};

/* The newest attempt's, ordered by type, sequence and name; the objective comes
 * first.  Replaces what was there. */
bool reports_load(struct points *points, struct store *store,
		  const struct trial *trial, struct error *err);
void reports_clear(struct points *points);
/* Index of the first final report's first point, or points->count. */
size_t reports_find_final(const struct points *points);
/* As Python's json.dumps writes it: NaN and Infinity bare. */
void report_add_number(struct strbuf *out, const struct point *point);
/* One report as JSON text: a number, or an object of several.  Returns how
 * many points it took. */
size_t report_add(struct strbuf *out, const struct points *points,
		  size_t first);

#endif
