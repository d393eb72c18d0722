/* SPDX-License-Identifier: MIT */
/*
 * Connections, and the clock over them.
 *
 * libmicrohttpd's own timeout counts idle seconds, so one byte a second keeps
 * a connection for ever.  Here every connection has one deadline: 15 s from
 * connecting to the whole first request, 15 s from the end of a later request's
 * header to the end of its body, 15 s to read an answer or to ask again.  While
 * the engine holds the report there is none.  A thread of its own looks once a
 * second and, when time is up, says 408 where a request was under way (not
 * under TLS, whose state is the HTTP thread's) and shuts the socket down; the
 * HTTP thread then sees its end and frees it.  The thread sleeps for good while
 * nobody is connected.
 *
 * Shutting down from another thread is safe because CLIENT_CLOSED is announced
 * before the descriptor is closed, and both hold clients_mutex.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "engine/sideport/private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CLIENT_CUT (INT64_MAX - 1) /* deadline of one already shut down */
#define KEEP_BODY_BYTES (64u << 10)
#define KEEP_METRICS 1024

void client_extend_deadline(struct client *client, int64_t latest_ns)
{
	int64_t deadline_ns = client->deadline_ns;
	int64_t next =
		clock_mono_ns() + client->sideport->request_ms * NS_PER_MS;

	if (next > latest_ns)
		next = latest_ns;
	while (deadline_ns != CLIENT_CUT &&
	       !atomic_compare_exchange_weak(&client->deadline_ns, &deadline_ns,
					     next))
		;
}

void client_set_deadline(struct client *client)
{
	client_extend_deadline(client, CLIENT_NO_DEADLINE);
}

struct client *client_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static void client_open(struct sideport *sideport,
			struct MHD_Connection *connection,
			void **socket_context)
{
	struct client *client = xcalloc(1, sizeof(*client));

	client->sideport = sideport;
	client->connection = connection;
	client->fd = MHD_get_connection_info(connection,
					     MHD_CONNECTION_INFO_CONNECTION_FD)
			     ->connect_fd;
	strbuf_init(&client->body);
	strbuf_init(&client->error);
	client_set_deadline(client);
	*socket_context = client;
	pthread_mutex_lock(&sideport->clients_mutex);
	client->next = sideport->clients;
	if (client->next)
		client->next->previous = client;
	else
		pthread_cond_signal(&sideport->clients_changed);
	sideport->clients = client;
	pthread_mutex_unlock(&sideport->clients_mutex);
}

static void client_close(struct client *client)
{
	struct sideport *sideport = client->sideport;

	pthread_mutex_lock(&sideport->clients_mutex);
	if (client->next)
		client->next->previous = client->previous;
	if (client->previous)
		client->previous->next = client->next;
	else
		sideport->clients = client->next;
	pthread_mutex_unlock(&sideport->clients_mutex);
	if (client->upload)
		output_drop(client);
	metrics_release(&client->report.metrics);
	free(client->report.text);
	strbuf_release(&client->body);
	strbuf_release(&client->error);
	free(client);
}

void client_notify(void *cls, struct MHD_Connection *connection,
		   void **socket_context,
		   enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		client_open(cls, connection, socket_context);
	else if (*socket_context)
		client_close(*socket_context);
}

void client_reset(struct client *client)
{
	struct report *report = &client->report;
	struct metrics metrics = report->metrics;

	if (client->upload)
		output_drop(client);
	metrics_clear(&metrics);
	if (metrics.capacity > KEEP_METRICS)
		metrics_release(&metrics);
	free(report->text);
	memset(report, 0, sizeof(*report));
	report->metrics = metrics;
	if (client->body.capacity > KEEP_BODY_BYTES)
		strbuf_release(&client->body);
	strbuf_clear(&client->body);
	strbuf_clear(&client->error);
	client->drained = 0;
	client->status = 0;
	client->allow = NULL;
	client->is_nni = false;
	client->endpoint = NULL;
}

static void cut_if_late(struct client *client, int64_t now_ns)
{
	int64_t deadline_ns = client->deadline_ns;
	int stage = client->stage;

	if (deadline_ns > now_ns ||
	    !atomic_compare_exchange_strong(&client->deadline_ns, &deadline_ns,
					    CLIENT_CUT))
		return;
	/* under TLS only the HTTP thread could say anything */
	if (!client->sideport->is_tls &&
	    (stage == STAGE_FIRST || stage == STAGE_BODY))
		(void)!send(client->fd, answer_timeout, strlen(answer_timeout),
			    MSG_DONTWAIT | MSG_NOSIGNAL);
	shutdown(client->fd, SHUT_RDWR);
}

void *client_watch(void *arg)
{
	struct sideport *sideport = arg;
	int64_t period_ns = sideport->request_ms * NS_PER_MS / 4;
	struct timespec next;

	if (period_ns > NS_PER_S)
		period_ns = NS_PER_S;
	pthread_mutex_lock(&sideport->clients_mutex);
	while (!sideport->is_closing) {
		if (!sideport->clients) {
			pthread_cond_wait(&sideport->clients_changed,
					  &sideport->clients_mutex);
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &next);
		next.tv_nsec += period_ns;
		next.tv_sec += next.tv_nsec / NS_PER_S;
		next.tv_nsec %= NS_PER_S;
		pthread_cond_timedwait(&sideport->clients_changed,
				       &sideport->clients_mutex, &next);
		for (struct client *client = sideport->clients; client;
		     client = client->next)
			cut_if_late(client, clock_mono_ns());
	}
	pthread_mutex_unlock(&sideport->clients_mutex);
	return NULL;
}
