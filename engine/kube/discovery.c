/* SPDX-License-Identifier: MIT */
/* The group's versions first, then the resources of one version after the
 * other; discovery_read.c reads the answers. */
#include "engine/kube/discovery.h"

#include "base/mem.h"
#include "engine/kube/discovery_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX ((size_t)4 << 20) /* hundreds of resources: some 100 KiB */

struct kube_discovery {
	struct kube_client *client;
	struct kube_call *call;
	kube_discovery_fn *fn;
	void *arg;
	struct kube_wanted wanted; /* its texts are ours */
	char **versions;	   /* wanted; NULL: any */
	/* to be asked: those that are wanted and there, then the others, which
	 * are only told of */
	char *queue[KUBE_VERSIONS_MAX];
	size_t queue_count, wanted_count, next;
	struct error fault; /* of a version that did not answer */
};

static void free_texts(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

void kube_discovery_cancel(struct kube_discovery *discovery)
{
	if (!discovery)
		return;
	kube_cancel(discovery->call);
	for (size_t i = 0; i < discovery->queue_count; i++)
		free(discovery->queue[i]);
	free_texts(discovery->versions);
	free((char *)discovery->wanted.group);
	free((char *)discovery->wanted.kind);
	free(discovery);
}

/* --- the end ------------------------------------------------------------ */

static void finish(struct kube_discovery *discovery,
		   struct kube_discovery_reply *reply)
{
	kube_discovery_fn *fn = discovery->fn;
	void *arg = discovery->arg;

	discovery->call = NULL; /* it is over by itself */
	kube_discovery_cancel(discovery);
	fn(reply, arg);
}

static void finish_failed(struct kube_discovery *discovery,
			  const struct error *err)
{
	struct kube_discovery_reply reply = {.err = *err};

	error_prefix(
		&reply.err, "look for %.64s (%.128s)", discovery->wanted.kind,
		*discovery->wanted.group ? discovery->wanted.group : "core");
	finish(discovery, &reply);
}

/* "kubeflow.org/v1, v1beta2"; of several versions the first few. */
static void add_wanted(struct strbuf *out,
		       const struct kube_discovery *discovery)
{
	char **versions = discovery->versions;

	strbuf_addf(out, "%.128s", discovery->wanted.group);
	for (size_t i = 0; versions && versions[i] && i < 4; i++)
		strbuf_addf(out, "%s%.32s",
			    i			       ? ", "
			    : *discovery->wanted.group ? "/"
						       : "",
			    versions[i]);
	if (!out->len)
		strbuf_adds(out, "core");
}

/* only: a version that has it but is not wanted, or NULL. */
static void finish_absent(struct kube_discovery *discovery, const char *only)
{
	struct kube_discovery_reply reply = {0};
	struct strbuf wanted = STRBUF_INIT;

	if (!only && discovery->fault.code != ERROR_NONE) {
		finish_failed(discovery, &discovery->fault);
		return;
	}
	add_wanted(&wanted, discovery);
	error_set(&reply.err, ERROR_NOT_FOUND,
		  "%.64s (%s) is not served by this cluster%s%s",
		  discovery->wanted.kind, wanted.data, only ? ", only " : "",
		  only ? only : "");
	strbuf_release(&wanted);
	finish(discovery, &reply);
}

/* --- resources of a version --------------------------------------------- */

static void ask(struct kube_discovery *discovery, const char *version,
		kube_reply_fn *fn)
{
	struct strbuf path = STRBUF_INIT;
	struct kube_request request = {
		.method = KUBE_GET,
		.give_up_ms = discovery->wanted.give_up_ms,
		.max_bytes = ANSWER_MAX,
	};

	strbuf_adds(&path, *discovery->wanted.group ? "/apis/" : "/api");
	kube_encode(&path, discovery->wanted.group);
	if (version) {
		strbuf_addch(&path, '/');
		kube_encode(&path, version);
	}
	request.path = path.data;
	discovery->call = kube_call(discovery->client, &request, fn, discovery);
	strbuf_release(&path);
}

static void ask_next(struct kube_discovery *discovery);

static void on_resources(const struct kube_reply *answer, void *arg)
{
	struct kube_discovery *discovery = arg;
	const char *version = discovery->queue[discovery->next];
	struct kube_discovery_reply reply = {.is_served = true};
	struct error err = answer->err;
	bool is_wanted = discovery->next < discovery->wanted_count;

	discovery->call = NULL;
	snprintf(reply.resource.group, sizeof(reply.resource.group), "%s",
		 discovery->wanted.group);
	snprintf(reply.resource.version, sizeof(reply.resource.version), "%s",
		 version);
	if (err.code == ERROR_NONE &&
	    kube_resources_read(answer->body, answer->len,
				discovery->wanted.kind, &reply.resource,
				&err)) {
		if (is_wanted)
			finish(discovery, &reply);
		else
			finish_absent(discovery, version);
		return;
	}
	if (is_wanted && err.code != ERROR_NOT_FOUND &&
	    discovery->fault.code == ERROR_NONE)
		discovery->fault = err;
	discovery->next++;
	ask_next(discovery);
}

static void ask_next(struct kube_discovery *discovery)
{
	if (discovery->next == discovery->queue_count)
		finish_absent(discovery, NULL);
	else
		ask(discovery, discovery->queue[discovery->next], on_resources);
}

/* --- versions of the group ---------------------------------------------- */

static bool has(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(texts[i], text))
			return true;
	return false;
}

static void put(struct kube_discovery *discovery, const char *version)
{
	if (discovery->queue_count < KUBE_VERSIONS_MAX &&
	    !has(discovery->queue, discovery->queue_count, version))
		discovery->queue[discovery->queue_count++] = xstrdup(version);
}

/* served: the server's preferred one first. */
static void order(struct kube_discovery *discovery, char *const *served,
		  size_t count)
{
	char **versions = discovery->versions;

	for (size_t i = 0; versions && versions[i]; i++)
		if (has(served, count, versions[i]))
			put(discovery, versions[i]);
	discovery->wanted_count = discovery->queue_count;
	for (size_t i = 0; i < count; i++)
		put(discovery, served[i]);
	if (!versions)
		discovery->wanted_count = discovery->queue_count;
}

static void on_versions(const struct kube_reply *answer, void *arg)
{
	struct kube_discovery *discovery = arg;
	char *served[KUBE_VERSIONS_MAX];
	struct error err = answer->err;
	size_t count = 0;

	discovery->call = NULL;
	if (err.code == ERROR_NONE &&
	    kube_versions_read(answer->body, answer->len, served, &count,
			       &err)) {
		order(discovery, served, count);
		for (size_t i = 0; i < count; i++)
			free(served[i]);
		ask_next(discovery);
	} else if (err.code == ERROR_NOT_FOUND) {
		finish_absent(discovery, NULL);
	} else {
		finish_failed(discovery, &err);
	}
}

struct kube_discovery *kube_discover(struct kube_client *client,
				     const struct kube_wanted *wanted,
				     kube_discovery_fn *fn, void *arg)
{
	struct kube_discovery *discovery = xcalloc(1, sizeof(*discovery));
	size_t count = 0;

	*discovery = (struct kube_discovery){
		.client = client, .fn = fn, .arg = arg, .wanted = *wanted};
	discovery->wanted.group = xstrdup(wanted->group);
	discovery->wanted.kind = xstrdup(wanted->kind);
	while (wanted->versions && wanted->versions[count])
		count++;
	if (wanted->versions)
		discovery->versions =
			xcalloc(count + 1, sizeof(*discovery->versions));
	for (size_t i = 0; i < count; i++)
		discovery->versions[i] = xstrdup(wanted->versions[i]);
	ask(discovery, NULL, on_versions);
	return discovery;
}
