/* SPDX-License-Identifier: MIT */
/* Numbers, ages, cells and bars.  The one rule: a number is rounded until it
 * fits, and what cannot fit says so; it never loses its last digits. */
#include "tui/format.h"

#include "base/clock.h"
#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_SIZE 400 /* "%.0f" of any double */

/* "1.20e-05" and "1.2e-05" alike become "1.2e-5". */
static void shorten_exponent(char *text)
{
	char *e = strchr(text, 'e'), *end = e, *from;

	if (!e)
		return;
	if (memchr(text, '.', (size_t)(e - text))) {
		while (end[-1] == '0')
			end--;
		if (end[-1] == '.')
			end--;
	}
	from = e + 1;
	*end++ = 'e';
	if (*from == '-')
		*end++ = '-';
	from += strspn(from, "+-0");
	memmove(end, from, strlen(from) + 1);
	if (!*end)
		end[-1] = '\0'; /* e+00: no exponent at all */
}

/* Try the two spellings of `value` with so many digits. */
static bool spell_number(char text[NUMBER_SIZE], double value, int digits,
			 int cols)
{
	snprintf(text, NUMBER_SIZE, "%.*g", digits, value);
	shorten_exponent(text);
	if ((int)strlen(text) <= cols)
		return true;
	snprintf(text, NUMBER_SIZE, "%.*e", digits - 1, value);
	shorten_exponent(text);
	return (int)strlen(text) <= cols;
}

void format_number_digits(struct strbuf *out, double value, int cols,
			  int digits)
{
	char text[NUMBER_SIZE];

	if (value == 0)
		value = 0; /* no "-0" */
	if (isnan(value)) {
		snprintf(text, sizeof(text), "NaN");
	} else if (isinf(value)) {
		snprintf(text, sizeof(text), value > 0 ? "inf" : "-inf");
	} else {
		if (value == floor(value) && fabs(value) < 1e15) {
			snprintf(text, sizeof(text), "%.0f", value);
			if ((int)strlen(text) <= cols) {
				strbuf_adds(out, text);
				return;
			}
		}
		digits = digits < 1 ? 1 : digits > 17 ? 17 : digits;
		while (digits > 1 && !spell_number(text, value, digits, cols))
			digits--;
		if (digits == 1)
			spell_number(text, value, 1, cols);
	}
	if ((int)strlen(text) <= cols) {
		strbuf_adds(out, text);
		return;
	}
	for (int i = 0; i < cols; i++)
		strbuf_addch(out, '#');
}

void format_number(struct strbuf *out, double value, int cols)
{
	format_number_digits(out, value, cols, FORMAT_DIGITS);
}

/* value < 1000 units of `suffix`, in at most 5 columns */
static void add_scaled(struct strbuf *out, double value, char suffix)
{
	strbuf_addf(out, value < 9.95 ? "%.1f%c" : "%.0f%c", value, suffix);
}

static void add_with_unit(struct strbuf *out, int64_t number, int64_t plain,
			  double base, const char *suffixes)
{
	double value = (double)number;

	if (number < 0)
		number = 0;
	if (number < plain) {
		strbuf_addf(out, "%lld", (long long)number);
		return;
	}
	value /= base;
	while (value >= base - 0.5 && suffixes[1]) {
		value /= base;
		suffixes++;
	}
	add_scaled(out, value, *suffixes);
}

void format_count(struct strbuf *out, int64_t count)
{
	add_with_unit(out, count, 100000, 1000, "kMGTPE");
}

void format_bytes(struct strbuf *out, int64_t bytes)
{
	add_with_unit(out, bytes, 1024, 1024, "KMGTPE");
}

void format_cpu(struct strbuf *out, int64_t cpu_milli)
{
	if (cpu_milli < 0)
		strbuf_addch(out, '-');
	else if (cpu_milli >= 100000)
		format_count(out, cpu_milli / 1000);
	else
		format_number_digits(out, (double)cpu_milli / 1000, 5, 3);
}

void format_memory(struct strbuf *out, int64_t memory_bytes)
{
	if (memory_bytes < 0)
		strbuf_addch(out, '-');
	else
		format_bytes(out, memory_bytes);
}

void format_gpus(struct strbuf *out, int64_t gpus)
{
	if (gpus < 0)
		strbuf_addch(out, '-');
	else
		format_count(out, gpus);
}

void format_share(struct strbuf *out, amount_fn *format, int64_t part,
		  int64_t whole)
{
	if (part < 0 && whole < 0) {
		strbuf_addch(out, '-');
		return;
	}
	format(out, part);
	strbuf_addch(out, '/');
	format(out, whole);
}

void format_amount(struct strbuf *out, const struct cluster_amount *amount)
{
	size_t before = out->len;

	if (amount->cpu_milli >= 0) {
		format_cpu(out, amount->cpu_milli);
		strbuf_adds(out, " CPU");
	}
	if (amount->memory_bytes >= 0) {
		strbuf_adds(out, out->len > before ? ", " : "");
		format_memory(out, amount->memory_bytes);
		strbuf_adds(out, " memory");
	}
	if (amount->gpus > 0)
		strbuf_addf(out, "%s%lld GPU%s", out->len > before ? ", " : "",
			    (long long)amount->gpus,
			    amount->gpus == 1 ? "" : "s");
	if (out->len == before)
		strbuf_addch(out, '-');
}

#define MINUTE_NS (60 * NS_PER_S)
#define HOUR_NS (60 * MINUTE_NS)
#define DAY_NS (24 * HOUR_NS)

/* The step in which an age is told: from `from_ns` on, in units of unit_ns. */
static const struct age_unit {
	int64_t from_ns, unit_ns;
	char suffix;
} age_units[] = {
	{2 * 365 * DAY_NS, 365 * DAY_NS, 'y'}, {99 * DAY_NS, 7 * DAY_NS, 'w'},
	{48 * HOUR_NS, DAY_NS, 'd'},	       {HOUR_NS, HOUR_NS, 'h'},
	{MINUTE_NS, MINUTE_NS, 'm'},
};

static const struct age_unit *find_age_unit(int64_t age_ns)
{
	for (size_t i = 0; i < sizeof(age_units) / sizeof(age_units[0]); i++) {
		if (age_ns >= age_units[i].from_ns)
			return &age_units[i];
	}
	return NULL;
}

void format_age(struct strbuf *out, int64_t then_ns, int64_t now_ns)
{
	const struct age_unit *unit = find_age_unit(now_ns - then_ns);

	if (!then_ns)
		strbuf_adds(out, "-");
	else if (!unit)
		strbuf_adds(out, "now");
	else
		strbuf_addf(out, "%lld%c ago",
			    (long long)((now_ns - then_ns) / unit->unit_ns),
			    unit->suffix);
}

int64_t format_age_change_ns(int64_t then_ns, int64_t now_ns)
{
	int64_t age_ns = now_ns - then_ns;
	const struct age_unit *unit = find_age_unit(age_ns);
	int64_t next_ns;

	if (!then_ns)
		return INT64_MAX;
	if (!unit)
		return MINUTE_NS - age_ns;
	next_ns = unit->unit_ns - age_ns % unit->unit_ns;
	if (unit > age_units && age_ns + next_ns > unit[-1].from_ns)
		next_ns = unit[-1].from_ns - age_ns;
	return next_ns;
}

void format_elapsed(struct strbuf *out, int64_t then_ns, int64_t now_ns)
{
	if (then_ns)
		clock_format_duration(out, now_ns - then_ns);
	else
		strbuf_adds(out, "-");
}

static void add_blanks(struct strbuf *out, int cols)
{
	while (cols-- > 0)
		strbuf_addch(out, ' ');
}

static const char *cut_mark(bool is_ascii)
{
	return is_ascii ? "~" : "\xE2\x80\xA6";
}

/* Make text safe and fit it; returns the columns it takes. */
static int fit_text(struct strbuf *safe, const char *text, int cols,
		    bool is_ascii)
{
	size_t bytes;
	int taken;

	utf8_sanitize(safe, text, strlen(text), is_ascii);
	bytes = utf8_prefix(safe->data, safe->len, cols, &taken);
	if (bytes == safe->len)
		return taken;
	if (cols <= 0) {
		strbuf_clear(safe);
		return 0;
	}
	bytes = utf8_prefix(safe->data, safe->len, cols - 1, &taken);
	strbuf_truncate(safe, bytes);
	strbuf_adds(safe, cut_mark(is_ascii));
	return taken + 1;
}

void format_cell(struct strbuf *out, const char *text, int cols,
		 enum format_align align, bool is_ascii)
{
	struct strbuf safe = STRBUF_INIT;
	int taken = fit_text(&safe, text, cols, is_ascii);

	if (align == FORMAT_RIGHT)
		add_blanks(out, cols - taken);
	strbuf_add(out, safe.data, safe.len);
	if (align == FORMAT_LEFT)
		add_blanks(out, cols - taken);
	strbuf_release(&safe);
}

void format_cut(struct strbuf *out, const char *text, int cols, bool is_ascii)
{
	struct strbuf safe = STRBUF_INIT;

	fit_text(&safe, text, cols, is_ascii);
	strbuf_add(out, safe.data, safe.len);
	strbuf_release(&safe);
}

void format_bar(struct strbuf *out, double fraction, int cols, bool is_ascii)
{
	int filled;

	fraction = fraction > 0 ? fmin(fraction, 1) : 0;
	if (cols <= 0)
		return;
	if (is_ascii) {
		bool has_brackets = cols >= 4;
		int inner = has_brackets ? cols - 2 : cols;

		filled = (int)(fraction * inner); /* full only when done */
		if (has_brackets)
			strbuf_addch(out, '[');
		for (int i = 0; i < inner; i++)
			strbuf_addch(out, i < filled ? '#' : '.');
		if (has_brackets)
			strbuf_addch(out, ']');
		return;
	}
	filled = (int)(fraction * cols * 8);
	for (int i = 0; i < cols; i++, filled -= 8) {
		if (filled >= 8)
			strbuf_adds(out, "\xE2\x96\x88");
		else if (filled > 0) /* U+258F (1/8) ... U+2589 (7/8) */
			utf8_encode(out, 0x2590u - (uint32_t)filled);
		else
			strbuf_adds(out, "\xE2\x96\x91");
	}
}

static double mean_of(const double *values, size_t count)
{
	double sum = 0;
	size_t finite = 0;

	for (size_t i = 0; i < count; i++) {
		if (isfinite(values[i])) {
			sum += values[i] / (double)count;
			finite++;
		}
	}
	return finite ? sum / (double)finite * (double)count : NAN;
}

/* The values that fall into column `col` of a sparkline. */
static double sparkline_value(const double *values, size_t count, int cols,
			      int col)
{
	size_t columns = (size_t)cols, c = (size_t)col, from, to;

	if (count <= columns)
		return c < count ? values[c] : NAN;
	from = (size_t)((double)count * (double)c / (double)columns);
	to = (size_t)((double)count * (double)(c + 1) / (double)columns);
	return mean_of(values + from, to > from ? to - from : 1);
}

static void find_range(const double *values, size_t count, int cols,
		       double *ret_low, double *ret_high)
{
	*ret_low = INFINITY;
	*ret_high = -INFINITY;
	for (int col = 0; col < cols; col++) {
		double value = sparkline_value(values, count, cols, col);

		if (isfinite(value)) {
			*ret_low = fmin(*ret_low, value);
			*ret_high = fmax(*ret_high, value);
		}
	}
}

void format_sparkline(struct strbuf *out, const double *values, size_t count,
		      int cols, bool is_ascii)
{
	static const char ascii_levels[] = "_.:-=+*#";
	double low, high;

	find_range(values, count, cols, &low, &high);
	for (int col = 0; col < cols; col++) {
		double value = sparkline_value(values, count, cols, col);
		double span = high / 2 - low / 2; /* halves: no overflow */
		uint32_t level = 3;

		if (!isfinite(value)) {
			strbuf_addch(out, ' ');
			continue;
		}
		if (span > 0)
			level = (uint32_t)((value / 2 - low / 2) / span * 7.99);
		if (is_ascii)
			strbuf_addch(out, ascii_levels[level]);
		else
			utf8_encode(out, 0x2581u + level);
	}
}
