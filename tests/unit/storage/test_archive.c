/* SPDX-License-Identifier: MIT */
/* Code archives: what is in them, that they repeat, what is refused. */
#include "base/fs.h"
#include "base/mem.h"
#include "engine/storage/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test runs in a folder of its own, with the code in code/. */
static char folder[64];

static int folder_make(void **state)
{
	char path[] = "/tmp/trialdeck-archive-XXXXXX";

	(void)state;
	if (!mkdtemp(path) || chdir(path) < 0 || mkdir("code", 0755) < 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s", path);
	return 0;
}

static int folder_remove(void **state)
{
	struct error err;

	(void)state;
	return chdir("/") == 0 && fs_remove_tree(folder, &err) ? 0 : -1;
}

static void put(const char *path, const char *text)
{
	char *parent = fs_folder(path);
	struct error err;

	if (!fs_make_folders(parent, &err) ||
	    !fs_write_file(path, text, strlen(text), &err))
		fail_msg("%s", err.text);
	free(parent);
}

static struct archive_summary pack(const char *code, const char *path)
{
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};

	if (!archive_write(code, path, &summary, &err))
		fail_msg("%s", err.text);
	/* untouched, even when it took several tries */
	assert_int_equal(err.code, ERROR_NONE);
	return summary;
}

/* A line for each entry: kind, permissions, path, content or target. */
static void list(const char *path, struct strbuf *out)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char text[4096];
	la_ssize_t n;
	int result;

	assert_int_equal(archive_read_support_filter_gzip(archive), ARCHIVE_OK);
	assert_int_equal(archive_read_support_format_tar(archive), ARCHIVE_OK);
	assert_int_equal(archive_read_open_filename(archive, path, 10240),
			 ARCHIVE_OK);
	while ((result = archive_read_next_header(archive, &entry)) ==
	       ARCHIVE_OK) {
		mode_t mode = archive_entry_mode(entry);

		assert_int_equal(archive_entry_mtime(entry), 0);
		assert_int_equal(archive_entry_uid(entry), 0);
		assert_int_equal(archive_entry_gid(entry), 0);
		strbuf_addf(out, "%c %03o %s",
			    S_ISDIR(mode)   ? 'd'
			    : S_ISLNK(mode) ? 'l'
					    : 'f',
			    mode & 07777, archive_entry_pathname(entry));
		if (S_ISLNK(mode))
			strbuf_addf(out, " -> %s",
				    archive_entry_symlink(entry));
		n = archive_read_data(archive, text, sizeof(text));
		assert_true(n >= 0);
		if (n) {
			strbuf_addch(out, ' ');
			strbuf_add(out, text, (size_t)n);
		}
		strbuf_addch(out, '\n');
	}
	assert_int_equal(result, ARCHIVE_EOF);
	archive_read_free(archive);
}

static void expect_list(const char *path, const char *expected)
{
	struct strbuf got = STRBUF_INIT;

	list(path, &got);
	assert_string_equal(got.data, expected);
	strbuf_release(&got);
}

static void expect_failure(const char *code, const char *path,
			   enum error_code reason, const char *words)
{
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};

	if (archive_write(code, path, &summary, &err))
		fail_msg("%s was packed", code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
	assert_int_equal(err.code, reason);
}

#define HUNDRED                                                                \
	"0123456789012345678901234567890123456789012345678901234567890123456"  \
	"789012345678901234567890123456789"

static void keeps_what_there_is(void **state)
{
	struct archive_summary summary;

	(void)state;
	put("code/train.py", "print(1)");
	put("code/b/run.sh", "exit 0");
	put("code/b.txt", "b");
	put("code/empty", "");
	put("code/caf\xc3\xa9", "x");
	put("code/\xff\n", "y");
	put("code/" HUNDRED "/" HUNDRED "/" HUNDRED, "deep");
	assert_int_equal(mkdir("code/nothing", 0555), 0);
	assert_int_equal(chmod("code/b/run.sh", 04755), 0);
	summary = pack("code", "a.tar.gz");
	expect_list("a.tar.gz",
		    "d 700 " HUNDRED "/\n"
		    "d 700 " HUNDRED "/" HUNDRED "/\n"
		    "f 600 " HUNDRED "/" HUNDRED "/" HUNDRED " deep\n"
		    "d 700 b/\n"
		    "f 755 b/run.sh exit 0\n"
		    "f 600 b.txt b\n"
		    "f 600 caf\xc3\xa9 x\n"
		    "f 600 empty\n"
		    "d 755 nothing/\n"
		    "f 600 train.py print(1)\n"
		    "f 600 \xff\n y\n");
	assert_int_equal(summary.files, 7);
	assert_int_equal(summary.bytes, 21);
	assert_null(summary.notes);
	archive_summary_release(&summary);
}

static void describes_the_file(void **state)
{
	struct strbuf bytes = STRBUF_INIT;
	struct archive_summary summary;
	unsigned char hash[32];
	struct stat st;
	struct error err;
	char hex[65];

	(void)state;
	put("code/train.py", "print(1)");
	put("a.tar.gz", "what was here before");
	summary = pack("code", "a.tar.gz");
	assert_true(fs_read_file("a.tar.gz", 1u << 20, &bytes, &err));
	assert_int_equal(EVP_Digest(bytes.data, bytes.len, hash, NULL,
				    EVP_sha256(), NULL),
			 1);
	for (size_t i = 0; i < sizeof(hash); i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	assert_string_equal(summary.digest, hex);
	assert_int_equal(summary.size, bytes.len);
	/* gzip's own time */
	assert_memory_equal(bytes.data, "\x1f\x8b\x08", 3);
	assert_memory_equal(bytes.data + 4, "\0\0\0\0", 4);
	assert_int_equal(stat("a.tar.gz", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	archive_summary_release(&summary);
	strbuf_release(&bytes);
}

static void repeats(void **state)
{
	static const struct timespec times[2] = {{1, 2}, {3, 4}};
	struct archive_summary one, two;

	(void)state;
	put("code/z/caf\xc3\xa9", "1");
	put("code/B", "2");
	put("code/a", "3");
	one = pack("code", "one.tar.gz");
	/* another place, another order, other times, another locale */
	put("other/a", "3");
	put("other/B", "2");
	put("other/z/caf\xc3\xa9", "1");
	assert_int_equal(utimensat(AT_FDCWD, "other/a", times, 0), 0);
	assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
	two = pack("other/", "other/two.tar.gz");
	assert_non_null(setlocale(LC_ALL, "C"));
	assert_string_equal(one.digest, two.digest);
	archive_summary_release(&two);
	/* the archive itself is not part of the next one */
	two = pack("other", "other/two.tar.gz");
	assert_string_equal(one.digest, two.digest);
	archive_summary_release(&two);
	put("other/a", "4");
	two = pack("other", "two.tar.gz");
	assert_string_not_equal(one.digest, two.digest);
	archive_summary_release(&two);
	archive_summary_release(&one);
}

static void leaves_out_what_is_named(void **state)
{
	struct archive_summary summary;

	(void)state;
	put("code/.nniignore", "*.log\n");
	put("code/.git/HEAD", "x");
	put("code/a.log", "a");
	put("code/sub/.git", "gitdir: elsewhere");
	put("code/sub/b.log", "b");
	put("code/sub/c", "c");
	summary = pack("code", "a.tar.gz");
	expect_list("a.tar.gz", "f 600 .nniignore *.log\n\n"
				"d 700 sub/\n"
				"f 600 sub/c c\n");
	archive_summary_release(&summary);
	put("code/.trialdeckignore", "sub/\n.nniignore\n!.git\n");
	summary = pack("code", "a.tar.gz");
	expect_list("a.tar.gz",
		    "f 600 .trialdeckignore sub/\n.nniignore\n!.git\n\n"
		    "f 600 a.log a\n");
	archive_summary_release(&summary);
}

static void keeps_links_inside(void **state)
{
	struct archive_summary summary;

	(void)state;
	put("code/sub/deep/file", "x");
	put("outside", "secret");
	assert_int_equal(symlink("sub/deep/file", "code/good"), 0);
	assert_int_equal(symlink("../../good", "code/sub/deep/back"), 0);
	assert_int_equal(symlink("sub", "code/folder"), 0);
	assert_int_equal(symlink("not-yet", "code/nowhere"), 0);
	assert_int_equal(symlink("../outside", "code/out"), 0);
	assert_int_equal(symlink("/etc/passwd", "code/root"), 0);
	/* looks like code/outside, is not: deep/up leads to code itself */
	assert_int_equal(symlink("../..", "code/sub/deep/up"), 0);
	assert_int_equal(symlink("sub/deep/up/../outside", "code/trick"), 0);
	assert_int_equal(symlink("self", "code/self"), 0);
	summary = pack("code", "a.tar.gz");
	expect_list("a.tar.gz", "l 777 folder -> sub\n"
				"l 777 good -> sub/deep/file\n"
				"l 777 nowhere -> not-yet\n"
				"d 700 sub/\n"
				"d 700 sub/deep/\n"
				"l 777 sub/deep/back -> ../../good\n"
				"f 600 sub/deep/file x\n"
				"l 777 sub/deep/up -> ../..\n");
	assert_string_equal(summary.notes,
			    "out: left out: the link leads outside\n"
			    "root: left out: the link leads outside\n"
			    "self: left out: the link leads outside\n"
			    "trick: left out: the link leads outside\n");
	archive_summary_release(&summary);
}

static void leaves_out_what_is_no_file(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX,
				      .sun_path = "code/socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct archive_summary summary;

	(void)state;
	assert_int_equal(mkfifo("code/pi\npe", 0600), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)),
			 0);
	put("code/x", "x");
	summary = pack("code", "a.tar.gz");
	expect_list("a.tar.gz", "f 600 x x\n");
	assert_string_equal(summary.notes,
			    "pi\xef\xbf\xbdpe: left out: it is a pipe\n"
			    "socket: left out: it is a socket\n");
	archive_summary_release(&summary);
	close(fd);
	for (int i = 0; i < 30; i++) {
		char path[32];

		snprintf(path, sizeof(path), "code/%02d", i);
		assert_int_equal(mkfifo(path, 0600), 0);
	}
	summary = pack("code", "a.tar.gz");
	assert_non_null(strstr(summary.notes, "19: left out"));
	assert_null(strstr(summary.notes, "20: left out"));
	assert_non_null(strstr(summary.notes, "... and 12 more\n"));
	archive_summary_release(&summary);
}

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
		ok = ok && !archive_write("code", "a.tar.gz", &summary, &err) &&
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
		if (archive_write("code", "a.tar.gz", &summary, &err)) {
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

static void replace(void)
{
	int fd = open("fresh", O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || close(fd) < 0 || rename("fresh", "code/edited") < 0 ||
	    unlink("code/edited") < 0 || mkfifo("code/edited", 0600) < 0 ||
	    unlink("code/edited") < 0 ||
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
		if (!archive_write("code", "a.tar.gz", &summary, &err)) {
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
	cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_there_is),
		TEST(describes_the_file),
		TEST(repeats),
		TEST(leaves_out_what_is_named),
		TEST(keeps_links_inside),
		TEST(leaves_out_what_is_no_file),
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

	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
