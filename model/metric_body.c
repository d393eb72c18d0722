/* SPDX-License-Identifier: MIT */
/*
 * A body of reports: one object, an array of objects, or NDJSON.
 *
 * The elements are cut out one after the other, so that a long body never
 * becomes one big tree: the common shape goes through metric_scan, the rest
 * through cJSON, one element at a time.
 */
#include "model/json_text.h"
#include "model/metric_private.h"
#include "model/metric_scan.h"

#include <cjson/cJSON.h>
#include <string.h>

#define BODY_METRICS_MAX 100000

struct body {
	const char *start, *p, *end;
	bool is_array;
	size_t elements; /* finished ones */
};

static void skip_blanks(struct body *body)
{
	while (body->p < body->end && (*body->p == ' ' || *body->p == '\n' ||
				       *body->p == '\r' || *body->p == '\t'))
		body->p++;
}

/* Where in the body: only spelt out when there is more than one place. */
static bool fail_at(const struct body *body, struct error *err)
{
	const char *p = body->start;
	int line = 1;

	if (body->is_array)
		return error_prefix(err, "element %zu", body->elements);
	while ((p = memchr(p, '\n', body->p - p))) {
		line++;
		p++;
	}
	if (line == 1 && !memchr(body->p, '\n', body->end - body->p))
		return false;
	return error_prefix(err, "line %d", line);
}

/* The general way for one element. */
static bool read_element(struct body *body, struct metrics *list,
			 struct error *err)
{
	size_t len;
	cJSON *tree;
	bool ok;

	if (*body->p != '{')
		return error_set(err, ERROR_INVALID, "an object was expected");
	if (!json_measure(body->p, body->end - body->p, &len, err))
		return false;
	if (len > METRIC_TEXT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a report is longer than %d bytes",
				 METRIC_TEXT_MAX);
	tree = json_parse(body->p, len, err);
	if (!tree)
		return false;
	ok = metrics_add_tree(list, tree, err);
	cJSON_Delete(tree);
	if (ok)
		body->p += len;
	return ok;
}

static bool read_next(struct body *body, struct metrics *list,
		      struct error *err)
{
	struct metric *metric = metrics_add(list);

	if (!metric_scan(&body->p, body->end, metric)) {
		list->count--;
		if (!read_element(body, list, err))
			return false;
	}
	if (list->count > BODY_METRICS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d metrics",
				 BODY_METRICS_MAX);
	body->elements++;
	return true;
}

/* The comma between elements of an array, or its end. */
static bool read_separator(struct body *body, bool *ret_more, struct error *err)
{
	skip_blanks(body);
	if (body->p >= body->end)
		return error_set(err, ERROR_INVALID,
				 "cut short: the array does not end");
	if (*body->p != ',' && *body->p != ']')
		return error_set(err, ERROR_INVALID,
				 "a comma or ] was expected");
	*ret_more = *body->p++ == ',';
	skip_blanks(body);
	if (*ret_more && body->p >= body->end)
		return error_set(err, ERROR_INVALID,
				 "cut short: the array does not end");
	return true;
}

static bool read_array(struct body *body, struct metrics *list,
		       struct error *err)
{
	bool more = true;

	body->p++;
	skip_blanks(body);
	if (body->p < body->end && *body->p == ']')
		return error_set(err, ERROR_INVALID, "an empty array");
	if (body->p >= body->end)
		return error_set(err, ERROR_INVALID,
				 "cut short: the array does not end");
	while (more) {
		if (!read_next(body, list, err) ||
		    !read_separator(body, &more, err))
			return fail_at(body, err);
	}
	if (body->p < body->end)
		return error_set(err, ERROR_INVALID,
				 "text after the end of the array");
	return true;
}

static bool read_lines(struct body *body, struct metrics *list,
		       struct error *err)
{
	do {
		if (!read_next(body, list, err))
			return fail_at(body, err);
		skip_blanks(body);
	} while (body->p < body->end);
	return true;
}

bool metrics_parse_body(struct metrics *list, const char *text, size_t len,
			struct error *err)
{
	struct body body = {.start = text, .p = text, .end = text + len};
	size_t before = list->count;
	bool ok;

	skip_blanks(&body);
	if (body.p == body.end)
		return error_set(err, ERROR_INVALID,
				 "empty: a report was expected");
	body.is_array = *body.p == '[';
	ok = body.is_array ? read_array(&body, list, err)
			   : read_lines(&body, list, err);
	if (!ok)
		metrics_truncate(list, before);
	return ok;
}
