/* SPDX-License-Identifier: MIT */
/* A storage that is a folder of this machine, and the rules for all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/mem.h"
#include "engine/storage/storage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char folder[64];
	char root[80];
	struct storage_config config;
	struct storage_watch watch;
	struct storage *storage;
};

static int make(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));
	struct storage_target target = {.config = &world->config};
	struct error err;

	strcpy(world->folder, "/tmp/trialdeck-folder-XXXXXX");
	if (!mkdtemp(world->folder))
		return -1;
	snprintf(world->root, sizeof(world->root), "%s/root", world->folder);
	world->config.type = STORAGE_HOST_PATH;
	world->config.local_path = world->root;
	*state = world;
	return storage_open(&target, &world->watch, &world->storage, &err) &&
			       storage_prepare(world->storage, &err)
		       ? 0
		       : -1;
}

static int end(void **state)
{
	struct world *world = *state;
	struct error ignored;

	storage_close(world->storage);
	fs_remove_tree(world->folder, &ignored);
	free(world);
	return 0;
}

#define assert_ok(call)                                                        \
	do {                                                                   \
		struct error err_ = {0}, *err = &err_;                         \
		if (!(call))                                                   \
			fail_msg("%s: %s", #call, err_.text);                  \
	} while (0)
#define assert_refused(call, expected)                                         \
	do {                                                                   \
		struct error err_ = {0}, *err = &err_;                         \
		assert_false(call);                                            \
		if (err_.code != (expected))                                   \
			fail_msg("%s: %s: %s", #call,                          \
				 error_code_name(err_.code), err_.text);       \
	} while (0)

static bool put(struct world *world, const char *path, const char *text,
		struct error *err)
{
	struct storage_source source = {.fd = -1,
					.data = text,
					.size = (int64_t)strlen(text),
					.mode = 0755};

	return storage_put(world->storage, path, &source, err);
}

static char *in_root(const struct world *world, const char *path)
{
	return fs_join(world->root, path);
}

static void assert_file(const char *path, const char *text)
{
	struct strbuf found = STRBUF_INIT;

	assert_ok(fs_read_file(path, 1 << 20, &found, err));
	assert_string_equal(found.data, text);
	strbuf_release(&found);
}

static bool note(const struct storage_entry *entry, void *arg)
{
	strbuf_addf(arg, "%s%s %lld\n", entry->path,
		    entry->is_folder ? "/" : "", (long long)entry->size);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void assert_list(struct world *world, const char *path, bool is_deep,
			const char *wanted)
{
	struct strbuf text = STRBUF_INIT, sorted = STRBUF_INIT;
	char *lines[100];
	size_t count = 0;

	assert_ok(
		storage_list(world->storage, path, is_deep, note, &text, err));
	for (char *line = strtok(text.data, "\n"); line;
	     line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_text);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&sorted, "%s\n", lines[i]);
	assert_string_equal(sorted.data, wanted);
	strbuf_release(&sorted);
	if (text.capacity)
		strbuf_release(&text);
}

static void puts_gets_lists_removes(void **state)
{
	struct world *world = *state;
	char *path = in_root(world, "a/b/c d");
	struct storage_source source = {.size = 3};
	struct stat st;
	FILE *file;

	assert_ok(put(world, "a/b/c d", "hello", err));
	assert_file(path, "hello");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_ok(put(world, "a/b/c d", "new", err));
	assert_file(path, "new");
	assert_list(world, "", false, "a/ 0\n");
	assert_list(world, "", true, "a/ 0\na/b/ 0\na/b/c d 3\n");
	assert_list(world, "a", true, "b/ 0\nb/c d 3\n");
	assert_int_equal(atomic_load(&world->watch.bytes), 8);

	file = tmpfile();
	assert_ok(storage_get(world->storage, "a/b/c d", fileno(file), 1, err));
	assert_int_equal(fstat(fileno(file), &st), 0);
	assert_int_equal(st.st_size, 2);
	/* from a descriptor, whole or not at all */
	source.fd = fileno(file);
	assert_refused(storage_put(world->storage, "x/short", &source, err),
		       ERROR_UNAVAILABLE);
	source.size = 2;
	assert_ok(storage_put(world->storage, "x/whole", &source, err));
	assert_ok(storage_copy(world->storage, "x/whole", "y/twin", err));
	fclose(file);
	assert_list(world, "", true,
		    "a/ 0\na/b/ 0\na/b/c d 3\nx/ 0\nx/whole 2\ny/ 0\n"
		    "y/twin 2\n");

	assert_ok(storage_remove(world->storage, "a", err));
	assert_ok(storage_remove(world->storage, "a/b", err));
	assert_ok(storage_remove(world->storage, "x/whole", err));
	assert_list(world, "", true, "x/ 0\ny/ 0\ny/twin 2\n");
	assert_refused(storage_list(world->storage, "a", true, note, NULL, err),
		       ERROR_NOT_FOUND);
	free(path);
}

static void links_lead_nowhere(void **state)
{
	struct world *world = *state;
	char *link = in_root(world, "way-out"), *file = in_root(world, "file");
	char *secret = fs_join(world->folder, "secret");
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	assert_ok(fs_write_file(secret, "x", 1, err));
	assert_int_equal(symlink(world->folder, link), 0);
	assert_int_equal(symlink(secret, file), 0);
	assert_list(world, "", true, "");
	assert_false(storage_get(world->storage, "way-out/secret", null_fd, 0,
				 &(struct error){0}));
	assert_false(storage_get(world->storage, "file", null_fd, 0,
				 &(struct error){0}));
	assert_false(put(world, "way-out/new", "x", &(struct error){0}));
	/* replaced, not followed */
	assert_ok(put(world, "file", "mine", err));
	assert_file(secret, "x");
	assert_false(storage_remove(world->storage, "way-out/secret",
				    &(struct error){0}));
	assert_ok(storage_remove(world->storage, "way-out", err));
	assert_file(secret, "x");
	close(null_fd);
	free(link);
	free(file);
	free(secret);
}

static void paths_are_checked(void **state)
{
	static const char *const bad[] = {"",	  "/",	   "/a",    "a/",
					  "a//b", "a/./b", "..",    "../a",
					  "a/..", ".",	   "a/../b"};
	struct world *world = *state;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		assert_refused(put(world, bad[i], "x", err), ERROR_INVALID);
		assert_refused(storage_remove(world->storage, bad[i], err),
			       ERROR_INVALID);
	}
	assert_true(storage_path_is_sound("a/...b/..c/d.."));
}

static void a_cancel_ends_it(void **state)
{
	struct world *world = *state;

	assert_ok(put(world, "a", "x", err));
	atomic_store(&world->watch.is_cancelled, true);
	assert_refused(put(world, "b", "x", err), ERROR_CANCELED);
	assert_refused(storage_list(world->storage, "", true, note, NULL, err),
		       ERROR_CANCELED);
	assert_refused(storage_remove(world->storage, "a", err),
		       ERROR_CANCELED);
	atomic_store(&world->watch.is_cancelled, false);
	assert_list(world, "", true, "a 1\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)
		TEST(puts_gets_lists_removes),
		TEST(links_lead_nowhere),
		TEST(paths_are_checked),
		TEST(a_cancel_ends_it),
	};

	return cmocka_run_group_tests_name("folder", tests, NULL, NULL);
}
