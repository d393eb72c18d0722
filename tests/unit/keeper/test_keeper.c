/* SPDX-License-Identifier: MIT */
/*
 * The keeper as a process, with a side port that misbehaves on request.
 *
 * The server answers each request as the test's plan says and notes what it
 * accepted.  Faults are caused, not pretended: connections are cut, answers
 * held back, file sizes limited, processes killed.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/keeper_install.h"
#include "keeper/claim.h"
#include "tests/support/keeper_path.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_S 40
#define TOKEN "0123456789abcdef0123456789abcdef"

/* What the server does with a request; numbers above 99 are statuses. */
enum { CUT = 1, HALF_ANSWER = 2, CLOSE_AFTER = 3 };

struct server {
	int fd, port;
	pthread_t thread;
	const int *plan; /* ends with 0: then always 200 */
	pthread_mutex_t mutex;
	struct strbuf accepted; /* bodies that got 200 on /v1/metrics */
	struct strbuf status;	/* body of /v1/status */
	int requests, refused_tokens;
};

struct bench {
	char *folder, *keeper_path, *url_path, *attempt;
	struct server server;
};

static bool read_request(int fd, struct strbuf *head, struct strbuf *body)
{
	char *end = NULL;
	size_t want = 0;

	strbuf_clear(head);
	strbuf_clear(body);
	while (!end || body->len < want) {
		char data[65536];
		ssize_t n = recv(fd, data, sizeof(data), 0);

		if (n <= 0)
			return false;
		strbuf_add(end ? body : head, data, (size_t)n);
		if (end || !(end = strstr(head->data, "\r\n\r\n")))
			continue;
		strbuf_add(body, end + 4,
			   head->len - (size_t)(end + 4 - head->data));
		want = (size_t)atoi(strstr(head->data, "Content-Length:") +
				    strlen("Content-Length:"));
	}
	return true;
}

/* False: close the connection. */
static bool answer(struct server *server, int fd, const struct strbuf *head,
		   const struct strbuf *body)
{
	bool is_status = !strncmp(head->data, "POST /v1/status ", 16);
	int step, status;
	char text[128];

	pthread_mutex_lock(&server->mutex);
	step = *server->plan ? *server->plan++ : 200;
	status = step > 99 ? step : 200;
	server->requests++;
	if (!strstr(head->data, "\r\nAuthorization: Bearer " TOKEN "\r\n"))
		server->refused_tokens++;
	if (strstr(body->data, "\"name\":\"poison\""))
		status = 400;
	if (status == 200 && step != CUT && step != HALF_ANSWER)
		strbuf_add(is_status ? &server->status : &server->accepted,
			   body->data, body->len);
	pthread_mutex_unlock(&server->mutex);
	if (step == CUT)
		return false;
	snprintf(text, sizeof(text),
		 "HTTP/1.1 %d Whatever\r\nContent-Length: 2\r\n\r\n{}", status);
	send(fd, text, step == HALF_ANSWER ? 20 : strlen(text), MSG_NOSIGNAL);
	return step != HALF_ANSWER && step != CLOSE_AFTER;
}

static void *serve(void *arg)
{
	struct server *server = arg;
	struct strbuf head = STRBUF_INIT, body = STRBUF_INIT;
	int fd;

	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		while (read_request(fd, &head, &body) &&
		       answer(server, fd, &head, &body))
			;
		close(fd);
	}
	strbuf_release(&head);
	strbuf_release(&body);
	return NULL;
}

static void server_start(struct bench *bench, const int *plan)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr =
					      htonl(INADDR_LOOPBACK)};
	struct server *server = &bench->server;
	socklen_t len = sizeof(address);
	struct error err;
	char url[64];

	server->plan = plan;
	strbuf_init(&server->accepted);
	strbuf_init(&server->status);
	pthread_mutex_init(&server->mutex, NULL);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(server->fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(server->fd, 8), 0);
	getsockname(server->fd, (struct sockaddr *)&address, &len);
	server->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&server->thread, NULL, serve, server),
			 0);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d\n", server->port);
	assert_true(fs_write_file(bench->url_path, url, strlen(url), &err));
}

/* From here on what it was told may be looked at. */
static void server_stop(struct bench *bench)
{
	shutdown(bench->server.fd, SHUT_RDWR);
	pthread_join(bench->server.thread, NULL);
	close(bench->server.fd);
}

static void server_release(struct bench *bench)
{
	strbuf_release(&bench->server.accepted);
	strbuf_release(&bench->server.status);
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	char folder[] = "/tmp/trialdeck-test-XXXXXX";
	struct error err;

	assert_non_null(mkdtemp(folder));
	bench->folder = xstrdup(folder);
	assert_true(keeper_install(folder, &bench->keeper_path, &err));
	keeper_path_prefer(&bench->keeper_path);
	bench->url_path = fs_join(folder, "url");
	bench->attempt = fs_join(folder, "attempt");
	assert_true(fs_make_folders(bench->attempt, &err));
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	struct error err;

	assert_true(fs_remove_tree(bench->folder, &err));
	free(bench->folder);
	free(bench->keeper_path);
	free(bench->url_path);
	free(bench->attempt);
	free(bench);
	return 0;
}

static void become_keeper(const struct bench *bench, const char *command,
			  rlim_t file_size)
{
	struct rlimit limit = {.rlim_cur = file_size, .rlim_max = file_size};
	char *metrics = fs_join(bench->attempt, "metrics");

	if (file_size)
		setrlimit(RLIMIT_FSIZE, &limit);
	setenv("TRIALDECK_TOKEN", TOKEN, 1);
	setenv("TRIALDECK_METRICS", metrics, 1);
	setenv("NNI_SYS_DIR", bench->attempt, 1);
	execl(bench->keeper_path, "trialdeck-keeper", "--dir", bench->attempt,
	      "--url-file", bench->url_path, "--cwd", bench->attempt, "--grace",
	      "1", "--linger", "20", "--", "/bin/sh", "-c", command, NULL);
	_exit(99);
}

static pid_t keeper_start(const struct bench *bench, const char *command,
			  rlim_t file_size)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		become_keeper(bench, command, file_size);
	return pid;
}

static int keeper_wait(pid_t pid)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_S * NS_PER_S;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ns() > deadline) {
			kill(pid, SIGKILL);
			fail_msg("the keeper does not end");
		}
		usleep(5000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* A file of the attempt, once it holds text; the caller frees. */
static char *wait_file(const struct bench *bench, const char *name,
		       const char *text)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_S * NS_PER_S;
	char *path = fs_join(bench->attempt, name);
	struct strbuf have = STRBUF_INIT;
	struct error ignored;

	for (;;) {
		strbuf_clear(&have);
		if (fs_read_file(path, 64 << 20, &have, &ignored) &&
		    strstr(have.data, text))
			break;
		if (clock_mono_ns() > deadline)
			fail_msg("%s: no \"%s\" in \"%s\"", name, text,
				 have.data);
		usleep(5000);
	}
	free(path);
	return strbuf_detach(&have);
}

static int count(const char *text, const char *part)
{
	int n = 0;

	while ((text = strstr(text, part)))
		n++, text += strlen(part);
	return n;
}

#define ALWAYS_200 ((const int[]){0})

static void delivers_all_three_ways(void **state)
{
	struct bench *bench = *state;
	struct strbuf *got = &bench->server.accepted;
	char *text;

	server_start(bench, ALWAYS_200);
	assert_int_equal(
		keeper_wait(keeper_start(
			bench,
			"echo loss=1; echo loss=2; echo plain; echo err >&2;"
			"echo acc=0.5 >>$TRIALDECK_METRICS;"
			"mkdir $NNI_SYS_DIR/.nni;"
			"printf 'ME000058{\"type\": \"FINAL\", \"sequence\": 0,"
			" \"value\": \"0.93\", \"p\": 1}\\n'"
			" >$NNI_SYS_DIR/.nni/metrics; printf loss=3; exit 7",
			0)),
		7);
	server_stop(bench);
	assert_int_equal(count(got->data, "\n"), 5);
	assert_int_equal(count(got->data, "{\"name\":\"loss\""), 3);
	assert_int_equal(count(got->data, "\"value\":3,\"sequence\":2,"), 1);
	assert_int_equal(count(got->data, "{\"name\":\"acc\""), 1);
	assert_int_equal(count(got->data, "{\"nni\":{\"type\": \"FINAL\""), 1);
	assert_string_equal(bench->server.status.data, "{\"code\":7}");
	assert_int_equal(bench->server.refused_tokens, 0);
	text = wait_file(bench, "stdout", "loss=3");
	assert_string_equal(text, "loss=1\nloss=2\nplain\nloss=3");
	free(text);
	free(wait_file(bench, "stderr", "err\n"));
	free(wait_file(bench, "exit", "{\"code\": 7, \"signal\": 0,"));
	server_release(bench);
}

static void retries_until_delivered(void **state)
{
	static const int plan[] = {503, CUT, HALF_ANSWER, 500, CLOSE_AFTER,
				   429, 0};
	struct bench *bench = *state;

	server_start(bench, plan);
	setenv("TRIALDECK_POD", "x-worker-1", 1);
	assert_int_equal(keeper_wait(keeper_start(
				 bench, "echo a=1; sleep 0.3; echo a=2", 0)),
			 0);
	unsetenv("TRIALDECK_POD");
	server_stop(bench);
	assert_int_equal(count(bench->server.accepted.data, "\"value\":1,"), 1);
	assert_int_equal(count(bench->server.accepted.data, "\"value\":2,"), 1);
	assert_string_equal(bench->server.status.data,
			    "{\"code\":0,\"pod\":\"x-worker-1\"}");
	server_release(bench);
}

/* One line that is refused must not take its batch with it. */
static void gives_up_only_what_is_refused(void **state)
{
	struct bench *bench = *state;

	server_start(bench, ALWAYS_200);
	assert_int_equal(
		keeper_wait(keeper_start(
			bench, "printf 'a=1\\na=2\\npoison=1\\na=3\\n'", 0)),
		0);
	server_stop(bench);
	assert_int_equal(count(bench->server.accepted.data, "\n"), 3);
	free(wait_file(bench, "keeper.log", "gave up"));
	free(wait_file(bench, "spool.ndjson", "poison"));
	server_release(bench);
}

/* The console is away when the trial starts, and comes back. */
static void finds_a_console_that_comes_back(void **state)
{
	struct bench *bench = *state;
	struct error err;
	char *path = fs_join(bench->attempt, "go");
	pid_t keeper;

	keeper = keeper_start(bench,
			      "echo a=1; while [ ! -e go ]; do sleep 0.05; "
			      "done; echo a=2",
			      0);
	free(wait_file(bench, "spool.ndjson", "\n"));
	server_start(bench, ALWAYS_200);
	assert_true(fs_write_file(path, "", 0, &err));
	assert_int_equal(keeper_wait(keeper), 0);
	server_stop(bench);
	assert_int_equal(count(bench->server.accepted.data, "\n"), 2);
	server_release(bench);
	free(path);
}

static void delivers_many(void **state)
{
	struct bench *bench = *state;

	server_start(bench, ALWAYS_200);
	assert_int_equal(
		keeper_wait(keeper_start(bench,
					 "i=0; while [ $i -lt 20000 ]; do "
					 "echo m=$i; i=$((i+1)); done",
					 0)),
		0);
	server_stop(bench);
	assert_int_equal(count(bench->server.accepted.data, "\n"), 20000);
	assert_int_equal(count(bench->server.accepted.data,
			       "\"value\":19999,\"sequence\":19999,"),
			 1);
	assert_true(bench->server.requests < 2000); /* in batches */
	server_release(bench);
}

static void claims_once(void **state)
{
	struct bench *bench = *state;
	char *path = fs_join(bench->attempt, "go");
	struct error err;
	pid_t keeper;
	char *text;

	keeper = keeper_start(
		bench, "echo ran; while [ ! -e go ]; do sleep 0.05; done", 0);
	free(wait_file(bench, "stdout", "ran"));
	assert_int_equal(keeper_wait(keeper_start(bench, "echo no", 0)),
			 KEEPER_HELD);
	assert_true(fs_write_file(path, "", 0, &err));
	assert_int_equal(keeper_wait(keeper), 0);
	assert_int_equal(keeper_wait(keeper_start(bench, "echo no", 0)),
			 KEEPER_USED);
	text = wait_file(bench, "stdout", "ran");
	assert_string_equal(text, "ran\n");
	free(text);
	free(path);
}

/* Killed without warning: the command dies too, and is never run again. */
static void stays_used_after_kill_9(void **state)
{
	struct bench *bench = *state;
	pid_t keeper;
	char *text;
	int command;

	keeper = keeper_start(bench, "echo $$; exec sleep 1000", 0);
	text = wait_file(bench, "stdout", "\n");
	command = atoi(text);
	free(text);
	kill(keeper, SIGKILL);
	assert_int_equal(keeper_wait(keeper), -SIGKILL);
	for (int i = 0; kill(command, 0) == 0 && i < 4000; i++)
		usleep(5000);
	assert_int_equal(kill(command, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(keeper_wait(keeper_start(bench, "echo no", 0)),
			 KEEPER_USED);
}

static void ends_what_the_command_left(void **state)
{
	struct bench *bench = *state;
	char *text;
	int left;

	assert_int_equal(
		keeper_wait(keeper_start(
			bench,
			"(setsid sh -c 'trap \"\" TERM; echo $$ >left; "
			"while :; do sleep 1; done' &); "
			"while [ ! -s left ]; do sleep 0.02; done; exit 5",
			0)),
		5);
	text = wait_file(bench, "left", "\n");
	left = atoi(text);
	assert_int_equal(kill(left, 0), -1);
	free(text);
	free(wait_file(bench, "exit", "\"canceled\": false"));
}

static void cancels_a_deaf_command(void **state)
{
	struct bench *bench = *state;
	pid_t keeper;

	keeper = keeper_start(bench,
			      "trap '' TERM; echo up; "
			      "while :; do sleep 1; done",
			      0);
	free(wait_file(bench, "stdout", "up"));
	kill(keeper, SIGTERM);
	assert_int_equal(keeper_wait(keeper), 128 + SIGKILL);
	free(wait_file(bench, "exit",
		       "{\"code\": 137, \"signal\": 9, \"started\": "));
	free(wait_file(bench, "exit", "\"canceled\": true"));
}

static void lets_the_command_end_itself(void **state)
{
	struct bench *bench = *state;
	pid_t keeper;

	keeper = keeper_start(bench,
			      "trap 'echo last=1; exit 9' TERM; echo up; "
			      "while :; do sleep 0.05; done",
			      0);
	free(wait_file(bench, "stdout", "up"));
	kill(keeper, SIGTERM);
	assert_int_equal(keeper_wait(keeper), 9);
	free(wait_file(bench, "spool.ndjson", "{\"name\":\"last\""));
}

/* The same as a full disk: no file may grow beyond 64 KiB. */
static void lives_with_a_full_disk(void **state)
{
	struct bench *bench = *state;
	char *text;

	server_start(bench, ALWAYS_200);
	assert_int_equal(
		keeper_wait(keeper_start(bench,
					 "trap '' XFSZ; i=0; "
					 "while [ $i -lt 20000 ]; do "
					 "echo a_metric_with_a_name=$i; "
					 "i=$((i+1)); done; exit 6",
					 65536)),
		6);
	free(wait_file(bench, "exit", "{\"code\": 6,"));
	free(wait_file(bench, "keeper.log", "stdout: "));
	free(wait_file(bench, "keeper.log", "spool: "));
	text = wait_file(bench, "spool.ndjson", "\n");
	assert_int_equal(text[strlen(text) - 1], '\n'); /* whole lines */
	free(text);
	server_stop(bench);
	server_release(bench);
}

static void starts_commands_clean(void **state)
{
	struct bench *bench = *state;
	char *text;
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */

	assert_true(fd >= 0);
	assert_int_equal(
		keeper_wait(keeper_start(
			bench,
			"ls /proc/self/fd | wc -l; grep -E 'Sig(Blk|Ign)' "
			"/proc/self/status; readlink /proc/self/fd/0",
			0)),
		0);
	close(fd);
	text = wait_file(bench, "stdout", "/dev/null\n");
	/* 0, 1, 2 and the folder ls reads */
	assert_string_equal(text, "4\nSigBlk:\t0000000000000000\n"
				  "SigIgn:\t0000000000000000\n/dev/null\n");
	free(text);
}

static void says_what_it_cannot_run(void **state)
{
	struct bench *bench = *state;
	pid_t pid = fork();

	if (!pid) {
		execl(bench->keeper_path, "trialdeck-keeper", "--dir",
		      bench->attempt, "--", "/nowhere/\"x\"", NULL);
		_exit(99);
	}
	assert_int_equal(keeper_wait(pid), 127);
	free(wait_file(bench, "exit",
		       "\"error\": \"run /nowhere/\\\"x\\\": No such file"));
	pid = fork();
	if (!pid) {
		close(2);
		execl(bench->keeper_path, "trialdeck-keeper", "--dir",
		      bench->attempt, NULL);
		_exit(99);
	}
	assert_int_equal(keeper_wait(pid), KEEPER_BROKEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(delivers_all_three_ways),
		TEST(retries_until_delivered),
		TEST(gives_up_only_what_is_refused),
		TEST(finds_a_console_that_comes_back),
		TEST(delivers_many),
		TEST(claims_once),
		TEST(stays_used_after_kill_9),
		TEST(ends_what_the_command_left),
		TEST(cancels_a_deaf_command),
		TEST(lets_the_command_end_itself),
		TEST(lives_with_a_full_disk),
		TEST(starts_commands_clean),
		TEST(says_what_it_cannot_run),
	};

	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
