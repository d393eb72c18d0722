/* SPDX-License-Identifier: MIT */
/*
 * Refusals of storage servers: S3's and Azure's say the same things in
 * different words.  Reading them is pure; what they say becomes an error with a
 * code to decide by and a sentence with a way out.
 *
 * Messages come from outside: they are cut and made safe to show, and texts
 * that must stay secret are taken out of them.
 */
#ifndef ENGINE_STORAGE_FAULT_H
#define ENGINE_STORAGE_FAULT_H

#include "engine/storage/http.h"

struct storage_fault {
	int http;	   /* the answer's code */
	char code[64];	   /* "NoSuchBucket"; empty: the answer has none */
	char message[256]; /* never empty */
	char region[64];   /* where the bucket is, when that is the trouble */
	int64_t server_ns; /* the server's clock; 0: not told */
	int retry_after_s; /* 0: not told */
};

/* What a refusal is about, for its sentence. */
struct storage_subject {
	const char *server;
	const char *account; /* whose key signed: an access key's file or
			      * variable, a storage account */
	const char *place;   /* "bucket trials", "share trials" */
	const char *right;   /* "s3:PutObject", what DENIED is missing */
	const char *secret;  /* never to be shown; or NULL */
};

/* Read <Error><Code/><Message/>...</Error> and the head.  A body that is none
 * gives the code's own words. */
void storage_fault_read(const struct http_answer *answer,
			struct storage_fault *ret);

/* Is it the refusal of this name? */
bool storage_fault_is(const struct http_answer *answer, const char *code);

/* Fill err; returns false. */
bool storage_fault_error(const struct storage_fault *fault,
			 const struct storage_subject *subject,
			 struct error *err);

#endif
