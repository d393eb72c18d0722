/* SPDX-License-Identifier: MIT */
/*
 * What rows of the index do not hold, of all trials and compact, so that a
 * filter that is being typed and a sort need not read the disk again.
 *
 * A column is an array of eight bytes a trial, by sequence number.  A cell is
 * a number, or one of the NaNs that stand for a word (a text that many trials
 * share, kept once), for "none" and for "not read yet".  Beside the columns the
 * parameters' JSON of all trials, for bare words.
 *
 * Bounds: parameters of all trials are kept while they take CACHE_COLUMNS_BYTES
 * at most, else only those that are asked for; the JSON up to CACHE_TEXT_BYTES,
 * else not at all; words up to CACHE_WORDS_BYTES, what comes later counts as
 * "none" and is_partial says so.  Thread: ui.
 */
#ifndef TUI_TRIAL_CACHE_H
#define TUI_TRIAL_CACHE_H

#include "model/space.h"
#include "model/trial.h"
#include "model/trial_field.h"
#include "tui/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CACHE_COLUMNS_BYTES (20u << 20)
#define CACHE_TEXT_BYTES (16u << 20)
#define CACHE_WORDS_BYTES (8u << 20)
#define CACHE_METRICS_MAX 8 /* columns of metrics at a time */

struct cache_column {
	struct trial_field field;
	double *values;
	/* rows below are still to be read; 0: all is here.  Columns of texts
	 * are read together: for them the index keeps it. */
	int64_t below;
	bool is_used; /* by filter or order */
};

struct trial_cache {
	const struct space *space; /* borrowed */
	size_t capacity;	   /* rows */
	struct cache_column **columns;
	size_t count;
	struct words words;
	bool has_texts; /* the JSON of all trials that were read */
	char *texts;
	size_t text_len, text_capacity;
	uint32_t *text_at; /* by sequence: offset + 1, 0 for none */
	bool is_partial;
};

void trial_cache_init(struct trial_cache *cache);
void trial_cache_release(struct trial_cache *cache);
/* Begin with an experiment of about `rows` trials. */
void trial_cache_begin(struct trial_cache *cache, const struct space *space,
		       size_t rows);
/* Room for more rows, none of them read. */
void trial_cache_grow(struct trial_cache *cache, size_t capacity);
/* The column of a field, or NULL. */
struct cache_column *trial_cache_find(const struct trial_cache *cache,
				      const struct trial_field *field);
/* The same, added if there is none: *ret_is_new, and nothing of it is read.
 * Takes the place of a metric's column that is not used. */
struct cache_column *trial_cache_want(struct trial_cache *cache,
				      const struct trial_field *field,
				      bool *ret_is_new);
/* Read in: a whole trial; a cell. */
void trial_cache_put_trial(struct trial_cache *cache,
			   const struct trial *trial);
void trial_cache_put(struct trial_cache *cache, struct cache_column *column,
		     int64_t sequence, bool has, double number);
void trial_cache_put_text(struct trial_cache *cache,
			  struct cache_column *column, int64_t sequence,
			  const char *text);

enum cell_kind { CELL_NUMBER, CELL_WORD, CELL_NONE, CELL_UNKNOWN };
/* What a cell holds; *ret_word is a word's id. */
enum cell_kind trial_cell_kind(double cell, uint32_t *ret_word);
/* JSON of a trial's parameters, or NULL. */
const char *trial_cache_json(const struct trial_cache *cache, int64_t sequence);

#endif
