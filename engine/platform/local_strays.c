/* SPDX-License-Identifier: MIT */
/*
 * What a killed keeper leaves behind.  Nobody is left who knows the tree, but
 * every process of an attempt carries its directory in the environment.
 */
#include "engine/platform/local.h"

#include "base/fs.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VARIABLE "TRIALDECK_ATTEMPT_DIR="
#define ENVIRONMENT_MAX (4U << 20)

/* The attempt's directory in a process's environment, in out; other users'
 * processes cannot be read and are none of ours. */
static const char *read_directory(pid_t pid, struct strbuf *out)
{
	struct error ignored;
	char path[40];

	strbuf_clear(out);
	snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	if (!fs_read_file(path, ENVIRONMENT_MAX, out, &ignored))
		return NULL;
	for (size_t at = 0; at < out->len; at += strlen(out->data + at) + 1)
		if (!strncmp(out->data + at, VARIABLE, sizeof(VARIABLE) - 1))
			return out->data + at + sizeof(VARIABLE) - 1;
	return NULL;
}

bool local_process_is_below(pid_t pid, const char *folder)
{
	struct strbuf text = STRBUF_INIT;
	const char *directory = read_directory(pid, &text);
	size_t len = strlen(folder);
	bool below = directory && !strncmp(directory, folder, len) &&
		     (directory[len] == '/' || !directory[len]);

	strbuf_release(&text);
	return below;
}

int local_strays_kill(const char *directory)
{
	struct strbuf text = STRBUF_INIT;
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		const char *found;

		if (pid <= 1 || pid == getpid())
			continue;
		found = read_directory(pid, &text);
		if (!found || strcmp(found, directory) != 0)
			continue;
		if (!local_start_time(pid))
			continue; /* a zombie: done already */
		kill(pid, SIGKILL);
		count++;
	}
	if (dir)
		closedir(dir);
	strbuf_release(&text);
	return count;
}
