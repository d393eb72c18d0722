/* SPDX-License-Identifier: MIT */
/* Kubernetes' rules for names, labels and variables (kubernetes.md 2.8). */
#include "engine/spec/kubernetes.h"

#include "base/mem.h"
#include "base/nearest.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool has_only(const char *text, size_t len, const char *set)
{
	return strspn(text, set) >= len;
}

static bool is_end(char c, bool is_lower)
{
	return isdigit((unsigned char)c) || (c >= 'a' && c <= 'z') ||
	       (!is_lower && c >= 'A' && c <= 'Z');
}

static bool is_label(const char *text, size_t len)
{
	return len >= 1 && len <= 63 && has_only(text, len, LOWER DIGITS "-") &&
	       is_end(text[0], true) && is_end(text[len - 1], true);
}

static bool is_subdomain(const char *text, size_t len)
{
	const char *end = text + len;

	if (len > 253)
		return false;
	for (;; text++) {
		size_t part = strcspn(text, ".");

		if (part > (size_t)(end - text))
			part = (size_t)(end - text);
		/* only the whole is bounded, but no sane part is that long */
		if (!is_label(text, part))
			return false;
		text += part;
		if (text == end)
			return true;
	}
}

/* The part of a key behind its prefix, and values of labels. */
static bool is_qualified(const char *text, size_t len)
{
	return len >= 1 && len <= 63 &&
	       has_only(text, len, LOWER UPPER DIGITS "-_.") &&
	       is_end(text[0], false) && is_end(text[len - 1], false);
}

static bool is_key(const char *text)
{
	const char *slash = strchr(text, '/');
	const char *name = slash ? slash + 1 : text;

	return (!slash || is_subdomain(text, (size_t)(slash - text))) &&
	       is_qualified(name, strlen(name));
}

static bool is_variable(const char *text)
{
	return *text && !isdigit((unsigned char)*text) &&
	       has_only(text, strlen(text), LOWER UPPER DIGITS "-._") &&
	       strcmp(text, ".") != 0 && strncmp(text, "..", 2) != 0;
}

static bool is_data_key(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 253 &&
	       has_only(text, len, LOWER UPPER DIGITS "-._") &&
	       strcmp(text, ".") != 0 && strncmp(text, "..", 2) != 0;
}

static bool is_host(const char *text)
{
	struct in6_addr address;

	return is_subdomain(text, strlen(text)) ||
	       inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_image(const char *text)
{
	size_t len = strlen(text);

	return len >= 1 && len <= 1024 && is_end(*text, false) &&
	       has_only(text, len, LOWER UPPER DIGITS "-._/:@+[]");
}

const char *kubernetes_rule_breach(enum kubernetes_rule rule, const char *text)
{
	size_t len = strlen(text);

	switch (rule) {
	case RULE_LABEL:
		return is_label(text, len)
			       ? NULL
			       : "at most 63 lower-case letters, digits and "
				 "'-', with a letter or digit at both ends";
	case RULE_SUBDOMAIN:
		return is_subdomain(text, len)
			       ? NULL
			       : "lower-case letters, digits, '-' and '.', "
				 "with a letter or digit at both ends";
	case RULE_KEY:
		return is_key(text)
			       ? NULL
			       : "a key such as team or example.org/team: at "
				 "most 63 letters, digits, '-', '_' and '.', "
				 "with a letter or digit at both ends";
	case RULE_VALUE:
		return !len || is_qualified(text, len)
			       ? NULL
			       : "at most 63 letters, digits, '-', '_' and "
				 "'.', with a letter or digit at both ends";
	case RULE_VARIABLE:
		return is_variable(text)
			       ? NULL
			       : "letters, digits, '_', '-' and '.', with no "
				 "digit first";
	case RULE_DATA_KEY:
		return is_data_key(text) ? NULL
					 : "letters, digits, '-', '_' and '.'";
	case RULE_HOST:
		return is_host(text)
			       ? NULL
			       : "an address or a host name, without scheme "
				 "and port";
	case RULE_IMAGE:
		return is_image(text) ? NULL
				      : "an image such as python:3.11 or "
					"registry.example.org/team/image:tag";
	}
	return NULL;
}

/* What the user may have meant, or NULL: Team_A becomes team-a.  Caller frees.
 */
static char *mend(enum kubernetes_rule rule, const char *text)
{
	char *mended;

	if (rule == RULE_HOST || rule == RULE_IMAGE || rule == RULE_DATA_KEY)
		return NULL;
	mended = xstrdup(text);
	for (char *at = mended; *at; at++) {
		if (rule == RULE_LABEL && *at == '.')
			*at = '-';
		else if (strchr("_ ", *at))
			*at = rule == RULE_VARIABLE ? '_' : '-';
		else if (rule == RULE_LABEL || rule == RULE_SUBDOMAIN)
			*at = (char)tolower((unsigned char)*at);
	}
	if (!kubernetes_rule_breach(rule, mended))
		return mended;
	free(mended);
	return NULL;
}

static bool check(struct reader *reader, struct mark mark, const char *text,
		  enum kubernetes_rule rule)
{
	const char *breach = kubernetes_rule_breach(rule, text);
	char *near;

	if (!breach)
		return true;
	near = mend(rule, text);
	reader_fail(reader, mark, "must be %s, got \"%.64s\"%s%.64s%s", breach,
		    text, near ? ", did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
	free(near);
	return false;
}

bool kubernetes_word_check(struct reader *reader, const struct node *node,
			   enum kubernetes_rule rule)
{
	return value_is_text(reader, node) &&
	       check(reader, node->mark, node->text, rule);
}

bool kubernetes_key_check(struct reader *reader, const struct node_entry *entry,
			  enum kubernetes_rule rule)
{
	return check(reader, entry->mark, entry->key, rule);
}

void kubernetes_read_word(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot)
{
	char **text = slot;

	if (!kubernetes_word_check(reader, node,
				   (enum kubernetes_rule)key->least))
		return;
	free(*text);
	*text = xstrdup(node->text);
}

/* --- maps of labels and the like --------------------------------------------
 */

/* Labels by which we, NNI and the job controller find objects. */
static const char *const own_labels[] = {"app",
					 "expId",
					 "trialId",
					 "attempt",
					 "job-name",
					 "controller-uid",
					 "batch.kubernetes.io/job-name",
					 "batch.kubernetes.io/controller-uid"};

static bool is_own_label(const char *key)
{
	for (size_t i = 0; i < COUNT_OF(own_labels); i++)
		if (!strcmp(own_labels[i], key))
			return true;
	return false;
}

static bool map_entry(struct reader *reader, const struct node_entry *entry,
		      bool is_label, struct strbuf *out)
{
	if (!kubernetes_key_check(reader, entry, RULE_KEY) ||
	    !value_is_text(reader, entry->value))
		return false;
	if (is_label &&
	    !check(reader, entry->value->mark, entry->value->text, RULE_VALUE))
		return false;
	strbuf_addch(out, out->len ? ',' : '{');
	strbuf_add_json_string(out, entry->key);
	strbuf_addch(out, ':');
	strbuf_add_json_string(out, entry->value->text);
	return true;
}

static void read_map(struct reader *reader, const struct node *node,
		     bool is_label, bool is_on_object, char **slot)
{
	struct strbuf out = STRBUF_INIT;
	bool ok = true;

	if (node->kind != NODE_MAPPING) {
		value_fail(reader, node, "a mapping (key: value)");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		size_t len = reader_enter(reader, entry->key);

		if (is_on_object && is_label && is_own_label(entry->key)) {
			reader_fail(reader, entry->mark,
				    "is set for every trial already: use "
				    "another key");
			ok = false;
		} else if (entry->value->kind != NODE_NULL) {
			ok &= map_entry(reader, entry, is_label, &out);
		}
		reader_leave(reader, len);
	}
	if (out.len)
		strbuf_addch(&out, '}');
	if (ok && out.len)
		kubernetes_store(reader, node, &out, slot);
	else
		strbuf_release(&out);
}

void kubernetes_read_labels(struct reader *reader, const struct key *key,
			    const struct node *node, void *slot)
{
	(void)key;
	read_map(reader, node, true, true, slot);
}

void kubernetes_read_annotations(struct reader *reader, const struct key *key,
				 const struct node *node, void *slot)
{
	(void)key;
	read_map(reader, node, false, true, slot);
}

void kubernetes_read_node_selector(struct reader *reader, const struct key *key,
				   const struct node *node, void *slot)
{
	(void)key;
	read_map(reader, node, true, false, slot);
}
