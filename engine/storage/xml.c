/* SPDX-License-Identifier: MIT */
/* XML answers, by libxml2. */
#include "engine/storage/xml.h"

#include "base/mem.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Entities stay what they are, nothing is loaded, nothing is printed. */
#define OPTIONS                                                                \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |           \
	 XML_PARSE_NOCDATA)

static pthread_once_t once = PTHREAD_ONCE_INIT;

static const struct xml_node *own(const xmlNode *node)
{
	return (const struct xml_node *)node;
}

static const xmlNode *theirs(const struct xml_node *node)
{
	return (const xmlNode *)node;
}

struct xml *xml_read(const char *data, size_t len, const char *root,
		     struct error *err)
{
	xmlDoc *doc = NULL;
	xmlNode *top;

	pthread_once(&once, xmlInitParser);
	if (len && len < INT_MAX && !memmem(data, len, "<!DOCTYPE", 9))
		doc = xmlReadMemory(data, (int)len, "answer.xml", NULL,
				    OPTIONS);
	top = doc ? xmlDocGetRootElement(doc) : NULL;
	/* in an encoding of two bytes the word above is not found */
	if (!top || doc->intSubset || doc->extSubset ||
	    (root && strcmp((const char *)top->name, root) != 0)) {
		xmlFreeDoc(doc);
		error_set(err, ERROR_CORRUPT,
			  "the server's answer is not the XML it should be");
		return NULL;
	}
	return (struct xml *)doc;
}

void xml_free(struct xml *xml)
{
	xmlFreeDoc((xmlDoc *)xml);
}

const struct xml_node *xml_root(const struct xml *xml)
{
	return own(xmlDocGetRootElement((const xmlDoc *)xml));
}

static const struct xml_node *find(const xmlNode *node, const char *name)
{
	for (; node; node = node->next)
		if (node->type == XML_ELEMENT_NODE &&
		    (!name || !strcmp((const char *)node->name, name)))
			return own(node);
	return NULL;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	return node ? find(theirs(node)->children, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *node, const char *name)
{
	return find(theirs(node)->next, name);
}

const char *xml_name(const struct xml_node *node)
{
	return (const char *)theirs(node)->name;
}

/* libxml2's memory as ours. */
static char *taken(xmlChar *text)
{
	char *copy = xstrdup_or_null((const char *)text);

	xmlFree(text);
	return copy;
}

char *xml_text(const struct xml_node *node)
{
	return node ? taken(xmlNodeGetContent((const xmlNode *)node)) : NULL;
}

char *xml_child_text(const struct xml_node *node, const char *name)
{
	return xml_text(xml_child(node, name));
}

char *xml_attribute(const struct xml_node *node, const char *name)
{
	return taken(
		xmlGetNoNsProp((const xmlNode *)node, (const xmlChar *)name));
}
