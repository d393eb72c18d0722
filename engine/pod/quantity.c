/* SPDX-License-Identifier: MIT */
/*
 * Quantities: a decimal number and a suffix (k8s.io/apimachinery, package
 * resource): n u m, k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent.  Computed
 * in whole numbers: 0.1 is a tenth.
 */
#include "engine/pod/view.h"

#include <string.h>

#define EXPONENT_MAX 999 /* far beyond what fits */

__extension__ typedef unsigned __int128 wide;

struct number {
	wide digits;
	int scale;  /* of ten */
	int binary; /* powers of two */
	bool is_negative;
};

/* Digits with at most one point; NULL when there are none or too many. */
static const char *read_digits(const char *p, struct number *number)
{
	bool is_fraction = false, is_any = false;

	for (;; p++) {
		if (*p == '.' && !is_fraction) {
			is_fraction = true;
			continue;
		}
		if (*p < '0' || *p > '9')
			return is_any ? p : NULL;
		if (__builtin_mul_overflow(number->digits, (wide)10,
					   &number->digits) ||
		    __builtin_add_overflow(number->digits, (wide)(*p - '0'),
					   &number->digits))
			return NULL;
		number->scale -= is_fraction;
		is_any = true;
		if (number->scale < -EXPONENT_MAX)
			return NULL;
	}
}

static bool read_exponent(const char *p, struct number *number)
{
	bool is_negative = *p == '-';
	int exponent = 0;

	p += *p == '-' || *p == '+';
	if (!*p)
		return false;
	for (; *p; p++) {
		if (*p < '0' || *p > '9')
			return false;
		exponent = exponent * 10 + (*p - '0');
		if (exponent > EXPONENT_MAX)
			return false;
	}
	number->scale += is_negative ? -exponent : exponent;
	return true;
}

static bool read_suffix(const char *p, struct number *number)
{
	static const char decimal[] = "num kMGTPE"; /* the blank: none */
	static const char binary[] = "KMGTPE";
	const char *found;

	if (!*p)
		return true;
	if (p[1] == 'i' && !p[2] && (found = strchr(binary, *p))) {
		number->binary = 10 * (int)(found - binary + 1);
		return true;
	}
	if (!p[1] && *p != ' ' && (found = strchr(decimal, *p))) {
		number->scale += 3 * (int)(found - decimal) - 9;
		return true;
	}
	return (*p == 'e' || *p == 'E') && read_exponent(p + 1, number);
}

/* Away from zero, as the API server rounds. */
static bool to_milli(const struct number *number, int64_t *ret)
{
	wide value = number->digits;
	int scale = number->scale + 3;
	bool is_inexact = false;

	for (int i = 0; value && i < number->binary; i++)
		if (__builtin_mul_overflow(value, (wide)2, &value))
			return false;
	for (; value && scale > 0; scale--)
		if (__builtin_mul_overflow(value, (wide)10, &value))
			return false;
	for (; value && scale < 0; scale++) {
		is_inexact |= value % 10 != 0;
		value /= 10;
	}
	value += is_inexact;
	if (value > INT64_MAX)
		return false;
	*ret = number->is_negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool pod_quantity(const char *text, int64_t *ret_milli)
{
	struct number number = {.is_negative = *text == '-'};
	const char *p;

	p = read_digits(text + (*text == '-' || *text == '+'), &number);
	return p && read_suffix(p, &number) && to_milli(&number, ret_milli);
}
