/* SPDX-License-Identifier: MIT */
/* Reading clocks, and the two ways a time is written. */
#include "base/clock.h"

#include <time.h>

static int64_t fixed_wall_ns;

static int64_t read_clock(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t clock_wall_ns(void)
{
	return fixed_wall_ns ? fixed_wall_ns : read_clock(CLOCK_REALTIME);
}

int64_t clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

void clock_fix_wall(int64_t wall_ns)
{
	fixed_wall_ns = wall_ns;
}

void clock_format_iso(struct strbuf *buf, int64_t wall_ns)
{
	time_t seconds = wall_ns / NS_PER_S;
	int ms = (int)(wall_ns % NS_PER_S / NS_PER_MS);
	struct tm tm;
	char text[32];

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(buf, "%s.%03dZ", text, ms);
}

void clock_format_duration(struct strbuf *buf, int64_t ns)
{
	long long s = ns > 0 ? ns / NS_PER_S : 0;

	if (s < 10)
		strbuf_addf(buf, "%lld.%llds", s,
			    ns > 0 ? ns % NS_PER_S / (NS_PER_S / 10) : 0);
	else if (s < 60)
		strbuf_addf(buf, "%llds", s);
	else if (s < 3600)
		strbuf_addf(buf, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		strbuf_addf(buf, "%lldh%02lldm", s / 3600, s / 60 % 60);
	else
		strbuf_addf(buf, "%lldd%02lldh", s / 86400, s / 3600 % 24);
}
