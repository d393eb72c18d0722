/* SPDX-License-Identifier: MIT */
/* One alert on its way out. */
#include "engine/alert/send.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "engine/platform/local.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

#define TRIES 3
#define TRY_MS 10000L
#define COMMAND_NS (30 * NS_PER_S)
#define LOOK_NS (20 * NS_PER_MS)
#define URL_MAX 4096

/* ---- the body ----------------------------------------------------------- */

static void add_value(struct strbuf *out, struct metric_value value)
{
	if (value.is_set && isfinite(value.number))
		strbuf_add_json_number(out, value.number);
	else
		strbuf_adds(out, "null");
}

static void add_json(const struct alert *alert, const struct alert_about *about,
		     struct strbuf *out)
{
	strbuf_addf(out,
		    "{\"kind\":\"%s\",\"text\":", alert_kind_name(alert->kind));
	strbuf_add_json_string(out, alert->text);
	strbuf_adds(out, ",\"experiment\":");
	strbuf_add_json_string(out, about->id);
	strbuf_adds(out, ",\"name\":");
	strbuf_add_json_string(out, about->name ? about->name : "");
	strbuf_adds(out, ",\"trial\":");
	if (alert->trial_id[0])
		strbuf_add_json_string(out, alert->trial_id);
	else
		strbuf_adds(out, "null");
	strbuf_adds(out, ",\"value\":");
	add_value(out, alert->value);
	strbuf_adds(out, ",\"time\":\"");
	clock_format_iso(out, clock_wall_ns());
	strbuf_adds(out, "\"}");
}

/* Slack's three characters. */
static void add_slack_text(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			strbuf_adds(out, "&amp;");
		else if (*text == '<')
			strbuf_adds(out, "&lt;");
		else if (*text == '>')
			strbuf_adds(out, "&gt;");
		else
			strbuf_addch(out, *text);
	}
}

static bool is_slack(const struct alerts_config *config, const char *url)
{
	if (config->format)
		return !strcmp(config->format, "slack");
	return !strncmp(url, "https://hooks.slack.com/", 24);
}

void alert_body(const struct alerts_config *config, const char *url,
		const struct alert *alert, const struct alert_about *about,
		struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;

	if (!is_slack(config, url)) {
		add_json(alert, about, out);
		return;
	}
	add_slack_text(&text, about->name ? about->name : about->id);
	strbuf_addf(&text, " (%s): ", about->id);
	add_slack_text(&text, alert->text);
	strbuf_adds(out, "{\"text\":");
	strbuf_add_json_string(out, text.data);
	strbuf_addch(out, '}');
	strbuf_release(&text);
}

/* ---- the webhook -------------------------------------------------------- */

static size_t drop(char *data, size_t size, size_t count, void *arg)
{
	(void)data, (void)arg;
	return size * count;
}

static int keep_going(void *is_ending, curl_off_t a, curl_off_t b, curl_off_t c,
		      curl_off_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return atomic_load((atomic_bool *)is_ending);
}

static void nap(int64_t ns)
{
	struct timespec left = {ns / NS_PER_S, ns % NS_PER_S};

	nanosleep(&left, NULL);
}

/* 0: it went through; else whether another try may help. */
static bool post(CURL *curl, bool *ret_may_help, struct error *err)
{
	char said[CURL_ERROR_SIZE] = "";
	CURLcode result;
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, said);
	result = curl_easy_perform(curl);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	if (result != CURLE_OK) {
		*ret_may_help = true;
		/* what the buffer says may quote the URL */
		return error_set(err, ERROR_UNAVAILABLE, "webhook: %s",
				 curl_easy_strerror(result));
	}
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return true;
	*ret_may_help = status == 429 || status >= 500;
	return error_set(err, ERROR_UNAVAILABLE, "webhook: answered %ld",
			 status);
}

static CURL *make_request(const char *url, const char *body,
			  struct curl_slist *headers, atomic_bool *is_ending)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TRY_MS);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_going);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, is_ending);
	return curl;
}

static bool send_webhook(const struct alerts_config *config, const char *url,
			 const struct alert *alert,
			 const struct alert_about *about,
			 atomic_bool *is_ending, struct error *err)
{
	struct strbuf body = STRBUF_INIT;
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/json");
	bool ok = false, may_help = true;
	CURL *curl;

	alert_body(config, url, alert, about, &body);
	curl = make_request(url, body.data, headers, is_ending);
	for (int i = 0; curl && i < TRIES && !ok && may_help; i++) {
		/* 1 s, then 4 */
		for (int j = 0; j < i * i * 50 && !atomic_load(is_ending); j++)
			nap(LOOK_NS);
		ok = post(curl, &may_help, err);
		if (atomic_load(is_ending))
			may_help = false;
	}
	if (!curl)
		error_set(err, ERROR_SYSTEM, "webhook: curl does not start");
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	strbuf_release(&body);
	return ok;
}

/* The URL, from where it is kept. */
static bool find_url(const struct alerts_config *config, char **ret,
		     struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	struct alerts_config check = {0};
	char *path;
	bool ok;

	*ret = NULL;
	if (config->webhook) {
		*ret = xstrdup(config->webhook);
		return true;
	}
	if (!config->webhook_file)
		return true;
	path = fs_expand_home(config->webhook_file);
	ok = fs_read_file(path, URL_MAX, &text, err);
	free(path);
	while (ok && text.len && strchr(" \t\r\n", text.data[text.len - 1]))
		text.data[--text.len] = 0;
	ok = ok && alerts_set(&check, "webhook", text.data, err);
	if (ok && check.webhook)
		*ret = xstrdup(check.webhook);
	else if (ok)
		ok = error_set(err, ERROR_INVALID, "it is empty");
	alerts_release(&check);
	strbuf_release(&text);
	return ok || error_prefix(err, "webhookFile");
}

/* ---- the command -------------------------------------------------------- */

static int make_input(const struct alert *alert,
		      const struct alert_about *about)
{
	int fd = memfd_create("alert", MFD_CLOEXEC);
	struct strbuf text = STRBUF_INIT;

	if (fd < 0)
		return -1;
	add_json(alert, about, &text);
	strbuf_addch(&text, '\n');
	if (write(fd, text.data, text.len) != (ssize_t)text.len ||
	    lseek(fd, 0, SEEK_SET)) {
		close(fd);
		fd = -1;
	}
	strbuf_release(&text);
	return fd;
}

static void fill_environment(struct environment *environment,
			     const struct alert *alert,
			     const struct alert_about *about)
{
	struct strbuf value = STRBUF_INIT;

	environment_set(environment, "TRIALDECK_ALERT",
			alert_kind_name(alert->kind));
	environment_set(environment, "TRIALDECK_ALERT_TEXT", alert->text);
	environment_set(environment, "TRIALDECK_EXPERIMENT", about->id);
	environment_set(environment, "TRIALDECK_EXPERIMENT_NAME",
			about->name ? about->name : "");
	environment_set(environment, "TRIALDECK_TRIAL", alert->trial_id);
	if (alert->value.is_set)
		add_value(&value, alert->value);
	environment_set(environment, "TRIALDECK_VALUE",
			value.len ? value.data : "");
	strbuf_release(&value);
}

static bool spawn(const char *command, const struct alert *alert,
		  const struct alert_about *about, pid_t *ret_pid,
		  struct error *err)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	struct environment environment = {0};
	int input = make_input(alert, about);
	sigset_t none, all;
	bool ok;

	if (input < 0)
		return error_set_errno(err, "command");
	environment_inherit(&environment, environ);
	fill_environment(&environment, alert, about);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (about->directory)
		posix_spawn_file_actions_addchdir_np(&files, about->directory);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	errno = posix_spawn(ret_pid, "/bin/sh", &files, &attributes, argv,
			    environment.items);
	ok = !errno || error_set_errno(err, "command");
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	environment_release(&environment);
	close(input);
	return ok;
}

static bool run_command(const struct alerts_config *config,
			const struct alert *alert,
			const struct alert_about *about, atomic_bool *is_ending,
			struct error *err)
{
	int64_t until_ns = clock_mono_ns() + COMMAND_NS;
	int status = 0;
	pid_t pid;

	if (!spawn(config->command, alert, about, &pid, err))
		return false;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ns() > until_ns || atomic_load(is_ending)) {
			kill(-pid, SIGKILL); /* its session's group */
			waitpid(pid, NULL, 0);
			return error_set(err, ERROR_TIMEOUT,
					 "command: had not ended in time, and "
					 "was killed");
		}
		nap(LOOK_NS);
	}
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	return WIFEXITED(status) ? error_set(err, ERROR_SYSTEM,
					     "command: ended with status %d",
					     WEXITSTATUS(status))
				 : error_set(err, ERROR_SYSTEM, "command: %s",
					     strsignal(WTERMSIG(status)));
}

bool alert_send(const struct alerts_config *config, const struct alert *alert,
		const struct alert_about *about, atomic_bool *is_ending,
		struct error *err)
{
	struct error other = {0};
	char *url = NULL;
	bool ok = find_url(config, &url, err) &&
		  (!url ||
		   send_webhook(config, url, alert, about, is_ending, err));

	if (url) {
		explicit_bzero(url, strlen(url));
		free(url);
	}
	if (config->command &&
	    !run_command(config, alert, about, is_ending, ok ? err : &other))
		ok = false;
	return ok;
}
