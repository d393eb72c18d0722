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

/* Exactly `width` digits, then the character `after` (NUL: anything). */
static bool take_number(const char **at, int width, char after, int least,
			int most, int *ret)
{
	int value = 0;

	for (int i = 0; i < width; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = 10 * value + (**at - '0');
	}
	if (value < least || value > most)
		return false;
	if (after && **at != after && (after != 'T' || **at != 't'))
		return false;
	*at += after != 0;
	*ret = value;
	return true;
}

static int64_t take_fraction(const char **at)
{
	int64_t ns = 0, unit = NS_PER_S / 10;

	for ((*at)++; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		ns += unit * (**at - '0');
	return ns;
}

static bool take_offset(const char **at, int64_t *ret_s)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*ret_s = 0;
	if (**at == 'Z' || **at == 'z') {
		(*at)++;
		return true;
	}
	if (**at != '+' && **at != '-')
		return false;
	(*at)++;
	if (!take_number(at, 2, ':', 0, 23, &hours) ||
	    !take_number(at, 2, '\0', 0, 59, &minutes))
		return false;
	*ret_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

bool clock_parse_iso(const char *text, int64_t *ret_wall_ns)
{
	const char *at = text;
	struct tm tm = {0}, same;
	int64_t fraction_ns = 0, offset_s, seconds;
	time_t utc;

	if (!take_number(&at, 4, '-', 0, 9999, &tm.tm_year) ||
	    !take_number(&at, 2, '-', 1, 12, &tm.tm_mon) ||
	    !take_number(&at, 2, 'T', 1, 31, &tm.tm_mday) ||
	    !take_number(&at, 2, ':', 0, 23, &tm.tm_hour) ||
	    !take_number(&at, 2, ':', 0, 59, &tm.tm_min) ||
	    !take_number(&at, 2, '\0', 0, 60, &tm.tm_sec))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	if (*at == '.' && at[1] >= '0' && at[1] <= '9')
		fraction_ns = take_fraction(&at);
	if (!take_offset(&at, &offset_s) || *at)
		return false;
	same = tm;
	utc = timegm(&same); /* puts a 31st of June right: no such day */
	if (same.tm_mday != tm.tm_mday && tm.tm_sec < 60)
		return false;
	seconds = utc - offset_s;
	if (seconds < 0)
		return false;
	*ret_wall_ns = seconds < INT64_MAX / NS_PER_S
			       ? seconds * NS_PER_S + fraction_ns
			       : INT64_MAX;
	return true;
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
