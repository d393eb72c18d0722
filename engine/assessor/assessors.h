/* SPDX-License-Identifier: MIT */
/* The builtin assessors, for the registry in assessor.c alone. */
#ifndef ENGINE_ASSESSOR_ASSESSORS_H
#define ENGINE_ASSESSOR_ASSESSORS_H

#include "engine/assessor/assessor.h"

extern const struct assessor_ops curvefitting_assessor_ops;
extern const struct assessor_ops halving_assessor_ops;
extern const struct assessor_ops medianstop_assessor_ops;
extern const struct assessor_ops patience_assessor_ops;

#endif
