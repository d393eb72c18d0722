/* SPDX-License-Identifier: MIT */
/* What the key `alerts` says, as texts and as JSON. */
#include "model/alert.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "model/event.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ALL_KINDS ((1u << ALERT_KIND_COUNT) - 1)
#define JSON_MAX (64u << 10)
#define TEXT_MAX 4096

static const char *const kinds[] = {"best", "failure", "burst", "stuck",
				    "finished"};
static const char *const keys[] = {"on",     "webhook",	 "webhookFile",
				   "format", "command",	 "stuckAfter",
				   "burst",  "bestEvery"};

const char *alert_kind_name(enum alert_kind kind)
{
	return kinds[kind];
}

const char *alerts_key(size_t i)
{
	return i < COUNT_OF(keys) ? keys[i] : NULL;
}

void alerts_init(struct alerts_config *config)
{
	*config = (struct alerts_config){
		.on = ALL_KINDS,
		.stuck_after_s = ALERT_STUCK_S,
		.burst = ALERT_BURST_COUNT,
		.burst_within_s = ALERT_BURST_S,
		.best_every_s = ALERT_BEST_S,
	};
}

void alerts_release(struct alerts_config *config)
{
	free(config->webhook);
	free(config->webhook_file);
	free(config->format);
	free(config->command);
	memset(config, 0, sizeof(*config));
}

bool alerts_copy(struct alerts_config *to, const struct alerts_config *from)
{
	*to = *from;
	to->webhook = xstrdup_or_null(from->webhook);
	to->webhook_file = xstrdup_or_null(from->webhook_file);
	to->format = xstrdup_or_null(from->format);
	to->command = xstrdup_or_null(from->command);
	return true;
}

bool alerts_are_wanted(const struct alerts_config *config)
{
	return config->on &&
	       (config->webhook || config->webhook_file || config->command);
}

/* "best, finished"; names may be parted by blanks as well */
static bool parse_kinds(const char *text, unsigned *ret, struct error *err)
{
	unsigned on = 0;

	while (*text) {
		size_t len = strcspn(text, ", ");
		size_t i = 0;

		while (i < COUNT_OF(kinds) &&
		       !(strlen(kinds[i]) == len &&
			 !strncasecmp(kinds[i], text, len)))
			i++;
		if (i < COUNT_OF(kinds))
			on |= 1u << i;
		else if (len == 3 && !strncasecmp(text, "all", 3))
			on = ALL_KINDS;
		else if (len && !(len == 4 && !strncasecmp(text, "none", 4)))
			return error_set(err, ERROR_INVALID,
					 "on: best, failure, burst, stuck, "
					 "finished, all or none, not '%.*s'",
					 (int)(len < 40 ? len : 40), text);
		text += len;
		text += strspn(text, ", ");
	}
	*ret = on;
	return true;
}

/* "5 in 10m" */
static bool parse_burst(const char *text, struct alerts_config *config,
			struct error *err)
{
	struct error ignored;
	int64_t seconds;
	char *end;
	long count = strtol(text, &end, 10);

	while (*end == ' ')
		end++;
	if (end == text || count < 2 || count > ALERT_BURST_MAX ||
	    strncmp(end, "in", 2) != 0 || end[2] != ' ' ||
	    !duration_parse(end + 2 + strspn(end + 2, " "), &seconds,
			    &ignored) ||
	    seconds < 1)
		return error_set(err, ERROR_INVALID,
				 "burst: how many failures in what time, such "
				 "as '5 in 10m' (2 to %d), not '%.40s'",
				 ALERT_BURST_MAX, text);
	config->burst = (int)count;
	config->burst_within_s = seconds;
	return true;
}

static bool parse_duration(const char *key, const char *text, int64_t *ret,
			   struct error *err)
{
	struct error why;

	if (!duration_parse(text, ret, &why))
		return error_set(err, ERROR_INVALID, "%s: %s", key, why.text);
	if (*ret < 1)
		return error_set(err, ERROR_INVALID,
				 "%s: at least a second is needed", key);
	return true;
}

static bool take_text(char **slot, const char *text)
{
	free(*slot);
	*slot = *text ? xstrdup(text) : NULL;
	return true;
}

static bool set_webhook(struct alerts_config *config, const char *text,
			struct error *err)
{
	if (*text && strncmp(text, "https://", 8) != 0 &&
	    strncmp(text, "http://", 7) != 0)
		return error_set(err, ERROR_INVALID,
				 "webhook: a URL that begins with https:// or "
				 "http:// is needed");
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at <= ' ' || *at == 127)
			return error_set(err, ERROR_INVALID,
					 "webhook: a URL has no blanks");
	return take_text(&config->webhook, text);
}

static bool set_format(struct alerts_config *config, const char *text,
		       struct error *err)
{
	if (*text && strcmp(text, "auto") != 0 && strcmp(text, "slack") != 0 &&
	    strcmp(text, "json") != 0)
		return error_set(err, ERROR_INVALID,
				 "format: auto, slack or json, not '%.40s'",
				 text);
	return take_text(&config->format, strcmp(text, "auto") ? text : "");
}

bool alerts_set(struct alerts_config *config, const char *key,
		const char *value, struct error *err)
{
	struct alerts_config usual;
	const char *near;

	alerts_init(&usual);
	if (strlen(value) > TEXT_MAX)
		return error_set(err, ERROR_INVALID,
				 "%s: at most %d bytes are taken", key,
				 TEXT_MAX);
	if (!strcmp(key, "on")) {
		config->on = usual.on;
		return !*value || parse_kinds(value, &config->on, err);
	}
	if (!strcmp(key, "webhook"))
		return set_webhook(config, value, err);
	if (!strcmp(key, "webhookFile"))
		return take_text(&config->webhook_file, value);
	if (!strcmp(key, "format"))
		return set_format(config, value, err);
	if (!strcmp(key, "command"))
		return take_text(&config->command, value);
	if (!strcmp(key, "stuckAfter")) {
		config->stuck_after_s = usual.stuck_after_s;
		return !*value ||
		       parse_duration(key, value, &config->stuck_after_s, err);
	}
	if (!strcmp(key, "bestEvery")) {
		config->best_every_s = usual.best_every_s;
		return !*value ||
		       parse_duration(key, value, &config->best_every_s, err);
	}
	if (!strcmp(key, "burst")) {
		config->burst = usual.burst;
		config->burst_within_s = usual.burst_within_s;
		return !*value || parse_burst(value, config, err);
	}
	near = nearest_word(key, keys, COUNT_OF(keys));
	return error_set(err, ERROR_INVALID,
			 near ? "alerts have no key '%.40s', did you mean "
				"'%s'?"
			      : "alerts have no key '%.40s'",
			 key, near);
}

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", key);
	strbuf_add_json_string(out, text);
}

static void add_seconds(struct strbuf *out, const char *key, int64_t seconds)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)seconds);
	add_text(out, key, text);
}

void alerts_format(const struct alerts_config *config, struct strbuf *out)
{
	struct strbuf own = STRBUF_INIT, on = STRBUF_INIT;
	struct alerts_config usual;

	alerts_init(&usual);
	strbuf_addch(&own, '{');
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (config->on & 1u << i)
			strbuf_addf(&on, "%s%s", on.len ? ", " : "", kinds[i]);
	if (config->on != usual.on)
		add_text(&own, "on", config->on ? on.data : "none");
	add_text(&own, "webhook", config->webhook);
	add_text(&own, "webhookFile", config->webhook_file);
	add_text(&own, "format", config->format);
	add_text(&own, "command", config->command);
	if (config->stuck_after_s != usual.stuck_after_s)
		add_seconds(&own, "stuckAfter", config->stuck_after_s);
	if (config->burst != usual.burst ||
	    config->burst_within_s != usual.burst_within_s) {
		strbuf_clear(&on);
		strbuf_addf(&on, "%d in %lld", config->burst,
			    (long long)config->burst_within_s);
		add_text(&own, "burst", on.data);
	}
	if (config->best_every_s != usual.best_every_s)
		add_seconds(&own, "bestEvery", config->best_every_s);
	strbuf_addf(out, "%s}", own.data);
	strbuf_release(&own);
	strbuf_release(&on);
}

bool alerts_overlay(struct alerts_config *config, const char *json,
		    struct error *err)
{
	cJSON *tree = strlen(json) <= JSON_MAX
			      ? cJSON_ParseWithOpts(json, NULL, true)
			      : NULL;
	const cJSON *member;
	bool ok = cJSON_IsObject(tree) ||
		  error_set(err, ERROR_INVALID,
			    "alerts: a JSON object is needed");

	for (member = ok ? tree->child : NULL; member && ok;
	     member = member->next)
		ok = cJSON_IsString(member)
			     ? alerts_set(config, member->string,
					  member->valuestring, err)
			     : error_set(err, ERROR_INVALID,
					 "alerts: %.40s: a text is needed",
					 member->string);
	cJSON_Delete(tree);
	return ok;
}
