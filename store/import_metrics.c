/* SPDX-License-Identifier: MIT */
/* Import of metrics: pieces of curves, as columns. */
#include "store/transfer.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool same_length(struct reader *reader, const cJSON *list,
			const char *key, int count)
{
	if (!cJSON_IsArray(list) || cJSON_GetArraySize(list) != count)
		return reader_refuse(reader, key,
				     "must be a list as long as the "
				     "other lists");
	return true;
}

bool transfer_read_metrics(struct store *store, struct reader *reader,
			   int64_t trial, struct error *err)
{
	static const char *const types[] = {"intermediate", "final"};
	const cJSON *sequence = reader_get(reader, "sequences");
	const cJSON *after = reader_get(reader, "after_ns");
	const cJSON *value = reader_get(reader, "values");
	const cJSON *text = reader_get(reader, "texts");
	int count = cJSON_GetArraySize(sequence);
	int64_t first_ns = reader_time(reader, "time");
	int attempt = (int)reader_int(reader, "attempt", 0, INT_MAX);
	struct metric row = {
		.type = (enum metric_type)reader_word(reader, "type", types, 2),
		.source = (int)reader_int(reader, "source", 0, INT_MAX),
	};
	bool is_new;

	snprintf(row.name, sizeof(row.name), "%s",
		 reader_need_text(reader, "name", METRIC_NAME_MAX));
	if (!trial)
		reader_refuse(reader, "trial", "is missing");
	if (!row.name[0])
		reader_refuse(reader, "name", "is empty");
	if (reader->has_failed ||
	    !same_length(reader, sequence, "sequences", count) ||
	    !same_length(reader, after, "after_ns", count) ||
	    !same_length(reader, value, "values", count) ||
	    (text && !same_length(reader, text, "texts", count)))
		return false;
	sequence = sequence->child;
	after = after->child;
	value = value->child;
	text = text ? text->child : NULL;
	for (; sequence; sequence = sequence->next, after = after->next,
			 value = value->next, text = text ? text->next : NULL) {
		row.sequence = reader_number_of(reader, "sequences", sequence,
						0, INTEGER_MAX);
		/* time 0 would mean now */
		row.at_ns =
			first_ns + reader_number_of(reader, "after_ns", after,
						    -INTEGER_MAX, INTEGER_MAX);
		row.value = reader_double_of(reader, "values", value);
		row.text = NULL;
		if (text && !cJSON_IsNull(text)) {
			if (!cJSON_IsString(text) ||
			    strlen(text->valuestring) > METRIC_TEXT_MAX)
				return reader_refuse(
					reader, "texts",
					"must be strings of at most "
					"1 MB");
			row.text = text->valuestring;
		}
		if (row.at_ns < TRANSFER_TIME_MIN ||
		    row.at_ns >= TRANSFER_TIME_END)
			return reader_refuse(reader, "after_ns",
					     "leads out of range");
		if (reader->has_failed ||
		    !store_metric_add(store, trial, attempt, &row, &is_new,
				      err))
			return false;
	}
	return true;
}
