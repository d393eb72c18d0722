/* SPDX-License-Identifier: MIT */
/* Platform local with real processes: start, end, kill, adopt, clear up. */
#include "tests/unit/platform/local_world.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/local.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PARAMETERS "{\"lr\":0.01,\"layer\":{\"_name\":\"Conv\",\"kernel\":3}}"

static int set_up(void **state)
{
	*state = world_new();
	return 0;
}

static int tear_down(void **state)
{
	world_free(*state);
	return 0;
}

static void start(struct world *world, int n, const char *command)
{
	struct error err;

	world->config.trial_command = (char *)(uintptr_t)command;
	if (!world->platform)
		world_open(world);
	if (!world_submit(world, n, PARAMETERS, &err))
		fail_msg("%s", err.text);
}

static void assert_told(const struct world *world, const char *text)
{
	if (!strstr(world->told.data, text))
		fail_msg("\"%s\" was not told, but:\n%s", text,
			 world->told.data);
}

static int read_number(const char *path)
{
	char *text = world_wait_file(path);
	int number = atoi(text);

	free(text);
	return number;
}

static void runs_a_command(void **state)
{
	struct world *world = *state;
	char *path = world_path(world, 1, "stdout");
	char *text;

	start(world, 1,
	      "echo $NNI_TRIAL_JOB_ID $NNI_TRIAL_SEQ_ID $NNI_PLATFORM "
	      "$TRIALDECK_PARAM_LR $TRIALDECK_PARAM_LAYER_KERNEL {{layer}} "
	      "$(cat $TRIALDECK_PARAMETERS); cat $NNI_SYS_DIR/parameter.cfg; "
	      "echo; echo loss=0.5; echo final=0.25");
	world_wait_ended(world, 1);
	text = world_wait_file(path);
	assert_string_equal(text, "T0001 1 local 0.01 3 Conv " PARAMETERS "\n"
				  "{\"parameter_id\": 0}\n"
				  "loss=0.5\nfinal=0.25\n");
	free(text);
	free(path);
	assert_string_equal(world->told.data, "created 1.1\nstarted 1.1\n"
					      "ended 1.1 0 \n");
	assert_non_null(strstr(world->reports.data,
			       "{\"name\":\"loss\",\"type\":\"intermediate\","
			       "\"value\":0.5,\"sequence\":0,"));
	assert_non_null(strstr(world->reports.data,
			       "{\"name\":\"default\",\"type\":\"final\","
			       "\"value\":0.25,\"sequence\":0,"));
}

static void says_why_it_failed(void **state)
{
	struct world *world = *state;

	start(world, 1, "echo 'ValueError: \033[31mno' >&2; exit 3");
	start(world, 2, "nosuchcommand");
	start(world, 3, "kill -SEGV $$");
	world_wait_ended(world, 3);
	assert_told(world, "ended 1.1 3 exit status 3: ValueError: ");
	assert_null(strchr(world->told.data, 033));
	assert_told(world, "ended 2.1 127 exit status 127 (command not "
			   "found): ");
	assert_told(world, "ended 3.1 139 killed by SIGSEGV");
}

static void refuses_what_cannot_run(void **state)
{
	struct world *world = *state;
	struct error err;

	world->config.trial_command = (char *)(uintptr_t) "train {{lrr}}";
	world_open(world);
	assert_false(world_submit(world, 1, PARAMETERS, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_non_null(strstr(err.text, "{{lrr}}"));
	world->config.trial_code_directory = (char *)(uintptr_t) "/nowhere/x";
	start(world, 2, "true");
	world_wait_ended(world, 1);
	assert_told(world, "ended 2.1 127 enter folder /nowhere/x: No such");
}

/* A command deaf to TERM and a daemon of its own session, both gone. */
static void kills_everything(void **state)
{
	struct world *world = *state;
	char *daemon_path = world_path(world, 1, "daemon");
	char *deaf_path = world_path(world, 1, "deaf");
	int daemon, deaf;

	start(world, 1,
	      "cd $NNI_SYS_DIR; trap '' TERM; "
	      "(setsid sh -c 'trap \"\" TERM; echo $$ >daemon; "
	      "while :; do sleep 1; done' &) ; echo $$ >deaf; "
	      "while :; do sleep 1; done");
	world_wait_started(world, 1);
	daemon = read_number(daemon_path);
	deaf = read_number(deaf_path);
	assert_true(local_start_time(daemon) && local_start_time(deaf));
	platform_local.kill(world->platform, 1, 1);
	platform_local.kill(world->platform, 1, 1);
	assert_int_equal(world->ended, 0); /* never from inside */
	world_wait_ended(world, 1);
	assert_told(world, "ended 1.1 137 killed by SIGKILL\n");
	assert_int_equal(local_start_time(daemon), 0);
	assert_int_equal(local_start_time(deaf), 0);
	free(daemon_path);
	free(deaf_path);
}

static void kills_what_never_ran(void **state)
{
	struct world *world = *state;

	start(world, 1, "sleep 100");
	platform_local.kill(world->platform, 1, 1);
	platform_local.kill(world->platform, 7, 1);
	world_wait_ended(world, 2);
	assert_told(world, "ended 1.1 -1 canceled before it started\n");
	assert_told(world, "ended 7.1 -1 was not running\n");
	assert_null(strstr(world->told.data, "started 1"));
}

/* The console goes away while the trial runs, and comes back before and after
 * its end. */
static void adopts_a_running_trial(void **state)
{
	struct world *world = *state;
	char *ready_path = world_path(world, 1, "stdout");
	char *go_path = world_path(world, 1, "go");
	struct error err;

	start(world, 1,
	      "echo loss=1; while [ ! -e $NNI_SYS_DIR/go ]; do sleep 0.05; "
	      "done; echo loss=2; exit 4");
	world_wait_started(world, 1);
	free(world_wait_file(ready_path));
	world_close(world);
	strbuf_clear(&world->told);
	start(world, 1, "echo must not run again");
	world_wait_started(world, 2);
	assert_string_equal(world->told.data, "created 1.1\nstarted 1.1\n");
	assert_true(fs_write_file(go_path, "x", 1, &err));
	world_wait_ended(world, 1);
	assert_told(world, "ended 1.1 4 exit status 4\n");
	assert_non_null(strstr(world->reports.data, "\"value\":1,"));
	assert_non_null(strstr(world->reports.data, "\"value\":2,"));
	/* and once more, long after the end */
	world_close(world);
	strbuf_clear(&world->told);
	start(world, 1, "echo must not run again");
	world_wait_ended(world, 2);
	assert_told(world, "ended 1.1 4 exit status 4\n");
	free(ready_path);
	free(go_path);
}

static void survives_the_keepers_death(void **state)
{
	struct world *world = *state;
	char *pid_path = world_path(world, 1, "keeper.pid");
	char *stray_path = world_path(world, 1, "stray");
	char *spool_path = world_path(world, 1, "spool.ndjson");
	int keeper, stray;

	start(world, 1,
	      "echo loss=1; (setsid sh -c 'trap \"\" HUP TERM; "
	      "echo $$ >$NNI_SYS_DIR/stray; exec sleep 1000' &); sleep 1000");
	world_wait_started(world, 1);
	keeper = read_number(pid_path);
	stray = read_number(stray_path);
	free(world_wait_file(spool_path));
	kill(keeper, SIGKILL);
	world_wait_ended(world, 1);
	assert_told(world, "ended 1.1 -1 its keeper died");
	assert_non_null(strstr(world->reports.data, "\"value\":1,"));
	world_wait_gone(stray);
	/* it must never be started again */
	world_close(world);
	start(world, 1, "touch $NNI_SYS_DIR/again");
	world_wait_ended(world, 2);
	free(stray_path);
	stray_path = world_path(world, 1, "again");
	assert_int_equal(access(stray_path, F_OK), -1);
	free(stray_path);
	free(pid_path);
	free(spool_path);
}

static void submits_once(void **state)
{
	struct world *world = *state;
	char *path = world_path(world, 1, "stdout");
	char *text;

	start(world, 1, "echo once");
	start(world, 1, "echo twice");
	world_wait_ended(world, 1);
	text = world_wait_file(path);
	assert_string_equal(text, "once\n");
	free(text);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(runs_a_command, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(says_why_it_failed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_cannot_run, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(kills_everything, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(kills_what_never_ran, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(adopts_a_running_trial, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(survives_the_keepers_death,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(submits_once, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("platform local", tests, NULL, NULL);
}
