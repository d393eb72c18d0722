/* SPDX-License-Identifier: MIT */
/* Any bytes as a list of kubeconfigs, cut at lines "%%".  Accepted, the
 * configuration must be one that can be used; refused, it must say why. */
#include "base/utf8.h"
#include "engine/kube/config.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXTS_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_line(const char *text)
{
	for (; text && *text; text++)
		assert((unsigned char)*text >= 0x20 && *text != 0x7f);
}

/* A header's value: HTTP allows tabs. */
static void check_value(const char *text)
{
	for (; text && *text; text++)
		assert(((unsigned char)*text >= 0x20 && *text != 0x7f) ||
		       *text == '\t');
}

static void check(const struct kube_config *config)
{
	struct strbuf line = STRBUF_INIT;
	const char *host;

	assert(config->namespace && *config->namespace);
	assert(!strncmp(config->server, "http", 4));
	assert(!strpbrk(config->server, "?#\r\n "));
	/* a path may have it, a host may not */
	host = strstr(config->server, "://") + 3;
	assert(strcspn(host, "@") >= strcspn(host, "/"));
	assert(config->server[strlen(config->server) - 1] != '/');
	assert(config->file && config->context && config->cluster);
	assert(!(config->skip_tls_verify &&
		 (config->ca_file || config->ca_data)));
	assert(!(config->ca_file && config->ca_data));
	assert(!(config->token && config->username));
	check_value(config->token);
	check_value(config->as);
	check_value(config->as_uid);
	if (config->exec)
		assert(config->exec->command && config->exec->api_version &&
		       !config->token && !config->cert_file);
	kube_config_describe(config, &line);
	check_line(line.data);
	strbuf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[TEXTS_MAX] = {"/a/one", "/b/two",
						     "three"};
	const struct kube_config_options options = {0};
	char *whole = malloc(size + 1);
	const char *texts[TEXTS_MAX];
	struct kube_config *config = NULL;
	struct error err = {ERROR_NONE, ""};
	size_t count = 0;
	char *at = whole;

	memcpy(whole, data, size);
	whole[size] = '\0';
	while (at && count < TEXTS_MAX) {
		char *cut = strstr(at, "%%\n");

		if (cut)
			*cut = '\0';
		texts[count++] = at;
		at = cut ? cut + 3 : NULL;
	}
	if (kube_config_parse(&options, names, texts, count, &config, &err)) {
		assert(err.code == ERROR_NONE);
		check(config);
	} else {
		assert(!config && err.code != ERROR_NONE && *err.text);
		check_line(err.text);
	}
	kube_config_free(config);
	free(whole);
	return 0;
}
