/* SPDX-License-Identifier: MIT */
/* Summing the metrics of an attempt up, within a budget of time. */
#include "tui/metric_table.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUDGET_NS (50 * NS_PER_MS)
#define NAMES_MAX 200

struct metric_summary {
	char name[METRIC_NAME_MAX + 1];
	long long count;
	double last, low, high, final;
	bool has_final, has_range;
};

struct table {
	struct metric_summary *summaries;
	size_t count;
	int64_t deadline_ns;
	long long rows;
	bool is_cut;
};

static struct metric_summary *find_summary(struct table *table,
					   const char *name)
{
	struct metric_summary *summary;

	/* rows come in the order of names */
	if (table->count > 0 &&
	    strcmp(table->summaries[table->count - 1].name, name) == 0)
		return &table->summaries[table->count - 1];
	if (table->count == NAMES_MAX)
		return NULL;
	summary = &table->summaries[table->count++];
	memset(summary, 0, sizeof(*summary));
	snprintf(summary->name, sizeof(summary->name), "%s", name);
	return summary;
}

static bool sum_metric(const struct metric *metric, void *arg)
{
	struct table *table = arg;
	struct metric_summary *summary = find_summary(table, metric->name);

	if (!summary)
		return false;
	if (metric->type == METRIC_FINAL) {
		summary->final = metric->value;
		summary->has_final = true;
	} else {
		summary->count++;
		summary->last = metric->value;
		if (isfinite(metric->value) &&
		    (!summary->has_range || metric->value < summary->low))
			summary->low = metric->value;
		if (isfinite(metric->value) &&
		    (!summary->has_range || metric->value > summary->high))
			summary->high = metric->value;
		summary->has_range |= isfinite(metric->value);
	}
	if (++table->rows % 256 == 0 && clock_mono_ns() > table->deadline_ns) {
		table->is_cut = true;
		return false;
	}
	return true;
}

static void add_number(struct strbuf *out, bool is_set, double value)
{
	struct strbuf number = STRBUF_INIT;

	if (is_set)
		format_number(&number, value, 10);
	strbuf_addf(out, " %10s", number.data);
	strbuf_release(&number);
}

static void add_line(struct pager *pager, const struct metric_summary *summary,
		     bool is_ascii)
{
	struct strbuf line = STRBUF_INIT;

	utf8_sanitize(&line, summary->name, strlen(summary->name), is_ascii);
	while (line.len < 13)
		strbuf_addch(&line, ' ');
	strbuf_addf(&line, "\t%9lld", summary->count);
	add_number(&line, summary->count > 0, summary->last);
	add_number(&line, summary->has_range, summary->low);
	add_number(&line, summary->has_range, summary->high);
	add_number(&line, summary->has_final, summary->final);
	pager_add(pager, ROLE_NORMAL, line.data);
	strbuf_release(&line);
}

void metric_table_add(struct pager *pager, struct store *store,
		      const struct trial *trial, bool is_ascii)
{
	struct table table = {
		.summaries = xcalloc(NAMES_MAX, sizeof(*table.summaries)),
		.deadline_ns = clock_mono_ns() + BUDGET_NS,
	};
	struct error ignored;

	store_metrics_each(store, trial->key, trial->attempt, NULL, sum_metric,
			   &table, &ignored);
	pager_add(pager, ROLE_NORMAL, "");
	pager_add(pager, ROLE_HEADER,
		  table.count
			  ? "Metrics           count       last     lowest    "
			    "highest      final"
			  : "Metrics: none reported");
	for (size_t i = 0; i < table.count; i++)
		add_line(pager, &table.summaries[i], is_ascii);
	if (table.is_cut)
		pager_addf(pager, ROLE_WARNING,
			   "(counted over the first %lld reports)", table.rows);
	free(table.summaries);
}
