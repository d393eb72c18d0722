/* SPDX-License-Identifier: MIT */
/* One walk over the rows, with the best so far kept in order. */
#include "tui/curve_choice.h"

#include <math.h>

#define MARKED_MAX 24 /* further marked ones are not drawn */

bool curve_choice_has(const struct curve_choice *choice, int64_t key)
{
	for (size_t i = 0; i < choice->count; i++)
		if (choice->keys[i] == key)
			return true;
	return false;
}

static void choose_marked(const struct console *console,
			  struct curve_choice *choice)
{
	const struct trial_index *index = &console->data.trials;

	for (size_t i = index->count, found = 0;
	     i-- > 0 && found < index->marked && choice->count < MARKED_MAX;) {
		if (!(index->rows[i].flags & ROW_MARKED))
			continue;
		found++;
		choice->keys[choice->count++] = index->rows[i].key;
	}
	choice->first = choice->count;
}

/* What has no result yet comes last; not a number would stand in the way. */
static double loss_of(const struct console *console,
		      const struct trial_row *row)
{
	double value = row->flags & ROW_HAS_FINAL  ? row->final
		       : row->flags & ROW_HAS_BEST ? row->best
						   : NAN;

	if (isnan(value))
		return INFINITY;
	return console->data.experiment.objective == OBJECTIVE_MAXIMIZE ? -value
									: value;
}

/* Put a trial among the best ones, in their order. */
static void insert(struct curve_choice *choice, int64_t key, double loss,
		   size_t most)
{
	size_t at = choice->count;

	if (at == most) {
		if (loss >= choice->losses[at - 1])
			return;
		at--;
	} else {
		choice->count++;
	}
	for (; at > choice->first && choice->losses[at - 1] > loss; at--) {
		choice->keys[at] = choice->keys[at - 1];
		choice->losses[at] = choice->losses[at - 1];
	}
	choice->keys[at] = key;
	choice->losses[at] = loss;
}

void curve_choice_make(const struct console *console, size_t top,
		       bool is_newest, struct curve_choice *choice)
{
	const struct trial_index *index = &console->data.trials;
	const struct trial_row *selected = console_trial(console);
	size_t most;

	choose_marked(console, choice);
	most = choice->count + top;
	for (size_t i = index->count; i-- > 0 && most > choice->first;) {
		const struct trial_row *row = &index->rows[i];

		if (!(row->flags & ROW_LOADED) || row->intermediates == 0 ||
		    (row->flags & ROW_MARKED))
			continue;
		if (is_newest && choice->count == most)
			break;
		insert(choice, row->key,
		       is_newest ? (double)choice->count
				 : loss_of(console, row),
		       most);
	}
	if (selected && choice->count == 0)
		choice->keys[choice->count++] = selected->key;
}

char curve_letter(size_t i)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDGHIJKLMNOPQRSTUVWXYZ0123456789";

	return letters[i % (sizeof(letters) - 1)];
}

char curve_end(const struct trial_row *row)
{
	return !row				   ? ' '
	       : row->state == TRIAL_EARLY_STOPPED ? 'E'
	       : row->state == TRIAL_FAILED	   ? 'F'
						   : ' ';
}
