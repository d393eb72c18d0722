/* SPDX-License-Identifier: MIT */
/* Kind workflow in trainingService: what its files share. */
#ifndef ENGINE_SPEC_KIND_WORKFLOW_H
#define ENGINE_SPEC_KIND_WORKFLOW_H

#include "engine/spec/draft.h"
#include "engine/spec/manifest.h"

#include <cjson/cJSON.h>

#define WORKFLOW_COMMAND                                                       \
	"a workflow's commands stand in its templates: remove it"

struct placeholder_names;

/* A manifest that is being held against the search space. */
struct workflow_check {
	struct reader *reader;
	struct draft *draft;
	struct manifest manifest;
	const struct manifest_object *object; /* NULL: by template alone */
	cJSON *tree;
	struct placeholder_names *names;
};

/* kind_workflow_check.c: make config.manifest of what was written, and hold it
 * against the search space. */
void workflow_check(struct reader *reader, struct draft *draft);

/* kind_workflow_parameters.c: does every parameter find its place? */
void workflow_check_parameters(struct workflow_check *check);

#endif
