/* SPDX-License-Identifier: MIT */
/*
 * Experiment states, the moves between them, experiment ids, and which of two
 * results is the better one.
 */
#include "model/experiment.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TO(state) (1u << EXPERIMENT_##state)
#define TO_END (TO(DONE) | TO(STOPPING) | TO(STOPPED) | TO(ERROR))

/* The numbers of the states are stored in databases: never reorder.
 *
 * The three running states follow the limits and the tuner, back and forth.
 * DONE comes back to life when limits are raised or a trial is restarted;
 * STOPPED and ERROR when somebody resumes.  STOPPING only ends. */
static const struct {
	const char *name;
	unsigned int moves; /* one bit for each state it may go to */
} states[EXPERIMENT_STATE_COUNT] = {
	[EXPERIMENT_INITIALIZED] = {"INITIALIZED", TO(RUNNING) | TO_END},
	[EXPERIMENT_RUNNING] = {"RUNNING", TO(NO_MORE_TRIAL) |
						   TO(TUNER_NO_MORE_TRIAL) |
						   TO_END},
	[EXPERIMENT_NO_MORE_TRIAL] = {"NO_MORE_TRIAL",
				      TO(RUNNING) | TO(TUNER_NO_MORE_TRIAL) |
					      TO_END},
	[EXPERIMENT_TUNER_NO_MORE_TRIAL] = {"TUNER_NO_MORE_TRIAL",
					    TO(RUNNING) | TO(NO_MORE_TRIAL) |
						    TO_END},
	[EXPERIMENT_DONE] = {"DONE", TO(RUNNING) | TO(NO_MORE_TRIAL) |
					     TO(TUNER_NO_MORE_TRIAL) |
					     TO(STOPPING) | TO(STOPPED) |
					     TO(ERROR)},
	[EXPERIMENT_STOPPING] = {"STOPPING", TO(STOPPED) | TO(ERROR)},
	[EXPERIMENT_STOPPED] = {"STOPPED", TO(RUNNING) | TO(ERROR)},
	[EXPERIMENT_ERROR] = {"ERROR",
			      TO(RUNNING) | TO(STOPPING) | TO(STOPPED)},
};

void experiment_release(struct experiment *experiment)
{
	free(experiment->name);
	free(experiment->platform);
	free(experiment->config);
	free(experiment->source);
	free(experiment->source_path);
	free(experiment->space);
	free(experiment->directory);
	free(experiment->error);
	free(experiment->fault);
	free(experiment->progress);
	free(experiment->owner_host);
	free(experiment->tags);
	free(experiment->note);
	memset(experiment, 0, sizeof(*experiment));
}

const char *experiment_state_name(enum experiment_state state)
{
	return states[state].name;
}

bool experiment_state_parse(const char *name, enum experiment_state *ret)
{
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		if (strcasecmp(states[i].name, name))
			continue;
		*ret = (enum experiment_state)i;
		return true;
	}
	return false;
}

bool experiment_state_may_move(enum experiment_state from,
			       enum experiment_state to)
{
	return states[from].moves >> to & 1;
}

bool experiment_state_is_terminal(enum experiment_state state)
{
	return state == EXPERIMENT_DONE || state == EXPERIMENT_STOPPED ||
	       state == EXPERIMENT_ERROR;
}

static bool is_id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool experiment_is_foreign(const struct experiment *experiment)
{
	return experiment->platform &&
	       (!strcmp(experiment->platform, "nni") ||
		!strcmp(experiment->platform, "optuna"));
}

bool experiment_has_cluster(const struct experiment *experiment)
{
	return experiment->platform && strcmp(experiment->platform, "local") &&
	       !experiment_is_foreign(experiment);
}

bool experiment_id_is_valid(const char *id)
{
	size_t len = 0;

	while (is_id_char(id[len]))
		if (++len > EXPERIMENT_ID_MAX)
			return false;
	return len && !id[len];
}

void experiment_id_format(char *ret_id, uint64_t bits)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	ret_id[0] = alphabet[bits % 26];
	bits /= 26;
	for (int i = 1; i < EXPERIMENT_ID_LENGTH; i++) {
		ret_id[i] = alphabet[bits % 36];
		bits /= 36;
	}
	ret_id[EXPERIMENT_ID_LENGTH] = '\0';
}

bool objective_is_better(enum objective_mode mode, struct metric_value a,
			 struct metric_value b)
{
	if (!a.is_set || !b.is_set)
		return a.is_set;
	if (isnan(a.number) || isnan(b.number))
		return !isnan(a.number);
	return mode == OBJECTIVE_MINIMIZE ? a.number < b.number
					  : a.number > b.number;
}
