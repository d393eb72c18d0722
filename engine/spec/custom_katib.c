/* SPDX-License-Identifier: MIT */
/*
 * Katib's way to write placeholders: ${trialParameters.NAME}, with a list that
 * says what each name stands for (kubernetes.md 7.2).  Put into our words once,
 * when the file is read; as in Katib, they become text wherever they stand.
 */
#include "engine/spec/custom.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/spec/kubernetes.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "${trialParameters."
#define TRIAL "${trialSpec."
#define NAMES "trialParameters"

struct katib_parameter {
	char *name, *description, *reference;
	struct place name_place, reference_place;
	char *becomes; /* our placeholder */
};

struct katib_list {
	struct katib_parameter *items;
	size_t count;
};

#define IN(member) offsetof(struct katib_parameter, member)
#define AT(member) KEY_PLACE(struct katib_parameter, member)

/* clang-format off */
static const struct key parameter_keys[] = {
	{"name", VALUE_TEXT, KEY_REQUIRED, 1, 256, .target = IN(name),
	 .place = AT(name_place),
	 .help = "as in the manifest's ${trialParameters.NAME}"},
	{"description", VALUE_TEXT, .target = IN(description)},
	{"reference", VALUE_TEXT, KEY_REQUIRED, 1, 256,
	 .target = IN(reference), .place = AT(reference_place),
	 .help = "a parameter of the search space"},
	{0},
};
/* clang-format on */
static const struct form parameter_form = {parameter_keys, NULL};

static void release(struct katib_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].name);
		free(list->items[i].description);
		free(list->items[i].reference);
		free(list->items[i].becomes);
	}
	free(list->items);
}

/* --- the list ----------------------------------------------------------- */

static char *trial_reference(const char *name,
			     const struct manifest_object *object)
{
	if (!strcmp(name, "Name}"))
		return xstrdup("${trial.name}");
	if (!strcmp(name, "Namespace}"))
		return xstrdup("${trial.namespace}");
	if (!strcmp(name, "Kind}"))
		return xstrdup(object->kind);
	if (!strcmp(name, "APIVersion}"))
		return xstrdup(object->api_version);
	return NULL;
}

static void resolve(struct reader *reader, struct katib_parameter *parameter,
		    const struct manifest_object *object,
		    const struct placeholder_names *names)
{
	const char *reference = parameter->reference;
	struct error err;
	char *text;

	if (!strncmp(reference, TRIAL, strlen(TRIAL))) {
		parameter->becomes =
			trial_reference(reference + strlen(TRIAL), object);
		if (!parameter->becomes)
			reader_fail_at(reader, &parameter->reference_place,
				       "of the trial's own only Name, "
				       "Namespace, Kind and APIVersion are "
				       "known, such as ${trialSpec.Name}");
		return;
	}
	text = xasprintf("${trial.parameters.%s|text}", reference);
	if (placeholder_check(text, names, &err)) {
		parameter->becomes = text;
		return;
	}
	reader_fail_at(reader, &parameter->reference_place, "%s", err.text);
	free(text);
}

static void read_list(struct reader *reader, const struct place *place,
		      const struct manifest_object *object,
		      const struct placeholder_names *names,
		      struct katib_list *list)
{
	const struct node *node = place->node;
	size_t len = reader_enter(reader, place->path);

	if (kubernetes_is_list(reader, node, "[{name: lr, reference: lr}]")) {
		list->items = xcalloc(node->count + 1, sizeof(*list->items));
		for (; list->count < node->count; list->count++) {
			struct katib_parameter *item =
				&list->items[list->count];
			size_t inner =
				kubernetes_enter_item(reader, list->count);

			form_read(reader, &parameter_form,
				  node->items[list->count], node->mark, item);
			reader_leave(reader, inner);
			if (item->name && item->reference)
				resolve(reader, item, object, names);
		}
	}
	reader_leave(reader, len);
}

/* --- the manifest ------------------------------------------------------- */

static const struct katib_parameter *find(const struct katib_list *list,
					  const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].name && !strcmp(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

static void fail_name(struct manifest *manifest,
		      const struct manifest_object *object,
		      const struct katib_list *list, const char *name)
{
	const char **names = xcalloc(list->count + 1, sizeof(*names));
	const char *near;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].name)
			names[count++] = list->items[i].name;
	near = nearest_word(name, names, count);
	manifest_fail(manifest, object, "",
		      HEAD "%.64s} is not among " NAMES "%s%s%s", name,
		      near ? ", did you mean '" : ": write [{name: ",
		      near ? near : name,
		      near ? "'?" : ", reference: PARAMETER}]");
	free(names);
}

/* Into the middle of a JSON string. */
static void add_escaped(struct strbuf *out, const char *text)
{
	struct strbuf quoted = STRBUF_INIT;

	strbuf_add_json_string(&quoted, text);
	strbuf_add(out, quoted.data + 1, quoted.len - 2);
	strbuf_release(&quoted);
}

/* Replace each in the JSON of the object. */
static char *rewrite(struct manifest *manifest,
		     const struct manifest_object *object,
		     const struct katib_list *list, const char *json)
{
	struct strbuf out = STRBUF_INIT;
	const char *at = json, *head;

	while ((head = strstr(at, HEAD))) {
		const char *start = head + strlen(HEAD);
		const struct katib_parameter *parameter;
		size_t len = strcspn(start, "}\"");
		char *name = xstrndup(start, len);

		strbuf_add(&out, at, (size_t)(head - at));
		parameter = start[len] == '}' ? find(list, name) : NULL;
		if (!parameter)
			fail_name(manifest, object, list, name);
		else if (parameter->becomes)
			add_escaped(&out, parameter->becomes);
		free(name);
		at = start + len + (start[len] == '}');
	}
	strbuf_adds(&out, at);
	return strbuf_detach(&out);
}

void custom_translate(struct manifest *manifest,
		      const struct manifest_object *object, struct draft *draft,
		      struct reader *reader,
		      const struct placeholder_names *names)
{
	const struct place *place = &draft->kubernetes.custom.parameters;
	char **json = &draft->config.kubernetes.manifest;
	struct katib_list list = {0};
	char *translated;

	if (place->node)
		read_list(reader, place, object, names, &list);
	if (*json && strstr(*json, HEAD)) {
		translated = rewrite(manifest, object, &list, *json);
		free(*json);
		*json = translated;
	}
	release(&list);
}
