/* SPDX-License-Identifier: MIT */
/* Files brought into a folder: whole, never outside of it, on where it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/outputs/fetch.h"
#include "engine/outputs/move.h"
#include "engine/storage/digest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
	char folder[64];
	char root[80], to[80];
	struct storage_config config;
	struct storage_watch watch;
	struct fetch_options options;
	struct fetch_result result;
};

/* The folder, but gets break off: each after so many bytes, -1 for never. */
static atomic_int bytes_each, breaks_left;
static atomic_llong offsets;

static bool breaking_get(struct storage *storage, const char *path, int fd,
			 int64_t offset, struct error *err)
{
	char chunk[4096];

	atomic_fetch_add(&offsets, offset);
	if (atomic_fetch_sub(&breaks_left, 1) > 0) {
		memset(chunk, 'a', sizeof(chunk));
		if (write(fd, chunk, (size_t)atomic_load(&bytes_each)) < 0)
			return error_set_errno(err, "write");
		return error_set(err, ERROR_TIMEOUT, "as the test wants it");
	}
	return storage_folder.get(storage, path, fd, offset, err);
}

static struct storage_ops breaking;

static bool open_session(void *arg, struct storage **ret, struct error *err)
{
	struct world *world = arg;
	struct storage_target target = {.config = &world->config};

	if (!storage_open(&target, &world->watch, ret, err))
		return false;
	(*ret)->ops = &breaking;
	return true;
}

static int make(void **state)
{
	struct world *world = xcalloc(1, sizeof(*world));

	strcpy(world->folder, "/tmp/trialdeck-fetch-XXXXXX");
	if (!mkdtemp(world->folder))
		return -1;
	snprintf(world->root, sizeof(world->root), "%s/root", world->folder);
	snprintf(world->to, sizeof(world->to), "%s/to", world->folder);
	mkdir(world->root, 0755);
	world->config.type = STORAGE_HOST_PATH;
	world->config.local_path = world->root;
	world->options = (struct fetch_options){.open = open_session,
						.arg = world,
						.folder = world->to,
						.watch = &world->watch};
	breaking = storage_folder;
	breaking.get = breaking_get;
	atomic_store(&breaks_left, 0);
	atomic_store(&offsets, 0);
	*state = world;
	return 0;
}

static int end(void **state)
{
	struct world *world = *state;
	struct error ignored;

	fs_remove_tree(world->folder, &ignored);
	free(world);
	return 0;
}

static void write_at(const char *root, const char *name, const char *text)
{
	char *path = fs_join(root, name);
	char *folder = fs_folder(path);
	struct error err;

	if (!fs_make_folders(folder, &err) ||
	    !fs_write_file(path, text, strlen(text), &err))
		fail_msg("%s", err.text);
	free(folder);
	free(path);
}

static void assert_text(const char *root, const char *name, const char *text)
{
	char *path = fs_join(root, name);
	struct strbuf found = STRBUF_INIT;
	struct error err;

	if (!fs_read_file(path, 1 << 20, &found, &err))
		fail_msg("%s", err.text);
	assert_string_equal(found.data, text);
	strbuf_release(&found);
	free(path);
}

static void fetch(struct world *world, const struct fetch_item *items,
		  size_t count)
{
	struct error err = {0};

	world->options.items = items;
	world->options.count = count;
	if (!outputs_fetch(&world->options, &world->result, &err))
		fail_msg("%s", err.text);
}

static struct fetch_item item(const char *name, const char *text)
{
	return (struct fetch_item){
		.from = (char *)(uintptr_t)name,
		.to = (char *)(uintptr_t)name,
		.size = (int64_t)strlen(text),
		.modified_ns = 1700000000 * NS_PER_S,
	};
}

static void brings_and_leaves_alone(void **state)
{
	struct world *world = *state;
	struct fetch_item items[] = {item("a", "one"), item("b/c d", "two"),
				     item("empty", "")};

	write_at(world->root, "a", "one");
	write_at(world->root, "b/c d", "two");
	write_at(world->root, "empty", "");
	fetch(world, items, 3);
	assert_int_equal(world->result.files, 3);
	assert_int_equal(world->result.bytes, 6);
	assert_int_equal(world->result.failed, 0);
	assert_text(world->to, "b/c d", "two");
	fetch(world, items, 3);
	assert_int_equal(world->result.files, 0);
	assert_int_equal(world->result.there, 3);
	/* another time: fetched again */
	items[0].modified_ns += NS_PER_S;
	write_at(world->root, "a", "1!!");
	fetch(world, items, 3);
	assert_int_equal(world->result.files, 1);
	assert_text(world->to, "a", "1!!");
}

static void nothing_lies_outside(void **state)
{
	static const char *const bad[] = {"../out",	 "/tmp/out",
					  "a/../../out", "a//b",
					  "link/inside", "."};
	struct world *world = *state;
	char *link = fs_join(world->to, "link");
	char *outside = fs_join(world->folder, "outside");

	write_at(world->root, "a", "x");
	mkdir(world->to, 0755);
	mkdir(outside, 0755);
	assert_int_equal(symlink(outside, link), 0);
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct fetch_item hostile = item("a", "x");

		hostile.to = (char *)(uintptr_t)bad[i];
		fetch(world, &hostile, 1);
		assert_int_equal(world->result.failed, 1);
		assert_int_not_equal(world->result.first_failure[0], '\0');
	}
	assert_int_equal(rmdir(outside), 0); /* still empty */
	free(link);
	free(outside);
}

static void goes_on_where_it_was(void **state)
{
	struct world *world = *state;
	struct fetch_item one = item("f", "aaaabbbb");

	write_at(world->root, "f", "aaaabbbb");
	atomic_store(&bytes_each, 2);
	atomic_store(&breaks_left, 2);
	fetch(world, &one, 1);
	assert_int_equal(world->result.failed, 0);
	assert_text(world->to, "f", "aaaabbbb");
	assert_int_equal(atomic_load(&offsets), 0 + 2 + 4);
	/* nothing else is left there */
	one = item("nosuch", "x");
	fetch(world, &one, 1);
	assert_int_equal(world->result.failed, 1);
}

static void a_file_that_changes_is_no_file(void **state)
{
	struct world *world = *state;
	struct fetch_item one = item("f", "much longer than that");
	char *path = fs_join(world->to, "f");

	write_at(world->root, "f", "short");
	fetch(world, &one, 1);
	assert_int_equal(world->result.failed, 1);
	assert_non_null(strstr(world->result.first_failure, "changed"));
	assert_int_equal(access(path, F_OK), -1);
	free(path);
}

static atomic_int flips_left;

/* A wire that damages what it brings. */
static bool flipping_get(struct storage *storage, const char *path, int fd,
			 int64_t offset, struct error *err)
{
	if (!storage_folder.get(storage, path, fd, offset, err))
		return false;
	if (atomic_fetch_sub(&flips_left, 1) > 0 && pwrite(fd, "?", 1, 1) != 1)
		return error_set_errno(err, "write");
	return true;
}

static bool known_digest(struct storage *storage, const char *path,
			 struct storage_digest *ret, struct error *err)
{
	(void)storage, (void)err;
	if (strcmp(path, "f") != 0)
		return true;
	ret->kind = STORAGE_MD5;
	strcpy(ret->hex, "0cc175b9c0f1b6a831c399e269772661"); /* of "a" */
	return true;
}

static void what_came_is_compared_with_its_digest(void **state)
{
	struct world *world = *state;
	struct fetch_item one = item("f", "aaaabbbb");
	char *path = fs_join(world->root, "f"), hex[65];
	struct error err;
	int fd;

	write_at(world->root, "f", "aaaabbbb");
	fd = open(path, O_RDWR);
	assert_true(storage_digest_file(fd, STORAGE_SHA256, &world->watch, hex,
					&err));
	storage_digest_mark(fd, hex);
	memset(hex, 0, sizeof(hex));
	/* /tmp of a machine without extended attributes has no marks */
	if (!storage_digest_marked(fd, hex)) {
		print_message("no extended attributes here\n");
		close(fd);
		free(path);
		return;
	}
	close(fd);
	breaking.get = flipping_get;
	/* damaged twice on the way: fetched again, and right in the end */
	atomic_store(&flips_left, 2);
	fetch(world, &one, 1);
	assert_int_equal(world->result.failed, 0);
	assert_int_equal(world->result.checked, 1);
	assert_text(world->to, "f", "aaaabbbb");
	/* changed over there, by somebody who meant it: no mark any more */
	one = item("f", "aaaacccc");
	one.modified_ns += NS_PER_S;
	write_at(world->root, "f", "aaaacccc");
	atomic_store(&flips_left, 0);
	fetch(world, &one, 1);
	assert_int_equal(world->result.failed, 0);
	assert_int_equal(world->result.checked, 0);
	assert_text(world->to, "f", "aaaacccc");
	free(path);
}

static void what_is_not_as_stored_gets_no_name(void **state)
{
	struct world *world = *state;
	struct fetch_item items[] = {item("f", "b"), item("g", "b")};
	char *path = fs_join(world->to, "f");

	write_at(world->root, "f", "b");
	write_at(world->root, "g", "b");
	breaking.digest = known_digest;
	fetch(world, items, 2);
	assert_int_equal(world->result.failed, 1);
	assert_int_equal(world->result.files, 1);
	assert_non_null(strstr(world->result.first_failure, "MD5"));
	assert_int_equal(access(path, F_OK), -1);
	write_at(world->root, "f", "a");
	fetch(world, items, 1);
	assert_int_equal(world->result.failed, 0);
	assert_int_equal(world->result.checked, 1);
	assert_text(world->to, "f", "a");
	free(path);
}

static void many_at_once(void **state)
{
	struct world *world = *state;
	struct fetch_item *items = xcalloc(300, sizeof(*items));
	char name[32];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "d%d/f%d", i % 7, i);
		write_at(world->root, name, name);
		items[i] = item("", name);
		items[i].from = xstrdup(name);
		items[i].to = items[i].from;
	}
	fetch(world, items, 300);
	assert_int_equal(world->result.files, 300);
	for (int i = 0; i < 300; i++) {
		assert_text(world->to, items[i].to, items[i].to);
		free(items[i].from);
	}
	free(items);
}

/* ---- the other way: what arrived goes into a bucket ------------------------
 */

static void what_arrived_is_moved(void **state)
{
	struct world *world = *state;
	struct storage *storage;
	struct error err = {0};

	write_at(world->folder, "in/output/a", "one");
	write_at(world->folder, "in/output/b/c", "two");
	write_at(world->folder, "in/.trialdeck-part/xyz", "half");
	snprintf(world->to, sizeof(world->to), "%s/in", world->folder);
	assert_true(open_session(world, &storage, &err));
	assert_true(outputs_move(storage, world->to, "nni/e/t", &world->watch,
				 &err));
	assert_text(world->root, "nni/e/t/output/a", "one");
	assert_text(world->root, "nni/e/t/output/b/c", "two");
	assert_int_equal(access(world->to, F_OK), -1);
	/* again: nothing came, which is no error */
	assert_true(outputs_move(storage, world->to, "nni/e/t", &world->watch,
				 &err));
	storage_close(storage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, end)
		TEST(brings_and_leaves_alone),
		TEST(nothing_lies_outside),
		TEST(goes_on_where_it_was),
		TEST(many_at_once),
		TEST(what_came_is_compared_with_its_digest),
		TEST(what_is_not_as_stored_gets_no_name),
		TEST(a_file_that_changes_is_no_file),
		TEST(what_arrived_is_moved),
	};

	return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
