/* SPDX-License-Identifier: MIT */
/*
 * A token bucket: so many requests a second on average, so many at once.
 */
#ifndef ENGINE_KUBE_LIMIT_H
#define ENGINE_KUBE_LIMIT_H

#include <stdint.h>

struct limit {
	double per_s, burst;
	double tokens;
	int64_t filled_ns;	 /* monotonic, when tokens was true */
	int64_t paused_until_ns; /* monotonic */
};

void limit_init(struct limit *limit, double per_s, int burst, int64_t now_ns);
/* Take a token.  0: taken; else how long until there may be one. */
int64_t limit_take(struct limit *limit, int64_t now_ns);
/* Hand out none until then: the server asked for it. */
void limit_pause(struct limit *limit, int64_t until_ns);

#endif
