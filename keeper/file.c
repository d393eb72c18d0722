/* SPDX-License-Identifier: MIT */
/* Small files, whole. */
#include "keeper/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

ssize_t file_read(const char *path, char *ret, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int number = 0;
	size_t len = 0;

	if (fd < 0)
		return -1;
	while (!number && len < size) {
		ssize_t n = read(fd, ret + len, size - len);

		if (n == 0)
			break;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			number = errno;
	}
	close(fd);
	if (!number && len == size)
		number = EFBIG;
	errno = number;
	if (number)
		return -1;
	ret[len] = '\0';
	return (ssize_t)len;
}

char *file_load(const char *path, size_t max, size_t *ret_len)
{
	char *data = malloc(max + 1);
	ssize_t n = data ? file_read(path, data, max + 1) : -1;

	if (n < 0) {
		free(data);
		return NULL;
	}
	*ret_len = (size_t)n;
	return data;
}

bool file_write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool file_write(const char *path, const char *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = file_write_all(fd, data, len);
	return close(fd) == 0 && ok;
}
