/* SPDX-License-Identifier: MIT */
/*
 * NNI's endpoints, for its trial_keeper inside unmodified images.
 *
 * It knows no token: the trial is named in the path, and only attempts that
 * were allowed to speak this protocol are found.  Success is 200 with an empty
 * body, a failure inside is 500 with a text, a foreign experiment or trial is
 * 404; the keeper looks at none of them.
 */
#include "base/mem.h"
#include "engine/sideport/private.h"
#include "model/json_text.h"
#include "model/metric_line.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const cJSON *tree, const char *name)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, name);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

static cJSON *parse_body(struct client *client)
{
	struct error err;
	cJSON *tree = json_parse(client->body.data, client->body.len, &err);

	if (tree && !cJSON_IsObject(tree)) {
		error_set(&err, ERROR_INVALID, "an object was expected");
		cJSON_Delete(tree);
		tree = NULL;
	}
	if (!tree)
		client_fail_error(client, &err);
	return tree;
}

static enum outcome add_metric(struct client *client, const char *json,
			       size_t len)
{
	struct report *report = &client->report;
	bool is_request;
	struct error err;

	if (!metrics_parse_nni(&report->metrics, json, len,
			       client->caller.trial_id, &is_request, &err))
		return client_fail_error(client, &err);
	report->kind = REPORT_METRICS;
	return report->metrics.count ? OUTCOME_SUBMIT : OUTCOME_OK;
}

static enum outcome add_log(struct client *client, const char *role,
			    const char *message)
{
	struct report *report = &client->report;
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, message);
	strbuf_addch(&text, '\n');
	report->kind = REPORT_LOG;
	report->offset = -1;
	snprintf(report->role, sizeof(report->role), "%s", role);
	report->len = text.len;
	report->text = strbuf_detach(&text);
	return OUTCOME_SUBMIT;
}

static enum outcome handle_line(struct client *client, const cJSON *tree)
{
	const char *tag = text_of(tree, "tag");
	const char *message = text_of(tree, "msg");
	struct metric_line line;
	struct error err;

	if (!tag || !message) {
		error_set(&err, ERROR_INVALID, "tag or msg is missing");
		return client_fail_error(client, &err);
	}
	if (strcmp(tag, "trial"))
		return add_log(client, "trial_keeper", message);
	if (metric_line_parse(message, strlen(message), &line) &&
	    line.kind == METRIC_LINE_NNI)
		return add_metric(client, line.text, line.len);
	return add_log(client, "stdout", message);
}

static enum outcome post_stdout(struct client *client)
{
	cJSON *tree = parse_body(client);
	enum outcome outcome;

	if (!tree)
		return OUTCOME_FAILED;
	outcome = handle_line(client, tree);
	cJSON_Delete(tree);
	return outcome;
}

static enum outcome post_update_metrics(struct client *client)
{
	cJSON *tree = parse_body(client);
	const cJSON *item;
	enum outcome outcome = OUTCOME_OK;

	if (!tree)
		return OUTCOME_FAILED;
	cJSON_ArrayForEach (item,
			    cJSON_GetObjectItemCaseSensitive(tree, "metrics")) {
		const char *text =
			cJSON_IsString(item) ? item->valuestring : "";

		outcome = add_metric(client, text, strlen(text));
		if (outcome == OUTCOME_FAILED)
			break;
	}
	cJSON_Delete(tree);
	return outcome;
}

static enum outcome post_version(struct client *client)
{
	struct report *report = &client->report;
	cJSON *tree = parse_body(client);
	const char *tag, *message;

	if (!tree)
		return OUTCOME_FAILED;
	tag = text_of(tree, "tag");
	message = text_of(tree, "msg");
	if (!tag)
		tag = "";
	report->kind = REPORT_VERSION;
	report->text =
		xstrdup(strcmp(tag, "VCFail") || !message ? tag : message);
	report->len = strlen(report->text);
	cJSON_Delete(tree);
	return OUTCOME_SUBMIT;
}

/* Of OpenPAI only: nothing is kept, so the list is empty. */
static enum outcome get_file_meta(struct client *client)
{
	return answer_send_text(client, "application/json", xstrdup("[]"));
}

static enum outcome post_file_meta(struct client *client)
{
	(void)client;
	return OUTCOME_OK;
}

static const struct endpoint endpoints[] = {
	{"stdout", "POST", false, post_stdout, NULL, NULL},
	{"version", "POST", false, post_version, NULL, NULL},
	{"update-metrics", "POST", false, post_update_metrics, NULL, NULL},
};

static const struct endpoint file_meta[] = {
	{"parameter-file-meta", "GET", false, get_file_meta, NULL, NULL},
	{"parameter-file-meta", "POST", false, post_file_meta, NULL, NULL},
};

/* "<expId>/<trialId>", with or without a slash behind. */
static enum outcome find_trial(struct client *client, const char *path)
{
	struct sideport *sideport = client->sideport;
	size_t len = strlen(sideport->experiment_id);

	if (strncmp(path, sideport->experiment_id, len) || path[len] != '/')
		return client_fail(client, MHD_HTTP_NOT_FOUND,
				   "not this experiment, which is %s",
				   sideport->experiment_id);
	path += len + 1;
	len = strcspn(path, "/");
	if ((!path[len] || !strcmp(path + len, "/")) &&
	    table_find_trial(&sideport->table, path, len, &client->caller))
		return OUTCOME_OK;
	if (!sideport->is_ready)
		return client_fail(client, MHD_HTTP_SERVICE_UNAVAILABLE,
				   "starting: try again");
	return client_fail(client, MHD_HTTP_NOT_FOUND,
			   "no such trial is running");
}

static enum outcome fail_method(struct client *client, const char *methods)
{
	client->allow = methods;
	return client_fail(client, MHD_HTTP_METHOD_NOT_ALLOWED, "takes %s",
			   methods);
}

static enum outcome find_file_meta(struct client *client, const char *method)
{
	for (size_t i = 0; i < COUNT_OF(file_meta); i++) {
		client->endpoint = &file_meta[i];
		if (!strcmp(method, file_meta[i].methods))
			return OUTCOME_OK;
	}
	return fail_method(client, "GET, POST");
}

enum outcome nni_find(struct client *client, const char *url,
		      const char *method)
{
	size_t len = strcspn(url, "/");

	client->is_nni = true;
	client->report.is_nni = true;
	if (!strcmp(url, file_meta->path))
		return find_file_meta(client, method);
	for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
		const struct endpoint *endpoint = &endpoints[i];

		if (strlen(endpoint->path) != len ||
		    memcmp(endpoint->path, url, len) || url[len] != '/')
			continue;
		client->endpoint = endpoint;
		if (strcmp(method, endpoint->methods))
			return fail_method(client, endpoint->methods);
		return find_trial(client, url + len + 1);
	}
	return client_fail(client, MHD_HTTP_NOT_FOUND,
			   "no such endpoint; there are version, stdout, "
			   "update-metrics and parameter-file-meta");
}
