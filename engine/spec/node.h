/* SPDX-License-Identifier: MIT */
/*
 * A YAML (or JSON) document as a tree that remembers where everything stood.
 *
 * Nodes belong to their document and are shared where the text has aliases,
 * so the tree is in truth a graph without cycles; `expanded` counts it as the
 * tree a walk sees.  Everything is bounded while reading: walking any tree
 * that node_read returned is cheap.  Text is valid UTF-8 without NULs.
 */
#ifndef ENGINE_SPEC_NODE_H
#define ENGINE_SPEC_NODE_H

#include "base/error.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_DEPTH_MAX 64
#define NODE_COUNT_MAX 200000		     /* aliases expanded */
#define NODE_BYTES_MAX (16u * 1024u * 1024u) /* of text, aliases expanded */
#define NODE_KEY_MAX 256		     /* bytes of one key */

enum node_kind {
	NODE_NULL,
	NODE_BOOL,
	NODE_INTEGER,
	NODE_FLOAT,
	NODE_STRING,
	NODE_SEQUENCE,
	NODE_MAPPING,
};

/* A place in the text; both count from 1, columns in code points. */
struct mark {
	int line, column;
};

struct node {
	enum node_kind kind;
	struct mark mark;   /* where the value starts */
	bool boolean;	    /* NODE_BOOL */
	double number;	    /* NODE_INTEGER and NODE_FLOAT; may be infinite */
	uint64_t magnitude; /* NODE_INTEGER: its absolute value, if it fits */
	bool is_negative, is_wide; /* is_wide: more than 64 bits */
	char *text; /* NODE_STRING: the text; numbers: JSON spelling; else
		     * NULL */
	struct node_entry *entries; /* NODE_MAPPING, in the file's order */
	struct node **items;	    /* NODE_SEQUENCE */
	size_t count;		    /* of entries or items */
	size_t expanded, bytes;	    /* nodes and text with all below */
	int depth;		    /* 1 for a scalar */
	struct node *next;	    /* all nodes of the document */
};

struct node_entry {
	char *key;
	struct mark mark; /* where the key starts */
	struct node *value;
};

struct document {
	struct node *root;
	struct node *nodes;
};

/* Read one document of len bytes.  On failure ret_mark says where.
 * Owns: ret must be released.  Thread: any. */
bool node_read(const char *text, size_t len, struct document *ret,
	       struct mark *ret_mark, struct error *err);
void document_release(struct document *document);

/* Give a plain scalar its kind by YAML's core rules: 1.1's words and digits
 * as PyYAML reads them, and 1.2's floats ("1e-4" is a number, which PyYAML
 * takes for text).  False: it is text. */
bool node_resolve(struct node *node, const char *text);

/* Close a mapping while reading: refuse duplicate keys, then bring in what
 * `merge` ("<<"), if not NULL, says. */
bool node_close_mapping(struct node *node, struct node *merge,
			struct mark *ret_mark, struct error *err);

/* The entry of exactly this key, or NULL. */
const struct node_entry *node_find(const struct node *node, const char *key);
/* Follow "lr/_value/1" down; ret_entry, if not NULL, receives the last
 * mapping entry crossed.  NULL when the path leads nowhere. */
const struct node *node_follow(const struct node *node, const char *path,
			       char separator,
			       const struct node_entry **ret_entry);

/* Append the tree as compact JSON; order of keys and spelling of numbers are
 * kept.  False: a number is not finite; ret_bad is its node. */
bool node_add_json(struct strbuf *out, const struct node *node,
		   const struct node **ret_bad);

#endif
