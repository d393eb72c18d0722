/* SPDX-License-Identifier: MIT */
/*
 * Checks of classArgs.  An argument that no table knows is an error: a typo
 * must not silently run an experiment with a default.
 */
#include "engine/tuner/args.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "model/objective.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct args {
	cJSON *root;
};

static const struct tuner_argument *find(const struct tuner_argument *table,
					 const char *name)
{
	for (; table->name; table++)
		if (!strcmp(table->name, name))
			return table;
	return NULL;
}

/* Does the table know arguments below this name ("tpe_args")? */
static bool is_group(const struct tuner_argument *table, const char *name)
{
	size_t len = strlen(name);

	for (; table->name; table++)
		if (!strncmp(table->name, name, len) && table->name[len] == '.')
			return true;
	return false;
}

static bool refuse_unknown(const struct tuner_argument *table, const char *name,
			   struct error *err)
{
	const char *names[64] = {0};
	const char *near;
	size_t count = 0;

	for (; table->name && count < COUNT_OF(names); table++)
		names[count++] = table->name;
	near = nearest_word(name, names, count);
	/* gamma for tpe_args.gamma: the right word in the wrong place */
	for (size_t i = 0; !near && i < count; i++) {
		const char *dot = strrchr(names[i], '.');
		const char *last = strrchr(name, '.');

		if (!strcmp(dot ? dot + 1 : names[i], last ? last + 1 : name))
			near = names[i];
	}
	return error_set(err, ERROR_INVALID,
			 "classArgs: unknown argument \"%.80s\"%s%s%s", name,
			 near ? ", did you mean \"" : "", near ? near : "",
			 near ? "\"?" : "");
}

static bool check_type(const struct tuner_argument *argument, const cJSON *node,
		       struct error *err)
{
	const char *type = argument->type;
	bool ok;

	if (cJSON_IsNull(node) && strstr(type, "null"))
		return true;
	if (!strncmp(type, "integer", 7))
		ok = cJSON_IsNumber(node) &&
		     node->valuedouble == rint(node->valuedouble);
	else if (!strncmp(type, "number", 6))
		ok = cJSON_IsNumber(node) && isfinite(node->valuedouble);
	else if (!strncmp(type, "boolean", 7))
		ok = cJSON_IsBool(node);
	else
		ok = cJSON_IsString(node);
	if (ok)
		return true;
	return error_set(err, ERROR_INVALID, "classArgs.%s: must be %s %s",
			 argument->name, *type == 'i' ? "an" : "a", type);
}

/* Understood by every tuner, or refused by it elsewhere (tuner_validate):
 * several objectives, and constraints. */
static bool is_of_objectives(const char *name, const cJSON *node)
{
	return !strcmp(name, "constraints") ||
	       (!strcmp(name, "optimize_mode") && cJSON_IsObject(node));
}

static bool check(const struct tuner_argument *table, const cJSON *object,
		  const char *group, struct error *err)
{
	const cJSON *node, *other;

	cJSON_ArrayForEach (node, object) {
		const struct tuner_argument *argument;
		char *name = *group ? xasprintf("%s.%s", group, node->string)
				    : xstrdup(node->string);
		bool ok;

		argument = find(table, name);
		other = cJSON_GetObjectItemCaseSensitive(object, node->string);
		if (other != node)
			ok = error_set(err, ERROR_INVALID,
				       "classArgs.%.80s: given twice", name);
		else if (!*group && is_of_objectives(name, node))
			ok = true;
		else if (argument)
			ok = check_type(argument, node, err);
		else if (!is_group(table, name))
			ok = refuse_unknown(table, name, err);
		else if (cJSON_IsObject(node))
			ok = check(table, node, name, err);
		else
			ok = cJSON_IsNull(node) ||
			     error_set(err, ERROR_INVALID,
				       "classArgs.%.80s: must be an object",
				       name);
		free(name);
		if (!ok)
			return false;
	}
	return true;
}

struct args *args_parse(const char *json, const struct tuner_argument *table,
			struct error *err)
{
	static const char *const modes[] = {"minimize", "maximize", NULL};
	struct args *args = xcalloc(1, sizeof(*args));
	struct objectives objectives;
	const cJSON *node;
	bool ok = true;
	int mode = 0;

	if (json && strnlen(json, ARGS_TEXT_MAX + 1) > ARGS_TEXT_MAX)
		ok = error_set(err, ERROR_LIMIT,
			       "classArgs: more than %d bytes", ARGS_TEXT_MAX);
	else if (json)
		args->root = cJSON_ParseWithOpts(json, NULL, true);
	if (ok && json && !args->root)
		ok = error_set(err, ERROR_INVALID, "classArgs: not valid JSON");
	if (ok && cJSON_IsNull(args->root)) {
		cJSON_Delete(args->root);
		args->root = NULL;
	}
	if (ok && args->root && !cJSON_IsObject(args->root))
		ok = error_set(err, ERROR_INVALID,
			       "classArgs: must be an object");
	node = ok ? cJSON_GetObjectItemCaseSensitive(args->root,
						     "optimize_mode")
		  : NULL;
	if (ok && args->root)
		ok = check(table, args->root, "", err) &&
		     (cJSON_IsObject(node) ||
		      args_word(args, "optimize_mode", modes, &mode, err));
	/* the spelling of a single mode has been checked, case ignored */
	if (ok && (cJSON_IsObject(node) ||
		   cJSON_HasObjectItem(args->root, "constraints")))
		ok = objectives_parse(json, OBJECTIVE_MINIMIZE, &objectives,
				      err);
	if (ok)
		return args;
	args_free(args);
	return NULL;
}

void args_free(struct args *args)
{
	if (!args)
		return;
	cJSON_Delete(args->root);
	free(args);
}

/* The node of "a.b", or NULL.  null counts as not given. */
static const cJSON *lookup(const struct args *args, const char *name)
{
	const char *dot = strchr(name, '.');
	const cJSON *object = args->root;

	if (dot) {
		char *group = xstrndup(name, (size_t)(dot - name));

		object = cJSON_GetObjectItemCaseSensitive(object, group);
		free(group);
		name = dot + 1;
	}
	return cJSON_GetObjectItemCaseSensitive(object, name);
}

bool args_integer(const struct args *args, const char *name, int64_t least,
		  int64_t most, int64_t *value, struct error *err)
{
	const cJSON *node = lookup(args, name);

	if (!node || cJSON_IsNull(node))
		return true;
	if (!(node->valuedouble >= (double)least &&
	      node->valuedouble <= (double)most))
		return error_set(err, ERROR_INVALID,
				 "classArgs.%s: must be from %lld to %lld",
				 name, (long long)least, (long long)most);
	*value = (int64_t)node->valuedouble;
	return true;
}

bool args_number(const struct args *args, const char *name, double least,
		 double most, double *value, struct error *err)
{
	const cJSON *node = lookup(args, name);

	if (!node || cJSON_IsNull(node))
		return true;
	if (!(node->valuedouble >= least && node->valuedouble <= most))
		return error_set(err, ERROR_INVALID,
				 "classArgs.%s: must be from %g to %g", name,
				 least, most);
	*value = node->valuedouble;
	return true;
}

bool args_word(const struct args *args, const char *name,
	       const char *const *words, int *value, struct error *err)
{
	const cJSON *node = lookup(args, name);
	const char *word = cJSON_IsString(node) ? node->valuestring : "null";
	const char *near;
	size_t count = 0;

	if (!node)
		return true;
	for (; words[count]; count++) {
		if (strcasecmp(words[count], word))
			continue;
		*value = (int)count;
		return true;
	}
	near = nearest_word(word, words, count);
	return error_set(err, ERROR_INVALID,
			 "classArgs.%s: unknown value \"%.60s\"%s%s%s", name,
			 word, near ? ", did you mean \"" : "",
			 near ? near : "", near ? "\"?" : "");
}

bool args_boolean(const struct args *args, const char *name, bool *value,
		  struct error *err)
{
	const cJSON *node = lookup(args, name);

	(void)err; /* its type was checked with the table */
	if (cJSON_IsBool(node))
		*value = cJSON_IsTrue(node);
	return true;
}

bool args_text(const struct args *args, const char *name, size_t most,
	       const char **value, struct error *err)
{
	const cJSON *node = lookup(args, name);

	if (!cJSON_IsString(node))
		return true;
	if (!*node->valuestring || strlen(node->valuestring) > most)
		return error_set(err, ERROR_INVALID,
				 "classArgs.%s: must have 1 to %zu bytes", name,
				 most);
	*value = node->valuestring;
	return true;
}
