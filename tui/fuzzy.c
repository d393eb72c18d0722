/* SPDX-License-Identifier: MIT */
/*
 * Each word is first looked for as it is; only when it is nowhere its letters
 * are looked for one by one, from every place where the first one stands.
 */
#include "tui/fuzzy.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WHOLE 60    /* the word stands there as it is */
#define AT_START 40 /* of the text */
#define AT_WORD 25  /* ... of a word of it */
#define LETTER 4    /* each letter found */
#define IN_A_ROW 5  /* ... beside the one before */
#define GAP_MOST 20 /* what gaps cost at most */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_word_start(const char *text, size_t at)
{
	return at == 0 || strchr(" -_./:=#<", text[at - 1]) != NULL;
}

static bool begins(const char *text, size_t len, const char *word, size_t n)
{
	size_t i;

	if (n > len)
		return false;
	for (i = 0; i < n; i++)
		if (lower(text[i]) != lower(word[i]))
			return false;
	return true;
}

static int find_whole(const char *word, size_t n, const char *text, size_t len,
		      size_t *ret_at)
{
	int best = FUZZY_NONE;
	size_t at;

	for (at = 0; at + n <= len; at++) {
		int score = WHOLE + (int)n * LETTER;

		if (!begins(text + at, len - at, word, n))
			continue;
		if (at == 0)
			score += AT_START;
		else if (is_word_start(text, at))
			score += AT_WORD;
		if (at + n == len || text[at + n] == ' ')
			score += AT_WORD / 2;
		if (score > best) {
			best = score;
			*ret_at = at;
		}
	}
	return best;
}

/* Letters one by one from `from` on. */
static int find_letters(const char *word, size_t n, const char *text,
			size_t len, size_t from, uint64_t *mask)
{
	int score = from == 0 ? AT_START / 2 : 0, gaps = 0;
	size_t at = from, last = from, i;

	*mask = 0;
	for (i = 0; i < n; i++, at++) {
		while (at < len && lower(text[at]) != lower(word[i]))
			at++;
		if (at == len)
			return FUZZY_NONE;
		score += LETTER;
		if (i && at == last + 1)
			score += IN_A_ROW;
		else if (is_word_start(text, at))
			score += AT_WORD / 2;
		else
			gaps += (int)(at - last);
		if (at < 64)
			*mask |= 1ULL << at;
		last = at;
	}
	score -= gaps < GAP_MOST ? gaps : GAP_MOST;
	return score > 1 ? score : 1;
}

static int score_word(const char *word, size_t n, const char *text, size_t len,
		      uint64_t *mask)
{
	size_t at = 0, i;
	int best = find_whole(word, n, text, len, &at);

	*mask = 0;
	if (best != FUZZY_NONE) {
		for (i = at; i < at + n && i < 64; i++)
			*mask |= 1ULL << i;
		return best;
	}
	for (at = 0; at < len; at++) {
		uint64_t these;
		int score;

		if (lower(text[at]) != lower(word[0]))
			continue;
		score = find_letters(word, n, text, len, at, &these);
		if (score == FUZZY_NONE)
			break; /* further on there is less */
		if (score > best) {
			best = score;
			*mask = these;
		}
	}
	return best;
}

static int match(const char *words, const char *text, uint64_t *ret_mask)
{
	size_t len = strnlen(text, FUZZY_TEXT_MAX);
	/* of two that match alike the shorter one is meant */
	int sum = 0, length = len < 80 ? (int)len / 8 : 10;

	*ret_mask = 0;
	for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
		size_t n = strcspn(words, " ");
		uint64_t mask;
		int score = score_word(words, n, text, len, &mask);

		if (score == FUZZY_NONE)
			return FUZZY_NONE;
		sum += score;
		*ret_mask |= mask;
		words += n;
	}
	if (sum == 0)
		return 0;
	return sum > length ? sum - length : 1;
}

int fuzzy_score(const char *words, const char *text)
{
	uint64_t mask;

	return match(words, text, &mask);
}

void fuzzy_mask(const char *words, const char *text, uint64_t *ret_mask)
{
	match(words, text, ret_mask);
}
