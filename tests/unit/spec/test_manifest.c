/* SPDX-License-Identifier: MIT */
/* Objects of the user's, read from the experiment file or one beside it. */
#include "engine/spec/manifest.h"

#include "base/mem.h"
#include "tests/unit/spec/support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One manifest as the value of trainingService.manifest in e.yaml. */
struct world {
	struct problems problems;
	struct document document;
	struct reader reader;
	struct place place;
	struct manifest manifest;
	bool ok;
};

static void open_world(struct world *world, const char *yaml)
{
	struct mark mark;
	struct error err;

	*world = (struct world){.reader = {.name = "e.yaml", .folder = folder}};
	world->reader.problems = &world->problems;
	strbuf_init(&world->reader.path);
	assert_true(
		node_read(yaml, strlen(yaml), &world->document, &mark, &err));
	world->place = (struct place){.node = world->document.root,
				      .mark = world->document.root->mark,
				      .path = "trainingService.manifest"};
	world->ok =
		manifest_open(&world->manifest, &world->reader, &world->place);
}

/* What has been reported; the caller frees. */
static char *said(struct world *world)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	if (world->problems.count)
		problems_report(&world->problems, &out, &err);
	return strbuf_detach(&out);
}

static void close_world(struct world *world, const char *wanted)
{
	char *problems = said(world);

	assert_string_equal(problems, wanted);
	free(problems);
	manifest_close(&world->manifest);
	problems_release(&world->problems);
	document_release(&world->document);
	strbuf_release(&world->reader.path);
}

static void expect_one(struct world *world, const char *const *kinds,
		       const char *json)
{
	const struct manifest_object *object =
		world->ok ? manifest_one(&world->manifest, kinds) : NULL;
	char *text = object ? manifest_json(&world->manifest, object) : NULL;

	if (!text) {
		char *problems = said(world);

		fail_msg("%s", problems);
		free(problems);
		return;
	}
	assert_string_equal(text, json);
	free(text);
}

#define JOB "{\"apiVersion\":\"batch/v1\",\"kind\":\"Job\",\"spec\":{\"n\":1}}"

static void reads_inline_and_files(void **state)
{
	struct world world;

	(void)state;
	open_world(&world, "{apiVersion: batch/v1, kind: Job, spec: {n: 1}}");
	expect_one(&world, NULL, JOB);
	close_world(&world, "");

	folder_write("m.yaml", "apiVersion: batch/v1\nkind: Job\n"
			       "spec:\n  n: 1\n");
	open_world(&world, "m.yaml");
	expect_one(&world, NULL, JOB);
	close_world(&world, "");

	/* JSON, and what YAML does not take of it */
	folder_write("m.json",
		     "{\n\t\"apiVersion\": \"batch/v1\",\n"
		     "\t\"kind\":\n\n\"Job\", \"spec\": {\"n\" \n: 1}}");
	open_world(&world, "m.json");
	expect_one(&world, NULL, JOB);
	close_world(&world, "");
}

static const char *const jobs[] = {"Job", NULL};
static const char *const others[] = {"Workflow", "WorkflowTemplate", NULL};

static void reads_several_documents(void **state)
{
	struct world world;

	(void)state;
	folder_write("m.yaml", "\xEF\xBB\xBF# first comes a\n---\n# comment\n"
			       "---\n"
			       "kind: Service\napiVersion: v1\n"
			       "...\n"
			       "--- # the job\n"
			       "apiVersion: batch/v1\n"
			       "kind: Job\n"
			       "spec: {n: 1}\n"
			       "---\n");
	open_world(&world, "m.yaml");
	assert_int_equal(world.manifest.count, 2);
	expect_one(&world, jobs, JOB);
	close_world(&world, "");

	open_world(&world, "m.yaml");
	assert_null(manifest_one(&world.manifest, NULL));
	close_world(&world, "m.yaml:9:1: a second object (Job; the first is "
			    "in line 5): each trial is one object, so put what "
			    "it needs besides into the cluster beforehand\n");

	open_world(&world, "m.yaml");
	assert_null(manifest_one(&world.manifest, others));
	close_world(&world, "m.yaml:5:7: kind: must be Workflow or "
			    "WorkflowTemplate, got \"Service\"\n");
}

static void reads_lists(void **state)
{
	struct world world;

	(void)state;
	folder_write("m.yaml", "apiVersion: v1\nkind: List\nitems:\n"
			       "- {kind: Pod, apiVersion: v1}\n"
			       "- apiVersion: batch/v1\n"
			       "  kind: Job\n"
			       "  spec: {n: 1}\n");
	open_world(&world, "m.yaml");
	expect_one(&world, jobs, JOB);
	manifest_fail(&world.manifest, &world.manifest.objects[1], "spec.n.x",
		      "must be %d", 2);
	manifest_fail(&world.manifest, &world.manifest.objects[1], "status",
		      "is missing");
	close_world(&world, "m.yaml:5:3: items.1.status: is missing\n"
			    "m.yaml:7:13: items.1.spec.n.x: must be 2\n");
}

static void checks_placeholders(void **state)
{
	struct placeholder_names *names;
	struct world world;
	struct space *space;
	struct error err;

	(void)state;
	assert_true(space_parse("{\"lr\":{\"_type\":\"uniform\",\"_value\":[0,"
				"1]}}",
				&space, NULL, &err));
	names = placeholder_names_new(space);
	space_free(space);
	folder_write("m.yaml", "---\n---\n"
			       "apiVersion: v1\nkind: X\nspec:\n"
			       "  good: ${trial.parameters.lr}\n"
			       "  bad: [1, \"${trial.parameters.rl}\"]\n");
	open_world(&world, "m.yaml");
	assert_false(
		manifest_check(&world.manifest, world.manifest.objects, names));
	close_world(&world, "m.yaml:7:12: spec.bad.1: ${trial.parameters.rl}: "
			    "the search space has no such parameter, did you "
			    "mean 'lr'?\n");
	open_world(&world, "{a: '${trial.i}'}");
	assert_false(
		manifest_check(&world.manifest, world.manifest.objects, names));
	close_world(&world,
		    "e.yaml:1:5: trainingService.manifest.a: ${trial.i} "
		    "is no placeholder, did you mean ${trial.id}? (a "
		    "literal ${ is written $${)\n");
	placeholder_names_free(names);
}

static void expect_refusal(const char *file, const char *yaml,
			   const char *wanted)
{
	struct world world;

	if (file)
		folder_write("m.yaml", file);
	open_world(&world, yaml);
	if (world.ok && manifest_one(&world.manifest, NULL))
		fail_msg("accepted: %s", file ? file : yaml);
	close_world(&world, wanted);
}

static void says_where_it_is_wrong(void **state)
{
	(void)state;
	expect_refusal(NULL, "[1]",
		       "e.yaml:1:1: trainingService.manifest: must be a "
		       "mapping, the object itself, or the path of a file with "
		       "it, got a list\n");
	expect_refusal(NULL, "{kind: Job}",
		       "e.yaml:1:1: trainingService.manifest.apiVersion: "
		       "required, but missing: such as apiVersion: batch/v1\n");
	expect_refusal(NULL, "{apiVersion: v1}",
		       "e.yaml:1:1: trainingService.manifest.kind: required, "
		       "but missing: such as kind: Job\n");
	expect_refusal(
		"a: 1\n---\n\nkind: Job\nx: [1\n", "m.yaml",
		"m.yaml:6:1: a list in brackets needs ',' or ']' here\n");
	expect_refusal("a: 1\n---\n- 1\n", "m.yaml",
		       "m.yaml:3:1: must be an object, such as {apiVersion: "
		       "batch/v1, kind: Job, spec: ...}, got a list\n");
	expect_refusal("# nothing\n---\n\n", "m.yaml",
		       "m.yaml:1:1: the file is empty\n");
	expect_refusal("", "m.yaml", "m.yaml:1:1: the file is empty\n");
	expect_refusal("{apiVersion: v1, kind: List, items: []}", "m.yaml",
		       "m.yaml:1:37: items: the list is empty\n");
}

static void expect_said(struct world *world, const char *wanted)
{
	char *problems = said(world);

	if (!strstr(problems, wanted))
		assert_string_equal(problems, wanted);
	free(problems);
	problems_release(&world->problems);
	close_world(world, "");
}

static void is_bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct world world;

	(void)state;
	open_world(&world, "none.yaml");
	assert_false(world.ok);
	expect_said(&world, "none.yaml: No such file or directory");

	for (int i = 0; i <= MANIFEST_OBJECTS_MAX; i++)
		strbuf_adds(&text, "---\na: 1\n");
	folder_write("m.yaml", text.data);
	open_world(&world, "m.yaml");
	assert_false(world.ok);
	expect_said(&world, "m.yaml:201:1: more than 100 documents");

	strbuf_clear(&text);
	strbuf_adds(&text, "{apiVersion: v1, kind: X, l: [");
	for (int i = 0; i < MANIFEST_NODES_MAX; i++)
		strbuf_adds(&text, "1,");
	strbuf_adds(&text, "]}");
	open_world(&world, text.data);
	assert_null(manifest_json(&world.manifest, world.manifest.objects));
	expect_said(&world, "too large");
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_inline_and_files),
		cmocka_unit_test(reads_several_documents),
		cmocka_unit_test(reads_lists),
		cmocka_unit_test(checks_placeholders),
		cmocka_unit_test(says_where_it_is_wrong),
		cmocka_unit_test(is_bounded),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_take_away);
}
