/* SPDX-License-Identifier: MIT */
/* One question to Python: what nni has. */
#include "engine/bridge/probe.h"

#include "base/clock.h"
#include "engine/bridge/process.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX (1024 * 1024)

extern char **environ;

/* 2.x and later keep a registry; 1.x has tables, under two names. */
static const char question[] =
	"import json, os, sys\n"
	"out = os.dup(1)\n"
	"os.dup2(2, 1)\n"
	"try:\n"
	"    import nni\n"
	"except BaseException as problem:\n"
	"    os.write(out, json.dumps({'executable': sys.executable,\n"
	"        'problem': str(problem)}).encode())\n"
	"    sys.exit()\n"
	"found = []\n"
	"try:\n"
	"    from nni.tools.package_utils import get_all_algo_meta\n"
	"    for meta in get_all_algo_meta():\n"
	"        kind = 'advisor' if meta.is_advisor else meta.algo_type\n"
	"        found.append((meta.name, kind, meta.class_name))\n"
	"except ImportError:\n"
	"    from nni import constants\n"
	"    known = getattr(constants, 'BuiltinAlgorithms', {})\n"
	"    for kind in known:\n"
	"        for meta in known[kind]:\n"
	"            found.append((meta['name'], kind[:-1],\n"
	"                          meta['class_name']))\n"
	"    for kind in ('Tuner', 'Assessor', 'Advisor') if not known else "
	"():\n"
	"        if kind == 'Tuner':\n"
	"            modules = dict(constants.ModuleName)\n"
	"        else:\n"
	"            modules = getattr(constants, kind + 'ModuleName', {})\n"
	"        for name, module in modules.items():\n"
	"            found.append((name, kind.lower(), module))\n"
	"os.write(out, json.dumps([dict(name=n, kind=k, **{'class': c})\n"
	"    for n, k, c in found]).encode())\n";

static bool start(const char *python, pid_t *ret_pid, int *ret_fd,
		  struct error *err)
{
	const char *arguments[] = {python, "-c", question, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int ends[2], failure;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(err, "make a pipe");
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	failure = posix_spawnp(ret_pid, python, &actions, &attributes,
			       (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	close(ends[1]);
	*ret_fd = ends[0];
	if (!failure)
		return true;
	close(ends[0]);
	errno = failure;
	return error_set_errno(err, "start %s", python);
}

static bool read_answer(int fd, struct strbuf *out, struct error *err)
{
	int64_t until = clock_mono_ns() + PROBE_PATIENCE_S * NS_PER_S;
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char buffer[4096];

	for (;;) {
		int64_t left_ms = (until - clock_mono_ns()) / NS_PER_MS;
		ssize_t n;

		if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) == 0)
			return error_set(err, ERROR_TIMEOUT,
					 "Python did not answer within %d s",
					 PROBE_PATIENCE_S);
		n = read(fd, buffer, sizeof(buffer));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return true;
		if (out->len + (size_t)n > ANSWER_MAX)
			return error_set(err, ERROR_LIMIT,
					 "Python's answer is too long");
		strbuf_add(out, buffer, (size_t)n);
	}
}

static bool understand(const struct strbuf *answer, struct strbuf *json,
		       struct error *err)
{
	cJSON *tree = json_parse(answer->data, answer->len, err);
	const cJSON *problem =
		cJSON_GetObjectItemCaseSensitive(tree, "problem");
	const cJSON *where =
		cJSON_GetObjectItemCaseSensitive(tree, "executable");
	bool ok = cJSON_IsArray(tree);

	if (ok)
		strbuf_addf(json, "%s\n", answer->data);
	else if (cJSON_IsString(problem) && cJSON_IsString(where))
		error_set(err, ERROR_NOT_FOUND,
			  "%s: %s: install nni there, or name another "
			  "interpreter in TRIALDECK_PYTHON",
			  where->valuestring, problem->valuestring);
	else
		error_set(err, ERROR_INVALID,
			  "Python did not say which algorithms it has");
	cJSON_Delete(tree);
	return ok;
}

bool probe_algorithms(const char *configured, struct strbuf *json,
		      struct error *err)
{
	char *python = process_python(configured);
	struct strbuf answer = STRBUF_INIT;
	pid_t pid;
	bool ok;
	int fd;

	ok = start(python, &pid, &fd, err);
	free(python);
	if (!ok)
		return false;
	ok = read_answer(fd, &answer, err);
	close(fd);
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok = ok && understand(&answer, json, err);
	strbuf_release(&answer);
	return ok;
}
