/* SPDX-License-Identifier: MIT */
/* GPUs: a stand-in for nvidia-smi on PATH, real trials. */
#include "tests/unit/platform/local_world.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char *original_path;

/* gpus and apps are what the two questions are answered with. */
static void install_tool(struct world *world, const char *gpus,
			 const char *apps)
{
	char *path = fs_join(world->folder, "nvidia-smi");
	char *search = xasprintf("%s:%s", world->folder, original_path);
	struct strbuf text = STRBUF_INIT;
	struct error err;

	strbuf_addf(&text,
		    "#!/bin/sh\ncase \"$1\" in\n"
		    "--query-gpu=*) printf '%s' ;;\n"
		    "--query-compute-apps=*) printf '%s' ;;\nesac\n",
		    gpus, apps);
	assert_true(fs_write_file(path, text.data, text.len, &err));
	assert_int_equal(chmod(path, 0700), 0);
	setenv("PATH", search, 1);
	strbuf_release(&text);
	free(search);
	free(path);
}

static int set_up(void **state)
{
	if (!original_path)
		original_path = xstrdup(getenv("PATH"));
	*state = world_new();
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	setenv("PATH", original_path, 1);
	return 0;
}

/* The command waits until go<n> exists. */
static void submit(struct world *world, int n)
{
	struct error err;

	world->config.trial_command =
		(char *)(uintptr_t) "echo $CUDA_VISIBLE_DEVICES; "
				    "while [ ! -e go$NNI_TRIAL_SEQ_ID ]; do "
				    "sleep 0.05; done";
	if (!world->platform)
		world_open(world);
	if (!world_submit(world, n, "{}", &err))
		fail_msg("%s", err.text);
}

static void let_end(struct world *world, int n)
{
	char *path = xasprintf("%s/go%d", world->folder, n);
	struct error err;

	assert_true(fs_write_file(path, "", 0, &err));
	free(path);
}

static void expect_gpus(const struct world *world, int n, const char *list)
{
	char *path = world_path(world, n, "stdout");
	char *text = world_wait_file(path);

	text[strcspn(text, "\n")] = '\0';
	assert_string_equal(text, list);
	free(text);
	free(path);
}

static void hands_out_in_order(void **state)
{
	struct world *world = *state;

	install_tool(world, "0, GPU-a\\n1, GPU-b\\n", "");
	world->config.trial_gpu_number = 1;
	for (int n = 1; n <= 4; n++)
		submit(world, n);
	world_wait_started(world, 2);
	expect_gpus(world, 1, "0");
	expect_gpus(world, 2, "1");
	assert_non_null(strstr(world->told.data,
			       "waiting 3.1 waiting for a GPU (2 of 2 in "
			       "use)\n"));
	let_end(world, 2);
	world_wait_started(world, 3);
	expect_gpus(world, 3, "1");
	assert_null(strstr(world->told.data, "started 4"));
	assert_non_null(strstr(world->told.data, "waiting 3.1 no longer\n"));
	platform_local.kill(world->platform, 4, 1);
	let_end(world, 1);
	let_end(world, 3);
	world_wait_ended(world, 4);
	assert_non_null(strstr(world->told.data,
			       "ended 4.1 -1 canceled before it started\n"));
}

static void shares_and_limits(void **state)
{
	struct world *world = *state;
	int indices[] = {2};

	install_tool(world, "0, GPU-a\\n2, GPU-c\\n", "");
	world->config.trial_gpu_number = 1;
	world->config.local.gpu_indices = indices;
	world->config.local.gpu_index_count = 1;
	world->config.local.max_trials_per_gpu = 2;
	for (int n = 1; n <= 3; n++)
		submit(world, n);
	world_wait_started(world, 2);
	expect_gpus(world, 1, "2");
	expect_gpus(world, 2, "2");
	assert_null(strstr(world->told.data, "started 3"));
	for (int n = 1; n <= 3; n++)
		let_end(world, n);
	world_wait_ended(world, 3);
}

static void leaves_foreign_gpus_alone(void **state)
{
	struct world *world = *state;

	install_tool(world, "0, GPU-a\\n1, GPU-b\\n", "GPU-a, 1\\n");
	world->config.trial_gpu_number = 1;
	submit(world, 1);
	world_wait_started(world, 1);
	expect_gpus(world, 1, "1");
	let_end(world, 1);
	world_wait_ended(world, 1);
	/* unless told not to care */
	world_close(world);
	world->config.local.use_active_gpu = true;
	submit(world, 2);
	world_wait_started(world, 2);
	expect_gpus(world, 2, "0");
	let_end(world, 2);
	world_wait_ended(world, 2);
}

static void knows_them_again_after_adoption(void **state)
{
	struct world *world = *state;

	install_tool(world, "0, GPU-a\\n1, GPU-b\\n", "");
	world->config.trial_gpu_number = 1;
	submit(world, 1);
	world_wait_started(world, 1);
	expect_gpus(world, 1, "0");
	world_close(world);
	submit(world, 2); /* submitted before the older one is found again */
	submit(world, 1);
	world_wait_started(world, 3);
	expect_gpus(world, 2, "1");
	let_end(world, 1);
	let_end(world, 2);
	world_wait_ended(world, 2);
}

static void says_what_is_missing(void **state)
{
	struct world *world = *state;
	struct platform_context context = {.loop = world->loop,
					   .experiment = &world->experiment,
					   .config = &world->config};
	struct platform *platform;
	struct error err;

	world->config.trial_gpu_number = 1;
	setenv("PATH", "/nowhere", 1);
	assert_false(platform_local.open(&context, &platform, &err));
	assert_non_null(strstr(err.text, "nvidia-smi"));
	install_tool(world, "0, GPU-a\\n", "");
	world->config.trial_gpu_number = 2;
	world->config.trial_command = (char *)(uintptr_t) "true";
	world_open(world);
	assert_false(world_submit(world, 1, "{}", &err));
	assert_non_null(strstr(err.text, "only 1 may be used"));
}

static void hides_gpus_from_those_that_want_none(void **state)
{
	struct world *world = *state;

	world->config.trial_gpu_number = 0;
	submit(world, 1);
	world_wait_started(world, 1);
	expect_gpus(world, 1, "-1");
	let_end(world, 1);
	world_wait_ended(world, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hands_out_in_order),
		TEST(shares_and_limits),
		TEST(leaves_foreign_gpus_alone),
		TEST(knows_them_again_after_adoption),
		TEST(says_what_is_missing),
		TEST(hides_gpus_from_those_that_want_none),
	};

	return cmocka_run_group_tests_name("local gpu", tests, NULL, NULL);
}
