/* SPDX-License-Identifier: MIT */
/* Calls and streams against a server that misbehaves by script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/kube/rig.h"

#include <stdio.h>
#include <string.h>

static const char too_many[] =
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"slow down\","
	"\"reason\":\"TooManyRequests\",\"code\":429}";
static const char denied[] =
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"who are "
	"you\",\"reason\":\"Unauthorized\",\"code\":401}";

static int ms_since(int64_t start_ns)
{
	return (int)((clock_mono_ns() - start_ns) / NS_PER_MS);
}

/* Connections are kept, requests are what they should be. */
static void test_methods(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a?x=1 HTTP/1.1", "Accept-Encoding: gzip", "200 OK",
		       "one"),
		ANSWER("POST /b HTTP/1.1", "\r\n\r\n{\"b\":1}", "201 Created",
		       "two"),
		ANSWER("PUT /c", "Content-Type: application/json\r\n", "200 OK",
		       "three"),
		ANSWER("DELETE /d HTTP/1.1", "\r\n\r\n", "200 OK", ""),
		ANSWER("DELETE /e HTTP/1.1", "\r\n\r\n{}", "202 Accepted",
		       "five"),
		ANSWER("PATCH /f",
		       "Content-Type: application/merge-patch+json\r\n",
		       "200 OK", "six"),
		ANSWER("POST /g", "Content-Length: 0\r\n", "200 OK", "seven"),
		ANSWER("POST /h",
		       "Accept: application/json;as=PartialObjectMetadata;"
		       "g=meta.k8s.io;v=v1, application/json, */*\r\n",
		       "200 OK", "eight"),
	};
	struct rig *rig = *state;
	struct kube_request brief = {
		.method = KUBE_POST,
		.path = "/h",
		.is_brief = true,
	};
	struct kube_request patch = {
		.method = KUBE_PATCH,
		.path = "/f",
		.body = "{}",
		.body_len = 2,
		.content_type = "application/merge-patch+json",
	};

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_GET, "/a?x=1", NULL, 0);
	rig_until(rig, "200 one\n");
	rig_call(rig, KUBE_POST, "/b", "{\"b\":1}", 0);
	rig_until(rig, "201 two\n");
	rig_call(rig, KUBE_PUT, "/c", "{}", 0);
	rig_until(rig, "200 three\n");
	rig_call(rig, KUBE_DELETE, "/d", NULL, 0);
	rig_until(rig, "200 \n");
	rig_call(rig, KUBE_DELETE, "/e", "{}", 0);
	rig_until(rig, "202 five\n");
	kube_call(rig->client, &patch, rig_tell_reply, rig);
	rig_until(rig, "200 six\n");
	rig_call(rig, KUBE_POST, "/g", NULL, 0);
	rig_until(rig, "200 seven\n");
	kube_call(rig->client, &brief, rig_tell_reply, rig);
	rig_until(rig, "200 eight\n");
	assert_int_equal(rig->connections, 1);
	assert_null(strstr(rig->told.data, "server:"));
}

static void test_refusals_are_answers(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a", NULL, "404 Not Found", "404 page not found\n"),
		ANSWER("POST /b", NULL, "409 Conflict",
		       "{\"kind\":\"Status\",\"reason\":\"AlreadyExists\","
		       "\"message\":\"it exists\",\"code\":409}"),
		ANSWER("POST /c", NULL, "403 Forbidden", "no\033[2Jno"),
		ANSWER("POST /d", NULL, "422 Unprocessable Entity", "bad"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_GET, "/a", NULL, 0);
	rig_until(rig, "404 not-found: 404 page not found\n");
	rig_call(rig, KUBE_POST, "/b", "{}", 0);
	rig_until(rig, "409 conflict: it exists\n");
	rig_call(rig, KUBE_POST, "/c", "{}", 0);
	rig_until(rig, "403 denied: no\xEF\xBF\xBD[2Jno\n");
	rig_call(rig, KUBE_POST, "/d", "{}", 0);
	rig_until(rig, "422 invalid: bad\n");
	rig_moment(rig, 20);
	assert_null(strstr(rig->told.data, "server:"));
}

static void test_warnings_are_told(void **state)
{
	static const struct exchange script[] = {
		ANSWER("POST /a", NULL,
		       "201 Created\r\nWarning: 299 - \"old \\\"api\\\"\"\r\n"
		       "warning: 299 - \"and\x1b more\"",
		       "x"),
		ANSWER("GET /b", NULL, "200 OK", "none"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	rig_until(rig, "warning: old \"api\"\nand\xEF\xBF\xBD more\n");
	rig_call(rig, KUBE_GET, "/b", NULL, 0);
	rig_until(rig, "200 none\n");
	rig_moment(rig, 10);
	assert_null(strstr(rig->told.data, "none\nwarning"));
}

/* 429 holds for everybody, whatever the method. */
static void test_retry_after_is_kept(void **state)
{
	static const struct exchange script[] = {
		ANSWER("POST /a", NULL,
		       "429 Too Many Requests\r\nRetry-After: 1", too_many),
		ANSWER("GET /b", NULL, "200 OK", "b"),
		ANSWER("POST /a", NULL, "201 Created", "a"),
	};
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();
	struct kube_totals totals;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	while (!rig->requests)
		rig_moment(rig, 1);
	rig_moment(rig, 20);
	rig_call(rig, KUBE_GET, "/b", NULL, 0);
	rig_until(rig, "201 a\n");
	assert_non_null(strstr(rig->told.data, "200 b\n"));
	assert_in_range(ms_since(start), 1000, 5000);
	kube_client_totals(rig->client, &totals);
	assert_int_equal(totals.retries, 1);
	assert_int_equal(totals.requests, 3);
	/* once is no reason to bother anybody */
	assert_null(strstr(rig->told.data, "server:"));
}

static void test_details_retry_after(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a", NULL, "503 Service Unavailable",
		       "{\"kind\":\"Status\",\"message\":\"starting\","
		       "\"details\":{\"retryAfterSeconds\":1},\"code\":503}"),
		ANSWER("GET /a", NULL, "200 OK", "a"),
	};
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_GET, "/a", NULL, 0);
	rig_until(rig, "200 a\n");
	assert_in_range(ms_since(start), 1000, 5000);
}

/* Back-off: GET repeats, three bad answers are a fault, a good one ends it. */
static void test_get_repeats_through_faults(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a", NULL, "502 Bad Gateway",
		       "<html><head><title>502 Bad\nGateway</title></head>"),
		{.wants = "GET /a",
		 .head = "500 Internal Server Error",
		 .body = "",
		 .after = AFTER_CLOSE},
		{.wants = "GET /a", .is_silent = true, .after = AFTER_RESET},
		ANSWER("GET /a", NULL, "200 OK", "a"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_GET, "/a", NULL, 0);
	rig_until(rig, "server: well\n");
	assert_int_equal(
		strncmp(rig->told.data, "server: API server http://127", 29),
		0);
	assert_non_null(strstr(rig->told.data, ": connection lost\n"));
	assert_non_null(strstr(rig->told.data, "200 a\n"));
}

static void test_post_is_not_repeated_when_it_may_have_happened(void **state)
{
	static const struct exchange script[] = {
		{.wants = "POST /a", .is_silent = true, .after = AFTER_RESET},
		ANSWER("POST /b", NULL, "500 Internal Server Error", "oops"),
		ANSWER("POST /c", NULL, "503 Service Unavailable", "maybe"),
		ANSWER("POST /d", NULL,
		       "503 Service Unavailable\r\nRetry-After: 1",
		       "surely not"),
		ANSWER("POST /d", NULL, "201 Created", "d"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	rig_until(rig, "0 unavailable: API server http://127");
	rig_call(rig, KUBE_POST, "/b", "{}", 0);
	rig_until(rig, "500 unavailable: oops\n");
	rig_call(rig, KUBE_POST, "/c", "{}", 0);
	rig_until(rig, "503 unavailable: maybe\n");
	rig_call(rig, KUBE_POST, "/d", "{}", 0);
	rig_until(rig, "201 d\n");
	assert_int_equal(rig->requests, 5);
}

static void test_one_401_renews_two_are_a_fault(void **state)
{
	static const struct exchange script[] = {
		ANSWER("POST /a", NULL, "401 Unauthorized", denied),
		ANSWER("POST /a", NULL, "201 Created", "a"),
		ANSWER("POST /b", NULL, "401 Unauthorized", denied),
		ANSWER("POST /b", NULL, "401 Unauthorized", denied),
		ANSWER("POST /b", NULL, "201 Created", "b"),
		ANSWER("POST /c", NULL, "401 Unauthorized", denied),
		ANSWER("POST /c", NULL, "401 Unauthorized", denied),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	rig_until(rig, "201 a\n");
	assert_null(strstr(rig->told.data, "server:"));
	rig_call(rig, KUBE_POST, "/b", "{}", 0);
	rig_until(rig, "HTTP 401: who are you\n");
	rig_until(rig, "201 b\n");
	rig_until(rig, "server: well\n");
	rig_call(rig, KUBE_POST, "/c", "{}", -1);
	rig_until(rig, "401 denied: who are you\n");
}

static int count(const struct rig *rig, const char *text)
{
	int n = 0;

	for (const char *p = rig->told.data; (p = strstr(p, text)); p++)
		n++;
	return n;
}

static void test_no_server_is_a_fault_told_once(void **state)
{
	static const struct exchange script[] = {
		ANSWER("POST /a", NULL, "201 Created", "a"),
		ANSWER("POST /a", NULL, "201 Created", "b"),
	};
	struct rig *rig = *state;
	char expected[128];

	RIG_SCRIPT(rig, script);
	rig_stop_server(rig);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	rig_call(rig, KUBE_POST, "/a", "{}", 0);
	rig_call(rig, KUBE_POST, "/b", "{}", 300);
	rig_until(rig, "0 unavailable: API server http://127");
	rig_moment(rig, 1000);
	snprintf(expected, sizeof(expected),
		 "server: API server http://127.0.0.1:%d: connection refused\n",
		 rig->port);
	assert_int_equal(count(rig, expected), 1);
	rig_start_server(rig);
	rig_until(rig, "201 b\n");
	rig_until(rig, "server: well\n");
	assert_int_equal(count(rig, "201 a\n"), 1);
	assert_int_equal(count(rig, "server: "), 2);
}

static void test_answer_too_late_and_too_large(void **state)
{
	static const struct exchange script[] = {
		{.wants = "POST /a", .is_silent = true, .after = AFTER_HANG},
		ANSWER("GET /b", NULL, "200 OK", "0123456789"),
		ANSWER("GET /b", NULL, "200 OK", "012345678"),
	};
	struct rig *rig = *state;
	struct kube_request late = {
		.method = KUBE_POST, .path = "/a", .timeout_ms = 100};
	struct kube_request large = {.path = "/b", .max_bytes = 9};

	RIG_SCRIPT(rig, script);
	kube_call(rig->client, &late, rig_tell_reply, rig);
	rig_until(rig, "0 timeout: API server http://127");
	assert_non_null(strstr(rig->told.data, "no answer in time"));
	kube_call(rig->client, &large, rig_tell_reply, rig);
	rig_until(rig, "0 limit: API server http://127");
	kube_call(rig->client, &large, rig_tell_reply, rig);
	rig_until(rig, "200 012345678\n");
}

static void test_rate_limit(void **state)
{
	static struct exchange script[20];
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();
	struct kube_totals totals;

	for (int i = 0; i < 20; i++)
		script[i] = (struct exchange)ANSWER("GET /x", NULL, "200 OK",
						    i == 19 ? "last" : "x");
	rig_limit(rig, 50, 5);
	RIG_SCRIPT(rig, script);
	for (int i = 0; i < 20; i++)
		rig_call(rig, KUBE_GET, "/x", NULL, 0);
	assert_int_equal(rig->requests, 0);
	rig_until(rig, "200 last\n");
	/* five at once, fifteen at 20 ms each */
	assert_in_range(ms_since(start), 290, 5000);
	kube_client_totals(rig->client, &totals);
	assert_int_equal(totals.requests, 20);
	assert_true(totals.limited_ms > 1000);
}

/* From the call to the answer without waiting for anything else. */
static void test_no_idle_wait(void **state)
{
	static struct exchange script[50];
	struct rig *rig = *state;
	int64_t start;

	for (int i = 0; i < 50; i++)
		script[i] =
			(struct exchange)ANSWER("GET /x", NULL, "200 OK", "x");
	RIG_SCRIPT(rig, script);
	rig_call(rig, KUBE_GET, "/x", NULL, 0);
	rig_until(rig, "200 x\n");
	start = clock_mono_ns();
	for (int i = 1; i < 50; i++) {
		strbuf_clear(&rig->told);
		rig_call(rig, KUBE_GET, "/x", NULL, 0);
		rig_until(rig, "200 x\n");
	}
	assert_in_range(ms_since(start), 0, 49 * 20);
}

/* --- credentials that take a while ---------------------------------------- */

#define PLUGIN(script)                                                         \
	"{exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, "   \
	"args: [-c, '" script "'], interactiveMode: Never}}"
#define CREDENTIAL                                                             \
	"echo \"{\\\"apiVersion\\\":\\\"client.authentication.k8s.io/v1\\\","  \
	"\\\"kind\\\":\\\"ExecCredential\\\",\\\"status\\\":{\\\"token\\\":"   \
	"\\\"t\\\"}}\""

static void on_over(void *arg, int code, const struct kube_status *status,
		    const struct error *err)
{
	struct rig *rig = arg;

	(void)status;
	strbuf_addf(&rig->told, "over %d %s\n", code,
		    error_code_name(err->code));
}

static bool on_any(void *arg, const char *data, size_t len)
{
	(void)arg, (void)data, (void)len;
	return true;
}

/* That they go on when it has ended shows in that nobody listens. */
static void test_a_plugin_is_waited_for(void **state)
{
	struct rig *rig = *state;
	struct kube_stream_request request = {
		.path = "/s", .data = on_any, .ended = on_over, .arg = rig};
	int64_t start = clock_mono_ns();

	rig_user(rig, PLUGIN("sleep 0.2; " CREDENTIAL));
	rig_stop_server(rig);
	kube_cancel(rig_call(rig, KUBE_GET, "/never", NULL, 0));
	rig_call(rig, KUBE_GET, "/a", NULL, -1);
	kube_stream(rig->client, &request);
	/* a patience that ends first */
	rig_call(rig, KUBE_GET, "/b", NULL, 50);
	rig_until(rig, "could not be sent in time\n");
	assert_null(strstr(rig->told.data, "refused"));
	rig_until(rig, "over 0 unavailable\n");
	rig_until(rig, "0 unavailable: API server https://127");
	assert_in_range(ms_since(start), 200, 10000);
	rig_until(rig, "server: ");
	assert_int_equal(count(rig, "connection refused\n"), 2);
}

static void test_a_plugin_fails(void **state)
{
	struct rig *rig = *state;
	struct kube_stream_request request = {
		.path = "/s", .data = on_any, .ended = on_over, .arg = rig};

	rig_user(rig, PLUGIN("echo no luck >&2; exit 3"));
	rig_call(rig, KUBE_POST, "/a", "{}", -1);
	kube_stream(rig->client, &request);
	rig_until(rig, "server: API server https://127.0.0.1:");
	rig_until(rig, "over 0 ");
	rig_until(rig, "no luck");
	assert_int_equal(count(rig, ": API server https"), 2);
	/* those with patience are not told */
	strbuf_clear(&rig->told);
	rig_call(rig, KUBE_POST, "/b", "{}", 0);
	rig_moment(rig, 200);
	assert_string_equal(rig->told.data, "");
}

/* --- cancelling from everywhere ------------------------------------------- */

static struct kube_call *others[3];

static void cancel_others(const struct kube_reply *reply, void *arg)
{
	rig_tell_reply(reply, arg);
	for (int i = 0; i < 3; i++)
		kube_cancel(others[i]);
}

static void test_cancel(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a", NULL, "200 OK", "a"),
		ANSWER("GET /b", NULL, "200 OK", "b"),
		ANSWER("GET /b", NULL, "200 OK", "b"),
		{.wants = "GET /s",
		 .head = "200 OK",
		 .pieces = {"xx"},
		 .is_endless = true,
		 .after = AFTER_HANG},
	};
	struct rig *rig = *state;
	struct kube_request request = {.path = "/a"};

	RIG_SCRIPT(rig, script);
	/* at once: nothing is ever asked */
	kube_cancel(rig_call(rig, KUBE_GET, "/never", NULL, 0));
	kube_cancel(NULL);
	others[0] = kube_call(rig->client, &request, cancel_others, rig);
	request.path = "/b";
	others[1] = kube_call(rig->client, &request, cancel_others, rig);
	others[2] = kube_call(rig->client, &request, cancel_others, rig);
	rig_until(rig, "200 ");
	rig_moment(rig, 50);
	assert_int_equal(rig->told.len, 6); /* "200 a\n" */
}

static void close_client(const struct kube_reply *reply, void *arg)
{
	struct rig *rig = arg;

	rig_tell_reply(reply, arg);
	kube_client_close(rig->client);
	rig->client = NULL;
}

static void test_close_from_a_callback(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /a", NULL, "200 OK", "a"),
		ANSWER("GET /b", NULL, "200 OK", "b"),
	};
	struct rig *rig = *state;
	struct kube_request request = {.path = "/a"};

	RIG_SCRIPT(rig, script);
	kube_call(rig->client, &request, close_client, rig);
	rig_call(rig, KUBE_GET, "/b", NULL, 0);
	rig_until(rig, "200 a\n");
	rig_moment(rig, 20);
	assert_int_equal(rig->told.len, 6);
}

static void test_encode(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	kube_encode(&out, "a-b_c.d~e/f g=h,\xC3\xA9");
	assert_string_equal(out.data, "a-b_c.d~e%2Ff%20g%3Dh%2C%C3%A9");
	strbuf_release(&out);
}

static void test_backoff(void **state)
{
	int failures = 0;

	(void)state;
	for (int i = 0, base = 800; i < 12; i++, base *= 2) {
		int delay_ms = kube_backoff_ms(&failures);
		int low = base < 25600 ? base : 25600;

		assert_in_range(delay_ms, low * 3 / 4,
				low * 5 / 4 < 30000 ? low * 5 / 4 : 30000);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_methods),
		TEST(test_refusals_are_answers),
		TEST(test_warnings_are_told),
		TEST(test_retry_after_is_kept),
		TEST(test_details_retry_after),
		TEST(test_get_repeats_through_faults),
		TEST(test_post_is_not_repeated_when_it_may_have_happened),
		TEST(test_one_401_renews_two_are_a_fault),
		TEST(test_no_server_is_a_fault_told_once),
		TEST(test_answer_too_late_and_too_large),
		TEST(test_rate_limit),
		TEST(test_no_idle_wait),
		TEST(test_a_plugin_is_waited_for),
		TEST(test_a_plugin_fails),
		TEST(test_cancel),
		TEST(test_close_from_a_callback),
		cmocka_unit_test(test_encode),
		cmocka_unit_test(test_backoff),
	};

	return cmocka_run_group_tests_name("kube client", tests, NULL, NULL);
}
