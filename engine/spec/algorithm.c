/* SPDX-License-Identifier: MIT */
/*
 * Tuner and assessor of a draft: which one is meant, what its classArgs are,
 * and what both say about the objective.
 *
 * The objective is the tuner's classArgs.optimize_mode, else the assessor's,
 * else what the tuner does by default; two that differ are a mistake which
 * would stop the best trials, so they are refused.
 */
#include "engine/spec/draft.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "engine/assessor/assessor.h"
#include "engine/tuner/tuner.h"
#include "model/objective.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMES_MAX 64
#define DEFAULT_TUNER "Auto" /* where a file names none */
#define USE "use one that `trialdeck tuners` lists"
#define USE_PYTHON ", or write engine: nni for one that Python has"

/* What differs between the two kinds. */
struct kind {
	const char *noun, *article;
};

static const struct kind tuner_kind = {"tuner", "a tuner"};
static const struct kind assessor_kind = {"assessor", "an assessor"};

static size_t list_names(const struct kind *kind, const char **names)
{
	size_t count = 0;

	if (kind == &tuner_kind) {
		for (const struct tuner_ops *const *at = tuner_registry();
		     *at && count < NAMES_MAX; at++)
			names[count++] = (*at)->name;
	} else {
		for (const struct assessor_ops *const *at = assessor_registry();
		     *at && count < NAMES_MAX; at++)
			names[count++] = (*at)->name;
	}
	return count;
}

static bool exists(const struct kind *kind, const char *name)
{
	return kind == &tuner_kind ? tuner_find(name) != NULL
				   : assessor_find(name) != NULL;
}

static void fail_name(struct reader *reader, const struct kind *kind,
		      const struct algorithm_draft *a)
{
	const struct kind *other =
		kind == &tuner_kind ? &assessor_kind : &tuner_kind;
	const char *names[NAMES_MAX], *near;
	size_t count = list_names(kind, names);

	near = nearest_word(a->name, names, count);
	if (!strcmp(a->name, "_none_"))
		reader_fail_at(
			reader, &a->name_place,
			"'_none_' is for experiments run from Python: " USE
			"%s",
			kind == &assessor_kind ? ", or leave the assessor out"
					       : "");
	else if (exists(other, a->name))
		reader_fail_at(reader, &a->name_place,
			       "'%s' is %s, not %s: " USE, a->name,
			       other->article, kind->article);
	else if (near)
		reader_fail_at(reader, &a->name_place,
			       "unknown %s '%.64s', did you mean '%s'?",
			       kind->noun, a->name, near);
	else
		reader_fail_at(reader, &a->name_place,
			       "unknown %s '%.64s': " USE USE_PYTHON,
			       kind->noun, a->name);
}

/* Does it name an algorithm that exists? */
static bool check_name(struct reader *reader, const struct kind *kind,
		       struct algorithm_draft *a, const struct place *section,
		       const char *key)
{
	bool is_native = a->name && exists(kind, a->name);
	size_t len;

	if (a->name_place.node && a->class_name_place.node) {
		reader_fail_at(reader, &a->class_name_place,
			       "excludes %s: keep one of them", key);
		return false;
	}
	if (a->class_name_place.node || a->class_file_place.node) {
		if (!python_check_class(reader, a))
			return false;
		return python_claims(a, kind == &tuner_kind, false);
	}
	if (!a->name_place.node && kind == &tuner_kind && !a->is_advisor &&
	    !a->engine_place.node) {
		a->name = xstrdup(DEFAULT_TUNER);
		return true;
	}
	if (!a->name_place.node) {
		len = reader_enter(reader, section->path);
		reader_enter(reader, key);
		reader_fail(reader, section->key_mark,
			    "required, but missing: such as %s: %s", key,
			    kind == &tuner_kind ? "TPE" : "Medianstop");
		reader_leave(reader, len);
		return false;
	}
	if (a->code_directory_place.node)
		reader_fail_at(reader, &a->code_directory_place,
			       "belongs to className: remove it");
	if (!a->name)
		return false; /* reported: not text */
	if (python_claims(a, kind == &tuner_kind, is_native) || is_native)
		return true;
	fail_name(reader, kind, a);
	return false;
}

/* --- classArgs --------------------------------------------------------------
 */

/* The place of one argument, or of all when it has none. */
static struct place argument_place(const struct algorithm_draft *a,
				   const char *name)
{
	struct place place = a->class_args;
	const struct node_entry *entry = NULL;
	const struct node *node = NULL;
	struct strbuf path = STRBUF_INIT;

	if (place.node)
		node = node_follow(place.node, name, '.', &entry);
	if (!node || !entry)
		return place;
	strbuf_addf(&path, "%s.%s", place.path, name);
	snprintf(place.path, sizeof(place.path), "%s", path.data);
	strbuf_release(&path);
	place.node = node;
	place.mark = node->mark;
	place.key_mark = entry->mark;
	return place;
}

/* The algorithm's own complaint.  "classArgs.tpe_args.gamma: must be ..." is
 * about that argument, `classArgs: unknown argument "gama"` about that key;
 * the rest is about all of them, or about the algorithm. */
static void fail_argument(struct reader *reader,
			  const struct algorithm_draft *a, const char *text)
{
	static const char all[] = "classArgs: ", one[] = "classArgs.";
	static const char unknown[] = "unknown argument \"";
	struct place place = a->class_args;
	char *name = NULL;

	if (!strncmp(text, one, strlen(one))) {
		name = xstrndup(text + strlen(one),
				strcspn(text + strlen(one), ":"));
		text += strlen(one) + strlen(name);
		text += strspn(text, ": ");
	} else if (!strncmp(text, all, strlen(all))) {
		text += strlen(all);
		if (!strncmp(text, unknown, strlen(unknown)))
			name = xstrndup(text + strlen(unknown),
					strcspn(text + strlen(unknown), "\""));
	} else {
		place = a->name_place;
	}
	if (name) {
		place = argument_place(a, name);
		if (!strncmp(text, unknown, strlen(unknown)))
			place.mark = place.key_mark;
	}
	free(name);
	reader_fail_at(reader, place.node ? &place : &a->name_place, "%s",
		       text);
}

static bool read_arguments(struct reader *reader,
			   const struct algorithm_draft *a, char **ret)
{
	const struct node *bad;
	struct strbuf json = STRBUF_INIT;

	if (!a->class_args.node)
		return true;
	if (a->class_args.node->kind != NODE_MAPPING)
		return false; /* reported */
	if (!node_add_json(&json, a->class_args.node, &bad)) {
		struct place place = a->class_args;

		place.mark = bad->mark;
		reader_fail_at(reader, &place, "must be finite numbers");
		strbuf_release(&json);
		return false;
	}
	*ret = strbuf_detach(&json);
	return true;
}

enum mode { MODE_BAD, MODE_ABSENT, MODE_MINIMIZE, MODE_MAXIMIZE };

/* Several metrics: the primary one's mode. */
static enum mode read_primary(struct reader *reader,
			      const struct algorithm_draft *a,
			      const char *class_args)
{
	struct objectives objectives;
	struct error err;

	if (!class_args) /* reported */
		return MODE_BAD;
	if (!objectives_parse(class_args, OBJECTIVE_MINIMIZE, &objectives,
			      &err)) {
		fail_argument(reader, a, err.text);
		return MODE_BAD;
	}
	return objectives.items[0].mode == OBJECTIVE_MAXIMIZE ? MODE_MAXIMIZE
							      : MODE_MINIMIZE;
}

/* config: of an algorithm that may have several; else NULL. */
static enum mode read_mode(struct reader *reader,
			   const struct algorithm_draft *a,
			   const struct algorithm_config *config,
			   struct place *ret_place)
{
	const struct node *node;

	*ret_place = argument_place(a, "optimize_mode");
	node = ret_place->node;
	if (!node || node == a->class_args.node)
		return MODE_ABSENT;
	if (node->kind == NODE_STRING && !strcmp(node->text, "minimize"))
		return MODE_MINIMIZE;
	if (node->kind == NODE_STRING && !strcmp(node->text, "maximize"))
		return MODE_MAXIMIZE;
	if (a->class_name) /* its own affair */
		return MODE_ABSENT;
	if (node->kind == NODE_MAPPING && config)
		return read_primary(reader, a, config->class_args);
	reader_fail_at(reader, ret_place, "must be minimize or maximize");
	return MODE_BAD;
}

/* Settle the objective.  False: what the algorithms say is wrong. */
static bool check_objective(struct reader *reader, struct draft *draft)
{
	struct place tuner_place, assessor_place;
	enum mode tuner = read_mode(reader, &draft->tuner, &draft->config.tuner,
				    &tuner_place);
	enum mode assessor =
		read_mode(reader, &draft->assessor, NULL, &assessor_place);
	const struct tuner_ops *ops;

	if (tuner == MODE_BAD || assessor == MODE_BAD)
		return false;
	if (tuner != MODE_ABSENT && assessor != MODE_ABSENT &&
	    tuner != assessor) {
		reader_fail_at(reader, &assessor_place,
			       "the tuner says %s in line %d: both must have "
			       "the same objective",
			       tuner == MODE_MAXIMIZE ? "maximize" : "minimize",
			       tuner_place.mark.line);
		return false;
	}
	if (tuner == MODE_ABSENT)
		tuner = assessor;
	ops = draft->tuner.name ? tuner_find(draft->tuner.name) : NULL;
	if (tuner != MODE_ABSENT)
		draft->config.objective = tuner == MODE_MAXIMIZE
						  ? OBJECTIVE_MAXIMIZE
						  : OBJECTIVE_MINIMIZE;
	else if (ops)
		draft->config.objective = ops->default_objective;
	else /* most of NNI's, and its template of a tuner */
		draft->config.objective = OBJECTIVE_MAXIMIZE;
	return true;
}

/* The tuner's classArgs.seed is the experiment's, too. */
static void check_seed(struct reader *reader, struct draft *draft)
{
	struct place place = argument_place(&draft->tuner, "seed");
	const struct node *node = place.node;
	struct experiment_config *config = &draft->config;

	config->has_seed = draft->seed_place.node;
	if (!node || node == draft->tuner.class_args.node ||
	    node->kind == NODE_NULL)
		return;
	if (node->kind != NODE_INTEGER || node->is_negative || node->is_wide) {
		reader_fail_at(reader, &place,
			       "must be a whole number from 0 on");
		return;
	}
	if (config->has_seed && config->seed != node->magnitude) {
		reader_fail_at(reader, &place,
			       "differs from seed in line %d: keep one of them",
			       draft->seed_place.mark.line);
		return;
	}
	config->seed = node->magnitude;
	config->has_seed = true;
}

/* An advisor is both; where it names a tuner of ours it simply is that. */
static void move_advisor(struct reader *reader, struct draft *draft)
{
	if (!draft->advisor_place.node)
		return;
	if (draft->tuner_place.node) {
		reader_fail_at(reader, &draft->advisor_place,
			       "excludes tuner: keep one of them");
		return;
	}
	if (draft->config.is_first_form && draft->assessor_place.node)
		reader_fail_at(reader, &draft->advisor_place,
			       "excludes assessor: keep one of them");
	draft->tuner = draft->advisor;
	draft->tuner_place = draft->advisor_place;
	draft->tuner.is_advisor = true;
	draft->advisor = (struct algorithm_draft){0};
}

/* Have trials a folder that outlives them?  Which one is known when they run.
 */
static const char *checkpoint_root(const struct draft *draft)
{
	const struct experiment_config *config = &draft->config;
	enum storage_type type = config->kubernetes.storage.type;

	if (config->platform && !strcmp(config->platform, "local"))
		return ".";
	return type == STORAGE_NONE || type == STORAGE_S3 ? NULL : ".";
}

static void check_tuner(struct reader *reader, struct draft *draft,
			const struct space *space)
{
	const struct algorithm_draft *a = &draft->tuner;
	struct tuner_context context = {
		.space = space,
		.class_args = draft->config.tuner.class_args,
		.objective = draft->config.objective,
		.seed = draft->config.seed,
		.checkpoint_root = checkpoint_root(draft)};
	struct tuner_objective several[OBJECTIVES_MAX];
	struct objectives objectives;
	struct error err;

	if (objectives_parse(context.class_args, context.objective, &objectives,
			     &err)) {
		context.objectives = several;
		context.objective_count = objectives.count;
		for (size_t i = 0; i < objectives.count; i++)
			several[i] = (struct tuner_objective){
				objectives.items[i].metric,
				objectives.items[i].mode};
	}
	if (space && !tuner_validate(tuner_find(a->name), &context, &err))
		fail_argument(reader, a, err.text);
}

static void check_assessor(struct reader *reader, struct draft *draft)
{
	const struct algorithm_draft *a = &draft->assessor;
	struct assessor_context context = {
		.class_args = draft->config.assessor.class_args,
		.objective = draft->config.objective};
	struct error err;

	if (!assessor_validate(assessor_find(a->name), &context, &err))
		fail_argument(reader, a, err.text);
}

void algorithms_check(struct reader *reader, struct draft *draft,
		      const struct space *space)
{
	struct experiment_config *config = &draft->config;
	bool has_tuner = false, has_assessor = false, is_settled;
	const char *key;

	move_advisor(reader, draft);
	key = config->is_first_form && !reader->is_reload ? "builtinTunerName"
							  : "name";
	if (!draft->tuner_place.node) {
		draft->tuner.name = xstrdup(DEFAULT_TUNER);
		has_tuner = true;
	} else if (draft->tuner_place.node->kind == NODE_MAPPING) {
		has_tuner = check_name(reader, &tuner_kind, &draft->tuner,
				       &draft->tuner_place, key);
	}
	if (draft->assessor_place.node &&
	    draft->assessor_place.node->kind == NODE_MAPPING)
		has_assessor = check_name(
			reader, &assessor_kind, &draft->assessor,
			&draft->assessor_place,
			*key == 'n' ? "name" : "builtinAssessorName");
	has_tuner &= read_arguments(reader, &draft->tuner,
				    &config->tuner.class_args);
	is_settled = check_objective(reader, draft);
	check_seed(reader, draft);
	has_assessor &= read_arguments(reader, &draft->assessor,
				       &config->assessor.class_args);
	if (has_tuner && is_settled && !draft->tuner.is_python)
		check_tuner(reader, draft, space);
	if (has_assessor && is_settled && !draft->assessor.is_python)
		check_assessor(reader, draft);
}
