/* SPDX-License-Identifier: MIT */
/* The user's command and everything it starts. */
#include "keeper/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the child writes into the status pipe when it cannot become the
 * command. */
struct failure {
	int number;
	enum { FAILED_CWD, FAILED_EXEC, FAILED_OTHER } what;
};

static void fail(int fd, int what)
{
	struct failure failure = {.number = errno, .what = what};

	if (write(fd, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

static void become_command(const struct child_options *options, pid_t keeper,
			   int status_fd)
{
	/* SIG_DFL in the kernel's own form: the C library keeps a few signals
	 * to itself, but an ignored one would be inherited all the same */
	static const unsigned long normal[8];
	sigset_t none;
	int null_fd;

	setpgid(0, 0);
	for (int i = 1; i <= 64; i++)
		syscall(SYS_rt_sigaction, i, normal, NULL, 8);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(126); /* it died before the line above */
	null_fd = open("/dev/null", O_RDONLY);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 ||
	    dup2(options->stdout_fd, 1) < 0 || dup2(options->stderr_fd, 2) < 0)
		fail(status_fd, FAILED_OTHER);
	if (null_fd > 2)
		close(null_fd);
	if (options->cwd && chdir(options->cwd) < 0)
		fail(status_fd, FAILED_CWD);
	execvp(options->argv[0], options->argv);
	fail(status_fd, FAILED_EXEC);
}

pid_t child_start(const struct child_options *options, char *text, size_t size,
		  int *ret_errno)
{
	struct failure failure;
	pid_t keeper = getpid(), pid;
	int ends[2];
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		*ret_errno = errno;
		snprintf(text, size, "create pipe: %s", strerror(errno));
		return -1;
	}
	pid = fork();
	if (pid == 0)
		become_command(options, keeper, ends[1]);
	*ret_errno = errno;
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		snprintf(text, size, "start process: %s", strerror(*ret_errno));
		return -1;
	}
	setpgid(pid, pid); /* whoever comes first: kill() must find the group */
	do
		n = read(ends[0], &failure, sizeof(failure));
	while (n < 0 && errno == EINTR);
	close(ends[0]);
	if (n != (ssize_t)sizeof(failure))
		return pid; /* closed by exec */
	waitpid(pid, NULL, 0);
	*ret_errno = failure.number;
	if (failure.what == FAILED_CWD)
		snprintf(text, size, "enter folder %s: %s", options->cwd,
			 strerror(failure.number));
	else
		snprintf(text, size, "run %s: %s", options->argv[0],
			 strerror(failure.number));
	return -1;
}

struct process {
	pid_t pid, parent;
	char state;
	bool is_ours;
};

/* The command's name stands in brackets and may hold anything, brackets
 * included: fields count from the last one. */
static bool read_stat(pid_t pid, struct process *ret,
		      unsigned long long *ret_start)
{
	char path[32], text[1024];
	const char *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || !at[2])
		return false;
	ret->state = at[2];
	ret->parent = (pid_t)strtol(at + 3, NULL, 10);
	ret->pid = pid;
	ret->is_ours = false;
	if (!ret_start)
		return true;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	*ret_start = at ? strtoull(at, NULL, 10) : 0;
	return at != NULL;
}

unsigned long long process_start_time(pid_t pid)
{
	unsigned long long start;
	struct process process;

	return read_stat(pid, &process, &start) ? start : 0;
}

/* Every process of the machine, or NULL. */
static struct process *list_processes(size_t *ret_count)
{
	struct process *list = NULL;
	size_t count = 0, capacity = 0;
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (pid <= 0)
			continue;
		if (count == capacity) {
			void *grown;

			capacity = capacity ? 2 * capacity : 256;
			grown = realloc(list, capacity * sizeof(*list));
			if (!grown)
				break;
			list = grown;
		}
		if (read_stat(pid, &list[count], NULL))
			count++;
	}
	if (dir)
		closedir(dir);
	*ret_count = count;
	return list;
}

static int compare_pids(const void *a, const void *b)
{
	const struct process *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

/* Mark the children of marked ones until no further generation turns up. */
static void mark_descendants(struct process *list, size_t count)
{
	pid_t self = getpid();
	bool found = true;

	if (count)
		qsort(list, count, sizeof(*list), compare_pids);
	while (found) {
		found = false;
		for (size_t i = 0; i < count; i++) {
			struct process key = {.pid = list[i].parent};
			struct process *parent;

			if (list[i].is_ours)
				continue;
			parent = bsearch(&key, list, count, sizeof(*list),
					 compare_pids);
			list[i].is_ours = list[i].parent == self ||
					  (parent && parent->is_ours);
			found = found || list[i].is_ours;
		}
	}
}

int descendants_signal(int signal)
{
	struct process *list;
	size_t count;
	int alive = 0;

	list = list_processes(&count);
	mark_descendants(list, count);
	for (size_t i = 0; i < count; i++) {
		/* a zombie counts until somebody has reaped it, in the end
		 * we: who asks for its number must not find it after us */
		if (!list[i].is_ours || list[i].state == 'X')
			continue;
		alive++;
		if (signal && kill(list[i].pid, signal) == 0 &&
		    signal == SIGTERM)
			kill(list[i].pid, SIGCONT);
	}
	free(list);
	return alive;
}
