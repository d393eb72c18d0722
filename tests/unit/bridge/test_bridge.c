/* SPDX-License-Identifier: MIT */
/* A bridge over a process that does what a dispatcher does, or something else:
 * dispatcher.py beside this file. */
#include "engine/bridge/bridge.h"

#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define TIMEOUT_MS 20000

/* What has been told, and when to stop running the loop. */
struct rig {
	struct loop *loop;
	struct bridge *bridge;
	struct loop_timer *timeout;
	char folder[32];
	int ready, trials, no_more, missing, stops, downs, gone;
	bool gave_up, has_timed_out;
	char problem[512], stopped[64];
	int trials_wanted;
};

static void on_ready(void *arg, const char *version)
{
	struct rig *rig = arg;

	assert_string_equal(version, "2.0");
	rig->ready++;
	loop_quit(rig->loop);
}

static void on_trial(void *arg, const char *text, size_t len)
{
	struct rig *rig = arg;

	assert_int_equal(strlen(text), len);
	if (++rig->trials == rig->trials_wanted)
		loop_quit(rig->loop);
}

static void on_no_more(void *arg, int missing)
{
	struct rig *rig = arg;

	rig->no_more++;
	rig->missing = missing;
	loop_quit(rig->loop);
}

static void on_stop(void *arg, const char *trial)
{
	struct rig *rig = arg;

	rig->stops++;
	snprintf(rig->stopped, sizeof(rig->stopped), "%s", trial);
	loop_quit(rig->loop);
}

static void on_down(void *arg, const char *problem, bool gives_up)
{
	struct rig *rig = arg;

	rig->downs++;
	rig->gave_up = gives_up;
	snprintf(rig->problem, sizeof(rig->problem), "%s", problem);
	loop_quit(rig->loop);
}

static void on_notice(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static void on_gone(void *arg)
{
	struct rig *rig = arg;

	rig->gone++;
	loop_quit(rig->loop);
}

static void on_timeout(void *arg)
{
	struct rig *rig = arg;

	rig->timeout = NULL;
	rig->has_timed_out = true;
	loop_quit(rig->loop);
}

static void run(struct rig *rig)
{
	rig->timeout = loop_after(rig->loop, TIMEOUT_MS, on_timeout, rig);
	loop_run(rig->loop);
	loop_cancel(rig->loop, rig->timeout);
	assert_false(rig->has_timed_out);
}

static void begin(struct rig *rig, const char *fault, int patience_ms)
{
	const char *source = getenv("TOP_SRCDIR");
	char *python = xasprintf("%s/tests/unit/bridge/dispatcher.py",
				 source ? source : ".");
	char *absolute = realpath(python, NULL);
	char *params = xasprintf("{\"tuner\": {\"name\": \"%s\"}}", fault);
	const struct bridge_callbacks callbacks = {
		.ready = on_ready,
		.trial = on_trial,
		.no_more = on_no_more,
		.stop = on_stop,
		.down = on_down,
		.notice = on_notice,
		.gone = on_gone,
		.arg = rig,
	};
	struct bridge_options options = {
		.noun = "tuner x",
		.python = absolute,
		.folder = rig->folder,
		.log_folder = "log",
		.params = params,
		.space = "{}",
		.log_level = "info",
		.devices = "",
		.patience_ms = patience_ms,
	};
	struct error err;

	*rig = (struct rig){.trials_wanted = -1};
	snprintf(rig->folder, sizeof(rig->folder), "/tmp/td-bridge.XXXXXX");
	assert_non_null(mkdtemp(rig->folder));
	assert_non_null(absolute);
	rig->loop = loop_new(&err);
	options.loop = rig->loop;
	rig->bridge = bridge_new(&options, &callbacks);
	free(python);
	free(absolute);
	free(params);
}

/* Nothing that it started is left: its log is nobody's any more. */
static void end(struct rig *rig)
{
	struct error err;

	bridge_free(rig->bridge, 300);
	loop_free(rig->loop);
	assert_true(fs_remove_tree(rig->folder, &err));
}

static void asks_and_hears(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, "short", 20000);
	assert_false(bridge_is_up(rig.bridge));
	run(&rig);
	assert_true(bridge_is_up(rig.bridge));
	bridge_ask(rig.bridge, 3);
	assert_int_equal(bridge_asked(rig.bridge), 3);
	run(&rig);
	assert_int_equal(rig.trials, 3);
	assert_int_equal(rig.no_more, 1);
	assert_int_equal(rig.missing, 0);
	assert_int_equal(bridge_asked(rig.bridge), 0);
	bridge_send(rig.bridge, "ME", "xa12b");
	run(&rig);
	assert_string_equal(rig.stopped, "xa12b");
	bridge_finish(rig.bridge);
	assert_false(bridge_is_gone(rig.bridge));
	run(&rig);
	assert_true(bridge_is_gone(rig.bridge));
	assert_int_equal(rig.gone, 1);
	assert_int_equal(rig.downs, 0);
	bridge_go_on(rig.bridge); /* the experiment was resumed */
	run(&rig);
	assert_int_equal(rig.ready, 2);
	end(&rig);
}

static void assert_space(struct rig *rig, const char *expected)
{
	bridge_send(rig->bridge, "ME", "which?");
	run(rig);
	assert_string_equal(rig->stopped, expected);
}

/* The process of now is told, and the one after it begins with it. */
static void another_space_is_told(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, "space", 20000);
	run(&rig);
	assert_space(&rig, "{}");
	bridge_set_space(rig.bridge, "{\"x\": 1}");
	assert_space(&rig, "{\"x\": 1}");
	bridge_finish(rig.bridge);
	run(&rig);
	bridge_set_space(rig.bridge, "{\"x\": 2}");
	bridge_go_on(rig.bridge);
	run(&rig);
	assert_space(&rig, "{\"x\": 2}");
	end(&rig);
}

static void a_flood_is_taken_in_turns(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, "flood", 20000);
	run(&rig);
	rig.trials_wanted = 50000;
	bridge_ask(rig.bridge, 1);
	run(&rig);
	assert_int_equal(rig.trials, 50000);
	assert_int_equal(rig.downs, 0);
	end(&rig);
}

/* Down once after being asked, and up again. */
static void recovers_from(const char *fault, const char *part)
{
	struct rig rig;

	begin(&rig, fault, 250);
	run(&rig);
	assert_int_equal(rig.ready, 1);
	bridge_ask(rig.bridge, 1);
	run(&rig);
	assert_int_equal(rig.downs, 1);
	assert_false(rig.gave_up);
	if (!strstr(rig.problem, part))
		fail_msg("%s: %s", fault, rig.problem);
	assert_int_equal(bridge_asked(rig.bridge), 0);
	assert_false(bridge_is_up(rig.bridge));
	run(&rig);
	assert_int_equal(rig.ready, 2);
	end(&rig);
}

static void faults_are_survived(void **state)
{
	(void)state;
	recovers_from("garbage", "sent no frame");
	recovers_from("huge", "99999999999999 bytes");
	recovers_from("half", "exit status 3");
	recovers_from("silent", "no answer within");
	recovers_from("stray", "killed by signal 9");
}

static void what_does_not_read_is_ended(void **state)
{
	char *much = xcalloc(8 * 1024 * 1024, 1);
	struct rig rig;

	(void)state;
	memset(much, 'x', 8 * 1024 * 1024 - 1);
	begin(&rig, "deaf", 250);
	run(&rig);
	bridge_send(rig.bridge, "FD", much);
	run(&rig);
	assert_int_equal(rig.downs, 1);
	assert_non_null(strstr(rig.problem, "no answer within"));
	free(much);
	end(&rig);
}

/* Each start fails: given up after some, until somebody wants it again. */
static void gives_up(const char *fault, const char *part)
{
	struct rig rig;

	begin(&rig, fault, 250);
	for (int i = 1; i <= 3; i++) {
		run(&rig);
		assert_int_equal(rig.downs, i);
		assert_int_equal(rig.gave_up, i == 3);
		if (!strstr(rig.problem, part))
			fail_msg("%s: %s", fault, rig.problem);
	}
	bridge_go_on(rig.bridge);
	run(&rig);
	assert_int_equal(rig.downs, 4);
	assert_false(rig.gave_up);
	end(&rig);
}

static void what_cannot_start_is_given_up(void **state)
{
	(void)state;
	gives_up("no-nni", "nni cannot be imported by py");
}

static void it_says_why_it_did_not_start(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, "no-hello", 250);
	run(&rig);
	assert_non_null(strstr(rig.problem, "RuntimeError: not today"));
	end(&rig);
	begin(&rig, "long-hello", 250);
	run(&rig);
	assert_int_equal(rig.downs, 1);
	end(&rig);
}

static void what_will_not_end_is_killed(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, "stubborn", 250);
	run(&rig);
	end(&rig); /* waits 300 ms, not for ever */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_and_hears),
		cmocka_unit_test(another_space_is_told),
		cmocka_unit_test(a_flood_is_taken_in_turns),
		cmocka_unit_test(faults_are_survived),
		cmocka_unit_test(what_does_not_read_is_ended),
		cmocka_unit_test(what_cannot_start_is_given_up),
		cmocka_unit_test(it_says_why_it_did_not_start),
		cmocka_unit_test(what_will_not_end_is_killed),
	};

	return cmocka_run_group_tests_name("bridge", tests, NULL, NULL);
}
