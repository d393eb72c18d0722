/* SPDX-License-Identifier: MIT */
/*
 * The keeper's program, carried inside trialdeck: one file to install, and the
 * two can never be of different versions.
 */
#ifndef KEEPER_EMBED_H
#define KEEPER_EMBED_H

#include <stddef.h>

/* The static executable; static storage. */
const void *keeper_image(size_t *ret_size);

#endif
