/* SPDX-License-Identifier: MIT */
/* The three ways in: a file, a text, a stored canonical text. */
#include "engine/spec/spec.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/spec/draft.h"

#include <stdlib.h>
#include <string.h>

/* JSON escapes can make six bytes of one. */
#define CANONICAL_MAX (8u * NODE_BYTES_MAX)

static void read_form(struct reader *reader, const struct node *root,
		      struct draft *draft)
{
	if (root->kind != NODE_MAPPING) {
		reader_fail(reader, root->mark,
			    "an experiment file must be a mapping of keys, "
			    "such as trialConcurrency: 2");
		return;
	}
	if (!reader->is_reload && node_find(root, "trainingServicePlatform")) {
		first_form_read(reader, root, draft);
	} else {
		reader->is_loose = true;
		second_form_read(reader, root, draft);
	}
	/* a first form without a platform has not been read at all */
	if (draft->platform || !draft->config.is_first_form)
		draft_finish(reader, root, draft);
}

static bool parse(struct reader *reader, const char *text, size_t len,
		  struct experiment_config *ret, struct strbuf *lines,
		  struct error *err)
{
	struct problems problems = {0};
	struct document document = {0};
	struct draft draft;
	struct mark mark;
	bool ok = true;

	/* cppcheck-suppress autoVariables ; used within this call only */
	reader->problems = &problems;
	strbuf_init(&reader->path);
	draft_init(&draft);
	if (node_read(text, len, &document, &mark, err))
		read_form(reader, document.root, &draft);
	else
		problems_add(&problems, 0, reader->name, mark, "", err->text);
	if (problems.count) {
		ok = problems_report(&problems, lines, err);
	} else {
		draft.config.canonical =
			canonical_write(&draft.config, draft.platform);
		*ret = draft.config;
		draft.config = (struct experiment_config){0};
	}
	draft_release(&draft);
	document_release(&document);
	problems_release(&problems);
	strbuf_release(&reader->path);
	return ok;
}

bool spec_parse(const char *text, size_t len, const char *name,
		const char *folder, struct experiment_config *ret,
		struct strbuf *problems, struct error *err)
{
	char *real = realpath(folder, NULL);
	struct reader reader = {.name = name, .folder = real ? real : folder};
	bool ok;

	if (len > SPEC_FILE_MAX) {
		error_set(err, ERROR_LIMIT, "%s: larger than %d MiB", name,
			  SPEC_FILE_MAX >> 20);
		if (problems)
			strbuf_addf(problems, "%s\n", err->text);
		free(real);
		return false;
	}
	ok = parse(&reader, text, len, ret, problems, err);
	free(real);
	return ok;
}

bool spec_load(const char *path, struct experiment_config *ret,
	       struct strbuf *problems, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *folder = fs_folder(path);
	bool ok = fs_read_file(path, SPEC_FILE_MAX, &text, err);

	if (ok)
		ok = spec_parse(text.data, text.len, path, folder, ret,
				problems, err);
	else if (problems)
		strbuf_addf(problems, "%s\n", err->text);
	strbuf_release(&text);
	free(folder);
	return ok;
}

bool spec_reload(const char *canonical, struct experiment_config *ret,
		 struct error *err)
{
	struct reader reader = {.name = "stored configuration",
				.folder = "/",
				.is_reload = true};
	size_t len = strlen(canonical);

	if (len > CANONICAL_MAX)
		return error_set(err, ERROR_LIMIT,
				 "stored configuration: larger than %u MiB",
				 CANONICAL_MAX >> 20);
	return parse(&reader, canonical, len, ret, NULL, err);
}
