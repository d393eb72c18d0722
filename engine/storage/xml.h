/* SPDX-License-Identifier: MIT */
/*
 * Reading the XML answers of storage servers, with libxml2.
 *
 * What comes is hostile: documents are bounded by whoever reads them from the
 * wire, a document type (and with it every entity of its own) is refused,
 * nothing is fetched, and depth is libxml2's limit.  Names are compared without
 * their namespaces, which servers use or leave out.
 *
 * Thread: any; one document belongs to one.
 */
#ifndef ENGINE_STORAGE_XML_H
#define ENGINE_STORAGE_XML_H

#include "base/error.h"

#include <stddef.h>

struct xml;
struct xml_node;

/* NULL with ERROR_CORRUPT: it is no whole document of this sort.  root NULL:
 * any root. */
struct xml *xml_read(const char *data, size_t len, const char *root,
		     struct error *err);
void xml_free(struct xml *xml); /* NULL ok */

const struct xml_node *xml_root(const struct xml *xml);
/* The first child element of this name, or of any with NULL; NULL: none.
 * node may be NULL. */
const struct xml_node *xml_child(const struct xml_node *node, const char *name);
/* The next one behind node. */
const struct xml_node *xml_next(const struct xml_node *node, const char *name);
/* The name of an element, without namespace. */
const char *xml_name(const struct xml_node *node);
/* All text within; NULL for NULL.  Caller frees. */
char *xml_text(const struct xml_node *node);
/* The same of a child. */
char *xml_child_text(const struct xml_node *node, const char *name);
/* The value of an attribute; NULL: it has none.  Caller frees. */
char *xml_attribute(const struct xml_node *node, const char *name);

#endif
