/* SPDX-License-Identifier: MIT */
/* A job's log: the file, how far it has been read, and what reads it. */
#ifndef ENGINE_PLATFORM_KUBERNETES_PODLOG_H
#define ENGINE_PLATFORM_KUBERNETES_PODLOG_H

#include "base/strbuf.h"
#include "engine/kube/logs.h"
#include "model/metric.h"

struct k8s_job;
struct k8s_pod;
struct platform;
struct podlog;

/* ---- logfile.c ---- */
/* The next number of a metric. */
struct logfile_counter {
	char name[METRIC_NAME_MAX + 1];
	enum metric_type type;
	int64_t next;
};

/* How far one container instance's log has been read. */
struct logfile_source {
	char pod[254];
	char uid[40]; /* the pod's; "": not known */
	char container[64];
	int instance; /* restarts before it */
	struct kube_log_place place;
	bool is_complete;
	/* of metrics that were found in it: owned by whoever has the source */
	struct logfile_counter *counters;
	size_t counter_count, counter_capacity;
};

struct logfile_line {
	int64_t at_ns;
	size_t start, len; /* in pending */
};

struct logfile {
	char *path, *place_path;
	int fd; /* -1: nothing written yet */
	int64_t size;
	bool is_full, is_broken, is_dirty;
	struct strbuf pending;
	struct logfile_line *lines; /* in pending, not yet in order */
	size_t line_count, line_capacity;
	char *times_path;
	int times_fd;	     /* -1: nothing written yet */
	struct strbuf times; /* records to be written with pending */
	int64_t times_count, timed_ns;
	int64_t lost_bytes;   /* while it could not be written */
	struct strbuf staged; /* the place file to come */
	char *numbers_path;
	struct strbuf numbers; /* its text, once one was asked for */
};

/* Takes over the source's counters. */
typedef void logfile_each_fn(void *arg, const struct logfile_source *source);

/* name: of the file in the directory.  Reads where it was left; nothing is
 * created yet.  each gets what is known of sources; NULL: it is a new one. */
void logfile_open(struct logfile *file, const char *directory, const char *name,
		  logfile_each_fn *each, void *arg);
void logfile_release(struct logfile *file);
/* Takes a line without newline, of this wall time (0: not known); prefix may be
 * NULL. */
void logfile_add(struct logfile *file, int64_t at_ns, const char *prefix,
		 const char *line, size_t len, bool is_part);
/* Write what was taken, in the order of its times. */
bool logfile_flush(struct logfile *file, struct error *err);
/* Take down what is in the file and up to where the sources were read ... */
void logfile_stage(struct logfile *file,
		   const struct logfile_source *const *sources, size_t count);
/* ... and write that down.  Not before what was found in these lines has been
 * committed: behind a crash they would not be read again. */
void logfile_save(struct logfile *file);
/* From 0 on, in the order in which they are asked for; the same for ever. */
int logfile_number(struct logfile *file, const char *uid);

/* ---- podlog.c ---- */
struct podlog *podlog_new(struct k8s_job *job);
/* Saves nothing: what lines brought may not be on disk yet. */
void podlog_free(struct podlog *log); /* NULL ok */
/* Has anything of the main container come since this was asked last? */
bool podlog_has_moved(struct podlog *log);
/* A pod's containers changed. */
void podlog_pod(struct podlog *log, const struct k8s_pod *pod);
/* Stream it: for a while, since somebody looks at it; or, pinned, to its end,
 * since it is the way of the metrics or will be gone with the pod. */
void podlog_follow(struct podlog *log, bool is_pinned);
/* Stream what brings metrics, to its end. */
void podlog_follow_metrics(struct podlog *log);
/* Read the rest, then k8s_finish_collected; at once when it is complete. */
void podlog_collect(struct podlog *log);
/* Everything there is has been read: of all containers, or of the one that
 * brings metrics. */
bool podlog_is_complete(const struct podlog *log);
bool podlog_has_metrics(const struct podlog *log);
bool podlog_is_collecting(const struct podlog *log);
/* Give up what is missing. */
void podlog_abandon(struct podlog *log);
void podlog_tick(struct podlog *log);

/* ---- podlog_metric.c ---- */
/* Are metrics read in the logs of pods that have no keeper of ours? */
bool k8s_scans_logs(const struct platform *platform);
/* Are its pods steps, each with a part in the whole, rather than roles? */
bool k8s_has_steps(const struct platform *platform);

#endif
