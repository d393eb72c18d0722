/* SPDX-License-Identifier: MIT */
/* Names, addresses and prefixes of storages, as their servers want them. */
#include "engine/spec/storage.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static void keep_text(char **slot, const char *text)
{
	free(*slot);
	*slot = xstrdup(text);
}

void storage_read_name(struct reader *reader, const struct key *key,
		       const struct node *node, void *slot)
{
	size_t len;

	if (!value_is_text(reader, node))
		return;
	len = strlen(node->text);
	if (len < (size_t)key->least || len > (size_t)key->most ||
	    node->text[strspn(node->text, UPPER LOWER DIGITS "-")]) {
		reader_fail(reader, node->mark,
			    "must be %lld to %lld letters, digits and '-', "
			    "got \"%.64s\"",
			    (long long)key->least, (long long)key->most,
			    node->text);
		return;
	}
	keep_text(slot, node->text);
}

/* Nothing of a URL with a user in it is repeated: there may be a password. */
static const char *url_problem(const char *text)
{
	const char *host = NULL;
	size_t len;

	if (!strncmp(text, "http://", 7))
		host = text + 7;
	else if (!strncmp(text, "https://", 8))
		host = text + 8;
	if (!host)
		return "must begin with http:// or https://";
	len = strcspn(host, "/?#");
	if (memchr(host, '@', len))
		return "must not hold a user or a password";
	if (!len || *host == ':')
		return "names no host";
	if (strpbrk(host, "?#"))
		return "must not have a query";
	if (host[strspn(host, UPPER LOWER DIGITS "-._~/:[]%")])
		return "has characters that no address has";
	return NULL;
}

void storage_read_url(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot)
{
	const char *problem;

	if (!value_is_text(reader, node))
		return;
	problem = strlen(node->text) > 2048 ? "is too long"
					    : url_problem(node->text);
	if (problem) {
		reader_fail(reader, node->mark, "%s: %s", problem, key->help);
		return;
	}
	keep_text(slot, node->text);
}

void storage_read_bucket(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot)
{
	const char *text = node->text;
	size_t len;

	(void)key;
	if (!value_is_text(reader, node))
		return;
	len = strlen(text);
	if (len < 3 || len > 63 || text[strspn(text, LOWER DIGITS ".-")] ||
	    strchr(".-", *text) || strchr(".-", text[len - 1]) ||
	    strstr(text, "..")) {
		reader_fail(reader, node->mark,
			    "must be 3 to 63 lower-case letters, digits, '-' "
			    "and single '.', a letter or digit at both ends, "
			    "got \"%.64s\"",
			    text);
		return;
	}
	keep_text(slot, text);
}

/* A path of whole parts that stays below where it begins. */
static bool is_prefix(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, "/");

		if (!len || (len == 1 && *text == '.') ||
		    (len == 2 && !strncmp(text, "..", 2)))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

void storage_read_prefix(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot)
{
	char *text;
	size_t len;

	(void)key;
	if (!value_is_text(reader, node))
		return;
	text = xstrdup(node->text);
	len = strlen(text);
	if (len && text[len - 1] == '/')
		text[len - 1] = '\0';
	if (len > 512 || !is_prefix(text))
		reader_fail(reader, node->mark,
			    "must be at most 512 bytes such as team/trials, "
			    "without empty parts, '.' and '..', got \"%.64s\"",
			    node->text);
	else
		keep_text(slot, text);
	free(text);
}
