/* SPDX-License-Identifier: MIT */
/* What a row can tell. */
#include "tui/trial_source.h"

#include "base/clock.h"

#include <stdlib.h>

static bool give(bool has, double value, double *ret)
{
	*ret = value;
	return has;
}

static bool give_time(int64_t at_ns, double *ret)
{
	return give(at_ns != 0, (double)at_ns / NS_PER_S, ret);
}

static const char *parameter(struct trial_asked *asked, int i)
{
	strbuf_clear(&asked->cell);
	if (!asked->index->space || !asked->trial || !asked->trial->parameters)
		return NULL;
	space_format_cell(asked->index->space, asked->trial->parameters,
			  (size_t)i, &asked->cell);
	return asked->cell.len ? asked->cell.data : NULL;
}

static bool number(void *arg, const struct trial_field *field, double *ret)
{
	struct trial_asked *asked = arg;
	const struct trial_row *row = asked->row;
	const char *text;
	int64_t duration_ns;
	char *end;

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
	case FIELD_PARAMETER:
		text = parameter(asked, field->parameter);
		if (!text)
			return false;
		*ret = strtod(text, &end);
		return !*end;
	default:
		return false;
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
		return asked->row->source == 'c'   ? "user"
		       : asked->row->source == 'i' ? "import"
						   : "tuner";
	case FIELD_REASON:
		return asked->trial ? asked->trial->reason : NULL;
	case FIELD_PARAMETERS:
		return asked->trial ? asked->trial->parameters : NULL;
	case FIELD_PARAMETER:
		return parameter(asked, field->parameter);
	default:
		return NULL;
	}
}

struct field_source trial_source(struct trial_asked *asked)
{
	return (struct field_source){.number = number,
				     .text = text,
				     .arg = asked,
				     .now_s = (double)asked->now_ns / NS_PER_S};
}
