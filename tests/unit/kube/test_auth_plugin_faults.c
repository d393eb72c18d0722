/* SPDX-License-Identifier: MIT */
/* Credential plugins that fail, hang, or say the wrong thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/kube/auth_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- faults -----------------------------------------------------------------
 */

static void refuses_answers(void **state)
{
	static const char *const rows[][2] = {
		{"", "is no JSON"},
		{"s3cret", "is no JSON"},
		{"[1]", "no ExecCredential"},
		{"{\"kind\":\"ExecCredential\"}",
		 "not of apiVersion " GROUP "v1beta1"},
		{"{\"kind\":\"ExecCredential\",\"apiVersion\":\"" GROUP
		 "v1\",\"status\":{\"token\":\"s3cret\"}}",
		 "not of apiVersion"},
		{"{\"apiVersion\":\"" GROUP "v1beta1\",\"kind\":\"Pod\"}",
		 "no ExecCredential"},
		{ANSWER("\"token\":\"s3cret\"") " and more", "is no JSON"},
		{ANSWER(""), "neither a token nor a certificate"},
		{ANSWER("\"token\":\"\""), "neither"},
		{ANSWER("\"token\":7"), "neither"},
		{"{\"apiVersion\":\"" GROUP "v1beta1\",\"kind\":"
		 "\"ExecCredential\",\"status\":[]}",
		 "has no status"},
		{ANSWER("\"token\":\"s3cret\\r\\nX-Evil: 1\""), "line break"},
		{ANSWER("\"clientCertificateData\":\"s3cret\""), "without key"},
		{ANSWER("\"token\":\"t\",\"clientKeyData\":\"s3cret\""),
		 "or the other way round"},
		{ANSWER("\"clientCertificateData\":\"s3cret\","
			"\"clientKeyData\":\"s3cret\""),
		 "the certificate it gave: the certificate cannot be read"},
		{ANSWER("\"token\":\"t\",\"expirationTimestamp\":\"soon\""),
		 "is no time"},
		{ANSWER("\"token\":\"t\",\"expirationTimestamp\":7"),
		 "is no time"},
		{ANSWER("\"token\":\"t\",\"expirationTimestamp\":"
			"\"2020-01-01T00:00:00Z\""),
		 "expired at 2020-01-01T00:00:00.000Z"},
	};
	struct rig *rig = *state;

	rig_start(rig, HTTPS, BETA);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		rig_put_answer(rows[i][0]);
		rig_fails(rig, rows[i][1]);
		rig_expect(rig, "credential plugin /");
		rig->auth->exec.retry_ns = 0;
	}
	rig_put_answer(ANSWER("\"token\":\"t\",\"expirationTimestamp\":null"));
	assert_string_equal(rig_authorization(rig), "Bearer t");
}

static void fails_with_its_last_words(void **state)
{
	struct rig *rig = *state;

	rig_put("plugin",
		"#!/bin/sh\necho run >>runs\necho s3cret\n"
		"echo first >&2\n"
		"printf '\\033[31mlogin\\thas   expired\\033[0m\\n\\n' >&2\n"
		"exit 7\n");
	rig_start(rig, HTTPS, BETA);
	rig_fails(rig, "/plugin: it ended with status 7: login has expired");
	assert_null(strstr(rig->err.text, "first"));
	assert_int_equal(rig->err.code, ERROR_UNAVAILABLE);
	/* the failure stands for a while */
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "login has expired");
	assert_int_equal(rig_lines("runs"), 1);
	rig->auth->exec.retry_ns -= rig->times.retry_ns;
	rig_put_answer(ANSWER("\"token\":\"t\""));
	assert_string_equal(rig_authorization(rig), "Bearer t");
	assert_int_equal(rig_lines("runs"), 2);
}

static void waits_longer_each_time(void **state)
{
	struct rig *rig = *state;
	const int64_t expected_s[] = {1, 2, 4, 8, 16, 30, 30};

	rig_put("plugin", "#!/bin/sh\nkill -9 $$\n");
	rig_start(rig, HTTPS, BETA);
	for (size_t i = 0; i < COUNT_OF(expected_s); i++) {
		int64_t before_ns = clock_mono_ns(), retry_ns;

		rig_fails(rig, "it was killed by signal 9");
		retry_ns = rig->auth->exec.retry_ns;
		assert_true(retry_ns >= before_ns + expected_s[i] * NS_PER_S);
		assert_true(retry_ns <=
			    clock_mono_ns() + expected_s[i] * NS_PER_S);
		rig->auth->exec.retry_ns = 0;
	}
}

static void is_not_installed(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS,
		  "exec: {apiVersion: " GROUP
		  "v1beta1, command: trialdeck-no-such-plugin, installHint: "
		  "\"\\e[1mget it\\e[0m\\n  from here\"}");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "credential plugin trialdeck-no-such-plugin: it is not "
			"installed: get it from here");
	kube_auth_close(rig->auth);
	kube_config_free(rig->config);
	rig_put("plugin", "%s", "text");
	assert_int_equal(chmod("plugin", 0600), 0);
	rig_start(rig, HTTPS, BETA);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "start it: Permission denied");
	assert_int_equal(rig->ready, 0);
}

static void says_too_much(void **state)
{
	struct rig *rig = *state;

	rig_put("plugin", "#!/bin/sh\nexec yes s3cret\n");
	rig_start(rig, HTTPS, BETA);
	rig_fails(rig, "it printed more than 1048576 bytes");
	kube_auth_close(rig->auth);
	/* complaints without end are cut, not kept */
	rig_put("plugin", "#!/bin/sh\nyes complaint | head -c 3000000 >&2\n"
			  "echo; echo last >&2; exit 1\n");
	rig_open(rig);
	rig_fails(rig, "status 1: last");
}

/* --- its processes ----------------------------------------------------------
 */

/* A pipe that everything the plugin starts holds open: at its end all of that
 * is gone. */
static int open_leash(void)
{
	int fd;

	assert_int_equal(mkfifo("leash", 0600), 0);
	fd = open("leash", O_RDONLY | O_NONBLOCK);
	assert_true(fd >= 0);
	return fd;
}

static void expect_all_gone(int leash)
{
	struct pollfd wait = {.fd = leash, .events = POLLIN};
	char c;

	/* one byte says it had begun */
	assert_int_equal(poll(&wait, 1, 10000), 1);
	assert_int_equal(read(leash, &c, 1), 1);
	do
		assert_int_equal(poll(&wait, 1, 10000), 1);
	while (!(wait.revents & POLLHUP));
	close(leash);
}

static void hangs(void **state)
{
	struct rig *rig = *state;
	int leash = open_leash();

	rig->times.plugin_timeout_ms = 300;
	rig_put("plugin", "#!/bin/sh\nexec 3>leash; echo >&3\n"
			  "echo open a browser >&2\nsleep 600 & wait\n");
	rig_start(rig, HTTPS, BETA);
	rig_fails(rig, "it gave no answer within 0.3 s: open a browser");
	assert_int_equal(rig->err.code, ERROR_TIMEOUT);
	expect_all_gone(leash);
}

static void hangs_on(void **state)
{
	struct rig *rig = *state;
	int leash = open_leash();

	rig->times.plugin_timeout_ms = 300;
	rig->times.plugin_grace_ms = 100;
	rig_put("plugin", "#!/bin/sh\ntrap '' TERM\nexec 3>leash; echo >&3\n"
			  "sleep 600 & while :; do wait; done\n");
	rig_start(rig, HTTPS, BETA);
	rig_fails(rig, "it gave no answer within 0.3 s");
	expect_all_gone(leash);
}

static void on_leash(int fd, short events, void *arg)
{
	(void)fd, (void)events;
	loop_quit(arg);
}

static void ends_with_us(void **state)
{
	struct rig *rig = *state;
	int leash = open_leash();
	struct loop_watch *watch;

	rig_put("plugin", "#!/bin/sh\ntrap '' TERM\nexec 3>leash; echo >&3\n"
			  "sleep 600 & while :; do wait; done\n");
	rig_start(rig, HTTPS, BETA);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	watch = loop_watch_fd(rig->loop, leash, POLLIN, on_leash, rig->loop);
	loop_run(rig->loop);
	loop_unwatch(rig->loop, watch);
	kube_auth_close(rig->auth);
	rig->auth = NULL;
	expect_all_gone(leash);
	assert_int_equal(rig->ready, 0);
}

/* Somebody it leaves behind holds its output open; nobody waits for that. */
static void leaves_somebody_behind(void **state)
{
	struct rig *rig = *state;
	char *pid;

	rig_put("plugin", "#!/bin/sh\nsleep 600 &\necho $! >pid\n"
			  "echo '" ANSWER("\"token\":\"t\"") "'\n");
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(rig_authorization(rig), "Bearer t");
	pid = rig_get("pid");
	assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	free(pid);
}

static void close_auth(void *arg)
{
	struct rig *rig = arg;

	kube_auth_close(rig->auth);
	rig->auth = NULL;
	loop_quit(rig->loop);
}

static void may_be_closed_when_ready(void **state)
{
	struct rig *rig = *state;

	rig_put_answer(ANSWER("\"token\":\"t\""));
	rig_start(rig, HTTPS, BETA);
	rig->auth->ready = close_auth;
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	loop_run(rig->loop);
	assert_null(rig->auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(refuses_answers),
		RIG_TEST(fails_with_its_last_words),
		RIG_TEST(waits_longer_each_time),
		RIG_TEST(is_not_installed),
		RIG_TEST(says_too_much),
		RIG_TEST(hangs),
		RIG_TEST(hangs_on),
		RIG_TEST(ends_with_us),
		RIG_TEST(leaves_somebody_behind),
		RIG_TEST(may_be_closed_when_ready),
	};

	if (!rig_can_run())
		return 0;
	return cmocka_run_group_tests_name(
		"kube credential plugins with faults", tests,
		rig_make_certificates, rig_drop_certificates);
}
