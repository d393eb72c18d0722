/* SPDX-License-Identifier: MIT */
/*
 * Platform kubernetes, whole, against a small API server on its own loop: for
 * orders of events that a real cluster does not produce on demand.  The server
 * keeps jobs; pods and events are what the test says they are.  Everything the
 * platform tells is written down:
 *
 *   created 1.1 nni-exp-..., started 1.1, waiting 1.1 why, report 1.1 json,
 *   ended 1.1 3 trial exit status 3, event 1.1 kind text, fault text,
 *   parts 1.1 --worker-0* running n1, acted 7 well
 */
#ifndef TESTS_UNIT_PLATFORM_KUBE_WORLD_H
#define TESTS_UNIT_PLATFORM_KUBE_WORLD_H

#include "engine/platform/kubernetes/private.h"
#include "tests/unit/kube/rig.h"

#define KUBE_JOBS 64
/* The job of trial 1. */
#define FIRST "nni-exp-expx1234-trial-t0001-1"

struct kube_object {
	char name[64];
	char uid[40];
	const char *status; /* JSON */
	bool is_going;	    /* has a deletionTimestamp */
};

enum kube_list { LIST_JOBS, LIST_PODS, LIST_EVENTS, LISTS };

struct kube_world {
	struct rig *rig;
	struct loop *loop;
	char *folder;
	struct sideport *sideport;
	struct experiment experiment;
	struct experiment_config config;
	struct platform_context context;
	struct platform *platform;
	/* the cluster */
	struct kube_object jobs[KUBE_JOBS];
	int job_count;
	int version, uids;
	char *pods;	    /* items of a list, or NULL */
	int others;	    /* peer of the watch of pods by another label */
	int watches[LISTS]; /* peers */
	int lists[LISTS];   /* peers that wait while holds_list */
	bool holds_list[LISTS];
	bool holds_posts; /* of jobs: carried out, not answered */
	int held_post;
	bool keeps_deleted; /* DELETE is accepted, but nothing goes */
	const char *log_head, *log_body; /* what pods' logs are answered with */
	int log_requests, posts;
	bool is_code_coming;	 /* to a storage */
	const char *begun_in;	 /* pod, for the next submit */
	const char *collection;	 /* of objects; NULL: of Jobs */
	bool serves_tfjobs;	 /* discovery says so */
	const struct kind *kind; /* in place of Job's; its objects are Jobs */
};

/* kube_server.c: for the rig */
void kube_serve(struct rig *rig, int peer, const char *request);

/* cmocka set-up and tear-down: *state is the world, platform not opened. */
int kube_world_open(void **state);
int kube_world_close(void **state);
void kube_begin(struct kube_world *world); /* open the platform */
void kube_end(struct kube_world *world);   /* close it; jobs stay */
void kube_submit(struct kube_world *world, int trial, int attempt,
		 bool is_resumed);
/* Run the loop until this has been told; fails after twenty seconds. */
void kube_until(struct kube_world *world, const char *text);
void kube_moment(struct kube_world *world, int ms);
bool kube_was_told(const struct kube_world *world, const char *text);
/* Opened, with trial 1 submitted and its job made. */
struct kube_object *kube_make_one(struct kube_world *world);
/* Until nothing is left to fetch or to remove. */
void kube_until_idle(struct kube_world *world);
bool kube_is_busy(const struct kube_world *world);
/* Was such a request made? */
bool kube_was_asked(const struct kube_world *world, const char *text);
int kube_times(const char *text, const char *part);

/* What the cluster does. */
struct kube_object *kube_job(struct kube_world *world, int trial, int attempt);
struct kube_object *kube_job_add(struct kube_world *world, int trial,
				 int attempt, const char *status);
void kube_job_is(struct kube_world *world, struct kube_object *job,
		 const char *status);
void kube_job_goes(struct kube_world *world, struct kube_object *job);
void kube_job_is_gone(struct kube_world *world, struct kube_object *job);
/* change: "ADDED", ...; status: JSON of pod.status; extra: of metadata */
void kube_pod(struct kube_world *world, const struct kube_object *job,
	      const char *change, const char *name, const char *extra,
	      const char *status);
/* A pod of a role, the generation-th of its name. */
void kube_role_pod(struct kube_world *world, const struct kube_object *job,
		   const char *change, const char *role, int index,
		   int generation, const char *extra, const char *status);
void kube_role_pod_lists(struct kube_world *world,
			 const struct kube_object *job, const char *role,
			 int index, int generation, const char *status);
/* One that the watch by another label tells of. */
void kube_other_pod(struct kube_world *world, const char *change,
		    const char *name, const char *labels, const char *status);
/* The same as an item of the next list. */
void kube_pod_lists(struct kube_world *world, const struct kube_object *job,
		    const char *name, const char *status);
/* The watch breaks and its version has expired: it lists again. */
void kube_relist(struct kube_world *world, enum kube_list list);
/* A list that was held, as things were when it was asked for. */
char *kube_items(struct kube_world *world, enum kube_list list);
void kube_list_answer(struct kube_world *world, enum kube_list list,
		      const char *items);

#define JOB_ACTIVE "{\"active\":1}"
#define JOB_COMPLETE                                                           \
	"{\"succeeded\":1,\"conditions\":[{\"type\":\"Complete\","             \
	"\"status\":\"True\"}]}"
#define JOB_FAILED                                                             \
	"{\"failed\":1,\"conditions\":[{\"type\":\"Failed\","                  \
	"\"status\":\"True\",\"reason\":\"BackoffLimitExceeded\"}]}"
#define POD_IS(phase, state)                                                   \
	"{\"phase\":\"" phase "\",\"containerStatuses\":[{\"name\":\"trial\"," \
	"\"restartCount\":0,\"state\":{" state "}}]}"
#define RUNNING                                                                \
	POD_IS("Running",                                                      \
	       "\"running\":{\"startedAt\":\"2026-01-01T00:00:00Z\"}")
#define ENDED(phase, code)                                                     \
	POD_IS(phase,                                                          \
	       "\"terminated\":{\"exitCode\":" code ",\"containerID\":\"x\","  \
	       "\"startedAt\":\"2026-01-01T00:00:00Z\","                       \
	       "\"finishedAt\":\"2026-01-01T00:01:00Z\"}")
#define PENDING "{\"phase\":\"Pending\"}"
#define UNSCHEDULABLE                                                          \
	"{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\","   \
	"\"status\":\"False\",\"reason\":\"Unschedulable\","                   \
	"\"message\":\"no room\"}]}"
#define DELETING "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\","

#endif
