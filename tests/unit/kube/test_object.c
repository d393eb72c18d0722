/* SPDX-License-Identifier: MIT */
/* Objects without what nobody reads: what is left out, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/object.h"

static const char *const unread[] = {
	"spec.template", "spec.list.env", "spec.list.deep.er", "status", NULL,
};

struct sample {
	const char *text, *slim;
};

static void check(const struct sample *samples, size_t count, bool is_event)
{
	struct kube_reader reader = {unread, STRBUF_INIT};
	struct error ignored;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(samples[i].text);
		char *exact = xmalloc(len + 1);

		/* nothing behind it is looked at */
		memcpy(exact, samples[i].text, len);
		exact = xrealloc(exact, len ? len : 1);
		cJSON_Delete(is_event ? kube_event_parse(&reader, exact, len,
							 &ignored)
				      : kube_object_parse(&reader, exact, len,
							  &ignored));
		assert_string_equal(reader.text.data, samples[i].slim);
		free(exact);
	}
	kube_reader_release(&reader);
}

static void test_left_out(void **state)
{
	static const struct sample samples[] = {
		{"{}", "{}"},
		{"", ""},
		{"[]", "[]"},
		/* in between, first, last, alone */
		{"{\"metadata\":{\"name\":\"a\",\"managedFields\":[{\"f\":{\"]"
		 "\":\"}]\\\"\"}}],\"uid\":\"u\"}}",
		 "{\"metadata\":{\"name\":\"a\",\"uid\":\"u\"}}"},
		{"{\"status\":1.5,\"spec\":{\"template\":{},\"a\":1}}",
		 "{\"spec\":{\"a\":1}}"},
		{"{\"spec\":{\"a\":1,\"template\":\"x\"},\"status\":null}",
		 "{\"spec\":{\"a\":1}}"},
		{"{\"status\":[[]]}", "{}"},
		/* with blanks, and twice */
		{"{ \"a\" : 1 , \"status\" : { } , \"status\" : 2 }",
		 "{ \"a\" : 1 }"},
		/* through lists, not through lists in lists */
		{"{\"spec\":{\"list\":[{\"env\":[1,2],\"n\":1},3,{\"n\":2,"
		 "\"env\":{},\"deep\":[{\"er\":1},{}]},[{\"env\":1}]]}}",
		 "{\"spec\":{\"list\":[{\"n\":1},3,{\"n\":2,"
		 "\"deep\":[{},{}]},[{\"env\":1}]]}}"},
	};

	(void)state;
	check(samples, COUNT_OF(samples), false);
}

static void test_left_in(void **state)
{
	static const struct sample samples[] = {
		/* elsewhere, or more, or less of a name */
		{"{\"managedFields\":[],\"template\":1,\"x\":{\"status\":1},"
		 "\"statu\":1,\"status2\":1,\"spec\":[{\"list\":1}]}",
		 "{\"managedFields\":[],\"template\":1,\"x\":{\"status\":1},"
		 "\"statu\":1,\"status2\":1,\"spec\":[{\"list\":1}]}"},
		/* the word in a string is no key */
		{"{\"a\":\"\\\"status\\\":[1]\",\"b\":\"\\\\\",\"status\":1}",
		 "{\"a\":\"\\\"status\\\":[1]\",\"b\":\"\\\\\"}"},
		/* what is not as it should be is left as it is */
		{"{\"status\":[1,", "{\"status\":[1,"},
		{"{\"status\":", "{\"status\":"},
		{"{\"status\"", "{\"status\""},
		{"{\"status", "{\"status"},
		{"{\"", "{\""},
		{"{\"a\":1 \"status\":1", "{\"a\":1 \"status\":1"},
		{"{\"spec\":{\"list\":[}]}}", "{\"spec\":{\"list\":[}]}}"},
		{"{\"spec\":{\"list\":[,,]}}", "{\"spec\":{\"list\":[,,]}}"},
		{"{\"spec\":}", "{\"spec\":}"},
		{"{\"a\":,\"status\":1}", "{\"a\":,\"status\":1}"},
	};

	(void)state;
	check(samples, COUNT_OF(samples), false);
}

static void test_events(void **state)
{
	static const struct sample samples[] = {
		{"{\"type\":\"ADDED\",\"object\":{\"status\":1,\"a\":2}}",
		 "{\"type\":\"ADDED\",\"object\":{\"a\":2}}"},
		{"{\"object\":{\"a\":2,\"status\":1},\"type\":\"ADDED\"}",
		 "{\"object\":{\"a\":2},\"type\":\"ADDED\"}"},
		{"{\"status\":1,\"object\":[{\"status\":1}],\"x\":{\"status\":"
		 "1}}",
		 "{\"status\":1,\"object\":[{\"status\":1}],\"x\":{\"status\":"
		 "1}"
		 "}"},
		{"[]", "[]"},
	};

	(void)state;
	check(samples, COUNT_OF(samples), true);
}

static void test_parse(void **state)
{
	static const char text[] =
		"{\"metadata\":{\"managedFields\":[{\"a\":1}],\"uid\":\"u\"}}";
	struct kube_reader reader = {NULL, STRBUF_INIT};
	struct error err;
	const cJSON *metadata;
	cJSON *tree = kube_object_parse(&reader, text, strlen(text), &err);

	(void)state;
	metadata = cJSON_GetObjectItem(tree, "metadata");
	assert_null(cJSON_GetObjectItem(metadata, "managedFields"));
	assert_string_equal(
		cJSON_GetStringValue(cJSON_GetObjectItem(metadata, "uid")),
		"u");
	cJSON_Delete(tree);
	assert_null(
		kube_object_parse(&reader, "{\"managedFields\":[}", 19, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	kube_reader_release(&reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_left_in),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests_name("kube_object", tests, NULL, NULL);
}
