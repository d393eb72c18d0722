/* SPDX-License-Identifier: MIT */
/*
 * Members of canonical texts: each appends ,"key":value to an object that has
 * a member already.  What is unset, a NULL, is left out.
 */
#ifndef ENGINE_SPEC_WRITE_H
#define ENGINE_SPEC_WRITE_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

void write_text(struct strbuf *out, const char *key, const char *text);
/* JSON goes in as it is. */
void write_json(struct strbuf *out, const char *key, const char *json);
void write_number(struct strbuf *out, const char *key, int64_t number);
void write_truth(struct strbuf *out, const char *key, bool truth);

#endif
