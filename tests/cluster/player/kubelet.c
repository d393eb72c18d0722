/* SPDX-License-Identifier: MIT */
#include "tests/cluster/player/kubelet.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <err.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 4096
#define LOOK_AGAIN_MS 200

static atomic_long logs;
static int64_t printed_ns; /* when every pod has printed all it prints */

long kubelet_logs(void)
{
	return atomic_load(&logs);
}

/* ---- which pods run -------------------------------------------------------
 */

struct name {
	struct name *next;
	char *text;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct name *running[BUCKETS];

static struct name **slot_of(const char *name)
{
	struct name **slot;
	size_t hash = 5381;

	for (const char *at = name; *at; at++)
		hash = hash * 33 + (unsigned char)*at;
	slot = &running[hash % BUCKETS];
	while (*slot && strcmp((*slot)->text, name) != 0)
		slot = &(*slot)->next;
	return slot;
}

void kubelet_pod_runs(const char *name, bool is_running)
{
	struct name **slot, *found;

	pthread_mutex_lock(&mutex);
	slot = slot_of(name);
	found = *slot;
	if (found && !is_running) {
		*slot = found->next;
		free(found->text);
		free(found);
	} else if (!found && is_running) {
		*slot = xcalloc(1, sizeof(**slot));
		(*slot)->text = xstrdup(name);
	}
	pthread_mutex_unlock(&mutex);
}

static bool runs(const char *name)
{
	bool result;

	pthread_mutex_lock(&mutex);
	result = *slot_of(name) != NULL;
	pthread_mutex_unlock(&mutex);
	return result;
}

/* ---- a log -----------------------------------------------------------------
 */

struct log {
	char pod[254];
	bool is_followed;
	struct strbuf text;
};

static void add_line(struct log *log, bool has_time, const char *text)
{
	if (has_time) {
		clock_format_iso(&log->text, printed_ns);
		strbuf_addch(&log->text, ' ');
	}
	strbuf_adds(&log->text, text);
	strbuf_addch(&log->text, '\n');
}

/* On a thread of the connection's own, so it may wait. */
static ssize_t read_log(void *arg, uint64_t at, char *buffer, size_t size)
{
	struct log *log = arg;
	size_t left = at < log->text.len ? log->text.len - (size_t)at : 0;

	if (left) {
		left = left < size ? left : size;
		memcpy(buffer, log->text.data + at, left);
		return (ssize_t)left;
	}
	while (log->is_followed && runs(log->pod))
		poll(NULL, 0, LOOK_AGAIN_MS);
	return MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_log(void *arg)
{
	struct log *log = arg;

	strbuf_release(&log->text);
	free(log);
}

/* Does the client ask only for what came later? */
static bool is_too_late(struct MHD_Connection *connection)
{
	const char *since = MHD_lookup_connection_value(
		connection, MHD_GET_ARGUMENT_KIND, "sinceTime");
	int64_t since_ns;

	return since && clock_parse_iso(since, &since_ns) &&
	       since_ns > printed_ns;
}

static bool is_true(struct MHD_Connection *connection, const char *argument)
{
	const char *value = MHD_lookup_connection_value(
		connection, MHD_GET_ARGUMENT_KIND, argument);

	return value && !strcmp(value, "true");
}

/* GET /containerLogs/NAMESPACE/POD/CONTAINER?timestamps=true&follow=true */
static enum MHD_Result answer(void *arg, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *len, void **state)
{
	struct log *log = xcalloc(1, sizeof(*log));
	struct MHD_Response *response;
	unsigned int code = MHD_HTTP_NOT_FOUND;
	enum MHD_Result result;
	bool has_time = is_true(connection, "timestamps");

	(void)arg;
	(void)version;
	(void)data;
	(void)len;
	(void)state;
	strbuf_init(&log->text);
	if (!strcmp(method, "GET") &&
	    sscanf(url, "/containerLogs/%*[^/]/%253[^/]", log->pod) == 1) {
		atomic_fetch_add(&logs, 1);
		code = MHD_HTTP_OK;
		log->is_followed = is_true(connection, "follow");
		if (!is_too_late(connection)) {
			add_line(log, has_time, "default=0.5");
			add_line(log, has_time, "final=0.5");
		}
	}
	response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096,
						     read_log, log, free_log);
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

	printed_ns = clock_wall_ns();
	read_pem(pki, "kubelet-server.crt", &cert);
	read_pem(pki, "kubelet-server.key", &key);
	daemon = MHD_start_daemon(
		MHD_USE_THREAD_PER_CONNECTION |
			MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_TLS,
		0, NULL, NULL, answer, NULL, MHD_OPTION_HTTPS_MEM_CERT,
		cert.data, MHD_OPTION_HTTPS_MEM_KEY, key.data, MHD_OPTION_END);
	info = daemon ? MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)
		      : NULL;
	if (!info)
		errx(1, "the kubelet's server does not start");
	strbuf_release(&cert);
	strbuf_release(&key);
	return info->port;
}
