/* SPDX-License-Identifier: MIT */
/* Platform kubernetes against a small API server on its own loop. */
#include "tests/unit/platform/kube_world.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define API "/apis/batch/v1/namespaces/lab/jobs"
#define CORE "/api/v1/namespaces/lab/"

static void must(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

/* ---- what the platform tells -------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void tell(struct kube_world *world,
						       const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strbuf_addf(&world->rig->told, "%s\n", text);
}

static void on_created(void *arg, int64_t trial, int attempt, const char *job)
{
	tell(arg, "created %d.%d %s", (int)trial, attempt, job);
}

static void on_started(void *arg, int64_t trial, int attempt, int64_t at_ns)
{
	assert_true(at_ns > 0);
	tell(arg, "started %d.%d", (int)trial, attempt);
}

static void on_waiting(void *arg, int64_t trial, int attempt,
		       const char *reason)
{
	tell(arg, "waiting %d.%d %s", (int)trial, attempt,
	     reason ? reason : "no longer");
}

static void on_ended(void *arg, int64_t trial, int attempt,
		     const struct job_end *end)
{
	static const char *const blames[] = {"trial", "config", "platform"};

	tell(arg, "ended %d.%d %d %s %s", (int)trial, attempt, end->exit_code,
	     blames[end->blame], end->reason);
}

static void on_report(void *arg, int64_t trial, int attempt, const char *json,
		      size_t len, bool is_nni)
{
	assert_false(is_nni);
	tell(arg, "report %d.%d %.*s", (int)trial, attempt, (int)len, json);
}

static void on_fault(void *arg, const char *text)
{
	tell(arg, "fault %s", text ? text : "over");
}

static void on_event(void *arg, int64_t trial, int attempt,
		     enum event_level level, const char *kind, const char *text)
{
	(void)level;
	tell(arg, "event %d.%d %s %s", (int)trial, attempt, kind, text);
}

static void on_placed(void *arg, const struct trial_place *place)
{
	(void)arg, (void)place;
}

static void on_cluster(void *arg, const struct cluster_node *nodes,
		       size_t count, const char *problem)
{
	(void)nodes;
	tell(arg, "cluster %zu %s", count, problem ? problem : "");
}

/* ---- objects ------------------------------------------------------------ */

static char *job_json(struct kube_world *world, const struct kube_object *job)
{
	char trial[16] = "";
	const char *at = strstr(job->name, "-trial-");

	if (at)
		snprintf(trial, sizeof(trial), "%.5s", at + 7);
	return xasprintf("{\"kind\":\"Job\",\"metadata\":{\"name\":\"%s\","
			 "\"uid\":\"%s\",%s\"resourceVersion\":\"%d\","
			 "\"labels\":{\"app\":\"nni-kubernetes-trial\","
			 "\"expId\":\"expx1234\",\"trialId\":\"%s\","
			 "\"attempt\":\"%s\"}},\"status\":%s}",
			 job->name, job->uid, job->is_going ? DELETING : "",
			 ++world->version, trial, strrchr(job->name, '-') + 1,
			 job->status);
}

static void push(struct kube_world *world, enum kube_list list,
		 const char *change, const char *object)
{
	char *line =
		xasprintf("{\"type\":\"%s\",\"object\":%s}\n", change, object);

	rig_chunk(world->rig, world->watches[list], line);
	free(line);
}

static void push_job(struct kube_world *world, const struct kube_object *job,
		     const char *change)
{
	char *object = job_json(world, job);

	push(world, LIST_JOBS, change, object);
	free(object);
}

static struct kube_object *find_job(struct kube_world *world, const char *name,
				    size_t len)
{
	for (int i = 0; i < world->job_count; i++)
		if (strlen(world->jobs[i].name) == len &&
		    !memcmp(world->jobs[i].name, name, len))
			return &world->jobs[i];
	return NULL;
}

static struct kube_object *add_job(struct kube_world *world, const char *name,
				   const char *status)
{
	struct kube_object *job = &world->jobs[world->job_count];

	for (int i = 0; i < world->job_count; i++)
		if (!*world->jobs[i].name)
			job = &world->jobs[i];
	if (job == &world->jobs[world->job_count])
		world->job_count++;
	assert_true(world->job_count < KUBE_JOBS);
	memset(job, 0, sizeof(*job));
	snprintf(job->name, sizeof(job->name), "%s", name);
	snprintf(job->uid, sizeof(job->uid), "uid-%d", ++world->uids);
	job->status = status;
	return job;
}

static void format_name(char name[64], int trial, int attempt)
{
	snprintf(name, 64, "nni-exp-expx1234-trial-t%04d-%d", trial, attempt);
}

struct kube_object *kube_job(struct kube_world *world, int trial, int attempt)
{
	char name[64];

	format_name(name, trial, attempt);
	return find_job(world, name, strlen(name));
}

struct kube_object *kube_job_add(struct kube_world *world, int trial,
				 int attempt, const char *status)
{
	char name[64];

	format_name(name, trial, attempt);
	return add_job(world, name, status);
}

void kube_job_is(struct kube_world *world, struct kube_object *job,
		 const char *status)
{
	job->status = status;
	push_job(world, job, "MODIFIED");
}

void kube_job_goes(struct kube_world *world, struct kube_object *job)
{
	job->is_going = true;
	push_job(world, job, "MODIFIED");
}

void kube_job_is_gone(struct kube_world *world, struct kube_object *job)
{
	push_job(world, job, "DELETED");
	job->name[0] = '\0';
}

static char *pod_json(struct kube_world *world, const struct kube_object *job,
		      const char *name, const char *extra, const char *status)
{
	return xasprintf(
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s-%s\","
		"\"uid\":\"%s-%s\",%s\"resourceVersion\":\"%d\","
		"\"creationTimestamp\":\"2026-01-01T00:00:00Z\","
		"\"labels\":{\"job-name\":\"%s\"},\"ownerReferences\":"
		"[{\"kind\":\"Job\",\"uid\":\"%s\"}]},\"spec\":{\"nodeName\":"
		"\"n1\",\"containers\":[{\"name\":\"trial\"}]},\"status\":%s}",
		job->name, name, job->uid, name, extra, ++world->version,
		job->name, job->uid, status);
}

void kube_pod(struct kube_world *world, const struct kube_object *job,
	      const char *change, const char *name, const char *extra,
	      const char *status)
{
	char *object = pod_json(world, job, name, extra, status);

	push(world, LIST_PODS, change, object);
	free(object);
}

void kube_pod_lists(struct kube_world *world, const struct kube_object *job,
		    const char *name, const char *status)
{
	char *object = pod_json(world, job, name, "", status);
	char *all = xasprintf("%s%s%s", world->pods ? world->pods : "",
			      world->pods ? "," : "", object);

	free(object);
	free(world->pods);
	world->pods = all;
}

/* ---- the server --------------------------------------------------------- */

char *kube_items(struct kube_world *world, enum kube_list list)
{
	struct strbuf items = STRBUF_INIT;

	if (list == LIST_PODS && world->pods)
		strbuf_adds(&items, world->pods);
	for (int i = 0; list == LIST_JOBS && i < world->job_count; i++) {
		char *object;

		if (!*world->jobs[i].name)
			continue;
		object = job_json(world, &world->jobs[i]);
		strbuf_addf(&items, "%s%s", items.len ? "," : "", object);
		free(object);
	}
	return items.len ? strbuf_detach(&items) : xstrdup("");
}

static void answer_list(struct kube_world *world, int peer, const char *items)
{
	char *body = xasprintf(
		"{\"metadata\":{\"resourceVersion\":\"%d\"},\"items\":[%s]}",
		++world->version, items);

	rig_answer(world->rig, peer, "200 OK", body);
	free(body);
}

void kube_list_answer(struct kube_world *world, enum kube_list list,
		      const char *items)
{
	answer_list(world, world->lists[list], items);
	world->lists[list] = 0;
}

static void serve_list(struct kube_world *world, int peer, enum kube_list list,
		       const char *request)
{
	char *items;

	if (strstr(request, "watch=true")) {
		rig_stream(world->rig, peer);
		world->watches[list] = peer;
	} else if (world->holds_list[list]) {
		world->lists[list] = peer;
	} else {
		items = kube_items(world, list);
		answer_list(world, peer, items);
		free(items);
	}
}

void kube_relist(struct kube_world *world, enum kube_list list)
{
	push(world, list, "ERROR",
	     "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}");
}

static void serve_post(struct kube_world *world, int peer, const char *request)
{
	cJSON *body = cJSON_Parse(strstr(request, "\r\n\r\n") + 4);
	const char *name = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(body, "metadata"), "name"));
	struct kube_object *job = find_job(world, name, strlen(name));
	char *object = NULL;

	world->posts++;
	if (job) {
		rig_answer(world->rig, peer, "409 Conflict",
			   "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\","
			   "\"message\":\"there already\"}");
	} else {
		job = add_job(world, name, "{}");
		push_job(world, job, "ADDED");
		object = job_json(world, job);
		if (world->holds_posts)
			world->held_post = peer;
		else
			rig_answer(world->rig, peer, "201 Created", object);
	}
	free(object);
	cJSON_Delete(body);
}

static void serve_job(struct kube_world *world, int peer, const char *request)
{
	const char *name = strstr(request, API) + strlen(API) + 1;
	struct kube_object *job = find_job(world, name, strcspn(name, " ?"));
	char *object;

	if (!job) {
		rig_answer(world->rig, peer, "404 Not Found",
			   "{\"kind\":\"Status\",\"message\":\"no\"}");
		return;
	}
	object = job_json(world, job);
	rig_answer(world->rig, peer, "200 OK", object);
	free(object);
	if (!strncmp(request, "DELETE", 6) && !world->keeps_deleted)
		kube_job_is_gone(world, job);
}

static void serve(struct rig *rig, int peer, const char *request)
{
	struct kube_world *world = rig->serve_arg;

	if (!strncmp(request, "POST " API " ", strlen("POST " API " ")))
		serve_post(world, peer, request);
	else if (strstr(request, " " API "/"))
		serve_job(world, peer, request);
	else if (!strncmp(request, "GET " API "?", strlen("GET " API "?")))
		serve_list(world, peer, LIST_JOBS, request);
	else if (strstr(request, "/log?")) {
		world->log_requests++;
		rig_answer(rig, peer, world->log_head, world->log_body);
	} else if (!strncmp(request, "GET " CORE "pods?",
			    strlen("GET " CORE "pods?")))
		serve_list(world, peer, LIST_PODS, request);
	else if (!strncmp(request, "GET " CORE "events?",
			  strlen("GET " CORE "events?")))
		serve_list(world, peer, LIST_EVENTS, request);
	else /* config maps, secrets */
		rig_answer(rig, peer, "200 OK",
			   "{\"metadata\":{\"uid\":\"u\"}}");
}

/* ---- the world ---------------------------------------------------------- */

static void write_file(struct kube_world *world, const char *name,
		       const char *text)
{
	char *path = fs_join(world->folder, name);
	struct error err;

	must(fs_write_file(path, text, strlen(text), &err), &err);
	free(path);
}

static void on_wake(void *arg)
{
	loop_wake(arg);
}

int kube_world_open(void **state)
{
	struct kube_world *world = xcalloc(1, sizeof(*world));
	struct sideport_options sideport = {.wake = on_wake};
	char folder[] = "/tmp/trialdeck-test-XXXXXX";
	struct kubernetes_config *config = &world->config.kubernetes;
	struct error err;
	char *text;
	void *rig;

	assert_non_null(mkdtemp(folder));
	world->folder = xstrdup(folder);
	rig_open(&rig);
	world->rig = rig;
	world->rig->serve = serve;
	world->rig->serve_arg = world;
	world->loop = world->rig->loop;
	sideport.wake_arg = world->loop;
	sideport.experiment_id = "expx1234";
	must(sideport_start(&sideport, &world->sideport, &err), &err);
	strcpy(world->experiment.id, "expx1234");
	world->experiment.directory = world->folder;
	world->config.trial_command = xstrdup("true");
	config->kind = xstrdup("job");
	config->image = xstrdup("i");
	config->kubeconfig = fs_join(world->folder, "kubeconfig");
	config->side_port_address = xstrdup("127.0.0.1");
	config->ttl_after_finished_s = -1;
	config->grace_period_s = 30;
	config->image_pull_timeout_s = 300;
	text = xasprintf("{\"clusters\":[{\"name\":\"c\",\"cluster\":"
			 "{\"server\":\"http://127.0.0.1:%d\"}}],"
			 "\"contexts\":[{\"name\":\"x\",\"context\":"
			 "{\"cluster\":\"c\",\"namespace\":\"lab\"}}],"
			 "\"current-context\":\"x\"}",
			 world->rig->port);
	write_file(world, "kubeconfig", text);
	free(text);
	/* what a probe would have found */
	text = xasprintf("http://127.0.0.1:%d\n",
			 sideport_port(world->sideport));
	write_file(world, "sideport.reach", text);
	free(text);
	write_file(world, "keeper", "a program");
	world->log_head = "200 OK";
	world->log_body = "";
	*state = world;
	return 0;
}

void kube_begin(struct kube_world *world)
{
	struct platform_context *context = &world->context;
	struct error err;

	*context = (struct platform_context){
		.loop = world->loop,
		.experiment = &world->experiment,
		.config = &world->config,
		.sideport = world->sideport,
		.callbacks = {.created = on_created,
			      .started = on_started,
			      .waiting = on_waiting,
			      .ended = on_ended,
			      .report = on_report,
			      .fault = on_fault,
			      .event = on_event,
			      .placed = on_placed,
			      .cluster = on_cluster,
			      .arg = world},
	};
	context->keeper_path = fs_join(world->folder, "keeper");
	must(platform_kubernetes.open(context, &world->platform, &err), &err);
}

void kube_end(struct kube_world *world)
{
	platform_kubernetes.close(world->platform);
	world->platform = NULL;
	free((char *)world->context.keeper_path);
	world->context.keeper_path = NULL;
}

int kube_world_close(void **state)
{
	struct kube_world *world = *state;
	void *rig = world->rig;
	struct error err;

	if (world->platform)
		kube_end(world);
	sideport_stop(world->sideport);
	rig_close(&rig);
	must(fs_remove_tree(world->folder, &err), &err);
	experiment_config_release(&world->config);
	free(world->pods);
	free(world->folder);
	free(world);
	return 0;
}

void kube_submit(struct kube_world *world, int number, int attempt_number,
		 bool is_resumed)
{
	struct trial trial = {.key = number, .sequence = number};
	struct attempt attempt = {.trial = number, .number = attempt_number};
	struct job_request request = {
		.trial = &trial,
		.attempt = &attempt,
		.parameter_file = "{\"parameter_id\": 0}",
		.is_resumed = is_resumed,
	};
	struct error err;

	snprintf(trial.id, sizeof(trial.id), "t%04d", number);
	strcpy(attempt.token, "0123456789abcdef0123456789abcdef");
	trial.parameters = (char *)"{}";
	attempt.directory = xasprintf("%s/trials/%s/%d", world->folder,
				      trial.id, attempt_number);
	must(platform_kubernetes.submit(world->platform, &request, &err), &err);
	free(attempt.directory);
}

void kube_until(struct kube_world *world, const char *text)
{
	rig_until(world->rig, text);
}

void kube_moment(struct kube_world *world, int ms)
{
	rig_moment(world->rig, ms);
}

bool kube_was_told(const struct kube_world *world, const char *text)
{
	return strstr(world->rig->told.data, text);
}

bool kube_was_asked(const struct kube_world *world, const char *text)
{
	return strstr(world->rig->seen.data, text);
}

int kube_times(const char *text, const char *part)
{
	int count = 0;

	while ((text = strstr(text, part))) {
		count++;
		text += strlen(part);
	}
	return count;
}
