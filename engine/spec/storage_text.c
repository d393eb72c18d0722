/* SPDX-License-Identifier: MIT */
/*
 * A storage by itself as text, as rows of outputs keep it: what `storage:` of
 * an experiment file says, canonical.  Credentials are in neither.
 */
#include "engine/spec/spec.h"

#include "base/mem.h"
#include "engine/spec/cluster.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 65536

char *spec_storage_format(const struct storage_config *config)
{
	static const char key[] = ",\"storage\":";
	struct strbuf out = STRBUF_INIT;

	storage_write(config, &out);
	if (out.len > strlen(key))
		strbuf_consume(&out, strlen(key));
	return strbuf_detach(&out);
}

static void read_storage(struct reader *reader, const struct node *root,
			 struct draft *draft)
{
	draft->kubernetes.storage.section.node = root;
	form_read(reader, &storage_form, root, root->mark, draft);
	storage_check(reader, draft, true);
}

bool spec_storage_parse(const char *text, struct storage_config *ret,
			struct error *err)
{
	struct problems problems = {0};
	struct reader reader = {.name = "storage",
				.folder = "/",
				.is_reload = true,
				.problems = &problems};
	struct document document = {0};
	struct draft draft;
	struct mark mark;
	bool ok = true;

	if (strlen(text) > TEXT_MAX)
		return error_set(err, ERROR_LIMIT, "storage: is too long");
	strbuf_init(&reader.path);
	draft_init(&draft);
	if (node_read(text, strlen(text), &document, &mark, err))
		read_storage(&reader, document.root, &draft);
	else
		problems_add(&problems, 0, reader.name, mark, "", err->text);
	if (problems.count) {
		ok = problems_report(&problems, NULL, err);
	} else {
		*ret = draft.config.kubernetes.storage;
		draft.config.kubernetes.storage = (struct storage_config){0};
	}
	draft_release(&draft);
	document_release(&document);
	problems_release(&problems);
	strbuf_release(&reader.path);
	return ok;
}
