/* SPDX-License-Identifier: MIT */
/* Suggestions of a tuner on a thread of its own: asked for ahead, written down
 * when they are there, handed out when a place is free (advice.c). */
#include "engine/advice.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_MS 250

static void ask(struct engine *engine)
{
	struct advice *advice = engine->advice;
	uint64_t calls = tuner_thread_calls(advice->thread);

	if (advice->is_asked &&
	    advice->asked_number == engine->next_suggestion &&
	    advice->asked_calls == calls)
		return;
	advice->is_asked = true;
	advice->asked_number = engine->next_suggestion;
	advice->asked_calls = calls;
	tuner_thread_ask(advice->thread, engine->next_suggestion);
}

/* More may be wanted: have the next one ready. */
void advice_ask_ahead(struct engine *engine)
{
	const struct experiment *experiment = &engine->experiment;

	if (engine->advice->thread &&
	    (!experiment->max_trials ||
	     experiment->next_sequence < experiment->max_trials))
		ask(engine);
}

static void record_prepared(struct engine *engine,
			    const struct tuner_proposal *proposal)
{
	struct advised advised = {0};
	struct history row = {.kind = HISTORY_PREPARED,
			      .number = proposal->number};

	advice_form(engine, &proposal->suggestion, &advised);
	row.parameters = advised.plain;
	row.point = advised.point;
	row.extra = advised.extra;
	row.budget = advised.budget;
	row.has_parent = advised.has_parent;
	row.parent = advised.parent;
	advice_record(engine, &row);
	advised_release(&advised);
}

/* Made when all was known that is known now? */
static bool is_fresh(const struct engine *engine,
		     const struct tuner_proposal *proposal)
{
	return proposal->number == engine->next_suggestion &&
	       proposal->knows == tuner_thread_calls(engine->advice->thread);
}

void advice_take(struct engine *engine)
{
	struct advice *advice = engine->advice;
	struct tuner_proposal proposal;

	if (!advice || !advice->thread ||
	    !tuner_thread_take(advice->thread, &proposal))
		return;
	if (proposal.state) {
		free(advice->new_state);
		advice->new_state = proposal.state;
		proposal.state = NULL;
		advice_want_telling(engine);
	}
	/* "nothing now" said in ignorance of the latest is worth nothing */
	if (proposal.number != engine->next_suggestion ||
	    (proposal.outcome != TUNER_SUGGESTED &&
	     !is_fresh(engine, &proposal))) {
		tuner_proposal_release(&proposal);
		return;
	}
	if (advice->is_ready)
		tuner_proposal_release(&advice->ready);
	advice->ready = proposal;
	advice->is_ready = true;
	if (proposal.outcome == TUNER_SUGGESTED)
		record_prepared(engine, &proposal);
}

static void patience_over(void *arg)
{
	struct engine *engine = arg;

	engine->advice->patience = NULL;
	engine->advice->is_out_of_patience = true;
	loop_wake(engine->loop); /* the turn that follows looks */
}

/* A place is filled, or none will be for the time being. */
static void forget_patience(struct engine *engine)
{
	struct advice *advice = engine->advice;

	loop_cancel(engine->loop, advice->patience);
	advice->patience = NULL;
	advice->is_out_of_patience = false;
}

static enum tuner_outcome hand_out(struct engine *engine, struct advised *ret,
				   struct error *err)
{
	struct tuner_proposal proposal = engine->advice->ready;
	enum tuner_outcome outcome = proposal.outcome;

	forget_patience(engine);
	if (outcome != TUNER_SUGGESTED) {
		if (outcome == TUNER_FAILED)
			*err = proposal.err;
		/* asked again when somebody looks again */
		engine->advice->is_asked = false;
	} else {
		advice_form(engine, &proposal.suggestion, ret);
		advice_tell_adopt(engine, engine->next_suggestion,
				  proposal.suggestion.point);
	}
	engine->advice->is_ready = false;
	tuner_proposal_release(&proposal);
	return outcome;
}

enum tuner_outcome advice_suggest_prepared(struct engine *engine,
					   struct advised *ret,
					   struct error *err)
{
	struct advice *advice = engine->advice;
	bool is_there, is_good;

	advice_take(engine);
	is_there = advice->is_ready &&
		   advice->ready.number == engine->next_suggestion;
	is_good = is_there && is_fresh(engine, &advice->ready);
	if (is_good || (is_there && advice->is_out_of_patience &&
			advice->ready.outcome == TUNER_SUGGESTED))
		return hand_out(engine, ret, err);
	ask(engine);
	if (!advice->patience && !advice->is_out_of_patience)
		advice->patience = loop_after(engine->loop, PATIENCE_MS,
					      patience_over, engine);
	engine->is_thinking = true;
	return TUNER_NOTHING_NOW;
}
