/* SPDX-License-Identifier: MIT */
/* PUT /v1/output: whole or not there, resumed, within its folder and limit. */
#include "base/fs.h"
#include "base/mem.h"
#include "base/random.h"
#include "tests/unit/sideport/peer.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT (3 << 20)
#define BIG (1 << 20)

static char folder[64];
static char data[BIG + 1];

static int open_bench(void **state)
{
	struct random random;
	struct bench *bench;

	random_seed(&random, 5, 7);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)random_next(&random);
	snprintf(folder, sizeof(folder), "/tmp/trialdeck-outputs-XXXXXX");
	if (!mkdtemp(folder) || bench_open(state))
		return -1;
	bench = *state;
	sideport_set_outputs(bench->sideport, folder, LIMIT);
	return 0;
}

static int close_bench(void **state)
{
	struct error err;

	return bench_close(state) || !fs_remove_tree(folder, &err);
}

static const char *digest_of(const char *bytes, size_t len)
{
	static char text[65];
	unsigned char digest[EVP_MAX_MD_SIZE];

	EVP_Digest(bytes, len, digest, NULL, EVP_sha256(), NULL);
	for (int i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* One request; from: where the body begins, len of it. */
static void send_put(int fd, const char *token, const char *path, size_t size,
		     const char *digest, size_t from, size_t len)
{
	char *head = xasprintf(
		"PUT /v1/output?path=%s&size=%zu&digest=%s&offset=%zu "
		"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
		"Content-Length: %zu\r\n\r\n",
		path, size, digest, from, token, size - from);

	peer_sends(fd, head);
	peer_send(fd, data + from, len);
	free(head);
}

static int put_as(struct bench *bench, const char *token, const char *path,
		  size_t size, const char *digest, size_t from)
{
	int fd = peer_connect(bench);

	send_put(fd, token, path, size, digest, from, size - from);
	peer_read(bench, fd);
	close(fd);
	return bench->answer.status;
}

static int put(struct bench *bench, const char *path, size_t size)
{
	return put_as(bench, "secret", path, size, digest_of(data, size), 0);
}

static int ask(struct bench *bench, const char *path, size_t size)
{
	char *request = xasprintf("GET /v1/output?path=%s&size=%zu&digest=%s "
				  "HTTP/1.1\r\nHost: x\r\n"
				  "Authorization: Bearer secret\r\n\r\n",
				  path, size, digest_of(data, size));
	int status = bench_ask(bench, request);

	free(request);
	return status;
}

static void expect_file(const char *path, size_t size)
{
	char *whole = fs_join(folder, path);
	struct strbuf text = STRBUF_INIT;
	struct error err;
	struct stat info;

	if (!fs_read_file(whole, BIG, &text, &err))
		fail_msg("%s", err.text);
	assert_int_equal(text.len, size);
	assert_memory_equal(text.data, data, size);
	assert_int_equal(stat(whole, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	strbuf_release(&text);
	free(whole);
}

static bool exists(const char *path)
{
	char *whole = fs_join(folder, path);
	bool ok = access(whole, F_OK) == 0;

	free(whole);
	return ok;
}

static void takes_files(void **state)
{
	struct bench *bench = *state;
	char path[100];

	assert_int_equal(put(bench, "output/worker_output/model.bin", BIG),
			 200);
	expect_file("Xa12b/output/worker_output/model.bin", BIG);
	assert_int_equal(put(bench, "empty", 0), 200);
	expect_file("Xa12b/empty", 0);
	/* bytes are bytes */
	assert_int_equal(put(bench, "a%20%22b%0a%ff", 9), 200);
	snprintf(path, sizeof(path), "Xa12b/a \"b\n\xff");
	expect_file(path, 9);
	/* the second attempt of another trial */
	assert_int_equal(put_as(bench, "other", "m", 5, digest_of(data, 5), 0),
			 200);
	expect_file("Yb34c-2/m", 5);
	/* nothing is left of the way */
	assert_false(exists("Xa12b/.trialdeck-part"));
}

static void says_what_is_there(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(ask(bench, "m", 100), 200);
	assert_string_equal(bench->answer.body.data,
			    "{\"size\":0,\"whole\":false}");
	assert_int_equal(put(bench, "m", 100), 200);
	assert_int_equal(ask(bench, "m", 100), 200);
	assert_string_equal(bench->answer.body.data,
			    "{\"size\":100,\"whole\":true}");
	/* another version of it */
	data[3] ^= 1;
	assert_int_equal(ask(bench, "m", 100), 200);
	assert_string_equal(bench->answer.body.data,
			    "{\"size\":0,\"whole\":false}");
	assert_int_equal(put(bench, "m", 100), 200);
	expect_file("Xa12b/m", 100);
}

static void wait_for_part(struct bench *bench, size_t size)
{
	char *wanted = xasprintf("{\"size\":%zu,\"whole\":false}", size);

	/* 409 while the server has not seen the end of the connection */
	for (int i = 0; i < 1000; i++) {
		if (ask(bench, "m", BIG) == 200 &&
		    !strcmp(bench->answer.body.data, wanted))
			break;
		poll(NULL, 0, 5);
	}
	assert_string_equal(bench->answer.body.data, wanted);
	free(wanted);
}

static void goes_on_where_it_was_cut(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	send_put(fd, "secret", "m", BIG, digest_of(data, BIG), 0, BIG / 2);
	close(fd);
	wait_for_part(bench, BIG / 2);
	assert_false(exists("Xa12b/m"));
	assert_int_equal(put_as(bench, "secret", "m", BIG, digest_of(data, BIG),
				BIG / 2 + 1),
			 409);
	assert_int_equal(put_as(bench, "secret", "m", BIG, digest_of(data, BIG),
				BIG / 2),
			 200);
	expect_file("Xa12b/m", BIG);
	assert_false(exists("Xa12b/.trialdeck-part"));
}

static void two_at_once_are_one(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	send_put(fd, "secret", "m", BIG, digest_of(data, BIG), 0, BIG / 2);
	for (int i = 0; i < 1000 && !exists("Xa12b/.trialdeck-part"); i++)
		poll(NULL, 0, 5);
	assert_int_equal(put(bench, "m", BIG), 409);
	assert_int_equal(ask(bench, "m", BIG), 409);
	peer_send(fd, data + BIG / 2, BIG / 2);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	expect_file("Xa12b/m", BIG);
	close(fd);
}

static void refuses_what_changed(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(put(bench, "m", 100), 200);
	assert_int_equal(
		put_as(bench, "secret", "m", 200, digest_of(data, 100), 0),
		422);
	expect_file("Xa12b/m", 100); /* the old one stays */
	assert_false(exists("Xa12b/.trialdeck-part"));
	assert_int_equal(put(bench, "m", 200), 200);
	expect_file("Xa12b/m", 200);
}

static void refuses_ways_out(void **state)
{
	static const char *const paths[] = {
		"",
		"/etc/x",
		"../x",
		"a/../../x",
		"a/./b",
		"a//b",
		"a/",
		".",
		"..",
		"%2e%2e/x",
		"a%2f..",
		"a%00b",
		".trialdeck-part/x",
		".trialdeck/x",
	};
	struct bench *bench = *state;
	char *deep = xmalloc(2000), *long_part = xmalloc(400);

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		if (put(bench, paths[i], 5) != 400)
			fail_msg("PUT %s: %d", paths[i], bench->answer.status);
		if (ask(bench, paths[i], 5) != 400)
			fail_msg("GET %s: %d", paths[i], bench->answer.status);
	}
	for (int i = 0; i < 600; i++)
		memcpy(deep + 2 * i, "a/", 2);
	memcpy(deep + 1200, "b", 2);
	assert_int_equal(put(bench, deep, 5), 400);
	memset(long_part, 'a', 300);
	long_part[300] = '\0';
	assert_int_equal(put(bench, long_part, 5), 400);
	assert_int_equal(put(bench, "file", 5), 200);
	assert_int_equal(put(bench, "file/below", 5), 400);
	assert_int_equal(put(bench, "folder/below", 5), 200);
	assert_int_equal(put(bench, "folder", 5), 400);
	free(deep);
	free(long_part);
}

static void refuses_strangers(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(put_as(bench, "guess", "m", 5, digest_of(data, 5), 0),
			 401);
	sideport_set_outputs(bench->sideport, NULL, 0);
	assert_int_equal(put(bench, "m", 5), 404);
	assert_int_equal(put_as(bench, "secret", "m", 5, "digest", 0), 400);
	assert_int_equal(
		bench_ask(bench,
			  "POST /v1/output?path=a HTTP/1.1\r\nHost: x\r\n"
			  "Content-Length: 0\r\n\r\n"),
		405);
}

static void keeps_the_limit(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(put(bench, "1", BIG), 200);
	assert_int_equal(put(bench, "2", BIG), 200);
	/* replacing costs nothing */
	assert_int_equal(put(bench, "2", BIG), 200);
	assert_int_equal(put(bench, "3", BIG), 200);
	assert_int_equal(put(bench, "4", 1), 413);
	assert_int_equal(ask(bench, "4", 1), 413);
	assert_int_equal(put(bench, "4", 0), 200);
	/* another trial has its own */
	assert_int_equal(
		put_as(bench, "other", "1", BIG, digest_of(data, BIG), 0), 200);
	/* what lies there counts, whoever looks for it anew */
	sideport_forbid(bench->sideport, 7, 1);
	sideport_allow(bench->sideport, 7, 1, "Xa12b", "secret", "{}", true);
	assert_int_equal(put(bench, "5", 1), 413);
}

/* Both are on their way when neither is there yet. */
static void keeps_the_limit_of_several(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);

	sideport_set_outputs(bench->sideport, folder, BIG + 10);
	send_put(fd, "secret", "m", BIG, digest_of(data, BIG), 0, 5);
	for (int i = 0; i < 1000 && !exists("Xa12b/.trialdeck-part"); i++)
		poll(NULL, 0, 5);
	assert_int_equal(put(bench, "n", 11), 413);
	assert_int_equal(put(bench, "n", 10), 200);
	close(fd);
	wait_for_part(bench, 5);
	/* what did not come is given back */
	assert_int_equal(put(bench, "o", 11), 200);
}

static void asks_before_it_takes(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	char answer[2048];
	char *head = xasprintf(
		"PUT /v1/output?path=m&size=9&digest=%s&offset=0 HTTP/1.1\r\n"
		"Host: x\r\nAuthorization: Bearer secret\r\n"
		"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n",
		digest_of(data, 9));
	ssize_t n;

	peer_sends(fd, head);
	n = read(fd, answer, sizeof(answer) - 1);
	assert_true(n > 0);
	answer[n] = '\0';
	assert_non_null(strstr(answer, "100 Continue"));
	peer_send(fd, data, 9);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 200);
	close(fd);
	free(head);
	/* refused before the body */
	fd = peer_connect(bench);
	head = xasprintf("PUT /v1/output?path=m&size=%d&digest=%s&offset=0 "
			 "HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret"
			 "\r\nExpect: 100-continue\r\nContent-Length: %d\r\n"
			 "\r\n",
			 LIMIT + 1, digest_of(data, 9), LIMIT + 1);
	peer_sends(fd, head);
	peer_read(bench, fd);
	assert_int_equal(bench->answer.status, 413);
	close(fd);
	free(head);
}

static void lengths_must_fit(void **state)
{
	struct bench *bench = *state;
	char *request;

	request = xasprintf("PUT /v1/output?path=m&size=9&digest=%s&offset=0 "
			    "HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
			    "secret\r\nContent-Length: 4\r\n\r\nabcd",
			    digest_of(data, 9));
	assert_int_equal(bench_ask(bench, request), 400);
	free(request);
	request = xasprintf("PUT /v1/output?path=m&size=4&digest=%s&offset=0 "
			    "HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
			    "secret\r\nTransfer-Encoding: chunked\r\n\r\n"
			    "4\r\nabcd\r\n0\r\n\r\n",
			    digest_of(data, 4));
	assert_int_equal(bench_ask(bench, request), 400);
	free(request);
}

static void takes_the_keepers_word(void **state)
{
	struct bench *bench = *state;
	int fd = peer_connect(bench);
	struct report *report;

	peer_post(fd, "/v1/status",
		  "{\"code\":0,\"outputs\":{\"files\":3,\"bytes\":4000000000,"
		  "\"leftOut\":1,\"note\":\"a: too much\"}}");
	report = bench_take(bench);
	assert_true(report->outputs.is_said);
	assert_int_equal(report->outputs.files, 3);
	assert_int_equal(report->outputs.bytes, 4000000000);
	assert_int_equal(report->outputs.left_out, 1);
	assert_string_equal(report->outputs.note, "a: too much");
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	peer_post(fd, "/v1/status",
		  "{\"code\":0,\"outputs\":{\"files\":-3,\"bytes\":\"x\"}}");
	report = bench_take(bench);
	assert_int_equal(report->outputs.files, 0);
	assert_int_equal(report->outputs.bytes, 0);
	sideport_answer(bench->sideport, report, 200, NULL);
	peer_read(bench, fd);
	close(fd);
}

/* A disk of its own, where one may be had. */
static void says_that_the_disk_is_full(void **state)
{
	struct bench *bench = *state;
	char text[300];

	if (mount("none", folder, "tmpfs", 0, "size=33m") < 0) {
		print_message("# may not mount: not tried\n");
		return;
	}
	assert_int_equal(put(bench, "m", BIG), 200);
	assert_int_equal(put(bench, "n", 5), 507);
	assert_true(
		sideport_outputs_fault(bench->sideport, text, sizeof(text)));
	assert_non_null(strstr(text, "No space left"));
	assert_false(
		sideport_outputs_fault(bench->sideport, text, sizeof(text)));
	umount(folder);
	assert_int_equal(put(bench, "n", 5), 200);
	assert_true(
		sideport_outputs_fault(bench->sideport, text, sizeof(text)));
	assert_string_equal(text, "");
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		TEST(takes_files),
		TEST(says_what_is_there),
		TEST(goes_on_where_it_was_cut),
		TEST(two_at_once_are_one),
		TEST(refuses_what_changed),
		TEST(refuses_ways_out),
		TEST(refuses_strangers),
		TEST(keeps_the_limit),
		TEST(keeps_the_limit_of_several),
		TEST(asks_before_it_takes),
		TEST(lengths_must_fit),
		TEST(takes_the_keepers_word),
		TEST(says_that_the_disk_is_full),
	};

	return cmocka_run_group_tests_name("sideport: outputs", tests, NULL,
					   NULL);
}
