/* SPDX-License-Identifier: MIT */
/* A small engine for tests of platform local. */
#include "tests/unit/platform/local_world.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/keeper_install.h"
#include "engine/platform/local.h"
#include "tests/support/keeper_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 30000

static void must(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

static void check_done(struct world *world)
{
	if ((world->wanted_ended && world->ended >= world->wanted_ended) ||
	    (world->wanted_started && world->started >= world->wanted_started))
		loop_quit(world->loop);
}

static void on_created(void *arg, int64_t trial, int attempt, const char *job)
{
	struct world *world = arg;

	assert_non_null(strchr(job, ':'));
	strbuf_addf(&world->told, "created %d.%d\n", (int)trial, attempt);
}

static void on_started(void *arg, int64_t trial, int attempt, int64_t at_ns)
{
	struct world *world = arg;

	assert_true(at_ns > 0);
	strbuf_addf(&world->told, "started %d.%d\n", (int)trial, attempt);
	world->started++;
	check_done(world);
}

static void on_waiting(void *arg, int64_t trial, int attempt,
		       const char *reason)
{
	struct world *world = arg;

	strbuf_addf(&world->told, "waiting %d.%d %s\n", (int)trial, attempt,
		    reason ? reason : "no longer");
}

static void on_ended(void *arg, int64_t trial, int attempt,
		     const struct job_end *end)
{
	struct world *world = arg;

	assert_true(end->ended_ns > 0);
	strbuf_addf(&world->told, "ended %d.%d %d %s\n", (int)trial, attempt,
		    end->exit_code, end->reason);
	world->ended++;
	check_done(world);
}

static void on_report(void *arg, int64_t trial, int attempt, const char *json,
		      size_t len, bool is_nni)
{
	struct world *world = arg;

	(void)trial, (void)attempt;
	assert_false(is_nni);
	strbuf_add(&world->reports, json, len);
	strbuf_addch(&world->reports, '\n');
}

static void on_fault(void *arg, const char *text)
{
	struct world *world = arg;

	strbuf_addf(&world->told, "fault %s\n", text ? text : "over");
}

struct world *world_new(void)
{
	struct world *world = xcalloc(1, sizeof(*world));
	char folder[] = "/tmp/trialdeck-test-XXXXXX";
	struct error err;

	assert_non_null(mkdtemp(folder));
	world->folder = xstrdup(folder);
	strbuf_init(&world->told);
	strbuf_init(&world->reports);
	must(keeper_install(folder, &world->keeper_path, &err), &err);
	keeper_path_prefer(&world->keeper_path);
	world->url_file = fs_join(folder, "url");
	world->loop = loop_new(&err);
	assert_non_null(world->loop);
	strcpy(world->experiment.id, "expx1234");
	world->experiment.directory = world->folder;
	world->config.trial_gpu_number = -1;
	world->config.trial_code_directory = world->folder;
	return world;
}

void world_open(struct world *world)
{
	const struct platform_context context = {
		.loop = world->loop,
		.experiment = &world->experiment,
		.config = &world->config,
		.keeper_path = world->keeper_path,
		.url_file = world->url_file,
		.callbacks = {.created = on_created,
			      .started = on_started,
			      .waiting = on_waiting,
			      .ended = on_ended,
			      .report = on_report,
			      .fault = on_fault,
			      .arg = world},
	};
	struct error err;

	must(platform_local.open(&context, &world->platform, &err), &err);
}

void world_close(struct world *world)
{
	platform_local.close(world->platform);
	world->platform = NULL;
}

void world_free(struct world *world)
{
	struct error err;

	world_close(world);
	loop_free(world->loop);
	must(fs_remove_tree(world->folder, &err), &err);
	strbuf_release(&world->told);
	strbuf_release(&world->reports);
	free(world->keeper_path);
	free(world->url_file);
	free(world->folder);
	free(world);
}

char *world_path(const struct world *world, int n, const char *name)
{
	return xasprintf("%s/trials/%d/1/%s", world->folder, n, name);
}

bool world_submit(struct world *world, int n, const char *parameters,
		  struct error *err)
{
	struct trial trial = {.key = n, .sequence = n};
	struct attempt attempt = {.trial = n, .number = 1};
	struct job_request request = {.trial = &trial,
				      .attempt = &attempt,
				      .parameter_file =
					      "{\"parameter_id\": 0}"};
	bool ok;

	snprintf(trial.id, sizeof(trial.id), "T%04d", n);
	strcpy(attempt.token, "0123456789abcdef0123456789abcdef");
	trial.parameters = xstrdup(parameters);
	attempt.directory = xasprintf("%s/trials/%d/1", world->folder, n);
	ok = platform_local.submit(world->platform, &request, err);
	free(trial.parameters);
	free(attempt.directory);
	return ok;
}

static void on_deadline(void *arg)
{
	struct world *world = arg;

	fail_msg("nothing more happened in time after:\n%s", world->told.data);
}

static void run(struct world *world)
{
	struct loop_timer *deadline =
		loop_after(world->loop, DEADLINE_MS, on_deadline, world);

	loop_run(world->loop);
	loop_cancel(world->loop, deadline);
	world->wanted_ended = world->wanted_started = 0;
}

void world_wait_ended(struct world *world, int count)
{
	if (world->ended >= count)
		return;
	world->wanted_ended = count;
	run(world);
}

void world_wait_started(struct world *world, int count)
{
	if (world->started >= count)
		return;
	world->wanted_started = count;
	run(world);
}

char *world_wait_file(const char *path)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_MS * NS_PER_MS;
	struct strbuf text = STRBUF_INIT;
	struct error ignored;

	while (!fs_read_file(path, 1 << 20, &text, &ignored) || !text.len ||
	       text.data[text.len - 1] != '\n') {
		if (clock_mono_ns() > deadline)
			fail_msg("%s was not written in time", path);
		strbuf_clear(&text);
		usleep(5000);
	}
	return strbuf_detach(&text);
}

void world_wait_gone(int pid)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_MS * NS_PER_MS;

	while (local_start_time(pid)) {
		if (clock_mono_ns() > deadline)
			fail_msg("process %d is still there", pid);
		usleep(5000);
	}
}
