/* SPDX-License-Identifier: MIT */
/*
 * The search space of a draft: from its file, else from the experiment file,
 * through model/space.h, which knows paths, back to lines and columns.
 */
#include "engine/spec/draft.h"

#include "base/fs.h"
#include "base/mem.h"
#include "engine/spec/manifest.h"
#include "engine/spec/other_file.h"
#include "engine/spec/spec.h"
#include "model/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SPACE_FILE "search_space.json"

/* Where problems of a search space are reported. */
struct source {
	struct reader *reader;
	int file; /* as in struct problem */
	const char *name, *prefix;
};

static void fail(const struct source *source, struct mark mark,
		 const char *path, const char *text)
{
	struct strbuf full = STRBUF_INIT;

	strbuf_adds(&full, source->prefix);
	if (full.len && *path)
		strbuf_addch(&full, '.');
	for (; *path; path++)
		strbuf_addch(&full, *path == '/' ? '.' : *path);
	problems_add(source->reader->problems, source->file, source->name, mark,
		     full.data, text);
	strbuf_release(&full);
}

static struct space *parse(const struct source *source, const struct node *node)
{
	struct strbuf json = STRBUF_INIT, path = STRBUF_INIT;
	struct space *space = NULL;
	const struct node *at;
	struct error err;

	if (node->kind != NODE_MAPPING) {
		strbuf_adds(&json, "must map names to parameters, got ");
		node_describe(&json, node);
		fail(source, node->mark, "", json.data);
	} else if (!node_add_json(&json, node, &at)) {
		fail(source, at->mark, "", "must be a finite number");
	} else if (!space_parse(json.data, &space, &path, &err)) {
		at = node_follow(node, path.data, '/', NULL);
		fail(source, at ? at->mark : node->mark, path.data, err.text);
		space = NULL;
	}
	strbuf_release(&json);
	strbuf_release(&path);
	return space;
}

/* The canonical text holds both files, and must be readable again: leave room
 * for what it adds to them, and for a manifest. */
static bool fits(const struct source *source, const struct node *root,
		 const struct node *space)
{
	if (space->depth < NODE_DEPTH_MAX &&
	    root->expanded + space->expanded <=
		    NODE_COUNT_MAX - 100 - MANIFEST_NODES_MAX &&
	    root->bytes + space->bytes <=
		    NODE_BYTES_MAX - (1 << 17) - MANIFEST_JSON_MAX)
		return true;
	fail(source, space->mark, "",
	     "is too large, or nested too deeply, together with the "
	     "experiment file");
	return false;
}

/* The file, called `written` in what place says. */
static struct space *read_file(struct reader *reader, const struct node *root,
			       struct draft *draft, const struct place *place,
			       const char *written)
{
	char *name = other_file_name(reader, written);
	struct source source = {reader, 1, name, ""};
	struct strbuf text = STRBUF_INIT;
	struct document document = {0};
	struct space *space = NULL;
	struct error err;
	struct mark mark;

	if (!fs_read_file(draft->search_space_file, SPEC_FILE_MAX, &text, &err))
		reader_fail_at(reader, place, "%s", err.text);
	else if (!node_read(text.data, text.len, &document, &mark, &err) &&
		 !other_file_read_json(text.data, text.len, &document))
		fail(&source, mark, "", err.text);
	else if (fits(&source, root, document.root))
		space = parse(&source, document.root);
	document_release(&document);
	strbuf_release(&text);
	free(name);
	return space;
}

/* NNI takes files that name no search space, and some of its documentation's
 * examples do not: theirs lies beside them, or beside the code, under this
 * name. */
static bool find_file(const struct reader *reader, struct draft *draft)
{
	const char *folders[] = {reader->folder,
				 draft->config.trial_code_directory};

	for (size_t i = 0; !draft->search_space_file && i < COUNT_OF(folders);
	     i++) {
		char *path = folders[i] ? fs_join(folders[i], SPACE_FILE)
					: xstrdup("");

		if (access(path, F_OK) == 0)
			draft->search_space_file = path;
		else
			free(path);
	}
	return draft->search_space_file;
}

struct space *search_read(struct reader *reader, const struct node *root,
			  struct draft *draft)
{
	struct source inline_source = {reader, 0, reader->name, "searchSpace"};
	struct space *space = NULL;
	struct place place = {0};

	if (draft->search_space_file) {
		space = read_file(reader, root, draft,
				  &draft->search_space_file_place,
				  draft->search_space_file_place.node->text);
	} else if (draft->search_space_file_place.node) {
		return NULL; /* reported: no such file */
	} else if (draft->search_space.node) {
		if (draft->search_space.node->kind == NODE_MAPPING)
			space = parse(&inline_source, draft->search_space.node);
	} else if (draft->needs_no_space &&
		   !(draft->config.is_first_form && find_file(reader, draft))) {
		return NULL;
	} else if (draft->config.is_first_form) {
		snprintf(place.path, sizeof(place.path), "searchSpacePath");
		if (find_file(reader, draft))
			space = read_file(reader, root, draft, &place,
					  draft->search_space_file);
		else
			reader_fail_at(reader, &place,
				       "required, but missing: the search "
				       "space's file (" SPACE_FILE
				       " beside this one, or in the code "
				       "directory, needs not be named)");
	} else {
		snprintf(place.path, sizeof(place.path), "searchSpace");
		reader_fail_at(reader, &place,
			       "required, but missing: write searchSpace, or "
			       "name its file in searchSpaceFile");
	}
	if (space)
		draft->config.search_space = xstrdup(space->json);
	return space;
}
