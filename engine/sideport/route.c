/* SPDX-License-Identifier: MIT */
/* The native endpoints: where a request goes, who may, and what it reports. */
#include "base/mem.h"
#include "engine/sideport/private.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *argument_of(const struct client *client, const char *name)
{
	return MHD_lookup_connection_value(client->connection,
					   MHD_GET_ARGUMENT_KIND, name);
}

void client_take_body(struct client *client)
{
	client->report.len = client->body.len;
	client->report.text = strbuf_detach(&client->body);
}

static enum outcome post_metrics(struct client *client)
{
	struct report *report = &client->report;
	struct error err;

	if (!metrics_parse_body(&report->metrics, client->body.data,
				client->body.len, &err))
		return client_fail_error(client, &err);
	report->kind = REPORT_METRICS;
	return report->metrics.count ? OUTCOME_SUBMIT : OUTCOME_OK;
}

/* Roles become names of files: only these. */
static bool is_role(const char *role)
{
	static const char *const roles[] = {"stdout", "stderr", "keeper"};

	for (size_t i = 0; i < COUNT_OF(roles); i++) {
		if (!strcmp(role, roles[i]))
			return true;
	}
	return false;
}

static enum outcome post_log(struct client *client)
{
	struct report *report = &client->report;
	const char *role = argument_of(client, "role");
	const char *offset = argument_of(client, "offset");
	char *end;

	if (!role)
		role = "stdout";
	if (!is_role(role))
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "role: stdout, stderr or keeper was "
				   "expected");
	report->offset = -1;
	if (offset) {
		errno = 0;
		report->offset = strtoll(offset, &end, 10);
		if (errno || end == offset || *end || report->offset < 0)
			return client_fail(client, MHD_HTTP_BAD_REQUEST,
					   "offset: the position of the first "
					   "byte was expected");
	}
	if (!client->body.len)
		return OUTCOME_OK;
	report->kind = REPORT_LOG;
	snprintf(report->role, sizeof(report->role), "%s", role);
	client_take_body(client);
	return OUTCOME_SUBMIT;
}

static int64_t count_of(const cJSON *object, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	/* what a double counts exactly */
	return cJSON_IsNumber(item) && item->valuedouble >= 0 &&
			       item->valuedouble <= 9e15
		       ? (int64_t)item->valuedouble
		       : 0;
}

/* "outputs": {"files": 3, "bytes": 9, "leftOut": 1,
 * "waited": 0, "note": "a/link: ..."} */
static void read_outputs(struct report *report, const cJSON *tree)
{
	const cJSON *outputs =
		cJSON_GetObjectItemCaseSensitive(tree, "outputs");
	const char *note = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(outputs, "note"));

	if (!cJSON_IsObject(outputs))
		return;
	report->outputs.is_said = true;
	report->outputs.files = count_of(outputs, "files");
	report->outputs.bytes = count_of(outputs, "bytes");
	report->outputs.left_out = count_of(outputs, "leftOut");
	report->outputs.waited_s = count_of(outputs, "waited");
	snprintf(report->outputs.note, sizeof(report->outputs.note), "%s",
		 note ? note : "");
}

static enum outcome post_status(struct client *client)
{
	struct report *report = &client->report;
	const cJSON *code;
	const char *pod;
	struct error err;
	cJSON *tree;
	double number;

	tree = json_parse(client->body.data, client->body.len, &err);
	if (!tree)
		return client_fail_error(client, &err);
	code = cJSON_GetObjectItemCaseSensitive(tree, "code");
	number = cJSON_IsNumber(code) ? code->valuedouble : -1;
	pod = cJSON_GetStringValue(
		cJSON_GetObjectItemCaseSensitive(tree, "pod"));
	snprintf(report->pod, sizeof(report->pod), "%s", pod ? pod : "");
	read_outputs(report, tree);
	cJSON_Delete(tree);
	if (!(number >= 0 && number <= 255) || number != (int)number)
		return client_fail(client, MHD_HTTP_BAD_REQUEST,
				   "code: an exit status of 0 to 255 was "
				   "expected");
	report->kind = REPORT_STATUS;
	report->exit_code = (int)number;
	return OUTCOME_SUBMIT;
}

static enum outcome get_parameters(struct client *client)
{
	char *text =
		table_parameters(&client->sideport->table, &client->caller);

	if (!text)
		return client_fail(client, MHD_HTTP_UNAUTHORIZED,
				   "this attempt may not report any more");
	return answer_send_text(client, "application/json", text);
}

static enum outcome get_health(struct client *client)
{
	return answer_send_static(client, client->sideport->answers.health);
}

static enum outcome get_prometheus(struct client *client)
{
	struct sideport *sideport = client->sideport;
	enum outcome outcome;

	pthread_mutex_lock(&sideport->mutex);
	outcome = answer_send_static(client, sideport->prometheus);
	pthread_mutex_unlock(&sideport->mutex);
	return outcome;
}

static const struct endpoint endpoints[] = {
	{"/v1/metrics", "POST", true, post_metrics, NULL, NULL},
	{"/v1/log", "POST", true, post_log, NULL, NULL},
	{"/v1/status", "POST", true, post_status, NULL, NULL},
	{"/v1/parameters", "GET, HEAD", true, get_parameters, NULL, NULL},
	{"/v1/code", "GET, HEAD", true, code_get, NULL, NULL},
	{"/v1/output", "GET, PUT", true, output_handle, output_begin,
	 output_take},
	{"/v1/health", "GET, HEAD", false, get_health, NULL, NULL},
	{"/metrics", "GET, HEAD", false, get_prometheus, NULL, NULL},
};

static const char *token_of(const struct client *client)
{
	const char *header = MHD_lookup_connection_value(
		client->connection, MHD_HEADER_KIND, "Authorization");

	if (!header)
		return argument_of(client, "token");
	if (strncasecmp(header, "Bearer ", 7))
		return NULL;
	for (header += 7; *header == ' '; header++)
		;
	return header;
}

/* Before the engine has looked for the first time it may not have said yet
 * who is allowed: "come again" loses nothing, "go away" would. */
static enum outcome authorize(struct client *client)
{
	struct sideport *sideport = client->sideport;
	const char *token = token_of(client);

	if (token && table_find_token(&sideport->table, token, &client->caller))
		return OUTCOME_OK;
	if (!sideport->is_ready)
		return client_fail(client, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "starting: try again");
	if (!token)
		return client_fail(client, MHD_HTTP_UNAUTHORIZED,
				   "a token is needed: \"Authorization: "
				   "Bearer TOKEN\" or ?token=TOKEN");
	return client_fail(client, MHD_HTTP_UNAUTHORIZED,
			   "this token may not report (any more)");
}

static bool has_method(const char *methods, const char *method)
{
	const char *found = strstr(methods, method);
	size_t len = strlen(method);

	return found && (found[len] == '\0' || found[len] == ',');
}

static enum outcome fail_unknown(struct client *client)
{
	return client_fail(client, MHD_HTTP_NOT_FOUND,
			   "no such endpoint; there are POST /v1/metrics, "
			   "/v1/log, /v1/status and GET /v1/parameters, "
			   "/v1/code, /v1/health, /metrics, GET and PUT "
			   "/v1/output");
}

enum outcome route_find(struct client *client, const char *url,
			const char *method)
{
	const struct endpoint *endpoint = NULL;

	if (!strncmp(url, NNI_ROOT, strlen(NNI_ROOT)))
		return nni_find(client, url + strlen(NNI_ROOT), method);
	for (size_t i = 0; i < COUNT_OF(endpoints) && !endpoint; i++) {
		if (!strcmp(url, endpoints[i].path))
			endpoint = &endpoints[i];
	}
	if (!endpoint)
		return fail_unknown(client);
	if (!has_method(endpoint->methods, method)) {
		client->allow = endpoint->methods;
		return client_fail(client, MHD_HTTP_METHOD_NOT_ALLOWED,
				   "%s takes %s", endpoint->path,
				   endpoint->methods);
	}
	client->endpoint = endpoint;
	if (!endpoint->needs_token)
		return OUTCOME_OK;
	return authorize(client);
}
