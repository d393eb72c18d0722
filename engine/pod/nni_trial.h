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

/* Take a side port's URL ("http://10.0.0.5:8081") apart; buffer holds the name.
 * NNI speaks plain HTTP only: false for anything else. */
bool nni_manager_parse(const char *url, char *buffer, size_t size,
		       struct nni_manager *ret);

/* The text of run_<role>.sh: environment, folders, a copy of the code,
 * install_nni.sh, then trial_keeper of NNI 2 and 3, or else that of NNI 1.
 * command may hold anything.  Caller frees. */
char *nni_run_script(const struct pod_plan *plan,
		     const struct nni_manager *manager, const char *command);
/* "run_worker.sh"; caller frees. */
char *nni_run_script_name(const struct pod_plan *plan);
/* The text of install_nni.sh: installs nni if it cannot be imported. */
const char *nni_install_script(void);

/* Add what --lay-out puts on the storage to a Secret's data: the scripts of
 * all roles.  commands has one text for each role of the configuration, or one
 * in all when it has none. */
void nni_scripts_add(cJSON *data, const struct pod_plan *plan,
		     const struct nni_manager *manager, char *const *commands);

/* Make a template's container start the script, and add the init container that
 * lays everything out.  The container has its name and image. */
void nni_container_add(cJSON *spec, cJSON *container,
		       const struct pod_plan *plan);

#endif
