/* SPDX-License-Identifier: MIT */
/*
 * Filtering goes along while rows are read; only an order needs all of them
 * first: then the trials are kept with the keys they are sorted by.
 */
#include "cli/selection.h"

#include "base/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct key {
	bool has;
	double number;
	char *text; /* owned; NULL: a number */
};

struct kept {
	struct trial trial; /* owned */
	struct key keys[TRIAL_SORTS_MAX];
	const struct selection *selection;
};

struct walk {
	struct selection *selection;
	struct kept *kept;
	size_t count, capacity;
	selection_fn *fn;
	void *arg;
	long left; /* of the limit; -1: none */
};

/* ---- what was asked for ---------------------------------------------------
 */

static int fail_at_place(const char *text, struct filter_place place,
			 const struct error *err)
{
	struct strbuf out = STRBUF_INIT;
	int status = cli_fail(err);

	if (place.len > 0) {
		filter_point_at(&out, text, place, 2);
		fputs(out.data, stderr);
	}
	strbuf_release(&out);
	return status;
}

static int read_filter(struct selection *selection, const char *text,
		       const char *what, struct filter **ret)
{
	struct filter_place place;
	struct error err = {0};

	if (filter_parse(text, &selection->facts.names, FILTER_WHOLE, ret,
			 &place, &err))
		return CLI_DONE;
	error_prefix(&err, "%s", what);
	return fail_at_place(text, place, &err);
}

static char *find_view(const struct selection *selection, const char *name,
		       struct error *err)
{
	const struct trial_facts *facts = &selection->facts;
	char *own = NULL, *all = NULL, *json = NULL;

	if (store_preference_get(facts->store, facts->experiment->key,
				 TRIAL_VIEWS_PREFERENCE, &own, err) &&
	    store_preference_get(facts->store, 0, TRIAL_VIEWS_PREFERENCE, &all,
				 err)) {
		json = trial_views_find(own, all, name);
		if (!json)
			error_set(err, ERROR_NOT_FOUND,
				  "--view: no view is called \"%.60s\"; V in "
				  "the console's trials lists and saves them",
				  name);
	}
	free(own);
	free(all);
	return json;
}

static int read_view(struct selection *selection, const char *name)
{
	bool is_maximized =
		selection->facts.experiment->objective == OBJECTIVE_MAXIMIZE;
	struct error err = {0};
	char *json = find_view(selection, name, &err);
	int status = CLI_DONE;

	if (!json ||
	    !trial_view_parse(json, &selection->facts.names, is_maximized,
			      false, &selection->view, &err))
		status = cli_fail(&err);
	else
		status = read_filter(selection, selection->view.filter,
				     "--view", &selection->view_filter);
	free(json);
	return status;
}

static int read_wish(struct selection *selection,
		     const struct selection_wish *wish)
{
	bool is_maximized =
		selection->facts.experiment->objective == OBJECTIVE_MAXIMIZE;
	const struct field_names *names = &selection->facts.names;
	struct trial_view *view = &selection->view;
	struct error err = {0};
	int status = CLI_DONE;

	if (wish->view)
		status = read_view(selection, wish->view);
	if (!status && wish->filter)
		status = read_filter(selection, wish->filter, "--filter",
				     &selection->filter);
	if (!status && wish->sort &&
	    !trial_sorts_parse(wish->sort, names, is_maximized, view->sorts,
			       &view->sort_count, &err))
		status = cli_fail_at(&err, "--sort");
	if (!status && wish->columns &&
	    !trial_columns_parse(wish->columns, names, view->columns,
				 &view->column_count, &err))
		status = cli_fail_at(&err, "--columns");
	return status;
}

int selection_open(struct selection *selection, const struct found *found,
		   const struct selection_wish *wish)
{
	struct error err = {0};
	int status;

	memset(selection, 0, sizeof(*selection));
	selection->limit = wish->limit;
	selection->states = wish->states;
	if (!trial_facts_open(&selection->facts, found, &err))
		return cli_fail(&err);
	status = read_wish(selection, wish);
	if (status)
		selection_close(selection);
	return status;
}

void selection_close(struct selection *selection)
{
	filter_free(selection->filter);
	filter_free(selection->view_filter);
	trial_view_release(&selection->view);
	trial_facts_close(&selection->facts);
	memset(selection, 0, sizeof(*selection));
}

/* ---- order ----------------------------------------------------------------
 */

static double option_rank(const struct parameter *p, const char *word)
{
	size_t i;

	for (i = 0; p->options && i < p->option_count; i++)
		if (strcmp(p->options[i].name, word) == 0)
			return (double)i;
	return (double)p->option_count;
}

static void make_key(struct selection *selection,
		     const struct trial_field *field, struct key *key)
{
	struct field_source source = trial_facts_source(&selection->facts);
	const struct space *space = selection->facts.space;
	const char *text;

	if (field->kind == FIELD_STATE) {
		key->has = true;
		key->number = trial_state_rank(selection->facts.trial->state);
		return;
	}
	key->has = source.number(source.arg, field, &key->number);
	if (key->has)
		return;
	text = source.text(source.arg, field);
	if (!text || !*text)
		return;
	key->has = true;
	if (field->kind == FIELD_PARAMETER)
		key->number =
			option_rank(&space->parameters[field->parameter], text);
	else
		key->text = xstrdup(text);
}

/* What has no value comes last, NaN right before it, either way. */
static int compare_keys(const struct key *a, const struct key *b,
			bool is_descending)
{
	int order;

	if (a->has != b->has)
		return a->has ? -1 : 1;
	if (!a->has)
		return 0;
	if (a->text || b->text) {
		order = strcasecmp(a->text ? a->text : "",
				   b->text ? b->text : "");
	} else if (isnan(a->number) || isnan(b->number)) {
		return isnan(a->number) - isnan(b->number);
	} else {
		order = (a->number > b->number) - (a->number < b->number);
	}
	return is_descending ? -order : order;
}

static int compare(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;
	const struct trial_view *view = &x->selection->view;
	size_t i;

	for (i = 0; i < view->sort_count; i++) {
		int order = compare_keys(&x->keys[i], &y->keys[i],
					 view->sorts[i].is_descending);

		if (order)
			return order;
	}
	return x->trial.sequence < y->trial.sequence ? 1 : -1;
}

static void keep(struct walk *walk, const struct trial *trial)
{
	struct selection *selection = walk->selection;
	struct kept *kept;
	size_t i;

	ARRAY_RESERVE(walk->kept, walk->count, walk->capacity);
	kept = &walk->kept[walk->count++];
	memset(kept, 0, sizeof(*kept));
	kept->selection = selection;
	for (i = 0; i < selection->view.sort_count; i++)
		make_key(selection, &selection->view.sorts[i].field,
			 &kept->keys[i]);
	kept->trial = *trial;
	kept->trial.parameters = xstrdup_or_null(trial->parameters);
	kept->trial.reason = xstrdup_or_null(trial->reason);
	kept->trial.tags = xstrdup_or_null(trial->tags);
	kept->trial.note = xstrdup_or_null(trial->note);
}

static void release_kept(struct walk *walk)
{
	size_t i, k;

	for (i = 0; i < walk->count; i++) {
		trial_release(&walk->kept[i].trial);
		for (k = 0; k < TRIAL_SORTS_MAX; k++)
			free(walk->kept[i].keys[k].text);
	}
	free(walk->kept);
}

/* ---- walking --------------------------------------------------------------
 */

static bool hand_out(struct walk *walk, const struct trial *trial)
{
	if (walk->left == 0)
		return false;
	if (walk->left > 0)
		walk->left--;
	trial_facts_about(&walk->selection->facts, trial);
	return walk->fn(trial, walk->arg);
}

static bool read_one(const struct trial *trial, void *arg)
{
	struct walk *walk = arg;
	struct selection *selection = walk->selection;
	const struct field_source source =
		trial_facts_source(&selection->facts);

	trial_facts_about(&selection->facts, trial);
	if ((selection->states && !(selection->states & 1u << trial->state)) ||
	    !filter_match(selection->filter, &source) ||
	    !filter_match(selection->view_filter, &source))
		return true;
	if (selection->view.sort_count == 0)
		return hand_out(walk, trial);
	keep(walk, trial);
	return true;
}

bool selection_each(struct selection *selection, selection_fn *fn, void *arg,
		    struct error *err)
{
	struct walk walk = {.selection = selection,
			    .fn = fn,
			    .arg = arg,
			    .left = selection->limit > 0 ? selection->limit
							 : -1};
	bool ok;
	size_t i;

	ok = store_trials_each(selection->facts.store,
			       selection->facts.experiment->key, 0,
			       STORE_TRIAL_WHOLE, read_one, &walk, err);
	if (walk.count)
		qsort(walk.kept, walk.count, sizeof(*walk.kept), compare);
	for (i = 0; ok && i < walk.count; i++)
		if (!hand_out(&walk, &walk.kept[i].trial))
			break;
	release_kept(&walk);
	return ok;
}
