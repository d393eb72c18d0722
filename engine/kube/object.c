/* SPDX-License-Identifier: MIT */
/*
 * Objects as trees, without what nobody reads.
 *
 * One walk over the text, which goes into a value only while a path leads
 * there.  Where the text is not as it should be the walk ends, and what is left
 * is copied as it is: whoever parses it complains.
 */
#include "engine/kube/object.h"

#include "model/json_text.h"

#include <string.h>

#define KEEP_BYTES (256u << 10)

static const char managed[] = "metadata.managedFields";

struct walk {
	const char *p, *end;
	const char *done; /* copied up to here */
	struct strbuf *out;
};

/* The paths that lead on from where the walk is. */
struct ways {
	const char *rest[KUBE_UNREAD_MAX + 1];
	size_t count;
};

/* As the parser has them. */
static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

static char skip_blanks(struct walk *walk)
{
	while (walk->p < walk->end && is_blank(*walk->p))
		walk->p++;
	return walk->p < walk->end ? *walk->p : '\0';
}

static bool skip_value(struct walk *walk)
{
	const char *from;
	size_t left, len;
	struct error ignored;

	switch (skip_blanks(walk)) {
	case '{':
	case '[':
		left = (size_t)(walk->end - walk->p);
		if (!json_measure(walk->p, left, &len, &ignored))
			return false;
		walk->p += len;
		return true;
	case '"':
		walk->p = json_skip_string(walk->p + 1, walk->end);
		return true;
	case '\0':
		return false;
	}
	from = walk->p;
	while (walk->p < walk->end && !strchr(",]}", *walk->p))
		walk->p++;
	return walk->p > from;
}

/* A key and its colon. */
static bool take_key(struct walk *walk, const char **ret, size_t *ret_len)
{
	*ret = walk->p + 1;
	walk->p = json_skip_string(*ret, walk->end);
	if (walk->p == walk->end)
		return false;
	*ret_len = (size_t)(walk->p - *ret) - 1;
	if (skip_blanks(walk) != ':')
		return false;
	walk->p++;
	return true;
}

/* Copy what is not copied yet, up to `to`. */
static void copy_until(struct walk *walk, const char *to)
{
	strbuf_add(walk->out, walk->done, (size_t)(to - walk->done));
	walk->done = to;
}

/* The walk is behind a member that begins at `from`, and it was not copied: go
 * on behind the comma that follows; behind the last the one before goes. */
static void leave_out(struct walk *walk, const char *from)
{
	struct strbuf *out = walk->out;

	copy_until(walk, from);
	if (skip_blanks(walk) == ',') {
		walk->p++;
	} else {
		while (out->len && is_blank(out->data[out->len - 1]))
			strbuf_truncate(out, out->len - 1);
		if (out->len && out->data[out->len - 1] == ',')
			strbuf_truncate(out, out->len - 1);
	}
	walk->done = walk->p;
}

/* Where the ways lead through a member of this name.  False: one ends here. */
static bool follow(const struct ways *ways, const char *key, size_t len,
		   struct ways *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < ways->count; i++) {
		const char *rest = ways->rest[i];

		if (strcspn(rest, ".") != len || memcmp(rest, key, len) != 0)
			continue;
		if (!rest[len])
			return false;
		ret->rest[ret->count++] = rest + len + 1;
	}
	return true;
}

static bool walk_value(struct walk *walk, const struct ways *ways,
		       bool is_element);

static bool walk_member(struct walk *walk, const struct ways *ways)
{
	const char *from = walk->p, *key;
	struct ways next;
	size_t len;

	if (!take_key(walk, &key, &len))
		return false;
	if (!follow(ways, key, len, &next)) {
		if (!skip_value(walk))
			return false;
		leave_out(walk, from);
		return true;
	}
	if (next.count ? !walk_value(walk, &next, false) : !skip_value(walk))
		return false;
	if (skip_blanks(walk) == ',')
		walk->p++;
	return true;
}

static bool walk_object(struct walk *walk, const struct ways *ways)
{
	char c;

	walk->p++;
	while ((c = skip_blanks(walk)) == '"')
		if (!walk_member(walk, ways))
			return false;
	if (c != '}')
		return false;
	walk->p++;
	return true;
}

static bool walk_list(struct walk *walk, const struct ways *ways)
{
	char c;

	walk->p++;
	while ((c = skip_blanks(walk)) && c != ']') {
		if (!walk_value(walk, ways, true))
			return false;
		if (skip_blanks(walk) == ',')
			walk->p++;
	}
	if (c != ']')
		return false;
	walk->p++;
	return true;
}

/* As deep as paths have names, twice: a list within a list is none of ours. */
static bool walk_value(struct walk *walk, const struct ways *ways,
		       bool is_element)
{
	char c = skip_blanks(walk);

	if (c == '{')
		return walk_object(walk, ways);
	if (c == '[' && !is_element)
		return walk_list(walk, ways);
	return skip_value(walk);
}

/* The same, of the member "object" alone. */
static bool walk_event(struct walk *walk, const struct ways *ways)
{
	const char *key;
	size_t len;
	char c;

	if (skip_blanks(walk) != '{')
		return false;
	walk->p++;
	while ((c = skip_blanks(walk)) == '"') {
		if (!take_key(walk, &key, &len))
			return false;
		if (len == 6 && !memcmp(key, "object", 6)
			    ? !walk_value(walk, ways, true)
			    : !skip_value(walk))
			return false;
		if (skip_blanks(walk) == ',')
			walk->p++;
	}
	return c == '}';
}

static cJSON *parse(struct kube_reader *reader, const char *text, size_t len,
		    bool is_event, struct error *err)
{
	struct walk walk = {text, text + len, text, &reader->text};
	const char *const *unread = reader->unread;
	struct ways ways = {.rest = {managed}, .count = 1};

	for (; unread && *unread && ways.count <= KUBE_UNREAD_MAX; unread++)
		ways.rest[ways.count++] = *unread;
	if (reader->text.capacity > KEEP_BYTES)
		strbuf_release(&reader->text);
	strbuf_clear(&reader->text);
	strbuf_reserve(&reader->text, len);
	if (is_event)
		walk_event(&walk, &ways);
	else
		walk_value(&walk, &ways, true);
	copy_until(&walk, walk.end);
	return json_parse(reader->text.data, reader->text.len, err);
}

cJSON *kube_object_parse(struct kube_reader *reader, const char *text,
			 size_t len, struct error *err)
{
	return parse(reader, text, len, false, err);
}

cJSON *kube_event_parse(struct kube_reader *reader, const char *text,
			size_t len, struct error *err)
{
	return parse(reader, text, len, true, err);
}

void kube_reader_release(struct kube_reader *reader)
{
	strbuf_release(&reader->text);
}
