/* SPDX-License-Identifier: MIT */
/*
 * An experiment: one search with its limits and its state.
 *
 * `struct experiment_config` is what an experiment file says, whichever of
 * NNI's two forms it was written in; `struct experiment` is the row the store
 * keeps.  State names are NNI's (nni.md 8.2).
 */
#ifndef MODEL_EXPERIMENT_H
#define MODEL_EXPERIMENT_H

#include "base/error.h"
#include "model/trial.h"

#include <stddef.h>
#include <stdint.h>

enum experiment_state {
	EXPERIMENT_INITIALIZED, /* recorded, engine not started yet */
	EXPERIMENT_RUNNING,
	EXPERIMENT_NO_MORE_TRIAL,	/* a limit reached, trials finishing */
	EXPERIMENT_TUNER_NO_MORE_TRIAL, /* the tuner has nothing left */
	EXPERIMENT_DONE,
	EXPERIMENT_STOPPING,
	EXPERIMENT_STOPPED,
	EXPERIMENT_ERROR, /* cannot go on; `error` says why */
	EXPERIMENT_STATE_COUNT
};

#define EXPERIMENT_ID_MAX 32
#define EXPERIMENT_ID_LENGTH 8
#define EXPERIMENT_NAME_MAX 200

enum objective_mode { OBJECTIVE_MINIMIZE, OBJECTIVE_MAXIMIZE };

/* tuner, assessor or advisor of an experiment file */
struct algorithm_config {
	char *name;	      /* builtin, as the user wrote it; or NULL */
	char *class_name;     /* "module.Class" of a Python one; or NULL */
	char *code_directory; /* absolute; with class_name */
	char *class_args;     /* JSON object text, or NULL */
	bool is_python;	      /* NNI's own runs it: engine/bridge */
	bool is_advisor;      /* a Python one that judges trials, too */
};

/* trainingService with platform local */
struct local_config {
	bool use_active_gpu;
	bool has_use_active_gpu;
	int max_trials_per_gpu; /* 1 unless said */
	int *gpu_indices;
	size_t gpu_index_count; /* 0: all */
};

/* When the objects of trials that are over are deleted. */
enum job_cleanup {
	CLEANUP_ALL,	   /* as soon as log and results have been taken */
	CLEANUP_SUCCEEDED, /* failed ones stay, to be looked at */
	CLEANUP_NONE,
};

/* Who runs the command in the pod. */
enum keeper_choice {
	KEEPER_OURS, /* trialdeck's, brought along */
	KEEPER_NNI,  /* NNI's trial_keeper, which the image has */
	KEEPER_NONE, /* the image's own command; metrics are read in its log */
};

/* Do pods of a Framework wait for each other's addresses? */
enum barrier_choice {
	BARRIER_AUTO, /* where several can ask for them: framework.h */
	BARRIER_ON,
	BARRIER_OFF,
};

/* Where outputs, and with NNI's files everything else, lies. */
enum storage_type {
	STORAGE_NONE,
	STORAGE_NFS,
	STORAGE_AZURE, /* Azure Files */
	STORAGE_PVC,
	STORAGE_HOST_PATH,
	STORAGE_S3,
};

struct storage_config {
	enum storage_type type;
	char *server, *path; /* NFS; path also hostPath; absolute */
	char *claim;	     /* PVC */
	char *local_path;    /* where this machine sees the same folder */
	char *azure_account, *azure_share;
	char *key_vault, *key_vault_key; /* names in Azure Key Vault */
	char *azure_key_file;		 /* with the key or a SAS token */
	char *azure_endpoint;		 /* URL; NULL: the account's own */
	/* S3; credentials are never among these */
	char *s3_endpoint; /* URL; NULL: $AWS_ENDPOINT_URL, else Amazon's */
	char *s3_region;   /* NULL: $AWS_REGION, the profile's, us-east-1 */
	char *s3_bucket;
	char *s3_prefix;   /* of all keys, without '/' at its ends; or NULL */
	int s3_path_style; /* 1 bucket in the path, 0 in the host's name,
			    * -1 by the endpoint */
	char *s3_credentials; /* file; NULL: environment, then ~/.aws */
	char *s3_profile;     /* in it */
	char *ca_file;	      /* S3, Azure Files: besides the system's CAs */
	int upload_retries;   /* NNI's uploadRetryCount; -1: unset */
};

enum output_keep { OUTPUT_KEEP_ALL, OUTPUT_KEEP_BEST, OUTPUT_KEEP_NONE };

#define OUTPUT_BEST_MAX 1000000

/* Which trials' outputs stay (model/output.h). */
struct output_rule {
	enum output_keep keep;
	int best; /* OUTPUT_KEEP_BEST: so many */
	bool keeps_failed;
	int64_t max_age_s; /* 0: for ever */
};

/* The key `outputs` of an experiment file. */
struct outputs_config {
	struct output_rule rule;
	/* most that one trial may send where it has no volume to write to */
	int64_t limit_bytes;
	/* its pod waits so long for somebody who takes it */
	int64_t wait_s;
	char *tensorboard_image;
};

#define OUTPUTS_LIMIT_BYTES (INT64_C(1) << 30) /* unless said */
#define OUTPUTS_WAIT_S 600
#define OUTPUTS_TENSORBOARD_IMAGE "tensorflow/tensorflow"

/* The key `alerts` (model/alert.h). */
struct alerts_config {
	unsigned on;	    /* one bit for each enum alert_kind */
	char *webhook;	    /* URL */
	char *webhook_file; /* or a file that holds it, read when it is needed
			     */
	char *format;	    /* "slack", "json"; NULL: by the URL */
	char *command;	    /* for the shell */
	int64_t stuck_after_s;
	int burst; /* so many failures */
	int64_t burst_within_s;
	int64_t best_every_s; /* new bests are told no oftener */
};

/* Pods of one sort within a job: workers, parameter servers, ...  Texts that
 * are NULL and numbers that are -1 are taken from the job. */
struct role_config {
	char *name; /* as the file has it: "worker"; kinds spell it as their
		     * objects want ("Worker") */
	int replicas;
	char *command;
	char *code_directory; /* NNI's; the same in all roles */
	char *image;
	char *resources;      /* JSON: {"requests": {}, "limits": {}} */
	int gpu_number;	      /* 0: CUDA_VISIBLE_DEVICES is emptied */
	char *registry_auth;  /* a Docker config.json; absolute path */
	char *restart_policy; /* "Never" unless said */
	char *pod_template;   /* JSON: laid over the role's PodTemplateSpec */
	/* FrameworkController's and the launcher's */
	bool has_completion;
	int min_failed, min_succeeded;	/* -1: never */
	char *retry_policy;		/* JSON */
	int64_t pod_deletion_timeout_s; /* -1: none said */
};

/* trainingService with platform kubernetes, and NNI's kubeflow and
 * frameworkcontroller, which are ways to write the same.  Texts marked JSON are
 * in Kubernetes' own words, ready to be put into a pod; NULL: not given. */
struct kubernetes_config {
	char *kind;	   /* "job", "tfjob", "framework", "custom", ... */
	char *api_version; /* "v1": the one to use; NULL: the best served */
	struct role_config *roles; /* none: one pod, all from below */
	size_t role_count;
	/* What the kind has beside roles, in its object's own words, as members
	 * of its spec: {"runPolicy": {...}, "elasticPolicy": {...}} */
	char *job_options;	     /* JSON */
	enum barrier_choice barrier; /* kind framework */
	/* The user's own object (kinds workflow, custom; a template of kind
	 * framework), with placeholders ${trial.*} */
	char *manifest; /* JSON */
	/* kind workflow: {"parameter": "text with ${trial.parameters.x}"};
	 * NULL: those of the search space, by name */
	char *parameters; /* JSON */
	/* kind custom, in Katib's syntax */
	char *success_condition, *failure_condition;
	char *primary_pod_labels; /* JSON: {"label": "value"}; placeholders */
	char *primary_container;
	enum keeper_choice keeper;
	struct storage_config storage;
	bool is_reuse;	  /* said so in an NNI file; trials do not differ */
	char *kubeconfig; /* absolute path */
	char *context;
	char *namespace;
	char *image;
	char *image_pull_policy;
	char *image_pull_secrets; /* JSON: [{"name": "x"}] */
	char *resources;	  /* JSON: {"requests": {}, "limits": {}} */
	char *env;		  /* JSON: list of EnvVar */
	char *env_from;		  /* JSON: list of EnvFromSource */
	char *volumes;		  /* JSON: list of Volume */
	char *volume_mounts;	  /* JSON: list of VolumeMount */
	/* NNI's sharedStorage, as JSON; its volume is among those above */
	char *shared_storage;
	char *local_paths; /* JSON: {"volume name": "/path on this machine"} */
	char *node_selector;   /* JSON object */
	char *tolerations;     /* JSON list */
	char *affinity;	       /* JSON object */
	char *topology_spread; /* JSON list */
	char *priority_class;
	char *service_account;
	char *scheduler_name;
	char *runtime_class;
	char *queue;		      /* Kueue's LocalQueue */
	char *labels, *annotations;   /* JSON objects, of job and pod */
	char *security_context;	      /* JSON, of the container */
	char *pod_security_context;   /* JSON, of the pod */
	char *pod_template;	      /* JSON: laid over the PodTemplateSpec */
	int64_t active_deadline_s;    /* 0: none */
	int64_t ttl_after_finished_s; /* -1: none */
	int64_t grace_period_s;	      /* between TERM and KILL; 30 */
	enum job_cleanup cleanup;
	int infrastructure_retries;   /* attempts that failed through no fault
				       * of theirs and are made again; 3 */
	int64_t image_pull_timeout_s; /* an image that long unpullable: failed
				       */
	int requests_per_s;	      /* to the API server; 0: the default */
	/* the side port, as pods see it */
	char *side_port_address; /* address or name; NULL: found out */
	bool side_port_tls;
	char *side_port_certificate, *side_port_key; /* files; NULL: made */
};

/* Everything a file says, checked and with paths made absolute.
 * Durations are seconds, 0 meaning unlimited.  Strings may be NULL. */
struct experiment_config {
	char *name;
	char *search_space; /* canonical JSON text; NULL only for custom tuners
			     * that need none */
	char *trial_command;
	char *trial_code_directory; /* absolute */
	int trial_concurrency;
	int trial_gpu_number; /* -1: not given */
	int64_t max_experiment_s;
	int64_t max_trial_number; /* 0 unlimited */
	int64_t max_trial_s;
	int max_trial_retries;
	uint64_t seed; /* tuner's classArgs.seed, else drawn at creation */
	bool has_seed;
	enum objective_mode objective;
	bool debug;
	char *log_level;
	char *nni_manager_ip;
	char *working_directory; /* absolute, or NULL: beside the database */
	char *metric_pattern;	 /* POSIX extended regex: \1 name, \2 value */
	struct algorithm_config tuner, assessor;
	/* for algorithms in Python */
	int *tuner_gpu_indices;
	size_t tuner_gpu_index_count;
	char *python_path;	   /* interpreter, or its folder; absolute */
	int64_t python_timeout_s;  /* for an answer; 0: the default */
	bool include_intermediate; /* of stopped trials the tuner gets the last
				    * intermediate result as the final one */
	/* "local", "kubernetes", or NNI's words for the latter: "kubeflow",
	 * "frameworkcontroller" */
	char *platform;
	struct local_config local;
	struct outputs_config outputs;
	struct alerts_config alerts;
	struct kubernetes_config kubernetes; /* all platforms but local */
	bool is_first_form; /* the file used trainingServicePlatform */
	char *canonical; /* the whole in NNI's second form, JSON text: what the
			  * store keeps and `experiment_config` reloads from */
};

void experiment_config_release(struct experiment_config *config);
void role_config_release(struct role_config *role);
void storage_config_release(struct storage_config *storage);

/* The experiment table's row.  Owns its char pointers. */
struct experiment {
	int64_t key;
	char id[EXPERIMENT_ID_MAX + 1];
	char *name;
	enum experiment_state state;
	bool is_paused;
	bool is_archived;
	bool lets_finish; /* STOPPING without killing: what runs may end */
	char *platform;
	char *config; /* canonical JSON: struct experiment_config.canonical */
	char *source; /* the file's own text */
	char *source_path; /* absolute path it was read from */
	char *space;	   /* search space JSON */
	char *directory;   /* absolute: its files live here */
	char *error;	   /* why it is in ERROR, or NULL */
	/* what its engine cannot do at the moment and tries again; NULL: all
	 * is well, or nobody runs it */
	char *fault;
	int64_t fault_since_ns;
	char *progress; /* what it is busy with before trials can run; NULL */
	enum objective_mode objective;
	uint64_t seed;
	/* live knobs; 0 means unlimited */
	int concurrency;
	int64_t max_trials;
	int64_t max_duration_s;
	int64_t max_trial_duration_s;
	int max_retries;
	/* progress */
	int64_t created_ns, started_ns, ended_ns;
	int64_t run_ns; /* time spent running, stops excluded */
	int64_t next_sequence;
	int64_t counts[TRIAL_STATE_COUNT]; /* trials by state */
	struct metric_value best;	   /* best final result */
	int64_t best_trial;		   /* key, or 0 */
	/* who runs it: 0 when nobody does */
	int owner_pid;
	char *owner_host;
	int side_port;
	int64_t version;
	/* what people say of it (store/tag_row.c): not written with the row */
	char *tags; /* by name, with blanks between; NULL: none */
	char *note; /* NULL: none */
	/* version at which tags or notes, of it or its trials, last changed */
	int64_t marked_version;
};

void experiment_release(struct experiment *experiment);

const char *experiment_state_name(enum experiment_state state);
bool experiment_state_parse(const char *name, enum experiment_state *ret);
bool experiment_state_may_move(enum experiment_state from,
			       enum experiment_state to);
/* DONE, STOPPED, ERROR */
bool experiment_state_is_terminal(enum experiment_state state);
/* Of another program's: platform "nni" or "optuna". */
bool experiment_is_foreign(const struct experiment *experiment);
/* Do its trials run as pods, so that there are nodes, pods, kubectl lines? */
bool experiment_has_cluster(const struct experiment *experiment);
/* ^[A-Za-z0-9_-]{1,32}$ (nni.md, layout facts) */
bool experiment_id_is_valid(const char *id);
/* Write a fresh id: 8 lower-case letters and digits, a letter first. */
void experiment_id_format(char *ret_id, uint64_t bits);

/* Is a better than b for this objective?  NaN is worse than everything;
 * an unset value is worse than NaN. */
bool objective_is_better(enum objective_mode mode, struct metric_value a,
			 struct metric_value b);

#endif
