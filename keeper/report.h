/* SPDX-License-Identifier: MIT */
/*
 * From what a command says to the lines of the spool.
 *
 * A spool line is one JSON object, either a native report
 *     {"name":"loss","type":"intermediate","value":0.5,"sequence":3,
 *      "source":0,"time":1764000000.123456}
 * or NNI's own object, kept whole because it carries its own numbering:
 *     {"nni":{"parameter_id":0,"trial_job_id":"Xa12b",...},"time":...}
 * Native reports are numbered here, per name, type and source, so that sending
 * a line again can never count twice.  metrics_parse_body reads both forms.
 */
#ifndef KEEPER_REPORT_H
#define KEEPER_REPORT_H

#include "keeper/buffer.h"
#include "model/metric.h"

#include <regex.h>
#include <stdint.h>

/* Different names one command may report; more are refused. */
#define REPORT_NAMES_MAX 4096
/* Lines longer than this are not matched with the user's pattern: regular
 * expressions may take long on long lines. */
#define REPORT_PATTERN_LINE_MAX 4096

struct report_counter {
	char name[METRIC_NAME_MAX + 1];
	bool is_final;
	int source;
	int64_t next;
};

struct reporter {
	struct report_counter *counters;
	size_t count, capacity;
	bool has_pattern;
	regex_t pattern; /* group 1 name, group 2 value; one group: value */
};

/* pattern: POSIX extended regular expression, or NULL.  False when it does
 * not compile; the reporter then works without. */
bool reporter_init(struct reporter *reporter, const char *pattern);
void reporter_release(struct reporter *reporter);

/* Append the spool lines that one line of output stands for: none for an
 * ordinary line.  False when it was a metric that had to be dropped. */
bool report_line(struct reporter *reporter, const char *line, size_t len,
		 int64_t at_ns, struct buffer *out);
/* The same for one of NNI's metric objects. */
bool report_nni(const char *json, size_t len, int64_t at_ns,
		struct buffer *out);

#endif
