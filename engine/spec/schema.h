/* SPDX-License-Identifier: MIT */
/*
 * What keys a mapping may have, as tables, and the one reader for all tables.
 *
 * A `struct form` lists the keys of one mapping and where their values go: an
 * offset into the caller's struct.  A form may stand on a base, whose keys are
 * then allowed too; its own win.  Forms are closed: any other key is a
 * problem.  Reading goes on after a problem, so that one run finds them all;
 * what could not be read keeps its old value.
 */
#ifndef ENGINE_SPEC_SCHEMA_H
#define ENGINE_SPEC_SCHEMA_H

#include "engine/spec/node.h"
#include "engine/spec/problems.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_TEXT,	/* char *; least and most are bytes */
	VALUE_WORD,	/* char *, one of words */
	VALUE_BOOL,	/* bool */
	VALUE_FALSE,	/* a truth value that must be false; help says why */
	VALUE_INT,	/* int */
	VALUE_COUNT,	/* int64_t */
	VALUE_SEED,	/* uint64_t */
	VALUE_DURATION, /* int64_t seconds: 90, "1.5h" */
	VALUE_TERM,	/* int64_t seconds in the first form's way: "3h" */
	VALUE_PATH,	/* char *, absolute; need not exist */
	VALUE_FILE,	/* char *, absolute; of an existing file */
	VALUE_FOLDER,	/* char *, absolute; of an existing folder */
	VALUE_INDICES,	/* struct indices: [0, 1], 0 or "0,1" */
	VALUE_PATTERN,	/* char *, regular expression with two groups */
	VALUE_TREE,	/* anything; only its place is kept */
	VALUE_MAP,	/* a mapping of any keys; only its place is kept */
	VALUE_SECTION,	/* a mapping of `section`, target within ours */
	VALUE_OWN,	/* by the key's own `read` */
	VALUE_REFUSED,	/* known, but cannot be served; help says why */
};

enum key_flag {
	KEY_REQUIRED = 1,
	KEY_RELOAD = 2, /* only in canonical texts of ours */
};

#define PLACE_PATH_MAX 128

/* Where a value stood, for checks after reading. */
struct place {
	const struct node *node; /* NULL: absent or null */
	struct mark mark;	 /* of the value; key_mark of its key */
	struct mark key_mark;
	char path[PLACE_PATH_MAX]; /* "tuner.classArgs"; cut when longer */
};

struct indices {
	int *items;
	size_t count;
};

struct form;
struct reader;

struct key {
	const char *name;
	enum value_type type;
	unsigned int flags;
	int64_t least, most;	  /* no bounds when both are 0 */
	const char *const *words; /* NULL-terminated */
	size_t target; /* offset of the value, where the type has one */
	size_t place;  /* offset of a struct place plus 1; 0: none kept */
	const struct form *section;
	const char *help; /* what to do when it is missing or refused */
	/* VALUE_OWN: slot is what target stands for */
	void (*read)(struct reader *reader, const struct key *key,
		     const struct node *node, void *slot);
	/* KEY_OTHERS: append what to say of a key that no table has; false:
	 * it is unknown. */
	bool (*explain)(const struct reader *reader, const char *name,
			struct strbuf *out);
};

/* Stands for all keys that are not in the tables. */
#define KEY_OTHERS(function)                                                   \
	{                                                                      \
		"", VALUE_REFUSED, .help = "unknown key", .explain = function  \
	}
#define KEY_PLACE(type, member) (offsetof(type, member) + 1)

struct form {
	const struct key *keys;	 /* ends with name NULL */
	const struct form *base; /* or NULL */
};

/* One reading of one file. */
struct reader {
	struct problems *problems;
	int file;	    /* as in struct problem */
	const char *name;   /* of the file, as problems call it */
	const char *folder; /* absolute; what paths are relative to */
	bool is_loose;	    /* keys ignore case and underscores */
	bool is_reload;	    /* a canonical text: do not look at files */
	struct strbuf path; /* of the value being read */
};

/* Read node, whose key stands at mark, into target. */
void form_read(struct reader *reader, const struct form *form,
	       const struct node *node, struct mark mark, void *target);
/* The entry of a key by this reader's rules for case; NULL when absent. */
const struct node_entry *reader_find(const struct reader *reader,
				     const struct node *node, const char *key);
/* Is this text that key by the same rules? */
bool reader_is_key(const struct reader *reader, const char *text,
		   const char *key);
/* Remember an entry that is at reader->path. */
void reader_keep(const struct reader *reader, const struct node_entry *entry,
		 struct place *ret);

/* Add a problem at a mark of this file, at reader->path. */
void reader_fail(struct reader *reader, struct mark mark, const char *format,
		 ...) __attribute__((format(printf, 3, 4)));
/* Add a problem with a value read before, or with its absence. */
void reader_fail_at(struct reader *reader, const struct place *place,
		    const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Step into a key or item of reader->path and back to the length returned. */
size_t reader_enter(struct reader *reader, const char *key);
void reader_leave(struct reader *reader, size_t len);

/* --- values, in values.c and pattern.c
 * ----------------------------------------------------
 */

/* Read one value by its key's type into target + key->target. */
void value_read(struct reader *reader, const struct key *key,
		const struct node *node, void *target);
/* "must be WHAT, got ...".  Returns false. */
bool value_fail(struct reader *reader, const struct node *node,
		const char *what);
/* Is it text?  If not, say so, and how to make it one. */
bool value_is_text(struct reader *reader, const struct node *node);
/* Append what a node is, for "got ...": the number 5, the text "a", a list. */
void node_describe(struct strbuf *out, const struct node *node);
/* Is this a regular expression with exactly two groups, of bounded cost? */
bool pattern_check(const char *text, struct error *err);
/* Expand ~, join with the reader's folder, resolve links where it exists.
 * Caller frees. */
char *reader_resolve(const struct reader *reader, const char *path);

#endif
