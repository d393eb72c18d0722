/* SPDX-License-Identifier: MIT */
/*
 * Raw sockets against a side port, and a stand-in for the engine.
 * Everything waits on descriptors, ten seconds at most, and fails the test
 * that waits longer.
 */
#ifndef TESTS_UNIT_SIDEPORT_PEER_H
#define TESTS_UNIT_SIDEPORT_PEER_H

#include "base/strbuf.h"
#include "engine/sideport/sideport.h"

/* One answer of the server. */
struct answer {
	int status; /* 0: the connection ended without one */
	char head[2048];
	struct strbuf body;
};

/* The side port under test: experiment EXP1, attempt 1 of trial 7 ("Xa12b")
 * with token "secret" and NNI allowed, attempt 2 of trial 8 ("Yb34c") with
 * token "other" and not. */
struct bench {
	struct sideport *sideport;
	int wake_fd;
	struct answer answer;
};

int bench_open(void **state);	    /* cmocka set-up: *state is the bench */
int bench_open_tight(void **state); /* 300 ms a request, 8 connections */
int bench_close(void **state);
/* As options say, which get EXP1 and the stand-in's wake; the engine has
 * looked already. */
int bench_open_with(void **state, struct sideport_options options);

/* The next report; waits for it. */
struct report *bench_take(struct bench *bench);
/* Take one report of that kind and answer 200. */
void bench_accept(struct bench *bench, enum report_kind kind);

int peer_connect(const struct bench *bench);
void peer_send(int fd, const char *text, size_t len);
void peer_sends(int fd, const char *text);
/* Headers with the token "secret" and a Content-Length, then the body. */
void peer_post(int fd, const char *path, const char *body);
/* Read one answer into bench->answer.  is_head: without body. */
void peer_read(struct bench *bench, int fd);
/* True when nothing can be read for a moment. */
bool peer_is_silent(int fd);
/* True when the server has closed (waits for it). */
bool peer_is_closed(int fd);

/* connect, send, read, close */
int bench_ask(struct bench *bench, const char *request);

#endif
