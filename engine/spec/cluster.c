/* SPDX-License-Identifier: MIT */
/* Keys of every platform on a cluster: tables, checks, writing. */
#include "engine/spec/cluster.h"

#include "base/mem.h"
#include "engine/kind/kind.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG(member) offsetof(struct draft, config.kubernetes.member)
#define DRAFT(member) offsetof(struct draft, member)
#define PLACE(member) KEY_PLACE(struct draft, kubernetes.member)
#define WORD(key, rule, member)                                                \
	{                                                                      \
		key, VALUE_OWN, .least = rule, .target = CONFIG(member),       \
				.read = kubernetes_read_word                   \
	}

static const char *const pull_policies[] = {"Always", "IfNotPresent", "Never",
					    NULL};
static const char *const cleanups[] = {"all", "succeeded", "none", NULL};
static const char *const keepers[] = {"trialdeck", "nni", "none", NULL};

/* clang-format off */
static const struct key side_port_keys[] = {
	{"address", VALUE_OWN, .least = RULE_HOST,
	 .target = CONFIG(side_port_address), .read = kubernetes_read_word},
	{"tls", VALUE_BOOL, .target = CONFIG(side_port_tls),
	 .place = PLACE(tls)},
	{"certificate", VALUE_FILE, .target = CONFIG(side_port_certificate),
	 .place = PLACE(certificate)},
	{"key", VALUE_FILE, .target = CONFIG(side_port_key),
	 .place = PLACE(key)},
	{0},
};
static const struct form side_port_form = {side_port_keys, NULL};

static const struct key cluster_keys[] = {
	{"kubeconfig", VALUE_FILE, .target = CONFIG(kubeconfig)},
	{"context", VALUE_TEXT, .least = 1, .most = 1024,
	 .target = CONFIG(context)},
	WORD("namespace", RULE_LABEL, namespace),
	{"imagePullPolicy", VALUE_WORD, .words = pull_policies,
	 .target = CONFIG(image_pull_policy)},
	{"imagePullSecrets", VALUE_OWN, .target = CONFIG(image_pull_secrets),
	 .read = kubernetes_read_pull_secrets},
	{"env", VALUE_OWN, .target = CONFIG(env),
	 .read = kubernetes_read_env},
	{"envFrom", VALUE_OWN, .target = CONFIG(env_from),
	 .read = kubernetes_read_env_from},
	{"volumes", VALUE_OWN, .target = DRAFT(config.kubernetes),
	 .read = kubernetes_read_volumes},
	{"nodeSelector", VALUE_OWN, .target = CONFIG(node_selector),
	 .read = kubernetes_read_node_selector},
	{"tolerations", VALUE_OWN, .target = CONFIG(tolerations),
	 .section = &kubernetes_toleration_form, .read = kubernetes_read_list,
	 .help = "[{key: gpu, operator: Exists, effect: NoSchedule}]"},
	{"affinity", VALUE_OWN, .target = CONFIG(affinity),
	 .section = &kubernetes_affinity_form,
	 .read = kubernetes_read_object},
	{"topologySpreadConstraints", VALUE_OWN,
	 .target = CONFIG(topology_spread), .section = &kubernetes_spread_form,
	 .read = kubernetes_read_list,
	 .help = "[{maxSkew: 1, topologyKey: kubernetes.io/hostname, "
		 "whenUnsatisfiable: ScheduleAnyway}]"},
	WORD("priorityClassName", RULE_SUBDOMAIN, priority_class),
	WORD("serviceAccountName", RULE_SUBDOMAIN, service_account),
	{"serviceAccount", VALUE_OWN, .least = RULE_SUBDOMAIN,
	 .target = DRAFT(kubernetes.service_account),
	 .place = PLACE(service_account_place),
	 .read = kubernetes_read_word},
	WORD("schedulerName", RULE_SUBDOMAIN, scheduler_name),
	WORD("runtimeClassName", RULE_SUBDOMAIN, runtime_class),
	WORD("queue", RULE_LABEL, queue),
	{"labels", VALUE_OWN, .target = CONFIG(labels),
	 .read = kubernetes_read_labels},
	{"annotations", VALUE_OWN, .target = CONFIG(annotations),
	 .read = kubernetes_read_annotations},
	{"securityContext", VALUE_OWN, .target = CONFIG(security_context),
	 .section = &kubernetes_security_form,
	 .read = kubernetes_read_object},
	{"podSecurityContext", VALUE_OWN,
	 .target = CONFIG(pod_security_context),
	 .section = &kubernetes_pod_security_form,
	 .read = kubernetes_read_object},
	{"activeDeadlineSeconds", VALUE_DURATION,
	 .target = CONFIG(active_deadline_s)},
	{"ttlSecondsAfterFinished", VALUE_COUNT, .most = INT32_MAX,
	 .target = CONFIG(ttl_after_finished_s)},
	{"terminationGracePeriodSeconds", VALUE_COUNT, .least = 1,
	 .most = 86400, .target = CONFIG(grace_period_s)},
	{"podTemplate", VALUE_OWN, .target = CONFIG(pod_template),
	 .section = &kubernetes_template_form, .place = PLACE(pod_template),
	 .read = kubernetes_read_object},
	{"cleanup", VALUE_WORD, .words = cleanups,
	 .target = DRAFT(kubernetes.cleanup)},
	{"infrastructureRetries", VALUE_INT, .most = 1000,
	 .target = CONFIG(infrastructure_retries)},
	{"imagePullTimeout", VALUE_DURATION,
	 .target = CONFIG(image_pull_timeout_s)},
	{"requestsPerSecond", VALUE_INT, .most = 10000,
	 .target = CONFIG(requests_per_s)},
	{"sidePort", VALUE_SECTION, .section = &side_port_form},
	{"storage", VALUE_SECTION, .section = &storage_form,
	 .place = PLACE(storage.section)},
	{"keeper", VALUE_WORD, .words = keepers,
	 .target = DRAFT(kubernetes.keeper)},
	{0},
};
/* clang-format on */

const struct form cluster_form = {cluster_keys, &service_form};

/* --- checks -----------------------------------------------------------------
 */

static void settle_service_account(struct reader *reader, struct draft *draft)
{
	char **name = &draft->config.kubernetes.service_account;
	char **other = &draft->kubernetes.service_account;

	if (!*other)
		return;
	if (*name && strcmp(*name, *other) != 0) {
		reader_fail_at(reader, &draft->kubernetes.service_account_place,
			       "is another word for serviceAccountName, which "
			       "says something else: keep one of them");
		return;
	}
	free(*name);
	*name = *other;
	*other = NULL;
}

static void settle_cleanup(struct draft *draft)
{
	for (int i = 0; draft->kubernetes.cleanup && cleanups[i]; i++)
		if (!strcmp(draft->kubernetes.cleanup, cleanups[i]))
			draft->config.kubernetes.cleanup = (enum job_cleanup)i;
}

static void settle_keeper(struct draft *draft)
{
	for (int i = 0; draft->kubernetes.keeper && keepers[i]; i++)
		if (!strcmp(draft->kubernetes.keeper, keepers[i]))
			draft->config.kubernetes.keeper = (enum keeper_choice)i;
}

static void settle_side_port(struct reader *reader, struct draft *draft)
{
	struct kubernetes_config *config = &draft->config.kubernetes;
	const struct kubernetes_draft *places = &draft->kubernetes;
	const char *ip = draft->config.nni_manager_ip;

	if (places->certificate.node && !places->key.node)
		reader_fail_at(reader, &places->certificate,
			       "needs its key: write sidePort: {certificate: "
			       "FILE, key: FILE}");
	else if (places->key.node && !places->certificate.node)
		reader_fail_at(reader, &places->key,
			       "needs its certificate: write sidePort: "
			       "{certificate: FILE, key: FILE}");
	else if (places->certificate.node && places->tls.node &&
		 !config->side_port_tls)
		reader_fail_at(reader, &places->tls,
			       "contradicts certificate: write true, or "
			       "remove certificate and key");
	if (places->certificate.node)
		config->side_port_tls = true;
	if (!ip || config->side_port_address)
		return;
	if (kubernetes_rule_breach(RULE_HOST, ip))
		reader_fail_at(reader, &draft->nni_manager_ip_place,
			       "must be an address or a host name, without "
			       "scheme and port, got \"%.64s\"",
			       ip);
	else
		config->side_port_address = xstrdup(ip);
}

void cluster_check_template(struct reader *reader, const struct draft *draft)
{
	const struct experiment experiment = {.id = "x"};
	char parameters[] = "{}";
	const struct trial trial = {.id = "aaaaa", .parameters = parameters};
	const struct attempt attempt = {.number = 1};
	const struct kubernetes_config *config = &draft->config.kubernetes;
	struct pod_plan plan = {.experiment = &experiment,
				.config = &draft->config,
				.trial = &trial,
				.attempt = &attempt,
				.secret = "x",
				.keeper_map = "x",
				.link_map = "x",
				.code_map = "x",
				.code_digest = "x",
				.code = POD_CODE_MAP,
				.nni_platform = "kubeflow"};
	size_t i = 0;

	if (reader->problems->count || !config->pod_template)
		return;
	if (config->kind && kind_find(config->kind))
		plan.container =
			kind_container(kind_find(config->kind), config);
	do {
		struct error err;
		cJSON *template;

		plan.role = config->role_count ? &config->roles[i] : NULL;
		template = pod_template_build(&plan, &err);
		if (!template)
			reader_fail_at(reader, &draft->kubernetes.pod_template,
				       "%s", err.text);
		cJSON_Delete(template);
	} while (++i < config->role_count && !reader->problems->count);
}

void cluster_check(struct reader *reader, struct draft *draft)
{
	settle_service_account(reader, draft);
	settle_cleanup(draft);
	settle_keeper(draft);
	settle_side_port(reader, draft);
}

/* --- writing ----------------------------------------------------------------
 */

void cluster_write_pod(const struct kubernetes_config *config,
		       struct strbuf *out)
{
	write_text(out, "image", config->image);
	write_text(out, "imagePullPolicy", config->image_pull_policy);
	write_json(out, "imagePullSecrets", config->image_pull_secrets);
	write_json(out, "resources", config->resources);
	write_json(out, "env", config->env);
	write_json(out, "envFrom", config->env_from);
	if (config->volumes)
		kubernetes_write_volumes(config, out);
	write_json(out, "nodeSelector", config->node_selector);
	write_json(out, "tolerations", config->tolerations);
	write_json(out, "affinity", config->affinity);
	write_json(out, "topologySpreadConstraints", config->topology_spread);
	write_text(out, "priorityClassName", config->priority_class);
	write_text(out, "serviceAccountName", config->service_account);
	write_text(out, "schedulerName", config->scheduler_name);
	write_text(out, "runtimeClassName", config->runtime_class);
	write_text(out, "queue", config->queue);
	write_json(out, "labels", config->labels);
	write_json(out, "annotations", config->annotations);
	write_json(out, "securityContext", config->security_context);
	write_json(out, "podSecurityContext", config->pod_security_context);
	write_json(out, "podTemplate", config->pod_template);
}

static void write_side_port(const struct kubernetes_config *config,
			    struct strbuf *out)
{
	strbuf_addf(out, ",\"sidePort\":{\"tls\":%s",
		    config->side_port_tls ? "true" : "false");
	write_text(out, "address", config->side_port_address);
	write_text(out, "certificate", config->side_port_certificate);
	write_text(out, "key", config->side_port_key);
	strbuf_addch(out, '}');
}

void cluster_write_where(const struct kubernetes_config *config,
			 struct strbuf *out)
{
	write_text(out, "kubeconfig", config->kubeconfig);
	write_text(out, "context", config->context);
	write_text(out, "namespace", config->namespace);
}

void cluster_write_rest(const struct kubernetes_config *config,
			struct strbuf *out)
{
	if (config->active_deadline_s)
		write_number(out, "activeDeadlineSeconds",
			     config->active_deadline_s);
	if (config->ttl_after_finished_s >= 0)
		write_number(out, "ttlSecondsAfterFinished",
			     config->ttl_after_finished_s);
	write_number(out, "terminationGracePeriodSeconds",
		     config->grace_period_s);
	write_text(out, "cleanup", cleanups[config->cleanup]);
	if (config->keeper != KEEPER_OURS)
		write_text(out, "keeper", keepers[config->keeper]);
	write_number(out, "infrastructureRetries",
		     config->infrastructure_retries);
	write_number(out, "imagePullTimeout", config->image_pull_timeout_s);
	if (config->requests_per_s)
		write_number(out, "requestsPerSecond", config->requests_per_s);
	write_side_port(config, out);
}
