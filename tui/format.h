/* SPDX-License-Identifier: MIT */
/*
 * Values as short text of a known width: what table cells, titles and axes
 * print.  Widths are terminal columns.  All functions append to `out`, are
 * pure and may be called on any thread.
 */
#ifndef TUI_FORMAT_H
#define TUI_FORMAT_H

#include "base/strbuf.h"
#include "model/cluster.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FORMAT_DIGITS 6	     /* significant digits of a metric in a table */
#define FORMAT_NUMBER_COLS 7 /* every double fits: "-1e-308" */

/* A number in at most cols columns: as many significant digits as fit, at most
 * FORMAT_DIGITS (whole numbers below 1e15 keep all theirs when they fit).
 * Rounded, never cut: "0.93", "1.2e-5", "12345".  NaN is "NaN", infinities
 * "inf" and "-inf".  Where nothing fits (only below FORMAT_NUMBER_COLS), cols
 * times '#'. */
void format_number(struct strbuf *out, double value, int cols);
/* The same with a chosen upper bound of significant digits (1..17). */
void format_number_digits(struct strbuf *out, double value, int cols,
			  int digits);

/* A count in at most 5 columns: "0", "12345", "123k", "1.2M", "3.4G". */
void format_count(struct strbuf *out, int64_t count);
/* Bytes in at most 5 columns: "512", "1.5K", "20M". */
void format_bytes(struct strbuf *out, int64_t bytes);

/* What a cluster counts, in at most 5 columns, "-" when it is unknown (below
 * 0): cores from thousandths of one ("0.1", "2.5", "128"), bytes, GPUs. */
void format_cpu(struct strbuf *out, int64_t cpu_milli);
void format_memory(struct strbuf *out, int64_t memory_bytes);
void format_gpus(struct strbuf *out, int64_t gpus);

typedef void amount_fn(struct strbuf *out, int64_t amount);
/* "3/8" by one of them; "-" when neither is known. */
void format_share(struct strbuf *out, amount_fn *format, int64_t part,
		  int64_t whole);
/* "0.1 CPU, 64M memory, 1 GPU": what is known of it; "-" for nothing. */
void format_amount(struct strbuf *out, const struct cluster_amount *amount);

/* How long ago, in at most 7 columns and by coarse steps, so that an idle
 * screen stays still: "now" (under a minute, or in the future), "3m ago",
 * "5h ago", "2d ago", "10w ago".  then_ns 0 is "-". */
void format_age(struct strbuf *out, int64_t then_ns, int64_t now_ns);
/* Nanoseconds until format_age of this moment reads differently, so that a
 * loop can sleep until then. */
int64_t format_age_change_ns(int64_t then_ns, int64_t now_ns);
/* now - then by base/clock.h's format_duration; "-" when then_ns is 0. */
void format_elapsed(struct strbuf *out, int64_t then_ns, int64_t now_ns);

enum format_align { FORMAT_LEFT, FORMAT_RIGHT };

/* Text made safe, cut to cols columns with a mark ('~', or an ellipsis when
 * not ascii) and padded with blanks to exactly cols columns. */
void format_cell(struct strbuf *out, const char *text, int cols,
		 enum format_align align, bool is_ascii);
/* The same without padding: at most cols columns. */
void format_cut(struct strbuf *out, const char *text, int cols, bool is_ascii);

/* A progress bar of exactly cols columns; fraction is clamped to 0..1 and NaN
 * counts as 0.  UTF-8: eighths of a block on a light shade.  ASCII: "[##..]"
 * (without brackets below 4 columns). */
void format_bar(struct strbuf *out, double fraction, int cols, bool is_ascii);

/* A curve in exactly cols columns: the mean of the values that fall into each
 * column, scaled from lowest to highest.  Not finite: a gap.  Constant: middle
 * height. */
void format_sparkline(struct strbuf *out, const double *values, size_t count,
		      int cols, bool is_ascii);

#endif
