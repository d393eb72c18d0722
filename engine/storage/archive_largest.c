/* SPDX-License-Identifier: MIT */
/*
 * Where the bulk of a folder is.
 *
 * The three largest things right in it, each told as exactly as possible: not
 * "src/" but "src/data/" when that is where nearly all of it lies.
 */
#include "engine/storage/archive_tree.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

#define PARTS 3

void tree_add_size(struct strbuf *out, int64_t bytes)
{
	if (bytes >= INT64_C(1) << 30)
		strbuf_addf(out, "%.1f GiB", (double)bytes / (1 << 30));
	else if (bytes >= 1 << 20)
		strbuf_addf(out, "%.1f MiB", (double)bytes / (1 << 20));
	else
		strbuf_addf(out, "%.1f KiB", (double)bytes / (1 << 10));
}

static int64_t weight(const struct tree *tree, size_t i, bool by_files)
{
	return by_files ? tree->entries[i].files : tree->entries[i].bytes;
}

/* The largest thing right in a folder that has not been told; 0 when none. */
static size_t find_largest(const struct tree *tree, size_t folder,
			   bool by_files, const size_t *told, size_t count)
{
	size_t best = 0;

	for (size_t i = folder + 1; i < tree->count; i++) {
		bool is_told = tree->entries[i].parent != folder;

		for (size_t j = 0; j < count && !is_told; j++)
			is_told = told[j] == i;
		if (!is_told && (!best || weight(tree, i, by_files) >
						  weight(tree, best, by_files)))
			best = i;
	}
	return best;
}

/* The innermost thing that holds four fifths of entry i. */
static size_t narrow(const struct tree *tree, size_t i, bool by_files)
{
	int64_t enough = weight(tree, i, by_files) / 5 * 4;
	size_t inner = i;

	while (inner && tree->entries[inner].kind == TREE_FOLDER &&
	       weight(tree, inner, by_files) >= enough) {
		i = inner;
		inner = find_largest(tree, i, by_files, NULL, 0);
	}
	return inner && !by_files && weight(tree, inner, false) >= enough
		       ? inner
		       : i;
}

static void add_part(const struct tree *tree, size_t i, bool by_files,
		     struct strbuf *out)
{
	const struct tree_entry *entry = &tree->entries[i];

	utf8_sanitize(out, entry->path, strlen(entry->path), false);
	strbuf_adds(out, entry->kind == TREE_FOLDER ? "/ (" : " (");
	if (by_files)
		strbuf_addf(out, "%" PRId64 " file%s", entry->files,
			    entry->files == 1 ? "" : "s");
	else
		tree_add_size(out, entry->bytes);
	strbuf_addch(out, ')');
}

void tree_add_largest(const struct tree *tree, bool by_files,
		      struct strbuf *out)
{
	size_t told[PARTS], count = 0;

	while (count < PARTS) {
		size_t part = find_largest(tree, 0, by_files, told, count);

		if (!part || !weight(tree, part, by_files))
			break;
		told[count++] = part;
	}
	for (size_t i = 0; i < count; i++) {
		if (i)
			strbuf_adds(out, i + 1 < count ? ", " : " and ");
		add_part(tree, narrow(tree, told[i], by_files), by_files, out);
	}
}
