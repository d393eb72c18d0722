/* SPDX-License-Identifier: MIT */
/* Looking the action table up: by name, by key, in order. */
#include "tui/action.h"

#include "base/mem.h"
#include "tui/keys.h"

#include <string.h>

#define BINDINGS_MAX 64

const struct action actions[ACTION_COUNT] = {
#define X(id, name, keys, views, group, flags, label, help)                    \
	[ACTION_##id] = {name, keys, views, GROUP_##group, flags, label, help},
	ACTIONS(X)
#undef X
};

/* what :map added; the newest wins */
static struct {
	int key;
	enum action_id id;
} bindings[BINDINGS_MAX];
static size_t binding_count;

const char *action_group_name(enum action_group group)
{
	static const char *const names[GROUP_COUNT] = {
		[GROUP_MOVE] = "Moving",
		[GROUP_LOOK] = "Looking",
		[GROUP_LIST] = "Searching, filtering, sorting, marking",
		[GROUP_LOG] = "Log, chart, pictures",
		[GROUP_ACT] = "Acting on trials and experiments",
		[GROUP_PROGRAM] = "The program",
	};

	return names[group];
}

enum action_id action_find(const char *name)
{
	int i;

	for (i = 0; i < ACTION_COUNT; i++)
		if (strcmp(actions[i].name, name) == 0)
			return i;
	return ACTION_NONE;
}

static bool has_key(const char *keys, int key)
{
	while (*keys) {
		size_t len = strcspn(keys, " ");

		if (key_parse(keys, len) == key)
			return true;
		keys += len;
		keys += strspn(keys, " ");
	}
	return false;
}

enum action_id action_of_key(int key, unsigned view)
{
	size_t n;
	int i;

	for (n = binding_count; n-- > 0;)
		if (bindings[n].key == key &&
		    (actions[bindings[n].id].views & view))
			return bindings[n].id;
	for (i = 0; i < ACTION_COUNT; i++)
		if ((actions[i].views & view) && has_key(actions[i].keys, key))
			return i;
	return ACTION_NONE;
}

bool action_map(int key, enum action_id id, struct error *err)
{
	size_t n;

	for (n = 0; n < binding_count; n++) {
		if (bindings[n].key == key) {
			bindings[n].id = id;
			return true;
		}
	}
	if (binding_count == BINDINGS_MAX)
		return error_set(err, ERROR_LIMIT,
				 "no more than %d keys can be mapped",
				 BINDINGS_MAX);
	bindings[binding_count].key = key;
	bindings[binding_count++].id = id;
	return true;
}

void action_unmap_all(void)
{
	binding_count = 0;
}

void action_each(action_fn *fn, void *arg)
{
	int i;

	for (i = 0; i < ACTION_COUNT; i++)
		fn(i, &actions[i], arg);
}
