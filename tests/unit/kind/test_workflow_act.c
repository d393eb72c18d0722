/* SPDX-License-Identifier: MIT */
/* What may be asked of workflows, and what is sent for it. */
#include "base/mem.h"
#include "tests/unit/kind/workflow_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW "2026-03-01T10:00:30Z"
#define RECENT "\"progress\":\"0/1\",\"phase\":\"Running\""

static void expect_patch(enum kind_action action, cJSON *tree, const char *body)
{
	struct kind_patch patch = {.now_ns = pod_time(NOW)};
	struct error err;

	if (!kind_workflow.act(action, tree, &patch, &err))
		fail_msg("refused: %s", err.text);
	assert_string_equal(patch.content_type, "application/merge-patch+json");
	assert_string_equal(patch.body, body);
	free(patch.body);
	cJSON_Delete(tree);
}

static void expect_refused(enum kind_action action, cJSON *tree,
			   const char *why)
{
	struct kind_patch patch = {.now_ns = pod_time(NOW)};
	struct error err;

	assert_false(kind_workflow.act(action, tree, &patch, &err));
	assert_string_equal(err.text, why);
	assert_null(patch.body);
	cJSON_Delete(tree);
}

static void holds_and_lets_go(void **state)
{
	(void)state;
	expect_patch(KIND_SUSPEND, workflow_make("", RECENT),
		     "{\"spec\":{\"suspend\":true}}");
	expect_patch(KIND_RESUME, workflow_make("\"suspend\":true", RECENT),
		     "{\"spec\":{\"suspend\":null}}");
	expect_refused(KIND_SUSPEND, workflow_make("\"suspend\":true", RECENT),
		       "the workflow is suspended already");
	expect_refused(KIND_RESUME, workflow_make("", RECENT),
		       "the workflow is not suspended, and none of its steps "
		       "waits to be resumed");
}

#define GATE(phase, outputs)                                                   \
	"\"nodes\":{\"wf-1\":{\"id\":\"wf-1\",\"name\":\"wf[0].gate\","        \
	"\"displayName\":\"gate\",\"type\":\"Suspend\",\"phase\":\"" phase     \
	"\"" outputs "}}"
#define OPEN                                                                   \
	"\"metadata\":{\"resourceVersion\":\"42\"},\"status\":{\"nodes\":{"    \
	"\"wf-1\":{\"phase\":\"Succeeded\",\"finishedAt\":\"" NOW              \
	"\",\"message\":\"resumed by trialdeck\""

static void opens_gates(void **state)
{
	(void)state;
	expect_patch(KIND_RESUME,
		     workflow_make("", RECENT "," GATE("Running", "")),
		     "{" OPEN "}}}}");
	expect_patch(KIND_RESUME,
		     workflow_make("\"suspend\":true",
				   RECENT "," GATE("Running", "")),
		     "{\"spec\":{\"suspend\":null}," OPEN "}}}}");
	expect_refused(KIND_RESUME,
		       workflow_make("", RECENT "," GATE("Succeeded", "")),
		       "the workflow is not suspended, and none of its steps "
		       "waits to be resumed");
	/* values that a gate waits for */
	expect_patch(
		KIND_RESUME,
		workflow_make("", RECENT
			      "," GATE("Running",
				       ",\"outputs\":{\"parameters\":[{"
				       "\"name\":\"go\",\"valueFrom\":{"
				       "\"supplied\":{},\"default\":\"yes\"}"
				       "},{\"name\":\"b\",\"value\":\"1\"}]"
				       "}")),
		"{" OPEN ",\"outputs\":{\"parameters\":[{\"name\":\"go\","
		"\"value\":\"yes\"},{\"name\":\"b\",\"value\":\"1\"}]}"
		"}}}}");
	expect_refused(KIND_RESUME,
		       workflow_make("", RECENT
				     "," GATE("Running",
					      ",\"outputs\":{\"parameters\":[{"
					      "\"name\":\"go\",\"valueFrom\":{"
					      "\"supplied\":{}}}]}")),
		       "step gate wants a value for its output go: give it "
		       "with argo node set");
}

/* {"wf-1": the gate} */
#define PACKED                                                                 \
	"\"compressedNodes\":\""                                               \
	"H4sIAAAAAAACA6tWKk/TNVSyUqhWykwBUhCujoJSXmJuKoQfbRCrl55YkgoS"         \
	"TcksLshJrPSDSsKESyoLwPzg0uKC1LwUkFBBRmIxWCyoNC8vMy9dqbYWAH4y"         \
	"3eRsAAAA"                                                             \
	"\""

static void leaves_packed_gates_alone(void **state)
{
	(void)state;
	expect_refused(KIND_RESUME, workflow_make("", RECENT "," PACKED),
		       "its steps are packed, so that its gates can only be "
		       "opened by Argo: argo resume wf");
	/* what can be done is done */
	expect_patch(KIND_RESUME,
		     workflow_make("\"suspend\":true", RECENT "," PACKED),
		     "{\"spec\":{\"suspend\":null}}");
}

static void ends_them(void **state)
{
	(void)state;
	expect_patch(KIND_STOP, workflow_make("", RECENT),
		     "{\"spec\":{\"shutdown\":\"Stop\"}}");
	expect_patch(KIND_TERMINATE, workflow_make("", RECENT),
		     "{\"spec\":{\"shutdown\":\"Terminate\"}}");
	/* Argo before 2.7, for all one can see */
	expect_patch(KIND_TERMINATE, workflow_make("", "\"phase\":\"Running\""),
		     "{\"spec\":{\"shutdown\":\"Terminate\","
		     "\"activeDeadlineSeconds\":0}}");
	expect_refused(KIND_TERMINATE,
		       workflow_make("", "\"phase\":\"Failed\""),
		       "the workflow is over already");
	expect_refused(KIND_SUSPEND,
		       workflow_make("", "\"phase\":\"Succeeded\""),
		       "the workflow is over already");
}

static void runs_again_as_a_whole(void **state)
{
	(void)state;
	expect_refused(KIND_RETRY, workflow_make("", "\"phase\":\"Failed\""),
		       "a workflow is run again as a whole: restart the trial "
		       "when it is over");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_and_lets_go),
		cmocka_unit_test(opens_gates),
		cmocka_unit_test(leaves_packed_gates_alone),
		cmocka_unit_test(ends_them),
		cmocka_unit_test(runs_again_as_a_whole),
	};

	return cmocka_run_group_tests_name("workflow act", tests, NULL, NULL);
}
