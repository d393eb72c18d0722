/* SPDX-License-Identifier: MIT */
/* Workflows from fixtures and short texts, and what is made of them. */
#ifndef TESTS_UNIT_KIND_WORKFLOW_WORLD_H
#define TESTS_UNIT_KIND_WORKFLOW_WORLD_H

#include "engine/kind/workflow.h"

/* tests/unit/kind/fixtures/NAME.json; caller frees or deletes. */
char *workflow_fixture_text(const char *name);
cJSON *workflow_fixture(const char *name);
/* The workflow "wf" with members of spec and status; caller deletes. */
cJSON *workflow_make(const char *spec, const char *status);
struct kind_status workflow_status(const cJSON *workflow);
/* The same, of a text; the tree is deleted. */
struct kind_status workflow_status_of(const char *spec, const char *status);
/* Its steps, a line each, two blanks a depth: "name sort state", and where
 * there is one " pod=x", " node=x", " exit=3", " 5s", ": reason". */
void expect_steps(const cJSON *workflow, const char *lines);

#endif
