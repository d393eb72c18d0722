/* SPDX-License-Identifier: MIT */
/*
 * Whom to tell what: the key `alerts`, ours, in both forms.  Its members are
 * those of model/alert.h, which the command line sets as well.
 */
#include "engine/spec/draft.h"

#include "base/mem.h"
#include "engine/spec/write.h"
#include "model/alert.h"

#include <stdlib.h>
#include <string.h>

/* "best, finished", or the list of them */
static char *list_text(const struct node *node)
{
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < node->count; i++) {
		if (node->items[i]->kind != NODE_STRING) {
			strbuf_release(&text);
			return NULL;
		}
		strbuf_addf(&text, "%s%s", i ? ", " : "", node->items[i]->text);
	}
	return strbuf_detach(&text);
}

static char *value_text(struct reader *reader, const char *key,
			const struct node *node)
{
	if (!strcmp(key, "on") && node->kind == NODE_SEQUENCE)
		return list_text(node);
	/* YAML 1.1's "on: off" is a truth value */
	if (!strcmp(key, "on") && node->kind == NODE_BOOL)
		return xstrdup(node->boolean ? "all" : "none");
	if (node->kind == NODE_INTEGER)
		return xstrdup(node->text);
	if (node->kind != NODE_STRING)
		return NULL;
	return !strcmp(key, "webhookFile") ? reader_resolve(reader, node->text)
					   : xstrdup(node->text);
}

void alerts_read(struct reader *reader, const struct key *key,
		 const struct node *node, void *slot)
{
	(void)key;
	if (node->kind != NODE_MAPPING) {
		value_fail(reader, node,
			   "a mapping, such as {webhookFile: "
			   "~/.slack, on: [best, finished]}");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct node_entry *entry = &node->entries[i];
		/* YAML reads the key "on" as a truth value, too */
		const char *name =
			!strcmp(entry->key, "true") ? "on" : entry->key;
		size_t len = reader_enter(reader, name);
		char *text = value_text(reader, name, entry->value);
		struct error err;

		if (!text)
			value_fail(reader, entry->value, "text");
		else if (!alerts_set(slot, name, text, &err))
			reader_fail(reader, entry->mark, "%s", err.text);
		free(text);
		reader_leave(reader, len);
	}
}

void alerts_write(const struct alerts_config *config, struct strbuf *out)
{
	struct strbuf own = STRBUF_INIT;

	alerts_format(config, &own);
	if (own.len > 2)
		strbuf_addf(out, ",\"alerts\":%s", own.data);
	strbuf_release(&own);
}
