/* SPDX-License-Identifier: MIT */
/* Steps of workflows as a tree: of every generation, packed, and broken. */
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/unit/kind/workflow_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_fixture(const char *name, const char *lines)
{
	cJSON *tree = workflow_fixture(name);

	expect_steps(tree, lines);
	cJSON_Delete(tree);
}

#define STEPS                                                                  \
	"tests Steps failed 60s: child 'wf-2612879755' failed\n"               \
	"  download pod succeeded pod=wf-kvc-3788554100 node=node-a exit=0 "   \
	"9s\n"                                                                 \
	"  flaky Retry succeeded 35s\n"                                        \
	"    flaky(0) pod failed pod=wf-flaky-2951366411 exit=1 10s: "         \
	"main: Error (exit code 1)\n"                                          \
	"    flaky(1) pod succeeded pod=wf-flaky-3555507790 exit=0 20s\n"      \
	"  train-model(0:a) pod succeeded pod=wf-tf-train-2874579465 exit=0 "  \
	"40s\n"                                                                \
	"  train-model(1:b) pod failed pod=wf-tf-train-2612879755 exit=3 "     \
	"30s: main: Error (exit code 3): no such file\n"                       \
	"  serve Skipped skipped 0s: when 'false == true' evaluated false\n"   \
	"onExit pod succeeded pod=wf-clean-403321795 exit=0 10s\n"

static void draws_steps(void **state)
{
	(void)state;
	expect_fixture("workflow-steps", STEPS);
}

static void draws_packed_steps_alike(void **state)
{
	(void)state;
	expect_fixture("workflow-packed", STEPS);
}

static void draws_dags(void **state)
{
	(void)state;
	/* a Retry with one attempt is that attempt; pods are called as nodes
	 * where nobody says otherwise */
	expect_fixture("workflow-dag",
		       "main DAG failed 120s\n"
		       "  a pod succeeded pod=dag-x-4265017035 exit=0 10s\n"
		       "  b pod failed pod=dag-x-1105884173 exit=137 50s: "
		       "OOMKilled (exit code 137)\n"
		       "  c DAG failed 100s\n"
		       "    d Retry failed 90s\n"
		       "      d(0) pod failed pod=dag-x-3398666694 exit=1 10s: "
		       "main: Error (exit code 1)\n"
		       "      d(1) pod failed pod=dag-x-1720757699 exit=9 70s: "
		       "main: Error (exit code 9)\n"
		       "  g TaskGroup succeeded 20s\n"
		       "    g(0:p) pod succeeded pod=dag-x-2491166850 20s\n"
		       "    g(1:q.r) pod succeeded pod=dag-x-3615272290 20s\n");
}

static void draws_a_single_pod(void **state)
{
	(void)state;
	expect_fixture("workflow-single",
		       "main pod running pod=one node=node-b\n"
		       "  first Container succeeded\n"
		       "  second Container running\n");
}

static void draws_the_oldest(void **state)
{
	(void)state;
	expect_fixture(
		"workflow-v20",
		"tf-workflow-h7hwh Steps running\n"
		"  download-dataset pod succeeded "
		"pod=tf-workflow-h7hwh-4219807023 5s\n"
		"  train-model Steps running\n"
		"    inner pod running pod=tf-workflow-h7hwh-1339986739\n"
		"  serve Skipped skipped 0s\n");
}

static void draws_gates(void **state)
{
	(void)state;
	expect_fixture(
		"workflow-waiting",
		"tests Steps running\n"
		"  approve Suspend suspended\n"
		"  train pod waiting pod=wf-tf-2281797206: Unschedulable: 0/1 "
		"nodes are available\n");
}

/* --- what cannot be had -----------------------------------------------------
 */

static void expect_notice(const char *status, const char *part)
{
	cJSON *tree = workflow_make("", status);
	struct part_list parts = {0};

	kind_workflow.read_parts(tree, &parts);
	assert_int_equal(parts.count, 1);
	assert_string_equal(parts.items[0].sort, "notice");
	if (!strstr(parts.items[0].reason, part))
		fail_msg("%s lacks %s", parts.items[0].reason, part);
	part_list_release(&parts);
	cJSON_Delete(tree);
}

static void says_why_there_are_none(void **state)
{
	cJSON *tree = workflow_make("", "\"phase\":\"Pending\"");

	(void)state;
	expect_notice("\"offloadNodeStatusVersion\":\"fnv:123\"", "database");
	expect_notice("\"compressedNodes\":\"KLUv/QBYAQ==\"", "zstd");
	expect_notice("\"compressedNodes\":\"iwGAaGVsbG8D\"", "not read");
	expect_notice("\"compressedNodes\":\"H4sIAAAA\"", "damaged");
	expect_steps(tree, ""); /* not there yet */
	cJSON_Delete(tree);
	/* packed once, and small again: the map counts */
	tree = workflow_make("", "\"compressedNodes\":\"H4sIAAAA\",\"nodes\":{"
				 "\"wf\":{\"id\":\"wf\",\"name\":\"wf\","
				 "\"type\":\"Pod\",\"phase\":\"Running\"}}");
	expect_steps(tree, "wf pod running pod=wf\n");
	cJSON_Delete(tree);
}

/* --- broken ones ------------------------------------------------------------
 */

static void expect_nodes(const char *nodes, const char *lines)
{
	char *status = xasprintf("\"nodes\":%s", nodes);
	cJSON *tree = workflow_make("", status);

	expect_steps(tree, lines);
	cJSON_Delete(tree);
	free(status);
}

static void endures_nonsense(void **state)
{
	(void)state;
	expect_nodes("5", "");
	expect_nodes("[1,2]", "");
	expect_nodes("{\"a\":5,\"b\":[],\"c\":null}", "");
	expect_nodes("{\"a\":{}}", " Skipped waiting\n");
	/* numbers and lists in the place of texts */
	expect_nodes("{\"wf\":{\"id\":7,\"name\":[],\"type\":{},"
		     "\"children\":\"x\",\"outputs\":{\"exitCode\":3}}}",
		     " Skipped waiting\n");
	/* what it hangs on is gone */
	expect_nodes("{\"wf\":{\"id\":\"wf\",\"name\":\"wf\",\"type\":"
		     "\"Steps\",\"phase\":\"Running\",\"children\":[\"no\","
		     "7]},\"b\":{\"id\":\"b\",\"name\":\"x.b\",\"type\":"
		     "\"Pod\",\"phase\":\"Running\",\"boundaryID\":\"no\"}}",
		     "wf Steps running\n"
		     "b pod running pod=b\n");
	/* circles hang on nothing */
	expect_nodes("{\"a\":{\"id\":\"a\",\"name\":\"p.a\",\"type\":\"DAG\","
		     "\"boundaryID\":\"b\"},\"b\":{\"id\":\"b\",\"name\":"
		     "\"p.b\",\"type\":\"DAG\",\"boundaryID\":\"a\"},"
		     "\"c\":{\"id\":\"c\",\"name\":\"c\",\"type\":\"DAG\","
		     "\"boundaryID\":\"c\"}}",
		     "c DAG waiting\n");
	/* a Retry that calls itself its attempt */
	expect_nodes("{\"wf\":{\"id\":\"wf\",\"name\":\"wf\",\"type\":"
		     "\"Retry\",\"phase\":\"Running\",\"children\":"
		     "[\"wf\"]}}",
		     "wf Retry running\n");
	/* controls never reach a terminal */
	expect_nodes("{\"wf\":{\"id\":\"w\\u001b[2J\",\"name\":\"wf\","
		     "\"displayName\":\"\\u001b]0;x\\u0007\",\"type\":"
		     "\"Pod\",\"message\":\"a\\nb\"}}",
		     "\xef\xbf\xbd]0;x\xef\xbf\xbd pod waiting "
		     "pod=w\xef\xbf\xbd[2J: a\xef\xbf\xbd"
		     "b\n");
}

static void is_bounded(void **state)
{
	struct strbuf nodes = STRBUF_INIT;
	struct part_list parts = {0};
	cJSON *tree;

	(void)state;
	/* each within the one before */
	strbuf_adds(&nodes, "\"nodes\":{\"wf\":{\"id\":\"wf\",\"name\":\"wf\","
			    "\"type\":\"DAG\"}");
	for (int i = 0; i < 3000; i++)
		strbuf_addf(&nodes,
			    ",\"n%d\":{\"id\":\"n%d\",\"name\":\"n%d\","
			    "\"type\":\"DAG\",\"phase\":\"Failed\","
			    "\"boundaryID\":\"%s%.0d\"}",
			    i, i, i, i ? "n" : "wf", i ? i - 1 : 0);
	strbuf_addch(&nodes, '}');
	tree = workflow_make("", nodes.data);
	kind_workflow.read_parts(tree, &parts);
	assert_in_range(parts.count, 3, PARTS_MAX);
	part_list_release(&parts);
	cJSON_Delete(tree);
	/* all beside each other */
	strbuf_clear(&nodes);
	strbuf_adds(&nodes, "\"phase\":\"Failed\",\"nodes\":{\"wf\":{\"id\":"
			    "\"wf\",\"name\":\"wf\",\"type\":\"DAG\"}");
	for (int i = 0; i < 3000; i++)
		strbuf_addf(&nodes,
			    ",\"n%d\":{\"id\":\"n%d\",\"name\":\"wf.n%d\","
			    "\"phase\":\"Failed\"}",
			    i, i, i);
	strbuf_addch(&nodes, '}');
	tree = workflow_make("", nodes.data);
	kind_workflow.read_parts(tree, &parts);
	assert_int_equal(parts.count, PARTS_MAX);
	assert_int_equal(parts.omitted, 3001 - PARTS_MAX);
	assert_string_equal(workflow_status(tree).reason, "n0: failed");
	part_list_release(&parts);
	cJSON_Delete(tree);
	strbuf_release(&nodes);
}

/* --- names of pods ----------------------------------------------------------
 */

static void names_pods(void **state)
{
	static const struct {
		const char *format, *name, *template, *pod;
	} cases[] = {
		/* FNV-1a of "foobar" and "a" as its authors publish them */
		{"v2", "foobar", "t", "wf-t-3214735720"},
		{"v2", "a", "", "wf-3826002220"},
		{"v2", "wf", "t", "wf"},
		{"v1", "foobar", "t", "the-id"},
		{"", "foobar", "t", "the-id"},
	};
	char *long_name = xcalloc(1, 301);
	char pod[254];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct workflow_nodes nodes = {
			.name = "wf",
			.has_new_pod_names = !strcmp(cases[i].format, "v2")};
		const struct workflow_node node = {.id = "the-id",
						   .name = cases[i].name,
						   .template =
							   cases[i].template};

		workflow_pod_name(&nodes, &node, pod, sizeof(pod));
		assert_string_equal(pod, cases[i].pod);
	}
	memset(long_name, 'x', 300);
	{
		struct workflow_nodes nodes = {.name = long_name,
					       .has_new_pod_names = true};
		const struct workflow_node node = {
			.id = "i", .name = "foobar", .template = "t"};

		workflow_pod_name(&nodes, &node, pod, sizeof(pod));
		assert_int_equal(strlen(pod), 253);
		assert_string_equal(pod + 242, "-3214735720");
	}
	free(long_name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(draws_steps),
		cmocka_unit_test(draws_packed_steps_alike),
		cmocka_unit_test(draws_dags),
		cmocka_unit_test(draws_a_single_pod),
		cmocka_unit_test(draws_the_oldest),
		cmocka_unit_test(draws_gates),
		cmocka_unit_test(says_why_there_are_none),
		cmocka_unit_test(endures_nonsense),
		cmocka_unit_test(is_bounded),
		cmocka_unit_test(names_pods),
	};

	return cmocka_run_group_tests_name("workflow steps", tests, NULL, NULL);
}
