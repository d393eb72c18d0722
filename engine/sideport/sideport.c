/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping, and the queue between HTTP threads and the engine.
 *
 * The path of a report.  An HTTP thread has read and parsed a request; it
 * suspends the connection and appends the report to the queue, waking the
 * engine if the queue was empty.  The engine takes the whole queue, commits
 * everything in one transaction, and answers each report: its connection is
 * resumed and the HTTP thread sends the status.  While one commit waits for the
 * disk the next group gathers, so the more connections, the larger the groups.
 *
 * Nothing here blocks an HTTP thread but short mutexes, and a report lives
 * inside its connection's record, so in the steady state a request allocates
 * nothing.  A suspended connection is never closed by libmicrohttpd, however
 * dead its peer is: so the pointer in the report stays good until the answer.
 *
 * Stopping.  First no new connections; then every suspended connection is
 * resumed with 503; then, for half a second at most, the answers may leave;
 * then the daemon ends.  Connections are turned away by us, not by
 * MHD_quiesce_daemon: with epoll it takes the listening socket out of each
 * worker's set, the worker may do the same at that moment, and whoever comes
 * second aborts the program.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/sideport/output.h"
#include "engine/sideport/private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_MEMORY (12u << 10)
#define CONNECTION_INCREMENT (4u << 10)
#define DESCRIPTORS_BESIDE 512 /* for everything but connections */
#define STOP_MS 500
/* What BearSSL's full client can, and everything newer; forward secrecy and
 * authenticated ciphers only.  In GnuTLS's language. */
#define TLS_PRIORITIES                                                         \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:"     \
	"+ECDHE-RSA:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"

void sideport_submit(struct client *client)
{
	struct sideport *sideport = client->sideport;
	struct report *report = &client->report;
	size_t bytes = sizeof(*client) + client->body.len + report->len +
		       report->metrics.count * sizeof(struct metric);
	bool was_empty = false;
	bool is_refused;

	report->trial = client->caller.trial;
	report->attempt = client->caller.attempt;
	report->connection = client;
	report->next = NULL;
	client->queued_bytes = bytes;
	client->deadline_ns = CLIENT_NO_DEADLINE;
	MHD_suspend_connection(client->connection);
	pthread_mutex_lock(&sideport->mutex);
	is_refused = sideport->is_stopping ||
		     sideport->queued_bytes + bytes > SIDEPORT_QUEUE_MAX;
	if (!is_refused) {
		was_empty = !sideport->first;
		sideport->queued_bytes += bytes;
		client->is_waiting = true;
		*sideport->last = report;
		sideport->last = &report->next;
	}
	pthread_mutex_unlock(&sideport->mutex);
	/* from here on the client belongs to the engine, unless refused */
	if (is_refused) {
		client_fail(client, MHD_HTTP_SERVICE_UNAVAILABLE,
			    "too much is waiting, or the program is ending: "
			    "try again");
		MHD_resume_connection(client->connection);
	} else if (was_empty && sideport->wake) {
		sideport->wake(sideport->wake_arg);
	}
}

struct report *sideport_take(struct sideport *sideport)
{
	struct report *first;

	pthread_mutex_lock(&sideport->mutex);
	first = sideport->first;
	sideport->first = NULL;
	sideport->last = &sideport->first;
	pthread_mutex_unlock(&sideport->mutex);
	sideport->is_ready = true;
	return first;
}

static void release_client(struct client *client, int status, const char *text)
{
	if (!atomic_exchange(&client->is_waiting, false))
		return;
	client->sideport->queued_bytes -= client->queued_bytes;
	client->status = status;
	if (status != MHD_HTTP_OK)
		client_fail(client, status, "%s", text ? text : "failed");
	MHD_resume_connection(client->connection);
}

void sideport_answer(struct sideport *sideport, struct report *report,
		     int status, const char *error_text)
{
	(void)sideport;
	release_client(report->connection, status, error_text);
}

void sideport_allow(struct sideport *sideport, int64_t trial, int attempt,
		    const char *trial_id, const char *token,
		    const char *parameters, bool allow_nni)
{
	struct caller caller = {.trial = trial, .attempt = attempt};

	snprintf(caller.trial_id, sizeof(caller.trial_id), "%s", trial_id);
	table_allow(&sideport->table, &caller, token, parameters, allow_nni);
}

void sideport_forbid(struct sideport *sideport, int64_t trial, int attempt)
{
	table_forbid(&sideport->table, trial, attempt);
	output_forget(sideport, trial, attempt);
}

static struct MHD_Response *make_prometheus(const char *text)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

	if (response)
		MHD_add_response_header(
			response, "Content-Type",
			"text/plain; version=0.0.4; charset=utf-8");
	return response;
}

void sideport_set_prometheus(struct sideport *sideport, const char *text)
{
	struct MHD_Response *old = make_prometheus(text);
	struct MHD_Response *swap = old;

	if (!old)
		return;
	pthread_mutex_lock(&sideport->mutex);
	old = sideport->prometheus;
	sideport->prometheus = swap;
	pthread_mutex_unlock(&sideport->mutex);
	if (old)
		MHD_destroy_response(old);
}

uint16_t sideport_port(const struct sideport *sideport)
{
	return sideport->port;
}

static bool listen_at(struct sideport *sideport, const struct addrinfo *address,
		      struct error *err)
{
	struct sockaddr_storage bound;
	socklen_t len = sizeof(bound);
	int one = 1, zero = 0;
	int fd = socket(address->ai_family,
			SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return error_set_errno(err, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, address->ai_addr, address->ai_addrlen) ||
	    listen(fd, SOMAXCONN) ||
	    getsockname(fd, (struct sockaddr *)&bound, &len)) {
		error_set_errno(err, "listen");
		close(fd);
		return false;
	}
	sideport->listen_fd = fd;
	sideport->port =
		ntohs(bound.ss_family == AF_INET6
			      ? ((struct sockaddr_in6 *)&bound)->sin6_port
			      : ((struct sockaddr_in *)&bound)->sin_port);
	return true;
}

static bool listen_on(struct sideport *sideport, const char *host,
		      uint16_t wanted_port, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
					     AI_PASSIVE};
	struct addrinfo *address;
	char port[8];
	int failure;
	bool ok;

	snprintf(port, sizeof(port), "%u", wanted_port);
	failure = getaddrinfo(host, port, &hints, &address);
	if (failure)
		return error_set(err, ERROR_INVALID,
				 "side port: address %s: %s", host,
				 gai_strerror(failure));
	ok = listen_at(sideport, address, err);
	freeaddrinfo(address);
	return ok || error_prefix(err, "side port %s:%u", host, wanted_port);
}

static bool open_listener(struct sideport *sideport,
			  const struct sideport_options *options,
			  struct error *err)
{
	const char *host = options->bind ? options->bind : "127.0.0.1";
	struct error ignored;

	if (strcmp(host, "*"))
		return listen_on(sideport, host, options->port, err);
	/* no IPv6: the second try tells what else is wrong */
	return listen_on(sideport, "::", options->port, &ignored) ||
	       listen_on(sideport, "0.0.0.0", options->port, err);
}

/* How many connections the limit of open files allows, raising it first. */
static unsigned int connection_limit(void)
{
	struct rlimit limit;
	rlim_t wanted = SIDEPORT_CLIENTS_MAX + DESCRIPTORS_BESIDE;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return SIDEPORT_CLIENTS_MAX / 4;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur =
			limit.rlim_max < wanted ? limit.rlim_max : wanted;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= wanted)
		return SIDEPORT_CLIENTS_MAX;
	return limit.rlim_cur / 2 > 0 ? (unsigned int)limit.rlim_cur / 2 : 1;
}

static enum MHD_Result admit(void *arg, const struct sockaddr *address,
			     socklen_t len)
{
	struct sideport *sideport = arg;
	bool is_stopping;

	(void)address, (void)len;
	pthread_mutex_lock(&sideport->mutex);
	is_stopping = sideport->is_stopping;
	pthread_mutex_unlock(&sideport->mutex);
	return is_stopping ? MHD_NO : MHD_YES;
}

static bool start_daemon(struct sideport *sideport,
			 const struct sideport_options *options,
			 struct error *err)
{
	unsigned int flags =
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
	int threads = options->threads > 0 ? options->threads : 2;
	unsigned int connections = options->connections > 0
					   ? (unsigned int)options->connections
					   : connection_limit();
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, sideport->cert_pem},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, sideport->key_pem},
		{MHD_OPTION_HTTPS_PRIORITIES, 0,
		 (void *)(uintptr_t)TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};

	if (sideport->is_tls)
		flags |= MHD_USE_TLS;
	else
		tls[0].option = MHD_OPTION_END;
	sideport->daemon = MHD_start_daemon(
		flags, 0, admit, sideport, request_handle, sideport,
		MHD_OPTION_LISTEN_SOCKET, sideport->listen_fd,
		MHD_OPTION_THREAD_POOL_SIZE,
		(unsigned int)(threads > 1 ? threads : 0),
		MHD_OPTION_CONNECTION_LIMIT, connections,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
		(size_t)CONNECTION_INCREMENT, MHD_OPTION_NOTIFY_CONNECTION,
		client_notify, sideport, MHD_OPTION_NOTIFY_COMPLETED,
		request_completed, sideport, MHD_OPTION_ARRAY, tls,
		MHD_OPTION_END);
	if (!sideport->daemon && sideport->is_tls)
		return error_set(err, ERROR_INVALID,
				 "side port: the HTTPS server does not start "
				 "with this certificate and key");
	if (!sideport->daemon)
		return error_set(err, ERROR_SYSTEM,
				 "side port: the HTTP server does not start");
	return true;
}

static bool start_watcher(struct sideport *sideport, struct error *err)
{
	errno = pthread_create(&sideport->watcher, NULL, client_watch,
			       sideport);
	return !errno || error_set_errno(err, "side port: start a thread");
}

static void stop_watcher(struct sideport *sideport)
{
	pthread_mutex_lock(&sideport->clients_mutex);
	sideport->is_closing = true;
	pthread_cond_signal(&sideport->clients_changed);
	pthread_mutex_unlock(&sideport->clients_mutex);
	pthread_join(sideport->watcher, NULL);
}

static struct sideport *sideport_new(const struct sideport_options *options)
{
	struct sideport *sideport = xcalloc(1, sizeof(*sideport));
	pthread_condattr_t monotonic;

	sideport->experiment_id =
		xstrdup(options->experiment_id ? options->experiment_id : "");
	sideport->is_tls = options->cert_pem && options->key_pem;
	sideport->cert_pem = xstrdup_or_null(options->cert_pem);
	sideport->key_pem = xstrdup_or_null(options->key_pem);
	sideport->wake = options->wake;
	sideport->wake_arg = options->wake_arg;
	sideport->last = &sideport->first;
	sideport->listen_fd = -1;
	sideport->request_ms = options->request_ms > 0 ? options->request_ms
						       : SIDEPORT_REQUEST_MS;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_mutex_init(&sideport->mutex, NULL);
	pthread_cond_init(&sideport->idle, &monotonic);
	pthread_mutex_init(&sideport->clients_mutex, NULL);
	pthread_cond_init(&sideport->clients_changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	table_init(&sideport->table);
	pthread_mutex_init(&sideport->outputs.mutex, NULL);
	return sideport;
}

static void sideport_free(struct sideport *sideport)
{
	if (sideport->listen_fd >= 0)
		close(sideport->listen_fd);
	if (sideport->prometheus)
		MHD_destroy_response(sideport->prometheus);
	answers_release(&sideport->answers);
	table_release(&sideport->table);
	outputs_release(&sideport->outputs);
	pthread_mutex_destroy(&sideport->mutex);
	pthread_cond_destroy(&sideport->idle);
	pthread_mutex_destroy(&sideport->clients_mutex);
	pthread_cond_destroy(&sideport->clients_changed);
	if (sideport->key_pem)
		explicit_bzero(sideport->key_pem, strlen(sideport->key_pem));
	free(sideport->key_pem);
	free(sideport->cert_pem);
	free(sideport->code_path);
	free(sideport->experiment_id);
	free(sideport);
}

/* Never plain text where TLS was meant. */
static bool check_tls(const struct sideport_options *options, struct error *err)
{
	if (!options->cert_pem != !options->key_pem)
		return error_set(err, ERROR_INVALID,
				 "side port: a certificate and a key belong "
				 "together");
	if (options->cert_pem &&
	    MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return error_set(err, ERROR_INVALID,
				 "side port: this libmicrohttpd was built "
				 "without TLS");
	return true;
}

bool sideport_start(const struct sideport_options *options,
		    struct sideport **ret, struct error *err)
{
	struct sideport *sideport;
	sigset_t all, before;
	bool ok;

	if (!check_tls(options, err))
		return false;
	sideport = sideport_new(options);
	if (!open_listener(sideport, options, err) ||
	    !answers_init(&sideport->answers, err)) {
		sideport_free(sideport);
		return false;
	}
	sideport_set_prometheus(sideport, "");
	/* signals are the main thread's affair */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = start_watcher(sideport, err);
	if (ok && !start_daemon(sideport, options, err)) {
		stop_watcher(sideport);
		ok = false;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ok)
		*ret = sideport;
	else
		sideport_free(sideport);
	return ok;
}

/* Nobody will answer these any more.  Suspended clients are not freed, so the
 * list of them is good outside the mutex, which MHD must not be called under.
 */
static void release_waiting(struct sideport *sideport)
{
	struct client **waiting = NULL;
	size_t count = 0, capacity = 0;

	pthread_mutex_lock(&sideport->clients_mutex);
	for (struct client *client = sideport->clients; client;
	     client = client->next) {
		if (!client->is_waiting)
			continue;
		ARRAY_RESERVE(waiting, count, capacity);
		waiting[count++] = client;
	}
	pthread_mutex_unlock(&sideport->clients_mutex);
	for (size_t i = 0; i < count; i++)
		release_client(waiting[i], MHD_HTTP_SERVICE_UNAVAILABLE,
			       "the program is ending: try again");
	free(waiting);
}

static void wait_until_idle(struct sideport *sideport)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += STOP_MS * NS_PER_MS;
	until.tv_sec += until.tv_nsec / NS_PER_S;
	until.tv_nsec %= NS_PER_S;
	pthread_mutex_lock(&sideport->mutex);
	while (sideport->busy) {
		if (pthread_cond_timedwait(&sideport->idle, &sideport->mutex,
					   &until))
			break;
	}
	pthread_mutex_unlock(&sideport->mutex);
}

void sideport_stop(struct sideport *sideport)
{
	if (!sideport)
		return;
	pthread_mutex_lock(&sideport->mutex);
	sideport->is_stopping = true;
	pthread_mutex_unlock(&sideport->mutex);
	release_waiting(sideport);
	wait_until_idle(sideport);
	MHD_stop_daemon(sideport->daemon);
	sideport->listen_fd = -1; /* closed with it */
	stop_watcher(sideport);
	sideport_free(sideport);
}
