/* SPDX-License-Identifier: MIT */
/*
 * A kind of job: what its object looks like, and what its status means.
 *
 * The platform creates, watches and deletes objects of one kind; everything
 * that differs between kinds stands in a `struct kind`.  Pure: no I/O.
 */
#ifndef ENGINE_KIND_KIND_H
#define ENGINE_KIND_KIND_H

#include "base/error.h"
#include "engine/pod/template.h"

#include <cjson/cJSON.h>
#include <stdint.h>

enum kind_phase {
	KIND_WAITING, /* no pod runs */
	KIND_RUNNING, /* only where the object can tell; else its pods do */
	KIND_SUCCEEDED,
	KIND_FAILED,
};

/* Digest of an object's status. */
struct kind_status {
	enum kind_phase phase;
	int64_t started_ns, ended_ns; /* wall time, 0 unknown */
	bool is_suspended;
	char reason[256]; /* safe, one line: "BackoffLimitExceeded: ...", "" */
};

struct kind {
	const char *name;	 /* in experiment files: "job" */
	const char *kind;	 /* "Job" */
	const char *api_version; /* "batch/v1" */
	const char *api_path;	 /* "/apis/batch/v1" */
	const char *plural;	 /* "jobs" */
	/* Label of its pods whose value is the object's name. */
	const char *pod_label; /* "job-name" */
	/* The whole object for an attempt, named `name`; takes template. */
	cJSON *(*build)(const struct pod_plan *plan, const char *name,
			cJSON *template, struct error *err);
	bool (*read)(const cJSON *object, struct kind_status *ret);
};

extern const struct kind kind_job;

/* By its name in experiment files; NULL when unknown. */
const struct kind *kind_find(const char *name);

/* nni-exp-<exp>-trial-<trial>-<attempt>, lower case: a name that follows from
 * the attempt, so that creating again finds what was created (nni.md 4.5, with
 * attempts added).  Caller frees. */
char *kind_object_name(const struct experiment *experiment,
		       const struct trial *trial,
		       const struct attempt *attempt);

#endif
