/* SPDX-License-Identifier: MIT */
#include "base/wake.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

int wake_open(struct error *err)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		error_set_errno(err, "create wake descriptor");
	return fd;
}

void wake_signal(int fd)
{
	uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one));
}

void wake_drain(int fd)
{
	uint64_t count;

	(void)!read(fd, &count, sizeof(count));
}
