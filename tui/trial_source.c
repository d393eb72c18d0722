/* SPDX-License-Identifier: MIT */
/* What a row can tell, and the cache. */
#include "tui/trial_source.h"

#include "base/clock.h"

static bool give(bool has, double value, double *ret)
{
	*ret = value;
	return has;
}

static bool give_time(int64_t at_ns, double *ret)
{
	return give(at_ns != 0, (double)at_ns / NS_PER_S, ret);
}

/* The cell of a field that rows do not hold. */
static enum cell_kind look_up(struct trial_asked *asked,
			      const struct trial_field *field, double *ret_cell,
			      uint32_t *ret_word)
{
	enum cell_kind kind;

	if (asked->field != field) {
		asked->field = field;
		asked->column = trial_cache_find(&asked->index->cache, field);
	}
	if (!asked->column ||
	    (size_t)asked->sequence >= asked->index->cache.capacity) {
		asked->is_unknown = true;
		return CELL_UNKNOWN;
	}
	*ret_cell = asked->column->values[asked->sequence];
	kind = trial_cell_kind(*ret_cell, ret_word);
	if (kind == CELL_UNKNOWN)
		asked->is_unknown = true;
	return kind;
}

static bool cached_number(struct trial_asked *asked,
			  const struct trial_field *field, double *ret)
{
	uint32_t word;

	return look_up(asked, field, ret, &word) == CELL_NUMBER;
}

static const char *cached_text(struct trial_asked *asked,
			       const struct trial_field *field)
{
	double cell;
	uint32_t word;

	switch (look_up(asked, field, &cell, &word)) {
	case CELL_WORD:
		return asked->index->cache.words.items[word];
	case CELL_NUMBER:
		strbuf_clear(&asked->cell);
		strbuf_add_json_number(&asked->cell, cell);
		return asked->cell.data;
	default:
		return NULL;
	}
}

static const char *json(struct trial_asked *asked)
{
	const char *text;

	if (asked->trial)
		return asked->trial->parameters;
	text = trial_cache_json(&asked->index->cache, asked->sequence);
	if (!text && !(asked->row->flags & ROW_TEXT_KNOWN))
		asked->is_unknown = true;
	return text;
}

static bool number(void *arg, const struct trial_field *field, double *ret)
{
	struct trial_asked *asked = arg;
	const struct trial_row *row = asked->row;
	int64_t duration_ns;

	switch (field->kind) {
	case FIELD_NUMBER:
		return give(true, (double)asked->sequence, ret);
	case FIELD_STATE:
		return give(true, row->state, ret);
	case FIELD_TRY:
		return give(true, row->attempt, ret);
	case FIELD_FINAL:
		return give(row->flags & ROW_HAS_FINAL, row->final, ret);
	case FIELD_BEST:
		return give(row->flags & ROW_HAS_BEST, row->best, ret);
	case FIELD_LAST:
		return give(row->flags & ROW_HAS_LAST, row->last, ret);
	case FIELD_STEPS:
		return give(true, row->intermediates, ret);
	case FIELD_TIME:
		duration_ns = trial_row_duration_ns(row, asked->now_ns);
		return give(duration_ns >= 0, (double)duration_ns / NS_PER_S,
			    ret);
	case FIELD_WAITED:
		return give(row->submitted_ns && row->started_ns,
			    (double)(row->started_ns - row->submitted_ns) /
				    NS_PER_S,
			    ret);
	case FIELD_SUBMITTED:
		return give_time(row->submitted_ns, ret);
	case FIELD_STARTED:
		return give_time(row->started_ns, ret);
	case FIELD_ENDED:
		return give_time(row->ended_ns, ret);
	case FIELD_EXIT:
		return give(row->exit_code >= 0, row->exit_code, ret);
	case FIELD_MARKED:
		return give(row->flags & ROW_MARKED, 1, ret);
	case FIELD_IS_BEST:
		return give(asked->index->best_sequence == asked->sequence, 1,
			    ret);
	default:
		return cached_number(asked, field, ret);
	}
}

static const char *text(void *arg, const struct trial_field *field)
{
	struct trial_asked *asked = arg;

	switch (field->kind) {
	case FIELD_ID:
		return asked->row->id;
	case FIELD_STATE:
		return trial_state_name(asked->row->state);
	case FIELD_SOURCE:
		return asked->row->source == 'c'   ? "custom"
		       : asked->row->source == 'i' ? "import"
						   : "tuner";
	case FIELD_PARAMETERS:
		return json(asked);
	default:
		return cached_text(asked, field);
	}
}

struct field_source trial_source(struct trial_asked *asked)
{
	return (struct field_source){.number = number,
				     .text = text,
				     .arg = asked,
				     .now_s = (double)asked->now_ns / NS_PER_S};
}
