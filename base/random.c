/* SPDX-License-Identifier: MIT */
/* xoshiro256** with named streams; secrets from getrandom(2). */
#include "base/random.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t splitmix(uint64_t *x)
{
	uint64_t z = (*x += 0x9E3779B97F4A7C15u);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

void random_seed(struct random *random, uint64_t seed, uint64_t stream)
{
	uint64_t mixed = seed;

	/* Two rounds keep neighbouring seeds and streams unrelated. */
	mixed = splitmix(&mixed) ^ stream;
	for (int i = 0; i < 4; i++)
		random->state[i] = splitmix(&mixed);
}

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

uint64_t random_next(struct random *random)
{
	uint64_t *s = random->state;
	uint64_t result = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return result;
}

double random_unit(struct random *random)
{
	return (double)(random_next(random) >> 11) * 0x1.0p-53;
}

double random_normal(struct random *random)
{
	/* Box-Muller; the second value is thrown away so that the number of
	 * draws does not depend on history. */
	double u = 1.0 - random_unit(random);
	double v = random_unit(random);

	return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

uint64_t random_below(struct random *random, uint64_t bound)
{
	uint64_t least = -bound % bound; /* reject the uneven rest */
	uint64_t x;

	do
		x = random_next(random);
	while (x < least);
	return x % bound;
}

void random_secret(void *bytes, size_t len)
{
	unsigned char *at = bytes;

	while (len) {
		ssize_t n = getrandom(at, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			abort(); /* no entropy: refuse to invent secrets */
		at += n;
		len -= (size_t)n;
	}
}

void random_secret_hex(char *text, size_t len)
{
	unsigned char bytes[32];

	for (size_t i = 0; i < len; i++) {
		if (i % sizeof(bytes) == 0)
			random_secret(bytes, sizeof(bytes));
		text[i] = "0123456789abcdef"[bytes[i % sizeof(bytes)] & 15];
	}
	text[len] = '\0';
}
