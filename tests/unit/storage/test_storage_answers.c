/* SPDX-License-Identifier: MIT */
/* What storage servers say: lists, refusals; and names before they are sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/azure_private.h"
#include "engine/storage/endpoint.h"
#include "engine/storage/fault.h"
#include "engine/storage/part_name.h"
#include "engine/storage/s3_answer.h"

#include <stdlib.h>
#include <string.h>

#define NOW (1795588800 * NS_PER_S) /* 2026-11-25T06:40:00Z */
#define NS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

/* ---- lists --------------------------------------------------------------- */

static bool read_page(const char *text, struct s3_page *page)
{
	struct error err = {0};
	bool ok = s3_page_read(text, strlen(text), page, &err);

	assert_int_equal(err.code, ok ? ERROR_NONE : ERROR_CORRUPT);
	return ok;
}

static void test_s3_page(void **state)
{
	struct s3_page page;

	(void)state;
	assert_true(read_page(
		"<?xml version=\"1.0\"?><ListBucketResult" NS ">"
		"<EncodingType>url</EncodingType>"
		"<IsTruncated>true</IsTruncated>"
		"<Contents><Key>a%2Fb+c%2B%C3%A9</Key>"
		"<LastModified>2026-11-25T06:40:00.000Z</LastModified>"
		"<Size>12</Size></Contents>"
		"<Contents><Key>100%</Key><Size>0</Size></Contents>"
		"<CommonPrefixes><Prefix>a%2Fd%2F</Prefix></CommonPrefixes>"
		"<NextContinuationToken>t&amp;1</NextContinuationToken>"
		"</ListBucketResult>",
		&page));
	assert_int_equal(page.count, 3);
	assert_string_equal(page.items[0].key, "a/b c+\xc3\xa9");
	assert_int_equal(page.items[0].size, 12);
	assert_true(page.items[0].modified_ns == NOW);
	assert_string_equal(page.items[1].key, "100%");
	assert_true(page.items[1].modified_ns == 0);
	assert_true(page.items[2].is_prefix);
	assert_string_equal(page.items[2].key, "a/d/");
	assert_string_equal(page.next, "t&1");
	s3_page_release(&page);
	/* not encoded: as it stands */
	assert_true(read_page("<ListBucketResult><Contents><Key>a+%41</Key>"
			      "<Size>1</Size></Contents></ListBucketResult>",
			      &page));
	assert_string_equal(page.items[0].key, "a+%41");
	assert_null(page.next);
	s3_page_release(&page);
}

static void test_s3_pages_that_are_none(void **state)
{
	static const char *const texts[] = {
		"",
		"ok",
		"<ListBucketResult>",
		"<Other/>",
		/* more, but not where */
		"<ListBucketResult><IsTruncated>true</IsTruncated>"
		"</ListBucketResult>",
		"<ListBucketResult><Contents><Key>a</Key></Contents>"
		"</ListBucketResult>",
		"<ListBucketResult><Contents><Key>a</Key><Size>-1</Size>"
		"</Contents></ListBucketResult>",
		"<ListBucketResult><Contents><Key>a</Key>"
		"<Size>99999999999999999999</Size></Contents>"
		"</ListBucketResult>",
		"<ListBucketResult><EncodingType>url</EncodingType><Contents>"
		"<Key>a%00b</Key><Size>1</Size></Contents></ListBucketResult>",
		/* entities of its own */
		"<!DOCTYPE x [<!ENTITY e \"eeee\">]><ListBucketResult>"
		"<Contents><Key>&e;</Key><Size>1</Size></Contents>"
		"</ListBucketResult>",
		"<!DOCTYPE x SYSTEM \"file:///etc/passwd\">"
		"<ListBucketResult/>",
	};
	struct s3_page page;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (read_page(texts[i], &page))
			fail_msg("read: %s", texts[i]);
}

static void test_azure_pages(void **state)
{
	static const char first[] =
		"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"utf-8\"?>"
		"<EnumerationResults ShareName=\"s\"><Entries>"
		"<File><Name>a b</Name><Properties>"
		"<Content-Length>7</Content-Length>"
		"<LastWriteTime>2026-11-25T06:40:00.0000000Z</LastWriteTime>"
		"</Properties></File>"
		"<Directory><Name Encoded=\"true\">d%EF%BF%BE</Name>"
		"</Directory><Other/></Entries>"
		"<NextMarker>m</NextMarker></EnumerationResults>";
	static const char second[] =
		"<EnumerationResults><Entries/><NextMarker />"
		"</EnumerationResults>";
	static const char *const wrong[] = {
		"<EnumerationResults/>",
		"<EnumerationResults><Entries><File><Name>a/b</Name>"
		"<Properties><Content-Length>1</Content-Length></Properties>"
		"</File></Entries></EnumerationResults>",
		"<EnumerationResults><Entries><File><Name>a</Name></File>"
		"</Entries></EnumerationResults>",
	};
	struct azure_page page = {0};
	struct error err;

	(void)state;
	assert_true(azure_page_read(first, strlen(first), &page, &err));
	assert_int_equal(page.count, 2);
	assert_string_equal(page.items[0].name, "a b");
	assert_int_equal(page.items[0].size, 7);
	assert_true(page.items[0].modified_ns == NOW);
	assert_true(page.items[1].is_folder);
	assert_string_equal(page.items[1].name, "d\xef\xbf\xbe");
	assert_string_equal(page.next, "m");
	assert_true(azure_page_read(second, strlen(second), &page, &err));
	assert_int_equal(page.count, 2);
	assert_null(page.next);
	azure_page_release(&page);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(azure_page_read(wrong[i], strlen(wrong[i]), &page,
					     &err));
		assert_int_equal(err.code, ERROR_CORRUPT);
		azure_page_release(&page);
	}
}

static void test_bodies(void **state)
{
	static const char *const keys[] = {"a&<b>\"", "c\rd"};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	s3_add_delete(&out, keys, 2);
	assert_string_equal(out.data,
			    "<Delete><Quiet>true</Quiet>"
			    "<Object><Key>a&amp;&lt;b&gt;&quot;</Key></Object>"
			    "<Object><Key>c&#13;d</Key></Object></Delete>");
	strbuf_release(&out);
	assert_true(s3_can_delete_many("a\t\xc3\xa9"));
	assert_false(s3_can_delete_many("a\x01"));
	assert_false(s3_can_delete_many("a\xff"));
}

/* ---- refusals ------------------------------------------------------------ */

static struct error refusal(int code, const char *head, const char *body)
{
	const struct storage_subject subject = {
		.server = "srv",
		.account = "acc",
		.place = "bucket b",
		.right = "s3:X",
		.secret = "hunter2",
	};
	struct http_answer answer;
	struct storage_fault fault;
	struct error err = {0};

	http_answer_init(&answer);
	answer.code = code;
	strbuf_addf(&answer.headers, "HTTP/1.1 %d x\r\n%s\r\n", code, head);
	strbuf_adds(&answer.body, body);
	storage_fault_read(&answer, &fault);
	assert_false(storage_fault_error(&fault, &subject, &err));
	http_answer_release(&answer);
	return err;
}

#define ERR(code, rest) "<Error><Code>" code "</Code>" rest "</Error>"
#define SAYS(text) "<Message>" text "</Message>"

static void test_refusals(void **state)
{
	static const struct {
		int http;
		const char *head, *body;
		enum error_code code;
		const char *text;
	} cases[] = {
		{403, "", ERR("SignatureDoesNotMatch", SAYS("no hunter2")),
		 ERROR_DENIED,
		 "srv: the key of acc is wrong (SignatureDoesNotMatch: HTTP "
		 "403)"},
		{403, "", ERR("ExpiredToken", SAYS("old")), ERROR_DENIED,
		 "srv: the session token of acc has expired or is none: get a "
		 "new one (ExpiredToken: old)"},
		{403, "", ERR("AccessDenied", SAYS("no")), ERROR_DENIED,
		 "srv: bucket b: the right s3:X is missing for acc "
		 "(AccessDenied: no)"},
		{403, "",
		 ERR("RequestTimeTooSkewed",
		     "<ServerTime>2026-11-25T08:40:00Z</ServerTime>"),
		 ERROR_DENIED,
		 "srv: the clocks differ by 2h00m: here it is "
		 "2026-11-25T06:40:00.000Z, there 2026-11-25T08:40:00.000Z: "
		 "set this machine's clock"},
		/* the same, as Azure says it: in the head's date */
		{403, "Date: Wed, 25 Nov 2026 07:40:00 GMT\r\n",
		 ERR("AuthenticationFailed", SAYS("x\nRequestId:1\nTime:2")),
		 ERROR_DENIED,
		 "srv: the clocks differ by 1h00m: here it is "
		 "2026-11-25T06:40:00.000Z, there 2026-11-25T07:40:00.000Z: "
		 "set this machine's clock"},
		{403, "Date: Wed, 25 Nov 2026 06:41:00 GMT\r\n",
		 ERR("AuthenticationFailed", SAYS("x\nRequestId:1\nTime:2")),
		 ERROR_DENIED,
		 "srv: the key of acc is wrong (AuthenticationFailed: x)"},
		{400, "",
		 ERR("AuthorizationHeaderMalformed", "<Region>eu-1</Region>"),
		 ERROR_INVALID,
		 "srv: bucket b is in region eu-1: write region: eu-1"},
		{301, "x-amz-bucket-region: eu-2\r\n", "", ERROR_INVALID,
		 "srv: bucket b is in region eu-2: write region: eu-2"},
		{301, "", "", ERROR_INVALID,
		 "srv: bucket b is not in this region (HTTP 301): set region "
		 "and endpoint to where it is"},
		{404, "", ERR("NoSuchBucket", ""), ERROR_NOT_FOUND,
		 "srv: there is no bucket b"},
		{404, "", "", ERROR_NOT_FOUND, "srv: it is not there"},
		{409, "", ERR("BucketAlreadyExists", ""), ERROR_CONFLICT,
		 "srv: bucket b belongs to somebody else: choose another name"},
		{503, "Retry-After: 7\r\n", ERR("SlowDown", SAYS("slow")),
		 ERROR_UNAVAILABLE,
		 "srv: it is too busy and wants 7 s of peace (SlowDown)"},
		{503, "x-ms-error-code: ServerBusy\r\n", "", ERROR_UNAVAILABLE,
		 "srv: it is too busy (ServerBusy)"},
		{500, "", "<html>", ERROR_UNAVAILABLE, "srv: HTTP 500"},
		{403, "", ERR("ShareSizeLimitReached", SAYS("full")),
		 ERROR_LIMIT,
		 "srv: bucket b is full: make room or raise its quota "
		 "(ShareSizeLimitReached: full)"},
		{507, "", "", ERROR_LIMIT,
		 "srv: bucket b is full: make room or raise its quota (HTTP "
		 "507)"},
		{400, "", ERR("XAmzContentSHA256Mismatch", SAYS("m")),
		 ERROR_UNAVAILABLE,
		 "srv: it was changed on the way, or while it was read "
		 "(XAmzContentSHA256Mismatch: m)"},
		{418, "", ERR("Tea", SAYS("\x1b[31mpot")), ERROR_INVALID, NULL},
		{418, "", ERR("Tea", SAYS("pot")), ERROR_INVALID,
		 "srv: it refuses the request: HTTP 418, Tea: pot"},
	};

	(void)state;
	clock_fix_wall(NOW);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err =
			refusal(cases[i].http, cases[i].head, cases[i].body);

		if (cases[i].text)
			assert_string_equal(err.text, cases[i].text);
		assert_int_equal(err.code, cases[i].code);
		assert_null(strstr(err.text, "hunter2"));
		assert_null(strchr(err.text, '\x1b'));
	}
	clock_fix_wall(0);
}

/* ---- names --------------------------------------------------------------- */

static void test_azure_names(void **state)
{
	static const char *const right[] = {
		"a",	  "a/b.c/d e", ".trialdeck/code.manifest",
		"com",	  "com10",     "\xc3\xa9",
		"console"};
	static const struct {
		const char *path, *why;
	} wrong[] = {
		{"a:b", "names must not have any of \" \\ : | < > * ?"},
		{"a/b?", "names must not have any of \" \\ : | < > * ?"},
		{"a./b", "names must not end in '.'"},
		{"a ", "names must not begin or end with a blank"},
		{"a\nb", "names must not have control characters"},
		{"\xff", "names must be UTF-8"},
		{"Nul", "names of devices are taken"},
		{"x/lPT9", "names of devices are taken"},
	};
	struct strbuf text = STRBUF_INIT;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++)
		assert_true(azure_check_path(right[i], &err));
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(azure_check_path(wrong[i].path, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.text, wrong[i].why));
	}
	for (int i = 0; i < 255; i++)
		strbuf_addch(&text, 'x');
	assert_true(azure_check_path(text.data, &err));
	strbuf_addch(&text, 'x');
	assert_false(azure_check_path(text.data, &err));
	/* characters outside the first plane count twice */
	strbuf_clear(&text);
	for (int i = 0; i < 128; i++)
		strbuf_adds(&text, "\xf0\x9f\x98\x80");
	assert_false(azure_check_path(text.data, &err));
	strbuf_clear(&text);
	for (int i = 0; i < 251; i++)
		strbuf_adds(&text, i ? "/y" : "y");
	assert_false(azure_check_path(text.data, &err));
	strbuf_release(&text);
}

static void test_part_names(void **state)
{
	char *one = storage_part_name(), *two = storage_part_name();
	char *path = xasprintf("a/%s", one);
	struct error err;

	(void)state;
	assert_string_not_equal(one, two);
	assert_true(storage_is_part_name(path));
	assert_false(storage_is_part_name(".trialdeck/code.manifest"));
	assert_true(azure_check_path(path, &err));
	free(path);
	free(one);
	free(two);
}

static void test_endpoints(void **state)
{
	static const struct {
		const char *text, *host, *path;
	} right[] = {
		{"https://Minio.Example:9000", "minio.example:9000", ""},
		{"https://h:443/", "h", ""},
		{"http://h:80/x/y/", "h", "/x/y"},
		{"http://h:443", "h:443", ""},
		{"http://[::1]:9000", "[::1]:9000", ""},
	};
	static const char *const wrong[] = {
		"",	     "h:9000",		 "ftp://h",	 "http://",
		"http://:1", "http://u:p@h",	 "http://h?x=y", "http://h/a b",
		"https:/h",  "http://h/\r\nX: y"};
	struct endpoint endpoint;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(right); i++) {
		assert_true(endpoint_read(right[i].text, &endpoint, &err));
		assert_string_equal(endpoint.host, right[i].host);
		assert_string_equal(endpoint.path, right[i].path);
		endpoint_release(&endpoint);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(endpoint_read(wrong[i], &endpoint, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_null(strstr(err.text, "u:p"));
	}
}

static void test_heads(void **state)
{
	struct http_answer answer;
	char value[8];

	(void)state;
	http_answer_init(&answer);
	strbuf_adds(&answer.headers, "HTTP/1.1 200 OK\r\nETag:  \"a\" \r\n"
				     "content-length: 12\r\nRetry-After: "
				     "99999\r\nX: 0123456789\r\n\r\n");
	assert_true(http_header(&answer, "etag", value, sizeof(value)));
	assert_string_equal(value, "\"a\"");
	assert_true(http_header(&answer, "x", value, sizeof(value)));
	assert_string_equal(value, "0123456");
	assert_false(http_header(&answer, "tag", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_int_equal(http_length(&answer), 12);
	assert_int_equal(http_retry_after(&answer), 3600);
	http_answer_release(&answer);
	assert_true(http_time("Wed, 25 Nov 2026 06:40:00 GMT") == NOW);
	assert_true(http_time("2026-11-25T06:40:00Z") == NOW);
	assert_true(http_time("never") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_s3_page),
		cmocka_unit_test(test_s3_pages_that_are_none),
		cmocka_unit_test(test_azure_pages),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_azure_names),
		cmocka_unit_test(test_part_names),
		cmocka_unit_test(test_endpoints),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
