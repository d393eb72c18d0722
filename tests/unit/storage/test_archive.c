/* SPDX-License-Identifier: MIT */
/* Code archives: what is in them, and that they repeat. */
#include "base/fs.h"
#include "tests/unit/storage/support.h"

#include <fcntl.h>
#include <locale.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

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

/* A database's locks are lost when any descriptor of it is closed. */
static void does_not_open_what_is_not_code(void **state)
{
	const char *const not_these[] = {"code/t.db", "code/runs", "nowhere",
					 NULL};
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};

	(void)state;
	put("code/train.py", "x");
	put("code/t.db", "a database");
	put("code/runs/1/log", "a log");
	assert_int_equal(link("code/t.db", "code/other.db"), 0);
	if (!archive_write("code", "a.tar.gz", not_these, &summary, &err))
		fail_msg("%s", err.text);
	expect_list("a.tar.gz", "f 600 train.py x\n");
	archive_summary_release(&summary);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, folder_make, folder_take_away)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keeps_what_there_is),
		TEST(describes_the_file),
		TEST(repeats),
		TEST(leaves_out_what_is_named),
		TEST(does_not_open_what_is_not_code),
		TEST(keeps_links_inside),
		TEST(leaves_out_what_is_no_file),
	};

	return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
