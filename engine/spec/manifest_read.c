/* SPDX-License-Identifier: MIT */
/*
 * Manifests read: the file cut into documents, documents into objects.
 *
 * The reader of trees takes one document.  A line that begins with "---" begins
 * another, whatever it stands in (YAML 1.2, 9.1.2), so a file is cut there, and
 * places are counted on.
 */
#include "engine/spec/manifest.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/spec/other_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_FILE 2 /* of struct problem */

/* --- documents ---------------------------------------------------------- */

static void shift_marks(struct document *document, int lines)
{
	for (struct node *node = document->nodes; node; node = node->next) {
		node->mark.line += lines;
		if (node->kind != NODE_MAPPING)
			continue;
		for (size_t i = 0; i < node->count; i++)
			node->entries[i].mark.line += lines;
	}
}

/* "---" or "..." alone, or with blanks behind. */
static bool is_marker(const char *line, size_t len, const char *marker)
{
	return len >= 3 && !memcmp(line, marker, 3) &&
	       (len == 3 || strchr(" \t\r\n", line[3]));
}

/* Nothing but blanks, comments and markers. */
static bool is_empty_line(const char *line, size_t len)
{
	size_t at = is_marker(line, len, "---") || is_marker(line, len, "...")
			    ? 3
			    : 0;

	while (at < len && strchr(" \t\r\n", line[at]))
		at++;
	return at == len || line[at] == '#';
}

static size_t line_length(const char *text, const char *end)
{
	const char *newline = memchr(text, '\n', (size_t)(end - text));

	return newline ? (size_t)(newline - text) + 1 : (size_t)(end - text);
}

/* The length of the document that begins here, its lines, and whether there
 * is anything in it. */
static size_t document_length(const char *text, const char *end, int *ret_lines,
			      bool *ret_is_empty)
{
	const char *at = text;

	*ret_lines = 0;
	*ret_is_empty = true;
	while (at < end) {
		size_t len = line_length(at, end);

		if (*ret_lines && is_marker(at, len, "---"))
			break;
		*ret_is_empty &= is_empty_line(at, len);
		at += len;
		++*ret_lines;
	}
	return (size_t)(at - text);
}

static bool read_document(struct manifest *manifest, const char *text,
			  size_t len, int line, bool is_whole)
{
	struct document document = {0};
	struct mark mark;
	struct error err;

	if (!node_read(text, len, &document, &mark, &err) &&
	    !(is_whole && other_file_read_json(text, len, &document))) {
		mark.line += line;
		reader_fail(&manifest->reader, mark, "%s", err.text);
		return false;
	}
	shift_marks(&document, line);
	manifest->documents =
		xrealloc(manifest->documents,
			 (manifest->document_count + 1) * sizeof(document));
	manifest->documents[manifest->document_count++] = document;
	return true;
}

static bool read_documents(struct manifest *manifest, const char *text,
			   size_t len)
{
	static const char bom[] = "\xEF\xBB\xBF";
	const char *at = text, *end = text + len;
	int line = 0;

	if (len >= 3 && !memcmp(text, bom, 3))
		at += 3;
	while (at < end) {
		int lines;
		bool is_empty;
		size_t part = document_length(at, end, &lines, &is_empty);

		if (manifest->document_count == MANIFEST_OBJECTS_MAX) {
			reader_fail(
				&manifest->reader, (struct mark){line + 1, 1},
				"more than %d documents", MANIFEST_OBJECTS_MAX);
			return false;
		}
		if (!is_empty && !read_document(manifest, at, part, line,
						at + part == end && !line))
			return false;
		at += part;
		line += lines;
	}
	if (manifest->document_count)
		return true;
	reader_fail(&manifest->reader, (struct mark){1, 1},
		    "the file is empty");
	return false;
}

/* --- objects ------------------------------------------------------------ */

static const char *member_text(const struct node *node, const char *key)
{
	const struct node_entry *entry = node_find(node, key);

	return entry && entry->value->kind == NODE_STRING ? entry->value->text
							  : "";
}

static bool add_object(struct manifest *manifest, const struct node *node,
		       const char *path)
{
	struct manifest_object object = {.node = node};

	if (node->kind != NODE_MAPPING)
		return value_fail(&manifest->reader, node,
				  "an object, such as {apiVersion: batch/v1, "
				  "kind: Job, spec: ...}");
	if (manifest->count == MANIFEST_OBJECTS_MAX) {
		reader_fail(&manifest->reader, node->mark,
			    "more than %d objects", MANIFEST_OBJECTS_MAX);
		return false;
	}
	object.api_version = member_text(node, "apiVersion");
	object.kind = member_text(node, "kind");
	snprintf(object.path, sizeof(object.path), "%s", path);
	manifest->objects =
		xrealloc(manifest->objects,
			 (manifest->count + 1) * sizeof(*manifest->objects));
	manifest->objects[manifest->count++] = object;
	return true;
}

/* `kubectl get -o yaml` writes several objects as one List. */
static bool add_objects(struct manifest *manifest, const struct node *root,
			const char *path)
{
	const struct node_entry *items = node_find(root, "items");
	bool ok = true;

	if (root->kind != NODE_MAPPING || !items ||
	    items->value->kind != NODE_SEQUENCE ||
	    strcmp(member_text(root, "kind"), "List") != 0)
		return add_object(manifest, root, path);
	if (!items->value->count) {
		size_t len = reader_enter(&manifest->reader, "items");

		reader_fail(&manifest->reader, items->value->mark,
			    "the list is empty");
		reader_leave(&manifest->reader, len);
		return false;
	}
	for (size_t i = 0; ok && i < items->value->count; i++) {
		char *below =
			xasprintf("%s%sitems.%zu", path, *path ? "." : "", i);

		ok = add_object(manifest, items->value->items[i], below);
		free(below);
	}
	return ok;
}

/* --- a manifest --------------------------------------------------------- */

static bool read_file(struct manifest *manifest, struct reader *reader,
		      const struct place *place)
{
	char *path = reader_resolve(reader, place->node->text);
	struct strbuf text = STRBUF_INIT;
	struct error err;
	bool ok;

	manifest->name = other_file_name(reader, place->node->text);
	manifest->folder = fs_folder(path);
	manifest->reader.file = MANIFEST_FILE;
	manifest->reader.name = manifest->name;
	manifest->reader.folder = manifest->folder;
	ok = fs_read_file(path, MANIFEST_FILE_MAX, &text, &err);
	if (!ok)
		reader_fail_at(reader, place, "%s", err.text);
	ok = ok && read_documents(manifest, text.data, text.len);
	for (size_t i = 0; ok && i < manifest->document_count; i++)
		ok = add_objects(manifest, manifest->documents[i].root, "");
	strbuf_release(&text);
	free(path);
	return ok;
}

bool manifest_open(struct manifest *manifest, struct reader *reader,
		   const struct place *place)
{
	*manifest = (struct manifest){.reader = *reader};
	strbuf_init(&manifest->reader.path);
	/* what is passed on as it is must be spelled as Kubernetes has it */
	manifest->reader.is_loose = false;
	if (place->node->kind == NODE_STRING && *place->node->text)
		return read_file(manifest, reader, place);
	strbuf_adds(&manifest->reader.path, place->path);
	if (place->node->kind == NODE_MAPPING)
		return add_objects(manifest, place->node, place->path);
	return value_fail(&manifest->reader, place->node,
			  "a mapping, the object itself, or the path of a file "
			  "with it");
}

void manifest_close(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->document_count; i++)
		document_release(&manifest->documents[i]);
	free(manifest->documents);
	free(manifest->objects);
	free(manifest->name);
	free(manifest->folder);
	strbuf_release(&manifest->reader.path);
	*manifest = (struct manifest){0};
}
