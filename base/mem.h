/* SPDX-License-Identifier: MIT */
/*
 * Allocation that does not return NULL.
 *
 * Out of memory ends the program: first the hook runs (the screen gives the
 * terminal back there), then abort().  Sizes that come from outside are
 * bounded by their reader before they get here.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t max);
/* xstrdup that passes NULL through. */
char *xstrdup_or_null(const char *text);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Called once before abort() when memory runs out; async-signal-safe only. */
void mem_set_abort_hook(void (*hook)(void));

/* Make room for one more element in a growing array of `count` elements. */
#define ARRAY_RESERVE(items, count, capacity)                                  \
	do {                                                                   \
		if ((count) == (capacity)) {                                   \
			(capacity) = (capacity) ? 2 * (capacity) : 8;          \
			(items) = xrealloc((items),                            \
					   (capacity) * sizeof(*(items)));     \
		}                                                              \
	} while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
