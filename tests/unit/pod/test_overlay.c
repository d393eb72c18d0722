/* SPDX-License-Identifier: MIT */
/* podTemplate: how it is merged, and what it may not touch. */
#include "tests/unit/pod/plan.h"

#include "base/mem.h"
#include "base/strbuf.h"
#include "engine/pod/parts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A pod with a little of everything. */
static cJSON *make_template(void)
{
	struct sample sample;
	struct error err;
	cJSON *template;

	sample_init(&sample, "",
		    "  resources: {cpu: 1, memory: 1Gi}\n"
		    "  env: {A: 1, B: 2}\n"
		    "  volumes: [{name: data, mountPath: /data, pvc: sets}]\n"
		    "  nodeSelector: {zone: a, disk: ssd}\n"
		    "  tolerations: [{key: gpu, operator: Exists}]\n"
		    "  labels: {team: vision}\n");
	template = pod_template_build(&sample.plan, &err);
	if (!template)
		fail_msg("%s", err.text);
	sample_release(&sample);
	return template;
}

static void check(const char *overlay, const char *path, const char *json)
{
	cJSON *template = make_template();
	cJSON *over = cJSON_Parse(overlay);
	struct error err;

	assert_non_null(over);
	if (!pod_overlay_apply(template, over, POD_MAIN_CONTAINER, &err))
		fail_msg("%s: %s", overlay, err.text);
	expect_json(template, path, json);
	cJSON_Delete(template);
	cJSON_Delete(over);
}

static void merges(void **state)
{
	(void)state;
	check("{\"spec\":{\"hostname\":\"t\"}}", "spec.hostname", "\"t\"");
	/* mappings are merged, null removes, scalars replace */
	check("{\"spec\":{\"nodeSelector\":{\"zone\":null,\"disk\":\"hdd\","
	      "\"x\":\"y\"}}}",
	      "spec.nodeSelector", "{\"disk\":\"hdd\",\"x\":\"y\"}");
	check("{\"spec\":{\"nodeSelector\":null}}", "spec.nodeSelector",
	      "absent");
	check("{\"spec\":{\"nothing\":null}}", "spec.nothing", "absent");
	check("{\"spec\":{\"terminationGracePeriodSeconds\":7}}",
	      "spec.terminationGracePeriodSeconds", "7");
	/* nulls have nothing to remove in what is new */
	check("{\"spec\":{\"dnsConfig\":{\"a\":null,\"b\":[1]}}}",
	      "spec.dnsConfig", "{\"b\":[1]}");
	check("{\"metadata\":{\"labels\":{\"team\":\"nlp\"}}}",
	      "metadata.labels.team", "\"nlp\"");
	check("{\"metadata\":{\"annotations\":{\"a\":\"b\"}}}",
	      "metadata.annotations", "{\"a\":\"b\"}");
}

static void merges_lists_by_name(void **state)
{
	(void)state;
	/* the container is found by its name and keeps what is not said */
	check("{\"spec\":{\"containers\":[{\"name\":\"trial\","
	      "\"resources\":{\"limits\":{\"cpu\":\"4\"}}}]}}",
	      "spec.containers.0.resources",
	      "{\"requests\":{\"cpu\":\"1\",\"memory\":\"1Gi\"},"
	      "\"limits\":{\"cpu\":\"4\",\"memory\":\"1Gi\"}}");
	check("{\"spec\":{\"containers\":[{\"name\":\"side\",\"image\":\"x\"}]}"
	      "}",
	      "spec.containers.1", "{\"name\":\"side\",\"image\":\"x\"}");
	check("{\"spec\":{\"initContainers\":[{\"name\":\"i\"}]}}",
	      "spec.initContainers", "[{\"name\":\"i\"}]");
	check("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"env\":"
	      "[{\"name\":\"A\",\"value\":\"9\"},{\"name\":\"C\",\"value\":"
	      "\"3\"}]}]}}",
	      "spec.containers.0.env.14", "{\"name\":\"A\",\"value\":\"9\"}");
	check("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"env\":"
	      "[{\"name\":\"A\",\"value\":\"9\"},{\"name\":\"C\",\"value\":"
	      "\"3\"}]}]}}",
	      "spec.containers.0.env.16", "{\"name\":\"C\",\"value\":\"3\"}");
	/* a volume cannot have two sources: replaced */
	check("{\"spec\":{\"volumes\":[{\"name\":\"data\",\"emptyDir\":{}}]}}",
	      "spec.volumes.4", "{\"name\":\"data\",\"emptyDir\":{}}");
	check("{\"spec\":{\"containers\":[{\"name\":\"trial\","
	      "\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":\"/data\","
	      "\"readOnly\":true},{\"name\":\"data\",\"mountPath\":\"/two\"}]}"
	      "]}}",
	      "spec.containers.0.volumeMounts.4",
	      "{\"name\":\"data\",\"mountPath\":\"/data\",\"readOnly\":true}");
	check("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"ports\":"
	      "[{\"containerPort\":80},{\"containerPort\":81}]}]}}",
	      "spec.containers.0.ports",
	      "[{\"containerPort\":80},{\"containerPort\":81}]");
	check("{\"spec\":{\"tolerations\":[{\"operator\":\"Exists\"}]}}",
	      "spec.tolerations",
	      "[{\"key\":\"gpu\",\"operator\":\"Exists\"},"
	      "{\"operator\":\"Exists\"}]");
}

static void refuses(const char *overlay, const char *why)
{
	cJSON *template = make_template();
	cJSON *over = cJSON_Parse(overlay);
	struct error err = {ERROR_NONE, ""};

	assert_non_null(over);
	if (pod_overlay_apply(template, over, POD_MAIN_CONTAINER, &err))
		fail_msg("accepted: %s", overlay);
	assert_string_equal(err.text, why);
	assert_int_equal(err.code, ERROR_INVALID);
	cJSON_Delete(template);
	cJSON_Delete(over);
}

static void keeps_what_a_trial_needs(void **state)
{
	(void)state;
	refuses("{\"spec\":null}", "spec must be a mapping");
	refuses("{\"spec\":{\"restartPolicy\":\"OnFailure\"}}",
		"restartPolicy must be Never: trialdeck runs a trial again as "
		"a new attempt");
	refuses("{\"spec\":{\"restartPolicy\":null}}",
		"restartPolicy must be Never: trialdeck runs a trial again as "
		"a new attempt");
	refuses("{\"spec\":{\"containers\":null}}",
		"containers: 'trial' must not be removed");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"command\":"
		"[\"sh\"]}]}}",
		"containers: command and args of 'trial' are trialdeck's own: "
		"write trialCommand");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"args\":"
		"[\"x\"]}]}}",
		"containers: command and args of 'trial' are trialdeck's own: "
		"write trialCommand");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\","
		"\"volumeMounts\":[{\"name\":\"data\",\"mountPath\":"
		"\"/trialdeck/work\"}]}]}}",
		"volumeMounts: '/trialdeck/work' is trialdeck's own and must "
		"stay as it is");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\","
		"\"volumeMounts\":null}]}}",
		"volumeMounts: '/trialdeck/keeper' is trialdeck's own and must "
		"stay as it is");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\",\"env\":"
		"[{\"name\":\"NNI_SYS_DIR\",\"value\":\"/\"}]}]}}",
		"env: 'NNI_SYS_DIR' is trialdeck's own and must stay as it is");
	refuses("{\"spec\":{\"volumes\":[{\"name\":\"trialdeck-input\","
		"\"emptyDir\":{}}]}}",
		"volumes: 'trialdeck-input' is trialdeck's own and must stay "
		"as it is");
	refuses("{\"spec\":{\"volumes\":null}}",
		"volumes: 'trialdeck-keeper' is trialdeck's own and must stay "
		"as it is");
	refuses("{\"metadata\":{\"labels\":{\"trialId\":\"other\"}}}",
		"metadata.labels: 'trialId' is trialdeck's own and must stay "
		"as it is");
	refuses("{\"metadata\":{\"labels\":null}}",
		"metadata.labels: 'app' is trialdeck's own and must stay as "
		"it is");
	refuses("{\"metadata\":null}", "metadata.labels: 'app' is trialdeck's "
				       "own and must stay as it is");
}

static void refuses_what_it_cannot_merge(void **state)
{
	(void)state;
	refuses("{\"spec\":{\"containers\":{}}}", "containers must be a list");
	refuses("{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}",
		"an item of containers has no name to tell it by");
	refuses("{\"spec\":{\"volumes\":[5]}}",
		"an item of volumes has no name to tell it by");
	refuses("{\"spec\":{\"containers\":[{\"name\":\"trial\","
		"\"$patch\":\"delete\"}]}}",
		"'$patch': directives are not understood; null removes a key");
}

static void has_a_bottom(void **state)
{
	struct strbuf deep = STRBUF_INIT;
	cJSON *template = make_template();
	struct error err;
	cJSON *over;

	(void)state;
	for (int i = 0; i < 200; i++)
		strbuf_adds(&deep, "{\"a\":");
	strbuf_addch(&deep, '1');
	for (int i = 0; i < 200; i++)
		strbuf_addch(&deep, '}');
	over = cJSON_Parse(deep.data);
	assert_non_null(over);
	assert_false(
		pod_overlay_apply(template, over, POD_MAIN_CONTAINER, &err));
	assert_string_equal(err.text, "nested too deeply");
	cJSON_Delete(over);
	cJSON_Delete(template);
	strbuf_release(&deep);
}

/* For a pod that is tried alone. */
static void leaves_init_containers_out(void **state)
{
	char *text;

	(void)state;
	assert_null(pod_overlay_without_init(NULL));
	assert_null(pod_overlay_without_init("no JSON"));
	text = pod_overlay_without_init(
		"{\"spec\":{\"hostname\":\"t\",\"initContainers\":[{}]}}");
	assert_string_equal(text, "{\"spec\":{\"hostname\":\"t\"}}");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges),
		cmocka_unit_test(merges_lists_by_name),
		cmocka_unit_test(keeps_what_a_trial_needs),
		cmocka_unit_test(refuses_what_it_cannot_merge),
		cmocka_unit_test(has_a_bottom),
		cmocka_unit_test(leaves_init_containers_out),
	};

	return cmocka_run_group_tests_name("overlay", tests, NULL, NULL);
}
