/* SPDX-License-Identifier: MIT */
/* The key `outputs` in both forms. */
#include "tests/unit/spec/support.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void defaults_keep_everything(void **state)
{
	struct experiment_config c = expect_config(MINIMAL);

	(void)state;
	assert_int_equal(c.outputs.rule.keep, OUTPUT_KEEP_ALL);
	assert_true(c.outputs.rule.keeps_failed);
	assert_int_equal(c.outputs.rule.max_age_s, 0);
	assert_int_equal(c.outputs.limit_bytes, INT64_C(1) << 30);
	assert_int_equal(c.outputs.wait_s, 600);
	assert_null(c.outputs.tensorboard_image);
	assert_null(strstr(c.canonical, "outputs"));
	experiment_config_release(&c);
}

static void all_of_it_is_read(const char *text)
{
	struct experiment_config c = expect_config(text);

	assert_int_equal(c.outputs.rule.keep, OUTPUT_KEEP_BEST);
	assert_int_equal(c.outputs.rule.best, 10);
	assert_false(c.outputs.rule.keeps_failed);
	assert_int_equal(c.outputs.rule.max_age_s, 30 * 86400);
	assert_int_equal(c.outputs.limit_bytes, INT64_C(2) << 30);
	assert_int_equal(c.outputs.wait_s, 7200);
	assert_string_equal(c.outputs.tensorboard_image, "tb:2");
	assert_non_null(strstr(c.canonical,
			       "\"outputs\":{\"keep\":\"best 10\","
			       "\"keepFailed\":false,\"maxAge\":2592000,"
			       "\"limit\":2147483648,\"wait\":7200,"
			       "\"tensorboardImage\":\"tb:2\"}"));
	experiment_config_release(&c);
}

static void both_forms_have_it(void **state)
{
#define OUTPUTS                                                                \
	"outputs: {keep: best 10, keepFailed: false, maxAge: 30d, limit: "     \
	"2gb, wait: 2h, tensorboardImage: 'tb:2'}\n"
	(void)state;
	all_of_it_is_read(MINIMAL OUTPUTS);
	all_of_it_is_read(FIRST OUTPUTS);
}

static void sizes_are_NNIs(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} cases[] = {
		{MINIMAL "outputs: {limit: 1000}\n", 1000},
		{MINIMAL "outputs: {limit: 5b}\n", 5},
		{MINIMAL "outputs: {limit: 512mb}\n", INT64_C(512) << 20},
		{MINIMAL "outputs: {limit: 1.5 GiB}\n", INT64_C(3) << 29},
		{MINIMAL "outputs: {limit: 8k}\n", 8192},
		{MINIMAL "outputs: {limit: 1TB}\n", INT64_C(1) << 40},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct experiment_config c = expect_config(cases[i].text);

		assert_int_equal(c.outputs.limit_bytes, cases[i].bytes);
		experiment_config_release(&c);
	}
}

static void mistakes_are_explained(void **state)
{
	static const struct expectation cases[] = {
		{MINIMAL "outputs: {keep: best}\n",
		 "e.yaml:6:17: outputs.keep: must be all, none or best N, such "
		 "as best 10, got \"best\""},
		{MINIMAL "outputs: {keep: 10}\n",
		 "e.yaml:6:17: outputs.keep: must be text, and without quotes "
		 "this is a number: write \"10\""},
		{MINIMAL "outputs: {keepFailed: 1}\n",
		 "e.yaml:6:23: outputs.keepFailed: must be true or false, got "
		 "the number 1"},
		{MINIMAL "outputs: {maxAge: long}\n",
		 "e.yaml:6:19: outputs.maxAge: \"long\" is not a duration: "
		 "write a "
		 "number and a unit, as in 90s, 1.5h or 2d"},
		{MINIMAL "outputs: {limit: 1 apple}\n",
		 "e.yaml:6:18: outputs.limit: must be a size such as 500mb or "
		 "1gb, at most 1tb, got the text \"1 apple\""},
		{MINIMAL "outputs: {limit: 2tb}\n",
		 "e.yaml:6:18: outputs.limit: must be a size such as 500mb or "
		 "1gb, at most 1tb, got the text \"2tb\""},
		{MINIMAL "outputs: {limit: 0}\n",
		 "e.yaml:6:18: outputs.limit: must be a size such as 500mb or "
		 "1gb, at most 1tb, got the number 0"},
		{MINIMAL "outputs: {keeps: all}\n",
		 "e.yaml:6:11: outputs.keeps: unknown key, did you mean "
		 "'keep'?"},
	};

	(void)state;
	expect_all(cases, COUNT_OF(cases));
}

/* As rows of outputs keep it. */
static void a_storage_by_itself_reads_back(void **state)
{
	static const char *const files[] = {
		KUBERNETES "  storage: {server: nas, path: '/a \"b'}\n",
		KUBERNETES
		"  storage: {claimName: c, path: /x, localPath: /y}\n",
		KUBERNETES "  storage: {storageType: hostPath, path: /x}\n",
		KUBERNETES "  storage: {azureAccount: abc, azureShare: def, "
			   "keyVaultName: v, keyVaultKey: k}\n",
		KUBERNETES "  storage: {bucket: abc, prefix: p, pathStyle: "
			   "false}\n",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct experiment_config c = expect_config(files[i]);
		struct storage_config back;
		struct error err;
		char *text = spec_storage_format(&c.kubernetes.storage);
		char *again;

		if (!spec_storage_parse(text, &back, &err))
			fail_msg("%s: %s", text, err.text);
		again = spec_storage_format(&back);
		assert_string_equal(again, text);
		assert_int_equal(back.type, c.kubernetes.storage.type);
		storage_config_release(&back);
		experiment_config_release(&c);
		free(again);
		free(text);
	}
}

static void a_storage_that_is_none_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"7",
		"[]",
		"{}",
		"{\"storageType\":\"floppy\"}",
		"{\"storageType\":\"nfs\",\"server\":\"a\"}",
		"{\"storageType\":\"hostPath\",\"path\":\"relative\"}",
		"{\"storageType\":\"nfs\",\"server\":[],\"path\":\"/\"}"};
	struct storage_config back;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (spec_storage_parse(texts[i], &back, &err))
			fail_msg("%s", texts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_keep_everything),
		cmocka_unit_test(both_forms_have_it),
		cmocka_unit_test(sizes_are_NNIs),
		cmocka_unit_test(mistakes_are_explained),
		cmocka_unit_test(a_storage_by_itself_reads_back),
		cmocka_unit_test(a_storage_that_is_none_is_refused),
	};

	return cmocka_run_group_tests_name("outputs", tests, folder_make,
					   folder_take_away);
}
