/* SPDX-License-Identifier: MIT */
/*
 * What is sent back: prepared responses for success, JSON for failure.
 * NNI's client gets an empty body for success and bare text for failure, both
 * called application/json, as its manager has it.
 */
#include "engine/sideport/private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPE_JSON "application/json"

const char answer_timeout[] =
	"HTTP/1.1 408 Request Timeout\r\n"
	"Connection: close\r\n"
	"Content-Type: " TYPE_JSON "\r\n"
	"Content-Length: 53\r\n"
	"\r\n"
	"{\"error\":\"the request did not arrive whole in time\"}\n";

static struct MHD_Response *make_static(const char *type, const char *body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(body), (void *)(uintptr_t)body, MHD_RESPMEM_PERSISTENT);

	if (response)
		MHD_add_response_header(response, "Content-Type", type);
	return response;
}

bool answers_init(struct answers *answers, struct error *err)
{
	answers->ok = make_static(TYPE_JSON, "{}");
	answers->ok_nni = make_static(TYPE_JSON, "");
	answers->health = make_static(TYPE_JSON, "{\"status\":\"ok\"}");
	if (answers->ok && answers->ok_nni && answers->health)
		return true;
	answers_release(answers);
	return error_set(err, ERROR_SYSTEM, "prepare responses: no memory");
}

static void destroy(struct MHD_Response *response)
{
	if (response)
		MHD_destroy_response(response);
}

void answers_release(struct answers *answers)
{
	destroy(answers->ok);
	destroy(answers->ok_nni);
	destroy(answers->health);
	memset(answers, 0, sizeof(*answers));
}

enum outcome client_fail(struct client *client, int status, const char *format,
			 ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	client->status = status;
	strbuf_clear(&client->error);
	strbuf_adds(&client->error, text);
	return OUTCOME_FAILED;
}

enum outcome client_fail_error(struct client *client, const struct error *err)
{
	int status = client->is_nni		? MHD_HTTP_INTERNAL_SERVER_ERROR
		     : err->code == ERROR_LIMIT ? STATUS_TOO_LARGE
						: MHD_HTTP_BAD_REQUEST;

	return client_fail(client, status, "%s", err->text);
}

static struct MHD_Response *make_failure(const struct client *client)
{
	struct strbuf body = STRBUF_INIT;
	struct MHD_Response *response;
	size_t len;
	char *text;

	if (client->is_nni) {
		strbuf_adds(&body, client->error.data);
	} else {
		strbuf_adds(&body, "{\"error\":");
		strbuf_add_json_string(&body, client->error.data);
		strbuf_adds(&body, "}\n");
	}
	len = body.len;
	text = strbuf_detach(&body);
	response = MHD_create_response_from_buffer(len, text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response) {
		free(text);
		return NULL;
	}
	MHD_add_response_header(response, "Content-Type", TYPE_JSON);
	if (client->status == MHD_HTTP_METHOD_NOT_ALLOWED && client->allow)
		MHD_add_response_header(response, "Allow", client->allow);
	if (client->status == MHD_HTTP_SERVICE_UNAVAILABLE)
		MHD_add_response_header(response, "Retry-After", "1");
	if (client->status == MHD_HTTP_UNAUTHORIZED)
		MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
	return response;
}

enum MHD_Result answer_send(struct client *client)
{
	const struct answers *answers = &client->sideport->answers;
	struct MHD_Response *response;
	enum MHD_Result result;

	if (client->status == MHD_HTTP_OK)
		return MHD_queue_response(client->connection, MHD_HTTP_OK,
					  client->is_nni ? answers->ok_nni
							 : answers->ok);
	response = make_failure(client);
	if (!response)
		return MHD_NO;
	result = MHD_queue_response(client->connection,
				    (unsigned int)client->status, response);
	MHD_destroy_response(response);
	return result;
}

enum outcome answer_send_static(struct client *client,
				struct MHD_Response *response)
{
	if (MHD_queue_response(client->connection, MHD_HTTP_OK, response) ==
	    MHD_YES)
		return OUTCOME_SENT;
	return client_fail(client, MHD_HTTP_INTERNAL_SERVER_ERROR,
			   "the answer could not be sent");
}

enum outcome answer_send_text(struct client *client, const char *type,
			      char *body)
{
	struct MHD_Response *response = MHD_create_response_from_buffer(
		strlen(body), body, MHD_RESPMEM_MUST_FREE);
	enum outcome outcome;

	if (!response) {
		free(body);
		return client_fail(client, MHD_HTTP_INTERNAL_SERVER_ERROR,
				   "the answer could not be made");
	}
	MHD_add_response_header(response, "Content-Type", type);
	outcome = answer_send_static(client, response);
	MHD_destroy_response(response);
	return outcome;
}
