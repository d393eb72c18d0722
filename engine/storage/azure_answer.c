/* SPDX-License-Identifier: MIT */
/* Azure Files' lists. */
#include "engine/storage/azure_answer.h"

#include "base/mem.h"
#include "engine/storage/http.h"
#include "engine/storage/percent.h"
#include "engine/storage/xml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t read_size(const struct xml_node *properties)
{
	char *text = xml_child_text(properties, "Content-Length");
	char *end = text;
	long long size = -1;

	errno = 0;
	if (text)
		size = strtoll(text, &end, 10);
	if (!text || errno || end == text || *end)
		size = -1;
	free(text);
	return size;
}

static int64_t read_time(const struct xml_node *properties)
{
	static const char *const names[] = {"LastWriteTime", "Last-Modified"};
	int64_t at_ns = 0;

	for (size_t i = 0; !at_ns && i < COUNT_OF(names); i++) {
		char *text = xml_child_text(properties, names[i]);

		at_ns = text ? http_time(text) : 0;
		free(text);
	}
	return at_ns;
}

/* Names that XML cannot say are percent-encoded, and say so. */
static char *read_name(const struct xml_node *node)
{
	const struct xml_node *child = xml_child(node, "Name");
	char *name = xml_text(child);
	char *encoded = child ? xml_attribute(child, "Encoded") : NULL;
	bool ok = name && *name;

	if (ok && encoded && !strcmp(encoded, "true"))
		ok = percent_decode(name, false);
	free(encoded);
	if (ok && !strchr(name, '/'))
		return name;
	free(name);
	return NULL;
}

static bool read_entry(const struct xml_node *node, struct azure_page *page)
{
	const struct xml_node *properties = xml_child(node, "Properties");
	struct azure_entry entry = {.name = read_name(node)};

	if (!entry.name)
		return false;
	entry.is_folder = !strcmp(xml_name(node), "Directory");
	entry.modified_ns = read_time(properties);
	entry.size = entry.is_folder ? 0 : read_size(properties);
	ARRAY_RESERVE(page->items, page->count, page->capacity);
	page->items[page->count++] = entry;
	return entry.size >= 0;
}

bool azure_page_read(const char *data, size_t len, struct azure_page *page,
		     struct error *err)
{
	struct xml *xml = xml_read(data, len, "EnumerationResults", err);
	const struct xml_node *entries, *node;
	bool ok;

	free(page->next);
	page->next = NULL;
	if (!xml)
		return false;
	entries = xml_child(xml_root(xml), "Entries");
	ok = entries != NULL;
	for (node = xml_child(entries, NULL); ok && node;
	     node = xml_next(node, NULL))
		if (!strcmp(xml_name(node), "File") ||
		    !strcmp(xml_name(node), "Directory"))
			ok = read_entry(node, page);
	page->next = xml_child_text(xml_root(xml), "NextMarker");
	if (page->next && !*page->next) {
		free(page->next);
		page->next = NULL;
	}
	xml_free(xml);
	return ok || error_set(err, ERROR_CORRUPT,
			       "the server's list of files lacks what belongs "
			       "into it");
}

void azure_page_release(struct azure_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		free(page->items[i].name);
	free(page->items);
	free(page->next);
	*page = (struct azure_page){0};
}
