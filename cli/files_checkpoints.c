/* SPDX-License-Identifier: MIT */
/* Checkpoints that go with their trials' outputs. */
#include "base/mem.h"
#include "cli/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
	char *storage, *root;
};

/* An attempt's trial, and whether its outputs stay. */
struct known {
	char id[TRIAL_ID_SIZE];
	bool stays;
};

struct search {
	struct files *files;
	const struct outputs_victim *victims;
	size_t victim_count;
	struct place *places;
	size_t place_count;
	struct known *known; /* an entry for each row of outputs */
	size_t known_count, known_capacity;
	struct files_checkpoint *found;
	size_t count, capacity;
	const struct place *place; /* the one that is listed */
};

static bool is_victim(const struct search *search, const struct output *output)
{
	for (size_t i = 0; i < search->victim_count; i++)
		if (search->victims[i].output.trial == output->trial &&
		    search->victims[i].output.attempt == output->attempt)
			return true;
	return false;
}

/* Where checkpoints lie beside these outputs; NULL: nowhere. */
static char *root_of(const struct search *search, const struct output *output)
{
	const char *id = search->files->found.experiment.id;

	if (!strncmp(output->path, "trials/", 7))
		return xstrdup("checkpoints");
	/* a bucket is no volume */
	if (strncmp(output->path, "nni/", 4) != 0 ||
	    strstr(output->storage, "\"storageType\":\"s3\""))
		return NULL;
	return xasprintf("nni/%s/checkpoints", id);
}

static void add_place(struct search *search, const struct output *output)
{
	char *root = root_of(search, output);
	struct place *place;

	for (size_t i = 0; root && i < search->place_count; i++)
		if (!strcmp(search->places[i].storage, output->storage) &&
		    !strcmp(search->places[i].root, root)) {
			free(root);
			root = NULL;
		}
	if (!root)
		return;
	search->places = xrealloc(search->places,
				  (search->place_count + 1) * sizeof(*place));
	place = &search->places[search->place_count++];
	place->storage = xstrdup(output->storage);
	place->root = root;
}

static void know(struct search *search, const struct output *output, bool stays)
{
	struct trial trial;
	struct known *known;
	struct error ignored;

	if (!store_trial_get(search->files->found.store, output->trial, &trial,
			     &ignored))
		return;
	ARRAY_RESERVE(search->known, search->known_count,
		      search->known_capacity);
	known = &search->known[search->known_count++];
	memcpy(known->id, trial.id, sizeof(known->id));
	known->stays = stays;
	trial_release(&trial);
}

static bool see_row(const struct output *output, void *arg)
{
	struct search *search = arg;

	if (output->is_foreign)
		return true;
	add_place(search, output);
	know(search, output,
	     output->state != OUTPUT_CLEANED && !is_victim(search, output));
	return true;
}

/* What stays is before what goes. */
static int by_id(const void *a, const void *b)
{
	const struct known *one = a, *other = b;
	int order = strcmp(one->id, other->id);

	return order ? order : other->stays - one->stays;
}

static int match_id(const void *id, const void *known)
{
	return strcmp(id, ((const struct known *)known)->id);
}

/* Is it a trial of ours all of whose outputs go? */
static bool goes(const struct search *search, const char *id)
{
	const struct known *known =
		search->known_count
			? bsearch(id, search->known, search->known_count,
				  sizeof(*search->known), match_id)
			: NULL;

	while (known && known > search->known && !strcmp(known[-1].id, id))
		known--;
	return known && !known->stays;
}

/* The trial's, made when it is the first of it; lists go by folders, so that
 * it is the last one or new. */
static struct files_checkpoint *find(struct search *search, const char *id)
{
	struct files_checkpoint *found;

	for (size_t i = search->count; i-- > 0;) {
		found = &search->found[i];
		if (!strcmp(found->trial_id, id) &&
		    !strcmp(found->storage, search->place->storage))
			return found;
	}
	ARRAY_RESERVE(search->found, search->count, search->capacity);
	found = &search->found[search->count++];
	*found = (struct files_checkpoint){
		.storage = xstrdup(search->place->storage),
		.path = xasprintf("%s/%s", search->place->root, id)};
	snprintf(found->trial_id, sizeof(found->trial_id), "%s", id);
	return found;
}

/* A file below a trial's folder. */
static bool see_file(const struct storage_entry *entry, void *arg)
{
	struct search *search = arg;
	size_t len = strcspn(entry->path, "/");
	struct files_checkpoint *found;
	char id[TRIAL_ID_SIZE] = "";

	if (len >= sizeof(id) || (!entry->path[len] && !entry->is_folder))
		return true; /* nobody's */
	memcpy(id, entry->path, len);
	if (!goes(search, id))
		return true;
	found = find(search, id);
	found->files += !entry->is_folder;
	found->bytes += entry->is_folder ? 0 : entry->size;
	return true;
}

static void look(struct search *search)
{
	struct output output = {.storage = search->place->storage,
				.path = search->place->root};
	struct files_attempt attempt = {.output = output};
	struct outputs_session *session;
	struct error err;

	if (files_session(search->files, &attempt, &session, &err) &&
	    (storage_list(outputs_session_storage(session), output.path, true,
			  see_file, search, &err) ||
	     err.code == ERROR_NOT_FOUND))
		return;
	fprintf(stderr, "checkpoints were not looked for: %s\n", err.text);
}

bool files_checkpoints(struct files *files,
		       const struct outputs_victim *victims,
		       size_t victim_count, struct files_checkpoint **ret,
		       size_t *ret_count, struct error *err)
{
	const struct experiment *experiment = &files->found.experiment;
	struct search search = {.files = files,
				.victims = victims,
				.victim_count = victim_count};
	bool ok = true;

	*ret = NULL;
	*ret_count = 0;
	if (!experiment_state_is_terminal(experiment->state))
		return true; /* others may still go on from them */
	ok = store_outputs_each(files->found.store, experiment->key, 0, see_row,
				&search, err);
	if (search.known_count)
		qsort(search.known, search.known_count, sizeof(*search.known),
		      by_id);
	for (size_t i = 0; i < search.place_count; i++) {
		search.place = &search.places[i];
		if (ok)
			look(&search);
		free(search.places[i].storage);
		free(search.places[i].root);
	}
	free(search.places);
	free(search.known);
	*ret = search.found;
	*ret_count = search.count;
	return ok;
}

bool files_checkpoint_remove(struct files *files,
			     const struct files_checkpoint *checkpoint,
			     struct error *err)
{
	struct files_attempt attempt = {
		.output = {.storage = checkpoint->storage,
			   .path = checkpoint->path}};
	struct outputs_session *session;

	memcpy(attempt.trial_id, checkpoint->trial_id,
	       sizeof(attempt.trial_id));
	return files_session(files, &attempt, &session, err) &&
	       storage_remove(outputs_session_storage(session),
			      checkpoint->path, err);
}

void files_checkpoints_free(struct files_checkpoint *checkpoints, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(checkpoints[i].storage);
		free(checkpoints[i].path);
	}
	free(checkpoints);
}
