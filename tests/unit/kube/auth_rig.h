/* SPDX-License-Identifier: MIT */
/* A folder, a loop, a user and the handle of one request. */
#ifndef TESTS_UNIT_KUBE_AUTH_RIG_H
#define TESTS_UNIT_KUBE_AUTH_RIG_H

#include "engine/kube/auth_private.h"
#include "engine/kube/config.h"

#include <limits.h>

/* Stanzas that many tests need. */
#define HTTPS "server: 'https://h:6443'"
#define GROUP "client.authentication.k8s.io/"
#define BETA "exec: {apiVersion: " GROUP "v1beta1, command: ./plugin}"
/* The text of an answer of version v1beta1 with this status. */
#define ANSWER(status)                                                         \
	"{\"apiVersion\":\"" GROUP "v1beta1\",\"kind\":\"ExecCredential\","    \
	"\"status\":{" status "}}"

struct rig {
	char folder[PATH_MAX]; /* also where we are */
	struct loop *loop;
	struct kube_config *config;
	struct kube_auth_times times;
	struct kube_auth *auth;
	int ready; /* times it was called back */
	/* of the last apply */
	CURL *easy;
	struct curl_slist *headers;
	struct error err;
};

/* False where openssl or python3 is missing: prints that all is skipped. */
bool rig_can_run(void);

/* For cmocka_unit_test_setup_teardown. */
int rig_make(void **state);
int rig_destroy(void **state);
/* For a whole group: certificates are made once and copied by rig_make. */
int rig_make_certificates(void **state);
int rig_drop_certificates(void **state);

/* A file of the folder; mode 0700, so it may be a program. */
void rig_put(const char *name, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The file's text without a newline at its end; "" when it is not there. */
char *rig_get(const char *name);
/* What a program has done is counted in lines of a file. */
int rig_lines(const char *name);

/* Stanzas in flow style, as in "server: 'https://h'", and "token: t". */
void rig_configure(struct rig *rig, const char *cluster, const char *user);
void rig_open(struct rig *rig);
/* The same together. */
void rig_start(struct rig *rig, const char *cluster, const char *user);
bool rig_try_open(struct rig *rig);
enum kube_auth_outcome rig_apply(struct rig *rig);
/* Apply, waiting for a plugin if there is one to wait for. */
enum kube_auth_outcome rig_settle(struct rig *rig);
/* Run the loop until ready was called so many times in all. */
void rig_wait(struct rig *rig, int ready);
/* The header's value of the last apply, or NULL; "" is the Name; form. */
const char *rig_header(const struct rig *rig, const char *name);
/* Fails unless the last apply's error has the text in it. */
void rig_expect(const struct rig *rig, const char *text);

/* ./plugin is a program that prints just this, and a line into "runs". */
void rig_put_answer(const char *answer);
/* Settle; the Authorization header, or NULL.  Fails unless it is ready. */
const char *rig_authorization(struct rig *rig);
/* Settle; fails unless that has failed, with the text in the error. */
void rig_fails(struct rig *rig, const char *text);

#define RIG_TEST(name)                                                         \
	cmocka_unit_test_setup_teardown(name, rig_make, rig_destroy)

#endif
