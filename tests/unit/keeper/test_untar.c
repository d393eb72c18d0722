/* SPDX-License-Identifier: MIT */
/*
 * Unpacking: what libarchive writes comes out as it went in, and what a hostile
 * archive asks for does not happen.  Every archive is fed in pieces of several
 * sizes, since the stream may be cut anywhere.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "keeper/untar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	char *outside, *folder; /* folder lies in outside */
	int dir_fd;
	struct strbuf tar;
	struct untar *untar;
	struct error err;
};

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));
	char outside[] = "/tmp/trialdeck-untar-XXXXXX";

	assert_non_null(mkdtemp(outside));
	bench->outside = xstrdup(outside);
	bench->folder = fs_join(outside, "in");
	assert_int_equal(mkdir(bench->folder, 0700), 0);
	bench->dir_fd = open(bench->folder, O_RDONLY | O_DIRECTORY);
	assert_true(bench->dir_fd >= 0);
	strbuf_init(&bench->tar);
	bench->untar = xcalloc(1, sizeof(*bench->untar));
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;
	struct error err;

	close(bench->dir_fd);
	assert_true(fs_remove_tree(bench->outside, &err));
	free(bench->outside);
	free(bench->folder);
	strbuf_release(&bench->tar);
	free(bench->untar);
	free(bench);
	return 0;
}

static bool unpack(struct bench *bench, size_t step)
{
	const struct strbuf *tar = &bench->tar;
	bool ok = true;

	memset(&bench->err, 0, sizeof(bench->err));
	untar_init(bench->untar, bench->dir_fd);
	for (size_t at = 0; ok && at < tar->len; at += step)
		ok = untar_feed(bench->untar, tar->data + at,
				tar->len - at < step ? tar->len - at : step,
				&bench->err);
	ok = ok && untar_end(bench->untar, &bench->err);
	untar_release(bench->untar);
	return ok;
}

/* ---- archives by libarchive ------------------------------------------------
 */

static la_ssize_t take(struct archive *archive, void *arg, const void *data,
		       size_t len)
{
	(void)archive;
	strbuf_add(arg, data, len);
	return (la_ssize_t)len;
}

static void write_entry(struct archive *archive, const char *name,
			unsigned int type, unsigned int mode, const char *text)
{
	struct archive_entry *entry = archive_entry_new();
	bool is_file = type == AE_IFREG;

	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, type);
	archive_entry_set_perm(entry, mode);
	archive_entry_set_mtime(entry, 1600000000, 123456789);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(entry, text);
	archive_entry_set_size(entry, is_file ? (int64_t)strlen(text) : 0);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	if (is_file)
		archive_write_data(archive, text, strlen(text));
	archive_entry_free(entry);
}

static char *name_of(size_t len)
{
	char *name = xcalloc(1, len + 1);

	/* components of 80 */
	for (size_t i = 0; i < len; i++)
		name[i] = i % 80 == 79 && i + 1 < len ? '/' : 'n';
	return name;
}

static void assert_content(const struct bench *bench, const char *name,
			   unsigned int mode, const char *text)
{
	struct strbuf have = STRBUF_INIT;
	char *path = fs_join(bench->folder, name);
	struct error err;
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	assert_true(fs_read_file(path, 1 << 20, &have, &err));
	assert_string_equal(have.data, text);
	strbuf_release(&have);
	free(path);
}

static void assert_target(const struct bench *bench, const char *name,
			  const char *target)
{
	char *path = fs_join(bench->folder, name);
	char have[PATH_MAX] = "";

	assert_true(readlink(path, have, sizeof(have) - 1) > 0);
	assert_string_equal(have, target);
	free(path);
}

static void round_trip(struct bench *bench, int (*format)(struct archive *),
		       size_t name_len, size_t target_len, size_t step)
{
	struct archive *archive = archive_write_new();
	char *name = name_of(name_len), *target = name_of(target_len);
	char text[2000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	strbuf_clear(&bench->tar);
	assert_int_equal(format(archive), ARCHIVE_OK);
	archive_write_set_bytes_in_last_block(archive, 1);
	assert_int_equal(archive_write_open2(archive, &bench->tar, NULL, take,
					     NULL, NULL),
			 ARCHIVE_OK);
	write_entry(archive, "./", AE_IFDIR, 0755, NULL);
	write_entry(archive, "empty", AE_IFREG, 0644, "");
	write_entry(archive, "run.sh", AE_IFREG, 0755, "#!/bin/sh\n");
	write_entry(archive, "set-id", AE_IFREG, 06755, "x");
	write_entry(archive, "ein/zwei", AE_IFDIR, 0500, NULL);
	write_entry(archive, "ein/zwei/drei", AE_IFREG, 0600, text);
	write_entry(archive, name, AE_IFREG, 0640, "long name");
	write_entry(archive, "ein/link", AE_IFLNK, 0777, "zwei/drei");
	write_entry(archive, "ein/zwei/up", AE_IFLNK, 0777, "../../run.sh");
	write_entry(archive, "long", AE_IFLNK, 0777, target);
	assert_int_equal(archive_write_free(archive), ARCHIVE_OK);

	if (!unpack(bench, step))
		fail_msg("%s", bench->err.text);
	assert_content(bench, "empty", 0644, "");
	assert_content(bench, "run.sh", 0755, "#!/bin/sh\n");
	assert_content(bench, "set-id", 0755, "x");
	assert_content(bench, "ein/zwei/drei", 0600, text);
	assert_content(bench, "ein/link", 0600, text);
	assert_content(bench, "ein/zwei/up", 0755, "#!/bin/sh\n");
	assert_content(bench, name, 0640, "long name");
	assert_target(bench, "long", target);
	free(name);
	free(target);
}

static const size_t steps[] = {1, 7, 511, 512, 513, 65536};

static void reads_what_libarchive_writes(void **state)
{
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		round_trip(bench, archive_write_set_format_ustar, 170, 90,
			   steps[i]);
		round_trip(bench, archive_write_set_format_pax_restricted, 1500,
			   1500, steps[i]);
		round_trip(bench, archive_write_set_format_pax, 90, 150,
			   steps[i]);
		round_trip(bench, archive_write_set_format_gnutar, 1500, 1500,
			   steps[i]);
	}
}

/* ---- archives by hand ------------------------------------------------------
 */

static void add_entry(struct bench *bench, char type, const char *name,
		      const char *target, const char *data, size_t len)
{
	char block[512] = "";
	unsigned int sum = 0;

	snprintf(block, 100, "%s", name);
	snprintf(block + 100, 8, "%07o", 0644u);
	snprintf(block + 124, 12, "%011o", (unsigned int)len);
	memset(block + 148, ' ', 8);
	block[156] = type;
	snprintf(block + 157, 100, "%s", target);
	memcpy(block + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < sizeof(block); i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
	strbuf_add(&bench->tar, block, sizeof(block));
	if (!data)
		return;
	strbuf_add(&bench->tar, data, len);
	memset(block, 0, sizeof(block));
	strbuf_add(&bench->tar, block, -len & 511);
}

static void add_end(struct bench *bench)
{
	static const char zeros[1024];

	strbuf_add(&bench->tar, zeros, sizeof(zeros));
}

static void add_file(struct bench *bench, const char *name, const char *text)
{
	add_entry(bench, '0', name, "", text, strlen(text));
}

static void add_link(struct bench *bench, const char *name, const char *target)
{
	add_entry(bench, '2', name, target, NULL, 0);
}

static void add_pax(struct bench *bench, const char *key, const char *value)
{
	char record[8192];
	int len = snprintf(NULL, 0, " %s=%s\n", key, value), digits = 1;

	while (snprintf(NULL, 0, "%d", len + digits) > digits)
		digits++;
	snprintf(record, sizeof(record), "%d %s=%s\n", len + digits, key,
		 value);
	add_entry(bench, 'x', "pax", "", record, strlen(record));
}

/* Nothing but the folder itself lies outside, and nothing was said to be
 * fine. */
static void assert_refused(struct bench *bench, const char *why)
{
	char *path = fs_join(bench->outside, "out");
	struct stat st;

	add_end(bench);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		assert_false(unpack(bench, steps[i]));
		if (!strstr(bench->err.text, why))
			fail_msg("not \"%s\": %s", why, bench->err.text);
		assert_int_equal(lstat(path, &st), -1);
	}
	free(path);
	strbuf_clear(&bench->tar);
}

static void refuses_names_that_lead_outside(void **state)
{
	struct bench *bench = *state;
	char absolute[PATH_MAX];

	add_file(bench, "../out", "x");
	assert_refused(bench, "leads outside");
	add_file(bench, "a/../../out", "x");
	assert_refused(bench, "leads outside");
	add_file(bench, "a/..", "x");
	assert_refused(bench, "leads outside");
	snprintf(absolute, 100, "%s/out", bench->outside);
	add_file(bench, absolute, "x");
	assert_refused(bench, "absolute");
	add_pax(bench, "path", "a/../../out");
	add_file(bench, "innocent", "x");
	assert_refused(bench, "leads outside");
	add_entry(bench, 'L', "@LongLink", "", "../out", 7);
	add_file(bench, "innocent", "x");
	assert_refused(bench, "leads outside");
	add_entry(bench, '5', "../out", "", NULL, 0);
	assert_refused(bench, "leads outside");
	add_link(bench, "../out", "in");
	assert_refused(bench, "leads outside");
}

static void refuses_links_that_lead_outside(void **state)
{
	struct bench *bench = *state;

	add_link(bench, "a", "..");
	assert_refused(bench, "leads outside");
	add_link(bench, "a", "/etc");
	assert_refused(bench, "leads outside");
	add_link(bench, "a/b/c", "../../../out");
	assert_refused(bench, "leads outside");
	add_link(bench, "a", "b/../../out");
	assert_refused(bench, "leads outside");
	add_pax(bench, "linkpath", "../out");
	add_link(bench, "a", "b");
	assert_refused(bench, "leads outside");
	/* each of the two stays inside by its letters, together they do not */
	add_link(bench, "d/up", "..");
	add_link(bench, "e", "d/up/..");
	assert_refused(bench, "leads outside");
}

static void never_goes_through_a_link(void **state)
{
	struct bench *bench = *state;
	char *path = fs_join(bench->folder, "planted");

	/* as if it had been there before */
	assert_int_equal(symlink("..", path), 0);
	add_file(bench, "planted/out", "x");
	assert_refused(bench, "planted");
	add_entry(bench, '5', "planted/out", "", NULL, 0);
	assert_refused(bench, "planted");
	add_link(bench, "planted/out", "in");
	assert_refused(bench, "planted");
	/* the mode of a folder must not reach what a link points to */
	add_entry(bench, '5', "planted", "", NULL, 0);
	assert_refused(bench, "planted");
	/* its own links are no better */
	add_entry(bench, '5', "real", "", NULL, 0);
	add_link(bench, "alias", "real");
	add_file(bench, "alias/file", "x");
	assert_refused(bench, "alias");
	free(path);
}

static void replaces_files_but_no_folders(void **state)
{
	struct bench *bench = *state;

	add_file(bench, "a", "first");
	add_file(bench, "target", "untouched");
	add_link(bench, "a", "target");
	add_file(bench, "a", "second");
	add_end(bench);
	assert_true(unpack(bench, 512));
	assert_content(bench, "a", 0644, "second");
	assert_content(bench, "target", 0644, "untouched");
	strbuf_clear(&bench->tar);
	add_entry(bench, '5', "folder", "", NULL, 0);
	add_file(bench, "folder", "x");
	assert_refused(bench, "folder");
	add_link(bench, "folder", "target");
	assert_refused(bench, "folder");
}

static void refuses_what_is_no_file(void **state)
{
	static const char types[] = {'1', '3', '4', '6', 'S', 'D', 'V', 'Z'};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(types); i++) {
		add_entry(bench, types[i], "out", "passwd", NULL, 0);
		assert_refused(bench, "neither file");
	}
}

static void keeps_within_bounds(void **state)
{
	struct bench *bench = *state;
	static char name[PATH_MAX];

	/* sizes that promise more than there may be */
	add_pax(bench, "size", "1073741825");
	add_file(bench, "bomb", "");
	assert_refused(bench, "more than 1073741824 bytes");
	add_pax(bench, "size", "999999999999999999");
	add_file(bench, "bomb", "");
	assert_refused(bench, "more than 1073741824 bytes");
	add_pax(bench, "size", "-1");
	add_file(bench, "bomb", "");
	assert_refused(bench, "malformed");
	add_entry(bench, '0', "bomb", "", NULL, 0);
	memset(bench->tar.data + 124, 0xff, 12); /* GNU's binary sizes */
	assert_refused(bench, "no tar archive");
	add_entry(bench, 'x', "pax", "", NULL, UNTAR_HEADER_MAX + 1);
	assert_refused(bench, "a header of");
	add_entry(bench, 'L', "name", "", NULL, 1 << 30);
	assert_refused(bench, "a header of");
	/* a name of more than a path can have */
	memset(name, 'n', sizeof(name));
	add_entry(bench, 'L', "@LongLink", "", name, sizeof(name));
	add_file(bench, "innocent", "");
	assert_refused(bench, "a name of");
	name[300] = '\0';
	add_entry(bench, 'L', "@LongLink", "", name, 301);
	add_file(bench, "innocent", "");
	assert_refused(bench, "leads outside");
}

static void counts_entries(void **state)
{
	struct bench *bench = *state;
	bool ok = true;

	add_entry(bench, '5', "again", "", NULL, 0);
	untar_init(bench->untar, bench->dir_fd);
	for (int i = 0; i < UNTAR_ENTRIES_MAX && ok; i++)
		ok = untar_feed(bench->untar, bench->tar.data, 512,
				&bench->err);
	assert_true(ok);
	assert_false(
		untar_feed(bench->untar, bench->tar.data, 512, &bench->err));
	assert_non_null(strstr(bench->err.text, "more than 100000 entries"));
	untar_release(bench->untar);
}

static void notices_damage(void **state)
{
	static const char *const records[] = {
		"0 path=a\n",
		"5 p=a\n",
		"99 path=a\n",
		"path=a\n",
		"x path=a\n",
		"9 path-a\n",
		"10 path=a",
		" path=a\n",
		"2 \n",
		"-9 path=a\n",
		"99999999999999999999 path=a\n",
	};
	struct bench *bench = *state;
	size_t whole;

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++) {
		add_entry(bench, 'x', "pax", "", records[i],
			  strlen(records[i]));
		add_file(bench, "a", "x");
		assert_refused(bench, "malformed");
	}
	add_file(bench, "a", "x");
	bench->tar.data[3] ^= 1;
	assert_refused(bench, "no tar archive");
	/* cut anywhere */
	add_file(bench, "a", "some text");
	whole = bench->tar.len;
	for (size_t len = 0; len <= whole; len += 100) {
		bench->tar.len = len;
		assert_false(unpack(bench, 512));
		assert_non_null(strstr(bench->err.text, "cut short"));
	}
	bench->tar.len = whole;
	add_end(bench);
	assert_true(unpack(bench, 512));
	/* what follows the end is nobody's business */
	strbuf_add(&bench->tar, "garbage", 7);
	assert_true(unpack(bench, 512));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_what_libarchive_writes),
		TEST(refuses_names_that_lead_outside),
		TEST(refuses_links_that_lead_outside),
		TEST(never_goes_through_a_link),
		TEST(replaces_files_but_no_folders),
		TEST(refuses_what_is_no_file),
		TEST(keeps_within_bounds),
		TEST(counts_entries),
		TEST(notices_damage),
	};

	return cmocka_run_group_tests_name("untar", tests, NULL, NULL);
}
