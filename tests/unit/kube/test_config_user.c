/* SPDX-License-Identifier: MIT */
/* The user of a kubeconfig: credentials, plugins, impersonation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/config.h"

#include <stdlib.h>
#include <string.h>

#define PEM64 "LS0tLS1CRUdJTiBYLS0tLS0K" /* of PEM */
#define PEM "-----BEGIN X-----\n"
#define GROUP "client.authentication.k8s.io/"

static bool parse_user(const char *user, struct kube_config **ret,
		       struct error *err)
{
	const struct kube_config_options nothing = {0};
	const char *name = "/one/a.yaml";
	char *text =
		xasprintf("current-context: lab\n"
			  "clusters: [{name: c, cluster: {server: "
			  "'https://h'}}]\n"
			  "users: [{name: ann, user: {%s}}]\n"
			  "contexts: [{name: lab, context: {cluster: c, user: "
			  "ann}}]\n",
			  user);
	const char *texts[] = {text};
	bool ok = kube_config_parse(&nothing, &name, texts, 1, ret, err);

	free(text);
	return ok;
}

static struct kube_config *of(const char *user)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	if (!parse_user(user, &config, &err))
		fail_msg("refused: %s\n%s", err.text, user);
	return config;
}

static void refused(const char *user, const char *why)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	if (parse_user(user, &config, &err))
		fail_msg("accepted: %s", user);
	if (!strstr(err.text, why))
		fail_msg("'%s' is not in\n'%s'", why, err.text);
	assert_ptr_equal(strstr(err.text, "kubeconfig /one/a.yaml: user "
					  "\"ann\": "),
			 err.text);
	assert_int_equal(err.code, ERROR_INVALID);
	assert_null(strstr(err.text, "s3cret"));
}

static void reads_credentials(void **state)
{
	struct kube_config *config =
		of("client-certificate: c.pem, client-key: k.pem, token: t, "
		   "tokenFile: f");

	(void)state;
	assert_string_equal(config->cert_file, "/one/c.pem");
	assert_string_equal(config->key_file, "/one/k.pem");
	assert_string_equal(config->token, "t");
	assert_string_equal(config->token_file, "/one/f");
	assert_null(config->warnings);
	kube_config_free(config);
	config = of("username: ann, password: 'p:w'");
	assert_string_equal(config->username, "ann");
	assert_string_equal(config->password, "p:w");
	kube_config_free(config);
}

static void data_comes_before_files(void **state)
{
	struct kube_config *config =
		of("client-certificate: c.pem, client-key: k.pem, "
		   "client-certificate-data: " PEM64
		   ", client-key-data: \"LS0tLS1CRUdJ\\nTiBYLS0tLS0K\"");

	(void)state;
	assert_null(config->cert_file);
	assert_null(config->key_file);
	assert_string_equal(config->cert_data, PEM);
	assert_string_equal(config->key_data, PEM);
	assert_non_null(
		strstr(config->warnings, "client-certificate-data is used"));
	kube_config_free(config);
}

static void refuses_credentials(void **state)
{
	static const char *const rows[][2] = {
		{"client-certificate: c", "without its client-key"},
		{"client-certificate-data: " PEM64, "without its client-key"},
		{"client-certificate: c, client-key-data: 's3cret'",
		 "client-key-data is not base64"},
		{"token: s3cret, username: ann, password: p", "only one"},
		{"tokenFile: f, username: ann", "only one"},
		{"password: s3cret", "without username"},
		{"username: 'a:b', password: s3cret", "colon"},
		{"token: \"s3cret\\r\\nX-Evil: 1\"", "control character"},
		{"token: 12345", "token must be text"},
		{"tokenFile: [s3cret]", "tokenFile must be text"},
		{"token: {a: s3cret}", "token must be text"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		refused(rows[i][0], rows[i][1]);
}

static void refuses_providers_by_name(void **state)
{
	(void)state;
	refused("auth-provider: {name: gcp, config: {access-token: s3cret}}",
		"auth-provider \"gcp\" is not supported: use the exec plugin "
		"gke-gcloud-auth-plugin");
	refused("auth-provider: {name: azure}", "kubelogin");
	refused("auth-provider: {name: oidc, config: {id-token: s3cret}}",
		"kubectl oidc-login");
	refused("auth-provider: {name: openstack}", "client-keystone-auth");
	refused("auth-provider: {name: own}", "\"own\" is not supported");
	refused("auth-provider: {name: gcp}, exec: {command: x}", "\"gcp\"");
	refused("auth-provider: s3cret", "auth-provider is no mapping");
}

/* --- impersonation ----------------------------------------------------------
 */

static void reads_impersonation(void **state)
{
	struct kube_config *config =
		of("as: boss, as-uid: '7', as-groups: [g1, g2], as-user-extra: "
		   "{scopes: [a, b], Acme.com/x: [c], none: null}");

	(void)state;
	assert_string_equal(config->as, "boss");
	assert_string_equal(config->as_uid, "7");
	assert_string_equal(config->as_groups[0], "g1");
	assert_string_equal(config->as_groups[1], "g2");
	assert_null(config->as_groups[2]);
	assert_int_equal(config->as_extra_count, 2);
	assert_string_equal(config->as_extra[0].key, "scopes");
	assert_string_equal(config->as_extra[0].values[1], "b");
	assert_null(config->as_extra[0].values[2]);
	assert_string_equal(config->as_extra[1].key, "Acme.com/x");
	kube_config_free(config);
}

static void refuses_impersonation(void **state)
{
	static const char *const rows[][2] = {
		{"as-uid: '7'", "need as"},
		{"as-groups: [g]", "need as"},
		{"as-user-extra: {a: [b]}", "need as"},
		{"as: \"a\\nb\"", "as holds a line break"},
		{"as: a, as-uid: \"a\\rb\"", "as-uid holds"},
		{"as: a, as-groups: [\"a\\nb\"]", "as-groups holds"},
		{"as: a, as-groups: g", "as-groups must be a list"},
		{"as: a, as-groups: [1]", "every entry must be text"},
		{"as: a, as-user-extra: {a: [\"\\n\"]}", "as-user-extra holds"},
		{"as: a, as-user-extra: {a: b}",
		 "as-user-extra.a must be a list"},
		{"as: a, as-user-extra: {'': [b]}", "empty key"},
		{"as: a, as-user-extra: [a]", "as-user-extra is no mapping"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		refused(rows[i][0], rows[i][1]);
}

/* --- exec -------------------------------------------------------------------
 */

static void reads_plugins(void **state)
{
	struct kube_config *config =
		of("exec: {apiVersion: " GROUP "v1, command: aws, args: [eks, "
		   "get-token], env: [{name: A, value: b=c}, {name: E}], "
		   "installHint: get it, provideClusterInfo: true, "
		   "interactiveMode: Never}");
	const struct kube_exec *exec = config->exec;

	(void)state;
	assert_string_equal(exec->api_version, GROUP "v1");
	assert_string_equal(exec->command, "aws");
	assert_string_equal(exec->args[0], "eks");
	assert_string_equal(exec->args[1], "get-token");
	assert_null(exec->args[2]);
	assert_string_equal(exec->env[0], "A=b=c");
	assert_string_equal(exec->env[1], "E=");
	assert_null(exec->env[2]);
	assert_string_equal(exec->install_hint, "get it");
	assert_true(exec->provide_cluster_info);
	assert_int_equal(exec->interactive, KUBE_INTERACTIVE_NEVER);
	kube_config_free(config);
}

static void plugin_defaults(void **state)
{
	static const char *const versions[] = {"v1beta1", "v1alpha1"};
	static const char *const commands[][2] = {
		{"./bin/get", "/one/./bin/get"},
		{"../get", "/one/../get"},
		{"/abs/get", "/abs/get"},
		{"get", "get"}};
	struct kube_config *config;
	char *user;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(versions); i++) {
		user = xasprintf("exec: {apiVersion: " GROUP "%s, command: x}",
				 versions[i]);
		config = of(user);
		assert_int_equal(config->exec->interactive,
				 KUBE_INTERACTIVE_IF_AVAILABLE);
		assert_false(config->exec->provide_cluster_info);
		kube_config_free(config);
		free(user);
	}
	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		user = xasprintf("exec: {apiVersion: " GROUP
				 "v1beta1, command: %s}",
				 commands[i][0]);
		config = of(user);
		assert_string_equal(config->exec->command, commands[i][1]);
		kube_config_free(config);
		free(user);
	}
}

/* As kubectl: what is there need not be asked for. */
static void other_credentials_put_plugins_aside(void **state)
{
	static const char *const others[] = {
		"token: t", "tokenFile: f", "username: u, password: p",
		"client-certificate: c, client-key: k"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		char *user = xasprintf("exec: {apiVersion: " GROUP
				       "v1beta1, command: x}, %s",
				       others[i]);
		struct kube_config *config = of(user);

		assert_null(config->exec);
		assert_non_null(strstr(config->warnings, "exec is not used"));
		kube_config_free(config);
		free(user);
	}
}

static void refuses_plugins(void **state)
{
	static const char *const rows[][2] = {
		{"exec: x", "exec is no mapping"},
		{"exec: {command: x}", "exec.apiVersion is missing"},
		{"exec: {apiVersion: " GROUP "v2, command: x}",
		 "exec.apiVersion \"" GROUP "v2\" is not known"},
		{"exec: {apiVersion: " GROUP "v1beta1}",
		 "exec.command is missing"},
		{"exec: {apiVersion: " GROUP "v1, command: x}",
		 "exec.interactiveMode is missing"},
		{"exec: {apiVersion: " GROUP
		 "v1, command: x, interactiveMode: Maybe}",
		 "none of Never"},
		{"exec: {apiVersion: " GROUP
		 "v1beta1, command: x, env: [{value: s3cret}]}",
		 "without a name"},
		{"exec: {apiVersion: " GROUP
		 "v1beta1, command: x, env: [{name: 'A=B', value: s3cret}]}",
		 "'=' in it"},
		{"exec: {apiVersion: " GROUP
		 "v1beta1, command: x, env: {A: s3cret}}",
		 "exec.env must be a list"},
		{"exec: {apiVersion: " GROUP
		 "v1beta1, command: x, env: [s3cret]}",
		 "names and values"},
		{"exec: {apiVersion: " GROUP
		 "v1beta1, command: x, env: [{name: a, value: 1}]}",
		 "exec.env.value must be text"},
		{"exec: {apiVersion: " GROUP "v1beta1, command: x, args: [1]}",
		 "exec.args: every entry must be text"},
		/* wrong even where it would not be used */
		{"token: s3cret, exec: {command: x}", "apiVersion is missing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		refused(rows[i][0], rows[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_credentials),
		cmocka_unit_test(data_comes_before_files),
		cmocka_unit_test(refuses_credentials),
		cmocka_unit_test(refuses_providers_by_name),
		cmocka_unit_test(reads_impersonation),
		cmocka_unit_test(refuses_impersonation),
		cmocka_unit_test(reads_plugins),
		cmocka_unit_test(plugin_defaults),
		cmocka_unit_test(other_credentials_put_plugins_aside),
		cmocka_unit_test(refuses_plugins),
	};

	return cmocka_run_group_tests_name("kubeconfig users", tests, NULL,
					   NULL);
}
