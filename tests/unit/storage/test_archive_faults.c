/* SPDX-License-Identifier: MIT */
/* Code archives: what is refused, and files that change meanwhile. */
#include "base/mem.h"
#include "tests/unit/storage/support.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void names_what_cannot_be_read(void **state)
{
	static const char *const names[] = {"code/a", "code/b", "code/c/d",
					    "code/e"};
	bool is_root = geteuid() == 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		put(names[i], "x");
		assert_int_equal(chmod(names[i], 0), 0);
	}
	assert_int_equal(chmod("code/c", 0755), 0);
	assert_int_equal(chmod(".", 0777), 0);
	assert_int_equal(mkdir("code/f", 0), 0);
	/* nothing is unreadable to root */
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	expect_failure("code", "a.tar.gz", ERROR_DENIED,
		       "archive of code: cannot read a, b, c/d and 2 more: "
		       "name them in .trialdeckignore");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	put("code/.trialdeckignore", "[a-d]\nf\n");
	assert_int_equal(chmod("code/.trialdeckignore", 0644), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	expect_failure("code", "a.tar.gz", ERROR_DENIED, "cannot read e: ");
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod("code/f", 0700), 0);
	assert_int_equal(access("a.tar.gz", F_OK), -1);
}

static void put_large(const char *path, off_t bytes)
{
	put(path, "");
	assert_int_equal(truncate(path, bytes), 0);
}

static void refuses_too_much(void **state)
{
	(void)state;
	put_large("code/.venv/lib/site-packages/a/one", 100 << 20);
	put_large("code/.venv/lib/site-packages/b/two", 100 << 20);
	put_large("code/data.bin", 150 << 20);
	put_large("code/runs/last/model", 20 << 20);
	put_large("code/src/train.py", 1000);
	expect_failure("code", "a.tar.gz", ERROR_LIMIT,
		       "370.0 MiB, at most 300.0 MiB can be sent to trials; "
		       "most is in .venv/lib/site-packages/ (200.0 MiB), "
		       "data.bin (150.0 MiB) and runs/last/model (20.0 MiB): "
		       "name what trials do not need in .trialdeckignore");
	assert_int_equal(access("a.tar.gz", F_OK), -1);
}

static void refuses_too_many(void **state)
{
	(void)state;
	put("code/few/1", "");
	assert_int_equal(mkdir("code/many", 0700), 0);
	for (int i = 0; i < ARCHIVE_FILES_MAX; i++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "code/many/%d", i);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		close(fd);
	}
	expect_failure("code", "a.tar.gz", ERROR_LIMIT,
		       "20003 files and folders, at most 20000 can be sent to "
		       "trials; most is in many/ (20000 files) and few/ (1 "
		       "file): ");
}

static void refuses_depth(void **state)
{
	struct strbuf path = STRBUF_INIT;

	(void)state;
	strbuf_adds(&path, "code");
	for (int i = 0; i < 70; i++)
		strbuf_adds(&path, "/d");
	strbuf_adds(&path, "/x");
	put(path.data, "x");
	expect_failure("code", "a.tar.gz", ERROR_LIMIT, "nested more than");
	strbuf_release(&path);
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	put("code/x", "x");
	expect_failure("nowhere", "a.tar.gz", ERROR_NOT_FOUND,
		       "archive of nowhere: open folder nowhere: No such file");
	expect_failure("code/x", "a.tar.gz", ERROR_SYSTEM, "Not a directory");
	expect_failure("code", "no/where.tar.gz", ERROR_NOT_FOUND,
		       "create no/where.tar.gz");
	/* a folder is in the way: the draft must not stay */
	assert_int_equal(mkdir("taken", 0700), 0);
	put("taken/x", "x");
	expect_failure("code", "taken", ERROR_SYSTEM, "rename to taken");
	assert_int_equal(rmdir("code"), -1);
	put_large("code/.nniignore", 1 << 20);
	expect_failure("code", "a.tar.gz", ERROR_LIMIT, ".nniignore");
}

static void says_when_the_disk_is_full(void **state)
{
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};
	pid_t pid = fork();
	int status;

	(void)state;
	/* rlimits cannot be taken back by everybody: in a child */
	if (!pid) {
		char block[65536];
		int fd = open("code/x", O_WRONLY | O_CREAT, 0600);
		int random = open("/dev/urandom", O_RDONLY);
		bool ok = read(random, block, sizeof(block)) > 0 &&
			  write(fd, block, sizeof(block)) > 0;
		struct rlimit limit = {10000, 10000};

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		ok = ok &&
		     !archive_write("code", "a.tar.gz", NULL, &summary, &err) &&
		     strstr(err.text, "File too large") &&
		     access("a.tar.gz", F_OK) < 0;
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- files that change meanwhile --------------------------------------------
 */

static pid_t start_child(void (*run)(void))
{
	pid_t parent = getpid(), pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			run();
		_exit(0);
	}
	return pid;
}

static void stop_child(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void append(void)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("code/log", O_WRONLY | O_APPEND);
	if (write(fd, "x", 1) != 1)
		_exit(1);
}

static void takes_a_growing_file_as_it_was(void **state)
{
	struct archive_summary summary = {0};
	struct strbuf ignored = STRBUF_INIT;
	pid_t child;

	(void)state;
	put_large("code/log", 4 << 20);
	child = start_child(append);
	do {
		archive_summary_release(&summary);
		summary = pack("code", "a.tar.gz");
		strbuf_clear(&ignored);
		list("a.tar.gz", &ignored);
		assert_int_equal(summary.files, 1);
	} while (!summary.notes);
	stop_child(child);
	assert_string_equal(summary.notes, "log: kept changing; taken as it "
					   "was when it was read\n");
	archive_summary_release(&summary);
	strbuf_release(&ignored);
}

static void shrink(void)
{
	if (truncate("code/model", 0) < 0 ||
	    truncate("code/model", 8 << 20) < 0)
		_exit(1);
}

static void never_writes_a_broken_archive(void **state)
{
	struct strbuf content = STRBUF_INIT;
	struct archive_summary summary;
	struct error err;
	int failures = 0;
	pid_t child;

	(void)state;
	put_large("code/model", 8 << 20);
	child = start_child(shrink);
	for (int i = 0; i < 10000 && failures < 2; i++) {
		if (archive_write("code", "a.tar.gz", NULL, &summary, &err)) {
			strbuf_clear(&content);
			list("a.tar.gz", &content);
			archive_summary_release(&summary);
			continue;
		}
		failures++;
		assert_int_equal(err.code, ERROR_UNAVAILABLE);
		assert_non_null(strstr(err.text, "model became shorter while"));
	}
	stop_child(child);
	assert_int_equal(failures, 2);
	strbuf_release(&content);
}

/* A file for about as long as it takes to pack it, then other things: so that
 * either is met, however slow the packing is. */
static void replace(void)
{
	const struct timespec moment = {0, 200000};
	int fd = open("fresh", O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || close(fd) < 0 || rename("fresh", "code/edited") < 0 ||
	    nanosleep(&moment, NULL) < 0 || unlink("code/edited") < 0 ||
	    mkfifo("code/edited", 0600) < 0 || unlink("code/edited") < 0 ||
	    symlink("/etc/passwd", "code/edited") < 0 ||
	    unlink("code/edited") < 0)
		_exit(1);
}

static void is_not_fooled_by_replacements(void **state)
{
	struct strbuf content = STRBUF_INIT;
	struct archive_summary summary;
	pid_t child = start_child(replace);
	struct error err;
	int files = 0;

	(void)state;
	for (int i = 0; i < 2000 && files < 20; i++) {
		if (!archive_write("code", "a.tar.gz", NULL, &summary, &err)) {
			assert_int_equal(err.code, ERROR_UNAVAILABLE);
			continue;
		}
		strbuf_clear(&content);
		list("a.tar.gz", &content);
		if (content.len)
			assert_string_equal(content.data, "f 600 edited\n");
		files += content.len > 0;
		archive_summary_release(&summary);
	}
	stop_child(child);
	assert_true(files > 0);
	strbuf_release(&content);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, folder_make, folder_take_away)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_what_cannot_be_read),
		TEST(refuses_too_much),
		TEST(refuses_too_many),
		TEST(refuses_depth),
		TEST(says_what_is_wrong),
		TEST(says_when_the_disk_is_full),
		TEST(takes_a_growing_file_as_it_was),
		TEST(never_writes_a_broken_archive),
		TEST(is_not_fooled_by_replacements),
	};

	return cmocka_run_group_tests_name("archive faults", tests, NULL, NULL);
}
