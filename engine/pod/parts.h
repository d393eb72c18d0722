/* SPDX-License-Identifier: MIT */
/*
 * A pod's template from the inside: the pieces that template.c puts together.
 * Pure.
 */
#ifndef ENGINE_POD_PARTS_H
#define ENGINE_POD_PARTS_H

#include "engine/pod/template.h"

/* Names of our volumes; spec refuses others that begin like them. */
#define POD_VOLUME_KEEPER "trialdeck-keeper"
#define POD_VOLUME_INPUT "trialdeck-input"
#define POD_VOLUME_LINK "trialdeck-link"
#define POD_VOLUME_CODE "trialdeck-code"
#define POD_VOLUME_WORK "trialdeck-work"
#define POD_VOLUME_PREFIX "trialdeck-"

#define POD_CODE_DIR POD_WORK_MOUNT "/code"

/* Where the command runs: the code directory inside the pod, or NULL.  Caller
 * frees. */
char *pod_code_dir(const struct pod_plan *plan);
/* GPUs asked for; 0 hides those of the node; -1: nobody said. */
int pod_gpu_number(const struct pod_plan *plan);
/* Parse a fragment of the configuration into *ret; a NULL text gives NULL. */
bool pod_fragment_parse(const char *name, const char *json, cJSON **ret,
			struct error *err);
/* Parse it and add it to object under a key, if it is there. */
bool pod_fragment_add(cJSON *object, const char *key, const char *json,
		      struct error *err);
/* The item of a list whose `key` has this value, or NULL. */
cJSON *pod_list_find(const cJSON *list, const char *key, const char *value);

/* --- template_environment.c */

/* The container's env: ours, then the user's; a name given twice is the
 * user's. */
bool pod_environment_add(cJSON *container, const struct pod_plan *plan,
			 struct error *err);
/* Is it one that the user may not set? */
bool pod_environment_is_ours(const char *name);
/* Kubernetes replaces $(NAME) in commands and variables, and $$ by $: write
 * text so that it comes out as it is.  Caller frees. */
char *pod_escape(const char *text);

/* --- template_volumes.c */

bool pod_volumes_add(cJSON *spec, cJSON *container, const struct pod_plan *plan,
		     struct error *err);
/* Only those that are ours: keeper, Secret, address, code, work. */
void pod_volumes_add_ours(cJSON *spec, cJSON *container,
			  const struct pod_plan *plan);

/* --- overlay.c */

/* Lay the user's podTemplate over a template, whose command runs in this
 * container.  False: it contradicts what
 * trialdeck needs, or is not of the form; template is then in between. */
bool pod_overlay_apply(cJSON *template, const cJSON *overlay,
		       const char *container, struct error *err);

#endif
