/* SPDX-License-Identifier: MIT */
/* Members of a hostile JSON object, checked one by one. */
#include "store/import_reader.h"

#include "base/utf8.h"
#include "store/transfer.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

bool reader_refuse(struct reader *reader, const char *key, const char *why)
{
	if (reader->has_failed)
		return false;
	reader->has_failed = true;
	if (reader->index < 0)
		return error_set(reader->err, ERROR_INVALID, "%s.%s: %s",
				 reader->list, key, why);
	return error_set(reader->err, ERROR_INVALID, "%s[%" PRId64 "].%s: %s",
			 reader->list, reader->index, key, why);
}

const cJSON *reader_get(struct reader *reader, const char *key)
{
	const cJSON *item =
		cJSON_GetObjectItemCaseSensitive(reader->object, key);

	return cJSON_IsNull(item) ? NULL : item;
}

/* NULL when absent; borrowed from the document. */
static bool is_utf8(const char *text)
{
	size_t left = strlen(text);
	uint32_t point;

	while (left) {
		size_t n = utf8_decode(text, left, &point);

		if (point == UTF8_INVALID)
			return false;
		text += n;
		left -= n;
	}
	return true;
}

char *reader_text(struct reader *reader, const char *key, size_t max)
{
	const cJSON *item = reader_get(reader, key);

	if (!item)
		return NULL;
	if (!cJSON_IsString(item))
		reader_refuse(reader, key, "must be a string");
	else if (strlen(item->valuestring) > max)
		reader_refuse(reader, key, "is too long");
	else if (!is_utf8(item->valuestring))
		reader_refuse(reader, key, "is not UTF-8");
	else
		return item->valuestring;
	return NULL;
}

const char *reader_need_text(struct reader *reader, const char *key, size_t max)
{
	const char *text = reader_text(reader, key, max);

	if (!text)
		reader_refuse(reader, key, "is missing");
	return text ? text : "";
}

int64_t reader_number_of(struct reader *reader, const char *key,
			 const cJSON *item, int64_t least, int64_t most)
{
	double value = cJSON_IsNumber(item) ? item->valuedouble : NAN;

	/* also false for NaN */
	if (!(value >= (double)least && value <= (double)most) ||
	    value != trunc(value)) {
		reader_refuse(reader, key, "must be a whole number in range");
		return least;
	}
	return (int64_t)value;
}

/* 0 when absent. */
int64_t reader_int(struct reader *reader, const char *key, int64_t least,
		   int64_t most)
{
	const cJSON *item = reader_get(reader, key);

	return item ? reader_number_of(reader, key, item, least, most) : 0;
}

bool reader_bool(struct reader *reader, const char *key)
{
	const cJSON *item = reader_get(reader, key);

	if (item && !cJSON_IsBool(item))
		reader_refuse(reader, key, "must be true or false");
	return cJSON_IsTrue(item);
}

int64_t reader_time(struct reader *reader, const char *key)
{
	const char *text = reader_text(reader, key, 64);
	int64_t at_ns = 0;

	if (text && !transfer_parse_time(text, &at_ns))
		reader_refuse(reader, key,
			      "must be a time as in 2026-11-21T21:22:37.5Z");
	return at_ns;
}

double reader_double_of(struct reader *reader, const char *key,
			const cJSON *item)
{
	if (cJSON_IsNumber(item))
		return item->valuedouble;
	if (cJSON_IsString(item)) {
		if (!strcmp(item->valuestring, "NaN"))
			return NAN;
		if (!strcmp(item->valuestring, "Infinity"))
			return INFINITY;
		if (!strcmp(item->valuestring, "-Infinity"))
			return -INFINITY;
	}
	reader_refuse(reader, key, "must be a number");
	return NAN;
}

struct metric_value reader_value(struct reader *reader, const char *key)
{
	const cJSON *item = reader_get(reader, key);
	struct metric_value value = {.is_set = item};

	if (item)
		value.number = reader_double_of(reader, key, item);
	return value;
}

enum trial_state reader_trial_state(struct reader *reader)
{
	enum trial_state state = TRIAL_UNKNOWN;

	if (!trial_state_parse(reader_need_text(reader, "state", 32), &state))
		reader_refuse(reader, "state", "is not a trial state");
	return state;
}

/* Which of these words, by number. */
int reader_word(struct reader *reader, const char *key,
		const char *const *words, int count)
{
	const char *text = reader_need_text(reader, key, 64);

	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], text))
			return i;
	reader_refuse(reader, key, "has an unknown value");
	return 0;
}
