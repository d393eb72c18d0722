/* SPDX-License-Identifier: MIT */
/* Kueue's Workloads, as sentences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/pod/workload.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

#define OWNED                                                                  \
	"\"metadata\":{\"name\":\"job-x-1\",\"ownerReferences\":["             \
	"{\"kind\":\"Job\",\"name\":\"x\",\"uid\":\"u-1\"}]}"
#define QUEUED OWNED ",\"spec\":{\"queueName\":\"gpus\",\"active\":true}"
#define NO_QUOTA                                                               \
	"{\"type\":\"QuotaReserved\",\"status\":\"False\","                    \
	"\"reason\":\"Pending\",\"message\":\"couldn't assign flavors to pod " \
	"set main: insufficient unused quota for nvidia.com/gpu in flavor "    \
	"a100, 4 more needed\"}"
#define QUOTA "{\"type\":\"QuotaReserved\",\"status\":\"True\"}"

static bool read(const char *text, struct workload_view *view)
{
	cJSON *object = cJSON_Parse(text);
	bool ok;

	assert_non_null(object);
	ok = workload_read(object, view);
	cJSON_Delete(object);
	return ok;
}

/* Of a queued workload with these conditions and checks. */
static void expect(const char *conditions, const char *checks,
		   const char *wanted)
{
	char *text = xasprintf("{" QUEUED ",\"status\":{\"conditions\":[%s],"
			       "\"admissionChecks\":[%s]}}",
			       conditions, checks);
	struct workload_view view;

	assert_true(read(text, &view));
	assert_string_equal(view.reason, wanted);
	assert_string_equal(view.job_uid, "u-1");
	assert_string_equal(view.job_name, "x");
	free(text);
}

static void it_waits(void **state)
{
	(void)state;
	expect("", "", "queued by Kueue in gpus");
	expect(NO_QUOTA, "",
	       "queued by Kueue in gpus: insufficient unused quota for "
	       "nvidia.com/gpu in flavor a100, 4 more needed");
	expect("{\"type\":\"QuotaReserved\",\"status\":\"False\",\"message\":"
	       "\"ClusterQueue gpus is inactive.\"}",
	       "", "queued by Kueue in gpus: ClusterQueue gpus is inactive");
	expect(QUOTA, "",
	       "queued by Kueue in gpus: there is quota, waiting for admission "
	       "checks");
	expect(QUOTA,
	       "{\"name\":\"fine\",\"state\":\"Ready\"},{\"name\":\"nodes\","
	       "\"state\":\"Pending\",\"message\":\"2 are being made\"}",
	       "queued by Kueue in gpus: there is quota, waiting for admission "
	       "checks: nodes: 2 are being made");
}

static void it_is_let_go(void **state)
{
	(void)state;
	expect(QUOTA ",{\"type\":\"Admitted\",\"status\":\"True\"}", "", "");
	expect(QUOTA ",{\"type\":\"Admitted\",\"status\":\"True\"},"
		     "{\"type\":\"Evicted\",\"status\":\"False\"}",
	       "", "");
	expect("{\"type\":\"Finished\",\"status\":\"True\"}," NO_QUOTA, "", "");
}

static void it_is_evicted(void **state)
{
	(void)state;
	/* still admitted: its pods are ending */
	expect(QUOTA ",{\"type\":\"Admitted\",\"status\":\"True\"},"
		     "{\"type\":\"Evicted\",\"status\":\"True\","
		     "\"reason\":\"Preempted\",\"message\":\"Preempted to "
		     "accommodate a workload of higher priority\"}",
	       "",
	       "queued by Kueue in gpus again, evicted: Preempted: Preempted "
	       "to accommodate a workload of higher priority");
	expect(NO_QUOTA ",{\"type\":\"Evicted\",\"status\":\"True\","
			"\"reason\":\"Preempted\"}",
	       "",
	       "queued by Kueue in gpus again, evicted: Preempted: "
	       "insufficient unused quota for nvidia.com/gpu in flavor a100, 4 "
	       "more needed");
}

static void it_is_deactivated(void **state)
{
	struct workload_view view;

	(void)state;
	assert_true(read("{" OWNED ",\"spec\":{\"active\":false}}", &view));
	assert_string_equal(view.reason, "queued by Kueue: deactivated, "
					 "nothing will let it go");
}

static void whose_it_is(void **state)
{
	struct workload_view view;

	(void)state;
	assert_true(read("{\"metadata\":{\"labels\":"
			 "{\"kueue.x-k8s.io/job-uid\":\"u-2\"}}}",
			 &view));
	assert_string_equal(view.job_uid, "u-2");
	assert_string_equal(view.job_name, "");
	assert_false(read("{}", &view));
	/* of whatever kind */
	assert_true(read("{\"metadata\":{\"ownerReferences\":[{\"kind\":"
			 "\"TFJob\",\"controller\":true,\"name\":\"t\","
			 "\"uid\":\"u-2\"}]}}",
			 &view));
	assert_string_equal(view.job_name, "t");
	assert_string_equal(view.job_uid, "u-2");
	assert_false(read("{\"metadata\":{\"labels\":[],\"ownerReferences\":"
			  "[{\"kind\":\"Pod\",\"uid\":\"u\"}]}}",
			  &view));
	assert_false(read("{\"metadata\":{\"labels\":"
			  "{\"kueue.x-k8s.io/job-uid\":\"a\\u001b[2J\"}}}",
			  &view));
}

/* Nothing of it reaches a terminal as it is, and it is one line. */
static void it_is_hostile(void **state)
{
	char *long_text = xcalloc(5001, 1), *text;
	struct workload_view view;

	(void)state;
	memset(long_text, 'a', 5000);
	text = xasprintf("{" OWNED ",\"spec\":{\"queueName\":\"q\\n\\u001b[2J"
			 "\"},\"status\":{\"conditions\":[7,{\"type\":"
			 "\"QuotaReserved\",\"status\":\"False\",\"message\":"
			 "\"%s\"}]}}",
			 long_text);
	assert_true(read(text, &view));
	assert_null(strchr(view.reason, '\033'));
	assert_null(strchr(view.reason, '\n'));
	assert_true(strlen(view.reason) < sizeof(view.reason));
	assert_non_null(strstr(view.reason, "..."));
	free(text);
	free(long_text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_waits),
		cmocka_unit_test(it_is_let_go),
		cmocka_unit_test(it_is_evicted),
		cmocka_unit_test(it_is_deactivated),
		cmocka_unit_test(whose_it_is),
		cmocka_unit_test(it_is_hostile),
	};

	return cmocka_run_group_tests_name("workload", tests, NULL, NULL);
}
