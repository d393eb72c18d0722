/* SPDX-License-Identifier: MIT */
/* Opening a share of Azure Files, and whether it can be written. */
#include "engine/storage/azure_private.h"

#include "base/mem.h"
#include "engine/storage/endpoint.h"
#include "engine/storage/part_name.h"

#include <stdlib.h>
#include <string.h>

static bool settle_address(struct azure *azure,
			   const struct storage_config *config,
			   struct error *err)
{
	char *usual = xasprintf("https://%s.file.core.windows.net",
				config->azure_account);
	const char *text =
		config->azure_endpoint ? config->azure_endpoint : usual;
	struct endpoint endpoint = {0};
	bool ok = endpoint_read(text, &endpoint, err);

	if (ok) {
		azure->base_url =
			xasprintf("http%s://%s", endpoint.is_https ? "s" : "",
				  endpoint.host);
		azure->host = xstrdup(endpoint.host);
		azure->root =
			xasprintf("%s/%s", endpoint.path, config->azure_share);
	}
	endpoint_release(&endpoint);
	free(usual);
	return ok;
}

static bool settle_credential(struct azure *azure,
			      const struct azure_options *options,
			      struct error *err)
{
	struct azure_credential *credential = &azure->credential;

	if (options->given ? !azure_key_take(options->given, credential, err)
			   : !azure_key_get(options->config, options->watch,
					    credential, err))
		return false;
	azure->owner = xasprintf("storage account %s (%s)", azure->account,
				 credential->origin);
	return true;
}

bool azure_open(const struct azure_options *options, struct azure **ret,
		struct error *err)
{
	const struct storage_config *config = options->config;
	struct azure *azure = xcalloc(1, sizeof(*azure));

	http_answer_init(&azure->answer);
	azure->account = xstrdup(config->azure_account);
	azure->share = xstrdup(config->azure_share);
	azure->place = xasprintf("share %s", config->azure_share);
	if (!settle_address(azure, config, err) ||
	    !settle_credential(azure, options, err) ||
	    !http_open(
		    &(struct http_options){.server = azure->host,
					   .ca_file = config->ca_file,
					   .watch = options->watch,
					   .silence_ms = options->silence_ms},
		    &azure->http, err)) {
		azure_close(azure);
		return false;
	}
	*ret = azure;
	return true;
}

void azure_close(struct azure *azure)
{
	if (!azure)
		return;
	http_close(azure->http);
	http_answer_release(&azure->answer);
	azure_credential_release(&azure->credential);
	azure_forget_folders(azure);
	free(azure->account);
	free(azure->share);
	free(azure->base_url);
	free(azure->host);
	free(azure->root);
	free(azure->place);
	free(azure->owner);
	free(azure);
}

static bool make_share(struct azure *azure, struct error *err)
{
	static const struct sharedkey_pair query[] = {{"restype", "share"}};
	static const struct http_source nothing = {.data = ""};

	return azure_send(azure,
			  &(struct azure_call){
				  .method = "PUT",
				  .query = query,
				  .query_count = 1,
				  .source = &nothing,
				  .right = "to create shares (c)",
			  },
			  err) ||
	       azure_was(azure, "ShareAlreadyExists");
}

static bool find_share(struct azure *azure, struct error *err)
{
	static const struct sharedkey_pair query[] = {{"restype", "directory"},
						      {"comp", "list"},
						      {"maxresults", "1"}};

	return azure_send(azure,
			  &(struct azure_call){
				  .method = "GET",
				  .query = query,
				  .query_count = 3,
				  .right = "to list folders (l)",
			  },
			  err);
}

static bool try_writing(struct azure *azure, struct error *err)
{
	static const struct http_source source = {.data = "trialdeck\n",
						  .size = 10};
	char *name = storage_part_name();
	bool ok = azure_put_file(azure, name, &source, err) &&
		  azure_remove_tree(azure, name, err);

	free(name);
	return ok;
}

bool azure_prepare(struct azure *azure, struct error *err)
{
	if (!find_share(azure, err)) {
		if (!azure_was(azure, "ShareNotFound"))
			return false;
		if (!make_share(azure, err))
			return error_prefix(err, "create %s", azure->place);
	}
	return try_writing(azure, err);
}
