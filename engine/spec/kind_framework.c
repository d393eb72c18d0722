/* SPDX-License-Identifier: MIT */
/*
 * Keys of kinds framework and launcher: task roles in the controllers' own
 * words (kubernetes.md 5.1), with a pod's keys in place of a whole pod.
 */
#include "engine/spec/cluster.h"

#include "base/mem.h"
#include "engine/kind/framework.h"
#include "engine/spec/kinds.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/nni.h"
#include "engine/spec/roles.h"
#include "engine/spec/write.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define DRAFT(member) offsetof(struct draft, kubernetes.framework.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.framework.member)
#define ROLE(member) offsetof(struct role_draft, role.member)
#define ROLE_NAME_MAX 63
#define COUNT_MAX ROLE_REPLICAS_MAX
#define RETRIES_MAX 1000000

#define OTHER(key, text)                                                       \
	{                                                                      \
		key, VALUE_REFUSED, .help = text                               \
	}
#define RESOURCES "write resources: {cpu: 1, memory: 2Gi, gpu: 1}"
#define WHOLE                                                                  \
	"write retryPolicy and podTemplate in the role itself, or the whole "  \
	"Framework under manifest"

/* A role half-way. */
struct role_draft {
	struct role_config role;
	struct completion_draft {
		int min_failed, min_succeeded;
		struct place failed, succeeded;
	} policy, flat;
	struct place name, policy_place;
};

/* --- tables ------------------------------------------------------------- */

static void read_role_name(struct reader *reader, const struct key *key,
			   const struct node *node, void *slot);
static void read_retry(struct reader *reader, const struct key *key,
		       const struct node *node, void *slot);
static void read_barrier(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot);

#define COMPLETION(member) offsetof(struct completion_draft, member)
#define FLAT(member) offsetof(struct role_draft, flat.member)

/* clang-format off */
static const struct key retry_keys[] = {
	{"fancyRetryPolicy", VALUE_BOOL,
	 .target = offsetof(struct kubernetes_scratch, truth)},
	{"maxRetryCount", VALUE_COUNT, .least = -2, .most = RETRIES_MAX,
	 .target = offsetof(struct kubernetes_scratch, count)},
	{0},
};
static const struct form retry_form = {retry_keys, NULL};

static const struct key completion_keys[] = {
	{"minFailedTaskCount", VALUE_INT, .least = -1, .most = COUNT_MAX,
	 .target = COMPLETION(min_failed),
	 .place = KEY_PLACE(struct completion_draft, failed)},
	{"minSucceededTaskCount", VALUE_INT, .least = -1, .most = COUNT_MAX,
	 .target = COMPLETION(min_succeeded),
	 .place = KEY_PLACE(struct completion_draft, succeeded)},
	OTHER("minSucceedTaskCount", "is called minSucceededTaskCount here"),
	{0},
};
static const struct form completion_form = {completion_keys, NULL};

static const struct key role_keys[] = {
	{"name", VALUE_OWN, KEY_REQUIRED, .target = ROLE(name),
	 .place = KEY_PLACE(struct role_draft, name),
	 .read = read_role_name, .help = "such as name: worker"},
	{"taskNumber", VALUE_INT, .most = ROLE_REPLICAS_MAX,
	 .target = ROLE(replicas)},
	{"command", VALUE_TEXT, .least = 1, .target = ROLE(command)},
	{"image", VALUE_OWN, .least = RULE_IMAGE, .target = ROLE(image),
	 .read = kubernetes_read_word},
	{"resources", VALUE_OWN, .target = ROLE(resources),
	 .read = kubernetes_read_resources},
	{"frameworkAttemptCompletionPolicy", VALUE_SECTION,
	 .section = &completion_form,
	 .target = offsetof(struct role_draft, policy),
	 .place = KEY_PLACE(struct role_draft, policy_place)},
	{"minFailedTaskCount", VALUE_INT, .least = -1, .most = COUNT_MAX,
	 .target = FLAT(min_failed),
	 .place = KEY_PLACE(struct role_draft, flat.failed)},
	{"minSucceededTaskCount", VALUE_INT, .least = -1, .most = COUNT_MAX,
	 .target = FLAT(min_succeeded),
	 .place = KEY_PLACE(struct role_draft, flat.succeeded)},
	{"retryPolicy", VALUE_OWN, .target = ROLE(retry_policy),
	 .read = read_retry},
	{"podTemplate", VALUE_OWN, .target = ROLE(pod_template),
	 .section = &kubernetes_template_form,
	 .read = kubernetes_read_object},
	OTHER("podGracefulDeletionTimeoutSec", "belongs to kind: framework"),
	OTHER("replicas", "is called taskNumber here"),
	OTHER("taskNum", "is called taskNumber here"),
	OTHER("trialCommand", "is called command in a role"),
	OTHER("dockerImage", "is called image here"),
	OTHER("minSucceedTaskCount", "is called minSucceededTaskCount here"),
	OTHER("cpuNumber", RESOURCES),
	OTHER("gpuNumber", RESOURCES),
	OTHER("memorySize", RESOURCES),
	OTHER("cpuNum", RESOURCES),
	OTHER("gpuNum", RESOURCES),
	OTHER("memoryMB", RESOURCES),
	OTHER("task", WHOLE),
	OTHER("restartPolicy",
	      "is Never: a task is tried again by its retryPolicy"),
	{0},
};
/* the launcher's */
static const struct form old_role_form = {role_keys, NULL};

static const struct key new_role_keys[] = {
	{"podGracefulDeletionTimeoutSec", VALUE_COUNT, .most = INT32_MAX,
	 .target = ROLE(pod_deletion_timeout_s)},
	{0},
};
static const struct form role_form = {new_role_keys, &old_role_form};

static const struct key launcher_keys[] = {
	{"image", VALUE_OWN, .least = RULE_IMAGE, .target = CONFIG(image),
	 .read = kubernetes_read_word},
	{"taskRoles", VALUE_TREE, .place = PLACE(task_roles)},
	{"retryPolicy", VALUE_OWN, .target = DRAFT(retry_policy),
	 .read = read_retry},
	{"description", VALUE_TEXT, .most = 1024,
	 .target = DRAFT(description)},
	{"manifest", VALUE_TREE, .place = PLACE(manifest)},
	{"primaryContainerName", VALUE_OWN, .least = RULE_LABEL,
	 .target = CONFIG(primary_container), .read = kubernetes_read_word},
	OTHER("executionType", "is Start: trialdeck stops trials"),
	OTHER("queue", "Kueue does not hold Frameworks back: remove it"),
	OTHER("ttlSecondsAfterFinished",
	      "Frameworks have none: write cleanup: all"),
	OTHER("restartPolicy",
	      "is Never: a task is tried again by its retryPolicy"),
	{0},
};
static const struct form launcher_form = {launcher_keys,
					  &kubernetes_service_form};

static const struct key framework_keys[] = {
	{"barrier", VALUE_OWN, .target = CONFIG(barrier),
	 .read = read_barrier},
	{0},
};
static const struct form framework_form = {framework_keys, &launcher_form};
/* clang-format on */

/* --- values ------------------------------------------------------------- */

/* my-Worker becomes myworker. */
static void fail_name(struct reader *reader, const struct node *node)
{
	char *near = xstrdup(node->text), *to = near;

	for (const char *from = near; *from; from++)
		if (isalnum((unsigned char)*from))
			*to++ = (char)tolower((unsigned char)*from);
	*to = '\0';
	if (!framework_name_is_valid(near))
		*near = '\0';
	reader_fail(reader, node->mark,
		    "must be 1 to 63 lower-case letters and digits, got "
		    "\"%.64s\"%s%s%s",
		    node->text, *near ? ", did you mean '" : "", near,
		    *near ? "'?" : "");
	free(near);
}

static void read_role_name(struct reader *reader, const struct key *key,
			   const struct node *node, void *slot)
{
	char **name = slot;

	(void)key;
	if (!value_is_text(reader, node))
		return;
	if (!framework_name_is_valid(node->text)) {
		fail_name(reader, node);
		return;
	}
	free(*name);
	*name = xstrdup(node->text);
}

static void read_retry(struct reader *reader, const struct key *key,
		       const struct node *node, void *slot)
{
	char **policy = slot, *text;

	(void)key;
	if (!kubernetes_form_check(reader, &retry_form, node))
		return;
	text = kubernetes_fragment(reader, node);
	if (!text)
		return;
	free(*policy);
	*policy = text;
}

/* YAML takes a bare `on` for true. */
static void read_barrier(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot)
{
	enum barrier_choice *barrier = slot;

	(void)key;
	if (node->kind == NODE_BOOL)
		*barrier = node->boolean ? BARRIER_ON : BARRIER_OFF;
	else if (node->kind == NODE_STRING && !strcmp(node->text, "auto"))
		*barrier = BARRIER_AUTO;
	else
		value_fail(reader, node, "auto, on or off");
}

/* --- task roles --------------------------------------------------------- */

static bool settle_policy(struct reader *reader, struct role_draft *draft)
{
	struct completion_draft *policy = &draft->policy;
	const struct completion_draft *flat = &draft->flat;
	bool is_flat = flat->failed.node || flat->succeeded.node;

	if (is_flat && draft->policy_place.node) {
		reader_fail_at(reader, &draft->policy_place,
			       "says the same as minFailedTaskCount and "
			       "minSucceededTaskCount beside it: keep one of "
			       "them");
		return false;
	}
	if (is_flat)
		policy = &draft->flat;
	draft->role.has_completion = true;
	draft->role.min_failed = policy->min_failed;
	draft->role.min_succeeded = policy->min_succeeded;
	return true;
}

static void read_role(struct reader *reader, struct draft *draft,
		      const struct node *node)
{
	static const struct completion_draft usual = {.min_failed = 1,
						      .min_succeeded = -1};
	struct kubernetes_config *config = &draft->config.kubernetes;
	struct role_draft role = {.policy = usual, .flat = usual};
	size_t before = reader->problems->count;
	bool is_launcher = !strcmp(config->kind, "launcher");

	role_init(&role.role);
	form_read(reader, is_launcher ? &old_role_form : &role_form, node,
		  node->mark, &role);
	if (settle_policy(reader, &role) && reader->problems->count == before) {
		if (roles_find(config, role.role.name))
			reader_fail_at(reader, &role.name,
				       "there is another role '%s'",
				       role.role.name);
		else
			roles_add(config, &role.role);
	}
	role_config_release(&role.role);
}

static void check_numbers(struct reader *reader, const struct place *place,
			  const struct kubernetes_config *config)
{
	int64_t tasks = 0;

	for (size_t i = 0; i < config->role_count; i++)
		tasks += config->roles[i].replicas;
	if (!tasks && !reader->problems->count)
		reader_fail_at(reader, place,
			       "has no task: such a Framework never ends; "
			       "write taskNumber: 1");
}

static void read_roles(struct reader *reader, struct draft *draft)
{
	const struct place *place = &draft->kubernetes.framework.task_roles;
	const struct node *list = place->node;
	size_t len = reader_enter(reader, place->path);

	if (list->kind == NODE_SEQUENCE && !list->count) {
		reader_fail(reader, list->mark,
			    "must not be empty: write a role, such as [{name: "
			    "worker, taskNumber: 2}]");
	} else if (list->kind != NODE_SEQUENCE) {
		value_fail(reader, list,
			   "a list of roles, such as [{name: worker, "
			   "taskNumber: 2}]");
	} else if (list->count > ROLES_MAX) {
		reader_fail(reader, list->mark, "has more than %d roles",
			    ROLES_MAX);
	} else {
		for (size_t i = 0; i < list->count; i++) {
			size_t inner = kubernetes_enter_item(reader, i);

			read_role(reader, draft, list->items[i]);
			reader_leave(reader, inner);
		}
		check_numbers(reader, place, &draft->config.kubernetes);
	}
	reader_leave(reader, len);
}

/* --- checks ------------------------------------------------------------- */

static void add_option(struct strbuf *out, const char *key, const char *json)
{
	strbuf_addf(out, "%s\"%s\":%s", out->len ? "," : "{", key, json);
}

/* What stands in the object's spec beside the roles. */
static void settle_options(struct draft *draft)
{
	const struct framework_draft *framework = &draft->kubernetes.framework;
	struct strbuf out = STRBUF_INIT, text = STRBUF_INIT;

	if (framework->description) {
		strbuf_add_json_string(&text, framework->description);
		add_option(&out, "description", text.data);
	}
	if (framework->retry_policy)
		add_option(&out, "retryPolicy", framework->retry_policy);
	if (out.len) {
		strbuf_addch(&out, '}');
		draft->config.kubernetes.job_options = strbuf_detach(&out);
	}
	strbuf_release(&text);
}

/* What a role lacks must be said for all. */
static void check_roles(struct reader *reader, struct draft *draft)
{
	const struct place *place = &draft->kubernetes.framework.task_roles;
	struct experiment_config *config = &draft->config;

	for (size_t i = 0; i < config->kubernetes.role_count; i++) {
		const struct role_config *role = &config->kubernetes.roles[i];

		if (!role->image && !config->kubernetes.image)
			reader_fail_at(reader, place,
				       "role '%s' has no image: write one in "
				       "it, or beside taskRoles for all",
				       role->name);
		if (!role->command && !config->trial_command)
			reader_fail_at(reader, place,
				       "role '%s' has no command: write one in "
				       "it, or trialCommand for all",
				       role->name);
	}
	/* of the whole somebody may ask, too */
	if (!config->trial_command && config->kubernetes.role_count &&
	    config->kubernetes.roles[0].command)
		config->trial_command =
			xstrdup(config->kubernetes.roles[0].command);
}

static void fail_no_roles(struct reader *reader, const struct draft *draft)
{
	const struct place *service = &draft->training_service;
	size_t len = reader_enter(reader, service->path);

	reader_enter(reader, "taskRoles");
	reader_fail(reader, service->key_mark,
		    "required, but missing: such as taskRoles: [{name: worker, "
		    "taskNumber: 2}]; or write a whole Framework under "
		    "manifest");
	reader_leave(reader, len);
}

/* Everything is said in the manifest. */
static void read_manifest(struct reader *reader, struct draft *draft)
{
	const struct framework_draft *framework = &draft->kubernetes.framework;

	if (framework->retry_policy || framework->description ||
	    draft->config.kubernetes.barrier != BARRIER_AUTO)
		reader_fail_at(reader, &framework->manifest,
			       "is a whole Framework: write retryPolicy, "
			       "description and the barrier there");
	else
		framework_template_read(reader, draft, &framework->manifest);
}

static void framework_check(struct reader *reader, struct draft *draft)
{
	const struct framework_draft *framework = &draft->kubernetes.framework;

	if (framework->task_roles.node && framework->manifest.node)
		reader_fail_at(reader, &framework->manifest,
			       "has task roles of its own, and this file has "
			       "taskRoles in line %d: remove one of them",
			       framework->task_roles.key_mark.line);
	else if (framework->manifest.node)
		read_manifest(reader, draft);
	else if (framework->task_roles.node)
		read_roles(reader, draft);
	else
		fail_no_roles(reader, draft);
	settle_options(draft);
	check_roles(reader, draft);
	spec_kind_try(reader, draft,
		      framework->manifest.node ? &framework->manifest
					       : &framework->task_roles);
}

/* --- writing ------------------------------------------------------------ */

static void write_roles(const struct kubernetes_config *config,
			struct strbuf *out)
{
	strbuf_adds(out, ",\"taskRoles\":[");
	for (size_t i = 0; i < config->role_count; i++) {
		const struct role_config *role = &config->roles[i];

		strbuf_addf(out, "%s{\"name\":\"%s\"", i ? "," : "",
			    role->name);
		write_number(out, "taskNumber", role->replicas);
		write_number(out, "minFailedTaskCount", role->min_failed);
		write_number(out, "minSucceededTaskCount", role->min_succeeded);
		write_json(out, "retryPolicy", role->retry_policy);
		if (role->pod_deletion_timeout_s >= 0)
			write_number(out, "podGracefulDeletionTimeoutSec",
				     role->pod_deletion_timeout_s);
		role_write_members(role, out);
		strbuf_addch(out, '}');
	}
	strbuf_addch(out, ']');
}

/* The members of a JSON object as keys beside the others. */
static void write_options(const char *options, struct strbuf *out)
{
	size_t len = options ? strlen(options) : 0;

	if (len > 2) {
		strbuf_addch(out, ',');
		strbuf_add(out, options + 1, len - 2);
	}
}

static void framework_write(const struct kubernetes_config *config,
			    struct strbuf *out)
{
	if (config->manifest)
		write_json(out, "manifest", config->manifest);
	else
		write_roles(config, out);
	write_options(config->job_options, out);
	write_text(out, "primaryContainerName", config->primary_container);
	if (config->barrier != BARRIER_AUTO)
		write_json(out, "barrier",
			   config->barrier == BARRIER_ON ? "true" : "false");
}

const struct spec_kind spec_framework = {
	.name = "framework",
	.form = &framework_form,
	.has_own_commands = true,
	.check = framework_check,
	.write = framework_write,
};

const struct spec_kind spec_launcher = {
	.name = "launcher",
	.form = &launcher_form,
	.has_own_commands = true,
	.check = framework_check,
	.write = framework_write,
};
