/* SPDX-License-Identifier: MIT */
/* The platforms that experiment files can name: those that run here, and
 * NNI's others, which get a sentence instead of "unknown". */
#include "engine/spec/draft.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <string.h>

static const struct spec_platform *const platforms[] = {
	&spec_frameworkcontroller,
	&spec_kubeflow,
	&spec_kubernetes,
	&spec_local,
};

struct absent {
	const char *name, *text;
};

#define OUTSIDE "is a platform of NNI that does not exist here: use "
#define MACHINES                                                               \
	OUTSIDE "platform local on each machine, or a cluster with platform "  \
		"kubernetes"
#define CLUSTER                                                                \
	OUTSIDE "platform kubernetes, kubeflow or frameworkcontroller on a "   \
		"cluster, or local"

static const struct absent absents[] = {
	{"adl", OUTSIDE "platform kubernetes with kind: job (its AdaptDLJobs "
			"are kind: custom with a manifest)"},
	{"remote", MACHINES},
	{"openpai", CLUSTER},
	{"pai", CLUSTER},
	{"paiYarn", CLUSTER},
	{"aml", CLUSTER},
	{"dlc", CLUSTER},
	{"dlts", CLUSTER},
	{"hybrid", OUTSIDE "one of local, kubernetes, kubeflow and "
			   "frameworkcontroller"},
};

const struct spec_platform *spec_platform_find(struct reader *reader,
					       const struct place *place,
					       const char *name)
{
	const char *names[COUNT_OF(platforms) + COUNT_OF(absents)];
	size_t count = 0;
	const char *near;

	for (size_t i = 0; i < COUNT_OF(platforms); i++) {
		if (!strcmp(platforms[i]->name, name))
			return platforms[i];
		names[count++] = platforms[i]->name;
	}
	for (size_t i = 0; i < COUNT_OF(absents); i++) {
		if (!strcmp(absents[i].name, name)) {
			reader_fail_at(reader, place, "'%s' %s", name,
				       absents[i].text);
			return NULL;
		}
		names[count++] = absents[i].name;
	}
	near = nearest_word(name, names, count);
	reader_fail_at(reader, place, "unknown platform '%.64s'%s%s%s", name,
		       near ? ", did you mean '" : "", near ? near : "",
		       near ? "'?"
			    : ": use local, kubernetes, kubeflow or "
			      "frameworkcontroller");
	return NULL;
}

const struct spec_platform *
spec_platform_of(const struct experiment_config *config)
{
	for (size_t i = 0; i + 1 < COUNT_OF(platforms); i++)
		if (!strcmp(platforms[i]->name, config->platform))
			return platforms[i];
	return platforms[COUNT_OF(platforms) - 1];
}
