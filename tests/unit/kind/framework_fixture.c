/* SPDX-License-Identifier: MIT */
#include "tests/unit/kind/framework_fixture.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/kind/framework.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

char *framework_fixture_path(const char *name)
{
	const char *top = getenv("TOP_SRCDIR");

	return xasprintf("%s/tests/unit/kind/fixtures/%s", top ? top : ".",
			 name);
}

cJSON *framework_fixture(const char *name)
{
	char *path = framework_fixture_path(name);
	struct strbuf text = STRBUF_INIT;
	struct error err;
	cJSON *tree;

	if (!fs_read_file(path, 1 << 20, &text, &err))
		fail_msg("%s", err.text);
	tree = cJSON_Parse(text.data);
	assert_non_null(tree);
	strbuf_release(&text);
	free(path);
	return tree;
}

cJSON *framework_try(struct sample *sample, struct error *err)
{
	const struct kind *kind = kind_find(sample->config.kubernetes.kind);
	struct kind_resource resource;
	cJSON *object;
	char *name;

	kind_resource_init(&resource, kind);
	sample->plan.container =
		kind_container(kind, &sample->config.kubernetes);
	name = kind_name_object(kind, &sample->experiment, &sample->trial,
				&sample->attempt);
	object = kind->build(&sample->plan, &resource, name, err);
	free(name);
	return object;
}

cJSON *framework_made(const char *service)
{
	struct sample sample;
	struct error err;
	cJSON *object;

	sample_init(&sample, "", service);
	object = framework_try(&sample, &err);
	if (!object)
		fail_msg("%s", err.text);
	sample_release(&sample);
	return object;
}

/* --- fixtures ----------------------------------------------------------- */

static bool is_ours(const cJSON *item)
{
	return !strncmp(kind_text(item, "name"), "trialdeck-", 10);
}

static void strip_list(cJSON *object, const char *key)
{
	cJSON *list = cJSON_GetObjectItemCaseSensitive(object, key);
	cJSON *item, *next;
	int found = 0;

	for (item = list ? list->child : NULL; item; item = next) {
		next = item->next;
		if (!is_ours(item))
			continue;
		cJSON_Delete(cJSON_DetachItemViaPointer(list, item));
		found++;
	}
	assert_true(found >= 3);
	if (!list->child)
		cJSON_DeleteItemFromObjectCaseSensitive(object, key);
}

static void strip_pod(cJSON *spec)
{
	cJSON *container = cJSON_GetArrayItem(
		cJSON_GetObjectItemCaseSensitive(spec, "containers"), 0);

	expect_json(container, "command.0",
		    "\"/trialdeck/keeper/trialdeck-keeper\"");
	cJSON_DeleteItemFromObjectCaseSensitive(container, "command");
	assert_non_null(json_at(container, "env.0"));
	cJSON_DeleteItemFromObjectCaseSensitive(container, "env");
	strip_list(container, "volumeMounts");
	strip_list(spec, "volumes");
}

/* Take away what all pods have in common, after making sure that it is there.
 */
static void strip(cJSON *object)
{
	cJSON *role;

	cJSON_ArrayForEach (role, (cJSON *)json_at(object, "spec.taskRoles"))
		strip_pod((cJSON *)json_at(role, "task.pod.spec"));
}

void expect_framework(const char *service, const char *name)
{
	cJSON *object = framework_made(service),
	      *wanted = framework_fixture(name);

	strip(object);
	if (!cJSON_Compare(object, wanted, true)) {
		char *printed = cJSON_Print(object);

		/* longer than what cmocka prints */
		fprintf(stderr, "%s is not:\n%s\n", name, printed);
		cJSON_free(printed);
		fail();
	}
	cJSON_Delete(object);
	cJSON_Delete(wanted);
}

/* Is all of `part` in `whole`?  Lists of named things by name. */
void expect_contained(const cJSON *part, const cJSON *whole, const char *path)
{
	const cJSON *item;
	int index = 0;

	if (!cJSON_IsObject(part) && !cJSON_IsArray(part)) {
		if (!cJSON_Compare(part, whole, true))
			fail_msg("%s differs", path);
		return;
	}
	cJSON_ArrayForEach (item, part) {
		const cJSON *other = NULL, *at;
		char *below =
			xasprintf("%s.%s%d", path,
				  item->string ? item->string : "", index);

		if (item->string) {
			other = cJSON_GetObjectItemCaseSensitive(whole,
								 item->string);
		} else if (*kind_text(item, "name")) {
			cJSON_ArrayForEach (at, whole)
				if (!strcmp(kind_text(at, "name"),
					    kind_text(item, "name")))
					other = at;
		} else {
			other = cJSON_GetArrayItem(whole, index);
		}
		if (!other)
			fail_msg("%s is missing", below);
		expect_contained(item, other, below);
		free(below);
		index++;
	}
}
