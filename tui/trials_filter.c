/* SPDX-License-Identifier: MIT */
/*
 * The filter of the trials: set while it is typed, its faults under the place,
 * what may follow, and marking by it.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "tui/trial_source.h"
#include "tui/view_trials.h"

#include <stdlib.h>
#include <string.h>

/* Remember what is wrong, for the line under the prompt. */
static void note_fault(struct console *console, const struct error *err,
		       struct filter_place place)
{
	free(console->trials.fault);
	console->trials.fault = err ? xstrdup(err->text) : NULL;
	console->trials.fault_place = place;
}

void trials_forget_fault(struct console *console)
{
	note_fault(console, NULL, (struct filter_place){0, 0});
}

static bool parse(struct console *console, const char *text,
		  enum filter_mode mode, struct filter **ret, struct error *err)
{
	struct field_names names = data_names(&console->data);
	struct filter_place place;

	*ret = NULL;
	if (filter_parse(text, &names, mode, ret, &place, err)) {
		trials_forget_fault(console);
		return true;
	}
	note_fault(console, err, place);
	return false;
}

static bool set_filter(struct console *console, const char *text,
		       enum filter_mode mode, struct error *err)
{
	struct filter *filter;
	char *copy;

	if (!parse(console, text, mode, &filter, err))
		return false;
	copy = xstrdup(text);
	free(console->trials.filter);
	console->trials.filter = copy;
	trial_index_set_filter(&console->data.trials, filter);
	console_recalc(console, DATA_TRIALS);
	return true;
}

bool trials_set_filter(struct console *console, const char *text,
		       struct error *err)
{
	return set_filter(console, text, FILTER_WHOLE, err);
}

bool trials_type_filter(struct console *console, const char *text)
{
	struct error ignored;

	if (!set_filter(console, text, FILTER_TYPING, &ignored))
		return false;
	/* on the trial that was selected before, or at the top */
	if (!trials_go(console, console->trials.sequence_before) &&
	    console->data.trials.shown)
		trials_go(console,
			  trial_index_sequence(&console->data.trials, 0));
	return true;
}

/* ---- marking --------------------------------------------------------------
 */

static size_t each_match(struct console *console, const struct filter *filter)
{
	struct trial_index *index = &console->data.trials;
	struct trial_asked asked = {
		.index = index, .now_ns = clock_wall_ns(), .cell = STRBUF_INIT};
	const struct field_source source = trial_source(&asked);
	size_t i, n = 0;

	for (i = 0; i < index->count; i++) {
		asked.row = &index->rows[i];
		asked.sequence = (int64_t)i;
		asked.is_unknown = false;
		if (!(index->rows[i].flags & ROW_LOADED) ||
		    !filter_match(filter, &source) || asked.is_unknown)
			continue;
		n++;
		trial_index_mark(index, &index->rows[i], true);
	}
	strbuf_release(&asked.cell);
	return n;
}

/* Ask for all that it needs: a mark on half of them would lie. */
static void want_fields(struct console *console, const struct filter *filter)
{
	struct trial_index *index = &console->data.trials;
	const struct trial_field *field;
	struct cache_column *column;
	bool is_new;
	size_t i;

	for (i = 0; (field = filter_field_at(filter, i)); i++) {
		if (!trial_field_needs(field) ||
		    field->kind == FIELD_PARAMETERS)
			continue;
		column = trial_cache_want(&index->cache, field, &is_new);
		column->is_used = true;
		if (trial_field_needs(field) & NEED_PLACE)
			index->has_places = true;
		if (is_new)
			trial_index_pass_again(index);
	}
}

void trials_finish_marking(struct console *console)
{
	struct trial_index *index = &console->data.trials;
	size_t before = index->marked, matched;

	if (!console->trials.marking || trial_index_is_loading(index))
		return;
	matched = each_match(console, console->trials.marking);
	trials_forget_marking(console);
	trial_index_want_fields(index);
	console_say(console, matched ? ROLE_MESSAGE : ROLE_WARNING,
		    "%zu trial%s match%s, %zu newly marked; U takes all marks "
		    "away",
		    matched, matched == 1 ? "" : "s", matched == 1 ? "es" : "",
		    index->marked - before);
	console_recalc(console, DATA_SELECTION);
}

void trials_forget_marking(struct console *console)
{
	filter_free(console->trials.marking);
	console->trials.marking = NULL;
}

bool trials_mark_filter(struct console *console, const char *text,
			struct error *err)
{
	struct filter *filter;

	if (!parse(console, text, FILTER_WHOLE, &filter, err))
		return false;
	trials_forget_marking(console);
	if (!filter || !console->data.store) {
		filter_free(filter);
		return true;
	}
	want_fields(console, filter);
	console->trials.marking = filter;
	if (trial_index_is_loading(&console->data.trials))
		console_say(console, ROLE_MESSAGE,
			    "reading what the filter asks for ...");
	trials_finish_marking(console);
	return true;
}

/* ---- completion -----------------------------------------------------------
 */

static void offer(const char *candidate, void *arg)
{
	prompt_offer(arg, candidate);
}

/* Words that trials have there: nodes, pods, and each tag by itself. */
static void offer_words(const struct trial_field *field,
			filter_offer_fn *offer_fn, void *offer_arg, void *arg)
{
	struct console *console = arg;
	const struct trial_index *index = &console->data.trials;
	const struct cache_column *column =
		trial_cache_find(&index->cache, field);
	struct words seen = {0};
	uint32_t word, id;
	size_t i;

	if (field->kind != FIELD_TAGS && field->kind != FIELD_NODE)
		return;
	for (i = 0; column && i < index->count && seen.count < 200; i++) {
		const char *text;

		if (trial_cell_kind(column->values[i], &word) != CELL_WORD)
			continue;
		text = index->cache.words.items[word];
		while (*text) {
			size_t len = strcspn(text, " ");
			char *one = xstrndup(text, len);
			size_t before = seen.count;

			if (words_add(&seen, one, 65536, &id) &&
			    seen.count > before)
				offer_fn(one, offer_arg);
			free(one);
			text += len;
			text += *text == ' ';
		}
	}
	words_release(&seen);
}

void trials_complete_filter(struct console *console, size_t from)
{
	struct prompt *prompt = &console->prompt;
	struct field_names names = data_names(&console->data);

	filter_complete(prompt->text.data + from, prompt->at - from, &names,
			&prompt->word_start, offer_words, console, offer,
			prompt);
	prompt->word_start += from;
}

/* ---- the fault under the place --------------------------------------------
 */

bool trials_has_fault(const struct console *console)
{
	return console->trials.fault &&
	       (console->prompt.kind == PROMPT_FILTER ||
		console->prompt.kind == PROMPT_MARK);
}

/* "  ^^^ no column is called ...": carets where the prompt above shows it. */
void trials_draw_fault(struct console *console, int y, int cols)
{
	const char *text = console->prompt.text.data;
	struct filter_place place = console->trials.fault_place;
	size_t len = strlen(text);
	size_t at = place.at < len ? place.at : len;
	size_t end = at + place.len < len ? at + place.len : len;
	int x = 1 + utf8_width(text, at) - prompt_skip(&console->prompt, cols);
	int width = utf8_width(text + at, end - at), room;
	int message = utf8_width(console->trials.fault,
				 strlen(console->trials.fault));

	if (width < 1)
		width = 1;
	if (x < 0)
		x = 0;
	if (x + width > cols)
		width = cols - x > 0 ? cols - x : 1;
	draw_fill(y, 0, cols, ROLE_NORMAL, ' ');
	room = cols - x - width - 1;
	if (room >= message || room >= x) {
		draw_text(y, x + width + 1, room > 0 ? room : 0, ROLE_ERROR,
			  console->trials.fault);
	} else if (x > 1) {
		int from = x - 1 - message > 0 ? x - 1 - message : 0;

		draw_text(y, from, x - 1 - from, ROLE_ERROR,
			  console->trials.fault);
	}
	draw_fill(y, x, width, ROLE_ERROR, '^');
}
