/* SPDX-License-Identifier: MIT */
/*
 * NNI's platform frameworkcontroller: trials are FrameworkController's
 * Frameworks (nni.md 1.5, 1.7, 2.7).  A way to write what platform kubernetes
 * says with kind: framework; its second form takes the keys of clusters
 * besides.
 */
#include "engine/spec/cluster.h"
#include "engine/spec/nni.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/roles.h"
#include "engine/spec/write.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define DRAFT(member) offsetof(struct draft, member)
#define STORAGE(member) offsetof(struct draft, kubernetes.storage.member)
#define STORAGE_PLACE(member) KEY_PLACE(struct draft, kubernetes.storage.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.nni.member)
#define ROLE(member) offsetof(struct nni_role, role.member)
#define OTHER(key, text)                                                       \
	{                                                                      \
		key, VALUE_REFUSED, .help = text                               \
	}
#define IN_ROLES                                                               \
	"belongs into taskRoles, such as taskRoles: [{name: worker, ...}]"
#define KUBEFLOW_ROLE                                                          \
	"belongs to platform kubeflow: write taskRoles: [{name: worker, ...}]"

static const char *const storages[] = {"nfs", "azureStorage", "pvc", NULL};

/* Task roles become parts of names, so FrameworkController's resource takes no
 * more than these (kubernetes.md 5.1). */
static void read_name(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char near[64];
	size_t len = 0;
	char **text = slot;

	(void)key;
	if (!value_is_text(reader, node))
		return;
	if (*node->text && strlen(node->text) <= 63 &&
	    !node->text[strspn(node->text, allowed)]) {
		free(*text);
		*text = xstrdup(node->text);
		return;
	}
	for (const char *at = node->text; *at && len + 1 < sizeof(near); at++)
		if (isalnum((unsigned char)*at))
			near[len++] = (char)tolower((unsigned char)*at);
	near[len] = '\0';
	reader_fail(reader, node->mark,
		    "must be 1 to 63 lower-case letters and digits, got "
		    "\"%.64s\"%s%s%s",
		    node->text, len ? ", did you mean '" : "", near,
		    len ? "'?" : "");
}

/* clang-format off */
#define COUNT_KEY(name, member)                                                \
	{name, VALUE_INT, KEY_REQUIRED, .least = -1, .most = INT32_MAX,        \
	 .target = ROLE(member), .help = "how many tasks, such as 1; -1: "     \
	 "however many"}

static const struct key policy_keys[] = {
	COUNT_KEY("minFailedTaskCount", min_failed),
	COUNT_KEY("minSucceedTaskCount", min_succeeded),
	{0},
};
static const struct form policy_form = {policy_keys, NULL};

static const struct key policy_first_keys[] = {
	COUNT_KEY("minFailedTaskCount", min_failed),
	COUNT_KEY("minSucceededTaskCount", min_succeeded),
	{0},
};
static const struct form policy_first_form = {policy_first_keys, NULL};

#define NAME                                                                   \
	{"name", VALUE_OWN, KEY_REQUIRED, .target = ROLE(name),                \
	 .read = read_name, .help = "such as name: worker"}
#define POLICY(form, word)                                                     \
	{"frameworkAttemptCompletionPolicy", VALUE_SECTION, KEY_REQUIRED,      \
	 .section = &form,                                                     \
	 .place = KEY_PLACE(struct nni_role, policy),                          \
	 .help = "when the job ends, such as {minFailedTaskCount: 1, "         \
		 word ": 1}"}

static const struct key role_keys[] = {
	NAME,
	NNI_REPLICAS("taskNumber"),
	POLICY(policy_form, "minSucceedTaskCount"),
	OTHER("replicas", "is called taskNumber here"),
	{0},
};
static const struct form role_form = {role_keys, &nni_role_form};

static const struct key role_first_keys[] = {
	NAME,
	NNI_REPLICAS("taskNum"),
	POLICY(policy_first_form, "minSucceededTaskCount"),
	OTHER("replicas", "is called taskNum here"),
	{0},
};
static const struct form role_first_form = {role_first_keys,
					    &nni_role_first_form};

static const struct key service_keys[] = {
	{"taskRoles", .type = VALUE_TREE, .place = PLACE(task_roles)},
	{"configPath", VALUE_TEXT, .least = 1,
	 .target = DRAFT(kubernetes.nni.config_path),
	 .place = PLACE(config_path_place)},
	{"manifest", .type = VALUE_TREE, .place = PLACE(manifest)},
	{"reuseMode", VALUE_BOOL, .target = CONFIG(is_reuse)},
	OTHER("worker", KUBEFLOW_ROLE),
	OTHER("ps", KUBEFLOW_ROLE),
	OTHER("master", KUBEFLOW_ROLE),
	OTHER("operator", "belongs to platform kubeflow"),
	OTHER("image", "belongs into taskRoles, as dockerImage"),
	OTHER("resources", "belongs into taskRoles, as gpuNumber, cpuNumber "
	      "and memorySize"),
	OTHER("command", IN_ROLES),
	OTHER("kind", "is framework here; it is a key of platform "
	      "kubernetes"),
	{0},
};

static const struct key trial_keys[] = {
	{"codeDir", VALUE_FOLDER, KEY_REQUIRED,
	 .target = DRAFT(config.trial_code_directory),
	 .help = "the folder the commands run in, such as ."},
	{"nasMode", VALUE_WORD, .words = nni_nas_modes,
	 .target = DRAFT(ignored_text)},
	{"taskRoles", .type = VALUE_TREE, .place = PLACE(task_roles)},
	OTHER("worker", KUBEFLOW_ROLE),
	OTHER("ps", KUBEFLOW_ROLE),
	OTHER("master", KUBEFLOW_ROLE),
	OTHER("command", IN_ROLES),
	OTHER("gpuNum", IN_ROLES),
	OTHER("cpuNum", IN_ROLES),
	OTHER("memoryMB", IN_ROLES),
	OTHER("image", IN_ROLES),
	{0},
};
static const struct form trial_form = {trial_keys, NULL};

static const struct key pvc_keys[] = {
	{"path", VALUE_PATH, KEY_REQUIRED,
	 .target = CONFIG(storage.local_path),
	 .help = "where this machine sees the claim"},
	{0},
};
static const struct form pvc_form = {pvc_keys, NULL};

static const struct key config_keys[] = {
	{"storage", VALUE_WORD, .words = storages, .target = STORAGE(type),
	 .place = STORAGE_PLACE(type_place)},
	{"pvc", VALUE_SECTION, .section = &pvc_form,
	 .place = STORAGE_PLACE(pvc)},
	{"serviceAccountName", VALUE_OWN, .least = RULE_SUBDOMAIN,
	 .target = CONFIG(service_account), .read = kubernetes_read_word},
	{"configPath", VALUE_TEXT, .least = 1,
	 .target = DRAFT(kubernetes.nni.config_path),
	 .place = PLACE(config_path_place)},
	{"reuse", VALUE_BOOL, .target = CONFIG(is_reuse)},
	{"namespace", VALUE_OWN, .least = RULE_LABEL,
	 .target = CONFIG(namespace), .read = kubernetes_read_word},
	{0},
};
static const struct form config_form = {config_keys, &storage_first_form};

static const struct key first_keys[] = {
	{"trial", VALUE_SECTION, KEY_REQUIRED, .section = &trial_form,
	 .place = PLACE(trial),
	 .help = "what to run, such as trial: {codeDir: ., taskRoles: "
		 "[{...}]}"},
	{"frameworkcontrollerConfig", VALUE_SECTION, KEY_REQUIRED,
	 .section = &config_form, .place = STORAGE_PLACE(section),
	 .help = "such as frameworkcontrollerConfig: {storage: nfs, nfs: "
		 "{server: HOST, path: /PATH}}"},
	{0},
};
/* clang-format on */

static const struct form framework_service_form = {service_keys, &cluster_form};
static const struct form framework_first_form = {first_keys,
						 &first_common_form};

/* --- checks -----------------------------------------------------------------
 */

static void fail_no_roles(struct reader *reader, const struct draft *draft)
{
	const struct place *section = draft->config.is_first_form
					      ? &draft->kubernetes.nni.trial
					      : &draft->training_service;
	size_t len;

	if (!section->node)
		return; /* reported */
	len = reader_enter(reader, section->path);
	reader_enter(reader, "taskRoles");
	reader_fail(reader, section->key_mark,
		    "required, but missing: the job's roles, such as "
		    "taskRoles: [{name: worker, ...}]; or a whole Framework in "
		    "a file that configPath names");
	reader_leave(reader, len);
}

static void read_roles(struct reader *reader, struct draft *draft,
		       const struct place *place)
{
	bool is_first = draft->config.is_first_form && !reader->is_reload;
	const struct node *list = place->node;
	size_t len = reader_enter(reader, place->path);
	bool is_list = false;

	if (list->kind == NODE_SEQUENCE && !list->count)
		reader_fail(reader, list->mark,
			    "is empty: a job has at least one role");
	else if (list->kind != NODE_SEQUENCE)
		value_fail(reader, list,
			   "a list of roles, such as [{name: worker, ...}]");
	else if (list->count > ROLES_MAX)
		reader_fail(reader, list->mark, "has more than %d roles",
			    ROLES_MAX);
	else
		is_list = true;
	reader_leave(reader, len);
	for (size_t i = 0; is_list && i < list->count; i++) {
		struct place item = {.node = list->items[i],
				     .mark = list->items[i]->mark,
				     .key_mark = list->items[i]->mark};

		snprintf(item.path, sizeof(item.path), "%.100s.%zu",
			 place->path, i);
		nni_role_read(reader, draft, &item,
			      is_first ? &role_first_form : &role_form, NULL);
	}
}

/* taskRoles, or a template under one of its two names. */
static void read_jobs(struct reader *reader, struct draft *draft)
{
	const struct nni_draft *nni = &draft->kubernetes.nni;
	const struct place *template =
		nni->manifest.node ? &nni->manifest : &nni->config_path_place;

	if (nni->manifest.node && nni->config_path_place.node)
		reader_fail_at(reader, &nni->config_path_place,
			       "is another word for manifest: keep one of "
			       "them");
	else if (template->node && nni->task_roles.node)
		reader_fail_at(reader, template,
			       "has task roles of its own, and this file has "
			       "taskRoles in line %d: remove one of them",
			       nni->task_roles.key_mark.line);
	else if (template->node &&
		 (template == &nni->manifest || nni->config_path))
		framework_template_read(reader, draft, template);
	else if (nni->task_roles.node)
		read_roles(reader, draft, &nni->task_roles);
	else if (!template->node)
		fail_no_roles(reader, draft);
}

/* A claim is named by the template that mounts it. */
static void check_claim(struct reader *reader, const struct draft *draft)
{
	const struct kubernetes_config *config = &draft->config.kubernetes;
	const struct storage_draft *storage = &draft->kubernetes.storage;

	if (draft->config.is_first_form && !reader->is_reload &&
	    config->storage.type == STORAGE_PVC && !config->manifest &&
	    !draft->kubernetes.nni.config_path_place.node)
		reader_fail_at(reader,
			       storage->type_place.node ? &storage->type_place
							: &storage->pvc,
			       "needs configPath: the file of a Framework that "
			       "mounts the claim");
}

static void framework_check(struct reader *reader, struct draft *draft)
{
	struct kubernetes_config *config = &draft->config.kubernetes;

	config->kind = xstrdup("framework");
	cluster_check(reader, draft);
	read_jobs(reader, draft);
	storage_check(reader, draft, true);
	if (config->storage.type == STORAGE_PVC && !config->storage.claim &&
	    config->manifest)
		config->storage.claim =
			framework_template_claim(config->manifest);
	check_claim(reader, draft);
	nni_settle(reader, draft);
	cluster_check_template(reader, draft);
}

/* --- writing ----------------------------------------------------------------
 */

static void write_roles(const struct kubernetes_config *config,
			struct strbuf *out)
{
	strbuf_adds(out, ",\"taskRoles\":[");
	for (size_t i = 0; i < config->role_count; i++) {
		const struct role_config *role = &config->roles[i];

		strbuf_addf(out, "%s{\"name\":\"%s\",\"taskNumber\":%d",
			    i ? "," : "", role->name, role->replicas);
		strbuf_addf(out,
			    ",\"frameworkAttemptCompletionPolicy\":"
			    "{\"minFailedTaskCount\":%d,"
			    "\"minSucceedTaskCount\":%d}",
			    role->min_failed, role->min_succeeded);
		nni_role_write(role, out);
		strbuf_addch(out, '}');
	}
	strbuf_addch(out, ']');
}

static void framework_write(const struct experiment_config *config,
			    struct strbuf *out)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;

	cluster_write_where(kubernetes, out);
	storage_write(&kubernetes->storage, out);
	if (kubernetes->manifest)
		write_json(out, "manifest", kubernetes->manifest);
	else
		write_roles(kubernetes, out);
	if (kubernetes->is_reuse)
		write_truth(out, "reuseMode", true);
	cluster_write_pod(kubernetes, out);
	cluster_write_rest(kubernetes, out);
}

const struct spec_platform spec_frameworkcontroller = {
	.name = "frameworkcontroller",
	.is_on_cluster = true,
	.has_shared_storage = true,
	.has_own_commands = nni_has_own_commands,
	.service = &framework_service_form,
	.first = &framework_first_form,
	.check = framework_check,
	.write = framework_write,
};
