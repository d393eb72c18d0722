/* SPDX-License-Identifier: MIT */
/*
 * Folders of Azure Files: the server makes one level at a time, so what is
 * known to be there is remembered.  Paths are compared byte by byte: asking
 * once too often does no harm.
 */
#include "engine/storage/azure_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Where a path is, or belongs to, in the sorted list. */
static size_t place_of(const struct azure *azure, const char *path,
		       bool *ret_is_there)
{
	size_t low = 0, high = azure->folder_count;

	*ret_is_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(azure->folders[middle], path);

		if (!order) {
			*ret_is_there = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_known(const struct azure *azure, const char *path)
{
	bool is_there;

	place_of(azure, path, &is_there);
	return is_there;
}

static void remember(struct azure *azure, const char *path)
{
	bool is_there;
	size_t place = place_of(azure, path, &is_there);

	if (is_there)
		return;
	ARRAY_RESERVE(azure->folders, azure->folder_count,
		      azure->folder_capacity);
	memmove(azure->folders + place + 1, azure->folders + place,
		(azure->folder_count - place) * sizeof(*azure->folders));
	azure->folders[place] = xstrdup(path);
	azure->folder_count++;
}

void azure_forget_folders(struct azure *azure)
{
	for (size_t i = 0; i < azure->folder_count; i++)
		free(azure->folders[i]);
	free(azure->folders);
	azure->folders = NULL;
	azure->folder_count = azure->folder_capacity = 0;
}

static bool make_folder(struct azure *azure, const char *path,
			struct error *err)
{
	static const struct sharedkey_pair query[] = {{"restype", "directory"}};
	static const struct http_source nothing = {.data = ""};

	if (azure_send(azure,
		       &(struct azure_call){
			       .method = "PUT",
			       .path = path,
			       .query = query,
			       .query_count = 1,
			       .source = &nothing,
			       .right = "to create folders (c)",
		       },
		       err) ||
	    azure_was(azure, "ResourceAlreadyExists")) {
		remember(azure, path);
		return true;
	}
	return error_prefix(err, "folder %s", path);
}

bool azure_make_parents(struct azure *azure, const char *path,
			struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = xstrndup(path, slash ? (size_t)(slash - path) : 0);
	bool ok = true;

	for (char *end = folder; slash && ok; end++) {
		char c = *end;

		if (c && c != '/')
			continue;
		*end = '\0';
		if (!is_known(azure, folder))
			ok = make_folder(azure, folder, err);
		*end = c;
		if (!c)
			break;
	}
	free(folder);
	return ok;
}
