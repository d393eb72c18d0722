/* SPDX-License-Identifier: MIT */
/*
 * `new`: an experiment to begin with.  The two files are those of
 * examples/first, which the build makes text of (first_files.h).  What is there
 * already is never written over.
 */
#include "base/fs.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/first_files.h"
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "first"

static const struct first_file {
	const char *name, *text;
} files[] = {
	{"experiment.yaml", first_experiment_yaml},
	{"train.py", first_train_py},
};

#define FILES (sizeof(files) / sizeof(files[0]))

static bool write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		text += done;
		len -= (size_t)done;
	}
	return true;
}

/* A file that nobody had; half of one is taken away again. */
static bool write_new(const char *path, const char *text, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERROR_CONFLICT,
				 "%s is there already and stays as it is: name "
				 "another folder, such as trialdeck new second",
				 path);
	if (fd < 0)
		return error_set_errno(err, "write %s", path);
	if (!write_all(fd, text, strlen(text))) {
		error_set_errno(err, "write %s", path);
		close(fd);
		unlink(path);
		return false;
	}
	if (close(fd) < 0)
		return error_set_errno(err, "write %s", path);
	return true;
}

static bool write_files(char *const *paths, struct error *err)
{
	size_t i;

	for (i = 0; i < FILES; i++)
		if (access(paths[i], F_OK) == 0)
			break;
	if (i < FILES) /* says so, and nothing is left half made */
		return write_new(paths[i], files[i].text, err);
	for (i = 0; i < FILES; i++)
		if (!write_new(paths[i], files[i].text, err))
			return false;
	return true;
}

static void tell(const struct cli *cli, char *const *paths)
{
	if (cli->is_json) {
		struct strbuf out = STRBUF_INIT;

		for (size_t i = 0; i < FILES; i++) {
			strbuf_addch(&out, i ? ',' : '[');
			strbuf_add_json_string(&out, paths[i]);
		}
		strbuf_adds(&out, "]\n");
		output_flush(&out);
		strbuf_release(&out);
		return;
	}
	printf("%s  what to try, and how\n%s  what a trial runs\n\n"
	       "Run and watch it:\n    trialdeck run %s\n",
	       paths[0], paths[1], paths[0]);
}

int command_new(struct cli *cli)
{
	const char *folder = cli_argument(cli, 0);
	char *paths[FILES];
	struct error err = {0};
	bool is_ok;

	if (!folder)
		folder = FOLDER;
	for (size_t i = 0; i < FILES; i++)
		paths[i] = fs_join(folder, files[i].name);
	is_ok = fs_make_folders(folder, &err) && write_files(paths, &err);
	if (is_ok)
		tell(cli, paths);
	for (size_t i = 0; i < FILES; i++)
		free(paths[i]);
	return is_ok ? CLI_DONE : cli_fail(&err);
}
