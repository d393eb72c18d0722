/* SPDX-License-Identifier: MIT */
/* From /proc: schedstat counts nanoseconds where stat counts hundredths. */
#include "tests/bench/process_use.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t process_processor_ns(pid_t pid)
{
	char path[64];
	DIR *folder;
	struct dirent *entry;
	int64_t sum = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	while (folder && (entry = readdir(folder))) {
		char stat_path[PATH_MAX];
		long long ns = 0;
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(stat_path, sizeof(stat_path), "%s/%s/schedstat", path,
			 entry->d_name);
		file = fopen(stat_path, "r");
		if (file && fscanf(file, "%lld", &ns) == 1)
			sum += ns;
		if (file)
			fclose(file);
	}
	if (folder)
		closedir(folder);
	return sum;
}

double process_memory_mb(pid_t pid, const char *field)
{
	char path[64], line[128];
	long kb = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, field, strlen(field)))
			kb = strtol(line + strlen(field) + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return (double)kb / 1024;
}
