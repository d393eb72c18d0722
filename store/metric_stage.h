/* SPDX-License-Identifier: MIT */
/* Where a metric goes on its way into its table: see metric_stage.c.  Private
 * to store/. */
#ifndef STORE_METRIC_STAGE_H
#define STORE_METRIC_STAGE_H

#include "store/sql.h"

/* Insert one metric under its name's key; the caller has checked it. */
bool stage_add(struct store *store, int64_t trial, int attempt, int64_t name,
	       const struct metric *metric, bool *ret_is_new,
	       struct error *err);
/* The highest sequence number of the series a metric belongs to; -1: none. */
bool stage_highest(struct store *store, int64_t trial, int attempt,
		   int64_t name, const struct metric *metric,
		   int64_t *ret_highest, struct error *err);
/* Forget what is known of the tables: they changed otherwise, by a rollback
 * for one, or the handle is about to be closed.  Harmless at any time. */
void stage_forget(struct store *store);
/* Has this handle staged rows that have not been moved since? */
bool stage_is_filled(const struct store *store);

#endif
