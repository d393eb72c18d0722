/* SPDX-License-Identifier: MIT */
/*
 * The side port under TLS: through libcurl with the certificate pinned, and
 * through raw sockets for what no well-behaved client does.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/sideport/certificate.h"
#include "tests/unit/sideport/peer.h"

#include <curl/curl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];
static struct certificate certificate;

static int certificate_make(void **state)
{
	static char *addresses[] = {(char *)"127.0.0.1"};
	char path[] = "/tmp/trialdeck-tls-XXXXXX";
	struct error err;

	(void)state;
	if (!mkdtemp(path))
		return -1;
	snprintf(folder, sizeof(folder), "%s", path);
	curl_global_init(CURL_GLOBAL_ALL);
	return certificate_keep(folder, addresses, 1, &certificate, &err) ? 0
									  : -1;
}

static int certificate_remove(void **state)
{
	struct error err;

	(void)state;
	certificate_release(&certificate);
	curl_global_cleanup();
	return fs_remove_tree(folder, &err) ? 0 : -1;
}

static int open_tls(void **state)
{
	struct sideport_options options = {.cert_pem = certificate.cert_pem,
					   .key_pem = certificate.key_pem};

	return bench_open_with(state, options);
}

static int open_tight(void **state)
{
	struct sideport_options options = {.cert_pem = certificate.cert_pem,
					   .key_pem = certificate.key_pem,
					   .request_ms = 300};

	return bench_open_with(state, options);
}

/* ---- with a client ----------------------------------------------------------
 */

static size_t take_body(char *data, size_t size, size_t count, void *body)
{
	strbuf_add(body, data, size * count);
	return size * count;
}

/* A request to the host, which is 127.0.0.1 whatever its name, trusting the
 * certificate of `folder` alone. */
static CURL *make_request(const struct bench *bench, const char *host,
			  const char *path, struct strbuf *body,
			  struct curl_slist **lists)
{
	unsigned int port = sideport_port(bench->sideport);
	char *url = xasprintf("https://%s:%u%s", host, port, path);
	char *place = xasprintf("%s:%u:127.0.0.1", host, port);
	char *ca = fs_join(folder, "sideport.crt");
	CURL *curl = curl_easy_init();

	assert_non_null(curl);
	lists[0] = curl_slist_append(NULL, "Authorization: Bearer secret");
	lists[1] = curl_slist_append(NULL, place);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(curl, CURLOPT_CAINFO, ca);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, lists[0]);
	curl_easy_setopt(curl, CURLOPT_RESOLVE, lists[1]);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	free(url);
	free(place);
	free(ca);
	return curl;
}

static void end_request(CURL *curl, struct curl_slist **lists)
{
	curl_easy_cleanup(curl);
	curl_slist_free_all(lists[0]);
	curl_slist_free_all(lists[1]);
}

/* The status, or curl's error as a negative number. */
static long get(const struct bench *bench, const char *host, const char *path,
		long version, struct strbuf *body)
{
	struct curl_slist *lists[2];
	CURL *curl = make_request(bench, host, path, body, lists);
	CURLcode result;
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_SSLVERSION, version);
	result = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	end_request(curl, lists);
	return result == CURLE_OK ? status : -(long)result;
}

#define ONLY_1_2 (CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_2)
#define ONLY_1_3 (CURL_SSLVERSION_TLSv1_3 | CURL_SSLVERSION_MAX_TLSv1_3)

static void serves_who_trusts_it(void **state)
{
	struct strbuf body = STRBUF_INIT;

	assert_int_equal(
		get(*state, "127.0.0.1", "/v1/parameters", ONLY_1_2, &body),
		200);
	assert_string_equal(body.data, "{\"lr\":0.5}");
	assert_int_equal(
		get(*state, "localhost", "/v1/health", ONLY_1_3, &body), 200);
	assert_int_equal(get(*state, CERTIFICATE_NAME, "/v1/health", 0, &body),
			 200);
	/* a name that is not in it, to see that names were looked at */
	assert_int_equal(get(*state, "elsewhere", "/v1/health", 0, &body),
			 -CURLE_PEER_FAILED_VERIFICATION);
	strbuf_release(&body);
}

static void sends_code(void **state)
{
	struct bench *bench = *state;
	struct strbuf body = STRBUF_INIT, code = STRBUF_INIT;
	char *path = fs_join(folder, "code.tar.gz");
	struct error err;

	for (int i = 0; i < 100000; i++)
		strbuf_addf(&code, "%d\n", i % 9973 * 31);
	assert_true(fs_write_file(path, code.data, code.len, &err));
	sideport_set_code(bench->sideport, path);
	for (int i = 0; i < 2; i++) {
		strbuf_clear(&body);
		assert_int_equal(get(bench, "127.0.0.1", "/v1/code",
				     i ? ONLY_1_3 : ONLY_1_2, &body),
				 200);
		assert_int_equal(body.len, code.len);
		assert_memory_equal(body.data, code.data, code.len);
	}
	free(path);
	strbuf_release(&body);
	strbuf_release(&code);
}

struct post {
	struct bench *bench;
	struct strbuf body;
	long status;
};

static void *post_main(void *arg)
{
	struct post *post = arg;
	struct curl_slist *lists[2];
	CURL *curl = make_request(post->bench, "127.0.0.1", "/v1/metrics",
				  &post->body, lists);

	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "{\"value\": 1}");
	curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &post->status);
	end_request(curl, lists);
	return NULL;
}

static void answers_after_the_engine(void **state)
{
	struct post posts[8];
	pthread_t threads[8];
	struct bench *bench = *state;
	struct report *report, *next;
	int count = 0;

	for (size_t i = 0; i < COUNT_OF(posts); i++) {
		posts[i] = (struct post){.bench = bench, .body = STRBUF_INIT};
		assert_int_equal(
			pthread_create(&threads[i], NULL, post_main, &posts[i]),
			0);
	}
	while (count < 8) {
		for (report = bench_take(bench); report; report = next) {
			next = report->next;
			assert_int_equal(report->kind, REPORT_METRICS);
			assert_int_equal(report->trial, 7);
			sideport_answer(bench->sideport, report, 200, NULL);
			count++;
		}
	}
	for (size_t i = 0; i < COUNT_OF(posts); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(posts[i].status, 200);
		assert_string_equal(posts[i].body.data, "{}");
		strbuf_release(&posts[i].body);
	}
}

/* ---- without one ------------------------------------------------------------
 */

/* Everything the server says until it closes. */
static size_t read_all(int fd, char *data, size_t max)
{
	struct pollfd waiting = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	for (;;) {
		if (poll(&waiting, 1, 10000) <= 0)
			fail_msg("the server does not close");
		n = recv(fd, data + len, max - len, 0);
		if (n <= 0)
			return len;
		len += (size_t)n;
		assert_true(len < max);
	}
}

static bool has_text(const char *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text));
}

static void closes_on_plain_text(void **state)
{
	struct bench *bench = *state;
	struct strbuf body = STRBUF_INIT;
	int fd = peer_connect(bench);
	char data[4096];
	size_t len;

	peer_sends(fd, "GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
	len = read_all(fd, data, sizeof(data));
	assert_false(has_text(data, len, "HTTP"));
	close(fd);
	/* and goes on */
	assert_int_equal(get(bench, "127.0.0.1", "/v1/health", 0, &body), 200);
	strbuf_release(&body);
}

/* A hello of nothing but what the server must decide by: version and one
 * cipher suite.  RFC 5246 7.4.1.2, RFC 8422 5.1. */
static int hello(const struct bench *bench, unsigned char minor,
		 unsigned int suite)
{
	unsigned char text[] = {
		0x16, 3,     1,		 0,
		63,			     /* record */
		1,    0,     0,		 59, /* client hello */
		3,    minor,		     /* version */
		1,    2,     3,		 4,
		5,    6,     7,		 8, /* random */
		1,    2,     3,		 4,
		5,    6,     7,		 8, /**/
		1,    2,     3,		 4,
		5,    6,     7,		 8, /**/
		1,    2,     3,		 4,
		5,    6,     7,		 8,	       /**/
		0,				       /* no session */
		0,    2,     suite >> 8, suite & 0xff, /* cipher suites */
		1,    0,			       /* no compression */
		0,    16,			       /* extensions */
		0,    10,    0,		 4,
		0,    2,     0,		 23, /* groups: P-256 */
		0,    13,    0,		 4,
		0,    2,     4,		 3, /* ECDSA with SHA-256 */
	};
	int fd = peer_connect(bench);

	peer_send(fd, (const char *)text, sizeof(text));
	return fd;
}

#define ECDHE_ECDSA_AES_128_GCM 0xc02b
#define ECDHE_ECDSA_CHACHA20 0xcca9
#define ECDHE_ECDSA_AES_128_CBC 0xc009
#define RSA_AES_128_GCM 0x009c

static void takes_what_keepers_speak(void **state)
{
	static const unsigned int suites[] = {ECDHE_ECDSA_AES_128_GCM,
					      ECDHE_ECDSA_CHACHA20};

	for (size_t i = 0; i < COUNT_OF(suites); i++) {
		int fd = hello(*state, 3, suites[i]);
		unsigned char head[6];

		assert_int_equal(recv(fd, head, sizeof(head), MSG_WAITALL), 6);
		assert_int_equal(head[0], 0x16); /* handshake */
		assert_int_equal(head[5], 2);	 /* server hello */
		close(fd);
	}
}

/* With an alert or, as libmicrohttpd has it, without a word. */
static void expect_refusal(int fd)
{
	char data[4096];
	size_t len = read_all(fd, data, sizeof(data));

	assert_true(!len || (len == 7 && data[0] == 0x15));
	close(fd);
}

static void refuses_the_old(void **state)
{
	expect_refusal(hello(*state, 1, ECDHE_ECDSA_AES_128_CBC));
	expect_refusal(hello(*state, 2, ECDHE_ECDSA_AES_128_CBC));
	expect_refusal(hello(*state, 2, ECDHE_ECDSA_AES_128_GCM));
	expect_refusal(hello(*state, 3, ECDHE_ECDSA_AES_128_CBC));
	expect_refusal(hello(*state, 3, RSA_AES_128_GCM));
}

/* Time is up: no plain words on a line that is not plain. */
static void closes_in_silence(void **state)
{
	struct bench *bench = *state;
	struct strbuf body = STRBUF_INIT;
	struct curl_slist *lists[2];
	char data[65536];
	size_t len, sent;
	CURL *curl;
	int fd = peer_connect(bench);
	curl_socket_t inner;

	/* before any hello */
	assert_int_equal(read_all(fd, data, sizeof(data)), 0);
	close(fd);
	/* within one */
	fd = peer_connect(bench);
	peer_send(fd, "\x16\x03\x01\x00\x40\x01", 6);
	len = read_all(fd, data, sizeof(data));
	assert_false(has_text(data, len, "HTTP"));
	close(fd);
	/* within a request */
	curl = make_request(bench, "127.0.0.1", "", &body, lists);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)ONLY_1_2);
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	assert_int_equal(curl_easy_perform(curl), CURLE_OK);
	curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &inner);
	assert_int_equal(curl_easy_send(curl, "GET /v1/he", 10, &sent),
			 CURLE_OK);
	len = read_all(inner, data, sizeof(data));
	assert_false(has_text(data, len, "HTTP"));
	end_request(curl, lists);
	strbuf_release(&body);
}

static void refuses_half_a_pair(void **state)
{
	struct sideport_options options = {.cert_pem = certificate.cert_pem};
	struct sideport *sideport;
	struct error err;

	(void)state;
	assert_false(sideport_start(&options, &sideport, &err));
	assert_non_null(strstr(err.text, "belong together"));
	options.key_pem = "-----BEGIN PRIVATE KEY-----\nAAAA\n"
			  "-----END PRIVATE KEY-----\n";
	assert_false(sideport_start(&options, &sideport, &err));
	assert_non_null(strstr(err.text, "with this certificate and key"));
}

#define TEST(name, open)                                                       \
	cmocka_unit_test_setup_teardown(name, open, bench_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(serves_who_trusts_it, open_tls),
		TEST(sends_code, open_tls),
		TEST(answers_after_the_engine, open_tls),
		TEST(closes_on_plain_text, open_tls),
		TEST(takes_what_keepers_speak, open_tls),
		TEST(refuses_the_old, open_tls),
		TEST(closes_in_silence, open_tight),
		cmocka_unit_test(refuses_half_a_pair),
	};

	return cmocka_run_group_tests_name(
		"sideport tls", tests, certificate_make, certificate_remove);
}
