/* SPDX-License-Identifier: MIT */
/*
 * One request to the file server, read from its header.
 *
 *     GET    /v1/health
 *     GET    /v1/space
 *     GET    /v1/list?path=P[&deep=1]
 *     GET    /v1/file?path=P           Range: bytes=N-
 *     GET    /v1/digest?path=P
 *     PUT    /v1/file?path=P&size=N[&mode=0755]
 *     PUT    /v1/files                 many, see serve_many.c
 *     PUT    /v1/folder?path=P
 *     POST   /v1/copy?path=P&to=P
 *     DELETE /v1/file?path=P
 *
 * Paths are percent-encoded bytes and stand in the query, since proxies on the
 * way tidy up what stands before it.  Everything here is hostile.  Pure.
 */
#ifndef KEEPER_SERVE_REQUEST_H
#define KEEPER_SERVE_REQUEST_H

#include "keeper/tree.h"

#include <stdint.h>

/* Room for two paths, encoded, and what proxies add. */
#define SERVE_HEAD_MAX 20480
#define SERVE_TOKEN_HEADER "X-Trialdeck-Token"

enum serve_what {
	SERVE_HEALTH,
	SERVE_SPACE,
	SERVE_LIST,
	SERVE_PUT_MANY,
	SERVE_GET,
	SERVE_DIGEST,
	SERVE_PUT,
	SERVE_FOLDER,
	SERVE_COPY,
	SERVE_REMOVE,
};

struct serve_request {
	enum serve_what what;
	char path[TREE_PATH_MAX + 1]; /* sound, or "" for the top */
	char to[TREE_PATH_MAX + 1];   /* COPY */
	bool is_deep;
	unsigned int mode; /* of a file; the nine bits */
	int64_t size;	   /* PUT: what was said; -1: nothing */
	int64_t length;	   /* of the body */
	int64_t offset;	   /* GET: from there on */
	bool has_range;
	char token[129]; /* "" : none */
	bool is_close;	 /* no other request follows */
	bool awaits;	 /* "100-continue" */
};

/* A path, percent-encoded, that leads nowhere outside; "" is the top. */
bool serve_path_read(const char *text, char ret[TREE_PATH_MAX + 1]);

/* text is a header with its blank line, NUL behind it; it is taken apart in
 * place.  0, or the status to answer with and a few words in *ret_why. */
int serve_request_parse(char *text, size_t len, struct serve_request *ret,
			const char **ret_why);

#endif
