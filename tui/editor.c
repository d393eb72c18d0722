/* SPDX-License-Identifier: MIT */
/* Text in the user's editor. */
#include "tui/editor.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tui/term.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *editor_name(void)
{
	const char *name = getenv("VISUAL");

	if (!name || !*name)
		name = getenv("EDITOR");
	return name && *name ? name : "vi";
}

static char *make_file(const char *text, const char *ending, struct error *err)
{
	const char *folder = getenv("TMPDIR");
	char *path = xasprintf("%s/trialdeck-XXXXXX%s",
			       folder && *folder ? folder : "/tmp", ending);
	size_t len = strlen(text), done = 0;
	int fd = mkstemps(path, (int)strlen(ending));

	if (fd < 0) {
		error_set_errno(err, "make a file to edit: %s", path);
		free(path);
		return NULL;
	}
	while (done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done < len)
		error_set_errno(err, "write %s", path);
	close(fd);
	if (done == len)
		return path;
	unlink(path);
	free(path);
	return NULL;
}

/* The editor has the terminal: standard error, too, which is ours no more. */
static bool spawn_editor(const char *path, pid_t *ret, struct error *err)
{
	char *command = xasprintf("exec %s \"$1\"", editor_name());
	char *const argv[] = {(char *)"sh",
			      (char *)"-c",
			      command,
			      (char *)"sh",
			      (char *)(uintptr_t)path,
			      NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int code;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO,
					 STDERR_FILENO);
	posix_spawnattr_init(&attributes);
	/* we block and ignore signals that an editor counts on */
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	code = posix_spawn(ret, "/bin/sh", &actions, &attributes, argv,
			   environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(command);
	if (!code)
		return true;
	errno = code;
	return error_set_errno(err, "start the editor");
}

static bool wait_for(pid_t pid, struct error *err)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno == EINTR)
				continue;
			return error_set_errno(err, "wait for the editor");
		}
		if (!WIFSTOPPED(status))
			break;
		kill(pid, SIGCONT); /* there is no shell to go back to */
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status))
		return error_set(err, ERROR_CANCELED,
				 "%s: ended with status %d, nothing is changed",
				 editor_name(), WEXITSTATUS(status));
	return error_set(err, ERROR_CANCELED,
			 "%s: was killed, nothing is changed", editor_name());
}

bool editor_run(const char *text, const char *ending, struct strbuf *ret,
		struct error *err)
{
	char *path = make_file(text, ending, err);
	pid_t pid;
	bool ok;

	if (!path)
		return false;
	term_lend();
	ok = spawn_editor(path, &pid, err) && wait_for(pid, err);
	term_take_back();
	ok = ok && fs_read_file(path, EDITOR_TEXT_MAX, ret, err);
	unlink(path);
	free(path);
	return ok;
}
