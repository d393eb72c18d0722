/* SPDX-License-Identifier: MIT */
#include "tests/cluster/player/kubelet.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/strbuf.h"

#include <err.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static atomic_long logs;

long kubelet_logs(void)
{
	return atomic_load(&logs);
}

static void add_line(struct strbuf *out, bool has_time, const char *text)
{
	if (has_time) {
		clock_format_iso(out, clock_wall_ns());
		strbuf_addch(out, ' ');
	}
	strbuf_adds(out, text);
	strbuf_addch(out, '\n');
}

/* GET /containerLogs/NAMESPACE/POD/CONTAINER?timestamps=true */
static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *len, void **state)
{
	const char *timestamps = MHD_lookup_connection_value(
		connection, MHD_GET_ARGUMENT_KIND, "timestamps");
	bool has_time = timestamps && !strcmp(timestamps, "true");
	struct strbuf out = STRBUF_INIT;
	struct MHD_Response *response;
	unsigned int code = MHD_HTTP_NOT_FOUND;
	enum MHD_Result result;

	(void)arg;
	(void)version;
	(void)data;
	(void)len;
	(void)state;
	if (!strcmp(method, "GET") && !strncmp(url, "/containerLogs/", 15)) {
		atomic_fetch_add(&logs, 1);
		code = MHD_HTTP_OK;
		add_line(&out, has_time, "default=0.5");
		add_line(&out, has_time, "final=0.5");
	}
	response = MHD_create_response_from_buffer(out.len, out.data,
						   MHD_RESPMEM_MUST_COPY);
	strbuf_release(&out);
	result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static void read_pem(const char *pki, const char *name, struct strbuf *out)
{
	char path[4096];
	struct error error;

	snprintf(path, sizeof(path), "%s/%s", pki, name);
	if (!fs_read_file(path, 65536, out, &error))
		errx(1, "%s", error.text);
}

uint16_t kubelet_serve(const char *pki)
{
	struct strbuf cert = STRBUF_INIT, key = STRBUF_INIT;
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;

	read_pem(pki, "kubelet-server.crt", &cert);
	read_pem(pki, "kubelet-server.key", &key);
	daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL,
		answer, NULL, MHD_OPTION_HTTPS_MEM_CERT, cert.data,
		MHD_OPTION_HTTPS_MEM_KEY, key.data, MHD_OPTION_END);
	info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)
		      : NULL;
	if (!info)
		errx(1, "the kubelet's server does not start");
	strbuf_release(&cert);
	strbuf_release(&key);
	return info->port;
}
