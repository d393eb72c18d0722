/* SPDX-License-Identifier: MIT */
/*
 * What is kept of a pod: why it is not running, how it ended, where it is.
 *
 * A pod object is a few kilobytes of JSON; of 2,000 pods nobody wants that.
 * This is the digest, at most 2 KiB with its texts.  Pure: no I/O, no clock.
 * Source: the API reference of PodStatus, and what kubelet and scheduler write.
 */
#ifndef ENGINE_POD_VIEW_H
#define ENGINE_POD_VIEW_H

#include "base/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>

#define POD_CONTAINERS_MAX 8

enum pod_phase {
	POD_PENDING,
	POD_RUNNING,
	POD_SUCCEEDED,
	POD_FAILED,
	POD_UNKNOWN,
};

/* Whose fault a failure is: decides whether and how often to try again. */
enum pod_blame {
	POD_BLAME_NONE,
	POD_BLAME_TRIAL,  /* the command: exit status, OOM, deadline */
	POD_BLAME_CONFIG, /* will fail again: bad image name, missing secret */
	POD_BLAME_IMAGE,  /* cannot be pulled at the moment */
	POD_BLAME_INFRASTRUCTURE, /* evicted, preempted, node lost, ... */
};

enum pod_container_state {
	POD_CONTAINER_WAITING,
	POD_CONTAINER_RUNNING,
	POD_CONTAINER_TERMINATED,
};

struct pod_container {
	char name[64];
	enum pod_container_state state;
	bool is_init;
	bool has_log; /* has run, or runs */
	int restarts;
	int exit_code;		      /* TERMINATED; -1 unknown */
	int64_t started_ns, ended_ns; /* wall time, 0 unknown */
};

struct pod_view {
	char name[254]; /* cut names are refused by pod_view_read */
	char uid[40];
	char node[64]; /* empty: not placed; cut when longer */
	char ip[46];
	enum pod_phase phase;
	bool is_deleting;
	int64_t created_ns, scheduled_ns; /* wall time, 0 unknown */
	/* the container that runs the user's command */
	int main_container; /* index, -1: not known yet */
	struct pod_container containers[POD_CONTAINERS_MAX];
	int container_count;
	/* why it waits, or why it failed: one safe line for people, empty when
	 * there is nothing to say: "Unschedulable: 0/1 nodes are available: 1
	 * Insufficient cpu", "OOMKilled: used more than its memory limit of
	 * 64Mi" */
	char reason[400];
	enum pod_blame blame; /* of a failure, or of a waiting that is one */
	/* waiting for something that does not pass by itself: a missing
	 * secret, an image that cannot be pulled */
	bool is_stuck;
	bool is_mute; /* it failed, and nothing says why */
};

/* Members of a pod that nothing here looks at (engine/kube/object.h), nor
 * pod_requests_read. */
extern const char *const pod_unread[];

/* main_name names the container of the user's command ("trial").  False: this
 * is no pod we could deal with. */
bool pod_view_read(const cJSON *pod, const char *main_name,
		   struct pod_view *ret, struct error *err);

/* An event (v1 Event), digested. */
struct pod_event {
	char kind[32];	    /* of the object it is about: "Pod", "Job" */
	char name[254];	    /* of that object */
	char uid[40];	    /* of that object */
	char reason[64];    /* "FailedScheduling" */
	char message[1024]; /* safe, one line; the server's own bound */
	bool is_warning;
	int64_t count;
	int64_t at_ns; /* wall time of the newest occurrence */
};

bool pod_event_read(const cJSON *event, struct pod_event *ret);
/* Does it say why something does not run?  Then ret_text is the sentence, one
 * safe line ("quota compute: requested pods=1, used pods=2, limited to
 * pods=2").  While a pull backs off only an event knows its cause. */
bool pod_event_explains(const struct pod_event *event, char *ret_text,
			size_t size);

/* Parse a time as Kubernetes writes it (RFC 3339, fraction optional); 0 when
 * it is none. */
int64_t pod_time(const char *text);
/* A quantity ("100m", "64Mi", "1e3", a number): in thousandths of its unit,
 * rounded up.  False when it is none or does not fit. */
bool pod_quantity(const char *text, int64_t *ret_milli);

#endif
