/* SPDX-License-Identifier: MIT */
/* Times as Kubernetes writes them: RFC 3339, seconds or microseconds. */
#include "engine/pod/view.h"

#include "base/clock.h"

#include <time.h>

/* What 64 bits of nanoseconds hold, in whole years. */
#define YEAR_MIN 1970
#define YEAR_MAX 2261

/* len digits and the character behind them; -1 when they are not there. */
static int take(const char **p, int len, char behind)
{
	int value = 0;

	for (int i = 0; i < len; i++) {
		if (**p < '0' || **p > '9')
			return -1;
		value = value * 10 + (*(*p)++ - '0');
	}
	if (behind && *(*p)++ != behind)
		return -1;
	return value;
}

static int64_t take_fraction(const char **p)
{
	int64_t fraction = 0, unit = NS_PER_S;

	for (; **p >= '0' && **p <= '9'; (*p)++)
		fraction += (**p - '0') * (unit /= 10);
	return fraction;
}

/* "Z" or "+02:00", in seconds; false when it is neither. */
static bool take_zone(const char *p, int *ret_offset)
{
	int sign = *p == '-' ? -1 : 1;
	int hours, minutes;

	*ret_offset = 0;
	if (*p == 'Z' || *p == 'z')
		return !p[1];
	if (*p != '+' && *p != '-')
		return false;
	p++;
	hours = take(&p, 2, ':');
	if (hours < 0 || hours > 23)
		return false;
	minutes = take(&p, 2, '\0');
	if (minutes < 0 || minutes > 59)
		return false;
	*ret_offset = sign * (hours * 3600 + minutes * 60);
	return !*p;
}

int64_t pod_time(const char *text)
{
	struct tm tm = {0};
	int64_t seconds, fraction = 0;
	int day, month, offset;
	const char *p = text;
	bool is_leap;

	if ((tm.tm_year = take(&p, 4, '-')) < YEAR_MIN ||
	    tm.tm_year > YEAR_MAX || (month = take(&p, 2, '-')) < 1 ||
	    month > 12 || (day = take(&p, 2, '\0')) < 1 || day > 31 ||
	    (*p != 'T' && *p != 't'))
		return 0;
	p++;
	if ((tm.tm_hour = take(&p, 2, ':')) < 0 || tm.tm_hour > 23 ||
	    (tm.tm_min = take(&p, 2, ':')) < 0 || tm.tm_min > 59 ||
	    (tm.tm_sec = take(&p, 2, '\0')) < 0 || tm.tm_sec > 60)
		return 0;
	if (*p == '.') {
		p++;
		if (*p < '0' || *p > '9')
			return 0;
		fraction = take_fraction(&p);
	}
	if (!take_zone(p, &offset))
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	is_leap = tm.tm_sec == 60;
	seconds = timegm(&tm) - offset;
	if ((tm.tm_mday != day && !is_leap) /* 30 February */ || seconds <= 0)
		return 0;
	return seconds * NS_PER_S + fraction;
}
