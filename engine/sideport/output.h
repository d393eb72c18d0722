/* SPDX-License-Identifier: MIT */
/*
 * What trials leave behind, taken in: PUT /v1/output.  Private to
 * engine/sideport.
 *
 *     GET /v1/output?path=P&size=N&digest=H
 *         200 {"size":M,"whole":false}: M bytes of it are there.  The same
 *         refusals as for PUT, before anything is sent
 *     PUT /v1/output?path=P&size=N&digest=H&offset=M
 *         200 whole, checked and on disk   409 offset is not where it ended,
 *         or it is being sent already   413 more than this attempt may send
 *         422 the digest is another one: begin again   507 the disk is full
 *
 * Files go to <folder>/<trial>[-<attempt>]/<path>, mode 0600, and appear there
 * whole; what is on its way lies in .trialdeck-part beside them, so that what
 * was cut can go on.  Bytes go from the socket to the disk on the HTTP thread
 * that has them, in pieces: the engine never waits for any of it.
 *
 *   output.c          the two requests
 *   output_account.c  who may send how much, and who sends what at the moment
 *   output_place.c    names on disk
 */
#ifndef ENGINE_SIDEPORT_OUTPUT_H
#define ENGINE_SIDEPORT_OUTPUT_H

#include "engine/sideport/private.h"

#include <openssl/evp.h>

#define OUTPUT_PATH_MAX 1023
#define OUTPUT_FILES_MAX 12000 /* of an attempt */
#define OUTPUT_FILE_MAX (INT64_C(1) << 40)
#define OUTPUT_PART_FOLDER ".trialdeck-part"
#define OUTPUT_PART_SIZE 48 /* of a name in there, with its NUL */

/* ---- output_place.c ---------------------------------------------------- */

/* Relative, no empty part, no "." or "..", nothing of ours. */
bool output_path_is_sound(const char *path);
/* The attempt's folder, made if need be.  -1 with errno. */
int output_folder_open(const char *top, const struct caller *caller,
		       bool is_made);
/* The name under which a file is on its way. */
void output_part_name(const char *path, char ret[OUTPUT_PART_SIZE]);
/* Open it for reading and writing; -1 with errno. */
int output_part_open(int folder_fd, const char *part, bool is_made);
void output_part_remove(int folder_fd, const char *part);
/* A file that is there; -1 with errno. */
int output_file_open(int folder_fd, const char *path);
/* What came is whole: give it its name.  False with errno. */
bool output_publish(int folder_fd, const char *part, const char *path);
/* Bytes and files below an attempt's folder, parts included. */
void output_measure(int folder_fd, int64_t *ret_bytes, int64_t *ret_files);
/* SHA-256 of the first size bytes is added; false when they cannot be read. */
bool output_digest_add(EVP_MD_CTX *context, int fd, int64_t size);

/* ---- output_account.c -------------------------------------------------- */

/* One file on its way. */
struct output_upload {
	struct output_upload *next; /* all that are under way */
	struct caller caller;
	char part[OUTPUT_PART_SIZE];
	char path[OUTPUT_PATH_MAX + 1];
	int folder_fd, fd, socket_fd;
	int64_t size, at; /* bytes in all, and so far */
	int64_t reserved; /* of the attempt's allowance */
	int64_t replaces; /* bytes of the file that it takes the place of */
	bool is_new;	  /* it replaces none */
	bool is_failed;
	int64_t latest_ns; /* monotonic: over by then */
	char digest[65];
	EVP_MD_CTX *context;
};

enum output_verdict {
	OUTPUT_GRANTED,
	OUTPUT_BUSY, /* it is being sent already */
	OUTPUT_TOO_MUCH,
};

/* May this attempt send it?  Granted with `enter`: it is under way from now on,
 * until output_leave. */
enum output_verdict output_enter(struct sideport *sideport,
				 struct output_upload *upload, bool enter);
void output_leave(struct sideport *sideport, struct output_upload *upload);
/* The attempt is over. */
void output_forget(struct sideport *sideport, int64_t trial, int attempt);
void outputs_release(struct outputs *outputs);
/* The disk does not take any more; NULL: it does. */
void output_tell_fault(struct sideport *sideport, const char *text);
/* The folder they go to; NULL: none are taken.  Caller frees. */
char *output_top(struct sideport *sideport);

#endif
