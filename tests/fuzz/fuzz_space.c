/* SPDX-License-Identifier: MIT */
/* Any bytes as a search space.  Accepted, points drawn from it must format as
 * JSON that reads back to a point which formats the same. */
#include "base/mem.h"
#include "model/space.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_point(const struct space *space, struct random *random)
{
	double *point = xcalloc(space->count + 1, sizeof(*point));
	double *back = xcalloc(space->count + 1, sizeof(*back));
	struct strbuf text = STRBUF_INIT, cell = STRBUF_INIT;
	struct error err;

	space_sample(space, random, point);
	space_format(space, point, &text);
	for (size_t i = 0; i < space->count; i++)
		assert((point[i] == point[i]) ==
		       space_is_active(space, point, i));
	/* equal options and overflowing numbers may lead elsewhere, but
	 * nowhere that is undefined */
	if (space_parse_point(space, text.data, back, &err))
		space_format(space, back, &cell);
	else
		assert(*err.text);
	for (size_t i = 0; i < space->count && i < 8; i++)
		space_format_cell(space, text.data, i, &cell);
	strbuf_release(&text);
	strbuf_release(&cell);
	free(point);
	free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *json = xstrndup((const char *)data, size);
	struct strbuf path = STRBUF_INIT;
	struct space *space, *again;
	struct random random;
	struct error err;

	random_seed(&random, 1, 2);
	if (space_parse(json, &space, &path, &err)) {
		assert(space->count <= SPACE_PARAMETERS_MAX);
		for (int i = 0; i < 3; i++)
			check_point(space, &random);
		if (!space_parse(space->json, &again, NULL, &err))
			assert(!"a canonical space must be readable");
		assert(!strcmp(space->json, again->json));
		space_free(again);
		space_free(space);
	}
	strbuf_release(&path);
	free(json);
	return 0;
}
