/* SPDX-License-Identifier: MIT */
/* Kubeconfig texts: which entries are meant, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* base64 of "-----BEGIN X-----\n" */
#define PEM64 "LS0tLS1CRUdJTiBYLS0tLS0K"
#define PEM "-----BEGIN X-----\n"

static const struct kube_config_options nothing;

static bool parse(const struct kube_config_options *options, const char *a,
		  const char *b, struct kube_config **ret, struct error *err)
{
	const char *names[] = {"/one/a.yaml", "/two/b.yaml"};
	const char *texts[] = {a, b};

	return kube_config_parse(options, names, texts, b ? 2 : 1, ret, err);
}

static struct kube_config *must(const struct kube_config_options *options,
				const char *a, const char *b)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	if (!parse(options, a, b, &config, &err))
		fail_msg("refused: %s\n%s", err.text, a);
	assert_int_equal(err.code, ERROR_NONE);
	return config;
}

static void must_fail(const struct kube_config_options *options, const char *a,
		      const char *b, enum error_code code, const char *text)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	if (parse(options, a, b, &config, &err))
		fail_msg("accepted:\n%s", a);
	assert_null(config);
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in\n'%s'", text, err.text);
	assert_int_equal(err.code, code);
	assert_null(strstr(err.text, "s3cret"));
}

/* One context with these stanzas, in flow style. */
static char *with(const char *cluster, const char *user)
{
	return xasprintf("apiVersion: v1\nkind: Config\n"
			 "current-context: lab\n"
			 "clusters: [{name: c, cluster: {%s}}]\n"
			 "users: [{name: ann, user: {%s}}]\n"
			 "contexts: [{name: lab, context: {cluster: c, user: "
			 "ann, namespace: tuning}}]\n",
			 cluster, user);
}

static struct kube_config *of(const char *cluster, const char *user)
{
	char *text = with(cluster, user);
	struct kube_config *config = must(&nothing, text, NULL);

	free(text);
	return config;
}

static void refused(const char *cluster, const char *user, const char *why)
{
	char *text = with(cluster, user);

	must_fail(&nothing, text, NULL, ERROR_INVALID, why);
	free(text);
}

#define SERVER "server: 'https://h:6443'"

/* --- selection and merging --------------------------------------------------
 */

static const char two_contexts[] =
	"current-context: one\n"
	"clusters:\n"
	"- {name: c1, cluster: {server: 'https://one:1'}}\n"
	"- {name: c2, cluster: {server: 'https://two:2'}}\n"
	"users:\n"
	"- {name: u1, user: {token: t1}}\n"
	"- {name: u2, user: {token: t2}}\n"
	"contexts:\n"
	"- {name: one, context: {cluster: c1, user: u1, namespace: n1}}\n"
	"- {name: two, context: {cluster: c2, user: u2}}\n";

static void takes_the_current_context(void **state)
{
	struct kube_config *config = must(&nothing, two_contexts, NULL);

	(void)state;
	assert_string_equal(config->context, "one");
	assert_string_equal(config->cluster, "c1");
	assert_string_equal(config->user, "u1");
	assert_string_equal(config->server, "https://one:1");
	assert_string_equal(config->token, "t1");
	assert_string_equal(config->namespace, "n1");
	assert_string_equal(config->file, "/one/a.yaml");
	assert_false(config->is_in_cluster);
	kube_config_free(config);
}

static void options_override(void **state)
{
	const struct kube_config_options options = {.context = "two",
						    .namespace = "mine"};
	const struct kube_config_options other = {.context = "two"};
	struct kube_config *config = must(&options, two_contexts, NULL);

	(void)state;
	assert_string_equal(config->server, "https://two:2");
	assert_string_equal(config->token, "t2");
	assert_string_equal(config->namespace, "mine");
	kube_config_free(config);
	config = must(&other, two_contexts, NULL);
	assert_string_equal(config->namespace, "default");
	kube_config_free(config);
}

static void first_file_owns_an_entry(void **state)
{
	/* nothing is merged field by field: no token, no CA of the second */
	const char *first = "clusters: [{name: c, cluster: {server: "
			    "'https://first'}}]\n"
			    "users: [{name: u, user: {as: boss}}]\n";
	const char *second =
		"current-context: x\n"
		"clusters: [{name: c, cluster: {server: 'https://second', "
		"certificate-authority: ca.pem}}]\n"
		"users: [{name: u, user: {token: t}}]\n"
		"contexts: [{name: x, context: {cluster: c, user: u}}]\n";
	struct kube_config *config = must(&nothing, first, second);

	(void)state;
	assert_string_equal(config->server, "https://first");
	assert_null(config->ca_file);
	assert_null(config->token);
	assert_string_equal(config->as, "boss");
	assert_string_equal(config->file, "/one/a.yaml");
	kube_config_free(config);
	/* the other way round the second file's entry is the first */
	config = must(&nothing, second, first);
	assert_string_equal(config->server, "https://second");
	assert_string_equal(config->ca_file, "/one/ca.pem");
	kube_config_free(config);
}

static void first_current_context_wins(void **state)
{
	char *second = xasprintf("%s", two_contexts);
	struct kube_config *config =
		must(&nothing, "current-context: two\n", second);

	(void)state;
	assert_string_equal(config->context, "two");
	kube_config_free(config);
	config = must(&nothing, "current-context: ''\n", second);
	assert_string_equal(config->context, "one");
	kube_config_free(config);
	free(second);
}

static void paths_start_at_their_file(void **state)
{
	const char *first = "current-context: x\n"
			    "contexts: [{name: x, context: {cluster: c, user: "
			    "u}}]\n"
			    "clusters: [{name: c, cluster: {server: "
			    "'https://h', certificate-authority: pki/ca}}]\n";
	const char *second =
		"users: [{name: u, user: {client-certificate: ../me.crt, "
		"client-key: /abs/me.key, tokenFile: '~/t'}}]\n";
	struct kube_config *config = must(&nothing, first, second);

	(void)state;
	assert_string_equal(config->ca_file, "/one/pki/ca");
	assert_string_equal(config->cert_file, "/two/../me.crt");
	assert_string_equal(config->key_file, "/abs/me.key");
	assert_string_equal(config->token_file, "/two/~/t");
	kube_config_free(config);
}

static void json_and_unknown_keys(void **state)
{
	struct kube_config *config = must(
		&nothing,
		"{\"kind\": \"Config\", \"apiVersion\": \"v1\", \"preferences\""
		": {\"colors\": true}, \"novelty\": [1, 2.5, null],"
		"\"current-context\": \"x\", \"clusters\": [{\"name\": \"c\","
		"\"cluster\": {\"server\": \"https://h\", \"novel\": {}}}],"
		"\"contexts\": [{\"name\": \"x\", \"context\": {\"cluster\": "
		"\"c\"}}], \"users\": null}",
		NULL);

	(void)state;
	assert_string_equal(config->server, "https://h");
	assert_null(config->user);
	kube_config_free(config);
}

static void empty_is_no_cluster(void **state)
{
	const char *const empty[] = {"", "# nothing\n", "---\n", "{}",
				     "apiVersion: v1\nkind: Config\n"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(empty); i++)
		must_fail(&nothing, empty[i], NULL, ERROR_NOT_FOUND,
			  "no context is chosen");
	must_fail(&nothing, "contexts: [{name: a}, {name: b}]", NULL,
		  ERROR_NOT_FOUND, "(there are: a, b)");
	must_fail(&nothing, "contexts: [{name: a}]\ncurrent-context: a", NULL,
		  ERROR_NOT_FOUND, "context \"a\": it names no cluster");
}

static void dangling_names_are_told(void **state)
{
	const struct kube_config_options asked = {.context = "gone"};
	/* the fault of a published sample: entries named otherwise */
	const char *sample =
		"current-context: x\n"
		"clusters: [{name: test, cluster: {server: 'https://h'}}]\n"
		"users: [{name: exampleuser, user: {password: s3cret, "
		"username: u}}]\n"
		"contexts: [{name: x, context: {cluster: example, user: "
		"example}}, {name: y, context: {cluster: test, user: "
		"example}}]\n";
	const struct kube_config_options y = {.context = "y"};

	(void)state;
	must_fail(&nothing, sample, NULL, ERROR_INVALID,
		  "kubeconfig /one/a.yaml: context \"x\": it names the cluster "
		  "\"example\", which does not exist (there are: test)");
	must_fail(&y, sample, NULL, ERROR_INVALID,
		  "it names the user \"example\", which does not exist (there "
		  "are: exampleuser)");
	must_fail(&asked, sample, NULL, ERROR_INVALID,
		  "context \"gone\" does not exist (there are: x, y)");
	must_fail(&nothing, "current-context: gone", sample, ERROR_INVALID,
		  "kubeconfig /one/a.yaml: current-context \"gone\" does not "
		  "exist (there are: x, y)");
	must_fail(&asked, "", NULL, ERROR_INVALID, "(there are none)");
}

static void broken_files_are_told(void **state)
{
	(void)state;
	must_fail(&nothing, two_contexts, "clusters: [", ERROR_INVALID,
		  "kubeconfig /two/b.yaml:2:1: ");
	must_fail(&nothing, "a: b: c", NULL, ERROR_INVALID, "/one/a.yaml:1:5");
	must_fail(&nothing, "just text", NULL, ERROR_INVALID, "no kubeconfig");
	must_fail(&nothing, "kind: Pod", NULL, ERROR_INVALID,
		  "kind is not Config");
	must_fail(&nothing, "apiVersion: v2", NULL, ERROR_INVALID,
		  "apiVersion is not v1");
	must_fail(&nothing, "current-context: 7", NULL, ERROR_INVALID,
		  "current-context is text");
	must_fail(&nothing, "clusters: {}", NULL, ERROR_INVALID,
		  "a list of named entries");
	must_fail(&nothing, "users: [{user: {}}]", NULL, ERROR_INVALID,
		  "must have a name");
	must_fail(&nothing, "users: [{name: 7}]", NULL, ERROR_INVALID,
		  "must have a name");
	must_fail(&nothing, "users: [x]", NULL, ERROR_INVALID,
		  "must have a name");
	must_fail(&nothing, "users:\n- name: b\n- name: a\n- name: b\n", NULL,
		  ERROR_INVALID, "a.yaml:4:9: users has \"b\" in line 2");
	/* what an unquoted password may begin with is not repeated */
	must_fail(&nothing, "password: *s3cret", NULL, ERROR_INVALID,
		  "put the text in quotes");
	must_fail(&nothing, "password: !s3cret x", NULL, ERROR_INVALID,
		  "put the text in quotes");
	must_fail(&nothing,
		  "current-context: x\ncontexts: [{name: x, context: [s]}]",
		  NULL, ERROR_INVALID, "context \"x\": context is no mapping");
}

/* --- the cluster ------------------------------------------------------------
 */

static void reads_a_cluster(void **state)
{
	struct kube_config *config =
		of("server: 'https://h:6443/prefix/', tls-server-name: "
		   "kubernetes.default, certificate-authority-data: " PEM64
		   ", proxy-url: 'socks5://p:1080', disable-compression: true, "
		   "extensions: [{name: other, extension: 1}, {name: "
		   "client.authentication.k8s.io/exec, extension: {aud: [a, "
		   "1]}}]",
		   "");

	(void)state;
	assert_string_equal(config->server, "https://h:6443/prefix");
	assert_string_equal(config->tls_server_name, "kubernetes.default");
	assert_string_equal(config->ca_data, PEM);
	assert_string_equal(config->proxy_url, "socks5://p:1080");
	assert_true(config->disable_compression);
	assert_false(config->skip_tls_verify);
	assert_string_equal(config->exec_cluster_config, "{\"aud\":[\"a\",1]}");
	assert_string_equal(config->namespace, "tuning");
	kube_config_free(config);
}

static void completes_servers(void **state)
{
	static const struct {
		const char *cluster, *user, *server;
	} rows[] = {
		{"server: 'h:8080'", "", "http://h:8080"},
		{"server: h", "", "http://h"},
		{"server: h, certificate-authority: x", "", "https://h"},
		{"server: h, certificate-authority-data: " PEM64, "",
		 "https://h"},
		{"server: h, insecure-skip-tls-verify: true", "", "https://h"},
		{"server: h", "client-certificate: c, client-key: k",
		 "https://h"},
		{"server: 'http://h', certificate-authority: x", "",
		 "http://h"},
		{"server: 'https://h:6443/a/b?q=1#f'", "",
		 "https://h:6443/a/b"},
		{"server: 'https://h:6443/?q'", "", "https://h:6443"},
		{"server: 'https://[fd00::1]:6443'", "",
		 "https://[fd00::1]:6443"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct kube_config *config = of(rows[i].cluster, rows[i].user);

		assert_string_equal(config->server, rows[i].server);
		kube_config_free(config);
	}
}

static void refuses_clusters(void **state)
{
	static const char *const rows[][2] = {
		{"", "it has no server"},
		{"server: ''", "it has no server"},
		{"server: 7", "server must be text"},
		{"server: 'ftp://h'", "neither http nor https"},
		{"server: 'https://'", "no URL"},
		{"server: 'https://a b'", "no URL"},
		{"server: \"https://h/\\r\\nX: y\"", "no URL"},
		{"server: 'https://ann:s3cret@h'", "user name or password"},
		{SERVER ", insecure-skip-tls-verify: true, "
			"certificate-authority: x",
		 "exclude each other"},
		{SERVER ", insecure-skip-tls-verify: true, "
			"certificate-authority-data: " PEM64,
		 "exclude each other"},
		{SERVER ", insecure-skip-tls-verify: 'true'", "true or false"},
		{SERVER ", certificate-authority: x, "
			"certificate-authority-data: " PEM64,
		 "both set"},
		{SERVER ", certificate-authority-data: 's3cret-'",
		 "is not base64"},
		{SERVER ", certificate-authority-data: aGVsbG8=",
		 "not of PEM text"},
		{SERVER ", proxy-url: 'ftp://ann:s3cret@h'", "proxy-url is no"},
		{SERVER ", proxy-url: 'h:3128'", "proxy-url is no"},
		{SERVER ", tls-server-name: \"a\\nb\"", "no host name"},
		{SERVER ", tls-server-name: 'a/b'", "no host name"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		refused(rows[i][0], "", rows[i][1]);
	refused("", "", "kubeconfig /one/a.yaml: cluster \"c\": it has");
}

/* --- namespaces and words ---------------------------------------------------
 */

static void checks_namespaces(void **state)
{
	static const char *const bad[] = {"../x", "A",	"-a",  "a-",
					  "a_b",  "a/", "a.b", "a\nb"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const struct kube_config_options options = {.namespace =
								    bad[i]};

		must_fail(&options, two_contexts, NULL, ERROR_INVALID,
			  "cannot be a namespace");
	}
	must_fail(&nothing,
		  "current-context: x\n"
		  "contexts: [{name: x, context: {namespace: '../y'}}]",
		  NULL, ERROR_INVALID,
		  "context \"x\": \"../y\" cannot be a namespace");
}

static void describes_without_secrets(void **state)
{
	struct kube_config *config =
		of(SERVER ", proxy-url: 'http://a:s3cret@p'",
		   "token: s3cret, as: boss");
	struct strbuf out = STRBUF_INIT;

	(void)state;
	kube_config_describe(config, &out);
	assert_string_equal(out.data,
			    "context lab of /one/a.yaml: https://h:6443 as ann "
			    "(token) for boss, namespace tuning");
	strbuf_release(&out);
	kube_config_free(config);
}

/* Names reach terminals through errors. */
static void cleans_names(void **state)
{
	const struct kube_config_options asked = {.context = "\x1b[31mx"};
	struct kube_config *config;
	struct error err = {ERROR_NONE, ""};

	(void)state;
	assert_false(parse(&asked, "contexts: [{name: \"\\e[1m\"}]", NULL,
			   &config, &err));
	assert_null(strchr(err.text, 0x1b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_current_context),
		cmocka_unit_test(options_override),
		cmocka_unit_test(first_file_owns_an_entry),
		cmocka_unit_test(first_current_context_wins),
		cmocka_unit_test(paths_start_at_their_file),
		cmocka_unit_test(json_and_unknown_keys),
		cmocka_unit_test(empty_is_no_cluster),
		cmocka_unit_test(dangling_names_are_told),
		cmocka_unit_test(broken_files_are_told),
		cmocka_unit_test(reads_a_cluster),
		cmocka_unit_test(completes_servers),
		cmocka_unit_test(refuses_clusters),
		cmocka_unit_test(checks_namespaces),
		cmocka_unit_test(describes_without_secrets),
		cmocka_unit_test(cleans_names),
	};

	return cmocka_run_group_tests_name("kubeconfig", tests, NULL, NULL);
}
