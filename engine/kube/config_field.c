/* SPDX-License-Identifier: MIT */
/* Finding a stanza, and taking typed fields out of it. */
#include "engine/kube/config_private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_TOLD 6

bool kube_stanza_fail(const struct kube_stanza *stanza, struct error *err,
		      const char *format, ...)
{
	char text[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return error_set(err, ERROR_INVALID, "kubeconfig %s: %s \"%s\": %s",
			 kube_word(stanza->file->path).text, stanza->kind,
			 kube_word(stanza->name).text, text);
}

/* --- finding ----------------------------------------------------------------
 */

static const struct node *list_of(const struct kube_file *file,
				  const char *kind)
{
	char key[16];
	const struct node_entry *entry;

	snprintf(key, sizeof(key), "%ss", kind);
	entry = node_find(file->document.root, key);
	return entry && entry->value->kind == NODE_SEQUENCE ? entry->value
							    : NULL;
}

static const char *name_of(const struct node *item)
{
	return node_find(item, "name")->value->text;
}

static bool take_item(const struct node *item, struct kube_stanza *stanza,
		      struct error *err)
{
	const struct node_entry *entry = node_find(item, stanza->kind);

	stanza->name = name_of(item);
	stanza->prefix = "";
	stanza->node = NULL;
	if (!entry || entry->value->kind == NODE_NULL)
		return true;
	if (entry->value->kind != NODE_MAPPING)
		return kube_stanza_fail(stanza, err, "%s is no mapping",
					stanza->kind);
	stanza->node = entry->value;
	return true;
}

bool kube_stanza_find(const struct kube_files *files, const char *kind,
		      const char *name, struct kube_stanza *ret,
		      struct error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct node *list = list_of(&files->items[i], kind);

		for (size_t k = 0; list && k < list->count; k++) {
			if (strcmp(name_of(list->items[k]), name))
				continue;
			*ret = (struct kube_stanza){.file = &files->items[i],
						    .kind = kind};
			return take_item(list->items[k], ret, err);
		}
	}
	return error_set(err, ERROR_NOT_FOUND, "no %s \"%s\"", kind,
			 kube_word(name).text);
}

static bool is_told(const char *const *told, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(told[i], name))
			return true;
	return false;
}

void kube_stanza_names(const struct kube_files *files, const char *kind,
		       struct strbuf *out)
{
	const char *told[NAMES_TOLD];
	size_t count = 0;

	for (size_t i = 0; i < files->count; i++) {
		const struct node *list = list_of(&files->items[i], kind);

		for (size_t k = 0; list && k < list->count; k++) {
			const char *name = name_of(list->items[k]);

			if (is_told(told, count, name))
				continue;
			if (count == NAMES_TOLD) {
				strbuf_adds(out, ", ...)");
				return;
			}
			strbuf_addf(out, "%s%s", count ? ", " : " (there are: ",
				    kube_word(name).text);
			told[count++] = name;
		}
	}
	strbuf_adds(out, count ? ")" : " (there are none)");
}

/* --- fields -----------------------------------------------------------------
 */

/* The value of a key; NULL when nothing is said. */
static const struct node *value_of(const struct kube_stanza *stanza,
				   const char *key)
{
	const struct node_entry *entry = node_find(stanza->node, key);

	return entry && entry->value->kind != NODE_NULL ? entry->value : NULL;
}

bool kube_take_stanza(const struct kube_stanza *stanza, const char *key,
		      const char *prefix, struct kube_stanza *ret,
		      struct error *err)
{
	const struct node *node = value_of(stanza, key);

	if (node && node->kind != NODE_MAPPING)
		return kube_stanza_fail(stanza, err, "%s%s is no mapping",
					stanza->prefix, key);
	*ret = *stanza;
	ret->prefix = prefix;
	ret->node = node;
	return true;
}

bool kube_take_text(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err)
{
	const struct node *node = value_of(stanza, key);

	if (!node)
		return true;
	if (node->kind != NODE_STRING)
		return kube_stanza_fail(stanza, err,
					"%s%s must be text: put it in quotes",
					stanza->prefix, key);
	if (*node->text)
		*ret = xstrdup(node->text);
	return true;
}

bool kube_take_bool(const struct kube_stanza *stanza, const char *key,
		    bool *ret, struct error *err)
{
	const struct node *node = value_of(stanza, key);

	if (!node)
		return true;
	if (node->kind != NODE_BOOL)
		return kube_stanza_fail(stanza, err,
					"%s%s must be true or false",
					stanza->prefix, key);
	*ret = node->boolean;
	return true;
}

bool kube_is_header_safe(const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool kube_take_line(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err)
{
	char *text = NULL;

	if (!kube_take_text(stanza, key, &text, err))
		return false;
	if (text && !kube_is_header_safe(text)) {
		secret_free(text);
		return kube_stanza_fail(stanza, err,
					"%s%s holds a line break or another "
					"control character",
					stanza->prefix, key);
	}
	if (text)
		*ret = text;
	return true;
}

bool kube_take_path(const struct kube_stanza *stanza, const char *key,
		    char **ret, struct error *err)
{
	char *text = NULL;

	if (!kube_take_line(stanza, key, &text, err)) /* it gets into words */
		return false;
	if (text)
		*ret = fs_join(stanza->file->folder, text);
	free(text);
	return true;
}

bool kube_take_pem(const struct kube_stanza *stanza, const char *key,
		   char **ret, struct error *err)
{
	struct strbuf pem = STRBUF_INIT;
	char *text = NULL;
	bool ok;

	if (!kube_take_text(stanza, key, &text, err))
		return false;
	if (!text)
		return true;
	ok = secret_decode_base64(text, strlen(text), &pem);
	if (!ok)
		kube_stanza_fail(stanza, err, "%s%s is not base64",
				 stanza->prefix, key);
	else if (strlen(pem.data) != pem.len ||
		 !strstr(pem.data, "-----BEGIN "))
		ok = kube_stanza_fail(stanza, err,
				      "%s%s is base64, but not of PEM text",
				      stanza->prefix, key);
	secret_free(text);
	if (ok)
		*ret = strbuf_detach(&pem);
	else
		secret_release(&pem);
	return ok;
}

bool kube_take_list_node(const struct kube_stanza *stanza, const char *what,
			 const struct node *node, char ***ret,
			 struct error *err)
{
	char **list;

	if (node->kind == NODE_NULL)
		return true;
	if (node->kind != NODE_SEQUENCE)
		return kube_stanza_fail(stanza, err, "%s%s must be a list",
					stanza->prefix, what);
	if (node->count > KUBE_LIST_MAX)
		return kube_stanza_fail(stanza, err,
					"%s%s has more than %d entries",
					stanza->prefix, what, KUBE_LIST_MAX);
	if (!node->count)
		return true;
	list = xcalloc(node->count + 1, sizeof(char *));
	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i]->kind != NODE_STRING) {
			secret_list_free(list);
			return kube_stanza_fail(stanza, err,
						"%s%s: every entry must be "
						"text: put it in quotes",
						stanza->prefix, what);
		}
		list[i] = xstrdup(node->items[i]->text);
	}
	*ret = list;
	return true;
}

bool kube_take_list(const struct kube_stanza *stanza, const char *key,
		    char ***ret, struct error *err)
{
	const struct node *node = value_of(stanza, key);

	return !node || kube_take_list_node(stanza, key, node, ret, err);
}
