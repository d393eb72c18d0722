/* SPDX-License-Identifier: MIT */
/* The files of an attempt's Secret. */
#include "keeper/input.h"

#include "keeper/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A Secret is not larger. */
#define INPUT_MAX_BYTES (2U << 20)

static bool path_join(char *ret, size_t size, const char *folder,
		      const char *name, struct error *err)
{
	int n = snprintf(ret, size, "%s/%s", folder, name);

	if (n < 0 || (size_t)n >= size)
		return error_set(err, ERROR_LIMIT, "%s: the path is too long",
				 folder);
	return true;
}

/* NULL without an error: there is no such file. */
static bool load(const char *folder, const char *name, char **ret, size_t *len,
		 struct error *err)
{
	char path[PATH_MAX];

	*ret = NULL;
	if (!path_join(path, sizeof(path), folder, name, err))
		return false;
	*ret = file_load(path, INPUT_MAX_BYTES, len);
	if (!*ret && errno != ENOENT)
		return error_set_errno(err, "read %s", path);
	return true;
}

static bool copy(const char *input, const char *dir, const char *name,
		 struct error *err)
{
	char path[PATH_MAX];
	size_t len = 0;
	char *data;
	bool ok;

	if (!load(input, name, &data, &len, err) ||
	    !path_join(path, sizeof(path), dir, name, err))
		return false;
	if (!data)
		return true;
	ok = file_write(path, data, len);
	free(data);
	return ok || error_set_errno(err, "write %s", path);
}

static bool export_path(const char *name, const char *dir, const char *file,
			struct error *err)
{
	char path[PATH_MAX];

	if (!path_join(path, sizeof(path), dir, file, err))
		return false;
	return setenv(name, path, 0) == 0 ||
	       error_set_errno(err, "set %s", name);
}

static bool export_token(const char *input, struct error *err)
{
	size_t len = 0;
	char *token;

	if (!load(input, "token", &token, &len, err))
		return false;
	if (!token)
		return true;
	token[strcspn(token, "\r\n")] = '\0';
	setenv("TRIALDECK_TOKEN", token, 0);
	free(token);
	return true;
}

static bool take_command(const char *input, char *const **ret_command,
			 struct error *err)
{
	static char bash[] = "/bin/bash", sh[] = "/bin/sh", flag[] = "-c";
	static char *arguments[4];
	size_t len = 0;
	char *line;

	if (!load(input, "command", &line, &len, err))
		return false;
	if (!line)
		return true;
	if (strlen(line) != len)
		return error_set(err, ERROR_INVALID,
				 "the command holds a NUL byte");
	arguments[0] = access("/bin/bash", X_OK) == 0 ? bash : sh;
	arguments[1] = flag;
	arguments[2] = line;
	*ret_command = arguments;
	return true;
}

bool input_take(const char *input, const char *dir, const struct target *target,
		char *const **ret_command, struct error *err)
{
	char url[600];

	if (!copy(input, dir, "parameter.cfg", err) ||
	    !copy(input, dir, "parameters.json", err) ||
	    !export_token(input, err) ||
	    !export_path("TRIALDECK_PARAMETERS", dir, "parameters.json", err) ||
	    !export_path("TRIALDECK_METRICS", dir, "metrics", err) ||
	    !take_command(input, ret_command, err))
		return false;
	setenv("TRIALDECK_ATTEMPT_DIR", dir, 0);
	if (target_url(target, url, sizeof(url)))
		setenv("TRIALDECK_URL", url, 0);
	return true;
}
