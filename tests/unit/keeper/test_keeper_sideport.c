/* SPDX-License-Identifier: MIT */
/*
 * The keeper and the real side port, over TLS with a certificate of its own:
 * the code directory goes out, metrics and the status come in.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/keeper_install.h"
#include "engine/sideport/certificate.h"
#include "engine/sideport/sideport.h"
#include "engine/storage/archive.h"
#include "tests/support/keeper_path.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TOKEN "0123456789abcdef0123456789abcdef"
#define DEADLINE_S 40

struct bench {
	char *folder, *keeper_path;
	struct certificate certificate;
	struct archive_summary archive;
	struct sideport *sideport;
	int metrics, exit_code; /* received; exit_code -1: none yet */
	double sum;
	struct report_outputs outputs;
};

static char *path_of(const struct bench *bench, const char *name)
{
	return fs_join(bench->folder, name);
}

static void write_file(const struct bench *bench, const char *name,
		       const char *text)
{
	char *path = path_of(bench, name), *folder = fs_folder(path);
	struct error err;

	assert_true(fs_make_folders(folder, &err));
	assert_true(fs_write_file(path, text, strlen(text), &err));
	free(folder);
	free(path);
}

static void start_sideport(struct bench *bench, bool is_tls)
{
	struct sideport_options options = {.experiment_id = "exp"};
	char *code = path_of(bench, "code.tar.gz");
	struct error err;
	char url[64];

	if (is_tls) {
		options.cert_pem = bench->certificate.cert_pem;
		options.key_pem = bench->certificate.key_pem;
		write_file(bench, "link/ca.pem", bench->certificate.cert_pem);
	}
	if (!sideport_start(&options, &bench->sideport, &err))
		fail_msg("%s", err.text);
	sideport_allow(bench->sideport, 1, 1, "Xa12b", TOKEN, "{}", false);
	sideport_set_code(bench->sideport, code);
	snprintf(url, sizeof(url), "%s://127.0.0.1:%u\n",
		 is_tls ? "https" : "http", sideport_port(bench->sideport));
	write_file(bench, "link/url", url);
	free(code);
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	char folder[] = "/tmp/trialdeck-keeper-XXXXXX";
	char *code, *archive;
	struct error err;

	assert_non_null(mkdtemp(folder));
	bench->folder = xstrdup(folder);
	bench->exit_code = -1;
	assert_true(keeper_install(folder, &bench->keeper_path, &err));
	keeper_path_prefer(&bench->keeper_path);
	assert_true(
		certificate_keep(folder, NULL, 0, &bench->certificate, &err));
	write_file(bench, "code/lib/data", "5\n");
	write_file(bench, "code/train.sh",
		   "echo loss=1; echo loss=2; echo acc=$(cat lib/data); "
		   "exit 6\n");
	code = path_of(bench, "code");
	archive = path_of(bench, "code.tar.gz");
	if (!archive_write(code, archive, NULL, &bench->archive, &err))
		fail_msg("%s", err.text);
	write_file(bench, "input/token", TOKEN);
	write_file(bench, "input/command", "exec sh train.sh");
	free(code);
	free(archive);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	struct error err;

	sideport_stop(bench->sideport);
	certificate_release(&bench->certificate);
	archive_summary_release(&bench->archive);
	assert_true(fs_remove_tree(bench->folder, &err));
	free(bench->folder);
	free(bench->keeper_path);
	free(bench);
	return 0;
}

/* What the engine does with reports. */
static void take_reports(struct bench *bench)
{
	struct report *report = sideport_take(bench->sideport), *next;

	for (; report; report = next) {
		next = report->next;
		if (report->kind == REPORT_STATUS) {
			bench->exit_code = report->exit_code;
			bench->outputs = report->outputs;
		}
		/* the status is the proof that nothing is missing */
		if (report->kind == REPORT_METRICS)
			assert_int_equal(bench->exit_code, -1);
		for (size_t i = 0; i < report->metrics.count; i++) {
			bench->metrics++;
			bench->sum += report->metrics.items[i].value;
		}
		sideport_answer(bench->sideport, report, 200, NULL);
	}
}

static int run_keeper(struct bench *bench, const char *digest)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_S * NS_PER_S;
	char *work = path_of(bench, "work"), *input = path_of(bench, "input");
	char *url = path_of(bench, "link/url");
	char *code = path_of(bench, "work/code");
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		execl(bench->keeper_path, "trialdeck-keeper", "--dir", work,
		      "--input", input, "--url-file", url, "--code-fetch",
		      "--code-wait", "2", "--code-dir", code, "--code-digest",
		      digest, "--linger", "1", NULL);
		_exit(99);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		take_reports(bench);
		if (clock_mono_ns() > deadline) {
			kill(pid, SIGKILL);
			fail_msg("the keeper does not end");
		}
		usleep(2000);
	}
	free(work);
	free(input);
	free(url);
	free(code);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void assert_all_went_well(struct bench *bench)
{
	assert_int_equal(run_keeper(bench, bench->archive.digest), 6);
	assert_int_equal(bench->metrics, 3);
	assert_true(bench->sum == 8);
	assert_int_equal(bench->exit_code, 6);
}

static void works_plainly(void **state)
{
	start_sideport(*state, false);
	assert_all_went_well(*state);
}

static void works_with_tls(void **state)
{
	start_sideport(*state, true);
	assert_all_went_well(*state);
}

/* Another experiment's side port, at the same address. */
static void trusts_no_other_certificate(void **state)
{
	struct bench *bench = *state;
	struct certificate other;
	char *folder = path_of(bench, "other");
	struct error err;

	assert_true(fs_make_folders(folder, &err));
	assert_true(certificate_keep(folder, NULL, 0, &other, &err));
	start_sideport(bench, true);
	write_file(bench, "link/ca.pem", other.cert_pem);
	assert_int_equal(run_keeper(bench, bench->archive.digest), 125);
	assert_int_equal(bench->metrics, 0);
	assert_int_equal(bench->exit_code, -1);
	certificate_release(&other);
	free(folder);
}

/* The files of its output folder come before the last word, whole. */
static void sends_what_the_command_left(void **state)
{
	struct bench *bench = *state;
	char *outputs = path_of(bench, "outputs");
	char *dir = path_of(bench, "work/out"), *work = path_of(bench, "work");
	char *input = path_of(bench, "input"),
	     *url = path_of(bench, "link/url");
	char *model = path_of(bench, "outputs/Xa12b/o/sub/model");
	char *log = path_of(bench, "outputs/Xa12b/o/keeper.log");
	char *left_out = path_of(bench, "outputs/Xa12b/o/large");
	struct strbuf text = STRBUF_INIT;
	struct error err;
	pid_t pid;
	int status;

	start_sideport(bench, true);
	sideport_set_outputs(bench->sideport, outputs, 1 << 20);
	write_file(bench, "input/command",
		   "mkdir \"$OUT/sub\"; echo weights >\"$OUT/sub/model\"; "
		   "ln -s /etc/passwd \"$OUT/link\"; "
		   "head -c 3000 /dev/zero >\"$OUT/large\"");
	setenv("OUT", dir, 1);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl(bench->keeper_path, "trialdeck-keeper", "--dir", work,
		      "--input", input, "--url-file", url, "--output-dir", dir,
		      "--send-outputs", "o", "--output-limit", "2000", NULL);
		_exit(99);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		take_reports(bench);
		usleep(2000);
	}
	assert_int_equal(status, 0);
	assert_int_equal(bench->exit_code, 0);
	assert_int_equal(bench->outputs.files, 2); /* one is the log */
	assert_int_equal(bench->outputs.left_out, 2);
	assert_true(fs_read_file(model, 100, &text, &err));
	assert_string_equal(text.data, "weights\n");
	assert_int_equal(access(log, R_OK), 0);
	assert_int_not_equal(access(left_out, F_OK), 0);
	strbuf_release(&text);
	free(outputs);
	free(dir);
	free(work);
	free(input);
	free(url);
	free(model);
	free(log);
	free(left_out);
}

/* A keeper whose command is given, while nobody is at the side port. */
static pid_t start_alone(struct bench *bench, const char *command)
{
	char *work = path_of(bench, "work"), *input = path_of(bench, "input");
	char *dir = path_of(bench, "work/out"),
	     *url = path_of(bench, "link/url");
	pid_t pid;

	write_file(bench, "input/command", command);
	setenv("OUT", dir, 1);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl(bench->keeper_path, "trialdeck-keeper", "--dir", work,
		      "--input", input, "--url-file", url, "--output-dir", dir,
		      "--linger", "0", "--send-outputs", "o", "--output-wait",
		      "60", NULL);
		_exit(99);
	}
	free(work);
	free(input);
	free(dir);
	free(url);
	return pid;
}

/* Until the command has ended, which its keeper writes down. */
static void await_end(struct bench *bench)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_S * NS_PER_S;
	char *path = path_of(bench, "work/exit");

	while (access(path, F_OK) < 0) {
		assert_true(clock_mono_ns() < deadline);
		usleep(2000);
	}
	free(path);
}

static int await_keeper(struct bench *bench, pid_t pid)
{
	int64_t deadline = clock_mono_ns() + DEADLINE_S * NS_PER_S;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (bench->sideport)
			take_reports(bench);
		if (clock_mono_ns() > deadline) {
			kill(pid, SIGKILL);
			fail_msg("the keeper does not end");
		}
		usleep(2000);
	}
	return status;
}

/* The console comes back when the command has long ended. */
static void waits_with_what_the_command_left(void **state)
{
	struct bench *bench = *state;
	char *outputs = path_of(bench, "outputs");
	char *model = path_of(bench, "outputs/Xa12b/o/model");
	pid_t pid = start_alone(bench, "echo weights >\"$OUT/model\"");
	int status;

	await_end(bench);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	start_sideport(bench, false);
	sideport_set_outputs(bench->sideport, outputs, 1 << 20);
	assert_int_equal(await_keeper(bench, pid), 0);
	assert_int_equal(bench->outputs.files, 2);
	assert_int_equal(access(model, R_OK), 0);
	free(outputs);
	free(model);
}

/* Its log alone is nothing to wait for. */
static void waits_for_nothing_else(void **state)
{
	assert_int_equal(await_keeper(*state, start_alone(*state, "exit 3")),
			 3 << 8);
}

static void does_not_wait_when_asked_to_end(void **state)
{
	struct bench *bench = *state;
	pid_t pid = start_alone(bench, "echo weights >\"$OUT/model\"");
	int64_t began;

	await_end(bench);
	began = clock_mono_ns();
	kill(pid, SIGTERM);
	assert_int_equal(await_keeper(bench, pid), 0);
	assert_true(clock_mono_ns() - began < 30 * NS_PER_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(works_plainly),
		TEST(works_with_tls),
		TEST(trusts_no_other_certificate),
		TEST(sends_what_the_command_left),
		TEST(waits_with_what_the_command_left),
		TEST(waits_for_nothing_else),
		TEST(does_not_wait_when_asked_to_end),
	};

	return cmocka_run_group_tests_name("keeper and side port", tests, NULL,
					   NULL);
}
