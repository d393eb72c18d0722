/* SPDX-License-Identifier: MIT */
/*
 * Seeded random numbers: xoshiro256** (Blackman and Vigna, 2018), seeded by
 * splitmix64.  A stream is named by (seed, stream number), so that suggestion
 * number n draws the same numbers whenever and wherever it is drawn again.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state[4];
};

void random_seed(struct random *random, uint64_t seed, uint64_t stream);
uint64_t random_next(struct random *random);
double random_unit(struct random *random);   /* [0, 1) */
double random_normal(struct random *random); /* mean 0, deviation 1 */
uint64_t random_below(struct random *random, uint64_t bound); /* bound > 0 */

/* Bytes from the operating system, for secrets, ids and fresh seeds. */
void random_secret(void *bytes, size_t len);
/* len hexadecimal digits and a NUL. */
void random_secret_hex(char *text, size_t len);

#endif
