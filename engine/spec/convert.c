/* SPDX-License-Identifier: MIT */
/*
 * A configuration as a file in NNI's second form, for NNI to read where it can
 * say it: its keys in its order, what has its default value left out, keys of
 * ours behind them.  Made from the canonical text, so nothing can be forgotten.
 */
#include "engine/spec/spec.h"

#include "base/mem.h"
#include "engine/spec/node.h"
#include "engine/spec/yaml_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Keys of one mapping of NNI's, in its order; key NULL ends.  below NULL: what
 * is there goes out as it is. */
struct shape {
	const char *key;
	const struct shape *below;
};

static const struct shape algorithm_shape[] = {
	{"name", NULL},	     {"className", NULL}, {"codeDirectory", NULL},
	{"classArgs", NULL}, {NULL, NULL},
};
static const struct shape storage_shape[] = {
	{"storageType", NULL},	{"server", NULL},     {"path", NULL},
	{"azureAccount", NULL}, {"azureShare", NULL}, {"keyVaultName", NULL},
	{"keyVaultKey", NULL},	{NULL, NULL},
};
static const struct shape role_shape[] = {
	{"replicas", NULL},	 {"command", NULL},    {"gpuNumber", NULL},
	{"cpuNumber", NULL},	 {"memorySize", NULL}, {"dockerImage", NULL},
	{"codeDirectory", NULL}, {NULL, NULL},
};
static const struct shape policy_shape[] = {
	{"minFailedTaskCount", NULL},
	{"minSucceedTaskCount", NULL},
	{NULL, NULL},
};
static const struct shape task_role_shape[] = {
	{"name", NULL},
	{"dockerImage", NULL},
	{"taskNumber", NULL},
	{"command", NULL},
	{"gpuNumber", NULL},
	{"cpuNumber", NULL},
	{"memorySize", NULL},
	{"frameworkAttemptCompletionPolicy", policy_shape},
	{NULL, NULL},
};
static const struct shape local_shape[] = {
	{"platform", NULL},
	{"useActiveGpu", NULL},
	{"maxTrialNumberPerGpu", NULL},
	{"gpuIndices", NULL},
	{NULL, NULL},
};
static const struct shape kubeflow_shape[] = {
	{"platform", NULL},	{"operator", NULL},
	{"apiVersion", NULL},	{"storage", storage_shape},
	{"worker", role_shape}, {"ps", role_shape},
	{"master", role_shape}, {"reuseMode", NULL},
	{"namespace", NULL},	{NULL, NULL},
};
static const struct shape framework_shape[] = {
	{"platform", NULL},
	{"storage", storage_shape},
	{"serviceAccountName", NULL},
	{"taskRoles", task_role_shape},
	{"reuseMode", NULL},
	{"namespace", NULL},
	{NULL, NULL},
};
static const struct shape own_service_shape[] = {
	{"platform", NULL},
	{NULL, NULL},
};

static const struct {
	const char *platform;
	const struct shape *shape;
} services[] = {
	{"local", local_shape},
	{"kubeflow", kubeflow_shape},
	{"frameworkcontroller", framework_shape},
	{"kubernetes", own_service_shape},
};

static const struct shape top_shape[] = {
	{"experimentName", NULL},
	{"searchSpace", NULL},
	{"trialCommand", NULL},
	{"trialCodeDirectory", NULL},
	{"trialConcurrency", NULL},
	{"trialGpuNumber", NULL},
	{"maxExperimentDuration", NULL},
	{"maxTrialNumber", NULL},
	{"maxTrialDuration", NULL},
	{"nniManagerIp", NULL},
	{"debug", NULL},
	{"logLevel", NULL},
	{"experimentWorkingDirectory", NULL},
	{"tunerGpuIndices", NULL},
	{"tuner", algorithm_shape},
	{"assessor", algorithm_shape},
	{"trainingService", own_service_shape},
	{"sharedStorage", NULL},
	{NULL, NULL},
};

/* What need not be said. */
static const struct {
	const char *path, *value;
} defaults[] = {
	{"debug", "false"},
	{"trainingService.maxTrialNumberPerGpu", "1"},
	{"trainingService.terminationGracePeriodSeconds", "30"},
	{"trainingService.cleanup", "all"},
	{"trainingService.infrastructureRetries", "3"},
	{"trainingService.imagePullTimeout", "180"},
};

struct conversion {
	const struct experiment_config *config;
	const struct shape *service;
	struct yaml_out *yaml;
	struct strbuf path;
	struct strbuf own; /* keys of ours, "a, b" */
};

static const char *value_text(const struct node *node)
{
	if (node->kind == NODE_BOOL)
		return node->boolean ? "true" : "false";
	return node->text ? node->text : "";
}

/* An encrypted side port, or one at an address that is not NNI's. */
static bool is_side_port_said(const struct conversion *c)
{
	const struct kubernetes_config *config = &c->config->kubernetes;
	const char *address = config->side_port_address;
	const char *ip = c->config->nni_manager_ip;

	return config->side_port_tls ||
	       (address && (!ip || strcmp(address, ip) != 0));
}

static bool is_left_out(const struct conversion *c, const struct node *value)
{
	const char *path = c->path.data;

	if (!strcmp(path, "isFirstForm"))
		return true;
	if (!strcmp(path, "logLevel"))
		return !strcmp(value_text(value),
			       c->config->debug ? "debug" : "info");
	if (!strcmp(path, "trainingService.sidePort"))
		return !is_side_port_said(c);
	for (size_t i = 0; i < COUNT_OF(defaults); i++)
		if (!strcmp(defaults[i].path, path))
			return !strcmp(defaults[i].value, value_text(value));
	return false;
}

static const struct shape *find_shape(const struct shape *shape,
				      const char *key)
{
	for (; shape->key; shape++)
		if (!strcmp(shape->key, key))
			return shape;
	return NULL;
}

static void note_own(struct conversion *c)
{
	strbuf_addf(&c->own, "%s%s", c->own.len ? ", " : "", c->path.data);
}

/* "90m", as all of NNI's versions take it */
static void add_duration(struct conversion *c, const struct node *node)
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	char text[32] = "";

	for (size_t i = 0; i < COUNT_OF(units) && !*text; i++)
		if (node->magnitude % units[i].seconds == 0)
			snprintf(text, sizeof(text), "%llu%c",
				 (unsigned long long)(node->magnitude /
						      units[i].seconds),
				 units[i].unit);
	yaml_out_text(c->yaml, text);
}

static void add_value(struct conversion *c, const struct node *node,
		      const struct shape *shape);

static void add_entry(struct conversion *c, const struct node_entry *entry,
		      const struct shape *shape)
{
	size_t len = c->path.len;

	strbuf_addf(&c->path, "%s%s", len ? "." : "", entry->key);
	if (!is_left_out(c, entry->value)) {
		if (!shape)
			note_own(c);
		yaml_out_text(c->yaml, entry->key);
		if (!strcmp(c->path.data, "maxExperimentDuration") ||
		    !strcmp(c->path.data, "maxTrialDuration"))
			add_duration(c, entry->value);
		else
			add_value(c, entry->value,
				  !shape ? NULL
				  : shape->below == own_service_shape
					  ? c->service
					  : shape->below);
	}
	strbuf_truncate(&c->path, len);
}

static void add_mapping(struct conversion *c, const struct node *node,
			const struct shape *shape)
{
	yaml_out_open_mapping(c->yaml, false);
	for (const struct shape *at = shape; at->key; at++) {
		const struct node_entry *entry = node_find(node, at->key);

		if (entry)
			add_entry(c, entry, at);
	}
	for (size_t i = 0; i < node->count; i++)
		if (!find_shape(shape, node->entries[i].key))
			add_entry(c, &node->entries[i], NULL);
	yaml_out_close_mapping(c->yaml);
}

static void add_value(struct conversion *c, const struct node *node,
		      const struct shape *shape)
{
	size_t len = c->path.len;

	if (shape && node->kind == NODE_MAPPING) {
		add_mapping(c, node, shape);
	} else if (shape && node->kind == NODE_SEQUENCE) {
		yaml_out_open_sequence(c->yaml, false);
		for (size_t i = 0; i < node->count; i++) {
			strbuf_addf(&c->path, ".%zu", i);
			add_value(c, node->items[i], shape);
			strbuf_truncate(&c->path, len);
		}
		yaml_out_close_sequence(c->yaml);
	} else {
		yaml_out_node(c->yaml, node);
	}
}

/* --- what is lost or unknown to NNI -----------------------------------------
 */

/* Keys that are read and then left alone. */
static const char *const idle_keys[] = {
	"authorName",
	"description",
	"multiThread",
	"versionCheck",
	"logCollection",
	"tuner/includeIntermediateResults",
	"assessor/includeIntermediateResults",
	"advisor/includeIntermediateResults",
	"trial/nasMode",
};

static void note_idle(const struct conversion *c, const char *source,
		      size_t len, struct strbuf *notes)
{
	struct document document = {0};
	bool is_any = false;
	struct error err;
	struct mark mark;

	if (!c->config->is_first_form ||
	    !node_read(source, len, &document, &mark, &err))
		return;
	for (size_t i = 0; i < COUNT_OF(idle_keys); i++) {
		const char *slash = strchr(idle_keys[i], '/');

		if (!node_follow(document.root, idle_keys[i], '/', NULL))
			continue;
		strbuf_addf(notes, "%s%.*s%s%s",
			    is_any ? ", "
				   : "left out, since nothing depends on it "
				     "here: ",
			    slash ? (int)(slash - idle_keys[i])
				  : (int)strlen(idle_keys[i]),
			    idle_keys[i], slash ? "." : "",
			    slash ? slash + 1 : "");
		is_any = true;
	}
	if (is_any)
		strbuf_addch(notes, '\n');
	document_release(&document);
}

static void note_platform(const struct conversion *c, struct strbuf *notes)
{
	const struct kubernetes_config *config = &c->config->kubernetes;
	const char *platform = c->config->platform;

	if (!strcmp(platform, "kubernetes")) {
		strbuf_adds(notes, "NNI cannot load this: it has no platform "
				   "kubernetes\n");
		return;
	}
	if (c->own.len)
		strbuf_addf(notes,
			    "NNI refuses these keys, which are trialdeck's "
			    "own: %s\n",
			    c->own.data);
	if (config->storage.type == STORAGE_PVC ||
	    config->storage.type == STORAGE_HOST_PATH ||
	    config->storage.type == STORAGE_S3)
		strbuf_adds(notes, "NNI has no such storage: "
				   "trainingService.storage.storageType\n");
	if (!strcmp(platform, "kubeflow") && !config->api_version)
		strbuf_adds(notes,
			    "NNI needs trainingService.apiVersion, such as v1; "
			    "here the best one that is served is taken\n");
	if (!strcmp(platform, "frameworkcontroller") &&
	    !config->service_account)
		strbuf_adds(notes, "NNI needs "
				   "trainingService.serviceAccountName\n");
}

bool spec_convert(const struct experiment_config *config, const char *source,
		  size_t len, struct strbuf *out, struct strbuf *notes,
		  struct error *err)
{
	struct conversion c = {.config = config, .service = own_service_shape};
	struct strbuf yaml = STRBUF_INIT;
	struct document document = {0};
	struct mark mark;
	bool ok;

	if (!node_read(config->canonical, strlen(config->canonical), &document,
		       &mark, err))
		return false;
	for (size_t i = 0; i < COUNT_OF(services); i++)
		if (!strcmp(services[i].platform, config->platform))
			c.service = services[i].shape;
	strbuf_init(&c.path);
	strbuf_init(&c.own);
	c.yaml = yaml_out_new(&yaml);
	add_mapping(&c, document.root, top_shape);
	ok = yaml_out_free(c.yaml, err);
	note_platform(&c, notes);
	note_idle(&c, source, len, notes);
	for (const char *at = notes->data; ok && *at;
	     at += strcspn(at, "\n") + 1)
		strbuf_addf(out, "# %.*s\n", (int)strcspn(at, "\n"), at);
	if (ok)
		strbuf_addf(out, "%s%s", yaml.data,
			    yaml.len && yaml.data[yaml.len - 1] == '\n' ? ""
									: "\n");
	strbuf_release(&yaml);
	strbuf_release(&c.path);
	strbuf_release(&c.own);
	document_release(&document);
	return ok;
}
