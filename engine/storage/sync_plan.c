/* SPDX-License-Identifier: MIT */
/* What a code folder consists of, and manifests. */
#include "engine/storage/sync_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/storage/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK_BYTES (256 << 10)
#define READERS_MAX 3 /* besides the thread that asks */

static void write_hex(EVP_MD_CTX *context, char ret[65])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	EVP_DigestFinal_ex(context, hash, &len);
	for (unsigned int i = 0; i < 32 && i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", hash[i]);
}

void sync_digest(const void *data, size_t len, char ret[65])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	EVP_DigestUpdate(context, data, len);
	write_hex(context, ret);
	EVP_MD_CTX_free(context);
}

/* ---- files -------------------------------------------------------------- */

int sync_open_file(const struct sync_plan *plan, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, plan->tree.fd, path, &how,
			      sizeof(how));

	/* a kernel before 5.6: then links are not followed */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(plan->tree.fd, path,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd;
}

static bool hash_file(int fd, struct sync_file *file,
		      const struct storage_watch *watch, struct error *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	char *chunk = xmalloc(CHUNK_BYTES);
	bool ok = true;
	ssize_t n;

	EVP_DigestInit_ex(context, EVP_sha256(), NULL);
	file->size = 0;
	while (ok && (n = read(fd, chunk, CHUNK_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			ok = error_set_errno(err, "read %s", file->path);
		} else {
			EVP_DigestUpdate(context, chunk, (size_t)n);
			file->size += n;
		}
		if (ok && atomic_load(&watch->is_cancelled))
			ok = error_set(err, ERROR_CANCELED, "canceled");
	}
	write_hex(context, file->digest);
	EVP_MD_CTX_free(context);
	free(chunk);
	return ok;
}

/* What several threads read at once. */
struct reading {
	struct sync_plan *plan;
	const struct storage_watch *watch;
	size_t *entries; /* of the tree; beside plan->files */
	size_t count;
	pthread_mutex_t mutex; /* of all below, and the tree's notes */
	size_t next;
	struct error err;
};

static void leave_out(struct reading *reading, const char *path,
		      const char *why)
{
	pthread_mutex_lock(&reading->mutex);
	tree_note(&reading->plan->tree, path, why);
	pthread_mutex_unlock(&reading->mutex);
}

/* Without a path afterwards: it is no file to send.  False with err. */
static bool read_file(struct reading *reading, const char *path,
		      struct sync_file *file, struct error *err)
{
	int fd = sync_open_file(reading->plan, path);
	struct stat st;
	bool ok;

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == EXDEV)) {
		leave_out(reading, path,
			  "left out: leads nowhere inside, or is gone");
		return true;
	}
	if (fd < 0)
		return error_set_errno(err, "read %s", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		leave_out(reading, path,
			  "left out: a link to a folder, which storages have "
			  "not");
		return true;
	}
	file->path = xstrdup(path);
	file->mode = st.st_mode & 0777;
	file->modified_ns = st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
	ok = hash_file(fd, file, reading->watch, err);
	close(fd);
	return ok;
}

static void *run(void *arg)
{
	struct reading *reading = arg;
	struct sync_plan *plan = reading->plan;
	struct error err = {ERROR_NONE, ""};

	for (;;) {
		size_t mine = reading->count;

		pthread_mutex_lock(&reading->mutex);
		if (err.code && !reading->err.code)
			reading->err = err;
		if (!reading->err.code && reading->next < reading->count)
			mine = reading->next++;
		pthread_mutex_unlock(&reading->mutex);
		if (mine == reading->count)
			return NULL;
		read_file(reading,
			  plan->tree.entries[reading->entries[mine]].path,
			  &plan->files[mine], &err);
	}
}

/* With as many threads as there are processors, up to a bound. */
static void read_files(struct reading *reading)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[READERS_MAX];
	int started = 0;

	pthread_mutex_init(&reading->mutex, NULL);
	while (started < READERS_MAX && started + 1 < processors &&
	       (size_t)started + 1 < reading->count &&
	       pthread_create(&threads[started], NULL, run, reading) == 0)
		started++;
	run(reading);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&reading->mutex);
}

/* Keep what has a path. */
static void settle(struct sync_plan *plan, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (plan->files[i].path) {
			plan->bytes += plan->files[i].size;
			plan->files[plan->count++] = plan->files[i];
		}
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct sync_file *)a)->path,
		      ((const struct sync_file *)b)->path);
}

static void write_text(struct sync_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		strbuf_addf(&plan->text, "%s %" PRId64 " %o %s\n",
			    plan->files[i].digest, plan->files[i].size,
			    plan->files[i].mode, plan->files[i].path);
	sync_digest(plan->text.data, plan->text.len, plan->digest);
}

static bool is_sendable(struct sync_plan *plan, const struct tree_entry *entry)
{
	if (entry->kind == TREE_FOLDER)
		return false;
	if (strchr(entry->path, '\n') || !storage_path_is_sound(entry->path)) {
		tree_note(&plan->tree, entry->path,
			  "left out: its name has a line break, or is too "
			  "long");
		return false;
	}
	return true;
}

bool sync_plan_read(struct sync_plan *plan, const struct sync_options *options,
		    struct storage_watch *watch, struct error *err)
{
	struct reading reading = {.plan = plan, .watch = watch};

	memset(plan, 0, sizeof(*plan));
	strbuf_init(&plan->text);
	if (!tree_read(&plan->tree, options->folder, options->not_these, err))
		return error_prefix(err, "the code folder %s", options->folder);
	plan->files = xcalloc(plan->tree.count, sizeof(*plan->files));
	reading.entries = xcalloc(plan->tree.count, sizeof(*reading.entries));
	for (size_t i = 1; i < plan->tree.count; i++)
		if (is_sendable(plan, &plan->tree.entries[i]))
			reading.entries[reading.count++] = i;
	read_files(&reading);
	free(reading.entries);
	settle(plan, reading.count);
	if (reading.err.code) {
		*err = reading.err;
		return false;
	}
	if (plan->bytes > ARCHIVE_BYTES_MAX)
		return error_set(err, ERROR_LIMIT,
				 "the code folder %s is larger than %d MiB: "
				 "name what is no code in .trialdeckignore",
				 options->folder,
				 (int)(ARCHIVE_BYTES_MAX >> 20));
	qsort(plan->files, plan->count, sizeof(*plan->files), by_path);
	write_text(plan);
	return true;
}

void sync_plan_release(struct sync_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		free(plan->files[i].path);
	free(plan->files);
	strbuf_release(&plan->text);
	tree_release(&plan->tree);
}

struct sync_file *sync_plan_find(const struct sync_plan *plan, const char *path)
{
	struct sync_file wanted = {.path = (char *)(uintptr_t)path};

	return plan->count ? bsearch(&wanted, plan->files, plan->count,
				     sizeof(*plan->files), by_path)
			   : NULL;
}

/* ---- another manifest ---------------------------------------------------- */

static void compare_line(struct sync_plan *plan, const char *line, size_t len)
{
	char digest[65], *text;
	struct sync_file *file;
	unsigned int mode;
	int64_t size;
	int used = 0;

	text = xstrndup(line, len);
	if (sscanf(text, "%64[0-9a-f] %" SCNd64 " %o %n", digest, &size, &mode,
		   &used) == 3 &&
	    used) {
		file = sync_plan_find(plan, text + used);
		if (file && !strcmp(file->digest, digest) &&
		    file->size == size && file->mode == mode)
			file->is_there = true;
	}
	free(text);
}

void sync_plan_compare(struct sync_plan *plan, const char *manifest)
{
	while (*manifest) {
		size_t len = strcspn(manifest, "\n");

		compare_line(plan, manifest, len);
		manifest += len;
		manifest += *manifest == '\n';
	}
}
