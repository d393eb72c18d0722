/* SPDX-License-Identifier: MIT */
/* Moments, spans and results by name. */
#include "tui/log_when.h"

#include "base/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_NS (86400 * NS_PER_S)
#define SPAN_MAX_S 1e9

bool log_when_span(const char *text, int64_t *ret_ns)
{
	double seconds = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	while (*text) {
		static const char units[] = "smhd";
		static const double lengths[] = {1, 60, 3600, 86400};
		const char *unit;
		char *end;
		double number;

		if (!isdigit((unsigned char)*text))
			return false;
		number = strtod(text, &end);
		unit = *end ? strchr(units, *end) : units;
		if (!unit || !isfinite(number))
			return false;
		seconds += number * lengths[unit - units];
		text = end + (*end != '\0');
	}
	if (seconds > SPAN_MAX_S)
		return false;
	*ret_ns = (int64_t)(seconds * 1e9);
	return true;
}

/* "14:03", "14:03:07": within its day, in nanoseconds. */
static bool time_of_day(const char *text, int64_t *ret_ns)
{
	unsigned hours, minutes, seconds = 0;
	int used = 0;

	if (strlen(text) > 8 ||
	    sscanf(text, "%2u:%2u%n", &hours, &minutes, &used) != 2)
		return false;
	text += used;
	if (*text &&
	    (sscanf(text, ":%2u%n", &seconds, &used) != 1 || text[used]))
		return false;
	if (hours > 23 || minutes > 59 || seconds > 60)
		return false;
	*ret_ns = (int64_t)(hours * 3600 + minutes * 60 + seconds) * NS_PER_S;
	return true;
}

/* Dates with a time, with a blank in place of the T, without the Z. */
static bool full_time(const char *text, int64_t *ret_ns)
{
	char iso[40];
	size_t len = strlen(text);

	if (len < 16 || len > 35 || !isdigit((unsigned char)*text))
		return false;
	snprintf(iso, sizeof(iso), "%s", text);
	if (iso[10] == ' ')
		iso[10] = 'T';
	if (len == 16) /* to the minute */
		snprintf(iso + len, sizeof(iso) - len, ":00Z");
	else if (isdigit((unsigned char)iso[len - 1]) &&
		 !strpbrk(iso + 11, "+-"))
		snprintf(iso + len, sizeof(iso) - len, "Z");
	return clock_parse_iso(iso, ret_ns);
}

static bool result(const char *text, struct log_when *ret)
{
	const char *number = strrchr(text, ':');
	size_t len = strlen(text);
	char *end;

	ret->kind = LOG_WHEN_METRIC;
	ret->sequence = -1;
	if (text[strspn(text, "0123456789")] == '\0') {
		number = text;
		len = 0;
	} else if (number && number[1] &&
		   number[1 + strspn(number + 1, "0123456789")] == '\0') {
		len = (size_t)(number - text);
		number++;
	} else {
		number = NULL;
	}
	if (number) {
		ret->sequence = strtoll(number, &end, 10);
		if (end - number > 18)
			return false;
	}
	if (len >= sizeof(ret->name))
		return false;
	memcpy(ret->name, text, len);
	ret->name[len] = '\0';
	return true;
}

bool log_when_parse(const char *text, int64_t start_ns, int64_t end_ns,
		    struct log_when *ret, struct error *err)
{
	int64_t ns;

	memset(ret, 0, sizeof(*ret));
	if (*text == '@')
		text++;
	if ((*text == '+' || *text == '-') && log_when_span(text + 1, &ns)) {
		ret->at_ns = *text == '+' ? start_ns + ns : end_ns - ns;
		return true;
	}
	if (time_of_day(text, &ns)) {
		ret->at_ns = start_ns - start_ns % DAY_NS + ns;
		/* to the minute, so a start within it is no day away */
		if (ret->at_ns + 60 * NS_PER_S <= start_ns)
			ret->at_ns += DAY_NS;
		return true;
	}
	if (full_time(text, &ret->at_ns))
		return true;
	if (!strcmp(text, "best")) {
		ret->kind = LOG_WHEN_BEST;
		return true;
	}
	if (*text && *text != '+' && *text != '-' && result(text, ret))
		return true;
	return error_set(err, ERROR_INVALID,
			 "a time (14:03), a span (+5m, -30s), a metric (acc, "
			 "acc:12), a number (12) or best is needed, not "
			 "\"%.60s\"",
			 text);
}
