/* SPDX-License-Identifier: MIT */
/* Credentials on a handle: headers, tokens and files that change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/secret.h"
#include "tests/unit/kube/auth_rig.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *authorization(struct rig *rig)
{
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	return rig_header(rig, "Authorization");
}

/* --- headers ----------------------------------------------------------------
 */

static void sends_tokens(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS, "token: abc");
	assert_string_equal(authorization(rig), "Bearer abc");
	assert_string_equal(kube_auth_base_url(rig->auth), "https://h:6443");
	assert_int_equal(kube_auth_expires_ns(rig->auth), 0);
	assert_null(rig_header(rig, "Host"));
}

static void sends_passwords(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS, "username: Aladdin, password: 'open sesame'");
	assert_string_equal(authorization(rig),
			    "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
}

static void tells_nothing_in_the_clear(void **state)
{
	static const char *const users[] = {
		"token: abc", "tokenFile: t", "username: a, password: b",
		"exec: {apiVersion: client.authentication.k8s.io/v1, command: "
		"./plugin, interactiveMode: Always}"};
	struct rig *rig = *state;

	rig_put("t", "abc");
	rig_put("plugin", "#!/bin/sh\necho run >>runs\n");
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		rig_start(rig, "server: 'http://h:8080'", users[i]);
		assert_null(authorization(rig));
		kube_auth_close(rig->auth);
		rig->auth = NULL;
		kube_config_free(rig->config);
	}
	rig->config = NULL;
	assert_int_equal(rig_lines("runs"), 0);
}

static int count_headers(const struct rig *rig, const char *line)
{
	int count = 0;

	for (const struct curl_slist *at = rig->headers; at; at = at->next)
		count += !strcmp(at->data, line);
	return count;
}

static void acts_for_others(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS,
		  "token: abc, as: 'jane@x', as-uid: '7', as-groups: [devs, "
		  "'ops team', ''], as-user-extra: {'Acme.com/Proj%ect': [one, "
		  "two], 'ä': [x]}");
	assert_string_equal(authorization(rig), "Bearer abc");
	assert_int_equal(count_headers(rig, "Impersonate-User: jane@x"), 1);
	assert_int_equal(count_headers(rig, "Impersonate-Uid: 7"), 1);
	assert_int_equal(count_headers(rig, "Impersonate-Group: devs"), 1);
	assert_int_equal(count_headers(rig, "Impersonate-Group: ops team"), 1);
	assert_int_equal(count_headers(rig, "Impersonate-Group;"), 1);
	assert_int_equal(
		count_headers(rig,
			      "Impersonate-Extra-acme.com%2Fproj%25ect: one"),
		1);
	assert_int_equal(
		count_headers(rig,
			      "Impersonate-Extra-acme.com%2Fproj%25ect: two"),
		1);
	assert_int_equal(count_headers(rig, "Impersonate-Extra-%C3%A4: x"), 1);
}

/* Configurations that were not read from a file pass the same door. */
static void lets_no_line_break_through(void **state)
{
	struct rig *rig = *state;
	char *groups[] = {(char[]){"a\nX-Evil: 1"}, NULL};

	rig_configure(rig, HTTPS, "token: abc, as: boss");
	secret_free(rig->config->token);
	rig->config->token = xstrdup("s3cret\r\nX-Evil: 1");
	rig_open(rig);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "header Authorization: its value holds a line break");
	kube_auth_close(rig->auth);
	secret_free(rig->config->token);
	rig->config->token = xstrdup("abc");
	rig->config->as_groups = groups;
	rig_open(rig);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "header Impersonate-Group");
	rig->config->as_groups = NULL;
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
}

static void takes_another_name(void **state)
{
	static const char *const rows[][3] = {
		{"server: 'https://10.0.0.1:6443/p', tls-server-name: api.test",
		 "https://api.test:6443/p", "10.0.0.1:6443"},
		{"server: 'https://10.0.0.1', tls-server-name: api.test",
		 "https://api.test", "10.0.0.1"},
		{"server: 'https://[fd00::1]:1', tls-server-name: 'fd00::2'",
		 "https://[fd00::2]:1", "[fd00::1]:1"},
		/* nothing to be done */
		{"server: 'https://Api.test:1', tls-server-name: api.test",
		 "https://Api.test:1", NULL},
		{"server: 'http://h:1', tls-server-name: api.test",
		 "http://h:1", NULL},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		rig_start(rig, rows[i][0], "");
		assert_string_equal(kube_auth_base_url(rig->auth), rows[i][1]);
		assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
		if (rows[i][2])
			assert_string_equal(rig_header(rig, "Host"),
					    rows[i][2]);
		else
			assert_null(rig_header(rig, "Host"));
		kube_auth_close(rig->auth);
		rig->auth = NULL;
		kube_config_free(rig->config);
		rig->config = NULL;
	}
}

/* --- token files ------------------------------------------------------------
 */

static void reads_tokens_again(void **state)
{
	struct rig *rig = *state;

	rig_put("t", "\n one \n\n");
	rig_start(rig, HTTPS, "token: start, tokenFile: t");
	assert_string_equal(authorization(rig), "Bearer one");
	/* not before a minute is over */
	rig_put("t", "two");
	assert_string_equal(authorization(rig), "Bearer one");
	/* but at once when it was refused, and then not again */
	kube_auth_refused(rig->auth);
	assert_string_equal(authorization(rig), "Bearer two");
	rig_put("t", "three");
	assert_string_equal(authorization(rig), "Bearer two");
	/* a minute later */
	rig->auth->token_read_ns -= rig->times.token_ns;
	assert_string_equal(authorization(rig), "Bearer three");
	assert_int_equal(kube_auth_generation(rig->auth), 0);
}

static void keeps_the_last_good_token(void **state)
{
	struct rig *rig = *state;

	rig->times.token_ns = 0;
	rig_put("t", "one");
	rig_start(rig, HTTPS, "tokenFile: t");
	assert_string_equal(authorization(rig), "Bearer one");
	rig_put("t", " \n");
	assert_string_equal(authorization(rig), "Bearer one");
	rig_put("t", "two\r\nX-Evil: 1");
	assert_string_equal(authorization(rig), "Bearer one");
	unlink("t");
	kube_auth_refused(rig->auth);
	assert_string_equal(authorization(rig), "Bearer one");
	rig_put("t", "two");
	assert_string_equal(authorization(rig), "Bearer two");
}

static void needs_a_first_token(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS, "tokenFile: t");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "token file: open /");
	assert_int_equal(rig->err.code, ERROR_NOT_FOUND);
	rig_put("t", "\n");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "/t is empty");
	rig_put("t", "s3cret\nline");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "/t is more than a token");
	unlink("t");
	/* nobody writes into it: reading must not wait for somebody */
	assert_int_equal(mkfifo("t", 0600), 0);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "/t is no regular file");
	unlink("t");
	rig_put("t", "a%*d", KUBE_TOKEN_MAX, 1);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, "is larger than");
	rig_put("t", "one");
	assert_string_equal(authorization(rig), "Bearer one");
}

static void starts_with_the_token_of_the_file(void **state)
{
	struct rig *rig = *state;

	rig_start(rig, HTTPS, "token: start, tokenFile: t");
	assert_string_equal(authorization(rig), "Bearer start");
}

static void knows_when_tokens_expire(void **state)
{
	struct rig *rig = *state;
	struct strbuf claims = STRBUF_INIT;
	const char *json = "{\"sub\":\"?>~\",\"exp\":1893553445}";

	/* RFC 7515: base64 of the URL alphabet, without padding */
	secret_add_base64(&claims, json, strlen(json));
	while (claims.data[claims.len - 1] == '=')
		strbuf_truncate(&claims, claims.len - 1);
	for (char *at = claims.data; *at; at++)
		*at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
	rig_put("t", "e30.%s.c2ln", claims.data);
	rig_start(rig, HTTPS, "tokenFile: t");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_expires_ns(rig->auth),
			 1893553445 * NS_PER_S);
	rig_put("t", "e30.e30.c2ln");
	kube_auth_refused(rig->auth);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_expires_ns(rig->auth), 0);
	strbuf_release(&claims);
	assert_int_equal(kube_token_expires_ns("a.b"), 0);
	assert_int_equal(kube_token_expires_ns("a.!!.c"), 0);
	assert_int_equal(kube_token_expires_ns("a.bm90IEpTT04.c"), 0);
}

/* --- certificate files ------------------------------------------------------
 */

static void copy(const char *from, const char *to)
{
	char *text = rig_get(from);

	assert_true(*text != '\0');
	rig_put(to, "%s\n", text);
	free(text);
}

static void reads_certificates_again(void **state)
{
	struct rig *rig = *state;
	char *old;
	int64_t first_ns;

	rig->times.files_ns = 0;
	copy("ann.crt", "me.crt");
	copy("ann.key", "me.key");
	rig_start(rig, HTTPS ", certificate-authority: ca.crt",
		  "client-certificate: me.crt, client-key: me.key");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 0);
	old = xstrdup(kube_auth_cert(rig->auth));
	first_ns = kube_auth_expires_ns(rig->auth);
	assert_true(first_ns > clock_wall_ns() + 29 * 86400 * NS_PER_S);
	assert_true(first_ns < clock_wall_ns() + 31 * 86400 * NS_PER_S);
	/* written again, but the same */
	copy("ann.crt", "me.crt");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 0);
	/* half of the new pair is not taken */
	copy("bob.crt", "me.crt");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_string_equal(kube_auth_cert(rig->auth), old);
	copy("bob.key", "me.key");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_string_not_equal(kube_auth_cert(rig->auth), old);
	assert_int_equal(kube_auth_generation(rig->auth), 1);
	/* gone for a moment */
	unlink("me.key");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 1);
	/* another authority: connections it vouched for must not go on */
	copy("stranger.crt", "ca.crt");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 2);
	free(old);
}

static void looks_no_more_than_once_a_second(void **state)
{
	struct rig *rig = *state;

	copy("ann.crt", "me.crt");
	copy("ann.key", "me.key");
	rig_start(rig, HTTPS, "client-certificate: me.crt, client-key: me.key");
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	copy("bob.crt", "me.crt");
	copy("bob.key", "me.key");
	rig->auth->files_seen_ns = clock_mono_ns();
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 0);
	kube_auth_refused(rig->auth);
	assert_int_equal(rig_apply(rig), KUBE_AUTH_READY);
	assert_int_equal(kube_auth_generation(rig->auth), 1);
}

static void needs_good_files(void **state)
{
	static const char *const rows[][3] = {
		{", certificate-authority: gone", "token: t", "open /"},
		{", certificate-authority: ca.key", "token: t",
		 "ca.key: no certificate is in it"},
		{", certificate-authority: broken", "token: t",
		 "broken: a certificate in it cannot be read"},
		{"", "client-certificate: gone, client-key: ann.key", "open /"},
		{"", "client-certificate: ann.crt, client-key: bob.key",
		 "ann.crt: its key is that of another certificate"},
		{"", "client-certificate: ann.crt, client-key: ann.crt",
		 "ann.crt: its key cannot be read"},
		{"", "client-certificate: ann.key, client-key: ann.key",
		 "ann.key: the certificate cannot be read"},
		{"", "client-certificate: ann.crt, client-key: locked.key",
		 "its key has a passphrase"},
	};
	struct rig *rig = *state;

	rig_put("broken", "-----BEGIN CERTIFICATE-----\nabcd\n"
			  "-----END CERTIFICATE-----\n");
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *cluster = xasprintf(HTTPS "%s", rows[i][0]);

		rig_start(rig, cluster, rows[i][1]);
		assert_int_equal(rig_apply(rig), KUBE_AUTH_FAILED);
		rig_expect(rig, rows[i][2]);
		kube_auth_close(rig->auth);
		rig->auth = NULL;
		kube_config_free(rig->config);
		rig->config = NULL;
		free(cluster);
	}
}

static char *base64_of(const char *name)
{
	char *text = rig_get(name);
	struct strbuf out = STRBUF_INIT;

	secret_add_base64(&out, text, strlen(text));
	free(text);
	return strbuf_detach(&out);
}

static void needs_good_data(void **state)
{
	struct rig *rig = *state;
	char *cert = base64_of("ann.crt"), *key = base64_of("bob.key");
	char *user = xasprintf("client-certificate-data: %s, client-key-data: "
			       "%s",
			       cert, key);
	char *cluster =
		xasprintf(HTTPS ", certificate-authority-data: %s", key);

	rig_configure(rig, HTTPS, user);
	assert_false(rig_try_open(rig));
	rig_expect(rig, "client-certificate-data: its key is that of another");
	kube_config_free(rig->config);
	rig_configure(rig, cluster, "token: t");
	assert_false(rig_try_open(rig));
	rig_expect(rig, "certificate-authority-data: no certificate");
	free(cert);
	free(key);
	free(user);
	free(cluster);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(sends_tokens),
		RIG_TEST(sends_passwords),
		RIG_TEST(tells_nothing_in_the_clear),
		RIG_TEST(acts_for_others),
		RIG_TEST(lets_no_line_break_through),
		RIG_TEST(takes_another_name),
		RIG_TEST(reads_tokens_again),
		RIG_TEST(keeps_the_last_good_token),
		RIG_TEST(needs_a_first_token),
		RIG_TEST(starts_with_the_token_of_the_file),
		RIG_TEST(knows_when_tokens_expire),
		RIG_TEST(reads_certificates_again),
		RIG_TEST(looks_no_more_than_once_a_second),
		RIG_TEST(needs_good_files),
		RIG_TEST(needs_good_data),
	};

	if (!rig_can_run())
		return 0;
	return cmocka_run_group_tests_name("kube auth", tests,
					   rig_make_certificates,
					   rig_drop_certificates);
}
