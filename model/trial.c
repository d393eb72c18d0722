/* SPDX-License-Identifier: MIT */
/*
 * Trial states, the moves between them, and trial ids.
 * The one table of allowed moves is here; whoever changes a state asks it.
 */
#include "model/trial.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TO(state) (1u << TRIAL_##state)
#define TO_END                                                                 \
	(TO(SUCCEEDED) | TO(FAILED) | TO(USER_CANCELED) | TO(SYS_CANCELED) |   \
	 TO(EARLY_STOPPED))

/* The numbers of the states are stored in databases: never reorder. */
static const struct {
	const char *name;
	char letter;
	unsigned int moves; /* one bit for each state it may go to */
} states[TRIAL_STATE_COUNT] = {
	[TRIAL_WAITING] = {"WAITING", 'W', TO(RUNNING) | TO_END | TO(UNKNOWN)},
	[TRIAL_RUNNING] = {"RUNNING", 'R', TO_END | TO(UNKNOWN)},
	[TRIAL_SUCCEEDED] = {"SUCCEEDED", 'S', 0},
	[TRIAL_FAILED] = {"FAILED", 'F', 0},
	[TRIAL_USER_CANCELED] = {"USER_CANCELED", 'U', 0},
	[TRIAL_SYS_CANCELED] = {"SYS_CANCELED", 'X', 0},
	[TRIAL_EARLY_STOPPED] = {"EARLY_STOPPED", 'E', 0},
	[TRIAL_UNKNOWN] = {"UNKNOWN", '?', TO(RUNNING) | TO_END},
};

void trial_release(struct trial *trial)
{
	free(trial->parameters);
	free(trial->reason);
	free(trial->tags);
	free(trial->note);
	memset(trial, 0, sizeof(*trial));
}

void attempt_release(struct attempt *attempt)
{
	free(attempt->job);
	free(attempt->directory);
	free(attempt->reason);
	memset(attempt, 0, sizeof(*attempt));
}

const char *trial_state_name(enum trial_state state)
{
	return states[state].name;
}

char trial_state_letter(enum trial_state state)
{
	return states[state].letter;
}

bool trial_state_parse(const char *name, enum trial_state *ret_state)
{
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		if (strcasecmp(states[i].name, name))
			continue;
		*ret_state = (enum trial_state)i;
		return true;
	}
	return false;
}

int trial_state_rank(enum trial_state state)
{
	static const int ranks[TRIAL_STATE_COUNT] = {
		[TRIAL_RUNNING] = 0,	   [TRIAL_WAITING] = 1,
		[TRIAL_UNKNOWN] = 2,	   [TRIAL_FAILED] = 3,
		[TRIAL_EARLY_STOPPED] = 4, [TRIAL_USER_CANCELED] = 5,
		[TRIAL_SYS_CANCELED] = 6,  [TRIAL_SUCCEEDED] = 7,
	};

	return ranks[state];
}

bool trial_state_is_terminal(enum trial_state state)
{
	return !states[state].moves;
}

bool trial_state_may_move(enum trial_state from, enum trial_state to)
{
	return states[from].moves >> to & 1;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool trial_id_is_valid(const char *id)
{
	if (!is_letter(id[0]))
		return false;
	for (int i = 1; i < TRIAL_ID_LENGTH; i++)
		if (!is_letter(id[i]) && !(id[i] >= '0' && id[i] <= '9'))
			return false;
	return !id[TRIAL_ID_LENGTH];
}

void trial_id_format(char ret_id[TRIAL_ID_SIZE], uint64_t bits)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	ret_id[0] = alphabet[bits % 26];
	bits /= 26;
	for (int i = 1; i < TRIAL_ID_LENGTH; i++) {
		ret_id[i] = alphabet[bits % 36];
		bits /= 36;
	}
	ret_id[TRIAL_ID_LENGTH] = '\0';
}
