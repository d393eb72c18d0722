/* SPDX-License-Identifier: MIT */
/*
 * Opening a bucket: where it is, and whether all can be done with it that will
 * be.
 */
#include "engine/storage/s3_private.h"

#include "base/mem.h"
#include "engine/storage/endpoint.h"
#include "engine/storage/part_name.h"
#include "engine/storage/s3_answer.h"

#include <stdlib.h>
#include <string.h>

#define PART_BYTES (32LL << 20) /* above two of them: in parts */
#define REGION_USUAL "us-east-1"

/* --- addresses --------------------------------------------------------------
 */

/* Hosts' names cannot have all that buckets' can: certificates cover one
 * level, so dots belong into the path. */
static bool is_path_style(const struct storage_config *config,
			  const char *endpoint)
{
	if (config->s3_path_style >= 0)
		return config->s3_path_style;
	return endpoint || strchr(config->s3_bucket, '.');
}

static char *pick(const char *first, const char *second, const char *third)
{
	return xstrdup(first ? first : second ? second : third);
}

static bool settle_address(struct s3 *s3, const struct storage_config *config,
			   struct error *err)
{
	const char *endpoint = config->s3_endpoint ? config->s3_endpoint
						   : s3->credentials.endpoint;
	char *usual = xasprintf("https://s3.%s.amazonaws.com", s3->region);
	struct endpoint address = {0};
	bool is_path = is_path_style(config, endpoint);

	if (!endpoint_read(endpoint ? endpoint : usual, &address, err)) {
		free(usual);
		return false;
	}
	s3->is_https = address.is_https;
	s3->host = is_path ? xstrdup(address.host)
			   : xasprintf("%s.%s", s3->bucket, address.host);
	s3->root = is_path ? xasprintf("%s/%s", address.path, s3->bucket)
			   : xstrdup(address.path);
	s3->base_url =
		xasprintf("http%s://%s", s3->is_https ? "s" : "", s3->host);
	endpoint_release(&address);
	free(usual);
	return true;
}

/* --- sessions ---------------------------------------------------------------
 */

bool s3_open(const struct s3_options *options, struct s3 **ret,
	     struct error *err)
{
	const struct storage_config *config = options->config;
	struct s3 *s3 = xcalloc(1, sizeof(*s3));

	http_answer_init(&s3->answer);
	s3->bucket = xstrdup(config->s3_bucket);
	s3->place = xasprintf("bucket %s", config->s3_bucket);
	s3->prefix = config->s3_prefix ? xasprintf("%s/", config->s3_prefix)
				       : xstrdup("");
	s3->part_bytes = options->part_bytes ? options->part_bytes : PART_BYTES;
	if (options->id)
		s3_credentials_take(options->id, options->secret,
				    options->token, &s3->credentials);
	else if (!s3_credentials_find(config, &s3->credentials, err))
		goto fail;
	s3->region =
		pick(config->s3_region, s3->credentials.region, REGION_USUAL);
	if (!settle_address(s3, config, err))
		goto fail;
	if (!http_open(
		    &(struct http_options){.server = s3->host,
					   .ca_file = config->ca_file,
					   .watch = options->watch,
					   .silence_ms = options->silence_ms},
		    &s3->http, err))
		goto fail;
	*ret = s3;
	return true;
fail:
	s3_close(s3);
	return false;
}

void s3_close(struct s3 *s3)
{
	if (!s3)
		return;
	http_close(s3->http);
	http_answer_release(&s3->answer);
	s3_credentials_release(&s3->credentials);
	free(s3->region);
	free(s3->bucket);
	free(s3->prefix);
	free(s3->base_url);
	free(s3->host);
	free(s3->root);
	free(s3->place);
	free(s3);
}

/* --- preparing --------------------------------------------------------------
 */

static bool find_bucket(struct s3 *s3, struct error *err)
{
	const struct sigv4_pair query[] = {
		{"list-type", "2"},
		{"max-keys", "1"},
		{"prefix", s3->prefix},
	};

	return s3_send(s3,
		       &(struct s3_call){
			       .method = "GET",
			       .query = query,
			       .query_count = 3,
			       .right = "s3:ListBucket",
		       },
		       err);
}

static bool make_bucket(struct s3 *s3, struct error *err)
{
	struct strbuf body = STRBUF_INIT;
	struct http_source source = {.data = ""};
	bool ok;

	/* the usual region is the one that must not be named */
	if (strcmp(s3->region, REGION_USUAL) != 0) {
		strbuf_adds(&body, "<CreateBucketConfiguration>"
				   "<LocationConstraint>");
		s3_add_xml(&body, s3->region);
		strbuf_adds(&body, "</LocationConstraint>"
				   "</CreateBucketConfiguration>");
		source.data = body.data;
		source.size = (int64_t)body.len;
	}
	ok = s3_send(s3,
		     &(struct s3_call){
			     .method = "PUT",
			     .source = &source,
			     .right = "s3:CreateBucket",
		     },
		     err);
	/* somebody else of us was as quick */
	ok = ok || storage_fault_is(&s3->answer, "BucketAlreadyOwnedByYou");
	strbuf_release(&body);
	return ok;
}

/* Writing is tried, since nobody can be asked about it. */
static bool try_writing(struct s3 *s3, struct error *err)
{
	const struct http_source source = {.data = "trialdeck\n", .size = 10};
	char *name = storage_part_name();
	char *key = s3_key(s3, name, err);
	bool ok;

	free(name);
	ok = key && s3_put_object(s3, key, &source, err) &&
	     s3_send(s3,
		     &(struct s3_call){
			     .method = "HEAD",
			     .key = key,
			     .right = "s3:GetObject",
		     },
		     err) &&
	     s3_send(s3,
		     &(struct s3_call){
			     .method = "DELETE",
			     .key = key,
			     .right = "s3:DeleteObject",
		     },
		     err);
	free(key);
	return ok;
}

bool s3_prepare(struct s3 *s3, struct error *err)
{
	if (!find_bucket(s3, err)) {
		if (!storage_fault_is(&s3->answer, "NoSuchBucket"))
			return false;
		if (!make_bucket(s3, err))
			return error_prefix(err, "create %s", s3->place);
	}
	return try_writing(s3, err);
}
