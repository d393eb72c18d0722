/* SPDX-License-Identifier: MIT */
/* The builtin tuners, for the registry in tuner.c alone. */
#ifndef ENGINE_TUNER_TUNERS_H
#define ENGINE_TUNER_TUNERS_H

#include "engine/tuner/tuner.h"

extern const struct tuner_ops anneal_tuner_ops;
extern const struct tuner_ops asha_tuner_ops;
extern const struct tuner_ops auto_tuner_ops;
extern const struct tuner_ops batch_tuner_ops;
extern const struct tuner_ops bohb_tuner_ops;
extern const struct tuner_ops cmaes_tuner_ops;
extern const struct tuner_ops evolution_tuner_ops;
extern const struct tuner_ops gp_tuner_ops;
extern const struct tuner_ops grid_tuner_ops;
extern const struct tuner_ops hyperband_tuner_ops;
extern const struct tuner_ops metis_tuner_ops;
extern const struct tuner_ops nsga_tuner_ops;
extern const struct tuner_ops pbt_tuner_ops;
extern const struct tuner_ops random_tuner_ops;
extern const struct tuner_ops smac_tuner_ops;
extern const struct tuner_ops tpe_tuner_ops;

#endif
