/* SPDX-License-Identifier: MIT */
/* The pod of TensorBoard.  Pure. */
#include "engine/platform/kubernetes/board.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/storage.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* name:path,name:path as --logdir_spec has it. */
static char *spec_of(const struct board_options *options)
{
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < options->count; i++)
		strbuf_addf(&out, "%s%s:%s/%s", i ? "," : "",
			    options->runs[i].name, POD_STORAGE_MOUNT,
			    options->runs[i].path);
	return strbuf_detach(&out);
}

/* $0 is the list, so that nothing in it is the shell's. */
static void add_command(cJSON *container, const struct board_options *options)
{
	cJSON *command = cJSON_AddArrayToObject(container, "command");
	char *line =
		xasprintf("exec %s --logdir_spec \"$0\" --bind_all "
			  "--port %d",
			  options->command ? options->command : "tensorboard",
			  BOARD_PORT);
	char *spec = spec_of(options);

	cJSON_AddItemToArray(command, cJSON_CreateString("sh"));
	cJSON_AddItemToArray(command, cJSON_CreateString("-c"));
	cJSON_AddItemToArray(command, cJSON_CreateString(line));
	cJSON_AddItemToArray(command, cJSON_CreateString(spec));
	free(line);
	free(spec);
}

static void add_port(cJSON *container)
{
	cJSON *ports = cJSON_AddArrayToObject(container, "ports");
	cJSON *port = cJSON_CreateObject();
	cJSON *probe, *socket;

	cJSON_AddNumberToObject(port, "containerPort", BOARD_PORT);
	cJSON_AddItemToArray(ports, port);
	/* ready: somebody may be told to come */
	probe = cJSON_AddObjectToObject(container, "readinessProbe");
	socket = cJSON_AddObjectToObject(probe, "tcpSocket");
	cJSON_AddNumberToObject(socket, "port", BOARD_PORT);
	cJSON_AddNumberToObject(probe, "periodSeconds", 1);
}

static void add_json(cJSON *object, const char *key, const char *json)
{
	cJSON *tree = json ? cJSON_Parse(json) : NULL;

	if (tree)
		cJSON_AddItemToObject(object, key, tree);
}

/* The experiment's Secret goes with the experiment: this pod has its own, of
 * its own name. */
static void name_secret(cJSON *spec, const char *name)
{
	cJSON *volume = cJSON_GetArrayItem(
		cJSON_GetObjectItemCaseSensitive(spec, "volumes"), 0);
	cJSON *azure = cJSON_GetObjectItemCaseSensitive(volume, "azureFile");

	if (azure)
		cJSON_ReplaceItemInObjectCaseSensitive(
			azure, "secretName", cJSON_CreateString(name));
}

cJSON *board_pod(const struct board_options *options, const char *name)
{
	const struct kubernetes_config *config = &options->config->kubernetes;
	struct pod_plan plan = {.experiment = options->experiment,
				.config = options->config};
	const char *id = options->experiment->id;
	cJSON *pod = cJSON_CreateObject();
	cJSON *metadata, *labels, *spec, *container, *mount;

	cJSON_AddStringToObject(pod, "apiVersion", "v1");
	cJSON_AddStringToObject(pod, "kind", "Pod");
	metadata = cJSON_AddObjectToObject(pod, "metadata");
	cJSON_AddStringToObject(metadata, "name", name);
	labels = cJSON_AddObjectToObject(metadata, "labels");
	cJSON_AddStringToObject(labels, "app", BOARD_LABEL);
	/* ids may end in what labels may not */
	if (isalnum((unsigned char)*id) &&
	    isalnum((unsigned char)id[strlen(id) - 1]))
		cJSON_AddStringToObject(labels, "expId", id);
	spec = cJSON_AddObjectToObject(pod, "spec");
	cJSON_AddStringToObject(spec, "restartPolicy", "Never");
	cJSON_AddNumberToObject(spec, "activeDeadlineSeconds",
				(double)options->deadline_s);
	cJSON_AddFalseToObject(spec, "automountServiceAccountToken");
	cJSON_AddFalseToObject(spec, "enableServiceLinks");
	cJSON_AddNumberToObject(spec, "terminationGracePeriodSeconds", 2);
	/* where trials may run, so may this */
	add_json(spec, "nodeSelector", config->node_selector);
	add_json(spec, "tolerations", config->tolerations);
	add_json(spec, "imagePullSecrets", config->image_pull_secrets);
	add_json(spec, "securityContext", config->pod_security_context);
	container = cJSON_CreateObject();
	cJSON_AddItemToArray(cJSON_AddArrayToObject(spec, "containers"),
			     container);
	cJSON_AddStringToObject(container, "name", BOARD_CONTAINER);
	cJSON_AddStringToObject(container, "image", options->image);
	add_command(container, options);
	add_port(container);
	pod_storage_add_volume(spec, &plan);
	name_secret(spec, name);
	pod_storage_add_mount(container);
	/* it only looks */
	mount = cJSON_GetArrayItem(
		cJSON_GetObjectItemCaseSensitive(container, "volumeMounts"), 0);
	cJSON_AddTrueToObject(mount, "readOnly");
	return pod;
}
