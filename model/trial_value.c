/* SPDX-License-Identifier: MIT */
/* Numbers of fields: as users write them, and a metric's statistics. */
#include "base/clock.h"
#include "model/trial.h"
#include "model/trial_field.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* strtod without hexadecimal and blanks; what follows is at *ret_end. */
static bool read_number(const char *text, const char **ret_end, double *ret)
{
	size_t sign = strspn(text, "+-");
	char *end;

	if (sign > 1 || text[sign] == ' ' || text[sign] == '\t' ||
	    (text[sign] == '0' && (text[sign + 1] | 0x20) == 'x'))
		return false;
	*ret = strtod(text, &end);
	*ret_end = end;
	return end != text;
}

/* "90", "1.5h", "1h30m". */
static bool read_duration(const char *text, double *ret)
{
	static const struct {
		char letter;
		double seconds;
	} units[] = {
		{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	double sum = 0, part;
	const char *end;
	size_t i;

	if (!*text)
		return false;
	while (*text) {
		if (!read_number(text, &end, &part))
			return false;
		if (!*end) {
			*ret = sum + part;
			return true;
		}
		for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (*end == units[i].letter)
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			return false;
		sum += part * units[i].seconds;
		text = end + 1;
	}
	*ret = sum;
	return true;
}

/* "500m" cores; "2Gi", "1.5e9", "512M" bytes. */
static bool read_quantity(const char *text, bool is_cpu, double *ret)
{
	static const char letters[] = "kmgtpe";
	const char *end, *at;
	double base = 1000;

	if (!read_number(text, &end, ret))
		return false;
	if (is_cpu && strcmp(end, "m") == 0) {
		*ret /= 1000;
		return true;
	}
	if (!*end)
		return true;
	at = strchr(letters, *end | 0x20);
	if (is_cpu || !at)
		return false;
	end++;
	if (*end == 'i') {
		base = 1024;
		end++;
	}
	if (*end == 'B' || *end == 'b')
		end++;
	*ret *= pow(base, (double)(at - letters) + 1);
	return !*end;
}

bool field_value_parse(const char *text, enum field_unit unit, double *ret)
{
	const char *end;

	switch (unit) {
	case UNIT_DURATION:
	case UNIT_AGE:
		return read_duration(text, ret);
	case UNIT_CPU:
	case UNIT_BYTES:
		return read_quantity(text, unit == UNIT_CPU, ret);
	default:
		return read_number(text, &end, ret) && !*end;
	}
}

void trial_field_value_format(const struct trial_field *field, double value,
			      struct strbuf *out)
{
	switch (trial_field_unit(field)) {
	case UNIT_AGE:
		if (value > 0 && value < 9e9)
			clock_format_iso(out, (int64_t)(value * 1e9));
		break;
	case UNIT_TEXT:
		if (field->kind == FIELD_STATE && value >= 0 &&
		    value < TRIAL_STATE_COUNT)
			strbuf_adds(out,
				    trial_state_name((enum trial_state)value));
		break;
	default:
		strbuf_add_json_number(out, value);
	}
}

void metric_stats_begin(struct metric_stats *stats)
{
	int i;

	for (i = 0; i < STAT_LIMIT; i++)
		stats->values[i] = NAN;
	stats->values[STAT_COUNT] = 0;
	stats->values[STAT_MEAN] = 0; /* a sum, until the end */
	stats->numbers = 0;
}

void metric_stats_add(struct metric_stats *stats, enum metric_type type,
		      double value, bool is_first, bool is_newest)
{
	double *values = stats->values;

	if (type == METRIC_FINAL) {
		if (isnan(values[STAT_FINAL]))
			values[STAT_FINAL] = value;
		return;
	}
	values[STAT_COUNT]++;
	if (is_first)
		values[STAT_FIRST] = value;
	if (is_newest)
		values[STAT_LAST] = value;
	if (isnan(value))
		return;
	if (!(values[STAT_MIN] <= value))
		values[STAT_MIN] = value;
	if (!(values[STAT_MAX] >= value))
		values[STAT_MAX] = value;
	values[STAT_MEAN] += value;
	stats->numbers++;
}

void metric_stats_end(struct metric_stats *stats)
{
	double *values = stats->values;

	values[STAT_MEAN] =
		stats->numbers > 0 ? values[STAT_MEAN] / stats->numbers : NAN;
	values[STAT_VALUE] = isnan(values[STAT_FINAL]) ? values[STAT_LAST]
						       : values[STAT_FINAL];
}
