/* SPDX-License-Identifier: MIT */
/*
 * A scanner for the one shape of report that comes by the hundred thousand:
 * {"name": "loss", "type": "intermediate", "sequence": 3, "value": 0.25}.
 *
 * It accepts exactly what cJSON and metric.c accept, or less: escapes, other
 * members, members twice, objects as value and numbers out of the common range
 * make it give up, and the general way answers.  So nothing here words errors.
 * Numbers of up to 15 digits and small exponents are exact by one
 * multiplication or division of two exact doubles (Clinger, 1990); all others
 * go to strtod in the C locale.
 */
#include "model/metric_scan.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 63 /* bytes, as in cJSON */
#define MANTISSA_EXACT (1ULL << 53)
#define POWER_EXACT 22 /* 10^22 is the last exact power */

enum member {
	MEMBER_NAME = 1,
	MEMBER_TYPE = 2,
	MEMBER_VALUE = 4,
	MEMBER_SEQUENCE = 8,
	MEMBER_SOURCE = 16,
	MEMBER_TIME = 32,
};

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
	c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

static bool number_by_library(const char *text, size_t len, double *ret)
{
	char copy[NUMBER_MAX + 1];

	if (len > NUMBER_MAX)
		return false;
	pthread_once(&c_locale_once, make_c_locale);
	if (!c_locale)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*ret = strtod_l(copy, NULL, c_locale);
	return true;
}

static bool is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

static bool scan_word(const char **pos, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *pos) < len || memcmp(*pos, word, len))
		return false;
	*pos += len;
	return true;
}

/* Digits into the mantissa; those beyond its 19 only count. */
static const char *scan_digits(const char *p, const char *end, uint64_t *digits,
			       int *count)
{
	while (is_digit(p, end)) {
		if (*count < 19)
			*digits = *digits * 10 + (*p - '0');
		if (*digits || *count)
			(*count)++;
		p++;
	}
	return p;
}

static bool scan_exponent(const char **pos, const char *end, int *ret)
{
	const char *p = *pos + 1;
	int exponent = 0;
	bool is_negative = false;

	if (p < end && (*p == '+' || *p == '-'))
		is_negative = *p++ == '-';
	if (!is_digit(p, end))
		return false;
	for (; is_digit(p, end); p++) {
		if (exponent < 10000)
			exponent = exponent * 10 + (*p - '0');
	}
	*ret += is_negative ? -exponent : exponent;
	*pos = p;
	return true;
}

static double scale(uint64_t mantissa, int exponent)
{
	static const double powers[] = {
		1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
		1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
	};

	if (exponent < 0)
		return (double)mantissa / powers[-exponent];
	return (double)mantissa * powers[exponent];
}

static bool scan_number(const char **pos, const char *end, double *ret)
{
	const char *start = *pos;
	const char *p = start;
	const char *point;
	uint64_t mantissa = 0;
	int digits = 0;
	int exponent = 0;
	bool is_negative;

	is_negative = p < end && *p == '-';
	p += is_negative;
	if (!is_digit(p, end))
		return false;
	if (*p == '0' && is_digit(p + 1, end))
		return false; /* no number in JSON */
	p = scan_digits(p, end, &mantissa, &digits);
	if (p < end && *p == '.') {
		point = ++p;
		if (!is_digit(p, end))
			return false;
		p = scan_digits(p, end, &mantissa, &digits);
		exponent = -(int)(p - point);
	}
	if (p < end && (*p == 'e' || *p == 'E') &&
	    !scan_exponent(&p, end, &exponent))
		return false;
	*pos = p;
	if (digits > 19 || mantissa > MANTISSA_EXACT ||
	    abs(exponent) > POWER_EXACT)
		return number_by_library(start, p - start, ret);
	*ret = scale(mantissa, exponent);
	if (is_negative)
		*ret = -*ret;
	return true;
}

static bool scan_value(const char **pos, const char *end, double *ret)
{
	if (scan_word(pos, end, "NaN"))
		*ret = NAN;
	else if (scan_word(pos, end, "Infinity"))
		*ret = INFINITY;
	else if (scan_word(pos, end, "-Infinity"))
		*ret = -INFINITY;
	else
		return scan_number(pos, end, ret);
	return true;
}

static bool scan_integer(const char **pos, const char *end, int max_digits,
			 int64_t *ret)
{
	const char *p = *pos;
	uint64_t number = 0;
	int count = 0;

	if (!is_digit(p, end) || (*p == '0' && is_digit(p + 1, end)))
		return false;
	p = scan_digits(p, end, &number, &count);
	if (count > max_digits ||
	    (p < end && (*p == '.' || *p == 'e' || *p == 'E')))
		return false;
	*ret = (int64_t)number;
	*pos = p;
	return true;
}

/* A string of plain ASCII; borrowed, without its quotes. */
static bool scan_string(const char **pos, const char *end, const char **ret,
			size_t *ret_len)
{
	const char *p = *pos;

	if (p >= end || *p != '"')
		return false;
	*ret = ++p;
	while (p < end && *p >= ' ' && *p < 0x7f && *p != '"' && *p != '\\')
		p++;
	if (p >= end || *p != '"')
		return false;
	*ret_len = p - *ret;
	*pos = p + 1;
	return true;
}

static bool equals(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(text, word, len);
}

static int member_of(const char *key, size_t len)
{
	if (equals(key, len, "name"))
		return MEMBER_NAME;
	if (equals(key, len, "value"))
		return MEMBER_VALUE;
	if (equals(key, len, "type"))
		return MEMBER_TYPE;
	if (equals(key, len, "sequence"))
		return MEMBER_SEQUENCE;
	if (equals(key, len, "source"))
		return MEMBER_SOURCE;
	if (equals(key, len, "time"))
		return MEMBER_TIME;
	return 0;
}

static bool scan_name(const char **pos, const char *end, struct metric *ret)
{
	const char *text;
	size_t len;

	if (!scan_string(pos, end, &text, &len) || !len ||
	    len > METRIC_NAME_MAX)
		return false;
	memcpy(ret->name, text, len);
	ret->name[len] = '\0';
	return true;
}

static bool scan_type(const char **pos, const char *end, struct metric *ret)
{
	const char *text;
	size_t len;

	if (!scan_string(pos, end, &text, &len))
		return false;
	if (equals(text, len, "final"))
		ret->type = METRIC_FINAL;
	else if (equals(text, len, "intermediate"))
		ret->type = METRIC_INTERMEDIATE;
	else
		return false;
	return true;
}

static bool scan_member(const char **pos, const char *end, int member,
			struct metric *ret)
{
	int64_t number;
	double seconds;

	switch (member) {
	case MEMBER_NAME:
		return scan_name(pos, end, ret);
	case MEMBER_TYPE:
		return scan_type(pos, end, ret);
	case MEMBER_VALUE:
		return scan_value(pos, end, &ret->value);
	case MEMBER_SEQUENCE:
		return scan_integer(pos, end, 15, &ret->sequence);
	case MEMBER_SOURCE:
		if (!scan_integer(pos, end, 6, &number))
			return false;
		ret->source = (int)number;
		return true;
	case MEMBER_TIME:
		if (!scan_number(pos, end, &seconds) || seconds < 0 ||
		    seconds >= METRIC_TIME_MAX_S)
			return false;
		ret->at_ns = metric_time_ns(seconds);
		return true;
	}
	return false;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

bool metric_scan(const char **pos, const char *end, struct metric *ret)
{
	const char *p = *pos;
	const char *key;
	size_t key_len;
	int seen = 0;

	ret->sequence = METRIC_SEQUENCE_NEXT;
	memcpy(ret->name, METRIC_OBJECTIVE, sizeof(METRIC_OBJECTIVE));
	if (p >= end || *p++ != '{')
		return false;
	for (;;) {
		int member;

		p = skip_blanks(p, end);
		if (!scan_string(&p, end, &key, &key_len))
			return false;
		member = member_of(key, key_len);
		if (!member || (seen & member))
			return false;
		seen |= member;
		p = skip_blanks(p, end);
		if (p >= end || *p++ != ':')
			return false;
		p = skip_blanks(p, end);
		if (!scan_member(&p, end, member, ret))
			return false;
		p = skip_blanks(p, end);
		if (p >= end)
			return false;
		if (*p == '}')
			break;
		if (*p++ != ',')
			return false;
	}
	if (!(seen & MEMBER_VALUE))
		return false;
	*pos = p + 1;
	return true;
}
