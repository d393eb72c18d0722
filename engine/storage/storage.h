/* SPDX-License-Identifier: MIT */
/*
 * Storages: where code goes to and outputs come from, whatever keeps them.
 *
 * A storage is opened as a session.  Calls block; one thread at a time uses a
 * session.  Every wait is bounded (30 s without a byte: ERROR_TIMEOUT, naming
 * the server) and ends with ERROR_CANCELED soon after the watch says so.
 * Errors never hold a credential.
 *
 * Paths are relative to the storage's root, bytes with '/' between the parts:
 * no empty part, no '.' or '..', no NUL, at most STORAGE_PATH_MAX.  That is
 * checked here, for what servers list as well: entries with other names are
 * left out.
 *
 * A backend is a file: a `const struct storage_ops`, and a line in storage.c.
 */
#ifndef ENGINE_STORAGE_STORAGE_H
#define ENGINE_STORAGE_STORAGE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/experiment.h"

#include <cjson/cJSON.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define STORAGE_PATH_MAX 4000
#define STORAGE_SILENCE_MS 30000
#define STORAGE_REST_MAX_MS 120000 /* of what servers may ask for */

/* Borrowed for the call. */
struct storage_entry {
	const char *path; /* below the folder that is listed */
	int64_t size;
	int64_t modified_ns; /* 0: unknown */
	bool is_folder;
};

/* Progress and cancel, shared by threads; outlives the sessions. */
struct storage_watch {
	atomic_bool is_cancelled;
	atomic_llong bytes; /* moved, either way */
	/* monotonic: until then a server asked to be left alone (Retry-After);
	 * all sessions hold to it when they try again */
	atomic_llong rest_until_ns;
};

/* What to open, and as whom.  Texts may be NULL; copied at open, wiped at
 * close. */
struct storage_target {
	const struct storage_config *config;
	/* credentials: Azure's account key or SAS token in key; of S3 the id in
	 * key, the secret and the session token */
	const char *key, *secret, *token;
	/* where pods do it: agent.c */
	const char *kubeconfig, *context, *namespace, *image;
	const char *experiment_id;
	const char *service_account;
	/* what else such pods need to run there; or NULL */
	const struct kubernetes_config *kubernetes;
};

/* What to put: size bytes of a descriptor, from its beginning, or of memory. */
struct storage_source {
	int fd;		  /* -1: data */
	const void *data; /* with fd -1 */
	int64_t size;
	unsigned int mode; /* permissions, where they are kept */
};

/* One of many to put. */
struct storage_item {
	const char *path;
	struct storage_source source;
};

/* What a storage says of a file. */
enum storage_digest_kind { STORAGE_NO_DIGEST, STORAGE_MD5, STORAGE_SHA256 };
struct storage_digest {
	enum storage_digest_kind kind;
	char hex[65];
};

struct storage_ops;

/* The head of every session. */
struct storage {
	const struct storage_ops *ops;
	struct storage_watch *watch;
};

/* Returning false ends the walk, which is no error. */
typedef bool storage_entry_fn(const struct storage_entry *entry, void *arg);

struct storage_ops {
	const char *name; /* "nfs", "azureStorage", "s3", "pvc", "folder" */
	bool (*open)(const struct storage_target *target,
		     struct storage_watch *watch, struct storage **ret,
		     struct error *err);
	/* See that the root is there, made where that is ours to do, and can
	 * be written; ERROR_DENIED names the right that is missing. */
	bool (*prepare)(struct storage *storage, struct error *err);
	/* Whole or not at all; parents are made, what is there is replaced. */
	bool (*put)(struct storage *storage, const char *path,
		    const struct storage_source *source, struct error *err);
	/* Many small files, where one a request is slow; NULL: it is not.  Each
	 * appears whole or not at all; after a failure some may be there. */
	bool (*put_many)(struct storage *storage,
			 const struct storage_item *items, size_t count,
			 struct error *err);
	/* Write a file, from offset on, to where fd stands. */
	bool (*get)(struct storage *storage, const char *path, int fd,
		    int64_t offset, struct error *err);
	/* What is known of its content; NULL: nothing.  Where that is nothing
	 * for this file, that is no error. */
	bool (*digest)(struct storage *storage, const char *path,
		       struct storage_digest *ret, struct error *err);
	/* What is in a folder ("": the root), or all below it when is_deep.
	 * Files and folders alone; ERROR_NOT_FOUND when there is no such
	 * folder (s3: nothing with such a prefix). */
	bool (*list)(struct storage *storage, const char *path, bool is_deep,
		     storage_entry_fn *fn, void *arg, struct error *err);
	/* A file, or a folder with all in it; what is not there is fine. */
	bool (*remove)(struct storage *storage, const char *path,
		       struct error *err);
	/* On the server's side; NULL: it cannot. */
	bool (*copy)(struct storage *storage, const char *from, const char *to,
		     struct error *err);
	/* For people, as NNI shows it with what NNI leaves out.  Pure. */
	void (*url)(const struct storage_config *config, const char *path,
		    struct strbuf *out);
	/* The volume of a pod, without its name; secret: with the storage's
	 * credentials.  NULL: pods cannot mount it.  Pure. */
	cJSON *(*volume)(const struct storage_config *config,
			 const char *secret);
	void (*close)(struct storage *storage);
};

/* The one for a configuration: folder where this machine sees it (localPath),
 * else by its type.  NULL for none, and for what this program lacks. */
const struct storage_ops *storage_find(const struct storage_config *config);
/* By type alone, for what pods see: volume and url. */
const struct storage_ops *storage_find_type(enum storage_type type);

bool storage_open(const struct storage_target *target,
		  struct storage_watch *watch, struct storage **ret,
		  struct error *err);
bool storage_prepare(struct storage *storage, struct error *err);
bool storage_put(struct storage *storage, const char *path,
		 const struct storage_source *source, struct error *err);
/* In one go where the storage can, else one after another. */
bool storage_put_many(struct storage *storage, const struct storage_item *items,
		      size_t count, struct error *err);
bool storage_get(struct storage *storage, const char *path, int fd,
		 int64_t offset, struct error *err);
bool storage_digest(struct storage *storage, const char *path,
		    struct storage_digest *ret, struct error *err);
bool storage_list(struct storage *storage, const char *path, bool is_deep,
		  storage_entry_fn *fn, void *arg, struct error *err);
/* The root itself is refused. */
bool storage_remove(struct storage *storage, const char *path,
		    struct error *err);
bool storage_copy(struct storage *storage, const char *from, const char *to,
		  struct error *err);
/* Append; nothing when nobody knows. */
void storage_url(const struct storage_config *config, const char *path,
		 struct strbuf *out);
void storage_close(struct storage *storage); /* NULL ok */

/* Is this a path as above? */
bool storage_path_is_sound(const char *path);
/* For backends: ERROR_CANCELED when the watch says so. */
bool storage_may_go_on(const struct storage *storage, struct error *err);
/* May the same call succeed later? */
bool storage_is_passing(enum error_code code);
/* A server asked for so many seconds of peace. */
void storage_ask_rest(struct storage_watch *watch, int seconds);
/* What is left of that, but at least least_ms. */
int64_t storage_rest_ms(const struct storage_watch *watch, int64_t least_ms);
/* Before the next try: so long, or as long as the server wants.  False with
 * ERROR_CANCELED: the watch ended it. */
bool storage_pause(const struct storage_watch *watch, int64_t least_ms,
		   struct error *err);

/* The backends. */
extern const struct storage_ops storage_folder;
extern const struct storage_ops storage_nfs;
extern const struct storage_ops storage_s3;
extern const struct storage_ops storage_azure;
extern const struct storage_ops storage_pvc, storage_host_path; /* agent.c */

#endif
