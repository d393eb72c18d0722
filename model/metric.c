/* SPDX-License-Identifier: MIT */
/*
 * The list of metrics, and native reports read and written.
 *
 * Reports come from trials, so everything here is hostile: names are short,
 * valid UTF-8 without controls; numbers are bounded; a member that is not
 * known is refused with its name, because a misspelt "sequence" that is
 * silently ignored costs somebody a day.  NNI's form is in metric_nni.c.
 */
#include "model/metric.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "model/json_text.h"
#include "model/metric_private.h"
#include "model/metric_scan.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SEQUENCE_MAX 1e15
#define SOURCE_MAX 1000000

void metric_release(struct metric *metric)
{
	free(metric->text);
	metric->text = NULL;
}

struct metric *metrics_add(struct metrics *list)
{
	struct metric *metric;

	ARRAY_RESERVE(list->items, list->count, list->capacity);
	metric = &list->items[list->count++];
	memset(metric, 0, sizeof(*metric));
	return metric;
}

void metrics_truncate(struct metrics *list, size_t count)
{
	while (list->count > count)
		metric_release(&list->items[--list->count]);
}

void metrics_clear(struct metrics *list)
{
	metrics_truncate(list, 0);
}

void metrics_release(struct metrics *list)
{
	metrics_clear(list);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

const char *metric_type_name(enum metric_type type)
{
	return type == METRIC_FINAL ? "final" : "intermediate";
}

bool metric_name_set(struct metric *metric, const char *name, struct error *err)
{
	size_t len = strlen(name);
	uint32_t point;

	if (!len)
		return error_set(err, ERROR_INVALID, "a name is empty");
	if (len > METRIC_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "name \"%.20s...\" is longer than %d bytes",
				 name, METRIC_NAME_MAX);
	for (size_t i = 0; i < len;) {
		i += utf8_decode(name + i, len - i, &point);
		if (point == UTF8_INVALID || point < 0x20 ||
		    (point >= 0x7f && point < 0xa0))
			return error_set(err, ERROR_INVALID,
					 "a name holds control characters or "
					 "is not UTF-8");
	}
	memcpy(metric->name, name, len + 1);
	return true;
}

bool metric_number(const cJSON *value, double *ret)
{
	if (cJSON_IsNumber(value))
		*ret = value->valuedouble;
	else if (cJSON_IsBool(value))
		*ret = cJSON_IsTrue(value);
	else
		return cJSON_IsString(value) &&
		       json_special_number(value->valuestring, ret);
	return true;
}

bool metric_integer(const cJSON *value, const char *name, double max,
		    int64_t *ret, struct error *err)
{
	double number = cJSON_IsNumber(value) ? value->valuedouble : -1;

	if (!(number >= 0 && number <= max) ||
	    (double)(int64_t)number != number)
		return error_set(err, ERROR_INVALID,
				 "%s: an integer from 0 to %.0f was expected",
				 name, max);
	*ret = (int64_t)number;
	return true;
}

/* "2026-11-21T21:22:37.123Z", or with an offset such as +02:00. */
static bool parse_iso(const char *text, double *ret_seconds)
{
	struct tm tm = {0};
	int offset_hours, offset_minutes;
	char fraction[12] = "";
	const char *p = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	double seconds;
	char sign;
	int used = 0;

	if (!p)
		return false;
	seconds = (double)timegm(&tm);
	if (*p == '.') {
		if (sscanf(p, ".%9[0-9]%n", fraction, &used) != 1)
			return false;
		p += used;
		seconds += (double)strtol(fraction, NULL, 10) /
			   (double[]){1,   1e1, 1e2, 1e3, 1e4,
				      1e5, 1e6, 1e7, 1e8, 1e9}[used - 1];
	}
	if (!strcmp(p, "Z")) {
		*ret_seconds = seconds;
		return true;
	}
	if (sscanf(p, "%c%2d:%2d%n", &sign, &offset_hours, &offset_minutes,
		   &used) != 3 ||
	    p[used] || (sign != '+' && sign != '-'))
		return false;
	seconds -= (sign == '-' ? -60.0 : 60.0) *
		   (offset_hours * 60 + offset_minutes);
	*ret_seconds = seconds;
	return true;
}

bool metric_time(const cJSON *value, int64_t *ret_ns, struct error *err)
{
	double seconds = -1;

	if (cJSON_IsNumber(value))
		seconds = value->valuedouble;
	else if (!cJSON_IsString(value) ||
		 !parse_iso(value->valuestring, &seconds))
		return error_set(err, ERROR_INVALID,
				 "time: seconds since 1970 or an ISO 8601 "
				 "text was expected");
	if (!(seconds >= 0 && seconds < METRIC_TIME_MAX_S))
		return error_set(err, ERROR_INVALID, "time: out of range");
	*ret_ns = metric_time_ns(seconds);
	return true;
}

/* The members of one report, gathered before anything is made of them. */
struct report_members {
	const cJSON *name, *value, *text, *nni;
	struct metric base; /* type, source, sequence, at_ns */
};

static bool gather_type(struct metric *base, const cJSON *item,
			struct error *err)
{
	const char *text = cJSON_IsString(item) ? item->valuestring : "";

	if (!strcmp(text, "intermediate"))
		base->type = METRIC_INTERMEDIATE;
	else if (!strcmp(text, "final"))
		base->type = METRIC_FINAL;
	else
		return error_set(err, ERROR_INVALID,
				 "type: \"intermediate\" or \"final\" was "
				 "expected");
	return true;
}

static bool refuse_member(const char *name, struct error *err)
{
	static const char *const known[] = {"name",	"type",	  "value",
					    "sequence", "source", "time"};
	const char *near = nearest_word(name, known, COUNT_OF(known));

	if (near)
		return error_set(err, ERROR_INVALID,
				 "%.40s: unknown member; did you mean %s?",
				 name, near);
	return error_set(err, ERROR_INVALID,
			 "%.40s: unknown member; known are name, type, value, "
			 "sequence, source, time",
			 name);
}

static bool gather_member(struct report_members *members, const cJSON *item,
			  struct error *err)
{
	const char *key = item->string;
	struct metric *base = &members->base;
	int64_t number = 0;

	if (!strcmp(key, "value") || !strcmp(key, "metrics"))
		members->value = item;
	else if (!strcmp(key, "name") || !strcmp(key, "metric"))
		members->name = item;
	else if (!strcmp(key, "text"))
		members->text = item;
	else if (!strcmp(key, "nni"))
		members->nni = item;
	else if (!strcmp(key, "type"))
		return gather_type(base, item, err);
	else if (!strcmp(key, "time"))
		return metric_time(item, &base->at_ns, err);
	else if (!strcmp(key, "sequence"))
		return metric_integer(item, key, SEQUENCE_MAX, &base->sequence,
				      err);
	else if (!strcmp(key, "source")) {
		if (!metric_integer(item, key, SOURCE_MAX, &number, err))
			return false;
		base->source = (int)number;
	} else
		return refuse_member(key, err);
	return true;
}

/* The numeric members of an object value, one metric each. */
static bool add_members(struct metrics *list,
			const struct report_members *members, struct error *err)
{
	const cJSON *item;
	size_t before = list->count;

	if (members->name)
		return error_set(err, ERROR_INVALID,
				 "name: the members of value are the names");
	cJSON_ArrayForEach (item, members->value) {
		struct metric metric = members->base;

		if (!metric_number(item, &metric.value))
			return error_set(err, ERROR_INVALID,
					 "value.%.40s: a number was expected",
					 item->string);
		if (!metric_name_set(&metric, item->string, err))
			return error_prefix(err, "value");
		*metrics_add(list) = metric;
	}
	if (list->count == before)
		return error_set(err, ERROR_INVALID,
				 "value: an object without members");
	return true;
}

static bool add_value(struct metrics *list,
		      const struct report_members *members, struct error *err)
{
	struct metric metric = members->base;
	const cJSON *name = members->name;

	if (name && !cJSON_IsString(name))
		return error_set(err, ERROR_INVALID,
				 "name: a text was expected");
	if (!metric_name_set(&metric,
			     name ? name->valuestring : METRIC_OBJECTIVE, err))
		return false;
	if (!metric_number(members->value, &metric.value))
		return error_set(err, ERROR_INVALID,
				 "value: a number, \"NaN\", \"Infinity\", "
				 "\"-Infinity\" or an object was expected");
	if (members->text && !cJSON_IsString(members->text))
		return error_set(err, ERROR_INVALID,
				 "text: a text was expected");
	if (members->text)
		metric.text = xstrdup(members->text->valuestring);
	*metrics_add(list) = metric;
	return true;
}

bool metrics_add_tree(struct metrics *list, const cJSON *object,
		      struct error *err)
{
	struct report_members members = {.base.sequence = METRIC_SEQUENCE_NEXT};
	const cJSON *item;
	bool is_request;

	if (!cJSON_IsObject(object))
		return error_set(err, ERROR_INVALID, "an object was expected");
	cJSON_ArrayForEach (item, object) {
		if (!gather_member(&members, item, err))
			return false;
	}
	if (members.nni)
		return metrics_add_nni_tree(list, members.nni, NULL,
					    &members.base, &is_request, err);
	if (!members.value)
		return error_set(err, ERROR_INVALID, "value: missing");
	if (cJSON_IsObject(members.value))
		return add_members(list, &members, err);
	return add_value(list, &members, err);
}

bool metrics_parse_report(struct metrics *list, const char *json, size_t len,
			  struct error *err)
{
	struct metric metric = {0};
	size_t before = list->count;
	const char *p = json;
	cJSON *tree;
	bool ok;

	if (len > METRIC_TEXT_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a report is longer than %d bytes",
				 METRIC_TEXT_MAX);
	if (metric_scan(&p, json + len, &metric) && p == json + len) {
		*metrics_add(list) = metric;
		return true;
	}
	tree = json_parse(json, len, err);
	if (!tree)
		return false;
	ok = metrics_add_tree(list, tree, err);
	if (!ok)
		metrics_truncate(list, before);
	cJSON_Delete(tree);
	return ok;
}

static void add_special_or_number(struct strbuf *out, double value)
{
	if (isnan(value))
		strbuf_adds(out, "\"NaN\"");
	else if (isinf(value))
		strbuf_adds(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		strbuf_add_json_number(out, value);
}

void metric_format(struct strbuf *out, const struct metric *metric)
{
	strbuf_adds(out, "{\"name\":");
	strbuf_add_json_string(out, metric->name);
	strbuf_addf(out, ",\"type\":\"%s\"", metric_type_name(metric->type));
	if (metric->sequence != METRIC_SEQUENCE_NEXT)
		strbuf_addf(out, ",\"sequence\":%lld",
			    (long long)metric->sequence);
	if (metric->source)
		strbuf_addf(out, ",\"source\":%d", metric->source);
	if (metric->at_ns)
		strbuf_addf(out, ",\"time\":%lld.%06lld",
			    (long long)(metric->at_ns / 1000000000),
			    (long long)(metric->at_ns % 1000000000 / 1000));
	strbuf_adds(out, ",\"value\":");
	add_special_or_number(out, metric->value);
	if (metric->text) {
		strbuf_adds(out, ",\"text\":");
		strbuf_add_json_string(out, metric->text);
	}
	strbuf_addch(out, '}');
}
