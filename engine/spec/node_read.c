/* SPDX-License-Identifier: MIT */
/*
 * From libyaml's events to a tree of nodes, with every bound in force.
 *
 * One stack of open collections replaces recursion.  A closed node knows how
 * large and how deep it is with its aliases expanded, so an alias costs what
 * it stands for the moment it is met: a bomb is refused at the alias that
 * would go over the bound, before anything is built.
 */
#include "engine/spec/node.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#define ANCHORS_MAX 1000

struct frame {
	struct node *node;
	size_t capacity;
	char *key; /* waiting for its value */
	struct mark key_mark;
	bool is_merge;	    /* that key is "<<" */
	struct node *merge; /* its value */
};

struct anchor {
	char *name;
	struct node *node;
};

struct builder {
	const char *text;
	size_t len;
	struct document *document;
	struct frame frames[NODE_DEPTH_MAX];
	int frame_count;
	struct anchor *anchors;
	size_t anchor_count, anchor_capacity;
	size_t expanded, bytes;
	struct mark *ret_mark;
	struct error *err;
};

static struct mark to_mark(yaml_mark_t at)
{
	return (struct mark){(int)at.line + 1, (int)at.column + 1};
}

static bool fail(struct builder *b, struct mark mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool fail(struct builder *b, struct mark mark, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*b->ret_mark = mark;
	return error_set(b->err, ERROR_INVALID, "%s", text);
}

/* --- what libyaml would misread or describe badly ---------------------------
 */

/* Refuse bytes that are not text.  Columns count code points. */
static bool check_bytes(struct builder *b)
{
	struct mark mark = {1, 1};

	for (size_t i = 0; i < b->len;) {
		unsigned char c = (unsigned char)b->text[i];
		uint32_t point;
		size_t n = utf8_decode(b->text + i, b->len - i, &point);

		if (point == UTF8_INVALID)
			return fail(b, mark,
				    "byte 0x%02x is not valid UTF-8: save "
				    "the file as UTF-8",
				    c);
		if ((point < 0x20 && !strchr("\t\n\r", c)) || point == 0 ||
		    (point >= 0x7f && point < 0xa0 && point != 0x85))
			return fail(b, mark,
				    "control character U+%04X is not allowed "
				    "in a text file",
				    (unsigned int)point);
		i += n;
		mark.column++;
		if (c == '\n')
			mark = (struct mark){mark.line + 1, 1};
	}
	return true;
}

/* The byte at a mark, or 0. */
static char byte_at(const struct builder *b, yaml_mark_t mark)
{
	const char *at = b->text, *end = b->text + b->len;
	uint32_t point;

	for (size_t line = 0; at < end && line < mark.line; at++)
		line += *at == '\n';
	for (size_t i = 0; at < end && i < mark.column; i++)
		at += utf8_decode(at, (size_t)(end - at), &point);
	return at < end ? *at : '\0';
}

struct phrase {
	const char *theirs, *ours;
};

static const struct phrase phrases[] = {
	{"mapping values are not allowed in this context",
	 "a ': ' where no key can stand: check the indentation, or put the "
	 "text in quotes"},
	{"could not find expected ':'", "a key without ':' behind it"},
	{"did not find expected key",
	 "this line does not fit in: check its indentation and the quotes "
	 "and brackets above"},
	{"did not find expected '-' indicator",
	 "a list item must start with '- ' at the list's indentation"},
	{"did not find expected ',' or ']'",
	 "a list in brackets needs ',' or ']' here"},
	{"did not find expected ',' or '}'",
	 "a mapping in braces needs ',' or '}' here"},
	{"did not find expected node content", "a value is missing here"},
	{"did not find expected <document start>",
	 "this cannot follow what stands before it: check the quotes"},
	{"found unexpected end of stream",
	 "the file ends inside a quoted text"},
	{"found character that cannot start any token",
	 "no value can start with this character: put the text in quotes"},
};

static bool fail_libyaml(struct builder *b, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";
	struct mark mark = to_mark(parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		return error_set(b->err, ERROR_LIMIT, "out of memory");
	if (byte_at(b, parser->problem_mark) == '\t')
		return fail(b, mark, "a tab: YAML is indented with spaces");
	for (size_t i = 0; i < COUNT_OF(phrases); i++) {
		if (!strcmp(problem, phrases[i].theirs))
			problem = phrases[i].ours;
	}
	return fail(b, mark, "%s", problem);
}

/* --- nodes and what they weigh ----------------------------------------------
 */

static struct node *new_node(struct builder *b, enum node_kind kind,
			     yaml_mark_t mark)
{
	struct node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->mark = to_mark(mark);
	node->expanded = 1;
	node->next = b->document->nodes;
	b->document->nodes = node;
	return node;
}

static bool charge(struct builder *b, size_t expanded, size_t bytes,
		   struct mark mark)
{
	b->expanded += expanded;
	b->bytes += bytes;
	if (b->expanded > NODE_COUNT_MAX)
		return fail(b, mark,
			    "more than %d values once aliases are expanded",
			    NODE_COUNT_MAX);
	if (b->bytes > NODE_BYTES_MAX)
		return fail(b, mark,
			    "more than %u MiB of text once aliases are "
			    "expanded",
			    NODE_BYTES_MAX >> 20);
	return true;
}

static void weigh(struct node *node, const struct node *child)
{
	node->expanded += child->expanded;
	node->bytes += child->bytes;
	if (node->depth < child->depth)
		node->depth = child->depth;
}

/* --- events -----------------------------------------------------------------
 */

static struct frame *top(struct builder *b)
{
	return b->frame_count ? &b->frames[b->frame_count - 1] : NULL;
}

/* A scalar where a key is due. */
static bool take_key(struct builder *b, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct mark mark = to_mark(event->start_mark);
	struct frame *frame = top(b);

	if (event->data.scalar.length > NODE_KEY_MAX)
		return fail(b, mark, "a key of more than %d bytes",
			    NODE_KEY_MAX);
	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return fail(b, mark, "a key with a control character");
	}
	if (!charge(b, 0, event->data.scalar.length, mark))
		return false;
	frame->is_merge =
		event->data.scalar.plain_implicit && !strcmp(text, "<<");
	if (frame->is_merge && frame->merge)
		return fail(b, mark, "a second '<<': merge a list instead");
	frame->key = xstrdup(text);
	frame->key_mark = mark;
	return true;
}

static bool expects_key(const struct frame *frame)
{
	return frame && frame->node->kind == NODE_MAPPING && !frame->key;
}

/* Put a finished (or just opened) value where it belongs. */
static void attach(struct builder *b, struct node *value)
{
	struct frame *frame = top(b);
	struct node *node;

	if (!frame) {
		b->document->root = value;
		return;
	}
	node = frame->node;
	if (node->kind == NODE_SEQUENCE) {
		ARRAY_RESERVE(node->items, node->count, frame->capacity);
		node->items[node->count++] = value;
	} else if (frame->is_merge) {
		frame->merge = value;
		free(frame->key);
		frame->key = NULL;
	} else {
		ARRAY_RESERVE(node->entries, node->count, frame->capacity);
		node->entries[node->count++] =
			(struct node_entry){frame->key, frame->key_mark, value};
		frame->key = NULL;
	}
}

static bool keep_anchor(struct builder *b, const yaml_char_t *name,
			struct node *node)
{
	if (!name)
		return true;
	if (b->anchor_count == ANCHORS_MAX)
		return fail(b, node->mark, "more than %d anchors", ANCHORS_MAX);
	ARRAY_RESERVE(b->anchors, b->anchor_count, b->anchor_capacity);
	b->anchors[b->anchor_count].name = xstrdup((const char *)name);
	b->anchors[b->anchor_count++].node = node;
	return true;
}

static bool is_tag(const yaml_char_t *tag, const char *name)
{
	const char *core = "tag:yaml.org,2002:";
	const char *text = (const char *)tag;

	return !strncmp(text, core, strlen(core)) &&
	       !strcmp(text + strlen(core), name);
}

static bool fail_tag(struct builder *b, const yaml_event_t *event,
		     const yaml_char_t *tag)
{
	return fail(b, to_mark(event->start_mark),
		    "tag '%.64s' does not fit here or is unknown",
		    (const char *)tag);
}

/* Kind of a scalar by its tag, its quotes or its look. */
static bool resolve(struct builder *b, const yaml_event_t *event,
		    struct node *node)
{
	const yaml_char_t *tag = event->data.scalar.tag;
	const char *text = (const char *)event->data.scalar.value;
	bool is_plain = event->data.scalar.plain_implicit;

	if (tag && !strcmp((const char *)tag, "!"))
		tag = NULL, is_plain = false;
	if (tag && is_tag(tag, "str"))
		tag = NULL, is_plain = false;
	if ((is_plain || tag) && node_resolve(node, text)) {
		if (tag && is_tag(tag, "float") && node->kind == NODE_INTEGER)
			node->kind = NODE_FLOAT;
	} else {
		node->kind = NODE_STRING;
		node->text = xstrdup(text);
	}
	if (!tag)
		return true;
	if ((node->kind == NODE_NULL && is_tag(tag, "null")) ||
	    (node->kind == NODE_BOOL && is_tag(tag, "bool")) ||
	    (node->kind == NODE_INTEGER && is_tag(tag, "int")) ||
	    (node->kind == NODE_FLOAT && is_tag(tag, "float")))
		return true;
	return fail_tag(b, event, tag);
}

static bool on_scalar(struct builder *b, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	struct node *node;

	if (strlen(text) != event->data.scalar.length)
		return fail(b, to_mark(event->start_mark),
			    "a NUL character inside a text");
	if (expects_key(top(b)))
		return take_key(b, event);
	node = new_node(b, NODE_STRING, event->start_mark);
	node->depth = 1;
	node->bytes = event->data.scalar.length;
	if (!charge(b, 1, node->bytes, node->mark) ||
	    !resolve(b, event, node) ||
	    !keep_anchor(b, event->data.scalar.anchor, node))
		return false;
	attach(b, node);
	return true;
}

static bool on_alias(struct builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct mark mark = to_mark(event->start_mark);
	struct node *node = NULL;

	for (size_t i = b->anchor_count; i-- > 0 && !node;) {
		if (!strcmp(b->anchors[i].name, name))
			node = b->anchors[i].node;
	}
	if (!node)
		return fail(b, mark, "no anchor '&%.64s' stands before this",
			    name);
	if (!node->depth)
		return fail(b, mark, "alias '*%.64s' would contain itself",
			    name);
	if (expects_key(top(b)))
		return fail(b, mark, "an alias cannot be a key");
	if (b->frame_count + node->depth > NODE_DEPTH_MAX)
		return fail(b, mark, "nested more than %d levels deep",
			    NODE_DEPTH_MAX);
	if (!charge(b, node->expanded, node->bytes, mark))
		return false;
	attach(b, node);
	return true;
}

static bool on_open(struct builder *b, const yaml_event_t *event,
		    enum node_kind kind, const yaml_char_t *anchor,
		    const yaml_char_t *tag)
{
	struct mark mark = to_mark(event->start_mark);
	struct node *node;

	if (expects_key(top(b)))
		return fail(b, mark, "a key must be plain text");
	/* one level stays free for the scalar inside */
	if (b->frame_count + 1 >= NODE_DEPTH_MAX)
		return fail(b, mark, "nested more than %d levels deep",
			    NODE_DEPTH_MAX);
	if (tag && strcmp((const char *)tag, "!") &&
	    !is_tag(tag, kind == NODE_MAPPING ? "map" : "seq"))
		return fail_tag(b, event, tag);
	if (!charge(b, 1, 0, mark))
		return false;
	node = new_node(b, kind, event->start_mark);
	if (!keep_anchor(b, anchor, node))
		return false;
	attach(b, node);
	b->frames[b->frame_count++] = (struct frame){.node = node};
	return true;
}

static bool on_close(struct builder *b)
{
	struct frame *frame = top(b);
	struct node *node = frame->node;

	if (node->kind == NODE_MAPPING &&
	    !node_close_mapping(node, frame->merge, b->ret_mark, b->err))
		return false;
	for (size_t i = 0; i < node->count; i++) {
		if (node->kind == NODE_SEQUENCE) {
			weigh(node, node->items[i]);
		} else {
			weigh(node, node->entries[i].value);
			node->bytes += strlen(node->entries[i].key);
		}
	}
	node->depth++;
	b->frame_count--;
	return true;
}

static bool on_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->document->root)
			return fail(b, to_mark(event->start_mark),
				    "a second document starts here: one file "
				    "holds one");
		return true;
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, event, NODE_MAPPING,
			       event->data.mapping_start.anchor,
			       event->data.mapping_start.tag);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, event, NODE_SEQUENCE,
			       event->data.sequence_start.anchor,
			       event->data.sequence_start.tag);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		return on_close(b);
	default:
		return true;
	}
}

static bool read_events(struct builder *b, yaml_parser_t *parser)
{
	yaml_event_t event;
	bool ok = true, at_end = false;

	while (ok && !at_end) {
		if (!yaml_parser_parse(parser, &event))
			return fail_libyaml(b, parser);
		at_end = event.type == YAML_STREAM_END_EVENT;
		ok = on_event(b, &event);
		yaml_event_delete(&event);
	}
	if (ok && !b->document->root)
		return fail(b, (struct mark){1, 1}, "the file is empty");
	return ok;
}

bool node_read(const char *text, size_t len, struct document *ret,
	       struct mark *ret_mark, struct error *err)
{
	static const char bom[] = "\xEF\xBB\xBF";
	struct document document = {0};
	struct builder b = {
		.document = &document, .ret_mark = ret_mark, .err = err};
	yaml_parser_t parser;
	bool ok;

	*ret_mark = (struct mark){1, 1};
	if (len >= 3 && !memcmp(text, bom, 3))
		text += 3, len -= 3;
	b.text = text;
	b.len = len;
	if (!check_bytes(&b))
		return false;
	if (!yaml_parser_initialize(&parser))
		return error_set(err, ERROR_LIMIT, "out of memory");
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	ok = read_events(&b, &parser);
	yaml_parser_delete(&parser);
	for (int i = 0; i < b.frame_count; i++)
		free(b.frames[i].key);
	for (size_t i = 0; i < b.anchor_count; i++)
		free(b.anchors[i].name);
	free(b.anchors);
	if (ok)
		*ret = document;
	else
		document_release(&document);
	return ok;
}
