/* SPDX-License-Identifier: MIT */
/* NNI's layout on a storage. */
#include "keeper/layout.h"

#include "keeper/claim.h"
#include "keeper/code.h"
#include "keeper/file.h"
#include "keeper/note.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A Secret is not larger. */
#define FILE_MAX_BYTES (2U << 20)

bool layout_own_name(const char *path, char *ret, size_t size)
{
	char host[65] = "";
	int n;

	gethostname(host, sizeof(host) - 1);
	n = snprintf(ret, size, "%s.%s-%d", path, host, (int)getpid());
	return n > 0 && (size_t)n < size;
}

bool layout_folder(const char *path, struct error *err)
{
	char part[PATH_MAX];
	size_t len = strlen(path);

	if (!len || len >= sizeof(part))
		return error_set(err, ERROR_LIMIT,
				 "%.100s: the path is too "
				 "long, or empty",
				 path);
	memcpy(part, path, len + 1);
	for (char *at = part + 1;; at++) {
		char was = *at;

		if (was && was != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0777) < 0 && errno != EEXIST &&
		    access(part, F_OK) < 0)
			return error_set_errno(err, "create folder %s", part);
		if (!was)
			return true;
		*at = was;
	}
}

static int remove_one(const char *path, const struct stat *info, int type,
		      struct FTW *where)
{
	(void)info;
	(void)type;
	(void)where;
	remove(path);
	return 0;
}

void layout_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Whole, or not at all. */
static bool put(const char *folder, const char *name, const char *data,
		size_t len, struct error *err)
{
	char path[PATH_MAX], own[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= sizeof(path) ||
	    !layout_own_name(path, own, sizeof(own)))
		return error_set(err, ERROR_LIMIT,
				 "%.100s: the path is too "
				 "long",
				 folder);
	/* others of the trial may run as another user */
	if (file_write(own, data, len) && chmod(own, 0644) == 0 &&
	    rename(own, path) == 0)
		return true;
	error_set_errno(err, "write %s", path);
	unlink(own);
	return false;
}

static bool copy(const char *input, const char *folder, const char *name,
		 struct error *err)
{
	char path[PATH_MAX];
	size_t len = 0;
	char *data;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", input, name);
	data = file_load(path, FILE_MAX_BYTES, &len);
	if (!data)
		return errno == ENOENT || error_set_errno(err, "read %s", path);
	ok = put(folder, name, data, len, err);
	free(data);
	return ok;
}

static bool make_folders(const struct options *options, struct error *err)
{
	const char *output = getenv("NNI_OUTPUT_DIR");

	return (!options->sys_dir || layout_folder(options->sys_dir, err)) &&
	       (!output || layout_folder(output, err)) &&
	       (!options->output_dir ||
		layout_folder(options->output_dir, err));
}

bool layout_prepare(const struct options *options, struct error *err)
{
	bool ok =
		make_folders(options, err) &&
		(!options->input || !options->sys_dir ||
		 copy(options->input, options->sys_dir, "parameter.cfg", err));

	return ok || error_prefix(err, "prepare the storage");
}

/* --- at the end --------------------------------------------------------- */

static bool copy_log(int dir_fd, const char *name, int to_fd)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char data[16384];
	ssize_t n = 0;

	while (fd >= 0 && (n = read(fd, data, sizeof(data))) > 0)
		if (!file_write_all(to_fd, data, (size_t)n))
			n = -1;
	if (fd >= 0)
		close(fd);
	return fd >= 0 && n == 0;
}

void layout_keep_logs(const struct options *options, int dir_fd)
{
	static const char *const names[][2] = {{"stdout", "trialkeeper_stdout"},
					       {"stderr", "trialkeeper_stderr"},
					       {"keeper.log", "keeper.log"}};
	char path[PATH_MAX], own[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int n = snprintf(path, sizeof(path), "%s/%s",
				 options->output_dir, names[i][1]);
		int fd;

		if (n < 0 || (size_t)n >= sizeof(path) ||
		    !layout_own_name(path, own, sizeof(own)))
			return;
		fd = open(own,
			  O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			  0644);
		if (fd < 0) {
			note("outputs: write %s: %s", path, strerror(errno));
			return;
		}
		if (!copy_log(dir_fd, names[i][0], fd) || close(fd) < 0 ||
		    rename(own, path) < 0)
			unlink(own);
	}
}

/* --- for NNI's own keeper ----------------------------------------------- */

static bool is_ours(const char *name)
{
	return name[0] == '.' || !strcmp(name, "token") ||
	       !strncmp(name, "command", 7) || !strcmp(name, "parameters.json");
}

static bool copy_all(const struct options *options, struct error *err)
{
	DIR *dir = opendir(options->input);
	struct dirent *entry;
	bool ok = true;

	if (!dir)
		return error_set_errno(err, "open %s", options->input);
	while (ok && (entry = readdir(dir)))
		ok = is_ours(entry->d_name) ||
		     copy(options->input, options->sys_dir, entry->d_name, err);
	closedir(dir);
	return ok;
}

static bool unpack_code(const struct options *options, struct error *err)
{
	struct code_options code = {.archive = options->code_archive,
				    .source = options->code_source,
				    .manifest = options->code_manifest,
				    .dir = options->dir,
				    .folder = options->code_dir,
				    .digest = options->code_digest,
				    .is_shared = true,
				    .target = options->target,
				    .wait_s = options->code_wait_s};
	char path[PATH_MAX], token[129] = "";

	if (!options_has_code(options))
		return true;
	snprintf(path, sizeof(path), "%s/token", options->input);
	file_read(path, token, sizeof(token));
	token[strcspn(token, "\r\n")] = '\0';
	code.token = token;
	return code_prepare(&code, err);
}

int layout_run(const struct options *options)
{
	struct error err;

	if (make_folders(options, &err) && copy_all(options, &err) &&
	    unpack_code(options, &err))
		return 0;
	fprintf(stderr, "trialdeck-keeper: prepare the storage: %s\n",
		err.text);
	return KEEPER_BROKEN;
}
