/* SPDX-License-Identifier: MIT */
/*
 * The texts of the trials on the screen: parameters and reason, read on demand
 * and kept for as long as the trial's version stands.  A few hundred entries,
 * whatever the size of the experiment.  Thread: ui.
 */
#ifndef TUI_TRIAL_TEXT_H
#define TUI_TRIAL_TEXT_H

#include "model/space.h"
#include "model/trial_field.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct trial_text {
	int64_t key;
	int64_t version;
	char *parameters;  /* JSON as stored, safe to draw */
	char *reason;	   /* or what its parts do; safe to draw; "" for none */
	char *tags, *note; /* safe to draw; "" for none */
	struct trial_place place;	/* in the cluster; trial 0: none */
	char *node, *pod;		/* of it; safe to draw; "" for none */
	struct trial_text_stats *stats; /* metrics that were asked for */
	size_t stats_count;
	char **cells; /* one a parameter of the space; "" when inactive */
	size_t cell_count;
};

struct trial_text_stats {
	char metric[METRIC_NAME_MAX + 1];
	struct metric_stats stats;
};

struct trial_texts;

struct trial_texts *trial_texts_new(bool is_ascii);
void trial_texts_free(struct trial_texts *texts);
/* Forget all: another experiment is shown, whose trials run in a cluster. */
void trial_texts_clear(struct trial_texts *texts, bool has_nodes);
/* Borrowed until the next call.  Never NULL: empty when unreadable. */
const struct trial_text *trial_texts_get(struct trial_texts *texts,
					 struct store *store,
					 const struct space *space, int64_t key,
					 int64_t version);
/* The same trial's statistics of a metric; NULL: nothing reported. */
const struct metric_stats *trial_texts_stats(struct trial_texts *texts,
					     struct store *store, int64_t key,
					     int attempt, const char *metric);

#endif
