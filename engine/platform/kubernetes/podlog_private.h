/* SPDX-License-Identifier: MIT */
/* What podlog.c (streams), podlog_source.c (what they are of) and podlog_line.c
 * (lines) share. */
#ifndef ENGINE_PLATFORM_KUBERNETES_PODLOG_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_PODLOG_PRIVATE_H

#include "engine/platform/kubernetes/private.h"

#define SOURCES_MAX 1000

struct source {
	struct logfile_source at;
	struct podlog *log;
	char prefix[100]; /* of its lines, when they need one: "[worker-1] " */
	bool is_main;	  /* the container of the command */
	bool is_unproven; /* the place file alone says that it is the job's */
	bool is_in_part;  /* of a long line the rest is to come */
	bool is_ended;	  /* as of the pod's last news */
	bool is_leaving;  /* it will not be there for long */
	bool is_snapshot; /* its stream does not follow: what is there is all */
	bool is_over;	  /* its stream has ended: close it */
	bool was_whole;	  /* and everything had been told */
	bool is_previous; /* only the kubelet's second to last instance */
	struct kube_logs *stream;
	int failures;	       /* in a row, of streams */
	int64_t not_before_ns; /* monotonic: open no other until then */
	struct strbuf piece;
};

struct podlog {
	struct k8s_job *job;
	struct logfile file;
	struct source **sources;
	size_t count, capacity;
	bool scans_metrics, is_metric_pinned;
	bool is_pinned, is_collecting, is_counted, is_abandoned;
	bool has_many; /* lines need to say whose they are */
	bool is_full;  /* more containers than are read: told */
	bool has_moved;
	char trouble[256];	 /* why it cannot be read, until told */
	int64_t wanted_until_ns; /* monotonic */
	int64_t saved_ns;
	struct loop_timer *step, *saving, *holding;
	int64_t held_ns; /* monotonic: lines wait to be put in order; or 0 */
	struct previous *previous; /* or NULL */
};

/* Is it one of the leading pod's? */
bool podlog_is_leading(const struct source *source);
/* Are there metrics in it? */
bool podlog_brings_metrics(const struct source *source);
/* A line of one that has no keeper; the source's place is behind it. */
void podlog_scan(struct source *source, const char *line, size_t len);
void podlog_close_stream(struct source *source);
/* Open what is wanted and not open, and close what is not. */
void podlog_adjust(struct podlog *log);
/* For logfile_open; arg is the log. */
void podlog_add_known(void *arg, const struct logfile_source *at);
/* Go on behind the callbacks, where streams may be closed. */
void podlog_want_step(struct podlog *log);
/* The source is of a container that has been started again: what it wrote
 * before is fetched. */
void podlog_fetch_previous(const struct source *source);
void podlog_step_previous(struct podlog *log);
void podlog_free_previous(struct podlog *log);
/* For kube_logs_options; arg is the source. */
void podlog_line(void *arg, const char *line, size_t len, bool is_part,
		 const struct kube_log_place *place);

#endif
