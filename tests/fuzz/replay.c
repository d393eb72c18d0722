/* SPDX-License-Identifier: MIT */
/*
 * Replays a fuzz corpus without libFuzzer, so that `make check` guards every
 * finding for ever and with every compiler.
 *
 * Linked with one fuzz_X.c into replay_X.  Without arguments it runs the
 * corpus of that name, $TOP_SRCDIR/tests/fuzz/corpus/X; arguments are files or
 * folders to run instead.  Prints TAP: a file that crashes is the one after
 * the last "ok" line.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct files {
	char **paths;
	size_t count;
};

static void die(const char *path)
{
	printf("Bail out! %s: %s\n", path, strerror(errno));
	exit(1);
}

static void push(struct files *files, char *path)
{
	files->paths = realloc(files->paths,
			       (files->count + 1) * sizeof(*files->paths));
	if (!files->paths || !path)
		abort();
	files->paths[files->count++] = path;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void collect(struct files *files, const char *path)
{
	struct dirent **entries;
	struct stat st;
	int n;

	if (stat(path, &st) < 0)
		die(path);
	if (!S_ISDIR(st.st_mode)) {
		push(files, strdup(path));
		return;
	}
	n = scandir(path, &entries, is_visible, alphasort);
	if (n < 0)
		die(path);
	for (int i = 0; i < n; i++) {
		char *full;

		if (asprintf(&full, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		collect(files, full);
		free(full);
		free(entries[i]);
	}
	free(entries);
}

/* A block of exactly the file's size, so that AddressSanitizer sees a read
 * one byte past the end. */
static void run(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data;
	long size = -1;

	if (!file || fseek(file, 0, SEEK_END) < 0 || (size = ftell(file)) < 0)
		die(path);
	rewind(file);
	data = malloc(size ? (size_t)size : 1);
	if (!data || fread(data, 1, (size_t)size, file) != (size_t)size)
		die(path);
	fclose(file);
	LLVMFuzzerTestOneInput(data, (size_t)size);
	free(data);
}

static void collect_own(struct files *files)
{
	const char *top = getenv("TOP_SRCDIR");
	const char *name = strstr(program_invocation_short_name, "replay_");
	char *path;

	if (!name || asprintf(&path, "%s/tests/fuzz/corpus/%s",
			      top ? top : TRIALDECK_SOURCE_DIR,
			      name + strlen("replay_")) < 0)
		abort();
	collect(files, path);
	free(path);
}

int main(int argc, char **argv)
{
	struct files files = {0};

	for (int i = 1; i < argc; i++)
		collect(&files, argv[i]);
	if (argc < 2)
		collect_own(&files);
	if (!files.count) {
		puts("Bail out! the corpus is empty");
		return 1;
	}
	printf("1..%zu\n", files.count);
	for (size_t i = 0; i < files.count; i++) {
		const char *slash = strrchr(files.paths[i], '/');

		fflush(stdout);
		run(files.paths[i]);
		printf("ok %zu - %s\n", i + 1,
		       slash ? slash + 1 : files.paths[i]);
		free(files.paths[i]);
	}
	free(files.paths);
	return 0;
}
