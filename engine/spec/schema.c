/* SPDX-License-Identifier: MIT */
/* Matches the keys of a mapping with a table: unknown, missing and repeated
 * ones are problems; values go to values.c. */
#include "engine/spec/schema.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FORM_KEYS_MAX 128 /* keys of a form and its bases */

static void report(struct reader *reader, struct mark mark, const char *path,
		   const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
static void report(struct reader *reader, struct mark mark, const char *path,
		   const char *format, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, args);
	problems_add(reader->problems, reader->file, reader->name, mark, path,
		     text);
}

void reader_fail(struct reader *reader, struct mark mark, const char *format,
		 ...)
{
	va_list args;

	va_start(args, format);
	report(reader, mark, reader->path.data, format, args);
	va_end(args);
}

void reader_fail_at(struct reader *reader, const struct place *place,
		    const char *format, ...)
{
	struct mark mark = place->node ? place->mark : place->key_mark;
	va_list args;

	if (!mark.line)
		mark = (struct mark){1, 1};
	va_start(args, format);
	report(reader, mark, place->path, format, args);
	va_end(args);
}

size_t reader_enter(struct reader *reader, const char *key)
{
	size_t len = reader->path.len;

	if (len)
		strbuf_addch(&reader->path, '.');
	strbuf_adds(&reader->path, key);
	return len;
}

void reader_leave(struct reader *reader, size_t len)
{
	strbuf_truncate(&reader->path, len);
}

/* NNI's second form takes trial_concurrency for trialConcurrency. */
bool reader_is_key(const struct reader *reader, const char *text,
		   const char *key)
{
	if (!reader->is_loose)
		return !strcmp(text, key);
	for (;; text++, key++) {
		while (*text == '_')
			text++;
		while (*key == '_')
			key++;
		if (tolower((unsigned char)*text) !=
		    tolower((unsigned char)*key))
			return false;
		if (!*text)
			return true;
	}
}

const struct node_entry *reader_find(const struct reader *reader,
				     const struct node *node, const char *key)
{
	if (node->kind != NODE_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->count; i++) {
		if (reader_is_key(reader, node->entries[i].key, key))
			return &node->entries[i];
	}
	return NULL;
}

void reader_keep(const struct reader *reader, const struct node_entry *entry,
		 struct place *ret)
{
	ret->node = entry->value->kind == NODE_NULL ? NULL : entry->value;
	ret->mark = entry->value->mark;
	ret->key_mark = entry->mark;
	snprintf(ret->path, sizeof(ret->path), "%s", reader->path.data);
}

/* --- tables -----------------------------------------------------------------
 */

struct seen {
	const struct key *keys[FORM_KEYS_MAX];
	const struct node_entry *entries[FORM_KEYS_MAX];
	size_t count;
};

/* The keys of a form and its bases; a key of the form hides its base's. */
static void list_keys(const struct reader *reader, const struct form *form,
		      struct seen *seen)
{
	seen->count = 0;
	for (; form; form = form->base) {
		for (const struct key *key = form->keys; key->name; key++) {
			bool is_hidden =
				(key->flags & KEY_RELOAD) && !reader->is_reload;

			for (size_t i = 0; i < seen->count; i++)
				is_hidden |=
					!strcmp(seen->keys[i]->name, key->name);
			if (is_hidden)
				continue;
			assert(seen->count < FORM_KEYS_MAX);
			seen->keys[seen->count] = key;
			seen->entries[seen->count++] = NULL;
		}
	}
}

/* Have the tables something to say of a key that they have not? */
static bool explain(struct reader *reader, const struct seen *seen,
		    const struct node_entry *entry)
{
	struct strbuf text = STRBUF_INIT;
	bool is_said = false;

	for (size_t i = 0; i < seen->count && !is_said; i++)
		is_said = seen->keys[i]->explain &&
			  seen->keys[i]->explain(reader, entry->key, &text);
	if (is_said)
		reader_fail(reader, entry->mark, "%s", text.data);
	strbuf_release(&text);
	return is_said;
}

static void fail_unknown(struct reader *reader, const struct seen *seen,
			 const struct node_entry *entry)
{
	const char *names[FORM_KEYS_MAX];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < seen->count; i++) {
		if (seen->keys[i]->type != VALUE_REFUSED)
			names[count++] = seen->keys[i]->name;
	}
	near = nearest_word(entry->key, names, count);
	if (near)
		reader_fail(reader, entry->mark,
			    "unknown key, did you mean '%s'?", near);
	else
		reader_fail(reader, entry->mark, "unknown key");
}

static void read_entry(struct reader *reader, struct seen *seen,
		       const struct node_entry *entry, void *target)
{
	const struct key *key = NULL;
	size_t i;

	for (i = 0; i < seen->count && !key; i++) {
		if (reader_is_key(reader, entry->key, seen->keys[i]->name))
			key = seen->keys[i];
	}
	if (!key) {
		if (!explain(reader, seen, entry))
			fail_unknown(reader, seen, entry);
		return;
	}
	i--;
	if (seen->entries[i]) {
		reader_fail(reader, entry->mark,
			    "is the same key as '%.64s' in line %d",
			    seen->entries[i]->key, seen->entries[i]->mark.line);
		return;
	}
	seen->entries[i] = entry;
	if (key->place)
		reader_keep(reader, entry,
			    (struct place *)((char *)target + key->place - 1));
	if (entry->value->kind == NODE_NULL)
		return;
	if (key->type == VALUE_REFUSED)
		reader_fail(reader, entry->mark, "%s", key->help);
	else if (key->type == VALUE_SECTION)
		form_read(reader, key->section, entry->value, entry->mark,
			  (char *)target + key->target);
	else
		value_read(reader, key, entry->value, target);
}

static void check_required(struct reader *reader, const struct seen *seen,
			   struct mark mark)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct node_entry *entry = seen->entries[i];
		const struct key *key = seen->keys[i];
		size_t len;

		if (!(key->flags & KEY_REQUIRED) ||
		    (entry && entry->value->kind != NODE_NULL))
			continue;
		len = reader_enter(reader, key->name);
		reader_fail(reader, entry ? entry->mark : mark,
			    "required, but %s%s%s", entry ? "null" : "missing",
			    key->help ? ": " : "", key->help ? key->help : "");
		reader_leave(reader, len);
	}
}

void form_read(struct reader *reader, const struct form *form,
	       const struct node *node, struct mark mark, void *target)
{
	struct seen seen;

	if (node->kind != NODE_MAPPING) {
		struct strbuf got = STRBUF_INIT;

		node_describe(&got, node);
		reader_fail(reader, node->mark,
			    "must be a mapping (key: value), got %s", got.data);
		strbuf_release(&got);
		return;
	}
	list_keys(reader, form, &seen);
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);

		read_entry(reader, &seen, entry, target);
		reader_leave(reader, len);
	}
	check_required(reader, &seen, mark);
}
