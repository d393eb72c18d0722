/* SPDX-License-Identifier: MIT */
/*
 * AWS's signature.  The first four requests and their signatures are those of
 * Amazon's own page, "Signature Calculations for the Authorization Header";
 * the fifth was computed with Python's hmac and urllib from the rules alone:
 *
 *   k = b"AWS4" + secret
 *   for part in (date, region, "s3", "aws4_request"):
 *       k = hmac.new(k, part.encode(), sha256).digest()
 *   hmac.new(k, string_to_sign, sha256).hexdigest()
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/sigv4.h"

#include <stdlib.h>
#include <string.h>

#define AT_2013 (1369353600 * NS_PER_S) /* 2013-05-24T00:00:00Z */
#define AT_2026 (1795588800 * NS_PER_S) /* 2026-11-25T06:40:00Z */

static const struct sigv4_key amazon = {
	.id = "AKIAIOSFODNN7EXAMPLE",
	.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	.region = "us-east-1",
	.service = "s3",
};

static void expect_signature(const struct sigv4_request *request,
			     const struct sigv4_key *key, const char *names,
			     const char *signature)
{
	struct strbuf out = STRBUF_INIT, wanted = STRBUF_INIT;
	const char *line;

	sigv4_sign(request, key, &out);
	strbuf_addf(&wanted, "SignedHeaders=%s, Signature=%s\n", names,
		    signature);
	line = strstr(out.data, "SignedHeaders=");
	assert_non_null(line);
	assert_string_equal(line, wanted.data);
	strbuf_release(&wanted);
	strbuf_release(&out);
}

static struct sigv4_request bucket_request(const char *method, const char *path)
{
	return (struct sigv4_request){
		.method = method,
		.path = path,
		.host = "examplebucket.s3.amazonaws.com",
		.payload = SIGV4_EMPTY,
		.at_ns = AT_2013,
	};
}

static void test_amazon_get(void **state)
{
	const struct sigv4_pair headers[] = {{"range", "bytes=0-9"}};
	struct sigv4_request request = bucket_request("GET", "/test.txt");

	(void)state;
	request.headers = headers;
	request.header_count = 1;
	expect_signature(&request, &amazon,
			 "host;range;x-amz-content-sha256;x-amz-date",
			 "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd9103"
			 "9c6036bdb41");
}

static void test_amazon_put(void **state)
{
	const struct sigv4_pair headers[] = {
		{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
		{"date", "Fri, 24 May 2013 00:00:00 GMT"},
	};
	struct sigv4_request request = bucket_request("PUT", NULL);
	struct strbuf path = STRBUF_INIT;
	char digest[SIGV4_DIGEST_SIZE];

	(void)state;
	sigv4_add_path(&path, "/test$file.text");
	assert_string_equal(path.data, "/test%24file.text");
	sigv4_digest("Welcome to Amazon S3.", 21, digest);
	request.path = path.data;
	request.headers = headers;
	request.header_count = 2;
	request.payload = digest;
	expect_signature(
		&request, &amazon,
		"date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
		"98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108"
		"bd");
	strbuf_release(&path);
}

static void test_amazon_query(void **state)
{
	const struct sigv4_pair lifecycle[] = {{"lifecycle", ""}};
	const struct sigv4_pair list[] = {{"prefix", "J"}, {"max-keys", "2"}};
	struct sigv4_request request = bucket_request("GET", "/");

	(void)state;
	request.query = lifecycle;
	request.query_count = 1;
	expect_signature(&request, &amazon,
			 "host;x-amz-content-sha256;x-amz-date",
			 "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200"
			 "a0136783543");
	request.query = list;
	request.query_count = 2;
	expect_signature(&request, &amazon,
			 "host;x-amz-content-sha256;x-amz-date",
			 "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed57"
			 "11ef69dc6f7");
}

/* Another region and host, a token, a body that is not signed, names of which
 * one begins with the other, white space within a header. */
static void test_everything(void **state)
{
	static const struct sigv4_pair query[] = {
		{"prefix", "a b/\xc3\xa9+&=%"},
		{"list-type", "2"},
		{"prefix-x", "1"},
		{"prefix", "a"},
		{"delimiter", "/"},
	};
	static const struct sigv4_pair headers[] = {
		{"x-amz-meta-a", "  two   words "}};
	struct sigv4_key key = amazon;
	struct sigv4_request request = {
		.method = "GET",
		.path = "/my.bucket",
		.host = "minio.example:9000",
		.query = query,
		.query_count = 5,
		.headers = headers,
		.header_count = 1,
		.payload = SIGV4_UNSIGNED,
		.at_ns = AT_2026,
	};
	struct strbuf out = STRBUF_INIT;

	(void)state;
	key.region = "eu-west-1";
	key.token = "TOK/EN==";
	sigv4_add_canonical(&out, &request, &key);
	assert_string_equal(out.data,
			    "GET\n/my.bucket\n"
			    "delimiter=%2F&list-type=2&prefix=a&"
			    "prefix=a%20b%2F%C3%A9%2B%26%3D%25&prefix-x=1\n"
			    "host:minio.example:9000\n"
			    "x-amz-content-sha256:UNSIGNED-PAYLOAD\n"
			    "x-amz-date:20261125T064000Z\n"
			    "x-amz-meta-a:two words\n"
			    "x-amz-security-token:TOK/EN==\n\n"
			    "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;"
			    "x-amz-security-token\nUNSIGNED-PAYLOAD");
	expect_signature(&request, &key,
			 "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a;"
			 "x-amz-security-token",
			 "e8305022634789b6933f2ff94b88a35b4e4e1ceac90997af93a61"
			 "daf9786072e");
	strbuf_release(&out);
}

static void test_lines(void **state)
{
	struct sigv4_request request = bucket_request("GET", "/x");
	struct sigv4_key key = amazon;
	struct strbuf out = STRBUF_INIT;

	(void)state;
	key.token = "T";
	sigv4_sign(&request, &key, &out);
	assert_memory_equal(
		out.data,
		"x-amz-content-sha256: " SIGV4_EMPTY "\n"
		"x-amz-date: 20130524T000000Z\n"
		"x-amz-security-token: T\n"
		"Authorization: AWS4-HMAC-SHA256 "
		"Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
		"aws4_request, SignedHeaders=host;",
		strlen("x-amz-content-sha256: " SIGV4_EMPTY "\n") + 53);
	assert_non_null(
		strstr(out.data,
		       "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
		       "aws4_request, SignedHeaders=host;x-amz-content-sha256;"
		       "x-amz-date;x-amz-security-token, Signature="));
	assert_null(strstr(out.data, key.secret));
	strbuf_release(&out);
}

static void test_digest(void **state)
{
	char digest[SIGV4_DIGEST_SIZE];

	(void)state;
	sigv4_digest("", 0, digest);
	assert_string_equal(digest, SIGV4_EMPTY);
}

static void test_encoding(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	sigv4_add_encoded(&out, "aZ09-_.~ /+*'()!\x01\xff");
	assert_string_equal(out.data, "aZ09-_.~%20%2F%2B%2A%27%28%29%21"
				      "%01%FF");
	strbuf_clear(&out);
	sigv4_add_query(&out, NULL, 0);
	assert_string_equal(out.data, "");
	strbuf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amazon_get),
		cmocka_unit_test(test_amazon_put),
		cmocka_unit_test(test_amazon_query),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_encoding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
