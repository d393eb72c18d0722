/* SPDX-License-Identifier: MIT */
/* Where the side port is. */
#include "keeper/target.h"

#include "keeper/file.h"
#include "keeper/tls.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX_BYTES 65536

bool target_url(const struct target *target, char *ret, size_t size)
{
	if (target->url_file) {
		if (file_read(target->url_file, ret, size) <= 0)
			return false;
		ret[strcspn(ret, " \t\r\n")] = '\0';
	} else {
		int n = target->url ? snprintf(ret, size, "%s", target->url)
				    : -1;

		if (n < 0 || (size_t)n >= size)
			return false;
	}
	return *ret != '\0';
}

bool target_certificate(const struct target *target, char *ret, size_t size)
{
	const char *file = target->url_file;
	const char *slash = file ? strrchr(file, '/') : NULL;
	int folder = slash ? (int)(slash + 1 - file) : 0;
	int n = snprintf(ret, size, "%.*sca.pem", folder, file ? file : "");

	return file && n > 0 && (size_t)n < size && access(ret, R_OK) == 0;
}

void target_pin(const struct target *target, char ret[DIGEST_HEX_SIZE])
{
	char path[PATH_MAX];
	size_t len = 0;
	char *pem;

	snprintf(ret, DIGEST_HEX_SIZE, "%s", target->pin ? target->pin : "");
	if (target->pin || !target_certificate(target, path, sizeof(path)))
		return;
	pem = file_load(path, PEM_MAX_BYTES, &len);
	if (!pem || !tls_pin_of_pem(pem, len, ret))
		*ret = '\0';
	free(pem);
}

bool target_apply(const struct target *target, struct http *http)
{
	char url[600], pin[DIGEST_HEX_SIZE];

	if (http->wire.fd >= 0)
		return true;
	if (!target_url(target, url, sizeof(url)) || !http_set_url(http, url))
		return false;
	if (http->is_tls) {
		target_pin(target, pin);
		http_set_pin(http, pin);
	}
	return true;
}

void target_export(const struct target *target)
{
	char path[PATH_MAX];

	if (target_certificate(target, path, sizeof(path)))
		setenv("TRIALDECK_CACERT", path, 0);
}
