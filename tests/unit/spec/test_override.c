/* SPDX-License-Identifier: MIT */
/* What the command line says in place of a file's trainingService. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_SAYS                                                              \
	KUBERNETES "  kubeconfig: s.json\n  context: lab\n  namespace: "       \
		   "team-a\n"

static void takes_the_place_of_the_file(void **state)
{
	struct experiment_config c = expect_config(FILE_SAYS), stored;
	const struct spec_overrides overrides = {.context = "prod",
						 .namespace = "team-b"};
	const struct spec_overrides nothing = {0};
	char *before = xstrdup(c.canonical);
	char *kubeconfig = xasprintf("%s/s.json", folder);
	struct error err;

	(void)state;
	assert_true(spec_override(&c, &nothing, &err));
	assert_string_equal(c.canonical, before);
	assert_true(spec_override(&c, &overrides, &err));
	assert_string_equal(c.kubernetes.context, "prod");
	assert_string_equal(c.kubernetes.namespace, "team-b");
	assert_string_equal(c.kubernetes.kubeconfig, kubeconfig);
	assert_true(spec_reload(c.canonical, &stored, &err));
	assert_string_equal(stored.canonical, c.canonical);
	assert_string_equal(stored.kubernetes.context, "prod");
	assert_string_equal(stored.kubernetes.namespace, "team-b");
	assert_string_equal(stored.kubernetes.kubeconfig, kubeconfig);
	experiment_config_release(&stored);
	experiment_config_release(&c);
	free(kubeconfig);
	free(before);
}

static void a_path_becomes_absolute(void **state)
{
	struct experiment_config c = expect_config(KUBERNETES);
	struct spec_overrides overrides = {.kubeconfig = "sub/../s.json"};
	char *kubeconfig = xasprintf("%s/s.json", folder);
	struct error err;

	(void)state;
	assert_true(spec_override(&c, &overrides, &err));
	assert_string_equal(c.kubernetes.kubeconfig, kubeconfig);
	assert_null(c.kubernetes.context);
	experiment_config_release(&c);
	free(kubeconfig);
}

static void expect_refusal(const char *file, struct spec_overrides overrides,
			   enum error_code code, const char *words)
{
	struct experiment_config c = expect_config(file);
	char *before = xstrdup(c.canonical);
	struct error err;

	assert_false(spec_override(&c, &overrides, &err));
	if (err.code != code || !strstr(err.text, words))
		fail_msg("%s: %s", error_code_name(err.code), err.text);
	assert_string_equal(c.canonical, before);
	experiment_config_release(&c);
	free(before);
}

static void what_cannot_be_is_refused(void **state)
{
	(void)state;
	expect_refusal(MINIMAL, (struct spec_overrides){.namespace = "a"},
		       ERROR_INVALID, "--namespace: the experiment's platform");
	expect_refusal(MINIMAL, (struct spec_overrides){.kubeconfig = "s.json"},
		       ERROR_INVALID, "--kubeconfig: ");
	expect_refusal(KUBERNETES, (struct spec_overrides){.namespace = "Team"},
		       ERROR_INVALID, "lower-case letters");
	expect_refusal(KUBERNETES, (struct spec_overrides){.namespace = ""},
		       ERROR_INVALID, "--namespace: must be");
	expect_refusal(KUBERNETES, (struct spec_overrides){.context = ""},
		       ERROR_INVALID, "--context: ");
	expect_refusal(KUBERNETES, (struct spec_overrides){.kubeconfig = "no"},
		       ERROR_NOT_FOUND, "--kubeconfig no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_the_place_of_the_file),
		cmocka_unit_test(a_path_becomes_absolute),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("override", tests, folder_make,
					   folder_take_away);
}
