/* SPDX-License-Identifier: MIT */
/* Kubeflow's kinds of job: values of trainingService held against each other,
 * and what every role must have from somewhere. */
#include "engine/spec/kubeflow.h"

#include "base/mem.h"
#include "engine/kind/kind.h"
#include "engine/spec/kinds.h"
#include "engine/spec/roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a role stood. */
static const struct place *place_of(const struct draft *draft, const char *role)
{
	const struct kubeflow_draft *places = &draft->kubernetes.kubeflow;
	const struct {
		const char *name;
		const struct place *place;
	} roles[] = {
		{"worker", &places->worker},
		{"ps", &places->ps},
		{"chief", &places->chief},
		{"master", &places->master},
		{"launcher", &places->launcher},
		{"evaluator", &places->evaluator},
	};

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (!strcmp(roles[i].name, role))
			return roles[i].place;
	return &draft->training_service;
}

/* A key below a place, if it is there. */
static bool find_below(const struct reader *reader, const struct place *above,
		       const char *key, struct place *ret)
{
	const struct node_entry *entry =
		above->node ? reader_find(reader, above->node, key) : NULL;

	if (!entry || entry->value->kind == NODE_NULL)
		return false;
	*ret = (struct place){.node = entry->value,
			      .mark = entry->value->mark,
			      .key_mark = entry->mark};
	snprintf(ret->path, sizeof(ret->path), "%.*s.%s",
		 (int)(sizeof(ret->path) - strlen(key) - 2), above->path, key);
	return true;
}

/* --- roles ------------------------------------------------------------------
 */

/* "worker, chief or master" */
static void list_words(struct strbuf *out, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		if (i)
			strbuf_adds(out, words[i + 1] ? ", " : " or ");
		strbuf_adds(out, words[i]);
	}
}

static void check_needs(struct reader *reader, const struct draft *draft,
			const struct kubeflow_rule *rule)
{
	struct strbuf roles = STRBUF_INIT;

	for (size_t i = 0; rule->needs[i]; i++)
		if (roles_find(&draft->config.kubernetes, rule->needs[i]) ||
		    place_of(draft, rule->needs[i])->node)
			return;
	list_words(&roles, rule->needs);
	reader_fail_at(reader, &draft->training_service,
		       "kind %s needs role %s: write %s: {replicas: 1}",
		       rule->kind, roles.data, rule->needs[0]);
	strbuf_release(&roles);
}

static void check_lone(struct reader *reader, const struct draft *draft,
		       const struct kubeflow_rule *rule)
{
	const struct kubernetes_config *config = &draft->config.kubernetes;

	for (size_t i = 0; rule->lone[i]; i++) {
		const struct role_config *role =
			roles_find(config, rule->lone[i]);
		struct place place;

		if (role && role->replicas > 1 &&
		    find_below(reader, place_of(draft, role->name), "replicas",
			       &place))
			reader_fail_at(reader, &place,
				       "a %s has only one %s: write 1",
				       rule->kind, role->name);
	}
	if (!strcmp(rule->kind, "tfjob") && roles_find(config, "chief") &&
	    roles_find(config, "master"))
		reader_fail_at(reader, place_of(draft, "master"),
			       "is an older word for chief: keep one of them");
}

static void check_image(struct reader *reader, const struct draft *draft)
{
	const struct kubernetes_config *config = &draft->config.kubernetes;
	const struct place *service = &draft->training_service;
	size_t len;

	if (config->image ||
	    (service->node && reader_find(reader, service->node, "image")))
		return; /* there, or reported */
	for (size_t i = 0; i < config->role_count; i++) {
		if (config->roles[i].image)
			continue;
		len = reader_enter(reader, "trainingService.image");
		reader_fail(reader, service->key_mark,
			    "required, but missing: what trials run in, such "
			    "as image: python:3.11 (role %s has none of its "
			    "own)",
			    config->roles[i].name);
		reader_leave(reader, len);
		return;
	}
}

static void check_commands(struct reader *reader, struct draft *draft,
			   const struct kubeflow_rule *rule)
{
	struct experiment_config *config = &draft->config;
	const struct kubernetes_config *kubernetes = &config->kubernetes;

	if (config->trial_command || draft->trial_command_place.node)
		return;
	for (size_t i = 0; i < kubernetes->role_count; i++) {
		const struct role_config *role = &kubernetes->roles[i];

		if (!role->command &&
		    (!rule->idle || strcmp(rule->idle, role->name) != 0))
			reader_fail_at(reader, place_of(draft, role->name),
				       "needs a command: write one here, or "
				       "trialCommand for all roles");
	}
	for (size_t i = 0; !config->trial_command && i < kubernetes->role_count;
	     i++)
		config->trial_command =
			xstrdup_or_null(kubernetes->roles[i].command);
}

/* What cannot be laid over a role's pods now never can. */
static void check_templates(struct reader *reader, const struct draft *draft)
{
	const struct kubernetes_config *config = &draft->config.kubernetes;

	for (size_t i = 0; i < config->role_count; i++) {
		struct role_config *role = &config->roles[i];
		struct draft alone = *draft; /* owns nothing */
		struct place place;

		if (!role->pod_template ||
		    !find_below(reader, place_of(draft, role->name),
				"podTemplate", &place))
			continue;
		alone.config.kubernetes.pod_template = NULL;
		alone.config.kubernetes.roles = role;
		alone.config.kubernetes.role_count = 1;
		spec_kind_try(reader, &alone, &place);
	}
}

/* --- options ----------------------------------------------------------------
 */

static void check_version(struct reader *reader, const struct draft *draft)
{
	const struct kubernetes_config *config = &draft->config.kubernetes;
	const struct kind *kind = kind_find(config->kind);
	const struct place *place = &draft->kubernetes.kubeflow.api_version;
	const char *version = config->api_version;
	struct strbuf known = STRBUF_INIT;
	size_t group;

	if (!version || !kind)
		return;
	for (size_t i = 0; kind->versions[i]; i++)
		if (!strcmp(kind->versions[i], version))
			return;
	group = strlen(kind->group);
	if (!strncmp(version, kind->group, group) && version[group] == '/') {
		reader_fail_at(reader, place, "is the version alone: write %s",
			       version + group + 1);
		return;
	}
	list_words(&known, kind->versions);
	reader_fail_at(reader, place, "must be %s, got \"%.64s\"", known.data,
		       version);
	strbuf_release(&known);
}

/* Said here and in runPolicy. */
static void check_twice(struct reader *reader, const struct draft *draft)
{
	const struct kubeflow_draft *places = &draft->kubernetes.kubeflow;
	const struct kubernetes_config *config = &draft->config.kubernetes;
	const struct {
		const char *key;
		bool is_here;
	} keys[] = {
		{"cleanPodPolicy", places->clean_pod_policy.node != NULL},
		{"activeDeadlineSeconds", config->active_deadline_s != 0},
		{"ttlSecondsAfterFinished", config->ttl_after_finished_s >= 0},
	};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		struct place place;

		if (keys[i].is_here && find_below(reader, &places->run_policy,
						  keys[i].key, &place))
			reader_fail_at(reader, &place,
				       "stands in trainingService, too: keep "
				       "one of them");
	}
}

static void check_elastic(struct reader *reader, const struct draft *draft)
{
	const struct place *policy = &draft->kubernetes.kubeflow.elastic_policy;
	struct place least, most;

	if (find_below(reader, policy, "minReplicas", &least) &&
	    find_below(reader, policy, "maxReplicas", &most) &&
	    least.node->number > most.node->number)
		reader_fail_at(reader, &most,
			       "must not be less than minReplicas");
}

void kubeflow_check(struct reader *reader, struct draft *draft)
{
	const struct kubeflow_rule *rule =
		kubeflow_rule_find(draft->config.kubernetes.kind);

	if (!rule)
		return; /* reported */
	check_needs(reader, draft, rule);
	check_lone(reader, draft, rule);
	check_image(reader, draft);
	check_commands(reader, draft, rule);
	check_version(reader, draft);
	check_twice(reader, draft);
	check_elastic(reader, draft);
	check_templates(reader, draft);
}
