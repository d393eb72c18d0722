/* SPDX-License-Identifier: MIT */
/*
 * Points of a hundred thousand stored parameters objects.
 *
 * space_parse_point is exact about what it takes; this takes what it can, in
 * one pass over the text: members that are none of the space's are skipped, a
 * parameter that is missing, or whose value is none of the space's (the space
 * may have changed), is NaN.  Some 100 nanoseconds a parameter.  One thread at
 * a time for each scanner.
 */
#ifndef MODEL_SPACE_SCAN_H
#define MODEL_SPACE_SCAN_H

#include "model/space.h"

struct space_scan;

/* The space must outlive it. */
struct space_scan *space_scan_new(const struct space *space);
void space_scan_free(struct space_scan *scan);
/* ret_point: room for space->count.  *ret_strange (or NULL) is how many values
 * are none of the space's.  False: the text is no object, or cut. */
bool space_scan_point(struct space_scan *scan, const char *json,
		      double *ret_point, size_t *ret_strange);

#endif
