/* SPDX-License-Identifier: MIT */
/* Code brought to a storage: only what changed, whole or not at all, over
 * interruptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/storage/sync.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TO "nni/e/nni-code"
#define MANIFEST "nni/e/.trialdeck/code.manifest"

struct world {
	char folder[64];
	char code[80], root[80];
	struct storage_config config;
	struct storage_watch watch;
	struct sync_progress progress;
	struct sync_options options;
};

/* The folder, but puts fail from the n-th on. */
static atomic_int puts_left;
static enum error_code failure_code;

static int rest_s; /* with a failure the server asks for so much peace */
/* Behind the back of whom puts it, so often. */
static atomic_int changes_left;
static const char *changing;

/* Same size: only the time tells. */
static void change(void)
{
	struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
	char text[16];
	FILE *file = fopen(changing, "r+");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	text[0]++;
	rewind(file);
	fputs(text, file);
	fclose(file);
	times[1].tv_nsec = 1000 + atomic_load(&changes_left);
	times[1].tv_sec = 1000000000;
	assert_int_equal(utimensat(AT_FDCWD, changing, times, 0), 0);
}

static bool failing_put(struct storage *storage, const char *path,
			const struct storage_source *source, struct error *err)
{
	if (atomic_fetch_sub(&puts_left, 1) <= 0) {
		if (rest_s)
			storage_ask_rest(storage->watch, rest_s);
		return error_set(err, failure_code, "as the test wants it");
	}
	if (source->fd >= 0 && atomic_load(&changes_left) > 0 &&
	    atomic_fetch_sub(&changes_left, 1) > 0)
		change();
	return storage_folder.put(storage, path, source, err);
}

static struct storage_ops failing;

static bool open_session(void *arg, struct storage **ret, struct error *err)
{
	struct world *world = arg;
	struct storage_target target = {.config = &world->config};

	if (!storage_open(&target, &world->watch, ret, err))
		return false;
	(*ret)->ops = &failing;
	return true;
}

static int make_in(void **state, const char *where)
{
	struct world *world = xcalloc(1, sizeof(*world));

	snprintf(world->folder, sizeof(world->folder),
		 "%s/trialdeck-sync-XXXXXX", where);
	if (!mkdtemp(world->folder))
		return -1;
	snprintf(world->code, sizeof(world->code), "%s/code", world->folder);
	snprintf(world->root, sizeof(world->root), "%s/root", world->folder);
	mkdir(world->code, 0755);
	world->config.type = STORAGE_HOST_PATH;
	world->config.local_path = world->root;
	world->options = (struct sync_options){
		.open = open_session,
		.arg = world,
		.folder = world->code,
		.to = TO,
		.manifest = MANIFEST,
		.progress = &world->progress,
		.retries = -1,
	};
	failing = storage_folder;
	failing.put = failing_put;
	atomic_store(&puts_left, 1000000);
	failure_code = ERROR_DENIED;
	rest_s = 0;
	atomic_store(&changes_left, 0);
	*state = world;
	return 0;
}

static int make(void **state)
{
	return make_in(state, "/tmp");
}

/* Where bringing thousands of files to disk takes no minutes. */
static int make_in_memory(void **state)
{
	return make_in(state, "/dev/shm");
}

static int end(void **state)
{
	struct world *world = *state;
	struct error ignored;

	fs_remove_tree(world->folder, &ignored);
	free(world);
	return 0;
}

static void write_code(const struct world *world, const char *name,
		       const char *text)
{
	char *path = fs_join(world->code, name);
	char *folder = fs_folder(path);
	struct error err;

	if (!fs_make_folders(folder, &err) ||
	    !fs_write_file(path, text, strlen(text), &err))
		fail_msg("%s", err.text);
	free(folder);
	free(path);
}

static struct sync_result sync_now(struct world *world)
{
	struct sync_result result;
	struct error err = {0};

	if (!sync_code(&world->options, &result, &err))
		fail_msg("%s", err.text);
	assert_true(atomic_load(&world->progress.was_reached));
	assert_int_equal(atomic_load(&world->progress.files), result.files);
	assert_int_equal(atomic_load(&world->progress.files_total),
			 result.files);
	assert_int_equal(atomic_load(&world->progress.bytes), result.bytes);
	return result;
}

static bool is_there(const struct world *world, const char *path)
{
	char *whole = fs_join(world->root, path);
	bool found = access(whole, F_OK) == 0;

	free(whole);
	return found;
}

static void assert_text(const struct world *world, const char *path,
			const char *text)
{
	char *whole = fs_join(world->root, path);
	struct strbuf found = STRBUF_INIT;
	struct error err;

	if (!fs_read_file(whole, 1 << 20, &found, &err))
		fail_msg("%s", err.text);
	assert_string_equal(found.data, text);
	strbuf_release(&found);
	free(whole);
}

static void only_what_changed_is_sent(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	char first[65];

	write_code(world, "train.py", "print(1)");
	write_code(world, "sub/a b", "x");
	write_code(world, "sub/.hidden", "y");
	write_code(world, "big/data", "no code");
	write_code(world, ".trialdeckignore", "big\n");
	result = sync_now(world);
	assert_int_equal(result.files, 4);
	assert_int_equal(result.sent_files, 4);
	assert_text(world, TO "/sub/a b", "x");
	assert_text(world, TO "/sub/.hidden", "y");
	assert_false(is_there(world, TO "/big"));
	memcpy(first, result.digest, sizeof(first));

	result = sync_now(world);
	assert_int_equal(result.sent_files, 0);
	assert_string_equal(result.digest, first);

	write_code(world, "train.py", "print(2)"); /* as long as before */
	unlink("nothing");
	result = sync_now(world);
	assert_int_equal(result.sent_files, 1);
	assert_int_equal(result.sent_bytes, 8);
	assert_string_not_equal(result.digest, first);
	assert_text(world, TO "/train.py", "print(2)");
	assert_true(is_there(world, MANIFEST));
	assert_false(is_there(world, MANIFEST ".plan"));
}

static void what_is_gone_here_goes_there(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	char *path = fs_join(world->code, "old");

	write_code(world, "old", "x");
	write_code(world, "new", "y");
	sync_now(world);
	unlink(path);
	result = sync_now(world);
	assert_int_equal(result.files, 1);
	assert_int_equal(result.sent_files, 0);
	assert_false(is_there(world, TO "/old"));
	/* lost there: sent again */
	free(path);
	path = fs_join(world->root, TO "/new");
	unlink(path);
	result = sync_now(world);
	assert_int_equal(result.sent_files, 1);
	free(path);
}

static void an_upload_goes_on_where_it_was(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};
	char name[16];

	write_code(world, "f01", "old!");
	sync_now(world);
	write_code(world, "f01", "new!");
	for (int i = 2; i <= 20; i++) {
		snprintf(name, sizeof(name), "f%02d", i);
		write_code(world, name, "content");
	}
	atomic_store(&puts_left, 11); /* the plan and ten files */
	assert_false(sync_code(&world->options, &result, &err));
	assert_int_equal(err.code, ERROR_DENIED);
	assert_false(is_there(world, MANIFEST));
	atomic_store(&puts_left, 1000000);
	result = sync_now(world);
	assert_int_equal(result.files, 20);
	assert_int_equal(result.sent_files, 10);
	assert_text(world, TO "/f01", "new!");
	assert_true(is_there(world, MANIFEST));
}

static void passing_faults_are_tried_again(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};

	failure_code = ERROR_UNAVAILABLE;
	write_code(world, "a", "x");
	atomic_store(&puts_left, 0);
	assert_false(sync_code(&world->options, &result, &err));
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	assert_int_equal(atomic_load(&puts_left), -1); /* the plan, once */
	atomic_store(&puts_left, 1);
	assert_false(sync_code(&world->options, &result, &err));
	assert_int_equal(atomic_load(&puts_left), -4); /* a file, four times */
}

static void retries_are_as_the_file_says(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};

	failure_code = ERROR_TIMEOUT;
	write_code(world, "a", "x");
	atomic_store(&puts_left, 1); /* the plan, which then is there */
	for (int retries = 0; retries < 2; retries++) {
		world->options.retries = retries;
		assert_false(sync_code(&world->options, &result, &err));
		assert_int_equal(atomic_load(&puts_left), -1 - retries);
		atomic_store(&puts_left, 0);
	}
}

static void a_server_that_wants_peace_gets_it(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};
	int64_t began_ns = clock_mono_ns();

	failure_code = ERROR_UNAVAILABLE;
	rest_s = 1;
	world->options.retries = 1;
	write_code(world, "a", "x");
	atomic_store(&puts_left, 1);
	assert_false(sync_code(&world->options, &result, &err));
	assert_true(clock_mono_ns() - began_ns >= 1000 * NS_PER_MS);
	/* the second refusal asked, too: who comes next is told */
	assert_true(storage_rest_ms(&world->watch, 0) > 500);
	assert_int_equal(storage_rest_ms(&world->watch, 5000), 5000);
	storage_ask_rest(&world->watch, 100000000);
	assert_true(storage_rest_ms(&world->watch, 0) <= STORAGE_REST_MAX_MS);
	atomic_store(&world->watch.is_cancelled, true);
	assert_false(storage_pause(&world->watch, 0, &err));
	assert_int_equal(err.code, ERROR_CANCELED);
}

static void a_file_that_changes_goes_as_it_became(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	char *path = fs_join(world->code, "a");

	write_code(world, "a", "1-text");
	write_code(world, "b", "other");
	changing = path;
	atomic_store(&changes_left, 1);
	result = sync_now(world);
	assert_int_equal(result.files, 2);
	assert_text(world, TO "/a", "2-text");
	free(path);
}

static void a_file_that_keeps_changing_is_said(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};
	char *path = fs_join(world->code, "a");

	write_code(world, "a", "1-text");
	changing = path;
	atomic_store(&changes_left, 1000);
	assert_false(sync_code(&world->options, &result, &err));
	assert_int_equal(err.code, ERROR_UNAVAILABLE);
	assert_string_equal(err.text, "a changed while it was read");
	assert_false(is_there(world, MANIFEST)); /* nobody takes it for whole */
	free(path);
}

static void a_cancel_ends_it(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};

	write_code(world, "a", "x");
	atomic_store(&world->watch.is_cancelled, true);
	assert_false(sync_code(&world->options, &result, &err));
	assert_int_equal(err.code, ERROR_CANCELED);
	assert_false(is_there(world, MANIFEST));
}

static void links_are_what_they_lead_to(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	char *inside = fs_join(world->code, "link");
	char *out = fs_join(world->code, "out");
	char *to_folder = fs_join(world->code, "folder-link");

	write_code(world, "sub/real", "text");
	assert_int_equal(symlink("sub/real", inside), 0);
	assert_int_equal(symlink("/etc/passwd", out), 0);
	assert_int_equal(symlink("sub", to_folder), 0);
	result = sync_now(world);
	assert_int_equal(result.files, 2);
	assert_text(world, TO "/link", "text");
	assert_false(is_there(world, TO "/out"));
	assert_non_null(strstr(result.notes, "out: "));
	assert_non_null(strstr(result.notes, "folder-link: left out"));
	sync_result_release(&result);
	free(inside);
	free(out);
	free(to_folder);
}

static void names_with_line_breaks_stay(void **state)
{
	struct world *world = *state;
	struct sync_result result;

	write_code(world, "a\nb", "x");
	write_code(world, "it's \"fine\"", "y");
	result = sync_now(world);
	assert_int_equal(result.files, 1);
	assert_text(world, TO "/it's \"fine\"", "y");
	assert_non_null(strstr(result.notes, "line break"));
	sync_result_release(&result);
}

static void what_is_there_is_verified(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	struct error err = {0};
	char *path;

	write_code(world, "a", "x");
	result = sync_now(world);
	assert_true(sync_verify(&world->options, result.digest, &err));
	result.digest[0] = result.digest[0] == 'a' ? 'b' : 'a';
	assert_false(sync_verify(&world->options, result.digest, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	path = fs_join(world->root, MANIFEST);
	unlink(path);
	free(path);
	assert_false(sync_verify(&world->options, result.digest, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
}

static void ten_thousand_small_files(void **state)
{
	struct world *world = *state;
	struct sync_result result;
	char name[32];

	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "d%02d/f%04d", i % 37, i);
		write_code(world, name, name);
	}
	result = sync_now(world);
	assert_int_equal(result.files, 10000);
	assert_int_equal(result.sent_files, 10000);
	assert_text(world, TO "/d09/f9999", "d09/f9999");
	result = sync_now(world);
	assert_int_equal(result.sent_files, 0);
	write_code(world, "d09/f9999", "other");
	result = sync_now(world);
	assert_int_equal(result.sent_files, 1);
	assert_text(world, TO "/d09/f9999", "other");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)
		TEST(only_what_changed_is_sent),
		TEST(what_is_gone_here_goes_there),
		TEST(an_upload_goes_on_where_it_was),
		TEST(passing_faults_are_tried_again),
		TEST(retries_are_as_the_file_says),
		TEST(a_server_that_wants_peace_gets_it),
		TEST(a_file_that_changes_goes_as_it_became),
		TEST(a_file_that_keeps_changing_is_said),
		TEST(a_cancel_ends_it),
		TEST(links_are_what_they_lead_to),
		TEST(names_with_line_breaks_stay),
		TEST(what_is_there_is_verified),
		cmocka_unit_test_setup_teardown(ten_thousand_small_files,
						make_in_memory, end),
	};

	return cmocka_run_group_tests_name("sync", tests, NULL, NULL);
}
