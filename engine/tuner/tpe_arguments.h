/* SPDX-License-Identifier: MIT */
/* What TPE's classArgs say, NNI's words among them. */
#ifndef ENGINE_TUNER_TPE_ARGUMENTS_H
#define ENGINE_TUNER_TPE_ARGUMENTS_H

#include "engine/tuner/tpe_draw.h"
#include "engine/tuner/tuner.h"

#include <stdbool.h>

/* The result assumed of trials that run. */
enum tpe_liar {
	TPE_LIAR_BEST,
	TPE_LIAR_WORST,
	TPE_LIAR_MEAN,
	TPE_LIAR_NONE, /* from here on nothing is */
	TPE_LIAR_NULL,
};

struct tpe_arguments {
	bool is_joint; /* whole points are modelled, not each parameter */
	enum tpe_liar liar;
	struct tpe_options options;
};

extern const struct tuner_argument tpe_argument_table[];

/* json may be NULL.  has_several: objectives, which have other defaults. */
bool tpe_arguments_read(const char *json, bool has_several,
			struct tpe_arguments *ret, struct error *err);

#endif
