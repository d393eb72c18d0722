/* SPDX-License-Identifier: MIT */
/*
 * Kubeflow's kinds of job in trainingService: roles by name, and what their
 * objects know beside roles, spelled as they spell it (kubernetes.md 4.3, 4.6,
 * 4.7).
 *
 *     kind: tfjob
 *     worker: {replicas: 2, command: ..., resources: {...}}
 *     ps: {replicas: 1}
 *     runPolicy: {backoffLimit: 3}
 */
#include "engine/spec/kubeflow.h"

#include "base/mem.h"
#include "engine/spec/kinds.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/roles.h"
#include "engine/spec/write.h"

#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.kubeflow.member)
#define IN_ROLE(member) offsetof(struct role_config, member)

/* --- a role -----------------------------------------------------------------
 */

static const char *const restarts[] = {"Never", "OnFailure", "Always",
				       "ExitCode", NULL};

/* clang-format off */
static const struct key role_keys[] = {
	{"replicas", VALUE_INT, .least = 1, .most = ROLE_REPLICAS_MAX,
	 .target = IN_ROLE(replicas)},
	{"command", VALUE_TEXT, .least = 1, .target = IN_ROLE(command)},
	{"image", VALUE_OWN, .least = RULE_IMAGE, .target = IN_ROLE(image),
	 .read = kubernetes_read_word},
	{"resources", VALUE_OWN, .target = IN_ROLE(resources),
	 .read = kubernetes_read_resources},
	{"restartPolicy", VALUE_WORD, .words = restarts,
	 .target = IN_ROLE(restart_policy)},
	{"podTemplate", VALUE_OWN, .target = IN_ROLE(pod_template),
	 .section = &kubernetes_template_form,
	 .read = kubernetes_read_object},
	{"template", VALUE_REFUSED, .help = "is called podTemplate here"},
	{"dockerImage", VALUE_REFUSED, .help = "is called image here"},
	{"codeDirectory", VALUE_REFUSED,
	 .help = "is the same in all roles: write trialCodeDirectory"},
	{"privateRegistryAuthPath", VALUE_REFUSED,
	 .help = "write imagePullSecrets: [NAME], of a Secret in the "
		 "namespace"},
	{"gpuNumber", VALUE_REFUSED, .help = "write resources: {gpu: N}"},
	{"gpuNum", VALUE_REFUSED, .help = "write resources: {gpu: N}"},
	{"cpuNumber", VALUE_REFUSED, .help = "write resources: {cpu: N}"},
	{"cpuNum", VALUE_REFUSED, .help = "write resources: {cpu: N}"},
	{"memorySize", VALUE_REFUSED,
	 .help = "write resources: {memory: 4gb}"},
	{"memoryMB", VALUE_REFUSED, .help = "write resources: {memory: 4gb}"},
	{0},
};
/* clang-format on */
static const struct form role_form = {role_keys, NULL};

void kubeflow_read_role(struct reader *reader, const struct key *key,
			const struct node *node, void *slot)
{
	struct draft *draft = slot;
	struct role_config role;

	role_init(&role);
	form_read(reader, &role_form, node, node->mark, &role);
	role.name = xstrdup(key->name);
	roles_add(&draft->config.kubernetes, &role);
}

/* --- keys -------------------------------------------------------------------
 */

/* clang-format off */
#define ROLE(name)                                                             \
	{#name, VALUE_OWN, .place = PLACE(name), .read = kubeflow_read_role}
#define OPTION(name, form)                                                     \
	{name, VALUE_OWN, .section = &(form), .read = kubeflow_read_option}
#define COMMON                                                                 \
	{"image", VALUE_OWN, .least = RULE_IMAGE, .target = CONFIG(image),     \
	 .read = kubernetes_read_word},                                        \
	{"apiVersion", VALUE_TEXT, .least = 1, .target = CONFIG(api_version),  \
	 .place = PLACE(api_version)},                                         \
	{"runPolicy", VALUE_OWN, .section = &kubeflow_policy_option,           \
	 .place = PLACE(run_policy), .read = kubeflow_read_option},            \
	{"cleanPodPolicy", VALUE_OWN, .section = &kubeflow_cleaning_option,    \
	 .place = PLACE(clean_pod_policy), .read = kubeflow_read_option},      \
	{"backoffLimit", VALUE_REFUSED,                                        \
	 .help = "belongs into runPolicy: {backoffLimit: N}"},                 \
	{"restartPolicy", VALUE_REFUSED,                                       \
	 .help = "belongs to a role, such as worker: {restartPolicy: "         \
		 "OnFailure}"}

static const struct key tfjob_keys[] = {
	COMMON,
	ROLE(worker), ROLE(ps), ROLE(chief), ROLE(master), ROLE(evaluator),
	OPTION("successPolicy", kubeflow_success_option),
	OPTION("enableDynamicWorker", kubeflow_dynamic_option),
	{0},
};
static const struct key pytorchjob_keys[] = {
	COMMON,
	ROLE(master), ROLE(worker),
	{"nprocPerNode", VALUE_OWN, .read = kubeflow_read_processes},
	{"elasticPolicy", VALUE_OWN, .section = &kubeflow_torch_option,
	 .place = PLACE(elastic_policy), .read = kubeflow_read_option},
	{0},
};
static const struct key mpijob_keys[] = {
	COMMON,
	ROLE(launcher), ROLE(worker),
	OPTION("slotsPerWorker", kubeflow_slots_option),
	OPTION("mainContainer", kubeflow_main_option),
	{0},
};
static const struct key xgboostjob_keys[] = {
	COMMON,
	ROLE(master), ROLE(worker),
	{0},
};
static const struct key paddlejob_keys[] = {
	COMMON,
	ROLE(master), ROLE(worker),
	{"elasticPolicy", VALUE_OWN, .section = &kubeflow_paddle_option,
	 .place = PLACE(elastic_policy), .read = kubeflow_read_option},
	{0},
};
static const struct key jaxjob_keys[] = {
	COMMON,
	ROLE(worker),
	{0},
};
/* clang-format on */

static const struct kubeflow_rule rules[] = {
	{"tfjob", {"worker", "chief", "master"}, {"chief", "master"}, NULL},
	{"pytorchjob", {"master", "worker"}, {"master"}, NULL},
	{"mpijob", {"launcher"}, {"launcher"}, "worker"},
	{"xgboostjob", {"master"}, {"master"}, NULL},
	{"paddlejob", {"worker", "master"}, {NULL}, NULL},
	{"jaxjob", {"worker"}, {NULL}, NULL},
};

const struct kubeflow_rule *kubeflow_rule_find(const char *kind)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (!strcmp(rules[i].kind, kind))
			return &rules[i];
	return NULL;
}

/* --- writing ----------------------------------------------------------------
 */

static void write(const struct kubernetes_config *config, struct strbuf *out)
{
	write_text(out, "apiVersion", config->api_version);
	for (size_t i = 0; i < config->role_count; i++) {
		const struct role_config *role = &config->roles[i];

		strbuf_addf(out, ",\"%s\":{\"replicas\":%d", role->name,
			    role->replicas);
		role_write_members(role, out);
		strbuf_addch(out, '}');
	}
	kubeflow_write_options(config->job_options, out);
}

/* --- the kinds --------------------------------------------------------------
 */

#define KIND(kind)                                                             \
	static const struct form kind##_form = {kind##_keys,                   \
						&kubernetes_service_form};     \
	const struct spec_kind spec_##kind = {                                 \
		.name = #kind,                                                 \
		.form = &kind##_form,                                          \
		.has_own_commands = true,                                      \
		.check = kubeflow_check,                                       \
		.write = write,                                                \
	}

KIND(tfjob);
KIND(pytorchjob);
KIND(mpijob);
KIND(xgboostjob);
KIND(paddlejob);
KIND(jaxjob);
