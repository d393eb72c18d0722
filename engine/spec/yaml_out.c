/* SPDX-License-Identifier: MIT */
/* YAML written, with libyaml's emitter. */
#include "engine/spec/yaml_out.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define LINE_NODES 16 /* a tree of so many nodes fits into a line */
#define LINE_BYTES 48

struct yaml_out {
	yaml_emitter_t emitter;
	struct strbuf *out;
	bool is_bad;
};

static int write_bytes(void *arg, unsigned char *bytes, size_t size)
{
	struct yaml_out *yaml = arg;

	strbuf_add(yaml->out, (const char *)bytes, size);
	return 1;
}

/* An event that could not be made, or not be written, spoils the whole. */
static void emit(struct yaml_out *yaml, yaml_event_t *event, int is_made)
{
	if (!is_made || yaml->is_bad)
		yaml->is_bad = true;
	else if (!yaml_emitter_emit(&yaml->emitter, event))
		yaml->is_bad = true;
}

struct yaml_out *yaml_out_new(struct strbuf *out)
{
	struct yaml_out *yaml = xcalloc(1, sizeof(*yaml));
	yaml_event_t event;

	yaml->out = out;
	if (!yaml_emitter_initialize(&yaml->emitter))
		abort(); /* out of memory */
	yaml_emitter_set_output(&yaml->emitter, write_bytes, yaml);
	yaml_emitter_set_unicode(&yaml->emitter, 1);
	yaml_emitter_set_width(&yaml->emitter, -1);
	emit(yaml, &event,
	     yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(yaml, &event,
	     yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	return yaml;
}

bool yaml_out_free(struct yaml_out *yaml, struct error *err)
{
	yaml_event_t event;
	bool ok;

	emit(yaml, &event, yaml_document_end_event_initialize(&event, 1));
	emit(yaml, &event, yaml_stream_end_event_initialize(&event));
	ok = !yaml->is_bad ||
	     error_set(err, ERROR_INVALID, "cannot write this as YAML: %s",
		       yaml->emitter.problem ? yaml->emitter.problem
					     : "out of memory");
	yaml_emitter_delete(&yaml->emitter);
	free(yaml);
	return ok;
}

void yaml_out_open_mapping(struct yaml_out *yaml, bool is_flow)
{
	yaml_event_t event;

	emit(yaml, &event,
	     yaml_mapping_start_event_initialize(
		     &event, NULL, NULL, 1,
		     is_flow ? YAML_FLOW_MAPPING_STYLE
			     : YAML_BLOCK_MAPPING_STYLE));
}

void yaml_out_close_mapping(struct yaml_out *yaml)
{
	yaml_event_t event;

	emit(yaml, &event, yaml_mapping_end_event_initialize(&event));
}

void yaml_out_open_sequence(struct yaml_out *yaml, bool is_flow)
{
	yaml_event_t event;

	emit(yaml, &event,
	     yaml_sequence_start_event_initialize(
		     &event, NULL, NULL, 1,
		     is_flow ? YAML_FLOW_SEQUENCE_STYLE
			     : YAML_BLOCK_SEQUENCE_STYLE));
}

void yaml_out_close_sequence(struct yaml_out *yaml)
{
	yaml_event_t event;

	emit(yaml, &event, yaml_sequence_end_event_initialize(&event));
}

static void add_scalar(struct yaml_out *yaml, const char *text,
		       yaml_scalar_style_t style)
{
	yaml_event_t event;

	emit(yaml, &event,
	     yaml_scalar_event_initialize(
		     &event, NULL, NULL, (const yaml_char_t *)text,
		     (int)strlen(text), style == YAML_PLAIN_SCALAR_STYLE, 1,
		     style));
}

/* Plain, it could be no text for somebody: words and numbers, PyYAML's dates
 * (1.1 resolves "2001-01-01") and base 60 ("1:30"). */
static bool is_ambiguous(const char *text)
{
	struct node node = {0};
	bool is_other = node_resolve(&node, text);

	free(node.text);
	if (is_other || !*text)
		return true;
	if (isdigit((unsigned char)*text))
		return strpbrk(text, ":-_");
	return !isalpha((unsigned char)*text) && !strchr("/_", *text);
}

void yaml_out_text(struct yaml_out *yaml, const char *text)
{
	if (strchr(text, '\n'))
		add_scalar(yaml, text, YAML_LITERAL_SCALAR_STYLE);
	else if (is_ambiguous(text))
		add_scalar(yaml, text, YAML_SINGLE_QUOTED_SCALAR_STYLE);
	else
		add_scalar(yaml, text, YAML_PLAIN_SCALAR_STYLE);
}

/* JSON's "1e-05" is text to PyYAML, which wants a point and a sign. */
static void add_number(struct yaml_out *yaml, const struct node *node)
{
	const char *exponent = strpbrk(node->text, "eE");
	struct strbuf text = STRBUF_INIT;

	if (!exponent) {
		strbuf_adds(&text, node->text);
	} else {
		strbuf_add(&text, node->text, (size_t)(exponent - node->text));
		if (!strchr(text.data, '.'))
			strbuf_adds(&text, ".0");
		strbuf_addch(&text, 'e');
		if (!strchr("+-", exponent[1]))
			strbuf_addch(&text, '+');
		strbuf_adds(&text, exponent + 1);
	}
	add_scalar(yaml, text.data, YAML_PLAIN_SCALAR_STYLE);
	strbuf_release(&text);
}

static bool is_scalar(const struct node *node)
{
	return node->kind != NODE_MAPPING && node->kind != NODE_SEQUENCE;
}

static bool fits_line(const struct node *node)
{
	return node->expanded <= LINE_NODES && node->bytes <= LINE_BYTES;
}

/* Does all of a list fit into a line, and is it of plain values? */
static bool is_row(const struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		if (!is_scalar(node->items[i]))
			return fits_line(node);
	return true;
}

void yaml_out_node(struct yaml_out *yaml, const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		add_scalar(yaml, "null", YAML_PLAIN_SCALAR_STYLE);
		break;
	case NODE_BOOL:
		add_scalar(yaml, node->boolean ? "true" : "false",
			   YAML_PLAIN_SCALAR_STYLE);
		break;
	case NODE_INTEGER:
	case NODE_FLOAT:
		add_number(yaml, node);
		break;
	case NODE_STRING:
		yaml_out_text(yaml, node->text);
		break;
	case NODE_SEQUENCE:
		yaml_out_open_sequence(yaml, is_row(node));
		for (size_t i = 0; i < node->count; i++)
			yaml_out_node(yaml, node->items[i]);
		yaml_out_close_sequence(yaml);
		break;
	case NODE_MAPPING:
		yaml_out_open_mapping(yaml, node->depth > 1 && fits_line(node));
		for (size_t i = 0; i < node->count; i++) {
			yaml_out_text(yaml, node->entries[i].key);
			yaml_out_node(yaml, node->entries[i].value);
		}
		yaml_out_close_mapping(yaml);
		break;
	}
}
