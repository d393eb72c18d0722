/* SPDX-License-Identifier: MIT */
/* Error values: set, prefix, name.  Allocates nothing, so that reporting
 * "out of memory" or "disk full" cannot itself fail. */
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void cut_with_ellipsis(struct error *err, int wanted)
{
	size_t size = sizeof(err->text);

	if (wanted >= (int)size)
		memcpy(err->text + size - 4, "...", 4);
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
	va_list args;
	int n;

	err->code = code;
	va_start(args, format);
	n = vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	cut_with_ellipsis(err, n);
	return false;
}

bool error_set_errno(struct error *err, const char *format, ...)
{
	int number = errno;
	char head[sizeof(err->text)];
	va_list args;
	int n;

	switch (number) {
	case ENOENT:
		err->code = ERROR_NOT_FOUND;
		break;
	case EACCES:
	case EPERM:
		err->code = ERROR_DENIED;
		break;
	case EEXIST:
		err->code = ERROR_CONFLICT;
		break;
	case ENOSPC: /* states that pass */
	case EDQUOT:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN:
		err->code = ERROR_UNAVAILABLE;
		break;
	default:
		err->code = ERROR_SYSTEM;
	}
	va_start(args, format);
	vsnprintf(head, sizeof(head), format, args);
	va_end(args);
	n = snprintf(err->text, sizeof(err->text), "%s: %s", head,
		     strerror(number));
	cut_with_ellipsis(err, n);
	return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
	char head[sizeof(err->text)];
	char tail[sizeof(err->text)];
	va_list args;
	int n;

	va_start(args, format);
	vsnprintf(head, sizeof(head), format, args);
	va_end(args);
	memcpy(tail, err->text, sizeof(tail));
	n = snprintf(err->text, sizeof(err->text), "%s: %s", head, tail);
	cut_with_ellipsis(err, n);
	return false;
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none",
		[ERROR_INVALID] = "invalid",
		[ERROR_NOT_FOUND] = "not-found",
		[ERROR_CONFLICT] = "conflict",
		[ERROR_DENIED] = "denied",
		[ERROR_UNAVAILABLE] = "unavailable",
		[ERROR_TIMEOUT] = "timeout",
		[ERROR_CORRUPT] = "corrupt",
		[ERROR_CANCELED] = "canceled",
		[ERROR_LIMIT] = "limit",
		[ERROR_SYSTEM] = "system",
	};

	return names[code];
}
