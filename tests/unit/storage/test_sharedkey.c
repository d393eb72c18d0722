/* SPDX-License-Identifier: MIT */
/*
 * Azure's signature.  What is to be signed follows Microsoft's page on Shared
 * Key; the signatures were computed with Python from those strings:
 *
 *   key = bytes(range(64))
 *   base64.b64encode(hmac.new(key, text.encode(), sha256).digest())
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/storage/sharedkey.h"

#include <string.h>

#define KEY                                                                    \
	"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEy" \
	"MzQ1Njc4OTo7PD0+Pw=="
#define DATE "Wed, 25 Nov 2026 06:40:00 GMT"

static void expect(const struct sharedkey_request *request, const char *text,
		   const char *signature)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	sharedkey_add_string(&out, request, "myaccount");
	assert_string_equal(out.data, text);
	strbuf_clear(&out);
	assert_true(sharedkey_sign(request, "myaccount", KEY, &out, &err));
	assert_memory_equal(out.data, "SharedKey myaccount:", 20);
	assert_string_equal(out.data + 20, signature);
	strbuf_release(&out);
}

static void test_range(void **state)
{
	static const struct sharedkey_pair headers[] = {
		{"x-ms-write", "update"},
		{"x-ms-version", "2021-06-08"},
		{"x-ms-range", "bytes=0-4194303"},
		{"x-ms-date", DATE},
	};
	static const struct sharedkey_pair query[] = {{"comp", "range"}};
	const struct sharedkey_request request = {
		.method = "PUT",
		.path = "/my-share/a%20dir/f.txt",
		.content_length = 4194304,
		.query = query,
		.query_count = 1,
		.headers = headers,
		.header_count = 4,
	};

	(void)state;
	expect(&request,
	       "PUT\n\n\n4194304\n\n\n\n\n\n\n\n\n"
	       "x-ms-date:" DATE "\n"
	       "x-ms-range:bytes=0-4194303\n"
	       "x-ms-version:2021-06-08\n"
	       "x-ms-write:update\n"
	       "/myaccount/my-share/a%20dir/f.txt\ncomp:range",
	       "1k52zCzFtzo/Aj28CI1g/oLJES3jRwE1RGubcskUXdU=");
}

static void test_list(void **state)
{
	static const struct sharedkey_pair headers[] = {
		{"x-ms-version", "2021-06-08"},
		{"x-ms-date", DATE},
	};
	static const struct sharedkey_pair query[] = {
		{"restype", "directory"},
		{"comp", "list"},
		{"maxresults", "5000"},
		{"marker", "a b"},
	};
	const struct sharedkey_request request = {
		.method = "GET",
		.path = "/my-share/d",
		.query = query,
		.query_count = 4,
		.headers = headers,
		.header_count = 2,
	};

	(void)state;
	expect(&request,
	       "GET\n\n\n\n\n\n\n\n\n\n\n\n"
	       "x-ms-date:" DATE "\nx-ms-version:2021-06-08\n"
	       "/myaccount/my-share/d\ncomp:list\nmarker:a b\n"
	       "maxresults:5000\nrestype:directory",
	       "J+oTk0MgCxLxVwOiWWwqeXEignOpDDphVZpZNXbkCe4=");
}

static void test_content_type(void **state)
{
	static const struct sharedkey_pair headers[] = {{"x-ms-date", DATE}};
	static const struct sharedkey_pair query[] = {{"restype", "share"}};
	const struct sharedkey_request request = {
		.method = "PUT",
		.path = "/my-share",
		.content_length = 5,
		.content_type = "application/xml",
		.query = query,
		.query_count = 1,
		.headers = headers,
		.header_count = 1,
	};

	(void)state;
	expect(&request,
	       "PUT\n\n\n5\n\napplication/xml\n\n\n\n\n\n\nx-ms-date:" DATE
	       "\n/myaccount/my-share\nrestype:share",
	       "e4Q9eDO/lIcB+0woamzde04qq17/Pasa5dkLibQiCg4=");
}

static void test_keys(void **state)
{
	const struct sharedkey_request request = {.method = "GET",
						  .path = "/s"};
	struct strbuf out = STRBUF_INIT;
	struct error err;

	(void)state;
	assert_true(sharedkey_is_key(KEY));
	assert_true(sharedkey_is_key("YQ=="));
	assert_false(sharedkey_is_key(NULL));
	assert_false(sharedkey_is_key(""));
	assert_false(sharedkey_is_key("not base64!"));
	assert_false(sharedkey_is_key("YQ==\n"));
	assert_false(sharedkey_is_key("YQ"));
	assert_false(sharedkey_sign(&request, "acc", "s3cr*t", &out, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_string_equal(err.text,
			    "the key of storage account acc is no key: it must "
			    "be base64, as the portal shows it");
	assert_int_equal(out.len, 0);
	strbuf_release(&out);
}

static void test_date(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	sharedkey_add_date(&out, 1795588800 * NS_PER_S + 999999999);
	assert_string_equal(out.data, DATE);
	strbuf_clear(&out);
	sharedkey_add_date(&out, 0);
	assert_string_equal(out.data, "Thu, 01 Jan 1970 00:00:00 GMT");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_content_type),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
