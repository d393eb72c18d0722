/* SPDX-License-Identifier: MIT */
/*
 * What the files of platform kubernetes share.
 *
 *   kubernetes.c  the platform's operations, and the life of a job
 *   table.c       jobs, found by trial and by name
 *   shared.c      what all jobs of the experiment need: keeper, code, address
 *   secrets.c     logins of registries, key of the storage account
 *   azure_key.c   where that key comes from
 *   code.c        the code directory: in place, in a ConfigMap, or fetched
 *   reach.c       addresses under which pods may reach the side port
 *   probe.c       which of them they do reach
 *   create.c      an attempt's Job and Secret
 *   secret.c      what an attempt's pods are given
 *   observe.c     watches of jobs and events
 *   pods.c        a job's pods, and which of them leads
 *   pods_watch.c  watches of pods: whose they are
 *   roles.c       jobs with several pods: started, waiting, all of them ended
 *   operator.c    jobs whose operator says nothing
 *   workloads.c   watch of Kueue's queue, where there is one
 *   discover.c    where the objects of the experiment's kind are
 *   parts.c       what attempts consist of
 *   act.c         what a kind can do beside running and ending
 *   finish.c      how a job ended, and telling it when all has been taken in
 *   end.c         exit status, reason and blame, from object and pods
 *   settle.c      jobs that have been told: their log, their object
 *   outputs.c     files that come by the side port
 *   overdue.c     jobs of which no more news may come
 *   remove.c      deleting: killed, over, unwanted
 *   podlog.c      a job's log: which streams are open
 *   podlog_source.c  what they are streams of
 *   podlog_line.c its lines, and metrics found in them
 *   logfile.c     the log on disk, with the place it has been read to
 *   look.c        nodes and usage, while somebody looks
 */
#ifndef ENGINE_PLATFORM_KUBERNETES_PRIVATE_H
#define ENGINE_PLATFORM_KUBERNETES_PRIVATE_H

#include "base/strbuf.h"
#include "engine/kind/kind.h"
#include "engine/kube/client.h"
#include "engine/kube/discovery.h"
#include "engine/kube/logs.h"
#include "engine/kube/watch.h"
#include "engine/platform/kubernetes/podlog.h"
#include "engine/platform/platform.h"
#include "engine/pod/role.h"
#include "engine/pod/view.h"

#include <regex.h>

#define K8S_TICK_MS 1000
/* Streams of pod logs at once, but for metrics that have no other way. */
#define K8S_STREAMS_MAX 64
/* Logs of jobs that are over, read at once. */
#define K8S_COLLECTIONS_MAX 16
/* Pods that are kept of one job; of more nothing is known. */
#define K8S_PODS_MAX 1000
/* Different things the cluster may say about one job. */
#define K8S_JOB_EVENTS_MAX 32

enum k8s_phase {
	K8S_PENDING,	/* its object is still to be made */
	K8S_MAKING,	/* the request is under way */
	K8S_LIVE,	/* the object exists */
	K8S_COLLECTING, /* it ended; what it reported is being fetched */
	K8S_OVER,	/* told; log and object are being dealt with */
};

/* What is needed to make a job's objects; gone once they exist. */
struct k8s_material {
	struct trial trial;
	struct attempt attempt;
	char *parameter_file;
	char *checkpoint, *parent_checkpoint; /* or NULL */
	char **commands; /* one for each role, or one; NULL-terminated */
};

/* A pod of a job; of those that took each other's place the newest. */
struct k8s_pod {
	struct k8s_pod *next;
	struct pod_role role;
	int before;	  /* pods that had its place earlier */
	int seen_in;	  /* number of the list of pods that had it last */
	bool is_gone;	  /* deleted */
	bool ended_first; /* before anybody asked for its deletion */
	bool is_primary;  /* by labels: one that may lead */
	int watch;	  /* that tells of it: 0 or 1 */
	bool has_farewell;
	int farewell_code;
	int64_t stuck_since_ns; /* monotonic; 0: it is not */
	struct pod_view view;
};

_Static_assert(sizeof(struct k8s_pod) <= 2048,
	       "no more than 2 KiB stay of a pod");

struct k8s_job {
	struct k8s_job *next_key, *next_name; /* in their buckets */
	struct k8s_job *later, *earlier;      /* all, in order of coming */
	struct platform *platform;
	int64_t trial;
	int attempt;
	char *name; /* of Job and Secret */
	char uid[40];
	char *directory;
	enum k8s_phase phase;
	bool is_killed;
	bool is_resumed; /* may exist: wait for the list */
	bool has_secret;
	bool is_created_told, is_started_told;
	bool is_deleting;	 /* we have asked for it */
	bool is_gone;		 /* the object does not exist (any more) */
	bool has_second_pod;	 /* told when the object is known */
	bool is_unkept;		 /* its object must go: more could run */
	bool awaits_end;	 /* ended; its pod's end is still to come */
	int64_t awaits_until_ns; /* OVER, monotonic: the same, at most */
	bool has_farewell;
	int farewell_code;
	int live_since; /* number of the list begun last when it became live */
	int seen_in;	/* number of the list that had it last */
	struct k8s_material *material;
	struct kind_status status;
	bool has_status;
	/* parts.c */
	struct part_list object_parts; /* as the object tells them */
	bool are_parts_due;
	int64_t parts_told_ns; /* monotonic */
	char *begun_in;	       /* pod, as an earlier engine knew it; or NULL */
	/* as they were told; of a kind that ends with its pod there is one */
	struct k8s_pod *pods;
	int pod_count;
	struct k8s_pod *lead; /* the leading one, or NULL */
	struct pod_view *pod; /* the same: &lead->view */
	struct trial_place place;
	char *event_reason; /* why it waits, from events */
	char *event_pod;    /* the pod they are about; NULL: the object */
	char *queue_reason; /* the same, from Kueue */
	bool is_waiting_told;
	bool is_silence_told;
	/* monotonic; 0: it is not */
	int64_t stuck_since_ns;
	int64_t waiting_since_ns;
	int64_t silent_since_ns;    /* its operator owes us a word */
	int64_t ended_since_ns;	    /* the object says so */
	int64_t leaving_since_ns;   /* its pod is being deleted */
	int64_t lingering_since_ns; /* the command has ended, the pod has not */
	int64_t removed_ns;	    /* deletion was accepted */
	uint32_t told_events[K8S_JOB_EVENTS_MAX]; /* hashes */
	int told_event_count;
	int failures;		  /* of requests, in a row */
	struct kube_call *call;	  /* creating */
	struct kube_call *remove; /* deleting */
	struct loop_timer *timer; /* the next step */
	struct podlog *log;
	struct job_end end;
};

#define K8S_BUCKETS 4096

enum k8s_readiness {
	K8S_ABSENT,    /* shared objects are not there */
	K8S_PREPARING, /* they are being made */
	K8S_PROBING,   /* they are there; a pod tries the side port */
	K8S_READY,
};

enum k8s_reach {
	K8S_REACH_UNKNOWN,
	K8S_REACH_SIDEPORT, /* pods reach it */
	K8S_REACH_LOGS,	    /* they do not: metrics come by pod logs */
};

struct platform {
	struct platform_context context;
	const struct kubernetes_config *config;
	const struct kind *kind;
	struct kind_resource resource; /* where its objects are */
	/* discover.c */
	bool is_served; /* resource is known */
	struct kind_search search;
	struct kube_discovery *discovery;
	int64_t discovered_ns;	    /* monotonic, last answer; 0: none yet */
	struct k8s_action *actions; /* act.c */
	struct loop_timer *parts_timer;
	struct kube_config *kube_config;
	struct kube_client *client;
	const char *namespace;
	char *selector;
	struct kube_watch *jobs_watch, *pods_watch, *events_watch;
	/* pods.c: of pods that have not our labels, by one of theirs */
	struct kube_watch *others_watch;
	char *pod_label; /* its value is the object's name; or NULL */
	regex_t pattern; /* of metrics in logs that are scanned */
	bool has_pattern;
	/* workloads.c */
	struct kube_call *workloads_call;
	struct kube_watch *workloads_watch;
	bool is_queue_told; /* works, or it was said that it does not */
	char *faults[6];    /* of client, watches, operator, outputs; or NULL */
	struct k8s_job *by_key[K8S_BUCKETS], *by_name[K8S_BUCKETS];
	struct k8s_job *first, *last;
	int count;
	int list_number;	 /* of the job list begun last */
	bool is_listed;		 /* a first one is complete */
	int pod_list_numbers[2]; /* of each watch */
	bool are_pods_listed;

	enum k8s_readiness readiness;
	bool is_wound_up;
	/* settle.c */
	struct loop_timer *settling;
	bool has_unsettled;	   /* a job waits for others' logs */
	int64_t progress_ns;	   /* monotonic: something was cleaned up */
	char *warning;		   /* the API server's last */
	bool are_outputs_sent;	   /* by keepers, to the side port */
	char operator_reason[256]; /* operator.c */
	/* shared.c */
	char *link_map, *keeper_map, *code_map; /* names */
	char link_uid[40];
	struct strbuf keeper; /* the program */
	struct kube_call *shared_call;
	struct loop_timer *shared_timer;
	int shared_step, shared_failures;
	struct k8s_secret *secrets; /* secrets.c */
	size_t secret_count, secret_index;
	struct k8s_azure_key *azure_key; /* being fetched, or NULL */
	bool is_removing_shared;
	int removals; /* requests under way that are no job's */
	/* code.c */
	enum pod_code code;
	char *code_archive; /* path */
	char code_digest[65];
	char *code_path; /* in place */
	/* probe.c */
	char **urls; /* candidates, best first; NULL-terminated */
	char *url;   /* the one in use */
	enum k8s_reach reach;
	struct k8s_probe *probe;

	struct loop_timer *tick;
	int streams, collections;
	int64_t interest_ns; /* monotonic: last look at what is watched */
	struct k8s_look *look;
};

/* ---- kubernetes.c ---- */
/* Something changed that jobs may wait for: make those that can be made. */
void k8s_go_on(struct platform *platform);
void k8s_tell_waiting(struct k8s_job *job, const char *reason);
/* slot: 0 client, 1 jobs, 2 pods, 3 events, 4 operator, 5 outputs */
void k8s_tell_fault(struct platform *platform, int slot, const char *text);
void k8s_tell_event(struct platform *platform, const struct k8s_job *job,
		    enum event_level level, const char *kind,
		    const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Something was cleaned up: worth waiting on. */
void k8s_progress(struct platform *platform);
/* Call fn(job) once after delay_ms; replaces what was to come. */
void k8s_job_after(struct k8s_job *job, int64_t delay_ms, loop_timer_fn *fn);

/* ---- table.c ---- */
struct k8s_job *k8s_job_add(struct platform *platform, int64_t trial,
			    int attempt, const char *name,
			    const char *directory);
struct k8s_job *k8s_job_find(struct platform *platform, int64_t trial,
			     int attempt);
struct k8s_job *k8s_job_named(struct platform *platform, const char *name);
/* By a pod's name, which is its job's with something behind. */
struct k8s_job *k8s_job_of_pod(struct platform *platform, const char *pod);
void k8s_job_free(struct k8s_job *job);
void k8s_material_free(struct k8s_material *material);

/* ---- shared.c ---- */
bool k8s_shared_open(struct platform *platform, struct error *err);
/* Make what is missing, then K8S_PROBING or K8S_READY. */
void k8s_shared_ensure(struct platform *platform);
/* The address pods should use changed. */
void k8s_shared_set_url(struct platform *platform, const char *url);
void k8s_shared_remove(struct platform *platform);
void k8s_shared_close(struct platform *platform);
/* {"metadata": {name, labels}} of the experiment's own. */
cJSON *k8s_object_new(struct platform *platform, const char *api_version,
		      const char *kind, const char *name);
/* "/api/v1/namespaces/<ns>/<plural>[/<name>]"; caller frees. */
char *k8s_core_path(const struct platform *platform, const char *plural,
		    const char *name);
/* The kind's collection, or one object.  Caller frees. */
char *k8s_kind_path(const struct platform *platform, const char *name);

/* ---- secrets.c ---- */
/* Read what they are made of. */
bool k8s_secrets_open(struct platform *platform, struct error *err);
void k8s_secrets_close(struct platform *platform);
/* The whole object, without owner.  Caller frees. */
cJSON *k8s_secret_object(struct platform *platform, size_t index);
const char *k8s_secret_name(const struct platform *platform, size_t index);
/* Is its value there? */
bool k8s_secret_is_known(const struct platform *platform, size_t index);
void k8s_secret_set(struct platform *platform, size_t index, const char *value);

/* ---- azure_key.c ---- */
/* Calls done, at once or later, with the key or why there is none. */
void k8s_azure_key_start(struct platform *platform,
			 void (*done)(struct platform *platform,
				      const char *key,
				      const struct error *err));
void k8s_azure_key_stop(struct platform *platform);

/* ---- code.c ---- */
bool k8s_code_open(struct platform *platform, struct error *err);
/* As platform_ops.wants_code and set_code. */
bool k8s_wants_code(const struct platform *platform);
bool k8s_set_code(struct platform *platform, const char *digest,
		  struct error *err);

/* ---- reach.c ---- */
bool k8s_reach_open(struct platform *platform, struct error *err);
/* The address that pods reach, or "logs". */
void k8s_reach_remember(struct platform *platform, const char *text);

/* ---- probe.c ---- */
void k8s_probe_start(struct platform *platform);
/* A pod of the experiment that is no job's. */
void k8s_probe_news(struct platform *platform, const cJSON *pod);
/* The experiment is over: its pod goes, too. */
void k8s_probe_remove(struct platform *platform);
void k8s_probe_close(struct platform *platform);

/* ---- create.c ---- */
void k8s_create(struct k8s_job *job);
/* The object was found to exist. */
void k8s_adopt(struct k8s_job *job, const char *uid);
/* What every pod of the experiment has in common; trial and attempt are the
 * caller's. */
struct pod_plan k8s_plan(const struct platform *platform);

/* ---- secret.c ---- */
/* Shell lines of all roles, placeholders filled; NULL-terminated.  NULL when
 * one cannot be filled. */
char **k8s_commands_new(const struct platform *platform, const char *parameters,
			struct error *err);
size_t k8s_command_count(const struct platform *platform);
void k8s_commands_free(char **commands); /* NULL ok */
/* The job's Secret, owned by its object, which exists.  Caller frees. */
cJSON *k8s_secret_of_job(struct k8s_job *job);

/* ---- observe.c ---- */
void k8s_observe_open(struct platform *platform);
void k8s_observe_close(struct platform *platform);
/* Watch the objects where they are now. */
void k8s_objects_watch(struct platform *platform);
/* The pod's or object's news, once more. */
void k8s_job_look(struct k8s_job *job);
/* The command runs since then. */
void k8s_tell_started(struct k8s_job *job, int64_t at_ns);
void k8s_watch_fault(struct platform *platform, int slot, const char *what,
		     const char *text);

/* ---- pods.c ---- */
/* News of one, by the watch that tells of it. */
void k8s_pod_take(struct k8s_job *job, int watch, enum kube_change change,
		  const struct pod_view *view, const cJSON *object);
/* A list is complete: pods it has not are gone. */
void k8s_pods_missing(struct k8s_job *job, int watch);
void k8s_pods_free(struct k8s_job *job);
struct k8s_pod *k8s_pod_named(const struct k8s_job *job, const char *name);
/* The container of the command; NULL: none is known. */
const struct pod_container *k8s_main_container(const struct pod_view *pod);
/* Its command has ended, or the whole of it. */
bool k8s_pod_has_ended(const struct pod_view *pod);

/* ---- pods_watch.c ---- */
void k8s_pods_open(struct platform *platform);
void k8s_pods_close(struct platform *platform);

/* ---- roles.c ---- */
/* A job with several pods, live: started, waiting. */
void k8s_roles_look(struct k8s_job *job);
/* Every second. */
void k8s_roles_check(struct k8s_job *job, int64_t now);

/* Why it waits; "": it does not, or nobody says. */
const char *k8s_pod_reason(const struct k8s_job *job,
			   const struct k8s_pod *pod);

/* ---- discover.c ---- */
bool k8s_discover_open(struct platform *platform, struct error *err);
/* Every second, and at the beginning: look for it where that is needed. */
void k8s_discover_check(struct platform *platform);
void k8s_discover_close(struct platform *platform);
void k8s_resource_take(struct kind_resource *ret,
		       const struct kube_resource *found);

/* ---- parts.c ---- */
/* Of the object's status or of a pod. */
void k8s_parts_changed(struct k8s_job *job);
void k8s_parts_read(struct k8s_job *job, const cJSON *object);
/* Now, for the last time before its end. */
void k8s_parts_tell(struct k8s_job *job);

/* ---- act.c ---- */
/* As platform_ops.act. */
bool k8s_act(struct platform *platform, int64_t trial, int attempt,
	     enum kind_action what, int64_t command, struct error *err);
void k8s_act_close(struct platform *platform);

/* ---- outputs.c ---- */
/* Where the pods have no storage of ours: the side port takes them in. */
void k8s_outputs_open(struct platform *platform);
/* Every second: can they be stored? */
void k8s_outputs_check(struct platform *platform);
/* It has ended: say so when they did not come. */
void k8s_outputs_ended(struct k8s_job *job);

/* ---- operator.c ---- */
/* Every second: jobs that nobody took up, or whose end nobody says. */
void k8s_operator_check(struct platform *platform);
/* Why a job without pods waits; NULL: nothing is wrong yet. */
const char *k8s_operator_reason(struct k8s_job *job);

/* ---- workloads.c ---- */
void k8s_workloads_open(struct platform *platform);
void k8s_workloads_close(struct platform *platform);

/* ---- finish.c ---- */
/* The object's status says it has ended. */
void k8s_finish(struct k8s_job *job);
/* Its pod has ended, whatever its object says. */
void k8s_finish_by_pod(struct k8s_job *job);
/* Its pod is gone, or about to go, and nobody asked. */
void k8s_pod_lost(struct k8s_job *job);
/* It ends by itself or by us, whatever its status: remove its object too. */
void k8s_end(struct k8s_job *job, enum job_blame blame, int exit_code,
	     const char *reason);
/* The object is gone. */
void k8s_gone(struct k8s_job *job);
/* Somebody else has asked for its deletion. */
void k8s_going(struct k8s_job *job);
/* Its last word or its log came in. */
void k8s_finish_collected(struct k8s_job *job);
/* An end whose log was being read when it was killed: not for long now. */
void k8s_finish_sooner(struct k8s_job *job);
/* A keeper's last word; pod: whose, "" where that is not known.  Of several
 * pods the leading one's is the job's. */
void k8s_farewell_take(struct k8s_job *job, const char *pod, int code);
/* Has everything that it reported come in? */
bool k8s_is_all_in(const struct k8s_job *job);
/* How long a log may take that does not come. */
int64_t k8s_log_patience_ms(const struct k8s_job *job);
bool k8s_log_may_come(struct k8s_job *job);

/* ---- end.c ---- */
/* Fill job->end, as far as is known. */
void k8s_end_read(struct k8s_job *job);
/* Has no pod's end been seen? */
bool k8s_lacks_pod_end(const struct k8s_job *job);
/* Jobs and pods come by different watches: is the pod's end still to come? */
bool k8s_lacks_pod_news(const struct k8s_job *job);

/* ---- settle.c ---- */
/* Over and told: fetch the log, clean up, free when nothing is left. */
void k8s_settle(struct k8s_job *job);
/* In the next turn: when what was told is on disk. */
void k8s_settle_later(struct k8s_job *job);
/* Another log may be read: look at those that wait. */
void k8s_settle_soon(struct platform *platform);

/* ---- overdue.c ---- */
/* Every second, of a live job. */
void k8s_check_overdue(struct k8s_job *job);

/* ---- remove.c ---- */
void k8s_remove(struct k8s_job *job, bool is_foreground);
/* An object that belongs to no attempt any more. */
void k8s_remove_unwanted(struct platform *platform, const char *name,
			 const char *uid);
/* DELETE a path; nobody waits for it but k8s_is_busy. */
void k8s_remove_path(struct platform *platform, const char *path);

/* ---- look.c ---- */
struct k8s_look *k8s_look_new(struct platform *platform);
void k8s_look_free(struct k8s_look *look);
/* Somebody looks at the cluster. */
void k8s_look_wanted(struct k8s_look *look);

#endif
