/* SPDX-License-Identifier: MIT */
/* Which kubeconfig files are read, and the service account of a pod. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kube/config_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[PATH_MAX];
static const struct kube_config_options nothing;

static void put(const char *name, const char *text)
{
	struct error err;

	if (!fs_write_file(name, text, strlen(text), &err))
		fail_msg("%s", err.text);
}

/* A file with one cluster, named after its context. */
static void put_config(const char *path, const char *name)
{
	char *text = xasprintf(
		"current-context: %s\n"
		"clusters: [{name: %s, cluster: {server: 'https://%s', "
		"certificate-authority: ca}}]\n"
		"contexts: [{name: %s, context: {cluster: %s}}]\n",
		name, name, name, name, name);

	put(path, text);
	free(text);
}

static int make(void **state)
{
	char path[] = "/tmp/trialdeck-kube-XXXXXX";

	(void)state;
	if (!mkdtemp(path) || !realpath(path, folder) || chdir(folder) < 0 ||
	    mkdir("home", 0700) < 0 || mkdir("home/.kube", 0700) < 0 ||
	    mkdir("other", 0700) < 0 || mkdir("account", 0700) < 0)
		return -1;
	setenv("HOME", "home", 1);
	unsetenv("KUBECONFIG");
	unsetenv("POD_NAMESPACE");
	unsetenv("KUBERNETES_SERVICE_HOST");
	unsetenv("KUBERNETES_SERVICE_PORT");
	return 0;
}

static int destroy(void **state)
{
	struct error err;

	(void)state;
	return chdir("/") == 0 && fs_remove_tree(folder, &err) ? 0 : -1;
}

static struct kube_config *must(const struct kube_config_options *options)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	if (!kube_config_load_from(options, "account", &config, &err))
		fail_msg("refused: %s", err.text);
	assert_int_equal(err.code, ERROR_NONE);
	return config;
}

static void must_fail(const struct kube_config_options *options,
		      enum error_code code, const char *text)
{
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};

	assert_false(kube_config_load_from(options, "account", &config, &err));
	if (!strstr(err.text, text))
		fail_msg("'%s' is not in\n'%s'", text, err.text);
	assert_int_equal(err.code, code);
}

static void must_be(const struct kube_config_options *options,
		    const char *server)
{
	struct kube_config *config = must(options);

	assert_string_equal(config->server, server);
	kube_config_free(config);
}

static void looks_at_home(void **state)
{
	(void)state;
	must_fail(&nothing, ERROR_NOT_FOUND,
		  "no cluster is configured: there is no home/.kube/config, "
		  "and this is not a pod");
	put_config("home/.kube/config", "home");
	must_be(&nothing, "https://home");
	put("home/.kube/config", "");
	must_fail(&nothing, ERROR_NOT_FOUND,
		  "no cluster is configured in home/.kube/config: no context");
}

static void explicit_file_stands_alone(void **state)
{
	const struct kube_config_options options = {.kubeconfig = "other/x"};

	(void)state;
	put_config("home/.kube/config", "home");
	put_config("env", "env");
	setenv("KUBECONFIG", "env", 1);
	must_fail(&options, ERROR_NOT_FOUND, "kubeconfig: open other/x");
	put("other/x", "nonsense");
	must_fail(&options, ERROR_INVALID, "kubeconfig other/x:1:1");
	put_config("other/x", "asked");
	must_be(&options, "https://asked");
}

static void variable_lists_files(void **state)
{
	struct kube_config *config;
	char *expected;

	(void)state;
	put_config("home/.kube/config", "home");
	put_config("other/a", "a");
	put_config("b", "b");
	/* home is not looked at; gone, empty and repeated ones pass */
	setenv("KUBECONFIG", ":gone::other/a:b:other/a:", 1);
	config = must(&nothing);
	assert_string_equal(config->context, "a");
	expected = fs_join(folder, "other/ca");
	assert_string_equal(config->ca_file, expected); /* absolute */
	assert_string_equal(config->file, "other/a");
	assert_null(config->warnings);
	kube_config_free(config);
	free(expected);
	setenv("KUBECONFIG", "b:other/a", 1);
	must_be(&nothing, "https://b");
	must_be(&(const struct kube_config_options){.context = "a"},
		"https://a");
	/* an empty variable is none */
	setenv("KUBECONFIG", "", 1);
	must_be(&nothing, "https://home");
}

static void variable_with_faults(void **state)
{
	char *big;

	(void)state;
	put_config("home/.kube/config", "home");
	put_config("good", "good");
	setenv("KUBECONFIG", "gone:missing", 1);
	must_fail(&nothing, ERROR_NOT_FOUND,
		  "there is no KUBECONFIG (gone:missing)");
	put("bad", "a: [");
	setenv("KUBECONFIG", "good:bad", 1);
	must_fail(&nothing, ERROR_INVALID, "kubeconfig bad:");
	setenv("KUBECONFIG", "good:other", 1);
	must_fail(&nothing, ERROR_INVALID, "other is no regular file");
	put("nul", "a");
	assert_int_equal(truncate("nul", 3), 0);
	setenv("KUBECONFIG", "nul", 1);
	must_fail(&nothing, ERROR_INVALID, "NUL bytes");
	assert_int_equal(truncate("nul", KUBE_FILE_MAX + 1), 0);
	must_fail(&nothing, ERROR_LIMIT, "is larger than 8388608 bytes");
	big = xcalloc(1, 2 * (KUBE_FILES_MAX + 1) * 4);
	for (int i = 0; i <= KUBE_FILES_MAX; i++) {
		char name[8] = {'f', (char)('0' + i / 10),
				(char)('0' + i % 10)};

		put(name, "");
		memcpy(big + strlen(big), name, 3);
		big[strlen(big)] = ':';
	}
	setenv("KUBECONFIG", big, 1);
	must_fail(&nothing, ERROR_LIMIT, "more than 64 files");
	free(big);
}

/* --- in a pod ---------------------------------------------------------------
 */

static void enter_pod(const char *host)
{
	setenv("KUBERNETES_SERVICE_HOST", host, 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	put("account/token", "t\n");
	put("account/ca.crt", "ca\n");
	put("account/namespace", "lab\n");
}

static void pod_has_an_account(void **state)
{
	struct kube_config *config;
	struct strbuf out = STRBUF_INIT;

	(void)state;
	enter_pod("10.96.0.1");
	config = must(&nothing);
	assert_true(config->is_in_cluster);
	assert_string_equal(config->server, "https://10.96.0.1:443");
	assert_string_equal(config->token_file, "account/token");
	assert_string_equal(config->ca_file, "account/ca.crt");
	assert_string_equal(config->namespace, "lab");
	assert_null(config->token); /* read when it is needed */
	assert_null(config->context);
	assert_null(config->file);
	kube_config_describe(config, &out);
	assert_string_equal(out.data, "this pod's service account: "
				      "https://10.96.0.1:443, namespace lab");
	strbuf_release(&out);
	kube_config_free(config);
	enter_pod("fd00::1");
	must_be(&nothing, "https://[fd00::1]:443");
}

static void pod_namespaces(void **state)
{
	const struct kube_config_options asked = {.namespace = "asked"};
	struct kube_config *config;

	(void)state;
	enter_pod("h");
	setenv("POD_NAMESPACE", "pod", 1);
	config = must(&nothing);
	assert_string_equal(config->namespace, "pod");
	kube_config_free(config);
	/* a context without cluster still says where */
	put("home/.kube/config",
	    "current-context: x\n"
	    "contexts: [{name: x, context: {namespace: context}}]\n");
	config = must(&nothing);
	assert_true(config->is_in_cluster);
	assert_string_equal(config->namespace, "context");
	kube_config_free(config);
	config = must(&asked);
	assert_string_equal(config->namespace, "asked");
	kube_config_free(config);
	unlink("home/.kube/config");
	unsetenv("POD_NAMESPACE");
	unlink("account/namespace");
	config = must(&nothing);
	assert_string_equal(config->namespace, "default");
	kube_config_free(config);
	/* outside of a pod its variable says nothing */
	put_config("home/.kube/config", "home");
	setenv("POD_NAMESPACE", "pod", 1);
	config = must(&nothing);
	assert_false(config->is_in_cluster);
	assert_string_equal(config->namespace, "default");
	kube_config_free(config);
}

static void pod_with_faults(void **state)
{
	const struct kube_config_options asked = {.context = "gone"};
	struct kube_config *config;

	(void)state;
	enter_pod("h");
	must_fail(&asked, ERROR_INVALID, "context \"gone\" does not exist");
	unlink("account/ca.crt");
	config = must(&nothing);
	assert_null(config->ca_file);
	assert_non_null(strstr(config->warnings, "certificate authorities"));
	kube_config_free(config);
	unlink("account/token");
	must_fail(&nothing, ERROR_NOT_FOUND, "has no token");
	unsetenv("KUBERNETES_SERVICE_PORT");
	must_fail(&nothing, ERROR_NOT_FOUND, "this is not a pod");
}

/* A kubeconfig comes first, and its faults are not covered up. */
static void kubeconfig_comes_before_the_pod(void **state)
{
	(void)state;
	enter_pod("h");
	put_config("home/.kube/config", "home");
	must_be(&nothing, "https://home");
	put("home/.kube/config", "current-context: gone");
	must_fail(&nothing, ERROR_INVALID, "does not exist");
	put("home/.kube/config", "");
	must_be(&nothing, "https://h:443");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(looks_at_home, make, destroy),
		cmocka_unit_test_setup_teardown(explicit_file_stands_alone,
						make, destroy),
		cmocka_unit_test_setup_teardown(variable_lists_files, make,
						destroy),
		cmocka_unit_test_setup_teardown(variable_with_faults, make,
						destroy),
		cmocka_unit_test_setup_teardown(pod_has_an_account, make,
						destroy),
		cmocka_unit_test_setup_teardown(pod_namespaces, make, destroy),
		cmocka_unit_test_setup_teardown(pod_with_faults, make, destroy),
		cmocka_unit_test_setup_teardown(kubeconfig_comes_before_the_pod,
						make, destroy),
	};

	return cmocka_run_group_tests_name("kubeconfig files", tests, NULL,
					   NULL);
}
