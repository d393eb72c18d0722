/* SPDX-License-Identifier: MIT */
/*
 * An experiment file half-way: values read, not yet checked against each
 * other.  Both forms and every platform fill the same draft; draft_finish
 * turns it into a configuration.
 *
 * A platform is one file: a `const struct spec_platform` with its tables, and
 * a line in platforms[] of spec_platform.c.
 */
#ifndef ENGINE_SPEC_DRAFT_H
#define ENGINE_SPEC_DRAFT_H

#include "engine/spec/schema.h"
#include "model/experiment.h"

/* tuner, assessor or advisor, as written */
struct algorithm_draft {
	char *name, *class_name, *code_directory, *class_file, *engine;
	bool include_intermediate, is_python, is_advisor;
	struct indices gpu_indices; /* first form only */
	struct place name_place, class_name_place, code_directory_place;
	struct place class_file_place, class_args, engine_place;
};

/* What a training service may say in place of the top level. */
struct service_draft {
	char *trial_command, *trial_code_directory, *nni_manager_ip;
	int trial_gpu_number; /* -1: not given */
	bool debug;
	struct place trial_gpu_number_place, debug_place;
};

/* storage, and where NNI's first form says the same: which of its parts were
 * there */
struct storage_draft {
	char *type;
	struct place section; /* storage; kubeflowConfig in the first form */
	struct place type_place;
	struct place server, path, claim, local_path;
	struct place azure_account, azure_share, key_vault, key_vault_key;
	struct place azure_key_file, azure_endpoint;
	struct place endpoint, region, bucket, prefix, path_style;
	struct place credentials, profile, ca_file;
	bool is_path_style;
	struct place nfs, azure, vault, pvc; /* first form's mappings */
	struct place upload_retries;
};

/* Kubeflow's kinds of job */
struct kubeflow_draft {
	struct place worker, ps, chief, master, launcher, evaluator;
	struct place api_version, run_policy, clean_pod_policy, elastic_policy;
};

/* NNI's kubeflow and frameworkcontroller: roles are read when all keys are
 * known */
struct nni_draft {
	char *operator_name, *config_path;
	struct place operator_place, config_path_place, manifest;
	struct place trial; /* first form */
	struct place worker, ps, master, task_roles;
};

/* kinds framework and launcher */
struct framework_draft {
	char *description, *retry_policy;
	struct place task_roles, manifest;
};

/* kind workflow */
struct workflow_draft {
	struct place manifest, reference, parameters;
	struct place entrypoint_place, priority_place;
	char *template_name, *entrypoint;
	bool is_cluster_wide;
	int priority;
};

/* kind custom */
struct custom_draft {
	struct place manifest, success, failure, labels, container;
	struct place parameters; /* Katib's trialParameters */
};

/* platforms on a cluster: what does not go straight into their configuration */
struct kubernetes_draft {
	char *service_account, *cleanup, *keeper;
	struct place service_account_place, pod_template;
	struct place tls, certificate, key;
	struct storage_draft storage;
	struct kubeflow_draft kubeflow;
	struct nni_draft nni;
	struct framework_draft framework;
	struct workflow_draft workflow;
	struct custom_draft custom;
};

struct space;
struct spec_platform;

struct draft {
	struct experiment_config config; /* becomes the result */
	const struct spec_platform *platform;
	/* while values are held against each other: the search space, NULL
	 * where there is none that can be read */
	const struct space *space;
	struct algorithm_draft tuner, assessor, advisor;
	struct place tuner_place, assessor_place, advisor_place;
	struct service_draft service;
	struct indices tuner_gpu_indices, gpu_indices;
	char *search_space_file;
	struct place search_space, search_space_file_place;
	bool needs_no_space; /* a Python class may do without */
	struct place training_service, platform_place, shared_storage;
	struct place trial_command_place, trial_gpu_number_place;
	struct place use_active_gpu_place, max_trials_per_gpu_place;
	struct place seed_place, nni_manager_ip_place;
	struct kubernetes_draft kubernetes;
	/* accepted for NNI's sake; nothing here depends on them */
	char *ignored_text;
	bool ignored_bool;
};

/* The platform-dependent part of both forms. */
struct spec_platform {
	const char *name;
	bool is_on_cluster;
	bool has_shared_storage;    /* NNI's key at the top */
	const struct form *service; /* second form: in trainingService */
	/* The same where it depends on a key there; NULL: it does not. */
	const struct form *(*find_form)(const struct reader *reader,
					const struct node *service);
	/* Need there be no trialCommand, since roles have theirs?  NULL: there
	 * must be one. */
	bool (*has_own_commands)(const struct draft *draft);
	/* first form: trial, localConfig, ...; NULL: it has none */
	const struct form *first;
	/* Hold values against each other. */
	void (*check)(struct reader *reader, struct draft *draft);
	/* Append its keys of trainingService: ,"useActiveGpu":true */
	void (*write)(const struct experiment_config *config,
		      struct strbuf *out);
};

extern const struct spec_platform spec_frameworkcontroller;
extern const struct spec_platform spec_kubeflow;
extern const struct spec_platform spec_kubernetes;
extern const struct spec_platform spec_local;
extern const struct form service_form;	    /* keys of every service */
extern const struct form first_common_form; /* keys of every first form */

/* The platform at place, or NULL after reporting why there is none. */
const struct spec_platform *spec_platform_find(struct reader *reader,
					       const struct place *place,
					       const char *name);
/* The one a configuration has been made for; it exists. */
const struct spec_platform *
spec_platform_of(const struct experiment_config *config);

void draft_init(struct draft *draft);
void draft_release(struct draft *draft);

/* Read a document in its form into a draft. */
void second_form_read(struct reader *reader, const struct node *root,
		      struct draft *draft);
void first_form_read(struct reader *reader, const struct node *root,
		     struct draft *draft);

/* Settle defaults and check what no single value shows; problems go to the
 * reader. */
void draft_finish(struct reader *reader, const struct node *root,
		  struct draft *draft);

/* The search space, in search.c: inline or from its file. */
/* Returns NULL after reporting.  Caller frees with space_free. */
struct space *search_read(struct reader *reader, const struct node *root,
			  struct draft *draft);

/* NNI's sharedStorage, in shared_storage.c: a volume. */
void shared_storage_read(struct reader *reader, struct draft *draft);

/* The key `outputs`, in outputs.c: of struct outputs_config. */
extern const struct form outputs_form;
void outputs_init(struct outputs_config *config);
void outputs_write(const struct outputs_config *config, struct strbuf *out);

/* The key `alerts`, in alerts.c: of struct alerts_config. */
void alerts_read(struct reader *reader, const struct key *key,
		 const struct node *node, void *slot);
void alerts_write(const struct alerts_config *config, struct strbuf *out);

/* Tuner and assessor, in algorithm.c.  space may be NULL: not readable, then
 * what depends on it stays unchecked. */
void algorithms_check(struct reader *reader, struct draft *draft,
		      const struct space *space);

/* Algorithms in Python, in python.c.  Names of NNI's that are not native. */
extern const char *const algorithm_engines[];
bool python_knows(const char *name, bool is_tuner);
bool python_is_class(const struct algorithm_draft *a);
/* Is it one, by a class, its engine or its name?  Sets is_python. */
bool python_claims(struct algorithm_draft *a, bool is_tuner, bool is_native);
/* Check and complete the class; false after reporting. */
bool python_check_class(struct reader *reader, struct algorithm_draft *a);

/* The whole configuration in the second form, as JSON. */
char *canonical_write(const struct experiment_config *config,
		      const struct spec_platform *platform);

#endif
