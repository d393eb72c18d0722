/* SPDX-License-Identifier: MIT */
/*
 * What a trial leaves behind, where no storage keeps it: the files of its
 * output folder and the keeper's log, sent to the side port when the command
 * has ended, one after the other.
 *
 *     GET /v1/output?path=P&size=N&digest=H   how much of it is there?
 *     {"size":M,"whole":false}
 *     PUT /v1/output?path=P&size=N&digest=H&offset=M&mode=644
 *
 * So what was cut goes on where it was cut, and what came twice counts once.
 * Links, devices and names that are too long are left out; of a file that
 * changes meanwhile the side port takes nothing.  Thread: the delivering one,
 * but for upload_find.
 */
#ifndef KEEPER_UPLOAD_H
#define KEEPER_UPLOAD_H

#include "keeper/http.h"
#include "keeper/target.h"

#include <stdatomic.h>
#include <stdint.h>

#define UPLOAD_LIMIT_BYTES (INT64_C(1) << 30) /* unless told otherwise */
#define UPLOAD_FILES_MAX 10000

struct upload_options {
	const char *folder; /* the command's; NULL: nothing is sent */
	const char *prefix; /* of the paths over there */
	int64_t limit;	    /* bytes of all files together */
	int dir_fd;	    /* the attempt's folder, with the keeper's log */
};

enum upload_outcome {
	UPLOAD_SENT,	/* one more; or left out */
	UPLOAD_AGAIN,	/* nobody is there: try again */
	UPLOAD_REFUSED, /* nothing can be sent at all */
	UPLOAD_END,	/* that was all */
};

struct upload {
	struct upload_options options;
	char **paths;
	size_t count, capacity, next;
	int tries;		/* with the next one */
	int64_t found;		/* bytes of what was found */
	int64_t files, bytes;	/* sent */
	int64_t left_out;	/* files, links, devices */
	int64_t found_ms;	/* when it was looked, monotonic */
	int64_t waited_ms;	/* until the first was taken */
	char note[200];		/* why, of the first */
	_Atomic int64_t *moved; /* grows while something moves */
};

/* Look at what there is.  False: nothing but the log.  Thread: main, before
 * the delivering one knows of it. */
bool upload_find(struct upload *upload, const struct upload_options *options);
/* Send the next one. */
enum upload_outcome upload_next(struct upload *upload, struct http *http,
				const struct target *target, const char *token);
/* Members of the farewell: "outputs":{...}.  Bytes written, or 0. */
int upload_describe(const struct upload *upload, char *ret, size_t size);

#endif
