/* SPDX-License-Identifier: MIT */
/*
 * One run of a credential plugin, as a child of the loop.
 *
 * It gets a session of its own, so it has no terminal to ask on and curses
 * keeps the screen, and so that it can be ended with all it started.  It is
 * over when the process is gone; what is in the pipes then still counts, but
 * somebody who inherited them is not waited for.
 */
#include "engine/kube/auth_private.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/kube/config_private.h"
#include "engine/kube/secret.h"
#include "engine/platform/local.h"
#include "engine/platform/local_child.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE 16384
#define COMPLAINT_MAX 8192 /* kept of standard error */
#define SENTENCE_MAX 200   /* of it or of a hint, in an error */
#define DRAIN_READS 256	   /* after the end */

#define INFO_NAME "KUBERNETES_EXEC_INFO="

struct stream {
	int fd; /* -1: closed */
	struct loop_watch *watch;
	struct strbuf text;
};

struct kube_plugin {
	struct kube_plugin_options options;
	pid_t pid;
	struct local_child *child; /* NULL: it is gone */
	struct loop_timer *timer;
	struct stream output, complaint;
	struct error failure; /* ERROR_NONE so far */
};

/* --- words ------------------------------------------------------------------
 */

/* Bytes of the escape sequence that begins here. */
static size_t escape_length(const char *text, size_t len)
{
	size_t n = 1;

	if (len > 1 && text[1] == '[')
		for (n = 2; n < len && (text[n] < 0x40 || text[n] > 0x7e);)
			n++;
	return n < len ? n + 1 : len;
}

void kube_plain_text(struct strbuf *out, const char *text, size_t len,
		     size_t max)
{
	struct strbuf folded = STRBUF_INIT, safe = STRBUF_INIT;

	for (size_t i = 0; i < len;) {
		if (text[i] == 0x1b) {
			i += escape_length(text + i, len - i);
			continue;
		}
		if (!isspace((unsigned char)text[i]))
			strbuf_addch(&folded, text[i]);
		else if (folded.len && folded.data[folded.len - 1] != ' ')
			strbuf_addch(&folded, ' ');
		i++;
	}
	while (folded.len && folded.data[folded.len - 1] == ' ')
		strbuf_truncate(&folded, folded.len - 1);
	utf8_sanitize(&safe, folded.data, folded.len, false);
	if (safe.len > max) {
		size_t cut = max - 3;

		while (cut && ((unsigned char)safe.data[cut] & 0xC0) == 0x80)
			cut--;
		strbuf_truncate(&safe, cut);
		strbuf_adds(&safe, "...");
	}
	strbuf_add(out, safe.data, safe.len);
	strbuf_release(&folded);
	strbuf_release(&safe);
}

/* The last line that says anything, as ": line". */
static void add_last_line(struct strbuf *out, const struct strbuf *text)
{
	size_t end = text->len, start;

	while (end && isspace((unsigned char)text->data[end - 1]))
		end--;
	for (start = end; start && text->data[start - 1] != '\n'; start--)
		;
	if (start == end)
		return;
	strbuf_adds(out, ": ");
	kube_plain_text(out, text->data + start, end - start, SENTENCE_MAX);
}

/* --- pipes ------------------------------------------------------------------
 */

static void close_stream(struct kube_plugin *plugin, struct stream *stream)
{
	if (stream->fd < 0)
		return;
	loop_unwatch(plugin->options.loop, stream->watch);
	close(stream->fd);
	stream->fd = -1;
	stream->watch = NULL;
}

static void end_group(struct kube_plugin *plugin, int signal)
{
	if (plugin->child) /* else the number may be somebody else's */
		kill(-plugin->pid, signal);
}

/* Read what is there, once.  False: nothing more for now, or for ever. */
static bool read_some(struct kube_plugin *plugin, struct stream *stream)
{
	struct strbuf *text = &stream->text;
	ssize_t n;

	if (stream->fd < 0)
		return false;
	strbuf_reserve(text, READ_SIZE);
	n = read(stream->fd, text->data + text->len, READ_SIZE);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		close_stream(plugin, stream);
		return false;
	}
	text->len += (size_t)n;
	text->data[text->len] = '\0';
	if (stream == &plugin->complaint) {
		if (text->len > COMPLAINT_MAX)
			strbuf_consume(text, text->len - COMPLAINT_MAX);
	} else if (text->len > KUBE_OUTPUT_MAX) {
		if (plugin->failure.code == ERROR_NONE)
			error_set(&plugin->failure, ERROR_LIMIT,
				  "it printed more than %u bytes",
				  KUBE_OUTPUT_MAX);
		close_stream(plugin, stream);
		end_group(plugin, SIGKILL);
	}
	return true;
}

static void on_output(int fd, short events, void *arg)
{
	struct kube_plugin *plugin = arg;

	(void)fd, (void)events;
	read_some(plugin, &plugin->output);
}

static void on_complaint(int fd, short events, void *arg)
{
	struct kube_plugin *plugin = arg;

	(void)fd, (void)events;
	read_some(plugin, &plugin->complaint);
}

/* --- its end ----------------------------------------------------------------
 */

static void plugin_free(struct kube_plugin *plugin)
{
	close_stream(plugin, &plugin->output);
	close_stream(plugin, &plugin->complaint);
	loop_cancel(plugin->options.loop, plugin->timer);
	local_child_forget(plugin->child);
	secret_release(&plugin->output.text);
	strbuf_release(&plugin->complaint.text);
	free(plugin);
}

static void note_status(struct kube_plugin *plugin, int status)
{
	struct strbuf why = STRBUF_INIT;

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	if (status == -1)
		strbuf_adds(&why, "nobody knows how it ended");
	else if (WIFSIGNALED(status))
		strbuf_addf(&why, "it was killed by signal %d",
			    WTERMSIG(status));
	else
		strbuf_addf(&why, "it ended with status %d",
			    WEXITSTATUS(status));
	add_last_line(&why, &plugin->complaint.text);
	error_set(&plugin->failure, ERROR_UNAVAILABLE, "%s", why.data);
	strbuf_release(&why);
}

static void on_gone(int status, void *arg)
{
	struct kube_plugin *plugin = arg;

	plugin->child = NULL;
	for (int i = 0; i < DRAIN_READS; i++) {
		bool any = read_some(plugin, &plugin->output);

		any = read_some(plugin, &plugin->complaint) || any;
		if (!any)
			break;
	}
	if (plugin->failure.code == ERROR_NONE)
		note_status(plugin, status);
	plugin->options.ended(plugin->options.arg, plugin->output.text.data,
			      plugin->output.text.len, &plugin->failure);
	plugin_free(plugin);
}

static void on_grace_over(void *arg)
{
	struct kube_plugin *plugin = arg;

	plugin->timer = NULL;
	end_group(plugin, SIGKILL);
}

static void on_timeout(void *arg)
{
	struct kube_plugin *plugin = arg;
	struct strbuf why = STRBUF_INIT;

	strbuf_addf(&why, "it gave no answer within %g s",
		    plugin->options.timeout_ms / 1000.0);
	add_last_line(&why, &plugin->complaint.text);
	error_set(&plugin->failure, ERROR_TIMEOUT, "%s", why.data);
	strbuf_release(&why);
	end_group(plugin, SIGTERM);
	plugin->timer =
		loop_after(plugin->options.loop, plugin->options.grace_ms,
			   on_grace_over, plugin);
}

void kube_plugin_stop(struct kube_plugin *plugin)
{
	if (!plugin)
		return;
	if (plugin->child) {
		end_group(plugin, SIGKILL);
		while (waitpid(plugin->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	plugin_free(plugin);
}

/* --- its beginning ----------------------------------------------------------
 */

static bool has_same_name(const char *a, const char *b)
{
	size_t len = strcspn(a, "=");

	return !strncmp(a, b, len) && b[len] == '=';
}

/* The later of two variables with one name wins. */
static void put_variable(char **variables, size_t *count, char *variable)
{
	for (size_t i = 0; i < *count; i++) {
		if (has_same_name(variable, variables[i])) {
			variables[i] = variable;
			return;
		}
	}
	variables[(*count)++] = variable;
}

/* Borrows the texts; the caller frees the list. */
static char **build_environment(const struct kube_exec *exec, char *info)
{
	size_t count = 0, room = 2;
	char **variables;

	for (char **at = environ; *at; at++)
		room++;
	for (char **at = exec->env; at && *at; at++)
		room++;
	variables = xcalloc(room, sizeof(char *));
	for (char **at = environ; *at; at++)
		variables[count++] = *at;
	for (char **at = exec->env; at && *at; at++)
		put_variable(variables, &count, *at);
	put_variable(variables, &count, info);
	return variables;
}

static char **build_arguments(const struct kube_exec *exec)
{
	size_t count = 0;
	char **arguments;

	for (char **at = exec->args; at && *at; at++)
		count++;
	arguments = xcalloc(count + 2, sizeof(char *));
	arguments[0] = exec->command;
	if (count)
		memcpy(arguments + 1, exec->args, count * sizeof(char *));
	return arguments;
}

static int spawn(const struct kube_plugin_options *options, int output,
		 int complaint, pid_t *ret_pid)
{
	char *info = xasprintf(INFO_NAME "%s", options->info);
	char **environment = build_environment(options->exec, info);
	char **arguments = build_arguments(options->exec);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	int failure;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawn_file_actions_adddup2(&actions, complaint, 2);
	failure = posix_spawnp(ret_pid, options->exec->command, &actions,
			       &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	free(arguments);
	free(environment);
	secret_free(info);
	return failure;
}

static bool fail_start(const struct kube_exec *exec, int failure,
		       struct error *err)
{
	struct strbuf hint = STRBUF_INIT;

	errno = failure;
	error_set_errno(err, "start it");
	if (failure == ENOENT && exec->install_hint)
		kube_plain_text(&hint, exec->install_hint,
				strlen(exec->install_hint), SENTENCE_MAX);
	if (failure == ENOENT)
		error_set(err, ERROR_UNAVAILABLE, "it is not installed%s%s",
			  hint.len ? ": " : "", hint.data);
	strbuf_release(&hint);
	return false;
}

static bool open_pipes(int output[2], int complaint[2], struct error *err)
{
	if (pipe2(output, O_CLOEXEC) < 0)
		return error_set_errno(err, "start it");
	if (pipe2(complaint, O_CLOEXEC) < 0) {
		error_set_errno(err, "start it");
		close(output[0]);
		close(output[1]);
		return false;
	}
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	fcntl(complaint[0], F_SETFL, O_NONBLOCK);
	return true;
}

static void watch_plugin(struct kube_plugin *plugin)
{
	struct loop *loop = plugin->options.loop;

	plugin->output.watch = loop_watch_fd(loop, plugin->output.fd, POLLIN,
					     on_output, plugin);
	plugin->complaint.watch = loop_watch_fd(loop, plugin->complaint.fd,
						POLLIN, on_complaint, plugin);
	plugin->timer = loop_after(loop, plugin->options.timeout_ms, on_timeout,
				   plugin);
	plugin->child = local_child_watch(loop, plugin->pid,
					  local_start_time(plugin->pid),
					  on_gone, plugin);
}

struct kube_plugin *kube_plugin_start(const struct kube_plugin_options *options,
				      struct error *err)
{
	struct kube_plugin *plugin;
	int output[2], complaint[2];
	int failure;
	pid_t pid;

	if (!open_pipes(output, complaint, err))
		return NULL;
	failure = spawn(options, output[1], complaint[1], &pid);
	close(output[1]);
	close(complaint[1]);
	if (failure) {
		close(output[0]);
		close(complaint[0]);
		fail_start(options->exec, failure, err);
		return NULL;
	}
	plugin = xcalloc(1, sizeof(*plugin));
	plugin->options = *options;
	plugin->options.info = NULL;
	plugin->pid = pid;
	plugin->output.fd = output[0];
	plugin->complaint.fd = complaint[0];
	strbuf_init(&plugin->output.text);
	strbuf_init(&plugin->complaint.text);
	/* most answers fit: growing would leave parts of them behind */
	strbuf_reserve(&plugin->output.text, 4 * READ_SIZE);
	watch_plugin(plugin);
	return plugin;
}
