/* SPDX-License-Identifier: MIT */
/* JSON in other forms, and words a shell reads back. */
#include "tui/copy.h"

#include "base/mem.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- words of a shell ---------------------------------------------------- */

static void add_shell_word(struct strbuf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:=@%+,-";

	if (*word && word[strspn(word, plain)] == '\0') {
		strbuf_adds(out, word);
		return;
	}
	strbuf_addch(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			strbuf_adds(out, "'\\''");
		else
			strbuf_addch(out, *word);
	}
	strbuf_addch(out, '\'');
}

/* ---- values -------------------------------------------------------------- */

/* cJSON prints numbers that nearly read back: these do. */
static void add_json(struct strbuf *out, const cJSON *item)
{
	const cJSON *part;
	char *text;

	if (cJSON_IsNumber(item)) {
		strbuf_add_json_number(out, item->valuedouble);
	} else if (cJSON_IsArray(item)) {
		strbuf_addch(out, '[');
		cJSON_ArrayForEach (part, item) {
			if (part != item->child)
				strbuf_addch(out, ',');
			add_json(out, part);
		}
		strbuf_addch(out, ']');
	} else {
		text = cJSON_PrintUnformatted(item);
		strbuf_adds(out, text ? text : "null");
		cJSON_free(text);
	}
}

/* A scalar as a command line has it: a string without quotes. */
static void add_bare(struct strbuf *out, const cJSON *item)
{
	if (cJSON_IsString(item))
		strbuf_adds(out, item->valuestring);
	else
		add_json(out, item);
}

static void add_flags(struct strbuf *out, const cJSON *object, const char *path)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		struct strbuf word = STRBUF_INIT, name = STRBUF_INIT;

		strbuf_addf(&name, "%s%s%s", path, *path ? "." : "",
			    item->string ? item->string : "");
		if (cJSON_IsObject(item) && item->child) {
			add_flags(out, item, name.data);
		} else {
			strbuf_addf(&word, "--%s=", name.data);
			add_bare(&word, item);
			if (out->len)
				strbuf_addch(out, ' ');
			add_shell_word(out, word.data);
		}
		strbuf_release(&word);
		strbuf_release(&name);
	}
}

/* ---- YAML ---------------------------------------------------------------- */

/* Strings that YAML would read as something else, or not at all.  JSON's
 * quotes are YAML's. */
static bool is_plain_yaml(const char *text)
{
	static const char *const words[] = {"null", "true", "false", "yes",
					    "no",   "on",   "off",   "y",
					    "n",    "~"};
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
	size_t i;

	for (i = 0; i < COUNT_OF(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	return ((*text >= 'a' && *text <= 'z') ||
		(*text >= 'A' && *text <= 'Z') || *text == '_') &&
	       text[strspn(text, safe)] == '\0';
}

static void add_yaml_text(struct strbuf *out, const char *text)
{
	if (is_plain_yaml(text))
		strbuf_adds(out, text);
	else
		strbuf_add_json_string(out, text);
}

static void add_indent(struct strbuf *out, int depth)
{
	while (depth-- > 0)
		strbuf_adds(out, "  ");
}

static void add_yaml(struct strbuf *out, const cJSON *object, int depth)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, object) {
		add_indent(out, depth);
		add_yaml_text(out, item->string ? item->string : "");
		strbuf_addch(out, ':');
		if (cJSON_IsObject(item) && item->child) {
			strbuf_addch(out, '\n');
			add_yaml(out, item, depth + 1);
			continue;
		}
		strbuf_addch(out, ' ');
		if (cJSON_IsString(item))
			add_yaml_text(out, item->valuestring);
		else
			add_json(out, item); /* flow style is JSON's */
		strbuf_addch(out, '\n');
	}
}

bool copy_parameters(struct strbuf *out, const char *json, enum copy_form form,
		     struct error *err)
{
	cJSON *object =
		json ? json_parse(json, strlen(json), err)
		     : (error_set(err, ERROR_INVALID, "no parameters"), NULL);

	if (!object)
		return error_prefix(err, "copy parameters");
	if (!cJSON_IsObject(object)) {
		cJSON_Delete(object);
		return error_set(err, ERROR_INVALID,
				 "the parameters are no JSON object");
	}
	if (form == COPY_YAML)
		add_yaml(out, object, 0);
	else if (form == COPY_FLAGS)
		add_flags(out, object, "");
	else
		strbuf_adds(out, json); /* every digit as it was stored */
	cJSON_Delete(object);
	return true;
}

/* ---- kubectl ------------------------------------------------------------- */

static void add_option(struct strbuf *out, const char *option,
		       const cJSON *service, const char *key)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(service, key);

	if (!cJSON_IsString(item) || !*item->valuestring)
		return;
	strbuf_addf(out, " %s ", option);
	add_shell_word(out, item->valuestring);
}

/* What kubectl calls the object of a kind; false: one cannot tell. */
static bool format_resource(const cJSON *service, char *ret, size_t size)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(service, "kind");
	const char *kind = cJSON_IsString(item) ? item->valuestring : "job";
	size_t len = strlen(kind), i;

	if (strcasecmp(kind, "custom") == 0 || len + 2 > size)
		return false;
	if (strcasecmp(kind, "frameworkcontroller") == 0 ||
	    strcasecmp(kind, "launcher") == 0)
		kind = "framework";
	len = strlen(kind);
	for (i = 0; i < len; i++)
		ret[i] = (char)(kind[i] | 0x20);
	ret[len] = 's';
	ret[len + 1] = '\0';
	return ret[strspn(ret, "abcdefghijklmnopqrstuvwxyz")] == '\0';
}

bool copy_kubectl(struct strbuf *out, const struct experiment *experiment,
		  const struct trial *trial, const struct attempt *attempt,
		  const struct trial_place *place, struct error *err)
{
	bool has_pod = place && *place->pod && place->attempt == trial->attempt;
	const char *config = experiment->config ? experiment->config : "{}";
	char resource[64];
	struct error ignored;
	bool is_known;
	cJSON *tree, *service;

	if (!experiment_has_cluster(experiment))
		return error_set(err, ERROR_INVALID,
				 "these trials %s: no kubectl line",
				 experiment_is_foreign(experiment)
					 ? "came from another program"
					 : "run on this machine");
	if (!has_pod && !(attempt && attempt->job))
		return error_set(err, ERROR_UNAVAILABLE,
				 "trial #%lld has not been submitted yet",
				 (long long)trial->sequence);
	tree = json_parse(config, strlen(config), &ignored);
	service = cJSON_GetObjectItemCaseSensitive(tree, "trainingService");
	is_known = format_resource(service, resource, sizeof(resource)) &&
		   attempt && attempt->job;
	strbuf_adds(out, "kubectl");
	add_option(out, "--kubeconfig", service, "kubeconfig");
	add_option(out, "--context", service, "context");
	add_option(out, "-n", service, "namespace");
	if (has_pod && trial->state == TRIAL_RUNNING) {
		strbuf_adds(out, " exec -it ");
		add_shell_word(out, place->pod);
		strbuf_adds(out, " -- sh");
	} else if (has_pod && (trial->state == TRIAL_WAITING || !is_known)) {
		strbuf_adds(out, " describe pod ");
		add_shell_word(out, place->pod);
	} else if (is_known) {
		strbuf_addf(out, " describe %s ", resource);
		add_shell_word(out, attempt->job);
	} else {
		strbuf_adds(out, " get pods -l trialId=");
		add_shell_word(out, trial->id);
	}
	cJSON_Delete(tree);
	return true;
}
