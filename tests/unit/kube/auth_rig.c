/* SPDX-License-Identifier: MIT */
#include "tests/unit/kube/auth_rig.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_MS 30000

static char certificates[] = "/tmp/trialdeck-certs-XXXXXX";

static int run(const char *command)
{
	int status = system(command);

	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

bool rig_can_run(void)
{
	if (!run("openssl version >/dev/null 2>&1") &&
	    !run("python3 -c 'import ssl' 2>/dev/null"))
		return true;
	puts("1..0 # SKIP openssl or python3 is missing");
	return false;
}

int rig_make_certificates(void **state)
{
	const char *top = getenv("TOP_SRCDIR");
	char *command;
	int result;

	(void)state;
	if (!mkdtemp(certificates))
		return -1;
	command = xasprintf("%s/tests/unit/kube/certificates %s",
			    top ? top : TRIALDECK_SOURCE_DIR, certificates);
	result = run(command);
	free(command);
	return result;
}

int rig_drop_certificates(void **state)
{
	struct error err;

	(void)state;
	return fs_remove_tree(certificates, &err) ? 0 : -1;
}

int rig_make(void **state)
{
	struct rig *rig = xcalloc(1, sizeof(*rig));
	char path[] = "/tmp/trialdeck-auth-XXXXXX";
	char *command;

	if (!mkdtemp(path) || !realpath(path, rig->folder) ||
	    chdir(rig->folder) < 0)
		return -1;
	rig->loop = loop_new(&rig->err);
	rig->times = kube_auth_times_usual;
	*state = rig;
	if (strstr(certificates, "XXXXXX"))
		return 0;
	command = xasprintf("cp %s/* .", certificates);
	if (run(command) < 0)
		return -1;
	free(command);
	return 0;
}

int rig_destroy(void **state)
{
	struct rig *rig = *state;

	clock_fix_wall(0);
	kube_auth_close(rig->auth);
	kube_config_free(rig->config);
	curl_slist_free_all(rig->headers);
	curl_easy_cleanup(rig->easy);
	loop_free(rig->loop);
	if (chdir("/") < 0 || !fs_remove_tree(rig->folder, &rig->err))
		return -1;
	free(rig);
	return 0;
}

void rig_put(const char *name, const char *format, ...)
{
	char *text = NULL;
	struct error err;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	if (!fs_write_file(name, text, strlen(text), &err))
		fail_msg("%s", err.text);
	assert_int_equal(chmod(name, 0700), 0);
	free(text);
}

char *rig_get(const char *name)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;

	if (!fs_read_file(name, 1 << 20, &text, &err))
		return xstrdup("");
	while (text.len && text.data[text.len - 1] == '\n')
		strbuf_truncate(&text, text.len - 1);
	return text.len ? strbuf_detach(&text) : xstrdup("");
}

int rig_lines(const char *name)
{
	char *text = rig_get(name);
	int count = *text != '\0';

	for (const char *at = text; *at; at++)
		count += *at == '\n';
	free(text);
	return count;
}

void rig_configure(struct rig *rig, const char *cluster, const char *user)
{
	const struct kube_config_options nothing = {0};
	char *name = fs_join(rig->folder, "config");
	char *text =
		xasprintf("current-context: lab\n"
			  "clusters: [{name: c, cluster: {%s}}]\n"
			  "users: [{name: ann, user: {%s}}]\n"
			  "contexts: [{name: lab, context: {cluster: c, user: "
			  "ann}}]\n",
			  cluster, user);
	const char *names[] = {name}, *texts[] = {text};

	if (!kube_config_parse(&nothing, names, texts, 1, &rig->config,
			       &rig->err))
		fail_msg("%s\n%s", rig->err.text, text);
	free(name);
	free(text);
}

static void on_ready(void *arg)
{
	struct rig *rig = arg;

	rig->ready++;
	loop_quit(rig->loop);
}

bool rig_try_open(struct rig *rig)
{
	const struct kube_auth_options options = {.loop = rig->loop,
						  .config = rig->config,
						  .ready = on_ready,
						  .arg = rig};

	return kube_auth_open_with(&options, &rig->times, &rig->auth,
				   &rig->err);
}

void rig_open(struct rig *rig)
{
	if (!rig_try_open(rig))
		fail_msg("%s", rig->err.text);
}

void rig_start(struct rig *rig, const char *cluster, const char *user)
{
	rig_configure(rig, cluster, user);
	rig_open(rig);
}

enum kube_auth_outcome rig_apply(struct rig *rig)
{
	curl_slist_free_all(rig->headers);
	rig->headers = NULL;
	if (!rig->easy)
		rig->easy = curl_easy_init();
	rig->err = (struct error){ERROR_NONE, ""};
	return kube_auth_apply(rig->auth, rig->easy, &rig->headers, &rig->err);
}

static void on_deadline(void *arg)
{
	(void)arg;
	fail_msg("nothing came within %d ms", DEADLINE_MS);
}

void rig_wait(struct rig *rig, int ready)
{
	struct loop_timer *deadline =
		loop_after(rig->loop, DEADLINE_MS, on_deadline, rig);

	while (rig->ready < ready)
		loop_run(rig->loop);
	loop_cancel(rig->loop, deadline);
}

enum kube_auth_outcome rig_settle(struct rig *rig)
{
	enum kube_auth_outcome outcome = rig_apply(rig);

	if (outcome != KUBE_AUTH_WAITING)
		return outcome;
	rig_wait(rig, rig->ready + 1);
	outcome = rig_apply(rig);
	assert_int_not_equal(outcome, KUBE_AUTH_WAITING);
	return outcome;
}

const char *rig_header(const struct rig *rig, const char *name)
{
	size_t len = strlen(name);

	for (const struct curl_slist *at = rig->headers; at; at = at->next) {
		if (strncasecmp(at->data, name, len))
			continue;
		if (at->data[len] == ';')
			return "";
		if (at->data[len] == ':' && at->data[len + 1] == ' ')
			return at->data + len + 2;
	}
	return NULL;
}

void rig_expect(const struct rig *rig, const char *text)
{
	if (!strstr(rig->err.text, text))
		fail_msg("'%s' is not in\n'%s'", text, rig->err.text);
	assert_int_not_equal(rig->err.code, ERROR_NONE);
	assert_null(strstr(rig->err.text, "s3cret"));
	for (const char *at = rig->err.text; *at; at++)
		assert_true((unsigned char)*at >= 0x20);
}

void rig_put_answer(const char *answer)
{
	rig_put("answer", "%s", answer);
	rig_put("plugin", "#!/bin/sh\necho run >>runs\ncat answer\n");
}

const char *rig_authorization(struct rig *rig)
{
	if (rig_settle(rig) != KUBE_AUTH_READY)
		fail_msg("%s", rig->err.text);
	return rig_header(rig, "Authorization");
}

void rig_fails(struct rig *rig, const char *text)
{
	assert_int_equal(rig_settle(rig), KUBE_AUTH_FAILED);
	rig_expect(rig, text);
}
