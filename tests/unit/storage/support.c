/* SPDX-License-Identifier: MIT */
/* A code directory to pack, and what came of it. */
#include "tests/unit/storage/support.h"

#include "base/fs.h"
#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test runs in a folder of its own, with the code in code/. */
static char folder[64];

int folder_make(void **state)
{
	char path[] = "/tmp/trialdeck-archive-XXXXXX";

	(void)state;
	if (!mkdtemp(path) || chdir(path) < 0 || mkdir("code", 0755) < 0)
		return -1;
	snprintf(folder, sizeof(folder), "%s", path);
	return 0;
}

int folder_take_away(void **state)
{
	struct error err;

	(void)state;
	return chdir("/") == 0 && fs_remove_tree(folder, &err) ? 0 : -1;
}

void put(const char *path, const char *text)
{
	char *parent = fs_folder(path);
	struct error err;

	if (!fs_make_folders(parent, &err) ||
	    !fs_write_file(path, text, strlen(text), &err))
		fail_msg("%s", err.text);
	free(parent);
}

struct archive_summary pack(const char *code, const char *path)
{
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};

	if (!archive_write(code, path, NULL, &summary, &err))
		fail_msg("%s", err.text);
	/* untouched, even when it took several tries */
	assert_int_equal(err.code, ERROR_NONE);
	return summary;
}

/* A line for each entry: kind, permissions, path, content or target. */
static bool is_simple(const char *name)
{
	for (const char *c = name; *c; c++)
		if ((signed char)*c < 0)
			return false;
	return strlen(name) <= 100;
}

void list(const char *path, struct strbuf *out)
{
	struct archive *archive = archive_read_new();
	struct archive_entry *entry;
	char text[4096];
	bool needs_pax = false;
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
		/* no more than names ask for, up to here */
		needs_pax =
			needs_pax || !is_simple(archive_entry_pathname(entry));
		assert_int_equal(archive_format(archive),
				 needs_pax ? ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE
					   : ARCHIVE_FORMAT_TAR_USTAR);
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

void expect_list(const char *path, const char *expected)
{
	struct strbuf got = STRBUF_INIT;

	list(path, &got);
	assert_string_equal(got.data, expected);
	strbuf_release(&got);
}

void expect_failure(const char *code, const char *path, enum error_code reason,
		    const char *words)
{
	struct archive_summary summary;
	struct error err = {ERROR_NONE, ""};

	if (archive_write(code, path, NULL, &summary, &err))
		fail_msg("%s was packed", code);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in \"%s\"", words, err.text);
	assert_int_equal(err.code, reason);
}
