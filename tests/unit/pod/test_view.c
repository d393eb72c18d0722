/* SPDX-License-Identifier: MIT */
/* What is kept of a pod besides its reason: names, times, containers. */
#include "base/clock.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool read_pod(const char *json, struct pod_view *ret, struct error *err)
{
	cJSON *tree = cJSON_Parse(json);
	bool ok = pod_view_read(tree, "trial", ret, err);

	assert_non_null(tree);
	cJSON_Delete(tree);
	return ok;
}

/* A pod that has ended, with an init container and a sidecar. */
static const char ended[] =
	"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":"
	"\"nni-exp-a-trial-b-1-x7k2p\",\"uid\":"
	"\"8057f671-eb1b-4e92-acb8-c732ececb590\",\"creationTimestamp\":"
	"\"2026-11-24T23:30:13Z\"},\"spec\":{\"nodeName\":\"testnode\","
	"\"initContainers\":[{\"name\":\"fetch\"}],\"containers\":[{\"name\":"
	"\"proxy\"},{\"name\":\"trial\"}]},\"status\":{\"phase\":\"Running\","
	"\"podIP\":\"10.89.0.10\",\"conditions\":[{\"type\":\"Ready\","
	"\"status\":\"False\",\"lastTransitionTime\":\"2026-11-24T23:30:15Z\"},"
	"{\"type\":\"PodScheduled\",\"status\":\"True\","
	"\"lastTransitionTime\":\"2026-11-24T23:30:14Z\"}],"
	"\"initContainerStatuses\":[{\"name\":\"fetch\",\"state\":{"
	"\"terminated\":{\"exitCode\":0,\"reason\":\"Completed\","
	"\"startedAt\":\"2026-11-24T23:30:20Z\",\"finishedAt\":"
	"\"2026-11-24T23:30:21Z\",\"containerID\":\"c://1\"}}}],"
	"\"containerStatuses\":[{\"name\":\"trial\",\"restartCount\":2,"
	"\"state\":{\"terminated\":{\"exitCode\":3,\"reason\":\"Error\","
	"\"startedAt\":\"2026-11-24T23:30:22Z\",\"finishedAt\":"
	"\"2026-11-24T23:30:29Z\",\"containerID\":\"c://2\"}}},{\"name\":"
	"\"proxy\",\"restartCount\":0,\"state\":{\"running\":{\"startedAt\":"
	"\"2026-11-24T23:30:23Z\"}}}]}}";

static void whole(void **state)
{
	struct pod_view view;
	struct error err;
	const struct pod_container *container = view.containers;
	const int64_t minute = 1795563000 * NS_PER_S;

	(void)state;
	assert_true(read_pod(ended, &view, &err));
	assert_string_equal(view.name, "nni-exp-a-trial-b-1-x7k2p");
	assert_string_equal(view.uid, "8057f671-eb1b-4e92-acb8-c732ececb590");
	assert_string_equal(view.node, "testnode");
	assert_string_equal(view.ip, "10.89.0.10");
	assert_int_equal(view.phase, POD_RUNNING);
	assert_false(view.is_deleting);
	assert_int_equal(view.created_ns, minute + 13 * NS_PER_S);
	assert_int_equal(view.scheduled_ns, minute + 14 * NS_PER_S);
	assert_int_equal(view.container_count, 3);
	assert_int_equal(view.main_container, 2);

	assert_string_equal(container[0].name, "fetch");
	assert_true(container[0].is_init);
	assert_true(container[0].has_log);
	assert_int_equal(container[0].exit_code, 0);
	assert_string_equal(container[1].name, "proxy");
	assert_false(container[1].is_init);
	assert_int_equal(container[1].state, POD_CONTAINER_RUNNING);
	assert_true(container[1].has_log);
	assert_int_equal(container[1].exit_code, -1);
	assert_int_equal(container[1].started_ns, minute + 23 * NS_PER_S);
	assert_int_equal(container[1].ended_ns, 0);
	assert_string_equal(container[2].name, "trial");
	assert_int_equal(container[2].state, POD_CONTAINER_TERMINATED);
	assert_int_equal(container[2].exit_code, 3);
	assert_int_equal(container[2].restarts, 2);
	assert_int_equal(container[2].started_ns, minute + 22 * NS_PER_S);
	assert_int_equal(container[2].ended_ns, minute + 29 * NS_PER_S);
	assert_string_equal(view.reason, "exit status 3");
}

/* What runs on the node is unknown yet: containers wait, without logs. */
static void fresh(void **state)
{
	struct pod_view view;
	struct error err;

	(void)state;
	assert_true(read_pod("{\"metadata\":{\"name\":\"p\",\"uid\":\"u\","
			     "\"deletionTimestamp\":\"2026-11-24T23:30:29Z\"},"
			     "\"spec\":{\"containers\":[{\"name\":\"other\"},"
			     "{\"name\":\"more\"}]}}",
			     &view, &err));
	assert_int_equal(view.phase, POD_PENDING);
	assert_true(view.is_deleting);
	assert_string_equal(view.node, "");
	assert_int_equal(view.scheduled_ns, 0);
	assert_int_equal(view.container_count, 2);
	assert_int_equal(view.main_container, 0); /* no "trial": the first */
	assert_int_equal(view.containers[0].state, POD_CONTAINER_WAITING);
	assert_false(view.containers[0].has_log);
	assert_int_equal(view.containers[0].exit_code, -1);
}

static void without_containers(void **state)
{
	struct pod_view view;
	struct error err;

	(void)state;
	assert_true(read_pod("{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
			     "\"status\":{\"phase\":\"Melting\"}}",
			     &view, &err));
	assert_int_equal(view.phase, POD_UNKNOWN);
	assert_int_equal(view.container_count, 0);
	assert_int_equal(view.main_container, -1);
	/* a digest of its own: only the status was sent */
	assert_true(read_pod("{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
			     "\"status\":{\"phase\":\"Running\","
			     "\"containerStatuses\":[{\"name\":\"a\"},"
			     "{\"name\":\"trial\",\"state\":{\"running\":{}}}]"
			     "}}",
			     &view, &err));
	assert_int_equal(view.container_count, 2);
	assert_int_equal(view.main_container, 1);
	assert_true(view.containers[1].has_log);
}

/* The start of 1970 is how a runtime says: never. */
static void never_started(void **state)
{
	struct pod_view view;
	struct error err;

	(void)state;
	assert_true(read_pod("{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
			     "\"spec\":{\"containers\":[{\"name\":\"trial\"}]},"
			     "\"status\":{\"phase\":\"Failed\","
			     "\"containerStatuses\":[{\"name\":\"trial\","
			     "\"state\":{\"terminated\":{\"exitCode\":999,"
			     "\"startedAt\":\"1970-01-01T00:00:00Z\"}}}]}}",
			     &view, &err));
	assert_int_equal(view.containers[0].started_ns, 0);
	assert_false(view.containers[0].has_log);
	assert_int_equal(view.containers[0].exit_code, -1);
	/* one that ran before has a log, though it waits now */
	assert_true(read_pod("{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
			     "\"spec\":{\"containers\":[{\"name\":\"trial\"}]},"
			     "\"status\":{\"phase\":\"Running\","
			     "\"containerStatuses\":[{\"name\":\"trial\","
			     "\"restartCount\":1e99,\"state\":{\"waiting\":{}},"
			     "\"lastState\":{\"terminated\":{\"exitCode\":1,"
			     "\"containerID\":\"c://1\"}}}]}}",
			     &view, &err));
	assert_int_equal(view.containers[0].state, POD_CONTAINER_WAITING);
	assert_true(view.containers[0].has_log);
	assert_int_equal(view.containers[0].restarts, INT32_MAX);
}

/* However many there are, the command's container is kept. */
static void many(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct pod_view view;
	struct error err;

	(void)state;
	strbuf_adds(&text, "{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},"
			   "\"spec\":{\"initContainers\":[");
	for (int i = 0; i < 12; i++)
		strbuf_addf(&text, "%s{\"name\":\"i%d\"}", i ? "," : "", i);
	strbuf_adds(&text, "],\"containers\":[");
	for (int i = 0; i < 12; i++)
		strbuf_addf(&text, "{\"name\":\"c%d\"},", i);
	strbuf_adds(&text, "{\"name\":\"trial\"}]}}");
	assert_true(read_pod(text.data, &view, &err));
	assert_int_equal(view.container_count, POD_CONTAINERS_MAX);
	assert_int_equal(view.main_container, POD_CONTAINERS_MAX - 1);
	assert_string_equal(view.containers[view.main_container].name, "trial");
	assert_string_equal(view.containers[0].name, "i0");
	strbuf_release(&text);
}

static void refused(void **state)
{
	static const struct {
		const char *json, *text;
	} samples[] = {
		{"[]", "not a pod"},
		{"{\"kind\":\"Job\",\"metadata\":{\"name\":\"p\",\"uid\":\"u\"}"
		 "}",
		 "not a pod"},
		{"{}", "a pod without a name"},
		{"{\"metadata\":{\"uid\":\"u\"}}", "a pod without a name"},
		{"{\"metadata\":{\"name\":7,\"uid\":\"u\"}}",
		 "a pod without a name"},
		{"{\"metadata\":{\"name\":\"p\\n\",\"uid\":\"u\"}}",
		 "a pod without a name"},
		{"{\"metadata\":{\"name\":\"p\"}}", "pod p has no uid"},
		{"{\"metadata\":{\"name\":\"p\",\"uid\":"
		 "\"8057f671-eb1b-4e92-acb8-c732ececb590-and-more\"}}",
		 "pod p has no uid"},
	};
	struct strbuf text = STRBUF_INIT;
	struct pod_view view;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(samples); i++) {
		assert_false(read_pod(samples[i].json, &view, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_string_equal(err.text, samples[i].text);
	}
	for (int len = 253; len < 255; len++) {
		strbuf_clear(&text);
		strbuf_addf(&text, "{\"metadata\":{\"uid\":\"u\",\"name\":\"");
		for (int i = 0; i < len; i++)
			strbuf_addch(&text, 'p');
		strbuf_adds(&text, "\"}}");
		assert_int_equal(read_pod(text.data, &view, &err), len == 253);
	}
	strbuf_release(&text);
}

/* Long, many-lined and dangerous texts stay one safe line. */
static void bounded(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct pod_view view;
	struct error err;

	(void)state;
	strbuf_adds(&text,
		    "{\"metadata\":{\"name\":\"p\",\"uid\":\"u\"},\"spec\":{"
		    "\"nodeName\":\"");
	for (int i = 0; i < 100; i++)
		strbuf_addch(&text, 'n');
	strbuf_adds(&text, "\"},\"status\":{\"phase\":\"Failed\",\"reason\":"
			   "\"Evicted\",\"message\":\"");
	for (int i = 0; i < 5000; i++)
		strbuf_adds(&text, "\\n\xE2\x80\xAE\\u0007\xC3\xA9");
	strbuf_adds(&text, "\"}}");
	assert_true(read_pod(text.data, &view, &err));
	assert_int_equal(strlen(view.node), sizeof(view.node) - 1);
	assert_in_range(strlen(view.reason), sizeof(view.reason) - 4,
			sizeof(view.reason) - 1);
	assert_null(strchr(view.reason, '\n'));
	assert_null(strchr(view.reason, '\a'));
	assert_null(strstr(view.reason, "\xE2\x80\xAE"));
	strbuf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(fresh),
		cmocka_unit_test(without_containers),
		cmocka_unit_test(never_started),
		cmocka_unit_test(many),
		cmocka_unit_test(refused),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests_name("view", tests, NULL, NULL);
}
