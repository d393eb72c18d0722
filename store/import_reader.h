/* SPDX-License-Identifier: MIT */
/*
 * Members of a hostile JSON object, checked one by one.  Private to store/.
 *
 * The first failure sticks and is written to err with its place, as in
 * "trials[3].state: ..."; later calls then answer with harmless values, so a
 * row can be read member by member and asked once.
 */
#ifndef STORE_IMPORT_READER_H
#define STORE_IMPORT_READER_H

#include "base/error.h"
#include "model/trial.h"

#include <cjson/cJSON.h>

#define INTEGER_MAX (INT64_C(1) << 53) /* what a JSON number holds exactly */

struct reader {
	struct error *err;
	const cJSON *object;
	const char *list; /* "trials" */
	int64_t index;	  /* of the element; -1: not in a list */
	bool has_failed;
};

/* Returns false. */
bool reader_refuse(struct reader *reader, const char *key, const char *why);
/* NULL when absent or null. */
const cJSON *reader_get(struct reader *reader, const char *key);
/* Borrowed from the document; NULL when absent. */
char *reader_text(struct reader *reader, const char *key, size_t max);
const char *reader_need_text(struct reader *reader, const char *key,
			     size_t max);
/* A whole number; reader_int gives 0 when absent. */
int64_t reader_number_of(struct reader *reader, const char *key,
			 const cJSON *item, int64_t least, int64_t most);
int64_t reader_int(struct reader *reader, const char *key, int64_t least,
		   int64_t most);
bool reader_bool(struct reader *reader, const char *key);
int64_t reader_time(struct reader *reader, const char *key);
/* A number, or "NaN", "Infinity", "-Infinity". */
double reader_double_of(struct reader *reader, const char *key,
			const cJSON *item);
struct metric_value reader_value(struct reader *reader, const char *key);
/* The member "state". */
enum trial_state reader_trial_state(struct reader *reader);
/* Which of these words, by number. */
int reader_word(struct reader *reader, const char *key,
		const char *const *words, int count);

#endif
