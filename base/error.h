/* SPDX-License-Identifier: MIT */
/*
 * One error: a code that callers decide by and a sentence that people read.
 *
 * Fallible functions return bool (or a pointer), take `struct error *err` last,
 * and leave it untouched on success.  Every level adds its part in front, so
 * the text reads from the outside in: "submit trial Xa12b: start keeper: ...".
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

enum error_code {
	ERROR_NONE,
	ERROR_INVALID,	   /* input that can never be accepted as it is */
	ERROR_NOT_FOUND,   /* the named thing does not exist */
	ERROR_CONFLICT,	   /* exists already, or is held by somebody else */
	ERROR_DENIED,	   /* rights are missing */
	ERROR_UNAVAILABLE, /* may work later: retry */
	ERROR_TIMEOUT,	   /* no answer in time: retry */
	ERROR_CORRUPT,	   /* stored data contradicts itself */
	ERROR_CANCELED,	   /* somebody asked to stop */
	ERROR_LIMIT,	   /* a bound of ours was exceeded */
	ERROR_SYSTEM,	   /* the operating system said no */
};

struct error {
	enum error_code code;
	char text[512]; /* a sentence without final stop; cut with "..." */
};

/* Fill err.  Always returns false.  Thread: any. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Like error_set with ERROR_SYSTEM and ": strerror(errno)" appended; ENOENT,
 * EACCES/EPERM and EEXIST become NOT_FOUND, DENIED and CONFLICT. */
bool error_set_errno(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Put "prefix: " in front of the text that is there.  Returns false. */
bool error_prefix(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The code's name, such as "not-found"; static storage. */
const char *error_code_name(enum error_code code);

#endif
