/* SPDX-License-Identifier: MIT */
/*
 * Which algorithms of a draft NNI's own code in Python is to run: a class of
 * the user's, one that the file gives `engine: nni`, one of NNI's that is not
 * native here, and one that is registered with the installed nni, in its
 * registered_algorithms.yml (nni.md 7.1).  Python is not asked for that: a
 * file can be checked where there is none.
 *
 * The stored configuration says `engine: nni` of each, so that an experiment
 * keeps the engine it began with.
 */
#include "engine/spec/draft.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/spec/node.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define REGISTRY_MAX (1024 * 1024)

const char *const algorithm_engines[] = {"native", "nni", NULL};

/* With their first-form names.  Those that are native are so first. */
static const char *const others[] = {
	"TPE_legacy",
	"Batch",
	"BatchTuner",
	"Metis",
	"MetisTuner",
	"GP",
	"GPTuner",
	"SMAC",
	"DNGO",
	"DNGOTuner",
	"PPO",
	"PPOTuner",
	"BOHB",
	"NetworkMorphism",
	"RegularizedEvolutionTuner",
};

static const char *const advisors[] = {"Hyperband", "BOHB"};

static bool is_in(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

/* --- what is registered ------------------------------------------------------
 */

static char *registry_path(void)
{
	const char *config = getenv("NNI_CONFIG_DIR");
	const char *prefix = getenv("VIRTUAL_ENV");

	if (!prefix)
		prefix = getenv("CONDA_PREFIX");
	if (config)
		return xasprintf("%s/registered_algorithms.yml", config);
	if (prefix)
		return xasprintf("%s/nni/registered_algorithms.yml", prefix);
	return fs_expand_home("~/.config/nni/registered_algorithms.yml");
}

static bool lists(const struct node *root, const char *section,
		  const char *name)
{
	const struct node_entry *entry = NULL;
	const struct node *list = node_follow(root, section, '.', &entry);

	for (size_t i = 0;
	     list && list->kind == NODE_SEQUENCE && i < list->count; i++) {
		const struct node *item = list->items[i];
		static const char *const keys[] = {"builtinName", "alias"};

		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			const struct node *text =
				node_follow(item, keys[k], '.', &entry);

			if (text && text->kind == NODE_STRING &&
			    !strcasecmp(text->text, name))
				return true;
		}
	}
	return false;
}

static bool is_registered(const char *name, bool is_tuner)
{
	char *path = registry_path();
	struct strbuf text = STRBUF_INIT;
	struct document document = {0};
	struct error ignored;
	struct mark mark;
	bool found = false;

	if (fs_read_file(path, REGISTRY_MAX, &text, &ignored) &&
	    node_read(text.data, text.len, &document, &mark, &ignored))
		found = is_tuner
				? lists(document.root, "tuners", name) ||
					  lists(document.root, "advisors", name)
				: lists(document.root, "assessors", name);
	document_release(&document);
	strbuf_release(&text);
	free(path);
	return found;
}

bool python_knows(const char *name, bool is_tuner)
{
	return (is_tuner && is_in(name, others, COUNT_OF(others))) ||
	       is_registered(name, is_tuner);
}

/* --- of a draft -------------------------------------------------------------
 */

bool python_is_class(const struct algorithm_draft *a)
{
	return a->class_name_place.node || a->class_file_place.node;
}

bool python_claims(struct algorithm_draft *a, bool is_tuner, bool is_native)
{
	bool is_asked = a->engine && !strcmp(a->engine, "nni");

	a->is_python =
		a->class_name || is_asked ||
		(a->name && !is_native && python_knows(a->name, is_tuner));
	/* NNI takes these in the place of a tuner, too */
	if (a->is_python && is_tuner && a->name &&
	    is_in(a->name, advisors, COUNT_OF(advisors)))
		a->is_advisor = true;
	return a->is_python;
}

/* The first form: a file and a class in it. */
static bool join_file(struct reader *reader, struct algorithm_draft *a)
{
	size_t len = strlen(a->class_file);
	char *path = fs_join(a->code_directory, a->class_file);
	bool exists = access(path, R_OK) == 0;
	char *joined;

	free(path);
	if (len <= 3 || strcmp(a->class_file + len - 3, ".py") ||
	    strchr(a->class_file, '/')) {
		reader_fail_at(reader, &a->class_file_place,
			       "must be the name of a Python file in codeDir, "
			       "such as my_tuner.py");
		return false;
	}
	if (!exists) {
		reader_fail_at(reader, &a->class_file_place,
			       "there is no such file in codeDir");
		return false;
	}
	joined = xasprintf("%.*s.%s", (int)(len - 3), a->class_file,
			   a->class_name);
	free(a->class_name);
	a->class_name = joined;
	return true;
}

bool python_check_class(struct reader *reader, struct algorithm_draft *a)
{
	const struct place *place = a->class_name_place.node
					    ? &a->class_name_place
					    : &a->class_file_place;

	if (a->engine && strcmp(a->engine, "nni")) {
		reader_fail_at(reader, &a->engine_place,
			       "a class is Python's: remove it, or write nni");
		return false;
	}
	if (!a->class_name || !a->code_directory) {
		/* what is there and no text, or no folder, is reported */
		if (!a->class_name_place.node)
			reader_fail_at(reader, place,
				       "needs className: the class in it");
		else if (!a->code_directory_place.node)
			reader_fail_at(reader, place,
				       "needs the folder that it lies in: "
				       "codeDirectory (codeDir with "
				       "classFileName in the first form)");
		return false;
	}
	if (a->class_file)
		return join_file(reader, a);
	if (!strchr(a->class_name, '.')) {
		reader_fail_at(reader, place,
			       "must be module.Class, such as "
			       "my_tuner.MyTuner");
		return false;
	}
	return true;
}
