/* SPDX-License-Identifier: MIT */
/* The address of a storage server, taken apart.  Pure. */
#ifndef ENGINE_STORAGE_ENDPOINT_H
#define ENGINE_STORAGE_ENDPOINT_H

#include "base/error.h"

#include <stdbool.h>

struct endpoint {
	bool is_https;
	char *host; /* lower case; with a port, unless it is the usual one */
	char *path; /* encoded, as given; "" or "/x" */
};

/* text is http(s)://host[:port][/path]; ERROR_INVALID otherwise. */
bool endpoint_read(const char *text, struct endpoint *ret, struct error *err);
void endpoint_release(struct endpoint *endpoint);

#endif
