/* SPDX-License-Identifier: MIT */
/* The thread of a slow tuner: a queue in, the newest proposal out. */
#include "engine/tuner_thread.h"

#include "base/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum call_kind { CALL_ADOPT, CALL_OBSERVE, CALL_ENDED, CALL_IMPORT, CALL_ASK };

struct call {
	struct call *next;
	enum call_kind kind;
	int64_t number;
	double *point;
	double *values; /* result's */
	struct tuner_result result;
	enum trial_state state;
	uint64_t knows; /* ASK */
};

struct tuner_thread {
	struct tuner *tuner; /* the thread's, until it has been joined */
	size_t width;
	void (*wake)(void *arg);
	void *wake_arg;
	uint64_t calls; /* engine's */
	pthread_t thread;

	pthread_mutex_t mutex; /* for all below */
	pthread_cond_t is_queued;
	struct call *first, **end;
	bool is_stopping;
	bool has_proposal;
	struct tuner_proposal proposal;
};

void tuner_proposal_release(struct tuner_proposal *proposal)
{
	free(proposal->suggestion.point);
	strbuf_release(&proposal->suggestion.extra);
	free(proposal->state);
	memset(proposal, 0, sizeof(*proposal));
}

static void call_free(struct call *call)
{
	free(call->point);
	free(call->values);
	free(call);
}

/* ---- on the thread ---------------------------------------------------------
 */

static void propose(struct tuner_thread *thread, const struct call *call)
{
	struct strbuf state = STRBUF_INIT;
	struct tuner_proposal old;
	struct tuner_proposal proposal = {
		.number = call->number,
		.knows = call->knows,
		.suggestion = {.point = xcalloc(thread->width + 1,
						sizeof(double)),
			       .parent = -1,
			       .extra = STRBUF_INIT},
	};

	proposal.outcome = tuner_suggest(thread->tuner, call->number,
					 &proposal.suggestion, &proposal.err);
	if (tuner_describe(thread->tuner, &state) && state.len)
		proposal.state = strbuf_detach(&state);
	strbuf_release(&state);
	pthread_mutex_lock(&thread->mutex);
	old = thread->proposal;
	if (!thread->has_proposal)
		memset(&old, 0, sizeof(old));
	thread->proposal = proposal;
	thread->has_proposal = true;
	pthread_mutex_unlock(&thread->mutex);
	if (old.suggestion.point)
		tuner_proposal_release(&old);
	thread->wake(thread->wake_arg);
}

static void carry_out(struct tuner_thread *thread, const struct call *call)
{
	switch (call->kind) {
	case CALL_ADOPT:
		tuner_adopt(thread->tuner, call->number, call->point);
		break;
	case CALL_OBSERVE:
		tuner_observe(thread->tuner, call->number, &call->result);
		break;
	case CALL_ENDED:
		tuner_ended(thread->tuner, call->number, call->state);
		break;
	case CALL_IMPORT:
		tuner_import(thread->tuner, call->point, &call->result);
		break;
	case CALL_ASK:
		propose(thread, call);
		break;
	}
}

/* NULL: it is to end. */
static struct call *next_call(struct tuner_thread *thread)
{
	struct call *call = NULL;

	pthread_mutex_lock(&thread->mutex);
	while (!thread->first && !thread->is_stopping)
		pthread_cond_wait(&thread->is_queued, &thread->mutex);
	if (!thread->is_stopping) {
		call = thread->first;
		thread->first = call->next;
		if (!thread->first)
			thread->end = &thread->first;
	}
	pthread_mutex_unlock(&thread->mutex);
	return call;
}

static void *run(void *arg)
{
	struct tuner_thread *thread = arg;
	struct call *call;

	while ((call = next_call(thread))) {
		carry_out(thread, call);
		call_free(call);
	}
	return NULL;
}

/* ---- on the engine's -------------------------------------------------------
 */

struct tuner_thread *tuner_thread_start(struct tuner *tuner, size_t width,
					void (*wake)(void *arg), void *arg,
					struct error *err)
{
	struct tuner_thread *thread = xcalloc(1, sizeof(*thread));
	sigset_t all, old;
	int failure;

	thread->tuner = tuner;
	thread->width = width;
	thread->wake = wake;
	thread->wake_arg = arg;
	thread->end = &thread->first;
	pthread_mutex_init(&thread->mutex, NULL);
	pthread_cond_init(&thread->is_queued, NULL);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failure = pthread_create(&thread->thread, NULL, run, thread);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!failure)
		return thread;
	error_set(err, ERROR_SYSTEM, "start the tuner's thread: %s",
		  strerror(failure));
	tuner_close(tuner);
	pthread_cond_destroy(&thread->is_queued);
	pthread_mutex_destroy(&thread->mutex);
	free(thread);
	return NULL;
}

void tuner_thread_stop(struct tuner_thread *thread)
{
	if (!thread)
		return;
	pthread_mutex_lock(&thread->mutex);
	thread->is_stopping = true;
	pthread_cond_signal(&thread->is_queued);
	pthread_mutex_unlock(&thread->mutex);
	pthread_join(thread->thread, NULL);
	while (thread->first) {
		struct call *call = thread->first;

		thread->first = call->next;
		call_free(call);
	}
	if (thread->has_proposal)
		tuner_proposal_release(&thread->proposal);
	tuner_close(thread->tuner);
	pthread_cond_destroy(&thread->is_queued);
	pthread_mutex_destroy(&thread->mutex);
	free(thread);
}

static struct call *call_new(enum call_kind kind, int64_t number)
{
	struct call *call = xcalloc(1, sizeof(*call));

	call->kind = kind;
	call->number = number;
	return call;
}

static double *copy_numbers(const double *numbers, size_t count)
{
	double *copy = xcalloc(count + 1, sizeof(*copy));

	memcpy(copy, numbers, count * sizeof(*copy));
	return copy;
}

static void set_result(struct call *call, const struct tuner_result *result)
{
	call->values = copy_numbers(result->values, result->count);
	call->result = *result;
	call->result.values = call->values;
}

/* Takes the call. */
static void queue(struct tuner_thread *thread, struct call *call)
{
	pthread_mutex_lock(&thread->mutex);
	*thread->end = call;
	thread->end = &call->next;
	pthread_cond_signal(&thread->is_queued);
	pthread_mutex_unlock(&thread->mutex);
}

static void tell(struct tuner_thread *thread, struct call *call)
{
	thread->calls++;
	queue(thread, call);
}

void tuner_thread_adopt(struct tuner_thread *thread, int64_t number,
			const double *point)
{
	struct call *call = call_new(CALL_ADOPT, number);

	call->point = copy_numbers(point, thread->width);
	tell(thread, call);
}

void tuner_thread_observe(struct tuner_thread *thread, int64_t number,
			  const struct tuner_result *result)
{
	struct call *call = call_new(CALL_OBSERVE, number);

	set_result(call, result);
	tell(thread, call);
}

void tuner_thread_ended(struct tuner_thread *thread, int64_t number,
			enum trial_state state)
{
	struct call *call = call_new(CALL_ENDED, number);

	call->state = state;
	tell(thread, call);
}

void tuner_thread_import(struct tuner_thread *thread, const double *point,
			 const struct tuner_result *result)
{
	struct call *call = call_new(CALL_IMPORT, -1);

	call->point = copy_numbers(point, thread->width);
	set_result(call, result);
	tell(thread, call);
}

uint64_t tuner_thread_calls(const struct tuner_thread *thread)
{
	return thread->calls;
}

/* Questions that have not begun: this one's answer is better. */
static void forget_questions(struct tuner_thread *thread)
{
	struct call **at;

	pthread_mutex_lock(&thread->mutex);
	for (at = &thread->first; *at;) {
		struct call *call = *at;

		if (call->kind != CALL_ASK) {
			at = &call->next;
			continue;
		}
		*at = call->next;
		call_free(call);
	}
	thread->end = at;
	pthread_mutex_unlock(&thread->mutex);
}

void tuner_thread_ask(struct tuner_thread *thread, int64_t number)
{
	struct call *call = call_new(CALL_ASK, number);

	call->knows = thread->calls;
	forget_questions(thread);
	queue(thread, call);
}

bool tuner_thread_take(struct tuner_thread *thread, struct tuner_proposal *ret)
{
	bool has;

	pthread_mutex_lock(&thread->mutex);
	has = thread->has_proposal;
	if (has)
		*ret = thread->proposal;
	thread->has_proposal = false;
	pthread_mutex_unlock(&thread->mutex);
	return has;
}
