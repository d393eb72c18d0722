/* SPDX-License-Identifier: MIT */
/* Starting Python with NNI's dispatcher in it, and reading what it says. */
#include "engine/bridge/process.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_WORDS_SIZE 16384
#define LAST_WORDS_LINES 3
/* above those that the process is to have */
#define CLEAR_OF_TARGETS 10

extern char **environ;

/* --- the environment --------------------------------------------------------
 */

static const char *const own_names[] = {
	"SDK_PROCESS",
	"NNI_MODE",
	"NNI_CHECKPOINT_DIRECTORY",
	"NNI_LOG_DIRECTORY",
	"NNI_LOG_LEVEL",
	"NNI_INCLUDE_INTERMEDIATE_RESULTS",
	"CUDA_VISIBLE_DEVICES",
	"NNI_TUNER_COMMAND_CHANNEL",
	"NNI_PLATFORM", /* a trial's: not here */
	/* proxies are for others: the way to us is the loopback */
	"no_proxy",
	"NO_PROXY",
};

static bool is_own(const char *entry)
{
	for (size_t i = 0; i < COUNT_OF(own_names); i++) {
		size_t len = strlen(own_names[i]);

		if (!strncmp(entry, own_names[i], len) && entry[len] == '=')
			return true;
	}
	return false;
}

/* NULL-terminated; what is inherited is borrowed, the first *ret_own are not.
 */
static char **build_environment(const struct process_launch *launch,
				size_t *ret_own)
{
	const char *proxy = getenv("no_proxy");
	size_t inherited = 0, n = 0;
	char **all;

	while (environ[inherited])
		inherited++;
	all = xcalloc(inherited + COUNT_OF(own_names) + 2, sizeof(*all));
	all[n++] = xstrdup("SDK_PROCESS=dispatcher");
	all[n++] = xasprintf("NNI_MODE=%s",
			     launch->is_resumed ? "resume" : "start");
	all[n++] =
		xasprintf("NNI_CHECKPOINT_DIRECTORY=%s", launch->checkpoints);
	all[n++] = xasprintf("NNI_LOG_DIRECTORY=%s", launch->directory);
	all[n++] = xasprintf("NNI_LOG_LEVEL=%s", launch->log_level);
	all[n++] = xasprintf("NNI_INCLUDE_INTERMEDIATE_RESULTS=%s",
			     launch->has_intermediates ? "true" : "false");
	all[n++] = xasprintf("CUDA_VISIBLE_DEVICES=%s", launch->devices);
	all[n++] = xasprintf("NNI_TUNER_COMMAND_CHANNEL=%s", launch->url);
	all[n++] = xasprintf("no_proxy=127.0.0.1,localhost%s%s",
			     proxy ? "," : "", proxy ? proxy : "");
	*ret_own = n;
	for (size_t i = 0; i < inherited; i++)
		if (!is_own(environ[i]))
			all[n++] = environ[i];
	return all;
}

static void free_environment(char **all, size_t own)
{
	for (size_t i = 0; i < own; i++)
		free(all[i]);
	free(all);
}

/* --- starting ---------------------------------------------------------------
 */

static void set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID |
						     POSIX_SPAWN_SETSIGDEF |
						     POSIX_SPAWN_SETSIGMASK);
}

/* Descriptors below 10 would be overwritten while they are put in place. */
static int clear_of_targets(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, CLEAR_OF_TARGETS);
}

static int spawn(const struct process_launch *launch, const char *parent,
		 char **environment, const int fds[3], pid_t *ret_pid)
{
	const char *arguments[] = {launch->python,  "-u",   "-c",
				   bridge_launcher, parent, launch->directory,
				   launch->params,  NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int failure;

	posix_spawnattr_init(&attributes);
	set_attributes(&attributes);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, fds[2], 1);
	posix_spawn_file_actions_adddup2(&actions, fds[2], 2);
	posix_spawn_file_actions_adddup2(&actions, fds[0], 3);
	posix_spawn_file_actions_adddup2(&actions, fds[0], 4);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 5);
	failure = posix_spawnp(ret_pid, launch->python, &actions, &attributes,
			       (char *const *)arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failure;
}

static int open_log(const struct process_launch *launch)
{
	char *path = fs_join(launch->directory, PROCESS_LOG);
	int fd;

	process_trim_log(path);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	free(path);
	return fd;
}

bool process_start(const struct process_launch *launch, pid_t *ret_pid,
		   struct error *err)
{
	int log = open_log(launch), failure;
	int fds[3] = {clear_of_targets(launch->socket),
		      clear_of_targets(launch->hello), -1};
	char parent[24];
	char **environment;
	size_t own;

	fds[2] = log < 0 ? -1 : clear_of_targets(log);
	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0) {
		error_set_errno(err, "open %s/%s", launch->directory,
				PROCESS_LOG);
		failure = -1;
	} else {
		snprintf(parent, sizeof(parent), "%d", (int)getpid());
		environment = build_environment(launch, &own);
		failure = spawn(launch, parent, environment, fds, ret_pid);
		free_environment(environment, own);
		if (failure) {
			errno = failure;
			error_set_errno(err, "start %s", launch->python);
		}
	}
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (log >= 0)
		close(log);
	return !failure;
}

char *process_python(const char *configured)
{
	const char *said = getenv("TRIALDECK_PYTHON");
	const char *venv = getenv("VIRTUAL_ENV");
	struct stat st;

	if (configured && stat(configured, &st) == 0 && S_ISDIR(st.st_mode)) {
		char *python = fs_join(configured, "python3");

		if (access(python, X_OK) == 0)
			return python;
		free(python);
		return fs_join(configured, "bin/python3");
	}
	if (configured)
		return xstrdup(configured);
	if (said && *said)
		return fs_expand_home(said);
	if (venv && *venv)
		return fs_join(venv, "bin/python");
	return xstrdup("python3");
}

/* --- what it says -----------------------------------------------------------
 */

static void copy_text(const cJSON *object, const char *name, char *ret,
		      size_t size)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
	struct strbuf safe = STRBUF_INIT;

	if (cJSON_IsString(item))
		utf8_sanitize(&safe, item->valuestring,
			      strlen(item->valuestring), false);
	snprintf(ret, size, "%s", safe.data);
	strbuf_release(&safe);
}

bool process_hello_parse(const char *line, struct process_hello *ret,
			 struct error *err)
{
	cJSON *object = json_parse(line, strlen(line), err);

	memset(ret, 0, sizeof(*ret));
	if (!object)
		return error_prefix(err, "what Python said first");
	copy_text(object, "nni", ret->nni, sizeof(ret->nni));
	copy_text(object, "python", ret->python, sizeof(ret->python));
	copy_text(object, "executable", ret->executable,
		  sizeof(ret->executable));
	copy_text(object, "problem", ret->problem, sizeof(ret->problem));
	cJSON_Delete(object);
	return true;
}

/* It is open for appending in the process: copied and cut, not renamed. */
void process_trim_log(const char *path)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	struct stat st;
	char *old;

	if (stat(path, &st) < 0 || st.st_size <= BRIDGE_LOG_MAX)
		return;
	old = xasprintf("%s.1", path);
	if (fs_read_file(path, 2 * BRIDGE_LOG_MAX, &text, &ignored))
		fs_write_file(old, text.data, text.len, &ignored);
	if (truncate(path, 0) < 0)
		unlink(path);
	strbuf_release(&text);
	free(old);
}

static char *last_occurrence(char *text, const char *what)
{
	char *found = NULL;

	for (char *at = strstr(text, what); at; at = strstr(at + 1, what))
		found = at;
	return found;
}

/* The line that names the exception: the first behind a traceback that is not
 * indented. */
static char *exception_line(char *traceback)
{
	char *line = strchr(traceback, '\n');

	while (line && (line[1] == ' ' || line[1] == '\t' || line[1] == '\n'))
		line = strchr(line + 1, '\n');
	return line ? line + 1 : traceback;
}

static void keep_last_lines(char *text, int count, struct strbuf *out)
{
	size_t len = strlen(text);
	char *from;

	while (len && strchr(" \n\r\t", text[len - 1]))
		text[--len] = '\0';
	from = text + len;
	while (from > text && count > 0)
		if (*--from == '\n' && --count == 0)
			from++;
	for (char *at = from; *at; at++)
		if (*at == '\n')
			*at = ' ';
	utf8_sanitize(out, from, strlen(from), false);
}

void process_last_words(const char *path, int64_t from, struct strbuf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char *text = xcalloc(LAST_WORDS_SIZE + 1, 1);
	struct stat st = {0};
	char *traceback;
	ssize_t n = 0;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		if (st.st_size < from) /* it was cut meanwhile */
			from = 0;
		if (st.st_size - from > LAST_WORDS_SIZE)
			from = st.st_size - LAST_WORDS_SIZE;
		n = pread(fd, text, LAST_WORDS_SIZE, (off_t)from);
	}
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	traceback = last_occurrence(text, "Traceback (most recent call last)");
	if (traceback) {
		char *line = exception_line(traceback);
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		keep_last_lines(line, 1, out);
	} else {
		keep_last_lines(text, LAST_WORDS_LINES, out);
	}
	free(text);
}
