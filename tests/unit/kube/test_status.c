/* SPDX-License-Identifier: MIT */
/* What refusals say, whoever says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/kube/client.h"

#include <stdlib.h>
#include <string.h>

static struct kube_status read_text(int code, const char *body)
{
	struct kube_status status;

	kube_status_read(&status, code, body, strlen(body));
	return status;
}

static void test_a_status(void **state)
{
	struct kube_status status = read_text(
		422, "\n {\"kind\":\"Status\",\"apiVersion\":\"v1\","
		     "\"status\":\"Failure\",\"message\":\"Job.batch \\\"x\\\" "
		     "is invalid: spec.template.spec.restartPolicy: "
		     "Required value\",\"reason\":\"Invalid\",\"details\":{"
		     "\"name\":\"x\",\"causes\":[{\"reason\":"
		     "\"FieldValueRequired\",\"message\":\"Required value\","
		     "\"field\":\"spec.template.spec.restartPolicy\"},"
		     "{\"reason\":\"Second\"}],\"retryAfterSeconds\":7},"
		     "\"code\":200}");
	struct error err;

	(void)state;
	assert_int_equal(status.code, 422); /* HTTP's */
	assert_string_equal(status.reason, "Invalid");
	assert_string_equal(status.cause, "FieldValueRequired");
	assert_string_equal(status.field, "spec.template.spec.restartPolicy");
	assert_int_equal(status.retry_after_s, 7);
	kube_status_error(&status, &err);
	assert_int_equal(err.code, ERROR_INVALID);
	/* the message names field and cause already */
	assert_string_equal(err.text, status.message);
}

static void test_causes_are_appended(void **state)
{
	struct kube_status status = {
		.code = 403, .message = "no", .field = "spec.x", .cause = "Y"};
	struct error err;

	(void)state;
	kube_status_error(&status, &err);
	assert_string_equal(err.text, "no (spec.x: Y)");
	*status.cause = '\0';
	kube_status_error(&status, &err);
	assert_string_equal(err.text, "no (spec.x)");
}

static void test_what_proxies_say(void **state)
{
	(void)state;
	assert_string_equal(read_text(404, "404 page not found\n").message,
			    "404 page not found");
	assert_string_equal(
		read_text(502, "<html>\r\n<head><TITLE>502 Bad "
			       "Gateway</title></head><body>...</body></html>")
			.message,
		"502 Bad Gateway");
	assert_string_equal(read_text(502, "<p>what?").message,
			    "HTTP 502 Bad Gateway");
	assert_string_equal(read_text(502, "<title>cut").message,
			    "HTTP 502 Bad Gateway");
	assert_string_equal(read_text(503, "").message,
			    "HTTP 503 Service Unavailable");
	assert_string_equal(read_text(599, " \n").message, "HTTP 599");
	assert_string_equal(read_text(404, "{\"paths\":[\"/api\"]}").message,
			    "HTTP 404 Not Found");
	assert_string_equal(read_text(500, "{\"kind\":\"Sta").message,
			    "HTTP 500 Internal Server Error");
	assert_string_equal(read_text(404, "404 page not found").reason, "");
}

static void test_texts_are_safe_and_bounded(void **state)
{
	struct kube_status status;
	char *body = xmalloc(400000);

	(void)state;
	status = read_text(500, "a\033]0;x\a\nb\xff");
	assert_string_equal(status.message, "a\xEF\xBF\xBD]0;x\xEF\xBF\xBD"
					    "\xEF\xBF\xBD"
					    "b\xEF\xBF\xBD");
	/* cut at a character: 3 bytes each, 1023 of them fit */
	for (int i = 0; i < 1000; i++)
		memcpy(body + (size_t)i * 3, "\xE2\x82\xAC", 3);
	kube_status_read(&status, 500, body, 3000);
	assert_int_equal(strlen(status.message), 1023);
	kube_status_read(&status, 500, body + 1, 2999);
	assert_int_equal(strlen(status.message) % 3, 0);
	memset(body, 'x', 400000);
	kube_status_read(&status, 500, body, 400000);
	assert_int_equal(strlen(status.message), 1023);
	/* nested without end */
	memset(body, '[', 400000);
	memcpy(body, "{\"kind\":", 8);
	kube_status_read(&status, 500, body, 400000);
	assert_string_equal(status.message, "HTTP 500 Internal Server Error");
	free(body);
}

static void test_types_are_checked(void **state)
{
	struct kube_status status = read_text(
		409, "{\"kind\":\"Status\",\"message\":7,\"reason\":[],"
		     "\"details\":{\"causes\":{\"a\":1},"
		     "\"retryAfterSeconds\":1e300}}");

	(void)state;
	assert_string_equal(status.message, "HTTP 409 Conflict");
	assert_string_equal(status.reason, "");
	assert_in_range(status.retry_after_s, 1, 3600);
	status = read_text(409, "{\"kind\":\"Status\",\"details\":{"
				"\"retryAfterSeconds\":-1}}");
	assert_int_equal(status.retry_after_s, 0);
}

static void test_codes(void **state)
{
	static const struct {
		int code;
		enum error_code expected;
	} cases[] = {
		{400, ERROR_INVALID},	  {401, ERROR_DENIED},
		{403, ERROR_DENIED},	  {404, ERROR_NOT_FOUND},
		{405, ERROR_INVALID},	  {408, ERROR_TIMEOUT},
		{409, ERROR_CONFLICT},	  {410, ERROR_INVALID},
		{422, ERROR_INVALID},	  {429, ERROR_UNAVAILABLE},
		{500, ERROR_UNAVAILABLE}, {503, ERROR_UNAVAILABLE},
		{504, ERROR_TIMEOUT},	  {302, ERROR_INVALID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct kube_status status = read_text(cases[i].code, "x");
		struct error err;

		kube_status_error(&status, &err);
		assert_int_equal(err.code, cases[i].expected);
		assert_string_equal(err.text, "x");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_status),
		cmocka_unit_test(test_causes_are_appended),
		cmocka_unit_test(test_what_proxies_say),
		cmocka_unit_test(test_texts_are_safe_and_bounded),
		cmocka_unit_test(test_types_are_checked),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests_name("kube status", tests, NULL, NULL);
}
