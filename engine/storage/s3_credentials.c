/* SPDX-License-Identifier: MIT */
/* Access keys: environment and files. */
#include "engine/storage/s3_credentials.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kube/secret.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (256u << 10)
#define VALUE_MAX_BYTES 16384 /* session tokens are about 1 KiB */

void s3_credentials_release(struct s3_credentials *credentials)
{
	secret_free(credentials->id);
	secret_free(credentials->secret);
	secret_free(credentials->token);
	free(credentials->origin);
	free(credentials->region);
	free(credentials->endpoint);
	*credentials = (struct s3_credentials){0};
}

/* --- files: [section], then name = value ------------------------------------
 */

struct profile {
	struct s3_credentials found;
	bool is_there;
	char other[64]; /* a way to keys that is not ours */
};

/* In place: without white space at both ends. */
static char *trim(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}

static void take(char **slot, const char *value)
{
	if (!*slot && *value && strlen(value) <= VALUE_MAX_BYTES)
		*slot = xstrdup(value);
}

static void read_setting(struct profile *profile, const char *name,
			 const char *value)
{
	static const char *const others[] = {"credential_process",
					     "role_arn",
					     "sso_session",
					     "sso_start_url",
					     "web_identity_token_file",
					     "login_session"};
	struct s3_credentials *found = &profile->found;

	if (!strcmp(name, "aws_access_key_id"))
		take(&found->id, value);
	else if (!strcmp(name, "aws_secret_access_key"))
		take(&found->secret, value);
	else if (!strcmp(name, "aws_session_token"))
		take(&found->token, value);
	else if (!strcmp(name, "region"))
		take(&found->region, value);
	else if (!strcmp(name, "endpoint_url"))
		take(&found->endpoint, value);
	for (size_t i = 0; i < COUNT_OF(others); i++)
		if (!strcmp(name, others[i]) && !*profile->other)
			memcpy(profile->other, name, strlen(name) + 1);
}

/* Is "[profile lab]" or "[lab]" this profile's?  Both files are read alike. */
static bool is_section(char *line, const char *name)
{
	char *end = strchr(line, ']');
	char *title;

	if (!end)
		return false;
	*end = '\0';
	title = trim(line + 1);
	if (!strncmp(title, "profile", 7) && isspace((unsigned char)title[7]))
		title = trim(title + 7);
	return !strcmp(title, name);
}

/* text is cut up. */
static void read_text(struct profile *profile, const char *name, char *text)
{
	bool is_ours = false;
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n"));) {
		char *value;
		/* settings of a group are indented: s3 =\n  max_queue = 1 */
		bool is_indented = *line == ' ' || *line == '\t';

		line = trim(line);
		if (!*line || *line == '#' || *line == ';')
			continue;
		if (*line == '[') {
			is_ours = is_section(line, name);
			profile->is_there = profile->is_there || is_ours;
			continue;
		}
		value = strchr(line, '=');
		if (!is_ours || !value || is_indented)
			continue;
		*value++ = '\0';
		read_setting(profile, trim(line), trim(value));
	}
}

static bool read_file(struct profile *profile, const char *name,
		      const char *path, bool is_required, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct error why;
	bool ok = secret_read_file(path, FILE_MAX_BYTES, &text, &why);

	if (ok)
		read_text(profile, name, text.data);
	secret_release(&text);
	if (!ok && (is_required || why.code != ERROR_NOT_FOUND)) {
		*err = why;
		return false;
	}
	return true;
}

/* A file as the environment names it, or where it usually is. */
static char *usual_file(const char *variable, const char *usual)
{
	const char *given = getenv(variable);

	return given && *given ? xstrdup(given) : fs_expand_home(usual);
}

/* --- where to look ----------------------------------------------------------
 */

static bool fail_profile(const struct profile *profile, const char *name,
			 const char *path, struct error *err)
{
	if (!profile->is_there)
		return error_set(err, ERROR_NOT_FOUND,
				 "access keys of S3: %s has no profile [%s]: "
				 "set AWS_ACCESS_KEY_ID and "
				 "AWS_SECRET_ACCESS_KEY, or write it",
				 path, name);
	if (*profile->other)
		return error_set(err, ERROR_INVALID,
				 "access keys of S3: profile %s gets them by "
				 "%s, which is not done here: `aws configure "
				 "export-credentials --format env` prints "
				 "variables to set",
				 name, profile->other);
	return error_set(err, ERROR_INVALID,
			 "access keys of S3: profile %s of %s lacks "
			 "aws_access_key_id or aws_secret_access_key",
			 name, path);
}

static bool find_in_files(const struct storage_config *config,
			  struct s3_credentials *ret, struct error *err)
{
	const char *variable = getenv("AWS_PROFILE");
	const char *name = config->s3_profile	   ? config->s3_profile
			   : variable && *variable ? variable
						   : "default";
	struct profile profile = {0};
	char *path = config->s3_credentials
			     ? xstrdup(config->s3_credentials)
			     : usual_file("AWS_SHARED_CREDENTIALS_FILE",
					  "~/.aws/credentials");
	char *settings = usual_file("AWS_CONFIG_FILE", "~/.aws/config");
	bool ok = read_file(&profile, name, path, config->s3_credentials, err);

	if (ok && !config->s3_credentials)
		ok = read_file(&profile, name, settings, false, err);
	if (ok && (!profile.found.id || !profile.found.secret))
		ok = fail_profile(&profile, name, path, err);
	if (ok) {
		*ret = profile.found;
		ret->origin = xasprintf("profile %s of %s", name, path);
	} else {
		s3_credentials_release(&profile.found);
	}
	free(settings);
	free(path);
	return ok;
}

/* The first variable that says anything, or NULL.  Caller frees. */
static char *variable_of(const char *const names[])
{
	for (; *names; names++) {
		const char *value = getenv(*names);

		if (value && *value)
			return xstrdup(value);
	}
	return NULL;
}

static void replace(char **slot, char *value)
{
	if (!value)
		return;
	free(*slot);
	*slot = value;
}

static void add_settings(struct s3_credentials *ret)
{
	static const char *const regions[] = {"AWS_REGION",
					      "AWS_DEFAULT_REGION", NULL};
	static const char *const endpoints[] = {"AWS_ENDPOINT_URL_S3",
						"AWS_ENDPOINT_URL", NULL};

	replace(&ret->region, variable_of(regions));
	replace(&ret->endpoint, variable_of(endpoints));
}

void s3_credentials_take(const char *id, const char *secret, const char *token,
			 struct s3_credentials *ret)
{
	*ret = (struct s3_credentials){
		.id = xstrdup(id),
		.secret = xstrdup(secret),
		.token = xstrdup_or_null(token),
		.origin = xstrdup("this experiment"),
	};
	add_settings(ret);
}

bool s3_credentials_find(const struct storage_config *config,
			 struct s3_credentials *ret, struct error *err)
{
	const char *id = getenv("AWS_ACCESS_KEY_ID");
	const char *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *token = getenv("AWS_SESSION_TOKEN");
	bool is_named = config->s3_credentials || config->s3_profile;

	*ret = (struct s3_credentials){0};
	if (!is_named && id && *id && secret && *secret) {
		ret->id = xstrdup(id);
		ret->secret = xstrdup(secret);
		if (token && *token)
			ret->token = xstrdup(token);
		ret->origin = xstrdup("AWS_ACCESS_KEY_ID");
	} else if (!find_in_files(config, ret, err)) {
		return false;
	}
	/* a header's line ends there: these would end up in the next one */
	if (strpbrk(ret->id, "\r\n ,/") || strpbrk(ret->secret, "\r\n") ||
	    (ret->token && strpbrk(ret->token, "\r\n"))) {
		error_set(err, ERROR_INVALID,
			  "access keys of S3: those of %s have characters that "
			  "no key has",
			  ret->origin);
		s3_credentials_release(ret);
		return false;
	}
	add_settings(ret);
	return true;
}
