/* SPDX-License-Identifier: MIT */
/*
 * Whose bucket it is: access keys from where Amazon's own tools look for them
 * (kubernetes.md 8.4), first found first used:
 *
 *   the file and the profile that the experiment names
 *   $AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY, $AWS_SESSION_TOKEN
 *   ~/.aws/credentials and ~/.aws/config, or $AWS_SHARED_CREDENTIALS_FILE and
 *   $AWS_CONFIG_FILE, profile $AWS_PROFILE, else "default"
 *
 * Profiles that would have to run something or to log in are refused by name.
 * Thread: any that may read the environment.
 */
#ifndef ENGINE_STORAGE_S3_CREDENTIALS_H
#define ENGINE_STORAGE_S3_CREDENTIALS_H

#include "base/error.h"
#include "model/experiment.h"

struct s3_credentials {
	char *id, *secret;
	char *token;  /* or NULL */
	char *origin; /* for sentences: "profile lab of /home/me/..." */
	/* what the environment or the profile say; NULL: nothing */
	char *region, *endpoint;
};

/* ERROR_NOT_FOUND: there are none, ERROR_INVALID: they cannot be used. */
bool s3_credentials_find(const struct storage_config *config,
			 struct s3_credentials *ret, struct error *err);
/* The same for keys that the caller has. */
void s3_credentials_take(const char *id, const char *secret, const char *token,
			 struct s3_credentials *ret);
/* Wipes. */
void s3_credentials_release(struct s3_credentials *credentials);

#endif
