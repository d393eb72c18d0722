/* SPDX-License-Identifier: MIT */
/* Files on their way into the folder that is served, and what is answered.
 * Private to keeper/serve*.c. */
#ifndef KEEPER_SERVE_PART_H
#define KEEPER_SERVE_PART_H

#include "base/error.h"
#include "keeper/serve.h"

/* A file on its way, in the folder it will be in. */
struct part {
	int folder_fd, fd;
	char own[64];
	const char *name; /* into the path */
};

bool part_open(struct part *part, int top_fd, const char *path,
	       unsigned int mode, struct error *err);
/* On disk under its name, or gone. */
bool part_close(struct part *part, const char *path, bool is_good,
		struct error *err);

void serve_answer(struct serve_answer *ret, int status, const char *text);
void serve_answer_error(struct serve_answer *ret, const struct error *err);
/* By errno; false. */
bool serve_fail(struct error *err, const char *what, const char *path);

/* --- serve_files.c ------------------------------------------------------ */

/* Who waits to be asked for the body is. */
bool serve_go_on(struct wire *wire, const struct serve_request *request,
		 struct error *err);

/* --- serve_digest.c ----------------------------------------------------- */

void serve_digest(int top_fd, const struct serve_request *request,
		  struct wire *wire, struct serve_answer *ret);

/* --- serve_many.c ------------------------------------------------------- */

void serve_put_many(int top_fd, const struct serve_request *request,
		    struct wire *wire, const char *body, size_t body_len,
		    struct serve_answer *ret);

#endif
