/* SPDX-License-Identifier: MIT */
/* The fast way through the common report; private to model/metric*.c. */
#ifndef MODEL_METRIC_SCAN_H
#define MODEL_METRIC_SCAN_H

#include "model/metric.h"

#include <math.h>

#define METRIC_TIME_MAX_S 9e9 /* fits int64 nanoseconds: the year 2255 */

/* Seconds as reported, to nanoseconds; exact to the microsecond, which is
 * what a double holds of them today. */
static inline int64_t metric_time_ns(double seconds)
{
	return llround(seconds * 1e6) * 1000;
}

/* Read one flat report object whose value is a number.  On success *pos is
 * behind its closing brace and ret holds the metric.  False means "unusual",
 * not "wrong": the caller asks cJSON.  ret must be zeroed; its content is then
 * undefined.  Thread: any. */
bool metric_scan(const char **pos, const char *end, struct metric *ret);

#endif
