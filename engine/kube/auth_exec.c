/* SPDX-License-Identifier: MIT */
/*
 * When a credential plugin is run.
 *
 * Its answer is kept until shortly before it expires, and asked for again then
 * while requests still go out with the old one; without an expiry it is kept
 * until the server refuses it.  A plugin that fails is not run again at once:
 * the failure stands for a while, longer each time.
 */
#include "engine/kube/auth_private.h"

#include "base/clock.h"
#include "engine/kube/config_private.h"
#include "engine/kube/secret.h"

#include <stdlib.h>
#include <string.h>

/* A new credential is asked for so long before the old one expires, but not
 * before nine tenths of its life are over. */
#define LEEWAY_NS (10 * NS_PER_S)

static void note_failure(struct kube_auth *auth, const struct error *err)
{
	struct kube_auth_exec *exec = &auth->exec;
	int64_t delay = auth->times.retry_ns;

	for (int i = 0; i < exec->failures && delay < auth->times.retry_max_ns;
	     i++)
		delay *= 2;
	if (delay > auth->times.retry_max_ns)
		delay = auth->times.retry_max_ns;
	exec->failures++;
	exec->retry_ns = clock_mono_ns() + delay;
	exec->failure = *err;
	error_prefix(&exec->failure, "credential plugin %s",
		     kube_word(auth->config->exec->command).text);
}

static bool is_same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool check_credential(const struct kube_credential *credential,
			     int64_t *ret_expires_ns, struct error *err)
{
	struct strbuf when = STRBUF_INIT;
	int64_t cert_ns = 0;

	if (credential->cert &&
	    !kube_tls_check_pair(credential->cert, credential->key, &cert_ns,
				 err))
		return error_prefix(err, "the certificate it gave");
	*ret_expires_ns = credential->expires_ns;
	if (cert_ns && (!*ret_expires_ns || cert_ns < *ret_expires_ns))
		*ret_expires_ns = cert_ns;
	if (!*ret_expires_ns || *ret_expires_ns > clock_wall_ns())
		return true;
	clock_format_iso(&when, *ret_expires_ns);
	error_set(err, ERROR_UNAVAILABLE,
		  "the credential it gave expired at %s, by this machine's "
		  "clock in the past",
		  when.data);
	strbuf_release(&when);
	return false;
}

static void take(struct kube_auth *auth, struct kube_credential *credential,
		 int64_t expires_ns)
{
	struct kube_auth_exec *exec = &auth->exec;
	int64_t tenth = (expires_ns - clock_wall_ns()) / 10;

	if (exec->has_credential &&
	    (!is_same_text(exec->credential.cert, credential->cert) ||
	     !is_same_text(exec->credential.key, credential->key)))
		auth->generation++;
	kube_credential_release(&exec->credential);
	exec->credential = *credential;
	exec->credential.expires_ns = expires_ns;
	exec->has_credential = true;
	exec->was_refused = false;
	exec->failures = 0;
	exec->got_ns = clock_mono_ns();
	exec->refresh_ns =
		expires_ns
			? expires_ns - (tenth < LEEWAY_NS ? tenth : LEEWAY_NS)
			: 0;
}

static void on_ended(void *arg, const char *output, size_t len,
		     const struct error *why)
{
	struct kube_auth *auth = arg;
	struct kube_credential credential = {0};
	struct error err = *why;
	int64_t expires_ns = 0;

	auth->exec.plugin = NULL;
	if (why->code == ERROR_NONE &&
	    kube_credential_read(auth->config->exec, output, len, &credential,
				 &err) &&
	    check_credential(&credential, &expires_ns, &err)) {
		take(auth, &credential, expires_ns);
	} else {
		kube_credential_release(&credential);
		note_failure(auth, &err);
	}
	if (auth->ready)
		auth->ready(auth->arg);
}

static void start(struct kube_auth *auth)
{
	char *info = kube_credential_request(auth->config, auth->ca.text,
					     auth->exec.was_refused);
	const struct kube_plugin_options options = {
		.loop = auth->loop,
		.exec = auth->config->exec,
		.info = info,
		.timeout_ms = auth->times.plugin_timeout_ms,
		.grace_ms = auth->times.plugin_grace_ms,
		.ended = on_ended,
		.arg = auth,
	};
	struct error err;

	auth->exec.plugin = kube_plugin_start(&options, &err);
	if (!auth->exec.plugin)
		note_failure(auth, &err);
	free(info);
}

enum kube_auth_outcome kube_auth_refresh_exec(struct kube_auth *auth,
					      struct error *err)
{
	struct kube_auth_exec *exec = &auth->exec;
	int64_t wall = clock_wall_ns();
	bool is_usable = exec->has_credential && !exec->was_refused &&
			 (!exec->credential.expires_ns ||
			  wall < exec->credential.expires_ns);
	bool is_due =
		!is_usable || (exec->refresh_ns && wall >= exec->refresh_ns);

	if (is_due && !exec->plugin &&
	    (!exec->failures || clock_mono_ns() >= exec->retry_ns))
		start(auth);
	if (is_usable)
		return KUBE_AUTH_READY;
	if (exec->plugin)
		return KUBE_AUTH_WAITING;
	*err = exec->failure;
	return KUBE_AUTH_FAILED;
}

void kube_auth_refuse_exec(struct kube_auth *auth)
{
	struct kube_auth_exec *exec = &auth->exec;

	/* answers to requests made before the last run come late */
	if (exec->has_credential &&
	    clock_mono_ns() - exec->got_ns >= auth->times.refused_ns)
		exec->was_refused = true;
}
