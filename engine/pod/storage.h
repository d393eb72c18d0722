/* SPDX-License-Identifier: MIT */
/*
 * NNI's storage inside a pod: one volume at one place, and NNI's folders on it
 * (nni.md 4.4, 4.5).  Pure.
 */
#ifndef ENGINE_POD_STORAGE_H
#define ENGINE_POD_STORAGE_H

#include "engine/pod/template.h"

#define POD_STORAGE_VOLUME "nni-vol"
#define POD_STORAGE_MOUNT "/tmp/mount"

/* Have pods a folder at POD_STORAGE_MOUNT?  NNI's keeper needs one, be it an
 * empty one. */
bool pod_has_storage(const struct kubernetes_config *config);

/* NNI_SYS_DIR: /tmp/mount/nni/<exp>/<trial>; later attempts have -<attempt>
 * behind it.  NULL: no storage.  Caller frees. */
char *pod_sys_dir(const struct pod_plan *plan);
/* output/<role>_output; roleless jobs are workers. */
char *pod_output_prefix(const struct pod_plan *plan);
/* NNI_OUTPUT_DIR: that, below NNI_SYS_DIR, or without a storage in the pod
 * itself, from where the keeper sends it. */
char *pod_output_dir(const struct pod_plan *plan);
/* NNI's folder of the code all trials start from. */
char *pod_nni_code_dir(const struct pod_plan *plan);
/* What says that it is whole: POD_CODE_STORAGE. */
char *pod_code_manifest(const struct pod_plan *plan);

/* Add the volume to a pod's spec, and its mount to a container. */
void pod_storage_add_volume(cJSON *spec, const struct pod_plan *plan);
void pod_storage_add_mount(cJSON *container);

/* --- secrets of the experiment -------------------------------------------
 *
 * NNI makes nni-secret-<8 random letters> for every role of every trial and
 * leaves them behind; ours are named after experiment and purpose, so that
 * making them again finds them, and go with the experiment. */

/* Of a registry, by the file it comes from.  Caller frees. */
char *pod_registry_secret(const struct experiment *experiment,
			  const char *auth_file);
/* With the key of the Azure storage account.  Caller frees. */
char *pod_azure_secret(const struct experiment *experiment);

#endif
