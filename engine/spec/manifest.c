/* SPDX-License-Identifier: MIT */
/* What is asked of the objects of a manifest; manifest_read.c reads them. */
#include "engine/spec/manifest.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reporting ---------------------------------------------------------- */

/* Set the reader's path to that of something below an object. */
static void set_path(struct manifest *manifest,
		     const struct manifest_object *object, const char *path)
{
	struct strbuf *out = &manifest->reader.path;

	strbuf_clear(out);
	strbuf_adds(out, object->path);
	if (*path)
		strbuf_addf(out, "%s%s", out->len ? "." : "", path);
}

void manifest_fail(struct manifest *manifest,
		   const struct manifest_object *object, const char *path,
		   const char *format, ...)
{
	struct mark mark = object->node->mark;
	char *at = xstrdup(path);
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	set_path(manifest, object, path);
	for (size_t len = strlen(at); len; at[len] = '\0') {
		const struct node *node =
			node_follow(object->node, at, '.', NULL);

		if (node) {
			mark = node->mark;
			break;
		}
		while (len && at[--len] != '.')
			;
	}
	free(at);
	reader_fail(&manifest->reader, mark, "%s", text);
}

/* --- choosing ----------------------------------------------------------- */

static bool is_wanted(const struct manifest_object *object,
		      const char *const *kinds)
{
	for (; kinds && *kinds; kinds++)
		if (!strcmp(object->kind, *kinds))
			return true;
	return !kinds;
}

/* "Workflow or WorkflowTemplate" */
static void list_kinds(struct strbuf *out, const char *const *kinds)
{
	if (!kinds)
		strbuf_adds(out, "an object");
	for (size_t i = 0; kinds && kinds[i]; i++)
		strbuf_addf(out, "%s%s",
			    !i		   ? ""
			    : kinds[i + 1] ? ", "
					   : " or ",
			    kinds[i]);
}

static const struct manifest_object *fail_none(struct manifest *manifest,
					       const char *const *kinds)
{
	const struct manifest_object *first = manifest->objects;
	struct strbuf wanted = STRBUF_INIT;

	list_kinds(&wanted, kinds);
	if (*first->kind)
		manifest_fail(manifest, first, "kind",
			      "must be %s, got \"%.64s\"", wanted.data,
			      first->kind);
	else
		manifest_fail(manifest, first, "kind",
			      "required, but missing: %s%s",
			      kinds ? "must be " : "such as kind: Job",
			      kinds ? wanted.data : "");
	strbuf_release(&wanted);
	return NULL;
}

static bool check_identity(struct manifest *manifest,
			   const struct manifest_object *object)
{
	if (!*object->kind)
		return fail_none(manifest, NULL) != NULL;
	if (*object->api_version)
		return true;
	manifest_fail(manifest, object, "apiVersion",
		      "required, but missing: such as apiVersion: batch/v1");
	return false;
}

const struct manifest_object *manifest_one(struct manifest *manifest,
					   const char *const *kinds)
{
	const struct manifest_object *found = NULL;

	for (size_t i = 0; i < manifest->count; i++) {
		const struct manifest_object *object = &manifest->objects[i];

		if (!is_wanted(object, kinds))
			continue;
		if (found) {
			manifest_fail(manifest, object, "",
				      "a second object (%.64s; the first is in "
				      "line %d): each trial is one object, so "
				      "put what it needs besides into the "
				      "cluster beforehand",
				      *object->kind ? object->kind : "no kind",
				      found->node->mark.line);
			return NULL;
		}
		found = object;
	}
	if (!found)
		return fail_none(manifest, kinds);
	return check_identity(manifest, found) ? found : NULL;
}

/* --- placeholders ------------------------------------------------------- */

static bool check_texts(struct reader *reader, const struct node *node,
			const struct placeholder_names *names)
{
	bool ok = true;
	struct error err;

	if (node->kind == NODE_STRING &&
	    !placeholder_check(node->text, names, &err)) {
		reader_fail(reader, node->mark, "%s", err.text);
		return false;
	}
	if (node->kind != NODE_MAPPING && node->kind != NODE_SEQUENCE)
		return true;
	for (size_t i = 0; i < node->count; i++) {
		bool is_map = node->kind == NODE_MAPPING;
		char index[24];
		size_t len;

		snprintf(index, sizeof(index), "%zu", i);
		len = reader_enter(reader,
				   is_map ? node->entries[i].key : index);
		ok &= check_texts(reader,
				  is_map ? node->entries[i].value
					 : node->items[i],
				  names);
		reader_leave(reader, len);
	}
	return ok;
}

bool manifest_check(struct manifest *manifest,
		    const struct manifest_object *object,
		    const struct placeholder_names *names)
{
	set_path(manifest, object, "");
	return check_texts(&manifest->reader, object->node, names);
}

/* --- as JSON ------------------------------------------------------------ */

char *manifest_json(struct manifest *manifest,
		    const struct manifest_object *object)
{
	struct strbuf out = STRBUF_INIT;
	const struct node *bad;

	set_path(manifest, object, "");
	if (object->node->bytes > MANIFEST_JSON_MAX ||
	    object->node->expanded > MANIFEST_NODES_MAX ||
	    object->node->depth > MANIFEST_DEPTH_MAX)
		reader_fail(&manifest->reader, object->node->mark,
			    "is too large, or nested too deeply");
	else if (!node_add_json(&out, object->node, &bad))
		reader_fail(&manifest->reader, bad->mark,
			    "must be a finite number");
	else if (out.len > MANIFEST_JSON_MAX)
		reader_fail(&manifest->reader, object->node->mark,
			    "larger than %d KiB", MANIFEST_JSON_MAX >> 10);
	else
		return strbuf_detach(&out);
	strbuf_release(&out);
	return NULL;
}
