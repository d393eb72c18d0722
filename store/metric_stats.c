/* SPDX-License-Identifier: MIT */
/*
 * A metric summed up: last, least, greatest, ... of each trial of a range.
 *
 * One walk over the range's reports.  Those that still wait in the stage come
 * in no order, so each trial keeps the first and the highest sequence number it
 * has seen.
 */
#include "store/store.h"

#include "base/mem.h"
#include "model/trial_field.h"
#include "store/sql.h"

#include <stdlib.h>
#include <string.h>

struct sum {
	int attempt; /* 0: nothing reported */
	int64_t lowest, highest;
	struct metric_stats stats;
};

static void begin(struct sum *sum, int attempt)
{
	metric_stats_begin(&sum->stats);
	sum->attempt = attempt;
	sum->lowest = INT64_MAX;
	sum->highest = -1;
}

/* The order is that of "SELECT trial, attempt, type, sequence, value". */
static void read_one(struct sql *sql, struct sum *sums, int64_t first,
		     size_t count)
{
	int64_t at = (sql_int(sql) & 0xffffffff) - first;
	int attempt = (int)sql_int(sql);
	bool is_final = sql_int(sql) == METRIC_FINAL;
	int64_t sequence = sql_int(sql);
	double value = sql_double(sql);
	struct sum *sum;

	if (at < 0 || (size_t)at >= count || attempt < sums[at].attempt)
		return;
	sum = &sums[at];
	if (attempt > sum->attempt)
		begin(sum, attempt);
	metric_stats_add(&sum->stats,
			 is_final ? METRIC_FINAL : METRIC_INTERMEDIATE, value,
			 sequence<sum->lowest, sequence> sum->highest);
	if (!is_final && sequence < sum->lowest)
		sum->lowest = sequence;
	if (!is_final && sequence > sum->highest)
		sum->highest = sequence;
}

static bool read_all(struct store *store, int64_t experiment, const char *name,
		     int64_t first, size_t count, struct sum *sums,
		     struct error *err)
{
	int64_t key = experiment << 32;
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, store,
		      "SELECT trial, attempt, type, sequence, value"
		      " FROM metric_all WHERE trial BETWEEN ? AND ?"
		      " AND name = (SELECT key FROM metric_name"
		      "  WHERE experiment = ? AND name = ?)",
		      err))
		return false;
	sql_bind_int(&sql, key + first);
	sql_bind_int(&sql, key + first + (int64_t)count - 1);
	sql_bind_int(&sql, experiment);
	sql_bind_text(&sql, name);
	while (sql_next(&sql, &ok, err))
		read_one(&sql, sums, first, count);
	sql_close(&sql);
	return ok;
}

bool store_metric_stats_each(struct store *store, int64_t experiment,
			     const char *name, int64_t first, size_t count,
			     store_stats_fn *fn, void *arg, struct error *err)
{
	struct sum *sums;
	bool ok;
	size_t i;

	if (first < 0 || count == 0)
		return true;
	if (count > STORE_STATS_MAX)
		count = STORE_STATS_MAX;
	sums = xcalloc(count, sizeof(*sums));
	ok = read_all(store, experiment, name, first, count, sums, err);
	for (i = 0; ok && i < count; i++) {
		if (sums[i].attempt == 0)
			continue;
		metric_stats_end(&sums[i].stats);
		if (!fn((experiment << 32) + first + (int64_t)i,
			sums[i].attempt, &sums[i].stats, arg))
			break;
	}
	free(sums);
	return ok;
}
