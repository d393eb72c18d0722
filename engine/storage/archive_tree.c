/* SPDX-License-Identifier: MIT */
/*
 * A walk over a code directory.
 *
 * Names are sorted, so the same files give the same list.  Every folder is
 * opened relative to the one above without following links, which keeps the
 * walk inside whatever happens to the tree meanwhile.  The walk goes on a good
 * way beyond the limit, so that a refusal can say where the bulk is.
 */
#include "engine/storage/archive_tree.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/storage/archive.h"
#include "engine/storage/ignore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define ENTRIES_MAX (INT64_C(10) * ARCHIVE_FILES_MAX)
#define NOTES_MAX 20
#define UNREADABLE_MAX 3

void tree_note(struct tree *tree, const char *path, const char *why)
{
	if (tree->note_count++ >= NOTES_MAX)
		return;
	utf8_sanitize(&tree->notes, path, strlen(path), false);
	strbuf_addf(&tree->notes, ": %s\n", why);
}

static void note_unreadable(struct tree *tree, const char *path)
{
	if (!*path)
		path = tree->folder;
	if (tree->unreadable_count++ >= UNREADABLE_MAX)
		return;
	if (tree->unreadable.len)
		strbuf_adds(&tree->unreadable, ", ");
	utf8_sanitize(&tree->unreadable, path, strlen(path), false);
}

/* ---- links ------------------------------------------------------------------
 */

/* Whether following target from a link at path, name by name, ever climbs
 * above the folder. */
static bool climbs_out(const char *path, const char *target)
{
	int depth = 0;

	for (const char *at = path; (at = strchr(at, '/')); at++)
		depth++;
	while (*target) {
		size_t len = strcspn(target, "/");

		if (len == 2 && !memcmp(target, "..", 2)) {
			if (--depth < 0)
				return true;
		} else if (len && !(len == 1 && *target == '.')) {
			depth++;
		}
		target += len + (target[len] == '/');
	}
	return false;
}

/* The text alone does not tell when one link leads through another. */
static bool leads_inside(const struct tree *tree, const char *path)
{
	char *whole = fs_join(tree->root, path);
	char *real = realpath(whole, NULL);
	size_t len = strlen(tree->root);
	bool is_inside;

	free(whole);
	if (!real) /* to nowhere is as harmless there as here */
		return errno == ENOENT;
	is_inside =
		!strcmp(tree->root, "/") || (!strncmp(real, tree->root, len) &&
					     (real[len] == '/' || !real[len]));
	free(real);
	return is_inside;
}

/* Caller frees; NULL when the link is left out. */
static char *read_link(struct tree *tree, int fd, const char *name,
		       const char *path)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, name, target, sizeof(target) - 1);

	if (len <= 0)
		return NULL; /* gone meanwhile */
	target[len] = '\0';
	if (target[0] == '/' || climbs_out(path, target) ||
	    !leads_inside(tree, path)) {
		tree_note(tree, path, "left out: the link leads outside");
		return NULL;
	}
	return xstrdup(target);
}

/* ---- the walk ---------------------------------------------------------------
 */

static bool is_kept(const struct tree *tree, const char *name, const char *path,
		    const struct stat *st)
{
	if (!strcmp(name, ".git"))
		return false;
	for (int i = 0; i < tree->not_count; i++)
		if (st->st_dev == tree->not_these[i].device &&
		    st->st_ino == tree->not_these[i].inode)
			return false;
	return !ignore_matches(tree->ignore, path, S_ISDIR(st->st_mode));
}

static struct tree_entry *add_entry(struct tree *tree, char *path,
				    size_t parent, mode_t mode,
				    enum tree_kind kind)
{
	struct tree_entry *entry;

	ARRAY_RESERVE(tree->entries, tree->count, tree->capacity);
	entry = &tree->entries[tree->count++];
	memset(entry, 0, sizeof(*entry));
	entry->path = path;
	entry->parent = parent;
	entry->mode = mode & 0777;
	entry->kind = kind;
	entry->files = kind != TREE_FOLDER;
	return entry;
}

static bool read_folder(struct tree *tree, int fd, size_t self, int depth,
			struct error *err);

static bool enter(struct tree *tree, int fd, const char *name, size_t self,
		  int depth, struct error *err)
{
	int inner = openat(fd, name,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *path = tree->entries[self].path;

	if (inner < 0) {
		if (errno == EMFILE || errno == ENFILE)
			return error_set_errno(err, "open folder %s", path);
		if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
			note_unreadable(tree, path); /* else gone meanwhile */
		return true;
	}
	return read_folder(tree, inner, self, depth + 1, err);
}

static bool add_name(struct tree *tree, int fd, const char *name, size_t parent,
		     int depth, struct error *err)
{
	const char *folder = tree->entries[parent].path;
	char *path = *folder ? xasprintf("%s/%s", folder, name) : xstrdup(name);
	struct tree_entry *entry;
	struct stat st;
	char *target;

	/* one that has just been removed was never there */
	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !is_kept(tree, name, path, &st)) {
		free(path);
		return true;
	}
	if (S_ISDIR(st.st_mode)) {
		add_entry(tree, path, parent, st.st_mode, TREE_FOLDER);
		return enter(tree, fd, name, tree->count - 1, depth, err);
	}
	if (S_ISREG(st.st_mode)) {
		if (faccessat(fd, name, R_OK, AT_EACCESS) < 0 &&
		    errno == EACCES)
			note_unreadable(tree, path);
		entry = add_entry(tree, path, parent, st.st_mode, TREE_FILE);
		entry->bytes = st.st_size;
		entry->device = st.st_dev;
		entry->inode = st.st_ino;
		return true;
	}
	if (S_ISLNK(st.st_mode)) {
		target = read_link(tree, fd, name, path);
		if (target) {
			add_entry(tree, path, parent, 0777, TREE_LINK)->target =
				target;
			return true;
		}
	} else {
		tree_note(tree, path,
			  S_ISFIFO(st.st_mode)	 ? "left out: it is a pipe"
			  : S_ISSOCK(st.st_mode) ? "left out: it is a socket"
						 : "left out: it is a device");
	}
	free(path);
	return true;
}

static int is_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
}

/* alphasort depends on the locale; the archive must not. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Takes fd. */
static bool read_folder(struct tree *tree, int fd, size_t self, int depth,
			struct error *err)
{
	struct dirent **names = NULL;
	int count = scandirat(fd, ".", &names, is_name, compare_names);
	bool ok = true;

	if (count < 0)
		note_unreadable(tree, tree->entries[self].path);
	if (count > 0 && depth > DEPTH_MAX)
		ok = error_set(err, ERROR_LIMIT,
			       "%s: folders are nested more than %d deep",
			       tree->entries[self].path, DEPTH_MAX);
	for (int i = 0; i < count; i++) {
		if (ok && tree->count < (size_t)ENTRIES_MAX)
			ok = add_name(tree, fd, names[i]->d_name, self, depth,
				      err);
		free(names[i]);
	}
	free(names);
	close(fd);
	return ok;
}

/* Children come after their folders, so one walk backwards sums up. */
static void sum_up(struct tree *tree)
{
	for (size_t i = tree->count; --i > 0;) {
		struct tree_entry *parent =
			&tree->entries[tree->entries[i].parent];

		parent->files += tree->entries[i].files;
		parent->bytes += tree->entries[i].bytes;
	}
}

/* ---- limits -----------------------------------------------------------------
 */

static bool check_limits(const struct tree *tree, struct error *err)
{
	const struct tree_entry *all = &tree->entries[0];
	bool is_cut = tree->count >= (size_t)ENTRIES_MAX;
	/* folders count too: they cost a header each */
	bool by_files = tree->count - 1 > ARCHIVE_FILES_MAX;
	struct strbuf text = STRBUF_INIT;

	if (!by_files && all->bytes <= ARCHIVE_BYTES_MAX)
		return true;
	if (by_files)
		strbuf_addf(&text,
			    "%s%zu files and folders, at most %d can be sent "
			    "to trials",
			    is_cut ? "at least " : "", tree->count - 1,
			    ARCHIVE_FILES_MAX);
	else
		tree_add_size(&text, all->bytes);
	if (!by_files) {
		strbuf_adds(&text, ", at most ");
		tree_add_size(&text, ARCHIVE_BYTES_MAX);
		strbuf_adds(&text, " can be sent to trials");
	}
	strbuf_adds(&text, "; most is in ");
	tree_add_largest(tree, by_files, &text);
	strbuf_adds(&text, ": name what trials do not need in "
			   ".trialdeckignore");
	error_set(err, ERROR_LIMIT, "%s", text.data);
	strbuf_release(&text);
	return false;
}

static bool check_readable(const struct tree *tree, struct error *err)
{
	if (!tree->unreadable_count)
		return true;
	if (tree->unreadable_count > UNREADABLE_MAX)
		return error_set(err, ERROR_DENIED,
				 "cannot read %s and %d more: name them in "
				 ".trialdeckignore if trials do not need them",
				 tree->unreadable.data,
				 tree->unreadable_count - UNREADABLE_MAX);
	return error_set(err, ERROR_DENIED,
			 "cannot read %s: name it in .trialdeckignore if "
			 "trials do not need it",
			 tree->unreadable.data);
}

/* ---- the ignore file -------------------------------------------------------
 */

static bool read_ignore(struct tree *tree, struct error *err)
{
	static const char *const names[] = {".trialdeckignore", ".nniignore"};
	struct strbuf text = STRBUF_INIT;
	bool ok = true;

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		char *path = fs_join(tree->folder, names[i]);
		bool is_there = access(path, F_OK) == 0;

		if (is_there)
			ok = fs_read_file(path, IGNORE_TEXT_MAX, &text, err);
		free(path);
		if (is_there)
			break;
	}
	tree->ignore = ignore_parse(text.data, text.len);
	strbuf_release(&text);
	return ok;
}

static void remember_not(struct tree *tree, const char *path)
{
	struct stat st;

	if (tree->not_count == TREE_NOT_MAX || stat(path, &st) < 0)
		return; /* what is not there need not be left out */
	tree->not_these[tree->not_count].device = st.st_dev;
	tree->not_these[tree->not_count].inode = st.st_ino;
	tree->not_count++;
}

bool tree_read(struct tree *tree, const char *folder,
	       const char *const *not_these, struct error *err)
{
	int fd;

	memset(tree, 0, sizeof(*tree));
	strbuf_init(&tree->unreadable);
	strbuf_init(&tree->notes);
	tree->folder = xstrdup(folder);
	tree->root = realpath(folder, NULL);
	tree->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!tree->root || tree->fd < 0)
		return error_set_errno(err, "open folder %s", folder);
	if (!read_ignore(tree, err))
		return false;
	for (; not_these && *not_these; not_these++)
		remember_not(tree, *not_these);
	add_entry(tree, xstrdup(""), 0, 0700, TREE_FOLDER);
	fd = fcntl(tree->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(err, "open folder %s", folder);
	if (!read_folder(tree, fd, 0, 1, err))
		return false;
	sum_up(tree);
	if (tree->note_count > NOTES_MAX)
		strbuf_addf(&tree->notes, "... and %d more\n",
			    tree->note_count - NOTES_MAX);
	return check_limits(tree, err) && check_readable(tree, err);
}

void tree_release(struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		free(tree->entries[i].path);
		free(tree->entries[i].target);
	}
	free(tree->entries);
	ignore_free(tree->ignore);
	free(tree->folder);
	free(tree->root);
	strbuf_release(&tree->unreadable);
	strbuf_release(&tree->notes);
	if (tree->fd >= 0)
		close(tree->fd);
}
