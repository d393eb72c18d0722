/* SPDX-License-Identifier: MIT */
/* Objects without managedFields: what is left out, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/object.h"

static void test_slim(void **state)
{
	static const struct {
		const char *text, *slim;
	} cases[] = {
		{"{}", "{}"},
		{"", ""},
		{"{\"metadata\":{\"name\":\"a\",\"managedFields\":[{\"f\":{\"]"
		 "\":"
		 "\"}]\\\"\"}}],\"uid\":\"u\"}}",
		 "{\"metadata\":{\"name\":\"a\",\"managedFields\":null,"
		 "\"uid\":\"u\"}}"},
		/* twice: an object within an event, a template within a job */
		{"{\"managedFields\":[],\"x\":{\"managedFields\":[1]}}",
		 "{\"managedFields\":null,\"x\":{\"managedFields\":null}}"},
		/* the word in a string is no key */
		{"{\"a\":\"\\\"managedFields\\\":[1]\"}",
		 "{\"a\":\"\\\"managedFields\\\":[1]\"}"},
		/* of another type, cut short, at the end: left as it is */
		{"{\"managedFields\":{\"a\":1}}",
		 "{\"managedFields\":{\"a\":1}}"},
		{"{\"managedFields\":[1,", "{\"managedFields\":[1,"},
		{"{\"managedFields\":", "{\"managedFields\":"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct strbuf out = STRBUF_INIT;

		kube_object_slim(cases[i].text, strlen(cases[i].text), &out);
		assert_string_equal(out.data, cases[i].slim);
		strbuf_release(&out);
	}
}

static void test_parse(void **state)
{
	static const char text[] =
		"{\"metadata\":{\"managedFields\":[{\"a\":1}],\"uid\":\"u\"}}";
	struct error err;
	const cJSON *metadata;
	cJSON *tree = kube_object_parse(text, strlen(text), &err);

	(void)state;
	metadata = cJSON_GetObjectItem(tree, "metadata");
	assert_true(
		cJSON_IsNull(cJSON_GetObjectItem(metadata, "managedFields")));
	assert_string_equal(
		cJSON_GetStringValue(cJSON_GetObjectItem(metadata, "uid")),
		"u");
	cJSON_Delete(tree);
	assert_null(kube_object_parse("{\"managedFields\":[}", 19, &err));
	assert_int_equal(err.code, ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slim),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests_name("kube_object", tests, NULL, NULL);
}
