/* SPDX-License-Identifier: MIT */
/*
 * What an archive is made of.  Private to engine/storage/archive*.c.
 *
 *   archive_tree.c     walks a folder: what goes in, what is left out and why
 *   archive_largest.c  which parts of it to blame when it is too large
 *   archive.c          writes what was found
 */
#ifndef ENGINE_STORAGE_ARCHIVE_TREE_H
#define ENGINE_STORAGE_ARCHIVE_TREE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ignore;

enum tree_kind { TREE_FOLDER, TREE_FILE, TREE_LINK };

#define TREE_NOT_MAX 16

struct tree_entry {
	char *path;    /* relative to the folder */
	char *target;  /* of a link */
	size_t parent; /* its folder's place among the entries */
	int64_t files; /* in it, itself included unless a folder */
	int64_t bytes; /* likewise */
	dev_t device;  /* of a file */
	ino_t inode;
	mode_t mode; /* permissions alone */
	enum tree_kind kind;
};

struct tree {
	char *folder;
	char *root; /* folder without links, to tell inside from outside */
	int fd;	    /* of the folder */
	struct ignore *ignore;
	/* entries[0] is the folder itself, of path ""; the others are in the
	 * order of their paths' names, each after the folder it lies in */
	struct tree_entry *entries;
	size_t count, capacity;
	/* what is never an entry, whatever its name */
	struct tree_identity {
		dev_t device;
		ino_t inode;
	} not_these[TREE_NOT_MAX];
	int not_count;
	struct strbuf unreadable; /* names of files */
	int unreadable_count;
	struct strbuf notes; /* see struct archive_summary */
	int note_count;
};

/* not_these: files and folders that are no part of it, wherever they lie
 * (NULL-terminated; may be NULL).  Fails with ERROR_LIMIT, or with the names of
 * what cannot be read.  tree is to be released in either case. */
bool tree_read(struct tree *tree, const char *folder,
	       const char *const *not_these, struct error *err);
void tree_release(struct tree *tree);

/* Add the line "PATH: WHY" (path made safe) while there is room. */
void tree_note(struct tree *tree, const char *path, const char *why);

/* Append the three largest parts: ".venv (212 MiB), data (180 MiB) and ...",
 * by their number of files or by their size. */
void tree_add_largest(const struct tree *tree, bool by_files,
		      struct strbuf *out);
/* Append "412.0 MiB". */
void tree_add_size(struct strbuf *out, int64_t bytes);

#endif
