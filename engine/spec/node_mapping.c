/* SPDX-License-Identifier: MIT */
/*
 * What happens when a mapping closes: duplicate keys are refused, and a merge
 * key ("<<") copies entries in, as PyYAML does it: the merged ones stand
 * first, those of an earlier mapping win over a later one's, and the mapping's
 * own replace them in place.  Sorting keeps both linear in all but name.
 */
#include "engine/spec/node.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static int compare_entries(const void *a, const void *b)
{
	const struct node_entry *const *left = a, *const *right = b;
	int order = strcmp((*left)->key, (*right)->key);

	if (order)
		return order;
	return *left < *right ? -1 : *left > *right;
}

/* Pointers to the entries by key, then by place.  Caller frees. */
static struct node_entry **sort_entries(struct node_entry *entries,
					size_t count)
{
	struct node_entry **sorted =
		xcalloc(count, sizeof(struct node_entry *));

	for (size_t i = 0; i < count; i++)
		sorted[i] = &entries[i];
	qsort(sorted, count, sizeof(*sorted), compare_entries);
	return sorted;
}

static bool check_duplicates(const struct node *node, struct mark *ret_mark,
			     struct error *err)
{
	const struct node_entry *first = NULL, *second = NULL;
	struct node_entry **sorted;

	if (node->count < 2)
		return true;
	sorted = sort_entries(node->entries, node->count);
	for (size_t i = 1; i < node->count; i++) {
		if (strcmp(sorted[i - 1]->key, sorted[i]->key) ||
		    (second && second < sorted[i]))
			continue;
		first = sorted[i - 1];
		second = sorted[i];
	}
	free(sorted);
	if (!second)
		return true;
	*ret_mark = second->mark;
	return error_set(err, ERROR_INVALID,
			 "'%.64s' stands in line %d already", second->key,
			 first->mark.line);
}

static void append_entries(struct node_entry *all, size_t *count,
			   const struct node *from)
{
	for (size_t i = 0; i < from->count; i++) {
		all[*count] = from->entries[i];
		all[*count].key = xstrdup(from->entries[i].key);
		(*count)++;
	}
}

/* Of entries with one key the last one's value counts, at the first place. */
static size_t fold_entries(struct node_entry *all, size_t count)
{
	struct node_entry **sorted = sort_entries(all, count);
	size_t kept = 0;

	for (size_t i = 0, end; i < count; i = end) {
		for (end = i + 1; end < count; end++) {
			if (strcmp(sorted[i]->key, sorted[end]->key))
				break;
			sorted[i]->value = sorted[end]->value;
			sorted[i]->mark = sorted[end]->mark;
		}
		for (size_t k = i + 1; k < end; k++) {
			free(sorted[k]->key);
			sorted[k]->key = NULL;
		}
	}
	free(sorted);
	for (size_t i = 0; i < count; i++) {
		if (all[i].key)
			all[kept++] = all[i];
	}
	return kept;
}

static bool merge_entries(struct node *node, struct node *merge,
			  struct mark *ret_mark, struct error *err)
{
	struct node **sources = &merge;
	size_t source_count = 1, total = node->count, count = 0;
	struct node_entry *all;

	if (merge->kind == NODE_SEQUENCE) {
		sources = merge->items;
		source_count = merge->count;
	}
	for (size_t i = 0; i < source_count; i++) {
		if (sources[i]->kind != NODE_MAPPING) {
			*ret_mark = sources[i]->mark;
			return error_set(err, ERROR_INVALID,
					 "'<<' merges a mapping or a list of "
					 "mappings");
		}
		total += sources[i]->count;
	}
	if (!total)
		return true;
	all = xcalloc(total, sizeof(*all));
	for (size_t i = source_count; i-- > 0;)
		append_entries(all, &count, sources[i]);
	if (node->count)
		memcpy(all + count, node->entries, node->count * sizeof(*all));
	free(node->entries);
	node->entries = all;
	node->count = fold_entries(all, total);
	return true;
}

bool node_close_mapping(struct node *node, struct node *merge,
			struct mark *ret_mark, struct error *err)
{
	if (!check_duplicates(node, ret_mark, err))
		return false;
	return !merge || merge_entries(node, merge, ret_mark, err);
}
