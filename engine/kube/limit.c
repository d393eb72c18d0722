/* SPDX-License-Identifier: MIT */
/* The client's own rate limit. */
#include "engine/kube/limit.h"

#include "base/clock.h"

void limit_init(struct limit *limit, double per_s, int burst, int64_t now_ns)
{
	limit->per_s = per_s;
	limit->burst = burst < 1 ? 1 : burst;
	limit->tokens = limit->burst;
	limit->filled_ns = now_ns;
	limit->paused_until_ns = 0;
}

static void fill(struct limit *limit, int64_t now_ns)
{
	double passed_s = (double)(now_ns - limit->filled_ns) / NS_PER_S;

	limit->tokens += passed_s * limit->per_s;
	if (limit->tokens > limit->burst)
		limit->tokens = limit->burst;
	limit->filled_ns = now_ns;
}

int64_t limit_take(struct limit *limit, int64_t now_ns)
{
	if (limit->paused_until_ns > now_ns)
		return limit->paused_until_ns - now_ns;
	fill(limit, now_ns);
	if (limit->tokens >= 1) {
		limit->tokens -= 1;
		return 0;
	}
	return 1 + (int64_t)((1 - limit->tokens) / limit->per_s * NS_PER_S);
}

void limit_pause(struct limit *limit, int64_t until_ns)
{
	if (until_ns > limit->paused_until_ns)
		limit->paused_until_ns = until_ns;
}
