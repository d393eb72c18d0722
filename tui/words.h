/* SPDX-License-Identifier: MIT */
/* Texts, each kept once and known by a small number.  Thread: ui. */
#ifndef TUI_WORDS_H
#define TUI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORDS_TEXT_MAX 512 /* of one text: bytes that are kept */

struct words {
	char **items; /* owned */
	size_t count, capacity;
	uint32_t *slots; /* hash table: id + 1 */
	size_t slot_count;
	size_t bytes; /* about what all take */
};

void words_release(struct words *words);
/* Its id, added if need be and `most` bytes are not exceeded; false: full. */
bool words_add(struct words *words, const char *text, size_t most,
	       uint32_t *ret_id);
bool words_find(const struct words *words, const char *text, uint32_t *ret_id);
/* Place of each word in the order of the alphabet, case ignored, by id; caller
 * frees. */
double *words_rank(const struct words *words);

#endif
