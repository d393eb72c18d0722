/* SPDX-License-Identifier: MIT */
/* The objects of a storage's pod.  Pure, but for who we are. */
#include "engine/storage/agent.h"

#include "base/mem.h"
#include "base/random.h"
#include "engine/pod/template.h"
#include "keeper/embed.h"
#include "model/experiment.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/trialdeck/volume"

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text && *text)
		cJSON_AddStringToObject(object, key, text);
}

static void add_json(cJSON *object, const char *key, const char *json)
{
	cJSON *tree = json ? cJSON_Parse(json) : NULL;

	if (tree)
		cJSON_AddItemToObject(object, key, tree);
}

static cJSON *add_volume(cJSON *spec, cJSON *mounts, const char *name,
			 const char *path, bool is_read_only)
{
	cJSON *volumes = cJSON_GetObjectItem(spec, "volumes");
	cJSON *volume = cJSON_CreateObject(), *mount = cJSON_CreateObject();

	cJSON_AddStringToObject(volume, "name", name);
	cJSON_AddItemToArray(volumes ? volumes
				     : cJSON_AddArrayToObject(spec, "volumes"),
			     volume);
	cJSON_AddStringToObject(mount, "name", name);
	cJSON_AddStringToObject(mount, "mountPath", path);
	if (is_read_only)
		cJSON_AddTrueToObject(mount, "readOnly");
	cJSON_AddItemToArray(mounts, mount);
	return volume;
}

static void add_command(cJSON *container)
{
	const char *const words[] = {
		POD_KEEPER_MOUNT "/trialdeck-keeper",
		"--serve",
		FOLDER,
		"--token-file",
		POD_INPUT_MOUNT "/token",
		"--listen",
		NULL,
		"--idle",
		NULL,
	};
	cJSON *command = cJSON_AddArrayToObject(container, "command");
	char port[8], idle[8];

	snprintf(port, sizeof(port), "%d", AGENT_PORT);
	snprintf(idle, sizeof(idle), "%d", AGENT_IDLE_S);
	for (size_t i = 0; i < COUNT_OF(words); i++)
		cJSON_AddItemToArray(command,
				     cJSON_CreateString(words[i] ? words[i]
							: i == 6 ? port
								 : idle));
}

static void add_container(cJSON *spec, const struct storage_target *target,
			  const cJSON *volume)
{
	const struct kubernetes_config *config = target->kubernetes;
	cJSON *container = cJSON_CreateObject(), *mounts, *ours;

	cJSON_AddItemToArray(cJSON_AddArrayToObject(spec, "containers"),
			     container);
	cJSON_AddStringToObject(container, "name", AGENT_CONTAINER);
	add_text(container, "image", target->image);
	if (config) {
		add_text(container, "imagePullPolicy",
			 config->image_pull_policy);
		add_json(container, "securityContext",
			 config->security_context);
	}
	add_command(container);
	add_json(container, "resources",
		 "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"32Mi\"},"
		 "\"limits\":{\"cpu\":\"1\",\"memory\":\"256Mi\"}}");
	cJSON_AddStringToObject(container, "terminationMessagePolicy",
				"FallbackToLogsOnError");
	mounts = cJSON_AddArrayToObject(container, "volumeMounts");
	ours = add_volume(spec, mounts, "volume", FOLDER, false);
	for (const cJSON *item = volume->child; item; item = item->next)
		cJSON_AddItemToObject(ours, item->string,
				      cJSON_Duplicate(item, true));
	/* names of their objects are added when it is made */
	add_volume(spec, mounts, "keeper", POD_KEEPER_MOUNT, true);
	add_volume(spec, mounts, "input", POD_INPUT_MOUNT, true);
}

char *agent_spec_new(const struct storage_target *target, const cJSON *volume)
{
	const struct kubernetes_config *config = target->kubernetes;
	cJSON *spec = cJSON_CreateObject();
	char *printed, *text;

	cJSON_AddStringToObject(spec, "restartPolicy", "Never");
	cJSON_AddNumberToObject(spec, "activeDeadlineSeconds", AGENT_LIFE_S);
	cJSON_AddNumberToObject(spec, "terminationGracePeriodSeconds", 2);
	cJSON_AddFalseToObject(spec, "enableServiceLinks");
	cJSON_AddFalseToObject(spec, "automountServiceAccountToken");
	add_text(spec, "serviceAccountName", target->service_account);
	if (config) {
		add_text(spec, "schedulerName", config->scheduler_name);
		add_json(spec, "imagePullSecrets", config->image_pull_secrets);
		add_json(spec, "nodeSelector", config->node_selector);
		add_json(spec, "tolerations", config->tolerations);
		add_json(spec, "affinity", config->affinity);
		add_json(spec, "securityContext", config->pod_security_context);
	}
	add_container(spec, target, volume);
	printed = cJSON_PrintUnformatted(spec);
	text = xstrdup(printed);
	cJSON_free(printed);
	cJSON_Delete(spec);
	return text;
}

/* ---- who we are ---------------------------------------------------------- */

/* When a process began, in the kernel's ticks: its number alone may be
 * another's by now. */
static long long start_of(long pid)
{
	char path[64], text[1024];
	const char *at;
	long long start = 0;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	at = strrchr(text, ')'); /* the name may hold anything */
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoll(at, NULL, 10);
	return start;
}

static void who(char *ret, size_t size)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(ret, size, "%s %ld %lld", host, (long)getpid(),
		 start_of(getpid()));
}

static bool is_owner_gone(const char *owner)
{
	char host[256] = "", theirs[256];
	long long start;
	long pid;

	gethostname(host, sizeof(host) - 1);
	if (sscanf(owner, "%255s %ld %lld", theirs, &pid, &start) != 3 ||
	    strcmp(host, theirs) != 0 || pid <= 0)
		return false; /* of another machine: it ends by itself */
	if (kill((pid_t)pid, 0) < 0 && errno == ESRCH)
		return true;
	return start_of(pid) != start;
}

bool agent_is_stale(const cJSON *pod)
{
	const cJSON *metadata = cJSON_GetObjectItem(pod, "metadata");
	const char *owner =
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(
			cJSON_GetObjectItem(metadata, "annotations"),
			AGENT_OWNER));
	const char *phase = cJSON_GetStringValue(cJSON_GetObjectItem(
		cJSON_GetObjectItem(pod, "status"), "phase"));

	if (phase && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed")))
		return true;
	return owner && is_owner_gone(owner);
}

/* ---- objects ------------------------------------------------------------- */

/* A copy with no more than labels need. */
static struct experiment experiment_of(const struct agent *agent)
{
	struct experiment experiment = {0};

	snprintf(experiment.id, sizeof(experiment.id), "%s",
		 agent->experiment_id);
	return experiment;
}

static cJSON *object_new(const struct agent *agent, const char *kind)
{
	struct experiment experiment = experiment_of(agent);
	cJSON *root = cJSON_CreateObject(), *metadata, *labels;

	cJSON_AddStringToObject(root, "apiVersion", "v1");
	cJSON_AddStringToObject(root, "kind", kind);
	metadata = cJSON_AddObjectToObject(root, "metadata");
	cJSON_AddStringToObject(metadata, "name", agent->pod->name);
	cJSON_AddStringToObject(metadata, "namespace",
				agent->config->namespace);
	labels = cJSON_AddObjectToObject(metadata, "labels");
	pod_labels_add(labels, &experiment, NULL, NULL);
	cJSON_AddStringToObject(labels, AGENT_LABEL, "storage");
	return root;
}

static void add_owner(const struct agent *agent, cJSON *object, const char *uid)
{
	cJSON *metadata = cJSON_GetObjectItem(object, "metadata");
	cJSON *owner = cJSON_CreateObject();

	cJSON_AddStringToObject(owner, "apiVersion", "v1");
	cJSON_AddStringToObject(owner, "kind", "Pod");
	cJSON_AddStringToObject(owner, "name", agent->pod->name);
	cJSON_AddStringToObject(owner, "uid", uid);
	cJSON_AddItemToArray(
		cJSON_AddArrayToObject(metadata, "ownerReferences"), owner);
}

cJSON *agent_pod_object(const struct agent *agent)
{
	cJSON *object = object_new(agent, "Pod"), *spec, *volumes, *source;
	char owner[320];

	who(owner, sizeof(owner));
	cJSON_AddStringToObject(
		cJSON_AddObjectToObject(cJSON_GetObjectItem(object, "metadata"),
					"annotations"),
		AGENT_OWNER, owner);
	spec = cJSON_Parse(agent->spec);
	volumes = cJSON_GetObjectItem(spec, "volumes");
	source = cJSON_AddObjectToObject(cJSON_GetArrayItem(volumes, 1),
					 "configMap");
	cJSON_AddStringToObject(source, "name", agent->pod->name);
	cJSON_AddNumberToObject(source, "defaultMode", 0555);
	source = cJSON_AddObjectToObject(cJSON_GetArrayItem(volumes, 2),
					 "secret");
	cJSON_AddStringToObject(source, "secretName", agent->pod->name);
	cJSON_AddNumberToObject(source, "defaultMode", 0444);
	cJSON_AddItemToObject(object, "spec", spec);
	return object;
}

cJSON *agent_secret_object(const struct agent *agent, const char *uid)
{
	cJSON *object = object_new(agent, "Secret");

	add_owner(agent, object, uid);
	cJSON_AddStringToObject(object, "type", "Opaque");
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "stringData"),
				"token", agent->pod->token);
	return object;
}

cJSON *agent_map_object(const struct agent *agent, const char *uid)
{
	cJSON *object = object_new(agent, "ConfigMap");
	size_t size = 0;
	const void *keeper = keeper_image(&size);
	char *text = xmalloc(size / 3 * 4 + 8);

	add_owner(agent, object, uid);
	EVP_EncodeBlock((unsigned char *)text, keeper, (int)size);
	cJSON_AddStringToObject(cJSON_AddObjectToObject(object, "binaryData"),
				"trialdeck-keeper", text);
	free(text);
	return object;
}

char *agent_selector(const struct agent *agent)
{
	struct experiment experiment = experiment_of(agent);
	char *labels = pod_labels_selector(&experiment);
	char *plain = xasprintf("%s," AGENT_LABEL "=storage", labels);
	struct strbuf out = STRBUF_INIT;

	kube_encode(&out, plain);
	free(labels);
	free(plain);
	return strbuf_detach(&out);
}

void agent_name(struct agent *agent)
{
	struct agent_pod *pod = agent->pod;
	char suffix[9];

	random_secret_hex(suffix, sizeof(suffix) - 1);
	random_secret_hex(pod->token, sizeof(pod->token) - 1);
	snprintf(pod->name, sizeof(pod->name), "nni-exp-%s-storage-%s",
		 agent->experiment_id, suffix);
	for (char *c = pod->name; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower((unsigned char)*c);
}
