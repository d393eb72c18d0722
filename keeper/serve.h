/* SPDX-License-Identifier: MIT */
/*
 * A file server for one folder: how the console reaches a volume that only
 * pods can mount.
 *
 *     trialdeck-keeper --serve FOLDER --token-file FILE [--listen PORT]
 *                      [--idle SECONDS]
 *
 * HTTP/1.1 (serve_request.h).  Everything but /v1/health needs the token, in a
 * header of its own: the API server, through whose proxy requests come, keeps
 * Authorization to itself.  A file that is put appears whole or not at all.
 * Without requests for a while it ends by itself, so that nothing is left
 * behind by a console that died.
 *
 * Answers, which have X-Trialdeck-Storage among their headers, to tell them
 * from those of a proxy on the way:
 *
 *     /v1/list   a line for each entry: "f SIZE MTIME_NS PATH" or
 *                "d 0 MTIME_NS PATH", PATH percent-encoded; comes in chunks,
 *                and without the last chunk it is not whole
 *     /v1/file   the bytes; 206 with a range, 416 behind the end
 *     /v1/digest "sha256 HEX", in chunks; blanks before it while it is read
 *     /v1/space  "bytes BYTES free FREE"
 *     failures   a sentence; 404 not there, 403 no rights, 507 disk full
 */
#ifndef KEEPER_SERVE_H
#define KEEPER_SERVE_H

#include "keeper/options.h"
#include "keeper/serve_request.h"
#include "keeper/wire.h"

#define SERVE_PORT 8127 /* unless --listen says another; 0: any */
/* Connections at once, and the time for a header to come in. */
#define SERVE_CONNECTIONS_MAX 16
#define SERVE_HEAD_MS 15000
/* A body may take that long, and longer by what the slowest link needs. */
#define SERVE_BODY_MS 60000
#define SERVE_SLOWEST_BYTES_PER_MS 64
#define SERVE_KEPT_MS 120000 /* between two requests */
/* Of a body that is refused, so that the refusal arrives. */
#define SERVE_DRAIN_MAX (INT64_C(64) << 20)
#define SERVE_DRAIN_MS 10000
#define SERVE_TEXT_MAX 600

/* Serve until there is nothing to do, or TERM.  An exit status. */
int serve_run(const struct options *options);

/* --- serve_files.c: what is done with the folder ------------------------ */

struct serve_answer {
	int status; /* 0: an answer has been sent already */
	char text[SERVE_TEXT_MAX];
	bool is_broken; /* the connection cannot be used any more */
};

/* A request whose token was right; body holds body_len bytes of it that came
 * with the header. */
void serve_files(int top_fd, const struct serve_request *request,
		 struct wire *wire, const char *body, size_t body_len,
		 struct serve_answer *ret);
/* Read and forget the rest of a body.  False: the connection is of no use. */
bool serve_drain(struct wire *wire, int64_t left);
/* Header of an answer; length -1: chunks. */
bool serve_send_head(struct wire *wire, int status, int64_t length,
		     const char *more);

#endif
