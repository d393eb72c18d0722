/* SPDX-License-Identifier: MIT */
/*
 * S3's inside.
 *
 *   s3.c              the operations' table
 *   s3_open.c         opening, preparing
 *   s3_request.c      one signed request; what refusals mean here
 *   s3_object.c       get and copy
 *   s3_put.c          put, in one piece or in parts
 *   s3_list.c         list and remove
 *   s3_answer.c       XML, pure
 *   s3_credentials.c  whose bucket
 */
#ifndef ENGINE_STORAGE_S3_PRIVATE_H
#define ENGINE_STORAGE_S3_PRIVATE_H

#include "engine/storage/fault.h"
#include "engine/storage/http.h"
#include "engine/storage/s3_credentials.h"
#include "engine/storage/sigv4.h"
#include "engine/storage/storage.h"

#define S3_KEY_MAX 1024
#define S3_DIGEST_HEADER "x-amz-meta-sha256"

struct s3 {
	struct http_session *http;
	struct s3_credentials credentials;
	char *region;
	char *bucket;
	char *prefix;	/* "team/" or "" */
	char *base_url; /* "https://host:9000", without path */
	char *host;	/* as in the header */
	char *root;	/* encoded path of the bucket: "/s3/bucket", "" */
	char *place;	/* "bucket trials" */
	bool is_https;
	struct http_answer answer; /* of the last request */
	int64_t part_bytes;	   /* and of the largest single put */
};

struct s3_call {
	const char *method;
	const char *key; /* not encoded; NULL: the bucket itself */
	const struct sigv4_pair *query;
	size_t query_count;
	/* signed: x-amz-...; and lines that are not: "Range: bytes=5-\n" */
	const struct sigv4_pair *headers;
	size_t header_count;
	const char *lines;
	const struct http_source *source;
	const char *digest; /* of the body; NULL: found out */
	struct http_sink *sink;
	bool is_cleanup;
	const char *right; /* what a refusal would say is missing */
};

/* Send it; true when the code is 2xx.  Else err says why, and answer.code is 0
 * where there was none. */
bool s3_send(struct s3 *s3, const struct s3_call *call, struct error *err);
/* An answer of 200 whose body says that it failed after all: true. */
bool s3_is_late_refusal(struct s3 *s3, const struct s3_call *call,
			struct error *err);
/* SHA-256 of what is to be sent. */
bool s3_digest(struct s3 *s3, const struct http_source *source,
	       char ret[SIGV4_DIGEST_SIZE], struct error *err);
/* "prefix/path"; NULL with err when no key can be that.  Caller frees. */
char *s3_key(const struct s3 *s3, const char *path, struct error *err);

/* --- s3_open.c
 * ------------------------------------------------------------------
 */

/* What a session is opened with. */
struct s3_options {
	const struct storage_config *config;
	/* known already; id NULL: found out */
	const char *id, *secret, *token;
	struct storage_watch *watch; /* or NULL */
	int silence_ms;		     /* 0: as usual; tests shorten it */
	int64_t part_bytes;
};

bool s3_open(const struct s3_options *options, struct s3 **ret,
	     struct error *err);
void s3_close(struct s3 *s3); /* NULL ok */
/* The bucket is there, made where it was not, and can be written, read, listed
 * and emptied. */
bool s3_prepare(struct s3 *s3, struct error *err);

/* The operations, with keys. */
bool s3_put_object(struct s3 *s3, const char *key,
		   const struct http_source *source, struct error *err);
bool s3_get_object(struct s3 *s3, const char *key, int fd, int64_t offset,
		   struct error *err);
/* What was written beside it when it was put; of objects that others put
 * nothing: an ETag is a digest with some servers and some sorts of encryption
 * alone. */
bool s3_digest_object(struct s3 *s3, const char *key,
		      struct storage_digest *ret, struct error *err);
bool s3_copy_object(struct s3 *s3, const char *from, const char *to,
		    struct error *err);
/* fn gets each object, and with a delimiter each folder, below prefix; false
 * ends the listing as a failure that fn has put into err. */
typedef bool s3_item_fn(const char *key, int64_t size, int64_t modified_ns,
			bool is_prefix, void *arg, struct error *err);
bool s3_list_objects(struct s3 *s3, const char *prefix, bool is_deep,
		     s3_item_fn *fn, void *arg, struct error *err);
/* The object of this key, and all whose keys begin with key and '/'. */
bool s3_remove_objects(struct s3 *s3, const char *key, struct error *err);

#endif
