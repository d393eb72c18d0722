/* SPDX-License-Identifier: MIT */
/*
 * A kind of job: what its object looks like, and what its status means.
 *
 * The platform creates, watches and deletes objects of one kind; everything
 * that differs between kinds stands in a `struct kind`, one file each.  Pure:
 * no I/O, no clock; what a kind knows of an experiment is its configuration.
 */
#ifndef ENGINE_KIND_KIND_H
#define ENGINE_KIND_KIND_H

#include "base/error.h"
#include "engine/pod/template.h"
#include "engine/pod/view.h"
#include "model/action.h"
#include "model/part.h"

#include <cjson/cJSON.h>
#include <stdint.h>

struct kind;

/* --- where its objects are ---------------------------------------------- */

/* A collection of the API server, as found there.  Texts are never NULL; the
 * group of core objects is "". */
struct kind_resource {
	char group[254];  /* "kubeflow.org" */
	char version[64]; /* "v1" */
	char kind[64];	  /* "TFJob" */
	char plural[254]; /* "tfjobs" */
};

/* The first version of a kind that names them, unseen; all "" of one that
 * takes them from its manifest. */
void kind_resource_init(struct kind_resource *resource,
			const struct kind *kind);
/* "kubeflow.org/v1", "v1"; caller frees. */
char *kind_api_version(const struct kind_resource *resource);
/* "/apis/kubeflow.org/v1", "/api/v1"; caller frees. */
char *kind_api_path(const struct kind_resource *resource);

/* --- what is read ------------------------------------------------------- */

enum kind_phase {
	KIND_WAITING, /* no pod runs */
	KIND_RUNNING, /* only where the object can tell; else its pods do */
	KIND_SUCCEEDED,
	KIND_FAILED,
};

/* Digest of an object's status. */
struct kind_status {
	enum kind_phase phase;
	int64_t started_ns, ended_ns; /* wall time, 0 unknown */
	bool is_suspended;
	/* of FAILED ones; the leading pod's own end, where it is known, wins */
	int exit_code;	      /* -1: the object does not say */
	enum pod_blame blame; /* NONE: the object does not say */
	char reason[256]; /* safe, one line: "BackoffLimitExceeded: ...", "" */
	/* The pod whose end was the object's, as its role and number:
	 * "worker-1"; "": the object does not say.  Then blame and exit_code
	 * are right, whatever other pods came to. */
	char culprit[96];
};

/* --- what can be done --------------------------------------------------- */

/* A PATCH of the object. */
struct kind_patch {
	int64_t now_ns;		  /* in: wall time, for what is written down */
	const char *content_type; /* static storage */
	char *body;		  /* owned */
};

/* --- a kind ------------------------------------------------------------- */

struct kind {
	const char *name; /* in experiment files: "tfjob" */
	/* Where it may be found: served versions are tried in this order (all
	 * of them NULL-terminated); kind custom takes them from its manifest,
	 * and has NULLs here. */
	const char *group, *kind, *plural;
	const char *const *versions;
	/* What somebody has to do whose cluster does not serve it; to be asked
	 * by kind_install. */
	const char *install;
	/* Who makes its pods, as a sentence names it: "the training operator";
	 * NULL: "its operator". */
	const char *operator;
	/* The operator's name for the container of the command ("tensorflow");
	 * NULL: POD_MAIN_CONTAINER, or the experiment's primary_container. */
	const char *container;
	/* Roles that may lead, best first, NULL-terminated; replica 0 of the
	 * first that the experiment has decides: its log brings metrics, its
	 * start is the trial's.  NULL: the kind has no roles. */
	const char *const *leaders;
	/* The object ends with its pod, and a second pod would be a second run
	 * (batch/v1 Job): the end of the pod is the end of the attempt, without
	 * waiting for the object. */
	bool ends_with_pod;
	/* Its pods are deleted as soon as they have ended: what they wrote is
	 * read while they run, or not at all. */
	bool loses_pods;
	/* Its pods are the user's own, and run without our keeper: metrics are
	 * read in their logs. */
	bool lacks_keeper;
	/* Pods are made by us: labels find them (trialId, attempt).  False:
	 * they carry primary_pod_labels, or the kind's own. */
	bool has_our_labels;
	/* Pods carry this label with the object's name as value; NULL: they
	 * do not, or only sometimes. */
	const char *pod_label;
	/* Name of an attempt's object; NULL: kind_object_name. */
	char *(*name_object)(const struct experiment *experiment,
			     const struct trial *trial,
			     const struct attempt *attempt);
	/* The whole object for an attempt, named `name`.  NULL on failure. */
	cJSON *(*build)(const struct pod_plan *plan,
			const struct kind_resource *resource, const char *name,
			struct error *err);
	/* The shell line of a role (NULL: there are none) as its pods need it,
	 * placeholders filled; NULL: as it is.  The caller frees. */
	char *(*command)(const struct experiment_config *config,
			 const struct role_config *role, const char *command);
	/* False: it is no object.  The digest is complete either way. */
	bool (*read)(const struct kubernetes_config *config,
		     const cJSON *object, struct kind_status *ret);
	/* Steps or tasks as the object itself tells them, to be put into an
	 * empty list; NULL: the parts are its pods. */
	void (*read_parts)(const cJSON *object, struct part_list *ret);
	/* What to send for an action.  object is the live one.  NULL, or false
	 * with a sentence: the kind has no such thing. */
	bool (*act)(enum kind_action action, const cJSON *object,
		    struct kind_patch *ret, struct error *err);
	/* Members of the object that neither these functions nor the platform
	 * look at, left out before a tree is built (engine/kube/object.h);
	 * NULL: none. */
	const char *const *unread;
};

extern const struct kind kind_custom;
extern const struct kind kind_framework;
extern const struct kind kind_job;
extern const struct kind kind_launcher;
extern const struct kind kind_tfjob, kind_pytorchjob, kind_mpijob,
	kind_xgboostjob, kind_paddlejob, kind_jaxjob;
extern const struct kind kind_workflow;

/* --- finding it: kind_search.c -------------------------------------------- */

#define KIND_VERSIONS_MAX 16

/* What to look for on the API server (engine/kube/discovery.h); it may not be
 * moved. */
struct kind_search {
	char group[254], kind[64];
	const char *versions[KIND_VERSIONS_MAX + 1]; /* best first; NULL */
	char version[64];			     /* the one said, or "" */
};

/* From the kind's table, or, where that has no group, from the manifest.
 * ERROR_CORRUPT: that does not say. */
bool kind_search_init(struct kind_search *ret, const struct kind *kind,
		      const struct kubernetes_config *config,
		      struct error *err);
/* What somebody has to do whose cluster does not serve it. */
const char *kind_install(const struct kind *kind,
			 const struct kind_search *search);

/* --- which there are ------------------------------------------------------ */

/* By its name in experiment files; NULL when unknown. */
const struct kind *kind_find(const char *name);
/* All of them; NULL behind the last. */
const struct kind *kind_at(size_t index);

/* nni-exp-<exp>-trial-<trial>-<attempt>, lower case: a name that follows from
 * the attempt, so that creating again finds what was created (nni.md 4.5, with
 * attempts added).  Caller frees. */
char *kind_object_name(const struct experiment *experiment,
		       const struct trial *trial,
		       const struct attempt *attempt);
/* The same in letters and digits only: nniexp<exp>trial<trial>n<attempt>, what
 * Frameworks may be called (kubernetes.md 5.1).  Caller frees. */
char *kind_plain_name(const struct experiment *experiment,
		      const struct trial *trial, const struct attempt *attempt);
char *kind_name_object(const struct kind *kind,
		       const struct experiment *experiment,
		       const struct trial *trial,
		       const struct attempt *attempt);

/* The role whose replica 0 leads; NULL: there are no roles. */
const struct role_config *kind_leader(const struct kind *kind,
				      const struct kubernetes_config *config);
/* A role's shell line as it goes into the attempt's Secret.  Caller frees. */
char *kind_command(const struct kind *kind,
		   const struct experiment_config *config,
		   const struct role_config *role, const char *command);
/* What the command's container is called.  Borrowed. */
const char *kind_container(const struct kind *kind,
			   const struct kubernetes_config *config);

/* --- primaryPodLabels: custom_labels.c ------------------------------------ */

/* The label of pods that has the object's name as value: said by the file, else
 * the kind's; NULL: there is none, pods are found by our labels.  Caller frees.
 */
char *kind_pod_label(const struct kind *kind,
		     const struct kubernetes_config *config);
/* Does a pod carry all of the labels that the leading one has?  True when the
 * file names none.  name: of the object. */
bool kind_pod_is_primary(const struct kubernetes_config *config,
			 const struct experiment *experiment,
			 const char *namespace, const char *name,
			 const cJSON *labels);

/* --- for the files of kinds: kind_read.c ---------------------------------- */

/* {"apiVersion", "kind", "metadata": {name, labels, annotations}} of an
 * attempt's object. */
cJSON *kind_object_new(const struct pod_plan *plan,
		       const struct kind_resource *resource, const char *name,
		       struct error *err);
/* The label of config.queue, if there is one: Kueue lets the object go when
 * there is room.  The kind has to create it suspended. */
void kind_queue_add(cJSON *object, const struct kubernetes_config *config);
/* Add the members of config.job_options to the object's spec; what is there
 * already is merged, the user's words win. */
bool kind_options_add(cJSON *spec, const struct kubernetes_config *config,
		      struct error *err);
/* "" and 0 where there is none, so that hostile objects need no checks. */
const char *kind_text(const cJSON *object, const char *key);
double kind_number(const cJSON *object, const char *key);
/* The condition of this type whose status is "True", wherever it stands. */
const cJSON *kind_condition(const cJSON *status, const char *type);
/* Copy, made safe to draw and cut at a character. */
void kind_set_text(char *ret, size_t size, const char *text);
/* "BackoffLimitExceeded: Job has reached the specified backoff limit", made
 * safe and cut at a character. */
void kind_set_reason(struct kind_status *status, const char *reason,
		     const char *message);

/* --- unpack.c ------------------------------------------------------------- */

/* A status that came as base64 of gzip of JSON; NULL: it is none, or it is
 * larger than any that an operator writes.  The caller frees. */
cJSON *kind_unpack(const char *base64);

#endif
