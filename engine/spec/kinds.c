/* SPDX-License-Identifier: MIT */
/* The kinds of job that experiment files can name. */
#include "engine/spec/kinds.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/kind/kind.h"
#include "engine/spec/kubernetes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct spec_kind *const spec_kinds[] = {
	&spec_custom,	 &spec_framework,  &spec_launcher, &spec_job,
	&spec_tfjob,	 &spec_pytorchjob, &spec_mpijob,   &spec_xgboostjob,
	&spec_paddlejob, &spec_jaxjob,	   &spec_workflow,
};

const struct spec_kind *spec_kind_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(spec_kinds); i++)
		if (!strcmp(spec_kinds[i]->name, name))
			return spec_kinds[i];
	return NULL;
}

const struct spec_kind *spec_kind_of(const struct reader *reader,
				     const struct node *service)
{
	const struct node_entry *entry = reader_find(reader, service, "kind");
	const struct spec_kind *kind = NULL;

	if (entry && entry->value->kind == NODE_STRING)
		kind = spec_kind_find(entry->value->text);
	return kind ? kind : &spec_job;
}

/* --- keys of other kinds ------------------------------------------------ */

static bool has_key(const struct reader *reader, const struct spec_kind *kind,
		    const char *name)
{
	const struct key *key = kind->form->keys;

	for (; kind->form != &kubernetes_service_form && key->name; key++)
		if (key->type != VALUE_REFUSED &&
		    reader_is_key(reader, name, key->name))
			return true;
	return false;
}

bool spec_kind_explain(const struct reader *reader, const char *name,
		       struct strbuf *out)
{
	const char *names[COUNT_OF(spec_kinds)];
	size_t count = 0;

	for (size_t i = 0; i < COUNT_OF(spec_kinds); i++)
		if (has_key(reader, spec_kinds[i], name))
			names[count++] = spec_kinds[i]->name;
	for (size_t i = 0; i < count; i++)
		strbuf_addf(out, "%s%s",
			    !i		     ? "belongs to kind "
			    : i + 1 == count ? " or "
					     : ", ",
			    names[i]);
	if (count)
		strbuf_addf(out,
			    ", and this is another: write kind: %s, or remove "
			    "it",
			    names[0]);
	return count;
}

/* --- the key ------------------------------------------------------------ */

static void fail_kind(struct reader *reader, const struct node *node)
{
	const char *names[COUNT_OF(spec_kinds)];
	const char *near = NULL;

	for (size_t i = 0; i < COUNT_OF(spec_kinds); i++) {
		names[i] = spec_kinds[i]->name;
		if (!strcasecmp(names[i], node->text))
			near = names[i]; /* TFJob */
	}
	if (!near && strcasecmp(node->text, "trainjob") != 0)
		near = nearest_word(node->text, names, COUNT_OF(names));
	if (near)
		reader_fail(reader, node->mark,
			    "unknown kind '%.64s', did you mean '%s'?",
			    node->text, near);
	else
		reader_fail(reader, node->mark,
			    "unknown kind '%.64s': write kind: custom, and the "
			    "object under manifest",
			    node->text);
}

void kubernetes_read_kind(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot)
{
	char **text = slot;

	(void)key;
	if (!value_is_text(reader, node))
		return;
	if (!spec_kind_find(node->text)) {
		fail_kind(reader, node);
		return;
	}
	free(*text);
	*text = xstrdup(node->text);
}

/* --- trying it ---------------------------------------------------------- */

void spec_kind_try(struct reader *reader, const struct draft *draft,
		   const struct place *place)
{
	const struct experiment experiment = {.id = "x"};
	char parameters[] = "{}";
	const struct trial trial = {.id = "aaaaa", .parameters = parameters};
	const struct attempt attempt = {.number = 1};
	const struct kubernetes_config *config = &draft->config.kubernetes;
	const struct kind *kind = kind_find(config->kind);
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
	struct kind_resource resource;
	struct error err;
	cJSON *object;

	if (reader->problems->count || !kind)
		return;
	plan.container = kind_container(kind, config);
	kind_resource_init(&resource, kind);
	object = kind->build(&plan, &resource, "x", &err);
	if (!object)
		reader_fail_at(reader, place, "%s", err.text);
	cJSON_Delete(object);
}
