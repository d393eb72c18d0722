/* SPDX-License-Identifier: MIT */
/* What the keeper makes of its own process. */
#include "keeper/self.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What came open from whoever started us is not for the command. */
static void close_strangers(void)
{
	int null_fd;

	do /* no pipe of ours may become number 0, 1 or 2 */
		null_fd = open("/dev/null", O_RDWR);
	while (null_fd >= 0 && null_fd <= 2);
	for (int fd = 3; fd < 1024; fd++)
		if (fd != null_fd)
			close(fd);
	if (null_fd < 0)
		return;
	dup2(null_fd, 0);
	close(null_fd);
}

void self_detach(void)
{
	close_strangers();
	setsid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int self_open_signals(bool is_pod)
{
	static const int ignored[] = {SIGPIPE, SIGXFSZ, SIGHUP,
				      SIGINT,  SIGTTOU, SIGTTIN};
	sigset_t wanted;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGTERM);
	if (is_pod) { /* images may choose another signal to stop */
		signal(SIGINT, SIG_DFL);
		sigaddset(&wanted, SIGINT);
		sigaddset(&wanted, SIGQUIT);
	}
	sigprocmask(SIG_SETMASK, &wanted, NULL);
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

const char *self_pod_name(void)
{
	const char *name = getenv("TRIALDECK_POD");
	size_t len = name ? strlen(name) : 0;

	if (!len || len > 253 ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.")])
		return NULL;
	return name;
}
