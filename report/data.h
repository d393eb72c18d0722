/* SPDX-License-Identifier: MIT */
/*
 * What a report is made of, read once.  Private to report/.
 */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include "model/objective.h"
#include "report/report.h"
#include "tui/findings.h"

#define REPORT_TABLE_MAX 200	/* trials in the table */
#define REPORT_CURVES_MAX 10	/* trials whose curves are drawn */
#define REPORT_CURVE_POINTS 240 /* of each */
#define REPORT_REASONS_MAX 20
#define REPORT_FAILURES_READ 5000 /* trials whose reasons are counted */

struct report_row {
	int64_t key, sequence;
	enum trial_state state;
	int attempt;
	double final; /* NaN: none */
	int64_t submitted_ns, started_ns, ended_ns;
	int64_t intermediates;
};

struct report_reason {
	char *text;
	size_t count;
	int64_t example; /* sequence of one */
};

struct report_curve {
	int64_t sequence;
	double final;
	double *steps, *values;
	size_t count;
};

struct report_data {
	struct experiment experiment;
	struct objectives objectives;
	enum objective_mode mode;
	char *tuner;		   /* its name, or NULL */
	struct findings *findings; /* NULL: no space that can be read */
	struct report_row *rows;   /* by sequence */
	size_t count, capacity;
	size_t *best; /* rows with finite results, the best first */
	size_t best_count;
	double *metrics; /* count rows of objectives.count; or NULL for one */
	size_t *front;	 /* rows */
	size_t front_count;
	struct report_reason *reasons; /* the most frequent first */
	size_t reason_count, reason_capacity;
	size_t failed, failures_read;
	struct report_curve curves[REPORT_CURVES_MAX];
	size_t curve_count;
	struct output_code code; /* without digest: none is known */
	int64_t now_ns;
	int64_t last_ns;     /* the last moment anything is known of */
	struct store *store; /* borrowed */
};

bool report_data_read(struct report_data *data, struct store *store,
		      int64_t experiment, int64_t now_ns, struct error *err);
void report_data_release(struct report_data *data);
/* A trial with its texts; false when it cannot be read. */
bool report_data_trial(const struct report_data *data, size_t row,
		       struct trial *ret);

#endif
