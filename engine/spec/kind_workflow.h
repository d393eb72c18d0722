/* SPDX-License-Identifier: MIT */
/* Kind workflow in trainingService: what its two files share. */
#ifndef ENGINE_SPEC_KIND_WORKFLOW_H
#define ENGINE_SPEC_KIND_WORKFLOW_H

#include "engine/spec/draft.h"

#define WORKFLOW_COMMAND                                                       \
	"a workflow's commands stand in its templates: remove it"

/* kind_workflow_check.c: make config.manifest of what was written, and hold it
 * against the search space. */
void workflow_check(struct reader *reader, struct draft *draft);

#endif
