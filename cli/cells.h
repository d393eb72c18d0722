/* SPDX-License-Identifier: MIT */
/* Table cells for the values that rows are made of. */
#ifndef CLI_CELLS_H
#define CLI_CELLS_H

#include "cli/output.h"
#include "model/trial.h"

/* ISO 8601 in UTC; empty for 0. */
void cell_time(struct sheet *sheet, int64_t at_ns);
/* Exact, for programs: NaN, Infinity; empty when not set. */
void cell_value(struct sheet *sheet, struct metric_value value);
/* Rounded, for people; "-" when not set. */
void cell_short(struct sheet *sheet, struct metric_value value);
/* Whole numbers, and thousandths as fractions; empty below 0 (unknown). */
void cell_known(struct sheet *sheet, int64_t number);
void cell_thousandths(struct sheet *sheet, int64_t thousandths);
/* Seconds with milliseconds. */
void cell_seconds(struct sheet *sheet, int64_t ns);

#endif
