/* SPDX-License-Identifier: MIT */
/*
 * The best result there can be, as far as somebody knows: kept with the
 * experiment, a metric each (store/store.h, preferences), as a JSON object of
 * metric and number.  What is no finite number there counts as none.
 */
#ifndef TUI_OPTIMUM_H
#define TUI_OPTIMUM_H

#include "store/store.h"

/* False: nobody told one, or it cannot be read. */
bool optimum_read(struct store *store, int64_t experiment, const char *metric,
		  double *ret);
/* NaN: none any more. */
bool optimum_write(struct store *store, int64_t experiment, const char *metric,
		   double optimum, struct error *err);
/* "0.99", or "none" as NaN. */
bool optimum_parse(const char *text, double *ret, struct error *err);

#endif
