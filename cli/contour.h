/* SPDX-License-Identifier: MIT */
/* A grid of two parameters drawn with shades, for a terminal. */
#ifndef CLI_CONTOUR_H
#define CLI_CONTOUR_H

#include "cli/insight.h"
#include "insight/contour.h"

/* a to the right, b upwards; darker is better, the best trial is marked. */
void contour_print(const struct insight *insight, size_t a, size_t b,
		   const struct contour *grid, bool is_ascii);

#endif
