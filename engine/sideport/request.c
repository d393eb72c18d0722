/* SPDX-License-Identifier: MIT */
/*
 * One request, as libmicrohttpd tells it: header, pieces of body, end, and once
 * more when the engine has answered.
 *
 * A request that is refused is read to its end before it is answered, because
 * an answer in the middle of a body is lost when the connection is reset; only
 * a client that waits for "100 Continue" is told at once.
 */
#include "engine/sideport/private.h"

#include <stdlib.h>
#include <string.h>

static const char *header_of(const struct client *client, const char *name)
{
	return MHD_lookup_connection_value(client->connection, MHD_HEADER_KIND,
					   name);
}

static bool is_header_too_long(const struct client *client)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		client->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	return info && info->header_size > SIDEPORT_HEADER_MAX;
}

static enum outcome fail_body_too_long(struct client *client)
{
	return client_fail(client, STATUS_TOO_LARGE,
			   "the body is longer than %u bytes",
			   SIDEPORT_BODY_MAX);
}

static enum MHD_Result begin(struct client *client, const char *url,
			     const char *method)
{
	const char *length;
	enum outcome outcome = OUTCOME_OK;

	if (client->stage == STAGE_IDLE)
		client_set_deadline(client);
	client->stage = STAGE_BODY;
	if (is_header_too_long(client)) {
		outcome = client_fail(client,
				      MHD_HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE,
				      "the header is longer than %u bytes",
				      SIDEPORT_HEADER_MAX);
	} else {
		client->method = method;
		outcome = route_find(client, url, method);
	}
	if (outcome == OUTCOME_OK && client->endpoint->begin)
		outcome = client->endpoint->begin(client);
	length = header_of(client, "Content-Length");
	if (outcome == OUTCOME_OK && length && !client->upload &&
	    strtoull(length, NULL, 10) > SIDEPORT_BODY_MAX)
		outcome = fail_body_too_long(client);
	if (outcome == OUTCOME_OK || !header_of(client, "Expect"))
		return MHD_YES;
	client->stage = STAGE_ANSWER;
	return answer_send(client);
}

static enum MHD_Result add_body(struct client *client, const char *data,
				size_t len)
{
	if (client->upload && !client->status) {
		client->endpoint->take(client, data, len);
		return MHD_YES;
	}
	if (!client->status && client->body.len + len > SIDEPORT_BODY_MAX) {
		client->drained = client->body.len;
		strbuf_release(&client->body);
		fail_body_too_long(client);
	}
	if (!client->status) {
		strbuf_add(&client->body, data, len);
		return MHD_YES;
	}
	client->drained += len;
	return client->drained <= SIDEPORT_DRAIN_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result send_answer(struct client *client)
{
	client->stage = STAGE_ANSWER;
	client_set_deadline(client);
	return answer_send(client);
}

static enum MHD_Result finish(struct client *client)
{
	enum outcome outcome = OUTCOME_FAILED;

	client->is_busy = true;
	atomic_fetch_add(&client->sideport->busy, 1);
	if (!client->status)
		outcome = client->endpoint->handle(client);
	switch (outcome) {
	case OUTCOME_SUBMIT:
		client->stage = STAGE_ENGINE;
		sideport_submit(client);
		return MHD_YES;
	case OUTCOME_SENT:
		client->stage = STAGE_ANSWER;
		client_set_deadline(client);
		return MHD_YES;
	case OUTCOME_OK:
		client->status = MHD_HTTP_OK;
		break;
	case OUTCOME_FAILED:
		break;
	}
	return send_answer(client);
}

enum MHD_Result request_handle(void *cls, struct MHD_Connection *connection,
			       const char *url, const char *method,
			       const char *version, const char *upload_data,
			       size_t *upload_data_size, void **req_cls)
{
	struct client *client = *req_cls;
	enum MHD_Result result;

	(void)cls;
	(void)version;
	if (!client) {
		client = client_of(connection);
		if (!client)
			return MHD_NO;
		*req_cls = client;
		return begin(client, url, method);
	}
	if (*upload_data_size) {
		result = add_body(client, upload_data, *upload_data_size);
		*upload_data_size = 0;
		return result;
	}
	if (client->stage == STAGE_ENGINE)
		return send_answer(client);
	return finish(client);
}

void request_completed(void *cls, struct MHD_Connection *connection,
		       void **req_cls, enum MHD_RequestTerminationCode code)
{
	struct client *client = *req_cls;
	struct sideport *sideport = cls;

	(void)connection;
	(void)code;
	if (!client)
		return;
	*req_cls = NULL;
	client_reset(client);
	client->stage = STAGE_IDLE;
	client_set_deadline(client);
	if (!client->is_busy)
		return;
	client->is_busy = false;
	if (atomic_fetch_sub(&sideport->busy, 1) == 1) {
		pthread_mutex_lock(&sideport->mutex);
		if (sideport->is_stopping)
			pthread_cond_signal(&sideport->idle);
		pthread_mutex_unlock(&sideport->mutex);
	}
}
