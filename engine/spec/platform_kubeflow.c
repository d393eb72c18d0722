/* SPDX-License-Identifier: MIT */
/*
 * NNI's platform kubeflow: trials are TFJobs or PyTorchJobs (nni.md 1.5, 1.6,
 * 2.6).  A way to write what platform kubernetes says with kind: tfjob and
 * pytorchjob; its second form takes the keys of clusters besides.
 */
#include "engine/spec/cluster.h"
#include "engine/spec/nni.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/roles.h"
#include "engine/spec/write.h"

#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define DRAFT(member) offsetof(struct draft, member)
#define NNI(member) offsetof(struct draft, kubernetes.nni.member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.nni.member)
#define OTHER(key, text)                                                       \
	{                                                                      \
		key, VALUE_REFUSED, .help = text                               \
	}
#define IN_ROLES                                                               \
	"belongs into the roles: worker, ps or master, such as worker: "       \
	"{replicas: 1, ...}"

static const char *const operators[] = {"tf-operator", "pytorch-operator",
					NULL};
static const char *const versions[] = {"v1alpha2", "v1beta1", "v1beta2", "v1",
				       NULL};
static const char *const storages[] = {"nfs", "azureStorage", NULL};

/* clang-format off */
#define OPERATOR                                                               \
	{"operator", VALUE_WORD, KEY_REQUIRED, .words = operators,             \
	 .target = NNI(operator_name), .place = PLACE(operator_place),         \
	 .help = "tf-operator or pytorch-operator"},                           \
	{"apiVersion", VALUE_WORD, .words = versions,                          \
	 .target = CONFIG(api_version)}
#define ROLES                                                                  \
	{"worker", .type = VALUE_TREE, .place = PLACE(worker)},                \
	{"ps", .type = VALUE_TREE, .place = PLACE(ps)},                        \
	{"master", .type = VALUE_TREE, .place = PLACE(master)},                \
	OTHER("taskRoles", "belongs to platform frameworkcontroller: write "   \
	      "worker, ps or master")

static const struct key role_keys[] = {
	NNI_REPLICAS("replicas"),
	{"codeDirectory", VALUE_FOLDER,
	 .target = offsetof(struct nni_role, role.code_directory),
	 .place = KEY_PLACE(struct nni_role, code_directory)},
	{0},
};
static const struct form role_form = {role_keys, &nni_role_form};

static const struct key role_first_keys[] = {
	NNI_REPLICAS("replicas"),
	{0},
};
static const struct form role_first_form = {role_first_keys,
					    &nni_role_first_form};

static const struct key service_keys[] = {
	OPERATOR,
	ROLES,
	{"reuseMode", VALUE_BOOL, .target = CONFIG(is_reuse)},
	OTHER("image", "belongs into the roles, as dockerImage"),
	OTHER("resources", "belongs into the roles, as gpuNumber, cpuNumber "
	      "and memorySize"),
	OTHER("command", IN_ROLES),
	OTHER("kind", "follows from operator here; it is a key of platform "
	      "kubernetes"),
	{0},
};

static const struct key trial_keys[] = {
	{"codeDir", VALUE_FOLDER, KEY_REQUIRED,
	 .target = DRAFT(config.trial_code_directory),
	 .help = "the folder the commands run in, such as ."},
	{"nasMode", VALUE_WORD, .words = nni_nas_modes,
	 .target = DRAFT(ignored_text)},
	ROLES,
	OTHER("command", IN_ROLES),
	OTHER("gpuNum", IN_ROLES),
	OTHER("cpuNum", IN_ROLES),
	OTHER("memoryMB", IN_ROLES),
	OTHER("image", IN_ROLES),
	{0},
};
static const struct form trial_form = {trial_keys, NULL};

static const struct key config_keys[] = {
	OPERATOR,
	{"storage", VALUE_WORD, .words = storages,
	 .target = DRAFT(kubernetes.storage.type),
	 .place = KEY_PLACE(struct draft, kubernetes.storage.type_place)},
	{"reuse", VALUE_BOOL, .target = CONFIG(is_reuse)},
	{"namespace", VALUE_OWN, .least = RULE_LABEL,
	 .target = CONFIG(namespace), .read = kubernetes_read_word},
	OTHER("serviceAccountName", "belongs to frameworkcontrollerConfig: "
	      "write the second form (trialdeck convert prints it), which "
	      "takes it in trainingService"),
	{0},
};
static const struct form config_form = {config_keys, &storage_first_form};

static const struct key first_keys[] = {
	{"trial", VALUE_SECTION, KEY_REQUIRED, .section = &trial_form,
	 .place = PLACE(trial),
	 .help = "what to run, such as trial: {codeDir: ., worker: {...}}"},
	{"kubeflowConfig", VALUE_SECTION, KEY_REQUIRED,
	 .section = &config_form,
	 .place = KEY_PLACE(struct draft, kubernetes.storage.section),
	 .help = "such as kubeflowConfig: {operator: tf-operator, "
		 "apiVersion: v1, storage: nfs, nfs: {server: HOST, path: "
		 "/PATH}}"},
	{0},
};
/* clang-format on */

static const struct form kubeflow_service_form = {service_keys, &cluster_form};
static const struct form kubeflow_first_form = {first_keys, &first_common_form};

/* --- checks -----------------------------------------------------------------
 */

/* What each operator makes of the three roles. */
enum need { FORBIDDEN, OPTIONAL, REQUIRED };

static const struct operator_rule {
	const char *name, *kind;
	enum need worker, ps, master;
} rules[] = {
	{"tf-operator", "tfjob", REQUIRED, OPTIONAL, FORBIDDEN},
	{"pytorch-operator", "pytorchjob", OPTIONAL, FORBIDDEN, REQUIRED},
};

static void fail_missing(struct reader *reader, const struct draft *draft,
			 const char *name, const char *operator_name)
{
	const struct place *section = draft->config.is_first_form
					      ? &draft->kubernetes.nni.trial
					      : &draft->training_service;
	size_t len;

	if (!section->node)
		return; /* reported */
	len = reader_enter(reader, section->path);
	reader_enter(reader, name);
	reader_fail(reader, section->key_mark,
		    "required, but missing: jobs of %s have one",
		    operator_name);
	reader_leave(reader, len);
}

static void read_role(struct reader *reader, struct draft *draft,
		      const struct place *place, const char *name,
		      enum need need, const char *operator_name)
{
	bool is_first = draft->config.is_first_form && !reader->is_reload;
	struct place key = *place;

	key.mark = key.key_mark;
	if (!place->node && need == REQUIRED)
		fail_missing(reader, draft, name, operator_name);
	if (!place->node)
		return;
	if (need == FORBIDDEN)
		reader_fail_at(reader, &key,
			       "jobs of %s have no such role: they have %s",
			       operator_name,
			       *operator_name == 't' ? "worker and ps"
						     : "master and worker");
	else
		nni_role_read(reader, draft, place,
			      is_first ? &role_first_form : &role_form, name);
}

static void kubeflow_check(struct reader *reader, struct draft *draft)
{
	const struct nni_draft *nni = &draft->kubernetes.nni;
	const struct operator_rule *rule = NULL;

	for (size_t i = 0; nni->operator_name && i < COUNT_OF(rules); i++)
		if (!strcmp(rules[i].name, nni->operator_name))
			rule = &rules[i];
	cluster_check(reader, draft);
	storage_check(reader, draft, true);
	if (!rule)
		return; /* reported */
	draft->config.kubernetes.kind = xstrdup(rule->kind);
	/* the first role is the one that leads */
	read_role(reader, draft, &nni->master, "master", rule->master,
		  rule->name);
	read_role(reader, draft, &nni->worker, "worker", rule->worker,
		  rule->name);
	read_role(reader, draft, &nni->ps, "ps", rule->ps, rule->name);
	nni_settle(reader, draft);
	cluster_check_template(reader, draft);
}

/* --- writing ----------------------------------------------------------------
 */

static void write_role(const struct role_config *role, struct strbuf *out)
{
	strbuf_addf(out, ",\"%s\":{\"replicas\":%d", role->name,
		    role->replicas);
	nni_role_write(role, out);
	write_text(out, "codeDirectory", role->code_directory);
	strbuf_addch(out, '}');
}

static void kubeflow_write(const struct experiment_config *config,
			   struct strbuf *out)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (!strcmp(rules[i].kind, kubernetes->kind))
			write_text(out, "operator", rules[i].name);
	write_text(out, "apiVersion", kubernetes->api_version);
	cluster_write_where(kubernetes, out);
	storage_write(&kubernetes->storage, out);
	for (size_t i = 0; i < kubernetes->role_count; i++)
		write_role(&kubernetes->roles[i], out);
	if (kubernetes->is_reuse)
		write_truth(out, "reuseMode", true);
	cluster_write_pod(kubernetes, out);
	cluster_write_rest(kubernetes, out);
}

const struct spec_platform spec_kubeflow = {
	.name = "kubeflow",
	.is_on_cluster = true,
	.has_shared_storage = true,
	.has_own_commands = nni_has_own_commands,
	.service = &kubeflow_service_form,
	.first = &kubeflow_first_form,
	.check = kubeflow_check,
	.write = kubeflow_write,
};
