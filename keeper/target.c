/* SPDX-License-Identifier: MIT */
/* Where the side port is. */
#include "keeper/target.h"

#include "keeper/file.h"

#include <stdio.h>
#include <string.h>

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

bool target_apply(const struct target *target, struct http *http)
{
	char url[600];

	if (http->wire.fd >= 0 && !target->url)
		return true;
	return target_url(target, url, sizeof(url)) && http_set_url(http, url);
}
