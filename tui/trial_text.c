/* SPDX-License-Identifier: MIT */
/* A direct-mapped cache: a trial's key names its only place. */
#include "tui/trial_text.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/part_table.h"

#include <stdlib.h>
#include <string.h>

#define PLACES 512 /* more than any screen has lines */
#define TEXT_MAX 4000

struct trial_texts {
	bool is_ascii;
	bool has_nodes;
	struct trial_text places[PLACES];
};

struct trial_texts *trial_texts_new(bool is_ascii)
{
	struct trial_texts *texts = xcalloc(1, sizeof(*texts));

	texts->is_ascii = is_ascii;
	return texts;
}

static void release(struct trial_text *text)
{
	size_t i;

	for (i = 0; i < text->cell_count; i++)
		free(text->cells[i]);
	free(text->cells);
	free(text->parameters);
	free(text->reason);
	free(text->node);
	memset(text, 0, sizeof(*text));
}

void trial_texts_clear(struct trial_texts *texts, bool has_nodes)
{
	size_t i;

	texts->has_nodes = has_nodes;
	for (i = 0; i < PLACES; i++)
		release(&texts->places[i]);
}

void trial_texts_free(struct trial_texts *texts)
{
	if (!texts)
		return;
	trial_texts_clear(texts, false);
	free(texts);
}

static char *make_safe(const struct trial_texts *texts, const char *from)
{
	struct strbuf out = STRBUF_INIT;
	size_t len = from ? strnlen(from, TEXT_MAX) : 0;

	strbuf_reserve(&out, len + 1);
	utf8_sanitize(&out, from ? from : "", len, texts->is_ascii);
	return strbuf_detach(&out);
}

static void make_cells(const struct trial_texts *texts, struct trial_text *text,
		       const struct space *space, const char *parameters)
{
	size_t i;

	text->cells = xcalloc(space->count, sizeof(*text->cells));
	text->cell_count = space->count;
	for (i = 0; i < space->count; i++) {
		struct strbuf cell = STRBUF_INIT;

		space_format_cell(space, parameters, i, &cell);
		text->cells[i] = make_safe(texts, cell.data);
		strbuf_release(&cell);
	}
}

static char *read_node(const struct trial_texts *texts, struct store *store,
		       const struct trial *trial)
{
	struct trial_place place;
	struct error ignored;

	if (!texts->has_nodes ||
	    !store_place_get(store, trial->key, &place, &ignored) ||
	    place.attempt != trial->attempt)
		return xstrdup("");
	return make_safe(texts, place.node);
}

/* Why it is in its state; of one whose pods do different things, what. */
static char *read_reason(const struct trial_texts *texts, struct store *store,
			 const struct trial *trial)
{
	struct strbuf brief = STRBUF_INIT;
	struct part_list parts = {0};
	struct error ignored;
	char *reason;

	if (texts->has_nodes && !(trial->reason && *trial->reason) &&
	    !trial_state_is_terminal(trial->state) &&
	    store_parts_get(store, trial->key, trial->attempt, &parts,
			    &ignored)) {
		if (part_list_is_worth_showing(&parts))
			part_format_brief(&brief, &parts);
		part_list_release(&parts);
	}
	reason = make_safe(texts, brief.len ? brief.data : trial->reason);
	strbuf_release(&brief);
	return reason;
}

const struct trial_text *trial_texts_get(struct trial_texts *texts,
					 struct store *store,
					 const struct space *space, int64_t key,
					 int64_t version)
{
	struct trial_text *text = &texts->places[(uint64_t)key % PLACES];
	struct trial trial = {0};
	struct error ignored;

	if (text->key == key && text->version >= version && text->parameters)
		return text;
	release(text);
	text->key = key;
	text->version = version;
	if (store && store_trial_get(store, key, &trial, &ignored)) {
		text->version = trial.version;
		text->parameters = make_safe(texts, trial.parameters);
		text->reason = read_reason(texts, store, &trial);
		text->node = read_node(texts, store, &trial);
		if (space && trial.parameters)
			make_cells(texts, text, space, trial.parameters);
		trial_release(&trial);
	} else {
		text->parameters = xstrdup("");
		text->reason = xstrdup("");
		text->node = xstrdup("");
	}
	return text;
}
