/* SPDX-License-Identifier: MIT */
/*
 * The load generator: keep-alive connections that post metrics, each waiting
 * for its answer before it posts again.
 */
#ifndef TESTS_BENCH_LOAD_H
#define TESTS_BENCH_LOAD_H

#include <stdint.h>

struct load {
	uint16_t port;
	int connections;
	int batch; /* metrics a request */
	double seconds;
	const char *const *tokens; /* one a connection, reused in turn */
	int token_count;
	int64_t *sequences; /* next one, per connection; goes on over runs */
};

struct load_result {
	double seconds;
	int64_t requests, failures;
	double p50_ms, p99_ms;
};

/* Drive the server.  Ends the program when it cannot be reached or closes. */
void load_run(const struct load *load, struct load_result *ret);

#endif
