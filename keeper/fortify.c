/* SPDX-License-Identifier: MIT */
/*
 * What the static libraries of a hardened distribution ask the C library for.
 * They are compiled against glibc with checks of lengths; musl has no such
 * functions, so here they are, checks included.  Never called by name.
 */
#include <stdlib.h>
#include <string.h>

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room);
void *__memmove_chk(void *to, const void *from, size_t len, size_t room);
void *__memset_chk(void *to, int c, size_t len, size_t room);

void *__memcpy_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memcpy(to, from, len);
}

void *__memmove_chk(void *to, const void *from, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memmove(to, from, len);
}

void *__memset_chk(void *to, int c, size_t len, size_t room)
{
	if (len > room)
		abort();
	return memset(to, c, len);
}
