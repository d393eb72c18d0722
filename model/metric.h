/* SPDX-License-Identifier: MIT */
/*
 * Metrics: named numbers that a trial reports.
 *
 * NNI's dict results become one metric per numeric member; the objective's
 * name is "default".  Intermediate results count 0, 1, 2, ... per (attempt,
 * name, source); `source` tells several processes of one trial apart.
 */
#ifndef MODEL_METRIC_H
#define MODEL_METRIC_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define METRIC_NAME_MAX 63	/* bytes; longer names are refused */
#define METRIC_TEXT_MAX 1000000 /* NNI's limit for one report */
#define METRIC_OBJECTIVE "default"
/* "Number it yourself": a report that carries no sequence number. */
#define METRIC_SEQUENCE_NEXT (-1)

enum metric_type { METRIC_INTERMEDIATE, METRIC_FINAL };

struct metric {
	enum metric_type type;
	int source;	  /* process of the trial, 0 unless several */
	int64_t sequence; /* or METRIC_SEQUENCE_NEXT */
	int64_t at_ns;	  /* wall time of the report; 0: when it arrived */
	double value;	  /* NaN and infinities allowed */
	char *text;	  /* owned; JSON text when not a number, or NULL */
	char name[METRIC_NAME_MAX + 1];
};

void metric_release(struct metric *metric);

/* A growing list of metrics; metrics_release frees all. */
struct metrics {
	struct metric *items;
	size_t count, capacity;
};

struct metric *metrics_add(struct metrics *list); /* zeroed, to be filled */
void metrics_clear(struct metrics *list);
void metrics_release(struct metrics *list);

const char *metric_type_name(enum metric_type type); /* "intermediate" */

/* Read one native report object into the list:
 *   {"name": "default", "type": "intermediate"|"final", "value": V,
 *    "sequence": N, "source": N, "time": seconds or ISO 8601}
 * All but value are optional.  V is a number, a string "NaN", "Infinity",
 * "-Infinity", or an object whose numeric members become one metric each.
 * Bare NaN and Infinity tokens are accepted, since Python writes them. */
bool metrics_parse_report(struct metrics *list, const char *json, size_t len,
			  struct error *err);

/* Read one NNI metric object (nni.md 5.6): {"parameter_id", "trial_job_id",
 * "type": "PERIODICAL"|"FINAL"|"REQUEST_PARAMETER", "sequence", "value":
 * "<JSON text>"}.  trial_id, if not NULL, must match trial_job_id.
 * REQUEST_PARAMETER adds nothing and sets *ret_request. */
bool metrics_parse_nni(struct metrics *list, const char *json, size_t len,
		       const char *trial_id, bool *ret_request,
		       struct error *err);

/* Read a body of reports: one object, an array of objects, or NDJSON (one
 * object a line).  Everything or nothing is added. */
bool metrics_parse_body(struct metrics *list, const char *body, size_t len,
			struct error *err);

/* Append one metric as a native report object, without newline. */
struct strbuf;
void metric_format(struct strbuf *out, const struct metric *metric);

#endif
