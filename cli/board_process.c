/* SPDX-License-Identifier: MIT */
/* TensorBoard as a process of this machine. */
#include "cli/board_process.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_WAIT_NS (60 * NS_PER_S)
#define END_WAIT_NS (10 * NS_PER_S)

extern char **environ;

/* ---- which process ---------------------------------------------------------
 */

/* Field 22 of /proc/PID/stat: tells a process from another of its number. */
static unsigned long long start_time(pid_t pid)
{
	struct strbuf text = STRBUF_INIT;
	unsigned long long start = 0;
	struct error ignored;
	char path[32];
	const char *at;
	char state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (fs_read_file(path, 4096, &text, &ignored)) {
		at = strrchr(text.data, ')');
		if (!at ||
		    sscanf(at,
			   ") %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			   "%*s %*s %*s %*s %*s %*s %*s %llu",
			   &state, &start) != 2 ||
		    state == 'Z' || state == 'X')
			start = 0;
	}
	strbuf_release(&text);
	return start;
}

/* "pid start port"; 0 when it does not run. */
static pid_t read_pid(const char *folder, int *ret_port)
{
	char *path = fs_join(folder, "tensorboard.pid");
	struct strbuf text = STRBUF_INIT;
	unsigned long long start = 0;
	struct error ignored;
	int pid = 0;

	if (!fs_read_file(path, 256, &text, &ignored) ||
	    sscanf(text.data, "%d %llu %d", &pid, &start, ret_port) != 3 ||
	    pid <= 1 || !start || start_time(pid) != start)
		pid = 0;
	strbuf_release(&text);
	free(path);
	return pid;
}

bool board_process_find(const char *folder, int *ret_port)
{
	return read_pid(folder, ret_port) != 0;
}

/* ---- starting --------------------------------------------------------------
 */

static int open_socket(int port, struct sockaddr_in *ret)
{
	*ret = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* TensorBoard picks one itself only when told nothing, and tells nobody. */
static int free_port(void)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	int fd = open_socket(0, &address), port = 0;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&address, &len) == 0)
		port = ntohs(address.sin_port);
	if (fd >= 0)
		close(fd);
	return port;
}

static bool listens(int port)
{
	struct sockaddr_in address;
	int fd = open_socket(port, &address);
	bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&address,
				     sizeof(address)) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool spawn(const char *log, const char *spec, int port, pid_t *ret,
		  struct error *err)
{
	char number[16];
	char *argv[] = {(char *)"tensorboard",
			(char *)"--logdir_spec",
			(char *)(uintptr_t)spec,
			(char *)"--host",
			(char *)"localhost",
			(char *)"--port",
			number,
			NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int failure;

	snprintf(number, sizeof(number), "%d", port);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, log,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	failure =
		posix_spawnp(ret, argv[0], &files, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (failure == ENOENT)
		return error_set(err, ERROR_NOT_FOUND,
				 "tensorboard is not installed here: 'pip "
				 "install tensorboard', or --in-cluster where "
				 "the storage is one that pods mount");
	errno = failure;
	return !failure || error_set_errno(err, "start tensorboard");
}

static void add_last_line(const char *log, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	char *line;

	if (fs_read_file(log, 1 << 20, &text, &ignored)) {
		while (text.len && strchr(" \r\n", text.data[text.len - 1]))
			strbuf_truncate(&text, text.len - 1);
		line = strrchr(text.data, '\n');
		line = line ? line + 1 : text.data;
		utf8_sanitize(out, line, strlen(line), false);
	}
	if (!out->len)
		strbuf_adds(out, "it says nothing");
	strbuf_release(&text);
}

static bool wait_until_it_listens(pid_t pid, int port, const char *log,
				  struct error *err)
{
	const struct timespec pause = {0, 50 * NS_PER_MS};
	int64_t until_ns = clock_mono_ns() + LISTEN_WAIT_NS;
	struct strbuf last = STRBUF_INIT;

	while (clock_mono_ns() < until_ns) {
		if (waitpid(pid, NULL, WNOHANG) == pid) {
			add_last_line(log, &last);
			error_set(err, ERROR_SYSTEM,
				  "tensorboard ended at once: %s", last.data);
			strbuf_release(&last);
			return false;
		}
		if (listens(port))
			return true;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGTERM);
	return error_set(err, ERROR_TIMEOUT,
			 "tensorboard does not listen after %d s; %s has what "
			 "it says",
			 (int)(LISTEN_WAIT_NS / NS_PER_S), log);
}

static bool remember(const char *folder, pid_t pid, int port, struct error *err)
{
	char *path = fs_join(folder, "tensorboard.pid");
	char text[80];
	bool ok;

	snprintf(text, sizeof(text), "%d %llu %d\n", (int)pid, start_time(pid),
		 port);
	ok = fs_write_file(path, text, strlen(text), err);
	free(path);
	return ok;
}

bool board_process_start(const char *folder, const char *spec, int port,
			 int *ret_port, struct error *err)
{
	char *log = fs_join(folder, "tensorboard.log");
	pid_t pid = 0;
	bool ok;

	if (!port)
		port = free_port();
	ok = fs_make_folders(folder, err) && spawn(log, spec, port, &pid, err);
	/* written at once, so that --stop finds one that never listens */
	ok = ok && remember(folder, pid, port, err) &&
	     wait_until_it_listens(pid, port, log, err);
	*ret_port = port;
	free(log);
	return ok;
}

bool board_process_stop(const char *folder, bool *ret_was_there,
			struct error *err)
{
	const struct timespec pause = {0, 20 * NS_PER_MS};
	char *path = fs_join(folder, "tensorboard.pid");
	int64_t until_ns = clock_mono_ns() + END_WAIT_NS;
	int port;
	pid_t pid = read_pid(folder, &port);
	bool ok = true;

	*ret_was_there = pid != 0;
	if (pid && kill(pid, SIGTERM) < 0 && errno != ESRCH)
		ok = error_set_errno(err, "end tensorboard (pid %d)", (int)pid);
	while (ok && pid && read_pid(folder, &port)) {
		if (clock_mono_ns() >= until_ns)
			kill(pid, SIGKILL);
		waitpid(pid, NULL, WNOHANG); /* should it be our child */
		nanosleep(&pause, NULL);
	}
	if (ok)
		unlink(path);
	free(path);
	return ok;
}
