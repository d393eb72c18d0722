/* SPDX-License-Identifier: MIT */
/*
 * What the parts of export and import share.  Private to store/.
 *
 * Our format is one JSON object:
 *
 *     {"format": "trialdeck-experiment", "version": 1,
 *      "experiment": {...},
 *      "trials":  [{..., "attempts": [...]}, ...],
 *      "metrics": [{"trial": number, "attempt", "name", "type", "source",
 *                   "time": of the first, "sequences": [...],
 *                   "after_ns": [...], "values": [...]}, ...],
 *      "parts":   [{"trial": number, "attempt", "omitted",
 *                   "parts": [...]}, ...],
 *      "outputs": [{"trial": number, "attempt", ...}, ...],
 *      "code":    [{...}],
 *      "tags":    [{"trial": number or null, ...}, ...],
 *      "notes":   [{"trial": number or null, ...}, ...],
 *      "events":  [...],
 *      "history": [...]}
 *
 * Curves are columns, cut into pieces, so that no element of any list is
 * large: the reader holds one at a time.  Trials are named by their sequence
 * numbers.
 * Secrets (an attempt's token) are not written; what would let a file point at
 * this machine's processes and folders is not read.
 */
#ifndef STORE_TRANSFER_H
#define STORE_TRANSFER_H

#include "store/import_reader.h"
#include "store/sql.h"

#define TRANSFER_FORMAT "trialdeck-experiment"
#define TRANSFER_VERSION 1
#define TRANSFER_SIZE_MAX ((size_t)1 << 30)
#define TRANSFER_ELEMENT_MAX ((size_t)16 << 20)
/* Times from the year 1700 up to 2200, in nanoseconds. */
#define TRANSFER_TIME_MIN INT64_C(-8520336000000000000)
#define TRANSFER_TIME_END INT64_C(7258118400000000000)

bool transfer_write_json(struct store *store,
			 const struct experiment *experiment,
			 struct strbuf *out, struct error *err);
bool transfer_write_nni(struct store *store,
			const struct experiment *experiment, bool intermediates,
			struct strbuf *out, struct error *err);
bool transfer_write_csv(struct store *store,
			const struct experiment *experiment, bool intermediates,
			struct strbuf *out, struct error *err);
/* import_metrics.c: an element of the list "metrics". */
bool transfer_read_metrics(struct store *store, struct reader *reader,
			   int64_t trial, struct error *err);
/* transfer_parts.c: elements of the list "parts". */
bool transfer_write_parts(struct store *store, int64_t experiment,
			  struct strbuf *out, struct error *err);
bool transfer_read_parts(struct store *store, struct reader *reader,
			 int64_t trial, struct error *err);
/* transfer_outputs.c: elements of the lists "outputs" and "code". */
bool transfer_write_outputs(struct store *store, int64_t experiment,
			    struct strbuf *out, struct error *err);
bool transfer_read_output(struct store *store, struct reader *reader,
			  const struct experiment *experiment, int64_t trial,
			  struct error *err);
bool transfer_write_code(struct store *store, int64_t experiment,
			 struct strbuf *out, struct error *err);
bool transfer_read_code(struct store *store, struct reader *reader,
			const struct experiment *experiment, struct error *err);
/* transfer_marks.c: elements of the lists "tags" and "notes"; trial 0: the
 * experiment's own. */
bool transfer_write_tags(struct store *store, int64_t experiment,
			 struct strbuf *out, struct error *err);
bool transfer_read_tag(struct store *store, struct reader *reader,
		       int64_t experiment, int64_t trial, struct error *err);
bool transfer_write_notes(struct store *store, int64_t experiment,
			  struct strbuf *out, struct error *err);
bool transfer_read_note(struct store *store, struct reader *reader,
			int64_t experiment, int64_t trial, struct error *err);
/* ERROR_LIMIT once out has grown beyond TRANSFER_SIZE_MAX. */
bool transfer_check_size(const struct strbuf *out, struct error *err);

/* Nanoseconds as ISO 8601 with nine decimals, in quotes; 0 as null. */
void transfer_add_time(struct strbuf *out, int64_t at_ns);
bool transfer_parse_time(const char *text, int64_t *ret_ns);
/* A double that comes back: NaN and infinities as strings. */
void transfer_add_number(struct strbuf *out, double value);

/* ---- json_cursor.c: walking a large JSON text without holding it --------- */

/* What is left of a text, or one value in it. */
struct json_cursor {
	const char *at;
	const char *end;
};

/* Enter an object ('{') or list ('['); false when it is none. */
bool json_enter(struct json_cursor *cursor, char bracket);
/* The next member or element, as spans; key is NULL for lists.  Returns false
 * at the end; *ret_is_broken tells whether that was the proper one.  Only
 * brackets and strings are looked at: the values are for a parser. */
bool json_next(struct json_cursor *cursor, struct json_cursor *ret_key,
	       struct json_cursor *ret_value, bool *ret_is_broken);
/* Does a span read like this, blanks after it aside? */
bool json_is(const struct json_cursor *span, const char *text);

#endif
