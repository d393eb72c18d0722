/* SPDX-License-Identifier: MIT */
/* Credential plugins: real programs on a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/secret.h"
#include "tests/unit/kube/auth_rig.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HTTPS "server: 'https://h:6443'"
#define GROUP "client.authentication.k8s.io/"
#define BETA "exec: {apiVersion: " GROUP "v1beta1, command: ./plugin}"

/* The text of an answer of version v1beta1 with this status. */
#define ANSWER(status)                                                         \
	"{\"apiVersion\":\"" GROUP "v1beta1\",\"kind\":\"ExecCredential\","    \
	"\"status\":{" status "}}"

/* Answers "token1", "token2", ... with what the file `status` has added. */
static void put_counting_plugin(void)
{
	rig_put("status", "%s", "");
	rig_put("plugin", "#!/bin/sh\n"
			  "echo run >>runs\n"
			  "n=$(wc -l <runs)\n"
			  "echo '{\"apiVersion\":\"" GROUP
			  "v1beta1\",\"kind\":\"ExecCredential\"',\n"
			  "echo '\"status\":{\"token\":\"token'$((n))'\"'$(cat "
			  "status)'}}'\n");
}

/* A plugin that prints just this. */
static void put_answer(const char *answer)
{
	rig_put("answer", "%s", answer);
	rig_put("plugin", "#!/bin/sh\necho run >>runs\ncat answer\n");
}

static const char *bearer(struct rig *rig)
{
	if (rig_settle(rig) != KUBE_AUTH_READY)
		fail_msg("%s", rig->err.text);
	return rig_header(rig, "Authorization");
}

static void fails(struct rig *rig, const char *text)
{
	assert_int_equal(rig_settle(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, text);
}

/* --- what it is told --------------------------------------------------------
 */

static void tell_version(struct rig *rig, const char *version,
			 const char *expected)
{
	char *user =
		xasprintf("exec: {apiVersion: " GROUP "%s, command: "
			  "./plugin, args: [a, 'b c'], provideClusterInfo:"
			  " true, interactiveMode: IfAvailable, env: "
			  "[{name: MINE, value: mine}, {name: HOME, value: "
			  "h}]}",
			  version);
	char *told, *arguments;

	rig_put("plugin",
		"#!/bin/sh\n"
		"printf %%s \"$KUBERNETES_EXEC_INFO\" >told\n"
		"echo \"$# $1 $2 $MINE $HOME $(cat | wc -c)\" >arguments\n"
		"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" GROUP
		"%s\",\"status\":{\"token\":\"t-%s\"}}'\n",
		version, version);
	rig_start(rig,
		  HTTPS ", tls-server-name: n, certificate-authority: ca.crt, "
			"proxy-url: 'http://p:1', disable-compression: true, "
			"extensions: [{name: " GROUP
			"exec, extension: {a: [1]}}]",
		  user);
	assert_non_null(strstr(bearer(rig), version));
	told = rig_get("told");
	arguments = rig_get("arguments");
	assert_string_equal(told, expected);
	assert_string_equal(arguments, "2 a b c mine h 0");
	free(told);
	free(arguments);
	free(user);
	kube_auth_close(rig->auth);
	rig->auth = NULL;
	kube_config_free(rig->config);
	rig->config = NULL;
}

static void speaks_all_versions(void **state)
{
	struct rig *rig = *state;
	struct strbuf ca = STRBUF_INIT;
	char *text = rig_get("ca.crt"), *expected;

	rig_put("ca.crt", "%s", text);
	secret_add_base64(&ca, text, strlen(text));
	for (int i = 0; i < 2; i++) {
		const char *version = i ? "v1" : "v1beta1";

		expected = xasprintf(
			"{\"spec\":{\"interactive\":false,\"cluster\":"
			"{\"server\":\"https://h:6443\",\"tls-server-name\":"
			"\"n\",\"certificate-authority-data\":\"%s\","
			"\"proxy-url\":\"http://p:1\",\"disable-compression\":"
			"true,\"config\":{\"a\":[1]}}},\"apiVersion\":\"" GROUP
			"%s\",\"kind\":\"ExecCredential\"}",
			ca.data, version);
		tell_version(rig, version, expected);
		free(expected);
	}
	/* the first one knows nothing of clusters */
	tell_version(rig, "v1alpha1",
		     "{\"spec\":{\"interactive\":false},\"apiVersion\":\"" GROUP
		     "v1alpha1\",\"kind\":\"ExecCredential\"}");
	strbuf_release(&ca);
	free(text);
}

static void tells_of_a_refusal(void **state)
{
	struct rig *rig = *state;
	char *told;

	rig->times.refused_ns = 0;
	rig_put("plugin",
		"#!/bin/sh\nprintf %%s \"$KUBERNETES_EXEC_INFO\" >told\n"
		"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" GROUP
		"v1alpha1\",\"status\":{\"token\":\"t\"}}'\n");
	rig_start(rig, HTTPS,
		  "exec: {apiVersion: " GROUP "v1alpha1, command: ./plugin}");
	assert_string_equal(bearer(rig), "Bearer t");
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer t");
	told = rig_get("told");
	assert_non_null(strstr(told, "\"response\":{\"code\":401}"));
	free(told);
}

static void has_no_terminal(void **state)
{
	struct rig *rig = *state;
	const char *session;
	long pid, group, leader;
	char *end;

	/* fields 5 and 6 of stat: process group and session */
	rig_put("plugin",
		"#!/bin/sh\n"
		"if (: </dev/tty); then tty=tty; else tty=none; fi "
		"2>/dev/null\n"
		"ids=$(cut -d' ' -f5,6 /proc/$$/stat)\n"
		"echo '{\"kind\":\"ExecCredential\",\"apiVersion\":\"" GROUP
		"v1beta1\",\"status\":{\"token\":\"'$$ $ids $tty'\"}}'\n");
	rig_start(rig, HTTPS, BETA);
	session = bearer(rig);
	assert_int_equal(strncmp(session, "Bearer ", 7), 0);
	pid = strtol(session + 7, &end, 10);
	group = strtol(end, &end, 10);
	leader = strtol(end, &end, 10);
	assert_int_equal(group, pid);
	assert_int_equal(leader, pid);
	assert_string_equal(end, " none");
}

static void insists_on_a_terminal(void **state)
{
	struct rig *rig = *state;

	rig_configure(rig, HTTPS,
		      "exec: {apiVersion: " GROUP
		      "v1, command: x, interactiveMode: Always}");
	assert_false(rig_try_open(rig));
	rig_expect(rig, "insists on a terminal");
}

/* --- how long its answer is good --------------------------------------------
 */

static void is_asked_once(void **state)
{
	struct rig *rig = *state;

	rig->times.refused_ns = 0;
	put_counting_plugin();
	rig_start(rig, HTTPS, BETA);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	assert_null(rig->headers);
	rig_wait(rig, 1);
	for (int i = 0; i < 3; i++)
		assert_string_equal(bearer(rig), "Bearer token1");
	assert_int_equal(rig_lines("runs"), 1);
	assert_int_equal(kube_auth_expires_ns(rig->auth), 0);
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer token2");
	assert_string_equal(bearer(rig), "Bearer token2");
	assert_int_equal(rig_lines("runs"), 2);
	assert_int_equal(rig->ready, 2);
	/* nothing that connections hang on has changed */
	assert_int_equal(kube_auth_generation(rig->auth), 0);
}

/* Requests sent with the credential before are answered late. */
static void ignores_late_refusals(void **state)
{
	struct rig *rig = *state;

	put_counting_plugin();
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(bearer(rig), "Bearer token1");
	rig->auth->exec.got_ns = clock_mono_ns();
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer token1");
	rig->auth->exec.got_ns -= rig->times.refused_ns;
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer token2");
}

static void renews_before_expiry(void **state)
{
	struct rig *rig = *state;
	const int64_t start_ns = 1893553445 * NS_PER_S; /* 03:04:05 */

	clock_fix_wall(start_ns);
	put_counting_plugin();
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:14:05Z\"");
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(bearer(rig), "Bearer token1");
	assert_int_equal(kube_auth_expires_ns(rig->auth),
			 start_ns + 600 * NS_PER_S);
	clock_fix_wall(start_ns + 589 * NS_PER_S);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_null(rig->auth->exec.plugin);
	/* ten seconds before: asked again, and the old one is still sent */
	clock_fix_wall(start_ns + 590 * NS_PER_S);
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:15:05Z\"");
	assert_string_equal(bearer(rig), "Bearer token1");
	assert_non_null(rig->auth->exec.plugin);
	assert_string_equal(bearer(rig), "Bearer token1");
	rig_wait(rig, 2);
	assert_string_equal(bearer(rig), "Bearer token2");
	/* over: nothing is sent with it any more */
	clock_fix_wall(start_ns + 660 * NS_PER_S);
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:45:05Z\"");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	rig_wait(rig, 3);
	assert_string_equal(bearer(rig), "Bearer token3");
	assert_int_equal(rig_lines("runs"), 3);
}

/* A token of a few seconds must not be asked for all the time. */
static void short_lives_are_used(void **state)
{
	struct rig *rig = *state;
	const int64_t start_ns = 1893553445 * NS_PER_S;

	clock_fix_wall(start_ns);
	put_counting_plugin();
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:04:10Z\"");
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(bearer(rig), "Bearer token1");
	clock_fix_wall(start_ns + 4 * NS_PER_S);
	assert_string_equal(bearer(rig), "Bearer token1");
	assert_null(rig->auth->exec.plugin);
}

static void renewal_may_fail_until_expiry(void **state)
{
	struct rig *rig = *state;
	const int64_t start_ns = 1893553445 * NS_PER_S;

	clock_fix_wall(start_ns);
	put_counting_plugin();
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:14:05Z\"");
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(bearer(rig), "Bearer token1");
	rig_put("plugin", "#!/bin/sh\nexit 3\n");
	clock_fix_wall(start_ns + 595 * NS_PER_S);
	assert_string_equal(bearer(rig), "Bearer token1");
	rig_wait(rig, 2);
	assert_string_equal(bearer(rig), "Bearer token1");
	assert_null(rig->auth->exec.plugin);
	clock_fix_wall(start_ns + 600 * NS_PER_S);
	fails(rig, "ended with status 3");
}

/* --- certificates -----------------------------------------------------------
 */

static void put_pair(const char *name, const char *token)
{
	cJSON *answer = cJSON_CreateObject();
	cJSON *status = cJSON_AddObjectToObject(answer, "status");
	char *path = xasprintf("%s.crt", name), *text = rig_get(path);

	cJSON_AddStringToObject(answer, "apiVersion", GROUP "v1beta1");
	cJSON_AddStringToObject(answer, "kind", "ExecCredential");
	cJSON_AddStringToObject(status, "clientCertificateData", text);
	free(text);
	free(path);
	path = xasprintf("%s.key", name);
	text = rig_get(path);
	cJSON_AddStringToObject(status, "clientKeyData", text);
	if (token)
		cJSON_AddStringToObject(status, "token", token);
	free(text);
	free(path);
	text = cJSON_PrintUnformatted(answer);
	put_answer(text);
	cJSON_free(text);
	cJSON_Delete(answer);
}

static void gives_certificates(void **state)
{
	struct rig *rig = *state;
	char *ann = rig_get("ann.crt"), *bob = rig_get("bob.crt");

	rig->times.refused_ns = 0;
	put_pair("ann", NULL);
	rig_start(rig, HTTPS, BETA);
	assert_null(bearer(rig));
	assert_string_equal(kube_auth_cert(rig->auth), ann);
	assert_true(kube_auth_expires_ns(rig->auth) > clock_wall_ns());
	/* another token with the same certificate */
	put_pair("ann", "t");
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer t");
	assert_int_equal(kube_auth_generation(rig->auth), 0);
	put_pair("bob", "t");
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer t");
	assert_string_equal(kube_auth_cert(rig->auth), bob);
	assert_int_equal(kube_auth_generation(rig->auth), 1);
	/* and none any more */
	put_answer(ANSWER("\"token\":\"t\""));
	kube_auth_refused(rig->auth);
	assert_string_equal(bearer(rig), "Bearer t");
	assert_null(kube_auth_cert(rig->auth));
	assert_int_equal(kube_auth_generation(rig->auth), 2);
	free(ann);
	free(bob);
}

static void gives_an_expired_certificate(void **state)
{
	struct rig *rig = *state;

	put_pair("expired", "t");
	rig_start(rig, HTTPS, BETA);
	fails(rig, "the credential it gave expired at ");
}

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
		put_answer(rows[i][0]);
		fails(rig, rows[i][1]);
		rig_expect(rig, "credential plugin /");
		rig->auth->exec.retry_ns = 0;
	}
	put_answer(ANSWER("\"token\":\"t\",\"expirationTimestamp\":null"));
	assert_string_equal(bearer(rig), "Bearer t");
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
	fails(rig, "/plugin: it ended with status 7: login has expired");
	assert_null(strstr(rig->err.text, "first"));
	assert_int_equal(rig->err.code, ERROR_UNAVAILABLE);
	/* the failure stands for a while */
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "login has expired");
	assert_int_equal(rig_lines("runs"), 1);
	rig->auth->exec.retry_ns -= rig->times.retry_ns;
	put_answer(ANSWER("\"token\":\"t\""));
	assert_string_equal(bearer(rig), "Bearer t");
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

		fails(rig, "it was killed by signal 9");
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
	fails(rig, "it printed more than 1048576 bytes");
	kube_auth_close(rig->auth);
	/* complaints without end are cut, not kept */
	rig_put("plugin", "#!/bin/sh\nyes complaint | head -c 3000000 >&2\n"
			  "echo; echo last >&2; exit 1\n");
	rig_open(rig);
	fails(rig, "status 1: last");
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
	fails(rig, "it gave no answer within 0.3 s: open a browser");
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
	fails(rig, "it gave no answer within 0.3 s");
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
	assert_string_equal(bearer(rig), "Bearer t");
	pid = rig_get("pid");
	assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	free(pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_make, rig_destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(speaks_all_versions),
		TEST(tells_of_a_refusal),
		TEST(has_no_terminal),
		TEST(insists_on_a_terminal),
		TEST(is_asked_once),
		TEST(ignores_late_refusals),
		TEST(renews_before_expiry),
		TEST(short_lives_are_used),
		TEST(renewal_may_fail_until_expiry),
		TEST(gives_certificates),
		TEST(gives_an_expired_certificate),
		TEST(refuses_answers),
		TEST(fails_with_its_last_words),
		TEST(waits_longer_each_time),
		TEST(is_not_installed),
		TEST(says_too_much),
		TEST(hangs),
		TEST(hangs_on),
		TEST(ends_with_us),
		TEST(leaves_somebody_behind),
	};

	if (!rig_can_run())
		return 0;
	return cmocka_run_group_tests_name("kube credential plugins", tests,
					   rig_make_certificates,
					   rig_drop_certificates);
}
