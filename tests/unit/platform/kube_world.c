/* SPDX-License-Identifier: MIT */
/* Platform kubernetes against a small API server on its own loop. */
#include "tests/unit/platform/kube_world.h"

#include "base/clock.h"
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
	tell(arg, "%s %d.%d %.*s", is_nni ? "nni" : "report", (int)trial,
	     attempt, (int)len, json);
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

/* "parts 1.1 -worker running, --worker-0* running n1 r0, ..." */
static void on_parts(void *arg, int64_t trial, int attempt,
		     const struct part_list *parts)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < parts->count; i++) {
		const struct trial_part *part = &parts->items[i];

		strbuf_addf(&text, "%s%.*s%s%s %s", i ? ", " : "",
			    part->depth + 1, "----", part->name,
			    part->is_leader ? "*" : "",
			    part_state_name(part->state));
		if (part->node[0])
			strbuf_addf(&text, " %s", part->node);
		if (part->restarts)
			strbuf_addf(&text, " r%d", part->restarts);
		if (part->reason[0])
			strbuf_addf(&text, " (%s)", part->reason);
	}
	tell(arg, "parts %d.%d %s", (int)trial, attempt, text.data);
	strbuf_release(&text);
}

static void on_acted(void *arg, int64_t command, const char *problem)
{
	tell(arg, "acted %d %s", (int)command, problem ? problem : "well");
}

static void on_cluster(void *arg, const struct cluster_node *nodes,
		       size_t count, const char *problem)
{
	if (problem)
		tell(arg, "cluster: %s", problem);
	for (size_t i = 0; i < count; i++)
		tell(arg, "node %s pods %d cpu %lld", nodes[i].name,
		     (int)nodes[i].pods,
		     (long long)nodes[i].requested.cpu_milli);
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
	world->rig->serve = kube_serve;
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
		.is_code_coming = world->is_code_coming,
		.callbacks = {.created = on_created,
			      .started = on_started,
			      .waiting = on_waiting,
			      .ended = on_ended,
			      .report = on_report,
			      .fault = on_fault,
			      .event = on_event,
			      .placed = on_placed,
			      .parts = on_parts,
			      .acted = on_acted,
			      .cluster = on_cluster,
			      .arg = world},
	};
	context->keeper_path = fs_join(world->folder, "keeper");
	must(platform_kubernetes.open(context, &world->platform, &err), &err);
	if (world->kind)
		world->platform->kind = world->kind;
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
		.pod = world->begun_in,
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

struct kube_object *kube_make_one(struct kube_world *world)
{
	kube_begin(world);
	kube_submit(world, 1, 1, false);
	kube_until(world, "created 1.1 " FIRST "\n");
	kube_moment(world, 20); /* its Secret, the watches */
	return kube_job(world, 1, 1);
}

bool kube_is_busy(const struct kube_world *world)
{
	return platform_kubernetes.is_busy(world->platform);
}

void kube_until_idle(struct kube_world *world)
{
	int64_t deadline = clock_mono_ns() + 10 * NS_PER_S;

	while (kube_is_busy(world) && clock_mono_ns() < deadline)
		kube_moment(world, 10);
	assert_false(kube_is_busy(world));
}
