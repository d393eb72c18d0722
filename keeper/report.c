/* SPDX-License-Identifier: MIT */
/* From what a command says to the lines of the spool. */
#include "keeper/report.h"

#include "keeper/json.h"
#include "model/metric_line.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a spool line adds to NNI's object, generously. */
#define NNI_WRAPPING 64

/* One native report on its way out; pointers are borrowed. */
struct draft {
	const char *name;
	size_t name_len;
	bool is_final;
	int source;
	int64_t sequence; /* or METRIC_SEQUENCE_NEXT */
	const char *value;
	size_t value_len;
	const char *time; /* as written by the command, or NULL */
	size_t time_len;
	int64_t at_ns;
};

bool reporter_init(struct reporter *reporter, const char *pattern)
{
	memset(reporter, 0, sizeof(*reporter));
	if (!pattern)
		return true;
	reporter->has_pattern =
		regcomp(&reporter->pattern, pattern, REG_EXTENDED) == 0;
	return reporter->has_pattern;
}

void reporter_release(struct reporter *reporter)
{
	if (reporter->has_pattern)
		regfree(&reporter->pattern);
	free(reporter->counters);
	memset(reporter, 0, sizeof(*reporter));
}

static struct report_counter *counter_get(struct reporter *reporter,
					  const struct draft *draft)
{
	struct report_counter *counter;

	for (size_t i = 0; i < reporter->count; i++) {
		counter = &reporter->counters[i];
		if (counter->is_final == draft->is_final &&
		    counter->source == draft->source &&
		    strlen(counter->name) == draft->name_len &&
		    !memcmp(counter->name, draft->name, draft->name_len))
			return counter;
	}
	if (reporter->count == REPORT_NAMES_MAX)
		return NULL;
	if (reporter->count == reporter->capacity) {
		size_t capacity =
			reporter->capacity ? 2 * reporter->capacity : 16;
		void *grown = realloc(reporter->counters,
				      capacity * sizeof(*counter));

		if (!grown)
			return NULL;
		reporter->counters = grown;
		reporter->capacity = capacity;
	}
	counter = &reporter->counters[reporter->count++];
	memset(counter, 0, sizeof(*counter));
	memcpy(counter->name, draft->name, draft->name_len);
	counter->is_final = draft->is_final;
	counter->source = draft->source;
	return counter;
}

static bool add_time(struct buffer *out, int64_t at_ns)
{
	return buffer_addf(out, "%lld.%06lld", (long long)(at_ns / 1000000000),
			   (long long)(at_ns % 1000000000 / 1000));
}

static bool add_draft(struct reporter *reporter, const struct draft *draft,
		      struct buffer *out)
{
	struct report_counter *counter;
	size_t start = out->len;
	int64_t sequence = draft->sequence;
	bool ok;

	if (!draft->name_len || draft->name_len > METRIC_NAME_MAX)
		return false;
	counter = counter_get(reporter, draft);
	if (!counter)
		return false;
	if (sequence == METRIC_SEQUENCE_NEXT)
		sequence = counter->next;
	ok = buffer_addf(out, "{\"name\":\"%.*s\",\"type\":\"%s\",\"value\":",
			 (int)draft->name_len, draft->name,
			 draft->is_final ? "final" : "intermediate") &&
	     buffer_add(out, draft->value, draft->value_len) &&
	     buffer_addf(out, ",\"sequence\":%lld,\"source\":%d,\"time\":",
			 (long long)sequence, draft->source);
	if (ok && draft->time)
		ok = buffer_add(out, draft->time, draft->time_len);
	else if (ok)
		ok = add_time(out, draft->at_ns);
	ok = ok && buffer_add(out, "}\n", 2);
	if (!ok) {
		out->len = start;
		return false;
	}
	/* only what was written down may move the numbering on */
	if (sequence >= counter->next)
		counter->next = sequence + 1;
	return true;
}

/* JSON text of a number, shortest that reads back the same. */
static size_t format_number(char text[40], double value)
{
	if (isnan(value))
		return (size_t)snprintf(text, 40, "\"NaN\"");
	if (isinf(value))
		return (size_t)snprintf(text, 40, "\"%sInfinity\"",
					value < 0 ? "-" : "");
	for (int digits = 15; digits < 17; digits++) {
		snprintf(text, 40, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			return strlen(text);
	}
	return (size_t)snprintf(text, 40, "%.17g", value);
}

static bool add_pair(struct reporter *reporter, const char *name,
		     size_t name_len, bool is_final, double value,
		     int64_t at_ns, struct buffer *out)
{
	char text[40];
	struct draft draft = {.name = name,
			      .name_len = name_len,
			      .is_final = is_final,
			      .sequence = METRIC_SEQUENCE_NEXT,
			      .value = text,
			      .value_len = format_number(text, value),
			      .at_ns = at_ns};

	return add_draft(reporter, &draft, out);
}

static bool key_is(const struct json_member *member, const char *key)
{
	return member->key_len == strlen(key) &&
	       !memcmp(member->key, key, member->key_len);
}

static bool value_is(const struct json_member *member, const char *text)
{
	return member->value_len == strlen(text) &&
	       !memcmp(member->value, text, member->value_len);
}

/* A member's string, as text to be printed between quotes again. */
static bool string_of(const struct json_member *member, const char **ret,
		      size_t *ret_len)
{
	if (*member->value != '"')
		return false;
	*ret = member->value + 1;
	*ret_len = member->value_len - 2;
	return true;
}

static bool integer_of(const struct json_member *member, int64_t max,
		       int64_t *ret)
{
	int64_t number = 0;

	if (!member->value_len || member->value_len > 15)
		return false;
	for (size_t i = 0; i < member->value_len; i++) {
		if (member->value[i] < '0' || member->value[i] > '9')
			return false;
		number = number * 10 + (member->value[i] - '0');
	}
	*ret = number;
	return number <= max;
}

/* May this value be reported: a number or a word for one? */
static bool is_numeric(const struct json_member *member)
{
	char first = *member->value;

	if ((first >= '0' && first <= '9') || first == '-' || first == 'N' ||
	    first == 'I')
		return true;
	return value_is(member, "\"NaN\"") ||
	       value_is(member, "\"Infinity\"") ||
	       value_is(member, "\"-Infinity\"");
}

/* One report per numeric member of {"default":0.5,"loss":0.1}. */
static bool add_members(struct reporter *reporter, const struct draft *common,
			struct buffer *out)
{
	const char *at = common->value, *end = at + common->value_len;
	struct json_member member;
	bool ok = true;

	while (json_member_next(&at, end, &member)) {
		struct draft draft = *common;

		if (!is_numeric(&member))
			continue;
		draft.name = member.key;
		draft.name_len = member.key_len;
		draft.value = member.value;
		draft.value_len = member.value_len;
		ok = add_draft(reporter, &draft, out) && ok;
	}
	return ok;
}

static bool read_member(const struct json_member *member, struct draft *draft)
{
	int64_t number;

	if (key_is(member, "name") ||
	    (key_is(member, "metric") && *member->value == '"'))
		return string_of(member, &draft->name, &draft->name_len);
	if (key_is(member, "value") || key_is(member, "metric") ||
	    key_is(member, "metrics")) {
		draft->value = member->value;
		draft->value_len = member->value_len;
	} else if (key_is(member, "type")) {
		draft->is_final = value_is(member, "\"final\"");
		return draft->is_final || value_is(member, "\"intermediate\"");
	} else if (key_is(member, "sequence")) {
		return integer_of(member, INT64_MAX, &draft->sequence);
	} else if (key_is(member, "source")) {
		if (!integer_of(member, 1000000, &number))
			return false;
		draft->source = (int)number;
	} else if (key_is(member, "time") &&
		   (is_numeric(member) || *member->value == '"')) {
		draft->time = member->value;
		draft->time_len = member->value_len;
	}
	return true;
}

static bool add_json(struct reporter *reporter, const char *text, size_t len,
		     int64_t at_ns, struct buffer *out)
{
	struct draft draft = {.name = METRIC_OBJECTIVE,
			      .name_len = sizeof(METRIC_OBJECTIVE) - 1,
			      .sequence = METRIC_SEQUENCE_NEXT,
			      .at_ns = at_ns};
	const char *at = text;
	struct json_member member;

	if (!json_is_value(text, len))
		return true; /* looked like one, is ordinary output */
	while (json_member_next(&at, text + len, &member))
		if (!read_member(&member, &draft))
			return true;
	if (!draft.value)
		return true;
	if (*draft.value == '{')
		return add_members(reporter, &draft, out);
	member.value = draft.value;
	member.value_len = draft.value_len;
	return !is_numeric(&member) || add_draft(reporter, &draft, out);
}

bool report_nni(const char *json, size_t len, int64_t at_ns, struct buffer *out)
{
	size_t start = out->len, text_start;
	struct json_member member;
	const char *at = json;

	while (len && (unsigned char)json[len - 1] <= ' ')
		len--;
	if (!len || *json != '{' || len > METRIC_TEXT_MAX - NNI_WRAPPING ||
	    !json_is_value(json, len))
		return false;
	while (json_member_next(&at, json + len, &member))
		if (key_is(&member, "type") &&
		    value_is(&member, "\"REQUEST_PARAMETER\""))
			return true; /* parameter.cfg is there from the start */
	text_start = start + sizeof("{\"nni\":") - 1;
	if (!buffer_add(out, "{\"nni\":", sizeof("{\"nni\":") - 1) ||
	    !buffer_add(out, json, len) || !buffer_add(out, ",\"time\":", 8) ||
	    !add_time(out, at_ns) || !buffer_add(out, "}\n", 2)) {
		out->len = start;
		return false;
	}
	/* line ends can only be blanks between tokens here */
	for (size_t i = text_start; i < text_start + len; i++)
		if (out->data[i] == '\n' || out->data[i] == '\r')
			out->data[i] = ' ';
	return true;
}

/* NNI <= 1.4 printed Python's repr of the bytes (nni.md 5.5). */
static bool add_nni_line(const struct metric_line *found, int64_t at_ns,
			 struct buffer *out)
{
	char *text;
	bool ok;

	if (report_nni(found->text, found->len, at_ns, out))
		return true;
	text = malloc(found->len);
	if (!text)
		return false;
	ok = report_nni(text,
			metric_line_unescape(found->text, found->len, text),
			at_ns, out);
	free(text);
	return ok;
}

static bool add_pattern(struct reporter *reporter, const char *line, size_t len,
			int64_t at_ns, struct buffer *out)
{
	char copy[REPORT_PATTERN_LINE_MAX + 1];
	const char *name = METRIC_OBJECTIVE;
	size_t name_len = sizeof(METRIC_OBJECTIVE) - 1;
	regmatch_t groups[3];
	regmatch_t *value = &groups[2];
	double number;
	char *end;

	if (len > REPORT_PATTERN_LINE_MAX)
		return true;
	memcpy(copy, line, len);
	copy[len] = '\0';
	if (regexec(&reporter->pattern, copy, 3, groups, 0) != 0)
		return true;
	if (value->rm_so < 0) {
		value = &groups[1];
	} else if (groups[1].rm_so >= 0) {
		name = copy + groups[1].rm_so;
		name_len = (size_t)(groups[1].rm_eo - groups[1].rm_so);
	}
	if (value->rm_so < 0 || value->rm_so == value->rm_eo)
		return true;
	copy[value->rm_eo] = '\0';
	for (size_t i = 0; i < name_len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == '"' ||
		    name[i] == '\\')
			return false;
	number = strtod(copy + value->rm_so, &end);
	if (end != copy + value->rm_eo)
		return true;
	return add_pair(reporter, name, name_len, false, number, at_ns, out);
}

bool report_line(struct reporter *reporter, const char *line, size_t len,
		 int64_t at_ns, struct buffer *out)
{
	struct metric_line found;

	if (metric_line_parse(line, len, &found)) {
		if (found.kind == METRIC_LINE_NNI)
			return add_nni_line(&found, at_ns, out);
		if (found.kind == METRIC_LINE_JSON)
			return add_json(reporter, found.text, found.len, at_ns,
					out);
		return add_pair(reporter, found.name, found.name_len,
				found.is_final, found.value, at_ns, out);
	}
	if (reporter->has_pattern)
		return add_pattern(reporter, line, len, at_ns, out);
	return true;
}
