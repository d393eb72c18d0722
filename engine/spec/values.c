/* SPDX-License-Identifier: MIT */
/* The values of keys: type, range, and the way from text to what it means. */
#include "engine/spec/schema.h"

#include "base/fs.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "model/event.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DURATION_HINT                                                          \
	"a number and a unit, such as 90s, 30m, 1.5h or 2d, or whole seconds"
#define TERM_HINT "a whole number and a unit, such as 90s, 30m, 3h or 2d"
#define SECONDS_MAX (36525LL * 86400) /* as in duration_parse */
#define INDICES_HINT "GPU numbers such as [0, 1], 0 or \"0,1\""
#define INDICES_MAX 256
#define INDEX_MAX 65535

/* Infinities have no spelling in JSON, which node->text is. */
static const char *spelling(const struct node *node)
{
	if (node->kind != NODE_FLOAT || strcmp(node->text, "null") != 0)
		return node->text;
	if (isnan(node->number))
		return ".nan";
	return node->number < 0 ? "-.inf" : ".inf";
}

void node_describe(struct strbuf *out, const struct node *node)
{
	switch (node->kind) {
	case NODE_NULL:
		strbuf_adds(out, "null");
		break;
	case NODE_BOOL:
		strbuf_adds(out, node->boolean ? "true" : "false");
		break;
	case NODE_INTEGER:
	case NODE_FLOAT:
		strbuf_addf(out, "the number %.40s", spelling(node));
		break;
	case NODE_STRING:
		if (strlen(node->text) > 40)
			strbuf_addf(out, "the text \"%.37s...\"", node->text);
		else
			strbuf_addf(out, "the text \"%s\"", node->text);
		break;
	case NODE_SEQUENCE:
		strbuf_adds(out, "a list");
		break;
	case NODE_MAPPING:
		strbuf_adds(out, "a mapping");
		break;
	}
}

bool value_fail(struct reader *reader, const struct node *node,
		const char *what)
{
	struct strbuf got = STRBUF_INIT;

	node_describe(&got, node);
	reader_fail(reader, node->mark, "must be %s, got %s", what, got.data);
	strbuf_release(&got);
	return false;
}

static void set_text(char **slot, char *text)
{
	free(*slot);
	*slot = text;
}

/* --- numbers ----------------------------------------------------------------
 */

static bool fail_range(struct reader *reader, const struct key *key,
		       const struct node *node)
{
	if (key->most == INT64_MAX)
		reader_fail(reader, node->mark,
			    "must be at least %lld, got %.40s",
			    (long long)key->least, node->text);
	else
		reader_fail(reader, node->mark,
			    "must be between %lld and %lld, got %.40s",
			    (long long)key->least, (long long)key->most,
			    node->text);
	return false;
}

static bool read_integer(struct reader *reader, const struct key *key,
			 const struct node *node, int64_t *ret)
{
	int64_t value;

	if (node->kind != NODE_INTEGER)
		return value_fail(reader, node, "a whole number");
	if (node->is_wide || node->magnitude > INT64_MAX)
		return fail_range(reader, key, node);
	value = (int64_t)node->magnitude;
	value = node->is_negative ? -value : value;
	if (value < key->least || value > key->most)
		return fail_range(reader, key, node);
	*ret = value;
	return true;
}

static void read_seed(struct reader *reader, const struct node *node,
		      uint64_t *ret)
{
	if (node->kind != NODE_INTEGER)
		value_fail(reader, node, "a whole number");
	else if (node->is_negative || node->is_wide)
		reader_fail(reader, node->mark,
			    "must be between 0 and 18446744073709551615, got "
			    "%.40s",
			    node->text);
	else
		*ret = node->magnitude;
}

/* --- durations --------------------------------------------------------------
 */

/* [1-9][0-9]*[smhd] */
static bool is_term(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits && *text != '0' && text[digits] &&
	       strchr("smhd", text[digits]) && !text[digits + 1];
}

/* NNI refuses "90": only the number 90 needs no unit. */
static bool has_unit(const char *text)
{
	return text[strspn(text, "0123456789. \t")];
}

static void read_duration(struct reader *reader, const struct key *key,
			  const struct node *node, int64_t *ret)
{
	static const struct key bounds = {.least = 1, .most = SECONDS_MAX};
	struct error err;
	int64_t seconds;

	if (key->type == VALUE_DURATION && node->kind == NODE_INTEGER)
		read_integer(reader, &bounds, node, ret);
	else if (key->type == VALUE_TERM &&
		 (node->kind != NODE_STRING || !is_term(node->text)))
		value_fail(reader, node, TERM_HINT);
	else if (node->kind != NODE_STRING || !has_unit(node->text))
		value_fail(reader, node, DURATION_HINT);
	else if (!duration_parse(node->text, &seconds, &err))
		reader_fail(reader, node->mark, "%s", err.text);
	else if (!seconds)
		reader_fail(reader, node->mark, "must be more than 0");
	else
		*ret = seconds;
}

/* --- text -------------------------------------------------------------------
 */

bool value_is_text(struct reader *reader, const struct node *node)
{
	if (node->kind == NODE_STRING)
		return true;
	/* {your_image}, as examples have it */
	if (node->kind == NODE_MAPPING && node->count == 1 &&
	    node->entries[0].value->kind == NODE_NULL) {
		reader_fail(reader, node->mark,
			    "is a placeholder to be filled in: write text in "
			    "place of {%.64s}",
			    node->entries[0].key);
		return false;
	}
	if (node->kind == NODE_SEQUENCE || node->kind == NODE_MAPPING)
		return value_fail(reader, node, "text");
	if (node->kind == NODE_BOOL)
		reader_fail(reader, node->mark,
			    "must be text, and without quotes this is a truth "
			    "value: put it in quotes");
	else
		reader_fail(reader, node->mark,
			    "must be text, and without quotes this is a "
			    "number: write \"%.40s\"",
			    spelling(node));
	return false;
}

static void read_text(struct reader *reader, const struct key *key,
		      const struct node *node, char **ret)
{
	size_t len;

	if (!value_is_text(reader, node))
		return;
	len = strlen(node->text);
	if (key->least && !node->text[strspn(node->text, " \t\r\n")])
		reader_fail(reader, node->mark, "must not be empty");
	else if (key->most && len > (size_t)key->most)
		reader_fail(reader, node->mark,
			    "must have at most %lld bytes, has %zu",
			    (long long)key->most, len);
	else
		set_text(ret, xstrdup(node->text));
}

static void read_word(struct reader *reader, const struct key *key,
		      const struct node *node, char **ret)
{
	struct strbuf all = STRBUF_INIT;
	const char *near;
	size_t count = 0;

	if (!value_is_text(reader, node))
		return;
	for (; key->words[count]; count++) {
		if (!strcmp(node->text, key->words[count])) {
			set_text(ret, xstrdup(node->text));
			return;
		}
	}
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&all, "%s%s",
			    !i		    ? ""
			    : i + 1 < count ? ", "
					    : " or ",
			    key->words[i]);
	near = nearest_word(node->text, key->words, count);
	if (near && count > 1)
		reader_fail(reader, node->mark,
			    "must be %s, got \"%.40s\", did you mean '%s'?",
			    all.data, node->text, near);
	else
		reader_fail(reader, node->mark, "must be %s, got \"%.40s\"",
			    all.data, node->text);
	strbuf_release(&all);
}

/* --- paths ------------------------------------------------------------------
 */

char *reader_resolve(const struct reader *reader, const char *path)
{
	char *expanded = fs_expand_home(path);
	char *joined = fs_join(reader->folder, expanded);
	char *real = reader->is_reload ? NULL : realpath(joined, NULL);

	free(expanded);
	if (!real)
		return joined;
	free(joined);
	return real;
}

static void read_path(struct reader *reader, const struct key *key,
		      const struct node *node, char **ret)
{
	struct stat st;
	char *path;

	if (!value_is_text(reader, node))
		return;
	if (!*node->text) {
		reader_fail(reader, node->mark, "must not be empty");
		return;
	}
	path = reader_resolve(reader, node->text);
	if (key->type == VALUE_PATH || reader->is_reload) {
		set_text(ret, path);
		return;
	}
	if (stat(path, &st) < 0)
		reader_fail(reader, node->mark, "%.256s: %s", path,
			    strerror(errno));
	else if (key->type == VALUE_FOLDER && !S_ISDIR(st.st_mode))
		reader_fail(reader, node->mark, "%.256s: is not a folder",
			    path);
	else if (key->type == VALUE_FILE && !S_ISREG(st.st_mode))
		reader_fail(reader, node->mark, "%.256s: is not a file", path);
	else
		set_text(ret, xstrdup(path));
	free(path);
}

/* --- lists of GPUs ----------------------------------------------------------
 */

static bool add_index(struct reader *reader, const struct node *node,
		      double value, struct indices *list)
{
	int index = (int)value;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i] != index)
			continue;
		reader_fail(reader, node->mark, "has %d twice", index);
		return false;
	}
	if (list->count == INDICES_MAX) {
		reader_fail(reader, node->mark, "has more than %d entries",
			    INDICES_MAX);
		return false;
	}
	list->items =
		xrealloc(list->items, (list->count + 1) * sizeof(*list->items));
	list->items[list->count++] = index;
	return true;
}

static bool add_index_node(struct reader *reader, const struct node *node,
			   struct indices *list)
{
	static const struct key bounds = {.most = INDEX_MAX};
	int64_t value;

	return read_integer(reader, &bounds, node, &value) &&
	       add_index(reader, node, (double)value, list);
}

/* "0, 1" */
static bool add_index_text(struct reader *reader, const struct node *node,
			   struct indices *list)
{
	const char *at = node->text;

	for (;;) {
		char *end;
		unsigned long value;

		at += strspn(at, " ");
		value = strtoul(at, &end, 10);
		if (!isdigit((unsigned char)*at) || value > INDEX_MAX)
			return value_fail(reader, node, INDICES_HINT);
		if (!add_index(reader, node, (double)value, list))
			return false;
		at = end + strspn(end, " ");
		if (!*at)
			return true;
		if (*at++ != ',')
			return value_fail(reader, node, INDICES_HINT);
	}
}

static void read_indices(struct reader *reader, const struct node *node,
			 struct indices *ret)
{
	struct indices list = {0};
	bool ok = true;

	if (node->kind == NODE_SEQUENCE) {
		for (size_t i = 0; ok && i < node->count; i++)
			ok = add_index_node(reader, node->items[i], &list);
	} else if (node->kind == NODE_STRING) {
		ok = add_index_text(reader, node, &list);
	} else {
		ok = add_index_node(reader, node, &list);
	}
	if (!ok) {
		free(list.items);
		return;
	}
	free(ret->items);
	*ret = list;
}

/* --- patterns ---------------------------------------------------------------
 */

static void read_pattern(struct reader *reader, const struct node *node,
			 char **ret)
{
	struct error err;

	if (!value_is_text(reader, node))
		return;
	if (!pattern_check(node->text, &err))
		reader_fail(reader, node->mark, "%s", err.text);
	else
		set_text(ret, xstrdup(node->text));
}

/* --- by type ----------------------------------------------------------------
 */

static void read_bool(struct reader *reader, const struct key *key,
		      const struct node *node, bool *ret)
{
	if (node->kind != NODE_BOOL)
		value_fail(reader, node, "true or false");
	else if (key->type == VALUE_BOOL)
		*ret = node->boolean;
	else if (node->boolean)
		reader_fail(reader, node->mark, "%s", key->help);
}

void value_read(struct reader *reader, const struct key *key,
		const struct node *node, void *target)
{
	void *slot = (char *)target + key->target;
	int64_t number;

	switch (key->type) {
	case VALUE_TEXT:
		read_text(reader, key, node, slot);
		break;
	case VALUE_WORD:
		read_word(reader, key, node, slot);
		break;
	case VALUE_BOOL:
	case VALUE_FALSE:
		read_bool(reader, key, node, slot);
		break;
	case VALUE_INT:
		if (read_integer(reader, key, node, &number))
			*(int *)slot = (int)number;
		break;
	case VALUE_COUNT:
		read_integer(reader, key, node, slot);
		break;
	case VALUE_SEED:
		read_seed(reader, node, slot);
		break;
	case VALUE_DURATION:
	case VALUE_TERM:
		read_duration(reader, key, node, slot);
		break;
	case VALUE_PATH:
	case VALUE_FILE:
	case VALUE_FOLDER:
		read_path(reader, key, node, slot);
		break;
	case VALUE_INDICES:
		read_indices(reader, node, slot);
		break;
	case VALUE_PATTERN:
		read_pattern(reader, node, slot);
		break;
	case VALUE_MAP:
		if (node->kind != NODE_MAPPING)
			value_fail(reader, node, "a mapping (key: value)");
		break;
	case VALUE_OWN:
		key->read(reader, key, node, slot);
		break;
	case VALUE_TREE:
	case VALUE_SECTION:
	case VALUE_REFUSED:
		break;
	}
}
