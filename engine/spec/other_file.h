/* SPDX-License-Identifier: MIT */
/* Files that an experiment file names: a search space, a manifest. */
#ifndef ENGINE_SPEC_OTHER_FILE_H
#define ENGINE_SPEC_OTHER_FILE_H

#include "engine/spec/schema.h"

/* The file as the user would name it: beside the experiment file.  Caller
 * frees. */
char *other_file_name(const struct reader *reader, const char *written);

/* JSON that libyaml cannot read as YAML (keys over several lines, surrogate
 * escapes), read as JSON: only the places of its values are lost. */
bool other_file_read_json(const char *text, size_t len, struct document *ret);

#endif
