/* SPDX-License-Identifier: MIT */
/*
 * Frameworks: FrameworkController's (frameworkcontroller.microsoft.com/v1) and
 * those of its ancestor, the launcher (launcher.microsoft.com/v1), whose
 * objects are nearly the same.  What both have in common; framework.c and
 * launcher.c only name it.  Source: kubernetes.md 5, nni.md 4.8 and 1.7.
 *
 * Of task roles: each becomes a task role with the pod of pod_template_build.
 * Completion policies are always written, since absent ones mean "succeeded,
 * whatever happened".
 *
 * Of a manifest, the user's own Framework: that object with the name, the
 * labels and the pods' commands changed, and the keeper in its pods.  Its pods
 * are laid over ours as a podTemplate is, so that what is said there about
 * podTemplate holds.  In each the container of kind_container(), or else the
 * first (which then takes that name), runs the command; restartPolicy is Never
 * and executionType Start, whatever it says.
 *
 * The barrier: an init container that waits until all tasks have addresses and
 * writes a script with them, which the command reads first.  It asks the API
 * server, so its service account needs to `get` frameworks.  Unless the file
 * says `barrier`, there is one when there are several tasks, and a service
 * account is named or the file is NNI's, which always wants it.  A manifest has
 * one or has none; only what NNI puts before the command is added, for NNI's.
 */
#ifndef ENGINE_KIND_FRAMEWORK_H
#define ENGINE_KIND_FRAMEWORK_H

#include "engine/kind/kind.h"

/* The container of the command, as NNI calls it. */
#define FRAMEWORK_CONTAINER "framework"
/* The first port of role i is this plus i, unless it has others. */
#define FRAMEWORK_PORT 4000
#define FRAMEWORK_BARRIER "frameworkbarrier"
#define FRAMEWORK_BARRIER_IMAGE "frameworkcontroller/frameworkbarrier"
#define FRAMEWORK_BARRIER_VOLUME "frameworkbarrier-volume"
#define FRAMEWORK_BARRIER_MOUNT "/mnt/frameworkbarrier"

/* Roles that may lead, best first; the manifest's first otherwise. */
extern const char *const framework_leaders[];

/* --- framework_build.c */

/* May a task role be called so?  ^[a-z0-9]{1,63}$ */
bool framework_name_is_valid(const char *name);

cJSON *framework_build(const struct pod_plan *plan,
		       const struct kind_resource *resource, const char *name,
		       struct error *err);
bool framework_has_barrier(const struct experiment_config *config);
/* FB_WORKER_PORT=4000 . /mnt/frameworkbarrier/injector.sh && COMMAND, where
 * there is a barrier.  Caller frees. */
char *framework_command(const struct experiment_config *config,
			const struct role_config *role, const char *command);
/* Policies for a task role, or task, that has none: the role's own, else "one
 * failure is the end, and nothing is tried again". */
void framework_add_completion(cJSON *task_role, const struct role_config *role);
/* policy is JSON or NULL. */
void framework_add_retry(cJSON *object, const char *policy);

/* --- framework_manifest.c */

cJSON *framework_manifest_build(const struct pod_plan *plan,
				const struct kind_resource *resource,
				const char *name, struct error *err);
/* The container that runs the command: by name, else the first; NULL: there is
 * none.  `pod` is a PodTemplateSpec. */
cJSON *framework_main_container(const cJSON *pod, const char *name);
/* Its command and args as a shell line; NULL: it has none.  One word is a line
 * already, as NNI has it; several are quoted where need be.  Caller frees. */
char *framework_shell_line(const cJSON *container);

/* --- framework_status.c, framework_parts.c */

bool framework_read(const struct kubernetes_config *config, const cJSON *object,
		    struct kind_status *ret);
void framework_read_parts(const cJSON *object, struct part_list *ret);
bool framework_act(enum kind_action action, const cJSON *object,
		   struct kind_patch *ret, struct error *err);
/* The statuses of its task roles, unpacked into *ret_owned if they came packed
 * (to be deleted); NULL: there are none yet. */
const cJSON *framework_task_roles(const cJSON *object, cJSON **ret_owned);
/* Is a framework or task of this status still to start, or to start again? */
bool framework_is_waiting(const cJSON *status);
/* The exit status of the container that ended a task; -1: none did. */
int framework_exit_code(const cJSON *completion);
/* "ContainerPermanentFailed: ..." */
void framework_set_reason(struct kind_status *ret, const char *who,
			  const cJSON *completion);

#endif
