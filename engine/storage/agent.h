/* SPDX-License-Identifier: MIT */
/*
 * Claims and host paths, which only pods can mount: a small pod mounts the
 * volume and serves it (the keeper as a file server), and is reached through
 * the API server's proxy for pods, so that nothing but the API server needs to
 * be reachable.  Private to engine/storage.
 *
 * The pod is made when the first session needs it, shared by all sessions of
 * this process for the same experiment and storage, and deleted with the last
 * of them.  It ends by itself when nobody asks for anything for a while, and
 * what a process left that died is removed by the next one.  Its program and
 * its token are a ConfigMap and a Secret, which it owns: they go with it.
 *
 *   agent.c       the operations of a storage
 *   agent_pod.c   the pod: made, waited for, shared, removed
 *   agent_object.c  its objects; pure
 *   agent_http.c  one request to it
 *   agent_body.c  what is sent with it
 *   agent_kube.c  the API server, blocking
 *
 * Rights: pods create, get, list, delete; pods/proxy get, create, update,
 * delete; configmaps and secrets create.
 */
#ifndef ENGINE_STORAGE_AGENT_H
#define ENGINE_STORAGE_AGENT_H

#include "engine/kube/auth.h"
#include "engine/kube/client.h"
#include "engine/storage/storage.h"

#include <pthread.h>

#define AGENT_PORT 8127
#define AGENT_IDLE_S 600
#define AGENT_LIFE_S 86400 /* whatever happens */
#define AGENT_START_MS 180000
#define AGENT_CONTAINER "storage"
#define AGENT_LABEL "trialdeck-part"  /* = "storage" */
#define AGENT_OWNER "trialdeck/owner" /* annotation: "host pid starttime" */
#define AGENT_TOKEN_HEADER "X-Trialdeck-Token"

/* What the sessions of a process share. */
struct agent_pod {
	struct agent_pod *next;
	char *key;	       /* of cluster, experiment and storage */
	int users;	       /* sessions */
	pthread_mutex_t mutex; /* whoever makes it */
	atomic_bool is_ready;
	bool is_swept; /* others' leftovers were looked for */
	char name[128];
	char token[33];
};

struct agent {
	struct storage base;
	struct agent_pod *pod;
	char *experiment_id;
	char *spec; /* of the pod, JSON, without what differs each time */
	char *what; /* "claim data", for errors */
	/* the API server, as this session sees it */
	struct loop *loop;
	struct kube_config *config;
	struct kube_client *client;
	struct kube_auth *auth;
	CURL *easy;
	bool is_auth_ready;
	/* the answer to the last question to it */
	int code;
	struct error err;
	cJSON *answer;
};

/* ---- agent_object.c ---- */
/* The pod's spec from what the target says.  Caller frees. */
char *agent_spec_new(const struct storage_target *target, const cJSON *volume);
/* uid: of the pod that owns it. */
cJSON *agent_pod_object(const struct agent *agent);
cJSON *agent_secret_object(const struct agent *agent, const char *uid);
cJSON *agent_map_object(const struct agent *agent, const char *uid);
/* Selector of an experiment's storage pods, encoded.  Caller frees. */
char *agent_selector(const struct agent *agent);
/* nni-exp-<id>-storage-<random>, and a token. */
void agent_name(struct agent *agent);
/* Is it one whose process is gone, or that has ended? */
bool agent_is_stale(const cJSON *pod);

/* ---- agent_kube.c ---- */
bool agent_kube_open(struct agent *agent, const struct storage_target *target,
		     struct error *err);
void agent_kube_close(struct agent *agent);
/* Ask and wait.  False with err, and agent->code; the answer is in
 * agent->answer. */
bool agent_ask(struct agent *agent, enum kube_method method, const char *path,
	       const cJSON *body, struct error *err);
void agent_sleep(struct agent *agent, int ms);
/* "/api/v1/namespaces/<ns>/<plural>[/<name>]"; caller frees. */
char *agent_path(const struct agent *agent, const char *plural,
		 const char *name);

/* ---- agent_pod.c ---- */
struct agent_pod *agent_pod_join(const char *key);
void agent_pod_leave(struct agent *agent);
/* It runs and answers. */
bool agent_ensure(struct agent *agent, struct error *err);
/* It did not answer: look at it before the next request. */
void agent_doubt(struct agent *agent);

/* ---- agent_body.c ---- */
/* One file, or many with a line before each: keeper/serve_many.c. */
struct agent_body {
	const struct storage_item *items;
	size_t count;
	bool has_lines;
	/* private */
	size_t at;     /* the item that is sent */
	bool is_begun; /* its line is made */
	struct strbuf line;
	size_t line_sent;
	int64_t sent;	    /* of its bytes */
	int64_t sent_bytes; /* of all items */
};

void agent_body_init(struct agent_body *body, const struct storage_item *items,
		     size_t count, bool has_lines);
void agent_body_release(struct agent_body *body);
int64_t agent_body_size(struct agent_body *body);
/* From the beginning again. */
void agent_body_rewind(struct agent_body *body);
/* The next bytes, 0 at the end; -1 with err, ERROR_CONFLICT when a file is
 * shorter than was said. */
ssize_t agent_body_read(struct agent_body *body, char *data, size_t size,
			struct error *err);

/* ---- agent_http.c ---- */
struct agent_request {
	const char *method;	 /* "GET" */
	const char *target;	 /* "/v1/file?path=a%20b" */
	struct agent_body *body; /* PUT, or NULL */
	int64_t offset;		 /* GET: from there on */
	int fd;			 /* the answer's bytes go there; -1 */
	struct strbuf *text;	 /* or there, at most so many; or NULL */
	size_t text_max;
};
/* False: err says what the agent, the API server or the network said. */
bool agent_http(struct agent *agent, const struct agent_request *request,
		struct error *err);

#endif
