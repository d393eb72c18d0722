/* SPDX-License-Identifier: MIT */
/*
 * The inside of Azure Files (kubernetes.md 8.2).
 *
 *   azure.c           the operations' table
 *   azure_open.c      opening, preparing
 *   azure_request.c   one authorised request; what refusals mean here
 *   azure_folder.c    folders made once
 *   azure_file.c      put, get, copy
 *   azure_tree.c      list and remove
 *   azure_name.c      what names may be; pure
 *   azure_answer.c    XML; pure
 *   azure_key.c       keys and tokens
 */
#ifndef ENGINE_STORAGE_AZURE_PRIVATE_H
#define ENGINE_STORAGE_AZURE_PRIVATE_H

#include "engine/storage/azure_answer.h"
#include "engine/storage/azure_key.h"
#include "engine/storage/fault.h"
#include "engine/storage/http.h"
#include "engine/storage/sharedkey.h"

/* Rename came with 2021-04-10; from 2021-06-08 on new files need no headers
 * about permissions. */
#define AZURE_VERSION "2021-06-08"
#define AZURE_RANGE_BYTES (4LL << 20) /* Put Range's most */

struct azure {
	struct http_session *http;
	struct azure_credential credential;
	char *account, *share;
	char *base_url; /* "https://acc.file.core.windows.net" */
	char *host;
	char *root;  /* encoded path of the share: "/share" */
	char *place; /* "share trials" */
	char *owner; /* "storage account acc (AZURE_STORAGE_KEY)" */
	struct http_answer answer; /* of the last request */
	/* folders known to be there */
	char **folders;
	size_t folder_count, folder_capacity;
};

struct azure_call {
	const char *method;
	const char *path; /* not encoded; NULL: the share itself */
	const struct sharedkey_pair *query;
	size_t query_count;
	const struct sharedkey_pair *headers; /* x-ms-... */
	size_t header_count;
	const struct http_source *source;
	struct http_sink *sink;
	bool is_cleanup;
	const char *right; /* what a refusal would say is missing */
};

#define AZURE_PAIRS(pairs) (pairs), sizeof(pairs) / sizeof((pairs)[0])

/* Send it; true when the code is 2xx.  Else err says why, and answer.code is 0
 * where there was none. */
bool azure_send(struct azure *azure, const struct azure_call *call,
		struct error *err);
/* Was the last refusal of this sort? */
bool azure_was(const struct azure *azure, const char *code);
/* Append the URL of a path, as headers name sources: with the token, so never
 * for people. */
void azure_add_url(const struct azure *azure, const char *path,
		   struct strbuf *out);

/* --- azure_name.c ----------------------------------------------------------
 */

/* May a file be called that?  Else err says what stands against it.  Azure
 * compares without case; that is not looked at here. */
bool azure_check_path(const char *path, struct error *err);

/* --- azure_folder.c --------------------------------------------------------
 */

/* Make the folders that a path lies in. */
bool azure_make_parents(struct azure *azure, const char *path,
			struct error *err);
/* Forget which are there: somebody has removed some. */
void azure_forget_folders(struct azure *azure);

/* --- azure_open.c ----------------------------------------------------------
 */

struct azure_options {
	const struct storage_config *config;
	/* a key or token that is known already; NULL: found out, which may ask
	 * a Key Vault */
	const char *given;
	struct storage_watch *watch; /* or NULL */
	int silence_ms;		     /* 0: as usual; tests shorten it */
};

bool azure_open(const struct azure_options *options, struct azure **ret,
		struct error *err);
void azure_close(struct azure *azure); /* NULL ok */
/* The share is there, made where it was not, and can be written. */
bool azure_prepare(struct azure *azure, struct error *err);

/* --- azure_file.c, azure_tree.c: the operations ----------------------------
 */

bool azure_put_file(struct azure *azure, const char *path,
		    const struct http_source *source, struct error *err);
bool azure_get_file(struct azure *azure, const char *path, int fd,
		    int64_t offset, struct error *err);
/* The Content-MD5 that whoever put it set; none with most. */
bool azure_digest_file(struct azure *azure, const char *path,
		       struct storage_digest *ret, struct error *err);
bool azure_copy_file(struct azure *azure, const char *from, const char *to,
		     struct error *err);

/* fn gets each entry below path ("" is the share), a folder before what is in
 * it; false ends the listing as a failure that fn has put into err. */
typedef bool azure_entry_fn(const char *path, const struct azure_entry *entry,
			    void *arg, struct error *err);
bool azure_list_tree(struct azure *azure, const char *path, bool is_deep,
		     azure_entry_fn *fn, void *arg, struct error *err);
/* File or folder with all in it; what is not there is fine. */
bool azure_remove_tree(struct azure *azure, const char *path,
		       struct error *err);

#endif
