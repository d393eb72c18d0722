/* SPDX-License-Identifier: MIT */
/* Allocation that ends the program instead of returning NULL. */
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void (*abort_hook)(void);

void mem_set_abort_hook(void (*hook)(void))
{
	abort_hook = hook;
}

static void *check(void *memory)
{
	static const char message[] = "trialdeck: out of memory\n";

	if (memory)
		return memory;
	if (abort_hook)
		abort_hook();
	(void)!write(STDERR_FILENO, message, sizeof(message) - 1);
	abort();
}

void *xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *xrealloc(void *old, size_t size)
{
	return check(realloc(old, size ? size : 1));
}

char *xstrdup(const char *text)
{
	return check(strdup(text));
}

char *xstrndup(const char *text, size_t max)
{
	return check(strndup(text, max));
}

char *xstrdup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

char *xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return check(n < 0 ? NULL : text);
}
