/* SPDX-License-Identifier: MIT */
/*
 * NNI's metric object: {"parameter_id", "trial_job_id", "type", "sequence",
 * "value"}, whose value is JSON once more, as a text.
 *
 * Unlike a native report it comes from code that nobody can change, so what
 * can be saved is saved: a member whose name does not fit is left out, and a
 * value that is no number is kept as text under the objective's name.
 */
#include "base/mem.h"
#include "model/json_text.h"
#include "model/metric_line.h"
#include "model/metric_private.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_MAX 1e15

/* Members of serialised objects (arrays, tensors, pickles) start with "__":
 * their numbers are shapes and flags, not results. */
static bool is_serialised(const cJSON *object)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		if (!strncmp(item->string, "__", 2))
			return true;
	}
	return false;
}

static bool is_number(const cJSON *value)
{
	double number;

	return metric_number(value, &number);
}

static bool add_opaque(struct metrics *list, const cJSON *value,
		       const struct metric *base, struct error *err)
{
	struct metric metric = *base;

	metric.text = cJSON_PrintUnformatted(value);
	if (!metric.text)
		return error_set(err, ERROR_INVALID, "value: cannot be kept");
	metric.value = NAN;
	memcpy(metric.name, METRIC_OBJECTIVE, sizeof(METRIC_OBJECTIVE));
	*metrics_add(list) = metric;
	return true;
}

static bool add_number(struct metrics *list, const char *name,
		       const cJSON *value, const struct metric *base)
{
	struct metric metric = *base;
	struct error ignored;

	if (!metric_number(value, &metric.value) ||
	    !metric_name_set(&metric, name, &ignored))
		return false;
	*metrics_add(list) = metric;
	return true;
}

/* The objective first: it is what the tuner waits for. */
static bool add_dict(struct metrics *list, const cJSON *dict,
		     const struct metric *base, struct error *err)
{
	const cJSON *objective, *item;

	if (is_serialised(dict))
		return add_opaque(list, dict, base, err);
	objective = cJSON_GetObjectItemCaseSensitive(dict, METRIC_OBJECTIVE);
	if (!objective || !is_number(objective)) {
		if (!add_opaque(list, dict, base, err))
			return false;
	} else {
		add_number(list, METRIC_OBJECTIVE, objective, base);
	}
	cJSON_ArrayForEach (item, dict) {
		if (strcmp(item->string, METRIC_OBJECTIVE))
			add_number(list, item->string, item, base);
	}
	return true;
}

static bool add_payload(struct metrics *list, const cJSON *payload,
			const struct metric *base, struct error *err)
{
	if (add_number(list, METRIC_OBJECTIVE, payload, base))
		return true;
	if (cJSON_IsObject(payload))
		return add_dict(list, payload, base, err);
	return add_opaque(list, payload, base, err);
}

static bool add_value(struct metrics *list, const cJSON *value,
		      const struct metric *base, struct error *err)
{
	cJSON *payload;
	bool ok;

	if (!value)
		return error_set(err, ERROR_INVALID, "value: missing");
	if (!cJSON_IsString(value))
		return add_payload(list, value, base, err);
	payload =
		json_parse(value->valuestring, strlen(value->valuestring), err);
	if (!payload)
		return error_prefix(err, "value");
	ok = add_payload(list, payload, base, err);
	cJSON_Delete(payload);
	return ok;
}

static const char *text_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool metrics_add_nni_tree(struct metrics *list, const cJSON *object,
			  const char *trial_id, const struct metric *base,
			  bool *ret_request, struct error *err)
{
	const char *type = text_of(object, "type");
	const char *owner = text_of(object, "trial_job_id");
	const cJSON *sequence;
	struct metric metric = *base;

	*ret_request = false;
	if (!cJSON_IsObject(object) || !type)
		return error_set(err, ERROR_INVALID,
				 "not an NNI metric: type is missing");
	if (trial_id && (!owner || strcmp(owner, trial_id)))
		return error_set(err, ERROR_INVALID,
				 "trial_job_id is \"%.20s\", not \"%s\"",
				 owner ? owner : "", trial_id);
	if (!strcmp(type, "REQUEST_PARAMETER")) {
		*ret_request = true;
		return true;
	}
	if (!strcmp(type, "PERIODICAL"))
		metric.type = METRIC_INTERMEDIATE;
	else if (!strcmp(type, "FINAL"))
		metric.type = METRIC_FINAL;
	else
		return error_set(err, ERROR_INVALID,
				 "type: \"%.20s\" is not PERIODICAL, FINAL or "
				 "REQUEST_PARAMETER",
				 type);
	sequence = cJSON_GetObjectItemCaseSensitive(object, "sequence");
	if (sequence && !metric_integer(sequence, "sequence", SEQUENCE_MAX,
					&metric.sequence, err))
		return false;
	return add_value(list,
			 cJSON_GetObjectItemCaseSensitive(object, "value"),
			 &metric, err);
}

/* NNI up to 1.4 prints Python's repr of the bytes. */
static cJSON *parse_repr(const char *json, size_t len)
{
	struct error ignored;
	char *text;
	cJSON *tree;

	if (!memchr(json, '\\', len))
		return NULL;
	text = xmalloc(len);
	len = metric_line_unescape(json, len, text);
	tree = json_parse(text, len, &ignored);
	free(text);
	return tree;
}

bool metrics_parse_nni(struct metrics *list, const char *json, size_t len,
		       const char *trial_id, bool *ret_request,
		       struct error *err)
{
	static const struct metric base = {.sequence = METRIC_SEQUENCE_NEXT};
	size_t before = list->count;
	struct error first;
	cJSON *tree;
	bool ok;

	*ret_request = false;
	if (len > METRIC_TEXT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a metric is longer than %d bytes",
				 METRIC_TEXT_MAX);
	tree = json_parse(json, len, &first);
	if (!tree)
		tree = parse_repr(json, len);
	if (!tree) {
		*err = first;
		return false;
	}
	ok = metrics_add_nni_tree(list, tree, trial_id, &base, ret_request,
				  err);
	if (!ok)
		metrics_truncate(list, before);
	cJSON_Delete(tree);
	return ok;
}
