/* SPDX-License-Identifier: MIT */
/* Optimal string alignment distance, bounded to short words. */
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 64

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int lower(char c)
{
	return tolower((unsigned char)c);
}

static int distance(const char *a, size_t n, const char *b, size_t m)
{
	int d[WORD_MAX + 1][WORD_MAX + 1];

	for (size_t i = 0; i <= n; i++)
		d[i][0] = (int)i;
	for (size_t j = 0; j <= m; j++)
		d[0][j] = (int)j;
	for (size_t i = 1; i <= n; i++) {
		for (size_t j = 1; j <= m; j++) {
			int cost = lower(a[i - 1]) != lower(b[j - 1]);
			int best = least(d[i - 1][j] + 1, d[i][j - 1] + 1);

			best = least(best, d[i - 1][j - 1] + cost);
			if (i > 1 && j > 1 &&
			    lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				best = least(best, d[i - 2][j - 2] + 1);
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *nearest_word(const char *word, const char *const *candidates,
			 size_t count)
{
	size_t len = strlen(word);
	int limit = len < 3 ? 1 : (int)(len + 2) / 3;
	const char *nearest = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]);
		int d;

		if (other > WORD_MAX)
			continue;
		d = distance(word, len, candidates[i], other);
		if (d <= limit) {
			nearest = candidates[i];
			limit = d - 1;
		}
	}
	return nearest;
}
