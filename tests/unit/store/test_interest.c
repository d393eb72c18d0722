/* SPDX-License-Identifier: MIT */
/* Wishes: declared, seen, grown old; and names that are none. */
#include "tests/unit/store/support.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "store/interest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void note(const char *name, void *arg)
{
	strbuf_addf(arg, "%s ", name);
}

/* Give a wish this age. */
static void make_old(const char *folder, const char *name, int64_t age_ms)
{
	char path[192];
	struct timespec times[2];

	snprintf(path, sizeof(path), "%s/watched/%s", folder, name);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= age_ms / 1000;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *folder, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/watched/%s", folder, name);
	return access(path, F_OK) == 0;
}

static void wishes_count_while_they_are_young(void **state)
{
	const struct place *place = *state;
	struct strbuf notes = STRBUF_INIT;

	interest_each(place->folder, note, &notes); /* no folder yet */
	expect(&notes, "");
	interest_declare(place->folder, "cluster");
	interest_each(place->folder, note, &notes);
	expect(&notes, "cluster ");
	make_old(place->folder, "cluster", INTEREST_AGE_MS - 3000);
	interest_each(place->folder, note, &notes);
	expect(&notes, "cluster ");
	make_old(place->folder, "cluster", INTEREST_AGE_MS + 3000);
	interest_declare(place->folder, "log-abcde");
	interest_each(place->folder, note, &notes);
	expect(&notes, "log-abcde ");
	assert_false(is_there(place->folder, "cluster"));
	/* renewed */
	make_old(place->folder, "log-abcde", INTEREST_AGE_MS + 3000);
	interest_declare(place->folder, "log-abcde");
	interest_each(place->folder, note, &notes);
	expect(&notes, "log-abcde ");
	strbuf_release(&notes);
}

/* Made by who grants wishes, so that it can be read by whom it is for. */
static void the_folder_is_there_first(void **state)
{
	const struct place *place = *state;
	struct strbuf notes = STRBUF_INIT;
	char path[192];

	interest_each(place->folder, note, &notes);
	snprintf(path, sizeof(path), "%s/watched", place->folder);
	assert_int_equal(access(path, F_OK), 0);
	strbuf_release(&notes);
}

static void names_are_checked(void **state)
{
	static const char *const names[] = {
		"", ".", "..", "a/b", "../evil", "/etc/x", "a b", "a.b",
	};
	const struct place *place = *state;
	struct strbuf notes = STRBUF_INIT;
	char path[192];
	char long_name[80] = "";

	memset(long_name, 'a', sizeof(long_name) - 1);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		interest_declare(place->folder, names[i]);
	interest_declare(place->folder, long_name);
	interest_declare(NULL, "cluster");
	snprintf(path, sizeof(path), "%s/watched", place->folder);
	assert_int_equal(access(path, F_OK), -1);
	snprintf(path, sizeof(path), "%s/missing", place->folder);
	interest_declare(path, "cluster"); /* an experiment that is gone */
	assert_int_equal(access(path, F_OK), -1);
	interest_each(NULL, note, &notes);
	expect(&notes, "");
	strbuf_release(&notes);
}

/* What others put there is neither told nor touched. */
static void strange_files_are_left_alone(void **state)
{
	const struct place *place = *state;
	struct strbuf notes = STRBUF_INIT;
	char path[192];

	interest_declare(place->folder, "cluster");
	snprintf(path, sizeof(path), "%s/watched/log-link", place->folder);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	interest_declare(place->folder, "log-link"); /* not followed */
	snprintf(path, sizeof(path), "%s/watched/log-folder", place->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/watched/log-pipe", place->folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	interest_declare(place->folder, "log-pipe"); /* does not wait */
	snprintf(path, sizeof(path), "%s/watched/note.txt", place->folder);
	fclose(fopen(path, "w"));
	make_old(place->folder, "note.txt", INTEREST_AGE_MS + 3000);
	interest_each(place->folder, note, &notes);
	expect(&notes, "cluster ");
	assert_true(is_there(place->folder, "note.txt"));
	assert_true(is_there(place->folder, "log-pipe"));
	/* a link in place of the folder is not followed either */
	snprintf(path, sizeof(path), "%s/other", place->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/other/watched", place->folder);
	assert_int_equal(symlink("../watched", path), 0);
	snprintf(path, sizeof(path), "%s/other", place->folder);
	interest_each(path, note, &notes);
	expect(&notes, "");
	strbuf_release(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(wishes_count_while_they_are_young),
		TEST(the_folder_is_there_first),
		TEST(names_are_checked),
		TEST(strange_files_are_left_alone),
	};

	return cmocka_run_group_tests_name("interest", tests, NULL, NULL);
}
