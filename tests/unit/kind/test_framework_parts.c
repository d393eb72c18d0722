/* SPDX-License-Identifier: MIT */
/* The tasks of Frameworks as parts: every state, packed ones, hostile ones. */
#include "engine/kind/framework.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/unit/kind/framework_packed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT "2026-03-01T10:00:00Z"
#define RUN "2026-03-01T10:01:00Z"
#define LATER "2026-03-01T10:05:00Z"

static cJSON *object_of(const char *status)
{
	char *text = xasprintf("{\"metadata\":{\"name\":\"x\"},\"status\":%s}",
			       status);
	cJSON *object = cJSON_Parse(text);

	if (!object)
		fail_msg("no JSON: %s", text);
	free(text);
	return object;
}

static struct part_list read_parts(const char *roles)
{
	char *text = xasprintf("{\"state\":\"AttemptRunning\","
			       "\"attemptStatus\":{\"taskRoleStatuses\":%s}}",
			       roles);
	cJSON *object = object_of(text);
	struct part_list list = {0};

	kind_framework.read_parts(object, &list);
	cJSON_Delete(object);
	free(text);
	return list;
}

static void reads_tasks(void **state)
{
	struct part_list list = read_parts(
		"[{\"name\":\"worker\",\"taskStatuses\":["
		"{\"index\":0,\"state\":\"AttemptRunning\","
		"\"retryPolicyStatus\":{\"totalRetriedCount\":2},"
		"\"attemptStatus\":{\"podName\":\"x-worker-0\","
		"\"podNodeName\":\"n1\",\"runTime\":\"" RUN "\"}},"
		"{\"index\":1,\"state\":\"Completed\",\"attemptStatus\":{"
		"\"podName\":\"x-worker-1\",\"runTime\":\"" AT "\","
		"\"completionTime\":\"" LATER "\",\"completionStatus\":{"
		"\"code\":3,\"phrase\":\"ContainerUnrecognizedFailed\","
		"\"type\":{\"name\":\"Failed\"},\"pod\":{\"containers\":[{"
		"\"code\":3,\"message\":\"no data\"}]}}}},"
		"{\"index\":2,\"state\":\"AttemptCreationPending\","
		"\"retryPolicyStatus\":{\"retryDelaySec\":60}}]},"
		"{\"name\":\"ps\",\"taskStatuses\":[{\"index\":0,\"state\":"
		"\"Completed\",\"attemptStatus\":{\"completionTime\":\"" LATER
		"\",\"completionStatus\":{\"code\":-220,\"phrase\":"
		"\"FrameworkAttemptCompletion\",\"type\":{\"name\":\"Failed\"}"
		"}}}]},{\"name\":\"done\",\"taskStatuses\":[{\"index\":0,"
		"\"state\":\"Completed\",\"attemptStatus\":{"
		"\"completionStatus\":{\"code\":0,\"type\":{\"name\":"
		"\"Succeeded\"}}}}]}]");
	const struct trial_part *part = list.items;

	(void)state;
	assert_int_equal(list.count, 6);
	assert_string_equal(part->name, "worker");
	assert_string_equal(part->sort, "role");
	assert_int_equal(part->depth, 0);
	assert_int_equal(part->state, PART_FAILED);
	assert_int_equal(part->restarts, 2);
	assert_true(part->started_ns == pod_time(AT));
	assert_int_equal(part->ended_ns, 0);
	assert_string_equal(part->reason, "1 waiting, 1 running, 1 failed");
	part++;
	assert_string_equal(part->name, "worker-0");
	assert_string_equal(part->sort, "pod");
	assert_int_equal(part->depth, 1);
	assert_int_equal(part->state, PART_RUNNING);
	assert_string_equal(part->pod, "x-worker-0");
	assert_string_equal(part->node, "n1");
	assert_int_equal(part->restarts, 2);
	assert_int_equal(part->exit_code, -1);
	assert_true(part->started_ns == pod_time(RUN));
	part++;
	assert_int_equal(part->state, PART_FAILED);
	assert_int_equal(part->exit_code, 3);
	assert_true(part->ended_ns == pod_time(LATER));
	assert_string_equal(part->reason,
			    "ContainerUnrecognizedFailed: no data");
	part++;
	assert_int_equal(part->state, PART_WAITING);
	assert_string_equal(part->reason, "tried again after 60 s");
	part++;
	/* the others decided: no failure of its own */
	assert_string_equal(part->name, "ps-0");
	assert_int_equal(part->depth, 0);
	assert_int_equal(part->state, PART_SKIPPED);
	assert_true(part->ended_ns == pod_time(LATER));
	assert_int_equal(part->exit_code, -1);
	assert_string_equal(part->reason, "FrameworkAttemptCompletion");
	part++;
	assert_int_equal(part->state, PART_SUCCEEDED);
	assert_int_equal(part->exit_code, 0);
	part_list_release(&list);
}

static void reads_every_state(void **state)
{
	static const struct {
		const char *state;
		enum part_state running, failed;
	} all[] = {
		{"AttemptCreationPending", PART_WAITING, PART_WAITING},
		{"AttemptCreationRequested", PART_WAITING, PART_WAITING},
		{"AttemptPreparing", PART_WAITING, PART_WAITING},
		{"AttemptRunning", PART_RUNNING, PART_FAILED},
		{"AttemptDeletionPending", PART_RUNNING, PART_FAILED},
		{"AttemptDeletionRequested", PART_RUNNING, PART_FAILED},
		{"AttemptDeleting", PART_RUNNING, PART_FAILED},
		{"AttemptCompleted", PART_RUNNING, PART_FAILED},
		{"Completed", PART_RUNNING, PART_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		char *text = xasprintf(
			"[{\"name\":\"a\",\"taskStatuses\":[{\"state\":\"%s\"},"
			"{\"state\":\"%s\",\"attemptStatus\":{"
			"\"completionStatus\":{\"code\":1}}}]}]",
			all[i].state, all[i].state);
		struct part_list list = read_parts(text);

		assert_int_equal(list.items[1].state, all[i].running);
		assert_int_equal(list.items[2].state, all[i].failed);
		part_list_release(&list);
		free(text);
	}
}

static void counts_what_it_leaves_out(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct part_list list;

	(void)state;
	strbuf_adds(&text, "[{\"name\":\"a\",\"taskStatuses\":[");
	for (int i = 0; i < PARTS_MAX + 9; i++)
		strbuf_addf(&text,
			    "%s{\"index\":%d,\"state\":\"AttemptRunning\"}",
			    i ? "," : "", i);
	strbuf_adds(&text, "]},{\"name\":\"b\",\"taskStatuses\":[{}]}]");
	list = read_parts(text.data);
	assert_int_equal(list.count, PARTS_MAX);
	assert_int_equal(list.omitted, 11);
	assert_string_equal(list.items[0].reason, "509 running");
	part_list_release(&list);
	strbuf_release(&text);
}

static void survives_nonsense(void **state)
{
	struct part_list list;

	(void)state;
	list = read_parts("[5,{\"name\":\"\\u001b[2J\",\"taskStatuses\":[5,{"
			  "\"index\":-1,\"retryPolicyStatus\":{"
			  "\"totalRetriedCount\":1e300}}]}]");
	assert_int_equal(list.count, 3);
	assert_string_equal(list.items[0].name, "\xef\xbf\xbd[2J");
	assert_string_equal(list.items[2].name, "\xef\xbf\xbd[2J-0");
	assert_int_equal(list.items[2].restarts, 0);
	part_list_release(&list);
}

/* Names are cut between characters, and keep their number. */
static void cuts_long_names(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct part_list list;

	(void)state;
	strbuf_adds(&text, "[{\"name\":\"");
	for (int i = 0; i < 300; i++)
		strbuf_adds(&text, "w");
	strbuf_adds(&text, "\",\"taskStatuses\":[{\"index\":999999}]}]");
	list = read_parts(text.data);
	assert_int_equal(strlen(list.items[0].name), 62);
	assert_string_equal(list.items[0].name + 54, "w-999999");
	part_list_release(&list);
	strbuf_release(&text);
}

static size_t count_packed(const char *packed)
{
	char *text = xasprintf("{\"attemptStatus\":{\"taskRoleStatuses\":null,"
			       "\"taskRoleStatusesCompressed\":\"%s\"}}",
			       packed);
	cJSON *object = object_of(text);
	struct part_list list = {0};
	size_t count;

	kind_framework.read_parts(object, &list);
	count = list.count;
	part_list_release(&list);
	cJSON_Delete(object);
	free(text);
	return count;
}

static size_t count_of(const char *text)
{
	char *packed = framework_pack(text);
	size_t count = count_packed(packed);

	free(packed);
	return count;
}

/* `text` in a JSON list, `times` times. */
static char *repeat(const char *text, size_t times)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addch(&out, '[');
	for (size_t i = 0; i < times; i++) {
		if (i)
			strbuf_addch(&out, ',');
		strbuf_adds(&out, text);
	}
	strbuf_addch(&out, ']');
	return strbuf_detach(&out);
}

static void bounds_what_is_packed(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(count_of(FRAMEWORK_TASKS), 4);
	/* ten thousand tasks are many, but there may be as many */
	text = repeat("{\"name\":\"a\",\"taskStatuses\":[{\"index\":1,"
		      "\"state\":\"AttemptRunning\",\"attemptStatus\":{"
		      "\"podName\":\"a-b-c-d-e-f\",\"podIP\":\"10.0.0.1\"}}]}",
		      10000);
	assert_int_equal(count_of(text), PARTS_MAX);
	free(text);
	/* nothing, nonsense, and packed nonsense */
	assert_int_equal(count_packed(""), 0);
	assert_int_equal(count_packed("%%%"), 0);
	assert_int_equal(count_packed("aGVsbG8="), 0);
	assert_int_equal(count_of("{\"name\":\"a\"}"), 0);
	assert_int_equal(count_of("[{\"name\":\"a\""), 0);
	/* a tree far larger than its text */
	text = repeat("0", 2000000);
	assert_int_equal(count_of(text), 0);
	free(text);
	text = repeat("[]", 600000);
	assert_int_equal(count_of(text), 0);
	free(text);
	/* a text far larger than what is packed */
	text = xmalloc((32 << 20) + 1);
	memset(text, ' ', 32 << 20);
	memcpy(text, "[{}", 3);
	text[(32 << 20) - 1] = ']';
	text[32 << 20] = '\0';
	assert_int_equal(count_of(text), 0);
	free(text);
	/* brackets without end */
	text = xmalloc(500001);
	memset(text, '[', 500000);
	text[500000] = '\0';
	assert_int_equal(count_of(text), 0);
	free(text);
}

/* Cut off in the middle, at every byte. */
static void survives_cuts(void **state)
{
	char *packed = framework_pack(FRAMEWORK_TASKS);
	size_t len = strlen(packed);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		char *part = xstrndup(packed, i);

		assert_int_equal(count_packed(part), 0);
		free(part);
	}
	free(packed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tasks),
		cmocka_unit_test(reads_every_state),
		cmocka_unit_test(counts_what_it_leaves_out),
		cmocka_unit_test(survives_nonsense),
		cmocka_unit_test(cuts_long_names),
		cmocka_unit_test(bounds_what_is_packed),
		cmocka_unit_test(survives_cuts),
	};

	return cmocka_run_group_tests_name("framework parts", tests, NULL,
					   NULL);
}
