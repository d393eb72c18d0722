/* SPDX-License-Identifier: MIT */
/* Walks the outer two levels of a list; values are cJSON's work. */
#include "engine/kube/list.h"

#include "base/mem.h"
#include "model/json_text.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX 8192

struct cursor {
	const char *p, *end;
	struct kube_reader *reader; /* of items */
};

static char skip_blanks(struct cursor *at)
{
	while (at->p < at->end && strchr(" \t\r\n", *at->p) && *at->p)
		at->p++;
	return at->p < at->end ? *at->p : '\0';
}

static bool take(struct cursor *at, char c)
{
	if (skip_blanks(at) != c || at->p == at->end)
		return false;
	at->p++;
	return true;
}

/* The text between quotes, escapes as they are. */
static bool take_string(struct cursor *at, const char **ret, size_t *ret_len)
{
	if (!take(at, '"'))
		return false;
	*ret = at->p;
	while (at->p < at->end && *at->p != '"')
		at->p += *at->p == '\\' && at->p + 1 < at->end ? 2 : 1;
	if (at->p >= at->end)
		return false;
	*ret_len = (size_t)(at->p - *ret);
	at->p++;
	return true;
}

static bool take_value(struct cursor *at, const char **ret, size_t *ret_len,
		       struct error *err)
{
	char first = skip_blanks(at);
	const char *text;

	*ret = at->p;
	if (first == '{' || first == '[') {
		if (!json_measure(at->p, (size_t)(at->end - at->p), ret_len,
				  err))
			return false;
		at->p += *ret_len;
		return true;
	}
	if (first == '"') {
		if (!take_string(at, &text, ret_len))
			return error_set(err, ERROR_INVALID, "cut short");
	} else {
		while (at->p < at->end && !strchr(",]}", *at->p))
			at->p++;
	}
	*ret_len = (size_t)(at->p - *ret);
	return *ret_len > 0 ||
	       error_set(err, ERROR_INVALID, "a value is missing");
}

bool kube_read_version(const cJSON *object, char version[KUBE_VERSION_MAX])
{
	const cJSON *metadata =
		cJSON_GetObjectItemCaseSensitive(object, "metadata");
	const char *text = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(metadata, "resourceVersion"));

	if (!text || !*text || strlen(text) >= KUBE_VERSION_MAX)
		return false;
	memcpy(version, text, strlen(text) + 1);
	return true;
}

static bool tell_object(struct kube_list *list, struct kube_reader *reader,
			const char *text, size_t len)
{
	struct error ignored;
	cJSON *tree = NULL;
	bool more;

	if (len <= list->object_max)
		tree = kube_object_parse(reader, text, len, &ignored);
	if (!cJSON_IsObject(tree)) {
		list->skipped++;
		cJSON_Delete(tree);
		return true;
	}
	more = list->object(list->arg, tree);
	cJSON_Delete(tree);
	return more;
}

static bool read_items(struct kube_list *list, struct cursor *at,
		       struct error *err)
{
	const char *text;
	size_t len;

	if (skip_blanks(at) != '[') /* null: none */
		return take_value(at, &text, &len, err);
	at->p++;
	if (take(at, ']'))
		return true;
	do {
		if (!take_value(at, &text, &len, err))
			return false;
		if (!tell_object(list, at->reader, text, len))
			return error_set(err, ERROR_CANCELED, "stopped");
	} while (take(at, ','));
	return take(at, ']') ||
	       error_set(err, ERROR_INVALID, "the items do not end");
}

static bool read_metadata(struct kube_list *list, struct cursor *at,
			  struct error *err)
{
	cJSON *outer = cJSON_CreateObject();
	const char *text, *token;
	cJSON *tree;
	size_t len;

	if (!take_value(at, &text, &len, err)) {
		cJSON_Delete(outer);
		return false;
	}
	tree = json_parse(text, len, err);
	if (!tree) {
		cJSON_Delete(outer);
		return false;
	}
	token = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "continue"));
	if (token && *token && strlen(token) <= TOKEN_MAX) {
		free(list->token);
		list->token = xstrdup(token);
	}
	cJSON_AddItemToObject(outer, "metadata", tree);
	kube_read_version(outer, list->version);
	cJSON_Delete(outer);
	return true;
}

static bool read_member(struct kube_list *list, struct cursor *at,
			bool *has_items, struct error *err)
{
	const char *key, *text;
	size_t key_len, len;

	if (!take_string(at, &key, &key_len) || !take(at, ':'))
		return error_set(err, ERROR_INVALID, "not an object");
	if (key_len == 5 && !memcmp(key, "items", 5)) {
		*has_items = true;
		return read_items(list, at, err);
	}
	if (key_len == 8 && !memcmp(key, "metadata", 8))
		return read_metadata(list, at, err);
	return take_value(at, &text, &len, err);
}

static bool read_list(struct kube_list *list, struct kube_reader *reader,
		      const char *text, size_t len, struct error *err)
{
	struct cursor at = {text, text + len, reader};
	bool has_items = false;

	if (!take(&at, '{'))
		return error_set(err, ERROR_INVALID, "not an object");
	do {
		if (!read_member(list, &at, &has_items, err))
			return false;
	} while (take(&at, ','));
	if (!take(&at, '}'))
		return error_set(err, ERROR_INVALID, "the list does not end");
	if (!has_items || !*list->version)
		return error_set(err, ERROR_INVALID, "not a list");
	return true;
}

bool kube_list_read(struct kube_list *list, const char *text, size_t len,
		    struct error *err)
{
	struct kube_reader own = {.text = STRBUF_INIT};
	bool ok;

	list->skipped = 0;
	list->token = NULL;
	*list->version = '\0';
	ok = read_list(list, list->reader ? list->reader : &own, text, len,
		       err);
	kube_reader_release(&own);
	return ok;
}
