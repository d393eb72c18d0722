/* SPDX-License-Identifier: MIT */
/*
 * Under which of this host's addresses pods may reach the side port: the
 * candidates, and what was found out at an earlier start (probe.c), which is
 * kept in the experiment's directory.
 */
#include "engine/platform/kubernetes/private.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/sideport/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Host and port of the API server's URL. */
static void split_server(const char *server, char *host, size_t size, int *port)
{
	const char *at = strstr(server, "://");
	size_t len;

	*port = !strncmp(server, "http:", 5) ? 80 : 443;
	at = at ? at + 3 : server;
	if (*at == '[') {
		at++;
		len = strcspn(at, "]");
		if (at[len] && at[len + 1] == ':')
			*port = (int)strtol(at + len + 2, NULL, 10);
	} else {
		len = strcspn(at, ":/");
		if (at[len] == ':')
			*port = (int)strtol(at + len + 1, NULL, 10);
	}
	snprintf(host, size, "%.*s", (int)len, at);
}

static char *reach_path(const struct platform *platform)
{
	return fs_join(platform->context.experiment->directory,
		       "sideport.reach");
}

static void recall(struct platform *platform)
{
	char *path = reach_path(platform);
	struct strbuf text = STRBUF_INIT;
	struct error ignored;

	if (fs_read_file(path, 4096, &text, &ignored)) {
		strbuf_truncate(&text, strcspn(text.data, "\n"));
		for (size_t i = 0; platform->urls[i]; i++)
			if (!strcmp(platform->urls[i], text.data)) {
				platform->reach = K8S_REACH_SIDEPORT;
				platform->url = xstrdup(text.data);
			}
	}
	strbuf_release(&text);
	free(path);
}

void k8s_reach_remember(struct platform *platform, const char *text)
{
	char *path = reach_path(platform);
	char *line = xasprintf("%s\n", text);
	struct error ignored;

	/* unknown next time, if it cannot be written */
	fs_write_file(path, line, strlen(line), &ignored);
	free(line);
	free(path);
}

bool k8s_reach_open(struct platform *platform, struct error *err)
{
	char host[256];
	char **addresses;
	size_t count;
	int port;

	split_server(platform->kube_config->server, host, sizeof(host), &port);
	count = sideport_addresses(platform->config->side_port_address, host,
				   port, &addresses);
	platform->urls = xcalloc(count + 1, sizeof(*platform->urls));
	for (size_t i = 0; i < count; i++)
		platform->urls[i] = sideport_url(
			addresses[i], sideport_port(platform->context.sideport),
			platform->config->side_port_tls);
	sideport_addresses_free(addresses, count);
	if (!count)
		return error_set(err, ERROR_INVALID,
				 "this host has no address that pods could "
				 "reach; give one as sidePort.address");
	recall(platform);
	if (!platform->url)
		platform->url = xstrdup(platform->urls[0]);
	return true;
}
