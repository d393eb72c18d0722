/* SPDX-License-Identifier: MIT */
/*
 * Plays kubelet, and in every pod a keeper with its trial.
 *
 *     player --pki DIR --server URL [--node NAME] [--run-ms FROM:TO]
 *            [--start-ms N] [--jobs]
 *
 * For a cluster without a node (`cluster up --no-node`): API server, job
 * controller and scheduler are real, and no pod runs, so that thousands can be
 * there at once.  A Node of this name appears and stays Ready.  A pod that is
 * bound to it becomes Running after --start-ms, reports an intermediate and a
 * final result to the side port (as its keeper would: address and token are
 * found in the ConfigMap and Secret it mounts), then its exit code, and becomes
 * Succeeded, after a time drawn from --run-ms.  A probe of the side port
 * answers that it reaches the first address.  A pod that is being deleted goes
 * at once.
 *
 * --jobs: plays the job controller and the scheduler too (jobs.h), for machines
 * whose processors they would take up.
 *
 * Prints "ready" when the node is there, and at SIGTERM one JSON line of what
 * it has played.
 */
#include "tests/cluster/player/http.h"
#include "tests/cluster/player/jobs.h"
#include "tests/cluster/player/kubelet.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "engine/pod/template.h"

#include <curl/curl.h>
#include <err.h>
#include <getopt.h>
#include <openssl/evp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define HEARTBEAT_MS 10000
#define REPORT_AGAIN_MS 1000
#define BUCKETS 8192

enum phase { BOUND, RUNNING, OVER, GOING };

struct pod {
	struct pod *next;
	struct player *player;
	char *uid, *path, *secret;
	char *job;	/* path of the job that is played too, or NULL */
	char *map;	/* ConfigMap that holds the side port's address */
	char *farewell; /* termination message of a probe, or NULL */
	enum phase phase;
	struct loop_timer *timer;
	bool is_reported; /* results are in, the exit code is to follow */
	char started[40];
};

/* What is mounted, by name: tokens of Secrets, addresses of ConfigMaps. */
struct value {
	struct value *next;
	char *name, *value;
};

struct player {
	struct http http;
	struct loop *loop;
	const char *node;
	struct jobs *jobs; /* NULL: not ours to play */
	uint16_t kubelet_port;
	int start_ms, run_from_ms, run_to_ms;
	struct random random;
	struct pod *pods[BUCKETS];
	struct value *tokens[BUCKETS], *urls[BUCKETS];
	int64_t live, most, started, succeeded, deleted, reported, refused;
};

static const cJSON *at(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *text_at(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(at(object, key));
}

static size_t bucket_of(const char *text)
{
	size_t hash = 5381;

	while (*text)
		hash = hash * 33 + (unsigned char)*text++;
	return hash % BUCKETS;
}

static const char *now(char *out, size_t size)
{
	struct strbuf text = STRBUF_INIT;

	clock_format_iso(&text, clock_wall_ns());
	/* status fields have whole seconds */
	snprintf(out, size, "%.19sZ", text.data);
	strbuf_release(&text);
	return out;
}

/* ---- the node -------------------------------------------------------------
 */

static void heartbeat(void *arg)
{
	struct player *player = arg;
	char time[40];
	char *path = xasprintf("/api/v1/nodes/%s/status", player->node);
	char *body;

	now(time, sizeof(time));
	body = xasprintf(
		"{\"status\":{\"capacity\":{\"cpu\":\"100000\",\"memory\":"
		"\"100Ti\",\"pods\":\"100000\",\"ephemeral-storage\":"
		"\"100Ti\"},\"allocatable\":{\"cpu\":\"100000\",\"memory\":"
		"\"100Ti\",\"pods\":\"100000\",\"ephemeral-storage\":"
		"\"100Ti\"},\"conditions\":[{\"type\":\"Ready\",\"status\":"
		"\"True\",\"reason\":\"Played\",\"lastHeartbeatTime\":"
		"\"%s\"}],\"addresses\":[{\"type\":\"InternalIP\","
		"\"address\":\"127.0.0.1\"}],\"daemonEndpoints\":{"
		"\"kubeletEndpoint\":{\"Port\":%u}}}}",
		time, player->kubelet_port);
	http_send(&player->http,
		  &(struct http_request){
			  .method = "PATCH",
			  .path = path,
			  .body = body,
			  .content_type = "application/merge-patch+json"});
	free(body);
	free(path);
	loop_after(player->loop, HEARTBEAT_MS, heartbeat, player);
}

static void registered(int code, const char *body, void *arg)
{
	struct player *player = arg;

	if (code / 100 != 2 && code != 409)
		errx(1, "no node can be made: %d %s", code, body);
	heartbeat(player);
	puts("ready");
	fflush(stdout);
}

static void register_node(struct player *player)
{
	char *body = xasprintf("{\"metadata\":{\"name\":\"%s\",\"labels\":{"
			       "\"kubernetes.io/hostname\":\"%s\"}}}",
			       player->node, player->node);

	http_send(&player->http, &(struct http_request){.method = "POST",
							.path = "/api/v1/nodes",
							.body = body,
							.fn = registered,
							.arg = player});
	free(body);
}

/* ---- what pods mount ------------------------------------------------------
 */

static struct value **value_slot(struct value **table, const char *name)
{
	struct value **slot = &table[bucket_of(name)];

	while (*slot && strcmp((*slot)->name, name) != 0)
		slot = &(*slot)->next;
	return slot;
}

static void value_set(struct value **table, const char *name, char *text)
{
	struct value **slot = value_slot(table, name), *value = *slot;

	if (value && !text) {
		*slot = value->next;
		free(value->name);
		free(value->value);
		free(value);
	} else if (value) {
		free(value->value);
		value->value = text;
	} else if (text) {
		value = xcalloc(1, sizeof(*value));
		value->name = xstrdup(name);
		value->value = text;
		*slot = value;
	}
}

static const char *value_get(struct value **table, const char *name)
{
	struct value *value = name ? *value_slot(table, name) : NULL;

	return value ? value->value : NULL;
}

static char *decode(const char *base64)
{
	size_t len = strlen(base64);
	char *out = xcalloc(1, len + 4);
	int n = EVP_DecodeBlock((unsigned char *)out,
				(const unsigned char *)base64, (int)len);

	for (size_t i = len; n > 0 && i && base64[i - 1] == '='; i--)
		n--;
	out[n > 0 ? n : 0] = '\0';
	return out;
}

static void secret_news(const char *type, const cJSON *secret, void *arg)
{
	struct player *player = arg;
	const char *name = text_at(at(secret, "metadata"), "name");
	const char *token = text_at(at(secret, "data"), "token");

	if (!name || !token)
		return;
	value_set(player->tokens, name,
		  strcmp(type, "DELETED") != 0 ? decode(token) : NULL);
}

static void map_news(const char *type, const cJSON *map, void *arg)
{
	struct player *player = arg;
	const char *name = text_at(at(map, "metadata"), "name");
	const char *url = text_at(at(map, "data"), "url");

	if (!name || !url || !strcmp(type, "DELETED"))
		return;
	value_set(player->urls, name, xstrndup(url, strcspn(url, " \r\n")));
}

/* ---- a pod's life ---------------------------------------------------------
 */

static void pod_end(void *arg);
static void pod_report(void *arg);

static void pod_patch(struct pod *pod, const char *phase, const char *state,
		      bool is_ready)
{
	char *path = xasprintf("%s/status", pod->path);
	char *body = xasprintf(
		"{\"status\":{\"phase\":\"%s\",\"hostIP\":\"127.0.0.1\","
		"\"podIP\":\"127.0.0.1\",\"startTime\":\"%s\","
		"\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"True\""
		"},{\"type\":\"Ready\",\"status\":\"%s\"}],"
		"\"containerStatuses\":[{\"name\":\"trial\",\"image\":\"x\","
		"\"imageID\":\"x\",\"containerID\":\"played://%s\",\"ready\":"
		"%s,\"restartCount\":0,\"state\":{%s}}]}}",
		phase, pod->started, is_ready ? "True" : "False", pod->uid,
		is_ready ? "true" : "false", state);

	http_send(&pod->player->http,
		  &(struct http_request){
			  .method = "PATCH",
			  .path = path,
			  .body = body,
			  .content_type = "application/merge-patch+json"});
	free(path);
	free(body);
}

static void pod_run(void *arg)
{
	struct pod *pod = arg;
	struct player *player = pod->player;
	int span = player->run_to_ms - player->run_from_ms;
	int run_ms = player->run_from_ms +
		     (int)random_below(&player->random, (uint64_t)span + 1);
	char *state;

	now(pod->started, sizeof(pod->started));
	state = xasprintf("\"running\":{\"startedAt\":\"%s\"}", pod->started);
	pod->phase = RUNNING;
	pod_patch(pod, "Running", state, true);
	free(state);
	kubelet_pod_runs(strrchr(pod->path, '/') + 1, true);
	player->started++;
	pod->timer = loop_after(player->loop, pod->farewell ? 0 : run_ms,
				pod->farewell ? pod_end : pod_report, pod);
}

/* Answers come when the pod may be gone: arg is its uid. */
static struct pod *find(struct player *player, const char *uid)
{
	struct pod *pod = player->pods[bucket_of(uid)];

	while (pod && strcmp(pod->uid, uid) != 0)
		pod = pod->next;
	return pod;
}

struct reporting {
	struct player *player;
	char *uid;
};

static void reported(int code, const char *body, void *arg)
{
	struct reporting *reporting = arg;
	struct player *player = reporting->player;
	struct pod *pod = find(player, reporting->uid);

	if (code != 200 && code != 204 && player->refused++ < 5)
		warnx("the side port answers %d: %.200s", code, body);
	if (pod && pod->phase == RUNNING) {
		if (code == 0) {
			/* nobody there: as a keeper, later again */
			pod->timer = loop_after(player->loop, REPORT_AGAIN_MS,
						pod_report, pod);
		} else if (!pod->is_reported) {
			player->reported++;
			pod->is_reported = true;
			pod_report(pod);
		} else {
			pod_end(pod);
		}
	}
	free(reporting->uid);
	free(reporting);
}

/* The keeper's two posts: results, then the exit code. */
static void pod_report(void *arg)
{
	struct pod *pod = arg;
	struct player *player = pod->player;
	const char *base = value_get(player->urls, pod->map);
	const char *token = value_get(player->tokens, pod->secret);
	struct reporting *reporting;
	char *url;

	pod->timer = NULL;
	if (!base || !token) {
		pod_end(pod); /* no trial of ours */
		return;
	}
	reporting = xcalloc(1, sizeof(*reporting));
	reporting->player = player;
	reporting->uid = xstrdup(pod->uid);
	url = xasprintf("%s/v1/%s", base,
			pod->is_reported ? "status" : "metrics");
	http_send(&player->http,
		  &(struct http_request){
			  .method = "POST",
			  .path = url,
			  .token = token,
			  .content_type = pod->is_reported
						  ? "application/json"
						  : "application/x-ndjson",
			  .is_last = pod->is_reported,
			  .body = pod->is_reported
					  ? "{\"code\":0}"
					  : "{\"name\":\"default\",\"sequence\""
					    ":0,\"value\":0.5}\n{\"name\":"
					    "\"default\",\"type\":\"final\","
					    "\"sequence\":0,\"value\":0.5}\n",
			  .fn = reported,
			  .arg = reporting});
	free(url);
}

static void pod_end(void *arg)
{
	struct pod *pod = arg;
	struct strbuf state = STRBUF_INIT;
	char time[40];

	pod->timer = NULL;
	pod->phase = OVER;
	kubelet_pod_runs(strrchr(pod->path, '/') + 1, false);
	strbuf_addf(&state,
		    "\"running\":null,\"terminated\":{\"exitCode\":0,"
		    "\"reason\":\"Completed\",\"startedAt\":\"%s\","
		    "\"finishedAt\":\"%s\"",
		    pod->started, now(time, sizeof(time)));
	if (pod->farewell) {
		strbuf_adds(&state, ",\"message\":");
		strbuf_add_json_string(&state, pod->farewell);
	}
	strbuf_addch(&state, '}');
	pod_patch(pod, "Succeeded", state.data, false);
	strbuf_release(&state);
	if (pod->job)
		job_complete(pod->player->jobs, pod->job);
	pod->player->succeeded++;
}

static void pod_delete(struct pod *pod)
{
	pod->phase = GOING;
	loop_cancel(pod->player->loop, pod->timer);
	pod->timer = NULL;
	http_send(&pod->player->http,
		  &(struct http_request){.method = "DELETE",
					 .path = pod->path,
					 .body = "{\"gracePeriodSeconds\":0}"});
	pod->player->deleted++;
}

static void pod_forget(struct player *player, const char *uid)
{
	struct pod **slot = &player->pods[bucket_of(uid)], *pod;

	while (*slot && strcmp((*slot)->uid, uid) != 0)
		slot = &(*slot)->next;
	pod = *slot;
	if (!pod)
		return;
	*slot = pod->next;
	kubelet_pod_runs(strrchr(pod->path, '/') + 1, false);
	loop_cancel(player->loop, pod->timer);
	free(pod->uid);
	free(pod->path);
	free(pod->job);
	free(pod->secret);
	free(pod->map);
	free(pod->farewell);
	free(pod);
	player->live--;
}

/* ---- news of pods ---------------------------------------------------------
 */

/* What the keeper says that was told to --probe these addresses. */
static char *probe_answer(const cJSON *container)
{
	const cJSON *word;
	bool is_next = false;

	cJSON_ArrayForEach (word, at(container, "command")) {
		const char *text = cJSON_GetStringValue(word);

		if (text && is_next)
			return xasprintf("{\"url\":\"%.*s\"}",
					 (int)strcspn(text, ","), text);
		is_next = text && !strcmp(text, "--probe");
	}
	return NULL;
}

/* The volume mounted at a path. */
static const cJSON *volume_at(const cJSON *spec, const char *path)
{
	const cJSON *container = cJSON_GetArrayItem(at(spec, "containers"), 0);
	const cJSON *mount, *volume;

	cJSON_ArrayForEach (mount, at(container, "volumeMounts")) {
		const char *here = text_at(mount, "mountPath");
		const char *name = text_at(mount, "name");

		if (!here || !name || strcmp(here, path) != 0)
			continue;
		cJSON_ArrayForEach (volume, at(spec, "volumes")) {
			const char *its = text_at(volume, "name");

			if (its && !strcmp(its, name))
				return volume;
		}
	}
	return NULL;
}

static void pod_new(struct player *player, const char *uid, const cJSON *object)
{
	const cJSON *metadata = at(object, "metadata");
	const cJSON *spec = at(object, "spec");
	const char *name = text_at(metadata, "name");
	const char *space = text_at(metadata, "namespace");
	struct pod *played;
	size_t bucket = bucket_of(uid);

	if (!name || !space)
		return;
	played = xcalloc(1, sizeof(*played));
	played->player = player;
	played->uid = xstrdup(uid);
	played->path = xasprintf("/api/v1/namespaces/%s/pods/%s", space, name);
	played->farewell =
		probe_answer(cJSON_GetArrayItem(at(spec, "containers"), 0));
	played->secret = xstrdup_or_null(text_at(
		at(volume_at(spec, POD_INPUT_MOUNT), "secret"), "secretName"));
	played->map = xstrdup_or_null(text_at(
		at(volume_at(spec, POD_LINK_MOUNT), "configMap"), "name"));
	if (player->jobs && !played->farewell)
		played->job = job_path(object);
	played->next = player->pods[bucket];
	player->pods[bucket] = played;
	if (++player->live > player->most)
		player->most = player->live;
	played->timer =
		loop_after(player->loop, player->start_ms, pod_run, played);
}

static void pod_news(const char *type, const cJSON *object, void *arg)
{
	struct player *player = arg;
	const cJSON *metadata = at(object, "metadata");
	const char *uid = text_at(metadata, "uid");
	const char *phase = text_at(at(object, "status"), "phase");
	struct pod *pod = uid ? find(player, uid) : NULL;

	if (!uid)
		return;
	if (!strcmp(type, "DELETED"))
		pod_forget(player, uid);
	else if (!pod && phase && !strcmp(phase, "Pending"))
		pod_new(player, uid, object);
	pod = find(player, uid);
	/* one that is over goes without our help */
	if (pod && pod->phase < OVER && at(metadata, "deletionTimestamp"))
		pod_delete(pod);
}

/* ---- all of it ------------------------------------------------------------
 */

static void on_signal(int fd, short events, void *arg)
{
	struct player *player = arg;

	(void)fd;
	(void)events;
	loop_quit(player->loop);
}

static void parse(struct player *player, bool *ret_has_jobs, int argc,
		  char **argv)
{
	static const struct option options[] = {
		{"pki", required_argument, NULL, 'p'},
		{"server", required_argument, NULL, 's'},
		{"node", required_argument, NULL, 'n'},
		{"run-ms", required_argument, NULL, 'r'},
		{"start-ms", required_argument, NULL, 't'},
		{"jobs", no_argument, NULL, 'j'},
		{0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'p')
			player->http.pki = optarg;
		else if (c == 's')
			player->http.server = optarg;
		else if (c == 'n')
			player->node = optarg;
		else if (c == 't')
			player->start_ms = atoi(optarg);
		else if (c == 'j')
			*ret_has_jobs = true;
		else if (c != 'r' ||
			 sscanf(optarg, "%d:%d", &player->run_from_ms,
				&player->run_to_ms) != 2)
			exit(2);
	}
	if (!player->http.pki || !player->http.server ||
	    player->run_to_ms < player->run_from_ms)
		errx(2, "usage: player --pki DIR --server URL [--node NAME] "
			"[--run-ms FROM:TO] [--start-ms N] [--jobs]");
}

int main(int argc, char **argv)
{
	struct player player = {.node = "played",
				.start_ms = 20,
				.run_from_ms = 1000,
				.run_to_ms = 1000};
	char *query;
	struct error error;
	sigset_t set;
	bool has_jobs = false;
	int fd;

	parse(&player, &has_jobs, argc, argv);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	random_seed(&player.random, 1, 1);
	player.loop = loop_new(&error);
	if (!player.loop)
		errx(1, "%s", error.text);
	player.http.loop = player.loop;
	player.kubelet_port = kubelet_serve(player.http.pki);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	loop_watch_fd(player.loop, fd, POLLIN, on_signal, &player);
	if (has_jobs)
		player.jobs = jobs_play(&player.http, player.node);
	query = xasprintf("&fieldSelector=spec.nodeName%%3D%s", player.node);
	http_watch(&player.http, "/api/v1/configmaps",
		   "&labelSelector=app%3Dnni-kubernetes-trial", map_news,
		   &player);
	http_watch(&player.http, "/api/v1/secrets",
		   "&labelSelector=app%3Dnni-kubernetes-trial", secret_news,
		   &player);
	http_watch(&player.http, "/api/v1/pods", query, pod_news, &player);
	register_node(&player);
	loop_run(player.loop);
	printf("{\"started\":%lld,\"succeeded\":%lld,\"deleted\":%lld,"
	       "\"reported\":%lld,\"refused\":%lld,\"most\":%lld,\"logs\":%ld,"
	       "\"requests\":%lld,\"failures\":%lld}\n",
	       (long long)player.started, (long long)player.succeeded,
	       (long long)player.deleted, (long long)player.reported,
	       (long long)player.refused, (long long)player.most,
	       kubelet_logs(), (long long)player.http.requests,
	       (long long)player.http.failures);
	return 0;
}
