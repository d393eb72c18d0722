/* SPDX-License-Identifier: MIT */
/*
 * Where in a log somebody wants to go, as typed:
 *
 *     14:03  14:03:07  2026-11-25T14:03:07Z    a moment (UTC, as times are
 * shown) +5m  +1h30m                              that long after the log's
 * start -5m                                      that long before its end acc
 * acc:12  12                          when a metric was last reported, or its
 * result of that number best                                     when the best
 * result came
 *
 * Pure.  Thread: any.
 */
#ifndef TUI_LOG_WHEN_H
#define TUI_LOG_WHEN_H

#include "base/error.h"
#include "model/metric.h"

#include <stdbool.h>
#include <stdint.h>

enum log_when_kind { LOG_WHEN_TIME, LOG_WHEN_METRIC, LOG_WHEN_BEST };

struct log_when {
	enum log_when_kind kind;
	int64_t at_ns;			/* TIME: wall time */
	char name[METRIC_NAME_MAX + 1]; /* METRIC; "": of the objective */
	int64_t sequence;		/* METRIC; -1: the last one */
};

/* start_ns, end_ns: of the log, wall time.  A time of day is the one on the
 * day, within or after the start, that comes first.  Fails: ERROR_INVALID. */
bool log_when_parse(const char *text, int64_t start_ns, int64_t end_ns,
		    struct log_when *ret, struct error *err);
/* "5m", "1h30m", "90" (seconds), "1.5h". */
bool log_when_span(const char *text, int64_t *ret_ns);

#endif
