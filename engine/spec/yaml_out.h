/* SPDX-License-Identifier: MIT */
/*
 * YAML written: values one after the other, for us and for PyYAML to read
 * alike.  Text that either could take for something else is quoted; numbers
 * are spelled so that PyYAML takes them for numbers ("1.0e-05").
 */
#ifndef ENGINE_SPEC_YAML_OUT_H
#define ENGINE_SPEC_YAML_OUT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "engine/spec/node.h"

struct yaml_out;

/* Write to the end of out, which outlives it. */
struct yaml_out *yaml_out_new(struct strbuf *out);
/* Ends the document.  False: something could not be written. */
bool yaml_out_free(struct yaml_out *yaml, struct error *err);

/* Between open and close of a mapping keys and values take turns; keys are
 * text. */
void yaml_out_open_mapping(struct yaml_out *yaml, bool is_flow);
void yaml_out_close_mapping(struct yaml_out *yaml);
void yaml_out_open_sequence(struct yaml_out *yaml, bool is_flow);
void yaml_out_close_sequence(struct yaml_out *yaml);
void yaml_out_text(struct yaml_out *yaml, const char *text);
/* A tree as it is; short ones in one line. */
void yaml_out_node(struct yaml_out *yaml, const struct node *node);

#endif
