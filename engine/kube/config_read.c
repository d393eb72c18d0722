/* SPDX-License-Identifier: MIT */
/*
 * One kubeconfig file: text to tree, and is it a kubeconfig at all.
 *
 * Entries are looked at no further than their names; what nobody asks for may
 * be wrong without harm.  Values never get into complaints: the reader's own
 * quote the file in three places, which are put otherwise here.
 */
#include "engine/kube/config_private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kube_word kube_word(const char *text)
{
	struct strbuf out = STRBUF_INIT;
	struct kube_word word;
	size_t room = sizeof(word.text) - 1, len;

	/* long enough to fill a word, short enough to be cheap */
	utf8_sanitize(&out, text, strnlen(text, 4 * sizeof(word.text)), false);
	len = out.len;
	if (len > room) {
		len = room - 3;
		while (len && ((unsigned char)out.data[len] & 0xC0) == 0x80)
			len--;
		strbuf_truncate(&out, len);
		strbuf_adds(&out, "...");
		len = out.len;
	}
	memcpy(word.text, out.data, len + 1);
	strbuf_release(&out);
	return word;
}

static bool fail(const char *path, struct mark mark, struct error *err,
		 const char *what)
{
	return error_set(err, ERROR_INVALID, "kubeconfig %s:%d:%d: %s",
			 kube_word(path).text, mark.line, mark.column, what);
}

static bool read_text(const char *path, const char *text, size_t len,
		      struct document *ret, struct error *err)
{
	struct error why = {ERROR_NONE, ""};
	struct mark mark;

	if (node_read(text, len, ret, &mark, &why))
		return true;
	if (!strcmp(why.text, "the file is empty"))
		return true; /* an empty configuration */
	/* an unquoted password may begin with one of these */
	if (strstr(why.text, "'&") || strstr(why.text, "'*") ||
	    !strncmp(why.text, "tag '", 5))
		return fail(path, mark, err,
			    "an alias or a tag that means nothing: put the "
			    "text in quotes");
	return fail(path, mark, err, why.text);
}

static bool check_word(const struct kube_file *file, const char *key,
		       const char *wanted, struct error *err)
{
	const struct node_entry *entry = node_find(file->document.root, key);
	struct strbuf what = STRBUF_INIT;
	bool ok;

	if (!entry || entry->value->kind == NODE_NULL)
		return true;
	ok = entry->value->kind == NODE_STRING &&
	     (!*entry->value->text || !strcmp(entry->value->text, wanted));
	if (!ok) {
		strbuf_addf(&what, "%s is not %s: no kubeconfig", key, wanted);
		fail(file->path, entry->mark, err, what.data);
	}
	strbuf_release(&what);
	return ok;
}

static int compare_names(const void *a, const void *b)
{
	const struct node *const *left = a, *const *right = b;
	int order = strcmp((*left)->text, (*right)->text);

	if (order)
		return order;
	return (*left)->mark.line - (*right)->mark.line;
}

static bool check_twice(const struct kube_file *file, const char *key,
			const struct node **names, size_t count,
			struct error *err)
{
	struct strbuf what = STRBUF_INIT;
	bool ok = true;

	qsort(names, count, sizeof(const struct node *), compare_names);
	for (size_t i = 1; ok && i < count; i++) {
		ok = strcmp(names[i - 1]->text, names[i]->text) != 0;
		if (ok)
			continue;
		strbuf_addf(&what, "%s has \"%s\" in line %d already", key,
			    kube_word(names[i]->text).text,
			    names[i - 1]->mark.line);
		fail(file->path, names[i]->mark, err, what.data);
	}
	strbuf_release(&what);
	return ok;
}

static bool check_list(const struct kube_file *file, const char *key,
		       struct error *err)
{
	const struct node_entry *entry = node_find(file->document.root, key);
	const struct node *list = entry ? entry->value : NULL;
	const struct node **names;
	bool ok = true;

	if (!list || list->kind == NODE_NULL)
		return true;
	if (list->kind != NODE_SEQUENCE)
		return fail(file->path, list->mark, err,
			    "a list of named entries is wanted here");
	if (list->count > KUBE_ENTRIES_MAX)
		return fail(file->path, list->mark, err,
			    "more entries than anybody has");
	names = xcalloc(list->count + 1, sizeof(const struct node *));
	for (size_t i = 0; ok && i < list->count; i++) {
		const struct node *item = list->items[i];
		const struct node_entry *name = node_find(item, "name");

		if (item->kind != NODE_MAPPING || !name ||
		    name->value->kind != NODE_STRING || !*name->value->text)
			ok = fail(file->path,
				  name ? name->value->mark : item->mark, err,
				  "an entry must have a name, which is text "
				  "(in quotes, where it looks like a number)");
		else
			names[i] = name->value;
	}
	ok = ok && check_twice(file, key, names, list->count, err);
	free(names);
	return ok;
}

static bool check(const struct kube_file *file, struct error *err)
{
	const struct node *root = file->document.root;
	const struct node_entry *current;

	if (!root || root->kind == NODE_NULL)
		return true;
	if (root->kind != NODE_MAPPING)
		return fail(file->path, root->mark, err, "no kubeconfig");
	current = node_find(root, "current-context");
	if (current && current->value->kind != NODE_STRING &&
	    current->value->kind != NODE_NULL)
		return fail(file->path, current->value->mark, err,
			    "current-context is text: put it in quotes");
	return check_word(file, "apiVersion", "v1", err) &&
	       check_word(file, "kind", "Config", err) &&
	       check_list(file, "clusters", err) &&
	       check_list(file, "users", err) &&
	       check_list(file, "contexts", err);
}

/* The absolute folder a file lies in; links are not followed, as kubectl. */
static char *folder_of(const char *path)
{
	char *folder = fs_folder(path), *absolute;
	char here[PATH_MAX];

	if (folder[0] == '/' || !getcwd(here, sizeof(here)))
		return folder;
	absolute = strcmp(folder, ".") ? fs_join(here, folder) : xstrdup(here);
	free(folder);
	return absolute;
}

bool kube_file_read(const char *path, const char *text, size_t len,
		    struct kube_file *ret, struct error *err)
{
	struct kube_file file = {.path = xstrdup(path),
				 .folder = folder_of(path)};

	if (len > KUBE_FILE_MAX) {
		error_set(err, ERROR_LIMIT,
			  "kubeconfig %s is larger than %u MiB",
			  kube_word(path).text, KUBE_FILE_MAX >> 20);
	} else if (read_text(path, text, len, &file.document, err) &&
		   check(&file, err)) {
		*ret = file;
		return true;
	}
	kube_file_release(&file);
	return false;
}

void kube_file_release(struct kube_file *file)
{
	for (struct node *node = file->document.nodes; node; node = node->next)
		if (node->text)
			explicit_bzero(node->text, strlen(node->text));
	document_release(&file->document);
	free(file->path);
	free(file->folder);
	*file = (struct kube_file){0};
}

void kube_files_release(struct kube_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		kube_file_release(&files->items[i]);
	free(files->items);
	*files = (struct kube_files){0};
}

const char *kube_file_current(const struct kube_file *file)
{
	const struct node_entry *entry =
		node_find(file->document.root, "current-context");

	if (!entry || entry->value->kind != NODE_STRING || !*entry->value->text)
		return NULL;
	return entry->value->text;
}
