/* SPDX-License-Identifier: MIT */
/* The kinds of job there are, and the name of an attempt's object. */
#include "engine/kind/kind.h"

#include "base/mem.h"

#include <ctype.h>
#include <string.h>

static const struct kind *const kinds[] = {
	&kind_job,
};

const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

/* Ids of 32 and 5 characters and a number of 10 digits give 63, which is what
 * the label with the job's name may hold. */
char *kind_object_name(const struct experiment *experiment,
		       const struct trial *trial, const struct attempt *attempt)
{
	char *name = xasprintf("nni-exp-%s-trial-%s-%d", experiment->id,
			       trial->id, attempt->number);

	for (char *at = name; *at; at++)
		*at = *at == '_' ? '-' : (char)tolower((unsigned char)*at);
	return name;
}
