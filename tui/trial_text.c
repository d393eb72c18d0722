/* SPDX-License-Identifier: MIT */
/* A direct-mapped cache: a trial's key names its only place. */
#include "tui/trial_text.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/part_table.h"

#include <math.h>
#include <stdio.h>
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
	free(text->pod);
	free(text->tags);
	free(text->note);
	free(text->stats);
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

static void read_place(const struct trial_texts *texts, struct store *store,
		       const struct trial *trial, struct trial_text *text)
{
	struct trial_place place = {0};
	struct error ignored;

	if (texts->has_nodes &&
	    store_place_get(store, trial->key, &place, &ignored) &&
	    place.attempt == trial->attempt)
		text->place = place;
	text->node = make_safe(texts, text->place.node);
	text->pod = make_safe(texts, text->place.pod);
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
		read_place(texts, store, &trial, text);
		text->tags = make_safe(texts, trial.tags);
		text->note = make_safe(texts, trial.note);
		if (space && trial.parameters)
			make_cells(texts, text, space, trial.parameters);
		trial_release(&trial);
	} else {
		text->parameters = xstrdup("");
		text->reason = xstrdup("");
		text->node = xstrdup("");
		text->pod = xstrdup("");
		text->tags = xstrdup("");
		text->note = xstrdup("");
	}
	return text;
}

struct taking {
	struct metric_stats *stats;
	int attempt;
	bool has_any;
};

static bool take_stats(int64_t trial, int attempt,
		       const struct metric_stats *stats, void *arg)
{
	struct taking *taking = arg;

	(void)trial;
	taking->has_any = attempt == taking->attempt;
	*taking->stats = *stats;
	return true;
}

const struct metric_stats *trial_texts_stats(struct trial_texts *texts,
					     struct store *store, int64_t key,
					     int attempt, const char *metric)
{
	struct trial_text *text = &texts->places[(uint64_t)key % PLACES];
	struct trial_text_stats *entry;
	struct taking taking = {.attempt = attempt};
	struct error ignored;
	size_t i;

	if (text->key != key || !store)
		return NULL;
	for (i = 0; i < text->stats_count; i++)
		if (strcmp(text->stats[i].metric, metric) == 0)
			break;
	if (i == text->stats_count) {
		text->stats =
			xrealloc(text->stats, (i + 1) * sizeof(*text->stats));
		entry = &text->stats[text->stats_count++];
		snprintf(entry->metric, sizeof(entry->metric), "%s", metric);
		metric_stats_begin(&entry->stats);
		taking.stats = &entry->stats;
		store_metric_stats_each(store, key >> 32, metric,
					key & 0xffffffff, 1, take_stats,
					&taking, &ignored);
		if (!taking.has_any)
			metric_stats_begin(&entry->stats);
	}
	entry = &text->stats[i];
	return entry->stats.values[STAT_COUNT] > 0 ||
			       !isnan(entry->stats.values[STAT_FINAL])
		       ? &entry->stats
		       : NULL;
}
