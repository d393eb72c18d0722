/* SPDX-License-Identifier: MIT */
/* Problems of a file, in its order.  Names and values in them come from the
 * file, so every line is made safe for a terminal here. */
#include "engine/spec/problems.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "engine/spec/spec.h"

#include <stdlib.h>
#include <string.h>

/* A hostile file could have a problem for every byte. */
#define PROBLEMS_KEPT 1000

void problems_add(struct problems *problems, int file, const char *name,
		  struct mark mark, const char *path, const char *text)
{
	struct strbuf line = STRBUF_INIT, safe = STRBUF_INIT;

	if (problems->count == PROBLEMS_KEPT)
		return;
	strbuf_addf(&line, "%s:%d:%d: %s%s%s", name, mark.line, mark.column,
		    path, *path ? ": " : "", text);
	utf8_sanitize(&safe, line.data, line.len, false);
	strbuf_release(&line);
	ARRAY_RESERVE(problems->items, problems->count, problems->capacity);
	problems->items[problems->count++] =
		(struct problem){file, mark, strbuf_detach(&safe)};
}

static int compare(const void *a, const void *b)
{
	const struct problem *left = a, *right = b;

	if (left->file != right->file)
		return left->file - right->file;
	if (left->mark.line != right->mark.line)
		return left->mark.line - right->mark.line;
	if (left->mark.column != right->mark.column)
		return left->mark.column - right->mark.column;
	return strcmp(left->text, right->text);
}

/* An alias brings one mistake several times. */
static void drop_repeated(struct problems *problems)
{
	size_t kept = 1;

	for (size_t i = 1; i < problems->count; i++) {
		struct problem *last = &problems->items[kept - 1];

		if (strcmp(last->text, problems->items[i].text))
			problems->items[kept++] = problems->items[i];
		else
			free(problems->items[i].text);
	}
	problems->count = kept;
}

bool problems_report(struct problems *problems, struct strbuf *out,
		     struct error *err)
{
	size_t shown;

	qsort(problems->items, problems->count, sizeof(*problems->items),
	      compare);
	drop_repeated(problems);
	error_set(err, ERROR_INVALID, "%s", problems->items[0].text);
	if (!out)
		return false;
	shown = problems->count;
	if (shown > SPEC_PROBLEMS_MAX)
		shown = SPEC_PROBLEMS_MAX - 1; /* the last line says how many */
	for (size_t i = 0; i < shown; i++)
		strbuf_addf(out, "%s\n", problems->items[i].text);
	if (shown < problems->count)
		strbuf_addf(out, "and %zu more\n", problems->count - shown);
	return false;
}

void problems_release(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->items[i].text);
	free(problems->items);
	*problems = (struct problems){0};
}
