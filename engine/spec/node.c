/* SPDX-License-Identifier: MIT */
/* Walking a tree of nodes, writing it as JSON, letting it go. */
#include "engine/spec/node.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void document_release(struct document *document)
{
	struct node *next;

	for (struct node *node = document->nodes; node; node = next) {
		next = node->next;
		if (node->kind == NODE_MAPPING) {
			for (size_t i = 0; i < node->count; i++)
				free(node->entries[i].key);
		}
		free(node->entries);
		free(node->items);
		free(node->text);
		free(node);
	}
	*document = (struct document){0};
}

const struct node_entry *node_find(const struct node *node, const char *key)
{
	if (!node || node->kind != NODE_MAPPING)
		return NULL;
	for (size_t i = 0; i < node->count; i++) {
		if (!strcmp(node->entries[i].key, key))
			return &node->entries[i];
	}
	return NULL;
}

/* The entry with the longest key that begins the path: keys may contain the
 * separator themselves. */
static const struct node_entry *find_step(const struct node *node,
					  const char *path, char separator)
{
	const struct node_entry *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < node->count; i++) {
		const char *key = node->entries[i].key;
		size_t len = strlen(key);

		if (strncmp(path, key, len) ||
		    (path[len] && path[len] != separator) ||
		    (best && len <= best_len))
			continue;
		best = &node->entries[i];
		best_len = len;
	}
	return best;
}

const struct node *node_follow(const struct node *node, const char *path,
			       char separator,
			       const struct node_entry **ret_entry)
{
	const struct node_entry *entry;

	while (node && *path) {
		char *end;
		unsigned long index;

		if (node->kind == NODE_MAPPING) {
			entry = find_step(node, path, separator);
			if (!entry)
				return NULL;
			if (ret_entry)
				*ret_entry = entry;
			node = entry->value;
			path += strlen(entry->key);
		} else if (node->kind == NODE_SEQUENCE) {
			index = strtoul(path, &end, 10);
			if (end == path || index >= node->count)
				return NULL;
			node = node->items[index];
			path = end;
		} else {
			return NULL;
		}
		if (*path == separator)
			path++;
		else if (*path)
			return NULL;
	}
	return node;
}

bool node_add_json(struct strbuf *out, const struct node *node,
		   const struct node **ret_bad)
{
	switch (node->kind) {
	case NODE_NULL:
		strbuf_adds(out, "null");
		break;
	case NODE_BOOL:
		strbuf_adds(out, node->boolean ? "true" : "false");
		break;
	case NODE_INTEGER:
	case NODE_FLOAT:
		if (!isfinite(node->number)) {
			*ret_bad = node;
			return false;
		}
		strbuf_adds(out, node->text);
		break;
	case NODE_STRING:
		strbuf_add_json_string(out, node->text);
		break;
	case NODE_SEQUENCE:
		strbuf_addch(out, '[');
		for (size_t i = 0; i < node->count; i++) {
			if (i)
				strbuf_addch(out, ',');
			if (!node_add_json(out, node->items[i], ret_bad))
				return false;
		}
		strbuf_addch(out, ']');
		break;
	case NODE_MAPPING:
		strbuf_addch(out, '{');
		for (size_t i = 0; i < node->count; i++) {
			if (i)
				strbuf_addch(out, ',');
			strbuf_add_json_string(out, node->entries[i].key);
			strbuf_addch(out, ':');
			if (!node_add_json(out, node->entries[i].value,
					   ret_bad))
				return false;
		}
		strbuf_addch(out, '}');
		break;
	}
	return true;
}
