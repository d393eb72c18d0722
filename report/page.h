/* SPDX-License-Identifier: MIT */
/* The two forms of a report.  Private to report/. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/charts.h"

extern const char report_style[];

/* Columns of parameters in the tables. */
#define REPORT_COLUMNS_MAX 12

void report_page(const struct report_data *data,
		 const struct report_importance *importance,
		 struct strbuf *out);
void report_markdown(const struct report_data *data,
		     const struct report_importance *importance,
		     struct strbuf *out);

/* ---- what both tell: report.c ---- */
/* The rows of the table: the best first, then those without a result, newest
 * first.  Caller frees. */
size_t *report_table_rows(const struct report_data *data, size_t *ret_count);
/* "200 of 12,345 trials, the best first", or "" when all are shown. */
void report_tell_cut(const struct report_data *data, struct strbuf *out);
int64_t report_duration_ns(const struct report_data *data);
/* Trials that have ended, of all. */
int64_t report_ended(const struct report_data *data);

#endif
