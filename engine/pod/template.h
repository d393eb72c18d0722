/* SPDX-License-Identifier: MIT */
/*
 * The pod of an attempt, as a PodTemplateSpec.
 *
 * Everything an attempt's pod needs that is not the cluster's business: the
 * keeper from a ConfigMap, parameters and secret from a Secret, code from a
 * ConfigMap, a volume or the side port, then what the experiment file says,
 * and last its podTemplate laid over it.  Pure.
 */
#ifndef ENGINE_POD_TEMPLATE_H
#define ENGINE_POD_TEMPLATE_H

#include "base/error.h"
#include "model/experiment.h"
#include "model/trial.h"

#include <cjson/cJSON.h>

/* The container of the user's command. */
#define POD_MAIN_CONTAINER "trial"
/* The label that says which role a pod plays. */
#define POD_ROLE_LABEL "role"
/* Where things are inside the pod. */
#define POD_KEEPER_MOUNT "/trialdeck/keeper" /* trialdeck-keeper */
#define POD_INPUT_MOUNT "/trialdeck/input"   /* Secret: see below */
#define POD_LINK_MOUNT "/trialdeck/link"     /* ConfigMap: url, and ca.pem */
#define POD_CODE_MOUNT "/trialdeck/code"     /* ConfigMap: code.tar.gz */
#define POD_WORK_MOUNT                                                         \
	"/trialdeck/work" /* emptyDir: attempt's folder,                       \
			   * code below it in code/ */

/* Keys of the attempt's Secret. */
#define POD_INPUT_TOKEN "token"
#define POD_INPUT_PARAMETER_CFG "parameter.cfg"
#define POD_INPUT_PARAMETERS "parameters.json"
#define POD_INPUT_COMMAND "command" /* the shell line, placeholders filled */
/* ... of a role: "command.worker"; the pod sees it as "command" */
#define POD_INPUT_ROLE_COMMAND "command."

enum pod_code {
	POD_CODE_NONE,	   /* no code directory */
	POD_CODE_MAP,	   /* code.tar.gz in a ConfigMap */
	POD_CODE_SIDEPORT, /* fetched by the keeper, checked by digest */
	POD_CODE_IN_PLACE, /* lies on a volume the pod mounts */
	POD_CODE_STORAGE,  /* uploaded to the storage: copied by the keeper,
			    * checked by its manifest */
};

struct pod_plan {
	const struct experiment *experiment;
	const struct experiment_config *config;
	const struct trial *trial;
	const struct attempt *attempt;
	/* one of config's roles; NULL: the job is one pod */
	const struct role_config *role;
	const char *container;	/* its name; NULL: POD_MAIN_CONTAINER */
	const char *namespace;	/* NULL: "default" */
	const char *secret;	/* name of the attempt's Secret */
	const char *keeper_map; /* names of the experiment's ConfigMaps */
	const char *link_map;
	const char *code_map;	 /* POD_CODE_MAP */
	const char *code_digest; /* hex SHA-256 of archive or manifest */
	const char *code_path;	 /* POD_CODE_IN_PLACE: path inside the pod */
	enum pod_code code;
	bool is_echoing;	  /* metrics go to the pod's log at once */
	const char *nni_platform; /* NNI_PLATFORM: "kubeflow" */
	/* where it leaves its checkpoint and what it goes on from, inside the
	 * pod; or NULL */
	const char *checkpoint, *parent_checkpoint;
};

/* {"metadata": {...}, "spec": {...}} of plan->role, with labels, restartPolicy
 * Never and one container; NULL on failure (parameters or overlay that are no
 * JSON).  The caller frees with cJSON_Delete. */
cJSON *pod_template_build(const struct pod_plan *plan, struct error *err);

/* Add metadata.labels (ours and the user's) and metadata.annotations. */
bool pod_metadata_add(cJSON *object, const struct pod_plan *plan,
		      struct error *err);
/* A podTemplate without its init containers, which may wait for other pods.
 * NULL when it is NULL; the caller frees. */
char *pod_overlay_without_init(const char *json);
/* Where a folder of this machine is inside the pods, by localPath of a volume;
 * NULL: on none of them.  path is absolute, links resolved.  Caller frees. */
char *pod_path_inside(const struct kubernetes_config *config, const char *path);

/* Labels of everything that belongs to an experiment, trial or attempt (NNI's:
 * app, expId, trialId; ours: attempt); trial and attempt may be NULL.  Pods of
 * a role have another: role. */
void pod_labels_add(cJSON *labels, const struct experiment *experiment,
		    const struct trial *trial, const struct attempt *attempt);
/* Selector of an experiment's objects: "app=nni-kubernetes-trial,expId=...". */
char *pod_labels_selector(const struct experiment *experiment);

#endif
