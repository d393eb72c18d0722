/* SPDX-License-Identifier: MIT */
/*
 * The files by which a keeper and a console agree about an attempt.
 *
 *     keeper.lock   locked (F_OFD_SETLK, whole file) as long as a keeper lives;
 *                   F_OFD_GETLK looks without disturbing
 *     keeper.pid    "pid starttime\n", written before the command starts; its
 *                   presence means: this attempt must never be started again,
 *                   but by the kubelet, in the same pod, if it may
 *     exit          JSON, how the command ended; written last
 */
#ifndef KEEPER_CLAIM_H
#define KEEPER_CLAIM_H

#include <stdbool.h>
#include <stdint.h>

/* Exit statuses of a keeper that did not run the command. */
enum keeper_status {
	KEEPER_HELD = 121,    /* another keeper is at work here */
	KEEPER_USED = 122,    /* another keeper was here, and ended or died */
	KEEPER_BROKEN = 123,  /* bad arguments, no directory, ... */
	KEEPER_NO_CODE = 125, /* the code directory cannot be had */
};

/* How the command ended. */
struct keeper_end {
	int code;   /* exit status; 128 + signal when killed */
	int signal; /* or 0 */
	int64_t started_ns, ended_ns; /* wall time */
	bool is_canceled;	      /* the keeper was asked to end it */
	char error[256]; /* the command could not be started: why */
};

/* 0, or a keeper_status.  With is_again the marks of a keeper that is no more,
 * and the metrics it did not deliver, are forgotten; so there must be no way to
 * the folder but a container of this pod, started again.  What the command left
 * stays. */
int claim_take(int dir_fd, bool is_again);
/* Write the exit file, durably and whole. */
bool claim_end(int dir_fd, const struct keeper_end *end);

#endif
