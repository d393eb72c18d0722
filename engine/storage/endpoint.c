/* SPDX-License-Identifier: MIT */
/* The address of a storage server. */
#include "engine/storage/endpoint.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

void endpoint_release(struct endpoint *endpoint)
{
	free(endpoint->host);
	free(endpoint->path);
	*endpoint = (struct endpoint){0};
}

/* The text may come from the environment, where nobody has looked at it; and
 * it may hold a password, so it is not repeated. */
bool endpoint_read(const char *text, struct endpoint *ret, struct error *err)
{
	bool is_https = !strncmp(text, "https://", 8);
	const char *host = text + (is_https ? 8 : 7);
	size_t len;
	char *port;

	if (!is_https && strncmp(text, "http://", 7) != 0)
		return error_set(err, ERROR_INVALID,
				 "the server's address must begin with http:// "
				 "or https://");
	len = strcspn(host, "/?#");
	if (!len || *host == ':' || memchr(host, '@', len) ||
	    strpbrk(host, "?# \t\r\n\\\""))
		return error_set(err, ERROR_INVALID,
				 "the server's address must be such as "
				 "https://minio.example:9000, without user and "
				 "query");
	ret->is_https = is_https;
	ret->host = xstrndup(host, len);
	for (char *c = ret->host; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	port = strrchr(ret->host, ':');
	/* libcurl leaves the usual one out of the header, too */
	if (port && !strcmp(port, is_https ? ":443" : ":80"))
		*port = '\0';
	host += len;
	len = strlen(host);
	while (len && host[len - 1] == '/')
		len--;
	ret->path = xstrndup(host, len);
	return true;
}
