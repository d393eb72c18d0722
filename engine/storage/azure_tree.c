/* SPDX-License-Identifier: MIT */
/*
 * Walking a share: lists are of one folder, and only empty folders can be
 * removed.
 */
#include "engine/storage/azure_private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define PAGE "1000"
#define DEPTH_MAX 250 /* Azure's own */

/* --- listing ----------------------------------------------------------------
 */

static bool get_page(struct azure *azure, const char *path,
		     struct azure_page *page, struct error *err)
{
	struct sharedkey_pair query[5] = {
		{"restype", "directory"},
		{"comp", "list"},
		{"include", "Timestamps"},
		{"maxresults", PAGE},
	};
	char *marker = page->next;
	bool ok;

	page->next = NULL;
	if (marker)
		query[4] = (struct sharedkey_pair){"marker", marker};
	ok = azure_send(azure,
			&(struct azure_call){
				.method = "GET",
				.path = path,
				.query = query,
				.query_count = marker ? 5 : 4,
				.right = "to list folders (l)",
			},
			err) &&
	     azure_page_read(azure->answer.body.data, azure->answer.body.len,
			     page, err);
	/* or it would never end */
	if (ok && marker && page->next && !strcmp(marker, page->next))
		ok = error_set(err, ERROR_CORRUPT,
			       "%s: its list goes round in circles",
			       azure->host);
	free(marker);
	return ok;
}

static char *below(const char *path, const char *name)
{
	return *path ? xasprintf("%s/%s", path, name) : xstrdup(name);
}

static bool list_folder(struct azure *azure, const char *path, bool is_deep,
			int depth, azure_entry_fn *fn, void *arg,
			struct error *err);

static bool tell_page(struct azure *azure, const char *path,
		      const struct azure_page *page, bool is_deep, int depth,
		      azure_entry_fn *fn, void *arg, struct error *err)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct azure_entry *entry = &page->items[i];
		char *whole = below(path, entry->name);
		bool ok = fn(whole, entry, arg, err);

		if (ok && is_deep && entry->is_folder)
			ok = list_folder(azure, whole, true, depth + 1, fn, arg,
					 err);
		free(whole);
		if (!ok)
			return false;
	}
	return true;
}

static bool list_folder(struct azure *azure, const char *path, bool is_deep,
			int depth, azure_entry_fn *fn, void *arg,
			struct error *err)
{
	struct azure_page page = {0};
	bool ok;

	if (depth > DEPTH_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "%s: its folders have no end", azure->host);
	do {
		char *next;

		ok = get_page(azure, path, &page, err) &&
		     tell_page(azure, path, &page, is_deep, depth, fn, arg,
			       err);
		next = page.next;
		page.next = NULL;
		azure_page_release(&page);
		page.next = next;
	} while (ok && page.next);
	azure_page_release(&page);
	return ok;
}

bool azure_list_tree(struct azure *azure, const char *path, bool is_deep,
		     azure_entry_fn *fn, void *arg, struct error *err)
{
	return list_folder(azure, path, is_deep, 0, fn, arg, err);
}

/* --- removing ---------------------------------------------------------------
 */

static bool is_gone(const struct azure *azure)
{
	return azure->answer.code == 404 && !azure_was(azure, "ShareNotFound");
}

static bool delete_one(struct azure *azure, const char *path, bool is_folder,
		       struct error *err)
{
	static const struct sharedkey_pair query[] = {{"restype", "directory"}};

	return azure_send(azure,
			  &(struct azure_call){
				  .method = "DELETE",
				  .path = path,
				  .query = query,
				  .query_count = is_folder ? 1 : 0,
				  .right = "to remove files (d)",
			  },
			  err) ||
	       is_gone(azure);
}

static bool empty_folder(struct azure *azure, const char *path, int depth,
			 struct error *err);

static bool remove_entry(struct azure *azure, const char *path,
			 const struct azure_entry *entry, int depth,
			 struct error *err)
{
	char *whole = below(path, entry->name);
	bool ok = (!entry->is_folder ||
		   empty_folder(azure, whole, depth + 1, err)) &&
		  delete_one(azure, whole, entry->is_folder, err);

	free(whole);
	return ok;
}

/* All names first: markers do not outlive what is removed behind them. */
static bool empty_folder(struct azure *azure, const char *path, int depth,
			 struct error *err)
{
	struct azure_page page = {0};
	bool ok;

	if (depth > DEPTH_MAX)
		return error_set(err, ERROR_CORRUPT,
				 "%s: its folders have no end", azure->host);
	do
		ok = get_page(azure, path, &page, err);
	while (ok && page.next);
	if (!ok && !page.count && is_gone(azure))
		ok = true;
	for (size_t i = 0; ok && i < page.count; i++)
		ok = remove_entry(azure, path, &page.items[i], depth, err);
	azure_page_release(&page);
	return ok;
}

bool azure_remove_tree(struct azure *azure, const char *path, struct error *err)
{
	if (!azure_check_path(path, err))
		return false;
	/* what is under these will have to be made again */
	azure_forget_folders(azure);
	if (azure_send(azure,
		       &(struct azure_call){
			       .method = "DELETE",
			       .path = path,
			       .right = "to remove files (d)",
		       },
		       err))
		return true;
	/* a folder is not a file, in one word or the other */
	if (!is_gone(azure) && !azure_was(azure, "ResourceTypeMismatch"))
		return false;
	return empty_folder(azure, path, 0, err) &&
	       delete_one(azure, path, true, err);
}
