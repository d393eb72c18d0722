/* SPDX-License-Identifier: MIT */
/*
 * Headers of requests to the keeper's file server, and manifests of code: what
 * comes out names a path inside the folder, whatever came in.
 */
#include "keeper/manifest.h"
#include "keeper/serve_request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *path)
{
	size_t len = strlen(path);

	if (len && !tree_path_is_sound(path, len))
		abort();
	if (*path == '/' || strstr(path, "/../") || !strncmp(path, "../", 3) ||
	    !strcmp(path, ".."))
		abort();
}

static void read_request(char *text, size_t len)
{
	struct serve_request request;
	const char *why = NULL;
	int status = serve_request_parse(text, len, &request, &why);

	if (status) {
		if (status < 400 || status > 599 || !why)
			abort();
		return;
	}
	check_path(request.path);
	check_path(request.to);
	if (request.length < 0 || request.offset < 0 || request.mode > 0777 ||
	    strlen(request.token) >= sizeof(request.token))
		abort();
	if (request.what == SERVE_PUT && request.size != request.length)
		abort();
	if (request.what >= SERVE_GET && !*request.path)
		abort();
}

static void read_manifest(char *text)
{
	struct manifest_line line;
	struct error err;
	char *at = text;

	while (manifest_next(&at, &line, &err)) {
		check_path(line.path);
		if (line.size < 0 || line.mode > 0777)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	read_request(text, size);
	memcpy(text, data, size);
	text[size] = '\0';
	read_manifest(text);
	free(text);
	return 0;
}
