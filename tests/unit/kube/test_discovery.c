/* SPDX-License-Identifier: MIT */
/* Where a kind is served: by the versions' order, past what does not answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/kube/discovery.h"
#include "tests/unit/kube/rig.h"

#include <string.h>

#define GROUP                                                                  \
	"{\"kind\":\"APIGroup\",\"name\":\"kubeflow.org\",\"versions\":["      \
	"{\"groupVersion\":\"kubeflow.org/v2beta1\",\"version\":\"v2beta1\"}," \
	"{\"groupVersion\":\"kubeflow.org/v1\",\"version\":\"v1\"},"           \
	"{\"groupVersion\":\"kubeflow.org/v1beta1\",\"version\":\"v1beta1\"}"  \
	"],\"preferredVersion\":{\"groupVersion\":\"kubeflow.org/v1\","        \
	"\"version\":\"v1\"}}"
#define TRAINING                                                               \
	"{\"kind\":\"APIResourceList\",\"resources\":["                        \
	"{\"name\":\"tfjobs/status\",\"kind\":\"TFJob\",\"namespaced\":true,"  \
	"\"verbs\":[\"get\"]},"                                                \
	"{\"name\":\"tfjobs\",\"kind\":\"TFJob\",\"namespaced\":true,"         \
	"\"verbs\":[\"create\",\"delete\",\"get\",\"list\",\"watch\","         \
	"\"patch\",\"deletecollection\"]}]}"
#define KATIB                                                                  \
	"{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":"              \
	"\"experiments\",\"kind\":\"Experiment\",\"namespaced\":true,"         \
	"\"verbs\":[\"get\"]}]}"
#define MPI                                                                    \
	"{\"kind\":\"APIResourceList\",\"resources\":[{\"name\":\"mpijobs\","  \
	"\"kind\":\"MPIJob\",\"namespaced\":true,\"verbs\":[\"get\"]}]}"
#define NOT_FOUND                                                              \
	"{\"kind\":\"Status\",\"reason\":\"NotFound\",\"message\":\"the "      \
	"server could not find the requested resource\",\"code\":404}"

static void tell(const struct kube_discovery_reply *reply, void *arg)
{
	const struct kube_resource *resource = &reply->resource;
	struct rig *rig = arg;

	if (reply->is_served)
		strbuf_addf(&rig->told, "%s/%s %s %s %d %u\n", resource->group,
			    resource->version, resource->kind, resource->plural,
			    resource->is_namespaced, resource->verbs);
	else
		strbuf_addf(&rig->told, "%s: %s\n",
			    error_code_name(reply->err.code), reply->err.text);
}

static const char *const v1_first[] = {"v1", "v1beta2", "v1beta1", NULL};
static const char *const v1_only[] = {"v1", NULL};

static struct kube_discovery *look(struct rig *rig, const char *group,
				   const char *kind,
				   const char *const *versions)
{
	struct kube_wanted wanted = {.group = group,
				     .kind = kind,
				     .versions = versions,
				     .give_up_ms = -1};

	return kube_discover(rig->client, &wanted, tell, rig);
}

static void finds_the_first_that_has_it(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL, "200 OK",
		       TRAINING),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "kubeflow.org", "TFJob", v1_first);
	rig_until(rig, "kubeflow.org/v1 TFJob tfjobs 1 63\n");
	assert_int_equal(rig->requests, 2);
}

/* The group is there, and its version, and yet it is somebody else's. */
static void a_version_alone_proves_nothing(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL, "200 OK",
		       KATIB),
		ANSWER("GET /apis/kubeflow.org/v1beta1 HTTP/1.1", NULL,
		       "200 OK", TRAINING),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "kubeflow.org", "TFJob", v1_first);
	rig_until(rig, "kubeflow.org/v1beta1 TFJob tfjobs 1 63\n");
}

static void takes_any_version(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL, "200 OK",
		       KATIB),
		ANSWER("GET /apis/kubeflow.org/v2beta1 HTTP/1.1", NULL,
		       "200 OK", MPI),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "kubeflow.org", "MPIJob", NULL);
	rig_until(rig, "kubeflow.org/v2beta1 MPIJob mpijobs 1 2\n");
}

static void knows_the_core(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /api HTTP/1.1", NULL, "200 OK",
		       "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"]}"),
		ANSWER("GET /api/v1 HTTP/1.1", NULL, "200 OK",
		       "{\"resources\":[{\"name\":\"nodes\",\"kind\":\"Node\","
		       "\"namespaced\":false,\"verbs\":[]}]}"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "", "Node", v1_only);
	rig_until(rig, "/v1 Node nodes 0 0\n");
}

static void says_what_is_not_served(void **state)
{
	static const struct exchange script[] = {
		/* no such group */
		ANSWER("GET /apis/argoproj.io HTTP/1.1", NULL, "404 Not Found",
		       NOT_FOUND),
		/* no such kind */
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL, "200 OK",
		       KATIB),
		ANSWER("GET /apis/kubeflow.org/v1beta1 HTTP/1.1", NULL,
		       "404 Not Found", NOT_FOUND),
		ANSWER("GET /apis/kubeflow.org/v2beta1 HTTP/1.1", NULL,
		       "200 OK", KATIB),
		/* in another version */
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL, "200 OK",
		       KATIB),
		ANSWER("GET /apis/kubeflow.org/v2beta1 HTTP/1.1", NULL,
		       "200 OK", MPI),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "argoproj.io", "Workflow", NULL);
	rig_until(rig, "not-found: Workflow (argoproj.io) is not served by "
		       "this cluster\n");
	look(rig, "kubeflow.org", "TFJob", v1_first);
	rig_until(rig, "not-found: TFJob (kubeflow.org/v1, v1beta2, v1beta1) "
		       "is not served by this cluster\n");
	look(rig, "kubeflow.org", "MPIJob", v1_only);
	rig_until(rig, "not-found: MPIJob (kubeflow.org/v1) is not served by "
		       "this cluster, only v2beta1\n");
}

/* What does not answer is no proof that a kind is not there. */
static void tells_faults_from_absence(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL,
		       "503 Service Unavailable", "away"),
		ANSWER("GET /apis/kubeflow.org/v2beta1 HTTP/1.1", NULL,
		       "200 OK", KATIB),
		ANSWER("GET /apis/kubeflow.org/v1beta1 HTTP/1.1", NULL,
		       "200 OK", KATIB),
		/* but a version that answers will do */
		ANSWER("GET /apis/kubeflow.org HTTP/1.1", NULL, "200 OK",
		       GROUP),
		ANSWER("GET /apis/kubeflow.org/v1 HTTP/1.1", NULL,
		       "503 Service Unavailable", "away"),
		ANSWER("GET /apis/kubeflow.org/v1beta1 HTTP/1.1", NULL,
		       "200 OK", TRAINING),
		ANSWER("GET /apis/x.org HTTP/1.1", NULL, "403 Forbidden",
		       "{\"kind\":\"Status\",\"message\":\"not you\"}"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "kubeflow.org", "TFJob", v1_only);
	rig_until(rig, "unavailable: look for TFJob (kubeflow.org): away\n");
	look(rig, "kubeflow.org", "TFJob", v1_first);
	rig_until(rig, "kubeflow.org/v1beta1 TFJob tfjobs 1 63\n");
	look(rig, "x.org", "X", NULL);
	rig_until(rig, "denied: look for X (x.org): not you\n");
}

static void distrusts_answers(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /apis/a.org HTTP/1.1", NULL, "200 OK",
		       "<html>log in</html>"),
		ANSWER("GET /apis/b.org HTTP/1.1", NULL, "200 OK", "{}"),
		ANSWER("GET /apis/c.org HTTP/1.1", NULL, "200 OK",
		       "{\"versions\":[{\"version\":\"../v1\"},{\"version\":"
		       "7},9,null,{\"version\":\"v1\"}]}"),
		ANSWER("GET /apis/c.org/v1 HTTP/1.1", NULL, "200 OK",
		       "{\"resources\":[7,{\"name\":\"../x\",\"kind\":\"C\"},"
		       "{\"name\":\"c s\",\"kind\":\"C\"},{\"name\":\"cs\","
		       "\"kind\":\"C\",\"verbs\":7,\"namespaced\":\"true\"}]}"),
		ANSWER("GET /apis/d%2F..%2Fd.org HTTP/1.1", NULL,
		       "404 Not Found", "404 page not found"),
	};
	struct rig *rig = *state;

	RIG_SCRIPT(rig, script);
	look(rig, "a.org", "A", NULL);
	rig_until(rig, "invalid: look for A (a.org): discovery: ");
	look(rig, "b.org", "B", NULL);
	rig_until(rig, "invalid: look for B (b.org): discovery: the answer has "
		       "no versions\n");
	look(rig, "c.org", "C", NULL);
	rig_until(rig, "c.org/v1 C cs 0 0\n");
	look(rig, "d/../d.org", "D", NULL);
	rig_until(rig, "not-found: D (d/../d.org) is not served by this "
		       "cluster\n");
}

static void can_be_canceled(void **state)
{
	static const struct exchange script[] = {
		{.wants = "GET /apis/a.org", .is_silent = true},
	};
	struct rig *rig = *state;
	struct kube_discovery *discovery;

	RIG_SCRIPT(rig, script);
	discovery = look(rig, "a.org", "A", NULL);
	rig_moment(rig, 20);
	kube_discovery_cancel(discovery);
	kube_discovery_cancel(NULL);
	rig_moment(rig, 20);
	assert_string_equal(rig->told.data, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(finds_the_first_that_has_it),
		TEST(a_version_alone_proves_nothing),
		TEST(takes_any_version),
		TEST(knows_the_core),
		TEST(says_what_is_not_served),
		TEST(tells_faults_from_absence),
		TEST(distrusts_answers),
		TEST(can_be_canceled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
