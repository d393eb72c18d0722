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
#include <stdlib.h>
#include <string.h>

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
	assert_non_null(strstr(rig_authorization(rig), version));
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
	assert_string_equal(rig_authorization(rig), "Bearer t");
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer t");
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
	session = rig_authorization(rig);
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
		assert_string_equal(rig_authorization(rig), "Bearer token1");
	assert_int_equal(rig_lines("runs"), 1);
	assert_int_equal(kube_auth_expires_ns(rig->auth), 0);
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer token2");
	assert_string_equal(rig_authorization(rig), "Bearer token2");
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
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	rig->auth->exec.got_ns = clock_mono_ns();
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	rig->auth->exec.got_ns -= rig->times.refused_ns;
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer token2");
}

static void renews_before_expiry(void **state)
{
	struct rig *rig = *state;
	const int64_t start_ns = 1893553445 * NS_PER_S; /* 03:04:05 */

	clock_fix_wall(start_ns);
	put_counting_plugin();
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:14:05Z\"");
	rig_start(rig, HTTPS, BETA);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	assert_int_equal(kube_auth_expires_ns(rig->auth),
			 start_ns + 600 * NS_PER_S);
	clock_fix_wall(start_ns + 589 * NS_PER_S);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_null(rig->auth->exec.plugin);
	/* ten seconds before: asked again, and the old one is still sent */
	clock_fix_wall(start_ns + 590 * NS_PER_S);
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:15:05Z\"");
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	assert_non_null(rig->auth->exec.plugin);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	rig_wait(rig, 2);
	assert_string_equal(rig_authorization(rig), "Bearer token2");
	/* over: nothing is sent with it any more */
	clock_fix_wall(start_ns + 660 * NS_PER_S);
	rig_put("status", ",\"expirationTimestamp\":\"2030-01-02T03:45:05Z\"");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_WAITING);
	rig_wait(rig, 3);
	assert_string_equal(rig_authorization(rig), "Bearer token3");
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
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	clock_fix_wall(start_ns + 4 * NS_PER_S);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
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
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	rig_put("plugin", "#!/bin/sh\nexit 3\n");
	clock_fix_wall(start_ns + 595 * NS_PER_S);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	rig_wait(rig, 2);
	assert_string_equal(rig_authorization(rig), "Bearer token1");
	assert_null(rig->auth->exec.plugin);
	clock_fix_wall(start_ns + 600 * NS_PER_S);
	rig_fails(rig, "ended with status 3");
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
	rig_put_answer(text);
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
	assert_null(rig_authorization(rig));
	assert_string_equal(kube_auth_cert(rig->auth), ann);
	assert_true(kube_auth_expires_ns(rig->auth) > clock_wall_ns());
	/* another token with the same certificate */
	put_pair("ann", "t");
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer t");
	assert_int_equal(kube_auth_generation(rig->auth), 0);
	put_pair("bob", "t");
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer t");
	assert_string_equal(kube_auth_cert(rig->auth), bob);
	assert_int_equal(kube_auth_generation(rig->auth), 1);
	/* and none any more */
	rig_put_answer(ANSWER("\"token\":\"t\""));
	kube_auth_refused(rig->auth);
	assert_string_equal(rig_authorization(rig), "Bearer t");
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
	rig_fails(rig, "the credential it gave expired at ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(speaks_all_versions),
		RIG_TEST(tells_of_a_refusal),
		RIG_TEST(has_no_terminal),
		RIG_TEST(insists_on_a_terminal),
		RIG_TEST(is_asked_once),
		RIG_TEST(ignores_late_refusals),
		RIG_TEST(renews_before_expiry),
		RIG_TEST(short_lives_are_used),
		RIG_TEST(renewal_may_fail_until_expiry),
		RIG_TEST(gives_certificates),
		RIG_TEST(gives_an_expired_certificate),
	};

	if (!rig_can_run())
		return 0;
	return cmocka_run_group_tests_name("kube credential plugins", tests,
					   rig_make_certificates,
					   rig_drop_certificates);
}
