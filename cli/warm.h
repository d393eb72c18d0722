/* SPDX-License-Identifier: MIT */
/* run --warm-start. */
#ifndef CLI_WARM_H
#define CLI_WARM_H

#include "cli/command.h"
#include "engine/warm.h"

/* Read what every --warm-start names.  *ret stays NULL without any. */
bool warm_given(const struct cli *cli, struct warm **ret, struct error *err);
/* Tell the new experiment, and the user on standard error.  Frees warm. */
bool warm_begin(const struct cli *cli, struct warm *warm,
		const struct experiment *experiment, struct error *err);

#endif
