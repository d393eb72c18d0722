/* SPDX-License-Identifier: MIT */
/*
 * Trials as NNI makes them, for images that have NNI: run scripts that start
 * NNI's trial_keeper, which talks to the side port as to an NNI manager
 * (nni.md 4.3, 5).  Pure.
 *
 * An init container of ours lays them out on the storage, since the pod is what
 * has it mounted; the image's own container then finds what NNI's would.
 */
#ifndef ENGINE_POD_NNI_TRIAL_H
#define ENGINE_POD_NNI_TRIAL_H

#include "engine/pod/template.h"

/* Where trial_keeper reports to. */
struct nni_manager {
	const char *ip; /* or a name */
	int port;
};

/* The text of run_<role>.sh: environment, folders, a copy of the code,
 * install_nni.sh, then trial_keeper of NNI 2 and 3, or else that of NNI 1.
 * command may hold anything.  Caller frees. */
char *nni_run_script(const struct pod_plan *plan,
		     const struct nni_manager *manager, const char *command);
/* "run_worker.sh"; caller frees. */
char *nni_run_script_name(const struct pod_plan *plan);
/* The text of install_nni.sh: installs nni if it cannot be imported. */
const char *nni_install_script(void);

/* Make a template's container start the script, and add the init container that
 * lays everything out.  The container has its name and image. */
void nni_container_add(cJSON *spec, cJSON *container,
		       const struct pod_plan *plan);

#endif
