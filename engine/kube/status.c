/* SPDX-License-Identifier: MIT */
/*
 * What a refusal says.  Mostly a metav1.Status; but proxies answer in HTML, an
 * unserved path in plain text, and a server that is starting in one word.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/kube/status_private.h"
#include "model/json_text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_MAX_S 3600
#define STATUS_MAX (256u << 10) /* bytes of a body that are looked at */

void kube_copy_text(char *to, size_t size, const char *text, size_t len)
{
	struct strbuf safe = STRBUF_INIT;
	size_t end = size - 1;

	if (len > 4 * size)
		len = 4 * size;
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	utf8_sanitize(&safe, text, len, false);
	if (safe.len > end) {
		/* not in the middle of a character */
		while (end && ((unsigned char)safe.data[end] & 0xC0) == 0x80)
			end--;
		strbuf_truncate(&safe, end);
	}
	memcpy(to, safe.data, safe.len);
	to[safe.len] = '\0';
	strbuf_release(&safe);
}

static const cJSON *item(const cJSON *tree, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(tree, key);
}

static void copy_item(char *to, size_t size, const cJSON *tree, const char *key)
{
	const char *text = cJSON_GetStringValue(item(tree, key));

	if (text)
		kube_copy_text(to, size, text, strlen(text));
}

static int read_int(const cJSON *tree, const char *key, int max)
{
	const cJSON *number = item(tree, key);
	double value = cJSON_IsNumber(number) ? number->valuedouble : 0;

	if (!(value > 0))
		return 0;
	return value > max ? max : (int)value;
}

void kube_status_from(struct kube_status *ret, int code, const cJSON *tree)
{
	const cJSON *details = item(tree, "details");
	const cJSON *cause = cJSON_GetArrayItem(item(details, "causes"), 0);

	memset(ret, 0, sizeof(*ret));
	ret->code = code ? code : read_int(tree, "code", 999);
	copy_item(ret->reason, sizeof(ret->reason), tree, "reason");
	copy_item(ret->message, sizeof(ret->message), tree, "message");
	copy_item(ret->cause, sizeof(ret->cause), cause, "reason");
	copy_item(ret->field, sizeof(ret->field), cause, "field");
	ret->retry_after_s =
		read_int(details, "retryAfterSeconds", RETRY_AFTER_MAX_S);
}

static const char *find_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++) {
		if (!strncasecmp(text + i, word, n))
			return text + i;
	}
	return NULL;
}

/* The title says most of what a proxy's page has to say. */
static void read_html(struct kube_status *ret, const char *body, size_t len)
{
	const char *title = find_word(body, len, "<title>");
	const char *end;

	if (!title)
		return;
	title += strlen("<title>");
	end = memchr(title, '<', body + len - title);
	if (end)
		kube_copy_text(ret->message, sizeof(ret->message), title,
			       end - title);
}

static const char *phrase_of(int code)
{
	static const struct {
		int code;
		const char *phrase;
	} phrases[] = {
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{406, "Not Acceptable"},
		{407, "Proxy Authentication Required"},
		{408, "Request Timeout"},
		{409, "Conflict"},
		{410, "Gone"},
		{413, "Request Entity Too Large"},
		{415, "Unsupported Media Type"},
		{422, "Unprocessable Entity"},
		{429, "Too Many Requests"},
		{500, "Internal Server Error"},
		{501, "Not Implemented"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < COUNT_OF(phrases); i++) {
		if (phrases[i].code == code)
			return phrases[i].phrase;
	}
	return "";
}

static bool is_status(const cJSON *tree)
{
	const char *kind = cJSON_GetStringValue(item(tree, "kind"));

	return kind && !strcmp(kind, "Status");
}

void kube_status_read(struct kube_status *ret, int code, const char *body,
		      size_t len)
{
	cJSON *tree = NULL;
	struct error err;

	memset(ret, 0, sizeof(*ret));
	ret->code = code;
	if (len > STATUS_MAX)
		len = STATUS_MAX;
	while (len && strchr(" \t\r\n", *body)) {
		if (!*body)
			break;
		body++;
		len--;
	}
	if (len && *body == '{')
		tree = json_parse(body, len, &err);
	if (is_status(tree))
		kube_status_from(ret, code, tree);
	else if (len && *body == '<')
		read_html(ret, body, len);
	else if (len && *body != '{')
		kube_copy_text(ret->message, sizeof(ret->message), body, len);
	cJSON_Delete(tree);
	if (!*ret->message)
		snprintf(ret->message, sizeof(ret->message), "HTTP %d%s%s",
			 code, *phrase_of(code) ? " " : "", phrase_of(code));
}

static enum error_code code_of(int code)
{
	switch (code) {
	case 401:
	case 403:
		return ERROR_DENIED;
	case 404:
		return ERROR_NOT_FOUND;
	case 408:
	case 504:
		return ERROR_TIMEOUT;
	case 409:
		return ERROR_CONFLICT;
	case 429:
		return ERROR_UNAVAILABLE;
	default:
		return code >= 500 ? ERROR_UNAVAILABLE : ERROR_INVALID;
	}
}

/* Messages of the API server name their causes already, but for a few. */
void kube_status_error(const struct kube_status *status, struct error *err)
{
	const char *field = status->field;
	const char *cause = status->cause;

	if (*field && strstr(status->message, field))
		field = "";
	if (*cause && (!*field || strstr(status->message, cause)))
		cause = "";
	if (*field)
		error_set(err, code_of(status->code), "%s (%s%s%s)",
			  status->message, field, *cause ? ": " : "", cause);
	else
		error_set(err, code_of(status->code), "%s", status->message);
}
