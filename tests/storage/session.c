/* SPDX-License-Identifier: MIT */
/*
 * A storage's session as a program, for tests that need a real server.
 *
 * Usage: session STORAGE-JSON < COMMANDS
 * A command is a line of words with tabs between them; each is answered by
 * lines, of which the last is "ok" or "error CODE SENTENCE":
 *
 *   prepare
 *   put PATH FILE          text PATH CONTENT
 *   get PATH FILE [OFFSET]
 *   list PATH | walk PATH  "entry SIZE file|folder PATH" each; walk is deep
 *   first PATH             the same, but stops at the first
 *   digest PATH            "digest KIND HEX"; 0: none, 1: MD5, 2: SHA-256
 *   remove PATH            copy FROM TO
 *   tree PATH FOLDER N     put all files of a folder, N sessions at once
 *   sync FOLDER TO         code as experiments have it:
 *                          "synced FILES SENT BYTES"
 *   url PATH               volume SECRET
 *   bytes                  what the watch has counted
 *   cancel MS              the watch, so much later
 */
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/spec/spec.h"
#include "engine/storage/storage.h"
#include "engine/storage/sync.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What sanitizers ask for by these names.  libnfs 4.0 never frees the name it
 * is given for version 4; and what is freed is kept only briefly, since the
 * test measures memory. */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:nfs4_set_client_name\n";
}

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=8";
}

#define WORDS_MAX 4

static struct storage_watch watch;
static struct storage_config config;
static struct storage *session;

static bool open_session(struct storage **ret, struct error *err)
{
	/* where pods do it */
	const struct storage_target target = {
		.config = &config,
		.kubeconfig = getenv("KUBECONFIG"),
		.namespace = getenv("SESSION_NAMESPACE"),
		.image = "test.local/trial:1",
		.experiment_id = "Session1",
	};

	return storage_open(&target, &watch, ret, err);
}

static bool put_file(struct storage *storage, const char *path,
		     const char *file, struct error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct storage_source source = {.fd = fd, .mode = 0644};
	struct stat st;
	bool ok;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set_errno(err, "open %s", file);
	source.size = st.st_size;
	ok = storage_put(storage, path, &source, err);
	close(fd);
	return ok;
}

static bool get_file(const char *path, const char *file, const char *offset,
		     struct error *err)
{
	long long from = offset ? strtoll(offset, NULL, 10) : 0;
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0 || lseek(fd, from, SEEK_SET) < 0)
		return error_set_errno(err, "open %s", file);
	ok = storage_get(session, path, fd, from, err);
	close(fd);
	return ok;
}

static bool put_text(const char *path, const char *text, struct error *err)
{
	const struct storage_source source = {
		.fd = -1, .data = text, .size = (int64_t)strlen(text)};

	return storage_put(session, path, &source, err);
}

static bool print_entry(const struct storage_entry *entry, void *arg)
{
	printf("entry\t%lld\t%s\t%s\n", (long long)entry->size,
	       entry->is_folder ? "folder" : "file", entry->path);
	return !arg;
}

/* ---- a tree, by several sessions ----------------------------------------- */

struct tree {
	pthread_mutex_t lock;
	const char *to, *from;
	char **names;
	size_t count, next;
	struct error err;
};

static bool next_name(struct tree *tree, const char **ret)
{
	bool ok;

	pthread_mutex_lock(&tree->lock);
	ok = !tree->err.code && tree->next < tree->count;
	if (ok)
		*ret = tree->names[tree->next++];
	pthread_mutex_unlock(&tree->lock);
	return ok;
}

static void *put_some(void *arg)
{
	struct tree *tree = arg;
	struct storage *storage = NULL;
	struct error err = {0};
	const char *name;
	bool ok = open_session(&storage, &err);

	while (ok && next_name(tree, &name)) {
		char *file = fs_join(tree->from, name);
		char *path = xasprintf("%s/%s", tree->to, name);

		ok = put_file(storage, path, file, &err);
		free(path);
		free(file);
	}
	if (!ok) {
		pthread_mutex_lock(&tree->lock);
		tree->err = err;
		pthread_mutex_unlock(&tree->lock);
	}
	storage_close(storage);
	return NULL;
}

static bool put_tree(const char *to, const char *from, int threads,
		     struct error *err)
{
	struct tree tree = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .to = to, .from = from};
	DIR *folder = opendir(from);
	pthread_t ids[16];
	struct dirent *entry;
	size_t capacity = 0;

	if (!folder)
		return error_set_errno(err, "open %s", from);
	while ((entry = readdir(folder))) {
		if (*entry->d_name == '.')
			continue;
		ARRAY_RESERVE(tree.names, tree.count, capacity);
		tree.names[tree.count++] = xstrdup(entry->d_name);
	}
	closedir(folder);
	for (int i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, put_some, &tree);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	for (size_t i = 0; i < tree.count; i++)
		free(tree.names[i]);
	free(tree.names);
	if (tree.err.code)
		*err = tree.err;
	return !tree.err.code;
}

/* ---- a code folder ------------------------------------------------------- */

static bool open_another(void *arg, struct storage **ret, struct error *err)
{
	(void)arg;
	return open_session(ret, err);
}

static bool sync_folder(const char *folder, const char *to, struct error *err)
{
	char *target = xasprintf("%s/nni-code", to);
	char *manifest = xasprintf("%s/.trialdeck/code.manifest", to);
	struct sync_progress progress = {0};
	struct sync_options options = {
		.open = open_another,
		.folder = folder,
		.to = target,
		.manifest = manifest,
		.progress = &progress,
		.retries = config.upload_retries,
	};
	struct sync_result result;
	bool ok = sync_code(&options, &result, err);

	if (ok) {
		printf("synced\t%lld\t%lld\t%lld\n", (long long)result.files,
		       (long long)result.sent_files,
		       (long long)result.sent_bytes);
		sync_result_release(&result);
	}
	free(manifest);
	free(target);
	return ok;
}

/* ---- commands ------------------------------------------------------------ */

static void *cancel_later(void *arg)
{
	long ms = (long)(intptr_t)arg;
	struct timespec nap = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&nap, NULL);
	atomic_store(&watch.is_cancelled, true);
	return NULL;
}

static bool tell_volume(const char *secret)
{
	const struct storage_ops *ops = storage_find_type(config.type);
	cJSON *volume = ops->volume ? ops->volume(&config, secret) : NULL;
	char *text = volume ? cJSON_PrintUnformatted(volume) : NULL;

	printf("%s\n", text ? text : "none");
	cJSON_free(text);
	cJSON_Delete(volume);
	return true;
}

static bool tell_digest(const char *path, struct error *err)
{
	struct storage_digest digest;

	if (!storage_digest(session, path, &digest, err))
		return false;
	printf("digest\t%d\t%s\n", digest.kind, digest.hex);
	return true;
}

static bool tell_url(const char *path)
{
	struct strbuf url = STRBUF_INIT;

	storage_url(&config, path, &url);
	printf("%s\n", url.data);
	strbuf_release(&url);
	return true;
}

static bool tell_bytes(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("%lld\n%ld\n", (long long)atomic_load(&watch.bytes),
	       usage.ru_maxrss);
	return true;
}

static bool cancel(const char *ms)
{
	pthread_t id;

	pthread_create(&id, NULL, cancel_later,
		       (void *)(intptr_t)strtol(ms, NULL, 10));
	pthread_detach(id);
	return true;
}

static bool run(char **word, struct error *err)
{
	const char *name = word[0], *path = word[1] ? word[1] : "";

	if (!strcmp(name, "prepare"))
		return storage_prepare(session, err);
	if (!strcmp(name, "put"))
		return put_file(session, path, word[2], err);
	if (!strcmp(name, "text"))
		return put_text(path, word[2] ? word[2] : "", err);
	if (!strcmp(name, "get"))
		return get_file(path, word[2], word[3], err);
	if (!strcmp(name, "list") || !strcmp(name, "walk"))
		return storage_list(session, path, *name == 'w', print_entry,
				    NULL, err);
	if (!strcmp(name, "first"))
		return storage_list(session, path, true, print_entry, &watch,
				    err);
	if (!strcmp(name, "remove"))
		return storage_remove(session, path, err);
	if (!strcmp(name, "digest"))
		return tell_digest(path, err);
	if (!strcmp(name, "copy"))
		return storage_copy(session, path, word[2], err);
	if (!strcmp(name, "tree"))
		return put_tree(path, word[2], (int)strtol(word[3], NULL, 10),
				err);
	if (!strcmp(name, "sync"))
		return sync_folder(path, word[2], err);
	if (!strcmp(name, "url"))
		return tell_url(path);
	if (!strcmp(name, "volume"))
		return tell_volume(path);
	if (!strcmp(name, "bytes"))
		return tell_bytes();
	if (!strcmp(name, "cancel"))
		return cancel(path);
	return error_set(err, ERROR_INVALID, "no such command");
}

static void tell(bool ok, const struct error *err)
{
	if (ok)
		puts("ok");
	else
		printf("error\t%s\t%s\n", error_code_name(err->code),
		       err->text);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	char *line = NULL;
	size_t size = 0;
	bool ok;

	if (argc != 2 || !spec_storage_parse(argv[1], &config, &err)) {
		fprintf(stderr, "session: %s\n", err.text);
		return 2;
	}
	ok = open_session(&session, &err);
	tell(ok, &err);
	while (ok && getline(&line, &size, stdin) > 0) {
		char *word[WORDS_MAX + 1] = {NULL};
		char *rest = line;
		bool done;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 0; i < WORDS_MAX && rest; i++)
			word[i] = strsep(&rest, "\t");
		done = run(word, &err);
		tell(done, &err);
	}
	free(line);
	storage_close(session);
	storage_config_release(&config);
	return 0;
}
