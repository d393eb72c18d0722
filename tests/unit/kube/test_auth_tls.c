/* SPDX-License-Identifier: MIT */
/* Whom we talk to: handles made ready by auth, against real TLS servers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/kube/auth_rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
	pid_t pid;
	int leash; /* closed: it ends */
	char port[8];
};

static struct server server_start(const char *cert, const char *key,
				  const char *options)
{
	const char *top = getenv("TOP_SRCDIR");
	char *command = xasprintf(
		"exec python3 %s/tests/unit/kube/tls_server.py %s %s %s",
		top ? top : TRIALDECK_SOURCE_DIR, cert, key, options);
	struct server server = {0};
	int in[2], out[2];
	size_t len = 0;

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	server.pid = fork();
	if (!server.pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	server.leash = in[1];
	while (len < sizeof(server.port) - 1 &&
	       read(out[0], server.port + len, 1) == 1 &&
	       server.port[len] != '\n')
		len++;
	server.port[len] = '\0';
	assert_true(len > 0);
	close(out[0]);
	free(command);
	return server;
}

static void server_stop(struct server *server)
{
	close(server->leash);
	assert_int_equal(waitpid(server->pid, NULL, 0), server->pid);
}

/* --- requests ---------------------------------------------------------------
 */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	strbuf_add(arg, data, size * count);
	return size * count;
}

static void close_auth(struct rig *rig)
{
	curl_easy_cleanup(rig->easy);
	rig->easy = NULL;
	kube_auth_close(rig->auth);
	rig->auth = NULL;
	kube_config_free(rig->config);
	rig->config = NULL;
}

/* One request of what is open. */
static CURLcode ask(struct rig *rig, struct strbuf *ret)
{
	char *url = xasprintf("%s/x", kube_auth_base_url(rig->auth));
	CURLcode code;

	strbuf_clear(ret);
	if (rig_apply(rig) != KUBE_AUTH_READY)
		fail_msg("%s", rig->err.text);
	curl_easy_setopt(rig->easy, CURLOPT_URL, url);
	curl_easy_setopt(rig->easy, CURLOPT_HTTPHEADER, rig->headers);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEDATA, ret);
	curl_easy_setopt(rig->easy, CURLOPT_TIMEOUT_MS, 20000L);
	code = curl_easy_perform(rig->easy);
	free(url);
	return code;
}

/* One request as `user` to a server at 127.0.0.1, with this said of it. */
static CURLcode ask_as(struct rig *rig, const struct server *server,
		       const char *cluster, const char *user,
		       struct strbuf *ret)
{
	char *text = xasprintf("server: 'https://127.0.0.1:%s', %s",
			       server->port, cluster);
	CURLcode code;

	rig_start(rig, text, user);
	free(text);
	code = ask(rig, ret);
	close_auth(rig);
	return code;
}

#define CA "certificate-authority: ca.crt"

/* --- the server -------------------------------------------------------------
 */

static void believes_the_given_authority_alone(void **state)
{
	struct rig *rig = *state;
	struct server server = server_start("server.crt", "server.key", "");
	struct strbuf body = STRBUF_INIT;

	assert_int_equal(ask_as(rig, &server, CA, "token: abc", &body),
			 CURLE_OK);
	assert_non_null(strstr(body.data, "\"authorization\": \"Bearer abc\""));
	assert_int_equal(ask_as(rig, &server,
				"certificate-authority: stranger.crt", "",
				&body),
			 CURLE_PEER_FAILED_VERIFICATION);
	assert_int_equal(body.len, 0);
	/* the system knows neither */
	assert_int_equal(
		ask_as(rig, &server, "disable-compression: true", "", &body),
		CURLE_PEER_FAILED_VERIFICATION);
	/* unless nobody looks */
	assert_int_equal(ask_as(rig, &server, "insecure-skip-tls-verify: true",
				"", &body),
			 CURLE_OK);
	server_stop(&server);
	strbuf_release(&body);
}

/* A folder of authorities that the handle would believe by itself. */
static void forgets_the_system_s_authorities(void **state)
{
	struct rig *rig = *state;
	struct server server = server_start("server.crt", "server.key", "");
	struct strbuf body = STRBUF_INIT;
	char *folder = xasprintf("%s/system", rig->folder);
	char *url = xasprintf("https://127.0.0.1:%s/", server.port);

	assert_int_equal(system("mkdir system && cp ca.crt system/ca.pem && "
				"openssl rehash system"),
			 0);
	rig->easy = curl_easy_init();
	curl_easy_setopt(rig->easy, CURLOPT_CAPATH, folder);
	curl_easy_setopt(rig->easy, CURLOPT_URL, url);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEDATA, &body);
	assert_int_equal(curl_easy_perform(rig->easy), CURLE_OK);
	assert_int_equal(ask_as(rig, &server,
				"certificate-authority: stranger.crt", "",
				&body),
			 CURLE_PEER_FAILED_VERIFICATION);
	server_stop(&server);
	strbuf_release(&body);
	free(folder);
	free(url);
}

static void checks_names_and_dates(void **state)
{
	struct rig *rig = *state;
	struct server named = server_start("named.crt", "named.key", "");
	struct server expired = server_start("expired.crt", "expired.key", "");
	struct strbuf body = STRBUF_INIT;

	assert_int_equal(ask_as(rig, &named, CA, "", &body),
			 CURLE_PEER_FAILED_VERIFICATION);
	assert_int_equal(ask_as(rig, &expired, CA, "", &body),
			 CURLE_PEER_FAILED_VERIFICATION);
	assert_int_equal(ask_as(rig, &named, "insecure-skip-tls-verify: true",
				"", &body),
			 CURLE_OK);
	assert_int_equal(ask_as(rig, &expired, "insecure-skip-tls-verify: true",
				"", &body),
			 CURLE_OK);
	server_stop(&named);
	server_stop(&expired);
	strbuf_release(&body);
}

static void asks_for_another_name(void **state)
{
	struct rig *rig = *state;
	struct server named = server_start("named.crt", "named.key", "");
	struct strbuf body = STRBUF_INIT;
	char *host = xasprintf("\"host\": \"127.0.0.1:%s\"", named.port);

	assert_int_equal(ask_as(rig, &named, CA ", tls-server-name: api.test",
				"", &body),
			 CURLE_OK);
	assert_non_null(strstr(body.data, "\"sni\": \"api.test\""));
	assert_non_null(strstr(body.data, "\"path\": \"/x\""));
	assert_non_null(strstr(body.data, host));
	assert_int_equal(ask_as(rig, &named, CA ", tls-server-name: other.test",
				"", &body),
			 CURLE_PEER_FAILED_VERIFICATION);
	server_stop(&named);
	strbuf_release(&body);
	free(host);
}

/* OpenSSL's own level is lowered on both sides, so that the floor is ours. */
static void speaks_nothing_older_than_1_2(void **state)
{
	struct rig *rig = *state;
	struct server server =
		server_start("server.crt", "server.key", "--tls 1.1");
	struct strbuf body = STRBUF_INIT;
	char *url = xasprintf("https://127.0.0.1:%s/", server.port);

	rig->easy = curl_easy_init();
	curl_easy_setopt(rig->easy, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
	curl_easy_setopt(rig->easy, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_0);
	curl_easy_setopt(rig->easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(rig->easy, CURLOPT_URL, url);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(rig->easy, CURLOPT_WRITEDATA, &body);
	assert_int_equal(curl_easy_perform(rig->easy), CURLE_OK);
	assert_non_null(strstr(body.data, "TLSv1.1"));
	curl_easy_setopt(rig->easy, CURLOPT_FRESH_CONNECT, 1L);
	assert_int_equal(ask_as(rig, &server, "insecure-skip-tls-verify: true",
				"", &body),
			 CURLE_SSL_CONNECT_ERROR);
	server_stop(&server);
	strbuf_release(&body);
	free(url);
}

/* --- us ---------------------------------------------------------------------
 */

static void shows_a_certificate(void **state)
{
	struct rig *rig = *state;
	struct server server =
		server_start("server.crt", "server.key", "--client-ca ca.crt");
	struct strbuf body = STRBUF_INIT;

	assert_int_not_equal(ask_as(rig, &server, CA, "token: abc", &body),
			     CURLE_OK);
	assert_int_equal(body.len, 0);
	/* both are sent, and the server takes which it likes */
	assert_int_equal(ask_as(rig, &server, CA,
				"client-certificate: ann.crt, client-key: "
				"ann.key, token: abc",
				&body),
			 CURLE_OK);
	assert_non_null(strstr(body.data, "\"client\": \"ann\""));
	assert_non_null(strstr(body.data, "\"authorization\": \"Bearer abc\""));
	server_stop(&server);
	strbuf_release(&body);
}

/* A handle keeps connections; after a change they must not be used. */
static void shows_the_new_certificate(void **state)
{
	struct rig *rig = *state;
	struct server server =
		server_start("server.crt", "server.key", "--client-ca ca.crt");
	struct strbuf body = STRBUF_INIT;
	char *cluster =
		xasprintf("server: 'https://127.0.0.1:%s', " CA, server.port);
	long connections = -1;

	rig->times.files_ns = 0;
	assert_int_equal(system("cp ann.crt me.crt; cp ann.key me.key"), 0);
	rig_start(rig, cluster,
		  "client-certificate: me.crt, client-key: me.key");
	assert_int_equal(ask(rig, &body), CURLE_OK);
	assert_non_null(strstr(body.data, "\"client\": \"ann\""));
	assert_int_equal(ask(rig, &body), CURLE_OK);
	curl_easy_getinfo(rig->easy, CURLINFO_NUM_CONNECTS, &connections);
	assert_int_equal(connections, 0);
	assert_int_equal(system("cp bob.crt me.crt; cp bob.key me.key"), 0);
	assert_int_equal(ask(rig, &body), CURLE_OK);
	assert_non_null(strstr(body.data, "\"client\": \"bob\""));
	assert_int_equal(kube_auth_generation(rig->auth), 1);
	server_stop(&server);
	strbuf_release(&body);
	free(cluster);
}

static void shows_a_plugin_s_certificate(void **state)
{
	struct rig *rig = *state;
	struct server server =
		server_start("server.crt", "server.key", "--client-ca ca.crt");
	struct strbuf body = STRBUF_INIT;
	char *cluster =
		xasprintf("server: 'https://127.0.0.1:%s', " CA, server.port);

	rig_put("plugin",
		"#!/usr/bin/env python3\nimport json\n"
		"print(json.dumps({'apiVersion': 'client.authentication.k8s.io/"
		"v1', 'kind': 'ExecCredential', 'status': {\n"
		"'clientCertificateData': open('ann.crt').read(),\n"
		"'clientKeyData': open('ann.key').read()}}))\n");
	rig_start(rig, cluster,
		  "exec: {apiVersion: client.authentication.k8s.io/v1, "
		  "command: ./plugin, interactiveMode: Never}");
	if (rig_settle(rig) != KUBE_AUTH_READY)
		fail_msg("%s", rig->err.text);
	assert_int_equal(ask(rig, &body), CURLE_OK);
	assert_non_null(strstr(body.data, "\"client\": \"ann\""));
	server_stop(&server);
	strbuf_release(&body);
	free(cluster);
}

/* --- proxies ----------------------------------------------------------------
 */

/* Nobody listens at port 1; a request that comes through did not use it. */
static void obeys_proxies(void **state)
{
	struct rig *rig = *state;
	struct server server = server_start("server.crt", "server.key", "");
	struct strbuf body = STRBUF_INIT;

	/* the environment's proxies are not for this machine */
	setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(ask_as(rig, &server, CA, "", &body), CURLE_OK);
	/* proxy-url always counts */
	setenv("NO_PROXY", "*", 1);
	assert_int_equal(ask_as(rig, &server,
				CA ", proxy-url: 'http://127.0.0.1:1'", "",
				&body),
			 CURLE_COULDNT_CONNECT);
	assert_int_equal(ask_as(rig, &server,
				CA ", proxy-url: 'socks5://127.0.0.1:1'", "",
				&body),
			 CURLE_COULDNT_CONNECT);
	unsetenv("HTTPS_PROXY");
	unsetenv("NO_PROXY");
	server_stop(&server);
	strbuf_release(&body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(believes_the_given_authority_alone),
		RIG_TEST(forgets_the_system_s_authorities),
		RIG_TEST(checks_names_and_dates),
		RIG_TEST(asks_for_another_name),
		RIG_TEST(speaks_nothing_older_than_1_2),
		RIG_TEST(shows_a_certificate),
		RIG_TEST(shows_the_new_certificate),
		RIG_TEST(shows_a_plugin_s_certificate),
		RIG_TEST(obeys_proxies),
	};

	if (!rig_can_run())
		return 0;
	unsetenv("https_proxy");
	unsetenv("HTTPS_PROXY");
	unsetenv("all_proxy");
	unsetenv("ALL_PROXY");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	return cmocka_run_group_tests_name("kube TLS", tests,
					   rig_make_certificates,
					   rig_drop_certificates);
}
