/* SPDX-License-Identifier: MIT */
/*
 * Time, in one place so that tests can hold it still.
 * Wall time is int64 nanoseconds since the Unix epoch; monotonic time is
 * nanoseconds since an arbitrary start and is what timers use.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/strbuf.h"

#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_S 1000000000LL

int64_t clock_wall_ns(void); /* thread: any */
int64_t clock_mono_ns(void); /* thread: any; never fixed */

/* Hold the wall clock at this moment (0 lets it run again).  Tests and
 * generated screenshots only; call before threads start. */
void clock_fix_wall(int64_t wall_ns);

/* Append "2026-11-21T21:22:37.123Z" (milliseconds; UTC). */
void clock_format_iso(struct strbuf *buf, int64_t wall_ns);

/* Read a time as RFC 3339 has it ("2026-11-21T21:22:37Z", fraction and offset
 * allowed); digits beyond nanoseconds are dropped, and what lies beyond int64
 * becomes INT64_MAX.  False: it is none, or lies before 1970. */
bool clock_parse_iso(const char *text, int64_t *ret_wall_ns);

/* Append a duration people read at a glance, never more than 7 columns:
 * "0.4s", "12s", "3m05s", "2h14m", "4d03h".  Negative counts as zero. */
void clock_format_duration(struct strbuf *buf, int64_t ns);

#endif
