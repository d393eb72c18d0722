/* SPDX-License-Identifier: MIT */
/*
 * The log of one container, line by line, without gaps or doubles.
 *
 * Lines are asked for with timestamps, and a place in a log is a timestamp and
 * how many lines with it have been taken; so going on after a cut connection,
 * or another day, asks for the second the place lies in and drops what was
 * had.  Thread: the loop's.
 */
#ifndef ENGINE_KUBE_LOGS_H
#define ENGINE_KUBE_LOGS_H

#include "engine/kube/client.h"

struct kube_logs;

/* Zeroed: the beginning. */
struct kube_log_place {
	char timestamp[40]; /* RFC 3339 with nanoseconds, as the server's */
	int lines;	    /* taken with exactly this timestamp */
};

struct kube_logs_options {
	struct kube_client *client;
	const char *namespace, *pod, *container; /* copied */
	bool is_previous;			 /* of the instance before */
	int tail_lines; /* no more than its last ones; 0: all */
	bool is_follow; /* until the container ends; else what is there */
	struct kube_log_place place; /* go on behind it */
	/* A line without timestamp and newline; place is the one behind it.  A
	 * line of more than 1 MiB comes in parts, is_part set but for the last.
	 */
	void (*line)(void *arg, const char *line, size_t len, bool is_part,
		     const struct kube_log_place *place);
	/* Over: ERROR_NONE: the whole log has been told (of a container that
	 * has ended, or what was there).  ERROR_NOT_FOUND: pod or container are
	 * gone.  Connections that are lost are made again inside. */
	void (*ended)(void *arg, const struct error *err);
	void *arg;
};

struct kube_logs *kube_logs_open(const struct kube_logs_options *options);
void kube_logs_close(struct kube_logs *logs); /* NULL ok */

#endif
