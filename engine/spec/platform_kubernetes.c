/* SPDX-License-Identifier: MIT */
/*
 * Platform kubernetes: trials are jobs of a cluster.  Our own: NNI has no plain
 * Job.  Keys are spelled as Kubernetes spells them where it has them.
 */
#include "engine/spec/cluster.h"

#include "base/mem.h"
#include "engine/spec/kinds.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define DRAFT(member) offsetof(struct draft, member)
#define OTHER(key, text)                                                       \
	{                                                                      \
		key, VALUE_REFUSED, .help = text                               \
	}
#define LOCAL_GPUS                                                             \
	"belongs to platform local: a cluster hands out GPUs by resources, "   \
	"such as trialGpuNumber: 1"
#define FRAMEWORK                                                              \
	"belongs to kind: framework; kind job has one pod: write image and "   \
	"resources here"
/* clang-format off */
static const struct key service_keys[] = {
	{"kind", VALUE_OWN, .target = CONFIG(kind),
	 .read = kubernetes_read_kind},
	{"image", VALUE_OWN, KEY_REQUIRED, .least = RULE_IMAGE,
	 .target = CONFIG(image), .read = kubernetes_read_word,
	 .help = "what trials run in, such as image: python:3.11"},
	{"resources", VALUE_OWN, .target = CONFIG(resources),
	 .read = kubernetes_read_resources},
	{"reuseMode", VALUE_BOOL, .target = DRAFT(ignored_bool)},
	OTHER("command", "is called trialCommand here"),
	OTHER("taskRoles", FRAMEWORK),
	OTHER("barrier", "belongs to kind: framework"),
	OTHER("useActiveGpu", LOCAL_GPUS),
	OTHER("maxTrialNumberPerGpu", LOCAL_GPUS),
	OTHER("gpuIndices", LOCAL_GPUS),
	KEY_OTHERS(spec_kind_explain),
	{0},
};
/* clang-format on */

const struct form kubernetes_service_form = {service_keys, &cluster_form};

const struct spec_kind spec_job = {
	.name = "job",
	.form = &kubernetes_service_form,
};

static const struct form *kubernetes_find_form(const struct reader *reader,
					       const struct node *service)
{
	return spec_kind_of(reader, service)->form;
}

static bool kubernetes_has_own_commands(const struct draft *draft)
{
	const char *name = draft->config.kubernetes.kind;
	const struct spec_kind *kind = name ? spec_kind_find(name) : NULL;

	return kind && kind->has_own_commands;
}

static void kubernetes_check(struct reader *reader, struct draft *draft)
{
	struct kubernetes_config *config = &draft->config.kubernetes;
	const struct spec_kind *kind;
	const struct place *gpu =
		draft->service.trial_gpu_number_place.node
			? &draft->service.trial_gpu_number_place
			: &draft->trial_gpu_number_place;

	if (!config->kind)
		config->kind = xstrdup("job");
	cluster_check(reader, draft);
	storage_check(reader, draft, false);
	if (draft->config.trial_gpu_number >= 0)
		kubernetes_settle_gpus(reader, gpu, &draft->config);
	kind = spec_kind_find(config->kind);
	if (kind->check)
		kind->check(reader, draft);
	cluster_check_template(reader, draft);
}

static void kubernetes_write(const struct experiment_config *config,
			     struct strbuf *out)
{
	const struct kubernetes_config *kubernetes = &config->kubernetes;
	const struct spec_kind *kind = spec_kind_find(kubernetes->kind);

	write_text(out, "kind", kubernetes->kind);
	cluster_write_where(kubernetes, out);
	cluster_write_pod(kubernetes, out);
	if (kind->write)
		kind->write(kubernetes, out);
	storage_write(&kubernetes->storage, out);
	cluster_write_rest(kubernetes, out);
}

const struct spec_platform spec_kubernetes = {
	.name = "kubernetes",
	.is_on_cluster = true,
	.service = &kubernetes_service_form,
	.find_form = kubernetes_find_form,
	.has_own_commands = kubernetes_has_own_commands,
	.check = kubernetes_check,
	.write = kubernetes_write,
};
